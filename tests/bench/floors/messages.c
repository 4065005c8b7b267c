/* SPDX-License-Identifier: Apache-2.0 */
#include "messages.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void message_die(const char *what)
{
	perror(what);
	exit(1);
}

struct mnl_socket *message_socket(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		message_die("open a netlink socket");
	return nl;
}

int message_open_netns(const char *path)
{
	int netns = open(path, O_RDONLY | O_CLOEXEC);

	if (netns < 0)
		message_die("find the namespace");
	return netns;
}

void message_enter(int netns)
{
	if (setns(netns, CLONE_NEWNET) < 0)
		message_die("enter the namespace");
}

struct nlmsghdr *message_begin(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = flags;
	return message;
}

void message_transact(struct mnl_socket *nl, struct nlmsghdr *message, const char *what)
{
	char answer[4096];
	ssize_t got;

	message->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	got = mnl_socket_sendto(nl, message, message->nlmsg_len);
	if (got >= 0)
		got = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	if (got < 0 || mnl_cb_run(answer, (size_t)got, 0, 0, NULL, NULL) < 0)
		message_die(what);
}

static void put_address(struct nlmsghdr *m, uint16_t attribute, const char *text)
{
	struct in6_addr address;
	bool is_ipv6 = text && strchr(text, ':');

	if (!text)
		return;
	inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, &address);
	mnl_attr_put(m, attribute, is_ipv6 ? sizeof(address) : sizeof(struct in_addr), &address);
}

void message_add_address(struct mnl_socket *nl, unsigned int index, const char *address,
			 unsigned int prefix, uint32_t flags)
{
	char buffer[1024];
	struct nlmsghdr *m = message_begin(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(m, sizeof(*ifa));

	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = (unsigned char)prefix;
	ifa->ifa_index = index;
	put_address(m, IFA_LOCAL, address);
	put_address(m, IFA_ADDRESS, address);
	if (flags)
		mnl_attr_put_u32(m, IFA_FLAGS, flags);
	message_transact(nl, m, "add the address");
}

void message_set_up(struct mnl_socket *nl, unsigned int index)
{
	char buffer[1024];
	struct nlmsghdr *m = message_begin(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(m, sizeof(*ifi));

	ifi->ifi_index = (int)index;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	message_transact(nl, m, "set the link up");
}

void message_route(struct mnl_socket *nl, uint16_t type, const struct message_route *route)
{
	char buffer[1024];
	uint16_t flags = type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct nlmsghdr *m = message_begin(buffer, type, flags);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(m, sizeof(*header));
	unsigned int table = route->table ? route->table : RT_TABLE_MAIN;

	header->rtm_family = route->dst && strchr(route->dst, ':') ? AF_INET6 : AF_INET;
	header->rtm_dst_len = (unsigned char)route->prefix;
	header->rtm_table = (unsigned char)table;
	header->rtm_protocol = type == RTM_NEWROUTE ? RTPROT_BOOT : RTPROT_UNSPEC;
	header->rtm_scope = route->gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	header->rtm_type = RTN_UNICAST;
	put_address(m, RTA_DST, route->dst);
	put_address(m, RTA_GATEWAY, route->gateway);
	put_address(m, RTA_PREFSRC, route->src);
	if (route->metric)
		mnl_attr_put_u32(m, RTA_PRIORITY, route->metric);
	mnl_attr_put_u32(m, RTA_OIF, route->index);
	message_transact(nl, m, type == RTM_NEWROUTE ? "add the route" : "delete the route");
}
