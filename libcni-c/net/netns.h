/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces: open a namespace, and enter it for the length of a block. */
#ifndef CNI_NETNS_H
#define CNI_NETNS_H

#include "decls.h"
#include "error.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* Opens the network namespace that `path` refers to. Fails with CNI_EENV: no such file (errnum
 * ENOENT), or a file that is no network namespace (errnum EINVAL). Source: ioctl_ns(2). */
int cni_netns_open(const char *path, int *ret_fd, struct cni_error *err);

/* Opens the network namespace that the calling thread is in. Fails with CNI_EKERNEL. */
int cni_netns_open_own(int *ret_fd, struct cni_error *err);

/* True if cni_netns_open() has failed for want of memory or descriptors: the namespace may be there, and things in it
 * must not count as gone. */
bool cni_netns_may_be_there(const struct cni_error *err);

/* True if `netns` is the namespace that the process is in. */
bool cni_netns_is_own(int netns);

/* Enters the namespace; `ret_home` gets the descriptor that leads back. Declare it with
 * `visiting` (cleanup.h) and the end of the block returns and closes. A return that fails is tried again,
 * some times and without sleep. After a failure that lasts the process
 * prints the error and exits, because all that follows would change the wrong network: the block
 * must not have made anything.
 *
 *	visiting int home = -1;
 *
 *	if (cni_netns_enter(netns, &home, err) < 0)
 *		return -1; */
int cni_netns_enter(int netns, int *ret_home, struct cni_error *err);
/* The way back, for the cleanup attribute; -1 does nothing. */
void cni_netns_return(const int *home);

/* The same for a block that has made something in the namespace: returns before the block ends,
 * and `*home` is -1 afterwards. After a failure (CNI_EKERNEL) the process is still in the
 * namespace, where it can undo its changes. */
int cni_netns_leave(int *home, struct cni_error *err);

CNI_END_DECLS

#endif
