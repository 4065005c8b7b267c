/* SPDX-License-Identifier: Apache-2.0 */
/* What ADD answers, and what is there then, key by key of the configuration. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

/* Attaches "red", asserts that CHECK agrees, and leaves it attached. */
static void add_red(struct pod *red, const char *more)
{
	freeing char *config = bridge_config("1.0.0", more);

	pod_open(red, "red");
	pod_add(red, config);
	pod_check(red, config);
}

static void assert_port(const struct pod *pod, const char *key, const char *expected)
{
	freeing char *path = cni_format("0.linkinfo.info_slave_data.%s", key);

	assert_shown(expected, path, "ip -j -d link show %s", pod->host);
}

/* ---- the answer ---- */

#define ROUTES4 "'ipam':{'type':'host-local','ranges':[" RANGE4 "],'routes':[{'dst':'0.0.0.0/0'}]}"

static const struct shape {
	const char *version;
	const char *interfaces; /* of the container's */
	const char *ips;
	const char *ip4;
	const char *dns;
} shapes[] = {
	{"0.1.0", NULL, NULL,
	 "{'ip':'10.1.0.2/24','gateway':'10.1.0.1','routes':[{'dst':'0.0.0.0/0'}]}", "{}"},
	{"0.2.0", NULL, NULL,
	 "{'ip':'10.1.0.2/24','gateway':'10.1.0.1','routes':[{'dst':'0.0.0.0/0'}]}", "{}"},
	{"0.3.0", "/run/netns/red",
	 "[{'version':'4','interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL,
	 "{}"},
	{"0.3.1", "/run/netns/red",
	 "[{'version':'4','interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL,
	 "{}"},
	{"0.4.0", "/run/netns/red",
	 "[{'version':'4','interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL,
	 "{}"},
	{"1.0.0", "/run/netns/red",
	 "[{'interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL, NULL},
	{"1.1.0", "/run/netns/red",
	 "[{'interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL, NULL},
};

static void add__answers_in_the_version_it_is_asked_in(void **state)
{
	freeing char *before = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct shape *shape = &shapes[i];
		freeing char *config = bridge_config(shape->version, GATEWAY "," ROUTES4);
		freeing char *with = NULL;
		struct plugin_call asked;
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		assert_json(red.result, "cniVersion", shape->version);
		assert_json(red.result, "interfaces.2.sandbox", shape->interfaces);
		assert_json(red.result, "ips", shape->ips);
		assert_json(red.result, "ip4", shape->ip4);
		assert_json(red.result, "dns", shape->dns);
		assert_json(red.result, "routes", shape->ip4 ? NULL : "[{'dst':'0.0.0.0/0'}]");
		/* Whatever it can say, it does the same. */
		assert_shown("10.1.0.2", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
		assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
		with = pod_config(&red, config);
		asked = pod_call(&red, "CHECK", with);
		if (strcmp(shape->version, "0.4.0") < 0)
			plugin_fails(&asked, CNI_EVERSION, "config version does not allow CHECK");
		else
			plugin_succeeds(&asked);
		pod_del(&red, config);
		assert_shown("[]", "", "ip -n red -j link show type veth");
		if (before)
			bridge_assert_unchanged(before);
		else
			before = bridge_snapshot();
		pod_close(&red);
	}
}

static void add__refuses_what_old_versions_cannot_say_before_it_makes_anything(void **state)
{
	freeing char *before = bridge_snapshot();
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	for (int i = 0; i < 2; i++) {
		const char *version = i ? "0.2.0" : "0.1.0";
		freeing char *layer2 = bridge_config(version, "");
		freeing char *two = bridge_config(version, IPAM("'ranges':[" RANGE4
								",[{'subnet':'10.2.0.0/24'}]]"));

		pod_add_fails(&red, layer2, CNI_EVERSION, "0.3.0");
		sandbox_assert_unchanged(before);
		pod_add_fails(&red, two, CNI_ECONFIG, "more than 1 address per family");
		bridge_assert_unchanged(before);
	}
	assert_shown("[]", "", "ip -n red -j link show type veth");
	pod_close(&red);
}

static void add__lists_bridge_host_end_and_container_end(void **state)
{
	freeing char *bridge = NULL;
	freeing char *host = NULL;
	freeing char *inside = NULL;
	struct pod red;

	(void)state;
	add_red(&red, GATEWAY "," IPAM46);
	assert_json(red.result, "interfaces.0.name", "br0");
	assert_json(red.result, "interfaces.0.sandbox", NULL);
	assert_json(red.result, "interfaces.1.sandbox", NULL);
	assert_json(red.result, "interfaces.2.name", "eth0");
	assert_json(red.result, "interfaces.2.sandbox", "/run/netns/red");
	assert_json(red.result, "interfaces.3", NULL);
	assert_json(red.result, "ips.0.interface", "2");
	assert_json(red.result, "ips.1.interface", "2");
	assert_true(!strncmp(red.host, "veth", 4));
	bridge = shown("0.address", "ip -j link show br0");
	host = shown("0.address", "ip -j link show %s", red.host);
	inside = shown("0.address", "ip -n red -j link show eth0");
	assert_json(red.result, "interfaces.0.mac", bridge);
	assert_json(red.result, "interfaces.1.mac", host);
	assert_json(red.result, "interfaces.2.mac", inside);
	assert_string_not_equal(bridge, host);
	assert_shown("br0", "0.master", "ip -j link show %s", red.host);
	assert_shown("UP", "0.operstate", "ip -j link show %s", red.host);
	assert_shown("UP", "0.operstate", "ip -n red -j link show eth0");
	assert_shown("blue/red/eth0", "0.ifalias", "ip -j link show %s", red.host);
	pod_close(&red);
}

/* ---- addresses, routes, dns ---- */

static void add__connects_pods_of_both_families(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM46);
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.3 >/run/out");
	sandbox_must("ip netns exec red ping -q -c1 -W5 fd01::1 >/run/out");
	sandbox_must("ip netns exec red ping -q -c1 -W5 fd01::3 >/run/out");
	sandbox_must("ping -q -c1 -W5 fd01::2 >/run/out");
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
	assert_shown("fd01::1", "0.gateway", "ip -n red -j -6 route show default");
	pod_close(&red);
	pod_close(&blue);
}

static void add__gives_ipv6_alone(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, "'isDefaultGateway':true," IPAM6);
	assert_json(red.result, "ips",
		    "[{'interface':2,'address':'fd01::2/64','gateway':'fd01::1'}]");
	assert_json(red.result, "routes", "[{'dst':'::/0','gw':'fd01::1'}]");
	assert_shown(NULL, "0.addr_info.0", "ip -n red -j -4 addr show eth0");
	sandbox_must("ip netns exec red ping -q -c1 -W5 fd01::1 >/run/out");
	/* Only the family that is used begins to be forwarded. */
	sandbox_must("[ $(sysctl -n net.ipv6.conf.all.forwarding) = 1 ]");
	sandbox_must("[ $(sysctl -n net.ipv4.ip_forward) = 0 ]");
	pod_close(&red);
}

