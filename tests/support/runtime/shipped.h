/* SPDX-License-Identifier: Apache-2.0 */
/* The networks in conf/ as their runtimes have them (conflist_scene.h), on each of these hosts in turn: one that
 * forwards, one whose iptables drops what no rule accepts, as Docker and kubelet set a host up, and one whose
 * nftables.conf does. */
#ifndef SHIPPED_H
#define SHIPPED_H

#include "conflist_scene.h"

/* Pieces of a row. */
#define SHIPPED_VERSIONS                                                                           \
	{                                                                                          \
		"1.1.0"                                                                            \
	}

/* A test, with the list as its state: two containers on each host, as in conflist_life.h. */
void shipped__lives_on_each_host(void **state);

/* A test's teardown, which names the host of a failure. */
int shipped_teardown(void **state);

/* The same as shipped__lives_on_each_host() with one container, which has the link for itself; the gateway is
 * pinged. */
void shipped__lives_alone_on_each_host(void **state);

#define shipped_test_of(list, function)                                                            \
	{                                                                                          \
		.name = #list "__is_added_pinged_checked_and_deleted_on_each_host",                \
		.test_func = (function), .setup_func = conflist_setup,                             \
		.teardown_func = shipped_teardown, .initial_state = (void *)(uintptr_t) & (list)   \
	}
#define shipped_test(list)	 shipped_test_of(list, shipped__lives_on_each_host)
#define shipped_test_alone(list) shipped_test_of(list, shipped__lives_alone_on_each_host)

/* Fails the test unless conf/ has exactly these files of networks among those that `pattern` of the shell names. */
void shipped_assert_files(const char *pattern, const struct conflist *const *lists, size_t count);

#endif
