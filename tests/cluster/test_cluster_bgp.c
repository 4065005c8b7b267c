/* SPDX-License-Identifier: Apache-2.0 */
/* Three nodes, BGP between them with graceful restart (conf/cluster/bird-bgp): sources, published ports, path MTU, the
 * list of destinations, and what happens when a daemon, a link or a node dies. The tests share one cluster, and each
 * leaves it as it was; the last one does not.
 *
 * scripts/test --reference runs it as well: the table beside the Go plugins. */
#include "cleanup.h"
#include "cluster_bird.h"
#include "cluster_table.h"
#include "conversation.h"
#include "mem.h"
#include "suite.h"
#include "test.h"
#include "transfer.h"

#include <stdlib.h>

static struct cluster_node *const n1 = &cluster_nodes[0];
static struct cluster_node *const n2 = &cluster_nodes[1];
static struct cluster_node *const n3 = &cluster_nodes[2];
static struct cluster_pod *const p1 = &cluster_p[0];
static struct cluster_pod *const p2 = &cluster_p[1];
static struct cluster_pod *const p3 = &cluster_p[2];

static void await_all_routes(void)
{
	for (size_t i = 0; i < CLUSTER_NODES; i++)
		for (size_t j = 0; j < CLUSTER_NODES; j++)
			if (i != j)
				bird_await_routes(&cluster_nodes[i], &cluster_nodes[j]);
}

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	if (!cluster_has_bird())
		return 0;
	cluster_open(1);
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		cluster_install(&cluster_nodes[i], "bird-bgp", "");
		bird_install(&cluster_nodes[i], "bird-bgp", "");
		bird_start(&cluster_nodes[i], false);
	}
	/* Meanwhile BIRD converges. */
	cluster_add_all(CLUSTER_OURS);
	await_all_routes();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cluster_close();
	return 0;
}

static void cluster_bgp__keeps_the_sources_of_pods(void **state)
{
	(void)state;
	needs_bird();
	cluster_ask_table("ours", true);
	cluster_assert_source_kept(p1, p2);
	cluster_assert_source_kept(p2, p1);
	cluster_assert_source_kept(p1, p3);
}

/* All pods are added anew by the plugins of `path`, with the recipe's conflist changed by `sed`; and then as they
 * were. */
static void ask_table_with(const char *path, const char *sed, const char *column, bool asserts)
{
	cluster_del_all(CLUSTER_OURS);
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		cluster_must(&cluster_nodes[i], "ip link del pods");
		cluster_install(&cluster_nodes[i], "bird-bgp", sed);
	}
	cluster_add_all(path);
	cluster_ask_table(column, asserts);
	cluster_del_all(path);
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		cluster_must(&cluster_nodes[i], "ip link del pods 2>/dev/null || true");
		cluster_install(&cluster_nodes[i], "bird-bgp", "");
	}
	cluster_add_all(CLUSTER_OURS);
	cluster_ask_table(NULL, true);
}

/* The same cluster with the Go plugins: a witness, whose sources are not asserted. 1.0.0 is the newest version of the
 * specification that all of these have. */
static void cluster_bgp__beside_the_go_plugins(void **state)
{
	(void)state;
	needs_bird();
	skip_without_go();
	ask_table_with(GO_DIR, "s/1\\.1\\.0/1.0.0/", "go", false);
}

static void cluster_bgp__ptp_keeps_the_sources_too(void **state)
{
	(void)state;
	needs_bird();
	ask_table_with(
		CLUSTER_OURS,
		"s/\"type\": \"bridge\"/\"type\": \"ptp\"/;"
		"s/\"ranges\"/\"routes\": [{\"dst\":\"0.0.0.0\\/0\"},{\"dst\":\"::\\/0\"}], &/",
		NULL, true);
}

/* Pods have 1500, the links between nodes 1450: the gateway answers that a packet is too big. */
static void cluster_bgp__a_transfer_finds_the_mtu(void **state)
{
	(void)state;
	needs_bird();
	sandbox_must("ip -n p1 link show eth0 | grep -q 'mtu 1500 '");
	for (int family = 0; family < 2; family++) {
		int segment = transfer(p1->netns, p2->netns, p2->address[family], 1 << 20);

		/* 1450 without the headers of IP and TCP, and with or without the option of timestamps. */
		assert_in_range(segment, 1370, family ? 1390 : 1410);
		sandbox_must("ip -n p1 route get %s | grep -q 'mtu 1450'", p2->address[family]);
	}
}

static void assert_n2_sees(const char *expected4, const char *expected6)
{
	freeing char *text4 = cni_format("n2 %s", expected4);
	freeing char *text6 = cni_format("n2 %s", expected6);

	cluster_assert_seen(p1->netns, "192.0.2.12", CLUSTER_PORT, text4);
	cluster_assert_seen(p1->netns, "2001:db8::12", CLUSTER_PORT, text6);
}

