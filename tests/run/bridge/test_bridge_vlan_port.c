/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm-quick and --vm run it as well. */
/* VLANs of the pods' ports, and the frames that pass them. */
#include "vlan_scene.h"

#include "cleanup.h"

/* Addresses from .`first` on, so that several networks can share the subnet. */
#define IPAM4_FROM(first)                                                                          \
	IPAM("'subnet':'10.1.0.0/24','rangeStart':'10.1.0." first "','gateway':'10.1.0.1'")

/* ---- the port ---- */

static void vlan__is_the_ports_only_one(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	pod_attach(&red, "red", ACCESS);
	assert_shown("1", "0.linkinfo.info_data.vlan_filtering", "ip -j -d link show br0");
	assert_vlans(red.host, "[{'vlan':100," NATIVE "}]");
	pod_close(&red);
}

static void vlan_trunk__is_tagged_beside_the_native_vlan(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	pod_attach(&red, "red", ACCESS "," TRUNK);
	assert_vlans(red.host, "[{'vlan':10},{'vlan':20},{'vlan':21},{'vlan':22},{'vlan':30},"
			       "{'vlan':100," NATIVE "}]");
	pod_close(&red);
}

static void vlan_trunk__leaves_the_native_vlan_untagged(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	pod_attach(&red, "red", "'vlan':21," TRUNK);
	assert_vlans(red.host,
		     "[{'vlan':10},{'vlan':20},{'vlan':21," NATIVE "},{'vlan':22},{'vlan':30}]");
	pod_close(&red);
}

static void vlan_trunk__alone_has_native_vlan_1(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	pod_attach(&red, "red", TRUNK);
	assert_vlans(red.host, "[{'vlan':1," NATIVE
			       "},{'vlan':10},{'vlan':20},{'vlan':21},{'vlan':22},{'vlan':30}]");
	pod_close(&red);
}

static void vlan_trunk__of_nothing_leaves_the_port_as_the_bridge_made_it(void **state)
{
	needs_vlan_filtering();

	struct pod red;

	pod_attach(&red, "red", "'vlanTrunk':[]");
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
	pod_attach(&red, "red", more);
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

	pod_attach(&red, "red", ACCESS ",'preserveDefaultVlan':true," GATEWAY "," IPAM4);
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
	pod_attach(&red, "red", ACCESS);
	assert_shown("1", "0.linkinfo.info_data.vlan_filtering", "ip -j -d link show br0");
	assert_vlans(red.host, "[{'vlan':100," NATIVE "}]");
	assert_vlans("old", "[{'vlan':1," NATIVE "}]");
	pod_close(&red);
}

/* ---- frames ---- */

static void vlan__keeps_pods_apart(void **state)
{
	needs_vlan_filtering();

	struct pod green;
	struct pod blue;
	struct pod red;

	pod_attach(&red, "red", ACCESS "," IPAM4_FROM("2"));
	pod_attach(&blue, "blue", ACCESS "," IPAM4_FROM("2"));
	pod_attach(&green, "green", "'name':'green','vlan':200," IPAM4_FROM("50"));
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

	pod_attach(&red, "red", "'vlan':20," IPAM4);
	pod_attach(&trunk, "trunk", "'name':'trunk'," TRUNK);
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

/* ---- CHECK ---- */

static void check__names_a_vlan_that_was_taken_away(void **state)
{
	needs_vlan_filtering();

	freeing char *config = bridge_config("1.0.0", ACCESS "," TRUNK);
	struct pod red;

	pod_attach(&red, "red", ACCESS "," TRUNK);
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
	pod_attach(&red, "red", ACCESS "," TRUNK "," IPAM4);
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
		bridge_test(vlan__keeps_pods_apart),
		bridge_test(vlan_trunk__carries_tagged_frames),
		bridge_test(check__names_a_vlan_that_was_taken_away),
		bridge_test(del__leaves_no_port),
	};

	return cmocka_run_group_tests_name("bridge_vlan_port", tests, NULL, NULL);
}
