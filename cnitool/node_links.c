/* SPDX-License-Identifier: Apache-2.0 */
#include "node_links.h"

#include "cleanup.h"
#include "mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* A dump that a change has interrupted begins anew (NLM_F_DUMP_INTR). */
#define ATTEMPTS 8

/* ---- a message ---- */

/* RTA_NEXT() of linux/rtnetlink.h mixes signs. */
static const struct rtattr *next(const struct rtattr *attr, int *left)
{
	size_t size = RTA_ALIGN((size_t)attr->rta_len);

	*left -= (int)size;
	return (const struct rtattr *)((const char *)attr + size);
}

static void read_text(const struct rtattr *attr, char *text, size_t size)
{
	snprintf(text, size, "%.*s", (int)RTA_PAYLOAD(attr), (const char *)RTA_DATA(attr));
}

static void read_kind(const struct rtattr *info, struct node_link *link)
{
	int left = (int)RTA_PAYLOAD(info);

	for (const struct rtattr *at = RTA_DATA(info); RTA_OK(at, left); at = next(at, &left))
		if (at->rta_type == IFLA_INFO_KIND)
			read_text(at, link->kind, sizeof(link->kind));
}

static void read_bytes(const struct rtattr *attr, struct node_link *link)
{
	struct rtnl_link_stats64 stats = {0};
	size_t size = RTA_PAYLOAD(attr);

	memcpy(&stats, RTA_DATA(attr), size < sizeof(stats) ? size : sizeof(stats));
	link->received = stats.rx_bytes;
	link->sent = stats.tx_bytes;
}

static void read_number(const struct rtattr *attr, void *number)
{
	if (RTA_PAYLOAD(attr) >= sizeof(uint32_t))
		memcpy(number, RTA_DATA(attr), sizeof(uint32_t));
}

static void read_attribute(const struct rtattr *attr, struct node_link *link)
{
	switch (attr->rta_type & NLA_TYPE_MASK) {
	case IFLA_IFNAME:
		read_text(attr, link->name, sizeof(link->name));
		break;
	case IFLA_IFALIAS:
		read_text(attr, link->alias, sizeof(link->alias));
		break;
	case IFLA_MTU:
		read_number(attr, &link->mtu);
		break;
	case IFLA_MASTER:
		read_number(attr, &link->master);
		break;
	case IFLA_OPERSTATE:
		link->operstate = *(const uint8_t *)RTA_DATA(attr);
		break;
	case IFLA_ADDRESS:
		link->has_mac = RTA_PAYLOAD(attr) == CNI_MAC_SIZE;
		if (link->has_mac)
			memcpy(link->mac, RTA_DATA(attr), CNI_MAC_SIZE);
		break;
	case IFLA_STATS64:
		read_bytes(attr, link);
		break;
	case IFLA_LINKINFO:
		read_kind(attr, link);
		break;
	default:
		break;
	}
}

static void add_link(struct node_links *links, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct node_link *link;
	int left = (int)IFLA_PAYLOAD(message);

	links->items = cni_realloc_array(links->items, links->count + 1, sizeof(*links->items));
	link = &links->items[links->count++];
	*link = (struct node_link){.index = info->ifi_index, .flags = info->ifi_flags};
	for (const struct rtattr *at = IFLA_RTA(info); RTA_OK(at, left); at = next(at, &left))
		read_attribute(at, link);
}

/* ---- the dump ---- */

static int request(int fd, unsigned int sequence)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg body;
	} message = {
		.head = {.nlmsg_len = sizeof(message),
			 .nlmsg_type = RTM_GETLINK,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			 .nlmsg_seq = sequence},
		.body = {.ifi_family = AF_UNSPEC},
	};

	return send(fd, &message, sizeof(message), 0) < 0 ? -1 : 0;
}

/* A datagram of the size that the next one has; NULL and errno on failure. */
static void *receive(int fd, size_t *ret_size)
{
	freeing char *data = NULL;
	ssize_t size = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);

	if (size < 0)
		return NULL;
	data = cni_alloc((size_t)size + 1);
	size = recv(fd, data, (size_t)size, 0);
	if (size < 0)
		return NULL;
	*ret_size = (size_t)size;
	return take_ptr(data);
}

