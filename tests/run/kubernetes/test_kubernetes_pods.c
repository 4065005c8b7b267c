/* SPDX-License-Identifier: Apache-2.0 */
/* The conflist that the installer of conf/kubernetes has written, used for pods with the executables that it has
 * copied. */
#include "kubernetes_scene.h"

#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "plugin.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define CNITOOL CNI_C_BINARY_DIR "/cnitool/cnitool"

/* The plugins of the conflist as the image has them. */
static void fill_image(void)
{
	sandbox_must("rm " IMAGE_BIN "/* && cd " CNI_C_BINARY_DIR " && "
		     "cp plugins/bridge plugins/portmap plugins/firewall plugins/bandwidth "
		     "ipam/host-local " IMAGE_BIN);
}

static void make_pod(const char *name)
{
	sandbox_add_netns(name);
}

static struct plugin_answer ask(const char *verb, const char *pod)
{
	static const char *const environment[] = {"NETCONFPATH=" NODE_CONF, NULL};
	freeing char *netns = cni_format("/run/netns/%s", pod);
	const char *const arguments[] = {verb, "pods", netns, NULL};

	return plugin_run(&(struct plugin_call){.plugin = CNITOOL,
						.path = NODE_BIN,
						.environment = environment,
						.arguments = arguments});
}

static void succeeds(const char *verb, const char *pod)
{
	struct plugin_answer answer = ask(verb, pod);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

static void install(const char *spec, const char *expected)
{
	freeing char *node = cni_format(NODE("%s"), spec);

	kubernetes_answer("200 OK", node);
	installer_start(NULL);
	installer_await("ready");
	installer_await(expected);
	installer_end(SIGTERM);
}

static void assert_address(const char *pod, const char *family, const char *expected)
{
	assert_shown(expected, "0.addr_info.0.local", "ip -n %s -j -%s addr show eth0 scope global",
		     pod, family);
}

static void assert_reaches_gateway(const char *pod, const char *gateway)
{
	sandbox_must("ip netns exec %s ping -q -c1 -W5 %s >/dev/null", pod, gateway);
}

/* ---- families ---- */

static void pod__has_an_address_of_each_family(void **state)
{
	freeing char *before = NULL;

	(void)state;
	fill_image();
	install(BOTH_CIDRS, "10.244.1.0/24, fd00:10:244:1::/64");
	before = sandbox_read("nft list ruleset");
	make_pod("red");
	make_pod("blue");
	succeeds("add", "red");
	succeeds("add", "blue");
	succeeds("check", "red");
	assert_address("red", "4", "10.244.1.2");
	assert_address("red", "6", "fd00:10:244:1::2");
	assert_address("blue", "4", "10.244.1.3");
	assert_shown("10.244.1.1", "0.gateway", "ip -n red -j -4 route show default");
	assert_shown("fd00:10:244:1::1", "0.gateway", "ip -n red -j -6 route show default");
	assert_reaches_gateway("red", "10.244.1.1");
	assert_reaches_gateway("red", "fd00:10:244:1::1");
	assert_reaches_gateway("red", "10.244.1.3");
	/* Other nodes' pods see the pod's address. */
	sandbox_must("nft list ruleset | grep -q 10.244.0.0/16 && "
		     "nft list ruleset | grep -q fd00:10:244::/48");
	succeeds("del", "red");
	succeeds("del", "blue");
	assert_shown("[]", "", "ip -j link show master cni-c0");
	sandbox_must("! ls /var/lib/cni/networks/pods | grep -e '^10\\.' -e '^fd00'");
	sandbox_must("! nft list ruleset | grep -e 10.244 -e fd00:10");
}

static void pod__of_a_node_with_one_family(void **state)
{
	static const struct {
		const char *spec;
		const char *cidr;
		const char *family;
		const char *address;
		const char *gateway;
	} families[] = {
		{"'podCIDRs':[" CIDR4 "]", "10.244.1.0/24", "4", "10.244.1.2", "10.244.1.1"},
		{"'podCIDRs':[" CIDR6 "]", "fd00:10:244:1::/64", "6", "fd00:10:244:1::2",
		 "fd00:10:244:1::1"},
	};

	(void)state;
	fill_image();
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		install(families[i].spec, families[i].cidr);
		make_pod("red");
		succeeds("add", "red");
		assert_address("red", families[i].family, families[i].address);
		sandbox_must("! ip -n red -%s addr show eth0 scope global | grep inet",
			     *families[i].family == '4' ? "6" : "4");
		assert_reaches_gateway("red", families[i].gateway);
		succeeds("del", "red");
		sandbox_del_netns("red");
		sandbox_must("ip link del cni-c0");
	}
}

/* ---- a change under a running pod, as conf/kubernetes/README.md describes it ---- */

static void change__is_for_new_pods(void **state)
{
	(void)state;
	fill_image();
	install("'podCIDRs':['10.244.1.0/24']", "10.244.1.0/24");
	make_pod("old");
	succeeds("add", "old");
	assert_reaches_gateway("old", "10.244.1.1");
	install("'podCIDRs':['10.244.9.0/24']", "10.244.9.0/24");
	/* Nothing happens to the pod until the next one comes. */
	assert_reaches_gateway("old", "10.244.1.1");
	make_pod("new");
	succeeds("add", "new");
	assert_address("new", "4", "10.244.9.2");
	assert_reaches_gateway("new", "10.244.9.1");
	/* From then on the bridge has the new gateway alone. */
	assert_address("old", "4", "10.244.1.2");
	assert_int_not_equal(sandbox_run("ip netns exec old ping -q -c1 -W1 10.244.1.1 >/dev/null"),
			     0);
	/* DEL uses the configuration of ADD. */
	succeeds("del", "old");
	succeeds("del", "new");
	assert_shown("[]", "", "ip -j link show master cni-c0");
	sandbox_must("! ls /var/lib/cni/networks/pods | grep '^10\\.'");
	sandbox_must("! nft list ruleset | grep 10.244");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kubernetes_test(pod__has_an_address_of_each_family),
		kubernetes_test(pod__of_a_node_with_one_family),
		kubernetes_test(change__is_for_new_pods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
