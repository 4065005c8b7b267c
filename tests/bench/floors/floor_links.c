/* SPDX-License-Identifier: Apache-2.0 */
/* The least that a process can do to reach the links, address and routes of the plugins other than
 * bridge, as floor.c does it for bridge.
 *
 *	floor-links add|del <plugin> <netns path> <host's link> <address> <gateway>
 *
 * The host's link: the parent of macvlan, ipvlan and vlan, the host side of ptp, the device of
 * host-device; any word otherwise. sbr and vrf find the link "eth0" in the namespace. */
#include "messages.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define PREFIX		  16
#define SUBNET		  "10.99.0.0"
#define VLAN_ID		  102
#define TABLE		  100
#define LINK_LOCAL_METRIC 256	  /* the kernel's */
#define HOST_INDEX	  1000000 /* asked for: no other link has it */
#define VRF_INDEX	  3
#define MESSAGE_MAX	  1024

struct request {
	int netns;
	const char *host;
	const char *address;
	const char *gateway;
};

static void put_up(struct ifinfomsg *ifi, int index)
{
	ifi->ifi_index = index;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
}

/* A link that is up from its beginning. */
static struct nlmsghdr *begin_link(char *buffer, int index, const char *name)
{
	struct nlmsghdr *m = message_begin(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);

	put_up(mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg)), index);
	mnl_attr_put_strz(m, IFLA_IFNAME, name);
	return m;
}

/* A value of the kind itself, of 2 or 4 bytes; none if the size is 0. */
static void put_kind(struct nlmsghdr *m, const char *kind, uint16_t attribute, const void *value,
		     size_t size)
{
	struct nlattr *info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	struct nlattr *data;

	mnl_attr_put_strz(m, IFLA_INFO_KIND, kind);
	if (size) {
		data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
		mnl_attr_put(m, attribute, size, value);
		mnl_attr_nest_end(m, data);
	}
	mnl_attr_nest_end(m, info);
}

static void configure(struct mnl_socket *nl, const struct request *request)
{
	const struct message_route way = {.gateway = request->gateway, .index = CONTAINER_INDEX};

	message_add_address(nl, CONTAINER_INDEX, request->address, PREFIX, 0);
	message_route(nl, RTM_NEWROUTE, &way);
}

static void del_inside(const struct request *request)
{
	char buffer[MESSAGE_MAX];
	struct nlmsghdr *m = message_begin(buffer, RTM_DELLINK, 0);

	message_enter(request->netns);
	mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m, IFLA_IFNAME, "eth0");
	message_transact(message_socket(), m, "delete the link");
}

/* ---- on a parent ---- */

/* The link gets the first index that is free in a fresh namespace, 2. Linux 6.1 refuses an index that is
 * asked for if the host has it. */
static void add_on_parent(const struct request *request, const char *kind, uint16_t attribute,
			  const void *value, size_t size)
{
	char buffer[MESSAGE_MAX];
	struct nlmsghdr *m = begin_link(buffer, 0, "eth0");

	mnl_attr_put_u32(m, IFLA_LINK, if_nametoindex(request->host));
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)request->netns);
	put_kind(m, kind, attribute, value, size);
	message_transact(message_socket(), m, "add the link");
	message_enter(request->netns);
	configure(message_socket(), request);
}

static void add_macvlan(const struct request *request)
{
	const uint32_t mode = MACVLAN_MODE_BRIDGE;

	add_on_parent(request, "macvlan", IFLA_MACVLAN_MODE, &mode, sizeof(mode));
}

static void add_ipvlan(const struct request *request)
{
	const uint16_t mode = IPVLAN_MODE_L2;

	add_on_parent(request, "ipvlan", IFLA_IPVLAN_MODE, &mode, sizeof(mode));
}

static void add_vlan(const struct request *request)
{
	const uint16_t id = VLAN_ID;

	add_on_parent(request, "vlan", IFLA_VLAN_ID, &id, sizeof(id));
}

/* ---- in the container alone ---- */

static void add_dummy(const struct request *request)
{
	char buffer[MESSAGE_MAX];
	struct nlmsghdr *m = begin_link(buffer, CONTAINER_INDEX, "eth0");
	struct mnl_socket *nl;

	message_enter(request->netns);
	nl = message_socket();
	put_kind(m, "dummy", 0, NULL, 0);
	message_transact(nl, m, "add the link");
	configure(nl, request);
}

