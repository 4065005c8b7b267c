/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster of three nodes. Each node is a network namespace and a mount namespace, with its own /var/lib/cni,
 * /run/cni, /run/flannel, /run/bird and /etc/cni, and has a pod; pods are namespaces that all nodes can name:
 *
 *	p1, q1 ─ n1 192.0.2.11 ──┐
 *	    p2 ─ n2 192.0.2.12 ──┤ underlay, MTU 1450 (pods: 1500)
 *	    p3 ─ n3 192.0.2.13 ──┤
 *	    outside 192.0.2.200 ─┘ without routes to pods
 *
 * and 2001:db8::11 and so on. A node with two underlays also has 192.0.3.11 and 2001:db8:1::11 on eth1, and
 * 198.51.100.11 and 2001:db8:ff::11 on lo. The routes between nodes are those of a recipe in conf/cluster, of
 * which only the lines that an operator edits are changed. All answer at port CLUSTER_PORT with the
 * address that they see (probe.h). Failures fail the test. */
#ifndef CLUSTER_H
#define CLUSTER_H

#include "probe.h"
#include "sandbox.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#define CLUSTER_NODES 3
#define CLUSTER_PORT  7070
#define CLUSTER_OURS  CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam"

#define OUTSIDE4 "192.0.2.200"
#define OUTSIDE6 "2001:db8::200"

struct cluster_node {
	char name[8];	/* "n1", and its namespace's */
	char netns[32]; /* the path of that */
	unsigned int number;
	pid_t keeper; /* a process in its namespaces */
	pid_t bird;   /* 0: none */
	int events;   /* a socket for its links, addresses and routes */
	struct probe_server server;
};

struct cluster_pod {
	char name[16];
	char netns[32];
	struct cluster_node *node; /* NULL: not attached */
	const char *network;	   /* its name in cnitool's commands */
	char address[2][64];	   /* IPv4 and IPv6, of the last ADD; "": none */
	struct probe_server server;
};

extern struct cluster_node cluster_nodes[CLUSTER_NODES];
extern struct cluster_pod cluster_p[CLUSTER_NODES]; /* p1, p2, p3 */
extern struct cluster_pod cluster_q1;

/* Skips unless bird and birdcl are there: on PATH, or where scripts/test unpacks them. */
#define needs_bird()                                                                               \
	do {                                                                                       \
		if (!cluster_has_bird())                                                           \
			skip_because("there is no bird (Debian's bird2)");                         \
	} while (0)
bool cluster_has_bird(void);

/* Makes the nodes, without networks and routes. `underlays` is 1 or 2. A process has one cluster. */
void cluster_open(unsigned int underlays);
/* Ends its processes; the namespaces end with the test. */
void cluster_close(void);

/* A shell command on the node: exit code 0, its output (which the caller frees), or any exit code. */
void cluster_must(const struct cluster_node *node, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *cluster_read(const struct cluster_node *node, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int cluster_run(const struct cluster_node *node, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Waits until the command on the node exits with 0. It is run at each event of the node's links, addresses and
 * routes, and of its BIRD. Fails the test after half a minute. */
void cluster_await(const struct cluster_node *node, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The node's port of an underlay: dark is without carrier loss, the link stays up on both sides. */
void cluster_link_dark(const struct cluster_node *node, unsigned int underlay);
void cluster_link_back(const struct cluster_node *node, unsigned int underlay);

/* Writes the network of conf/cluster/<recipe>.conflist to the node's /etc/cni/net.d, with the node's subnets; `sed` are
 * more commands of sed(1), or "". */
void cluster_install(const struct cluster_node *node, const char *recipe, const char *sed);

/* ADD and DEL by cnitool with the plugins of `path` (CNI_PATH); `capabilities` is CAP_ARGS, or NULL. The pod's
 * server is started at its first ADD. */
void cluster_add(struct cluster_pod *pod, struct cluster_node *node, const char *network,
		 const char *path, const char *capabilities);
void cluster_del(struct cluster_pod *pod, const char *path);

/* The pod ends without a DEL, with its namespace; one of its name takes its place. */
void cluster_renew_pod(struct cluster_pod *pod);

/* The answer of `address` to a TCP question from the namespace of this path: "p2 10.244.1.2", or "" if `expects` is
 * false and none came. */
#define cluster_ask(netns, address, port, expects)                                                 \
	cluster_ask_by(IPPROTO_TCP, netns, address, port, expects)
const char *cluster_ask_by(uint8_t protocol, const char *netns, const char *address, uint16_t port,
			   bool expects);
/* TCP and UDP; `expected` NULL: no answer. */
void cluster_assert_seen(const char *netns, const char *address, uint16_t port,
			 const char *expected);

/* p1 reaches the pod in both families, and is seen with its own address. */
void cluster_assert_source_kept(const struct cluster_pod *from, const struct cluster_pod *to);

#endif
