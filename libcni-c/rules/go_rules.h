/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that the Go plugins (containernetworking/plugins up to 1.9) have made for attachments that
 * are ours since a node was upgraded in place. Where they are:
 *
 *	bridge, nftables   inet cni_plugins_masquerade, chain masq_checks: a rule for each address
 *	bridge, iptables   ip and ip6 nat: a chain for each container, jumped to from POSTROUTING
 *	bridge, spoofing   bridge nat: two chains for each interface, jumped to from PREROUTING
 *	portmap, nftables  ip and ip6 cni_hostport: rules that bear the container's id
 *	portmap, iptables  ip and ip6 nat: a chain for each container, jumped to from
 *	                   CNI-HOSTPORT-DNAT
 *
 * What iptables-nft(8) has made is seen and removed like everything else in nf_tables. What
 * iptables-legacy(8) has made is not in nf_tables, and stays. An attachment's own are found by
 * name, so that where there are none it costs a look-up, however many others there are. */
#ifndef CNI_GO_RULES_H
#define CNI_GO_RULES_H

#include "error.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>

enum cni_go_rules { CNI_GO_MASQUERADE, CNI_GO_SPOOFCHECK, CNI_GO_PORTMAP };

/* Are there any of this kind for the owner? */
int cni_go_rules_exist(struct cni_nl *nl, enum cni_go_rules kind, const struct cni_owner *owner,
		       bool *ret_exist, struct cni_error *err);

/* Removes those of the owner. The reference has one masquerade chain for all interfaces of a
 * container in a network, and one for its ports. `nl` is a socket of NETLINK_NETFILTER. */
int cni_go_rules_del(struct cni_nl *nl, enum cni_go_rules kind, const struct cni_owner *owner,
		     struct cni_error *err);

/* Removes those that say they are of `network` and of none of the `valid`. Spoof checks, and ports
 * in cni_hostport, do not say of which network they are, and stay until their DEL. */
int cni_go_rules_gc(struct cni_nl *nl, enum cni_go_rules kind, const char *network,
		    const struct cni_owners *valid, struct cni_error *err);

#endif
