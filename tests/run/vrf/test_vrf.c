/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm-quick and --vm run it as well. */
/* vrf: the interface becomes a slave, keeps its addresses and routes, and shares the VRF. */
#include "json_text.h"
#include "ptp.h"
#include "routed.h"

#include "cleanup.h"

#define BLUE "'vrfname':'blue'"

/* ---- ADD ---- */

static void vrf__takes_addresses_and_routes_along(void **state)
{
	struct plugin_answer answer;

	(void)state;
	needs_vrf();
	/* The kernel then drops the IPv6 addresses of a new slave. */
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=0 && "
		     "ip -n red route add 10.9.0.0/16 via 10.1.0.9 mtu 1300 && "
		     "ip -n red route add 10.8.0.0/16 dev eth0 && "
		     "ip -n red route add 10.7.0.0/16 via 10.1.0.9 table 77 && "
		     "ip -n red route add 10.6.0.0/16 via 10.1.0.9 src 10.1.0.2 table 77 && "
		     "ip -n red -6 route add fd09::/64 via fd01::9 src fd01::2 metric 7");
	answer = routed_run(VRF, "ADD", "eth0", BLUE, routed_prev);
	plugin_assert_success(&answer);
	json_text_assert_equal(answer.json, routed_prev);
	plugin_answer_clear(&answer);
	assert_shown("blue", "0.master", "ip -n red -j link show eth0");
	assert_shown("1", "0.linkinfo.info_data.table", "ip -n red -j -d link show blue");
	assert_shown("fd01::2", "0.addr_info.0.local",
		     "ip -n red -6 -j addr show dev eth0 scope global");
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default table 1");
	assert_shown("1300", "0.metrics.0.mtu", "ip -n red -j route show 10.9.0.0/16 table 1");
	assert_shown("eth0", "0.dev", "ip -n red -j route show 10.8.0.0/16 table 1");
	assert_shown("10.1.0.9", "0.gateway", "ip -n red -j route show 10.7.0.0/16 table 77");
	assert_shown("10.1.0.9", "0.gateway", "ip -n red -j route show 10.6.0.0/16 table 77");
	assert_shown("fd01::1", "0.gateway", "ip -n red -6 -j route show default table 1");
	assert_shown("fd01::2", "0.prefsrc", "ip -n red -6 -j route show fd09::/64 table 1");
	assert_shown("[]", "", "ip -n red -j route show table main");
	routed_succeeds(VRF, "CHECK", "eth0", BLUE, routed_prev);
	routed_check_bridge("eth0", ON_A, routed_prev);
	sandbox_must("ip netns exec red ping -q -c1 -W5 -I blue 192.0.2.2 >/run/out 2>&1");
	sandbox_must("ip netns exec red ping -q -c1 -W5 -I blue 2001:db8:1::2 >/run/out 2>&1");
}

static void vrf__is_shared_and_gone_with_the_last(void **state)
{
	freeing_json cJSON *second = NULL;

	(void)state;
	needs_vrf();
	second = routed_attach("net1", ON_B);
	routed_succeeds(VRF, "ADD", "eth0", BLUE ",'table':4000000000", routed_prev);
	routed_succeeds(VRF, "ADD", "net1", BLUE, second);
	assert_shown("blue", "0.master", "ip -n red -j link show net1");
	/* Each keeps its default route, and the first wins. */
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default table 4000000000");
	assert_shown("10.2.0.1", "1.gateway", "ip -n red -j route show default table 4000000000");
	routed_succeeds(VRF, "CHECK", "eth0", BLUE ",'table':4000000000", routed_prev);
	routed_succeeds(VRF, "CHECK", "net1", BLUE, second);
	routed_succeeds(VRF, "DEL", "eth0", BLUE, routed_prev);
	assert_shown(NULL, "0.master", "ip -n red -j link show eth0");
	routed_succeeds(VRF, "CHECK", "net1", BLUE, second);
	/* Not that of another interface. */
	routed_succeeds(VRF, "DEL", "eth0", BLUE, routed_prev);
	routed_succeeds(VRF, "CHECK", "net1", BLUE, second);
	routed_succeeds(VRF, "DEL", "net1", BLUE, second);
	assert_shown("[]", "", "ip -n red -j link show type vrf");
}

