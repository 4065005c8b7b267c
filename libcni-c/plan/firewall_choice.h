/* SPDX-License-Identifier: Apache-2.0 */
/* Who accepts what containers send and receive. A packet is forwarded only if every base chain on
 * its way accepts it, so an accept of ours is of use in just one place: where the drop is.
 *
 * Left to us, it is the first of these that holds:
 *
 *	firewalld   its name has an owner on the system bus
 *	iptables    iptables-restore is there, and the chain FORWARD of table ip filter or ip6 filter
 *	            has the policy drop, or iptables-legacy's table filter is loaded, or the kernel
 *	            has no nf_tables
 *	nftables    otherwise */
#ifndef CNI_FIREWALL_CHOICE_H
#define CNI_FIREWALL_CHOICE_H

#include "error.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>

enum cni_firewall_backend {
	CNI_FIREWALL_AUTOMATIC,
	CNI_FIREWALL_NFTABLES,
	CNI_FIREWALL_IPTABLES,
	CNI_FIREWALL_FIREWALLD,
	CNI_FIREWALL_NONE,
};

/* "nftables"; of the automatic one, "automatic". */
const char *cni_firewall_backend_text(enum cni_firewall_backend backend);
/* False if there is none of this name. "" is the automatic one. */
bool cni_firewall_backend_parse(const char *text, enum cni_firewall_backend *ret_backend);

/* Chooses, and says why in the trace. `nl` is a socket of NETLINK_NETFILTER. Fails with
 * CNI_EDELEGATE if the system bus does not answer. */
int cni_firewall_choose(struct cni_nl *nl, enum cni_firewall_backend *ret_backend,
			struct cni_error *err);

/* Would it work, and be of use? Fails with CNI_EUNAVAILABLE, and with CNI_ELIMITED if a chain in
 * nf_tables, of those with a usual name, drops what the nftables backend accepts. */
int cni_firewall_backend_status(struct cni_nl *nl, enum cni_firewall_backend backend,
				struct cni_error *err);

/* Can there be rules of the iptables backend in this family? */
bool cni_firewall_has_iptables(struct cni_nl *nl, int family);

#endif
