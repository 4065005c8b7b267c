/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a plugin whose link has no end on the host: macvlan, ipvlan, vlan, dummy, tap,
 * host-device. */
#ifndef CNI_LINK_PLAN_H
#define CNI_LINK_PLAN_H

#include "decls.h"
#include "parts.h"

CNI_BEGIN_DECLS

/* Fails with CNI_ECONFIG if `master` is no name that a link can have (NULL, "": none is given), and with
 * CNI_EVERSION if the interface gets no addresses and a result of the call's cniVersion needs one (before
 * 0.3.0). */
int cni_link_plan_check(const struct cni_call *call, const char *master, bool has_addresses,
			struct cni_error *err);

/* Pushes the part of the link (cni_plan_push()), the addresses of the configuration's `ipam`, and the routes. `kind`:
 * the link's, for the record of its namespace; NULL: the part has a record of its own. */
void cni_link_plan(struct cni_plan *plan, const struct cni_call *call, const char *kind,
		   const struct cni_part_ops *ops, const void *link);

/* The steps behind the link, if there are addresses: `ipam` NULL takes them from the prevResult. */
void cni_link_plan_addresses(struct cni_plan *plan, const char *ipam);

CNI_END_DECLS

#endif
