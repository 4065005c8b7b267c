/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams of netlink sockets, several with one system call: the acknowledgements of several requests, and a dump
 * with its end. They are of one socket at a time: datagrams of another that were not taken yet are dropped. */
#ifndef CNI_NL_RECEIVE_H
#define CNI_NL_RECEIVE_H

#include "nl.h"

#include <sys/types.h>

/* The size of the next datagram, in `ret_datagram` until the next call for any socket; 0 if another process has sent
 * it; -1 with errno: EMSGSIZE if it is truncated, EAGAIN if there is none. Does not wait. */
ssize_t cni_nl_receive_one(struct cni_nl *nl, const void **ret_datagram);

/* Drops what was read and not taken yet. */
void cni_nl_receive_none(const struct cni_nl *nl);

#endif
