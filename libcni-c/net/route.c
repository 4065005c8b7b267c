/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

const char *cni_route_format(const struct cni_route *route, char text[CNI_ROUTE_TEXT_SIZE])
{
	char net[CNI_NET_TEXT_SIZE];
	char gw[CNI_IP_TEXT_SIZE];

	snprintf(text, CNI_ROUTE_TEXT_SIZE, "%s%s%s", cni_net_format(&route->dst, net),
		 cni_ip_is_set(&route->gw) ? " via " : "", cni_ip_format(&route->gw, gw));
	return text;
}

static uint8_t scope_of(const struct cni_route *route)
{
	if (route->has_scope)
		return (uint8_t)route->scope;
	return cni_ip_is_set(&route->gw) ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
}

uint32_t cni_route_table(const struct cni_route *route)
{
	return route->has_table && route->table ? route->table : RT_TABLE_MAIN;
}

bool cni_route_is_way(const struct cni_route *one, const struct cni_route *other)
{
	return cni_net_equal(&one->dst, &other->dst) && cni_ip_is_set(&one->gw) &&
	       cni_ip_is_set(&other->gw) && !cni_ip_equal(&one->gw, &other->gw) &&
	       cni_ip_equal(&one->src, &other->src) && one->mtu == other->mtu &&
	       one->advmss == other->advmss && one->priority == other->priority &&
	       cni_route_table(one) == cni_route_table(other) && scope_of(one) == scope_of(other);
}

static void put_metrics(struct cni_nl_message *m, const struct cni_route *route)
{
	if (!route->mtu && !route->advmss)
		return;
	CNI_NL_NEST (m, RTA_METRICS) {
		if (route->mtu)
			cni_nl_put_u32(m, RTAX_MTU, route->mtu);
		if (route->advmss)
			cni_nl_put_u32(m, RTAX_ADVMSS, route->advmss);
	}
}

/* A next hop with its gateway behind it (struct rtnexthop, linux/rtnetlink.h). */
static void put_way(struct cni_nl_message *m, int index, const struct cni_ip *gateway)
{
	struct rtnexthop *way = cni_nl_put_header(m, sizeof(*way));

	way->rtnh_ifindex = index;
	way->rtnh_len =
		(unsigned short)(sizeof(*way) + sizeof(struct nlattr) + cni_ip_bits(gateway) / 8);
	cni_nl_put_ip(m, RTA_GATEWAY, gateway);
}

/* The kernel would take an IPv4 gateway out of the first bytes of an IPv6 one. */
static int check_families(const struct cni_route *routes, size_t count, struct cni_error *err)
{
	char text[CNI_ROUTE_TEXT_SIZE];

	for (size_t i = 0; i < count; i++)
		if (cni_ip_is_set(&routes[i].gw) && routes[i].gw.family != routes[i].dst.ip.family)
			return cni_fail(err, CNI_ECONFIG,
					"route %s: destination and gateway are of different "
					"families",
					cni_route_format(&routes[i], text));
	return 0;
}

static int make(struct cni_nl *nl, uint16_t flags, int index, const struct cni_route *routes,
		size_t count, struct cni_error *err)
{
	const struct cni_route *route = &routes[0];
	struct cni_net dst = cni_net_masked(&route->dst);
	char text[CNI_ROUTE_TEXT_SIZE];
	struct cni_nl_message m;
	struct rtmsg *rtm = cni_nl_init(&m, RTM_NEWROUTE, flags, sizeof(*rtm));

	if (check_families(routes, count, err) < 0)
		return -1;
	rtm->rtm_family = dst.ip.family;
	rtm->rtm_dst_len = dst.prefix;
	rtm->rtm_protocol = RTPROT_BOOT;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_scope = scope_of(route);
	rtm->rtm_table = RT_TABLE_UNSPEC;
	cni_nl_put_u32(&m, RTA_TABLE, cni_route_table(route));
	if (dst.prefix)
		cni_nl_put_ip(&m, RTA_DST, &dst.ip);
	if (count > 1) {
		CNI_NL_NEST (&m, RTA_MULTIPATH)
			for (size_t i = 0; i < count; i++)
				put_way(&m, index, &routes[i].gw);
	} else {
		cni_nl_put_u32(&m, RTA_OIF, (uint32_t)index);
		cni_nl_put_ip(&m, RTA_GATEWAY, &route->gw);
	}
	cni_nl_put_ip(&m, RTA_PREFSRC, &route->src);
	if (route->priority)
		cni_nl_put_u32(&m, RTA_PRIORITY, route->priority);
	put_metrics(&m, route);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "add route %s%s", cni_route_format(route, text),
				       count > 1 ? " and other gateways" : "");
	return 0;
}

