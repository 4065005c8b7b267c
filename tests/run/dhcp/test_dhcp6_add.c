/* SPDX-License-Identifier: Apache-2.0 */
/* ADD with IPv6: from a DHCPv6 server, by a router's advertisement, both families at once, and what is refused. */
#include "dhcp6_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define BOTH "'families':['ipv4','ipv6'],'probe':false"

static bool reaches(const char *address)
{
	return sandbox_run("ip netns exec red ping -q -c1 -W5 %s >/run/out 2>&1", address) == 0;
}

static void assert_gone(void)
{
	sandbox_must("! test -e /run/cni/dhcp/blue && ! test -e /run/cni/dhcp6/blue");
}

/* ---- what comes out ---- */

static void add__attaches_with_both_families(void **state)
{
	freeing char *config = dhcp6_config("'families':['ipv4','ipv6']");
	struct pod red;

	(void)state;
	server = dhcp_server_start("lan", "up1");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips",
		    "[{'interface':0,'address':'10.1.0.50/24','gateway':'10.1.0.1'},"
		    "{'interface':0,'address':'fd01::50/64','gateway':'fe80::1'}]");
	assert_json(red.result, "routes",
		    "[{'dst':'0.0.0.0/0','gw':'10.1.0.1'},{'dst':'::/0','gw':'fe80::1'}]");
	assert_json(red.result, "dns.nameservers", "['fd01::54']");
	assert_true(reaches("fd01::1") && reaches("10.1.0.1"));
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp6_server_await(server6, 8, 1);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server6->released, 0x50);
	assert_gone();
	pod_del(&red, config);
	pod_close(&red);
}

/* The kernel makes no second address and no route of the same advertisement. */
static void add__leaves_nothing_to_the_kernel(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	server6->formed = 0x40;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	/* As some runtimes leave it, and as no host would want it. */
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.default.disable_ipv6=1 "
		     "net.ipv6.conf.default.accept_ra=2");
	pod_add(&red, config);
	sandbox_must(HAS6("fd01::50/64") " && " ROUTE6("fe80::1"));
	sandbox_must("test $(ip -n red -6 -o addr show eth0 scope global | wc -l) = 1");
	sandbox_must("! ip -n red -6 route | grep 'proto ra'");
	sandbox_must("test $(ip netns exec red cat /proc/sys/net/ipv6/conf/eth0/accept_ra) = 0");
	sandbox_must("test -z \"$(ip -n red -4 addr show eth0)\"");
	assert_int_equal(server6->count[3], 1);
	pod_close(&red);
}

static void add__forms_an_address_of_an_advertised_prefix(void **state)
{
	freeing char *config = dhcp6_config("'families':['ipv6'],'priority':77");
	freeing char *address = NULL;
	struct pod red;

	(void)state;
	server6->flags = 0;
	server6->formed = 0x40;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	address = shown("0.addr_info.0.local", "ip -n red -j -6 addr show eth0 scope global");
	assert_memory_equal(address, "fd01::", 6);
	assert_json(red.result, "ips.0.gateway", "fe80::1");
	assert_json(red.result, "routes", "[{'dst':'::/0','gw':'fe80::1','priority':77}]");
	assert_json(red.result, "dns.nameservers", "['fd01::54']");
	assert_true(reaches("fd01::1"));
	pod_check(&red, config);
	for (int type = 0; type < 14; type++)
		assert_int_equal(server6->count[type], 0);
	pod_del(&red, config);
	assert_gone();
	pod_close(&red);
}

static void add__asks_a_server_for_the_resolver_settings(void **state)
{
	static const uint8_t more[] = {0, 23, 0, 16,  0xfd, 1,	 0,   0,   0,	 0, 0,
				       0, 0,  0, 0,   0,    0,	 0,   0,   0x53, 0, 24,
				       0, 7,  1, 'a', 3,    't', 's', 't', 0};
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	server6->flags = 0x40;
	server6->formed = 0x40;
	memcpy(server6->more, more, sizeof(more));
	server6->more_size = sizeof(more);
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "dns",
		    "{'nameservers':['fd01::53','fd01::54'],'search':['a.tst']}");
	assert_int_equal(server6->count[11], 1);
	assert_int_equal(server6->count[1], 0);
	pod_close(&red);
}

/* A prefix that is not on the link: the address is alone, and everything goes through the router. */
static void add__has_a_prefix_if_the_router_says_so(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	server6->on_link = 0;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "fd01::50/128");
	sandbox_must(ROUTE6("fe80::1") " && ! ip -n red -6 route | grep fd01::/64");
	pod_check(&red, config);
	pod_del(&red, config);
	/* Another prefix is on the link as well. */
	server6->on_link = 0x80;
	server6->prefix = 3;
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "fd01::50/128");
	assert_json(red.result, "routes",
		    "[{'dst':'fd03::/64','scope':253},{'dst':'::/0','gw':'fe80::1'}]");
	sandbox_must("ip -n red -6 route | grep -q '^fd03::/64 dev eth0'");
	pod_check(&red, config);
	pod_close(&red);
}

/* The host has no address on the bridge: the RELEASE leaves anyway. */
static void add__attaches_to_a_bridge(void **state)
{
	freeing char *config = bridge_config("1.0.0", "'ipam':{'type':'dhcp'," SIX_ALONE "}");
	struct pod red;

	(void)state;
	daemon_start(NULL);
	sandbox_must("ip link add br0 type bridge && ip link set br0 addrgenmode none && "
		     "ip link set br0 up && ip link set up0 master br0");
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "fd01::50/64");
	assert_true(reaches("fd01::1"));
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp6_server_await(server6, 8, 1);
	assert_int_equal(server6->released, 0x50);
	pod_close(&red);
}

