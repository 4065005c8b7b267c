/* SPDX-License-Identifier: Apache-2.0 */
/* host-local while another process has the lock, and STATUS, which needs none. */
#include "cleanup.h"
#include "error.h"
#include "faults.h"
#include "ledger.h"
#include "mem.h"
#include "process.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEPS	  "/tmp/cni-c-test-lock.steps"
#define IMPATIENT POOL ",\"lockTimeout\":1"

/* A process named "holder" that has the lock of the network. */
static pid_t start_holder(void)
{
	freeing char *path = host_local_path("lock");
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "holder");
		if (flock(fd, LOCK_EX) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- waiting ---- */

static void assert_names_holder(const char *command, const char *container, const char *text,
				pid_t holder)
{
	freeing char *lock = host_local_path("lock");
	freeing char *expected =
		cni_format("'%s': not free within 1000 ms: held by process %d (holder), for at "
			   "least 1.0 s; that process has run for ",
			   lock, (int)holder);
	struct plugin_call call = host_local_call(command, container, text);
	double start = now();
	struct plugin_answer answer = plugin_run(&call);
	double took = now() - start;
	const char *said = strstr(answer.out, "has run for ");

	plugin_assert_error(&answer, CNI_ELOCKED, expected);
	assert_non_null(said);
	assert_in_range((unsigned long)strtod(said + strlen("has run for "), NULL), 1, 30);
	plugin_answer_clear(&answer);
	/* Not a measurement: it waited, and not for ten seconds. */
	assert_true(took > 0.9 && took < 8);
}

static void lock__is_waited_for_that_long(void **state)
{
	freeing char *text = host_local_config("1.1.0", IMPATIENT, "");
	freeing char *before = NULL;
	freeing char *after = NULL;
	pid_t holder;

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	before = ledger_state();
	holder = start_holder();
	assert_names_holder("ADD", "c2", text, holder);
	assert_names_holder("DEL", "c1", text, holder);
	after = ledger_state();
	/* CHECK does not wait. */
	host_local_succeeds("CHECK", "c1", text);
	end(holder);
	assert_string_equal(after, before);
	host_local_succeeds("DEL", "c1", text);
	ledger_assert_addresses("");
}

static void lock__of_a_killed_holder_blocks_no_call(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL ",\"lockTimeout\":60", "");
	freeing char *lock = host_local_path("lock");
	struct plugin_call call = host_local_call("ADD", "c2", text);
	struct plugin_process process;
	struct plugin_answer answer;
	double start;
	pid_t holder;

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	holder = start_holder();
	start = now();
	process = plugin_start(&call);
	process_await_waiter(lock);
	end(holder);
	answer = plugin_finish(&process);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_true(now() - start < 20);
	ledger_assert_addresses("10.1.0.2 10.1.0.3");
}

/* As when the holder is stopped in a debugger: the lock is held, and stays so. */
static void lock__of_a_stopped_holder_is_not_taken(void **state)
{
	freeing char *text = host_local_config("1.1.0", IMPATIENT, "");
	pid_t holder;

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	holder = start_holder();
	kill(holder, SIGSTOP);
	assert_names_holder("ADD", "c2", text, holder);
	end(holder);
	host_local_assert_adds("c2", text, "10.1.0.3/29");
}

/* ---- STATUS ---- */

/* It never asks for a lock, which would have it wait: the lock is held. */
static void assert_asks_for_no_lock(const char *text, int code)
{
	struct plugin_call call = host_local_call("STATUS", NULL, text);
	struct fault_steps steps;
	struct plugin_answer answer;

	answer = faults_learn(&call, STEPS, &steps);
	if (code)
		plugin_assert_error(&answer, code, NULL);
	else
		plugin_assert_success(&answer);
	assert_in_range(steps.count, 5, 100);
	/* Releasing a lock that is not held tests whether a lock is possible. */
	sandbox_must("! grep flock %s | grep -v LOCK_UN", STEPS);
	plugin_answer_clear(&answer);
	unlink(STEPS);
}

static void status__waits_for_no_lock_and_writes_nothing(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");
	freeing char *before = NULL;
	pid_t holder;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	for (int i = 1; i <= 4; i++) {
		freeing char *container = cni_format("c%d", i);

		host_local_succeeds("ADD", container, text);
	}
	before = ledger_state();
	holder = start_holder();
	assert_asks_for_no_lock(text, 0);
	end(holder);
	ledger_assert_state(before);
	host_local_succeeds("ADD", "c5", text);
	free(take_ptr(before));
	before = ledger_state();
	holder = start_holder();
	assert_asks_for_no_lock(text, CNI_EUNAVAILABLE);
	end(holder);
	ledger_assert_state(before);
}

/* The sidecar may have any damage. */
static void status__writes_nothing_in_any_case(void **state)
{
	static const char *const damages[] = {
		"true",
		"rm blue/10.1.0.2",
		"printf 'c9\\r\\neth0' >blue/10.1.0.5",
		"touch blue/.reserving.0",
		"rm .cni-c/blue/head",
		": >.cni-c/blue/10.1.0.0.bits",
		"rm -r .cni-c/blue/owners",
		"rm -r .cni-c/blue",
		"rm -r .cni-c",
		"ln -s x .cni-c",
		"rm -r blue",
	};
	freeing char *text = host_local_config("1.1.0", POOL, "");

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *before = NULL;

		ledger_run(damages[i]);
		before = ledger_state();
		host_local_succeeds("STATUS", NULL, text);
		ledger_assert_state(before);
		ledger_reboot();
		host_local_succeeds("STATUS", NULL, text);
		ledger_assert_state(before);
	}
}

static void status__says_why_add_would_fail(void **state)
{
	static const struct {
		const char *command, *undo, *message;
	} cases[] = {
		{"mount --bind . . && mount -o remount,bind,ro .", "cd / && umount \"$OLDPWD\"",
		 "Read-only file system"},
		{"mv blue red && touch blue", "rm blue && mv red blue", "blue' is not a directory"},
		{"mv blue red && ln -s red blue", "rm blue && mv red blue",
		 "is a link, expected a directory"},
		{"mv blue red && ln -s nowhere blue", "rm blue && mv red blue",
		 "blue': No such file or directory"},
	};
	freeing char *text = host_local_config("1.1.0", POOL, "");

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *before = NULL;

		ledger_run(cases[i].command);
		before = ledger_state();
		host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, cases[i].message);
		host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "'dataDir'");
		host_local_fails("ADD", "c2", text, CNI_EIO, "'dataDir'");
		ledger_assert_state(before);
		ledger_run(cases[i].undo);
	}
	host_local_succeeds("STATUS", NULL, text);
	host_local_succeeds("CHECK", "c1", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(lock__is_waited_for_that_long),
		host_local_test(lock__of_a_killed_holder_blocks_no_call),
		host_local_test(lock__of_a_stopped_holder_is_not_taken),
		host_local_test(status__waits_for_no_lock_and_writes_nothing),
		host_local_test(status__writes_nothing_in_any_case),
		host_local_test(status__says_why_add_would_fail),
	};

	return cmocka_run_group_tests(tests, ledger_setup, NULL);
}
