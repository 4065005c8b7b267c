/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_field.h"

#include "mem.h"
#include "nft_tx.h"

#include <arpa/inet.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <netinet/in.h>

static struct nftnl_expr *append(struct cni_nft_tx *tx, const char *name)
{
	struct nftnl_expr *expr = cni_need(nftnl_expr_alloc(name));

	nftnl_rule_add_expr(tx->rule, expr);
	return expr;
}

static void load_meta(struct cni_nft_tx *tx, uint32_t key)
{
	struct nftnl_expr *expr = append(tx, "meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void load_fragment(struct cni_nft_tx *tx, const struct cni_nft_field *field, uint32_t reg)
{
	struct nftnl_expr *expr = append(tx, "exthdr");

	nftnl_expr_set_u8(expr, NFTNL_EXPR_EXTHDR_TYPE, IPPROTO_FRAGMENT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_OFFSET, field->offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_LEN, field->size);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_DREG, reg);
}

static void load(struct cni_nft_tx *tx, const struct cni_nft_field *field, uint32_t reg)
{
	struct nftnl_expr *expr;

	if (field->base == CNI_NFT_FRAGMENT_HEADER) {
		load_fragment(tx, field, reg);
		return;
	}
	expr = append(tx, "payload");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, field->base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, field->offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, field->size);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void compare(struct cni_nft_tx *tx, uint32_t op, const void *data, uint32_t size)
{
	struct nftnl_expr *expr = append(tx, "cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, size);
}

void cni_nft_protocol_is(struct cni_nft_tx *tx, uint16_t protocol)
{
	uint16_t number = htons(protocol);

	load_meta(tx, NFT_META_PROTOCOL);
	compare(tx, NFT_CMP_EQ, &number, sizeof(number));
}

void cni_nft_l4proto_is(struct cni_nft_tx *tx, uint8_t protocol)
{
	load_meta(tx, NFT_META_L4PROTO);
	compare(tx, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

void cni_nft_l4proto_is_not(struct cni_nft_tx *tx, uint8_t protocol)
{
	load_meta(tx, NFT_META_L4PROTO);
	compare(tx, NFT_CMP_NEQ, &protocol, sizeof(protocol));
}

void cni_nft_field_is(struct cni_nft_tx *tx, const struct cni_nft_field *field, const void *value)
{
	load(tx, field, NFT_REG_1);
	compare(tx, NFT_CMP_EQ, value, field->size);
}

void cni_nft_field_between(struct cni_nft_tx *tx, const struct cni_nft_field *field,
			   const void *first, const void *last)
{
	load(tx, field, NFT_REG_1);
	compare(tx, NFT_CMP_GTE, first, field->size);
	compare(tx, NFT_CMP_LTE, last, field->size);
}

static void compare_bits(struct cni_nft_tx *tx, const struct cni_nft_field *field, const void *bits,
			 uint32_t op)
{
	static const uint8_t none[16];
	struct nftnl_expr *expr;

	load(tx, field, NFT_REG_1);
	expr = append(tx, "bitwise");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, field->size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, bits, field->size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, field->size);
	compare(tx, op, none, field->size);
}

void cni_nft_field_has(struct cni_nft_tx *tx, const struct cni_nft_field *field, const void *bits)
{
	compare_bits(tx, field, bits, NFT_CMP_NEQ);
}

void cni_nft_field_lacks(struct cni_nft_tx *tx, const struct cni_nft_field *field, const void *bits)
{
	compare_bits(tx, field, bits, NFT_CMP_EQ);
}

static struct nftnl_expr *look_up(struct cni_nft_tx *tx, const struct cni_nft_field *field,
				  const char *set)
{
	struct nftnl_expr *expr;

	/* A key of two fields fills adjacent registers of four bytes. */
	load_meta(tx, NFT_META_IIFNAME);
	load(tx, field, NFT_REG32_00 + IFNAMSIZ / 4);
	expr = append(tx, "lookup");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	return expr;
}

void cni_nft_iifname_field_in(struct cni_nft_tx *tx, const struct cni_nft_field *field,
			      const char *set)
{
	look_up(tx, field, set);
}

void cni_nft_iifname_field_not_in(struct cni_nft_tx *tx, const struct cni_nft_field *field,
				  const char *set)
{
	nftnl_expr_set_u32(look_up(tx, field, set), NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
}
