/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* ADD: the result, the kernel's state, and input that is refused. */
#include "cleanup.h"
#include "mem.h"
#include "ptp.h"
#include "test.h"

#include <string.h>

static void ptp__lists_host_side_and_container_side(void **state)
{
	freeing char *config = ptp_config("1.0.0", IPAM46);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	ptp_add(&red, config);
	assert_shown("green/red/eth0", "0.ifalias", "ip -j link show %s", red.host);
	assert_json(red.result, "interfaces.0.sandbox", NULL);
	assert_json(red.result, "interfaces.1.name", "eth0");
	assert_json(red.result, "interfaces.1.sandbox", "/run/netns/red");
	assert_json(red.result, "interfaces.2", NULL);
	assert_json(red.result, "ips.0.interface", "1");
	assert_json(red.result, "ips.0.address", "10.1.0.2/24");
	assert_json(red.result, "ips.0.gateway", "10.1.0.1");
	assert_json(red.result, "ips.1.interface", "1");
	assert_json(red.result, "ips.1.address", "fd01::2/64");
	assert_json(red.result, "routes", "[{'dst':'0.0.0.0/0'},{'dst':'::/0'}]");
	pod_close(&red);
}

/* As the Go plugin leaves it. */
static void ptp__routes_all_through_the_gateway(void **state)
{
	static const char *const expected[] = {
		"ip -n red -4 route",
		"default via 10.1.0.1 dev eth0 \n"
		"10.1.0.0/24 via 10.1.0.1 dev eth0 src 10.1.0.2 \n"
		"10.1.0.1 dev eth0 scope link src 10.1.0.2 \n",
		"ip -n red -6 route | grep -v fe80",
		"fd01::1 dev eth0 src fd01::2 metric 1024 pref medium\n"
		"fd01::/64 via fd01::1 dev eth0 src fd01::2 metric 1024 pref medium\n"
		"default via fd01::1 dev eth0 metric 1024 pref medium\n",
		"ip route show 10.1.0.2 | sed 's/ veth[^ ]*//'",
		"10.1.0.2 dev scope host \n",
		"ip -6 route show fd01::2 | sed 's/ veth[^ ]*//'",
		"fd01::2 dev metric 1024 pref medium\n",
		"ip -o addr show type veth scope global | awk '{print $4}'",
		"10.1.0.1/32\nfd01::1/128\n",
		"sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding",
		"1\n1\n",
	};
	freeing char *config = ptp_config("1.0.0", IPAM46);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	ptp_add(&red, config);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i += 2) {
		freeing char *found = sandbox_read("%s", expected[i]);

		assert_string_equal(found, expected[i + 1]);
	}
	sandbox_must("test $(sysctl -n net.ipv6.conf.%s.accept_ra) = 0", red.host);
	/* Neighbours are asked from the link-local address, for which no duplicate is looked for first. */
	sandbox_must("test $(sysctl -n net.ipv6.conf.%s.accept_dad) = 0", red.host);
	sandbox_await("test -z \"$(ip -6 addr show dev %s tentative)\"", red.host);
	pod_close(&red);
}

static void ptp__answers_in_each_version(void **state)
{
	static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1",
					       "0.4.0", "1.0.0", "1.1.0"};
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	sandbox_must("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
	pod_open(&red, "red");
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *config = ptp_config(versions[i], "'ipMasq':true," IPAM46);

		ptp_add(&red, config);
		assert_json(red.result, "cniVersion", versions[i]);
		if (i < 2)
			assert_json(red.result, "ip4.ip", "10.1.0.2/24");
		else
			assert_json(red.result, "ips.0.address", "10.1.0.2/24");
		if (i >= 4)
			ptp_check(&red, config);
		ptp_del(&red, config);
		bridge_assert_unchanged(before);
	}
	pod_close(&red);
}

