/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge's MAC where an operator has left an unusable one. */
#include "bridge.h"
#include "faults.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* A bridge has all zeroes when its last port has gone, and so it stays when it is set up. */
#define ZERO_MAC                                                                                   \
	"ip link add br0 type bridge; ip link add vx type veth peer name vy; "                     \
	"ip link set vx master br0; ip link del vx; ip link set br0 up; "                          \
	"ip link show br0 | grep -q 'link/ether 00:00:00:00:00:00'"
/* The kernel lets that be set by hand, too: it is what the bridge has. */
#define PINNED ZERO_MAC "; ip link set br0 address 00:00:00:00:00:00"

static void assert_usable(const char *ifname)
{
	freeing char *mac = shown("0.address", "ip -j link show %s", ifname);

	assert_non_null(mac);
	assert_string_not_equal(mac, "00:00:00:00:00:00");
	/* Locally administered, of one host. */
	assert_non_null(strchr("26ae", mac[1]));
	sandbox_must("test $(cat /sys/class/net/%s/addr_assign_type) = 3", ifname);
}

static void add__gives_a_bridge_of_zeroes_a_mac(void **state)
{
	static const char *const setups[] = {ZERO_MAC, PINNED};
	static const char *const keys[] = {GATEWAY "," IPAM46, IPAM4, "", "'promiscMode':true"};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(keys) / sizeof(*keys); i++) {
		freeing char *config = bridge_config("1.0.0", keys[i / 2]);
		freeing char *mac = NULL;
		struct pod red;

		sandbox_must("%s", setups[i % 2]);
		pod_open(&red, "red");
		pod_add(&red, config);
		assert_usable("br0");
		mac = shown("0.address", "ip -j link show br0");
		assert_json(red.result, "interfaces.0.mac", mac);
		if (strstr(keys[i / 2], GATEWAY))
			sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out; "
				     "ip netns exec red ping -q -c1 -W5 fd01::1 >/run/out");
		pod_check(&red, config);
		pod_del(&red, config);
		assert_shown(mac, "0.address", "ip -j link show br0");
		pod_close(&red);
		sandbox_must("ip link del br0; rm -rf /var/lib/cni/networks");
	}
}

/* The second begins while the first is about to choose, and must see what that has chosen. */
static void add__gives_a_bridge_of_zeroes_one_mac(void **state)
{
	static const char *const slowly[] = {"-o",   "/dev/null",
					     "-e",   "trace=fcntl",
					     "-e",   "inject=fcntl:delay_exit=1000000",
					     BRIDGE, NULL};
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct plugin_process running;
	struct plugin_answer answer;
	struct plugin_call call;
	struct pod blue;
	struct pod red;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	sandbox_must(ZERO_MAC);
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	call = pod_call(&red, "ADD", config);
	call.plugin = "/usr/bin/strace";
	call.arguments = slowly;
	running = plugin_start(&call);
	sandbox_await(
		"grep -q \"OFDLCK.*WRITE.*:$(stat -c %%i /run/cni/locks/held) \" /proc/locks");
	pod_add(&blue, config);
	answer = plugin_finish(&running);
	pod_take(&red, &answer);
	plugin_answer_clear(&answer);
	pod_check(&red, config);
	pod_check(&blue, config);
	pod_close(&red);
	pod_close(&blue);
}

static void check__names_a_bridge_of_zeroes(void **state)
{
	static const char *const keys[] = {GATEWAY "," IPAM4, ""};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		freeing char *config = bridge_config("1.0.0", keys[i]);
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		sandbox_must("ip link del br0; " ZERO_MAC);
		pod_check_fails(&red, config, "bridge 'br0' has MAC 00:00:00:00:00:00");
		/* Also if that is what an ADD has answered. */
		cni_json_set(cJSON_GetArrayItem(cni_json_get(red.result, "interfaces"), 0), "mac",
			     cJSON_CreateString("00:00:00:00:00:00"));
		pod_check_fails(&red, config, "bridge 'br0' has MAC 00:00:00:00:00:00");
		sandbox_must("ip link del br0");
		pod_del(&red, config);
		pod_close(&red);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__gives_a_bridge_of_zeroes_a_mac),
		bridge_test(add__gives_a_bridge_of_zeroes_one_mac),
		bridge_test(check__names_a_bridge_of_zeroes),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
