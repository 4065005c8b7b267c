/* SPDX-License-Identifier: Apache-2.0 */
#include "route_main.h"

#include "mem.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>

static const struct cni_nl_policy policy[RTA_MAX + 1] = {
	[RTA_DST] = {MNL_TYPE_BINARY, 4, 16},
	[RTA_OIF] = {MNL_TYPE_U32},
	[RTA_GATEWAY] = {MNL_TYPE_BINARY, 4, 16},
	[RTA_VIA] = {MNL_TYPE_BINARY, sizeof(struct rtvia)},
	[RTA_MULTIPATH] = {MNL_TYPE_BINARY, sizeof(struct rtnexthop)},
	[RTA_TABLE] = {MNL_TYPE_U32},
};

struct reading {
	struct cni_main_routes *routes;
	size_t first; /* of this family */
	uint8_t family;
};

static int first_index(const struct nlattr *const *table)
{
	const struct rtnexthop *hop;
	size_t size;

	if (!table[RTA_MULTIPATH])
		return (int)cni_nl_u32(table[RTA_OIF], 0);
	hop = (const void *)cni_nl_binary(table[RTA_MULTIPATH], &size);
	return hop && size >= sizeof(*hop) ? hop->rtnh_ifindex : 0;
}

static int keep(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	struct reading *reading = data;
	struct cni_main_routes *routes = reading->routes;
	struct cni_main_route *route;

	(void)err;
	cni_nl_parse(message, policy, table, RTA_MAX);
	if (rtm->rtm_family != reading->family || rtm->rtm_type != RTN_UNICAST ||
	    rtm->rtm_flags & RTM_F_CLONED ||
	    cni_nl_u32(table[RTA_TABLE], rtm->rtm_table) != RT_TABLE_MAIN)
		return 0;
	/* Doubled as it grows: a router may have a million. */
	if (!(routes->count & (routes->count + 1)))
		routes->items = cni_realloc_array(routes->items, routes->count * 2 + 2,
						  sizeof(*routes->items));
	route = &routes->items[routes->count++];
	*route = (struct cni_main_route){.index = first_index(table),
					 .protocol = rtm->rtm_protocol,
					 .has_gateway = table[RTA_GATEWAY] || table[RTA_VIA] ||
							table[RTA_MULTIPATH]};
	if (cni_nl_ip(table[RTA_DST], rtm->rtm_family, &route->dst.ip))
		route->dst.prefix = rtm->rtm_dst_len;
	route->dst.ip.family = rtm->rtm_family;
	return 0;
}

static void restart(void *data)
{
	const struct reading *reading = data;

	reading->routes->count = reading->first;
}

int cni_main_routes(struct cni_nl *nl, struct cni_main_routes *ret_routes, struct cni_error *err)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};

	*ret_routes = (struct cni_main_routes){.count = 0};
	for (size_t i = 0; i < sizeof(families); i++) {
		struct reading reading = {ret_routes, ret_routes->count, families[i]};
		struct cni_nl_message m;
		struct rtmsg *rtm = cni_nl_init(&m, RTM_GETROUTE, 0, sizeof(*rtm));

		rtm->rtm_family = families[i];
		if (cni_nl_dump(nl, &m, keep, restart, &reading, err) < 0) {
			cni_main_routes_clear(ret_routes);
			return cni_fail_within(err, "list the routes");
		}
	}
	return 0;
}

void cni_main_routes_clear(struct cni_main_routes *routes)
{
	free(routes->items);
	*routes = (struct cni_main_routes){.count = 0};
}