/* ptp finds its routes in the VRF's table, and misses those that are gone. */
static void vrf__leaves_check_of_ptp_right(void **state)
{
	freeing char *config = ptp_config(
		"1.0.0", IPAM("'ranges':[[{'subnet':'10.5.0.0/24'}],[{'subnet':'fd05::/64'}]],"
			      "'routes':[{'dst':'0.0.0.0/0'},{'dst':'::/0'}]"));
	struct plugin_answer answer;
	struct pod blue;

	(void)state;
	needs_vrf();
	pod_open(&blue, "blue");
	ptp_add(&blue, config);
	answer = routed_run_in(blue.netns, VRF, "ADD", "eth0", BLUE ",'table':10", blue.result);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_shown("blue", "0.master", "ip -n blue -j link show eth0");
	ptp_check(&blue, config);
	sandbox_must("ip -n blue route del default table 10");
	ptp_check_fails(&blue, config, "route 0.0.0.0/0 via 10.5.0.1 is missing");
	sandbox_must("ip -n blue route add default via 10.5.0.1 dev eth0 table 10");
	ptp_check(&blue, config);
	sandbox_must("ip -n blue -6 route del default table 10");
	ptp_check_fails(&blue, config, "route ::/0 via fd05::1 is missing");
	pod_close(&blue);
}

/* The subnets' routes in sbr's tables are copies of the kernel's, which it does not make again. */
static void vrf__leaves_check_of_sbr_right(void **state)
{
	static const char *const more[] = {"", "'gateways':['10.1.0.77','fd01::77']"};

	(void)state;
	needs_vrf();
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=0");
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		routed_succeeds(SBR, "ADD", "eth0", more[i], routed_prev);
		routed_succeeds(VRF, "ADD", "eth0", BLUE, routed_prev);
		assert_shown("eth0", "0.dev", "ip -n red -j route show 10.1.0.0/24 table 100");
		routed_succeeds(SBR, "CHECK", "eth0", more[i], routed_prev);
		routed_succeeds(VRF, "CHECK", "eth0", BLUE, routed_prev);
		routed_check_bridge("eth0", ON_A, routed_prev);
		routed_succeeds(VRF, "DEL", "eth0", BLUE, routed_prev);
		routed_succeeds(SBR, "DEL", "eth0", more[i], routed_prev);
		routed_attach_again();
	}
}

/* In front of sbr it leaves no route in the main table to be moved. */
static void vrf__leaves_sbr_the_default_route(void **state)
{
	static const char *const damages[] = {"ip -n red route del default table 100",
					      "ip -n red -6 route del default table 101"};

	(void)state;
	needs_vrf();
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		routed_succeeds(VRF, "ADD", "eth0", BLUE, routed_prev);
		routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
		routed_succeeds(VRF, "CHECK", "eth0", BLUE, routed_prev);
		routed_succeeds(SBR, "CHECK", "eth0", "", routed_prev);
		routed_check_bridge("eth0", ON_A, routed_prev);
		sandbox_must("%s", damages[i]);
		routed_fails(SBR, "CHECK", "eth0", "", routed_prev, CNI_EMISMATCH,
			     "the default route via");
		routed_succeeds(SBR, "DEL", "eth0", "", routed_prev);
		routed_succeeds(VRF, "DEL", "eth0", BLUE, routed_prev);
		routed_attach_again();
	}
}

static void vrf__takes_the_lowest_free_table(void **state)
{
	(void)state;
	needs_vrf();
	sandbox_must("ip -n red link add other type vrf table 1 && "
		     "ip -n red rule add from 10.77.0.1 lookup 2 && "
		     "ip -n red route add 10.78.0.0/16 dev lo table 3");
	routed_succeeds(VRF, "ADD", "eth0", BLUE, routed_prev);
	assert_shown("4", "0.linkinfo.info_data.table", "ip -n red -j -d link show blue");
}