#define REFRESH CNI_C_BINARY_DIR "/cnitool/cnitool refresh pods"

/* p1 has been added with a list that has the nodes. */
static void cluster_bgp__the_list_changes_under_running_pods(void **state)
{
	(void)state;
	needs_bird();
	assert_n2_sees(p1->address[0], p1->address[1]);
	/* The next ADD's list is without the nodes. */
	cluster_install(n1, "bird-bgp", "/\"10.244.0.0/s/, \"192.*$/,/;/48/s/, \"2001.*$//");
	cluster_del(&cluster_q1, CLUSTER_OURS);
	cluster_add(&cluster_q1, n1, "pods", CLUSTER_OURS, NULL);
	assert_n2_sees("192.0.2.11", "2001:db8::11");
	cluster_assert_source_kept(p1, p2);
	/* The file's list of today, without an ADD. */
	cluster_install(n1, "bird-bgp", "");
	assert_n2_sees("192.0.2.11", "2001:db8::11");
	cluster_must(n1, "CNI_PATH=" CLUSTER_OURS " " REFRESH " >/dev/null");
	assert_n2_sees(p1->address[0], p1->address[1]);
	/* No masquerade in one family: the outside sees the pod, and has no route back. */
	cluster_install(n1, "bird-bgp", "s/\"fd00:10:244::.48\"/\"::\\/0\"/");
	cluster_must(n1, "CNI_PATH=" CLUSTER_OURS " " REFRESH " >/dev/null");
	cluster_assert_seen(p1->netns, OUTSIDE4, CLUSTER_PORT, "outside 192.0.2.11");
	cluster_assert_seen(p1->netns, OUTSIDE6, CLUSTER_PORT, NULL);
	sandbox_must("ip -n outside route add fd00:10:244:1::/64 via 2001:db8::11");
	{
		freeing char *pod = cni_format("outside %s", p1->address[1]);

		cluster_assert_seen(p1->netns, OUTSIDE6, CLUSTER_PORT, pod);
	}
	sandbox_must("ip -n outside route del fd00:10:244:1::/64");
	cluster_install(n1, "bird-bgp", "");
	cluster_must(n1, "CNI_PATH=" CLUSTER_OURS " " REFRESH " >/dev/null");
	cluster_ask_table(NULL, true);
}

/* With BIRD's own metric the blackhole wins over the bridge. */
static void cluster_bgp__an_ipv6_blackhole_needs_a_metric_above_256(void **state)
{
	(void)state;
	needs_bird();
	bird_install(n1, "bird-bgp", "/metric 4096/d");
	bird_must(n1, "configure");
	cluster_await(n1, "ip -6 route show fd00:10:244:1::/64 | grep -q 'metric 32 '");
	cluster_assert_seen(p1->netns, "fd00:10:244:1::1", CLUSTER_PORT, NULL);
	bird_install(n1, "bird-bgp", "");
	bird_must(n1, "configure");
	cluster_await(n1, "! ip -6 route show fd00:10:244:1::/64 | grep -q 'metric 32 '");
	bird_await_sessions(n1, n2, true);
	bird_await_sessions(n1, n3, true);
	await_all_routes();
	cluster_ask_table(NULL, true);
}

/* A daemon that dies costs nothing: the others keep its routes. The next one recovers them, and leaves a
 * neighbour's that goes dark. */
static void cluster_bgp__a_killed_daemon_costs_nothing(void **state)
{
	struct conversation conversation;

	(void)state;
	needs_bird();
	conversation_start(&conversation, p2->name, p1->name, p1->address[0]);
	bird_kill(n1);
	bird_await_sessions(n2, n1, false);
	bird_await_sessions(n3, n1, false);
	conversation_assert_goes_on(&conversation, 10);
	cluster_ask_table(NULL, true);
	cluster_assert_source_kept(p2, p1);
	bird_start(n1, true);
	bird_await_sessions(n1, n2, true);
	bird_await_sessions(n1, n3, true);
	cluster_await(n1, "grep -q 'Graceful restart done' /run/bird/log");
	conversation_assert_goes_on(&conversation, 10);
	conversation_end(&conversation);
	cluster_ask_table(NULL, true);
}

