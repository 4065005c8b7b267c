/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of doctor, in the order of their table in doctor.c, which has the title of each. */
#ifndef CHECKS_H
#define CHECKS_H

struct doctor;

/* host.c, host_addresses.c */
void check_rights(struct doctor *doctor);
void check_kernel(struct doctor *doctor);
void check_forwarding(struct doctor *doctor);
void check_rp_filter(struct doctor *doctor);
void check_bridge_netfilter(struct doctor *doctor);
void check_accept_ra(struct doctor *doctor);
void check_space(struct doctor *doctor);
void check_conntrack(struct doctor *doctor);

/* firewalls.c */
void check_forward_drop(struct doctor *doctor);
void check_backend(struct doctor *doctor);
void check_other_firewalls(struct doctor *doctor);

/* plugins.c, shadowed.c */
void check_plugins(struct doctor *doctor);
void check_builds(struct doctor *doctor);
void check_shadowed(struct doctor *doctor);

/* configs.c */
void check_files(struct doctor *doctor);
void check_validate(struct doctor *doctor);

/* ledgers.c, ledgers_twice.c */
void check_ledger(struct doctor *doctor);
void check_full(struct doctor *doctor);
void check_gone_leases(struct doctor *doctor);
void check_unattached(struct doctor *doctor);
void check_twice(struct doctor *doctor);

/* cluster.c, cluster_routes.c */
void check_pod_cidr(struct doctor *doctor);
void check_mtu(struct doctor *doctor);
void check_destinations(struct doctor *doctor);
void check_twins(struct doctor *doctor);
void check_refreshed(struct doctor *doctor);
void check_dhcp(struct doctor *doctor);

/* attachments.c, orphans.c */
void check_links(struct doctor *doctor);
void check_attachments(struct doctor *doctor);
void check_gone(struct doctor *doctor);
void check_strange_links(struct doctor *doctor);
void check_rules(struct doctor *doctor);
void check_records(struct doctor *doctor);
void check_status(struct doctor *doctor);

#endif
