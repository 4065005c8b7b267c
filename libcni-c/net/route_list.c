/* SPDX-License-Identifier: Apache-2.0 */
#include "route_list.h"

#include "mem.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t families[] = {AF_INET, AF_INET6};

static const struct cni_nl_policy policy[RTA_MAX + 1] = {
	[RTA_DST] = {MNL_TYPE_BINARY, 4, 16},
	[RTA_OIF] = {MNL_TYPE_U32},
	[RTA_GATEWAY] = {MNL_TYPE_BINARY, 4, 16},
	[RTA_PRIORITY] = {MNL_TYPE_U32},
	[RTA_PREFSRC] = {MNL_TYPE_BINARY, 4, 16},
	[RTA_MULTIPATH] = {MNL_TYPE_BINARY, sizeof(struct rtnexthop)},
	[RTA_TABLE] = {MNL_TYPE_U32},
	[RTA_NH_ID] = {MNL_TYPE_U32},
};

/* ---- next hops ---- */

/* The next hop behind this one, or NULL; `left` counts the bytes from it on. */
static struct rtnexthop *next_hop(struct rtnexthop *hop, size_t *left)
{
	size_t size = ((size_t)hop->rtnh_len + RTNH_ALIGNTO - 1) & ~(size_t)(RTNH_ALIGNTO - 1);

	if (size >= *left)
		return NULL;
	*left -= size;
	return (void *)((char *)hop + size);
}

static bool is_hop(const struct rtnexthop *hop, size_t left)
{
	return hop && left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) &&
	       hop->rtnh_len <= left;
}

/* True if each of several next hops goes through the link. */
static bool all_hops_use(const struct nlattr *hops, int index)
{
	size_t left;
	struct rtnexthop *hop = (void *)cni_nl_binary(hops, &left);

	for (; is_hop(hop, left); hop = next_hop(hop, &left))
		if (hop->rtnh_ifindex != index)
			return false;
	return true;
}

/* The kernel takes no state back that it has found by itself. */
static void clear_states(const struct nlattr *hops)
{
	size_t left;
	struct rtnexthop *hop = (void *)cni_nl_binary(hops, &left);

	for (; is_hop(hop, left); hop = next_hop(hop, &left))
		hop->rtnh_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
}

/* ---- reading ---- */

struct reading {
	int index;
	uint32_t table;
	uint8_t family;
	struct cni_route_list *list;
	size_t first; /* of this dump */
	bool has_more;
};

static void read_route(const struct nlmsghdr *message, const struct nlattr *const *table,
		       struct cni_listed_route *route)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);

	*route = (struct cni_listed_route){
		.table = cni_nl_u32(table[RTA_TABLE], rtm->rtm_table),
		.priority = cni_nl_u32(table[RTA_PRIORITY], 0),
		.scope = rtm->rtm_scope,
		.protocol = rtm->rtm_protocol,
		.tos = rtm->rtm_tos,
	};
	if (cni_nl_ip(table[RTA_DST], rtm->rtm_family, &route->dst.ip))
		route->dst.prefix = rtm->rtm_dst_len;
	route->dst.ip.family = rtm->rtm_family;
	cni_nl_ip(table[RTA_GATEWAY], rtm->rtm_family, &route->gw);
	cni_nl_ip(table[RTA_PREFSRC], rtm->rtm_family, &route->src);
}

static bool is_wanted(const struct reading *reading, const struct rtmsg *rtm,
		      const struct nlattr *const *table)
{
	uint32_t in = cni_nl_u32(table[RTA_TABLE], rtm->rtm_table);

	if (rtm->rtm_family != reading->family || rtm->rtm_flags & RTM_F_CLONED ||
	    (reading->table ? in != reading->table : in == RT_TABLE_LOCAL))
		return false;
	if (table[RTA_MULTIPATH])
		return all_hops_use(table[RTA_MULTIPATH], reading->index);
	return table[RTA_OIF] && cni_nl_u32(table[RTA_OIF], 0) == (uint32_t)reading->index;
}

static int keep(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	struct reading *reading = data;
	struct cni_route_list *list = reading->list;
	struct cni_listed_route *route;

	(void)err;
	cni_nl_parse(message, policy, table, RTA_MAX);
	if (!is_wanted(reading, rtm, table))
		return 0;
	if (list->count == CNI_ROUTE_LIST_MAX) {
		reading->has_more = true;
		return 0;
	}
	list->routes = cni_realloc_array(list->routes, list->count + 1, sizeof(*list->routes));
	route = &list->routes[list->count++];
	read_route(message, table, route);
	/* mnl_attr_parse() reads to the aligned end. */
	route->message = cni_alloc(NLMSG_ALIGN(message->nlmsg_len));
	memcpy(route->message, message, message->nlmsg_len);
	return 0;
}

