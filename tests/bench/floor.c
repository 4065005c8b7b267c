/* SPDX-License-Identifier: Apache-2.0 */
/* The least that a process can do to attach a container to a bridge, and to detach it: no
 * configuration, no addresses to choose, no sysctls, one message for each thing that only a message
 * can do. A plugin's further needs are its own doing.
 *
 *	floor add <netns path> <bridge> <host end> <address> <prefix> <gateway>
 *	floor del <host end> */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In a fresh namespace 1 is the loopback device, and 2 is free: asked for, it need not be looked
 * up. */
#define CONTAINER_INDEX 2

static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		perror("open a netlink socket");
		exit(1);
	}
	return nl;
}

static void transact(struct mnl_socket *nl, struct nlmsghdr *message, const char *what)
{
	char answer[4096];
	ssize_t got;

	message->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	got = mnl_socket_sendto(nl, message, message->nlmsg_len);
	if (got >= 0)
		got = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	if (got < 0 || mnl_cb_run(answer, (size_t)got, 0, 0, NULL, NULL) < 0) {
		perror(what);
		exit(1);
	}
}

static struct nlmsghdr *begin(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = flags;
	return message;
}

static void add_pair(struct mnl_socket *nl, const char *host_end, unsigned int bridge, int netns)
{
	char buffer[1024];
	struct nlmsghdr *m = begin(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(m, sizeof(*ifi));
	struct nlattr *info;
	struct nlattr *data;
	struct nlattr *peer;

	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	mnl_attr_put_strz(m, IFLA_IFNAME, host_end);
	mnl_attr_put_u32(m, IFLA_MASTER, bridge);
	info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(m, VETH_INFO_PEER);
	ifi = mnl_nlmsg_put_extra_header(m, sizeof(*ifi));
	ifi->ifi_index = CONTAINER_INDEX;
	mnl_attr_put_strz(m, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_nest_end(m, peer);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	transact(nl, m, "add the pair");
}

static void add_address(struct mnl_socket *nl, const char *text, const char *prefix)
{
	char buffer[1024];
	struct nlmsghdr *m = begin(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(m, sizeof(*ifa));
	struct in_addr address;

	inet_pton(AF_INET, text, &address);
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = (unsigned char)strtoul(prefix, NULL, 10);
	ifa->ifa_index = CONTAINER_INDEX;
	mnl_attr_put_u32(m, IFA_LOCAL, address.s_addr);
	mnl_attr_put_u32(m, IFA_ADDRESS, address.s_addr);
	transact(nl, m, "add the address");
}

static void set_up(struct mnl_socket *nl)
{
	char buffer[1024];
	struct nlmsghdr *m = begin(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(m, sizeof(*ifi));

	ifi->ifi_index = CONTAINER_INDEX;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	transact(nl, m, "set the container's end up");
}

static void add_default_route(struct mnl_socket *nl, const char *text)
{
	char buffer[1024];
	struct nlmsghdr *m = begin(buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(m, sizeof(*route));
	struct in_addr gateway;

	inet_pton(AF_INET, text, &gateway);
	route->rtm_family = AF_INET;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(m, RTA_GATEWAY, gateway.s_addr);
	mnl_attr_put_u32(m, RTA_OIF, CONTAINER_INDEX);
	transact(nl, m, "add the default route");
}

static void add(char **args)
{
	int netns = open(args[0], O_RDONLY | O_CLOEXEC);
	unsigned int bridge = if_nametoindex(args[1]);
	struct mnl_socket *nl;

	if (netns < 0 || !bridge) {
		perror("find the namespace and the bridge");
		exit(1);
	}
	add_pair(open_socket(), args[2], bridge, netns);
	if (setns(netns, CLONE_NEWNET) < 0) {
		perror("enter the namespace");
		exit(1);
	}
	nl = open_socket();
	add_address(nl, args[3], args[4]);
	set_up(nl);
	add_default_route(nl, args[5]);
}

static void del(const char *host_end)
{
	char buffer[1024];
	struct nlmsghdr *m = begin(buffer, RTM_DELLINK, 0);

	mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m, IFLA_IFNAME, host_end);
	transact(open_socket(), m, "delete the pair");
}

int main(int argc, char **argv)
{
	if (argc == 8 && !strcmp(argv[1], "add")) {
		add(argv + 2);
	} else if (argc == 3 && !strcmp(argv[1], "del")) {
		del(argv[2]);
	} else {
		fprintf(stderr, "usage: floor add <netns path> <bridge> <host end> <address> "
				"<prefix> <gateway>\n"
				"       floor del <host end>\n");
		return 2;
	}
	return 0;
}
