/* SPDX-License-Identifier: Apache-2.0 */
/* containerd with conf/10-containerd.conflist, as it stands there, on a host whose FORWARD policy is drop. */
#include "bridge.h"
#include "cleanup.h"
#include "containerd.h"
#include "http.h"
#include "mem.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>

#define LIST CNI_C_SOURCE_DIR "/conf/10-containerd.conflist"

static void use_pods(void)
{
	struct cri_pod pods[] = {{.name = "red", .ports = {{.host = 8080, .container = POD_PORT}}},
				 {.name = "blue"}};
	const struct cri_pod *red = &pods[0];
	freeing char *netns = NULL;
	freeing char *path = NULL;

	cri_start(pods, 1);
	cri_start(&pods[1], 1);
	assert_string_equal(red->addresses[0], "10.86.0.2");
	assert_string_equal(red->addresses[1], "fd86::2");
	netns = sandbox_read("jq -r '.result.interfaces[].sandbox // empty' "
			     "/var/lib/cni/results/containerd-%s-eth0 | xargs basename | "
			     "tr -d '\\n'",
			     red->id);
	path = cni_format("/run/netns/%s", netns);
	http_assert_seen(path, "192.0.2.2", "192.0.2.1");
	http_assert_seen(path, "2001:db8:1::2", "2001:db8:1::1");
	containerd_assert_answer("outside", "192.0.2.1", 8080, "red 192.0.2.2");
	sandbox_must("ip netns exec %s ping -qc1 -W5 %s >/dev/null", netns, pods[1].addresses[0]);
	cri_stop(pods, 2);
	cri_remove(pods, 2);
}

static void containerd__starts_pods_with_the_network_of_conf(void **state)
{
	freeing char *text = NULL;
	freeing char *before = NULL;

	(void)state;
	skip_without_containerd();
	sandbox_must("iptables -P FORWARD DROP && ip6tables -P FORWARD DROP");
	containerd_begin("containerd (CRI)", "conf/10-containerd.conflist, on a host whose FORWARD "
					     "policy is drop: pod to pod, the way out, hostPort");
	before = containerd_snapshot();
	text = sandbox_read("tr '\"' \"'\" <" LIST);
	containerd_set_network(text);
	use_pods();
	sandbox_must(
		"ip link del containerd0; for t in iptables ip6tables; do "
		"$t -D FORWARD -m comment --comment 'CNI firewall plugin rules' -j CNI-FORWARD; "
		"$t -F CNI-FORWARD; $t -X CNI-FORWARD; $t -X CNI-ADMIN; $t -Z; done");
	sandbox_run("rmdir /var/lib/cni/results 2>/dev/null");
	runtimes_assert_unchanged(before);
	runtimes_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		runtimes_test(containerd__starts_pods_with_the_network_of_conf),
	};

	return cmocka_run_group_tests(tests, containerd_setup, NULL);
}
