/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Both families on interfaces that a kernel may lack: VLANs, whose RELEASE has the VLAN's tag, and ipvlans, which
 * have one MAC together and differ by their identifiers. */
#include "dhcp6_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define BOTH "'families':['ipv4','ipv6']"
#define DNSMASQ                                                                                    \
	"dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --bind-interfaces --no-ping " \
	"--pid-file= --user=root --dhcp-authoritative --dhcp-leasefile=/run/leases --enable-ra "   \
	"--interface=up1 --dhcp-range=10.1.0.50,10.1.0.59,2m --dhcp-range=fd01::50,fd01::5f,2m"

static bool reaches(const char *from, const char *address)
{
	return sandbox_run("ip netns exec %s ping -q -c1 -W5 %s >/run/out 2>&1", from, address) ==
	       0;
}

#define skip_without(kind, options)                                                                \
	do {                                                                                       \
		if (sandbox_run("ip link add x0 link up0 type " kind " " options                   \
				" 2>/dev/null") != 0)                                              \
			skip_because("this kernel has no " kind);                                  \
		sandbox_must("ip link del x0");                                                    \
	} while (0)

static char *config_of(const char *link, const char *ipam)
{
	freeing char *more = cni_format("%s'master':'up0','ipam':{'type':'dhcp',%s}", link, ipam);

	return bridge_config("1.0.0", more);
}

static void open_pod(struct pod *pod, const char *name, const char *plugin)
{
	pod_open(pod, name);
	pod->plugin = plugin;
}

#define IPVLAN CNI_C_BINARY_DIR "/plugins/ipvlan"
#define VLAN   CNI_C_BINARY_DIR "/plugins/vlan"

/* ---- VLANs ---- */

/* The servers are those of VLAN 5 alone: by the time of the RELEASE its link is gone. */
static void add__attaches_a_vlan_with_both_families(void **state)
{
	freeing char *config = NULL;
	struct dhcp6_server *tagged;
	struct pod red;

	(void)state;
	skip_without("vlan", "id 5");
	config = config_of("'type':'vlan','vlanId':5,", BOTH ",'probe':false");
	sandbox_must("ip -n lan addr flush dev up1; "
		     "ip -n lan link add up1.5 link up1 type vlan id 5; "
		     "ip -n lan link set up1.5 addrgenmode none up; "
		     "ip -n lan addr add 10.1.0.1/24 dev up1.5; "
		     "ip -n lan addr add fe80::1/64 dev up1.5 nodad; "
		     "ip -n lan addr add fd01::1/64 dev up1.5 nodad");
	server = dhcp_server_start("lan", "up1.5");
	tagged = dhcp6_server_start("lan", "up1.5");
	daemon_start(NULL);
	open_pod(&red, "red", VLAN);
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	assert_json(red.result, "ips.1.address", "fd01::50/64");
	assert_true(reaches("red", "10.1.0.1") && reaches("red", "fd01::1"));
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	dhcp6_server_await(tagged, 8, 1);
	assert_int_equal(server->released, 50);
	assert_int_equal(tagged->released, 0x50);
	/* The network without a tag has heard nothing. */
	assert_int_equal(server6->count[1] + server6->count[8], 0);
	dhcp6_server_stop(tagged);
	pod_close(&red);
}

/* ---- ipvlans ---- */

#define ROWS(pattern) "test $(grep -c '" pattern "' /run/leases) = %d"

/* dnsmasq knows both containers by their client ids and DUIDs. */
static void add__attaches_ipvlans_with_both_families(void **state)
{
	freeing char *config = NULL;
	struct pod blue;
	struct pod red;

	(void)state;
	skip_without("ipvlan", "");
	if (sandbox_run("dnsmasq --version 2>/dev/null | grep -q ' DHCPv6'") != 0)
		skip_because("there is no dnsmasq with DHCPv6");
	config = config_of("'type':'ipvlan',", BOTH);
	dhcp6_server_stop(server6);
	server6 = NULL;
	sandbox_must("cd /run; { ip netns exec lan " DNSMASQ
		     " >/run/server.log 2>&1 & echo $! >/run/server.pid; }");
	await("ip netns exec lan ss -Hlwn | grep -q ':58 '");
	daemon_start(NULL);
	open_pod(&red, "red", IPVLAN);
	open_pod(&blue, "blue", IPVLAN);
	pod_add(&red, config);
	pod_add(&blue, config);
	sandbox_must(ROWS(" 10\\.1\\.0\\.5[0-9] ") " && " ROWS(" fd01::5[0-9a-f] .* 00:04:"), 2, 2);
	/* With different link-local addresses: their MAC is the same. */
	sandbox_must(
		"test $(for i in red blue; do ip -n $i -o -6 addr show eth0 scope link; done | "
		"awk '{print $4}' | sort -u | wc -l) = 2");
	assert_true(reaches("red", "10.1.0.1") && reaches("red", "fd01::1"));
	assert_true(reaches("blue", "10.1.0.1") && reaches("blue", "fd01::1"));
	pod_check(&red, config);
	pod_check(&blue, config);
	pod_del(&red, config);
	await(ROWS(" 10\\.1\\.0\\.5[0-9] ") " && " ROWS(" fd01::5[0-9a-f] "), 1, 1);
	assert_true(reaches("blue", "10.1.0.1") && reaches("blue", "fd01::1"));
	pod_check(&blue, config);
	sandbox_run("kill -9 $(cat /run/server.pid); rm -f /run/server.pid");
	pod_close(&blue);
	pod_close(&red);
}

