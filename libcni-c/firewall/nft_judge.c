/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a rule of nf_tables for a partly known packet. The expressions run as in the kernel
 * (net/netfilter/nf_tables_core.c), on registers with known and unknown bytes. A comparison of
 * unknown bytes may have either result. */
#include "forward_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <string.h>

#define REGISTER_BYTES 64

struct judge {
	struct cni_nl *nl;
	const struct cni_nft_table *table;
	const struct cni_packet *packet;
	struct cni_judgement *judgement;
	uint8_t bytes[REGISTER_BYTES];
	bool known[REGISTER_BYTES];
	/* The last loaded interface, one of several. */
	bool has_names;
	const char *const *names; /* NULL: unknown */
	bool by_index;
	size_t names_at;
	/* Place and size of the last loaded key; 0: none, or composed of several. */
	size_t key_at;
	size_t key_size;
};

/* Registers have 16 bytes each, and by their newer numbers 4 (enum nft_registers). */
static size_t offset_of(uint32_t number)
{
	if (number >= NFT_REG32_00 && number <= NFT_REG32_15)
		return (size_t)(number - NFT_REG32_00) * 4;
	if (number >= NFT_REG_1 && number <= NFT_REG_4)
		return (size_t)(number - NFT_REG_1) * 16;
	return REGISTER_BYTES;
}

static bool is_known(const struct judge *judge, size_t at, size_t size)
{
	for (size_t i = at; i < at + size; i++)
		if (i >= REGISTER_BYTES || !judge->known[i])
			return false;
	return size > 0;
}

/* Puts `size` bytes into a register; NULL: unknown. */
static void load(struct judge *judge, uint32_t number, const void *data, size_t size)
{
	size_t at = offset_of(number);
	bool is_first = !judge->key_size || at == judge->key_at;

	if (at + size > REGISTER_BYTES || !size)
		return;
	memset(judge->known + at, data != NULL, size);
	if (data)
		memcpy(judge->bytes + at, data, size);
	if (at == judge->names_at)
		judge->has_names = false;
	judge->key_at = is_first ? at : REGISTER_BYTES;
	judge->key_size = size;
}

static void forget_all(struct judge *judge)
{
	memset(judge->known, false, sizeof(judge->known));
	judge->has_names = false;
	judge->key_at = REGISTER_BYTES;
	judge->key_size = 1;
}

static void restrict_to(struct judge *judge, enum cni_match match)
{
	judge->judgement->match = cni_match_both(judge->judgement->match, match);
}

static enum cni_match match_if(bool holds)
{
	return holds ? CNI_MATCH_YES : CNI_MATCH_NO;
}

static enum cni_match not(enum cni_match match) { return (enum cni_match)(CNI_MATCH_YES - match); }

/* ---- loading ---- */

static void load_names(struct judge *judge, uint32_t number, const char *const *names,
		       bool by_index)
{
	load(judge, number, NULL, by_index ? sizeof(uint32_t) : IFNAMSIZ);
	judge->has_names = true;
	judge->names = names;
	judge->by_index = by_index;
	judge->names_at = offset_of(number);
}

static void run_meta(struct judge *judge, struct nftnl_expr *expr)
{
	uint32_t to = nftnl_expr_get_u32(expr, NFTNL_EXPR_META_DREG);
	bool is_v4 = judge->packet->family == AF_INET;
	uint16_t protocol = htons(is_v4 ? ETH_P_IP : ETH_P_IPV6);
	uint8_t nfproto = is_v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	uint8_t l4proto = IPPROTO_TCP;

	if (nftnl_expr_is_set(expr, NFTNL_EXPR_META_SREG))
		return; /* sets a mark or the like */
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_META_KEY)) {
	case NFT_META_NFPROTO:
		return load(judge, to, &nfproto, sizeof(nfproto));
	case NFT_META_PROTOCOL:
		return load(judge, to, &protocol, sizeof(protocol));
	case NFT_META_L4PROTO:
		return load(judge, to, &l4proto, sizeof(l4proto));
	case NFT_META_IIFNAME:
		return load_names(judge, to, judge->packet->in, false);
	case NFT_META_OIFNAME:
		return load_names(judge, to, judge->packet->out, false);
	case NFT_META_IIF:
		return load_names(judge, to, judge->packet->in, true);
	case NFT_META_OIF:
		return load_names(judge, to, judge->packet->out, true);
	default:
		return load(judge, to, NULL, sizeof(uint32_t));
	}
}

static void run_ct(struct judge *judge, struct nftnl_expr *expr)
{
	uint32_t to = nftnl_expr_get_u32(expr, NFTNL_EXPR_CT_DREG);
	const struct cni_packet *packet = judge->packet;
	const uint32_t *value = NULL;

	if (nftnl_expr_is_set(expr, NFTNL_EXPR_CT_SREG))
		return;
	if (nftnl_expr_get_u32(expr, NFTNL_EXPR_CT_KEY) == NFT_CT_STATE)
		value = &packet->state;
	else if (nftnl_expr_get_u32(expr, NFTNL_EXPR_CT_KEY) == NFT_CT_STATUS)
		value = &packet->status;
	load(judge, to, packet->state ? value : NULL, sizeof(*value));
}

