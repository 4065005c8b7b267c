/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* The gateway in a VLAN: the bridge's own interface there, and the port that it is connected by. */
#include "vlan_scene.h"

#include "cleanup.h"
#include "mem.h"

/* The port through which the bridge's interface in a VLAN is connected; the caller frees. */
static char *gateway_port(void)
{
	return shown("0.link", "ip -j link show br0.100");
}

static void gateway__is_the_bridges_interface_in_the_vlan(void **state)
{
	needs_vlan_filtering();

	freeing char *mac = NULL;
	freeing char *port = NULL;
	struct pod red;

	pod_attach(&red, "red", ACCESS "," GATEWAY "," IPAM46);
	mac = shown("0.address", "ip -j link show br0.100");
	port = gateway_port();
	assert_json(red.result, "interfaces.3.name", "br0.100");
	assert_json(red.result, "interfaces.3.mac", mac);
	assert_json(red.result, "interfaces.3.sandbox", NULL);
	assert_json(red.result, "interfaces.4", NULL);
	assert_json(red.result, "ips.0.interface", "2");
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0.100");
	assert_shown(NULL, "0.addr_info.0", "ip -j -4 addr show br0");
	assert_vlans(port, "[{'vlan':100," NATIVE "}]");
	assert_reaches("red", "10.1.0.1");
	assert_reaches("red", "fd01::1");
	pod_close(&red);
}

/* The VLAN has one interface, whichever name of the bridge a configuration has. */
static void gateway__is_named_by_the_bridges_own_name(void **state)
{
	static const char *const names[] = {"lan", "lan0-bridge", "br0"};

	(void)state;
	needs_vlan_filtering();
	sandbox_must("ip link add br0 type bridge; ip link property add dev br0 altname lan "
		     "altname lan0-bridge");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		freeing char *more = cni_format(
			"'bridge':'%s'," ACCESS "," GATEWAY ",'ipMasq':true," IPAM4, names[i]);
		freeing char *config = bridge_config("1.0.0", more);
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		assert_json(red.result, "interfaces.0.name", "br0");
		assert_json(red.result, "interfaces.3.name", "br0.100");
		assert_reaches("red", "10.1.0.1");
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
	}
}

static void gateway__is_shared_by_the_vlan_and_outlives_its_pods(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," GATEWAY "," IPAM4);
	freeing char *mac = NULL;
	struct pod blue;
	struct pod red;

	pod_attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	mac = shown("0.address", "ip -j link show br0.100");
	pod_attach(&blue, "blue", ACCESS "," GATEWAY "," IPAM4);
	assert_json(blue.result, "interfaces.3.mac", mac);
	pod_del(&red, config);
	assert_reaches("blue", "10.1.0.1");
	pod_check(&blue, config);
	pod_del(&blue, config);
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0.100");
	/* Its port is the only one left. */
	assert_shown("br0.100", "0.link", "ip -j link show master br0");
	assert_shown(NULL, "1", "ip -j link show master br0");
	pod_close(&blue);
	pod_close(&red);
}

/* As an ADD leaves it that is killed in the middle. */
static void gateway__is_finished_where_it_is_half_made(void **state)
{
	needs_vlan_filtering();

	freeing char *port = NULL;
	struct pod blue;
	struct pod red;

	pod_attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	port = gateway_port();
	sandbox_must("ip link set br0.100 down; ip link set %s down", port);
	sandbox_must("bridge vlan del dev %s vid 100", port);
	sandbox_must("bridge vlan add dev %s vid 1 pvid untagged", port);
	pod_attach(&blue, "blue", ACCESS "," GATEWAY "," IPAM4);
	assert_vlans(port, "[{'vlan':100," NATIVE "}]");
	assert_reaches("blue", "10.1.0.1");
	pod_close(&blue);
	pod_close(&red);
}

static void gateway__may_be_a_vlan_device_of_the_operators(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	sandbox_must("ip link add br0 type bridge vlan_filtering 1 && ip link set br0 up");
	sandbox_must("bridge vlan add dev br0 vid 100 self");
	sandbox_must("ip link add link br0 name br0.100 up type vlan id 100");
	pod_attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	assert_json(red.result, "interfaces.3.name", "br0.100");
	assert_shown("vlan", "0.linkinfo.info_kind", "ip -j -d link show br0.100");
	assert_reaches("red", "10.1.0.1");
	pod_close(&red);
}

