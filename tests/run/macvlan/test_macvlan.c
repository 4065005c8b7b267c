/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* macvlan on a link of the host, whose other end is in the namespace "lan". */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define MACVLAN CNI_C_BINARY_DIR "/plugins/macvlan"
#define ON_UP0	"'type':'macvlan','master':'up0',"

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

static void open_pod(struct pod *pod, const char *name)
{
	pod_open(pod, name);
	pod->plugin = MACVLAN;
}

static bool reaches(const char *from, const char *address, int seconds)
{
	return sandbox_run("ip netns exec %s ping -q -c1 -W%d %s >/run/out 2>&1", from, seconds,
			   address) == 0;
}

/* ---- modes ---- */

static void assert_mode(const char *more, const char *mode, bool talks)
{
	freeing char *keys = cni_format(ON_UP0 "%s" IPAM46, more);
	freeing char *config = bridge_config("1.0.0", keys);
	struct pod blue;
	struct pod red;

	open_pod(&red, "red");
	open_pod(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	assert_shown(mode, "0.linkinfo.info_data.mode", "ip -n red -d -j link show eth0");
	assert_true(reaches("red", "10.1.0.1", 5) && reaches("red", "fd01::1", 5));
	assert_true(reaches("red", "10.1.0.3", talks ? 5 : 1) == talks);
	assert_true(reaches("red", "fd01::3", talks ? 5 : 1) == talks);
	pod_check(&red, config);
	pod_del(&red, config);
	pod_del(&blue, config);
	pod_close(&red);
	pod_close(&blue);
	sandbox_must("rm -rf /var/lib/cni/networks");
}

static void add__keeps_private_pods_apart_and_bridged_ones_not(void **state)
{
	(void)state;
	assert_mode("", "bridge", true);
	assert_mode("'mode':'',", "bridge", true);
	assert_mode("'mode':'bridge',", "bridge", true);
	assert_mode("'mode':'private',", "private", false);
	/* A switch that does not send back where it came from. */
	assert_mode("'mode':'vepa',", "vepa", false);
}

static void add__in_passthru_has_the_masters_mac(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 "'mode':'passthru'," IPAM46);
	freeing char *mac = shown("0.address", "ip -j link show up0");
	struct pod red;

	(void)state;
	open_pod(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "interfaces.0.mac", mac);
	assert_true(reaches("red", "10.1.0.1", 5));
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

static void add__takes_the_queue_length_of_broadcasts(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 "'bcqueuelen':1777," IPAM4);
	freeing char *other = bridge_config("1.0.0", ON_UP0 "'bcqueuelen':1778," IPAM4);
	struct pod red;

	(void)state;
	open_pod(&red, "red");
	pod_add(&red, config);
	assert_shown("1777", "0.linkinfo.info_data.bcqueuelen", "ip -n red -d -j link show eth0");
	pod_check(&red, config);
	pod_check_fails(&red, other, "'eth0' has bcqueuelen 1777, expected 1778");
	pod_del(&red, config);
	pod_close(&red);
}

/* ---- the master ---- */

static void default_master(const char *route, const char *master)
{
	freeing char *config = bridge_config("1.0.0", "'type':'macvlan'," IPAM46);
	freeing char *mac = shown("0.address", "ip -j link show %s", master);
	struct pod red;

	sandbox_must("%s", route);
	open_pod(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "interfaces.0.name", master);
	assert_json(red.result, "interfaces.0.mac", mac);
	assert_json(red.result, "interfaces.0.sandbox", NULL);
	assert_json(red.result, "interfaces.1.name", "eth0");
	assert_json(red.result, "ips.0.interface", "1");
	pod_check(&red, config);
	/* CHECK knows which one it was, whatever the default route is now. */
	sandbox_must("ip route flush default; ip -6 route flush default; "
		     "ip route add default dev other0");
	pod_check(&red, config);
	pod_del(&red, config);
	sandbox_must("ip route flush default; rm -rf /var/lib/cni/networks");
	pod_close(&red);
}

static void add__takes_the_link_of_the_default_route(void **state)
{
	freeing char *config = bridge_config("1.0.0", "'type':'macvlan'," IPAM46);
	struct pod red;

	(void)state;
	open_pod(&red, "red");
	sandbox_must("ip link add other0 type veth peer name other1 && ip link set other0 up && "
		     "ip link set other1 up && ip addr add 10.9.0.1/24 dev other0");
	pod_add_fails(&red, config, CNI_ECONFIG, "'master' is not given, and no default route");
	pod_close(&red);
	default_master("ip route add default dev up0", "up0");
	default_master("ip route add default via 10.9.0.9", "other0");
	default_master("ip -6 route add default dev up0", "up0");
	/* The lower metric, IPv4 first. */
	default_master("ip route add default dev up0 metric 200; "
		       "ip route add default dev other0 metric 100",
		       "other0");
	default_master("ip -6 route add default dev other0 metric 1; "
		       "ip route add default dev up0 metric 9",
		       "up0");
	/* Routes of another table and routes without a link do not count. */
	default_master("ip route add default dev other0 table 7; "
		       "ip route add unreachable default metric 1; "
		       "ip route add default dev up0 metric 5",
		       "up0");
}

