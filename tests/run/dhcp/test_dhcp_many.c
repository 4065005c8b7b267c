/* SPDX-License-Identifier: Apache-2.0 */
/* Many containers at once, and the daemon's memory. With CNI_C_SLOW 100 and 200 of them. */
#include "dhcp_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <signal.h>
#include <stdlib.h>

#define PODS_MAX 200
#define BATCH	 20
#define MIB_MAX	 40
/* How many descriptors the daemon has. */
#define FDS "ls /proc/%d/fd | wc -l | tr -d '\\n'"

static struct pod pods[PODS_MAX];

/* ADD for `count` pods from `first` on, all at the same time. */
static void add_at_once(const char *config, int first, int count)
{
	static struct plugin_process running[PODS_MAX];
	static struct plugin_call calls[PODS_MAX];

	for (int i = first; i < first + count; i++) {
		freeing char *name = cni_format("pod%d", i);

		dhcp_pod_open(&pods[i], name);
		calls[i] = pod_call(&pods[i], "ADD", config);
		running[i] = plugin_start(&calls[i]);
	}
	for (int i = first; i < first + count; i++) {
		struct plugin_answer answer = plugin_finish(&running[i]);

		plugin_assert_success(&answer);
		pod_take(&pods[i], &answer);
		plugin_answer_clear(&answer);
	}
	/* Each address once. */
	sandbox_must("test $(for i in $(seq %d %d); do ip -n pod$i -4 -o addr show eth0; done | "
		     "awk '{print $4}' | sort -u | wc -l) = %d",
		     first, first + count - 1, count);
}

static void daemon__serves_many_at_once(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 "'ipam':{'type':'dhcp'}");
	int count = getenv("CNI_C_SLOW") ? 100 : BATCH;
	freeing char *before = NULL;

	(void)state;
	daemon_start(NULL);
	before = sandbox_read(FDS, (int)daemon_pid());
	add_at_once(config, 0, count);
	/* No lease holds a descriptor while it waits. */
	sandbox_must("test $(" FDS ") = %s", (int)daemon_pid(), before);
	for (int i = 0; i < count; i++) {
		pod_del(&pods[i], config);
		pod_close(&pods[i]);
	}
	assert_int_equal(server->count[7], count);
}

/* Another daemon goes on with all of them. */
static void assert_memory(int count)
{
	await("grep -q 'with %d leases' " DAEMON_LOG, count);
	sandbox_must("awk '/^VmHWM/ { print \"# \" $2 \" KiB for %d leases\" > \"/dev/stderr\"; "
		     "exit $2 >= %d * 1024 }' /proc/%d/status",
		     count, MIB_MAX, (int)daemon_pid());
}

static void daemon__keeps_200_leases_in_40_mebibytes(void **state)
{
	freeing char *config = NULL;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip_because("the memory is the sanitizers'");
#endif
	if (!getenv("CNI_C_SLOW"))
		skip_because("a long test, for scripts/test --slow");
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	server->first = 20;
	daemon_start(NULL);
	for (int i = 0; i < PODS_MAX; i += BATCH)
		add_at_once(config, i, BATCH);
	sandbox_must("ls /run/cni/dhcp/blue | wc -l | grep -qx %d", PODS_MAX);
	/* The peak of ADD, */
	sandbox_must("awk '/^VmHWM/ { exit $2 >= %d * 1024 }' /proc/%d/status", MIB_MAX,
		     (int)daemon_pid());
	/* and the memory of leases that wait. */
	daemon_end(SIGTERM);
	daemon_start(NULL);
	assert_memory(PODS_MAX);
	for (int i = 0; i < PODS_MAX; i++)
		pod_close(&pods[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(daemon__serves_many_at_once),
		dhcp_test(daemon__keeps_200_leases_in_40_mebibytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
