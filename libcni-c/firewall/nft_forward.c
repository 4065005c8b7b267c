/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_forward.h"

#include "cleanup.h"
#include "mem.h"
#include "nft_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct cni_nl_message *m, uint16_t type, uint16_t family)
{
	m->overflowed = false;
	m->header = nftnl_nlmsg_build_hdr(m->buffer, type, family, 0, 0);
}

/* ---- base chains ---- */

void cni_nft_base_chains_clear(struct cni_nft_base_chains *chains)
{
	for (size_t i = 0; i < chains->count; i++) {
		free(chains->items[i].name);
		free((char *)chains->items[i].table.name);
	}
	free(chains->items);
	*chains = (struct cni_nft_base_chains){.items = NULL};
}

static void forget_chains(void *data)
{
	cni_nft_base_chains_clear(data);
}

static const struct cni_nl_policy chain_policy[NFTA_CHAIN_POLICY + 1] = {
	[NFTA_CHAIN_TABLE] = {MNL_TYPE_NUL_STRING},
	[NFTA_CHAIN_NAME] = {MNL_TYPE_NUL_STRING},
	[NFTA_CHAIN_HOOK] = {MNL_TYPE_NESTED},
	[NFTA_CHAIN_POLICY] = {MNL_TYPE_U32},
};

static const struct cni_nl_policy hook_policy[NFTA_HOOK_HOOKNUM + 1] = {
	[NFTA_HOOK_HOOKNUM] = {MNL_TYPE_U32},
};

static bool is_forwarding(int family, const struct nlattr *hook)
{
	const struct nlattr *table[NFTA_HOOK_HOOKNUM + 1];

	if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6 && family != NFPROTO_INET)
		return false;
	cni_nl_parse_nested(hook, hook_policy, table, NFTA_HOOK_HOOKNUM);
	return ntohl(cni_nl_u32(table[NFTA_HOOK_HOOKNUM], 0)) == NF_INET_FORWARD;
}

/* Most chains are at no hook, and there may be tens of thousands. */
static int keep_forwarding(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	struct cni_nft_base_chains *chains = data;
	const struct nlattr *table[NFTA_CHAIN_POLICY + 1];

	(void)err;
	cni_nl_parse(message, chain_policy, table, NFTA_CHAIN_POLICY);
	if (!table[NFTA_CHAIN_HOOK] || !table[NFTA_CHAIN_TABLE] || !table[NFTA_CHAIN_NAME] ||
	    !is_forwarding(header->nfgen_family, table[NFTA_CHAIN_HOOK]))
		return 0;
	chains->items = cni_realloc_array(chains->items, chains->count + 1, sizeof(*chains->items));
	chains->items[chains->count++] = (struct cni_nft_base_chain){
		.table = {header->nfgen_family, cni_strdup(cni_nl_string(table[NFTA_CHAIN_TABLE]))},
		.name = cni_strdup(cni_nl_string(table[NFTA_CHAIN_NAME])),
		.policy = ntohl(cni_nl_u32(table[NFTA_CHAIN_POLICY], htonl(NF_ACCEPT)))};
	return 0;
}

/* ---- dormant tables ---- */

static int read_flags(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	(void)err;
	*(uint32_t *)data = cni_nft_read_u32(message, NFTA_TABLE_FLAGS, 0);
	return 0;
}

bool cni_nft_is_dormant(struct cni_nl *nl, const struct cni_nft_table *table)
{
	struct nftnl_table *object = cni_need(nftnl_table_alloc());
	struct cni_nl_message m;
	struct cni_error ignored;
	uint32_t flags = 0;

	nftnl_table_set_str(object, NFTNL_TABLE_NAME, table->name);
	begin(&m, NFT_MSG_GETTABLE, table->family);
	nftnl_table_nlmsg_build_payload(m.header, object);
	nftnl_table_free(object);
	return cni_nl_get(nl, &m, read_flags, &flags, &ignored) == 0 && flags & NFT_TABLE_F_DORMANT;
}

int cni_nft_forward_chains(struct cni_nl *nl, struct cni_nft_base_chains *ret_chains,
			   struct cni_error *err)
{
	struct cni_nft_base_chains chains = {.items = NULL};
	struct cni_nl_message m;

	*ret_chains = chains;
	begin(&m, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC);
	if (cni_nl_dump(nl, &m, keep_forwarding, forget_chains, &chains, err) < 0) {
		cni_nft_base_chains_clear(&chains);
		if (err->errnum != EAGAIN && !cni_nft_is_there(nl))
			return 0;
		return cni_fail_within(err, "nf_tables: list the chains");
	}
	*ret_chains = chains;
	return 0;
}

