/* SPDX-License-Identifier: Apache-2.0 */
/* Three nodes with two links each, OSPF between them and BFD on the links (conf/cluster/bird-ospf). The tests share one
 * cluster; the last one does not leave it as it was. */
#include "cleanup.h"
#include "cluster_bird.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>

static struct cluster_node *const n1 = &cluster_nodes[0];
static struct cluster_node *const n2 = &cluster_nodes[1];
static struct cluster_node *const n3 = &cluster_nodes[2];
static struct cluster_pod *const p1 = &cluster_p[0];
static struct cluster_pod *const p2 = &cluster_p[1];
static struct cluster_pod *const p3 = &cluster_p[2];

/* Waits until `from` reaches the pods of `to` over so many links in both families. */
static void await_links(const struct cluster_node *from, const struct cluster_node *to, int links)
{
	cluster_await(from,
		      "[ $(ip route show 10.244.%u.0/24 proto bird | grep -c dev) = %d ] && "
		      "[ $(ip -6 route show fd00:10:244:%u::/64 proto bird | grep -c dev) = %d ]",
		      to->number, links, to->number, links);
}

static void await_all_links(void)
{
	for (size_t i = 0; i < CLUSTER_NODES; i++)
		for (size_t j = 0; j < CLUSTER_NODES; j++)
			if (i != j)
				await_links(&cluster_nodes[i], &cluster_nodes[j], 2);
	/* And between the nodes' own addresses. */
	for (size_t i = 0; i < CLUSTER_NODES; i++)
		cluster_await(&cluster_nodes[i],
			      "[ $({ ip route show proto bird; ip -6 route show proto bird; } | "
			      "grep -c -e '^198.51.100' -e '^2001:db8:ff::') = 4 ]");
}

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	if (!cluster_has_bird())
		return 0;
	cluster_open(2);
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		cluster_install(&cluster_nodes[i], "bird-ospf", "");
		bird_install(&cluster_nodes[i], "bird-ospf", "");
		bird_start(&cluster_nodes[i], false);
		cluster_add(&cluster_p[i], &cluster_nodes[i], "pods", CLUSTER_OURS, NULL);
	}
	await_all_links();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cluster_close();
	return 0;
}

static void cluster_ospf__keeps_the_sources_of_pods(void **state)
{
	freeing char *text4 = NULL;
	freeing char *text6 = NULL;

	(void)state;
	needs_bird();
	text4 = cni_format("n2 %s", p1->address[0]);
	text6 = cni_format("n2 %s", p1->address[1]);
	cluster_assert_source_kept(p1, p2);
	cluster_assert_source_kept(p3, p1);
	/* The nodes by the addresses that are no link's. */
	cluster_assert_seen(p1->netns, "198.51.100.12", CLUSTER_PORT, text4);
	cluster_assert_seen(p1->netns, "2001:db8:ff::12", CLUSTER_PORT, text6);
	cluster_assert_seen(n1->netns, p2->address[0], CLUSTER_PORT, "p2 198.51.100.11");
	cluster_assert_seen(n1->netns, p2->address[1], CLUSTER_PORT, "p2 2001:db8:ff::11");
	/* The outside sees the node's address on the link. */
	cluster_assert_seen(p1->netns, OUTSIDE4, CLUSTER_PORT, "outside 192.0.2.11");
	cluster_assert_seen(p1->netns, OUTSIDE6, CLUSTER_PORT, "outside 2001:db8::11");
}

static void cluster_ospf__a_dark_link_is_left(void **state)
{
	(void)state;
	needs_bird();
	cluster_link_dark(n2, 0);
	await_links(n1, n2, 1);
	await_links(n3, n2, 1);
	await_links(n2, n1, 1);
	cluster_must(n2, "ip link show eth0 | grep -q LOWER_UP");
	cluster_assert_source_kept(p1, p2);
	cluster_assert_source_kept(p2, p3);
	cluster_assert_seen(n1->netns, p2->address[0], CLUSTER_PORT, "p2 198.51.100.11");
	cluster_assert_seen(n1->netns, p2->address[1], CLUSTER_PORT, "p2 2001:db8:ff::11");
	cluster_link_back(n2, 0);
	await_links(n1, n2, 2);
	await_links(n2, n1, 2);
	cluster_assert_source_kept(p1, p2);
}

#define needs_slow()                                                                               \
	do {                                                                                       \
		if (!getenv("CNI_C_SLOW"))                                                         \
			skip_because("it waits for dead intervals: scripts/test --slow");          \
	} while (0)

/* Both links of a node. */
static void cluster_ospf__a_dark_node_is_left(void **state)
{
	(void)state;
	needs_bird();
	needs_slow();
	cluster_link_dark(n3, 0);
	cluster_link_dark(n3, 1);
	bird_await_no_routes(n1, n3);
	bird_await_no_routes(n2, n3);
	/* It may have been the designated router: the others elect another one. */
	await_links(n1, n2, 2);
	await_links(n2, n1, 2);
	cluster_must(n1, "! ip route get %s 2>/dev/null", p3->address[0]);
	cluster_must(n1, "! ip route get %s 2>/dev/null", p3->address[1]);
	cluster_assert_source_kept(p1, p2);
	cluster_link_back(n3, 0);
	cluster_link_back(n3, 1);
	await_all_links();
	cluster_assert_source_kept(p1, p3);
}

/* Nothing notices at once; the dead interval passes. */
static void cluster_ospf__without_bfd_the_dead_interval_counts(void **state)
{
	(void)state;
	needs_bird();
	needs_slow();
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		bird_install(&cluster_nodes[i], "bird-ospf", "s/ bfd;//");
		bird_must(&cluster_nodes[i], "configure");
	}
	await_all_links();
	bird_kill(n1);
	cluster_assert_source_kept(p2, p1);
	bird_await_no_routes(n2, n1);
	bird_start(n1, false);
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		bird_install(&cluster_nodes[i], "bird-ospf", "");
		bird_must(&cluster_nodes[i], "configure");
	}
	await_all_links();
	cluster_assert_source_kept(p2, p1);
}

/* The price of BFD: nothing but the daemon has died. */
static void cluster_ospf__a_killed_daemon_cuts_its_pods_off(void **state)
{
	(void)state;
	needs_bird();
	bird_kill(n1);
	bird_await_no_routes(n2, n1);
	cluster_must(n1, "ip route show 10.244.2.0/24 proto bird | grep -q dev");
	cluster_assert_seen(p2->netns, p1->address[0], CLUSTER_PORT, NULL);
	cluster_assert_seen(p2->netns, p1->address[1], CLUSTER_PORT, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cluster_ospf__keeps_the_sources_of_pods),
		cmocka_unit_test(cluster_ospf__a_dark_link_is_left),
		cmocka_unit_test(cluster_ospf__a_dark_node_is_left),
		cmocka_unit_test(cluster_ospf__without_bfd_the_dead_interval_counts),
		cmocka_unit_test(cluster_ospf__a_killed_daemon_cuts_its_pods_off),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
