/* SPDX-License-Identifier: Apache-2.0 */
/* ADD's addresses, routes and DNS. */
#include "attached.h"
#include "faults.h"

#include "cleanup.h"
#include "mem.h"

/* ---- the container's ---- */

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
	pod_attach(&red, "red", "'isDefaultGateway':true," IPAM6);
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

static void add__looks_up_no_setting_in_the_namespace_for_ipv4(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY ",'ipMasq':true," IPAM4);
	struct pod red;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	pod_open(&red, "red");
	pod_add_without_settings(&red, config);
	pod_close(&red);
}

static void add__gives_an_address_of_each_range(void **state)
{
	struct pod red;

	(void)state;
	pod_attach(&red, "red",
		   GATEWAY "," IPAM("'ranges':[" RANGE4 ",[{'subnet':'10.2.0.0/16'}]," RANGE6
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

/* Results before 1.1.0 have only destination and gateway. */
static void add__is_followed_by_check_whatever_the_routes(void **state)
{
	static const char *const versions[] = {"0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *config =
			bridge_config(versions[i], GATEWAY
				      "," IPAM("'ranges':[" RANGE4 "," RANGE6 "],'routes':["
					       "{'dst':'10.6.0.0/16','table':0},"
					       "{'dst':'10.7.0.0/16','scope':253},"
					       "{'dst':'10.8.0.0/16','table':99,'priority':3},"
					       "{'dst':'10.9.0.0/16','mtu':1300,'scope':0},"
					       "{'dst':'fd08::/64','table':99,'priority':3}]"));
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show 10.6.0.0/16");
		assert_shown("link", "0.scope", "ip -n red -j route show 10.7.0.0/16");
		assert_shown(NULL, "0.gateway", "ip -n red -j route show 10.7.0.0/16");
		pod_check(&red, config);
		sandbox_must("ip -n red route del 10.8.0.0/16 table 99");
		pod_check_fails(&red, config, "10.8.0.0/16");
		pod_del(&red, config);
		pod_close(&red);
	}
}

static void add__makes_the_gateway_the_default(void **state)
{
	struct pod red;

	(void)state;
	pod_attach(&red, "red",
		   "'isDefaultGateway':true," IPAM("'ranges':[" RANGE4 "," RANGE6 "]"));
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
	pod_attach(&red, "red", IPAM4);
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
	pod_attach(&red, "red", ipam);
	assert_json(red.result, "dns",
		    "{'nameservers':['10.9.9.9'],'search':['a.example','b.example']}");
	pod_close(&red);
	sandbox_must("rm -r /var/lib/cni/networks");
	pod_attach(&red, "red", both);
	assert_json(red.result, "dns", "{'nameservers':['10.1.0.53']}");
	pod_close(&red);
}

static void add__in_layer_2_has_the_configured_dns(void **state)
{
	static const char *const versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};
	static const char *const keys[] = {"", "'disableContainerInterface':true,"};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		for (size_t j = 0; j < 2; j++) {
			freeing char *more =
				cni_format("%s'dns':{'nameservers':['10.1.0.53'],'domain':"
					   "'a.example','options':['ndots:2']}",
					   keys[j]);
			freeing char *config = bridge_config(versions[i], more);
			struct pod red;

			pod_open(&red, "red");
			pod_add(&red, config);
			assert_json(red.result, "dns",
				    "{'nameservers':['10.1.0.53'],'domain':'a.example',"
				    "'options':['ndots:2']}");
			pod_del(&red, config);
			pod_close(&red);
		}
}

/* A plugin that makes no interface says what it was told: the list's `dns` is for the first. */
static void add__of_a_chained_plugin_keeps_the_dns_of_prev_result(void **state)
{
	freeing char *config =
		bridge_config("1.0.0",
			      "'type':'portmap','dns':{'nameservers':['10.1.0.54']},'prevResult':{"
			      "'cniVersion':'1.0.0','dns':{'nameservers':['10.1.0.53']}}");
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	asked = pod_call(&red, "ADD", config);
	asked.plugin = CNI_C_BINARY_DIR "/plugins/portmap";
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	assert_json(answer.json, "dns", "{'nameservers':['10.1.0.53']}");
	plugin_answer_clear(&answer);
	pod_close(&red);
}

/* ---- duplicates ---- */

static void add__waits_for_duplicate_address_detection_if_asked(void **state)
{
	struct pod red;

	(void)state;
	pod_attach(&red, "red", "'enabledad':true," GATEWAY "," IPAM6);
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

/* ---- the bridge's ---- */

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
	pod_attach(&red, "red", GATEWAY "," IPAM6);
	sandbox_must("ip addr show br0 | grep -q 'fd66::1/64'");
	sandbox_must("ip addr show br0 | grep -q 'fd01::1/64'");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__connects_pods_of_both_families),
		bridge_test(add__gives_ipv6_alone),
		bridge_test(add__looks_up_no_setting_in_the_namespace_for_ipv4),
		bridge_test(add__gives_an_address_of_each_range),
		bridge_test(add__gives_routes_as_they_are_written),
		bridge_test(add__is_followed_by_check_whatever_the_routes),
		bridge_test(add__makes_the_gateway_the_default),
		bridge_test(add__without_gateway_leaves_the_bridge_without_address),
		bridge_test(add__prefers_the_configured_dns_to_that_of_ipam),
		bridge_test(add__in_layer_2_has_the_configured_dns),
		bridge_test(add__of_a_chained_plugin_keeps_the_dns_of_prev_result),
		bridge_test(add__waits_for_duplicate_address_detection_if_asked),
		bridge_test(add__refuses_an_address_that_another_has),
		bridge_test(add__replaces_the_bridges_address_only_by_force),
		bridge_test(add__adds_to_the_bridges_address_what_does_not_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