/* A DUID that is configured for all of them: the IAIDs differ. */
static void add__tells_ipvlans_of_one_duid_apart(void **state)
{
	freeing char *config = NULL;
	struct pod blue;
	struct pod red;

	(void)state;
	skip_without("ipvlan", "");
	config = config_of("'type':'ipvlan',", SIX_ALONE ",'duid':'00:03:00:01:02:00:00:00:00:09'");
	server6->seconds = 60;
	server6->renewal = 1;
	daemon_start((const char *const[]){"-timeout", "500ms", NULL});
	open_pod(&red, "red", IPVLAN);
	open_pod(&blue, "blue", IPVLAN);
	pod_add(&red, config);
	pod_add(&blue, config);
	assert_json(red.result, "ips.0.address", "fd01::50/64");
	assert_json(blue.result, "ips.0.address", "fd01::51/64");
	await_log("red/eth0: keeps fd01::50/64");
	await_log("blue/eth0: keeps fd01::51/64");
	assert_int_equal(server6->count[1], 2);
	pod_del(&red, config);
	dhcp6_server_await(server6, 8, 1);
	assert_int_equal(server6->released, 0x50);
	pod_check(&blue, config);
	assert_true(reaches("blue", "fd01::1"));
	pod_close(&blue);
	pod_close(&red);
}

/* By advertisements: the MAC is in neither address. */
static void add__forms_an_address_for_each_ipvlan(void **state)
{
	freeing char *config = NULL;
	struct pod blue;
	struct pod red;

	(void)state;
	skip_without("ipvlan", "");
	config = config_of("'type':'ipvlan',", "'families':['ipv6']");
	server6->flags = 0;
	server6->formed = 0x40;
	daemon_start(NULL);
	open_pod(&red, "red", IPVLAN);
	open_pod(&blue, "blue", IPVLAN);
	pod_add(&red, config);
	pod_add(&blue, config);
	sandbox_must(
		"test $(for i in red blue; do ip -n $i -o -6 addr show eth0 scope global; done | "
		"awk '{print $4}' | grep '^fd01:.*/64' | sort -u | wc -l) = 2");
	assert_true(reaches("red", "fd01::1") && reaches("blue", "fd01::1"));
	pod_check(&red, config);
	pod_check(&blue, config);
	pod_close(&blue);
	pod_close(&red);
}

/* Answers to ARP probes reach the master alone. */
static void add__declines_an_address_in_use_for_an_ipvlan(void **state)
{
	freeing char *four = NULL;
	freeing char *six = NULL;
	struct pod red;

	(void)state;
	skip_without("ipvlan", "");
	four = config_of("'type':'ipvlan',", "'families':['ipv4']");
	six = config_of("'type':'ipvlan',", "'families':['ipv6']");
	server = dhcp_server_start("lan", "up1");
	daemon_start((const char *const[]){"-resendtimeout", "5s", NULL});
	sandbox_must("ip -n lan addr add 10.1.0.50/24 dev up1 && "
		     "ip -n lan addr add fd01::50/64 dev up1 nodad");
	open_pod(&red, "red", IPVLAN);
	pod_add_fails(&red, four, CNI_EAGAIN, "another host has the address");
	assert_int_equal(server->declined, 50);
	pod_add_fails(&red, six, CNI_EAGAIN, "another host has the address");
	assert_int_equal(server6->declined, 0x50);
	server->first = 60;
	server6->first = 0x60;
	pod_add(&red, four);
	assert_json(red.result, "ips.0.address", "10.1.0.60/24");
	pod_del(&red, four);
	pod_add(&red, six);
	assert_json(red.result, "ips.0.address", "fd01::60/64");
	pod_close(&red);
}

/* Mode l3 has no broadcasts: nothing is waited for. */
static void add__refuses_an_ipvlan_that_hears_no_broadcast(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	skip_without("ipvlan", "");
	config = config_of("'type':'ipvlan','mode':'l3',", BOTH);
	daemon_start(NULL);
	open_pod(&red, "red", IPVLAN);
	pod_add_fails(&red, config, CNI_ECONFIG, "'eth0' has no ARP, as an ipvlan in mode l3");
	sandbox_must("! test -e /run/cni/dhcp/blue && ! test -e /run/cni/dhcp6/blue");
	assert_int_equal(server6->count[1], 0);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp6_test(add__attaches_a_vlan_with_both_families),
		dhcp6_test(add__attaches_ipvlans_with_both_families),
		dhcp6_test(add__tells_ipvlans_of_one_duid_apart),
		dhcp6_test(add__forms_an_address_for_each_ipvlan),
		dhcp6_test(add__declines_an_address_in_use_for_an_ipvlan),
		dhcp6_test(add__refuses_an_ipvlan_that_hears_no_broadcast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
