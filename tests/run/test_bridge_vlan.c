/* SPDX-License-Identifier: Apache-2.0 */
/* VLANs of the bridge's ports: what they let through, and that frames obey. Kernels without bridge
 * VLAN filtering skip all of it; scripts/vm has one with it. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

/* First of all: a skip jumps over what would free. */
#define needs_vlan_filtering()                                                                     \
	do {                                                                                       \
		(void)state;                                                                       \
		if (!sandbox_has_vlan_filtering())                                                 \
			skip_because("this kernel has no bridge VLAN filtering");                  \
	} while (0)

#define NATIVE "'flags':['PVID','Egress Untagged']"
#define ACCESS "'vlan':100"
#define TRUNK  "'vlanTrunk':[{'id':10},{'minID':20,'maxID':22},{'id':30}]"

/* Addresses from .`first` on, so that several networks can share the subnet. */
#define IPAM4_FROM(first)                                                                          \
	IPAM("'subnet':'10.1.0.0/24','rangeStart':'10.1.0." first "','gateway':'10.1.0.1'")

static void attach(struct pod *pod, const char *name, const char *more)
{
	freeing char *config = bridge_config("1.0.0", more);

	pod_open(pod, name);
	pod_add(pod, config);
	pod_check(pod, config);
}

static void assert_vlans(const char *port, const char *expected)
{
	assert_shown(expected, "0.vlans", "bridge -j vlan show dev %s", port);
}

static void assert_reaches(const char *from, const char *address)
{
	sandbox_must("ip netns exec %s ping -q -c1 -W5 %s >/run/out", from, address);
}

static void assert_does_not_reach(const char *from, const char *address)
{
	sandbox_must("! ip netns exec %s ping -q -c1 -W1 %s >/run/out", from, address);
	sandbox_must("ip -n %s neigh flush dev eth0", from);
}

/* The port through which the bridge's interface in a VLAN is connected; the caller frees. */
static char *gateway_port(void)
{
	return shown("0.link", "ip -j link show br0.100");
}

/* ---- the port ---- */

static void vlan__is_the_ports_only_one(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	attach(&red, "red", ACCESS);
	assert_shown("1", "0.linkinfo.info_data.vlan_filtering", "ip -j -d link show br0");
	assert_vlans(red.host, "[{'vlan':100," NATIVE "}]");
	pod_close(&red);
}

static void vlan_trunk__is_tagged_beside_the_native_vlan(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	attach(&red, "red", ACCESS "," TRUNK);
	assert_vlans(red.host, "[{'vlan':10},{'vlan':20},{'vlan':21},{'vlan':22},{'vlan':30},"
			       "{'vlan':100," NATIVE "}]");
	pod_close(&red);
}

static void vlan_trunk__leaves_the_native_vlan_untagged(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	attach(&red, "red", "'vlan':21," TRUNK);
	assert_vlans(red.host,
		     "[{'vlan':10},{'vlan':20},{'vlan':21," NATIVE "},{'vlan':22},{'vlan':30}]");
	pod_close(&red);
}

static void vlan_trunk__alone_has_native_vlan_1(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	attach(&red, "red", TRUNK);
	assert_vlans(red.host, "[{'vlan':1," NATIVE
			       "},{'vlan':10},{'vlan':20},{'vlan':21},{'vlan':22},{'vlan':30}]");
	pod_close(&red);
}

static void vlan_trunk__of_nothing_leaves_the_port_as_the_bridge_made_it(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	attach(&red, "red", "'vlanTrunk':[]");
	assert_shown("1", "0.linkinfo.info_data.vlan_filtering", "ip -j -d link show br0");
	assert_vlans(red.host, "[{'vlan':1," NATIVE "}]");
	pod_close(&red);
}

/* As many ranges as there can be: more than a netlink message holds. */
static void vlan_trunk__takes_every_second_vlan(void **state)
{
	needs_vlan_filtering();

	freeing char *more = NULL;
	size_t size;
	FILE *text = open_memstream(&more, &size);
	struct pod red;

	assert_non_null(text);
	fprintf(text, ACCESS ",'vlanTrunk':[{'id':2}");
	for (int id = 4; id <= 4094; id += 2)
		fprintf(text, ",{'id':%d}", id);
	fprintf(text, "]");
	fclose(text);
	attach(&red, "red", more);
	sandbox_must("bridge vlan show dev %s >/run/vlans", red.host);
	/* A line for each, and one with the columns' names. */
	sandbox_must("[ $(wc -l </run/vlans) = 2048 ]");
	sandbox_must("! grep -qE '[13579]$' /run/vlans");
	sandbox_must("grep -qE ' 100 PVID Egress Untagged$' /run/vlans");
	pod_close(&red);
}

