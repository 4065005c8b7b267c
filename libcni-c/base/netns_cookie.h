/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a network namespace. Its inode number, which stat(2) shows, is handed out again as
 * soon as it is gone, and a path may lead to another one by then. */
#ifndef CNI_NETNS_COOKIE_H
#define CNI_NETNS_COOKIE_H

#include <stdint.h>

/* The cookie of the namespace that `socket` is in: a number that the kernel gives to one namespace
 * only for as long as the machine runs (SO_NETNS_COOKIE, include/uapi/asm-generic/socket.h, Linux
 * 5.14). 0: the kernel has none. */
uint64_t cni_netns_cookie(int socket);

#endif
