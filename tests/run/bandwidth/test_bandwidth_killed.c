/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at each system call, and the calls after it. The quick run tries some of the calls, with
 * CNI_C_SLOW in the environment all of them. */
#include "bandwidth.h"
#include "trace.h"

#include "cleanup.h"

#include <string.h>

/* Kills an ADD again and again; each time `clean` must make the host what it was. */
static void kill_everywhere(const struct limited *red, unsigned int stride,
			    const struct plugin_call *clean)
{
	freeing char *config = bandwidth_config("1.1.0", BOTH, red->pod.result);
	struct plugin_call asked = limited_call(red, "ADD", config);
	freeing char *before = bridge_snapshot();
	bool was_killed = true;
	unsigned int step = 0;

	for (; was_killed; step += stride) {
		was_killed = trace_kill(&asked, step);
		plugin_succeeds(clean);
		bridge_assert_unchanged(before);
	}
	/* It did not end before anything was done. */
	assert_true(step > 40);
}

static void add__killed_anywhere_is_cleaned_up_by_del(void **state)
{
	freeing char *config = NULL;
	struct plugin_call del;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	config = bandwidth_config("1.1.0", BOTH, red.pod.result);
	del = limited_call(&red, "DEL", config);
	kill_everywhere(&red, trace_sparse_stride(7), &del);
	limited_close(&red);
}

/* The same when the runtime knows nothing any more. */
static void add__killed_anywhere_is_cleaned_up_by_del_with_a_name_alone(void **state)
{
	freeing char *config = bandwidth_config("1.1.0", "", NULL);
	struct plugin_call del;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	del = limited_call(&red, "DEL", config);
	del.netns = "";
	kill_everywhere(&red, trace_sparse_stride(11), &del);
	limited_close(&red);
}

/* Beside a valid attachment, which stays. Limits on the veth go with it, by bridge's GC. */
static void add__killed_anywhere_is_cleaned_up_by_gc(void **state)
{
	freeing char *gc = bandwidth_config("1.1.0",
					    "'cni.dev/valid-attachments':[{'containerID':'green',"
					    "'ifname':'eth0'}]",
					    NULL);
	bool was_killed = true;
	struct limited green;
	struct limited red;

	(void)state;
	limited_open(&green, "green");
	limited_add(&green, BOTH);
	limited_open(&red, "red");
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(11)) {
		freeing char *config = bandwidth_config("1.1.0", BOTH, red.pod.result);
		struct plugin_call asked = limited_call(&red, "ADD", config);

		was_killed = trace_kill(&asked, step);
		asked.command = "GC";
		asked.config = gc;
		plugin_succeeds(&asked);
		assert_shown(green.ifb, "0.ifname", "ip -j link show type ifb");
		assert_shown(NULL, "1", "ip -j link show type ifb");
	}
	limited_check(&green, BOTH);
	limited_close(&green);
	limited_close(&red);
}

static void add__killed_anywhere_is_completed_by_the_next(void **state)
{
	bool was_killed = true;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(11)) {
		freeing char *config = bandwidth_config("1.1.0", BOTH, red.pod.result);
		struct plugin_call asked = limited_call(&red, "ADD", config);

		was_killed = trace_kill(&asked, step);
		limited_add(&red, BOTH);
		limited_check(&red, BOTH);
		limited_del(&red, BOTH);
	}
	limited_close(&red);
}

/* A DEL that is killed is sent again, maybe with less. */
static void del__killed_anywhere_is_completed_by_the_next(void **state)
{
	freeing char *bare = bandwidth_config("1.1.0", "", NULL);
	freeing char *before = NULL;
	bool was_killed = true;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	before = bridge_snapshot();
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(7)) {
		freeing char *config = NULL;
		struct plugin_call asked;

		limited_add(&red, BOTH);
		config = bandwidth_config("1.1.0", BOTH, red.result);
		asked = limited_call(&red, "DEL", config);
		was_killed = trace_kill(&asked, step);
		asked.config = bare;
		asked.netns = "";
		plugin_succeeds(&asked);
		bridge_assert_unchanged(before);
	}
	limited_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__killed_anywhere_is_cleaned_up_by_del),
		bridge_test(add__killed_anywhere_is_cleaned_up_by_del_with_a_name_alone),
		bridge_test(add__killed_anywhere_is_cleaned_up_by_gc),
		bridge_test(add__killed_anywhere_is_completed_by_the_next),
		bridge_test(del__killed_anywhere_is_completed_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
