/* SPDX-License-Identifier: Apache-2.0 */
/* Routes without a routing daemon: conf/cluster/static-routes on two nodes, and flannel's delegate
 * (conf/cluster/flannel.conflist) on three. flannel itself is in no package of Debian:
 * tests/fixtures/conflists/flannel.sh stands in for its plugin, and the routes are those that flanneld sets as
 * backend host-gw. */
#include "cleanup.h"
#include "cluster.h"
#include "mem.h"
#include "test.h"

static struct cluster_node *const n1 = &cluster_nodes[0];
static struct cluster_node *const n2 = &cluster_nodes[1];
static struct cluster_pod *const p1 = &cluster_p[0];
static struct cluster_pod *const p2 = &cluster_p[1];
static struct cluster_pod *const p3 = &cluster_p[2];

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	cluster_open(1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cluster_close();
	return 0;
}

static void assert_outside_sees(const char *expected4, const char *expected6)
{
	cluster_assert_seen(p1->netns, OUTSIDE4, CLUSTER_PORT, expected4);
	cluster_assert_seen(p1->netns, OUTSIDE6, CLUSTER_PORT, expected6);
}

#define BATCH CNI_C_SOURCE_DIR "/conf/cluster/static-routes.batch"

static void cluster_static__keeps_the_sources_of_pods(void **state)
{
	freeing char *n1_4 = NULL;

	(void)state;
	cluster_must(n1, "ip -batch " BATCH);
	/* The other node's lines are these with the two nodes exchanged. */
	cluster_must(n2, "sed -e '/^route/s/244\\([.:]\\)1\\([.:]\\)/244\\1_\\2/;"
			 "/^route/s/244\\([.:]\\)2\\([.:]\\)/244\\11\\2/;/^route/s/_/2/' "
			 "-e '/^route/s/\\(via .*\\)2 src \\(.*\\)1$/\\11 src \\22/' " BATCH
			 " > /run/bird/batch && ip -batch /run/bird/batch");
	for (size_t i = 0; i < 2; i++) {
		cluster_install(&cluster_nodes[i], "static-routes", "");
		cluster_add(&cluster_p[i], &cluster_nodes[i], "pods", CLUSTER_OURS, NULL);
	}
	cluster_assert_source_kept(p1, p2);
	cluster_assert_source_kept(p2, p1);
	cluster_assert_seen(n1->netns, p2->address[0], CLUSTER_PORT, "p2 192.0.2.11");
	cluster_assert_seen(n1->netns, p2->address[1], CLUSTER_PORT, "p2 2001:db8::11");
	n1_4 = cni_format("n1 %s", p2->address[0]);
	cluster_assert_seen(p2->netns, "192.0.2.11", CLUSTER_PORT, n1_4);
	assert_outside_sees("outside 192.0.2.11", "outside 2001:db8::11");
	for (size_t i = 0; i < 2; i++) {
		cluster_del(&cluster_p[i], CLUSTER_OURS);
		cluster_must(&cluster_nodes[i], "ip link del pods; ip route flush metric 4096; "
						"ip -6 route flush metric 4096");
	}
}

/* ---- flannel's delegate ---- */

#define FLANNEL_PATH SANDBOX_DIR ":" CLUSTER_OURS

/* As flanneld does: the node's subnet in a file, and a route to each other node's. */
static void be_flanneld(const struct cluster_node *node, const char *masquerades)
{
	cluster_must(node,
		     "printf 'FLANNEL_NETWORK=10.244.0.0/16\\nFLANNEL_SUBNET=10.244.%u.1/24\\n"
		     "FLANNEL_IPV6_NETWORK=fd00:10:244::/48\\n"
		     "FLANNEL_IPV6_SUBNET=fd00:10:244:%u::1/64\\n"
		     "FLANNEL_MTU=1450\\nFLANNEL_IPMASQ=%s\\n' > /run/flannel/subnet.env\n"
		     "cp " CNI_C_SOURCE_DIR "/conf/cluster/flannel.conflist /etc/cni/net.d/\n",
		     node->number, node->number, masquerades);
	for (unsigned int i = 1; i <= CLUSTER_NODES; i++)
		if (i != node->number)
			cluster_must(node,
				     "ip route replace 10.244.%u.0/24 via 192.0.2.1%u\n"
				     "ip route replace fd00:10:244:%u::/64 via 2001:db8::1%u\n",
				     i, i, i, i);
}

static void flannel_setup(const char *masquerades)
{
	sandbox_must("install -m 755 " CNI_C_SOURCE_DIR
		     "/tests/fixtures/conflists/flannel.sh " SANDBOX_DIR "/flannel");
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		be_flanneld(&cluster_nodes[i], masquerades);
		cluster_add(&cluster_p[i], &cluster_nodes[i], "cbr0", FLANNEL_PATH, NULL);
	}
}

static void flannel_teardown(void)
{
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		cluster_del(&cluster_p[i], FLANNEL_PATH);
		cluster_must(&cluster_nodes[i],
			     "ip link del cni0; ! nft list table inet cni 2>/dev/null; "
			     "test -z \"$(ls /var/lib/cni/flannel)\"");
	}
}

/* The configuration that the delegate has received, and the pods that it has made of it. */
static void assert_delegated(const char *masquerades)
{
	cluster_must(n1,
		     "jq -e '.type == \"bridge\" and .mtu == 1450 and .isGateway and "
		     ".ipMasq == %s and (.ipam.routes | length) == 2' /var/lib/cni/flannel/* "
		     ">/dev/null\n",
		     masquerades);
	sandbox_must("ip -n p1 link show eth0 | grep -q 'mtu 1450 '");
	sandbox_must("ip -n p1 route | grep -q '^10.244.0.0/16 via 10.244.1.1 '");
	sandbox_must("ip -n p1 -6 route | grep -q '^fd00:10:244::/48 via fd00:10:244:1::1 '");
	sandbox_must("ip -n p1 route | grep -q '^default via 10.244.1.1 '");
	cluster_assert_source_kept(p1, p2);
	cluster_assert_source_kept(p2, p3);
	cluster_assert_source_kept(p3, p1);
}

/* flanneld masquerades, which is not here: what leaves the node is untouched. */
static void cluster_flannel__that_masquerades_itself(void **state)
{
	(void)state;
	flannel_setup("true");
	assert_delegated("false");
	assert_outside_sees(NULL, NULL);
	flannel_teardown();
}

/* flanneld without --ip-masq: the delegate masquerades, except to the list. */
static void cluster_flannel__whose_delegate_masquerades(void **state)
{
	freeing char *n2_4 = NULL;
	freeing char *n2_6 = NULL;

	(void)state;
	flannel_setup("false");
	assert_delegated("true");
	n2_4 = cni_format("n2 %s", p1->address[0]);
	n2_6 = cni_format("n2 %s", p1->address[1]);
	cluster_assert_seen(p1->netns, "192.0.2.12", CLUSTER_PORT, n2_4);
	cluster_assert_seen(p1->netns, "2001:db8::12", CLUSTER_PORT, n2_6);
	assert_outside_sees("outside 192.0.2.11", "outside 2001:db8::11");
	flannel_teardown();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cluster_static__keeps_the_sources_of_pods),
		cmocka_unit_test(cluster_flannel__that_masquerades_itself),
		cmocka_unit_test(cluster_flannel__whose_delegate_masquerades),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
