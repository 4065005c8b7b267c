/* SPDX-License-Identifier: Apache-2.0 */
/* An error injected at system calls of tuning's ADD, by strace(1): it succeeds in spite of it, or
 * fails with an error in JSON and all as it was. The quick run tries some of the calls, with
 * CNI_C_SLOW in the environment all of them. */
#include "tuning_scene.h"

#include "faults.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG "/run/strace.log"

static void assert_nothing_left(void)
{
	freeing char *files = tuning_files();

	assert_string_equal(files, "");
	tuning_assert_shown(TUNING_UNTUNED);
}

static void inject(const struct fault_step *step, const char *error)
{
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	struct plugin_call call = tuning_call("ADD", config);
	struct plugin_answer answer = faults_inject(&call, LOG, step, error);

	if (answer.exit_code == 0) {
		tuning_assert_shown(TUNING_TUNED);
		tuning_succeeds("DEL", "");
	} else {
		plugin_assert_error(&answer, cni_json_get(answer.json, "code")->valueint, NULL);
		if (faults_hit_answer(LOG))
			tuning_succeeds("DEL", "");
	}
	plugin_answer_clear(&answer);
	assert_nothing_left();
}

static void tuning__survives_an_error_of_any_system_call(void **state)
{
	static const char *const errors[] = {"ENOMEM", "EIO", "EINTR"};
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	freeing struct fault_steps *steps = cni_alloc(sizeof(*steps));
	struct plugin_call call = tuning_call("ADD", config);
	unsigned int stride = trace_fault_stride(11);
	freeing char *before = sandbox_snapshot();
	struct plugin_answer answer;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	answer = faults_learn(&call, LOG, steps);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	tuning_succeeds("DEL", "");
	assert_true(steps->count > 60);
	for (size_t i = 0; i < steps->count; i += stride)
		for (size_t j = 0; j < 3; j++)
			if (stride == 1 || j == i / stride % 3)
				inject(&steps->items[i], errors[j]);
	sandbox_assert_unchanged(before);
}

/* A DEL that succeeds without a warning has done all, and a DEL that fails can be repeated. */
static void inject_del(const struct fault_step *step, const char *error)
{
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	struct plugin_call call = tuning_call("DEL", config);
	struct plugin_answer answer;

	tuning_succeeds("ADD", TUNING_ALL);
	answer = faults_inject(&call, LOG, step, error);
	if (answer.exit_code != 0) {
		plugin_assert_error(&answer, cni_json_get(answer.json, "code")->valueint, NULL);
		tuning_succeeds("DEL", "");
	}
	/* Exceptions: a warning, and a namespace that cannot be opened or has lost its cookie, which counts as gone. */
	if (strstr(answer.err, "restore: ") ||
	    sandbox_run("grep INJECTED " LOG " | grep -qE '" TUNING_RED
			"|NS_GET_NSTYPE|SO_NETNS_COOKIE'") == 0) {
		freeing char *files = tuning_files();

		assert_string_equal(files, "");
		tuning_renew_red();
	}
	plugin_answer_clear(&answer);
	assert_nothing_left();
}

static void tuning__del_survives_an_error_of_any_system_call(void **state)
{
	static const char *const errors[] = {"ENOMEM", "EIO", "EINTR"};
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	freeing struct fault_steps *steps = cni_alloc(sizeof(*steps));
	struct plugin_call call = tuning_call("DEL", config);
	unsigned int stride = trace_fault_stride(11);
	struct plugin_answer answer;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	tuning_succeeds("ADD", TUNING_ALL);
	answer = faults_learn(&call, LOG, steps);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_true(steps->count > 40);
	for (size_t i = 0; i < steps->count; i += stride)
		for (size_t j = 0; j < 3; j++)
			if (stride == 1 || j == i / stride % 3)
				inject_del(&steps->items[i], errors[j]);
}

/* An ADD that cannot have the cookie of the namespace names it by other numbers, which DEL and a second ADD compare. */
static void tuning__puts_back_what_was_kept_without_a_cookie(void **state)
{
	static const struct fault_step cookie = {.name = "getsockopt", .nth = 1};
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	struct plugin_call call = tuning_call("ADD", config);

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	for (int adds = 1; adds <= 2; adds++) {
		struct plugin_answer answer = faults_inject(&call, LOG, &cookie, "ENOPROTOOPT");

		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
		sandbox_must("grep -q 'SO_NETNS_COOKIE.*INJECTED' " LOG);
		tuning_assert_shown(TUNING_TUNED);
		if (adds == 2)
			tuning_succeeds("ADD", "'mtu':1300,'txQLen':55");
		tuning_succeeds("DEL", "");
		assert_nothing_left();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tuning_test(tuning__survives_an_error_of_any_system_call),
		tuning_test(tuning__del_survives_an_error_of_any_system_call),
		tuning_test(tuning__puts_back_what_was_kept_without_a_cookie),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
