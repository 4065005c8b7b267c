/* SPDX-License-Identifier: Apache-2.0 */
/* A host in namespaces of its own, with a pod's namespace and a neighbour outside:
 *
 *	outside 192.0.2.2 ── 192.0.2.1 host ── (what the plugins make) ── pod, spare
 *
 * In the pod and outside something accepts connections to port 80. A failure ends the driver. */
#ifndef BENCH_NODE_H
#define BENCH_NODE_H

#include <stdint.h>

#define NODE_HOST    "192.0.2.1"
#define NODE_OUTSIDE "192.0.2.2"

enum node_part { NODE_IN_HOST, NODE_IN_OUTSIDE, NODE_IN_POD, NODE_IN_SPARE, NODE_PARTS };

struct node {
	char *path[NODE_PARTS]; /* of the namespaces */
	int fd[NODE_PARTS];
	char *data_dir;
};

/* In the directory `work`; it stays until the driver's mount namespace goes. */
struct node node_open(const char *work, const char *name);

/* The driver goes there, to start a process or to open a socket. */
void node_enter(const struct node *node, enum node_part part);

/* A shell command in one of the namespaces. */
void node_shell(const struct node *node, enum node_part part, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Connects from there so many times, and says how long it took in the median, in microseconds. */
double node_connect(const struct node *node, enum node_part from, const char *address,
		    uint16_t port, unsigned int count);

#endif
