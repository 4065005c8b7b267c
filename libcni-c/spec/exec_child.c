/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_child.h"

#include "cleanup.h"
#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_MS 1000

/* ---- signals ---- */

static void interrupt(int signal)
{
	(void)signal;
}

/* SIGCHLD stays blocked but for the time of cni_child_poll(), so that none comes between a look at
 * the child and the wait for it. */
static void take_signals(struct cni_child *child)
{
	struct sigaction noticed = {.sa_handler = interrupt, .sa_flags = SA_NOCLDSTOP};
	struct sigaction ignored = {.sa_handler = SIG_IGN};
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &child->mask);
	sigaction(SIGCHLD, &noticed, &child->on_child);
	/* The child may end without reading what we write. */
	sigaction(SIGPIPE, &ignored, &child->on_pipe);
}

/* The mask is first: our handler gets the SIGCHLD of our child. A caller that has blocked the signal
 * finds it pending, since it may be of another child as well. */
static void give_signals_back(const struct cni_child *child)
{
	sigprocmask(SIG_SETMASK, &child->mask, NULL);
	sigaction(SIGCHLD, &child->on_child, NULL);
	sigaction(SIGPIPE, &child->on_pipe, NULL);
}

/* ---- start ---- */

/* Pairs of descriptors, the child's end and ours. */
struct pipes {
	int in[2];
	int out[2];
	int err[2];
};

/* Moves it away from standard input, output and error, where we may have none: dup2(2) of a descriptor to itself would
 * leave it to be closed by execve(2), and our own output would go to the child. */
static int move_up(int *fd)
{
	int moved;

	if (*fd > STDERR_FILENO)
		return 0;
	moved = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (moved < 0)
		return -1;
	close(*fd);
	*fd = moved;
	return 0;
}

static int make_pipe(int pair[2])
{
	return pipe2(pair, O_CLOEXEC) < 0 || move_up(&pair[0]) < 0 || move_up(&pair[1]) < 0 ? -1
											    : 0;
}

static int make_pipes(const struct cni_child_program *program, struct pipes *pipes)
{
	/* The stderr of the child is copied to ours. */
	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		open("/dev/null", O_RDWR | O_CLOEXEC);
	if (make_pipe(pipes->in) < 0 || make_pipe(pipes->out) < 0 ||
	    (!program->merges_stderr && make_pipe(pipes->err) < 0))
		return errno;
	return 0;
}

static void close_pair(const int pair[2], int kept)
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0 && pair[i] != kept)
			close(pair[i]);
}

/* Our ends go to `child`, the others are closed. */
static void keep_ends(const struct pipes *pipes, struct cni_child *child)
{
	child->in = pipes->in[1];
	child->out = pipes->out[0];
	child->err = pipes->err[0];
	close_pair(pipes->in, child->in);
	close_pair(pipes->out, child->out);
	close_pair(pipes->err, child->err);
	fcntl(child->in, F_SETFL, O_NONBLOCK);
	if (child->err >= 0)
		fcntl(child->err, F_SETFL, O_NONBLOCK);
}

/* Between vfork() and execve(): only system calls, on what the parent prepared. execve() sets
 * signals that are caught to their default, and leaves ignored those that are ignored. */
static _Noreturn void become(const struct cni_child_program *program, const struct pipes *pipes,
			     pid_t parent, volatile int *failed)
{
	int err = program->merges_stderr ? pipes->out[1] : pipes->err[1];
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() == parent && dup2(pipes->in[0], STDIN_FILENO) >= 0 &&
	    dup2(pipes->out[1], STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
		execve(program->file, program->argv, program->environment);
	*failed = errno;
	_exit(127);
}

int cni_child_start(const struct cni_child_program *program, struct cni_child *child)
{
	struct pipes pipes = {.in = {-1, -1}, .out = {-1, -1}, .err = {-1, -1}};
	pid_t parent = getpid();
	volatile int failed;

	*child = (struct cni_child){.pid = -1, .in = -1, .out = -1, .err = -1};
	take_signals(child);
	failed = make_pipes(program, &pipes);
	/* A plugin is a small process, but copying even its page tables would cost a tenth of an
	 * ADD; posix_spawn() cannot ask for the signal on our death. */
	if (!failed) {
		child->pid = vfork();
		if (child->pid == 0)
			become(program, &pipes, parent, &failed);
		if (child->pid < 0)
			failed = errno;
	}
	keep_ends(&pipes, child);
	return failed;
}

/* ---- wait ---- */

int cni_child_poll(const struct cni_child *child, struct pollfd *fds, nfds_t count,
		   unsigned int milliseconds)
{
	const struct timespec in = {.tv_sec = milliseconds / 1000,
				    .tv_nsec = (long)(milliseconds % 1000) * 1000000};
	sigset_t mask = child->mask;

	sigdelset(&mask, SIGCHLD);
	return ppoll(fds, count, &in, &mask);
}

/* Stands in for waitid(2) where a filter of system calls only knows its elder. */
static int ask_wait4(const struct cni_child *child, siginfo_t *ret_info)
{
	int status;
	pid_t pid = waitpid(child->pid, &status, WNOHANG);

	if (pid <= 0)
		return pid;
	ret_info->si_code = WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
	ret_info->si_status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	return 1;
}

int cni_child_has_ended(struct cni_child *child, siginfo_t *ret_info)
{
	int ended;

	ret_info->si_pid = 0;
	if (waitid(P_PID, (id_t)child->pid, ret_info, WEXITED | WNOHANG) == 0)
		ended = ret_info->si_pid != 0;
	else
		ended = errno == ECHILD ? -1 : ask_wait4(child, ret_info);
	/* The number of a child that another has waited for may be a stranger's by now. */
	if (ended > 0 || (ended < 0 && errno == ECHILD))
		child->pid = -1;
	return ended;
}

/* ---- end ---- */

/* Leaves the leader to be waited for: until then its group's number is not another's. */
static int is_zombie(const struct cni_child *child)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno == ECHILD;
	return info.si_pid != 0;
}

static void wait_for_leader(const struct cni_child *child)
{
	struct timespec end = cni_deadline_in(GRACE_MS);

	while (!is_zombie(child) && cni_child_poll(child, NULL, 0, cni_deadline_left(&end)) < 0 &&
	       errno == EINTR)
		;
}

void cni_child_end(struct cni_child *child)
{
	siginfo_t info;

	cni_close_fdp(&child->in);
	cni_close_fdp(&child->out);
	cni_close_fdp(&child->err);
	if (child->pid > 0) {
		kill(-child->pid, SIGTERM);
		wait_for_leader(child);
		/* Others of the group may live, and may not have listened. */
		kill(-child->pid, SIGKILL);
		wait_for_leader(child);
		cni_child_has_ended(child, &info);
	}
	give_signals_back(child);
}
