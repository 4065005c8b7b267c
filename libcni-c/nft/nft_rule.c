/* SPDX-License-Identifier: Apache-2.0 */
/* The phrases as expressions of libnftnl. */
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
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <net/if.h>
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
				      NLM_F_CREATE | NLM_F_APPEND, tx->next_seq);

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

static void compare(struct cni_nft_tx *tx, uint32_t op, const void *data, size_t size)
{
	struct nftnl_expr *expr = new_expr("cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, (uint32_t)size);
	nftnl_rule_add_expr(tx->rule, expr);
}

static void equals(struct cni_nft_tx *tx, const void *data, size_t size)
{
	compare(tx, NFT_CMP_EQ, data, size);
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

static size_t load_source(struct cni_nft_tx *tx, int family, uint32_t reg)
{
	bool v4 = family == AF_INET;
	size_t size = v4 ? 4 : 16;

	load_payload(tx, NFT_PAYLOAD_NETWORK_HEADER,
		     v4 ? offsetof(struct iphdr, saddr) : offsetof(struct ipv6hdr, saddr), size,
		     reg);
	return size;
}

static size_t load_destination(struct cni_nft_tx *tx, int family, uint32_t reg)
{
	bool v4 = family == AF_INET;
	size_t size = v4 ? 4 : 16;

	load_payload(tx, NFT_PAYLOAD_NETWORK_HEADER,
		     v4 ? offsetof(struct iphdr, daddr) : offsetof(struct ipv6hdr, daddr), size,
		     reg);
	return size;
}

void cni_nft_source_vmap(struct cni_nft_tx *tx, int family, const char *map)
{
	load_source(tx, family, NFT_REG_1);
	add_vmap(tx, map);
}

static void mask_with(struct cni_nft_tx *tx, const void *mask, size_t size)
{
	const uint8_t none[16] = {0};
	struct nftnl_expr *expr = new_expr("bitwise");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, (uint32_t)size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, (uint32_t)size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, (uint32_t)size);
	nftnl_rule_add_expr(tx->rule, expr);
}

/* True for a packet if the loaded address is within the prefix. */
static void is_in(struct cni_nft_tx *tx, const struct cni_net *net)
{
	struct cni_net masked = cni_net_masked(net);
	struct cni_net mask = {.ip = {.family = net->ip.family}, .prefix = net->prefix};
	size_t size = cni_ip_size(&net->ip);

	memset(mask.ip.bytes, 0xff, size);
	mask = cni_net_masked(&mask);
	mask_with(tx, mask.ip.bytes, size);
	equals(tx, masked.ip.bytes, size);
}

void cni_nft_source_in(struct cni_nft_tx *tx, const struct cni_net *net)
{
	load_source(tx, net->ip.family, NFT_REG_1);
	is_in(tx, net);
}

void cni_nft_destination_in(struct cni_nft_tx *tx, const struct cni_net *net)
{
	load_destination(tx, net->ip.family, NFT_REG_1);
	is_in(tx, net);
}

void cni_nft_destination_in_set(struct cni_nft_tx *tx, int family, const char *set)
{
	load_destination(tx, family, NFT_REG_1);
	nftnl_rule_add_expr(tx->rule, new_lookup(set));
}

/* The register of four bytes, `size` bytes behind the first. */
static uint32_t register_at(size_t size)
{
	return NFT_REG32_00 + (uint32_t)size / 4;
}

void cni_nft_source_destination_in_set(struct cni_nft_tx *tx, int family, const char *set)
{
	size_t size = load_source(tx, family, NFT_REG_1);

	load_destination(tx, family, register_at(size));
	nftnl_rule_add_expr(tx->rule, new_lookup(set));
}

void cni_nft_iifname_source_vmap(struct cni_nft_tx *tx, int family, const char *map)
{
	load_meta(tx, NFT_META_IIFNAME, NFT_REG_1);
	load_source(tx, family, register_at(IFNAMSIZ));
	add_vmap(tx, map);
}

void cni_nft_iifname_source_in(struct cni_nft_tx *tx, int family, const char *set)
{
	load_meta(tx, NFT_META_IIFNAME, NFT_REG_1);
	load_source(tx, family, register_at(IFNAMSIZ));
	nftnl_rule_add_expr(tx->rule, new_lookup(set));
}

void cni_nft_oifname_destination_in(struct cni_nft_tx *tx, int family, const char *set)
{
	load_meta(tx, NFT_META_OIFNAME, NFT_REG_1);
	load_destination(tx, family, register_at(IFNAMSIZ));
	nftnl_rule_add_expr(tx->rule, new_lookup(set));
}

void cni_nft_destination_is_local(struct cni_nft_tx *tx)
{
	struct nftnl_expr *expr = new_expr("fib");
	const uint32_t local = RTN_LOCAL;

	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nftnl_rule_add_expr(tx->rule, expr);
	equals(tx, &local, sizeof(local));
}

/* True for a packet if one of the bits is set. */
static void ct_has(struct cni_nft_tx *tx, uint32_t key, uint32_t bits)
{
	struct nftnl_expr *expr = new_expr("ct");
	const uint32_t none = 0;

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, NFT_REG_1);
	nftnl_rule_add_expr(tx->rule, expr);
	mask_with(tx, &bits, sizeof(bits));
	compare(tx, NFT_CMP_NEQ, &none, sizeof(none));
}

