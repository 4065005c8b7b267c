/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of a link as the kernel describes them, to be moved to another table and put back: with
 * all attributes, metrics and next hops. */
#ifndef CNI_ROUTE_LIST_H
#define CNI_ROUTE_LIST_H

#include "decls.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* A route; the members are read out of its message. */
struct cni_listed_route {
	struct cni_net dst; /* the family is set in any case; prefix 0: the default route */
	struct cni_ip gw;   /* unset: none, or one for each of several next hops */
	struct cni_ip src;  /* the preferred source; unset: none */
	uint32_t table;
	uint32_t priority;
	uint8_t scope;
	uint8_t protocol; /* RTPROT_* */
	uint8_t tos;
	struct nlmsghdr *message;
};

/* All zeroes is empty. */
struct cni_route_list {
	struct cni_listed_route *routes;
	size_t count;
};

/* A list holds no more routes than this. */
#define CNI_ROUTE_LIST_MAX 4096

/* Lists the routes of both families, in `table` (0: in all but the local one), of which every next hop
 * goes through the link `index`. Fails with CNI_EKERNEL: errnum E2BIG if there are too many. */
int cni_route_list(struct cni_nl *nl, int index, uint32_t table, struct cni_route_list *ret_list,
		   struct cni_error *err);
void cni_route_list_clear(struct cni_route_list *list);

/* Makes the same route in `table`. With `replace` it takes the place of a route with its destination
 * and priority, maybe of another link's; otherwise it stands behind these, and fails with errnum
 * EEXIST if it is there already. */
int cni_route_list_put(struct cni_nl *nl, const struct cni_listed_route *route, uint32_t table,
		       bool replace, struct cni_error *err);

/* Likewise, behind others, and without its source, which the kernel then chooses. */
int cni_route_list_put_sourceless(struct cni_nl *nl, const struct cni_listed_route *route,
				  uint32_t table, struct cni_error *err);

/* Deletes the same route from `table`. Fails with errnum ESRCH if it is not there. */
int cni_route_list_del(struct cni_nl *nl, const struct cni_listed_route *route, uint32_t table,
		       struct cni_error *err);

/* Adds the route through the link `index` to the subnet of `address`, in the main table, with the address
 * as preferred source. The route stands behind others to the subnet. Fails with errnum EEXIST if it is
 * there already. */
int cni_route_add_subnet(struct cni_nl *nl, int index, const struct cni_net *address,
			 struct cni_error *err);
/* Deletes it. Fails with errnum ESRCH if it is not there. */
int cni_route_del_subnet(struct cni_nl *nl, int index, const struct cni_net *address,
			 struct cni_error *err);

/* Calls `cb` with table and link (0: several next hops) of each route of both families; `restart` is as in
 * cni_nl_dump(). */
int cni_route_each_table(struct cni_nl *nl,
			 int (*cb)(uint32_t table, int index, void *data, struct cni_error *err),
			 void (*restart)(void *data), void *data, struct cni_error *err);

CNI_END_DECLS

#endif
