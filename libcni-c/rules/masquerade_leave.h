/* SPDX-License-Identifier: Apache-2.0 */
/* The chain that packets take which leave a network with destinations (destinations.h), one for the network:
 *
 *	set keep4-2b1c… { type ipv4_addr; flags interval; elements = { 10.244.0.0/16 } }
 *	set keep6-2b1c… { type ipv6_addr; flags interval; elements = { fd00:10:244::/48 } }
 *	chain leave-2b1c… {            # comment "blue"
 *		ip daddr @keep4-2b1c… return
 *		ip6 daddr @keep6-2b1c… return
 *		masquerade             # comment "destinations 9c1e…"
 *	}
 *	chain net-1f3a… {
 *		ip daddr 10.88.0.0/16 return
 *		ip daddr 224.0.0.0/4 return
 *		goto leave-2b1c…
 *	}
 *
 * The comment has the digest of what is in the sets: an ADD with the same destinations sends none. A network that
 * never had any has no such chain, and its net- chains masquerade themselves. Once there, it stays as long as
 * a net- chain leads there, with empty sets if need be. */
#ifndef CNI_MASQUERADE_LEAVE_H
#define CNI_MASQUERADE_LEAVE_H

#include "destinations.h"
#include "masquerade.h"

#define CNI_LEAVE_NAME_SIZE 24
#define CNI_LEAVE_RULES	    3

/* A network's chain as the kernel has it. */
struct cni_leave {
	const char *network;
	char chain[CNI_LEAVE_NAME_SIZE];
	char sets[2][CNI_LEAVE_NAME_SIZE]; /* IPv4, IPv6 */
	bool is_there;
	char comment
		[CNI_NFT_COMMENT_SIZE]; /* of the last rule, if the chain has all of its rules */
};

/* Names the chain and its sets, and nothing else. */
struct cni_leave cni_leave_of(const char *network);

/* Asks the kernel. */
int cni_leave_find(struct cni_nl *nl, const char *network, struct cni_leave *ret_leave,
		   struct cni_error *err);

/* True if the chain has these destinations, by its comment. */
bool cni_leave_has(const struct cni_leave *leave, const struct cni_destinations *destinations);

/* Puts chain and sets with these destinations into the transaction, in place of what is there. */
void cni_leave_put(struct cni_nft_tx *tx, const struct cni_leave *leave,
		   const struct cni_destinations *destinations);

/* Leads those net- chains of the network there that masquerade themselves, but for those that `wish` (NULL allowed)
 * writes or empties. `*ret_count` becomes the number of all net- chains but for these. */
int cni_leave_lead(struct cni_nl *nl, struct cni_nft_tx *tx, const struct cni_leave *leave,
		   const struct cni_owned_wish *wish, size_t *ret_count, struct cni_error *err);

/* The chain that the last rule of a net- chain with all of its rules leads to; "": it masquerades itself.
 * `*ret_count` is the number of its rules, 0 without such a chain. */
int cni_leave_target(struct cni_nl *nl, const char *net_chain, char target[CNI_NFT_NAME_SIZE],
		     size_t *ret_count, struct cni_error *err);

/* CHECK: fails with CNI_EMISMATCH if the net- chains of the wish, the network's chain or its sets differ from what the
 * destinations make that the network keeps. */
int cni_leave_check(struct cni_nl *nl, const struct cni_owned_wish *wish, struct cni_error *err);

/* Puts the removal of a chain with its sets into the transaction; `*released` counts what goes. */
int cni_leave_del(struct cni_nl *nl, struct cni_nft_tx *tx, const char *chain, uint32_t *released,
		  struct cni_error *err);

/* The same with the last net- chain that leads to `leave`; each call is for one that goes. */
int cni_leave_release(struct cni_owned_change *change, const char *leave, struct cni_error *err);

/* ---- the destinations alone ---- */

/* Makes `destinations` those of the network's attachments here, but not in its file. Without attachments
 * `*ret_has_any` becomes false. The caller has the network's lock. */
int cni_masquerade_set_destinations(struct cni_nl *nl, const char *network,
				    const struct cni_destinations *destinations, bool *ret_has_any,
				    struct cni_error *err);

/* True if the network has the destinations with this digest here. */
bool cni_masquerade_has_digest(struct cni_nl *nl, const char *network, const char *digest);

/* Removes chain and sets of the destinations that no attachment uses; `*ret_is_used` tells whether any does. The
 * caller has the network's lock. */
int cni_masquerade_drop_destinations(struct cni_nl *nl, const char *network, bool *ret_is_used,
				     struct cni_error *err);

#endif
