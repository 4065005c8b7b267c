/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* CHECK of tap after one damage at a time. */
#include "tap_scene.h"

#include "cleanup.h"

#include <stdlib.h>

#define KEYS "'mac':'0a:58:0a:01:00:77','mtu':1400,'owner':1001,'group':1002,'bridge':'br0'," IPAM46

/* The tap again, as the reference's helper would make it. */
#define AGAIN(keys)                                                                                \
	"ip -n red link del eth0; ip -n red tuntap add eth0 mode tap " keys                        \
	" && ip -n red link set eth0 address 0a:58:0a:01:00:77 mtu 1400 master br0 up"
#define OWNERS "user 1001 group 1002"

static const struct {
	const char *damage, *says;
} cases[] = {
	{"ip -n red link del eth0", "'eth0' is missing in the container"},
	{"ip -n red link set eth0 down && ip -n red link set eth0 name eth9",
	 "'eth0' is missing in the container"},
	{"ip -n red link del eth0; ip -n red link add eth0 type veth peer name v",
	 "'eth0' in the container is of kind 'veth', expected a tun"},
	{"ip -n red link del eth0; ip -n red tuntap add eth0 mode tun " OWNERS,
	 "'eth0' in the container has MAC"},
	{"ip -n red link set eth0 address 0a:58:0a:01:00:78",
	 "'eth0' in the container has MAC 0a:58:0a:01:00:78, expected 0a:58:0a:01:00:77"},
	{"ip -n red link set eth0 mtu 1300", "'eth0' in the container has MTU 1300, expected 1400"},
	{AGAIN("user 7 group 1002"), "'eth0' has owner 7, expected 1001"},
	{AGAIN("group 1002"), "'eth0' has owner none, expected 1001"},
	{AGAIN("user 1001"), "'eth0' has group none, expected 1002"},
	{AGAIN(OWNERS " multi_queue"), "'eth0' has multiQueue true, expected false"},
	{"ip -n red link set eth0 nomaster",
	 "'eth0' in the container is not a port of bridge 'br0'"},
	{"ip -n red link add br1 type bridge && ip -n red link set eth0 master br1",
	 "'eth0' in the container is not a port of bridge 'br0'"},
	{"ip -n red link del br0; ip -n red link add br2 type bridge",
	 "'bridge' is \"br0\", expected a bridge in the container: it has 'br2'"},
	{"ip -n red link set eth0 down", "'eth0' in the container is down, expected it up"},
	{"ip -n red addr del 10.1.0.2/24 dev eth0",
	 "'eth0' in the container lacks address 10.1.0.2/24"},
	{"ip -n red -6 addr del fd01::2/64 dev eth0",
	 "'eth0' in the container lacks address fd01::2/64"},
	{"ip -n red route del default", "0.0.0.0/0"},
	{"ip -n red -6 route del default", "::/0"},
	{"rm /var/lib/cni/networks/blue/10.1.0.2", "10.1.0.2"},
};

static void check__names_each_damage(void **state)
{
	(void)state;
	needs_taps();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = tap_config("1.1.0", KEYS);
		struct pod red;

		pod_open(&red, "red");
		sandbox_must("ip -n red link add br0 type bridge");
		tap_add(&red, config);
		tap_check(&red, config);
		sandbox_must("%s", cases[i].damage);
		fprintf(stderr, "# %s\n", cases[i].damage);
		tap_check_fails(&red, config, cases[i].says);
		tap_del(&red, config);
		sandbox_must("rm -rf /var/lib/cni/networks");
		pod_close(&red);
	}
}

static void check__needs_the_prev_result(void **state)
{
	freeing char *config = tap_config("1.0.0", "");
	struct plugin_call call;
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	tap_add(&red, config);
	call = tap_call(&red, "CHECK", config);
	plugin_fails(&call, CNI_ECONFIG, "prevResult");
	pod_close(&red);
}

/* A plugin behind it in the chain, such as tuning, has put its own into the prevResult. */
static void check__takes_mac_and_mtu_of_the_prev_result(void **state)
{
	freeing char *config = tap_config("1.1.0", "'mtu':1400,'mac':'0a:58:0a:01:00:77'");
	struct pod red;
	cJSON *interface;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	tap_add(&red, config);
	interface = cJSON_GetArrayItem(cni_json_get(red.result, "interfaces"), 0);
	cni_json_set(interface, "mtu", cJSON_CreateNumber(1300));
	cni_json_set(interface, "mac", cJSON_CreateString("0a:58:0a:01:00:78"));
	sandbox_must("ip -n red link set eth0 mtu 1300 address 0a:58:0a:01:00:78");
	tap_check(&red, config);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(check__names_each_damage),
		tap_test(check__needs_the_prev_result),
		tap_test(check__takes_mac_and_mtu_of_the_prev_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
