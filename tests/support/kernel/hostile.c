/* SPDX-License-Identifier: Apache-2.0 */
#include "hostile.h"

#include "link.h"
#include "nl.h"
#include "test.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char own[] = "/proc/self/ns/net";

struct pod {
	int socket;
	struct cni_nl rtnl;
	int other; /* the other namespace */
	unsigned int count;
};

static int get_index(const struct pod *pod, struct ifreq *request)
{
	*request = (struct ifreq){.ifr_name = "eth0"};
	return ioctl(pod->socket, SIOCGIFINDEX, request) == 0 ? request->ifr_ifindex : 0;
}

static void rename_it(struct pod *pod, struct ifreq *request)
{
	snprintf(request->ifr_newname, sizeof(request->ifr_newname), "x%u", pod->count++);
	ioctl(pod->socket, SIOCSIFNAME, request);
}

static void change_mac(struct pod *pod, struct ifreq *request)
{
	request->ifr_hwaddr = (struct sockaddr){.sa_family = ARPHRD_ETHER};
	cni_mac_parse(HOSTILE_MAC, (uint8_t *)request->ifr_hwaddr.sa_data);
	ioctl(pod->socket, SIOCSIFHWADDR, request);
}

static void move(struct pod *pod, int index)
{
	struct cni_error ignored;
	struct cni_nl_message m;
	struct ifinfomsg *ifi = cni_nl_init(&m, RTM_NEWLINK, 0, sizeof(*ifi));
	char name[16];

	snprintf(name, sizeof(name), "x%u", pod->count++);
	ifi->ifi_index = index;
	cni_nl_put_string(&m, IFLA_IFNAME, name);
	cni_nl_put_u32(&m, IFLA_NET_NS_FD, (uint32_t)pod->other);
	cni_nl_transact(&pod->rtnl, &m, NULL, NULL, &ignored);
}

static void do_it(struct pod *pod, enum hostile_deed deed)
{
	struct cni_error ignored;
	struct ifreq request;
	int index = get_index(pod, &request);

	if (!index)
		return;
	switch (deed) {
	case HOSTILE_RENAMES:
		rename_it(pod, &request);
		break;
	case HOSTILE_CHANGES_MAC:
		change_mac(pod, &request);
		break;
	case HOSTILE_MOVES:
		move(pod, index);
		break;
	case HOSTILE_DELETES:
		cni_link_del(&pod->rtnl, index, &ignored);
		break;
	case HOSTILE_HOLDS:
		break;
	}
}

static int become_root(struct pod *pod)
{
	struct cni_error err;
	int home;

	if (setgroups(0, NULL) < 0 || setgid((gid_t)atoi(HOSTILE_UID)) < 0 ||
	    setuid((uid_t)atoi(HOSTILE_UID)) < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -1;
	/* Readable in /proc for those who look for it, after the change of user. */
	prctl(PR_SET_DUMPABLE, 1);
	home = open(own, O_RDONLY | O_CLOEXEC);
	pod->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (cni_nl_open(&pod->rtnl, NETLINK_ROUTE, -1, &err) < 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	pod->other = open(own, O_RDONLY | O_CLOEXEC);
	return setns(home, CLONE_NEWNET);
}

static _Noreturn void live(enum hostile_deed deed, int ready)
{
	struct pod pod = {.count = 0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (become_root(&pod) < 0)
		_exit(1);
	if (deed == HOSTILE_HOLDS && flock(open(own, O_RDONLY | O_CLOEXEC), LOCK_EX) < 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		if (deed == HOSTILE_HOLDS)
			pause();
		else
			do_it(&pod, deed);
}

void hostile_open(struct hostile *hostile, enum hostile_deed deed)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	hostile->pid = fork();
	if (hostile->pid == 0)
		live(deed, ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	snprintf(hostile->netns, sizeof(hostile->netns), "/proc/%d/ns/net", (int)hostile->pid);
}

void hostile_close(struct hostile *hostile)
{
	kill(hostile->pid, SIGKILL);
	assert_int_equal(waitpid(hostile->pid, NULL, 0), hostile->pid);
}
