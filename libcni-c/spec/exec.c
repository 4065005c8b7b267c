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

/* What is being run, and how errors call it. */
struct run {
	const struct cni_exec *exec;
	const char *kind;
	bool takes_stderr;
};

/* Between vfork() and execve(): only system calls, on what the parent prepared. */
static _Noreturn void become(const struct run *run, char *const *argv, int in, int out,
			     pid_t parent, volatile int *failed)
{
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL); /* what is ignored here would be there, too */
	if (getppid() == parent && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    (!run->takes_stderr || dup2(out, STDERR_FILENO) >= 0))
		execve(run->exec->file, argv, run->exec->environment);
	*failed = errno;
	_exit(127);
}

static char **make_argv(const struct cni_exec *exec)
{
	size_t count = 0;
	char **argv;

	while (exec->arguments && exec->arguments[count])
		count++;
	argv = cni_alloc((count + 2) * sizeof(*argv));
	argv[0] = (char *)exec->file;
	for (size_t i = 0; i < count; i++)
		argv[i + 1] = exec->arguments[i];
	return argv;
}

static int start(const struct run *run, char *const *argv, struct child *child,
		 struct cni_error *err)
{
	volatile int failed = 0;
	pid_t parent = getpid();
	int in[2];
	int out[2];

	if (pipe2(in, O_CLOEXEC) < 0)
		return cni_fail_errno(err, CNI_EDELEGATE, errno, "make a pipe for '%s'",
				      run->exec->type);
	child->in = in[1];
	if (pipe2(out, O_CLOEXEC) < 0) {
		failed = errno;
		close(in[0]);
		return cni_fail_errno(err, CNI_EDELEGATE, failed, "make a pipe for '%s'",
				      run->exec->type);
	}
	child->out = out[0];
	/* A plugin is a small process, but copying even its page tables would cost a tenth of an
	 * ADD; posix_spawn() cannot ask for the signal on our death. */
	child->pid = vfork();
	if (child->pid == 0)
		become(run, argv, in[0], out[1], parent, &failed);
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
		return cni_fail_errno(err, CNI_EDELEGATE, failed, "run %s '%s' (%s)", run->kind,
				      run->exec->type, run->exec->file);
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
static int collect(const struct run *run, const struct child *child, struct output *output,
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
						"read the answer of %s '%s'", run->kind,
						run->exec->type);
	output->size += (size_t)got;
	output->data[output->size] = '\0';
	if (output->size > OUTPUT_MAX)
		return cni_fail(err, CNI_EDELEGATE, "%s '%s' printed more than %u bytes", run->kind,
				run->exec->type, OUTPUT_MAX);
	return got > 0;
}

/* Talks with the child until it has closed its stdout and has ended. */
static int converse(const struct run *run, struct child *child, struct output *output,
		    siginfo_t *ret_info, struct cni_error *err)
{
	const struct cni_exec *exec = run->exec;
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
			return cni_fail_errno(err, CNI_EDELEGATE, errno, "wait for %s '%s'",
					      run->kind, exec->type);
		if (ready == 0)
			return cni_fail(err, CNI_EDELEGATE,
					"%s '%s' did not finish within %u ms and was ended",
					run->kind, exec->type, exec->deadline_ms);
		if (ready < 0)
			continue;
		if (waits[1].revents)
			feed(exec, child, &fed);
		if (waits[0].revents) {
			int more = collect(run, child, output, err);

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

/* `ret_info` says with what it exited. Nothing is in `ret_output` after a failure. */
static int run_to_end(const struct run *run, struct output *ret_output, siginfo_t *ret_info,
		      struct cni_error *err)
{
	ending struct child child = {.pid = -1, .pidfd = -1, .in = -1, .out = -1};
	freeing char **argv = make_argv(run->exec);
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	int failed;

	if (start(run, argv, &child, err) < 0)
		return -1;
	/* It may end without reading what we write. */
	sigaction(SIGPIPE, &ignore, &before);
	failed = converse(run, &child, ret_output, ret_info, err);
	sigaction(SIGPIPE, &before, NULL);
	if (!failed && ret_info->si_code != CLD_EXITED)
		failed = cni_fail(err, CNI_EDELEGATE, "%s '%s' was ended by signal %d (%s)",
				  run->kind, run->exec->type, ret_info->si_status,
				  strsignal(ret_info->si_status));
	if (failed) {
		free(ret_output->data);
		*ret_output = (struct output){0};
	}
	return failed;
}

int cni_exec_run(const struct cni_exec *exec, char **ret_output, struct cni_error *err)
{
	struct run run = {.exec = exec, .kind = "plugin"};
	struct output output = {0};
	siginfo_t info = {0};

	if (run_to_end(&run, &output, &info, err) < 0)
		return -1;
	if (info.si_status != 0) {
		pass_on(exec, &output, &info, err);
		free(output.data);
		return -1;
	}
	*ret_output = output.data;
	return 0;
}

int cni_exec_command(const struct cni_exec *exec, char **ret_output, int *ret_code,
		     struct cni_error *err)
{
	struct run run = {.exec = exec, .kind = "command", .takes_stderr = true};
	struct output output = {0};
	siginfo_t info = {0};

	if (run_to_end(&run, &output, &info, err) < 0)
		return -1;
	*ret_output = output.data;
	*ret_code = info.si_status;
	return 0;
}
