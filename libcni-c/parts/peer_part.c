/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "addr.h"
#include "cleanup.h"
#include "container_end.h"
#include "mem.h"
#include "peer.h"
#include "route.h"
#include "routing_tables.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static void print(FILE *out, const void *data)
{
	(void)data;
	fputs(" container and host", out);
}

static struct cni_net host_net(const struct cni_ip *ip)
{
	return (struct cni_net){*ip, (uint8_t)cni_ip_bits(ip)};
}

/* ---- the container side ---- */

struct routes {
	struct cni_route *items;
	size_t count;
};

/* The first one stays: the kernel takes no second IPv6 route with another source. */
static void put(struct routes *routes, const struct cni_route *route)
{
	for (size_t i = 0; i < routes->count; i++)
		if (cni_net_equal(&routes->items[i].dst, &route->dst) &&
		    cni_ip_equal(&routes->items[i].gw, &route->gw))
			return;
	routes->items = cni_realloc_array(routes->items, routes->count + 1, sizeof(*routes->items));
	routes->items[routes->count++] = *route;
}

static void put_gateway(struct routes *routes, const struct cni_ip *gateway,
			const struct cni_ip *source)
{
	const struct cni_route route = {.dst = host_net(gateway),
					.src = *source,
					.has_scope = true,
					.scope = RT_SCOPE_LINK};

	put(routes, &route);
}

static bool has_gateway(const struct cni_attachment *at, const struct cni_result_ip *ip)
{
	return cni_ip_is_set(&ip->gateway) && cni_attachment_has_ip(at, ip);
}

/* A route of the result may have a gateway of its own in the network, which would be on the link without
 * this part. */
static void put_gateways_of_routes(const struct cni_result *result, const struct cni_result_ip *ip,
				   struct routes *routes)
{
	for (size_t i = 0; i < result->route_count; i++) {
		const struct cni_ip *gateway = &result->routes[i].gw;

		if (cni_ip_is_set(gateway) && cni_net_contains(&ip->address, gateway))
			put_gateway(routes, gateway, &ip->address.ip);
	}
}

/* The routes to the gateways come first: the kernel refuses a gateway that no route leads to. */
static struct routes routes_of_container(const struct cni_attachment *at)
{
	const struct cni_result *result = at->result;
	struct routes routes = {0};

	for (size_t i = 0; i < result->ip_count; i++)
		if (has_gateway(at, &result->ips[i]))
			put_gateway(&routes, &result->ips[i].gateway, &result->ips[i].address.ip);
	for (size_t i = 0; i < result->ip_count; i++)
		if (has_gateway(at, &result->ips[i]))
			put_gateways_of_routes(result, &result->ips[i], &routes);
	for (size_t i = 0; i < result->ip_count; i++) {
		const struct cni_result_ip *ip = &result->ips[i];
		const struct cni_route route = {.dst = cni_net_masked(&ip->address),
						.gw = ip->gateway,
						.src = ip->address.ip};

		if (has_gateway(at, ip) && ip->address.prefix < cni_ip_bits(&ip->address.ip))
			put(&routes, &route);
	}
	return routes;
}

static int add_to_container(struct cni_attachment *at, struct cni_error *err)
{
	struct routes routes = routes_of_container(at);
	int failed = 0;

	for (size_t i = 0; !failed && i < routes.count; i++)
		if (cni_route_add(&at->nl[CNI_CONTAINER], at->container.index, &routes.items[i],
				  err) < 0)
			failed = cni_container_end_failed(at, err);
	free(routes.items);
	return failed;
}

static int check_container(struct cni_attachment *at, struct cni_error *err)
{
	struct routes routes = routes_of_container(at);
	int failed = 0;

	for (size_t i = 0; !failed && i < routes.count; i++) {
		char text[CNI_ROUTE_TEXT_SIZE];
		bool exists;

		failed = cni_route_exists(&at->nl[CNI_CONTAINER], at->container.index,
					  &routes.items[i], &exists, err);
		if (!failed && !exists)
			failed = cni_routing_tables_have(at, &routes.items[i], &exists, err);
		if (!failed && !exists)
			failed = cni_fail(err, CNI_EMISMATCH,
					  "route %s through '%s' is missing in the container",
					  cni_route_format(&routes.items[i], text),
					  at->owner->ifname);
	}
	free(routes.items);
	return failed;
}

/* ---- the route to an address, on the host ---- */

/* The link that has the route to `ip`. */
struct holder {
	struct cni_attachment *at;
	const struct cni_ip *ip;
	struct cni_route route;
	char name[CNI_IFNAME_SIZE];
	char alias[256];
};

static int look(struct cni_nl *nl, void *data, bool *ret_done, struct cni_error *err)
{
	struct holder *holder = data;
	int index = holder->at->host.index;
	struct cni_error ignored;
	struct cni_route_way way;
	struct cni_link link;

	*ret_done = true;
	if (cni_route_claim(nl, index, &holder->route, err) == 0)
		return 0;
	if (err->errnum != EEXIST)
		return -1;
	*ret_done = cni_route_get(nl, holder->ip, &way, &ignored) == 0 && way.index == index;
	if (*ret_done || cni_link_get_by_index(nl, way.index, &link, &ignored) < 0)
		return 0;
	memcpy(holder->name, link.name, sizeof(holder->name));
	memcpy(holder->alias, link.alias, sizeof(holder->alias));
	return 0;
}

/* The IPAM plugin has given us the address. The link of a container that is gone may keep the route for a moment. A
 * route through the link of one that lives is an error anyway: two networks have one range, or the ledger is lost. */
