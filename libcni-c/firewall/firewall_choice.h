/* SPDX-License-Identifier: Apache-2.0 */
/* The backend that accepts packets of containers. The kernel forwards a packet only if every base
 * chain on its way accepts the packet, so an accept of ours is useful in one place only: where the
 * drop is.
 *
 * The automatic choice is the first of these that holds:
 *
 *	firewalld   its name has an owner on the system bus
 *	iptables    FORWARD of table filter drops the container's packets (forward.h), by its policy or
 *	            by a rule, and an iptables-restore reaches that FORWARD; or the kernel has no
 *	            nf_tables
 *	nftables    otherwise
 *
 * iptables-nft(8) and iptables-legacy(8) have a table filter each, and an accept in one does not
 * count in the other. The accepts go where the drop is: into both, if both drop. */
#ifndef CNI_FIREWALL_CHOICE_H
#define CNI_FIREWALL_CHOICE_H

#include "decls.h"
#include "error.h"
#include "iptables_tool.h"
#include "nl.h"
#include "word.h"

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

/* The names; "" is the automatic choice. */
extern const struct cni_word cni_firewall_backends[];

/* "nftables"; "automatic" for the automatic choice. */
const char *cni_firewall_backend_text(enum cni_firewall_backend backend);
/* False for an unknown name. "" is the automatic choice. */
bool cni_firewall_backend_parse(const char *text, enum cni_firewall_backend *ret_backend);

/* The packets. Without addresses, as for STATUS: the packets of all containers. */
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

/* Chooses backend and tools if `written` is the automatic choice, and gives the reason in the
 * trace. If `written` is iptables, chooses only the tools: the command without a suffix, and the
 * other one if its FORWARD drops. `nl` is a socket of NETLINK_NETFILTER. Fails with
 * CNI_EDELEGATE if the system bus does not answer, and with CNI_EKERNEL. */
int cni_firewall_choose(struct cni_nl *nl, enum cni_firewall_backend written,
			const struct cni_firewall_traffic *traffic,
			struct cni_firewall_choice *ret_choice, struct cni_error *err);

/* Fails with `code` if the accepts are in vain: a rule or policy certainly drops the packets, and no accept
 * overrules it. The error names table, chain and rule; its details name further ones. `may_move`: the choice is
 * automatic, so a firewalld that runs by now is a reason, too. */
int cni_firewall_reaches(struct cni_nl *nl, const struct cni_firewall_choice *choice,
			 const struct cni_firewall_traffic *traffic, bool may_move, int code,
			 struct cni_error *err);

/* STATUS of a backend. Fails with CNI_EUNAVAILABLE, and with CNI_ELIMITED if a rule or policy
 * certainly drops the packets that the backend accepts. */
int cni_firewall_backend_status(struct cni_nl *nl, enum cni_firewall_backend backend,
				struct cni_error *err);

/* True if the tool may have made rules in this family. */
bool cni_firewall_has_iptables(struct cni_nl *nl, enum cni_iptables_tool tool, int family);

CNI_END_DECLS

#endif