/* Returns 1 at the end, 0 if more is to come, or -1 and errno. */
static int read_datagram(int fd, struct node_links *links, bool *interrupted)
{
	size_t size;
	freeing void *data = receive(fd, &size);
	size_t left = data ? size : 0;

	for (const struct nlmsghdr *at = data; at && NLMSG_OK(at, left);
	     at = NLMSG_NEXT(at, left)) {
		if (at->nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = true;
		if (at->nlmsg_type == NLMSG_DONE)
			return 1;
		if (at->nlmsg_type == NLMSG_ERROR) {
			errno = -((const struct nlmsgerr *)NLMSG_DATA(at))->error;
			return -1;
		}
		if (at->nlmsg_type == RTM_NEWLINK)
			add_link(links, at);
	}
	return data ? 0 : -1;
}

static int dump(int fd, unsigned int sequence, struct node_links *links, bool *interrupted)
{
	int end = 0;

	*interrupted = false;
	if (request(fd, sequence) < 0)
		return -1;
	while (!end)
		end = read_datagram(fd, links, interrupted);
	return end < 0 ? -1 : 0;
}

int node_links_read(struct node_links *ret_links, struct cni_error *err)
{
	closing int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool interrupted = true;

	*ret_links = (struct node_links){0};
	for (unsigned int i = 1; fd >= 0 && interrupted && i <= ATTEMPTS; i++) {
		node_links_clear(ret_links);
		if (dump(fd, i, ret_links, &interrupted) == 0)
			continue;
		node_links_clear(ret_links);
		return cni_fail_errno(err, CNI_EKERNEL, errno, "read the links of this host");
	}
	return fd < 0 ? cni_fail_errno(err, CNI_EKERNEL, errno, "open a socket for rtnetlink") : 0;
}

void node_links_clear(struct node_links *links)
{
	free(links->items);
	*links = (struct node_links){0};
}

/* ---- look up ---- */

const struct node_link *node_links_find(const struct node_links *links, const char *name)
{
	for (size_t i = 0; name && i < links->count; i++)
		if (!strcmp(links->items[i].name, name))
			return &links->items[i];
	return NULL;
}

const struct node_link *node_links_at(const struct node_links *links, int index)
{
	for (size_t i = 0; index && i < links->count; i++)
		if (links->items[i].index == index)
			return &links->items[i];
	return NULL;
}

static unsigned int prefix_of(const void *mask, size_t size)
{
	const unsigned char *at = mask;
	unsigned int bits = 0;

	for (size_t i = 0; i < size; i++)
		bits += (unsigned int)__builtin_popcount(at[i]);
	return bits;
}

bool node_address_read(const struct ifaddrs *entry, struct cni_net *ret_net)
{
	int family = entry->ifa_addr ? entry->ifa_addr->sa_family : AF_UNSPEC;
	size_t offset = family == AF_INET ? offsetof(struct sockaddr_in, sin_addr)
					  : offsetof(struct sockaddr_in6, sin6_addr);
	size_t size = family == AF_INET ? 4 : 16;
	char text[INET6_ADDRSTRLEN];

	if ((family != AF_INET && family != AF_INET6) || !entry->ifa_netmask ||
	    !inet_ntop(family, (const char *)entry->ifa_addr + offset, text, sizeof(text)) ||
	    cni_ip_parse(text, &ret_net->ip) < 0)
		return false;
	ret_net->prefix = (uint8_t)prefix_of((const char *)entry->ifa_netmask + offset, size);
	return true;
}

/* A bridge without ports and a dummy have the state "unknown" or "down" of the operation, and are up. */
const char *node_link_state(const struct node_link *link)
{
	if (!(link->flags & IFF_UP))
		return "down";
	if (link->operstate == IF_OPER_LOWERLAYERDOWN || !(link->flags & IFF_LOWER_UP))
		return "no carrier";
	return "up";
}
