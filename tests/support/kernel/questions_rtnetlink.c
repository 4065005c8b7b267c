/* SPDX-License-Identifier: Apache-2.0 */
#include "questions.h"

#include "addr.h"
#include "bridge_vlan.h"
#include "cleanup.h"
#include "link.h"
#include "link_backup.h"
#include "link_kind.h"
#include "link_names.h"
#include "link_settings.h"
#include "qdisc.h"
#include "redirect.h"
#include "route.h"
#include "route_list.h"
#include "rule.h"

#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct cni_ip ip(const char *text)
{
	struct cni_ip parsed = {0};

	if (cni_ip_parse(text, &parsed) < 0)
		abort();
	return parsed;
}

static struct cni_net net(const char *text)
{
	struct cni_net parsed = {.prefix = 0};

	if (cni_net_parse(text, &parsed) < 0)
		abort();
	return parsed;
}

/* Reads all of it: what is not terminated is for the sanitizers. */
static int see(const struct cni_link *link, void *data, struct cni_error *err)
{
	(void)data;
	(void)err;
	if (strlen(link->name) >= sizeof(link->name) || strlen(link->kind) >= sizeof(link->kind) ||
	    strlen(link->alias) >= sizeof(link->alias))
		abort();
	return 0;
}

static int link_by_name(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_link link;

	return cni_link_get(nl, QUESTIONS_PORT, &link, err) < 0 ? -1 : see(&link, NULL, err);
}

static int link_by_index(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_link link;

	return cni_link_get_by_index(nl, QUESTIONS_BRIDGE_INDEX, &link, err) < 0
		       ? -1
		       : see(&link, NULL, err);
}

static int missing_link(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_link link;

	return cni_link_get(nl, "none", &link, err);
}

static int links(struct cni_nl *nl, struct cni_error *err)
{
	return cni_link_each(nl, NULL, see, NULL, NULL, err);
}

static int links_of_a_kind(struct cni_nl *nl, struct cni_error *err)
{
	return cni_link_each(nl, "veth", see, NULL, NULL, err);
}

static int settings(struct cni_nl *nl, struct cni_error *err)
{
	char text[CNI_LINK_SETTING_TEXT_SIZE];
	struct cni_link_settings found;
	int index;

	if (cni_link_settings_get(nl, QUESTIONS_PORT, &index, &found, err) < 0)
		return -1;
	for (enum cni_link_setting s = 0; s < CNI_LINK_SETTING_COUNT; s++)
		cni_link_setting_format(&found, s, text);
	return 0;
}

static int change(struct cni_nl *nl, struct cni_error *err)
{
	return cni_link_change(nl, QUESTIONS_PORT_INDEX, &(struct cni_link_change){.mtu = 1300},
			       err);
}

static int refused_change(struct cni_nl *nl, struct cni_error *err)
{
	return cni_link_change(nl, QUESTIONS_PORT_INDEX, &(struct cni_link_change){.mtu = 100000},
			       err);
}

