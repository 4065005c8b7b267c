/* SPDX-License-Identifier: Apache-2.0 */
/* Routes through links, over rtnetlink(7). */
#ifndef CNI_ROUTE_H
#define CNI_ROUTE_H

#include "decls.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* Adds a route through the link `index`. A route without a gateway has the scope of the link,
 * unless it has a scope of its own; its table is main if `table` is 0. There is no delete: the
 * kernel removes a route with its link.
 * Fails with CNI_EKERNEL, naming the route; errnum EEXIST if there is the same one; CNI_ECONFIG if the gateway is of
 * another family than the destination. */
int cni_route_add(struct cni_nl *nl, int index, const struct cni_route *route,
		  struct cni_error *err);

/* Adds a route with several next hops (equal-cost multipath): `routes` are `count` routes, at least one, that
 * differ in their gateways alone (cni_route_is_way()). Otherwise as cni_route_add(). */
int cni_route_add_ways(struct cni_nl *nl, int index, const struct cni_route *routes, size_t count,
		       struct cni_error *err);

/* The table that the route is in: main if it names none, or 0. */
uint32_t cni_route_table(const struct cni_route *route);

/* True if the two have different gateways and nothing else that differs. */
bool cni_route_is_way(const struct cni_route *one, const struct cni_route *other);
/* As cni_route_add(), but errnum is EEXIST if any route leads to the destination with this table and
 * priority, through whichever link. */
int cni_route_claim(struct cni_nl *nl, int index, const struct cni_route *route,
		    struct cni_error *err);

/* Sets `ret_exists` to true if this route goes through the link `index` (0: any). The comparison
 * covers destination, gateway and table and, where the route names them, source, priority, MTU,
 * advertised MSS and (IPv4; the kernel gives IPv6 routes none) scope. Further routes to the
 * destination do not matter; a next hop of a route with several counts as a route. */
int cni_route_exists(struct cni_nl *nl, int index, const struct cni_route *route, bool *ret_exists,
		     struct cni_error *err);

/* The route that the kernel chooses for an address. */
struct cni_route_way {
	int index;     /* of the link */
	bool is_local; /* it is this host's own address */
};

/* Looks up the route to an address. Fails with CNI_EKERNEL; errnum ENETUNREACH if there is no
 * route. */
int cni_route_get(struct cni_nl *nl, const struct cni_ip *ip, struct cni_route_way *ret_way,
		  struct cni_error *err);

/* The link of the default route that takes precedence: of IPv4 if there is one, otherwise of IPv6, in the
 * main table, with the lowest metric. `*ret_index` is 0 without one. */
int cni_route_default(struct cni_nl *nl, int *ret_index, struct cni_error *err);

/* "10.1.0.0/16 via 10.1.0.1". Returns `text`. */
#define CNI_ROUTE_TEXT_SIZE (CNI_NET_TEXT_SIZE + CNI_IP_TEXT_SIZE + 8)
const char *cni_route_format(const struct cni_route *route, char text[CNI_ROUTE_TEXT_SIZE]);

CNI_END_DECLS

#endif
