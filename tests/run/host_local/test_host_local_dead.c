/* SPDX-License-Identifier: Apache-2.0 */
/* An ADD that finds its range set exhausted takes the address of a container whose network namespace is known
 * to be gone, in this boot, and no other. */
#include "cleanup.h"
#include "error.h"
#include "host_local_calls.h"
#include "mem.h"
#include "owner.h"
#include "sandbox.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *text;

/* The namespaces n1 to n5, and the containers c1 to c5 with all addresses. */
static int setup(void **state)
{
	int failed = host_local_setup(state);

	text = host_local_config("1.1.0", POOL, "");
	for (int i = 1; i <= 7; i++) {
		freeing char *name = cni_format("n%d", i);

		sandbox_del_netns(name);
		sandbox_add_netns(name);
	}
	return failed;
}

static int teardown(void **state)
{
	free(text);
	return host_local_teardown(state);
}

#define dead_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static struct plugin_answer add(const char *container, const char *netns, const char *config)
{
	struct plugin_call call = host_local_call("ADD", container, config);

	call.netns = netns;
	return plugin_run(&call);
}

/* After a search in vain there is none for twenty times as long as it took, on a busy host a minute at most; and some
 * hosts give birth to processes that root cannot look at for a moment. ADD takes nothing meanwhile, and a later one
 * does. */
#define TRIES 900

static struct plugin_answer add_in_the_end(const char *container, const char *netns,
					   const char *config)
{
	struct plugin_answer answer = add(container, netns, config);

	for (int i = 0; i < TRIES && answer.exit_code; i++) {
		plugin_answer_clear(&answer);
		usleep(100000);
		answer = add(container, netns, config);
	}
	return answer;
}

/* NULL: ADD fails for want of an address. */
static void assert_adds(const char *container, const char *netns, const char *config,
			const char *expected)
{
	struct plugin_answer answer =
		expected ? add_in_the_end(container, netns, config) : add(container, netns, config);
	const cJSON *ip = cJSON_GetArrayItem(cni_json_get(answer.json, "ips"), 0);

	if (!expected) {
		plugin_assert_error(&answer, CNI_EEXHAUSTED, "no IP addresses available");
	} else {
		plugin_assert_success(&answer);
		assert_string_equal(cni_json_get_string(ip, "address"), expected);
	}
	plugin_answer_clear(&answer);
}

static void assert_ready(void)
{
	struct plugin_call call = host_local_call("STATUS", NULL, text);
	bool is_ready = false;

	for (int i = 0; i < TRIES && !is_ready; i++) {
		struct plugin_answer answer = plugin_run(&call);

		is_ready = answer.exit_code == 0;
		plugin_answer_clear(&answer);
		usleep(is_ready ? 0 : 100000);
	}
	assert_true(is_ready);
}

static void fill(const char *config)
{
	for (int i = 1; i <= 5; i++) {
		freeing char *container = cni_format("c%d", i);
		freeing char *netns = cni_format("/run/netns/n%d", i);
		freeing char *expected = cni_format("10.1.0.%d/29", i + 1);

		assert_adds(container, netns, config, expected);
	}
}

static void dead__gives_its_address_to_the_next(void **state)
{
	(void)state;
	fill(text);
	assert_adds("c6", "/run/netns/n6", text, NULL);
	host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "no IP addresses available");
	sandbox_del_netns("n3");
	assert_ready();
	assert_adds("c6", "/run/netns/n6", text, "10.1.0.4/29");
	host_local_assert_file("10.1.0.4", "c6\r\neth0");
	/* Its DEL comes too late, and takes nothing from the new holder. */
	host_local_succeeds("DEL", "c3", text);
	host_local_assert_file("10.1.0.4", "c6\r\neth0");
	assert_adds("c7", "/run/netns/n7", text, NULL);
}

/* As long as there is a free one, the dead container's stays for its DEL. */
static void dead__is_the_last_that_is_taken(void **state)
{
	(void)state;
	fill(text);
	host_local_succeeds("DEL", "c5", text);
	sandbox_del_netns("n1");
	assert_adds("c6", "/run/netns/n6", text, "10.1.0.6/29");
	assert_adds("c7", "/run/netns/n7", text, "10.1.0.2/29");
}

static void dead__has_no_process_in_it(void **state)
{
	(void)state;
	fill(text);
	sandbox_must(
		"ip netns exec n2 sleep 1000 >/dev/null 2>&1 </dev/null & echo $! > " SANDBOX_DIR
		"/pid");
	/* It has entered when it has become sleep(1). */
	sandbox_await("grep sleep /proc/$(cat " SANDBOX_DIR "/pid)/comm");
	sandbox_del_netns("n2");
	assert_adds("c6", "/run/netns/n6", text, NULL);
	sandbox_must("kill -9 $(cat " SANDBOX_DIR "/pid)");
	sandbox_await("! kill -0 $(cat " SANDBOX_DIR "/pid)");
	assert_adds("c6", "/run/netns/n6", text, "10.1.0.3/29");
}

