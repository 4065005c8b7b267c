/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm-quick and --vm run it as well. */
/* ipvlan on a link of the host, whose other end is in the namespace "lan". */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define IPVLAN CNI_C_BINARY_DIR "/plugins/ipvlan"
#define ON_UP0 "'type':'ipvlan','master':'up0',"

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("lan");
	return sandbox_run("ip link add up0 mtu 1400 type veth peer name up1 netns lan && "
			   "ip link set up0 up && ip -n lan link set up1 up && "
			   "ip -n lan addr add 10.1.0.1/24 dev up1 && "
			   "ip -n lan addr add fd01::1/64 dev up1 nodad");
}

static bool has_ipvlans(void)
{
	bool has = sandbox_run("ip link add link up0 name probe0 type ipvlan 2>/dev/null") == 0;

	sandbox_run("ip link del probe0 2>/dev/null");
	return has;
}

/* First of all: a skip jumps over what would free. */
#define needs_ipvlans()                                                                            \
	do {                                                                                       \
		if (!has_ipvlans())                                                                \
			skip_because("this kernel has no links of kind 'ipvlan'");                 \
	} while (0)

static void open_pod(struct pod *pod, const char *name)
{
	pod_open(pod, name);
	pod->plugin = IPVLAN;
}

static void assert_mode(const char *keys, const char *mode, bool talks)
{
	freeing char *more = cni_format(ON_UP0 "%s" IPAM46, keys);
	freeing char *config = bridge_config("1.0.0", more);
	freeing char *mac = shown("0.address", "ip -j link show up0");
	struct pod blue;
	struct pod red;

	open_pod(&red, "red");
	open_pod(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	assert_json(red.result, "interfaces.0.mac", mac);
	assert_shown(mode, "0.linkinfo.info_data.mode", "ip -n red -d -j link show eth0");
	if (talks)
		sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.3 >/run/out");
	pod_check(&red, config);
	pod_del(&red, config);
	pod_del(&blue, config);
	pod_close(&red);
	pod_close(&blue);
	sandbox_must("rm -rf /var/lib/cni/networks");
}

static void add__has_the_mode_that_is_asked_for(void **state)
{
	(void)state;
	needs_ipvlans();

	assert_mode("", "l2", true);
	assert_mode("'mode':'l2',", "l2", true);
	assert_mode("'mode':'l3',", "l3", true);
	assert_mode("'mode':'l3s',", "l3s", true);
	assert_mode("'flags':'private',", "l2", false);
}

/* The kernel puts an ipvlan that is made on another one on that one's parent. */
static void check__knows_the_parent_of_an_ipvlan_on_another(void **state)
{
	static const char *const places[] = {"", "'linkInContainer':true,"};

	(void)state;
	needs_ipvlans();

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		freeing char *keys =
			cni_format("'type':'ipvlan','master':'iv0',%s" IPAM46, places[i]);
		freeing char *config = bridge_config("1.0.0", keys);
		struct pod red;

		open_pod(&red, "red");
		sandbox_must("ip link add link up0 name iv0 type ipvlan && ip link set iv0 up");
		if (*places[i])
			sandbox_must("ip link set iv0 netns red && ip -n red link set iv0 up");
		pod_add(&red, config);
		sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
		sandbox_must("rm -rf /var/lib/cni/networks; ip link del iv0 2>/dev/null; "
			     "ip link show up0 >/run/out");
	}
}

/* ---- chained ---- */

/* `prev` is the prevResult's text, in single quotes. */
static char *chained(const char *prev, const char *more)
{
	freeing char *keys =
		cni_format("'type':'ipvlan'%s%s,'prevResult':%s", *more ? "," : "", more, prev);

	return bridge_config("1.0.0", keys);
}

#define PREV(interfaces, ips)                                                                      \
	"{'cniVersion':'1.0.0','interfaces':[" interfaces "],'ips':[" ips "],"                     \
	"'routes':[{'dst':'0.0.0.0/0','gw':'10.1.0.1'}],'dns':{'domain':'blue.example'}}"
