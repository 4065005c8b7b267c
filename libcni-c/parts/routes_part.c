/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "container_end.h"
#include "route.h"

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