static void add__finds_its_master_in_the_container(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 "'linkInContainer':true," IPAM46);
	freeing char *chosen =
		bridge_config("1.0.0", "'type':'macvlan','linkInContainer':true," IPAM46);
	struct pod red;

	(void)state;
	open_pod(&red, "red");
	pod_add_fails(&red, config, CNI_ECONFIG,
		      "'master' \"up0\" is missing, expected a link, of which there is none");
	sandbox_must("ip link set up0 netns red; ip -n red link set up0 up");
	pod_add(&red, config);
	assert_true(reaches("red", "10.1.0.1", 5));
	assert_json(red.result, "interfaces.1", NULL);
	pod_check(&red, config);
	pod_del(&red, config);
	sandbox_must("ip -n red link show up0 >/run/out; ip -n red route add default dev up0");
	pod_add(&red, chosen);
	assert_json(red.result, "interfaces.1", NULL);
	pod_check(&red, chosen);
	pod_del(&red, chosen);
	pod_close(&red);
}

/* systemd gives a card a second name where its first choice is longer than 15 characters. */
static void add__finds_its_master_by_a_second_name(void **state)
{
	static const char *const names[] = {"lan0", "enp130s0f1np1d2", "enp130s0f1np1d2v17"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		freeing char *keys = cni_format("'type':'macvlan','master':'%s'," IPAM46, names[i]);
		freeing char *config = bridge_config("1.1.0", keys);
		struct plugin_call status = bridge_call("STATUS", config);
		struct pod red;

		open_pod(&red, "red");
		status.plugin = MACVLAN;
		pod_add_fails(&red, config, CNI_ECONFIG, "is missing, expected one of 'up0'");
		sandbox_must("ip link property add dev up0 altname %s", names[i]);
		plugin_succeeds(&status);
		pod_add(&red, config);
		assert_json(red.result, "interfaces.1", NULL);
		assert_true(reaches("red", "10.1.0.1", 5));
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
		sandbox_must("rm -rf /var/lib/cni/networks");
	}
}

/* The kernel puts a macvlan that is made on another one on that one's parent. */
static void check__knows_the_parent_of_a_macvlan_on_another(void **state)
{
	static const char *const masters[] = {"macvlan mode bridge", "macvtap mode bridge"};
	freeing char *config = bridge_config("1.0.0", "'type':'macvlan','master':'mv0'," IPAM46);
	freeing char *inside = bridge_config(
		"1.0.0", "'type':'macvlan','master':'mv0','linkInContainer':true," IPAM46);

	(void)state;
	for (size_t i = 0; i < sizeof(masters) / sizeof(*masters); i++) {
		struct pod red;

		if (sandbox_run("ip link add link up0 name mv0 type %s", masters[i]) != 0)
			continue;
		sandbox_must("ip link set mv0 up");
		open_pod(&red, "red");
		pod_add(&red, config);
		assert_true(reaches("red", "10.1.0.1", 5));
		pod_check(&red, config);
		/* Another one of the name, on another link. */
		sandbox_must("ip link set mv0 down && ip link set mv0 name mv1 && ip link add "
			     "other0 type veth peer other1 && "
			     "ip link add link other0 name mv0 type macvlan mode bridge");
		pod_check_fails(&red, config, "'eth0' in the container is not on master 'mv0'");
		pod_del(&red, config);
		sandbox_must(
			"ip link del other0; ip link set mv1 name mv0; ip link set mv0 netns red; "
			"ip -n red link set mv0 up");
		pod_add(&red, inside);
		pod_check(&red, inside);
		pod_del(&red, inside);
		sandbox_must("ip -n red link del mv0; rm -rf /var/lib/cni/networks");
		pod_close(&red);
	}
}

/* ---- MAC addresses ---- */

static void add_with_mac(const char *more, const char *args, const char *mac)
{
	freeing char *keys = cni_format(ON_UP0 "%s" IPAM4, more);
	freeing char *config = bridge_config("1.0.0", keys);
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	open_pod(&red, "red");
	asked = pod_call(&red, "ADD", config);
	asked.args = args;
	answer = plugin_run(&asked);
	pod_take(&red, &answer);
	plugin_answer_clear(&answer);
	assert_json(red.result, "interfaces.0.mac", mac);
	assert_shown(mac, "0.address", "ip -n red -j link show eth0");
	pod_del(&red, config);
	pod_close(&red);
}

static void add__takes_the_mac_of_the_strongest_source(void **state)
{
#define CONF	"'mac':'0a:00:00:00:00:01',"
#define ARGS	"'args':{'cni':{'mac':'0a:00:00:00:00:03'}},"
#define RUNTIME "'runtimeConfig':{'mac':'0a:00:00:00:00:04'},"
	(void)state;
	add_with_mac(CONF, NULL, "0a:00:00:00:00:01");
	add_with_mac("'mac':'0a00.0000.0001',", NULL, "0a:00:00:00:00:01");
	add_with_mac(CONF, "IgnoreUnknown=1;MAC=0a:00:00:00:00:02", "0a:00:00:00:00:02");
	add_with_mac(CONF ARGS, "MAC=0a:00:00:00:00:02", "0a:00:00:00:00:03");
	add_with_mac(CONF ARGS RUNTIME, "MAC=0a:00:00:00:00:02", "0a:00:00:00:00:04");
}

