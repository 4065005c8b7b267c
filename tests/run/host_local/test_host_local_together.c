/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Many host-locals at once, killed ones, and the Go plugin on the same directory. */
#include "cleanup.h"
#include "error.h"
#include "host_local_calls.h"
#include "mem.h"
#include "test.h"
#include "trace.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 20

/* Starts MANY ADDs, `odd` being the plugin of every second one, and asserts that all get an address
 * of their own. */
static void assert_all_differ(const char *odd)
{
	freeing char *text = host_local_config("0.4.0", DUAL, "");
	struct plugin_process processes[MANY];
	struct plugin_answer answers[MANY];

	for (size_t i = 0; i < MANY; i++) {
		freeing char *container = cni_format("c%zu", i);
		struct plugin_call asked = host_local_call("ADD", container, text);

		asked.plugin = i % 2 ? odd : HOST_LOCAL;
		processes[i] = plugin_start(&asked);
	}
	/* All have ended before anything may fail, so that none works on when the test is over. */
	for (size_t i = 0; i < MANY; i++)
		answers[i] = plugin_finish(&processes[i]);
	for (size_t i = 0; i < MANY; i++) {
		const cJSON *ips = cni_json_get(answers[i].json, "ips");
		freeing char *expected = cni_format("c%zu\r\neth0", i);

		plugin_assert_success(&answers[i]);
		assert_int_equal(cJSON_GetArraySize(ips), 2);
		/* A file holds one container's id: a shared address fails here. */
		for (int j = 0; j < 2; j++) {
			const char *address =
				cni_json_get_string(cJSON_GetArrayItem(ips, j), "address");
			freeing char *name = cni_strndup(address, strcspn(address, "/"));

			host_local_assert_file(name, expected);
		}
	}
	for (size_t i = 0; i < MANY; i++)
		plugin_answer_clear(&answers[i]);
}

static void host_local__gives_no_address_twice(void **state)
{
	(void)state;
	assert_all_differ(HOST_LOCAL);
}

/* ---- killed ---- */

/* Becomes the plugin, stopped at its first instruction under ptrace(2). */
static _Noreturn void become_traced(const struct plugin_call *asked, int in)
{
	setenv("CNI_COMMAND", asked->command, 1);
	setenv("CNI_CONTAINERID", asked->container, 1);
	setenv("CNI_NETNS", asked->netns, 1);
	setenv("CNI_IFNAME", asked->ifname, 1);
	setenv("CNI_PATH", "/opt/cni/bin", 1);
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* which does not work when traced */
	dup2(in, STDIN_FILENO);
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execl(asked->plugin, asked->plugin, (char *)NULL);
	_exit(127);
}

/* Runs to the next start of a system call; -1 when the plugin has ended. */
static long next_call(pid_t pid)
{
	struct __ptrace_syscall_info info;
	int status;

	do {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			return -1;
		assert_true(WIFSTOPPED(status));
		assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0);
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY);
	return (long)info.entry.nr;
}

/* Runs an ADD and kills it when it begins its system call number `nth` of those from the making of
 * the directory, or else the taking of the lock, on. False if it ended before that. */
