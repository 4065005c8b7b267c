/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces: open one, be in one for the length of a block. */
#ifndef CNI_NETNS_H
#define CNI_NETNS_H

#include "decls.h"
#include "error.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* Opens the network namespace that `path` refers to. Fails with CNI_EENV: no such file (errnum
 * ENOENT), or a file that is no network namespace (errnum EINVAL). Source: ioctl_ns(2). */
int cni_netns_open(const char *path, int *ret_fd, struct cni_error *err);

/* True if `netns` is the namespace that the process is in. */
bool cni_netns_is_own(int netns);

/* Enters the namespace; `ret_home` gets the descriptor that leads back. Declare it with `visiting` (cleanup.h)
 * and the end of the block returns and closes. A way home that fails for a passing reason is tried
 * again, some times and without sleep. If it fails for good the process prints the error and exits,
 * since all that follows would happen to the wrong network: nothing must have been made by then.
 *
 *	visiting int home = -1;
 *
 *	if (cni_netns_enter(netns, &home, err) < 0)
 *		return -1;
 */
int cni_netns_enter(int netns, int *ret_home, struct cni_error *err);
/* The way back, for the cleanup attribute; -1 does nothing. */
void cni_netns_return(const int *home);

/* The same for a block that has made something in the namespace: returns before the block ends, and
 * `*home` is -1 afterwards. Fails with CNI_EKERNEL; the process is in the namespace then, where it
 * can take back what it has made. */
int cni_netns_leave(int *home, struct cni_error *err);

CNI_END_DECLS

#endif
