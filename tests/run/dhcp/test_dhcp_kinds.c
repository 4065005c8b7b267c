/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* The kinds of interfaces that dhcp gives addresses to, besides those of test_dhcp_add.c: a device of the host, and
 * ipvlans, which have one MAC together and differ by their client identifiers. */
#include "dhcp_scene.h"

#include "cleanup.h"

#include <signal.h>
#include <stdlib.h>

#define DNSMASQ                                                                                    \
	"dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --bind-interfaces --no-ping " \
	"--pid-file= --user=root --dhcp-authoritative --dhcp-leasefile=/run/leases "               \
	"--interface=up1 --dhcp-range=10.1.0.50,10.1.0.59,2m"

static bool reaches(const char *from, const char *address)
{
	return sandbox_run("ip netns exec %s ping -q -c1 -W5 %s >/run/out 2>&1", from, address) ==
	       0;
}

/* The device is back on the host when its lease is released. */
static void add__attaches_a_device_of_the_host(void **state)
{
	freeing char *config =
		bridge_config("1.0.0", "'type':'host-device','device':'up0'," BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start(NULL);
	pod_open(&red, "red");
	red.plugin = CNI_C_BINARY_DIR "/plugins/host-device";
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	assert_true(reaches("red", "10.1.0.1"));
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	sandbox_must("ip link show up0 >/run/out && ! test -e /run/cni/dhcp/blue");
	pod_close(&red);
}

/* A container that takes the MAC of a link of the host has no message sent through that link. */
static void del__sends_nothing_through_a_link_whose_mac_was_taken(void **state)
{
	freeing char *config =
		bridge_config("1.0.0", "'type':'host-device','device':'up0'," BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start(NULL);
	sandbox_must("ip link add own0 type veth peer name own1 && ip link set own1 up && "
		     "ip link set up0 address 02:00:00:00:00:09 && "
		     "ip link set own0 address 02:00:00:00:00:09 up");
	pod_open(&red, "red");
	red.plugin = CNI_C_BINARY_DIR "/plugins/host-device";
	pod_add(&red, config);
	sandbox_must("! grep -q may-return /run/cni/dhcp/blue/red:eth0");
	pod_del(&red, config);
	await_log("10.1.0.50/24 is left to expire");
	pod_close(&red);
}

/* A device that was down before is down again: nothing can be sent. */
static void del__says_that_a_lease_is_left_to_expire(void **state)
{
	freeing char *config =
		bridge_config("1.0.0", "'type':'host-device','device':'up0'," BY_DHCP);
	struct pod red;

	(void)state;
	sandbox_must("ip link set up0 down");
	daemon_start(NULL);
	pod_open(&red, "red");
	red.plugin = CNI_C_BINARY_DIR "/plugins/host-device";
	pod_add(&red, config);
	pod_del(&red, config);
	await_log("10.1.0.50/24 is left to expire");
	sandbox_must("! test -e /run/cni/dhcp/blue");
	assert_int_equal(server->count[7], 0);
	pod_close(&red);
}

static void add__tells_ipvlans_apart_by_their_identifiers(void **state)
{
	freeing char *config = NULL;
	struct pod blue;
	struct pod red;

	(void)state;
	if (sandbox_run("command -v dnsmasq >/dev/null") != 0)
		skip_because("there is no dnsmasq");
	if (sandbox_run("ip link add x0 link up0 type ipvlan 2>/dev/null") != 0)
		skip_because("this kernel has no ipvlan");
	sandbox_must("ip link del x0");
	config = bridge_config("1.0.0", "'type':'ipvlan','master':'up0'," BY_DHCP);
	dhcp_server_stop(server);
	server = NULL;
	sandbox_must("cd /run; { ip netns exec lan " DNSMASQ
		     " >/run/server.log 2>&1 & echo $! >/run/server.pid; }");
	daemon_start(NULL);
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	red.plugin = blue.plugin = CNI_C_BINARY_DIR "/plugins/ipvlan";
	pod_add(&red, config);
	pod_add(&blue, config);
	sandbox_must("test $(cut -d' ' -f3 /run/leases | sort -u | wc -l) = 2 && "
		     "test $(cut -d' ' -f2 /run/leases | sort -u | wc -l) = 1");
	assert_true(reaches("red", "10.1.0.1") && reaches("blue", "10.1.0.1"));
	pod_check(&red, config);
	pod_check(&blue, config);
	pod_del(&red, config);
	await("test $(wc -l </run/leases) = 1");
	assert_true(reaches("blue", "10.1.0.1"));
	pod_check(&blue, config);
	sandbox_run("kill -9 $(cat /run/server.pid); rm -f /run/server.pid");
	pod_close(&blue);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(add__attaches_a_device_of_the_host),
		dhcp_test(del__sends_nothing_through_a_link_whose_mac_was_taken),
		dhcp_test(del__says_that_a_lease_is_left_to_expire),
		dhcp_test(add__tells_ipvlans_apart_by_their_identifiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