static int take_route(struct cni_attachment *at, const struct cni_ip *ip, struct cni_error *err)
{
	struct cni_nl *nl = &at->nl[CNI_HOST];
	struct holder holder = {
		.at = at,
		.ip = ip,
		/* As the Go plugin has it. */
		.route = {.dst = host_net(ip), .has_scope = true, .scope = RT_SCOPE_HOST},
		.name = "no link"};
	char text[CNI_IP_TEXT_SIZE];
	bool done;

	if (look(nl, &holder, &done, err) < 0)
		return -1;
	if (done ||
	    cni_nl_wait(nl, NULL, RTNLGRP_LINK, CNI_PEER_LAST_MOMENT_MS, look, &holder, err) == 0)
		return 0;
	if (err->errnum != ETIMEDOUT)
		return -1;
	return cni_fail(err, CNI_ETAKEN,
			"the host's route to %s leads through '%s' (%s), expected no route to it "
			"before ADD",
			cni_ip_format(ip, text), holder.name,
			*holder.alias ? holder.alias : "no owner");
}

static int check_route(struct cni_attachment *at, const struct cni_ip *ip, struct cni_error *err)
{
	char text[CNI_IP_TEXT_SIZE];
	struct cni_error ignored;
	struct cni_route_way way;
	struct cni_link link = {.name = "no link"};

	if (cni_route_get(&at->nl[CNI_HOST], ip, &way, err) < 0) {
		if (err->errnum != ENETUNREACH && err->errnum != EHOSTUNREACH)
			return -1;
	} else if (way.index == at->host.index && !way.is_local) {
		return 0;
	} else {
		cni_link_get_by_index(&at->nl[CNI_HOST], way.index, &link, &ignored);
	}
	return cni_fail(err, CNI_EMISMATCH,
			"the host's route to %s leads through %s, expected '%s'",
			cni_ip_format(ip, text), link.name, at->host.name);
}

/* ---- the host side ---- */

static int ensure_gateway(struct cni_attachment *at, const struct cni_ip *gateway,
			  struct cni_error *err)
{
	struct cni_net net = host_net(gateway);

	/* EEXIST: of a second address with this gateway. */
	return cni_addr_add(&at->nl[CNI_HOST], at->host.index, &net, 0, err) < 0 &&
			       err->errnum != EEXIST
		       ? -1
		       : 0;
}

static int set_up_host(struct cni_attachment *at, struct cni_error *err)
{
	for (size_t i = 0; i < at->result->ip_count; i++) {
		const struct cni_result_ip *ip = &at->result->ips[i];

		if (!has_gateway(at, ip))
			continue;
		if (ensure_gateway(at, &ip->gateway, err) < 0) {
			cni_fail_within(err, "'%s'", at->host.name);
			return cni_container_end_explain(at, err);
		}
		if (take_route(at, &ip->address.ip, err) < 0)
			return cni_container_end_explain(at, err);
	}
	return 0;
}

static int check_gateway(struct cni_attachment *at, const struct cni_ip *gateway,
			 const struct cni_net *there, size_t count, struct cni_error *err)
{
	struct cni_net net = host_net(gateway);
	char text[CNI_NET_TEXT_SIZE];

	for (size_t i = 0; i < count; i++)
		if (cni_net_equal(&there[i], &net))
			return 0;
	return cni_fail(err, CNI_EMISMATCH, "'%s' lacks the gateway address %s, found %zu other",
			at->host.name, cni_net_format(&net, text), count);
}

static int check_host(struct cni_attachment *at, struct cni_error *err)
{
	freeing struct cni_net *there = NULL;
	size_t count;

	if (cni_addr_list(&at->nl[CNI_HOST], at->host.index, &there, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < at->result->ip_count; i++) {
		const struct cni_result_ip *ip = &at->result->ips[i];

		if (has_gateway(at, ip) &&
		    (check_gateway(at, &ip->gateway, there, count, err) < 0 ||
		     check_route(at, &ip->address.ip, err) < 0))
			return -1;
	}
	return 0;
}

/* ---- the part ---- */

static int refuse_own_gateways(const struct cni_attachment *at, struct cni_error *err)
{
	for (size_t i = 0; i < at->result->ip_count; i++) {
		const struct cni_result_ip *ip = &at->result->ips[i];
		char text[CNI_IP_TEXT_SIZE];

		if (cni_ip_equal(&ip->gateway, &ip->address.ip))
			return cni_fail(err, CNI_ECONFIG,
					"'ipam' has given %s as the container's address and as its "
					"gateway, expected two addresses",
					cni_ip_format(&ip->gateway, text));
	}
	return 0;
}

/* All of it goes with the pair, which the veth part removes. */
static int add(struct cni_attachment *at, void *data, struct cni_error *err)
{
	(void)data;
	if (refuse_own_gateways(at, err) < 0 || add_to_container(at, err) < 0)
		return -1;
	return set_up_host(at, err);
}

static int check(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return check_container(at, err) < 0 ? -1 : check_host(at, err);
}

/* The container's routes stay as they are: the container would notice a change. */
static int mend(struct cni_attachment *at, void *data, struct cni_error *err)
{
	return set_up_host(at, err) < 0 ? -1 : check(at, data, err);
}

const struct cni_part_ops cni_peer_part_ops = {
	.name = "peer",
	.size = sizeof(struct cni_peer_part),
	.add = add,
	.check = check,
	.mend = mend,
	.print = print,
};