static void forget(void *data)
{
	struct reading *reading = data;

	while (reading->list->count > reading->first)
		free(reading->list->routes[--reading->list->count].message);
	reading->has_more = false;
}

void cni_route_list_clear(struct cni_route_list *list)
{
	while (list->count)
		free(list->routes[--list->count].message);
	free(list->routes);
	list->routes = NULL;
}

/* Each family for itself: a dump of both begins with the first family whose table is missing. ENOENT: no
 * route has been in the table yet. */
static int read_family(struct cni_nl *nl, struct reading *reading, struct cni_error *err)
{
	struct cni_nl_message m;
	struct rtmsg *rtm = cni_nl_init(&m, RTM_GETROUTE, 0, sizeof(*rtm));

	rtm->rtm_family = reading->family;
	/* Filters of a strict dump (since 4.20). */
	if (reading->table)
		cni_nl_put_u32(&m, RTA_TABLE, reading->table);
	cni_nl_put_u32(&m, RTA_OIF, (uint32_t)reading->index);
	if (cni_nl_dump(nl, &m, keep, forget, reading, err) < 0 && err->errnum != ENOENT)
		return cni_fail_within(err, "list the routes of link %d", reading->index);
	if (!reading->has_more)
		return 0;
	cni_fail(err, CNI_EKERNEL, "link %d has more than %d routes", reading->index,
		 CNI_ROUTE_LIST_MAX);
	err->errnum = E2BIG;
	return -1;
}

int cni_route_list(struct cni_nl *nl, int index, uint32_t table, struct cni_route_list *ret_list,
		   struct cni_error *err)
{
	*ret_list = (struct cni_route_list){.count = 0};
	for (size_t i = 0; i < sizeof(families); i++) {
		struct reading reading = {.index = index,
					  .table = table,
					  .family = families[i],
					  .list = ret_list,
					  .first = ret_list->count};

		if (read_family(nl, &reading, err) < 0) {
			cni_route_list_clear(ret_list);
			return -1;
		}
	}
	return 0;
}

/* ---- writing ---- */

/* The kernel describes the next hops of a route with a nexthop object as well, but refuses both. */
static bool is_left_out(uint16_t type, bool has_object, bool has_source)
{
	switch (type) {
	case RTA_TABLE:
	case RTA_CACHEINFO:
		return true;
	case RTA_PREFSRC:
		return !has_source;
	case RTA_OIF:
	case RTA_GATEWAY:
	case RTA_VIA:
	case RTA_MULTIPATH:
	case RTA_ENCAP:
	case RTA_ENCAP_TYPE:
		return has_object;
	default:
		return false;
	}
}

struct copy {
	struct cni_nl_message *m;
	bool has_object;
	bool has_source;
};

static int copy_attribute(const struct nlattr *attribute, void *data)
{
	const struct copy *copy = data;

	/* With the flag of a nest. */
	if (!is_left_out(mnl_attr_get_type(attribute), copy->has_object, copy->has_source))
		cni_nl_put(copy->m, attribute->nla_type, mnl_attr_get_payload(attribute),
			   mnl_attr_get_payload_len(attribute));
	return MNL_CB_OK;
}

static void begin(struct cni_nl_message *m, uint16_t type, uint16_t flags,
		  const struct cni_listed_route *route, uint32_t table, bool has_source)
{
	const struct rtmsg *from = mnl_nlmsg_get_payload(route->message);
	const struct nlattr *known[RTA_MAX + 1];
	struct rtmsg *rtm = cni_nl_init(m, type, flags, sizeof(*rtm));

	*rtm = *from;
	rtm->rtm_table = RT_TABLE_UNSPEC;
	rtm->rtm_flags &= RTNH_F_ONLINK;
	cni_nl_parse(route->message, policy, known, RTA_MAX);
	if (known[RTA_MULTIPATH])
		clear_states(known[RTA_MULTIPATH]);
	cni_nl_put_u32(m, RTA_TABLE, table);
	mnl_attr_parse(route->message, sizeof(*from), copy_attribute,
		       &(struct copy){m, known[RTA_NH_ID] != NULL, has_source});
}

static const char *format(const struct cni_listed_route *route, char text[CNI_NET_TEXT_SIZE])
{
	return cni_net_format(&route->dst, text);
}

