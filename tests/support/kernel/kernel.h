/* SPDX-License-Identifier: Apache-2.0 */
/* A fresh host (sandbox.h) for each test of net/, with a socket of each kind in it. The witness of
 * what is there is assert_shown() (bridge.h), which asks ip(8), nft(8) and bridge(8). */
#ifndef KERNEL_H
#define KERNEL_H

#include "nl.h"

extern struct cni_nl rtnl; /* NETLINK_ROUTE */
extern struct cni_nl nfnl; /* NETLINK_NETFILTER */

int kernel_setup(void **state);
int kernel_teardown(void **state);
#define kernel_test(name) cmocka_unit_test_setup_teardown(name, kernel_setup, kernel_teardown)

/* Nothing that the kernel has said to the socket is still to be read. */
void kernel_assert_no_answer_left(const struct cni_nl *nl);

/* The index of the link, as ip(8) says it; a missing link fails the test. `netns` is the name of a
 * namespace made with sandbox_add_netns(), or NULL: ours. */
int kernel_index_of(const char *netns, const char *name);

/* A descriptor of the namespace made with sandbox_add_netns(), which the caller closes. */
int kernel_open_netns(const char *name);

/* Parsed; what is not one fails the test. */
struct cni_ip kernel_ip(const char *text);
struct cni_net kernel_net(const char *text);

#endif