int cni_route_add_ways(struct cni_nl *nl, int index, const struct cni_route *routes, size_t count,
		       struct cni_error *err)
{
	/* Not NLM_F_EXCL: a second route to one destination is fine, the very same one is not. */
	return make(nl, NLM_F_CREATE, index, routes, count, err);
}

int cni_route_add(struct cni_nl *nl, int index, const struct cni_route *route,
		  struct cni_error *err)
{
	return cni_route_add_ways(nl, index, route, 1, err);
}

int cni_route_claim(struct cni_nl *nl, int index, const struct cni_route *route,
		    struct cni_error *err)
{
	return make(nl, NLM_F_CREATE | NLM_F_EXCL, index, route, 1, err);
}

static const struct cni_nl_policy policy[RTA_MAX + 1] = {
	[RTA_DST] = {MNL_TYPE_BINARY, 4, 16},
	[RTA_OIF] = {MNL_TYPE_U32},
	[RTA_GATEWAY] = {MNL_TYPE_BINARY, 4, 16},
	[RTA_PREFSRC] = {MNL_TYPE_BINARY, 4, 16},
	[RTA_PRIORITY] = {MNL_TYPE_U32},
	[RTA_METRICS] = {MNL_TYPE_NESTED},
	[RTA_MULTIPATH] = {MNL_TYPE_BINARY, sizeof(struct rtnexthop)},
	[RTA_TABLE] = {MNL_TYPE_U32},
};

struct search {
	const struct cni_route *route;
	struct cni_net dst;
	uint32_t index; /* 0: of any link */
	uint32_t table;
	bool found;
};

static bool same_ip(const struct nlattr *attribute, const struct cni_ip *ip)
{
	struct cni_ip found;

	if (!attribute)
		return !cni_ip_is_set(ip);
	return cni_nl_ip(attribute, ip->family, &found) && cni_ip_equal(&found, ip);
}

static bool is_way(const struct search *search, uint32_t index, const struct nlattr *gateway)
{
	return (!search->index || search->index == index) && same_ip(gateway, &search->route->gw);
}

/* The kernel makes one route of several IPv6 routes to the same place. */
static bool has_way(const struct search *search, const struct nlattr *ways)
{
	const struct nlattr *table[RTA_MAX + 1];
	size_t left;
	const char *at = cni_nl_binary(ways, &left);
	const struct rtnexthop *way = (const void *)at;

	while (left >= sizeof(*way) && way->rtnh_len >= sizeof(*way) && way->rtnh_len <= left) {
		size_t size =
			((size_t)way->rtnh_len + RTNH_ALIGNTO - 1) & ~(size_t)(RTNH_ALIGNTO - 1);

		cni_nl_parse_bytes(way + 1, way->rtnh_len - sizeof(*way), policy, table, RTA_MAX);
		if (is_way(search, (uint32_t)way->rtnh_ifindex, table[RTA_GATEWAY]))
			return true;
		if (size >= left)
			return false;
		left -= size;
		at += size;
		way = (const void *)at;
	}
	return false;
}

/* The kernel cuts values that leave no room for a header (net/ipv4/metrics.c). */
static uint32_t at_most(uint32_t value, uint32_t max)
{
	return value < max ? value : max;
}

static bool has_metric(const struct nlattr *metric, uint32_t wanted)
{
	return !wanted || cni_nl_u32(metric, 0) == wanted;
}

