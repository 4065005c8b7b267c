/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Rules of routing policy over rtnetlink, and the routes of a link that move between tables. */
#include "route_list.h"
#include "rule.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "test.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* ---- rules ---- */

static struct cni_rule rule(const char *from, uint32_t table)
{
	return (struct cni_rule){
		.from = kernel_net(from), .table = table, .protocol = CNI_RULE_PROTOCOL};
}

static void rule__has_source_table_and_protocol(void **state)
{
	struct cni_rule four = rule("10.1.0.5/32", 100);
	struct cni_rule six = rule("fd01::5/128", 4000000000);
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_rule_add(&rtnl, &four, &err), 0);
	assert_int_equal(cni_rule_add(&rtnl, &six, &err), 0);
	assert_shown("100", "0.table", "ip -j rule show from 10.1.0.5");
	assert_shown("32765", "0.priority", "ip -j rule show from 10.1.0.5");
	assert_shown("67", "0.protocol", "ip -j rule show from 10.1.0.5");
	assert_shown("4000000000", "0.table", "ip -6 -j rule show from fd01::5");
	four.priority = 32765;
	assert_int_equal(cni_rule_add(&rtnl, &four, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	assert_non_null(strstr(err.msg, "add rule from 10.1.0.5/32 lookup 100: "));
	assert_int_equal(cni_rule_del(&rtnl, &four, &err), 0);
	assert_int_equal(cni_rule_del(&rtnl, &four, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
	assert_shown("[]", "", "ip -j rule show from 10.1.0.5");
	assert_int_equal(cni_rule_del(&rtnl, &six, &err), 0);
}

struct seen {
	struct cni_rule rules[16];
	size_t count;
};

static int note(const struct cni_rule *seen_rule, void *data, struct cni_error *err)
{
	struct seen *seen = data;

	(void)err;
	if (seen->count < 16)
		seen->rules[seen->count++] = *seen_rule;
	return 0;
}

static void forget(void *data)
{
	((struct seen *)data)->count = 0;
}

static const struct cni_rule *with_priority(const struct seen *seen, uint32_t priority)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->rules[i].priority == priority)
			return &seen->rules[i];
	fail_msg("no rule with priority %u", priority);
	return NULL;
}

static void rule__is_read_as_it_is(void **state)
{
	static const char *const not_plain[] = {"from 10.1.0.5 to 10.2.0.0/16 lookup 100",
						"from 10.1.0.5 iif lo lookup 100",
						"from 10.1.0.5 oif lo lookup 100",
						"from 10.1.0.5 fwmark 1 lookup 100",
						"from 10.1.0.5 tos 8 lookup 100",
						"from 10.1.0.5 ipproto tcp dport 80 lookup 100",
						"from 10.1.0.5 uidrange 1-2 lookup 100",
						"not from 10.1.0.5 lookup 100",
						"from 10.1.0.5 blackhole"};
	struct seen seen = {.count = 0};
	struct cni_error err;

	(void)state;
	sandbox_must("ip rule add from 10.1.0.5 lookup 1000 pref 50 protocol 67; "
		     "ip -6 rule add from fd01::/64 lookup 7 pref 51");
	for (size_t i = 0; i < sizeof(not_plain) / sizeof(*not_plain); i++)
		sandbox_must("ip rule add %s pref %zu", not_plain[i], 60 + i);
	assert_int_equal(cni_rule_each(&rtnl, note, forget, &seen, &err), 0);
	assert_true(with_priority(&seen, 50)->is_plain);
	assert_int_equal(with_priority(&seen, 50)->table, 1000);
	assert_int_equal(with_priority(&seen, 50)->protocol, CNI_RULE_PROTOCOL);
	assert_int_equal(with_priority(&seen, 50)->from.prefix, 32);
	assert_int_equal(with_priority(&seen, 51)->table, 7);
	assert_int_equal(with_priority(&seen, 51)->from.prefix, 64);
	assert_int_equal(with_priority(&seen, 51)->from.ip.family, AF_INET6);
	for (size_t i = 0; i < sizeof(not_plain) / sizeof(*not_plain); i++)
		assert_false(with_priority(&seen, (uint32_t)(60 + i))->is_plain);
	kernel_assert_no_answer_left(&rtnl);
}

/* ---- routes ---- */

static int make_links(void)
{
	sandbox_must(
		"ip link add va type veth peer name vb; ip addr add 10.1.0.7/16 dev va; "
		"ip addr add fd00::7/64 dev va nodad; ip link set va up; ip link set vb up; "
		"ip addr add 10.3.0.7/16 dev vb; "
		"ip route add default via 10.1.0.1 mtu 1300 advmss 1200 initcwnd 20; "
		"ip route add 10.9.0.0/16 via 10.77.0.1 dev va onlink metric 5 src 10.1.0.7; "
		"ip route add 10.8.0.0/16 nexthop via 10.1.0.2 dev va weight 2 "
		"nexthop via 10.1.0.3 dev va; "
		"ip route add 10.6.0.0/16 nexthop via 10.1.0.2 dev va "
		"nexthop via 10.3.0.3 dev vb; "
		"ip route add blackhole 10.5.0.0/16; "
		"ip nexthop add id 7 via 10.1.0.9 dev va; ip route add 10.4.0.0/16 nhid 7; "
		"ip -6 route add fd09::/64 via fd00::9 metric 7 pref high; "
		"ip -6 route add fd08::/64 nexthop via fd00::1 dev va nexthop via fd00::2 dev va; "
		"ip route add 10.2.0.0/16 via 10.1.0.1 table 55");
	return kernel_index_of(NULL, "va");
}

static char *routes_in(const char *table)
{
	return sandbox_read("{ ip -o -d route show table %s; ip -o -6 -d route show table %s; } "
			    "| grep -v -e fe80: -e 'dev vb' -e blackhole -e ff00: | sort",
			    table, table);
}

static void route_list__moves_routes_as_they_are(void **state)
{
	int index = make_links();
	freeing char *before = routes_in("main");
	struct cni_route_list list;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_route_list(&rtnl, index, RT_TABLE_MAIN, &list, &err), 0);
	/* IPv4: connected, default, onlink, two next hops, nexthop object; IPv6: four, fe80. */
	assert_in_range(list.count, 8, 9);
	for (size_t i = 0; i < list.count; i++)
		if (cni_route_list_put(&rtnl, &list.routes[i], 1000, true, &err) < 0)
			fail_msg("%s", err.msg);
	for (size_t i = 0; i < list.count; i++)
		if (cni_route_list_del(&rtnl, &list.routes[i], RT_TABLE_MAIN, &err) < 0)
			fail_msg("%s", err.msg);
	{
		freeing char *left = routes_in("main");
		freeing char *moved = sandbox_read(
			"{ ip -o -d route show table 1000; ip -o -6 -d route show table 1000; } "
			"| grep -v -e fe80: | sort");

		assert_null(strstr(left, "dev va"));
		sandbox_assert_same(before, moved);
	}
	for (int with_gateway = 0; with_gateway < 2; with_gateway++)
		for (size_t i = 0; i < list.count; i++)
			if (cni_ip_is_set(&list.routes[i].gw) == with_gateway &&
			    cni_route_list_put(&rtnl, &list.routes[i], RT_TABLE_MAIN, false, &err) <
				    0)
				fail_msg("%s", err.msg);
	assert_int_equal(cni_route_list_put(&rtnl, &list.routes[0], RT_TABLE_MAIN, false, &err),
			 -1);
	assert_int_equal(err.errnum, EEXIST);
	{
		freeing char *after = routes_in("main");

		sandbox_assert_same(before, after);
	}
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(cni_route_list_del(&rtnl, &list.routes[i], 1000, &err), 0);
	assert_int_equal(cni_route_list_del(&rtnl, &list.routes[0], 1000, &err), -1);
	assert_int_equal(err.errnum, ESRCH);
	cni_route_list_clear(&list);
}

