/* SPDX-License-Identifier: Apache-2.0 */
/* Which packets of containers are forwarded, and which are not.
 *
 *	table inet cni_firewall {
 *		set members4     # "cni0" . 10.1.0.7
 *		map addresses4   # "veth1f" . 0 : "cni0" . 10.1.0.7
 *		map policies     # "veth1f" : jump same-cni0
 *		set bridges      # "cni0"
 *		set same         # "cni0" . "cni0"
 *		set isolated     # "cni1" . "cni1"
 *		chain same-cni0
 *		chain isolated-cni1
 *		chain forward # type filter hook forward priority filter
 *			iifname . oifname @isolated drop
 *			iifname @bridges oifname @bridges iifname . oifname != @same drop
 *			ct state established,related oifname . ip daddr @members4 accept
 *			iifname . ip saddr @members4 accept
 *	}
 *
 * and the same with 6. Whatever the number of pods, a packet costs a look-up in each set, and so
 * does an update. `addresses` is the way back from the owner's name (nft_owned.h). An address
 * belongs to its attachment together with the interface that it is behind: two networks may hand
 * out the same one.
 *
 * `bridges`, `same` and `isolated` belong to all attachments of a bridge. So that they go with the
 * last one, each attachment has an element in `policies` that jumps to a chain of its policy and
 * bridge ("open", "same-cni0", "isolated-cni0"). No packet ever comes there: the kernel's use count
 * of the chain is the number of attachments. The table goes with its last element.
 *
 * An accept ends this table's chain and no more. A drop in another table, be it by a rule or by the
 * policy of a chain, remains a drop: see firewall/firewall_choice.h. */
#ifndef CNI_FIREWALL_H
#define CNI_FIREWALL_H

#include "decls.h"
#include "ip.h"
#include "nl.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* The bridges whose packets are dropped. */
enum cni_firewall_policy {
	CNI_FIREWALL_OPEN,
	/* Nothing from another bridge that has this policy or the next. */
	CNI_FIREWALL_SAME_BRIDGE,
	/* Nor from the bridge itself. */
	CNI_FIREWALL_ISOLATED,
};

/* What there is for an attachment. */
struct cni_firewall {
	const struct cni_owner *owner;
	const struct cni_ip *addresses; /* that are accepted; no address twice */
	size_t count;
	const char *device; /* the interface that they are behind; "": unknown */
	enum cni_firewall_policy policy;
	const char *bridge; /* the interface the policy is for; not for CNI_FIREWALL_OPEN */
};

/* Sets it up instead of what the owner had before, and of what other owners have at these
 * addresses. All or nothing. `nl` is a socket of NETLINK_NETFILTER. */
int cni_firewall_add(struct cni_nl *nl, const struct cni_firewall *firewall, struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what was expected and what was found. */
int cni_firewall_check(struct cni_nl *nl, const struct cni_firewall *firewall,
		       struct cni_error *err);

/* `*ret_exists` tells whether the owner has anything here. */
int cni_firewall_exists(struct cni_nl *nl, const struct cni_owner *owner, bool *ret_exists,
			struct cni_error *err);

/* Removes what the owner has. */
int cni_firewall_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err);

/* Removes what attachments of `network` have that are not among `valid`. */
int cni_firewall_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		    struct cni_error *err);

CNI_END_DECLS

#endif
