/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime that forgets a sandbox: the next one of the same pod takes over what the forgotten one
 * holds, without a DEL. The pod is known by K8S_POD_UID in CNI_ARGS. */
#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "published.h"
#include "test.h"

#include <string.h>

#define POD(uid)                                                                                   \
	"IgnoreUnknown=1;K8S_POD_NAMESPACE=d;K8S_POD_NAME=p;K8S_POD_INFRA_CONTAINER_ID=x;"         \
	"K8S_POD_UID=" uid
#define SAME  POD("7c5a9f6e-1d20-4a51-9f1e-000000000001")
#define OTHER POD("7c5a9f6e-1d20-4a51-9f1e-000000000002")

static struct pod s1;
static struct pod s2;
static char *network;
static char *port;

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	network = bridge_config("1.1.0", FULL);
	port = portmap_config("1.1.0", PORTS(PORT(8081, 80, "tcp")));
	pod_open(&s1, "s1");
	pod_open(&s2, "s2");
	return 0;
}

static int teardown(void **state)
{
	pod_close(&s1);
	pod_close(&s2);
	free(network);
	free(port);
	return bridge_teardown(state);
}

#define again_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void attach(struct pod *pod, const char *args)
{
	struct plugin_call call = pod_call(pod, "ADD", network);
	struct plugin_answer answer;

	call.args = args;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	pod_take(pod, &answer);
	plugin_answer_clear(&answer);
}

static void call_portmap(const struct pod *pod, const char *command, const char *args, int code)
{
	freeing char *with = pod_config(pod, port);
	struct plugin_call call = portmap_call(pod, command, with);

	call.args = args;
	if (code)
		plugin_fails(&call, code, "port tcp :8081 is already published");
	else
		plugin_succeeds(&call);
}

static void add__of_the_same_pod_takes_over_port_link_and_lease(void **state)
{
	char first[16];

	(void)state;
	attach(&s1, SAME);
	call_portmap(&s1, "ADD", SAME, 0);
	memcpy(first, s1.host, sizeof(first));
	attach(&s2, SAME);
	call_portmap(&s2, "ADD", SAME, 0);
	call_portmap(&s2, "CHECK", SAME, 0);
	pod_check(&s2, network);
	sandbox_must("! ip link show dev %s 2>/dev/null", first);
	sandbox_must("! grep -rq s1 /var/lib/cni/networks/blue --include='10.*' --include='fd*'");
	sandbox_must("! nft list ruleset | grep -q blue/s1/eth0");
	/* The forgotten DEL comes at last, and twice. */
	for (int i = 0; i < 2; i++) {
		call_portmap(&s1, "DEL", SAME, 0);
		pod_del(&s1, network);
	}
	call_portmap(&s2, "CHECK", SAME, 0);
	pod_check(&s2, network);
}

static void add__of_another_pod_takes_over_nothing(void **state)
{
	(void)state;
	attach(&s1, SAME);
	call_portmap(&s1, "ADD", SAME, 0);
	attach(&s2, OTHER);
	call_portmap(&s2, "ADD", OTHER, CNI_ETAKEN);
	pod_check(&s1, network);
	call_portmap(&s1, "CHECK", SAME, 0);
}

/* Neither without a pod, nor with a text that is no UID. */
static void add__without_a_pod_takes_over_nothing(void **state)
{
	static const char *const args[] = {NULL, "K8S_POD_UID=", "K8S_POD_UID=../../x",
					   "IgnoreUnknown=1;X=y"};

	(void)state;
	for (size_t i = 0; i < sizeof(args) / sizeof(*args); i++) {
		attach(&s1, args[i]);
		call_portmap(&s1, "ADD", args[i], 0);
		attach(&s2, args[i]);
		call_portmap(&s2, "ADD", args[i], CNI_ETAKEN);
		pod_check(&s1, network);
		call_portmap(&s1, "DEL", args[i], 0);
		pod_del(&s1, network);
		pod_del(&s2, network);
		sandbox_must("! ls /run/cni/pods 2>/dev/null | grep .");
	}
}

/* A runtime that repeats an ADD of one sandbox still gets an error. */
static void add__of_the_same_container_is_no_other_one(void **state)
{
	struct plugin_call call = pod_call(&s1, "ADD", network);

	(void)state;
	attach(&s1, SAME);
	call.args = SAME;
	plugin_fails(&call, CNI_ETAKEN, NULL);
	pod_check(&s1, network);
	attach(&s2, SAME);
	sandbox_must("! nft list ruleset | grep -q blue/s1/eth0");
}

static void del__and_gc_leave_nothing_of_the_pods(void **state)
{
	freeing char *gc = bridge_config("1.1.0", FULL ",'cni.dev/valid-attachments':[]");
	struct plugin_call collect = bridge_call("GC", gc);

	(void)state;
	attach(&s1, SAME);
	sandbox_must("ls /run/cni/pods/blue | grep -q ':bridge:eth0$'");
	pod_del(&s1, network);
	sandbox_must("! ls /run/cni/pods 2>/dev/null | grep .");
	attach(&s1, SAME);
	attach(&s2, OTHER);
	plugin_succeeds(&collect);
	sandbox_must("! ls /run/cni/pods 2>/dev/null | grep .");
}

/* A DEL makes paths of the container's id: a damaged target must not lead to the file of another
 * attachment, here one of the network "red" and one that is no network's. */
static void add__takes_over_from_no_link_that_names_no_id(void **state)
{
	static const char *const targets[] = {"../s2", "../red/s2", "./../red/./s2"};
	freeing char *config = portmap_config("1.1.0", "'type':'firewall'");
	freeing char *with = NULL;
	struct plugin_call call;

	(void)state;
	attach(&s1, NULL);
	with = pod_config(&s1, config);
	call = pod_call(&s1, "ADD", with);
	call.plugin = CNI_C_BINARY_DIR "/plugins/firewall";
	call.args = SAME;
	sandbox_must("mkdir -p /run/cni/pods/blue /run/cni/firewall/blue /run/cni/firewall/red && "
		     "touch /run/cni/firewall/s2:eth0 /run/cni/firewall/red/s2:eth0");
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		sandbox_must("cd /run/cni/pods/blue && rm -f * && for uid in 1 9; do "
			     "ln -s %s 7c5a9f6e-1d20-4a51-9f1e-00000000000$uid:firewall:eth0; done",
			     targets[i]);
		call.command = "ADD";
		plugin_succeeds(&call);
		sandbox_must("cd /run/cni/firewall && test -e s2:eth0 -a -e red/s2:eth0");
		sandbox_must("readlink /run/cni/pods/blue/*1:firewall:eth0 | grep -qx s1");
		call.command = "DEL";
		plugin_succeeds(&call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		again_test(add__of_the_same_pod_takes_over_port_link_and_lease),
		again_test(add__of_another_pod_takes_over_nothing),
		again_test(add__without_a_pod_takes_over_nothing),
		again_test(add__of_the_same_container_is_no_other_one),
		again_test(del__and_gc_leave_nothing_of_the_pods),
		again_test(add__takes_over_from_no_link_that_names_no_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
