/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin.h"

#include "mem.h"
#include "test.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define VARIABLES_MAX 64

/* The environment being put together; what is in it belongs to it. */
struct variables {
	char *texts[VARIABLES_MAX + 1];
	size_t count;
};

static void put(struct variables *variables, const char *name, const char *value)
{
	assert_true(variables->count < VARIABLES_MAX);
	if (value)
		variables->texts[variables->count++] = cni_format("%s=%s", name, value);
}

static void put_all(struct variables *variables, const struct plugin_call *call)
{
	static const char *const inherited[] = {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS",
						"LSAN_OPTIONS", "GCOV_PREFIX"};

	for (size_t i = 0; i < sizeof(inherited) / sizeof(*inherited); i++)
		put(variables, inherited[i], getenv(inherited[i]));
	put(variables, "CNI_COMMAND", call->command);
	put(variables, "CNI_CONTAINERID", call->container);
	put(variables, "CNI_NETNS", call->netns);
	put(variables, "CNI_IFNAME", call->ifname);
	put(variables, "CNI_ARGS", call->args);
	put(variables, "CNI_PATH", call->path ? call->path : "/opt/cni/bin");
	for (const char *const *more = call->environment; more && *more; more++) {
		assert_true(variables->count < VARIABLES_MAX);
		variables->texts[variables->count++] = cni_strdup(*more);
	}
}

/* Files in memory instead of pipes: no plugin can be held up by how we feed it or read it. */
static int memory_file(const char *name, const void *data, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	assert_true(fd >= 0);
	while (size) {
		ssize_t put_now = write(fd, data, size);

		assert_true(put_now > 0);
		data = (const char *)data + put_now;
		size -= (size_t)put_now;
	}
	assert_true(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static char *read_memory_file(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text;

	assert_true(size >= 0);
	text = cni_alloc((size_t)size + 1);
	assert_true(pread(fd, text, (size_t)size, 0) == (ssize_t)size);
	close(fd);
	return text;
}

struct plugin_process plugin_start(const struct plugin_call *call)
{
	size_t size =
		call->config_size ? call->config_size : strlen(call->config ? call->config : "");
	struct plugin_process process = {.out = memory_file("out", NULL, 0),
					 .err = memory_file("err", NULL, 0)};
	int in = memory_file("in", call->config, size);
	char *argv[VARIABLES_MAX] = {(char *)(uintptr_t)call->plugin};
	posix_spawn_file_actions_t files;
	struct variables variables = {0};
	int failed;

	for (size_t i = 0; call->arguments && call->arguments[i]; i++) {
		assert_true(i + 2 < VARIABLES_MAX);
		argv[i + 1] = (char *)(uintptr_t)call->arguments[i];
	}
	put_all(&variables, call);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, process.out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, process.err, STDERR_FILENO);
	failed = posix_spawn(&process.pid, call->plugin, &files, NULL, argv, variables.texts);
	if (failed)
		fail_msg("run '%s': %s", call->plugin, strerror(failed));
	posix_spawn_file_actions_destroy(&files);
	for (size_t i = 0; i < variables.count; i++)
		free(variables.texts[i]);
	close(in);
	return process;
}

struct plugin_answer plugin_finish(struct plugin_process *process)
{
	struct plugin_answer answer = {0};
	int status = 0;

	while (waitpid(process->pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	answer.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	answer.out = read_memory_file(process->out);
	answer.err = read_memory_file(process->err);
	answer.json = cJSON_Parse(answer.out);
	return answer;
}

struct plugin_answer plugin_run(const struct plugin_call *call)
{
	struct plugin_process process = plugin_start(call);

	return plugin_finish(&process);
}

void plugin_answer_clear(struct plugin_answer *answer)
{
	cJSON_Delete(answer->json);
	free(answer->out);
	free(answer->err);
	*answer = (struct plugin_answer){0};
}

void plugin_assert_success(const struct plugin_answer *answer)
{
	if (answer->exit_code != 0)
		fail_msg("exit %d, expected success\n%s\n%s", answer->exit_code, answer->out,
			 answer->err);
}

void plugin_assert_error(const struct plugin_answer *answer, int code, const char *text)
{
	const cJSON *said = cni_json_get(answer->json, "code");
	const char *msg = cni_json_get_string(answer->json, "msg");
	const char *details = cni_json_get_string(answer->json, "details");

	if (answer->exit_code != 1 || !cJSON_IsNumber(said) || said->valueint != code || !msg)
		fail_msg("exit %d, expected an error with code %d\n%s\n%s", answer->exit_code, code,
			 answer->out, answer->err);
	if (text && !strstr(msg, text) && !(details && strstr(details, text)))
		fail_msg("expected an error that says \"%s\", got\n%s", text, answer->out);
}

void plugin_succeeds(const struct plugin_call *call)
{
	struct plugin_answer answer = plugin_run(call);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

void plugin_fails(const struct plugin_call *call, int code, const char *text)
{
	struct plugin_answer answer = plugin_run(call);

	plugin_assert_error(&answer, code, text);
	plugin_answer_clear(&answer);
}