static void run_payload(struct judge *judge, struct nftnl_expr *expr)
{
	uint32_t to = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_DREG);
	uint32_t at = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET);
	uint32_t size = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_LEN);
	uint32_t base = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_BASE);
	uint8_t bytes[REGISTER_BYTES];
	bool is_known;

	if (nftnl_expr_is_set(expr, NFTNL_EXPR_PAYLOAD_SREG))
		return; /* writes the packet */
	is_known = base == NFT_PAYLOAD_NETWORK_HEADER && size <= sizeof(bytes) &&
		   cni_packet_header(judge->packet, at, size, bytes);
	load(judge, to, is_known ? bytes : NULL, size);
}

static void run_bitwise(struct judge *judge, struct nftnl_expr *expr)
{
	size_t from = offset_of(nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_SREG));
	uint32_t to = nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_DREG);
	uint32_t size = nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_LEN);
	uint32_t mask_size = 0;
	uint32_t xor_size = 0;
	const uint8_t *mask = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_MASK, &mask_size);
	const uint8_t * xor = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_XOR, &xor_size);
	uint8_t result[REGISTER_BYTES];

	if (!mask || !xor || mask_size < size || xor_size < size || !is_known(judge, from, size))
		return load(judge, to, NULL, size);
	for (uint32_t i = 0; i < size; i++)
		result[i] = (judge->bytes[from + i] & mask[i]) ^ xor[i];
	load(judge, to, result, size);
}

/* ---- comparing ---- */

/* Compares an interface's number by the names that the interface may have. */
static enum cni_match compare_names(const struct judge *judge, const void *data, size_t size)
{
	char name[IFNAMSIZ] = "";
	uint32_t index;

	if (!judge->by_index)
		return cni_match_names(judge->names, data, size);
	if (size != sizeof(index))
		return CNI_MATCH_MAYBE;
	memcpy(&index, data, sizeof(index));
	if (!if_indextoname(index, name))
		return judge->names ? CNI_MATCH_NO : CNI_MATCH_MAYBE;
	return cni_match_names(judge->names, name, sizeof(name));
}

static void run_cmp(struct judge *judge, struct nftnl_expr *expr)
{
	size_t at = offset_of(nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_SREG));
	uint32_t op = nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_OP);
	enum cni_match match = CNI_MATCH_MAYBE;
	uint32_t size = 0;
	const void *data = nftnl_expr_get(expr, NFTNL_EXPR_CMP_DATA, &size);

	if (op != NFT_CMP_EQ && op != NFT_CMP_NEQ)
		return restrict_to(judge, CNI_MATCH_MAYBE);
	if (data && judge->has_names && at == judge->names_at)
		match = compare_names(judge, data, size);
	else if (data && is_known(judge, at, size))
		match = match_if(memcmp(judge->bytes + at, data, size) == 0);
	restrict_to(judge, op == NFT_CMP_NEQ ? not(match) : match);
}

/* ---- sets and maps ---- */

/* YES if the set has the key; `ret_element` then has the map's value. */
static enum cni_match look_up(struct judge *judge, const char *set, const void *key, size_t size,
			      struct cni_nft_element *ret_element)
{
	struct cni_nft_bytes bytes = {.size = 0};
	struct cni_error err;

	if (!judge->nl)
		return CNI_MATCH_MAYBE;
	cni_nft_bytes_add(&bytes, key, size);
	bytes.size = (uint32_t)size;
	if (cni_nft_get(judge->nl, judge->table, set, &bytes, ret_element, &err) == 0)
		return CNI_MATCH_YES;
	return err.errnum == ENOENT ? CNI_MATCH_NO : CNI_MATCH_MAYBE;
}

/* Looks up an interface that is one of several. */
static enum cni_match look_up_names(struct judge *judge, const char *set,
				    struct cni_nft_element *ret_element)
{
	enum cni_match all = CNI_MATCH_NO;
	size_t count = 0;
	size_t hits = 0;

	for (; judge->names[count]; count++) {
		char padded[IFNAMSIZ] = "";
		enum cni_match one;

		strncpy(padded, judge->names[count], sizeof(padded) - 1);
		one = look_up(judge, set, padded, sizeof(padded), ret_element);
		all = one > all ? one : all;
		hits += one == CNI_MATCH_YES;
	}
	/* The element is unknown. */
	if (hits > 1)
		ret_element->verdict = NF_QUEUE;
	return all == CNI_MATCH_YES && hits < count ? CNI_MATCH_MAYBE : all;
}

