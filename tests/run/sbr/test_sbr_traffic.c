/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* A pod with several interfaces answers through the one that it was asked on. The witnesses are
 * answers that arrive outside: nft drops those that leave by another interface. */
#include "probe.h"
#include "routed.h"

#include "cleanup.h"

#include <netinet/in.h>
#include <string.h>

static struct probe_server server;

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	routed_open();
	return 0;
}

static int teardown(void **state)
{
	probe_stop(&server);
	routed_close();
	return bridge_teardown(state);
}

#define sbr_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Asked from outside at each address, over TCP. */
static void assert_answers(const char *const *addresses, size_t count, bool expected)
{
	struct probe probes[8];

	for (size_t i = 0; i < count; i++) {
		bool is_ipv6 = strchr(addresses[i], ':') != NULL;
		const char *answer = is_ipv6 ? "pod 2001:db8:1::2" : "pod 192.0.2.2";

		probes[i] = (struct probe){.from = "/run/netns/outside",
					   .protocol = IPPROTO_TCP,
					   .to = addresses[i],
					   .port = 80,
					   .expected = expected ? answer : NULL};
	}
	probe_ask(probes, count);
	for (size_t i = 0; i < count; i++)
		probe_assert(&probes[i]);
}

/* Packets come through a bridge with its addresses only. */
static void watch_bridges(void)
{
	sandbox_must("nft 'table inet watch { chain forward { type filter hook forward priority 0; "
		     "iifname br0 ip saddr != 10.1.0.0/24 counter drop; "
		     "iifname br0 ip6 saddr != fd01::/64 counter drop; "
		     "iifname br1 ip saddr != 10.2.0.0/24 counter drop; "
		     "iifname br1 ip6 saddr != fd02::/64 counter drop; }; }'");
}

static void sbr__answers_by_the_interface_it_was_asked_on(void **state)
{
	static const char *const first[] = {"10.1.0.2", "fd01::2"};
	static const char *const second[] = {"10.2.0.2", "fd02::2"};
	freeing_json cJSON *a = routed_attach("eth0", ON_A);
	freeing_json cJSON *b = NULL;

	(void)state;
	probe_serve(&server, RED, "pod", 80);
	watch_bridges();
	/* With a worse metric, as a runtime has it for further networks. */
	b = routed_attach("net1", ON_NETWORK("green", "br1", "2"));
	sandbox_must("ip -n red route del default via 10.2.0.1; "
		     "ip -n red -6 route del default via fd02::1; "
		     "ip -n red route add default via 10.2.0.1 metric 5000; "
		     "ip -n red -6 route add default via fd02::1 metric 5000");
	assert_answers(first, 2, true);
	assert_answers(second, 2, false);
	routed_succeeds(SBR, "ADD", "net1", "", b);
	assert_answers(second, 2, true);
	assert_answers(first, 2, true);
	/* And the first as well: each has a table for each family. */
	routed_succeeds(SBR, "ADD", "eth0", "", a);
	assert_answers(first, 2, true);
	assert_answers(second, 2, true);
	routed_succeeds(SBR, "CHECK", "eth0", "", a);
	routed_succeeds(SBR, "CHECK", "net1", "", b);
	routed_succeeds(SBR, "DEL", "net1", "", b);
	assert_answers(first, 2, true);
	routed_succeeds(SBR, "CHECK", "eth0", "", a);
}

/* The host sides let through packets with the address of their interface only. */
static void watch_veths(const cJSON *first, const cJSON *second)
{
	sandbox_must(
		"nft 'table bridge watch { chain pre { type filter hook prerouting priority -300; "
		"iifname %s ip saddr 10.1.0.3 counter drop; "
		"iifname %s ip6 saddr fd01::3 counter drop; "
		"iifname %s ip saddr 10.1.0.2 counter drop; "
		"iifname %s ip6 saddr fd01::2 counter drop; }; }'",
		cni_json_get_string(cJSON_GetArrayItem(cni_json_get(first, "interfaces"), 1),
				    "name"),
		cni_json_get_string(cJSON_GetArrayItem(cni_json_get(first, "interfaces"), 1),
				    "name"),
		cni_json_get_string(cJSON_GetArrayItem(cni_json_get(second, "interfaces"), 1),
				    "name"),
		cni_json_get_string(cJSON_GetArrayItem(cni_json_get(second, "interfaces"), 1),
				    "name"));
}

static void sbr__tells_two_interfaces_of_one_subnet_apart(void **state)
{
	static const char *const both[] = {"10.1.0.2", "fd01::2", "10.1.0.3", "fd01::3"};
	static const char *const second[] = {"10.1.0.3", "fd01::3"};
	freeing_json cJSON *a = routed_attach("eth0", ON_A);
	freeing_json cJSON *b = NULL;

	(void)state;
	probe_serve(&server, RED, "pod", 80);
	sandbox_must("ip -n red route change default via 10.1.0.1 dev eth0");
	b = routed_attach("net1", ON_NETWORK("blue", "br0", "1") ",'cniVersion':'1.0.0'");
	sandbox_must(
		"ip -n red route del default dev net1; ip -n red -6 route del default dev net1; "
		"ip -n red route add default via 10.1.0.1 dev net1 metric 5000; "
		"ip -n red -6 route add default via fd01::1 dev net1 metric 5000");
	watch_veths(a, b);
	assert_answers(second, 2, false);
	routed_succeeds(SBR, "ADD", "eth0", "", a);
	routed_succeeds(SBR, "ADD", "net1", "", b);
	assert_answers(both, 4, true);
	routed_succeeds(SBR, "CHECK", "eth0", "", a);
	routed_succeeds(SBR, "CHECK", "net1", "", b);
	/* Without the one, the other answers. */
	routed_succeeds(SBR, "DEL", "eth0", "", a);
	routed_detach("eth0", ON_A, a);
	assert_answers(second, 2, true);
	routed_succeeds(SBR, "CHECK", "net1", "", b);
}

/* With hints the pod finds the way to its subnets by itself, and each from its own address. */
static void sbr__hints_let_the_pod_ask_as_well(void **state)
{
	static const char hints[] = "'addSourceHints':true";
	freeing_json cJSON *a = routed_attach("eth0", ON_A);
	freeing_json cJSON *b = routed_attach("net1", ON_B);

	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", "", a);
	routed_succeeds(SBR, "ADD", "net1", "", b);
	assert_int_not_equal(
		sandbox_run("ip netns exec red ping -q -c1 -W1 10.2.0.1 >/dev/null 2>&1"), 0);
	routed_succeeds(SBR, "DEL", "net1", "", b);
	routed_detach("net1", ON_B, b);
	cJSON_Delete(b);
	b = routed_attach("net1", ON_B);
	routed_succeeds(SBR, "ADD", "net1", hints, b);
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.2.0.1 >/run/out");
	sandbox_must("ip netns exec red ping -q -c1 -W5 fd02::1 >/run/out");
	assert_shown("10.2.0.3", "0.prefsrc", "ip -n red -j route get 10.2.0.1");
	assert_shown("fd02::3", "0.prefsrc", "ip -n red -6 -j route get fd02::1");
	routed_succeeds(SBR, "CHECK", "net1", hints, b);
	routed_check_bridge("net1", ON_B, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sbr_test(sbr__answers_by_the_interface_it_was_asked_on),
		sbr_test(sbr__tells_two_interfaces_of_one_subnet_apart),
		sbr_test(sbr__hints_let_the_pod_ask_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
