/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes. Networks and questions are in cluster_pods.c, BIRD in cluster_bird.c. */
#include "cluster.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_FILE SANDBOX_DIR "/command"

struct cluster_node cluster_nodes[CLUSTER_NODES];
struct cluster_pod cluster_p[CLUSTER_NODES];
struct cluster_pod cluster_q1;
static struct probe_server outside;

/* ---- the namespaces of a node ---- */

static int enter(const char *netns)
{
	closing int fd = open(netns, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : setns(fd, CLONE_NEWNET);
}

/* Mounts below /run/netns reach all nodes, because it is shared; nothing else is. */
static int mount_own(void)
{
	static const char *const directories[] = {"/var/lib/cni", "/etc/cni", "/run/cni",
						  "/run/flannel", "/run/bird"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		mkdir(directories[i], 0755);
		if (mount("node", directories[i], "tmpfs", 0, "mode=0755") < 0)
			return -1;
	}
	mkdir("/etc/cni/net.d", 0755);
	return mount("node", "/sys", "sysfs", 0, NULL);
}

static _Noreturn void keep(const struct cluster_node *node, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (enter(node->netns) < 0 || unshare(CLONE_NEWNS) < 0 || mount_own() < 0 ||
	    write(ready, "!", 1) != 1)
		_exit(1);
	close(ready);
	for (;;)
		pause();
}

static void start_keeper(struct cluster_node *node)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	node->keeper = fork();
	assert_true(node->keeper >= 0);
	if (node->keeper == 0)
		keep(node, ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

/* A socket that lives in the node's namespace. */
static int open_events(const struct cluster_node *node)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK,
				      .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
						   RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
						   RTMGRP_IPV6_ROUTE};
	closing int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd;

	assert_int_equal(enter(node->netns), 0);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* ---- commands ---- */

/* In a file, whose words no shell reads twice. */
static void write_command(const char *fmt, va_list args)
{
	FILE *file = fopen(COMMAND_FILE, "we");

	assert_non_null(file);
	vfprintf(file, fmt, args);
	assert_int_equal(fclose(file), 0);
}

#define ON_NODE "nsenter --target %d --mount --net sh -e " COMMAND_FILE

void cluster_must(const struct cluster_node *node, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	write_command(fmt, args);
	va_end(args);
	if (sandbox_run(ON_NODE, (int)node->keeper) != 0)
		fail_msg("on %s: '%s' failed", node->name, sandbox_read("cat " COMMAND_FILE));
}

char *cluster_read(const struct cluster_node *node, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	write_command(fmt, args);
	va_end(args);
	return sandbox_read(ON_NODE, (int)node->keeper);
}

int cluster_run(const struct cluster_node *node, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	write_command(fmt, args);
	va_end(args);
	return sandbox_run(ON_NODE, (int)node->keeper);
}

/* ---- links ---- */

void cluster_link_dark(const struct cluster_node *node, unsigned int underlay)
{
	sandbox_must("ip link set port%u%u nomaster", node->number, underlay);
}

void cluster_link_back(const struct cluster_node *node, unsigned int underlay)
{
	sandbox_must("ip link set port%u%u master under%u", node->number, underlay, underlay);
}

/* Without duplicate address detection: nothing waits for it. */
static void plug(const struct cluster_node *node, unsigned int underlay)
{
	unsigned int number = node->number;

	sandbox_must("ip link add port%u%u mtu 1450 master under%u type veth "
		     "peer name eth%u mtu 1450 netns n%u",
		     number, underlay, underlay, underlay, number);
	sandbox_must("ip link set port%u%u up", number, underlay);
	cluster_must(node,
		     "ip addr add 192.0.%u.1%u/24 dev eth%u\n"
		     "ip addr add 2001:db8:%u::1%u/64 dev eth%u nodad\n"
		     "ip link set eth%u up\n",
		     2 + underlay, number, underlay, underlay, number, underlay, underlay);
}

static void open_node(struct cluster_node *node, unsigned int number, unsigned int underlays)
{
	*node = (struct cluster_node){.number = number};
	snprintf(node->name, sizeof(node->name), "n%u", number);
	snprintf(node->netns, sizeof(node->netns), "/run/netns/n%u", number);
	sandbox_add_netns(node->name);
	start_keeper(node);
	node->events = open_events(node);
	cluster_must(node, "sysctl -qw net.ipv6.conf.all.accept_dad=0 "
			   "net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.forwarding=1 "
			   "net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1 "
			   "net.ipv6.fib_multipath_hash_policy=1\n"
			   "ip link set lo up\n");
	for (unsigned int underlay = 0; underlay < underlays; underlay++)
		plug(node, underlay);
	if (underlays > 1)
		cluster_must(node,
			     "ip addr add 198.51.100.1%u/32 dev lo\n"
			     "ip addr add 2001:db8:ff::1%u/128 dev lo\n",
			     number, number);
	probe_serve(&node->server, node->netns, node->name, CLUSTER_PORT);
}

static void open_outside(void)
{
	sandbox_add_netns("outside");
	sandbox_must("ip link add port mtu 1450 master under0 type veth "
		     "peer name eth0 mtu 1450 netns outside");
	sandbox_must("ip link set port up");
	sandbox_must("ip -n outside addr add " OUTSIDE4 "/24 dev eth0");
	sandbox_must("ip -n outside addr add 2001:db8:0::200/64 dev eth0 nodad");
	sandbox_must("ip -n outside link set eth0 up");
	probe_serve(&outside, "/run/netns/outside", "outside", CLUSTER_PORT);
}

static void open_pod(struct cluster_pod *pod, char letter, unsigned int number)
{
	*pod = (struct cluster_pod){0};
	snprintf(pod->name, sizeof(pod->name), "%c%u", letter, number);
	snprintf(pod->netns, sizeof(pod->netns), "/run/netns/%c%u", letter, number);
	sandbox_add_netns(pod->name);
}

void cluster_renew_pod(struct cluster_pod *pod)
{
	probe_stop(&pod->server);
	sandbox_del_netns(pod->name);
	sandbox_add_netns(pod->name);
	pod->node = NULL;
}

void cluster_open(unsigned int underlays)
{
	/* It is shared before the first namespace is in it. */
	sandbox_must("mkdir -p /run/netns && mount --bind /run/netns /run/netns && "
		     "mount --make-shared /run/netns");
	for (unsigned int underlay = 0; underlay < underlays; underlay++) {
		sandbox_must("ip link add under%u type bridge", underlay);
		sandbox_must("ip link set under%u up", underlay);
	}
	for (unsigned int i = 0; i < CLUSTER_NODES; i++) {
		open_node(&cluster_nodes[i], i + 1, underlays);
		open_pod(&cluster_p[i], 'p', i + 1);
	}
	open_pod(&cluster_q1, 'q', 1);
	open_outside();
}

static void end_process(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

void cluster_close(void)
{
	for (size_t i = 0; i < CLUSTER_NODES; i++) {
		end_process(&cluster_nodes[i].bird);
		end_process(&cluster_nodes[i].keeper);
		probe_stop(&cluster_nodes[i].server);
		probe_stop(&cluster_p[i].server);
	}
	probe_stop(&cluster_q1.server);
	probe_stop(&outside);
}
