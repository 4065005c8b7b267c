/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall: accepting and dropping forwarded packets of containers.
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
 *		chain forward    # type filter hook forward priority filter
 *	}
 *
 * and the same with 6. A packet or an update costs a look-up in each set, however many pods there
 * are. `addresses` is the way back from the owner (nft_owned.h). An address belongs to its
 * attachment together with the interface in front of it: two networks may hand out the same
 * address.
 *
 * `bridges`, `same` and `isolated` belong to all attachments of a bridge and go with the last one:
 * each attachment has an element in `policies` that jumps to a chain of its policy and bridge
 * ("open", "same-cni0", "isolated-cni0"). No packet reaches that chain: its use count in the kernel
 * is the number of attachments. The table goes with its last element.
 *
 * An accept ends this table's chain only. A drop in another table, by a rule or by the policy of a
 * chain, remains a drop: see firewall/firewall_choice.h. */
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
	/* No packets from another bridge with this policy or the next. */
	CNI_FIREWALL_SAME_BRIDGE,
	/* Nor from the same bridge. */
	CNI_FIREWALL_ISOLATED,
};

/* The elements of an attachment. */
struct cni_firewall {
	const struct cni_owner *owner;
	const struct cni_ip *addresses; /* accepted ones; no address twice */
	size_t count;
	const char *device; /* the interface in front of them; "": unknown */
	enum cni_firewall_policy policy;
	const char *bridge; /* of the policy; not for CNI_FIREWALL_OPEN */
};

/* Replaces everything that the owner had, and that other owners have at these addresses,
 * atomically. `nl` is a socket of NETLINK_NETFILTER. */
int cni_firewall_add(struct cni_nl *nl, const struct cni_firewall *firewall, struct cni_error *err);

/* Fails with CNI_EMISMATCH, naming what was expected and what was found. */
int cni_firewall_check(struct cni_nl *nl, const struct cni_firewall *firewall,
		       struct cni_error *err);

/* `*ret_exists` becomes true if the owner has anything here. */
int cni_firewall_exists(struct cni_nl *nl, const struct cni_owner *owner, bool *ret_exists,
			struct cni_error *err);

/* Removes everything that the owner has. */
int cni_firewall_del(struct cni_nl *nl, const struct cni_owner *owner, struct cni_error *err);

/* Removes everything that attachments of `network` have here, except the `valid` ones. */
int cni_firewall_gc(struct cni_nl *nl, const char *network, const struct cni_owners *valid,
		    struct cni_error *err);

CNI_END_DECLS

#endif
