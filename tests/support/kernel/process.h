/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a state of another process, instead of for a while. */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

/* Waits until the process sleeps in the kernel (state S of proc(5)), or has ended. Fails the test after
 * a minute. */
void process_await_sleep(pid_t pid);

/* Waits until a process waits for the lock (flock(2)) of this file. Fails the test after a minute. */
void process_await_waiter(const char *path);

#endif
