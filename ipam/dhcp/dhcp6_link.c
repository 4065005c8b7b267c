/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_link.h"

#include "addr.h"
#include "cleanup.h"
#include "link.h"
#include "link_sysctl.h"
#include "mem.h"
#include "netns.h"
#include "nl.h"
#include "route_list.h"
#include "sysctl.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define LINK_PREFIX 64

/* ---- settings ---- */

static int set_up(const char *ifname, struct cni_error *err)
{
	freeing char *disable = cni_format("net/ipv6/conf/%s/disable_ipv6", ifname);
	freeing char *dad = cni_format("net/ipv6/conf/%s/accept_dad", ifname);
	struct cni_error ignored;

	/* accept_ra first: the interface may be up already. */
	if (cni_link_sysctl_refuse_ra(ifname, err) < 0)
		return -1;
	if (cni_sysctl_set(disable, "0", err) < 0) {
		/* dhcp_place_find() refuses a link that is not there. */
		if (err->errnum != ENOENT)
			return -1;
		return if_nametoindex(ifname) ? cni_fail(err, CNI_EKERNEL,
							 "the kernel has no IPv6 for '%s'", ifname)
					      : 0;
	}
	/* A courtesy: dhcp6_link_local() does not depend on it. */
	cni_sysctl_set(dad, "0", &ignored);
	return 0;
}

int dhcp6_link_prepare(const struct dhcp_place *place, struct cni_error *err)
{
	closing int netns = -1;

	if (cni_netns_open(place->netns, &netns, err) < 0)
		return -1;
	/* dhcp_place_find() refuses it with a sentence. */
	if (cni_netns_is_own(netns))
		return 0;
	visiting int home = -1;

	if (cni_netns_enter(netns, &home, err) < 0)
		return -1;
	return set_up(place->ifname, err);
}

/* ---- addresses ---- */

static const struct cni_nl_policy policy[IFA_MAX + 1] = {
	[IFA_ADDRESS] = {MNL_TYPE_BINARY, 4, 16},
	[IFA_LOCAL] = {MNL_TYPE_BINARY, 4, 16},
	[IFA_FLAGS] = {MNL_TYPE_U32},
};

/* The kernel makes no more of an advertisement, unless a router means harm: the rest stays. */
#define MADE_MAX 16

struct found {
	int index;
	struct cni_net local; /* link-local; unset: none */
	bool is_tentative;
	struct cni_net made[MADE_MAX]; /* of advertisements: not permanent, and not link-local */
	size_t made_count;
};

static int look(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFA_MAX + 1];
	struct cni_net net = {.prefix = ifa->ifa_prefixlen};
	struct found *found = data;
	bool is_tentative;
	uint32_t flags;

	(void)err;
	cni_nl_parse(message, policy, table, IFA_MAX);
	if (ifa->ifa_index != (unsigned int)found->index || ifa->ifa_family != AF_INET6 ||
	    net.prefix > 128 ||
	    !cni_nl_ip(table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS], AF_INET6, &net.ip))
		return 0;
	flags = cni_nl_u32(table[IFA_FLAGS], ifa->ifa_flags);
	is_tentative = flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED);
	if (cni_ip_is_link_local(&net.ip)) {
		if (cni_ip_is_set(&found->local.ip) && !found->is_tentative)
			return 0;
		found->local = net;
		found->is_tentative = is_tentative;
	} else if (!(flags & IFA_F_PERMANENT) && found->made_count < MADE_MAX) {
		found->made[found->made_count++] = net;
	}
	return 0;
}

static void forget(void *data)
{
	struct found *found = data;

	*found = (struct found){.index = found->index};
}

static int list(struct cni_nl *nl, struct found *found, struct cni_error *err)
{
	struct cni_nl_message m;
	struct ifaddrmsg *ifa = cni_nl_init(&m, RTM_GETADDR, 0, sizeof(*ifa));

	ifa->ifa_family = AF_INET6;
	ifa->ifa_index = (unsigned int)found->index;
	return cni_nl_dump(nl, &m, look, forget, found, err);
}

static void delete_routes(struct cni_nl *nl, int index)
{
	struct cni_route_list routes = {.count = 0};
	struct cni_error ignored;

	if (cni_route_list(nl, index, 0, &routes, &ignored) < 0)
		return;
	for (size_t i = 0; i < routes.count; i++)
		if (routes.routes[i].protocol == RTPROT_RA)
			cni_route_list_del(nl, &routes.routes[i], routes.routes[i].table, &ignored);
	cni_route_list_clear(&routes);
}

int dhcp6_link_clean(const struct dhcp_place *place, uint32_t *ret_mtu, struct cni_error *err)
{
	struct cni_link link;
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct found found = {.index = place->index};
	closing int netns = -1;
	struct cni_error ignored;

	if (dhcp_place_open(place, &netns, err) < 0 ||
	    cni_nl_open(&nl, NETLINK_ROUTE, netns, err) < 0 || list(&nl, &found, err) < 0 ||
	    cni_link_get_by_index(&nl, place->index, &link, err) < 0)
		return -1;
	*ret_mtu = link.mtu;
	delete_routes(&nl, place->index);
	for (size_t i = 0; i < found.made_count; i++)
		cni_addr_del(&nl, place->index, &found.made[i], &ignored);
	return 0;
}

/* RFC 2464, section 4. */
struct cni_ip dhcp6_link_local_of(const uint8_t mac[CNI_MAC_SIZE])
{
	struct cni_ip ip = {.family = AF_INET6, .bytes = {0xfe, 0x80}};

	memcpy(ip.bytes + 8, mac, 3);
	ip.bytes[8] ^= 2;
	ip.bytes[11] = 0xff;
	ip.bytes[12] = 0xfe;
	memcpy(ip.bytes + 13, mac + 3, 3);
	return ip;
}

int dhcp6_link_local(int netns, const struct dhcp_place *place, struct cni_ip *ret_ip,
		     struct cni_error *err)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct found found = {.index = place->index};
	bool has;

	if (cni_nl_open(&nl, NETLINK_ROUTE, netns, err) < 0 || list(&nl, &found, err) < 0)
		return -1;
	has = cni_ip_is_set(&found.local.ip);
	if (!has)
		found.local = (struct cni_net){dhcp6_link_local_of(place->mac), LINK_PREFIX};
	*ret_ip = found.local.ip;
	if (has && !found.is_tentative)
		return 0;
	if (has && cni_addr_del(&nl, place->index, &found.local, err) < 0 &&
	    err->errnum != EADDRNOTAVAIL)
		return -1;
	return cni_addr_add(&nl, place->index, &found.local, 0, err) < 0 && err->errnum != EEXIST
		       ? -1
		       : 0;
}
