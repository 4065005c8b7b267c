/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of Debian: dnsmasq, and udhcpd of busybox. Their own files are the witnesses. A server that is not installed
 * is a skip. */
#include "dhcp_scene.h"

#include "cleanup.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define servers_test(name)                                                                         \
	cmocka_unit_test_setup_teardown(name, dhcp_setup_without_server, dhcp_teardown)

#define DNSMASQ                                                                                    \
	"dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --bind-interfaces --no-ping " \
	"--pid-file= --user=root --dhcp-authoritative --dhcp-leasefile=/run/leases "

static void start(const char *netns, const char *command)
{
	sandbox_must("cd /run; { %s%s %s >/run/server.log 2>&1 & echo $! >/run/server.pid; }",
		     netns ? "ip netns exec " : "", netns ? netns : "", command);
}

static void end(void)
{
	sandbox_run("kill -9 $(cat /run/server.pid); rm -f /run/server.pid");
}

static void assert_lease(const char *client)
{
	sandbox_must("grep -q ' 10.1.0.5[0-9] .*%s' /run/leases", client);
}

/* The container's id, network and interface, behind a zero, as the Go plugin has them. */
#define ID "00:72:65:64:2f:62:6c:75:65:2f:65:74:68:30"

static void dnsmasq__gives_and_takes_back(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (sandbox_run("command -v dnsmasq >/dev/null") != 0)
		skip_because("there is no dnsmasq");
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	start("lan", DNSMASQ "--interface=up1 --dhcp-range=10.1.0.50,10.1.0.59,2m "
			     "--dhcp-option=121,10.9.0.0/16,10.1.0.9,0.0.0.0/0,10.1.0.1 "
			     "--dhcp-option=option:domain-search,a.example,b.example "
			     "--dhcp-option=6,10.1.0.1");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "routes",
		    "[{'dst':'10.9.0.0/16','gw':'10.1.0.9'},{'dst':'0.0.0.0/0','gw':'10.1.0.1'}]");
	assert_json(red.result, "dns.search", "['a.example','b.example']");
	assert_lease(ID);
	pod_check(&red, config);
	pod_del(&red, config);
	await("! grep -q '" ID "' /run/leases");
	end();
	pod_close(&red);
}

/* The server is on the host's own bridge: the RELEASE of an interface that is gone leaves through the host's stack. */
static void dnsmasq__on_the_bridge_takes_back(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (sandbox_run("command -v dnsmasq >/dev/null") != 0)
		skip_because("there is no dnsmasq");
	config = bridge_config("1.0.0", BY_DHCP);
	sandbox_must("ip link add br0 type bridge && ip link set br0 up && "
		     "ip addr add 10.1.0.1/24 dev br0");
	start(NULL, DNSMASQ "--interface=br0 --dhcp-range=10.1.0.50,10.1.0.59,2m");
	daemon_start(NULL);
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_lease(ID);
	pod_del(&red, config);
	await("! grep -q '" ID "' /run/leases");
	end();
	pod_close(&red);
}

static void dnsmasq__refuses_what_it_does_not_know(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (sandbox_run("command -v dnsmasq >/dev/null") != 0)
		skip_because("there is no dnsmasq");
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	start("lan", DNSMASQ "--interface=up1 --dhcp-range=10.1.0.50,10.1.0.59,2m");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	end();
	/* Another network, by the server's mind: it answers INIT-REBOOT with a NAK. */
	sandbox_must("rm /run/leases; ip -n lan addr add 10.2.0.1/24 dev up1; "
		     "ip -n lan addr del 10.1.0.1/24 dev up1");
	start("lan", DNSMASQ "--interface=up1 --dhcp-range=10.2.0.50,10.2.0.59,2m");
	await("ip netns exec lan ss -Hlun | grep -q ':67 '");
	sandbox_must("ip -n lan link set up1 down");
	await("ip -n red link show eth0 | grep -q NO-CARRIER");
	sandbox_must("ip -n lan link set up1 up");
	await_log("the server refuses the address");
	await("ip -n red -4 addr show eth0 | grep -q 'inet 10.2.0.5'");
	sandbox_must("! ip -n red -4 addr show eth0 | grep 'inet 10.1.0'");
	end();
	pod_close(&red);
}

static void udhcpd__renews_a_lease_of_seconds(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (sandbox_run("busybox --list 2>/dev/null | grep -qx udhcpd") != 0)
		skip_because("there is no udhcpd in busybox");
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	sandbox_must(
		"printf 'start 10.1.0.50\\nend 10.1.0.59\\ninterface up1\\nmin_lease 2\\n"
		"lease_file /run/leases\\npidfile /run/udhcpd.pid\\noption subnet 255.255.255.0\\n"
		"option router 10.1.0.1\\noption lease 4\\n' >/run/udhcpd.conf; "
		"touch /run/leases");
	start("lan", "busybox udhcpd -f /run/udhcpd.conf");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	await("test $(grep -c 'keeps 10.1.0' " DAEMON_LOG ") -ge 3");
	pod_check(&red, config);
	pod_del(&red, config);
	end();
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		servers_test(dnsmasq__gives_and_takes_back),
		servers_test(dnsmasq__on_the_bridge_takes_back),
		servers_test(dnsmasq__refuses_what_it_does_not_know),
		servers_test(udhcpd__renews_a_lease_of_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
