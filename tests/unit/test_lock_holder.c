/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the process that holds a lock. */
#include "lock_holder.h"

#include "cleanup.h"
#include "mem.h"
#include "process.h"
#include "store_dir.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file of its own for each lock. */
static int open_lock(void)
{
	int fd = open(store_dir_path("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

typedef int locker(int fd);

static int lock_exclusively(int fd)
{
	return flock(fd, LOCK_EX);
}

static int lock_shared(int fd)
{
	return flock(fd, LOCK_SH);
}

static int lock_by_posix(int fd)
{
	struct flock whole = {.l_type = F_WRLCK};

	return fcntl(fd, F_SETLK, &whole);
}

/* A process of this name that does this to the lock, and then nothing more. `announces` false: it
 * is expected to wait in doing so. */
static pid_t start_holder(const char *name, locker *lock, bool announces)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open_lock();

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (!announces && write(ready[1], "", 1) != 1)
			_exit(1);
		if (lock(fd) < 0 || (announces && write(ready[1], "", 1) != 1))
			_exit(1);
		pause();
		_exit(0);
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

static const char *describe(unsigned int waited_ms)
{
	static char text[LOCK_HOLDER_SIZE];
	closing int fd = open_lock();

	return lock_holder_describe(fd, waited_ms, text);
}

/* "process 4711 (<name>), for at least <least> s; that process has run for 0.1 s" */
static void assert_describes(const char *text, pid_t pid, const char *name, const char *least)
{
	freeing char *expected =
		cni_format("process %d (%s), for at least %s s; that process has run for ",
			   (int)pid, name, least);
	double seconds;
	char *end;

	if (strncmp(text, expected, strlen(expected)) != 0)
		fail_msg("\"%s\" instead of \"%s\"", text, expected);
	seconds = strtod(text + strlen(expected), &end);
	assert_string_equal(end, " s");
	/* It was started for this, and the clocks tick a hundred times in a second. */
	assert_true(seconds > -0.1 && seconds < 20);
}

static void lock_holder__is_named_with_its_command(void **state)
{
	/* The name stands in parentheses among other words. */
	static const char *const names[] = {"holder", "a b", "x) S (y", "(", ")", ""};
	static locker *const lockers[] = {lock_exclusively, lock_shared};

	(void)state;
	store_dir_fill(NULL, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		pid_t pid = start_holder(names[i], lockers[i % 2], true);
		freeing char *text = cni_strdup(describe(1500));

		end(pid);
		assert_describes(text, pid, names[i], "1.5");
	}
}

static void lock_holder__is_not_a_waiting_process(void **state)
{
	pid_t waiter;
	pid_t holder;
	char *text;

	(void)state;
	store_dir_fill(NULL, 0);
	holder = start_holder("holder", lock_exclusively, true);
	waiter = start_holder("waiter", lock_exclusively, false);
	process_await_sleep(waiter);
	text = cni_strdup(describe(0));
	end(waiter);
	end(holder);
	assert_describes(text, holder, "holder", "0.0");
	free(text);
}

static void lock_holder__has_run_for_that_long(void **state)
{
	static const char says[] = "has run for ";
	char *text;
	pid_t pid;
	const char *run;

	(void)state;
	store_dir_fill(NULL, 0);
	pid = start_holder("holder", lock_exclusively, true);
	usleep(300000);
	text = cni_strdup(describe(100));
	end(pid);
	run = strstr(text, says);
	assert_non_null(run);
	assert_true(strtod(run + strlen(says), NULL) > 0.2);
	free(text);
}

static void lock_holder__may_not_be_known(void **state)
{
	char *text;
	pid_t pid;

	(void)state;
	store_dir_fill(NULL, 0);
	assert_string_equal(describe(10), "a process that /proc/locks does not show");
	/* A POSIX lock, which does not exclude flock(2). */
	pid = start_holder("posix", lock_by_posix, true);
	text = cni_strdup(describe(10));
	end(pid);
	assert_string_equal(text, "a process that /proc/locks does not show");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(lock_holder__is_named_with_its_command),
		store_test(lock_holder__is_not_a_waiting_process),
		store_test(lock_holder__has_run_for_that_long),
		store_test(lock_holder__may_not_be_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
