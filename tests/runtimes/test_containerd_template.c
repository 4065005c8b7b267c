/* SPDX-License-Identifier: Apache-2.0 */
/* containerd's conf_template of conf/kubernetes: kubelet gives containerd the node's podCIDRs, and containerd
 * writes the conflist. */
#include "bridge.h"
#include "cleanup.h"
#include "containerd.h"
#include "http.h"
#include "mem.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WRITTEN	   CONTAINERD_NETWORKS "/10-containerd-net.conflist"
#define PATIENCE_S 60

static void await_readiness(bool expected)
{
	time_t start = time(NULL);

	while (cri_is_ready() != expected) {
		if (time(NULL) - start > PATIENCE_S)
			fail_msg("containerd is %s", expected ? "not ready" : "still ready");
		usleep(10000);
	}
}

/* The network as it is on a node that has not heard of podCIDRs: none. */
static void forget_network(void)
{
	sandbox_must("rm " CONTAINERD_NETWORKS "/*.conflist");
	await_readiness(false);
}

static void assert_ranges(const char *expected)
{
	assert_shown(expected, "plugins.0.ipam.ranges", "cat " WRITTEN);
}

static void use_pod(void)
{
	struct cri_pod red = {.name = "red", .ports = {{.host = 8080, .container = POD_PORT}}};
	freeing char *netns = NULL;
	freeing char *path = NULL;

	cri_start(&red, 1);
	assert_string_equal(red.addresses[0], "10.244.1.2");
	assert_string_equal(red.addresses[1], "fd00:10:244:1::2");
	netns = containerd_netns(&red);
	path = cni_format("/run/netns/%s", netns);
	assert_shown("10.244.1.1", "0.gateway", "ip -n %s -j -4 route show default", netns);
	assert_shown("fd00:10:244:1::1", "0.gateway", "ip -n %s -j -6 route show default", netns);
	http_assert_seen(path, "192.0.2.2", "192.0.2.1");
	http_assert_seen(path, "2001:db8:1::2", "2001:db8:1::1");
	containerd_assert_answer("outside", "192.0.2.1", 8080, "red 192.0.2.2");
	cri_stop(&red, 1);
	cri_remove(&red, 1);
}

static void template__becomes_the_network_of_the_node(void **state)
{
	freeing char *before = NULL;

	(void)state;
	skip_without_containerd();
	containerd_begin("containerd (CRI)",
			 "conf/kubernetes' conf_template: the node's podCIDRs, a pod, hostPort");
	before = containerd_snapshot();
	forget_network();
	cri_set_pod_cidrs("10.244.1.0/24,fd00:10:244:1::/64");
	await_readiness(true);
	assert_ranges("[[{'subnet':'10.244.1.0/24'}],[{'subnet':'fd00:10:244:1::/64'}]]");
	use_pod();
	/* As its README has it: a change is not followed. */
	cri_set_pod_cidrs("10.244.9.0/24");
	assert_ranges("[[{'subnet':'10.244.1.0/24'}],[{'subnet':'fd00:10:244:1::/64'}]]");
	/* Until the file is removed. */
	forget_network();
	cri_set_pod_cidrs("10.244.9.0/24");
	await_readiness(true);
	assert_ranges("[[{'subnet':'10.244.9.0/24'}]]");
	sandbox_must("rm " WRITTEN "; ip link del cni-c0");
	sandbox_run("rmdir /var/lib/cni/results 2>/dev/null");
	runtimes_assert_unchanged(before);
	runtimes_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		runtimes_test(template__becomes_the_network_of_the_node),
	};

	return cmocka_run_group_tests(tests, containerd_setup, NULL);
}