static void add__gives_an_address_of_each_range(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, GATEWAY "," IPAM("'ranges':[" RANGE4 ",[{'subnet':'10.2.0.0/16'}]," RANGE6
				       ",[{'subnet':'fd02::/64'}]]"));
	assert_json(red.result, "ips",
		    "[{'interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'},"
		    "{'interface':2,'address':'10.2.0.2/16','gateway':'10.2.0.1'},"
		    "{'interface':2,'address':'fd01::2/64','gateway':'fd01::1'},"
		    "{'interface':2,'address':'fd02::2/64','gateway':'fd02::1'}]");
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.2.0.1 >/run/out");
	sandbox_must("ip netns exec red ping -q -c1 -W5 fd02::1 >/run/out");
	pod_close(&red);
}

static void add__gives_routes_as_they_are_written(void **state)
{
	freeing char *config = bridge_config(
		"1.1.0", GATEWAY "," IPAM("'ranges':[" RANGE4 "],'routes':["
					  "{'dst':'10.5.0.0/16'},"
					  "{'dst':'10.6.0.0/16','gw':'10.1.0.9','mtu':1300,"
					  "'advmss':1200,'priority':7,'table':99}]"));
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show 10.5.0.0/16");
	assert_shown("10.1.0.9", "0.gateway", "ip -n red -j route show table 99");
	assert_shown("7", "0.metric", "ip -n red -j route show table 99");
	assert_shown("1300", "0.metrics.0.mtu", "ip -n red -j route show table 99");
	assert_shown("1200", "0.metrics.0.advmss", "ip -n red -j route show table 99");
	assert_json(red.result, "routes.1.table", "99");
	assert_json(red.result, "routes.1.mtu", "1300");
	pod_check(&red, config);
	pod_close(&red);
}

