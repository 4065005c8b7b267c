/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a file is a network namespace (namespaces(7)). */
#ifndef CNI_NETNS_TYPE_H
#define CNI_NETNS_TYPE_H

/* Returns 0 if the open file `fd` is a network namespace, or a namespace whose type this process may not ask for:
 * some seccomp profiles refuse ioctl(2) on a namespace, and setns(2) looks at the type again. Otherwise -1 and
 * errno: EINVAL, it is something else; another value is why that cannot be told (fstatfs(2)). */
int cni_netns_check_type(int fd);

#endif
