/* SPDX-License-Identifier: Apache-2.0 */
/* The keys about links, and the spelling of keys. */
#include "attached.h"

#include "cleanup.h"
#include "mem.h"

static void assert_port(const struct pod *pod, const char *key, const char *expected)
{
	freeing char *path = cni_format("0.linkinfo.info_slave_data.%s", key);

	assert_shown(expected, path, "ip -j -d link show %s", pod->host);
}

/* ---- the link's own ---- */

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
	pod_attach(&red, "red", "'mtu':1400," IPAM4);
	assert_shown("1400", "0.mtu", "ip -j link show %s", red.host);
	assert_shown("1400", "0.mtu", "ip -n red -j link show eth0");
	assert_shown("1400", "0.mtu", "ip -j link show br0");
	pod_close(&red);
}

/* The kernel uses one queue of those that it makes by itself, and all of those that are asked for. */
static void add__makes_as_many_queues_as_are_asked_for(void **state)
{
	(void)state;
	for (int queues = 1; queues <= 3; queues += 2) {
		freeing char *more = cni_format("'queues':%d," IPAM4, queues);
		freeing char *config = bridge_config("1.0.0", more);
		freeing char *expected = cni_format("%d", queues);
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		for (int i = 0; i < 2; i++) {
			const char *key = i ? "0.num_rx_queues" : "0.num_tx_queues";

			assert_shown(expected, key, "ip -j -d link show %s", red.host);
			assert_shown(expected, key, "ip -n red -j -d link show eth0");
		}
		sandbox_must("[ $(ls /sys/class/net/%s/queues | wc -l) = %d ]", red.host,
			     2 * queues);
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
	}
}

/* As the Go plugin: the kernel's own. */
static void add__leaves_a_negative_mtu_to_the_kernel(void **state)
{
	struct pod red;

	(void)state;
	pod_attach(&red, "red", "'mtu':-1," IPAM4);
	assert_shown("1500", "0.mtu", "ip -j link show %s", red.host);
	assert_shown("1500", "0.mtu", "ip -n red -j link show eth0");
	pod_close(&red);
}

static void add__sets_hairpin_and_isolation(void **state)
{
	struct pod red;

	(void)state;
	pod_attach(&red, "red", "'hairpinMode':true,'portIsolation':true," IPAM4);
	assert_port(&red, "hairpin", "true");
	assert_port(&red, "isolated", "true");
	pod_close(&red);
	pod_attach(&red, "red", "'name':'green'," IPAM4);
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
	pod_attach(&red, "red", "'promiscMode':true," IPAM4);
	assert_shown("1", "0.promiscuity", "ip -j -d link show br0");
	sandbox_must("ip -o link show br0 | grep -q PROMISC");
	pod_close(&red);
}

static void add__without_ipam_is_layer_2(void **state)
{
	struct pod red;

	(void)state;
	pod_attach(&red, "red", GATEWAY);
	assert_json(red.result, "ips", NULL);
	assert_json(red.result, "interfaces.2.name", "eth0");
	assert_shown(NULL, "0.addr_info.0", "ip -n red -j -4 addr show eth0");
	assert_shown(NULL, "0.addr_info.0", "ip -j -4 addr show br0");
	/* Its operational state follows later. */
	sandbox_must("ip -n red link show eth0 | grep -q 'UP,LOWER_UP'");
	pod_close(&red);
}

static void add__can_leave_the_container_end_down(void **state)
{
	struct pod red;

	(void)state;
	pod_attach(&red, "red", "'disableContainerInterface':true");
	assert_shown("DOWN", "0.operstate", "ip -n red -j link show eth0");
	assert_int_not_equal(sandbox_run("ip -n red -o link show eth0 | grep -q '[<,]UP[,>]'"), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__takes_the_mac_of_the_runtime_first),
		bridge_test(add__sets_the_mtu_of_both_ends),
		bridge_test(add__makes_as_many_queues_as_are_asked_for),
		bridge_test(add__leaves_a_negative_mtu_to_the_kernel),
		bridge_test(add__sets_hairpin_and_isolation),
		bridge_test(add__isolates_pods_from_each_other_only),
		bridge_test(add__makes_the_bridge_promiscuous),
		bridge_test(add__without_ipam_is_layer_2),
		bridge_test(add__can_leave_the_container_end_down),
		bridge_test(add__makes_cni0_by_default),
		bridge_test(add__understands_capitalised_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
