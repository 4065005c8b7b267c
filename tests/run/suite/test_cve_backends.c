/* SPDX-License-Identifier: Apache-2.0 */
/* The vulnerabilities of test_cve.c, for the other backends of portmap (rules of iptables, conditions of nft) and
 * for the other plugins that make an interface. */
#include "bridge.h"
#include "cleanup.h"
#include "iptables_which.h"
#include "mem.h"
#include "port_scene.h"
#include "test.h"

#include <netinet/in.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define BLUE	     "/run/netns/blue"
#define GREEN	     "/run/netns/green"

static const char iptables[] = "'backend':'iptables'";
static const char conditions[] =
	"'conditionsV4':['ip saddr 0.0.0.0/0'],'conditionsV6':['ip6 saddr ::/0']";

#define MAPPING(protocol) "{'hostPort':%u,'containerPort':9090,'protocol':'" protocol "'}"

static void publish(const char *backend, unsigned int port)
{
	freeing char *keys = cni_format(
		"%s,'runtimeConfig':{'portMappings':[" MAPPING("tcp") "," MAPPING("udp") "]}",
		backend, port, port);
	freeing char *config = portmap_config("1.0.0", keys);

	pod_publish(&scene_red, config);
}

static void assert_answered(const char *from, const char *to, uint16_t port, const char *expected)
{
	struct probe probes[] = {
		{from, IPPROTO_TCP, to, port, expected},
		{from, IPPROTO_UDP, to, port, expected},
	};

	probe_ask(probes, COUNT(probes));
	for (size_t i = 0; i < COUNT(probes); i++)
		probe_assert(&probes[i]);
}

/* ---- CVE-2025-67499: a published port is this host's alone ---- */

static void leave_forwarded_traffic_alone(const char *backend)
{
	publish(backend, SCENE_HOST_PORT);
	assert_answered(OUTSIDE, "192.0.2.1", SCENE_HOST_PORT, "pod 192.0.2.2");
	assert_answered(BLUE, "192.0.2.2", SCENE_HOST_PORT, "outside 192.0.2.1");
	assert_answered(BLUE, "2001:db8:1::2", SCENE_HOST_PORT, "outside 2001:db8:1::1");
	assert_answered(OUTSIDE, "10.2.0.2", SCENE_HOST_PORT, "green 192.0.2.2");
}

static void cve_2025_67499__iptables_leaves_forwarded_traffic_alone(void **state)
{
	(void)state;
	skip_unless_iptables_works("nft", "nat");
	leave_forwarded_traffic_alone(iptables);
}

static void cve_2025_67499__conditions_leave_forwarded_traffic_alone(void **state)
{
	(void)state;
	leave_forwarded_traffic_alone(conditions);
}

/* ---- CVE-2019-9946: what others translate, such as Services, goes first ---- */

static void let_others_translate_first(const char *backend)
{
	sandbox_must("nft 'add table ip services; "
		     "add chain ip services in { type nat hook prerouting priority -100; }; "
		     "add chain ip services out { type nat hook output priority -100; }'; "
		     "for chain in in out; do nft \"add rule ip services $chain "
		     "ip daddr 192.0.2.1 meta l4proto { tcp, udp } th dport 8080 "
		     "dnat to 10.2.0.2:8080\"; done");
	publish(backend, SCENE_HOST_PORT);
	assert_answered(OUTSIDE, "192.0.2.1", SCENE_HOST_PORT, "green 192.0.2.2");
	assert_answered(NULL, "192.0.2.1", SCENE_HOST_PORT, "green 192.0.2.1");
	assert_answered(OUTSIDE, "192.0.2.3", SCENE_HOST_PORT, "pod 192.0.2.2");
}

static void cve_2019_9946__conditions_come_after_foreign_dnat(void **state)
{
	(void)state;
	let_others_translate_first(conditions);
}

/* In iptables, Services are rules that stand in the same chain. */
static void cve_2019_9946__iptables_comes_after_foreign_dnat(void **state)
{
	(void)state;
	skip_unless_iptables_works("nft", "nat");
	sandbox_must("for chain in PREROUTING OUTPUT; do iptables -t nat -A $chain -d 192.0.2.1 "
		     "-p tcp --dport 8080 -j DNAT --to-destination 10.2.0.2:8080; "
		     "iptables -t nat -A $chain -d 192.0.2.1 -p udp --dport 8080 -j DNAT "
		     "--to-destination 10.2.0.2:8080; done");
	publish(iptables, SCENE_HOST_PORT);
	assert_answered(OUTSIDE, "192.0.2.1", SCENE_HOST_PORT, "green 192.0.2.2");
	assert_answered(OUTSIDE, "192.0.2.3", SCENE_HOST_PORT, "pod 192.0.2.2");
}

/* ---- CVE-2020-8558: 127.0.0.1 is this host's own ---- */

