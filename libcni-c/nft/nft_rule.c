/* SPDX-License-Identifier: Apache-2.0 */
/* Phrases of a rule as expressions of libnftnl. */
#include "nft_rule.h"

#include "cleanup.h"
#include "mem.h"
#include "nft_field.h"
#include "nft_tx.h"

#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
	struct nftnl_rule *rule;
	const char *text; /* the rest */
};

static struct nftnl_expr *add_expr(struct writer *writer, const char *name)
{
	struct nftnl_expr *expr = cni_need(nftnl_expr_alloc(name));

	nftnl_rule_add_expr(writer->rule, expr);
	return expr;
}

static bool take(struct writer *writer, const char *words)
{
	return cni_nft_take(&writer->text, words);
}

/* ---- keys ---- */

static void load(struct writer *writer, const struct cni_nft_field *field, uint32_t reg)
{
	static const struct {
		char name[8];
		uint16_t key;
		uint16_t offset;
		uint16_t size;
		uint16_t reg;
	} kinds[] = {
		[CNI_NFT_META] = {"meta", NFTNL_EXPR_META_KEY, 0, 0, NFTNL_EXPR_META_DREG},
		[CNI_NFT_PAYLOAD] = {"payload", NFTNL_EXPR_PAYLOAD_BASE, NFTNL_EXPR_PAYLOAD_OFFSET,
				     NFTNL_EXPR_PAYLOAD_LEN, NFTNL_EXPR_PAYLOAD_DREG},
		[CNI_NFT_EXTHDR] = {"exthdr", NFTNL_EXPR_EXTHDR_TYPE, NFTNL_EXPR_EXTHDR_OFFSET,
				    NFTNL_EXPR_EXTHDR_LEN, NFTNL_EXPR_EXTHDR_DREG},
		[CNI_NFT_CT] = {"ct", NFTNL_EXPR_CT_KEY, 0, 0, NFTNL_EXPR_CT_DREG},
		[CNI_NFT_FIB] = {"fib", NFTNL_EXPR_FIB_RESULT, 0, 0, NFTNL_EXPR_FIB_DREG},
	};
	struct nftnl_expr *expr = add_expr(writer, kinds[field->load].name);

	if (field->load == CNI_NFT_EXTHDR)
		nftnl_expr_set_u8(expr, kinds[field->load].key, (uint8_t)field->key);
	else
		nftnl_expr_set_u32(expr, kinds[field->load].key, field->key);
	if (kinds[field->load].size) {
		nftnl_expr_set_u32(expr, kinds[field->load].offset, field->offset);
		nftnl_expr_set_u32(expr, kinds[field->load].size, field->size);
	}
	if (field->load == CNI_NFT_FIB)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nftnl_expr_set_u32(expr, kinds[field->load].reg, reg);
}

/* Fields with dots between them fill adjacent registers of four bytes. Returns the last one. */
static const struct cni_nft_field *load_key(struct writer *writer)
{
	const struct cni_nft_field *field;
	uint32_t reg = NFT_REG_1;
	uint32_t size = 0;

	do {
		field = cni_nft_take_field(&writer->text);
		load(writer, field, reg);
		size += (field->size + 3) / 4;
		reg = NFT_REG32_00 + size;
	} while (take(writer, "."));
	return field;
}

/* ---- matches ---- */

static void compare(struct writer *writer, uint32_t op, const void *data, uint32_t size)
{
	struct nftnl_expr *expr = add_expr(writer, "cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, size);
}

static void mask_with(struct writer *writer, const void *mask, uint32_t size)
{
	static const uint8_t none[CNI_NFT_VALUE_SIZE];
	struct nftnl_expr *expr = add_expr(writer, "bitwise");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, size);
}

static struct nftnl_expr *look_up(struct writer *writer)
{
	struct nftnl_expr *expr = add_expr(writer, "lookup");
	char set[CNI_NFT_WORD_SIZE];

	cni_nft_take_word(&writer->text, set);
	if (*set != '@')
		abort();
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set + 1);
	return expr;
}

static void compare_with(struct writer *writer, uint32_t op, const struct cni_nft_field *field)
{
	static const uint8_t none[CNI_NFT_VALUE_SIZE];
	struct cni_nft_value value = cni_nft_take_value(&writer->text, field);

	switch (value.kind) {
	case CNI_NFT_BITS:
		mask_with(writer, value.bytes, field->size);
		compare(writer, NFT_CMP_NEQ, none, field->size);
		return;
	case CNI_NFT_RANGE:
		compare(writer, NFT_CMP_GTE, value.bytes, field->size);
		compare(writer, NFT_CMP_LTE, value.more, field->size);
		return;
	case CNI_NFT_PREFIX:
		mask_with(writer, value.more, field->size);
		break;
	case CNI_NFT_SINGLE:
		break;
	}
	compare(writer, op, value.bytes, field->size);
}