static void add_tap(const struct request *request)
{
	struct ifreq wanted = {.ifr_name = "eth0", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	unsigned int index = CONTAINER_INDEX;
	struct mnl_socket *nl;
	int fd;

	message_enter(request->netns);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFINDEX, &index) < 0 || ioctl(fd, TUNSETIFF, &wanted) < 0 ||
	    ioctl(fd, TUNSETPERSIST, 1) < 0)
		message_die("add the tap");
	nl = message_socket();
	message_set_up(nl, CONTAINER_INDEX);
	configure(nl, request);
}

/* ---- ptp ---- */

/* The kernel refuses a peer that is up before the pair is joined. */
static void add_pair(struct mnl_socket *nl, const struct request *request)
{
	char buffer[MESSAGE_MAX];
	struct nlmsghdr *m = begin_link(buffer, HOST_INDEX, request->host);
	struct nlattr *info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	struct ifinfomsg *ifi;
	struct nlattr *data;
	struct nlattr *peer;

	mnl_attr_put_strz(m, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(m, VETH_INFO_PEER);
	ifi = mnl_nlmsg_put_extra_header(m, sizeof(*ifi));
	ifi->ifi_index = CONTAINER_INDEX;
	mnl_attr_put_strz(m, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)request->netns);
	mnl_attr_nest_end(m, peer);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	message_transact(nl, m, "add the pair");
}

/* All traffic of the container goes to the gateway, also that to its own subnet. */
static void add_ptp(const struct request *request)
{
	const struct message_route to_container = {
		.dst = request->address, .prefix = 32, .index = HOST_INDEX};
	const struct message_route to_gateway = {.dst = request->gateway,
						 .prefix = 32,
						 .src = request->address,
						 .index = CONTAINER_INDEX};
	const struct message_route to_subnet = {.dst = SUBNET,
						.prefix = PREFIX,
						.gateway = request->gateway,
						.src = request->address,
						.index = CONTAINER_INDEX};
	const struct message_route way = {.gateway = request->gateway, .index = CONTAINER_INDEX};
	struct mnl_socket *nl = message_socket();

	add_pair(nl, request);
	message_add_address(nl, HOST_INDEX, request->gateway, 32, 0);
	message_route(nl, RTM_NEWROUTE, &to_container);
	message_enter(request->netns);
	nl = message_socket();
	message_add_address(nl, CONTAINER_INDEX, request->address, PREFIX, IFA_F_NOPREFIXROUTE);
	message_set_up(nl, CONTAINER_INDEX);
	message_route(nl, RTM_NEWROUTE, &to_gateway);
	message_route(nl, RTM_NEWROUTE, &to_subnet);
	message_route(nl, RTM_NEWROUTE, &way);
}

static void del_ptp(const struct request *request)
{
	char buffer[MESSAGE_MAX];
	struct nlmsghdr *m = message_begin(buffer, RTM_DELLINK, 0);

	mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m, IFLA_IFNAME, request->host);
	message_transact(message_socket(), m, "delete the pair");
}

/* ---- host-device ---- */