static void add__makes_the_gateway_the_default(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, "'isDefaultGateway':true," IPAM("'ranges':[" RANGE4 "," RANGE6 "]"));
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
	assert_shown("fd01::1", "0.gateway", "ip -n red -j -6 route show default");
	assert_json(red.result, "routes",
		    "[{'dst':'0.0.0.0/0','gw':'10.1.0.1'},{'dst':'::/0','gw':'fd01::1'}]");
	pod_close(&red);
}

static void add__without_gateway_leaves_the_bridge_without_address(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, IPAM4);
	assert_shown(NULL, "0.addr_info.0", "ip -j -4 addr show br0");
	sandbox_must("[ $(sysctl -n net.ipv4.ip_forward) = 0 ]");
	assert_shown("10.1.0.2", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
	pod_close(&red);
}

static void add__prefers_the_configured_dns_to_that_of_ipam(void **state)
{
	static const char ipam[] =
		IPAM("'ranges':[" RANGE4 "],'resolvConf':'" SANDBOX_DIR "/resolv.conf'");
	freeing char *both = cni_format("'dns':{'nameservers':['10.1.0.53']},%s", ipam);
	struct pod red;

	(void)state;
	sandbox_must("printf 'nameserver 10.9.9.9\\nsearch a.example b.example\\n' > " SANDBOX_DIR
		     "/resolv.conf");
	add_red(&red, ipam);
	assert_json(red.result, "dns",
		    "{'nameservers':['10.9.9.9'],'search':['a.example','b.example']}");
	pod_close(&red);
	sandbox_must("rm -r /var/lib/cni/networks");
	add_red(&red, both);
	assert_json(red.result, "dns", "{'nameservers':['10.1.0.53']}");
	pod_close(&red);
}

/* ---- the link's own keys ---- */

static void add__takes_the_mac_of_the_runtime_first(void **state)
{
	static const char *const of_args = "'args':{'cni':{'mac':'02:00:00:00:00:02'}}";
	static const char *const of_runtime = "'args':{'cni':{'mac':'02:00:00:00:00:02'}},"
					      "'runtimeConfig':{'mac':'02:00:00:00:00:03'}";
	static const char *const expected[] = {"02:00:00:00:00:01", "02:00:00:00:00:02",
					       "02:00:00:00:00:03"};

	(void)state;
	for (int i = 0; i < 3; i++) {
		const char *from = i == 0 ? "" : i == 1 ? of_args : of_runtime;
		freeing char *more = cni_format("%s%s%s", IPAM4, *from ? "," : "", from);
		freeing char *config = bridge_config("1.0.0", more);
		struct plugin_answer answer;
		struct plugin_call asked;
		struct pod red;

		pod_open(&red, "red");
		asked = pod_call(&red, "ADD", config);
		asked.args = "IgnoreUnknown=1;MAC=02:00:00:00:00:01;K8S_POD_NAME=red";
		answer = plugin_run(&asked);
		pod_take(&red, &answer);
		plugin_answer_clear(&answer);
		assert_shown(expected[i], "0.address", "ip -n red -j link show eth0");
		assert_json(red.result, "interfaces.2.mac", expected[i]);
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
	}
}

static void add__sets_the_mtu_of_both_ends(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, "'mtu':1400," IPAM4);
	assert_shown("1400", "0.mtu", "ip -j link show %s", red.host);
	assert_shown("1400", "0.mtu", "ip -n red -j link show eth0");
	assert_shown("1400", "0.mtu", "ip -j link show br0");
	pod_close(&red);
}

static void add__sets_hairpin_and_isolation(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, "'hairpinMode':true,'portIsolation':true," IPAM4);
	assert_port(&red, "hairpin", "true");
	assert_port(&red, "isolated", "true");
	pod_close(&red);
	add_red(&red, "'name':'green'," IPAM4);
	assert_port(&red, "hairpin", "false");
	assert_port(&red, "isolated", "false");
	pod_close(&red);
}