static void write_match(struct writer *writer)
{
	const struct cni_nft_field *field = load_key(writer);
	uint32_t op;

	if (take(writer, "vmap")) {
		nftnl_expr_set_u32(look_up(writer), NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
		return;
	}
	if (take(writer, "&"))
		mask_with(writer, cni_nft_take_value(&writer->text, field).bytes, field->size);
	op = take(writer, "!=") ? NFT_CMP_NEQ : NFT_CMP_EQ;
	take(writer, "==");
	if (*writer->text != '@')
		compare_with(writer, op, field);
	else if (op == NFT_CMP_EQ)
		look_up(writer);
	else
		nftnl_expr_set_u32(look_up(writer), NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
}

/* ---- statements ---- */

static void decide(struct writer *writer, int verdict)
{
	struct nftnl_expr *expr = add_expr(writer, "immediate");
	char chain[CNI_NFT_WORD_SIZE];

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (verdict != NFT_JUMP && verdict != NFT_GOTO)
		return;
	cni_nft_take_word(&writer->text, chain);
	nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain);
}

static void write_dnat(struct writer *writer, uint32_t family)
{
	uint32_t address_size = family == NFPROTO_IPV4 ? 4 : 16;
	struct nftnl_expr *nat;

	load_key(writer);
	if (!take(writer, "map"))
		abort();
	nftnl_expr_set_u32(look_up(writer), NFTNL_EXPR_LOOKUP_DREG, NFT_REG_1);
	nat = add_expr(writer, "nat");
	nftnl_expr_set_u32(nat, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	nftnl_expr_set_u32(nat, NFTNL_EXPR_NAT_FAMILY, family);
	nftnl_expr_set_u32(nat, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
	nftnl_expr_set_u32(nat, NFTNL_EXPR_NAT_REG_PROTO_MIN, NFT_REG32_00 + address_size / 4);
}

static void write_comment(struct writer *writer)
{
	uint8_t udata[CNI_NFT_COMMENT_SIZE + 2];
	freeing char *comment = cni_strndup(writer->text + 1, strlen(writer->text) - 2);

	nftnl_rule_set_data(writer->rule, NFTNL_RULE_USERDATA, udata,
			    cni_nft_comment(comment, udata));
	writer->text = "";
}

static void write_phrase(struct writer *writer)
{
	static const struct {
		char word[8];
		int verdict;
	} verdicts[] = {{"accept", NF_ACCEPT},
			{"drop", NF_DROP},
			{"return", NFT_RETURN},
			{"jump", NFT_JUMP},
			{"goto", NFT_GOTO}};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		if (take(writer, verdicts[i].word)) {
			decide(writer, verdicts[i].verdict);
			return;
		}
	if (take(writer, "masquerade"))
		add_expr(writer, "masq");
	else if (take(writer, "dnat ip to"))
		write_dnat(writer, NFPROTO_IPV4);
	else if (take(writer, "dnat ip6 to"))
		write_dnat(writer, NFPROTO_IPV6);
	else if (take(writer, "comment"))
		write_comment(writer);
	else
		write_match(writer);
}

void cni_nft_rule(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain,
		  const char *format, ...)
{
	struct writer writer = {.rule = cni_need(nftnl_rule_alloc())};
	freeing char *text = NULL;
	struct nlmsghdr *header;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		cni_out_of_memory();
	va_end(args);
	nftnl_rule_set_str(writer.rule, NFTNL_RULE_TABLE, table->name);
	nftnl_rule_set_str(writer.rule, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u32(writer.rule, NFTNL_RULE_FAMILY, table->family);
	writer.text = text;
	while (*writer.text)
		write_phrase(&writer);
	header = nftnl_nlmsg_build_hdr(cni_nft_tx_buffer(tx), NFT_MSG_NEWRULE, table->family,
				       NLM_F_CREATE | NLM_F_APPEND, tx->next_seq);
	nftnl_rule_nlmsg_build_payload(header, writer.rule);
	nftnl_rule_free(writer.rule);
	cni_nft_tx_done(tx, "add rule");
}
