/* SPDX-License-Identifier: Apache-2.0 */
/* The destinations of a network (kept_destinations.h) in the table nat of iptables: a chain that the network's
 * attachments share, which each attachment's own chain (nat.h) enters first.
 *
 *	-A CNI-1f3a… -m comment --comment "…" -j CNI-KEEP-2b1c…
 *	-A CNI-KEEP-2b1c… -m comment --comment "destinations 9c1e…"
 *	-A CNI-KEEP-2b1c… -d 10.244.0.0/16 -j ACCEPT
 *
 * The rule with the digest has no target: an ADD asks for this one alone. The Go plugin has no such chain; its DEL
 * removes the attachment's own chain, and the jump with it. */
#ifndef CNI_NAT_DESTINATIONS_H
#define CNI_NAT_DESTINATIONS_H

#include "destinations.h"
#include "nat.h"

/* Adds chain, rules, and the jump to them, to the rules of a family with addresses. Without destinations it adds
 * nothing. */
void cni_nat_put_destinations(struct cni_nat *nat, const struct cni_owner *owner,
			      const struct cni_destinations *destinations);

/* Makes them those of the network's attachments with a record. `*ret_has_any` becomes false without any. The
 * caller has the network's lock. */
int cni_nat_set_destinations(const char *network, const struct cni_destinations *destinations,
			     bool *ret_has_any, struct cni_error *err);

/* Removes the network's chain if no attachment has a record; `*ret_is_used` tells whether any has. The caller has
 * the network's lock. */
int cni_nat_drop_destinations(struct cni_nl *nl, const char *network, bool *ret_is_used,
			      struct cni_error *err);

#endif
