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

/* The route with the gateway it goes through: its own, or the first of its family. One that says
 * its scope is the link wants none. */
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

/* Through any link: a later plugin may have added one with routes of its own to the result. Results
 * before 1.1.0 have neither tables nor scopes: any will do. */
static int find(struct cni_attachment *at, const struct cni_route *route, bool *ret_exists,
		struct cni_error *err)
{
	const struct cni_route resolved = resolve(at, route);
	bool is_brief = at->call->conf.version < CNI_1_1_0;
	struct cni_nl *nl = &at->nl[CNI_CONTAINER];

	if (cni_route_exists(nl, 0, &resolved, is_brief, ret_exists, err) < 0)
		return -1;
	if (*ret_exists || !is_brief)
		return 0;
	return cni_route_exists(nl, 0, route, is_brief, ret_exists, err);
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	for (size_t i = 0; i < at->result->route_count; i++) {
		struct cni_route route = resolve(at, &at->result->routes[i]);
		char text[CNI_ROUTE_TEXT_SIZE];
		bool exists;

		if (find(at, &at->result->routes[i], &exists, err) < 0)
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
