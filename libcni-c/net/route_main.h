/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of the main table, to be looked at. */
#ifndef CNI_ROUTE_MAIN_H
#define CNI_ROUTE_MAIN_H

#include "error.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cni_main_route {
	struct cni_net dst; /* the family is set in any case; prefix 0: the default route */
	int index;	    /* the link of the first next hop; 0: none */
	uint8_t protocol;   /* RTPROT_* */
	bool has_gateway;
};

/* All zeroes is empty. */
struct cni_main_routes {
	struct cni_main_route *items;
	size_t count;
};

/* Lists the unicast routes of both families. The caller clears. Fails with CNI_EKERNEL. */
int cni_main_routes(struct cni_nl *nl, struct cni_main_routes *ret_routes, struct cni_error *err);
void cni_main_routes_clear(struct cni_main_routes *routes);

#endif
