/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a network namespace. The kernel reuses the inode number (stat(2)) of a deleted
 * namespace, and a path may later lead to another namespace. */
#ifndef CNI_NETNS_COOKIE_H
#define CNI_NETNS_COOKIE_H

#include <stdint.h>

/* The cookie of the namespace that `socket` is in: a number that the kernel gives to one namespace
 * only for as long as the machine runs (SO_NETNS_COOKIE, include/uapi/asm-generic/socket.h, Linux
 * 5.14). 0: the kernel has none. */
uint64_t cni_netns_cookie(int socket);

#endif
