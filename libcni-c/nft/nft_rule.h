/* SPDX-License-Identifier: Apache-2.0 */
/* An nf_tables rule is written phrase by phrase, with its text in nft(8)'s language above:
 *
 *	// ip daddr 10.1.0.0/16 return
 *	cni_nft_rule(tx, &table, "net-1f3a");
 *	cni_nft_destination_in(tx, &prefix);
 *	cni_nft_verdict(tx, NFT_RETURN);
 *	cni_nft_rule_end(tx);
 *
 * Phrases return nothing: the builder allocates or dies. */
#ifndef CNI_NFT_RULE_H
#define CNI_NFT_RULE_H

#include "nft.h"

/* Begins a rule at the end of the chain; cni_nft_rule_end() puts the rule into the transaction. */
void cni_nft_rule(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain);
void cni_nft_rule_end(struct cni_nft_tx *tx);

/* meta nfproto ipv4 (or ipv6), which precedes `ip saddr` in a table of both families. */
void cni_nft_family_is(struct cni_nft_tx *tx, int family);

/* ip saddr vmap @map (or ip6 saddr). */
void cni_nft_source_vmap(struct cni_nft_tx *tx, int family, const char *map);

/* ip saddr 127.0.0.0/8 (or ip6 saddr); ip daddr 10.1.0.0/16 (or ip6 daddr). */
void cni_nft_source_in(struct cni_nft_tx *tx, const struct cni_net *net);
void cni_nft_destination_in(struct cni_nft_tx *tx, const struct cni_net *net);

/* iifname . ip saddr vmap @map (or ip6 saddr). */
void cni_nft_iifname_source_vmap(struct cni_nft_tx *tx, int family, const char *map);

/* iifname . ip saddr @set; oifname . ip daddr @set (or ip6). */
void cni_nft_iifname_source_in(struct cni_nft_tx *tx, int family, const char *set);
void cni_nft_oifname_destination_in(struct cni_nft_tx *tx, int family, const char *set);

/* ip daddr @set; ip saddr . ip daddr @set (or ip6). */
void cni_nft_destination_in_set(struct cni_nft_tx *tx, int family, const char *set);
void cni_nft_source_destination_in_set(struct cni_nft_tx *tx, int family, const char *set);

/* fib daddr type local: addressed to this host. */
void cni_nft_destination_is_local(struct cni_nft_tx *tx);

/* ct state established,related: of a connection that conntrack knows. */
void cni_nft_is_established(struct cni_nft_tx *tx);

/* ct status dnat: of a translated destination. */
void cni_nft_is_translated(struct cni_nft_tx *tx);

/* dnat ip to meta l4proto . th dport map @map; with `by_address`, ip daddr . meta l4proto . th
 * dport (or ip6). The map's value is an address and a port. A miss ends the rule. */
void cni_nft_dnat_map(struct cni_nft_tx *tx, int family, bool by_address, const char *map);

/* iifname @set; oifname @set; iifname . oifname @set, and != @set */
void cni_nft_iifname_in(struct cni_nft_tx *tx, const char *set);
void cni_nft_oifname_in(struct cni_nft_tx *tx, const char *set);
void cni_nft_iifname_oifname_in(struct cni_nft_tx *tx, const char *set);
void cni_nft_iifname_oifname_not_in(struct cni_nft_tx *tx, const char *set);

/* iifname vmap @map */
void cni_nft_iifname_vmap(struct cni_nft_tx *tx, const char *map);

/* accept, drop (NF_*, linux/netfilter.h), return (NFT_RETURN, linux/netfilter/nf_tables.h) */
void cni_nft_verdict(struct cni_nft_tx *tx, int verdict);

/* jump chain; goto chain: without a way back */
void cni_nft_jump(struct cni_nft_tx *tx, const char *chain);
void cni_nft_goto(struct cni_nft_tx *tx, const char *chain);

/* comment "text" */
void cni_nft_rule_comment(struct cni_nft_tx *tx, const char *text);

/* masquerade */
void cni_nft_masquerade(struct cni_nft_tx *tx);

#endif
