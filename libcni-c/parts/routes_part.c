/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "container_end.h"
#include "route.h"
#include "route_list.h"

#include <linux/rtnetlink.h>

static void print(FILE *out, const void *data)
{
	(void)data;
	fputs(" container", out);
}

/* The route with the gateway it goes through: its own, or the first of its family. A route of link
 * scope has none. */
static struct cni_route resolve(const struct cni_attachment *at, const struct cni_route *route)
{
	struct cni_route resolved = *route;

	if (route->has_scope && route->scope == RT_SCOPE_LINK)
		return resolved;
	for (size_t i = 0; i < at->result->ip_count && !cni_ip_is_set(&resolved.gw); i++)
		if (at->result->ips[i].gateway.family == route->dst.ip.family)
			resolved.gw = at->result->ips[i].gateway;
	return resolved;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	(void)data;
	for (size_t i = 0; i < at->result->route_count; i++) {
		struct cni_route route = resolve(at, &at->result->routes[i]);

		if (cni_route_add(&at->nl[CNI_CONTAINER], at->container.index, &route, err) < 0)
			return cni_container_end_failed(at, err);
	}
	return 0;
}

/* The Go plugin ignores a route's MTU and MSS, and CHECK accepts its attachments, whose pair has no
 * alias. The veth part has found the pair. */
static struct cni_route expected(const struct cni_attachment *at, const struct cni_route *route)
{
	struct cni_route resolved = resolve(at, route);

	if (!*at->host.alias)
		resolved.mtu = resolved.advmss = 0;
	return resolved;
}

/* True if CNI_IFNAME has a route to the destination in another table: a later plugin (sbr, vrf) has moved
 * it, and may have chosen another gateway. */
static int is_moved(struct cni_attachment *at, const struct cni_route *route, bool *ret_is,
		    struct cni_error *err)
{
	struct cni_net dst = cni_net_masked(&route->dst);
	struct cni_route_list list;

	*ret_is = false;
	if (route->has_table || !at->container.index)
		return 0;
	if (cni_route_list(&at->nl[CNI_CONTAINER], at->container.index, 0, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		*ret_is |= list.routes[i].table != RT_TABLE_MAIN &&
			   cni_net_equal(&list.routes[i].dst, &dst);
	cni_route_list_clear(&list);
	return 0;
}

/* Through any link: a later plugin may have added a link, and routes through it to the result. */
static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	for (size_t i = 0; i < at->result->route_count; i++) {
		struct cni_route route = expected(at, &at->result->routes[i]);
		char text[CNI_ROUTE_TEXT_SIZE];
		bool exists;

		if (cni_route_exists(&at->nl[CNI_CONTAINER], 0, &route, &exists, err) < 0)
			return -1;
		if (!exists && is_moved(at, &route, &exists, err) < 0)
			return -1;
		if (!exists)
			return cni_fail(err, CNI_EMISMATCH, "route %s is missing in the container",
					cni_route_format(&route, text));
	}
	return 0;
}

const struct cni_part_ops cni_routes_part_ops = {
	.name = "routes",
	.size = sizeof(struct cni_routes_part),
	.add = add,
	.check = check,
	.print = print,
};
