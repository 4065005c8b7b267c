/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_carrier.h"

#include "cleanup.h"
#include "dhcp_control.h"
#include "nl.h"
#include "peer.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* Announcements that are read at once. */
#define BATCH	64
#define RECEIVE (1 << 20)

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000
#endif

static int id_of(struct msghdr *message)
{
	int id = -1;

	dhcp_control_read(message, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &id, sizeof(id));
	return id;
}

static void read_one(const struct dhcp_carrier *carrier, const struct nlmsghdr *message, int id)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type == RTM_NEWLINK && link->ifi_family == AF_UNSPEC)
		carrier->changed(carrier->data, id, link->ifi_index,
				 link->ifi_flags & IFF_LOWER_UP);
}

static void read_announcements(struct dhcp_watch *watch)
{
	static char buffer[32768] __attribute__((aligned(8)));
	const struct dhcp_carrier *carrier = watch->owner;

	for (int i = 0; i < BATCH; i++) {
		struct sockaddr_nl from = {.nl_pid = 1};
		char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
		struct iovec content = {buffer, sizeof(buffer)};
		struct msghdr message = {.msg_name = &from,
					 .msg_namelen = sizeof(from),
					 .msg_iov = &content,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		ssize_t got = recvmsg(watch->fd, &message, MSG_DONTWAIT);
		int left = (int)got;
		int id;

		if (got < 0 && errno != ENOBUFS)
			return;
		/* Only the kernel has port 0. */
		if (got <= 0 || from.nl_pid || message.msg_flags & MSG_TRUNC)
			continue;
		id = id_of(&message);
		for (const struct nlmsghdr *m = (const void *)buffer; mnl_nlmsg_ok(m, left);
		     m = mnl_nlmsg_next(m, &left))
			if (id >= 0 && mnl_nlmsg_get_payload_len(m) >= sizeof(struct ifinfomsg))
				read_one(carrier, m, id);
	}
}

int dhcp_carrier_open(struct dhcp_carrier *carrier, int loop, struct cni_error *err)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	closing int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	const int receive = RECEIVE;
	const int yes = 1;

	carrier->watch.fd = -1;
	carrier->watch.ready = read_announcements;
	carrier->watch.owner = carrier;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive));
	if (fd < 0 || setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (const void *)&address, sizeof(address)) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "listen for the carrier of links");
	return dhcp_watch_open(loop, &carrier->watch, take_fd(&fd), err);
}

static int give_id(struct cni_nl *nl, int netns, struct cni_error *err)
{
	struct cni_nl_message m;

	cni_nl_init(&m, RTM_NEWNSID, 0, sizeof(struct rtgenmsg));
	cni_nl_put_u32(&m, NETNSA_FD, (uint32_t)netns);
	cni_nl_put_u32(&m, NETNSA_NSID, UINT32_MAX);
	return cni_nl_transact(nl, &m, NULL, NULL, err);
}

int dhcp_carrier_id(const struct dhcp_place *place)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	closing int netns = -1;
	struct cni_error err;
	int id = -1;

	if (dhcp_place_open(place, &netns, &err) < 0 ||
	    cni_nl_open(&nl, NETLINK_ROUTE, -1, &err) < 0 ||
	    cni_peer_netns_id(&nl, netns, &id, &err) < 0)
		return -1;
	if (id < 0 &&
	    (give_id(&nl, netns, &err) < 0 || cni_peer_netns_id(&nl, netns, &id, &err) < 0))
		return -1;
	return id;
}
