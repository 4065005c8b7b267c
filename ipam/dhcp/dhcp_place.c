/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_place.h"

#include "addr.h"
#include "cleanup.h"
#include "link.h"
#include "link_kind.h"
#include "netns.h"
#include "netns_cookie.h"
#include "peer.h"
#include "route.h"
#include "route_list.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

/* ---- the namespace ---- */

static int open_with(const struct dhcp_place *place, int *ret_netns, struct cni_nl *ret_nl,
		     uint64_t *ret_cookie, struct cni_error *err)
{
	closing int netns = -1;

	if (cni_netns_open(place->netns, &netns, err) < 0) {
		if (err->errnum == EINVAL || err->errnum == ENOTDIR)
			err->errnum = ENOENT;
		return -1;
	}
	if (cni_netns_is_own(netns))
		return cni_fail(err, CNI_EENV, "'%s' is the daemon's own network namespace",
				place->netns);
	if (cni_nl_open(ret_nl, NETLINK_ROUTE, netns, err) < 0)
		return -1;
	*ret_cookie = cni_netns_cookie(mnl_socket_get_fd(ret_nl->socket));
	*ret_netns = take_fd(&netns);
	return 0;
}

static int open_both(const struct dhcp_place *place, int *ret_netns, struct cni_nl *ret_nl,
		     struct cni_error *err)
{
	uint64_t cookie = 0;

	if (open_with(place, ret_netns, ret_nl, &cookie, err) < 0)
		return -1;
	if (cookie == place->cookie)
		return 0;
	cni_fail(err, CNI_EENV, "another network namespace has the path '%s'", place->netns);
	err->errnum = ENOENT;
	return -1;
}

int dhcp_place_open(const struct dhcp_place *place, int *ret_netns, struct cni_error *err)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	closing int netns = -1;

	if (open_both(place, &netns, &nl, err) < 0)
		return -1;
	*ret_netns = take_fd(&netns);
	return 0;
}

/* ---- the host's side ---- */

static bool leads_home(struct cni_nl *nl, const struct cni_link *link)
{
	struct cni_error ignored;
	closing int home = -1;
	int id = -1;

	return link->peer && link->peer_netns >= 0 && cni_netns_open_own(&home, &ignored) == 0 &&
	       cni_peer_netns_id(nl, home, &id, &ignored) == 0 && id == link->peer_netns;
}

/* 0: it is no VLAN, or one whose id cannot be read. */
static uint16_t vlan_of(struct cni_nl *nl, const struct cni_link *link)
{
	struct cni_link_values values = {.given = 0};
	struct cni_error ignored;

	if (strcmp(link->kind, cni_link_vlan.name) != 0 ||
	    cni_link_get_values(nl, link->index, &cni_link_vlan, &values, &ignored) < 0)
		return 0;
	return (uint16_t)values.values[0];
}

/* The lower link of a macvlan, ipvlan or VLAN; of a veth, the bridge that its other end is a port of. */
static void find_parent(struct cni_nl *nl, const struct cni_link *link, struct dhcp_place *place)
{
	closing_nl struct cni_nl host = {.socket = NULL};
	struct cni_link parent;
	struct cni_link bridge;
	struct cni_error ignored;

	if (!leads_home(nl, link) || cni_nl_open(&host, NETLINK_ROUTE, -1, &ignored) < 0 ||
	    cni_link_get_by_index(&host, link->peer, &parent, &ignored) < 0)
		return;
	if (!strcmp(link->kind, "veth") && parent.master &&
	    cni_link_get_by_index(&host, parent.master, &bridge, &ignored) == 0)
		parent = bridge;
	/* The container side of a veth without a bridge is the only one that hears this end. */
	else if (!strcmp(link->kind, "veth"))
		return;
	place->parent_index = parent.index;
	memcpy(place->parent, parent.name, sizeof(place->parent));
	place->vlan = vlan_of(nl, link);
}

struct search {
	const uint8_t *mac;
	int index;
};

static int compare_mac(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct search *search = data;

	(void)err;
	if (link->has_mac && !memcmp(link->mac, search->mac, CNI_MAC_SIZE))
		search->index = search->index ? -1 : link->index;
	return 0;
}

static void search_again(void *data)
{
	((struct search *)data)->index = 0;
}

int dhcp_place_host_link(const uint8_t mac[CNI_MAC_SIZE])
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	struct search search = {.mac = mac};
	struct cni_error ignored;

	if (cni_nl_open(&nl, NETLINK_ROUTE, -1, &ignored) < 0 ||
	    cni_link_each(&nl, NULL, compare_mac, search_again, &search, &ignored) < 0)
		return -1;
	return search.index;
}

/* Fills all but the namespace and the name. */
static int fill(struct cni_nl *nl, struct dhcp_place *place, struct cni_link *ret_link,
		struct cni_error *err)
{
	if (cni_link_get(nl, place->ifname, ret_link, err) < 0)
		return cni_fail_within(err, "'%s' in '%s'", place->ifname, place->netns);
	if (!ret_link->has_mac)
		return cni_fail(err, CNI_ECONFIG,
				"'%s' has no MAC address of six octets, expected an interface of "
				"Ethernet",
				place->ifname);
	place->index = ret_link->index;
	memcpy(place->mac, ret_link->mac, CNI_MAC_SIZE);
	place->shares_mac = !strcmp(ret_link->kind, "ipvlan");
	return 0;
}

