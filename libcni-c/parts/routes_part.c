/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "cleanup.h"
#include "container_end.h"
#include "mem.h"
#include "route.h"
#include "routing_tables.h"

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

/* The routes that are one with routes[first], itself in front: a second route to a destination would otherwise
 * stand in front of the first (IPv4), or be joined to it by the kernel (IPv6). The caller frees. */
static struct cni_route *ways_of(const struct cni_route *routes, size_t first, size_t count,
				 size_t *ret_count)
{
	struct cni_route *ways = cni_realloc_array(NULL, count - first, sizeof(*ways));

	*ret_count = 0;
	for (size_t i = first; i < count; i++) {
		bool is_way = i == first || cni_route_is_way(&routes[first], &routes[i]);

		for (size_t j = 0; j < *ret_count && is_way && i != first; j++)
			is_way = cni_route_is_way(&ways[j], &routes[i]);
		if (is_way)
			ways[(*ret_count)++] = routes[i];
	}
	return ways;
}

/* True if an earlier route has this one among its ways. */
static bool is_done(const struct cni_route *routes, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (cni_route_is_way(&routes[i], &routes[index]))
			return true;
	return false;
}

static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	size_t count = at->result->route_count;
	freeing struct cni_route *routes = NULL;

	(void)data;
	if (!count)
		return 0;
	routes = cni_realloc_array(NULL, count, sizeof(*routes));
	for (size_t i = 0; i < count; i++)
		routes[i] = resolve(at, &at->result->routes[i]);
	for (size_t i = 0; i < count; i++) {
		freeing struct cni_route *ways = NULL;
		size_t way_count;

		if (is_done(routes, i))
			continue;
		ways = ways_of(routes, i, count, &way_count);
		if (cni_route_add_ways(&at->nl[CNI_CONTAINER], at->container.index, ways, way_count,
				       err) < 0)
			return cni_container_end_failed(at, err);
	}
	return 0;
}

/* The Go plugins ignore a route's MTU and MSS, and CHECK accepts their attachments, whose links have no
 * alias. The part of the link has found it. */
static struct cni_route expected(const struct cni_attachment *at, const struct cni_route *route)
{
	struct cni_route resolved = resolve(at, route);

	if (!*(at->host.index ? at->host.alias : at->container.alias))
		resolved.mtu = resolved.advmss = 0;
	return resolved;
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
		if (!exists && cni_routing_tables_have(at, &route, &exists, err) < 0)
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
