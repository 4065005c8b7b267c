/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_read.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <stdio.h>
#include <string.h>

/* The numbers of generations, tables and chains; nothing else of them is read. */
#define NUMBERS_MAX 16

uint32_t cni_nft_read_u32(const struct nlmsghdr *message, uint16_t type, uint32_t otherwise)
{
	struct cni_nl_policy policy[NUMBERS_MAX + 1] = {[0] = {MNL_TYPE_UNSPEC}};
	const struct nlattr *table[NUMBERS_MAX + 1];

	policy[type].type = MNL_TYPE_U32;
	cni_nl_parse(message, policy, table, NUMBERS_MAX);
	return table[type] ? ntohl(cni_nl_u32(table[type], 0)) : otherwise;
}

/* ---- common to elements and rules ---- */

static const struct cni_nl_policy data_policy[NFTA_DATA_MAX + 1] = {
	[NFTA_DATA_VALUE] = {MNL_TYPE_BINARY, .most = sizeof(((struct cni_nft_bytes *)NULL)->data)},
	[NFTA_DATA_VERDICT] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy verdict_policy[NFTA_VERDICT_MAX + 1] = {
	[NFTA_VERDICT_CODE] = {MNL_TYPE_U32},
	[NFTA_VERDICT_CHAIN] = {MNL_TYPE_NUL_STRING},
};

/* A value, or a verdict: its code (NULL: not wanted) and its chain. */
static void read_data(const struct nlattr *nest, struct cni_nft_bytes *ret_value,
		      uint32_t *ret_code, char jump[CNI_NFT_NAME_SIZE])
{
	const struct nlattr *verdict[NFTA_VERDICT_MAX + 1];
	const struct nlattr *data[NFTA_DATA_MAX + 1];
	const void *value;
	size_t size;

	cni_nl_parse_nested(nest, data_policy, data, NFTA_DATA_MAX);
	value = cni_nl_binary(data[NFTA_DATA_VALUE], &size);
	if (value)
		memcpy(ret_value->data, value, size);
	ret_value->size = (uint32_t)size;
	cni_nl_parse_nested(data[NFTA_DATA_VERDICT], verdict_policy, verdict, NFTA_VERDICT_MAX);
	if (ret_code)
		*ret_code = ntohl(cni_nl_u32(verdict[NFTA_VERDICT_CODE], 0));
	snprintf(jump, CNI_NFT_NAME_SIZE, "%s", cni_nl_string(verdict[NFTA_VERDICT_CHAIN]));
}

/* User data is a row of entries, each a type, a length and as many bytes (nft's
 * include/libnftnl/udata.h); the process that added the rule wrote them, and the kernel does not
 * check them. A comment that does not fit is not ours. */
static void read_comment(const struct nlattr *udata, char *comment, size_t room)
{
	size_t left;
	const uint8_t *entry = cni_nl_binary(udata, &left);

	while (left >= 2 && entry[1] <= left - 2) {
		size_t size = entry[1];

		if (entry[0] == NFTNL_UDATA_RULE_COMMENT && size && size <= room &&
		    entry[1 + size] == '\0') {
			memcpy(comment, entry + 2, size);
			return;
		}
		entry += 2 + size;
		left -= 2 + size;
	}
}

/* ---- elements ---- */

static const struct cni_nl_policy list_policy[NFTA_SET_ELEM_LIST_MAX + 1] = {
	[NFTA_SET_ELEM_LIST_ELEMENTS] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy element_policy[NFTA_SET_ELEM_MAX + 1] = {
	[NFTA_SET_ELEM_KEY] = {MNL_TYPE_NESTED},
	[NFTA_SET_ELEM_DATA] = {MNL_TYPE_NESTED},
	[NFTA_SET_ELEM_USERDATA] = {MNL_TYPE_BINARY},
	[NFTA_SET_ELEM_FLAGS] = {MNL_TYPE_U32},
};

static const struct cni_nl_policy item_policy = {MNL_TYPE_NESTED};

static void read_element(const struct nlattr *nest, struct cni_nft_element *ret_element)
{
	const struct nlattr *table[NFTA_SET_ELEM_MAX + 1];
	char no_jump[CNI_NFT_NAME_SIZE];

	*ret_element = (struct cni_nft_element){.key = {.size = 0}};
	cni_nl_parse_nested(nest, element_policy, table, NFTA_SET_ELEM_MAX);
	read_data(table[NFTA_SET_ELEM_KEY], &ret_element->key, NULL, no_jump);
	read_data(table[NFTA_SET_ELEM_DATA], &ret_element->value, &ret_element->verdict,
		  ret_element->jump);
	read_comment(table[NFTA_SET_ELEM_USERDATA], ret_element->comment,
		     sizeof(ret_element->comment));
	ret_element->ends_interval =
		ntohl(cni_nl_u32(table[NFTA_SET_ELEM_FLAGS], 0)) & NFT_SET_ELEM_INTERVAL_END;
}

struct reading {
	void (*cb)(const struct cni_nft_element *element, void *data);
	void *data;
};

static int pass_on_element(const struct nlattr *item, void *data)
{
	const struct reading *reading = data;
	struct cni_nft_element element;

	if (!cni_nl_fits(item, &item_policy))
		return MNL_CB_OK;
	read_element(item, &element);
	reading->cb(&element, reading->data);
	return MNL_CB_OK;
}

void cni_nft_read_elements(const struct nlmsghdr *message,
			   void (*cb)(const struct cni_nft_element *element, void *data),
			   void *data)
{
	const struct nlattr *table[NFTA_SET_ELEM_LIST_MAX + 1];
	struct reading reading = {cb, data};

	cni_nl_parse(message, list_policy, table, NFTA_SET_ELEM_LIST_MAX);
	if (table[NFTA_SET_ELEM_LIST_ELEMENTS])
		mnl_attr_parse_nested(table[NFTA_SET_ELEM_LIST_ELEMENTS], pass_on_element,
				      &reading);
}

/* ---- rules ---- */

static const struct cni_nl_policy rule_policy[NFTA_RULE_MAX + 1] = {
	[NFTA_RULE_HANDLE] = {MNL_TYPE_U64},
	[NFTA_RULE_EXPRESSIONS] = {MNL_TYPE_NESTED},
	[NFTA_RULE_USERDATA] = {MNL_TYPE_BINARY},
};

static const struct cni_nl_policy expression_policy[NFTA_EXPR_MAX + 1] = {
	[NFTA_EXPR_NAME] = {MNL_TYPE_NUL_STRING},
	[NFTA_EXPR_DATA] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy immediate_policy[NFTA_IMMEDIATE_MAX + 1] = {
	[NFTA_IMMEDIATE_DATA] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy match_policy[NFTA_MATCH_MAX + 1] = {
	[NFTA_MATCH_NAME] = {MNL_TYPE_NUL_STRING},
	[NFTA_MATCH_INFO] = {MNL_TYPE_BINARY},
};

/* xt_comment's (linux/netfilter/xt_comment.h) is text of a fixed size, maybe without a NUL. */
static void read_match(const struct nlattr *nest, struct cni_nft_rule_info *rule)
{
	const struct nlattr *table[NFTA_MATCH_MAX + 1];
	const char *text;
	size_t size;

	cni_nl_parse_nested(nest, match_policy, table, NFTA_MATCH_MAX);
	text = cni_nl_binary(table[NFTA_MATCH_INFO], &size);
	if (text && !strcmp(cni_nl_string(table[NFTA_MATCH_NAME]), "comment"))
		snprintf(rule->comment, sizeof(rule->comment), "%.*s", (int)strnlen(text, size),
			 text);
}

static void read_immediate(const struct nlattr *nest, struct cni_nft_rule_info *rule)
{
	const struct nlattr *table[NFTA_IMMEDIATE_MAX + 1];
	char jump[CNI_NFT_NAME_SIZE];
	struct cni_nft_bytes value;

	cni_nl_parse_nested(nest, immediate_policy, table, NFTA_IMMEDIATE_MAX);
	read_data(table[NFTA_IMMEDIATE_DATA], &value, NULL, jump);
	if (*jump)
		memcpy(rule->jump, jump, sizeof(jump));
}

static int read_expression(const struct nlattr *item, void *rule)
{
	const struct nlattr *table[NFTA_EXPR_MAX + 1];
	const char *name;

	if (!cni_nl_fits(item, &item_policy))
		return MNL_CB_OK;
	cni_nl_parse_nested(item, expression_policy, table, NFTA_EXPR_MAX);
	name = cni_nl_string(table[NFTA_EXPR_NAME]);
	if (!strcmp(name, "match"))
		read_match(table[NFTA_EXPR_DATA], rule);
	if (!strcmp(name, "immediate"))
		read_immediate(table[NFTA_EXPR_DATA], rule);
	return MNL_CB_OK;
}

void cni_nft_read_rule(const struct nlmsghdr *message, struct cni_nft_rule_info *ret_rule)
{
	const struct nlattr *table[NFTA_RULE_MAX + 1];

	cni_nl_parse(message, rule_policy, table, NFTA_RULE_MAX);
	*ret_rule = (struct cni_nft_rule_info){
		.handle = be64toh(cni_nl_u64(table[NFTA_RULE_HANDLE], 0))};
	read_comment(table[NFTA_RULE_USERDATA], ret_rule->comment, sizeof(ret_rule->comment));
	if (table[NFTA_RULE_EXPRESSIONS])
		mnl_attr_parse_nested(table[NFTA_RULE_EXPRESSIONS], read_expression, ret_rule);
}
