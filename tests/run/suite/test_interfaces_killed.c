/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each plugin that makes an interface: kill -9 at each system call of an ADD and of a DEL. The quick run tries some
 * of the calls, with CNI_C_SLOW in the environment all of them. */
#include "interface_scene.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static void add__killed_anywhere_is_cleaned_up_by_del(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.1.0", IPAM46);
	freeing char *before = NULL;
	struct plugin_call add;
	bool was_killed = true;
	unsigned int step = 0;
	struct pod red;

	interface_open(&red, "red", row);
	add = pod_call(&red, "ADD", config);
	pod_add(&red, config);
	pod_del(&red, config);
	before = bridge_snapshot();
	for (; was_killed; step += trace_sparse_stride(9)) {
		was_killed = trace_kill(&add, step);
		pod_del(&red, config);
		bridge_assert_unchanged(before);
		interface_assert_nothing_in(&red);
	}
	assert_true(step > 60);
	pod_close(&red);
}

static void del__killed_anywhere_is_completed_by_the_next(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.1.0", IPAM46);
	freeing char *before = NULL;
	struct plugin_call del;
	bool was_killed = true;
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	pod_del(&red, config);
	before = bridge_snapshot();
	del = pod_call(&red, "DEL", config);
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(7)) {
		pod_add(&red, config);
		was_killed = trace_kill(&del, step);
		pod_del(&red, config);
		bridge_assert_unchanged(before);
		interface_assert_nothing_in(&red);
	}
	pod_close(&red);
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(add__killed_anywhere_is_cleaned_up_by_del),
		interface_test(del__killed_anywhere_is_completed_by_the_next),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
