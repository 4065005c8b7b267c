/* SPDX-License-Identifier: Apache-2.0 */
/* Entering and leaving network namespaces. */
#include "netns.h"

#include "cleanup.h"
#include "kernel.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* "net:[4026531840]": where this process is. */
static void where(char text[64])
{
	ssize_t length = readlink("/proc/self/ns/net", text, 63);

	assert_true(length > 0);
	text[length] = '\0';
}

static int visit(int netns, char seen[64], int outcome, struct cni_error *err)
{
	visiting int home = -1;

	if (cni_netns_enter(netns, &home, err) < 0)
		return -1;
	where(seen);
	return outcome;
}

static void netns__is_entered_and_left(void **state)
{
	closing int red = -1;
	struct cni_error err;
	char before[64];
	char inside[64];
	char after[64];

	(void)state;
	sandbox_add_netns("red");
	red = kernel_open_netns("red");
	where(before);
	assert_int_equal(visit(red, inside, 0, &err), 0);
	where(after);
	assert_string_not_equal(inside, before);
	assert_string_equal(after, before);
	/* Whichever way the block is left. */
	assert_int_equal(visit(red, inside, -1, &err), -1);
	where(after);
	assert_string_equal(after, before);
	sandbox_del_netns("red");
}

static void netns__may_be_left_before_the_block_ends(void **state)
{
	closing int red = -1;
	struct cni_error err;
	char before[64];
	char after[64];
	int home = -1;

	(void)state;
	sandbox_add_netns("red");
	red = kernel_open_netns("red");
	where(before);
	assert_true(!cni_netns_is_own(red));
	assert_int_equal(cni_netns_enter(red, &home, &err), 0);
	assert_true(cni_netns_is_own(red));
	assert_int_equal(cni_netns_leave(&home, &err), 0);
	assert_int_equal(home, -1);
	where(after);
	assert_string_equal(after, before);
	/* Without a way home, what is there to be done can be done. */
	home = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(cni_netns_leave(&home, &err), -1);
	assert_int_equal(home, -1);
	assert_string_equal(err.msg, "return to the host's network namespace: Invalid argument");
	sandbox_del_netns("red");
}

static void netns__that_cannot_be_entered_changes_nothing(void **state)
{
	closing int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct cni_error err;
	char before[64];
	char after[64];
	int home = -1;

	(void)state;
	where(before);
	assert_int_equal(cni_netns_enter(file, &home, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_non_null(strstr(err.msg, "enter the network namespace: "));
	assert_int_equal(home, -1);
	where(after);
	assert_string_equal(after, before);
	cni_netns_return(&home);
}

static void netns__must_be_one(void **state)
{
	struct cni_error err;
	int fd = -1;

	(void)state;
	assert_int_equal(cni_netns_open("/run/netns/none", &fd, &err), -1);
	assert_int_equal(err.code, CNI_EENV);
	assert_int_equal(err.errnum, ENOENT);
	assert_string_equal(err.msg, "failed to open netns '/run/netns/none': "
				     "No such file or directory");
	assert_int_equal(cni_netns_open("/dev/null", &fd, &err), -1);
	assert_int_equal(err.errnum, EINVAL);
	assert_string_equal(err.msg, "CNI_NETNS '/dev/null' is not a network namespace");
	assert_int_equal(cni_netns_open("/proc/self/ns/mnt", &fd, &err), -1);
	assert_int_equal(err.errnum, EINVAL);
	/* The FIFO has no writer: opening it must not wait. */
	assert_int_equal(mkfifo("/run/fifo", 0600), 0);
	assert_int_equal(cni_netns_open("/run/fifo", &fd, &err), -1);
	assert_int_equal(err.errnum, EINVAL);
	assert_int_equal(fd, -1);
}

/* All that would follow would happen to the wrong network. */
static void netns__without_a_way_home_ends_the_process(void **state)
{
	char text[256] = "";
	int status = 0;
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int home = open("/dev/null", O_RDONLY);

		dup2(ends[1], STDOUT_FILENO);
		cni_netns_return(&home);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_non_null(strstr(text, "\"code\": 101"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(netns__is_entered_and_left),
		kernel_test(netns__may_be_left_before_the_block_ends),
		kernel_test(netns__that_cannot_be_entered_changes_nothing),
		kernel_test(netns__must_be_one),
		kernel_test(netns__without_a_way_home_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