/* Neither side loses its carrier. */
static void cluster_bgp__a_dark_link_is_noticed(void **state)
{
	(void)state;
	needs_bird();
	cluster_link_dark(n3, 0);
	bird_await_no_routes(n1, n3);
	bird_await_no_routes(n2, n3);
	cluster_must(n3, "ip link show eth0 | grep -q LOWER_UP");
	cluster_assert_source_kept(p1, p2);
	/* The pod learns it, and does not wait. */
	cluster_must(n1, "! ip route get %s 2>/dev/null", p3->address[0]);
	cluster_must(n1, "! ip route get %s 2>/dev/null", p3->address[1]);
	for (int family = 0; family < 2; family++)
		sandbox_must("ip netns exec p1 ping -c1 -W20 %s | grep -qi unreachable",
			     p3->address[family]);
	cluster_link_back(n3, 0);
	await_all_routes();
	cluster_ask_table(NULL, true);
}

#define WITH_N3                                                                                    \
	"s/route PODS4 .*/&\\nroute 10.244.3.0\\/24 blackhole;/;"                                  \
	"s/route PODS6 .*/&\\nroute fd00:10:244:3::\\/64 blackhole;/"

static void await_way_to_n3(const char *address4, const char *address6)
{
	cluster_await(n1,
		      "ip route show 10.244.3.0/24 proto bird | grep -q 'via %s ' && "
		      "ip -6 route show fd00:10:244:3::/64 proto bird | grep -q 'via %s '",
		      address4, address6);
}

/* Nothing is reported: the lower router id wins, and the pods that are there are cut off. */
static void cluster_bgp__two_nodes_with_one_subnet_are_silent(void **state)
{
	(void)state;
	needs_bird();
	bird_install(n2, "bird-bgp", WITH_N3);
	bird_must(n2, "configure");
	await_way_to_n3("192.0.2.12", "2001:db8::12");
	cluster_assert_seen(p1->netns, p3->address[0], CLUSTER_PORT, NULL);
	bird_install(n2, "bird-bgp", "");
	bird_must(n2, "configure");
	await_way_to_n3("192.0.2.13", "2001:db8::13");
	cluster_ask_table(NULL, true);
}

/* Next hops on the link are looked up in BIRD's own table, which has no routes to links. */
static void cluster_bgp__needs_direct_on_one_link(void **state)
{
	(void)state;
	needs_bird();
	if (!getenv("CNI_C_SLOW"))
		skip_because("sessions start anew twice: scripts/test --slow");
	bird_install(n1, "bird-bgp", "/^\tdirect;/d");
	bird_must(n1, "configure");
	cluster_await(n1,
		      "ip route show proto bird | grep -q '^unreachable 10.244.2.0/24' && "
		      "ip -6 route show proto bird | grep -q '^unreachable fd00:10:244:2::/64'");
	bird_install(n1, "bird-bgp", "");
	bird_must(n1, "configure");
	await_all_routes();
	cluster_ask_table(NULL, true);
}

/* n3 dies; n2 gets its subnet: a line of BIRD's each family, and a network of its own. */
static void cluster_bgp__a_subnet_moves_from_a_dead_node(void **state)
{
	(void)state;
	needs_bird();
	cluster_link_dark(n3, 0);
	bird_kill(n3);
	bird_await_no_routes(n1, n3);
	cluster_assert_source_kept(p1, p2);
	bird_install(n2, "bird-bgp", WITH_N3);
	bird_must(n2, "configure");
	bird_await_routes(n1, n3);
	cluster_must(n2, "sed -e 's/\"pods\"/\"pods3\"/;s/244.2.0/244.3.0/;s/244:2:/244:3:/' "
			 "/etc/cni/net.d/10-pods.conflist > /etc/cni/net.d/20-pods3.conflist");
	/* The node is dead, and its pod with it. */
	cluster_renew_pod(p3);
	cluster_add(p3, n2, "pods3", CLUSTER_OURS, NULL);
	assert_memory_equal(p3->address[0], "10.244.3.", 9);
	cluster_assert_source_kept(p1, p3);
	cluster_assert_source_kept(p3, p1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cluster_bgp__keeps_the_sources_of_pods),
		cmocka_unit_test(cluster_bgp__beside_the_go_plugins),
		cmocka_unit_test(cluster_bgp__ptp_keeps_the_sources_too),
		cmocka_unit_test(cluster_bgp__a_transfer_finds_the_mtu),
		cmocka_unit_test(cluster_bgp__the_list_changes_under_running_pods),
		cmocka_unit_test(cluster_bgp__an_ipv6_blackhole_needs_a_metric_above_256),
		cmocka_unit_test(cluster_bgp__a_killed_daemon_costs_nothing),
		cmocka_unit_test(cluster_bgp__two_nodes_with_one_subnet_are_silent),
		cmocka_unit_test(cluster_bgp__needs_direct_on_one_link),
		cmocka_unit_test(cluster_bgp__a_dark_link_is_noticed),
		cmocka_unit_test(cluster_bgp__a_subnet_moves_from_a_dead_node),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