static void preserve_default_vlan__keeps_vlan_1(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	attach(&red, "red", ACCESS ",'preserveDefaultVlan':true," GATEWAY "," IPAM4);
	assert_vlans(red.host, "[{'vlan':1,'flags':['Egress Untagged']},{'vlan':100," NATIVE "}]");
	assert_reaches("red", "10.1.0.1");
	pod_close(&red);
}

/* ---- the bridge ---- */

static void vlan__makes_an_adopted_bridge_filter(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	sandbox_must("ip link add br0 type bridge");
	sandbox_must("ip link add old master br0 type veth peer name older");
	attach(&red, "red", ACCESS);
	assert_shown("1", "0.linkinfo.info_data.vlan_filtering", "ip -j -d link show br0");
	assert_vlans(red.host, "[{'vlan':100," NATIVE "}]");
	assert_vlans("old", "[{'vlan':1," NATIVE "}]");
	pod_close(&red);
}

static void vlan__replaces_whatever_the_bridges_default_is(void **state)
{
	needs_vlan_filtering();

	freeing char *port = NULL;
	struct pod red;

	sandbox_must("ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 5");
	attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	port = gateway_port();
	assert_vlans(red.host, "[{'vlan':100," NATIVE "}]");
	assert_vlans(port, "[{'vlan':100," NATIVE "}]");
	pod_close(&red);
}

/* ---- the gateway ---- */

