/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include "cleanup.h"
#include "mem.h"
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX (8U << 20)
#define GRACE_MS   1000

int cni_exec_find(const char *type, const char *path, char **ret_file, struct cni_error *err)
{
	freeing char *copy = cni_strdup(path);
	char *rest = copy;

	if (cni_name_check_plugin(type, "the plugin's 'type'", err) < 0)
		return -1;
	for (char *dir = strsep(&rest, ":"); dir; dir = strsep(&rest, ":")) {
		freeing char *file = NULL;
		struct stat st;

		if (!*dir)
			continue;
		file = cni_format("%s/%s", dir, type);
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
			*ret_file = take_ptr(file);
			return 0;
		}
	}
	return cni_fail(err, CNI_EMISSING, "failed to find plugin \"%s\" in path [%s]", type, path);
}

static bool is_named(const char *assignment, const struct cni_exec_variable *variables,
		     size_t count)
{
	size_t length = strcspn(assignment, "=");

	for (size_t i = 0; i < count; i++)
		if (strlen(variables[i].name) == length &&
		    !strncmp(assignment, variables[i].name, length))
			return true;
	return false;
}

char **cni_exec_environment(const struct cni_exec_variable *variables, size_t count)
{
	size_t inherited = 0;
	size_t text_size = 0;
	size_t kept = 0;
	char **environment;
	char *text;

	while (environ[inherited])
		inherited++;
	for (size_t i = 0; i < count; i++)
		if (variables[i].value)
			text_size += strlen(variables[i].name) + strlen(variables[i].value) + 2;
	environment = cni_alloc((inherited + count + 1) * sizeof(*environment) + text_size);
	text = (char *)(environment + inherited + count + 1);
	for (size_t i = 0; i < inherited; i++)
		if (!is_named(environ[i], variables, count))
			environment[kept++] = environ[i];
	for (size_t i = 0; i < count; i++) {
		if (!variables[i].value)
			continue;
		environment[kept++] = text;
		text += sprintf(text, "%s=%s", variables[i].name, variables[i].value) + 1;
	}
	return environment;
}

/* The parent's ends of the child's stdin and stdout, and the child. */
struct child {
	pid_t pid;
	int pidfd;
	int in;
	int out;
};

static void end_child(struct child *child)
{
	siginfo_t info;
	struct pollfd wait = {.fd = child->pidfd, .events = POLLIN};

	if (child->in >= 0)
		close(child->in);
	if (child->out >= 0)
		close(child->out);
	if (child->pid > 0) {
		kill(-child->pid, SIGTERM);
		poll(&wait, 1, GRACE_MS);
		/* Even if the leader has gone: others of its group may not have listened. Until it
		 * is waited for, the group's number is nobody else's. */
		kill(-child->pid, SIGKILL);
		while (waitid(P_PID, (id_t)child->pid, &info, WEXITED) < 0 && errno == EINTR)
			;
	}
	if (child->pidfd >= 0)
		close(child->pidfd);
}

#define ending __attribute__((cleanup(end_child)))

/* Between vfork() and execve(): only system calls, on what the parent prepared. */
static _Noreturn void become(const struct cni_exec *exec, int in, int out, pid_t parent,
			     volatile int *failed)
{
	char *const argv[] = {(char *)exec->file, NULL};
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() == parent && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execve(exec->file, argv, exec->environment);
	*failed = errno;
	_exit(127);
}

static int start(const struct cni_exec *exec, struct child *child, struct cni_error *err)
{
	volatile int failed = 0;
	pid_t parent = getpid();
	int in[2];
	int out[2];

	if (pipe2(in, O_CLOEXEC) < 0)
		return cni_fail_errno(err, CNI_EDELEGATE, errno, "make a pipe for '%s'",
				      exec->type);
	child->in = in[1];
	if (pipe2(out, O_CLOEXEC) < 0) {
		failed = errno;
		close(in[0]);
		return cni_fail_errno(err, CNI_EDELEGATE, failed, "make a pipe for '%s'",
				      exec->type);
	}
	child->out = out[0];
	/* A plugin is a small process, but copying even its page tables would cost a tenth of an
	 * ADD; posix_spawn() cannot ask for the signal on our death. */
	child->pid = vfork();
	if (child->pid == 0)
		become(exec, in[0], out[1], parent, &failed);
	if (child->pid < 0)
		failed = errno;
	close(in[0]);
	close(out[1]);
	/* Even if it could not be run: end_child() waits for it on this. */
	if (child->pid > 0) {
		child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
		if (child->pidfd < 0 && !failed)
			failed = errno;
	}
	if (failed)
		return cni_fail_errno(err, CNI_EDELEGATE, failed, "run plugin '%s' (%s)",
				      exec->type, exec->file);
	return 0;
}

static int milliseconds_left(const struct timespec *end)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

/* Feeds what the pipe takes; closes it when all is said or nobody reads. A small configuration
 * fits the pipe at once. */
