/* SPDX-License-Identifier: Apache-2.0 */
/* A bound on a system call that waits. */
#ifndef CNI_DEADLINE_H
#define CNI_DEADLINE_H

#include <time.h>

/* The time on CLOCK_MONOTONIC that is `milliseconds` from now, and how many milliseconds are left
 * until `end`; 0 if it has passed. */
struct timespec cni_deadline_in(unsigned int milliseconds);
unsigned int cni_deadline_left(const struct timespec *end);

/* Runs `wait`, which makes one system call that waits, and interrupts it after `milliseconds`: no
 * polling, a timer's signal does it. `wait` returns 0, or -1 with errno set.
 * Returns 0, EINTR at the deadline, or the errno of `wait`. SIGALRM means afterwards what it meant
 * before. */
int cni_deadline_run(unsigned int milliseconds, int (*wait)(void *data), void *data);

#endif