/* ---- what it refuses ---- */

static void vrf__refuses_what_it_cannot_do(void **state)
{
	static const struct {
		const char *more, *text;
		int code;
	} cases[] = {
		{"", "configuration is expected to have a valid vrf name", CNI_ECONFIG},
		{"'vrfname':''", "configuration is expected to have a valid vrf name", CNI_ECONFIG},
		{"'vrfname':'a/b'", "'vrfname'", CNI_ECONFIG},
		{"'vrfname':7", "'vrfname'", CNI_ECONFIG},
		{"'vrfname':'averyveryverylongname'", "'vrfname'", CNI_ECONFIG},
		{"'vrfname':'eth0'", "the name of the interface itself", CNI_ECONFIG},
		{BLUE ",'table':'x'", "'table'", CNI_ECONFIG},
		{BLUE ",'table':-1", "'table'", CNI_ECONFIG},
		{BLUE ",'table':4294967296", "'table'", CNI_ECONFIG},
		{BLUE ",'table':10", "a table in use: it is that of VRF 'other'", CNI_ECONFIG},
		{"'vrfname':'other','table':11",
		 "VRF other already exist with different routing table 10", CNI_ECONFIG},
		{"'vrfname':'lo'", "Netlink lo is not a VRF", CNI_ETAKEN},
		{"'vrfname':'red0'", "Netlink red0 is not a VRF", CNI_ETAKEN},
	};
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	needs_vrf();
	sandbox_must("ip -n red link add other type vrf table 10 && "
		     "ip -n red link add red0 type bridge");
	before = sandbox_read("ip -n red -d -o link show; ip -n red route; ip -n red -6 addr");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		routed_fails(VRF, "ADD", "eth0", cases[i].more, routed_prev, cases[i].code,
			     cases[i].text);
	routed_fails(VRF, "ADD", "eth0", BLUE, NULL, CNI_ECONFIG,
		     "missing prevResult from earlier plugin");
	routed_fails(VRF, "ADD", "net7", BLUE, routed_prev, CNI_ECONFIG,
		     "could not get link by name net7");
	after = sandbox_read("ip -n red -d -o link show; ip -n red route; ip -n red -6 addr");
	sandbox_assert_same(before, after);
	routed_succeeds(VRF, "ADD", "eth0", BLUE, routed_prev);
	routed_fails(VRF, "ADD", "eth0", BLUE, routed_prev, CNI_ETAKEN,
		     "interface eth0 has already a master set: blue");
	routed_succeeds(VRF, "CHECK", "eth0", BLUE, routed_prev);
}

/* ---- STATUS ---- */

static void status__misses_the_kind(void **state)
{
	static const char version[] = BLUE ",'cniVersion':'1.1.0'";
	bool known = sandbox_run("ip link add probe type vrf table 9 2>/dev/null") == 0;

	(void)state;
	if (known)
		routed_succeeds(VRF, "STATUS", "eth0", version, NULL);
	else
		routed_fails(VRF, "STATUS", "eth0", version, NULL, CNI_EUNAVAILABLE, "vrf");
	routed_succeeds(SBR, "STATUS", "eth0", "'cniVersion':'1.1.0'", NULL);
	routed_succeeds(VRF, "GC", "eth0",
			BLUE ",'cniVersion':'1.1.0','cni.dev/valid-attachments':[]", NULL);
	routed_succeeds(SBR, "GC", "eth0",
			BLUE ",'cniVersion':'1.1.0','cni.dev/valid-attachments':[]", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		routed_test(vrf__takes_addresses_and_routes_along),
		routed_test(vrf__is_shared_and_gone_with_the_last),
		routed_test(vrf__leaves_check_of_ptp_right),
		routed_test(vrf__leaves_check_of_sbr_right),
		routed_test(vrf__leaves_sbr_the_default_route),
		routed_test(vrf__takes_the_lowest_free_table),
		routed_test(vrf__refuses_what_it_cannot_do),
		routed_test(status__misses_the_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
