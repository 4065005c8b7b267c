/* SPDX-License-Identifier: Apache-2.0 */
#include "link_read.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static const struct cni_nl_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_ADDRESS] = {MNL_TYPE_BINARY, CNI_MAC_SIZE, CNI_MAC_SIZE}, /* of Ethernet alone */
	[IFLA_IFNAME] = {MNL_TYPE_NUL_STRING, .most = CNI_IFNAME_SIZE},
	[IFLA_MTU] = {MNL_TYPE_U32},
	[IFLA_LINK] = {MNL_TYPE_U32},
	[IFLA_MASTER] = {MNL_TYPE_U32},
	[IFLA_OPERSTATE] = {MNL_TYPE_U8},
	[IFLA_LINKINFO] = {MNL_TYPE_NESTED},
	[IFLA_AF_SPEC] = {MNL_TYPE_NESTED},
	[IFLA_IFALIAS] = {MNL_TYPE_NUL_STRING},
	[IFLA_PROMISCUITY] = {MNL_TYPE_U32},
	[IFLA_LINK_NETNSID] = {MNL_TYPE_U32},
	[IFLA_PERM_ADDRESS] = {MNL_TYPE_BINARY, CNI_MAC_SIZE, CNI_MAC_SIZE},
	[IFLA_PARENT_DEV_NAME] = {MNL_TYPE_NUL_STRING},
	[IFLA_PARENT_DEV_BUS_NAME] = {MNL_TYPE_NUL_STRING},
};

static const struct cni_nl_policy family_policy[AF_INET6 + 1] = {
	[AF_INET6] = {MNL_TYPE_NESTED},
};

/* Numbers by the kernel's DEVCONF_* (linux/ipv6.h, which cannot be included beside netinet/in.h). */
#define ACCEPT_RA 3
static const struct cni_nl_policy ipv6_policy[IFLA_INET6_CONF + 1] = {
	[IFLA_INET6_CONF] = {MNL_TYPE_BINARY, (ACCEPT_RA + 1) * sizeof(int32_t)},
};

static const struct cni_nl_policy info_policy[IFLA_INFO_SLAVE_DATA + 1] = {
	[IFLA_INFO_KIND] = {MNL_TYPE_NUL_STRING},
	[IFLA_INFO_DATA] = {MNL_TYPE_NESTED},
	[IFLA_INFO_SLAVE_KIND] = {MNL_TYPE_NUL_STRING},
	[IFLA_INFO_SLAVE_DATA] = {MNL_TYPE_NESTED},
};

static const struct cni_nl_policy bridge_policy[IFLA_BR_MULTI_BOOLOPT + 1] = {
	[IFLA_BR_VLAN_FILTERING] = {MNL_TYPE_U8},
	[IFLA_BR_VLAN_DEFAULT_PVID] = {MNL_TYPE_U16},
	[IFLA_BR_MULTI_BOOLOPT] = {MNL_TYPE_BINARY, sizeof(struct br_boolopt_multi)},
};

static const struct cni_nl_policy port_policy[IFLA_BRPORT_ISOLATED + 1] = {
	[IFLA_BRPORT_MODE] = {MNL_TYPE_U8},
	[IFLA_BRPORT_ISOLATED] = {MNL_TYPE_U8},
};

static void copy_text(char *to, size_t size, const struct nlattr *attribute)
{
	strncpy(to, cni_nl_string(attribute), size - 1);
	to[size - 1] = '\0';
}

static void read_bridge(const struct nlattr *nest, struct cni_link *link)
{
	const struct nlattr *data[IFLA_BR_MULTI_BOOLOPT + 1];
	const struct br_boolopt_multi *options;

	cni_nl_parse_nested(nest, bridge_policy, data, IFLA_BR_MULTI_BOOLOPT);
	/* The kernel sends the first of these two in any case (br_fill_info()). */
	link->can_filter_vlans = data[IFLA_BR_VLAN_DEFAULT_PVID] != NULL;
	link->vlan_filtering = cni_nl_u8(data[IFLA_BR_VLAN_FILTERING], 0);
	link->default_vlan = cni_nl_u16(data[IFLA_BR_VLAN_DEFAULT_PVID], 0);
	options = cni_nl_binary(data[IFLA_BR_MULTI_BOOLOPT], NULL);
	link->ignores_link_local = options && options->optval & 1U << BR_BOOLOPT_NO_LL_LEARN;
}

static void read_info(const struct nlattr *nest, struct cni_link *link)
{
	const struct nlattr *info[IFLA_INFO_SLAVE_DATA + 1];
	const struct nlattr *port[IFLA_BRPORT_ISOLATED + 1];

	cni_nl_parse_nested(nest, info_policy, info, IFLA_INFO_SLAVE_DATA);
	copy_text(link->kind, sizeof(link->kind), info[IFLA_INFO_KIND]);
	if (!strcmp(link->kind, "bridge"))
		read_bridge(info[IFLA_INFO_DATA], link);
	if (!strcmp(cni_nl_string(info[IFLA_INFO_SLAVE_KIND]), "bridge")) {
		cni_nl_parse_nested(info[IFLA_INFO_SLAVE_DATA], port_policy, port,
				    IFLA_BRPORT_ISOLATED);
		link->port.hairpin = cni_nl_u8(port[IFLA_BRPORT_MODE], 0);
		link->port.isolated = cni_nl_u8(port[IFLA_BRPORT_ISOLATED], 0);
	}
}