int dhcp_place_find(struct dhcp_place *place, struct cni_error *err)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	closing int netns = -1;
	struct cni_link link;

	if (open_with(place, &netns, &nl, &place->cookie, err) < 0 ||
	    fill(&nl, place, &link, err) < 0)
		return -1;
	if (link.flags & IFF_NOARP)
		return cni_fail(err, CNI_ECONFIG,
				"'%s' has no ARP, as an ipvlan in mode l3, expected an interface "
				"that broadcasts reach",
				place->ifname);
	if (!(link.flags & IFF_UP) &&
	    cni_link_change(&nl, link.index, &(struct cni_link_change){.up = CNI_ON}, err) < 0)
		return cni_fail_within(err, "set '%s' up", place->ifname);
	find_parent(&nl, &link, place);
	place->may_return = !*place->parent && dhcp_place_host_link(place->mac) == 0;
	return 0;
}

int dhcp_place_look(struct dhcp_place *place, const struct cni_net *net, bool *ret_has,
		    bool *ret_is_up, struct cni_error *err)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	freeing struct cni_net *nets = NULL;
	closing int netns = -1;
	struct cni_link link;
	size_t count = 0;

	if (open_with(place, &netns, &nl, &place->cookie, err) < 0 ||
	    fill(&nl, place, &link, err) < 0 ||
	    cni_addr_list(&nl, link.index, &nets, &count, err) < 0)
		return -1;
	*ret_is_up = link.flags & IFF_UP;
	*ret_has = false;
	for (size_t i = 0; i < count; i++)
		*ret_has |= cni_net_equal(&nets[i], net);
	return 0;
}

/* ---- addresses and routes ---- */

static bool is_among(const struct cni_listed_route *listed, const struct cni_result *result)
{
	for (size_t i = 0; i < result->route_count; i++) {
		const struct cni_route *route = &result->routes[i];

		if (cni_net_equal(&route->dst, &listed->dst) &&
		    cni_ip_is_set(&route->gw) == cni_ip_is_set(&listed->gw) &&
		    (!cni_ip_is_set(&route->gw) || cni_ip_equal(&route->gw, &listed->gw)))
			return true;
	}
	return false;
}

/* A default route through the gateway may be the plugin's that made the interface. */
static bool is_through_gateway(const struct cni_listed_route *listed,
			       const struct cni_result *result)
{
	for (size_t i = 0; i < result->ip_count && !listed->dst.prefix; i++) {
		const struct cni_ip *gateway = &result->ips[i].gateway;

		if (cni_ip_is_set(gateway) && cni_ip_equal(gateway, &listed->gw))
			return true;
	}
	return false;
}

static int withdraw_routes(struct cni_nl *nl, int index, const struct cni_result *result,
			   struct cni_error *err)
{
	struct cni_route_list list = {.count = 0};
	struct cni_error first = {0};

	if (cni_route_list(nl, index, 0, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct cni_listed_route *route = &list.routes[i];

		if ((is_among(route, result) || is_through_gateway(route, result)) &&
		    cni_route_list_del(nl, route, route->table, err) < 0 && err->errnum != ESRCH)
			cni_fail_first(&first, err);
	}
	cni_route_list_clear(&list);
	return cni_fail_if_any(&first, err);
}

static bool has_address(const struct cni_result *result, const struct cni_net *address)
{
	for (size_t i = 0; result && i < result->ip_count; i++)
		if (cni_net_equal(&result->ips[i].address, address))
			return true;
	return false;
}

/* Addresses of `kept` (NULL: none) stay. */
static int withdraw(struct cni_nl *nl, int index, const struct cni_result *result,
		    const struct cni_result *kept, struct cni_error *err)
{
	struct cni_error first = {0};

	if (withdraw_routes(nl, index, result, err) < 0)
		cni_fail_first(&first, err);
	for (size_t i = 0; i < result->ip_count; i++) {
		const struct cni_net *address = &result->ips[i].address;

		if (!has_address(kept, address) && cni_addr_del(nl, index, address, err) < 0 &&
		    err->errnum != EADDRNOTAVAIL)
			cni_fail_first(&first, err);
	}
	return cni_fail_if_any(&first, err);
}

int dhcp_place_withdraw(const struct dhcp_place *place, const struct cni_result *result,
			struct cni_error *err)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	closing int netns = -1;

	if (open_both(place, &netns, &nl, err) < 0)
		return -1;
	return withdraw(&nl, place->index, result, NULL, err);
}

int dhcp_place_apply(const struct dhcp_place *place, const struct cni_result *before,
		     const struct cni_result *result, struct cni_error *err)
{
	closing_nl struct cni_nl nl = {.socket = NULL};
	closing int netns = -1;
	struct cni_error first = {0};

	if (open_both(place, &netns, &nl, err) < 0)
		return -1;
	/* The old addresses go first: the kernel would take a new one of the same subnet with them. */
	if (before->ip_count && withdraw(&nl, place->index, before, result, err) < 0)
		cni_fail_first(&first, err);
	for (size_t i = 0; i < result->ip_count; i++) {
		const struct cni_net *address = &result->ips[i].address;

		if (!has_address(before, address) &&
		    cni_addr_add(&nl, place->index, address, 0, err) < 0 && err->errnum != EEXIST)
			cni_fail_first(&first, err);
	}
	for (size_t i = 0; i < result->route_count; i++)
		if (cni_route_add(&nl, place->index, &result->routes[i], err) < 0 &&
		    err->errnum != EEXIST)
			cni_fail_first(&first, err);
	return cni_fail_if_any(&first, err);
}