/* ---- the rules of a chain ---- */

struct rules {
	const struct cni_ruleset *ruleset;
	/* Rules that may concern a packet. NULL: libnftnl cannot read the rule. */
	struct nftnl_rule **items;
	size_t *numbers;
	size_t kept;
	size_t count; /* of all rules read */
};

static void clear_rules(struct rules *rules)
{
	for (size_t i = 0; i < rules->kept; i++)
		if (rules->items[i])
			nftnl_rule_free(rules->items[i]);
	free(rules->items);
	free(rules->numbers);
	*rules = (struct rules){.ruleset = rules->ruleset};
}
#define clearing_rules __attribute__((cleanup(clear_rules)))

static void forget_rules(void *data)
{
	clear_rules(data);
}

/* Judges the rule without look-ups in sets, each of which asks the kernel. Most rules of a long
 * chain concern other packets, and need not be kept. */
static bool may_concern(const struct rules *rules, struct nftnl_rule *rule)
{
	const struct cni_nft_reader *reader = rules->ruleset->data;

	for (size_t i = 0; i < rules->ruleset->packet_count; i++) {
		struct cni_judgement judgement;

		cni_judge_nft(NULL, reader->table, rule, &rules->ruleset->packets[i], &judgement);
		if (judgement.match != CNI_MATCH_NO && judgement.verdict != CNI_VERDICT_CONTINUE)
			return true;
	}
	return false;
}

static void keep(struct rules *rules, struct nftnl_rule *rule)
{
	if ((rules->kept & (rules->kept - 1)) == 0) {
		size_t room = rules->kept ? rules->kept * 2 : 1;

		rules->items = cni_realloc_array(rules->items, room, sizeof(struct nftnl_rule *));
		rules->numbers = cni_realloc_array(rules->numbers, room, sizeof(size_t));
	}
	rules->numbers[rules->kept] = rules->count;
	rules->items[rules->kept++] = rule;
}

static int read_rule(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	struct rules *rules = data;
	struct nftnl_rule *rule;

	(void)err;
	if (++rules->count > CNI_CHAIN_RULES)
		return 0;
	rule = cni_need(nftnl_rule_alloc());
	if (nftnl_rule_nlmsg_parse(message, rule) < 0) {
		nftnl_rule_free(rule);
		keep(rules, NULL);
	} else if (may_concern(rules, rule)) {
		keep(rules, rule);
	} else {
		nftnl_rule_free(rule);
	}
	return 0;
}

static int list_rules(const struct cni_nft_reader *reader, const char *chain, struct rules *rules,
		      struct cni_error *err)
{
	struct nftnl_rule *object = cni_need(nftnl_rule_alloc());
	struct cni_nl_message m;

	nftnl_rule_set_str(object, NFTNL_RULE_TABLE, reader->table->name);
	nftnl_rule_set_str(object, NFTNL_RULE_CHAIN, chain);
	begin(&m, NFT_MSG_GETRULE, reader->table->family);
	nftnl_rule_nlmsg_build_payload(m.header, object);
	nftnl_rule_free(object);
	if (cni_nl_dump(reader->nl, &m, read_rule, forget_rules, rules, err) < 0 &&
	    err->errnum != ENOENT)
		return cni_fail_within(err, "nf_tables: list the rules of chain '%s' of table '%s'",
				       chain, reader->table->name);
	return 0;
}

int cni_nft_read_chain(const struct cni_ruleset *ruleset, struct cni_forward_chain *chain,
		       struct cni_error *err)
{
	clearing_rules struct rules rules = {.ruleset = ruleset};
	const struct cni_nft_reader *reader = ruleset->data;

	if (list_rules(reader, chain->name, &rules, err) < 0)
		return -1;
	if (rules.count > CNI_CHAIN_RULES) {
		chain->is_too_long = true;
		return 0;
	}
	for (size_t i = 0; i < rules.kept; i++)
		for (size_t j = 0; j < ruleset->packet_count; j++) {
			struct cni_judgement judgement = {.match = CNI_MATCH_MAYBE,
							  .verdict = CNI_VERDICT_ELSEWHERE};

			if (rules.items[i])
				cni_judge_nft(reader->nl, reader->table, rules.items[i],
					      &ruleset->packets[j], &judgement);
			cni_forward_chain_add(chain, j, rules.numbers[i], &judgement);
		}
	return 0;
}
