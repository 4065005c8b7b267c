/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's own words: its stderr goes on to ours, and its end into the error. And the signals of
 * the caller, whatever it does with SIGCHLD. Plugins here are shell scripts. */
#include "exec.h"

#include "cleanup.h"
#include "fake.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static struct fake fake;

static int setup(void **state)
{
	(void)state;
	fake_open(&fake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&fake);
	return 0;
}

static int run(const char *script, unsigned int deadline_ms, struct cni_answer *ret_answer,
	       struct cni_error *err)
{
	freeing char *file = fake_path(&fake, "plugin");
	struct cni_exec exec = {.file = file,
				.type = "plugin",
				.environment = environ,
				.input = "{}",
				.input_size = 2,
				.deadline_ms = deadline_ms};

	fake_write(&fake, "plugin", script);
	assert_int_equal(chmod(file, 0755), 0);
	return cni_exec_run(&exec, ret_answer, err);
}

/* With `fd` in the place of our stderr. */
static int run_into(int fd, const char *script, unsigned int deadline_ms,
		    struct cni_answer *ret_answer, struct cni_error *err)
{
	closing int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	int failed;

	dup2(fd, STDERR_FILENO);
	failed = run(script, deadline_ms, ret_answer, err);
	dup2(before, STDERR_FILENO);
	return failed;
}

/* The details of the failure, on a stderr that goes nowhere. */
static void assert_details(const char *script, const char *expected)
{
	closing int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct cni_answer answer = {0};
	struct cni_error err = {0};

	assert_int_equal(run_into(nowhere, script, 60000, &answer, &err), -1);
	if (strcmp(err.details, expected) != 0)
		fail_msg("%s: '%s', expected '%s'", script, err.details, expected);
}

/* ---- words ---- */

static void exec__error_has_the_plugins_own_words(void **state)
{
	(void)state;
	assert_details("#!/bin/sh\necho aside >&2; echo '{\"code\": 7, \"msg\": \"no\"}'; exit 1\n",
		       "stderr: aside");
	assert_details("#!/bin/sh\necho aside >&2\n"
		       "echo '{\"code\": 7, \"msg\": \"no\", \"details\": \"because\"}'; exit 1\n",
		       "because; stderr: aside");
	assert_details("#!/bin/sh\nprintf 'one\\n\\ttwo\\n' >&2; echo oops; echo more; exit 2\n",
		       "stdout: oops more; stderr: one two");
	assert_details("#!/bin/sh\necho late >&2; kill -SEGV $$\n", "stderr: late");
	/* A plugin that quotes its own delegate, whose stderr is its own. */
	assert_details(
		"#!/bin/sh\necho deep >&2\n"
		"echo '{\"code\": 7, \"msg\": \"no\", \"details\": \"stderr: deep\"}'; exit 1\n",
		"stderr: deep");
}

static void exec__error_has_no_more_than_the_end(void **state)
{
	freeing char *tail = NULL;
	freeing char *expected = NULL;

	(void)state;
	/* 396 bytes of whole lines: the line that is cut is left out. */
	tail = cni_alloc(397);
	for (int i = 0; i < 36; i++)
		memcpy(tail + 11 * (size_t)i, "0123456789 ", 11);
	tail[395] = '\0';
	expected = cni_format("stderr: %s", tail);
	assert_details("#!/bin/sh\nyes 0123456789 | head -n 100000 >&2; exit 1\n", expected);
	/* A line without end. */
	memset(tail, 'x', 396);
	free(expected);
	expected = cni_format("stderr: xxxx%s", tail);
	assert_details("#!/bin/sh\nhead -c 5000 /dev/zero | tr '\\0' x >&2; exit 1\n", expected);
	/* The head of an answer. */
	memset(tail, 'y', 200);
	tail[200] = '\0';
	free(expected);
	expected = cni_format("stdout: %s…", tail);
	assert_details("#!/bin/sh\nhead -c 5000 /dev/zero | tr '\\0' y; exit 1\n", expected);
	/* Neither control characters nor half of a character. */
	assert_details("#!/bin/sh\nprintf 'a\\033[1mb\\303' >&2; exit 1\n", "stderr: a?[1mb?");
}

static void exec__deadline_error_has_the_output(void **state)
{
	closing int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct cni_answer answer = {0};
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(run_into(nowhere, "#!/bin/sh\necho waiting >&2; sleep 1000\n", 2000,
				  &answer, &err),
			 -1);
	assert_string_equal(err.msg, "plugin 'plugin' did not finish within 2000 ms and was ended");
	assert_string_equal(err.details, "stderr: waiting");
}

/* ---- stderr ---- */

#define FLOOD 104857600

static void exec__stderr_goes_on_whole(void **state)
{
	closing int file = memfd_create("stderr", MFD_CLOEXEC);
	clearing_answer struct cni_answer answer = {0};
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(run_into(file,
				  "#!/bin/sh\nyes | head -c 104857600 >&2; echo end >&2; "
				  "echo said\n",
				  100000, &answer, &err),
			 0);
	assert_string_equal(answer.text, "said\n");
	assert_int_equal(lseek(file, 0, SEEK_END), FLOOD + 4);
	assert_non_null(strstr(answer.stderr_end, "y\nend\n"));
}

