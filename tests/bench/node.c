/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include "cleanup.h"
#include "mem.h"
#include "netns.h"
#include "process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const part_names[NODE_PARTS] = {"host", "outside", "pod", "spare"};

void node_enter(const struct node *node, enum node_part part)
{
	if (setns(node->fd[part], CLONE_NEWNET) < 0)
		process_die("enter a network namespace");
}

void node_shell(const struct node *node, enum node_part part, const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&command, fmt, args) < 0)
		process_die("vasprintf");
	va_end(args);
	node_enter(node, part);
	if (system(command) != 0) {
		fprintf(stderr, "failed: %.200s\n", command);
		exit(1);
	}
}

/* ---- making one ---- */

static void make_part(struct node *node, enum node_part part)
{
	netns_make(node->path[part]);
	node->fd[part] = open(node->path[part], O_RDONLY | O_CLOEXEC);
	/* Many links in one namespace: no noise from neighbour discovery, and only the one that has
	 * an address says so. */
	node_shell(node, part,
		   "ip link set lo up; sysctl -qw net.ipv6.conf.all.disable_ipv6=1 "
		   "net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.arp_ignore=1");
}

/* The accepting process has a CPU of its own: a random one would matter more than rules do. */
static void move_to_cpu(size_t number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void serve(const struct node *node, enum node_part part)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(80)};
	closing int listener = -1;
	pid_t pid;

	node_enter(node, part);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(listener, 1024) < 0)
		process_die("listen");
	pid = fork();
	if (pid < 0)
		process_die("fork");
	if (pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	move_to_cpu(1);
	for (;;) {
		int connection = accept(listener, NULL, NULL);

		if (connection >= 0)
			close(connection);
		else if (errno != EINTR && errno != ECONNABORTED)
			_exit(1);
	}
}

struct node node_open(const char *work, const char *name)
{
	struct node node = {.data_dir = cni_format("%s/%s-data", work, name)};

	for (int part = 0; part < NODE_PARTS; part++) {
		node.path[part] = cni_format("%s/%s-%s", work, name, part_names[part]);
		make_part(&node, (enum node_part)part);
	}
	node_shell(&node, NODE_IN_HOST,
		   "sysctl -qw net.ipv4.ip_forward=1; "
		   "ip link add up0 type veth peer name out0 netns '%s' && "
		   "ip addr add " NODE_HOST "/24 dev up0 && ip link set up0 up",
		   node.path[NODE_IN_OUTSIDE]);
	node_shell(&node, NODE_IN_OUTSIDE,
		   "ip addr add " NODE_OUTSIDE "/24 dev out0 && ip link set out0 up");
	serve(&node, NODE_IN_OUTSIDE);
	serve(&node, NODE_IN_POD);
	return node;
}

/* ---- connections ---- */

static double connect_once(const struct sockaddr_in *to)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	closing int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	double start;

	if (fd < 0)
		process_die("socket");
	/* No state of the closed connection stays behind. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	start = process_now();
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		process_die("connect");
	return process_now() - start;
}

static int compare(const void *a, const void *b)
{
	const double *one = a;
	const double *other = b;

	return (*one > *other) - (*one < *other);
}

double node_connect(const struct node *node, enum node_part from, const char *address,
		    uint16_t port, unsigned int count)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	freeing double *times = cni_alloc(count * sizeof(*times));
	cpu_set_t anywhere;

	sched_getaffinity(0, sizeof(anywhere), &anywhere);
	move_to_cpu(0);
	inet_pton(AF_INET, address, &to.sin_addr);
	node_enter(node, from);
	for (unsigned int i = 0; i < count; i++)
		times[i] = connect_once(&to);
	sched_setaffinity(0, sizeof(anywhere), &anywhere);
	qsort(times, count, sizeof(*times), compare);
	return times[count / 2];
}
