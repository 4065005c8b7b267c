/* SPDX-License-Identifier: Apache-2.0 */
/* The leases of a network's dhcp plugins, as their records below /run/cni/dhcp have them. */
#ifndef IPAM_DHCP_LEASES_H
#define IPAM_DHCP_LEASES_H

#include "attachment_file.h"
#include "dhcp_record.h"
#include "ipam.h"

/* A lease of either family; a lease of IPv6 may have several addresses. */
struct lease_of {
	const struct cni_owner *owner;
	const char *records; /* the directory below /run/cni */
	struct dhcp_record record;
	bool is_readable; /* `record` is filled */
};

struct leases {
	struct cni_attachment_files files[2]; /* of IPv4, and of IPv6 */
	struct lease_of *items;
	size_t count;
};

/* Fails with CNI_EIO. The caller clears, also after a failure. */
int dhcp_leases_load(const struct ipam_source *source, struct leases *ret_leases,
		     struct cni_error *err);
void dhcp_leases_clear(struct leases *leases);
#define clearing_leases __attribute__((cleanup(dhcp_leases_clear)))

/* No address for a damaged record, and for a lease that was lost. */
const struct cni_result *dhcp_lease_result(const struct lease_of *lease);
bool dhcp_lease_has(const struct lease_of *lease, const struct cni_ip *ip);

/* "10.1.0.1" for a server of IPv4, which is written into `text`; "DHCPv6", "a router". */
const char *dhcp_lease_server(const struct lease_of *lease, char text[CNI_IP_TEXT_SIZE]);

/* Milliseconds of CLOCK_BOOTTIME; DHCP_NEVER: without an end. */
uint64_t dhcp_lease_expires(const struct lease_of *lease);
uint64_t dhcp_lease_renews(const struct lease_of *lease);

/* The rest of the lease: "for 55m more", "without an end", "which expired 5m ago". */
const char *dhcp_lease_term(const struct lease_of *lease, char text[64]);

/* "alive", "gone" or "unknown". */
const char *dhcp_lease_netns(const struct lease_of *lease);
/* True if the namespace is gone. */
bool dhcp_lease_is_gone(const struct lease_of *lease);
/* True if the daemon of the lease answers. */
bool dhcp_lease_is_served(const struct lease_of *lease);
/* The path of the daemon's socket; "": not known. */
const char *dhcp_lease_socket(const struct lease_of *lease);

#endif
