/* SPDX-License-Identifier: Apache-2.0 */
/* The container's routing tables: which are in use, for the parts that choose one, and which have a route. */
#ifndef CNI_ROUTING_TABLES_H
#define CNI_ROUTING_TABLES_H

#include "attachment.h"
#include "decls.h"
#include "route.h"

#include <stdint.h>

CNI_BEGIN_DECLS

/* The tables from `first` on; those above are not counted, so that the container's root can make no
 * choice costly. */
#define CNI_ROUTING_TABLES 4096
struct cni_routing_tables {
	uint32_t first;
	uint8_t used[CNI_ROUTING_TABLES / 8];
};

/* Two plugins that choose a table for one container choose one after the other. `*ret_lock` gets a
 * descriptor that the caller closes; -1 where there is no lock, and the plugin goes on without. */
void cni_routing_tables_lock(const struct cni_attachment *at, int *ret_lock);

/* Reads which tables have a rule, a route or a VRF in the container. */
int cni_routing_tables_read(struct cni_attachment *at, uint32_t first,
			    struct cni_routing_tables *ret_tables, struct cni_error *err);

/* Takes the lowest table that is free and not below `from`. Fails with CNI_ETAKEN if there is none. */
int cni_routing_tables_take(struct cni_routing_tables *tables, uint32_t from, uint32_t *ret_table,
			    struct cni_error *err);

/* CHECK: `*ret_have` becomes true if a table other than main has a route through CNI_IFNAME to the destination of
 * `route`: a later plugin (sbr, vrf) has moved it, and may have chosen another gateway. False for a route that names
 * a table other than main. */
int cni_routing_tables_have(struct cni_attachment *at, const struct cni_route *route,
			    bool *ret_have, struct cni_error *err);

CNI_END_DECLS

#endif
