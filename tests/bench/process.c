/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include "cleanup.h"
#include "mem.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

_Noreturn void process_die(const char *what)
{
	perror(what);
	exit(1);
}

double process_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static char *read_text(const char *path)
{
	char text[8192];
	closing int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (got < 0)
		process_die(path);
	return cni_strndup(text, (size_t)got);
}

void process_write(const char *path, const char *text)
{
	closing int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		process_die(path);
}

/* `args` and `environment` are ready: what is timed is the process alone. */
struct process process_start(char **args, char **environment, const char *input, const char *output)
{
	struct process process = {.output = cni_strdup(output)};
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, process.output, O_WRONLY | O_CREAT | O_TRUNC,
					 0600);
	process.start = process_now();
	if (posix_spawn(&process.pid, args[0], &actions, NULL, args, environment) != 0)
		process_die(args[0]);
	posix_spawn_file_actions_destroy(&actions);
	return process;
}

struct sample process_finish(struct process *process, int expected, const char *what,
			     char **ret_output)
{
	struct rusage usage;
	struct sample sample;
	int status;

	if (wait4(process->pid, &status, 0, &usage) < 0)
		process_die("wait4");
	sample.wall = process_now() - process->start;
	sample.cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
		     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	sample.memory = (double)usage.ru_maxrss;
	*ret_output = read_text(process->output);
	if (!WIFEXITED(status) || (expected != PROCESS_ANY && WEXITSTATUS(status) != expected)) {
		fprintf(stderr, "%s failed: %s\n", what, *ret_output);
		exit(1);
	}
	free(process->output);
	return sample;
}