static void exec__stderr_that_never_ends_is_ended(void **state)
{
	closing int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct cni_answer answer = {0};
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(run_into(nowhere, "#!/bin/sh\nexec yes >&2\n", 1000, &answer, &err), -1);
	assert_non_null(strstr(err.msg, "did not finish within 1000 ms"));
	/* With its answer given. */
	assert_int_equal(run_into(nowhere, "#!/bin/sh\necho '{}'; exec >&-; exec yes >&2\n", 1000,
				  &answer, &err),
			 -1);
	assert_non_null(strstr(err.msg, "did not finish within 1000 ms"));
}

/* A child of the plugin that keeps its stderr, and goes on writing there, holds nothing up. */
static void exec__stderr_that_is_kept_holds_nothing_up(void **state)
{
	static const char *const kept[] = {"sleep 1000", "sh -c 'while echo y >&2; do :; done'"};
	closing int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct cni_error err = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		clearing_answer struct cni_answer answer = {0};
		freeing char *script =
			cni_format("#!/bin/sh\n%s </dev/null >/dev/null & echo $!\n", kept[i]);

		assert_int_equal(run_into(nowhere, script, 60000, &answer, &err), 0);
		/* The second one has been ended by SIGPIPE, or will be. */
		kill((pid_t)strtol(answer.text, NULL, 10), SIGKILL);
	}
}

/* A pipe that is not read makes the plugin wait, and not us beyond the deadline. */
static void exec__stderr_that_is_not_read_ends_at_the_deadline(void **state)
{
	struct cni_answer answer = {0};
	struct cni_error err = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(run_into(ends[1], "#!/bin/sh\nyes | head -c 1000000 >&2; echo '{}'\n",
				  1000, &answer, &err),
			 -1);
	assert_non_null(strstr(err.msg, "did not finish within 1000 ms"));
	close(ends[0]);
	close(ends[1]);
}

static void exec__works_without_a_stderr(void **state)
{
	closing int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	clearing_answer struct cni_answer answer = {0};
	struct cni_error err = {0};
	int failed;

	(void)state;
	close(STDERR_FILENO);
	failed = run("#!/bin/sh\necho aside >&2; cat\n", 60000, &answer, &err);
	dup2(before, STDERR_FILENO);
	assert_int_equal(failed, 0);
	assert_string_equal(answer.text, "{}");
}

/* ---- signals ---- */

static volatile sig_atomic_t caught;

static void catch (int number)
{
	caught = number;
}

static void assert_runs(void)
{
	clearing_answer struct cni_answer answer = {0};
	unsigned long long ignored = 0;
	unsigned long long blocked = 0;
	struct cni_error err = {0};

	if (run("#!/bin/sh\n(sleep 0.1) & wait; exec grep -E 'Sig(Blk|Ign)' /proc/self/status\n",
		60000, &answer, &err) < 0)
		fail_msg("%s (%s)", err.msg, err.details);
	assert_int_equal(sscanf(answer.text, "SigBlk: %llx\nSigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & (1ULL << (SIGCHLD - 1) | 1ULL << (SIGPIPE - 1)), 0);
	assert_int_equal(run("#!/bin/sh\nexec >&-; sleep 0.1; exit 3\n", 60000, &answer, &err), -1);
	assert_non_null(strstr(err.msg, "exited with 3"));
}

/* SIGCHLD ignored, blocked, caught, and not waited for: it is so again afterwards. */
static void exec__ends_whatever_is_done_with_sigchld(void **state)
{
	const struct sigaction actions[] = {
		{.sa_handler = SIG_IGN},
		{.sa_handler = catch, .sa_flags = SA_RESTART},
		{.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT},
		{.sa_handler = SIG_DFL},
	};
	sigset_t chld;

	(void)state;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (size_t i = 0; i < 8; i++) {
		struct sigaction after;
		sigset_t mask;

		sigaction(SIGCHLD, &actions[i % 4], NULL);
		sigprocmask(i < 4 ? SIG_UNBLOCK : SIG_BLOCK, &chld, NULL);
		assert_runs();
		sigaction(SIGCHLD, NULL, &after);
		assert_true(after.sa_handler == actions[i % 4].sa_handler);
		assert_int_equal((unsigned int)after.sa_flags & (SA_NOCLDWAIT | SA_RESTART),
				 actions[i % 4].sa_flags);
		/* A blocked SIGCHLD of our child would still be pending. */
		assert_int_equal(i < 4 ? caught : 0, 0);
		sigprocmask(SIG_UNBLOCK, &chld, &mask);
		assert_int_equal(sigismember(&mask, SIGCHLD), i >= 4);
	}
	sigaction(SIGCHLD, &actions[3], NULL);
}

#define exec_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		exec_test(exec__error_has_the_plugins_own_words),
		exec_test(exec__error_has_no_more_than_the_end),
		exec_test(exec__deadline_error_has_the_output),
		exec_test(exec__stderr_goes_on_whole),
		exec_test(exec__stderr_that_never_ends_is_ended),
		exec_test(exec__stderr_that_is_kept_holds_nothing_up),
		exec_test(exec__stderr_that_is_not_read_ends_at_the_deadline),
		exec_test(exec__works_without_a_stderr),
		exec_test(exec__ends_whatever_is_done_with_sigchld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
