/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at system calls of tuning's ADD and DEL, and what comes after it. The quick run tries
 * some of the calls, with CNI_C_SLOW in the environment all of them. */
#include "tuning_scene.h"

#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define CONFIG tuning_config("1.0.0", TUNING_ALL)

static void assert_nothing_left(unsigned int step)
{
	freeing char *files = tuning_files();
	freeing char *shown_now = tuning_shown();

	if (strcmp(files, "") != 0 || strcmp(shown_now, TUNING_UNTUNED) != 0)
		fail_msg("killed at call %u: %s %s", step, shown_now, files);
}

static void add__killed_anywhere_is_undone_by_del(void **state)
{
	freeing char *config = CONFIG;
	struct plugin_call add = tuning_call("ADD", config);
	struct plugin_call del = tuning_call("DEL", config);
	freeing char *before = sandbox_snapshot();
	freeing char *inside = pod_snapshot("red");
	unsigned int step = 0;

	(void)state;
	for (; trace_kill(&add, step); step += trace_sparse_stride(5)) {
		plugin_succeeds(&del);
		assert_nothing_left(step);
	}
	assert_true(step > 60);
	plugin_succeeds(&del);
	sandbox_assert_unchanged(before);
	pod_assert_unchanged("red", inside, "killed ADDs");
}

/* The namespace is gone, or lost, by then. */
static void add__killed_anywhere_is_forgotten_by_del_without_netns(void **state)
{
	freeing char *config = CONFIG;
	struct plugin_call add = tuning_call("ADD", config);
	struct plugin_call del = tuning_call("DEL", config);
	freeing char *before = sandbox_snapshot();

	(void)state;
	del.netns = "";
	for (unsigned int step = 0; trace_kill(&add, step); step += trace_sparse_stride(17)) {
		freeing char *files = NULL;

		plugin_succeeds(&del);
		files = tuning_files();
		assert_string_equal(files, "");
		tuning_renew_red();
	}
	plugin_succeeds(&del);
	sandbox_assert_unchanged(before);
}

/* The first values are still recorded when the runtime has tried again. */
static void add__killed_anywhere_can_be_repeated(void **state)
{
	freeing char *config = CONFIG;
	struct plugin_call add = tuning_call("ADD", config);
	bool was_killed = true;

	(void)state;
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(9)) {
		was_killed = trace_kill(&add, step);
		tuning_succeeds("ADD", TUNING_ALL);
		tuning_succeeds("CHECK", TUNING_ALL);
		tuning_succeeds("DEL", TUNING_ALL);
		assert_nothing_left(step);
	}
}

static void add__killed_anywhere_is_collected(void **state)
{
	freeing char *config = CONFIG;
	freeing char *gc = tuning_config(
		"1.1.0", "'cni.dev/valid-attachments':[{'containerID':'red','ifname':'eth1'}]");
	struct plugin_call add = tuning_call("ADD", config);
	struct plugin_call collect = {.plugin = TUNING, .command = "GC", .config = gc};

	(void)state;
	for (unsigned int step = 0; trace_kill(&add, step); step += trace_sparse_stride(9)) {
		freeing char *files = NULL;

		plugin_succeeds(&collect);
		files = tuning_files();
		/* But for a file that does not say whose it is. */
		if (*files && !strstr(files, ".tmp"))
			fail_msg("killed at call %u: %s", step, files);
		tuning_succeeds("DEL", "");
	}
}

static void del__killed_anywhere_is_completed_by_the_next(void **state)
{
	freeing char *config = CONFIG;
	struct plugin_call del = tuning_call("DEL", config);
	freeing char *inside = pod_snapshot("red");
	bool was_killed = true;
	unsigned int step = 0;

	(void)state;
	for (; was_killed; step += trace_sparse_stride(5)) {
		tuning_succeeds("ADD", TUNING_ALL);
		was_killed = trace_kill(&del, step);
		plugin_succeeds(&del);
		assert_nothing_left(step);
	}
	assert_true(step > 40);
	pod_assert_unchanged("red", inside, "killed DELs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tuning_test(add__killed_anywhere_is_undone_by_del),
		tuning_test(add__killed_anywhere_is_forgotten_by_del_without_netns),
		tuning_test(add__killed_anywhere_can_be_repeated),
		tuning_test(add__killed_anywhere_is_collected),
		tuning_test(del__killed_anywhere_is_completed_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
