/* SPDX-License-Identifier: Apache-2.0 */
/* Routers and DHCPv6 servers of Debian: dnsmasq, and kea. Their own files are the witnesses. A server that is not
 * installed is a skip. */
#include "dhcp6_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define servers_test(name)                                                                         \
	cmocka_unit_test_setup_teardown(name, dhcp6_setup_without_server, dhcp6_teardown)

#define DNSMASQ                                                                                    \
	"dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --bind-interfaces --no-ping " \
	"--pid-file= --user=root --dhcp-authoritative --dhcp-leasefile=/run/leases --enable-ra "   \
	"--dhcp-option=option6:dns-server,[fd01::53] "                                             \
	"--dhcp-option=option6:domain-search,a.example,b.example "

#define STATEFUL "--dhcp-range=fd01::50,fd01::5f,2m "

/* dnsmasq is ready when it listens for routers' solicitations as well. */
static void start(const char *netns, const char *command)
{
	sandbox_must("cd /run; { %s%s %s >/run/server.log 2>&1 & echo $! >/run/server.pid; }",
		     netns ? "ip netns exec " : "", netns ? netns : "", command);
}

static void await_router(const char *netns)
{
	await("%s%s ss -Hlwn | grep -q ':58 '", netns ? "ip netns exec " : "", netns ? netns : "");
}

static void end(void)
{
	sandbox_run("kill -9 $(cat /run/server.pid); rm -f /run/server.pid");
}

static bool has_dnsmasq(void)
{
	return sandbox_run("dnsmasq --version 2>/dev/null | grep -q ' DHCPv6'") == 0;
}

static void dnsmasq__gives_both_families_and_takes_them_back(void **state)
{
	freeing char *config = dhcp6_config("'families':['ipv4','ipv6'],'probe':false");
	struct pod red;

	(void)state;
	if (!has_dnsmasq())
		skip_because("there is no dnsmasq with DHCPv6");
	start("lan", DNSMASQ "--interface=up1 --dhcp-range=10.1.0.50,10.1.0.59,2m "
			     "--dhcp-option=option:domain-search,a.example,c.example "
			     "--dhcp-option=6,10.1.0.1 " STATEFUL);
	await_router("lan");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips.1.gateway", "fe80::1");
	assert_json(red.result, "routes.1.dst", "::/0");
	assert_json(red.result, "dns",
		    "{'nameservers':['10.1.0.1','fd01::53'],"
		    "'search':['a.example','c.example','b.example']}");
	sandbox_must("grep -q ' fd01::5. .* 00:04:' /run/leases");
	sandbox_must("ip netns exec red ping -q -c1 -W5 fd01::1 >/run/out");
	pod_check(&red, config);
	pod_del(&red, config);
	await("! grep -q ' fd01::5. ' /run/leases && ! grep -q ' 10.1.0.5. ' /run/leases");
	end();
	pod_close(&red);
}

/* The server is on the host's own bridge: the RELEASE of an interface that is gone reaches it in the host. */
static void dnsmasq__on_the_bridge_takes_back(void **state)
{
	freeing char *config = bridge_config("1.0.0", "'ipam':{'type':'dhcp'," SIX_ALONE "}");
	struct pod red;

	(void)state;
	if (!has_dnsmasq())
		skip_because("there is no dnsmasq with DHCPv6");
	sandbox_must("ip link add br0 type bridge && ip link set br0 addrgenmode none && "
		     "ip link set br0 up && ip addr add fe80::1/64 dev br0 nodad && "
		     "ip addr add fd01::1/64 dev br0 nodad");
	start(NULL, DNSMASQ "--interface=br0 " STATEFUL);
	await_router(NULL);
	daemon_start(NULL);
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("grep -q ' fd01::5. .* 00:04:' /run/leases");
	pod_del(&red, config);
	await("! grep -q ' fd01::5. ' /run/leases");
	end();
	pod_close(&red);
}

static void assert_formed(const char *range)
{
	freeing char *command = cni_format(DNSMASQ "--interface=up1 --dhcp-range=%s", range);
	freeing char *config = dhcp6_config(SIX_ALONE);
	freeing char *address = NULL;
	struct pod red;

	start("lan", command);
	await_router("lan");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	address = shown("0.addr_info.0.local", "ip -n red -j -6 addr show eth0 scope global");
	assert_memory_equal(address, "fd01::", 6);
	assert_json(red.result, "ips.0.gateway", "fe80::1");
	assert_json(red.result, "dns",
		    "{'nameservers':['fd01::53'],'search':['a.example','b.example']}");
	sandbox_must("ip netns exec red ping -q -c1 -W5 fd01::1 >/run/out");
	sandbox_must("! grep -qs ' fd01::' /run/leases");
	pod_check(&red, config);
	pod_del(&red, config);
	end();
	pod_close(&red);
}

