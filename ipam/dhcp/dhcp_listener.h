/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's socket: made, or handed over by systemd (sd_listen_fds(3)). */
#ifndef DHCP_LISTENER_H
#define DHCP_LISTENER_H

#include "error.h"

#include <stdbool.h>

struct dhcp_listener {
	int fd;
	char *path; /* to remove at the end; NULL: systemd's */
	int lock;   /* one daemon for each socket */
	int spare;  /* a descriptor to give up where there are no more */
};

/* Listens on `path`, whose directory is made. A stale socket is replaced. Fails with CNI_ETAKEN if a daemon has it, and
 * with CNI_EIO. */
int dhcp_listener_open(const char *path, struct dhcp_listener *ret_listener, struct cni_error *err);
void dhcp_listener_close(struct dhcp_listener *listener);

/* Takes the next visitor; -1: there is none. A visitor that is not root is refused with a sentence, and each visitor
 * is dropped while the process has no descriptor left. */
int dhcp_listener_accept(struct dhcp_listener *listener);

/* Answers with the code and the sentence, and closes `fd`. */
void dhcp_listener_refuse(int fd, int code, const char *text);

#endif
