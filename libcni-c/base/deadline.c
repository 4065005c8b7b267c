/* SPDX-License-Identifier: Apache-2.0 */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>

struct timespec cni_deadline_in(unsigned int milliseconds)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += milliseconds / 1000;
	end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	return end;
}

unsigned int cni_deadline_left(const struct timespec *end)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (unsigned int)left : 0;
}

static void interrupt(int signal)
{
	(void)signal;
}

int cni_deadline_run(unsigned int milliseconds, int (*wait)(void *data), void *data)
{
	struct sigaction ours = {.sa_handler = interrupt}; /* no SA_RESTART: the call must return */
	/* Not timer_create(2): musl's makes a thread's code part of each executable. */
	struct itimerval in = {.it_value = {.tv_sec = milliseconds / 1000,
					    .tv_usec = (long)(milliseconds % 1000) * 1000},
			       /* again and again, should it fire just before the call sleeps */
			       .it_interval = {.tv_usec = 20000}};
	struct itimerval outer;
	struct sigaction before;
	sigset_t alarm;
	sigset_t mask;
	int failed;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigaction(SIGALRM, &ours, &before);
	sigprocmask(SIG_UNBLOCK, &alarm, &mask);
	setitimer(ITIMER_REAL, &in, &outer);
	failed = wait(data) < 0 ? errno : 0;
	setitimer(ITIMER_REAL, &outer, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGALRM, &before, NULL);
	return failed;
}