static void gateway__is_spared_by_gc(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.1.0", ACCESS "," GATEWAY "," IPAM4);
	freeing char *gc =
		bridge_config("1.1.0", ACCESS "," GATEWAY "," IPAM4 ",'cni.dev/valid-attachments':"
					      "[{'containerID':'red','ifname':'eth0'}]");
	struct plugin_call asked = bridge_call("GC", gc);
	struct pod blue;
	struct pod red;

	pod_attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	pod_attach(&blue, "blue", ACCESS "," GATEWAY "," IPAM4);
	plugin_succeeds(&asked);
	sandbox_must("! ip link show %s 2>/run/out", blue.host);
	assert_reaches("red", "10.1.0.1");
	pod_check(&red, config);
	pod_close(&blue);
	pod_close(&red);
}

static void vlan__replaces_whatever_the_bridges_default_is(void **state)
{
	needs_vlan_filtering();

	freeing char *port = NULL;
	struct pod red;

	sandbox_must("ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 5");
	pod_attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	port = gateway_port();
	assert_vlans(red.host, "[{'vlan':100," NATIVE "}]");
	assert_vlans(port, "[{'vlan':100," NATIVE "}]");
	pod_close(&red);
}

static void vlan__separates_two_networks_on_one_bridge(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," GATEWAY "," IPAM4);
	struct pod green;
	struct pod red;

	pod_attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	pod_attach(&green, "green",
		   "'name':'green','vlan':200," GATEWAY "," IPAM("'subnet':'10.2.0.0/24'"));
	assert_json(red.result, "interfaces.3.name", "br0.100");
	assert_json(green.result, "interfaces.3.name", "br0.200");
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0.100");
	assert_shown("10.2.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0.200");
	assert_reaches("red", "10.1.0.1");
	assert_reaches("green", "10.2.0.1");
	/* Each with the other's address beside its own: still there is no answer. */
	sandbox_must("ip -n green addr add 10.1.0.77/24 dev eth0");
	assert_does_not_reach("green", "10.1.0.2");
	pod_del(&red, config);
	assert_reaches("green", "10.2.0.1");
	pod_close(&green);
	pod_close(&red);
}

static void check__looks_at_the_gateways_interface(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," GATEWAY "," IPAM4);
	freeing char *port = NULL;
	struct pod red;

	pod_attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	port = gateway_port();
	sandbox_must("bridge vlan del dev %s vid 100", port);
	pod_check_fails(&red, config, "expected 100");
	sandbox_must("bridge vlan add dev %s vid 100 pvid untagged", port);
	sandbox_must("ip link set br0.100 down");
	pod_check_fails(&red, config, "'br0.100' is down");
	sandbox_must("ip link set br0.100 up && ip link set %s down", port);
	pod_check_fails(&red, config, port);
	sandbox_must("ip link set %s up", port);
	pod_check(&red, config);
	sandbox_must("ip link set %s nomaster", port);
	pod_check_fails(&red, config, "is not a port of bridge 'br0'");
	sandbox_must("ip link del br0.100");
	pod_check_fails(&red, config, "'br0.100' is missing");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(gateway__is_the_bridges_interface_in_the_vlan),
		bridge_test(gateway__is_named_by_the_bridges_own_name),
		bridge_test(gateway__is_shared_by_the_vlan_and_outlives_its_pods),
		bridge_test(gateway__is_finished_where_it_is_half_made),
		bridge_test(gateway__may_be_a_vlan_device_of_the_operators),
		bridge_test(gateway__is_spared_by_gc),
		bridge_test(vlan__replaces_whatever_the_bridges_default_is),
		bridge_test(vlan__separates_two_networks_on_one_bridge),
		bridge_test(check__looks_at_the_gateways_interface),
	};

	return cmocka_run_group_tests_name("bridge_vlan_gateway", tests, NULL, NULL);
}
