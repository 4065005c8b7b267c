/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at each system call of host-local's ADD, DEL and GC: the reservations stay exact, and
 * block no other call. The quick run tries some of the calls, with CNI_C_SLOW in the environment
 * all of them. */
#include "boots.h"
#include "cleanup.h"
#include "host_local_calls.h"
#include "struck.h"
#include "test.h"
#include "trace.h"

#include <stdlib.h>

static void kill_everywhere(const struct struck *struck, unsigned int stride)
{
	freeing char *config = struck_config(struck);
	struct plugin_call call = struck_call(struck, config);
	bool was_killed = true;
	unsigned int turn = 0;

	for (unsigned int step = 0; was_killed; step += stride, turn++) {
		struck_prepare(struck);
		was_killed = trace_kill(&call, step);
		struck_assert_between(struck);
		struck_assert_goes_on(turn);
	}
	/* It did not end before anything was done. */
	assert_true(turn * stride > 30);
}

static void add__killed_anywhere_is_survived_as_the_first(void **state)
{
	(void)state;
	kill_everywhere(&struck_add_first, trace_stride(23));
}

static void add__killed_anywhere_is_survived_beside_another(void **state)
{
	(void)state;
	kill_everywhere(&struck_add, trace_stride(19));
}

static void add__killed_anywhere_is_survived_while_it_learns(void **state)
{
	(void)state;
	kill_everywhere(&struck_add_learning, trace_stride(29));
}

static void add__killed_anywhere_is_survived_taking_over_what_is_stale(void **state)
{
	(void)state;
	kill_everywhere(&struck_add_stale, trace_stride(31));
}

static void add__killed_anywhere_is_survived_taking_its_own_again(void **state)
{
	(void)state;
	kill_everywhere(&struck_add_own, trace_stride(29));
}

static void add__killed_anywhere_is_survived_asking_for_another(void **state)
{
	(void)state;
	kill_everywhere(&struck_add_another, trace_stride(31));
}

static void del__killed_anywhere_is_survived(void **state)
{
	(void)state;
	kill_everywhere(&struck_del, trace_stride(19));
}

static void gc__killed_anywhere_is_survived(void **state)
{
	(void)state;
	kill_everywhere(&struck_gc, trace_stride(23));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(add__killed_anywhere_is_survived_as_the_first),
		host_local_test(add__killed_anywhere_is_survived_beside_another),
		host_local_test(add__killed_anywhere_is_survived_while_it_learns),
		host_local_test(add__killed_anywhere_is_survived_taking_over_what_is_stale),
		host_local_test(add__killed_anywhere_is_survived_taking_its_own_again),
		host_local_test(add__killed_anywhere_is_survived_asking_for_another),
		host_local_test(del__killed_anywhere_is_survived),
		host_local_test(gc__killed_anywhere_is_survived),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
