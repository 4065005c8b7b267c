/* SPDX-License-Identifier: Apache-2.0 */
/* Many containers at once, with one family and with both, and the daemon's memory. With CNI_C_SLOW 100 and 200 of
 * them. */
#include "dhcp6_scene.h"

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

/* A command that counts the different addresses of pods from %d to %d. */
#define ADDRESSES(family)                                                                          \
	"$(for i in $(seq %d %d); do ip -n pod$i " family                                          \
	" -o addr show eth0 scope global; done | "                                                 \
	"awk '{print $4}' | sort -u | wc -l)"

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
	sandbox_must("test " ADDRESSES("-4") " = %d", first, first + count - 1, count);
	if (server6)
		sandbox_must("test " ADDRESSES("-6") " = %d", first, first + count - 1, count);
}

static void del_each(const char *config, int count)
{
	for (int i = 0; i < count; i++) {
		pod_del(&pods[i], config);
		pod_close(&pods[i]);
	}
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
	del_each(config, count);
	assert_int_equal(server->count[7], count);
}

static void daemon__serves_both_families_of_many_at_once(void **state)
{
	freeing char *config = dhcp6_config("'families':['ipv4','ipv6'],'probe':false");
	int count = getenv("CNI_C_SLOW") ? 100 : BATCH / 2;
	freeing char *before = NULL;

	(void)state;
	server = dhcp_server_start("lan", "up1");
	daemon_start(NULL);
	before = sandbox_read(FDS, (int)daemon_pid());
	add_at_once(config, 0, count);
	sandbox_must("test $(" FDS ") = %s", (int)daemon_pid(), before);
	sandbox_must("test $(ls /run/cni/dhcp6/blue | wc -l) = %d", count);
	del_each(config, count);
	dhcp6_server_await(server6, 8, (uint32_t)count);
	assert_int_equal(server6->count[8], count);
	assert_int_equal(server->count[7], count);
	sandbox_must("! test -e /run/cni/dhcp/blue && ! test -e /run/cni/dhcp6/blue");
}

/* Another daemon goes on with all of them. */
static void assert_memory(int count)
{
	await("grep -q 'with %d leases' " DAEMON_LOG, count);
	sandbox_must("awk '/^VmHWM/ { print \"# \" $2 \" KiB for %d leases\" > \"/dev/stderr\"; "
		     "exit $2 >= %d * 1024 }' /proc/%d/status",
		     count, MIB_MAX, (int)daemon_pid());
}

/* `leases` of all pods. */
static void fill_memory(const char *config, int leases)
{
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
	assert_memory(leases);
	for (int i = 0; i < PODS_MAX; i++)
		pod_close(&pods[i]);
}

#define skip_unless_memory_counts()                                                                \
	do {                                                                                       \
		if (test_is_sanitized())                                                           \
			skip_because("the memory is the sanitizers'");                             \
		if (!getenv("CNI_C_SLOW"))                                                         \
			skip_because("a long test, for scripts/test --slow");                      \
	} while (0)

static void daemon__keeps_200_leases_in_40_mebibytes(void **state)
{
	freeing char *config = NULL;

	(void)state;
	skip_unless_memory_counts();
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	fill_memory(config, PODS_MAX);
}

static void daemon__keeps_both_families_of_200_in_40_mebibytes(void **state)
{
	freeing char *config = NULL;

	(void)state;
	skip_unless_memory_counts();
	config = dhcp6_config("'families':['ipv4','ipv6'],'probe':false");
	server = dhcp_server_start("lan", "up1");
	/* fd01::1 is the router. */
	server6->first = 2;
	fill_memory(config, 2 * PODS_MAX);
}

/* A thousand answers instead of one, and all kinds of damaged ones: what was ignored is not kept. */
static void daemon__keeps_no_memory_of_garbage(void **state)
{
	freeing char *config = NULL;
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	skip_unless_memory_counts();
	config = dhcp6_config("'families':['ipv4','ipv6'],'probe':false");
	server = dhcp_server_start("lan", "up1");
	server->faults = FAULT_ALL;
	server6->faults = FAULT6_ALL;
	server->flood = server6->flood = 1000;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	for (int i = 0; i < 40; i++) {
		pod_add(&red, config);
		pod_del(&red, config);
		if (i == 4)
			before = sandbox_read("awk '/^VmHWM/ { print $2 }' /proc/%d/status",
					      (int)daemon_pid());
	}
	sandbox_must("awk '/^VmHWM/ { exit $2 > %lu + 512 }' /proc/%d/status",
		     strtoul(before, NULL, 10), (int)daemon_pid());
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(daemon__serves_many_at_once),
		dhcp6_test(daemon__serves_both_families_of_many_at_once),
		dhcp_test(daemon__keeps_200_leases_in_40_mebibytes),
		dhcp6_test(daemon__keeps_both_families_of_200_in_40_mebibytes),
		dhcp6_test(daemon__keeps_no_memory_of_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
