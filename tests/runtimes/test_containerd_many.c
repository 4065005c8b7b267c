/* SPDX-License-Identifier: Apache-2.0 */
/* Twenty pods at once, and a containerd that dies meanwhile. */
#include "cleanup.h"
#include "containerd.h"
#include "mem.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define PODS	  20
#define HALF	  (PODS / 2)
#define HOST_PORT 8000 /* of the first one */

static void make_pods(struct cri_pod *pods)
{
	for (size_t i = 0; i < PODS; i++) {
		pods[i] = (struct cri_pod){.ingress = "10M", .egress = "20M"};
		snprintf(pods[i].name, sizeof(pods[i].name), "pod%zu", i);
		pods[i].ports[0] =
			(struct cri_port){.host = (uint16_t)(HOST_PORT + i), .container = POD_PORT};
	}
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static void show_times(const struct cri_pod *pods)
{
	double seconds[PODS];

	for (size_t i = 0; i < PODS; i++)
		seconds[i] = pods[i].seconds;
	qsort(seconds, PODS, sizeof(*seconds), compare);
	fprintf(stderr, "# %d pods at once: %.3f s (median), %.3f s (the last one)\n", PODS,
		seconds[HALF], seconds[PODS - 1]);
}

static void assert_distinct(const struct cri_pod *pods)
{
	for (size_t i = 0; i < PODS; i++)
		for (size_t other = 0; other < i; other++)
			for (size_t k = 0; k < CRI_ADDRESSES_MAX; k++)
				assert_string_not_equal(pods[i].addresses[k],
							pods[other].addresses[k]);
}

/* From the outside by its hostPort, and from its neighbour. */
static void assert_answers(const struct cri_pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct cri_pod *neighbour = &pods[(i + 1) % count];
		freeing char *netns = containerd_netns(neighbour);
		freeing char *outside = cni_format("%s 192.0.2.2", pods[i].name);
		freeing char *near = cni_format("%s %s", pods[i].name, neighbour->addresses[0]);

		containerd_assert_answer("outside", "192.0.2.1", pods[i].ports[0].host, outside);
		containerd_assert_answer(netns, pods[i].addresses[0], POD_PORT, near);
	}
}

static void assert_count(const char *expected, const char *what)
{
	freeing char *count = sandbox_read("%s | wc -l", what);

	count[strcspn(count, "\n")] = '\0';
	if (strcmp(count, expected) != 0)
		fail_msg("'%s' has %s lines, expected %s", what, count, expected);
}

static void pods__come_all_at_once_and_survive_containerd(void **state)
{
	struct cri_pod late = {.name = "late"};
	struct cri_pod again[PODS];
	struct cri_pod pods[PODS];
	freeing char *before = NULL;

	(void)state;
	skip_without_containerd();
	containerd_begin("containerd (CRI)",
			 "20 pods at once; containerd killed and started again in between");
	make_pods(pods);
	before = containerd_snapshot();
	cri_start(pods, PODS);
	show_times(pods);
	assert_distinct(pods);
	assert_answers(pods, PODS);
	assert_count("20", "ip -o link show type ifb");
	assert_count("20", "ip -o link show master cni0");

	/* Without containerd, the pods stay as they are. */
	containerd_kill();
	assert_answers(pods, 2);
	containerd_start();
	memcpy(again, pods, sizeof(again));
	cri_look(again, PODS);
	for (size_t i = 0; i < PODS; i++)
		assert_string_equal(again[i].addresses[0], pods[i].addresses[0]);
	assert_answers(pods, PODS);
	cri_start(&late, 1);
	for (size_t i = 0; i < PODS; i++)
		assert_string_not_equal(late.addresses[0], pods[i].addresses[0]);

	/* Stopped by one containerd, stopped again and removed by the next. */
	cri_stop(pods, HALF);
	containerd_kill();
	containerd_start();
	cri_stop(pods, PODS);
	cri_remove(pods, PODS);
	cri_stop(&late, 1);
	cri_remove(&late, 1);
	containerd_assert_nothing_left(before);
	runtimes_end();
}

/* The containerd that comes after knows of the pods whose ADD had begun, and calls DEL for them; of
 * some without a result, as theirs was still to come. 1.7 has forgotten them. */
static void pods__half_started_are_gone_after_all(void **state)
{
	struct cri_pod pods[PODS];
	freeing char *before = NULL;
	pid_t asking;

	(void)state;
	skip_without_containerd();
	containerd_begin("containerd (CRI)",
			 "killed, shims and all, while it starts 20 pods; started again; GC");
	make_pods(pods);
	before = containerd_snapshot();
	asking = cri_ask_to_start(pods, PODS);
	sandbox_await("test $(nft list ruleset | grep -o 'tcp . 80[0-9][0-9] comment' | "
		      "sort -u | wc -l) -ge 8");
	containerd_kill();
	assert_int_equal(waitpid(asking, NULL, 0), asking);
	/* For the answer of each shim that is half done it would wait ten seconds. */
	sandbox_run("kill -9 $(pgrep -x containerd-shim) 2>/dev/null");
	/* The plugins that it has started go on without it. */
	sandbox_await("! ps -eo comm= | grep -qxE 'bridge|portmap|firewall|bandwidth|loopback'");
	containerd_start();
	cri_remove_all();
	containerd_collect_garbage();

	/* kubelet then starts the pods again. */
	cri_start(pods, PODS);
	assert_distinct(pods);
	assert_answers(pods, PODS);
	cri_remove_all();
	/* Pods whose ADD had not begun may leave a namespace, or a file for one. */
	sandbox_must("cd /run/netns; for n in $(ls | grep ^cni-); do "
		     "test $(ip -n $n -o link 2>/dev/null | wc -l) -le 1 || exit 1; "
		     "umount -q $n; rm $n || exit 1; done");
	containerd_assert_nothing_left(before);
	runtimes_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		runtimes_test(pods__come_all_at_once_and_survive_containerd),
		runtimes_test(pods__half_started_are_gone_after_all),
	};

	return cmocka_run_group_tests(tests, containerd_setup, NULL);
}