static void dead__is_held_open_by_no_process(void **state)
{
	int fd;

	(void)state;
	fill(text);
	fd = open("/run/netns/n2", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	sandbox_del_netns("n2");
	assert_adds("c6", "/run/netns/n6", text, NULL);
	close(fd);
	assert_adds("c6", "/run/netns/n6", text, "10.1.0.3/29");
}

/* A runtime in a mount namespace of its own keeps its namespaces there. */
static void dead__is_mounted_nowhere(void **state)
{
	(void)state;
	fill(text);
	sandbox_must("touch " SANDBOX_DIR "/kept; unshare -m --propagation private sh -c "
		     "'mount --bind /run/netns/n2 " SANDBOX_DIR "/kept && exec sleep 1000' "
		     ">/dev/null 2>&1 </dev/null & echo $! > " SANDBOX_DIR "/pid");
	sandbox_await("grep sleep /proc/$(cat " SANDBOX_DIR "/pid)/comm");
	sandbox_del_netns("n2");
	sandbox_must("grep -q sandbox/kept /proc/$(cat " SANDBOX_DIR "/pid)/mountinfo");
	assert_adds("c6", "/run/netns/n6", text, NULL);
	sandbox_must("kill -9 $(cat " SANDBOX_DIR "/pid)");
	sandbox_await("! kill -0 $(cat " SANDBOX_DIR "/pid)");
	assert_adds("c6", "/run/netns/n6", text, "10.1.0.3/29");
}

/* While the link of bridge or ptp is there, the namespace has a user that the search does not see. */
static void dead__has_no_link(void **state)
{
	const struct cni_owner owner = cni_owner_make("blue", "c2", "eth0");

	(void)state;
	fill(text);
	sandbox_del_netns("n2");
	sandbox_must(
		"ip link add %s type veth peer name other && ip link set %s alias blue/c2/eth0",
		owner.key, owner.key);
	assert_adds("c6", "/run/netns/n6", text, NULL);
	sandbox_must("ip link del %s", owner.key);
	assert_adds("c6", "/run/netns/n6", text, "10.1.0.3/29");
}

static void dead__cannot_be_judged(void **state)
{
	freeing char *never = host_local_config("1.1.0", POOL ",\"reclaim\":\"never\"", "");
	freeing char *sidecar = cni_format("%s/.cni-c", host_local_data_dir);

	(void)state;
	fill(never);
	sandbox_del_netns("n2");
	assert_adds("c6", "/run/netns/n6", never, NULL);
	/* In a PID namespace of its own, a caller does not see the host's processes. */
	host_local_fails("ADD", "c6", never, CNI_EEXHAUSTED, NULL);
	sandbox_must("cat > " SANDBOX_DIR "/conf <<'E'\n%s\nE", text);
	sandbox_must("! CNI_COMMAND=ADD CNI_CONTAINERID=c6 CNI_NETNS=/run/netns/n6 CNI_IFNAME=eth0 "
		     "CNI_PATH=/x unshare --pid --fork --mount-proc " HOST_LOCAL " < " SANDBOX_DIR
		     "/conf > " SANDBOX_DIR "/out");
	sandbox_must("grep -q 'no IP addresses available' " SANDBOX_DIR "/out");
	/* Nor without the record: that is what the Go plugin leaves. */
	sandbox_must("mv %s %s.away", sidecar, sidecar);
	assert_adds("c6", "/run/netns/n6", text, NULL);
	sandbox_must("rm -r %s && mv %s.away %s", sidecar, sidecar, sidecar);
	assert_adds("c6", "/run/netns/n6", text, "10.1.0.3/29");
}

/* Two at once: one of them gets it. */
static void dead__goes_to_one_of_two(void **state)
{
	struct plugin_call calls[4];
	struct plugin_process processes[4];
	size_t added = 0;

	(void)state;
	fill(text);
	sandbox_del_netns("n4");
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = {"d1", "d2", "d3", "d4"};

		calls[i] = host_local_call("ADD", names[i], text);
		calls[i].netns = i % 2 ? "/run/netns/n6" : "/run/netns/n7";
		processes[i] = plugin_start(&calls[i]);
	}
	for (size_t i = 0; i < 4; i++) {
		struct plugin_answer answer = plugin_finish(&processes[i]);

		added += answer.exit_code == 0;
		plugin_answer_clear(&answer);
	}
	assert_int_equal(added, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dead_test(dead__gives_its_address_to_the_next),
		dead_test(dead__is_the_last_that_is_taken),
		dead_test(dead__has_no_process_in_it),
		dead_test(dead__is_held_open_by_no_process),
		dead_test(dead__is_mounted_nowhere),
		dead_test(dead__has_no_link),
		dead_test(dead__cannot_be_judged),
		dead_test(dead__goes_to_one_of_two),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