static void route_list__is_of_a_link_and_a_table(void **state)
{
	int index = make_links();
	struct cni_route_list list;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_route_list(&rtnl, index, 55, &list, &err), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.routes[0].table, 55);
	assert_int_equal(list.routes[0].dst.prefix, 16);
	cni_route_list_clear(&list);
	/* A table that has never been. */
	assert_int_equal(cni_route_list(&rtnl, index, 4000000001, &list, &err), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(cni_route_list(&rtnl, index, 0, &list, &err), 0);
	for (size_t i = 0; i < list.count; i++)
		assert_int_not_equal(list.routes[i].table, RT_TABLE_LOCAL);
	cni_route_list_clear(&list);
}

static void route_list__ends_where_there_are_too_many(void **state)
{
	int index = make_links();
	struct cni_route_list list;
	struct cni_error err;

	(void)state;
	sandbox_must("for a in $(seq 0 19); do for b in $(seq 0 255); do "
		     "echo route add 10.200.$a.$b/32 dev va table 9; done; done | ip -b -");
	assert_int_equal(cni_route_list(&rtnl, index, 9, &list, &err), -1);
	assert_int_equal(err.errnum, E2BIG);
	kernel_assert_no_answer_left(&rtnl);
}

static void route__to_a_subnet_has_a_source(void **state)
{
	struct cni_net four = kernel_net("10.1.0.7/16");
	struct cni_net six = kernel_net("fd00::7/64");
	int index = make_links();
	struct cni_error err;

	(void)state;
	sandbox_must("ip route del 10.1.0.0/16 dev va");
	assert_int_equal(cni_route_add_subnet(&rtnl, index, &four, &err), 0);
	assert_int_equal(cni_route_add_subnet(&rtnl, index, &six, &err), 0);
	assert_shown("10.1.0.7", "0.prefsrc", "ip -j route show 10.1.0.0/16");
	assert_shown("fd00::7", "1.prefsrc", "ip -6 -j route show fd00::/64");
	assert_int_equal(cni_route_add_subnet(&rtnl, index, &four, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	assert_int_equal(cni_route_del_subnet(&rtnl, index, &four, &err), 0);
	assert_int_equal(cni_route_del_subnet(&rtnl, index, &six, &err), 0);
	assert_shown("[]", "", "ip -j route show 10.1.0.0/16");
	assert_shown(NULL, "1", "ip -6 -j route show fd00::/64");
	assert_int_equal(cni_route_del_subnet(&rtnl, index, &four, &err), -1);
	assert_int_equal(err.errnum, ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(rule__has_source_table_and_protocol),
		kernel_test(rule__is_read_as_it_is),
		kernel_test(route_list__moves_routes_as_they_are),
		kernel_test(route_list__is_of_a_link_and_a_table),
		kernel_test(route_list__ends_where_there_are_too_many),
		kernel_test(route__to_a_subnet_has_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
