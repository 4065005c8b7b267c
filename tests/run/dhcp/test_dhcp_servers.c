/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of Debian: dnsmasq, Kea, and udhcpd of busybox. Their own files are the witnesses. A server that is not
 * installed is a skip. */
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

/* busybox's, which Debian has in a package of its own. */
static void udhcpd__renews_a_lease_of_seconds(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (sandbox_run("command -v udhcpd >/dev/null") != 0)
		skip_because("there is no udhcpd");
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	sandbox_must(
		"printf 'start 10.1.0.50\\nend 10.1.0.59\\ninterface up1\\nmin_lease 2\\n"
		"lease_file /run/leases\\npidfile /run/udhcpd.pid\\noption subnet 255.255.255.0\\n"
		"option router 10.1.0.1\\noption lease 4\\n' >/run/udhcpd.conf; "
		"touch /run/leases");
	start("lan", "udhcpd -f /run/udhcpd.conf");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	await("test $(grep -c 'keeps 10.1.0' " DAEMON_LOG ") -ge 2");
	pod_check(&red, config);
	pod_del(&red, config);
	end();
	pod_close(&red);
}

/* ---- Kea ---- */

#define KEA                                                                                        \
	"env KEA_PIDFILE_DIR=/run/kea KEA_LOCKFILE_DIR=/run/kea "                                  \
	"KEA_LOGGER_DESTINATION=stdout kea-dhcp4 -c /run/kea.conf"
#define KEA_LEASES "/run/kea/leases.csv"
#define KEA_ROW	   "10.1.0.5[0-9],[0-9a-f:]*," ID ","

static void configure_kea(const char *subnet)
{
	sandbox_must("mkdir -p /run/kea && cat >/run/kea.conf <<'E'\n"
		     "{\"Dhcp4\":{\"interfaces-config\":{\"interfaces\":[\"up1\"]},"
		     "\"lease-database\":{\"type\":\"memfile\",\"name\":\"" KEA_LEASES "\","
		     "\"lfc-interval\":0},\"authoritative\":true,\"valid-lifetime\":4,"
		     "\"renew-timer\":1,\"rebind-timer\":3,\"subnet4\":[{\"id\":1,\"subnet\":"
		     "\"%s.0/24\",\"pools\":[{\"pool\":\"%s.50-%s.59\"}],\"option-data\":["
		     "{\"name\":\"routers\",\"data\":\"%s.1\"},"
		     "{\"name\":\"domain-name-servers\",\"data\":\"%s.1\"},"
		     "{\"name\":\"domain-search\",\"data\":\"a.example, b.example\"},"
		     "{\"name\":\"interface-mtu\",\"data\":\"1400\"}]}]}}\nE",
		     subnet, subnet, subnet, subnet, subnet);
}

static void start_kea(const char *subnet)
{
	configure_kea(subnet);
	start("lan", KEA);
	await("ip netns exec lan ss -Hlnw0 | grep -q . || ip netns exec lan ss -Hlun | "
	      "grep -q ':67 '");
}

static void end_kea(void)
{
	end();
	sandbox_run("rm -f /run/kea/*.pid");
}

#define skip_without_kea()                                                                         \
	do {                                                                                       \
		if (sandbox_run("command -v kea-dhcp4 >/dev/null") != 0)                           \
			skip_because("there is no kea-dhcp4");                                     \
	} while (0)

static void kea__gives_renews_and_takes_back(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	skip_without_kea();
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	start_kea("10.1.0");
	daemon_start((const char *const[]){"-timeout", "500ms", NULL});
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "dns",
		    "{'nameservers':['10.1.0.1'],'search':['a.example','b.example']}");
	assert_json(red.result, "routes", "[{'dst':'0.0.0.0/0','gw':'10.1.0.1','mtu':1400}]");
	await("grep -q '^" KEA_ROW "' " KEA_LEASES);
	/* Dead and back: the lease goes on. */
	end_kea();
	start_kea("10.1.0");
	await("test $(grep -c 'keeps 10.1.0.5' " DAEMON_LOG ") -ge 2");
	sandbox_must("! grep -q loses " DAEMON_LOG);
	pod_check(&red, config);
	pod_del(&red, config);
	/* A lease that was released is written with no time left. */
	await("tail -n1 " KEA_LEASES " | grep -q '^" KEA_ROW "0,'");
	end_kea();
	pod_close(&red);
}

/* Another server, with another network, has the LAN by now: it refuses the address. */
static void kea__that_has_moved_gives_another_address(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	skip_without_kea();
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	start_kea("10.1.0");
	daemon_start((const char *const[]){"-timeout", "500ms", "-resendmax", "1s", NULL});
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	end_kea();
	sandbox_must("rm " KEA_LEASES "; ip -n lan addr add 10.2.0.1/24 dev up1; "
		     "ip -n lan addr del 10.1.0.1/24 dev up1");
	start_kea("10.2.0");
	await_log("loses 10.1.0.5");
	await("ip -n red -4 addr show eth0 | grep -q 'inet 10.2.0.5' && "
	      "ip -n red route | grep -q 'default via 10.2.0.1 '");
	sandbox_must("! ip -n red -4 addr show eth0 | grep 'inet 10.1.0'");
	pod_check_fails(&red, config, "the lease is 10.2.0.5");
	end_kea();
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		servers_test(dnsmasq__gives_and_takes_back),
		servers_test(dnsmasq__on_the_bridge_takes_back),
		servers_test(dnsmasq__refuses_what_it_does_not_know),
		servers_test(udhcpd__renews_a_lease_of_seconds),
		servers_test(kea__gives_renews_and_takes_back),
		servers_test(kea__that_has_moved_gives_another_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
