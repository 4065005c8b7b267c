/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins here are shell scripts. */
#include "exec.h"

#include "cleanup.h"
#include "fake.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#define MIB (1U << 20)

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

static int run_with(const char *script, const void *input, size_t size, unsigned int deadline_ms,
		    char **ret_output, struct cni_error *err)
{
	freeing char *file = fake_path(&fake, "plugin");
	clearing_answer struct cni_answer answer = {0};
	char path[] = "PATH=/usr/bin:/bin";
	char colour[] = "COLOUR=blue";
	char *environment[] = {path, colour, NULL};
	struct cni_exec exec = {.file = file,
				.type = "plugin",
				.environment = environment,
				.input = input,
				.input_size = size,
				.deadline_ms = deadline_ms};

	fake_write(&fake, "plugin", script);
	assert_int_equal(chmod(file, 0755), 0);
	if (cni_exec_run(&exec, &answer, err) < 0)
		return -1;
	*ret_output = take_ptr(answer.text);
	return 0;
}

static void assert_output(const char *script, const char *input, const char *expected)
{
	freeing char *output = NULL;
	struct cni_error err;

	if (run_with(script, input, strlen(input), 60000, &output, &err) < 0)
		fail_msg("%s: %s", script, err.msg);
	assert_string_equal(output, expected);
}

static void assert_failure(const char *script, int code, const char *message, const char *details)
{
	struct cni_error err = {0};
	char *output = NULL;

	assert_int_equal(run_with(script, "{}", 2, 60000, &output, &err), -1);
	assert_int_equal(err.code, code);
	assert_string_equal(err.msg, message);
	assert_string_equal(err.details, details);
	assert_null(output);
}