/* The device is back on the host when its lease is released. */
static void add__attaches_a_device_of_the_host(void **state)
{
	freeing char *config =
		bridge_config("1.0.0",
			      "'type':'host-device','device':'up0','ipam':{'type':'dhcp'," SIX_ALONE
			      "}");
	struct pod red;

	(void)state;
	daemon_start(NULL);
	pod_open(&red, "red");
	red.plugin = CNI_C_BINARY_DIR "/plugins/host-device";
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "fd01::50/64");
	assert_true(reaches("fd01::1"));
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp6_server_await(server6, 8, 1);
	assert_int_equal(server6->released, 0x50);
	sandbox_must("ip link show up0 >/run/out");
	assert_gone();
	pod_close(&red);
}

/* ---- the identity ---- */

static void add__has_a_duid_that_stays_or_is_configured(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	freeing char *chosen = dhcp6_config(SIX_ALONE ",'duid':'00:03:00:01:02:aB:cd:ef:00:01'");
	uint8_t first[130];
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_int_equal(server6->duid_size, 18);
	assert_memory_equal(server6->duid, "\0\4", 2);
	memcpy(first, server6->duid, sizeof(first));
	pod_del(&red, config);
	memset(server6->duid, 0, sizeof(server6->duid));
	pod_add(&red, config);
	assert_memory_equal(server6->duid, first, 18);
	pod_del(&red, config);
	pod_add(&red, chosen);
	assert_int_equal(server6->duid_size, 10);
	assert_memory_equal(server6->duid, "\0\3\0\1\2\xab\xcd\xef\0\1", 10);
	pod_close(&red);
}

/* ---- failures ---- */

static void add__that_lacks_a_family_releases_the_other(void **state)
{
	freeing char *config = dhcp6_config(BOTH);
	struct pod red;

	(void)state;
	server = dhcp_server_start("lan", "up1");
	daemon_start((const char *const[]){"-resendtimeout", "4s", NULL});
	server6->is_silent = 1;
	dhcp_pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_EAGAIN, "no DHCPv6 server or router has given a lease");
	dhcp_server_await(server, 7, 1);
	assert_gone();
	server6->is_silent = 0;
	server->mode = SERVER_IS_SILENT;
	pod_add_fails(&red, config, CNI_EAGAIN, "no DHCP server has given a lease");
	dhcp6_server_await(server6, 8, 1);
	await("! test -e /run/cni/dhcp/blue && ! test -e /run/cni/dhcp6/blue");
	server->mode = SERVER_ANSWERS;
	pod_add(&red, config);
	pod_close(&red);
}

static void add__of_ipv4_sends_nothing_of_ipv6(void **state)
{
	freeing char *config = dhcp6_config("'probe':false");
	struct pod red;

	(void)state;
	server = dhcp_server_start("lan", "up1");
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	assert_json(red.result, "ips.1", NULL);
	assert_int_equal(server6->count[1], 0);
	pod_close(&red);
}

static void add__refuses_bad_keys(void **state)
{
	static const struct {
		const char *keys;
		const char *text;
	} cases[] = {
		{"'families':['ipv5']", "'ipam.families' has \"ipv5\", expected"},
		{"'families':[4]", "'ipam.families' has 4, expected"},
		{"'families':[]", "'ipam.families' is empty"},
		{"'duid':'0102'", "'ipam.duid' is \"0102\", expected 3 to 130 bytes"},
		{"'duid':'00:04:0g'", "'ipam.duid'"},
		{"'duid':7", "duid"},
	};
	struct pod red;

	(void)state;
	dhcp_pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = dhcp6_config(cases[i].keys);

		pod_add_fails(&red, config, CNI_ECONFIG, cases[i].text);
	}
	pod_close(&red);
}

static void add__declines_an_address_in_use(void **state)
{
	freeing char *config = dhcp6_config("'families':['ipv6']");
	struct pod red;

	(void)state;
	daemon_start((const char *const[]){"-resendtimeout", "3s", NULL});
	sandbox_must("ip -n lan addr add fd01::50/64 dev up1 nodad");
	dhcp_pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_EAGAIN, "another host has the address");
	assert_true(server6->count[9] >= 1);
	assert_int_equal(server6->declined, 0x50);
	server6->first = 0x60;
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "fd01::60/64");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp6_test(add__attaches_with_both_families),
		dhcp6_test(add__leaves_nothing_to_the_kernel),
		dhcp6_test(add__forms_an_address_of_an_advertised_prefix),
		dhcp6_test(add__asks_a_server_for_the_resolver_settings),
		dhcp6_test(add__has_a_prefix_if_the_router_says_so),
		dhcp6_test(add__attaches_to_a_bridge),
		dhcp6_test(add__attaches_a_device_of_the_host),
		dhcp6_test(add__has_a_duid_that_stays_or_is_configured),
		dhcp6_test(add__that_lacks_a_family_releases_the_other),
		dhcp6_test(add__of_ipv4_sends_nothing_of_ipv6),
		dhcp6_test(add__refuses_bad_keys),
		dhcp6_test(add__declines_an_address_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
