/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm-quick and --vm run it as well. */
/* vlan on a link of the host, whose other end is in the namespace "lan". */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define VLAN   CNI_C_BINARY_DIR "/plugins/vlan"
#define ON_UP0 "'type':'vlan','master':'up0',"

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("lan");
	return sandbox_run("ip link add up0 mtu 1400 type veth peer name up1 netns lan && "
			   "ip link set up0 up && ip -n lan link set up1 up");
}

static bool has_vlans(void)
{
	bool has = sandbox_run("ip link add link up0 name probe0 type vlan id 9 2>/dev/null") == 0;

	sandbox_run("ip link del probe0 2>/dev/null");
	return has;
}

/* First of all: a skip jumps over what would free. */
#define needs_vlans()                                                                              \
	do {                                                                                       \
		if (!has_vlans())                                                                  \
			skip_because("this kernel has no links of kind 'vlan'");                   \
	} while (0)

static void open_pod(struct pod *pod, const char *name)
{
	pod_open(pod, name);
	pod->plugin = VLAN;
}

/* The other side of the cable has an interface in VLAN 7, and one in VLAN 8. */
static void add__sends_frames_with_its_tag(void **state)
{
	(void)state;
	needs_vlans();

	freeing char *seven = bridge_config("1.0.0", ON_UP0 "'vlanId':7," IPAM46);
	freeing char *eight = bridge_config("1.0.0", ON_UP0 "'vlanId':8,'name':'green'," IPAM46);
	struct pod green;
	struct pod red;

	for (int id = 7; id <= 8; id++)
		sandbox_must("ip -n lan link add link up1 name v%d type vlan id %d && "
			     "ip -n lan link set v%d up && ip netns add lan%d && "
			     "ip -n lan link set v%d netns lan%d && ip -n lan%d link set v%d up && "
			     "ip -n lan%d addr add 10.1.0.1/24 dev v%d && "
			     "ip -n lan%d addr add fd01::1/64 dev v%d nodad",
			     id, id, id, id, id, id, id, id, id, id, id, id);
	open_pod(&red, "red");
	open_pod(&green, "green");
	pod_add(&red, seven);
	pod_add(&green, eight);
	/* The same addresses in both. */
	assert_json(red.result, "ips.0.address", "10.1.0.2/24");
	assert_json(green.result, "ips.0.address", "10.1.0.2/24");
	for (int id = 7; id <= 8; id++) {
		sandbox_must("ip netns exec %s ping -q -c1 -W5 10.1.0.1 >/run/out",
			     id == 7 ? "red" : "green");
		sandbox_must("ip netns exec %s ping -q -c1 -W5 fd01::1 >/run/out",
			     id == 7 ? "red" : "green");
	}
	sandbox_must("ip -n lan7 neigh show 10.1.0.2 | grep -q "
		     "$(ip -n red -j link show eth0 | jq -r '.[0].address')");
	assert_shown("7", "0.linkinfo.info_data.id", "ip -n red -d -j link show eth0");
	pod_check(&red, seven);
	pod_check(&green, eight);
	pod_del(&red, seven);
	pod_del(&green, eight);
	pod_close(&red);
	pod_close(&green);
}

static void add__names_an_id_that_is_taken(void **state)
{
	(void)state;
	needs_vlans();

	freeing char *config = bridge_config("1.0.0", ON_UP0 "'vlanId':7," IPAM46);
	freeing char *before = NULL;
	struct pod green;
	struct pod red;

	open_pod(&red, "red");
	open_pod(&green, "green");
	pod_add(&red, config);
	before = bridge_snapshot();
	pod_add_fails(&green, config, CNI_ETAKEN, "'vlanId' 7 of 'up0' is taken");
	bridge_assert_unchanged(before);
	pod_check(&red, config);
	pod_del(&red, config);
	/* An administrator has the id, on the host. */
	sandbox_must("ip link add link up0 name up0.7 type vlan id 7");
	pod_add_fails(&green, config, CNI_ETAKEN, "'vlanId' 7 of 'up0' is taken");
	pod_close(&red);
	pod_close(&green);
}

static void add__finds_its_master_in_the_container(void **state)
{
	(void)state;
	needs_vlans();

	freeing char *config =
		bridge_config("1.0.0", ON_UP0 "'vlanId':0,'linkInContainer':true," IPAM46);
	struct pod red;

	open_pod(&red, "red");
	sandbox_must("ip link set up0 netns red; ip -n red link set up0 up");
	pod_add(&red, config);
	assert_shown("0", "0.linkinfo.info_data.id", "ip -n red -d -j link show eth0");
	pod_check(&red, config);
	pod_del(&red, config);
	sandbox_must("ip -n red link show up0 >/run/out");
	pod_close(&red);
}

static const struct bad {
	const char *keys;
	const char *text;
} bad[] = {
	{"'vlanId':7", "\"master\" field is required"},
	{"'master':'','vlanId':7", "\"master\" field is required"},
	{"'master':'nowhere','vlanId':7", "'master' \"nowhere\" is missing, expected one of 'up0'"},
	{"'master':'up0','vlanId':4095",
	 "'vlanId' is 4095, expected a whole number from 0 to 4094"},
	{"'master':'up0','vlanId':-1", "'vlanId' is -1"},
	{"'master':'up0','vlanId':'7'", "'vlanId' is \"7\""},
	{"'master':'up0','mtu':1401",
	 "'mtu' is 1401, expected at most 1400, the MTU of master 'up0'"},
	{"'master':'up0','mtu':-1", "'mtu' is -1"},
};

static void add__refuses_bad_input(void **state)
{
	freeing char *before = bridge_snapshot();
	struct pod red;

	(void)state;
	open_pod(&red, "red");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		freeing char *keys = cni_format("'type':'vlan',%s," IPAM4, bad[i].keys);
		freeing char *config = bridge_config("1.0.0", keys);

		pod_add_fails(&red, config, CNI_ECONFIG, bad[i].text);
		assert_shown(NULL, "1", "ip -n red -j link show");
		pod_del(&red, config);
	}
	pod_close(&red);
	bridge_assert_unchanged(before);
}

/* The addresses of a prevResult are another plugin's. */
static void add__needs_addresses_of_its_own_before_0_3_0(void **state)
{
	freeing char *config =
		bridge_config("0.2.0", ON_UP0 "'vlanId':7,"
					      "'prevResult':{'ip4':{'ip':'10.1.0.9/24'}}");
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
		test(add__sends_frames_with_its_tag),
		test(add__names_an_id_that_is_taken),
		test(add__finds_its_master_in_the_container),
		test(add__needs_addresses_of_its_own_before_0_3_0),
		test(add__refuses_bad_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
