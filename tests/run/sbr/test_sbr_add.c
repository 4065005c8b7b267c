/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* sbr's ADD: what it makes in the container, what it refuses, and that a failed one takes back. */
#include "json_text.h"
#include "routed.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

/* ---- what it makes ---- */

static void sbr__moves_the_routes_to_a_table_for_each_address(void **state)
{
	struct plugin_answer answer;
	freeing char *main_routes = NULL;

	(void)state;
	sandbox_must("ip -n red route add 10.9.0.0/16 via 10.1.0.9 mtu 1300 && "
		     "ip -n red -6 route add fd09::/64 via fd01::9 metric 7");
	answer = routed_run(SBR, "ADD", "eth0", "", routed_prev);
	plugin_assert_success(&answer);
	json_text_assert_equal(answer.json, routed_prev);
	plugin_answer_clear(&answer);
	assert_shown("100", "0.table", "ip -n red -j rule show from 10.1.0.2");
	assert_shown("101", "0.table", "ip -n red -6 -j rule show from fd01::2");
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default table 100");
	assert_shown("10.1.0.2", "0.prefsrc", "ip -n red -j route show 10.1.0.0/24 table 100");
	assert_shown("1300", "0.metrics.0.mtu", "ip -n red -j route show 10.9.0.0/16 table 100");
	assert_shown("fd01::1", "0.gateway", "ip -n red -6 -j route show default table 101");
	assert_shown("7", "0.metric", "ip -n red -6 -j route show fd09::/64 table 101");
	main_routes = sandbox_read("ip -n red route show; ip -n red -6 route show");
	assert_string_equal(main_routes, "");
	routed_succeeds(SBR, "CHECK", "eth0", "", routed_prev);
	routed_check_bridge("eth0", ON_A, routed_prev);
}

static void sbr__moves_a_route_with_several_next_hops(void **state)
{
	(void)state;
	sandbox_must("ip -n red route add 10.9.0.0/16 nexthop via 10.1.0.8 dev eth0 "
		     "nexthop via 10.1.0.9 dev eth0 weight 3");
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	assert_shown("3", "0.nexthops.1.weight", "ip -n red -j route show 10.9.0.0/16 table 100");
}

static void sbr__takes_the_next_free_table(void **state)
{
	(void)state;
	sandbox_must("ip -n red rule add from 10.77.0.1 lookup 100 && "
		     "ip -n red route add 10.78.0.0/16 dev lo table 101");
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	assert_shown("102", "0.table", "ip -n red -j rule show from 10.1.0.2");
	assert_shown("103", "0.table", "ip -n red -6 -j rule show from fd01::2");
}

static void sbr__gateways_override_those_of_the_result(void **state)
{
	static const char gateways[] = "'gateways':['10.1.0.77','fd01::77']";

	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", gateways, routed_prev);
	assert_shown("[{'dst':'default','gateway':'10.1.0.77','dev':'eth0','flags':[]}]", "",
		     "ip -n red -j route show default table 100");
	assert_shown("fd01::77", "0.gateway", "ip -n red -6 -j route show default table 101");
	assert_shown(NULL, "1", "ip -n red -6 -j route show default table 101");
	routed_succeeds(SBR, "CHECK", "eth0", gateways, routed_prev);
	routed_fails(SBR, "CHECK", "eth0", "", routed_prev, CNI_EMISMATCH,
		     "the default route via 10.1.0.1 through 'eth0' is missing in table 100");
	routed_check_bridge("eth0", ON_A, routed_prev);
}

static void sbr__hints_keep_the_subnets_in_the_main_table(void **state)
{
	static const char hints[] = "'addSourceHints':true";

	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", hints, routed_prev);
	assert_shown("[{'dst':'10.1.0.0/24','dev':'eth0','scope':'link','prefsrc':'10.1.0.2',"
		     "'flags':[]}]",
		     "", "ip -n red -j route show table main");
	assert_shown("fd01::2", "0.prefsrc", "ip -n red -6 -j route show fd01::/64 table main");
	assert_shown(NULL, "1", "ip -n red -6 -j route show table main");
	routed_succeeds(SBR, "CHECK", "eth0", hints, routed_prev);
	sandbox_must("ip -n red route del 10.1.0.0/24");
	routed_fails(SBR, "CHECK", "eth0", hints, routed_prev, CNI_EMISMATCH,
		     "the route to the subnet of 10.1.0.2/24 with this source is missing");
}

/* The Go plugin replaces the first one's. */
static void sbr__hints_leave_another_interface_of_the_subnet_alone(void **state)
{
	static const char hints[] = "'addSourceHints':true";
	freeing_json cJSON *second = routed_attach("net1", ON_A);

	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", hints, routed_prev);
	routed_succeeds(SBR, "ADD", "net1", hints, second);
	assert_shown("10.1.0.2", "0.prefsrc", "ip -n red -j route show 10.1.0.0/24 dev eth0");
	assert_shown("10.1.0.3", "0.prefsrc", "ip -n red -j route show 10.1.0.0/24 dev net1");
	routed_succeeds(SBR, "CHECK", "eth0", hints, routed_prev);
	routed_succeeds(SBR, "CHECK", "net1", hints, second);
}

