/* SPDX-License-Identifier: Apache-2.0 */
/* The least that a process can do to attach a container to a bridge, and to detach it: no
 * configuration, no addresses to choose, no sysctls, one message for each thing that only a message
 * can do. A plugin's further needs are its own doing.
 *
 *	floor add <netns path> <bridge> <host end> <address> <prefix> <gateway>
 *	floor del <host end> */
#include "messages.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_pair(struct mnl_socket *nl, const char *host_end, unsigned int bridge, int netns)
{
	char buffer[1024];
	struct nlmsghdr *m = message_begin(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
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
	message_transact(nl, m, "add the pair");
}

static void add(char **args)
{
	int netns = message_open_netns(args[0]);
	unsigned int bridge = if_nametoindex(args[1]);
	const struct message_route way = {.gateway = args[5], .index = CONTAINER_INDEX};
	struct mnl_socket *nl;

	if (!bridge)
		message_die("find the bridge");
	add_pair(message_socket(), args[2], bridge, netns);
	message_enter(netns);
	nl = message_socket();
	message_add_address(nl, CONTAINER_INDEX, args[3], (unsigned int)strtoul(args[4], NULL, 10),
			    0);
	message_set_up(nl, CONTAINER_INDEX);
	message_route(nl, RTM_NEWROUTE, &way);
}

static void del(const char *host_end)
{
	char buffer[1024];
	struct nlmsghdr *m = message_begin(buffer, RTM_DELLINK, 0);

	mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m, IFLA_IFNAME, host_end);
	message_transact(message_socket(), m, "delete the pair");
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
