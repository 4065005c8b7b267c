/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespace that the calling thread is in, as a file. */
#ifndef CNI_OWN_NETNS_H
#define CNI_OWN_NETNS_H

/* A path below /proc to it, for open(2) and stat(2). The main thread gets "/proc/self/ns/net", so a process that asks
 * several times has the kernel look up one path: each new component below /proc/<pid> costs an inode. For other
 * threads that path leads to the namespace of the main thread (proc(5)): they get "/proc/thread-self/ns/net". */
const char *cni_own_netns(void);

#endif