/* The IPAM plugin, or a VRF, has filled the table. */
static void sbr__with_a_table_makes_rules_only(void **state)
{
	freeing char *before = sandbox_read("ip -n red route show table all");
	freeing char *after = NULL;

	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", "'table':4000000000", routed_prev);
	assert_shown("4000000000", "0.table", "ip -n red -j rule show from 10.1.0.2");
	assert_shown("4000000000", "0.table", "ip -n red -6 -j rule show from fd01::2");
	after = sandbox_read("ip -n red route show table all");
	sandbox_assert_same(before, after);
	routed_succeeds(SBR, "CHECK", "eth0", "'table':4000000000", routed_prev);
	routed_fails(SBR, "CHECK", "eth0", "'table':7", routed_prev, CNI_EMISMATCH,
		     "the rule from 10.1.0.2 to table 7 is missing in the container");
	/* As Go: of this table alone. */
	routed_succeeds(SBR, "DEL", "eth0", "'table':7", routed_prev);
	routed_succeeds(SBR, "CHECK", "eth0", "'table':4000000000", routed_prev);
	routed_succeeds(SBR, "DEL", "eth0", "'table':4000000000", routed_prev);
	assert_shown("[]", "", "ip -n red -j rule show from 10.1.0.2");
	/* Filled for this very interface, and by others as well. */
	sandbox_must("ip -n red route add 10.78.0.0/16 dev lo table 300 && "
		     "ip -n red route add 10.79.0.0/16 via 10.1.0.1 table 300");
	routed_succeeds(SBR, "ADD", "eth0", "'table':300", routed_prev);
}

/* ---- what it refuses ---- */

static void sbr__refuses_what_it_cannot_do(void **state)
{
	static const struct {
		const char *more, *text;
	} cases[] = {
		{"'gateways':['10.1.0.1','10.1.0.2']",
		 "gateways list contains multiple IPv4 addresses: 10.1.0.1 and 10.1.0.2"},
		{"'gateways':['fd01::1','fd01::2']", "multiple IPv6 addresses"},
		{"'gateways':['10.1.0.1','fd01::1','fd01::2']", "more than 2 entries"},
		{"'gateways':['here']", "invalid static gateway IP address"},
		{"'gateways':'10.1.0.1'", "'gateways'"},
		{"'table':0", "'table' is 0, expected"},
		{"'table':-1", "'table'"},
		{"'table':'main'", "'table'"},
		{"'addSourceHints':'yes'", "'addSourceHints'"},
		{"'table':300", "'table' is 300, a table in use: it has routes of others"},
		{"'table':301", "'table' is 301, a table in use: it has rules of others"},
	};
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	sandbox_must("ip -n red route add 10.78.0.0/16 dev lo table 300 && "
		     "ip -n red rule add from 10.77.0.1 lookup 301");
	before = routed_tables();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		routed_fails(SBR, "ADD", "eth0", cases[i].more, routed_prev, CNI_ECONFIG,
			     cases[i].text);
	routed_fails(SBR, "ADD", "eth0", "", NULL, CNI_ECONFIG, "must be called as chained plugin");
	routed_fails(SBR, "CHECK", "eth0", "", NULL, CNI_ECONFIG, "Required prevResult missing");
	routed_fails(SBR, "ADD", "net7", "", routed_prev, CNI_ECONFIG,
		     "No IP addresses supplied on interface: net7");
	routed_fails(SBR, "ADD", "net7",
		     "'prevResult':{'cniVersion':'1.0.0','ips':[{'address':'10.1.0.7/24'}]}", NULL,
		     CNI_ECONFIG, "Cannot find network interface net7");
	after = routed_tables();
	sandbox_assert_same(before, after);
}

/* ---- failures ---- */

static void assert_fails_and_restores(const char *more, const cJSON *with, const char *text)
{
	freeing char *before = routed_tables();
	freeing char *after = NULL;

	routed_fails(SBR, "ADD", "eth0", more, with, CNI_EKERNEL, text);
	after = routed_tables();
	sandbox_assert_same(before, after);
}

/* The second address has a gateway that cannot be reached. */
static void sbr__failed_puts_the_routes_back(void **state)
{
	(void)state;
	sandbox_must("ip -n red route add 10.9.0.0/16 via 10.1.0.9 mtu 1300 && "
		     "ip -n red -6 route add fd09::/64 via fd01::9 metric 7");
	assert_fails_and_restores("'gateways':['fd77::1']", routed_prev,
				  "add route ::/0 via fd77::1");
	assert_fails_and_restores("'gateways':['10.77.0.1']", routed_prev,
				  "add route 0.0.0.0/0 via 10.77.0.1");
	assert_fails_and_restores("'addSourceHints':true,'gateways':['fd77::1']", routed_prev,
				  "add route ::/0 via fd77::1");
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		routed_test(sbr__moves_the_routes_to_a_table_for_each_address),
		routed_test(sbr__moves_a_route_with_several_next_hops),
		routed_test(sbr__takes_the_next_free_table),
		routed_test(sbr__gateways_override_those_of_the_result),
		routed_test(sbr__hints_keep_the_subnets_in_the_main_table),
		routed_test(sbr__hints_leave_another_interface_of_the_subnet_alone),
		routed_test(sbr__with_a_table_makes_rules_only),
		routed_test(sbr__refuses_what_it_cannot_do),
		routed_test(sbr__failed_puts_the_routes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
