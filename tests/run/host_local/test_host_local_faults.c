/* SPDX-License-Identifier: Apache-2.0 */
/* An error injected at each system call of host-local's ADD, DEL and GC, by strace(1): the call
 * succeeds, or reports the error and leaves the reservations as they were. The quick run tries some
 * of the calls, with CNI_C_SLOW in the environment all of them. */
#include "boots.h"
#include "cleanup.h"
#include "faults.h"
#include "host_local_calls.h"
#include "mem.h"
#include "reservations.h"
#include "struck.h"
#include "test.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

/* An ADD that cannot answer takes back its addresses, because the caller does not know them. */
static void assert_taken_back(const struct struck *struck)
{
	struct reservations now = reservations_read();

	assert_int_equal(now.of[1], 0);
	assert_int_equal(now.all, struck->all_after - struck->after);
}

static void assert_is_as_said(const struct struck *struck, const struct fault_step *step,
			      const char *log, const struct plugin_answer *answer)
{
	bool is_add = !strcmp(struck->command, "ADD");
	bool can_answer = !step->is_lasting || strcmp(step->name, "write") != 0;

	if (answer->exit_code != 0 && can_answer) {
		assert_non_null(answer->json);
		plugin_assert_error(answer, cni_json_get(answer->json, "code")->valueint, NULL);
	}
	if (is_add && answer->exit_code != 0 && faults_hit_answer(log))
		assert_taken_back(struck);
	/* Addresses that c1 gives up and cannot remove are left to DEL; so are those that cannot be
	 * undone. */
	else if (step->is_lasting || !is_add || (answer->exit_code == 0 && struck->args))
		struck_assert_between(struck);
	else if (answer->exit_code == 0)
		struck_assert_after(struck);
	else
		struck_assert_before(struck);
}

static void inject(const struct struck *struck, const struct plugin_call *call, const char *log,
		   const struct fault_step *step, const char *error)
{
	struct plugin_answer answer;

	struck_prepare(struck);
	answer = faults_inject(call, log, step, error);
	assert_is_as_said(struck, step, log, &answer);
	plugin_answer_clear(&answer);
}

static void inject_everywhere(const struct struck *struck, unsigned int stride)
{
	static const char *const errors[] = {"ENOSPC", "EIO", "EINTR"};
	freeing char *log = cni_format("%s/log", host_local_data_dir);
	freeing char *config = struck_config(struck);
	struct plugin_call call = struck_call(struck, config);
	freeing struct fault_steps *steps = cni_alloc(sizeof(*steps));
	struct plugin_answer answer;
	unsigned int turn = 0;

	if (!faults_possible())
		skip_because("strace is not installed");
	struck_prepare(struck);
	answer = faults_learn(&call, log, steps);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	struck_assert_after(struck);
	assert_true(steps->count > 20);
	for (size_t i = 0; i < steps->count; i += stride, turn++) {
		struct fault_step *step = &steps->items[i];

		inject(struck, &call, log, step, errors[turn % 3]);
		struck_assert_goes_on(turn);
		if (turn % 3 != 1)
			continue;
		/* EINTR would be tried again for ever. */
		step->is_lasting = true;
		inject(struck, &call, log, step, errors[turn / 3 % 2]);
		struck_assert_goes_on(turn / 3);
	}
}

static void add__survives_an_error_anywhere_as_the_first(void **state)
{
	(void)state;
	inject_everywhere(&struck_add_first, trace_fault_stride(23));
}

static void add__survives_an_error_anywhere_beside_another(void **state)
{
	(void)state;
	inject_everywhere(&struck_add, trace_fault_stride(19));
}

static void add__survives_an_error_anywhere_while_it_learns(void **state)
{
	(void)state;
	inject_everywhere(&struck_add_learning, trace_fault_stride(29));
}

static void add__survives_an_error_anywhere_taking_over_what_is_stale(void **state)
{
	(void)state;
	inject_everywhere(&struck_add_stale, trace_fault_stride(31));
}

static void add__survives_an_error_anywhere_taking_its_own_again(void **state)
{
	(void)state;
	inject_everywhere(&struck_add_own, trace_fault_stride(29));
}

static void add__survives_an_error_anywhere_asking_for_another(void **state)
{
	(void)state;
	inject_everywhere(&struck_add_another, trace_fault_stride(31));
}

static void del__survives_an_error_anywhere(void **state)
{
	(void)state;
	inject_everywhere(&struck_del, trace_fault_stride(19));
}

static void gc__survives_an_error_anywhere(void **state)
{
	(void)state;
	inject_everywhere(&struck_gc, trace_fault_stride(23));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(add__survives_an_error_anywhere_as_the_first),
		host_local_test(add__survives_an_error_anywhere_beside_another),
		host_local_test(add__survives_an_error_anywhere_while_it_learns),
		host_local_test(add__survives_an_error_anywhere_taking_over_what_is_stale),
		host_local_test(add__survives_an_error_anywhere_taking_its_own_again),
		host_local_test(add__survives_an_error_anywhere_asking_for_another),
		host_local_test(del__survives_an_error_anywhere),
		host_local_test(gc__survives_an_error_anywhere),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