static void read_ipv6(const struct nlattr *families, struct cni_link *link)
{
	const struct nlattr *family[AF_INET6 + 1];
	const struct nlattr *ipv6[IFLA_INET6_CONF + 1];
	const int32_t *values;

	cni_nl_parse_nested(families, family_policy, family, AF_INET6);
	cni_nl_parse_nested(family[AF_INET6], ipv6_policy, ipv6, IFLA_INET6_CONF);
	values = cni_nl_binary(ipv6[IFLA_INET6_CONF], NULL);
	link->has_accept_ra = values != NULL;
	if (values)
		link->accept_ra = values[ACCEPT_RA];
}

static void read_hardware(const struct nlattr **table, struct cni_link *link)
{
	const void *mac = cni_nl_binary(table[IFLA_PERM_ADDRESS], NULL);

	link->has_permanent_mac = mac != NULL;
	if (mac)
		memcpy(link->permanent_mac, mac, CNI_MAC_SIZE);
	copy_text(link->bus, sizeof(link->bus), table[IFLA_PARENT_DEV_BUS_NAME]);
	copy_text(link->device, sizeof(link->device), table[IFLA_PARENT_DEV_NAME]);
}

/* The first attribute of IFLA_LINKINFO. */
static void read_kind(const struct nlattr *info, char kind[sizeof(((struct cni_link *)0)->kind)])
{
	static const struct cni_nl_policy policy = {MNL_TYPE_NUL_STRING};
	const struct nlattr *first = mnl_attr_get_payload(info);

	*kind = '\0';
	if (mnl_attr_ok(first, mnl_attr_get_payload_len(info)) &&
	    mnl_attr_get_type(first) == IFLA_INFO_KIND && cni_nl_fits(first, &policy))
		copy_text(kind, sizeof(((struct cni_link *)0)->kind), first);
}

static const struct nlattr *find_info(const struct nlmsghdr *message)
{
	const struct nlattr *attribute =
		mnl_nlmsg_get_payload_offset(message, sizeof(struct ifinfomsg));
	int left = (int)(mnl_nlmsg_get_payload_len(message) - sizeof(struct ifinfomsg));

	while (mnl_attr_ok(attribute, left) && mnl_attr_get_type(attribute) != IFLA_LINKINFO) {
		left -= MNL_ALIGN(attribute->nla_len);
		attribute = mnl_attr_next(attribute);
	}
	return mnl_attr_ok(attribute, left) ? attribute : NULL;
}

/* A macvlan in mode source may have more MACs than the 16 bits of an attribute's length can count. The kernel
 * then writes a length that is too small, and root in the container has chosen the bytes that follow: of a
 * message that is so long, only the attributes before IFLA_LINKINFO count, and the kind. Other kinds have no such
 * lists. Returns IFLA_LINKINFO of such a message, otherwise NULL. */
static const struct nlattr *find_doubtful(const struct nlmsghdr *message)
{
	const struct nlattr *info = message->nlmsg_len > UINT16_MAX ? find_info(message) : NULL;
	char kind[sizeof(((struct cni_link *)0)->kind)];

	if (!info)
		return NULL;
	read_kind(info, kind);
	return !strcmp(kind, "macvlan") || !strcmp(kind, "macvtap") ? info : NULL;
}

static void parse(const struct nlmsghdr *message, const struct nlattr *doubtful,
		  const struct nlattr **table)
{
	const char *begin = mnl_nlmsg_get_payload_offset(message, sizeof(struct ifinfomsg));

	if (doubtful)
		cni_nl_parse_bytes(begin, (size_t)((const char *)doubtful - begin), link_policy,
				   table, IFLA_MAX);
	else
		cni_nl_parse(message, link_policy, table, IFLA_MAX);
}

void cni_link_read(const struct nlmsghdr *message, struct cni_link *link)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(message);
	const struct nlattr *doubtful = find_doubtful(message);
	const struct nlattr *table[IFLA_MAX + 1];
	const void *mac;

	parse(message, doubtful, table);
	mac = cni_nl_binary(table[IFLA_ADDRESS], NULL);
	*link = (struct cni_link){
		.index = ifi->ifi_index,
		.flags = ifi->ifi_flags,
		.master = (int)cni_nl_u32(table[IFLA_MASTER], 0),
		.peer = (int)cni_nl_u32(table[IFLA_LINK], 0),
		.peer_netns = (int)cni_nl_u32(table[IFLA_LINK_NETNSID], (uint32_t)-1),
		.mtu = cni_nl_u32(table[IFLA_MTU], 0),
		.operstate = cni_nl_u8(table[IFLA_OPERSTATE], 0),
		.promiscuity = cni_nl_u32(table[IFLA_PROMISCUITY], 0),
		.has_mac = mac != NULL,
	};
	if (mac)
		memcpy(link->mac, mac, CNI_MAC_SIZE);
	copy_text(link->name, sizeof(link->name), table[IFLA_IFNAME]);
	copy_text(link->alias, sizeof(link->alias), table[IFLA_IFALIAS]);
	read_info(table[IFLA_LINKINFO], link);
	if (doubtful)
		read_kind(doubtful, link->kind);
	read_ipv6(table[IFLA_AF_SPEC], link);
	read_hardware(table, link);
}
