/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_rule.h"

#include "mem.h"
#include "nft_tx.h"

#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stddef.h>
#include <string.h>

static struct nftnl_expr *new_expr(const char *name)
{
	return cni_need(nftnl_expr_alloc(name));
}

void cni_nft_rule(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain)
{
	tx->rule = cni_need(nftnl_rule_alloc());
	nftnl_rule_set_str(tx->rule, NFTNL_RULE_TABLE, table->name);
	nftnl_rule_set_str(tx->rule, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u32(tx->rule, NFTNL_RULE_FAMILY, table->family);
}

void cni_nft_rule_end(struct cni_nft_tx *tx)
{
	struct nlmsghdr *header =
		nftnl_nlmsg_build_hdr(cni_nft_tx_buffer(tx), NFT_MSG_NEWRULE,
				      (uint16_t)nftnl_rule_get_u32(tx->rule, NFTNL_RULE_FAMILY),
				      NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, tx->next_seq);

	nftnl_rule_nlmsg_build_payload(header, tx->rule);
	nftnl_rule_free(tx->rule);
	tx->rule = NULL;
	cni_nft_tx_done(tx, "add rule");
}

static void load_meta(struct cni_nft_tx *tx, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *expr = new_expr("meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, reg);
	nftnl_rule_add_expr(tx->rule, expr);
}

static void load_payload(struct cni_nft_tx *tx, uint32_t base, size_t offset, size_t size,
			 uint32_t reg)
{
	struct nftnl_expr *expr = new_expr("payload");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, (uint32_t)offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, (uint32_t)size);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, reg);
	nftnl_rule_add_expr(tx->rule, expr);
}

static void equals(struct cni_nft_tx *tx, const void *data, size_t size)
{
	struct nftnl_expr *expr = new_expr("cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, (uint32_t)size);
	nftnl_rule_add_expr(tx->rule, expr);
}

static struct nftnl_expr *new_lookup(const char *set)
{
	struct nftnl_expr *expr = new_expr("lookup");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	return expr;
}

void cni_nft_family_is(struct cni_nft_tx *tx, int family)
{
	uint8_t nfproto = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;

	load_meta(tx, NFT_META_NFPROTO, NFT_REG_1);
	equals(tx, &nfproto, sizeof(nfproto));
}

static void add_vmap(struct cni_nft_tx *tx, const char *map)
{
	struct nftnl_expr *expr = new_lookup(map);

	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	nftnl_rule_add_expr(tx->rule, expr);
}

void cni_nft_source_vmap(struct cni_nft_tx *tx, int family, const char *map)
{
	if (family == AF_INET)
		load_payload(tx, NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct iphdr, saddr), 4,
			     NFT_REG_1);
	else
		load_payload(tx, NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct ipv6hdr, saddr), 16,
			     NFT_REG_1);
	add_vmap(tx, map);
}

void cni_nft_destination_in(struct cni_nft_tx *tx, const struct cni_net *net)
{
	struct cni_net masked = cni_net_masked(net);
	size_t size = cni_ip_size(&net->ip);
	struct nftnl_expr *expr;
	struct cni_net mask = {.ip = {.family = net->ip.family}, .prefix = net->prefix};
	const uint8_t none[16] = {0};

	memset(mask.ip.bytes, 0xff, size);
	mask = cni_net_masked(&mask);
	if (net->ip.family == AF_INET)
		load_payload(tx, NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct iphdr, daddr), size,
			     NFT_REG_1);
	else
		load_payload(tx, NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct ipv6hdr, daddr), size,
			     NFT_REG_1);
	expr = new_expr("bitwise");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, (uint32_t)size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask.ip.bytes, (uint32_t)size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, (uint32_t)size);
	nftnl_rule_add_expr(tx->rule, expr);
	equals(tx, masked.ip.bytes, size);
}

void cni_nft_iifname_vmap(struct cni_nft_tx *tx, const char *map)
{
	load_meta(tx, NFT_META_IIFNAME, NFT_REG_1);
	add_vmap(tx, map);
}

void cni_nft_iifname_ether_source_not_in(struct cni_nft_tx *tx, const char *set)
{
	struct nftnl_expr *expr = new_lookup(set);

	/* A key of two fields lies in registers of four bytes, side by side. */
	load_meta(tx, NFT_META_IIFNAME, NFT_REG_1);
	load_payload(tx, NFT_PAYLOAD_LL_HEADER, offsetof(struct ethhdr, h_source), ETH_ALEN,
		     NFT_REG32_04);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	nftnl_rule_add_expr(tx->rule, expr);
}

void cni_nft_verdict(struct cni_nft_tx *tx, int verdict)
{
	struct nftnl_expr *expr = new_expr("immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	nftnl_rule_add_expr(tx->rule, expr);
}

void cni_nft_masquerade(struct cni_nft_tx *tx)
{
	nftnl_rule_add_expr(tx->rule, new_expr("masq"));
}