void cni_nft_is_established(struct cni_nft_tx *tx)
{
	ct_has(tx, NFT_CT_STATE,
	       NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
}

void cni_nft_is_translated(struct cni_nft_tx *tx)
{
	ct_has(tx, NFT_CT_STATUS, IPS_DST_NAT);
}

void cni_nft_dnat_map(struct cni_nft_tx *tx, int family, bool by_address, const char *map)
{
	struct nftnl_expr *lookup = new_lookup(map);
	struct nftnl_expr *nat = new_expr("nat");
	size_t address = family == AF_INET ? 4 : 16;
	size_t at = by_address ? load_destination(tx, family, NFT_REG_1) : 0;

	load_meta(tx, NFT_META_L4PROTO, register_at(at));
	/* The destination port, at the same place in TCP, UDP and SCTP. */
	load_payload(tx, NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(struct udphdr, dest), 2,
		     register_at(at + 4));
	nftnl_expr_set_u32(lookup, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_1);
	nftnl_rule_add_expr(tx->rule, lookup);
	nftnl_expr_set_u32(nat, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	nftnl_expr_set_u32(nat, NFTNL_EXPR_NAT_FAMILY,
			   family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nftnl_expr_set_u32(nat, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
	nftnl_expr_set_u32(nat, NFTNL_EXPR_NAT_REG_PROTO_MIN, register_at(address));
	nftnl_rule_add_expr(tx->rule, nat);
}

void cni_nft_iifname_in(struct cni_nft_tx *tx, const char *set)
{
	load_meta(tx, NFT_META_IIFNAME, NFT_REG_1);
	nftnl_rule_add_expr(tx->rule, new_lookup(set));
}

void cni_nft_oifname_in(struct cni_nft_tx *tx, const char *set)
{
	load_meta(tx, NFT_META_OIFNAME, NFT_REG_1);
	nftnl_rule_add_expr(tx->rule, new_lookup(set));
}

static struct nftnl_expr *look_up_interfaces(struct cni_nft_tx *tx, const char *set)
{
	load_meta(tx, NFT_META_IIFNAME, NFT_REG_1);
	load_meta(tx, NFT_META_OIFNAME, register_at(IFNAMSIZ));
	return new_lookup(set);
}

void cni_nft_iifname_oifname_in(struct cni_nft_tx *tx, const char *set)
{
	nftnl_rule_add_expr(tx->rule, look_up_interfaces(tx, set));
}

void cni_nft_iifname_oifname_not_in(struct cni_nft_tx *tx, const char *set)
{
	struct nftnl_expr *expr = look_up_interfaces(tx, set);

	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	nftnl_rule_add_expr(tx->rule, expr);
}

void cni_nft_iifname_vmap(struct cni_nft_tx *tx, const char *map)
{
	load_meta(tx, NFT_META_IIFNAME, NFT_REG_1);
	add_vmap(tx, map);
}

static void decide(struct cni_nft_tx *tx, int verdict, const char *chain)
{
	struct nftnl_expr *expr = new_expr("immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain)
		nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain);
	nftnl_rule_add_expr(tx->rule, expr);
}

void cni_nft_verdict(struct cni_nft_tx *tx, int verdict)
{
	decide(tx, verdict, NULL);
}

void cni_nft_jump(struct cni_nft_tx *tx, const char *chain)
{
	decide(tx, NFT_JUMP, chain);
}

void cni_nft_goto(struct cni_nft_tx *tx, const char *chain)
{
	decide(tx, NFT_GOTO, chain);
}

void cni_nft_rule_comment(struct cni_nft_tx *tx, const char *text)
{
	uint8_t udata[CNI_NFT_COMMENT_SIZE + 2];
	uint32_t size = cni_nft_comment(text, udata);

	nftnl_rule_set_data(tx->rule, NFTNL_RULE_USERDATA, udata, size);
}

void cni_nft_masquerade(struct cni_nft_tx *tx)
{
	nftnl_rule_add_expr(tx->rule, new_expr("masq"));
}