static void feed(const struct cni_exec *exec, struct child *child, size_t *fed)
{
	ssize_t put = write(child->in, (const char *)exec->input + *fed, exec->input_size - *fed);

	if (put > 0)
		*fed += (size_t)put;
	if ((put < 0 && errno != EAGAIN && errno != EINTR) || *fed == exec->input_size) {
		close(child->in);
		child->in = -1;
	}
}

struct output {
	char *data;
	size_t size;
	size_t room;
};

/* 1: there may be more, 0: it has ended, -1: failed. */
static int collect(const struct cni_exec *exec, const struct child *child, struct output *output,
		   struct cni_error *err)
{
	ssize_t got;

	if (output->room - output->size < 4096) {
		output->room = output->room ? output->room * 2 : 8192;
		output->data = cni_realloc_array(output->data, output->room + 1, 1);
	}
	got = read(child->out, output->data + output->size, output->room - output->size);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN
			       ? 1
			       : cni_fail_errno(err, CNI_EDELEGATE, errno,
						"read the answer of plugin '%s'", exec->type);
	output->size += (size_t)got;
	output->data[output->size] = '\0';
	if (output->size > OUTPUT_MAX)
		return cni_fail(err, CNI_EDELEGATE, "plugin '%s' printed more than %u bytes",
				exec->type, OUTPUT_MAX);
	return got > 0;
}

/* Talks with the child until it has closed its stdout and has ended. */
static int converse(const struct cni_exec *exec, struct child *child, struct output *output,
		    siginfo_t *ret_info, struct cni_error *err)
{
	struct timespec end;
	size_t fed = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += exec->deadline_ms / 1000;
	end.tv_nsec += (long)(exec->deadline_ms % 1000) * 1000000;
	fcntl(child->in, F_SETFL, O_NONBLOCK);
	feed(exec, child, &fed);
	for (;;) {
		struct pollfd waits[] = {
			{.fd = child->out, .events = POLLIN},
			{.fd = child->in, .events = POLLOUT},
			/* Only when it is all that is left to wait for. */
			{.fd = child->out < 0 ? child->pidfd : -1, .events = POLLIN},
		};
		int ready = poll(waits, 3, milliseconds_left(&end));

		if (ready < 0 && errno != EINTR)
			return cni_fail_errno(err, CNI_EDELEGATE, errno, "wait for plugin '%s'",
					      exec->type);
		if (ready == 0)
			return cni_fail(err, CNI_EDELEGATE,
					"plugin '%s' did not finish within %u ms and was ended",
					exec->type, exec->deadline_ms);
		if (ready < 0)
			continue;
		if (waits[1].revents)
			feed(exec, child, &fed);
		if (waits[0].revents) {
			int more = collect(exec, child, output, err);

			if (more < 0)
				return -1;
			if (!more) {
				close(child->out);
				child->out = -1;
			}
		}
		if (waits[2].revents && waitid(P_PID, (id_t)child->pid, ret_info, WEXITED) == 0) {
			child->pid = -1;
			return 0;
		}
	}
}

/* {"code": 7, "msg": "…", "details": "…"} */
static int pass_on(const struct cni_exec *exec, const struct output *output, const siginfo_t *info,
		   struct cni_error *err)
{
	struct cni_error ignored;
	freeing_json cJSON *json = NULL;
	const char *details;
	const char *msg;
	const cJSON *code;

	if (info->si_code != CLD_EXITED)
		return cni_fail(err, CNI_EDELEGATE, "plugin '%s' was ended by signal %d (%s)",
				exec->type, info->si_status, strsignal(info->si_status));
	if (cni_json_parse_object(output->data, output->size, "error", &json, &ignored) < 0 ||
	    !(msg = cni_json_get_string(json, "msg"))) {
		cni_fail(err, CNI_EDELEGATE, "plugin '%s' exited with %d and without an error",
			 exec->type, info->si_status);
		return cni_fail_details(err, "%.900s", output->data);
	}
	code = cni_json_get(json, "code");
	details = cni_json_get_string(json, "details");
	cni_fail(err, cJSON_IsNumber(code) && code->valueint > 0 ? code->valueint : CNI_EDELEGATE,
		 "%s", msg);
	return details ? cni_fail_details(err, "%s", details) : -1;
}

int cni_exec_run(const struct cni_exec *exec, char **ret_output, struct cni_error *err)
{
	ending struct child child = {.pid = -1, .pidfd = -1, .in = -1, .out = -1};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	struct output output = {0};
	siginfo_t info = {0};
	int failed;

	if (start(exec, &child, err) < 0)
		return -1;
	/* It may end without reading what we write. */
	sigaction(SIGPIPE, &ignore, &before);
	failed = converse(exec, &child, &output, &info, err);
	sigaction(SIGPIPE, &before, NULL);
	if (!failed && (info.si_code != CLD_EXITED || info.si_status != 0))
		failed = pass_on(exec, &output, &info, err);
	if (failed) {
		free(output.data);
		return -1;
	}
	*ret_output = output.data;
	return 0;
}