static void add__isolates_pods_from_each_other_only(void **state)
{
	freeing char *config = bridge_config("1.0.0", "'portIsolation':true," GATEWAY "," IPAM4);
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
	assert_int_not_equal(sandbox_run("ip netns exec red ping -q -c1 -W1 10.1.0.3 >/run/out"),
			     0);
	pod_close(&red);
	pod_close(&blue);
}

static void add__makes_the_bridge_promiscuous(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, "'promiscMode':true," IPAM4);
	assert_shown("1", "0.promiscuity", "ip -j -d link show br0");
	sandbox_must("ip -o link show br0 | grep -q PROMISC");
	pod_close(&red);
}

static void add__without_ipam_is_layer_2(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, GATEWAY);
	assert_json(red.result, "ips", NULL);
	assert_json(red.result, "interfaces.2.name", "eth0");
	assert_shown(NULL, "0.addr_info.0", "ip -n red -j -4 addr show eth0");
	assert_shown(NULL, "0.addr_info.0", "ip -j -4 addr show br0");
	assert_shown("UP", "0.operstate", "ip -n red -j link show eth0");
	pod_close(&red);
}

static void add__can_leave_the_container_end_down(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, "'disableContainerInterface':true");
	assert_shown("DOWN", "0.operstate", "ip -n red -j link show eth0");
	assert_int_not_equal(sandbox_run("ip -n red -o link show eth0 | grep -q '[<,]UP[,>]'"), 0);
	pod_close(&red);
}

static void add__waits_for_duplicate_address_detection_if_asked(void **state)
{
	struct pod red;

	(void)state;
	add_red(&red, "'enabledad':true," GATEWAY "," IPAM6);
	assert_int_not_equal(
		sandbox_run("ip -n red -6 addr show dev eth0 | grep -qE 'tentative|nodad'"), 0);
	sandbox_must("[ $(ip netns exec red sysctl -n net.ipv6.conf.eth0.accept_dad) = 1 ]");
	pod_close(&red);
}

static void add__refuses_an_address_that_another_has(void **state)
{
	freeing char *config = bridge_config("1.0.0", "'enabledad':true," IPAM6);
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&blue, "blue");
	pod_open(&red, "red");
	pod_add(&blue, config);
	/* The ledger has lost what blue has: red is offered the same. */
	sandbox_must("rm -r /var/lib/cni/networks/blue");
	pod_add_fails(&red, config, CNI_EKERNEL, "fd01::2");
	assert_shown("[]", "", "ip -n red -j link show type veth");
	pod_close(&blue);
	pod_close(&red);
}

/* ---- names ---- */

static void add__makes_cni0_by_default(void **state)
{
	static const char config[] = "{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"type\":"
				     "\"bridge\"}";
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "interfaces.0.name", "cni0");
	assert_shown("bridge", "0.linkinfo.info_kind", "ip -j -d link show cni0");
	pod_check(&red, config);
	pod_close(&red);
}

