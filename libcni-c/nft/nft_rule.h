/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of nf_tables, in nft(8)'s language:
 *
 *	cni_nft_rule(tx, &table, "net-1f3a", "meta nfproto ipv4 ip daddr %s return", prefix);
 *
 * nft(8) adds what a phrase depends on (`meta nfproto ipv4`, in a table of both families) and leaves that out
 * where it prints; here all of a rule is written. The language has
 *
 *	match      key [& mask] [==, !=] value, prefix or first-last; key [!=] @set; key vmap @map.
 *	           The key is a field of nft_field.c, or several with dots between them.
 *	statement  accept, drop, return, masquerade, jump chain, goto chain;
 *	           dnat ip to key map @map (or ip6): the map's value is an address and a port, a miss
 *	           ends the rule.
 *	end        comment "text"
 *
 * libnftables, nft(8)'s own library, reads all of the language, but sends a transaction by itself, for no
 * generation of ours. */
#ifndef CNI_NFT_RULE_H
#define CNI_NFT_RULE_H

#include "nft.h"

/* Adds a rule to the end of the chain. Text that is not of this language is a mistake in the program, and aborts. */
void cni_nft_rule(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