/* A neighbour sends what is for 127.0.0.1 to this host, and takes its answers. */
static void close_loopback_to_neighbours(const char *backend)
{
	publish(backend, 8081);
	sandbox_must("[ $(sysctl -n net.ipv4.conf.br0.route_localnet) = 1 ]");
	assert_answered(NULL, "127.0.0.1", 8081, "pod 10.1.0.1");
	assert_answered(NULL, "127.0.0.1", SCENE_HOST_PORT, "host 127.0.0.1");
	sandbox_must("set -e; ip netns exec blue sysctl -qw net.ipv4.conf.eth0.route_localnet=1; "
		     "ip -n blue addr flush dev lo; "
		     "ip -n blue route flush table local 127.0.0.0/8; "
		     "ip -n blue route add 127.0.0.1 via 10.1.0.1 dev eth0 src 10.1.0.3");
	assert_answered(BLUE, "127.0.0.1", SCENE_HOST_PORT, NULL);
	/* It is that rule which does it. */
	sandbox_must("nft flush chain inet cni_portmap martians");
	assert_answered(BLUE, "127.0.0.1", SCENE_HOST_PORT, "host 10.1.0.3");
}

static void cve_2020_8558__iptables_closes_the_hosts_loopback(void **state)
{
	(void)state;
	skip_unless_iptables_works("nft", "nat");
	close_loopback_to_neighbours(iptables);
}

static void cve_2020_8558__conditions_close_the_hosts_loopback(void **state)
{
	(void)state;
	close_loopback_to_neighbours(conditions);
}

/* ---- CVE-2020-10749: a pod must not become the host's router ---- */

/* The host may have any default, and forwards IPv4 alone. */
static void cve_2020_10749__ptp_takes_no_router_advertisement(void **state)
{
	static const char *const addresses[] = {IPAM4, IPAM6, ""};

	(void)state;
	sandbox_must("sysctl -qw net.ipv6.conf.default.accept_ra=2");
	for (size_t i = 0; i < COUNT(addresses); i++) {
		freeing char *more =
			cni_format("'type':'ptp'%s%s", *addresses[i] ? "," : "", addresses[i]);
		freeing char *config = bridge_config("1.0.0", more);
		struct pod red;

		pod_open(&red, "red");
		red.plugin = CNI_C_BINARY_DIR "/plugins/ptp";
		pod_add(&red, config);
		sandbox_must(
			"v=$(ip -o link show type veth | sed -n 's/.*: \\(veth[^@]*\\)@.*/\\1/p'"
			"); [ -n \"$v\" ] && [ $(sysctl -n net.ipv6.conf.$v.accept_ra) = 0 ]");
		pod_del(&red, config);
		pod_close(&red);
	}
}

/* ---- CVE-2021-20206: the name of a plugin is no path ---- */

static void cve_2021_20206__ipam_type_is_no_path_for_any_plugin(void **state)
{
	static const char *const plugins[] = {"macvlan", "ipvlan", "vlan",	 "dummy",
					      "tap",	 "ptp",	   "host-device"};
	static const char *const types[] = {"../evil", "/run/sandbox/evil", ".."};
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("ip link add up0 type veth peer name up1 && ip link set up0 up");
	bridge_add_script("evil", "touch " SANDBOX_DIR "/was-run");
	sandbox_must("cp " SANDBOX_BIN "/evil " SANDBOX_DIR "/evil");
	before = sandbox_snapshot();
	for (size_t i = 0; i < COUNT(plugins) * COUNT(types); i++) {
		const char *plugin = plugins[i / COUNT(types)];
		freeing char *file = cni_format(CNI_C_BINARY_DIR "/plugins/%s", plugin);
		freeing char *more = cni_format("'type':'%s','master':'up0','device':'up0',"
						"'vlanId':5,'bridge':null,'ipam':{'type':'%s'}",
						plugin, types[i % COUNT(types)]);
		freeing char *config = bridge_config("1.0.0", more);
		struct plugin_answer answer;
		struct plugin_call asked;

		red.plugin = file;
		pod_add_fails(&red, config, CNI_ECONFIG, types[i % COUNT(types)]);
		asked = pod_call(&red, "DEL", config);
		answer = plugin_run(&asked);
		plugin_answer_clear(&answer);
		sandbox_assert_unchanged(before);
	}
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(cve_2025_67499__iptables_leaves_forwarded_traffic_alone),
		scene_test(cve_2025_67499__conditions_leave_forwarded_traffic_alone),
		scene_test(cve_2019_9946__conditions_come_after_foreign_dnat),
		scene_test(cve_2019_9946__iptables_comes_after_foreign_dnat),
		scene_test(cve_2020_8558__iptables_closes_the_hosts_loopback),
		scene_test(cve_2020_8558__conditions_close_the_hosts_loopback),
		bridge_test(cve_2020_10749__ptp_takes_no_router_advertisement),
		bridge_test(cve_2021_20206__ipam_type_is_no_path_for_any_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