static void add__understands_capitalised_keys(void **state)
{
	/* As containerd marshals capabilities; the last of two spellings counts. */
	freeing char *config = bridge_config(
		"1.0.0",
		"'ISGATEWAY':false,'IsGateway':true,'IpMasq':null,'hairpinmode':true,"
		"'runtimeConfig':{'ipRanges':[[{'Subnet':'10.9.0.0/24','RangeStart':'10.9.0.40',"
		"'RangeEnd':'10.9.0.50','Gateway':'10.9.0.1'}]],'Mac':'02:00:00:00:00:09',"
		"'PortMappings':[{'HostPort':80,'ContainerPort':80,'Protocol':'tcp',"
		"'HostIP':''}]},'IPAM':{'Type':'host-local'}");
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	asked = pod_call(&red, "ADD", config);
	asked.args = "K8S_POD_INFRA_CONTAINER_ID=red;K8S_POD_UID=1;IgnoreUnknown=1;"
		     "K8S_POD_NAMESPACE=default;K8S_POD_NAME=red;FOO=BAR";
	answer = plugin_run(&asked);
	pod_take(&red, &answer);
	plugin_answer_clear(&answer);
	assert_json(red.result, "ips",
		    "[{'interface':2,'address':'10.9.0.40/24','gateway':'10.9.0.1'}]");
	assert_shown("10.9.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	assert_shown("02:00:00:00:00:09", "0.address", "ip -n red -j link show eth0");
	assert_port(&red, "hairpin", "true");
	pod_check(&red, config);
	pod_close(&red);
}

/* ---- what is already there ---- */

static void add__leaves_a_foreign_eth0_alone(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	freeing char *inside = NULL;
	freeing char *after = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("ip -n red link add eth0 type dummy 2>/dev/null || "
		     "ip -n red link add eth0 type bridge");
	sandbox_must("ip -n red addr add 10.77.0.1/24 dev eth0; ip -n red link set eth0 up");
	inside = sandbox_read("ip -n red addr show eth0; ip -n red route");
	before = bridge_snapshot();
	pod_add_fails(&red, config, CNI_ETAKEN, "eth0");
	after = sandbox_read("ip -n red addr show eth0; ip -n red route");
	assert_string_equal(inside, after);
	bridge_assert_unchanged(before);
	pod_del(&red, config);
	free(after);
	after = sandbox_read("ip -n red addr show eth0; ip -n red route");
	assert_string_equal(inside, after);
	pod_close(&red);
}

static void add__refuses_a_second_time(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	before = sandbox_snapshot();
	pod_add_fails(&red, config, CNI_ETAKEN, "eth0");
	/* The first one stands. */
	sandbox_assert_unchanged(before);
	pod_check(&red, config);
	pod_close(&red);
}

static void add__replaces_the_bridges_address_only_by_force(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	freeing char *force = bridge_config("1.0.0", "'forceAddress':true," GATEWAY "," IPAM4);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	sandbox_must("ip link add br0 type bridge; ip addr add 10.66.0.1/24 dev br0; "
		     "ip link set br0 address 02:00:00:00:00:66 up; "
		     "sysctl -qw net.ipv6.conf.br0.accept_ra=0");
	before = bridge_snapshot();
	pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_ETAKEN, "10.66.0.1/24");
	bridge_assert_unchanged(before);
	pod_add(&red, force);
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	assert_shown(NULL, "0.addr_info.1", "ip -j -4 addr show br0");
	pod_check(&red, force);
	pod_close(&red);
}

static void add__adds_to_the_bridges_address_what_does_not_overlap(void **state)
{
	struct pod red;

	(void)state;
	sandbox_must("ip link add br0 type bridge; ip addr add fd66::1/64 dev br0");
	add_red(&red, GATEWAY "," IPAM6);
	sandbox_must("ip addr show br0 | grep -q 'fd66::1/64'");
	sandbox_must("ip addr show br0 | grep -q 'fd01::1/64'");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__answers_in_the_version_it_is_asked_in),
		bridge_test(add__refuses_what_old_versions_cannot_say_before_it_makes_anything),
		bridge_test(add__lists_bridge_host_end_and_container_end),
		bridge_test(add__connects_pods_of_both_families),
		bridge_test(add__gives_ipv6_alone),
		bridge_test(add__gives_an_address_of_each_range),
		bridge_test(add__gives_routes_as_they_are_written),
		bridge_test(add__makes_the_gateway_the_default),
		bridge_test(add__without_gateway_leaves_the_bridge_without_address),
		bridge_test(add__prefers_the_configured_dns_to_that_of_ipam),
		bridge_test(add__takes_the_mac_of_the_runtime_first),
		bridge_test(add__sets_the_mtu_of_both_ends),
		bridge_test(add__sets_hairpin_and_isolation),
		bridge_test(add__isolates_pods_from_each_other_only),
		bridge_test(add__makes_the_bridge_promiscuous),
		bridge_test(add__without_ipam_is_layer_2),
		bridge_test(add__can_leave_the_container_end_down),
		bridge_test(add__waits_for_duplicate_address_detection_if_asked),
		bridge_test(add__refuses_an_address_that_another_has),
		bridge_test(add__makes_cni0_by_default),
		bridge_test(add__understands_capitalised_keys),
		bridge_test(add__leaves_a_foreign_eth0_alone),
		bridge_test(add__refuses_a_second_time),
		bridge_test(add__replaces_the_bridges_address_only_by_force),
		bridge_test(add__adds_to_the_bridges_address_what_does_not_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
