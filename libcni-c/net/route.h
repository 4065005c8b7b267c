/* SPDX-License-Identifier: Apache-2.0 */
/* Routes through links, over rtnetlink(7). */
#ifndef CNI_ROUTE_H
#define CNI_ROUTE_H

#include "ip.h"
#include "nl.h"

#include <stdbool.h>

/* Adds a route through the link `index`. Without a gateway its scope is the link, unless it says
 * another; table is main unless it says another, which 0 does not. There is no delete: a route dies with its link.
 * Fails with CNI_EKERNEL, naming the route; errnum EEXIST if there is the same one. */
int cni_route_add(struct cni_nl *nl, int index, const struct cni_route *route,
		  struct cni_error *err);

/* Is there this route through the link `index` (0: any)? Destination, gateway, table (unless
 * `in_any_table`) and, if given, priority are compared; more routes than this one don't matter. One
 * of several ways to a destination counts. */
int cni_route_exists(struct cni_nl *nl, int index, const struct cni_route *route, bool in_any_table,
		     bool *ret_exists, struct cni_error *err);

/* How the kernel would send something to an address. */
struct cni_route_way {
	int index;     /* of the link */
	bool is_local; /* it is this host's own address */
};

/* Fails with CNI_EKERNEL; errnum ENETUNREACH if there is no route. */
int cni_route_get(struct cni_nl *nl, const struct cni_ip *ip, struct cni_route_way *ret_way,
		  struct cni_error *err);

/* "10.1.0.0/16 via 10.1.0.1". Returns `text`. */
#define CNI_ROUTE_TEXT_SIZE (CNI_NET_TEXT_SIZE + CNI_IP_TEXT_SIZE + 8)
const char *cni_route_format(const struct cni_route *route, char text[CNI_ROUTE_TEXT_SIZE]);

#endif