static void ptp__has_the_configured_mtu_queues_and_dns(void **state)
{
	freeing char *config = ptp_config("1.0.0", "'mtu':1460,'queues':2,'dns':{'nameservers':['9."
						   "9.9.9'],'search':['a.example']}," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	ptp_add(&red, config);
	assert_shown("1460", "0.mtu", "ip -n red -j link show eth0");
	assert_shown("1460", "0.mtu", "ip -j link show %s", red.host);
	assert_shown("2", "0.num_tx_queues", "ip -n red -j -d link show eth0");
	assert_shown("2", "0.num_rx_queues", "ip -j -d link show %s", red.host);
	assert_json(red.result, "dns", "{'nameservers':['9.9.9.9'],'search':['a.example']}");
	pod_close(&red);
}

/* "0.0.0.0" of an IPAM plugin is none: the first address of the network serves, as without. */
static void ptp__takes_its_own_gateway_for_the_unspecified_one(void **state)
{
	freeing char *config = ptp_config("1.0.0", "'ipam':{'type':'static','addresses':["
						   "{'address':'10.1.0.5/24','gateway':'0.0.0.0'},"
						   "{'address':'fd01::5/64','gateway':'::'}]}");
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	ptp_add(&red, config);
	assert_json(red.result, "ips.0.gateway", "10.1.0.1");
	assert_json(red.result, "ips.1.gateway", "fd01::1");
	ptp_check(&red, config);
	pod_close(&red);
}

/* A pair that is up, and nothing else. */
static void ptp__without_ipam_makes_the_pair(void **state)
{
	freeing char *config = ptp_config("1.0.0", "'ipMasq':true,'mtu':1400");
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	before = bridge_snapshot();
	ptp_add(&red, config);
	assert_json(red.result, "interfaces.1.name", "eth0");
	assert_json(red.result, "ips", NULL);
	/* Its operational state follows later. */
	sandbox_must("ip -n red link show eth0 | grep -q 'UP,LOWER_UP'");
	assert_shown("UP", "0.operstate", "ip -j link show %s", red.host);
	assert_shown("[]", "", "ip -n red -j -4 addr show eth0");
	sandbox_must("! nft list table inet cni 2>/dev/null && test $(sysctl -n "
		     "net.ipv4.ip_forward) = 0");
	ptp_check(&red, config);
	sandbox_must("ip -n red addr add 10.7.0.2/24 dev eth0 && ip addr add 10.7.0.1/24 dev %s && "
		     "ip netns exec red ping -qc1 -W5 10.7.0.1 >/run/out",
		     red.host);
	ptp_del(&red, config);
	sandbox_must("rm /run/out");
	bridge_assert_unchanged(before);
	pod_close(&red);
}

/* The Go plugin sets the routes while the network is on the link. */
static void ptp__reaches_gateways_of_routes_in_the_network(void **state)
{
	freeing char *config =
		ptp_config("1.0.0", IPAM("'ranges':[" RANGE4 "," RANGE6 "],'routes':["
					 "{'dst':'10.8.0.0/16','gw':'10.1.0.77'},"
					 "{'dst':'fd08::/48','gw':'fd01::77'}]"));
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	ptp_add(&red, config);
	assert_shown("10.1.0.77", "0.gateway", "ip -n red -j route show 10.8.0.0/16");
	assert_shown("fd01::77", "0.gateway", "ip -n red -j -6 route show fd08::/48");
	ptp_check(&red, config);
	pod_close(&red);
}

/* ---- refused ---- */

#define STATIC(addresses) "'ipam':{'type':'static','addresses':[" addresses "]}"

static void ptp__refuses(void **state)
{
	static const struct {
		const char *version;
		const char *keys;
		int code;
		const char *says;
	} cases[] = {
		{"1.0.0", "'mtu':65536," IPAM4, CNI_ECONFIG, "'mtu'"},
		{"1.0.0", "'mtu':'1500'," IPAM4, CNI_ECONFIG, "'mtu'"},
		{"1.0.0", "'queues':4097," IPAM4, CNI_ECONFIG, "'queues'"},
		{"1.0.0", "'ipMasq':'yes'," IPAM4, CNI_ECONFIG, "'ipMasq'"},
		{"1.0.0", "'ipMasqBackend':'pf'," IPAM4, CNI_ECONFIG, "ipMasqBackend"},
		{"1.0.0", "'ipam':{'type':'none-such'}", CNI_ECONFIG, "none-such"},
		{"1.0.0", "'ipam':{'type':'ptp'}", CNI_ECONFIG, "ptp"},
		{"0.2.0", "", CNI_EVERSION, "use 0.3.0 or later without 'ipam'"},
		{"1.0.0", STATIC("{'address':'10.1.0.1/32'}"), CNI_ECONFIG,
		 "ptp needs a gateway, and 'ipam' has given none for 10.1.0.1/32"},
		{"1.0.0", STATIC("{'address':'10.1.0.1/24','gateway':'10.1.0.1'}"), CNI_ECONFIG,
		 "'ipam' has given 10.1.0.1 as the container's address and as its gateway"},
		{"1.0.0", STATIC(""), CNI_EDELEGATE, "IPAM plugin returned missing IP config"},
	};
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = ptp_config(cases[i].version, cases[i].keys);

		ptp_add_fails(&red, config, cases[i].code, cases[i].says);
		bridge_assert_unchanged(before);
		sandbox_must("! ip -n red link show eth0 2>/dev/null");
	}
	pod_close(&red);
}