/* Moves the device to another namespace under another name; the device is down afterwards. */
static void move(unsigned int index, int netns, const char *name, unsigned int new_index)
{
	char buffer[MESSAGE_MAX];
	struct nlmsghdr *m = message_begin(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(m, sizeof(*ifi));

	ifi->ifi_index = (int)index;
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_put_strz(m, IFLA_IFNAME, name);
	if (new_index)
		mnl_attr_put_u32(m, IFLA_NEW_IFINDEX, new_index);
	message_transact(message_socket(), m, "move the device");
}

static void add_host_device(const struct request *request)
{
	struct mnl_socket *nl;

	move(if_nametoindex(request->host), request->netns, "eth0", CONTAINER_INDEX);
	message_enter(request->netns);
	nl = message_socket();
	message_set_up(nl, CONTAINER_INDEX);
	configure(nl, request);
}

static void del_host_device(const struct request *request)
{
	int home = message_open_netns("/proc/self/ns/net");

	message_enter(request->netns);
	move(CONTAINER_INDEX, home, request->host, 0);
}

/* ---- sbr, vrf ---- */

static void send_rule(struct mnl_socket *nl, const struct request *request, uint16_t type)
{
	char buffer[MESSAGE_MAX];
	uint16_t flags = type == RTM_NEWRULE ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct nlmsghdr *m = message_begin(buffer, type, flags);
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(m, sizeof(*rule));
	struct in_addr address;

	inet_pton(AF_INET, request->address, &address);
	rule->family = AF_INET;
	rule->src_len = 32;
	rule->table = TABLE;
	rule->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(m, FRA_SRC, address.s_addr);
	message_transact(nl, m, "the rule");
}

/* The routes of the main table go to one that is for the container's address. */
static void add_sbr(const struct request *request)
{
	struct message_route subnet = {.dst = SUBNET,
				       .prefix = PREFIX,
				       .src = request->address,
				       .index = CONTAINER_INDEX,
				       .table = TABLE};
	struct message_route way = {
		.gateway = request->gateway, .index = CONTAINER_INDEX, .table = TABLE};
	struct message_route link_local = {.dst = "fe80::",
					   .prefix = 64,
					   .index = CONTAINER_INDEX,
					   .table = TABLE,
					   .metric = LINK_LOCAL_METRIC};
	struct message_route *moved[] = {&way, &subnet, &link_local};
	struct mnl_socket *nl;

	message_enter(request->netns);
	nl = message_socket();
	send_rule(nl, request, RTM_NEWRULE);
	for (size_t i = 0; i < 3; i++) {
		message_route(nl, RTM_NEWROUTE, moved[i]);
		moved[i]->table = 0;
		message_route(nl, RTM_DELROUTE, moved[i]);
	}
}

static void del_sbr(const struct request *request)
{
	message_enter(request->netns);
	send_rule(message_socket(), request, RTM_DELRULE);
}

/* The kernel drops routes through a gateway from a new slave. */
static void add_vrf(const struct request *request)
{
	const struct message_route way = {
		.gateway = request->gateway, .index = CONTAINER_INDEX, .table = TABLE};
	const uint32_t table = TABLE;
	char buffer[MESSAGE_MAX];
	struct nlmsghdr *m = begin_link(buffer, VRF_INDEX, "blue");
	struct ifinfomsg *ifi;
	struct mnl_socket *nl;

	message_enter(request->netns);
	nl = message_socket();
	put_kind(m, "vrf", IFLA_VRF_TABLE, &table, sizeof(table));
	message_transact(nl, m, "add the VRF");
	m = message_begin(buffer, RTM_NEWLINK, 0);
	ifi = mnl_nlmsg_put_extra_header(m, sizeof(*ifi));
	ifi->ifi_index = CONTAINER_INDEX;
	mnl_attr_put_u32(m, IFLA_MASTER, VRF_INDEX);
	message_transact(nl, m, "set the master");
	message_route(nl, RTM_NEWROUTE, &way);
}

static void del_vrf(const struct request *request)
{
	char buffer[MESSAGE_MAX];
	struct nlmsghdr *m = message_begin(buffer, RTM_DELLINK, 0);

	message_enter(request->netns);
	mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m, IFLA_IFNAME, "blue");
	message_transact(message_socket(), m, "delete the VRF");
}

static const struct {
	const char *plugin;
	void (*add)(const struct request *request);
	void (*del)(const struct request *request);
} floors[] = {
	{"macvlan", add_macvlan, del_inside},
	{"ipvlan", add_ipvlan, del_inside},
	{"vlan", add_vlan, del_inside},
	{"dummy", add_dummy, del_inside},
	{"tap", add_tap, del_inside},
	{"ptp", add_ptp, del_ptp},
	{"host-device", add_host_device, del_host_device},
	{"sbr", add_sbr, del_sbr},
	{"vrf", add_vrf, del_vrf},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 7 && i < sizeof(floors) / sizeof(*floors); i++) {
		struct request request = {
			.netns = -1, .host = argv[4], .address = argv[5], .gateway = argv[6]};
		bool adds = !strcmp(argv[1], "add");

		if (strcmp(floors[i].plugin, argv[2]) != 0)
			continue;
		/* The host's side of a pair is enough to delete it. */
		if (adds || floors[i].del != del_ptp)
			request.netns = message_open_netns(argv[3]);
		(adds ? floors[i].add : floors[i].del)(&request);
		return 0;
	}
	fprintf(stderr, "usage: floor-links add|del <plugin> <netns path> <host's link> <address> "
			"<gateway>\n");
	return 2;
}