static bool add_and_kill(const char *container, const char *text, unsigned int nth)
{
	struct plugin_call asked = host_local_call("ADD", container, text);
	closing int in = memfd_create("in", MFD_CLOEXEC);
	bool has_begun = false;
	int status;
	pid_t pid;

	assert_int_equal(write(in, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	pid = fork();
	if (pid == 0)
		become_traced(&asked, in);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
	for (long nr = next_call(pid); nr >= 0; nr = next_call(pid)) {
		has_begun = has_begun || nr == SYS_mkdir || nr == SYS_flock;
		if (!has_begun || nth--)
			continue;
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return true;
	}
	return false;
}

static void assert_whole_or_absent(const char *name)
{
	freeing char *path = host_local_path(name);

	if (access(path, F_OK) == 0)
		host_local_assert_file(name, "c1\r\neth0");
}

/* Killed at any step, ADD leaves whole files, blocks no other call, and goes with DEL. With or
 * without a directory to begin with. */
static void assert_survives(bool is_first)
{
	freeing char *text = host_local_config("0.4.0", DUAL, "");
	bool was_killed = true;
	unsigned int step = 0;

	for (; was_killed; step += trace_sparse_stride(1)) {
		freeing char *left = NULL;

		if (!is_first)
			host_local_succeeds("ADD", "c9", text);
		was_killed = add_and_kill("c1", text, step);
		assert_whole_or_absent(is_first ? "10.1.0.2" : "10.1.0.3");
		assert_whole_or_absent(is_first ? "fd00::2" : "fd00::3");
		host_local_succeeds("DEL", "c1", text);
		left = host_local_snapshot();
		assert_null(strstr(left, "c1"));
		assert_null(strstr(left, ".reserving"));
		host_local_succeeds("ADD", "c1", text);
		host_local_remove_network();
	}
	/* It was not killed before it had begun only. */
	assert_true(step > 20);
}

static void host_local__may_be_killed_at_any_step(void **state)
{
	(void)state;
	assert_survives(true);
	assert_survives(false);
}

/* ---- with the Go plugin ---- */

static bool has_theirs(void)
{
	return access(GO_HOST_LOCAL, X_OK) == 0;
}

static void assert_go_adds(const char *container, const char *text, const char *expected)
{
	freeing char *address = host_local_add_by(GO_HOST_LOCAL, container, text);

	assert_string_equal(address, expected);
}

static void go_succeeds(const char *command, const char *container, const char *text)
{
	struct plugin_call asked = host_local_call(command, container, text);

	asked.plugin = GO_HOST_LOCAL;
	plugin_succeeds(&asked);
}

static void host_local__shares_a_directory_with_the_go_plugin(void **state)
{
	freeing char *text = host_local_config("0.4.0", POOL, "");
	struct plugin_call asked = host_local_call("ADD", "c7", text);

	(void)state;
	if (!has_theirs())
		skip_because("%s is not installed", GO_HOST_LOCAL);
	assert_go_adds("c1", text, "10.1.0.2/29");
	host_local_assert_adds("c2", text, "10.1.0.3/29");
	assert_go_adds("c3", text, "10.1.0.4/29");
	host_local_assert_adds("c4", text, "10.1.0.5/29");
	assert_go_adds("c5", text, "10.1.0.6/29");
	/* Each knows the other's reservations … */
	host_local_fails("ADD", "c6", text, CNI_EEXHAUSTED, NULL);
	asked.plugin = GO_HOST_LOCAL;
	{
		struct plugin_answer answer = plugin_run(&asked);

		assert_int_equal(answer.exit_code, 1);
		assert_non_null(strstr(answer.out, "no IP addresses available in range set"));
		plugin_answer_clear(&answer);
	}
	go_succeeds("CHECK", "c2", text);
	host_local_succeeds("CHECK", "c3", text);
	/* … and releases them. */
	go_succeeds("DEL", "c2", text);
	host_local_succeeds("DEL", "c3", text);
	host_local_assert_file("10.1.0.3", NULL);
	host_local_assert_file("10.1.0.4", NULL);
	host_local_assert_adds("c6", text, "10.1.0.3/29");
	assert_go_adds("c7", text, "10.1.0.4/29");
}

static void host_local__writes_what_the_go_plugin_writes(void **state)
{
	freeing char *text = host_local_config("0.4.0", DUAL, "");
	freeing char *network = host_local_path("");
	freeing char *ours = NULL;
	freeing char *theirs = NULL;

	(void)state;
	if (!has_theirs())
		skip_because("%s is not installed", GO_HOST_LOCAL);
	host_local_succeeds("ADD", "c1", text);
	host_local_succeeds("ADD", "c2", text);
	host_local_succeeds("DEL", "c1", text);
	ours = host_local_snapshot();
	host_local_remove_network();
	go_succeeds("ADD", "c1", text);
	go_succeeds("ADD", "c2", text);
	go_succeeds("DEL", "c1", text);
	theirs = host_local_snapshot();
	assert_string_equal(ours, theirs);
}

static void host_local__gives_no_address_twice_beside_the_go_plugin(void **state)
{
	(void)state;
	if (!has_theirs())
		skip_because("%s is not installed", GO_HOST_LOCAL);
	assert_all_differ(GO_HOST_LOCAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(host_local__gives_no_address_twice),
		host_local_test(host_local__may_be_killed_at_any_step),
		host_local_test(host_local__shares_a_directory_with_the_go_plugin),
		host_local_test(host_local__writes_what_the_go_plugin_writes),
		host_local_test(host_local__gives_no_address_twice_beside_the_go_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
