/* SPDX-License-Identifier: Apache-2.0 */
/* The lock files of networks. */
#include "lock.h"

#include "cleanup.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static void lock__is_shared_or_not(void **state)
{
	closing int one = -1;
	closing int other = -1;
	closing int third = -1;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_lock_take("a", CNI_LOCK_SHARED, 0, &one, &err), 0);
	assert_int_equal(cni_lock_take("a", CNI_LOCK_SHARED, 0, &other, &err), 0);
	assert_int_equal(cni_lock_take("a", CNI_LOCK_EXCLUSIVE, 0, &third, &err), -1);
	assert_int_equal(err.code, CNI_ELOCKED);
	assert_int_equal(err.errnum, EWOULDBLOCK);
	assert_string_equal(err.msg, "the lock was not free within 0 ms");
	assert_int_equal(cni_lock_change(one, "a", CNI_LOCK_EXCLUSIVE, 0, &err), -1);
	close(take_fd(&other));
	assert_int_equal(cni_lock_change(one, "a", CNI_LOCK_EXCLUSIVE, 0, &err), 0);
	assert_int_equal(cni_lock_take("a", CNI_LOCK_SHARED, 0, &third, &err), -1);
}

static void lock__is_one_for_each_name(void **state)
{
	closing int one = -1;
	closing int other = -1;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_lock_take("a", CNI_LOCK_EXCLUSIVE, 0, &one, &err), 0);
	assert_int_equal(cni_lock_take("b", CNI_LOCK_EXCLUSIVE, 0, &other, &err), 0);
}

static void lock__has_a_deadline(void **state)
{
	closing int one = -1;
	closing int other = -1;
	struct cni_error err;
	struct sigaction after;

	(void)state;
	assert_int_equal(cni_lock_take("a", CNI_LOCK_EXCLUSIVE, 0, &one, &err), 0);
	assert_int_equal(cni_lock_take("a", CNI_LOCK_SHARED, 50, &other, &err), -1);
	assert_string_equal(err.msg, "the lock was not free within 50 ms");
	assert_int_equal(sigaction(SIGALRM, NULL, &after), 0);
	assert_ptr_equal(after.sa_handler, SIG_DFL);
}

static void lock__is_had_as_soon_as_its_holder_is_gone(void **state)
{
	closing int ours = -1;
	struct cni_error err;
	int ready[2];
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int theirs;

		if (cni_lock_take("a", CNI_LOCK_EXCLUSIVE, 0, &theirs, &err) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(cni_lock_take("a", CNI_LOCK_EXCLUSIVE, 60000, &ours, &err), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ready[0]);
	close(ready[1]);
}

static void lock__cannot_be_opened_by_another_user(void **state)
{
	closing int ours = -1;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_lock_take("a", CNI_LOCK_SHARED, 0, &ours, &err), 0);
	sandbox_must("[ \"$(stat -c %%a:%%u /run/cni/locks)\" = 700:0 ]");
	sandbox_must("! setpriv --reuid=65534 --regid=65534 --clear-groups "
		     "flock -n /run/cni/locks/held true 2>/dev/null");
}

static void lock__is_not_in_a_directory_that_others_may_enter(void **state)
{
	closing int ours = -1;
	struct cni_error err;

	(void)state;
	sandbox_must("mkdir -p /run/cni/locks && chmod 777 /run/cni/locks");
	assert_int_equal(cni_lock_take("a", CNI_LOCK_SHARED, 0, &ours, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_int_equal(err.errnum, EPERM);
}

static void lock__says_why_it_cannot_be(void **state)
{
	closing int ours = -1;
	struct cni_error err;

	(void)state;
	sandbox_must("mkdir -p /run/cni && echo > /run/cni/locks");
	assert_int_equal(cni_lock_take("a", CNI_LOCK_SHARED, 0, &ours, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_non_null(strstr(err.msg, "open '/run/cni/locks/held'"));
}

static int clean(void **state)
{
	(void)state;
	return sandbox_run("rm -rf /run/cni");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lock__is_shared_or_not, clean),
		cmocka_unit_test_teardown(lock__is_one_for_each_name, clean),
		cmocka_unit_test_teardown(lock__has_a_deadline, clean),
		cmocka_unit_test_teardown(lock__is_had_as_soon_as_its_holder_is_gone, clean),
		cmocka_unit_test_teardown(lock__cannot_be_opened_by_another_user, clean),
		cmocka_unit_test_teardown(lock__is_not_in_a_directory_that_others_may_enter, clean),
		cmocka_unit_test_teardown(lock__says_why_it_cannot_be, clean),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
