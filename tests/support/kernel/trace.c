/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

/* Becomes the plugin, stopped at its first instruction. */
static _Noreturn void become_traced(const struct plugin_call *call, int in)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	set("CNI_COMMAND", call->command);
	set("CNI_CONTAINERID", call->container);
	set("CNI_NETNS", call->netns);
	set("CNI_IFNAME", call->ifname);
	set("CNI_ARGS", call->args);
	set("CNI_PATH", call->path);
	set("ASAN_OPTIONS", "detect_leaks=0"); /* which does not work when traced */
	dup2(in, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execl(call->plugin, call->plugin, (char *)NULL);
	_exit(127);
}

/* Runs to the next start of a system call; false when the plugin has ended. */
static bool next_call(pid_t pid, struct __ptrace_syscall_info *ret_info)
{
	int signal = 0;
	int status;

	do {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, signal), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			return false;
		assert_true(WIFSTOPPED(status));
		signal = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
		assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*ret_info), ret_info) > 0);
	} while (ret_info->op != PTRACE_SYSCALL_INFO_ENTRY);
	return true;
}

bool trace_kill(const struct plugin_call *call, unsigned int nth)
{
	struct __ptrace_syscall_info info;
	int in = memfd_create("in", MFD_CLOEXEC);
	size_t size = strlen(call->config);
	bool has_begun = false;
	int status;
	pid_t pid;

	assert_int_equal(write(in, call->config, size), (ssize_t)size);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	pid = fork();
	if (pid == 0)
		become_traced(call, in);
	close(in);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
	while (next_call(pid, &info)) {
		has_begun = has_begun ||
			    (info.entry.nr == SYS_read && info.entry.args[0] == STDIN_FILENO);
		if (!has_begun || nth--)
			continue;
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return true;
	}
	return false;
}

unsigned int trace_stride(unsigned int quick)
{
	return getenv("CNI_C_SLOW") ? 1 : quick;
}

unsigned int trace_sparse_stride(unsigned int quick)
{
	return trace_stride(test_is_sanitized() ? 4 * quick : quick);
}

unsigned int trace_fault_stride(unsigned int quick)
{
	return trace_stride(test_is_sanitized() ? quick : 3 * quick);
}
