/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins are started and waited for under any signal setup of the caller and any filter of system
 * calls. The plugins are those of fake.h; timeout(1) ends a hanging one, and stands first, because
 * it sets SIGCHLD to its default. */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "faults.h"
#include "mem.h"

#include <string.h>

#define STRACE "ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -qq -o /dev/null "

static void assert_works(struct cnitool_scene *scene, const char *under)
{
	struct plugin_answer answer;

	print_message("# %s\n", under);
	scene->under = under;
	answer = cnitool_run(scene, "add blue " RED);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "\"address\": \"10.1.0.2/16\""));
	plugin_answer_clear(&answer);
	cnitool_succeeds(scene, "check blue " RED);
	fake_write(&scene->fake, "one.CHECK.fails", "{\"code\":102,\"msg\":\"not so\"}");
	cnitool_fails(scene, "check blue " RED, "plugin 'one' failed CHECK: not so");
	fake_remove(&scene->fake, "one.CHECK.fails");
	answer = cnitool_run(scene, "version blue");
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	cnitool_succeeds(scene, "del blue " RED);
	scene->under = NULL;
}

static void cnitool__ends_whatever_is_done_with_sigchld(void **state)
{
	assert_works(*state, "timeout 60 env --ignore-signal=CHLD");
	assert_works(*state, "timeout 60 env --block-signal=CHLD");
	assert_works(*state, "timeout 60 env --ignore-signal=CHLD --block-signal=CHLD");
	assert_works(*state, "timeout 60 env --ignore-signal");
}

static void cnitool__needs_no_pidfd(void **state)
{
	if (!faults_possible())
		skip_because("strace is not installed");
	assert_works(*state, STRACE "-e inject=pidfd_open,pidfd_send_signal:error=ENOSYS");
	assert_works(*state, STRACE "-e inject=pidfd_open,pidfd_send_signal:error=EPERM");
}

static void cnitool__needs_one_of_waitid_and_wait4(void **state)
{
	if (!faults_possible())
		skip_because("strace is not installed");
	assert_works(*state, STRACE "-e inject=waitid:error=ENOSYS");
	assert_works(*state, STRACE "-e inject=waitid:error=EPERM");
	assert_works(*state, STRACE "-e inject=wait4:error=EPERM");
}

/* Neither waits for ever nor says what is not known, and the plugin is not to blame. */
static void cnitool__ends_if_nothing_tells_how_a_plugin_ended(void **state)
{
	static const char *const errors[] = {"EPERM", "ECHILD"};
	struct cnitool_scene *scene = *state;

	if (!faults_possible())
		skip_because("strace is not installed");
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		freeing char *under =
			cni_format(STRACE "-e inject=waitid,wait4:error=%s", errors[i]);
		struct plugin_answer answer;

		scene->under = under;
		answer = cnitool_run(scene, "add blue " RED);
		assert_int_equal(answer.exit_code, 1);
		if (!strstr(answer.err, "find out how plugin 'one' ended: "))
			fail_msg("%s", answer.err);
		plugin_answer_clear(&answer);
		scene->under = NULL;
		assert_false(fake_has(&scene->fake, RED_CACHED));
	}
}

/* The head of a malformed answer, and the end of stderr, which goes on to our own. */
static void cnitool__error_has_the_plugins_own_words(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "bin/two",
		   "#!/bin/sh\necho 'no such device' >&2\necho 'Segfault at 0x7'\n");
	answer = cnitool_run(scene, "add blue " RED " --json");
	plugin_assert_error(&answer, 6, "plugin 'two' failed ADD: its answer is not valid JSON");
	plugin_assert_error(&answer, 6, "stdout: Segfault at 0x7; stderr: no such device");
	/* The stderr of the ADD and of the DEL that undoes it. */
	assert_memory_equal(answer.err, "no such device\nno such device\n", 30);
	plugin_answer_clear(&answer);
	fake_write(&scene->fake, "bin/two",
		   "#!/bin/sh\necho 'no such device' >&2\n"
		   "echo '{\"code\":101,\"msg\":\"no\",\"details\":\"ENODEV\"}'; exit 1\n");
	answer = cnitool_run(scene, "del blue " RED " --json");
	plugin_assert_error(&answer, 101, "ENODEV; stderr: no such device");
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool__ends_whatever_is_done_with_sigchld),
		cnitool_test(cnitool__needs_no_pidfd),
		cnitool_test(cnitool__needs_one_of_waitid_and_wait4),
		cnitool_test(cnitool__ends_if_nothing_tells_how_a_plugin_ended),
		cnitool_test(cnitool__error_has_the_plugins_own_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