static void decide(struct judge *judge, uint32_t code, const char *chain)
{
	static const struct {
		int code;
		enum cni_verdict verdict;
	} codes[] = {
		{NF_ACCEPT, CNI_VERDICT_ACCEPT},  {NF_DROP, CNI_VERDICT_DROP},
		{NFT_JUMP, CNI_VERDICT_JUMP},	  {NFT_GOTO, CNI_VERDICT_GOTO},
		{NFT_RETURN, CNI_VERDICT_RETURN}, {NFT_CONTINUE, CNI_VERDICT_CONTINUE},
	};

	judge->judgement->verdict = CNI_VERDICT_ELSEWHERE;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if ((int)code == codes[i].code)
			judge->judgement->verdict = codes[i].verdict;
	if (chain)
		strncpy(judge->judgement->target, chain, CNI_CHAIN_NAME_SIZE - 1);
}

static void run_lookup(struct judge *judge, struct nftnl_expr *expr)
{
	size_t at = offset_of(nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_SREG));
	const char *set = nftnl_expr_get_str(expr, NFTNL_EXPR_LOOKUP_SET);
	bool is_inverted = nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_FLAGS) &&
			   nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV;
	bool is_map = nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_DREG);
	uint32_t to = is_map ? nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_DREG) : 0;
	struct cni_nft_element element = {.verdict = (uint32_t)NF_QUEUE};
	enum cni_match match = CNI_MATCH_MAYBE;

	if (at == judge->key_at && judge->has_names && judge->names && at == judge->names_at &&
	    !judge->by_index)
		match = look_up_names(judge, set, &element);
	else if (at == judge->key_at && is_known(judge, at, judge->key_size))
		match = look_up(judge, set, judge->bytes + at, judge->key_size, &element);
	restrict_to(judge, is_inverted ? not(match) : match);
	if (is_map && to == NFT_REG_VERDICT)
		decide(judge, element.verdict, element.jump);
	else if (is_map)
		forget_all(judge);
}

/* ---- verdicts ---- */

static void run_immediate(struct judge *judge, struct nftnl_expr *expr)
{
	uint32_t to = nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_DREG);
	uint32_t size = 0;
	const void *data;

	if (to != NFT_REG_VERDICT) {
		data = nftnl_expr_get(expr, NFTNL_EXPR_IMM_DATA, &size);
		return load(judge, to, data, size);
	}
	decide(judge, nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_VERDICT),
	       nftnl_expr_is_set(expr, NFTNL_EXPR_IMM_CHAIN)
		       ? nftnl_expr_get_str(expr, NFTNL_EXPR_IMM_CHAIN)
		       : NULL);
}

static void run_reject(struct judge *judge, struct nftnl_expr *expr)
{
	(void)expr;
	judge->judgement->verdict = CNI_VERDICT_REJECT;
}

static void run_target(struct judge *judge, struct nftnl_expr *expr)
{
	judge->judgement->verdict = cni_verdict_xt(nftnl_expr_get_str(expr, NFTNL_EXPR_TG_NAME));
}

static void run_match(struct judge *judge, struct nftnl_expr *expr)
{
	uint32_t size = 0;
	const void *data = nftnl_expr_get(expr, NFTNL_EXPR_MT_INFO, &size);

	restrict_to(judge, cni_match_xt(judge->packet, nftnl_expr_get_str(expr, NFTNL_EXPR_MT_NAME),
					nftnl_expr_get_u32(expr, NFTNL_EXPR_MT_REV), data,
					data ? size : 0));
}

static void run_queue(struct judge *judge, struct nftnl_expr *expr)
{
	(void)expr;
	judge->judgement->verdict = CNI_VERDICT_ELSEWHERE;
}

static void run_nothing(struct judge *judge, struct nftnl_expr *expr)
{
	(void)judge;
	(void)expr;
}

static const struct {
	const char *name;
	void (*run)(struct judge *judge, struct nftnl_expr *expr);
} expressions[] = {
	{"meta", run_meta},	      {"ct", run_ct},		{"payload", run_payload},
	{"bitwise", run_bitwise},     {"cmp", run_cmp},		{"lookup", run_lookup},
	{"immediate", run_immediate}, {"reject", run_reject},	{"target", run_target},
	{"match", run_match},	      {"queue", run_queue},	{"counter", run_nothing},
	{"log", run_nothing},	      {"notrack", run_nothing}, {"flow_offload", run_nothing},
};

static int run(struct nftnl_expr *expr, void *data)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	struct judge *judge = data;

	if (judge->judgement->match == CNI_MATCH_NO)
		return 0;
	for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++)
		if (!strcmp(name, expressions[i].name)) {
			expressions[i].run(judge, expr);
			return 0;
		}
	/* An unknown expression may stop the rule, and load anything. */
	restrict_to(judge, CNI_MATCH_MAYBE);
	forget_all(judge);
	return 0;
}

void cni_judge_nft(struct cni_nl *nl, const struct cni_nft_table *table, struct nftnl_rule *rule,
		   const struct cni_packet *packet, struct cni_judgement *ret_judgement)
{
	struct judge judge = {.nl = nl,
			      .table = table,
			      .packet = packet,
			      .judgement = ret_judgement,
			      .names_at = REGISTER_BYTES,
			      .key_at = REGISTER_BYTES};

	*ret_judgement = (struct cni_judgement){.match = CNI_MATCH_YES};
	nftnl_expr_foreach(rule, run, &judge);
}
