/* SPDX-License-Identifier: Apache-2.0 */
/* Who accepts what containers send and receive. A packet is forwarded only if every base chain on
 * its way accepts it, so an accept of ours is of use in just one place: where the drop is.
 *
 * Left to us, it is the first of these that holds:
 *
 *	firewalld   its name has an owner on the system bus
 *	iptables    FORWARD of table filter drops the container's packets (forward.h), by its policy or
 *	            by a rule, and there is an iptables-restore that reaches it; or the kernel has
 *	            no nf_tables
 *	nftables    otherwise
 *
 * There are two tables filter, of iptables-nft(8) and of iptables-legacy(8), and an accept in one is
 * none in the other. The accepts go where the drop is: into both, if both drop. */
#ifndef CNI_FIREWALL_CHOICE_H
#define CNI_FIREWALL_CHOICE_H

#include "decls.h"
#include "error.h"
#include "iptables_tool.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* The place of the accepts. */
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

/* Whose packets. Without addresses, as for STATUS: those of all containers. */
struct cni_firewall_traffic {
	const struct cni_ip *addresses;
	size_t count;
	const char *const *interfaces; /* of the host; see forward.h */
};

/* The place that was chosen. */
struct cni_firewall_choice {
	enum cni_firewall_backend backend;
	unsigned int tools; /* of iptables: a set of enum cni_iptables_tool */
};

/* Chooses the backend and the tools if `written` is the automatic one, and says why in the trace.
 * If `written` is iptables, only the tools are chosen: the command without a suffix, and the other
 * one if its FORWARD drops. `nl` is a socket of NETLINK_NETFILTER. Fails with
 * CNI_EDELEGATE if the system bus does not answer, and with CNI_EKERNEL. */
int cni_firewall_choose(struct cni_nl *nl, enum cni_firewall_backend written,
			const struct cni_firewall_traffic *traffic,
			struct cni_firewall_choice *ret_choice, struct cni_error *err);

/* Fails with `code` if the accepts are made in vain: where something drops, for certain, what they
 * accept, and is overruled by none of them. Names table, chain and rule. `may_move`: the choice is
 * ours, so that a firewalld that runs by now is a reason as well. */
int cni_firewall_reaches(struct cni_nl *nl, const struct cni_firewall_choice *choice,
			 const struct cni_firewall_traffic *traffic, bool may_move, int code,
			 struct cni_error *err);

/* Would it work, and be of use? Fails with CNI_EUNAVAILABLE, and with CNI_ELIMITED if something
 * drops, for certain, what the backend accepts. */
int cni_firewall_backend_status(struct cni_nl *nl, enum cni_firewall_backend backend,
				struct cni_error *err);

/* True if there can be rules that were made with the tool in this family. */
bool cni_firewall_has_iptables(struct cni_nl *nl, enum cni_iptables_tool tool, int family);

CNI_END_DECLS

#endif
