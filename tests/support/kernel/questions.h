/* SPDX-License-Identifier: Apache-2.0 */
/* Each question that we ask the kernel over netlink, for tests that answer it (fake_kernel.h) and
 * for those that write down what a real kernel answers. */
#ifndef QUESTIONS_H
#define QUESTIONS_H

#include "nl.h"

#include <stddef.h>

struct question {
	const char *name;
	/* Asks, and lets go of what it learned. Returns 0, or -1 with `err` filled. */
	int (*ask)(struct cni_nl *nl, struct cni_error *err);
};

/* All of one protocol; the order is that of the first byte in the corpora of tests/fuzz. */
struct questions {
	const char *name; /* "rtnetlink", "nftables", "conntrack" */
	int protocol;	  /* NETLINK_ROUTE, NETLINK_NETFILTER */
	const struct question *items;
	size_t count;
};

extern const struct questions rtnetlink_questions;
extern const struct questions nftables_questions;
extern const struct questions conntrack_questions;

/* They are about these: a bridge, a port of it, and the port's other end, which has an address of
 * each family and routes in several ways. */
#define QUESTIONS_BRIDGE       "br0"
#define QUESTIONS_BRIDGE_INDEX 10
#define QUESTIONS_PORT	       "port0"
#define QUESTIONS_PORT_INDEX   11
#define QUESTIONS_END	       "end0"
#define QUESTIONS_END_INDEX    12

/* The same as text, for the kernel: commands of sh(1) for a fresh namespace. Features that this
 * kernel lacks are left out. */
extern const char questions_scene[];

#endif