static void exec__finds_the_first_on_the_path(void **state)
{
	freeing char *path = cni_format("::%s/none:%s/a:%s/b:", fake.dir, fake.dir, fake.dir);
	freeing char *expected = fake_path(&fake, "b/one");
	freeing char *directory = fake_path(&fake, "a/one");
	freeing char *file = NULL;
	struct cni_error err;

	(void)state;
	fake_write(&fake, "a/two", "");
	fake_write(&fake, "b/one", "");
	fake_write(&fake, "b/two", "");
	assert_int_equal(mkdir(directory, 0755), 0);
	assert_int_equal(cni_exec_find("one", path, &file, &err), 0);
	assert_string_equal(file, expected);
	free(file);
	file = NULL;
	assert_int_equal(cni_exec_find("two", path, &file, &err), 0);
	assert_non_null(strstr(file, "/a/two"));
	assert_int_equal(cni_exec_find("three", "/x:/y", &expected, &err), -1);
	assert_int_equal(err.code, CNI_EMISSING);
	assert_string_equal(err.msg, "failed to find plugin \"three\" in path [/x:/y]");
	assert_int_equal(cni_exec_find("../two", path, &expected, &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
}

static void exec__passes_input_environment_and_output(void **state)
{
	(void)state;
	assert_output("#!/bin/sh\ncat; echo \"$COLOUR $# ${HOME-none}\"\n", "{\"a\": 1}\n",
		      "{\"a\": 1}\nblue 0 none\n");
	assert_output("#!/bin/sh\n", "", "");
	assert_output("#!/bin/sh\nexec >&-; cat > /dev/null; sleep 0.1\n", "x", "");
}

/* As of a service, or of a script after "exec <&-". */
static void exec__needs_no_standard_descriptors(void **state)
{
	static const int closed[][4] = {{0, -1}, {1, -1}, {0, 1, -1}, {0, 2, -1}, {0, 1, 2, -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(closed) / sizeof(*closed); i++) {
		freeing char *output = NULL;
		struct cni_error err = {0};
		int kept[3];
		int failed;

		for (int fd = 0; fd < 3; fd++)
			kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		for (const int *fd = closed[i]; *fd >= 0; fd++)
			close(*fd);
		failed = run_with("#!/bin/sh\ncat; echo aside >&2\n", "{\"a\":1}", 7, 60000,
				  &output, &err);
		for (int fd = 0; fd < 3; fd++) {
			dup2(kept[fd], fd);
			close(kept[fd]);
		}
		if (failed)
			fail_msg("%zu: %s", i, err.msg);
		assert_string_equal(output, "{\"a\":1}");
	}
}

static void exec__runs_it_with_ordinary_signals_in_its_own_group(void **state)
{
	freeing char *output = NULL;
	struct cni_error err;
	sigset_t blocked;
	sigset_t before;
	int pid = 0;
	int group = 0;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	assert_int_equal(run_with("#!/bin/sh\necho $$; ps -o pgid= -p $$; exec grep SigBlk "
				  "/proc/self/status\n",
				  "", 0, 60000, &output, &err),
			 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(sscanf(output, "%d %d", &pid, &group), 2);
	assert_int_equal(pid, group);
	assert_non_null(strstr(output, "SigBlk:\t0000000000000000\n"));
}

static void exec__input_may_stay_unread(void **state)
{
	freeing char *input = cni_alloc(4 * MIB);
	freeing char *output = NULL;
	struct cni_error err;

	(void)state;
	assert_int_equal(run_with("#!/bin/sh\necho done\n", input, 4 * MIB, 60000, &output, &err),
			 0);
	assert_string_equal(output, "done\n");
	free(output);
	output = NULL;
	assert_int_equal(run_with("#!/bin/sh\nexec <&-; sleep 0.1; echo done\n", input, 4 * MIB,
				  60000, &output, &err),
			 0);
	assert_string_equal(output, "done\n");
}

/* Neither side may wait for the other one to read first. */
static void exec__exchanges_more_than_pipes_hold(void **state)
{
	freeing char *input = cni_alloc(4 * MIB);
	freeing char *output = NULL;
	struct cni_error err;

	(void)state;
	memset(input, 'x', 4 * MIB - 1);
	assert_int_equal(run_with("#!/bin/sh\ncat\n", input, 4 * MIB - 1, 60000, &output, &err), 0);
	assert_string_equal(output, input);
}

static void exec__output_has_a_bound(void **state)
{
	freeing char *output = NULL;
	struct cni_error err;

	(void)state;
	assert_int_equal(run_with("#!/bin/sh\nhead -c 8388608 /dev/zero | tr '\\0' x\n", "", 0,
				  60000, &output, &err),
			 0);
	assert_int_equal(strlen(output), 8 * MIB);
	assert_failure("#!/bin/sh\ncat /dev/zero\n", CNI_EDELEGATE,
		       "plugin 'plugin' printed more than 8388608 bytes", "");
}

static void exec__passes_on_what_the_plugin_says(void **state)
{
	(void)state;
	assert_failure("#!/bin/sh\n"
		       "echo '{\"code\": 7, \"msg\": \"no\", \"details\": \"because\"}'; exit 1\n",
		       7, "no", "because");
	assert_failure("#!/bin/sh\necho '{\"code\": 11, \"msg\": \"later\"}'; exit 3\n", 11,
		       "later", "");
	assert_failure("#!/bin/sh\necho '{\"msg\": \"no code\"}'; exit 1\n", CNI_EDELEGATE,
		       "no code", "");
	assert_failure("#!/bin/sh\necho '{\"code\": 0, \"msg\": \"zero\"}'; exit 1\n",
		       CNI_EDELEGATE, "zero", "");
	assert_failure("#!/bin/sh\necho '{\"code\": 4}'; exit 1\n", CNI_EDELEGATE,
		       "plugin 'plugin' exited with 1 and without an error",
		       "stdout: {\"code\": 4}");
}

static void exec__says_how_the_plugin_failed(void **state)
{
	(void)state;
	assert_failure("#!/bin/sh\necho oops; exit 9\n", CNI_EDELEGATE,
		       "plugin 'plugin' exited with 9 and without an error", "stdout: oops");
	assert_failure("#!/bin/sh\nexit 2\n", CNI_EDELEGATE,
		       "plugin 'plugin' exited with 2 and without an error", "");
	assert_failure("#!/bin/sh\nkill -SEGV $$\n", CNI_EDELEGATE,
		       "plugin 'plugin' was ended by signal 11 (Segmentation fault)", "");
}

static long milliseconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static void exec__says_at_once_that_it_cannot_run_it(void **state)
{
	struct timespec start;
	struct cni_error err;
	char *output;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(run_with("#!/none\n", "", 0, 60000, &output, &err), -1);
	assert_int_equal(err.code, CNI_EDELEGATE);
	assert_int_equal(err.errnum, ENOENT);
	assert_memory_equal(err.msg, "run plugin 'plugin' (/tmp/", 26);
	assert_int_equal(run_with("neither script nor program", "", 0, 60000, &output, &err), -1);
	assert_int_equal(err.errnum, ENOEXEC);
	/* Its deadline was a minute. */
	assert_in_range(milliseconds_since(&start), 0, 30000);
}

static void exec__leaves_stderr_to_the_plugin(void **state)
{
	closing int file = memfd_create("stderr", MFD_CLOEXEC);
	closing int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	freeing char *output = NULL;
	struct cni_error err;
	char text[32] = "";

	(void)state;
	dup2(file, STDERR_FILENO);
	run_with("#!/bin/sh\necho aside >&2; echo said\n", "", 0, 60000, &output, &err);
	dup2(before, STDERR_FILENO);
	assert_string_equal(output, "said\n");
	assert_int_equal(pread(file, text, sizeof(text) - 1, 0), 6);
	assert_string_equal(text, "aside\n");
}

/* Runs the script past its deadline, and asserts that no process is left: every process of the
 * script holds the writing end of a pipe. */
static void assert_ended_whole(const char *script)
{
	struct cni_error err;
	struct timespec start;
	struct pollfd wait;
	char *output = NULL;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(run_with(script, "{}", 2, 200, &output, &err), -1);
	assert_in_range(milliseconds_since(&start), 199, 10000);
	assert_int_equal(err.code, CNI_EDELEGATE);
	assert_string_equal(err.msg, "plugin 'plugin' did not finish within 200 ms and was ended");
	assert_null(output);
	close(ends[1]);
	wait = (struct pollfd){.fd = ends[0], .events = POLLIN};
	assert_int_equal(poll(&wait, 1, 10000), 1);
	assert_int_equal(wait.revents, POLLHUP);
	close(ends[0]);
}

static void exec__deadline_ends_all_that_it_started(void **state)
{
	(void)state;
	assert_ended_whole("#!/bin/sh\nsleep 1000\n");
	assert_ended_whole("#!/bin/sh\n(sh -c 'sleep 1000; :' & sleep 1000; :) & wait\n");
	/* With its answer given, but a child that keeps its stdout. */
	assert_ended_whole("#!/bin/sh\necho '{}'; sleep 1000 & exit 0\n");
	/* Without a stdout, and not yet ended. */
	assert_ended_whole("#!/bin/sh\nexec >&-; sleep 1000\n");
}

static void exec__deadline_kills_processes_that_ignore_sigterm(void **state)
{
	(void)state;
	assert_ended_whole("#!/bin/sh\ntrap '' TERM; sleep 1000; sleep 1000\n");
	/* The leader listens, its child does not. */
	assert_ended_whole("#!/bin/sh\n(trap '' TERM; sleep 1000) & wait\n");
}

#define exec_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		exec_test(exec__finds_the_first_on_the_path),
		exec_test(exec__passes_input_environment_and_output),
		exec_test(exec__needs_no_standard_descriptors),
		exec_test(exec__runs_it_with_ordinary_signals_in_its_own_group),
		exec_test(exec__input_may_stay_unread),
		exec_test(exec__exchanges_more_than_pipes_hold),
		exec_test(exec__output_has_a_bound),
		exec_test(exec__passes_on_what_the_plugin_says),
		exec_test(exec__says_how_the_plugin_failed),
		exec_test(exec__says_at_once_that_it_cannot_run_it),
		exec_test(exec__leaves_stderr_to_the_plugin),
		exec_test(exec__deadline_ends_all_that_it_started),
		exec_test(exec__deadline_kills_processes_that_ignore_sigterm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
