/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the Go plugins (containernetworking/plugins up to 1.9) for attachments that are ours
 * since a node was upgraded in place. Their places:
 *
 *	bridge, nftables   inet cni_plugins_masquerade, chain masq_checks: a rule for each address
 *	bridge, iptables   ip and ip6 nat: a chain for each container, jumped to from POSTROUTING
 *	bridge, spoofing   bridge nat: two chains for each interface, jumped to from PREROUTING
 *	portmap, nftables  ip and ip6 cni_hostport: rules with the container's id
 *	portmap, iptables  ip and ip6 nat: a chain for each container, jumped to from
 *	                   CNI-HOSTPORT-DNAT
 *
 * Rules of iptables-nft(8) are found and removed like all others in nf_tables; those of
 * iptables-legacy(8) are not in nf_tables (nat_legacy.h). An attachment's chains are found by name:
 * without any, the cost is a look-up, however many others there are. */
#ifndef CNI_GO_RULES_H
#define CNI_GO_RULES_H

#include "error.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>

enum cni_go_rules { CNI_GO_MASQUERADE, CNI_GO_SPOOFCHECK, CNI_GO_PORTMAP };

/* The name of the container's chain in iptables: "CNI-", the prefix ("" for masquerade, "DN-" for ports),
 * and as many digits as make 28 characters. Returns `name`. */
#define CNI_GO_CHAIN_SIZE 29
const char *cni_go_chain_name(const char *prefix, const struct cni_owner *owner,
			      char name[CNI_GO_CHAIN_SIZE]);

/* Reads the container from a comment such as `name: "blue" id: "c1"`, and for ports `dnat name: "blue"
 * id: "c1"`. False for a comment that does not name the network. */
#define CNI_GO_CONTAINER_SIZE 256
bool cni_go_comment_read(const char *comment, const char *network,
			 char container[CNI_GO_CONTAINER_SIZE]);

/* `*ret_exist` becomes true if the owner has rules of this kind. */
int cni_go_rules_exist(struct cni_nl *nl, enum cni_go_rules kind, const struct cni_owner *owner,
		       bool *ret_exist, struct cni_error *err);

/* Removes the owner's rules. The reference has one masquerade chain for all interfaces of a
 * container in a network, and one for its ports. `nl` is a socket of NETLINK_NETFILTER. */
int cni_go_rules_del(struct cni_nl *nl, enum cni_go_rules kind, const struct cni_owner *owner,
		     struct cni_error *err);

/* Removes rules that name `network` and no `valid` attachment. Spoof checks, and ports in
 * cni_hostport, do not name their network, and stay until DEL. */
int cni_go_rules_gc(struct cni_nl *nl, enum cni_go_rules kind, const char *network,
		    const struct cni_owners *valid, struct cni_error *err);

#endif
