/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <linux/rtnetlink.h>

struct best {
	bool is_found;
	uint32_t metric;
	uint32_t index;
};

static const struct cni_nl_policy policy[RTA_MAX + 1] = {
	[RTA_OIF] = {MNL_TYPE_U32},
	[RTA_PRIORITY] = {MNL_TYPE_U32},
	[RTA_MULTIPATH] = {MNL_TYPE_BINARY, sizeof(struct rtnexthop)},
	[RTA_TABLE] = {MNL_TYPE_U32},
};

/* The link of the route, or of its first next hop. */
static uint32_t link_of(const struct nlattr *const table[])
{
	const struct rtnexthop *way = cni_nl_binary(table[RTA_MULTIPATH], NULL);

	return table[RTA_OIF] || !way ? cni_nl_u32(table[RTA_OIF], 0) : (uint32_t)way->rtnh_ifindex;
}

static int look(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	struct best *best = data;
	uint32_t metric;

	(void)err;
	if (rtm->rtm_dst_len || rtm->rtm_type != RTN_UNICAST)
		return 0;
	cni_nl_parse(message, policy, table, RTA_MAX);
	metric = cni_nl_u32(table[RTA_PRIORITY], 0);
	if (cni_nl_u32(table[RTA_TABLE], rtm->rtm_table) != RT_TABLE_MAIN || !link_of(table) ||
	    (best->is_found && best->metric <= metric))
		return 0;
	*best = (struct best){true, metric, link_of(table)};
	return 0;
}

static void forget(void *data)
{
	*(struct best *)data = (struct best){.index = 0};
}

int cni_route_default(struct cni_nl *nl, int *ret_index, struct cni_error *err)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct best best = {.index = 0};

	for (size_t i = 0; i < 2 && !best.index; i++) {
		struct cni_nl_message m;
		struct rtmsg *rtm = cni_nl_init(&m, RTM_GETROUTE, 0, sizeof(*rtm));

		rtm->rtm_family = families[i];
		cni_nl_put_u32(&m, RTA_TABLE, RT_TABLE_MAIN);
		if (cni_nl_dump(nl, &m, look, forget, &best, err) < 0)
			return cni_fail_within(err, "look for the default route");
	}
	*ret_index = (int)best.index;
	return 0;
}