static bool has_metrics(const struct cni_route *route, const struct nlattr *metrics)
{
	static const struct cni_nl_policy metric_policy[RTAX_MAX + 1] = {
		[RTAX_MTU] = {MNL_TYPE_U32},
		[RTAX_ADVMSS] = {MNL_TYPE_U32},
	};
	const struct nlattr *table[RTAX_MAX + 1];

	cni_nl_parse_nested(metrics, metric_policy, table, RTAX_MAX);
	return has_metric(table[RTAX_MTU], at_most(route->mtu, 65535 - 15)) &&
	       has_metric(table[RTAX_ADVMSS], at_most(route->advmss, 65535 - 40));
}

static bool has_scope(const struct cni_route *route, const struct rtmsg *rtm)
{
	return !route->has_scope || rtm->rtm_family != AF_INET || rtm->rtm_scope == route->scope;
}

static int compare(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	struct search *search = data;
	const struct cni_route *route = search->route;
	uint32_t in;

	(void)err;
	cni_nl_parse(message, policy, table, RTA_MAX);
	if (rtm->rtm_dst_len != search->dst.prefix || (!table[RTA_OIF] && !table[RTA_MULTIPATH]))
		return 0;
	in = cni_nl_u32(table[RTA_TABLE], rtm->rtm_table);
	if (in != search->table)
		return 0;
	if (search->dst.prefix && !same_ip(table[RTA_DST], &search->dst.ip))
		return 0;
	if (table[RTA_MULTIPATH]
		    ? !has_way(search, table[RTA_MULTIPATH])
		    : !is_way(search, cni_nl_u32(table[RTA_OIF], 0), table[RTA_GATEWAY]))
		return 0;
	if (cni_ip_is_set(&route->src) && !same_ip(table[RTA_PREFSRC], &route->src))
		return 0;
	if (route->priority && cni_nl_u32(table[RTA_PRIORITY], 0) != route->priority)
		return 0;
	search->found |= has_scope(route, rtm) && has_metrics(route, table[RTA_METRICS]);
	return 0;
}

int cni_route_exists(struct cni_nl *nl, int index, const struct cni_route *route, bool *ret_exists,
		     struct cni_error *err)
{
	struct search search = {.route = route,
				.dst = cni_net_masked(&route->dst),
				.index = (uint32_t)index,
				.table = cni_route_table(route)};
	struct cni_nl_message m;
	struct rtmsg *rtm = cni_nl_init(&m, RTM_GETROUTE, 0, sizeof(*rtm));

	rtm->rtm_family = route->dst.ip.family;
	/* Filters of a strict dump (since 4.20). */
	cni_nl_put_u32(&m, RTA_TABLE, search.table);
	if (index)
		cni_nl_put_u32(&m, RTA_OIF, (uint32_t)index);
	if (cni_nl_dump(nl, &m, compare, NULL, &search, err) < 0)
		return cni_fail_within(err, "list the routes");
	*ret_exists = search.found;
	return 0;
}

static int keep_way(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	struct cni_route_way *way = data;

	(void)err;
	cni_nl_parse(message, policy, table, RTA_MAX);
	way->is_local = rtm->rtm_type == RTN_LOCAL;
	way->index = (int)cni_nl_u32(table[RTA_OIF], 0);
	return 0;
}

int cni_route_get(struct cni_nl *nl, const struct cni_ip *ip, struct cni_route_way *ret_way,
		  struct cni_error *err)
{
	char text[CNI_IP_TEXT_SIZE];
	struct cni_nl_message m;
	struct rtmsg *rtm = cni_nl_init(&m, RTM_GETROUTE, 0, sizeof(*rtm));

	*ret_way = (struct cni_route_way){0};
	rtm->rtm_family = ip->family;
	rtm->rtm_dst_len = (uint8_t)cni_ip_bits(ip);
	cni_nl_put_ip(&m, RTA_DST, ip);
	if (cni_nl_get(nl, &m, keep_way, ret_way, err) < 0)
		return cni_fail_within(err, "look up the route to %s", cni_ip_format(ip, text));
	return 0;
}