static int addresses(struct cni_nl *nl, struct cni_error *err)
{
	freeing struct cni_net *nets = NULL;
	char text[CNI_NET_TEXT_SIZE];
	size_t count = 0;

	if (cni_addr_list(nl, QUESTIONS_END_INDEX, &nets, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!*cni_net_format(&nets[i], text))
			abort();
	return 0;
}

static int detection(struct cni_nl *nl, struct cni_error *err)
{
	return cni_addr_wait_settled(nl, NULL, QUESTIONS_END_INDEX, 0, err);
}

static int route(struct cni_nl *nl, const char *dst, const char *gw, struct cni_error *err)
{
	struct cni_route wanted = {.dst = net(dst), .gw = ip(gw), .priority = 5};
	bool exists;

	return cni_route_exists(nl, 0, &wanted, &exists, err);
}

static int route4(struct cni_nl *nl, struct cni_error *err)
{
	return route(nl, "10.9.0.0/16", "10.1.0.2", err);
}

static int route6(struct cni_nl *nl, struct cni_error *err)
{
	return route(nl, "fd09::/64", "fd01::2", err);
}

static int way(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_ip to = ip("10.9.0.1");
	struct cni_route_way found;

	return cni_route_get(nl, &to, &found, err);
}

static int vlans(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_bridge_vlan_port found;

	return cni_bridge_vlan_get(nl, QUESTIONS_PORT_INDEX, &found, err);
}

static int tbf(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_qdisc found;

	return cni_qdisc_get(nl, QUESTIONS_PORT_INDEX, TC_H_ROOT, &found, err);
}

static int fq_codel(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_qdisc found;

	return cni_qdisc_get(nl, QUESTIONS_END_INDEX, TC_H_ROOT, &found, err);
}

static int redirect(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_redirect found;

	return cni_redirect_get(nl, QUESTIONS_PORT_INDEX, &found, err);
}

static int see_rule(const struct cni_rule *rule, void *data, struct cni_error *err)
{
	char text[CNI_RULE_TEXT_SIZE];

	(void)data;
	(void)err;
	if (!*cni_rule_format(rule, text))
		abort();
	return 0;
}

static int rules(struct cni_nl *nl, struct cni_error *err)
{
	return cni_rule_each(nl, see_rule, NULL, NULL, err);
}

/* And makes the first of them in another table. */
static int route_list(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_route_list list;
	int failed = 0;

	if (cni_route_list(nl, QUESTIONS_END_INDEX, 0, &list, err) < 0)
		return -1;
	if (list.count)
		failed = cni_route_list_put(nl, &list.routes[0], 1000, true, err);
	cni_route_list_clear(&list);
	return failed;
}

static int default_route(struct cni_nl *nl, struct cni_error *err)
{
	int index;

	return cni_route_default(nl, &index, err);
}

static int second_names(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_link_names names;
	int failed = cni_link_names_read_second(nl, QUESTIONS_END_INDEX, &names, err);

	for (size_t i = 0; !failed && i < names.count; i++)
		if (!names.items[i])
			abort();
	cni_link_names_clear(&names);
	return failed;
}

/* The attributes of the link's kind. */
static int values(struct cni_nl *nl, struct cni_error *err)
{
	const struct cni_link link = {.index = QUESTIONS_BRIDGE_INDEX, .name = QUESTIONS_BRIDGE};
	const struct cni_link_values wanted = {.given = 1, .values = {0}};
	struct cni_error mismatch;

	if (cni_link_check_values(nl, &link, &cni_link_bridge, &wanted, &mismatch) == 0 ||
	    mismatch.code == CNI_EMISMATCH)
		return 0;
	*err = mismatch;
	return -1;
}

static int backup(struct cni_nl *nl, struct cni_error *err)
{
	struct cni_link_backup kept;
	int failed = cni_link_backup_read(nl, QUESTIONS_END_INDEX, &kept, err);

	cni_link_backup_clear(&kept);
	return failed;
}

static const struct question rtnetlink_items[] = {
	{"link-by-name", link_by_name},
	{"link-by-index", link_by_index},
	{"missing-link", missing_link},
	{"links", links},
	{"links-of-a-kind", links_of_a_kind},
	{"settings", settings},
	{"change", change},
	{"refused-change", refused_change},
	{"addresses", addresses},
	{"detection", detection},
	{"route4", route4},
	{"route6", route6},
	{"way", way},
	{"vlans", vlans},
	{"tbf", tbf},
	{"fq-codel", fq_codel},
	{"redirect", redirect},
	{"rules", rules},
	{"route-list", route_list},
	{"default-route", default_route},
	{"second-names", second_names},
	{"values", values},
	{"backup", backup},
};
const struct questions rtnetlink_questions = {"rtnetlink", NETLINK_ROUTE, rtnetlink_items,
					      COUNT(rtnetlink_items)};