#define MADE	"{'name':'up0'}"
#define ADDRESS "{'address':'10.1.0.9/24','gateway':'10.1.0.1'}"
#define TWO	MADE ",{'name':'up1'}"

static void add__behind_another_takes_its_link_and_addresses(void **state)
{
	(void)state;
	needs_ipvlans();

	freeing char *config = chained(PREV(MADE, ADDRESS), "");
	struct plugin_call asked;
	struct pod red;

	open_pod(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "interfaces.0.name", "eth0");
	assert_json(red.result, "interfaces.1", NULL);
	assert_json(red.result, "ips.0.address", "10.1.0.9/24");
	assert_json(red.result, "ips.0.interface", "0");
	assert_json(red.result, "dns.domain", "blue.example");
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
	sandbox_must("ip -n red route | grep -q 'default via 10.1.0.1'");
	pod_check(&red, config);
	asked = pod_call(&red, "DEL", config);
	plugin_succeeds(&asked);
	assert_shown(NULL, "1", "ip -n red -j link show");
	pod_close(&red);
}

static void add__behind_another_prefers_its_own_ipam(void **state)
{
	(void)state;
	needs_ipvlans();

	freeing char *config = chained(PREV(MADE, ADDRESS), IPAM4);
	struct pod red;

	open_pod(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.2/24");
	assert_json(red.result, "ips.1", NULL);
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

/* ---- bad input ---- */

static void add__refuses_bad_input(void **state)
{
	static const char lacks[] = "PrevResult lacks a single named interface";
	const struct bad {
		char *config;
		const char *text;
	} bad[] = {
		{chained(PREV(TWO, ADDRESS), ""), lacks},
		{chained(PREV("", ADDRESS), ""), lacks},
		{chained(PREV("{'name':''}", ADDRESS), ""), lacks},
		{bridge_config("1.0.0", ON_UP0 "'mode':'l4'," IPAM4),
		 "unknown ipvlan mode: \"l4\", expected one of \"l2\", \"l3\", \"l3s\""},
		{bridge_config("1.0.0", ON_UP0 "'flags':'odd'," IPAM4),
		 "unknown ipvlan flags: \"odd\", expected one of \"bridge\", \"private\", "
		 "\"vepa\""},
		{bridge_config("1.0.0", "'type':'ipvlan','master':'nowhere'," IPAM4),
		 "'master' \"nowhere\" is missing, expected one of 'up0'"},
		{bridge_config("1.0.0", ON_UP0 "'mtu':1401," IPAM4), "expected at most 1400"},
		{bridge_config("1.0.0", "'type':'ipvlan'," IPAM4), "no default route"},
	};
	freeing char *before = bridge_snapshot();
	struct pod red;

	(void)state;
	open_pod(&red, "red");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		freeing char *config = bad[i].config;

		pod_add_fails(&red, config, CNI_ECONFIG, bad[i].text);
		assert_shown(NULL, "1", "ip -n red -j link show");
		pod_del(&red, config);
	}
	pod_close(&red);
	bridge_assert_unchanged(before);
}

/* As the reference: a number below 0 is the kernel's own. */
static void add__leaves_a_negative_mtu_to_the_kernel(void **state)
{
	(void)state;
	needs_ipvlans();

	freeing char *config = bridge_config("1.0.0", ON_UP0 "'mtu':-1," IPAM4);
	struct pod red;

	open_pod(&red, "red");
	pod_add(&red, config);
	assert_shown("1400", "0.mtu", "ip -n red -j link show eth0");
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, bridge_teardown)
	const struct CMUnitTest tests[] = {
		test(add__has_the_mode_that_is_asked_for),
		test(check__knows_the_parent_of_an_ipvlan_on_another),
		test(add__behind_another_takes_its_link_and_addresses),
		test(add__behind_another_prefers_its_own_ipam),
		test(add__refuses_bad_input),
		test(add__leaves_a_negative_mtu_to_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