static void gateway__is_the_bridges_interface_in_the_vlan(void **state)
{
	needs_vlan_filtering();

	freeing char *mac = NULL;
	freeing char *port = NULL;
	struct pod red;

	attach(&red, "red", ACCESS "," GATEWAY "," IPAM46);
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

static void gateway__is_shared_by_the_vlan_and_outlives_its_pods(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," GATEWAY "," IPAM4);
	freeing char *mac = NULL;
	struct pod blue;
	struct pod red;

	attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	mac = shown("0.address", "ip -j link show br0.100");
	attach(&blue, "blue", ACCESS "," GATEWAY "," IPAM4);
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

	attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	port = gateway_port();
	sandbox_must("ip link set br0.100 down; ip link set %s down", port);
	sandbox_must("bridge vlan del dev %s vid 100", port);
	sandbox_must("bridge vlan add dev %s vid 1 pvid untagged", port);
	attach(&blue, "blue", ACCESS "," GATEWAY "," IPAM4);
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
	attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
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

	attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	attach(&blue, "blue", ACCESS "," GATEWAY "," IPAM4);
	plugin_succeeds(&asked);
	sandbox_must("! ip link show %s 2>/run/out", blue.host);
	assert_reaches("red", "10.1.0.1");
	pod_check(&red, config);
	pod_close(&blue);
	pod_close(&red);
}

/* ---- frames ---- */

static void vlan__keeps_pods_apart(void **state)
{
	needs_vlan_filtering();

	struct pod green;
	struct pod blue;
	struct pod red;

	attach(&red, "red", ACCESS "," IPAM4_FROM("2"));
	attach(&blue, "blue", ACCESS "," IPAM4_FROM("2"));
	attach(&green, "green", "'name':'green','vlan':200," IPAM4_FROM("50"));
	assert_reaches("red", "10.1.0.3");
	assert_does_not_reach("red", "10.1.0.50");
	assert_does_not_reach("green", "10.1.0.2");
	/* It is the VLAN that kept them apart, and nothing else. */
	sandbox_must("bridge vlan add dev %s vid 100 pvid untagged", green.host);
	assert_reaches("red", "10.1.0.50");
	pod_close(&green);
	pod_close(&blue);
	pod_close(&red);
}

static void vlan_trunk__carries_tagged_frames(void **state)
{
	needs_vlan_filtering();

	struct pod trunk;
	struct pod red;

	attach(&red, "red", "'vlan':20," IPAM4);
	attach(&trunk, "trunk", "'name':'trunk'," TRUNK);
	for (int id = 20; id <= 40; id += 20)
		sandbox_must("ip -n trunk link add link eth0 name eth0.%d up type vlan id %d", id,
			     id);
	sandbox_must("ip -n trunk addr add 10.1.0.20/24 dev eth0.20");
	assert_reaches("trunk", "10.1.0.2");
	/* Nor untagged, nor in a VLAN that the trunk has not. */
	sandbox_must("ip -n trunk addr del 10.1.0.20/24 dev eth0.20");
	sandbox_must("ip -n trunk addr add 10.1.0.20/24 dev eth0");
	assert_does_not_reach("trunk", "10.1.0.2");
	sandbox_must("ip -n trunk addr del 10.1.0.20/24 dev eth0");
	sandbox_must("ip -n trunk addr add 10.1.0.20/24 dev eth0.40");
	sandbox_must("bridge vlan add dev %s vid 40 pvid untagged", red.host);
	assert_does_not_reach("trunk", "10.1.0.2");
	sandbox_must("bridge vlan add dev %s vid 40", trunk.host);
	sandbox_must("ip -n trunk neigh flush dev eth0.40");
	assert_reaches("trunk", "10.1.0.2");
	pod_close(&trunk);
	pod_close(&red);
}

static void vlan__separates_two_networks_on_one_bridge(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," GATEWAY "," IPAM4);
	struct pod green;
	struct pod red;

	attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
	attach(&green, "green",
	       "'name':'green','vlan':200," GATEWAY "," IPAM("'subnet':'10.2.0.0/24'"));
	assert_json(red.result, "interfaces.3.name", "br0.100");
	assert_json(green.result, "interfaces.3.name", "br0.200");
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0.100");
	assert_shown("10.2.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0.200");
	assert_reaches("red", "10.1.0.1");
	assert_reaches("green", "10.2.0.1");
	/* Each with the other's address beside its own: still nobody answers. */
	sandbox_must("ip -n green addr add 10.1.0.77/24 dev eth0");
	assert_does_not_reach("green", "10.1.0.2");
	pod_del(&red, config);
	assert_reaches("green", "10.2.0.1");
	pod_close(&green);
	pod_close(&red);
}

/* ---- CHECK ---- */

static void check__names_a_vlan_that_was_taken_away(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," TRUNK);
	struct pod red;

	attach(&red, "red", ACCESS "," TRUNK);
	sandbox_must("bridge vlan del dev %s vid 21", red.host);
	pod_check_fails(&red, config, "does not carry VLAN 21");
	sandbox_must("bridge vlan add dev %s vid 21", red.host);
	pod_check(&red, config);
	sandbox_must("bridge vlan del dev %s vid 100", red.host);
	pod_check_fails(&red, config, "expected 100");
	sandbox_must("bridge vlan add dev %s vid 100 pvid untagged", red.host);
	pod_check(&red, config);
	sandbox_must("ip link set br0 type bridge vlan_filtering 0");
	pod_check_fails(&red, config, "does not filter VLANs");
	pod_close(&red);
}

static void check__looks_at_the_gateways_interface(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," GATEWAY "," IPAM4);
	freeing char *port = NULL;
	struct pod red;

	attach(&red, "red", ACCESS "," GATEWAY "," IPAM4);
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

/* ---- DEL ---- */

static void del__leaves_no_port(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," TRUNK "," IPAM4);
	freeing char *before = NULL;
	struct pod red;

	sandbox_must("ip link add br0 address 02:00:00:00:00:01 up type bridge vlan_filtering 1");
	sandbox_must("sysctl -qw net.ipv6.conf.br0.accept_ra=0");
	before = bridge_snapshot();
	attach(&red, "red", ACCESS "," TRUNK "," IPAM4);
	pod_del(&red, config);
	assert_shown("[]", "", "ip -j link show master br0");
	assert_shown("[]", "", "ip -n red -j link show type veth");
	bridge_assert_unchanged(before);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(vlan__is_the_ports_only_one),
		bridge_test(vlan_trunk__is_tagged_beside_the_native_vlan),
		bridge_test(vlan_trunk__leaves_the_native_vlan_untagged),
		bridge_test(vlan_trunk__alone_has_native_vlan_1),
		bridge_test(vlan_trunk__of_nothing_leaves_the_port_as_the_bridge_made_it),
		bridge_test(vlan_trunk__takes_every_second_vlan),
		bridge_test(preserve_default_vlan__keeps_vlan_1),
		bridge_test(vlan__makes_an_adopted_bridge_filter),
		bridge_test(vlan__replaces_whatever_the_bridges_default_is),
		bridge_test(gateway__is_the_bridges_interface_in_the_vlan),
		bridge_test(gateway__is_shared_by_the_vlan_and_outlives_its_pods),
		bridge_test(gateway__is_finished_where_it_is_half_made),
		bridge_test(gateway__may_be_a_vlan_device_of_the_operators),
		bridge_test(gateway__is_spared_by_gc),
		bridge_test(vlan__keeps_pods_apart),
		bridge_test(vlan_trunk__carries_tagged_frames),
		bridge_test(vlan__separates_two_networks_on_one_bridge),
		bridge_test(check__names_a_vlan_that_was_taken_away),
		bridge_test(check__looks_at_the_gateways_interface),
		bridge_test(del__leaves_no_port),
	};

	return cmocka_run_group_tests_name("bridge_vlan", tests, NULL, NULL);
}