static void dnsmasq__only_advertises(void **state)
{
	(void)state;
	if (!has_dnsmasq())
		skip_because("there is no dnsmasq with DHCPv6");
	assert_formed("fd01::,ra-only");
}

static void dnsmasq__has_resolver_settings_alone(void **state)
{
	(void)state;
	if (!has_dnsmasq())
		skip_because("there is no dnsmasq with DHCPv6");
	assert_formed("fd01::,ra-stateless");
}

static void dnsmasq__is_of_another_network_by_now(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	if (!has_dnsmasq())
		skip_because("there is no dnsmasq with DHCPv6");
	start("lan", DNSMASQ "--interface=up1 " STATEFUL);
	await_router("lan");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	end();
	sandbox_must("rm /run/leases; ip -n lan addr add fd02::1/64 dev up1 nodad; "
		     "ip -n lan addr del fd01::1/64 dev up1");
	start("lan", DNSMASQ "--interface=up1 --dhcp-range=fd02::50,fd02::5f,2m");
	await_router("lan");
	sandbox_must("ip link set up0 down");
	await_no_carrier("red");
	sandbox_must("ip link set up0 up");
	await_log("the address is not of this link (NotOnLink)");
	await("ip -n red -6 addr show eth0 | grep -q 'inet6 fd02::5./64'");
	sandbox_must("! ip -n red -6 addr show eth0 | grep 'inet6 fd01:'");
	end();
	pod_close(&red);
}

#define KEA "env KEA_LOCKFILE_DIR=none KEA_PIDFILE_DIR=/run kea-dhcp6 -c /run/kea.conf"

static void write_kea_config(void)
{
	sandbox_must("printf '{\"Dhcp6\":{\"interfaces-config\":{\"interfaces\":[\"up1\"]},"
		     "\"server-id\":{\"type\":\"LL\",\"htype\":1,\"identifier\":\"020000000001\","
		     "\"persist\":false},"
		     "\"lease-database\":{\"type\":\"memfile\",\"persist\":true,"
		     "\"name\":\"/run/leases\",\"lfc-interval\":0},"
		     "\"preferred-lifetime\":5,\"valid-lifetime\":6,\"renew-timer\":1,"
		     "\"rebind-timer\":2,\"subnet6\":[{\"id\":1,\"subnet\":\"fd01::/64\","
		     "\"interface\":\"up1\",\"pools\":[{\"pool\":\"fd01::50-fd01::50\"}],"
		     "\"option-data\":[{\"name\":\"dns-servers\",\"data\":\"fd01::53\"}]}]}}' "
		     ">/run/kea.conf");
}

/* At the latest after six seconds without a server the address is gone; kea gives it anew. */
static void let_it_die(void)
{
	end();
	await_log("loses fd01::50/128: the lease has expired");
	sandbox_must("! ip -n red -6 addr show eth0 | grep -F 'inet6 fd01::50/128 '");
	start("lan", KEA);
	await("ip -n red -6 addr show eth0 | grep -qF 'inet6 fd01::50/128 '");
}

/* There is no router: the address is alone. */
static void kea__renews_a_lease_of_seconds(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	if (sandbox_run("command -v kea-dhcp6 >/dev/null") != 0)
		skip_because("there is no kea-dhcp6");
	write_kea_config();
	start("lan", KEA);
	await("ip netns exec lan ss -Hlun | grep -q ':547 '");
	daemon_start((const char *const[]){"-timeout", "500ms", "-resendmax", "1s", NULL});
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips", "[{'interface':0,'address':'fd01::50/128'}]");
	assert_json(red.result, "dns.nameservers", "['fd01::53']");
	await("test $(grep -c 'keeps fd01::50/128' " DAEMON_LOG ") -ge 2");
	sandbox_must("ip -n red -6 addr show eth0 | grep -qF 'inet6 fd01::50/128 '");
	if (getenv("CNI_C_SLOW"))
		let_it_die();
	pod_check(&red, config);
	pod_del(&red, config);
	/* A lease that is released has a lifetime of zero in kea's journal. */
	await("tail -n1 /run/leases | grep -q '^fd01::50,00:04:[0-9a-f:]*,0,'");
	end();
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		servers_test(dnsmasq__gives_both_families_and_takes_them_back),
		servers_test(dnsmasq__on_the_bridge_takes_back),
		servers_test(dnsmasq__only_advertises),
		servers_test(dnsmasq__has_resolver_settings_alone),
		servers_test(dnsmasq__is_of_another_network_by_now),
		servers_test(kea__renews_a_lease_of_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