/* ---- neighbours ---- */

/* A neighbour that knows the address of an earlier container. */
static void add__tells_the_neighbours_who_has_the_addresses(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 IPAM46);
	struct pod red;

	(void)state;
	sandbox_must("ip -n lan neigh add 10.1.0.2 lladdr 02:00:00:00:00:99 dev up1 nud reachable; "
		     "ip -n lan neigh add fd01::2 lladdr 02:00:00:00:00:99 dev up1 nud reachable");
	open_pod(&red, "red");
	pod_add(&red, config);
	for (int i = 0; i < 2; i++)
		sandbox_await("ip -n lan neigh show %s | grep -q "
			      "$(ip -n red -j link show eth0 | jq -r '.[0].address')",
			      i ? "10.1.0.2" : "fd01::2");
	pod_del(&red, config);
	pod_close(&red);
}

/* ---- bad input ---- */

static const struct bad {
	const char *keys;
	const char *text;
} bad[] = {
	{"'master':'nowhere'", "'master' \"nowhere\" is missing, expected one of 'up0'"},
	{"'master':'a/b'", "'master'"},
	{"'master':5", "'master' is 5"},
	{"'master':'up0','mode':'bridged'",
	 "unknown macvlan mode: \"bridged\", expected one of \"private\", \"vepa\", \"bridge\", "
	 "\"passthru\""},
	{"'master':'up0','mode':'source'", "unknown macvlan mode: \"source\""},
	{"'master':'up0','mtu':1401",
	 "'mtu' is 1401, expected at most 1400, the MTU of master 'up0'"},
	{"'master':'up0','mtu':-1", "'mtu' is -1"},
	{"'master':'up0','mtu':'1400'", "'mtu'"},
	{"'master':'up0','bcqueuelen':-1", "'bcqueuelen' is -1"},
	{"'master':'up0','linkInContainer':'yes'", "'linkInContainer'"},
	{"'master':'up0','mac':'up'", "MAC 'up' is not a hardware address"},
	{"'master':'up0','mac':'01:00:5e:00:00:01'", "a multicast address"},
	{"'master':'up0','runtimeConfig':{'mac':'00:00:00:00:00:00'}", "nobody's address"},
};

static void add__refuses_bad_input(void **state)
{
	freeing char *before = bridge_snapshot();
	struct pod red;

	(void)state;
	open_pod(&red, "red");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		freeing char *keys = cni_format("'type':'macvlan',%s," IPAM4, bad[i].keys);
		freeing char *config = bridge_config("1.0.0", keys);

		pod_add_fails(&red, config, CNI_ECONFIG, bad[i].text);
		assert_shown(NULL, "1", "ip -n red -j link show");
		pod_del(&red, config);
	}
	pod_close(&red);
	bridge_assert_unchanged(before);
}

static void status__misses_the_master(void **state)
{
	freeing char *config = bridge_config("1.1.0", "'type':'macvlan','master':'gone0'," IPAM4);
	freeing char *chosen = bridge_config("1.1.0", "'type':'macvlan'," IPAM4);
	struct plugin_call asked = bridge_call("STATUS", config);

	(void)state;
	asked.plugin = MACVLAN;
	plugin_fails(&asked, CNI_EUNAVAILABLE, "'master' \"gone0\" is missing");
	asked.config = chosen;
	plugin_fails(&asked, CNI_EUNAVAILABLE, "no default route");
}

/* The addresses of a prevResult are another plugin's. */
static void add__needs_addresses_of_its_own_before_0_3_0(void **state)
{
	freeing char *config =
		bridge_config("0.2.0", ON_UP0 "'prevResult':{'ip4':{'ip':'10.1.0.9/24'}}");
	freeing char *before = bridge_snapshot();
	struct pod red;

	(void)state;
	open_pod(&red, "red");
	pod_add_fails(&red, config, CNI_EVERSION, "a result of cniVersion 0.2.0 needs an address");
	assert_shown(NULL, "1", "ip -n red -j link show");
	pod_close(&red);
	bridge_assert_unchanged(before);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, bridge_teardown)
	const struct CMUnitTest tests[] = {
		test(add__keeps_private_pods_apart_and_bridged_ones_not),
		test(add__in_passthru_has_the_masters_mac),
		test(add__takes_the_queue_length_of_broadcasts),
		test(add__takes_the_link_of_the_default_route),
		test(add__finds_its_master_in_the_container),
		test(add__finds_its_master_by_a_second_name),
		test(check__knows_the_parent_of_a_macvlan_on_another),
		test(add__takes_the_mac_of_the_strongest_source),
		test(add__tells_the_neighbours_who_has_the_addresses),
		test(add__needs_addresses_of_its_own_before_0_3_0),
		test(add__refuses_bad_input),
		test(status__misses_the_master),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
