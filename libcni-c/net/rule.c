/* SPDX-License-Identifier: Apache-2.0 */
#include "rule.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

const char *cni_rule_format(const struct cni_rule *rule, char text[CNI_RULE_TEXT_SIZE])
{
	char net[CNI_NET_TEXT_SIZE];

	snprintf(text, CNI_RULE_TEXT_SIZE, "from %s lookup %u", cni_net_format(&rule->from, net),
		 rule->table);
	return text;
}

static int change(struct cni_nl *nl, uint16_t type, uint16_t flags, const struct cni_rule *rule,
		  struct cni_error *err)
{
	struct cni_nl_message m;
	struct fib_rule_hdr *header = cni_nl_init(&m, type, flags, sizeof(*header));

	header->family = rule->from.ip.family;
	header->src_len = rule->from.prefix;
	header->action = FR_ACT_TO_TBL;
	header->table = RT_TABLE_UNSPEC;
	cni_nl_put_u32(&m, FRA_TABLE, rule->table);
	if (rule->from.prefix)
		cni_nl_put_ip(&m, FRA_SRC, &rule->from.ip);
	if (rule->priority)
		cni_nl_put_u32(&m, FRA_PRIORITY, rule->priority);
	if (rule->protocol)
		cni_nl_put_u8(&m, FRA_PROTOCOL, rule->protocol);
	return cni_nl_transact(nl, &m, NULL, NULL, err);
}

int cni_rule_add(struct cni_nl *nl, const struct cni_rule *rule, struct cni_error *err)
{
	char text[CNI_RULE_TEXT_SIZE];

	if (change(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, err) < 0)
		return cni_fail_within(err, "add rule %s", cni_rule_format(rule, text));
	return 0;
}

int cni_rule_del(struct cni_nl *nl, const struct cni_rule *rule, struct cni_error *err)
{
	char text[CNI_RULE_TEXT_SIZE];

	if (change(nl, RTM_DELRULE, 0, rule, err) < 0)
		return cni_fail_within(err, "delete rule %s", cni_rule_format(rule, text));
	return 0;
}

static const struct cni_nl_policy policy[FRA_MAX + 1] = {
	[FRA_SRC] = {MNL_TYPE_BINARY, 4, 16},
	[FRA_TABLE] = {MNL_TYPE_U32},
	[FRA_PRIORITY] = {MNL_TYPE_U32},
	[FRA_PROTOCOL] = {MNL_TYPE_U8},
	/* Selectors: their presence alone counts. */
	[FRA_IIFNAME] = {MNL_TYPE_BINARY},
	[FRA_OIFNAME] = {MNL_TYPE_BINARY},
	[FRA_FWMARK] = {MNL_TYPE_BINARY},
	[FRA_TUN_ID] = {MNL_TYPE_BINARY},
	[FRA_UID_RANGE] = {MNL_TYPE_BINARY},
	[FRA_IP_PROTO] = {MNL_TYPE_BINARY},
	[FRA_SPORT_RANGE] = {MNL_TYPE_BINARY},
	[FRA_DPORT_RANGE] = {MNL_TYPE_BINARY},
};

static bool is_plain(const struct fib_rule_hdr *header, const struct nlattr *const *table)
{
	static const uint16_t selectors[] = {FRA_IIFNAME,     FRA_OIFNAME,    FRA_FWMARK,
					     FRA_TUN_ID,      FRA_UID_RANGE,  FRA_IP_PROTO,
					     FRA_SPORT_RANGE, FRA_DPORT_RANGE};

	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++)
		if (table[selectors[i]])
			return false;
	return header->action == FR_ACT_TO_TBL && !header->dst_len && !header->tos &&
	       !(header->flags & FIB_RULE_INVERT);
}

struct each {
	int (*cb)(const struct cni_rule *rule, void *data, struct cni_error *err);
	void (*restart)(void *data);
	void *data;
};

static int visit(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[FRA_MAX + 1];
	const struct each *each = data;
	struct cni_rule rule = {.from = {.ip = {.family = header->family}}};

	/* Rules of multicast routing have families of their own. */
	if (header->family != AF_INET && header->family != AF_INET6)
		return 0;
	cni_nl_parse(message, policy, table, FRA_MAX);
	if (cni_nl_ip(table[FRA_SRC], header->family, &rule.from.ip))
		rule.from.prefix = header->src_len;
	rule.from.ip.family = header->family;
	if (header->action == FR_ACT_TO_TBL)
		rule.table = cni_nl_u32(table[FRA_TABLE], header->table);
	rule.priority = cni_nl_u32(table[FRA_PRIORITY], 0);
	rule.protocol = cni_nl_u8(table[FRA_PROTOCOL], 0);
	rule.is_plain = is_plain(header, table);
	rule.is_permanent = header->flags & FIB_RULE_PERMANENT;
	return each->cb(&rule, each->data, err);
}

static void restart_each(void *data)
{
	const struct each *each = data;

	if (each->restart)
		each->restart(each->data);
}

int cni_rule_each(struct cni_nl *nl,
		  int (*cb)(const struct cni_rule *rule, void *data, struct cni_error *err),
		  void (*restart)(void *data), void *data, struct cni_error *err)
{
	struct each each = {cb, restart, data};
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_GETRULE, 0, sizeof(struct fib_rule_hdr));
	if (cni_nl_dump(nl, &m, visit, restart_each, &each, err) < 0)
		return cni_fail_within(err, "list the rules");
	return 0;
}