static void ptp__leaves_a_foreign_eth0_alone(void **state)
{
	freeing char *config = ptp_config("1.0.0", IPAM46);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("ip -n red link add eth0 type veth peer name other");
	before = bridge_snapshot();
	ptp_add_fails(&red, config, CNI_ETAKEN, "'eth0' already exists");
	bridge_assert_unchanged(before);
	ptp_del(&red, config);
	sandbox_must("ip -n red link show eth0 >/dev/null");
	pod_close(&red);
}

/* Two networks with one range: neither pod may lose its packets to the other. */
static void ptp__takes_no_address_of_a_pod_that_lives(void **state)
{
	freeing char *config = ptp_config("1.0.0", IPAM46);
	freeing char *other = ptp_config("1.0.0", "'name':'other'," IPAM46);
	struct pod red;
	struct pod blue;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	ptp_add(&red, config);
	ptp_add_fails(&blue, other, CNI_ETAKEN, "(green/red/eth0)");
	sandbox_must("ping -qc1 -W5 10.1.0.2 >/run/out");
	/* The address was given back, and the next one is free. */
	ptp_add(&blue, other);
	assert_json(blue.result, "ips.0.address", "10.1.0.3/24");
	pod_close(&blue);
	pod_close(&red);
}

/* The route of an administrator. */
static void ptp__takes_no_route_of_another_link(void **state)
{
	freeing char *config = ptp_config("1.0.0", IPAM6);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	sandbox_must("ip link add a0 type veth peer name a1; ip link set a0 up; ip link set a1 up; "
		     "ip -6 route add fd01::2 dev a0");
	pod_open(&red, "red");
	before = bridge_snapshot();
	ptp_add_fails(&red, config, CNI_ETAKEN, "fd01::2 leads through 'a0' (no owner)");
	bridge_assert_unchanged(before);
	pod_close(&red);
}

/* Its ledger is gone and its namespace as well, but a process is still in there for a moment. */
static void ptp__takes_the_route_of_a_pod_that_dies(void **state)
{
	freeing char *config = ptp_config("1.0.0", IPAM46);
	struct pod red;
	struct pod blue;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	ptp_add(&red, config);
	sandbox_must("rm -rf /var/lib/cni/networks; "
		     "{ ip netns exec red sleep 2 & echo $! >/run/pid; } >/dev/null 2>&1");
	sandbox_await("grep sleep /proc/$(cat /run/pid)/comm");
	sandbox_del_netns("red");
	ptp_add(&blue, config);
	assert_json(blue.result, "ips.0.address", "10.1.0.2/24");
	assert_shown(blue.host, "0.dev", "ip -j route show 10.1.0.2");
	assert_shown(blue.host, "0.dev", "ip -j -6 route show fd01::2");
	ptp_check(&blue, config);
	pod_close(&blue);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(ptp__lists_host_side_and_container_side),
		bridge_test(ptp__routes_all_through_the_gateway),
		bridge_test(ptp__answers_in_each_version),
		bridge_test(ptp__has_the_configured_mtu_queues_and_dns),
		bridge_test(ptp__takes_its_own_gateway_for_the_unspecified_one),
		bridge_test(ptp__without_ipam_makes_the_pair),
		bridge_test(ptp__reaches_gateways_of_routes_in_the_network),
		bridge_test(ptp__refuses),
		bridge_test(ptp__leaves_a_foreign_eth0_alone),
		bridge_test(ptp__takes_no_address_of_a_pod_that_lives),
		bridge_test(ptp__takes_no_route_of_another_link),
		bridge_test(ptp__takes_the_route_of_a_pod_that_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
