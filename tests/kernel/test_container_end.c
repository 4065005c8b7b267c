/* SPDX-License-Identifier: Apache-2.0 */
/* The container side of the veth, while it is waited for. */
#include "container_end.h"

#include "bridge.h"
#include "kernel.h"
#include "part_calls.h"

#include "cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than any test may take. */
#define FOR_EVER 60000

static pid_t start(const char *command)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(sandbox_run("sleep 0.1; %s", command));
	return pid;
}

static void end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void container_end__is_waited_for(void **state)
{
	pid_t pid;

	(void)state;
	part_add_pair();
	pid = start("ip -n red link set eth0 up");
	must(cni_container_end_wait_up(&part_at, FOR_EVER, &err));
	assert_shown("UP", "0.operstate", "ip -j link show %s", part_host);
	end(pid);
}

static void container_end__is_not_waited_for_for_ever(void **state)
{
	struct cni_error err;

	(void)state;
	part_add_pair();
	assert_int_equal(cni_container_end_wait_up(&part_at, 50, &err), -1);
	assert_int_equal(err.errnum, ETIMEDOUT);
	assert_non_null(strstr(err.msg, "to be operationally up: not done after 50 ms"));
}

/* The deadline is for the second alone, which the kernel does not announce to the host. */
static void container_end__that_goes_away_is_an_error(void **state)
{
	static const struct {
		const char *command;
		unsigned int milliseconds;
	} ways[] = {{"ip -n red link del eth0", FOR_EVER},
		    {"ip -n red link set eth0 netns green", 3000}};

	(void)state;
	sandbox_add_netns("green");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct cni_error cause = {.code = CNI_EKERNEL, .errnum = ENETUNREACH};
		pid_t pid;

		part_next(CNI_ADD);
		part_add_pair();
		assert_int_equal(cni_container_end_failed(&part_at, &cause), -1);
		assert_int_equal(cause.errnum, ENETUNREACH);
		pid = start(ways[i].command);
		must_fail(cni_container_end_wait_up(&part_at, ways[i].milliseconds, &err),
			  CNI_EKERNEL,
			  "'eth0' is not in the container any more: a process in the container has "
			  "moved or deleted it during ADD");
		assert_int_equal(cni_container_end_failed(&part_at, &cause), -1);
		assert_int_equal(cause.errnum, ENODEV);
		must(cni_veth_part_ops.undo(&part_at, &part_veth, &err));
		must(cni_bridge_part_ops.undo(&part_at, &part_bridge, &err));
		end(pid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(container_end__is_waited_for),
		part_test(container_end__is_not_waited_for_for_ever),
		part_test(container_end__that_goes_away_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