static int put(struct cni_nl *nl, const struct cni_listed_route *route, uint32_t table,
	       uint16_t flags, bool has_source, struct cni_error *err)
{
	char text[CNI_NET_TEXT_SIZE];
	struct cni_nl_message m;

	begin(&m, RTM_NEWROUTE, NLM_F_CREATE | flags, route, table, has_source);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "add route %s to table %u", format(route, text), table);
	return 0;
}

int cni_route_list_put(struct cni_nl *nl, const struct cni_listed_route *route, uint32_t table,
		       bool replace, struct cni_error *err)
{
	return put(nl, route, table, replace ? NLM_F_REPLACE : NLM_F_APPEND, true, err);
}

int cni_route_list_put_sourceless(struct cni_nl *nl, const struct cni_listed_route *route,
				  uint32_t table, struct cni_error *err)
{
	return put(nl, route, table, NLM_F_APPEND, false, err);
}

int cni_route_list_del(struct cni_nl *nl, const struct cni_listed_route *route, uint32_t table,
		       struct cni_error *err)
{
	char text[CNI_NET_TEXT_SIZE];
	struct cni_nl_message m;

	begin(&m, RTM_DELROUTE, 0, route, table, true);
	if (cni_nl_transact(nl, &m, NULL, NULL, err) < 0)
		return cni_fail_within(err, "delete route %s from table %u", format(route, text),
				       table);
	return 0;
}

static int change_subnet(struct cni_nl *nl, uint16_t type, uint16_t flags, int index,
			 const struct cni_net *address, struct cni_error *err)
{
	const struct cni_net subnet = cni_net_masked(address);
	struct cni_nl_message m;
	struct rtmsg *rtm = cni_nl_init(&m, type, flags, sizeof(*rtm));

	rtm->rtm_family = subnet.ip.family;
	rtm->rtm_dst_len = subnet.prefix;
	rtm->rtm_protocol = RTPROT_BOOT;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_scope = RT_SCOPE_LINK;
	rtm->rtm_table = RT_TABLE_MAIN;
	cni_nl_put_u32(&m, RTA_OIF, (uint32_t)index);
	if (subnet.prefix)
		cni_nl_put_ip(&m, RTA_DST, &subnet.ip);
	cni_nl_put_ip(&m, RTA_PREFSRC, &address->ip);
	return cni_nl_transact(nl, &m, NULL, NULL, err);
}

int cni_route_add_subnet(struct cni_nl *nl, int index, const struct cni_net *address,
			 struct cni_error *err)
{
	char text[CNI_NET_TEXT_SIZE];

	if (change_subnet(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, index, address, err) < 0)
		return cni_fail_within(err, "add the subnet's route of %s",
				       cni_net_format(address, text));
	return 0;
}

int cni_route_del_subnet(struct cni_nl *nl, int index, const struct cni_net *address,
			 struct cni_error *err)
{
	char text[CNI_NET_TEXT_SIZE];

	if (change_subnet(nl, RTM_DELROUTE, 0, index, address, err) < 0)
		return cni_fail_within(err, "delete the subnet's route of %s",
				       cni_net_format(address, text));
	return 0;
}

/* ---- tables ---- */

struct each {
	int (*cb)(uint32_t table, int index, void *data, struct cni_error *err);
	void (*restart)(void *data);
	void *data;
	uint8_t family;
};

static int visit(const struct nlmsghdr *message, void *data, struct cni_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	const struct each *each = data;

	if (rtm->rtm_family != each->family)
		return 0;
	cni_nl_parse(message, policy, table, RTA_MAX);
	return each->cb(cni_nl_u32(table[RTA_TABLE], rtm->rtm_table),
			(int)cni_nl_u32(table[RTA_OIF], 0), each->data, err);
}

static void restart_each(void *data)
{
	const struct each *each = data;

	if (each->restart)
		each->restart(each->data);
}

int cni_route_each_table(struct cni_nl *nl,
			 int (*cb)(uint32_t table, int index, void *data, struct cni_error *err),
			 void (*restart)(void *data), void *data, struct cni_error *err)
{
	for (size_t i = 0; i < sizeof(families); i++) {
		struct each each = {cb, restart, data, families[i]};
		struct cni_nl_message m;
		struct rtmsg *rtm = cni_nl_init(&m, RTM_GETROUTE, 0, sizeof(*rtm));

		rtm->rtm_family = each.family;
		if (cni_nl_dump(nl, &m, visit, restart_each, &each, err) < 0)
			return cni_fail_within(err, "list the routes");
	}
	return 0;
}
