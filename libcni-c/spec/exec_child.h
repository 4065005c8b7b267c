/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a started program: pipes for its stdin, stdout and stderr, its end, and its process
 * group's.
 *
 * SIGCHLD interrupts the wait for it, so that neither a poll nor pidfd_open(2) is needed, which
 * kernels before 5.3 lack and old seccomp profiles refuse. From cni_child_start() to
 * cni_child_end() the disposition of SIGCHLD is ours: a caller that ignores it (inherited over
 * execve(2)) would have the kernel reap the child, and waitid(2) would return ECHILD. Signals of a
 * process are delivered to any of its threads, so only a process with one thread may use this. */
#ifndef CNI_EXEC_CHILD_H
#define CNI_EXEC_CHILD_H

#include "error.h"

#include <poll.h>
#include <signal.h>
#include <sys/types.h>

struct cni_child {
	pid_t pid; /* -1: none, or its end is known */
	/* Our ends of its pipes, non-blocking; -1: closed. */
	int in;
	int out;
	int err;
	/* The signals of the caller. */
	sigset_t mask;
	struct sigaction on_child;
	struct sigaction on_pipe;
};

struct cni_child_program {
	const char *file;	  /* the executable */
	char *const *argv;	  /* ends with NULL */
	char *const *environment; /* ends with NULL */
	int merges_stderr;	  /* its stderr is its stdout, and `err` stays -1 */
};

/* Starts the program as leader of a process group of its own, with every signal at its default and
 * none blocked; it gets SIGTERM if we die. cni_child_end() must follow, after a failure as well.
 * Returns 0 or the errno of what failed. */
int cni_child_start(const struct cni_child_program *program, struct cni_child *child);

/* ppoll(2) on `fds`, which the end of the child interrupts (EINTR), for at most `milliseconds`. */
int cni_child_poll(const struct cni_child *child, struct pollfd *fds, nfds_t count,
		   unsigned int milliseconds);

/* Returns 1 if the child has ended, and then `ret_info` has its si_code and si_status; 0 if it
 * has not; -1 with errno if this is unknown, because waitid(2) and wait4(2) are refused, or
 * another has waited for the child. Does not wait. */
int cni_child_has_ended(struct cni_child *child, siginfo_t *ret_info);

/* Closes the pipes. A child whose end is not known gets SIGTERM with its whole group, and SIGKILL
 * once the leader has ended, or a second later; the wait for that ends after another second. Puts
 * back the caller's signals. */
void cni_child_end(struct cni_child *child);
#define ending_child __attribute__((cleanup(cni_child_end)))

#endif
