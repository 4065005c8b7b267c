/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptors that the daemon waits for, and its clock. */
#ifndef DHCP_LOOP_H
#define DHCP_LOOP_H

#include "error.h"

#include <stdint.h>

/* A descriptor that is waited for; -1: none. `ready` may close the watch and free its owner. */
struct dhcp_watch {
	int fd;
	void (*ready)(struct dhcp_watch *watch);
	void *owner;
};

/* Waits for `fd`, which the watch owns afterwards, on the epoll(7) descriptor `loop`. Fails with CNI_EKERNEL; `fd` is
 * closed then. */
int dhcp_watch_open(int loop, struct dhcp_watch *watch, int fd, struct cni_error *err);
/* Also for none. */
void dhcp_watch_close(struct dhcp_watch *watch);

/* Milliseconds of CLOCK_BOOTTIME: no step of the clock changes it, and a lease goes on while the host sleeps. */
uint64_t dhcp_now(void);
uint32_t dhcp_chance(void);

/* Writes a line to stderr. */
void dhcp_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
