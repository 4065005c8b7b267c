/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of visitors, and the tenants that they are about. */
#ifndef DHCP_REQUESTS_H
#define DHCP_REQUESTS_H

#include "dhcp_house.h"

/* The tenant with a lease of the family (AF_INET, AF_INET6); without it, of IPv4. NULL if there is none. */
struct dhcp_tenant *dhcp_house_find_family(const struct dhcp_house *house,
					   const struct cni_owner *owner, uint8_t family);
struct dhcp_tenant *dhcp_house_find(const struct dhcp_house *house, const struct cni_owner *owner);
/* Takes the tenant. */
void dhcp_house_put(struct dhcp_house *house, struct dhcp_tenant *tenant);
/* Frees the tenant. */
void dhcp_house_remove(struct dhcp_house *house, struct dhcp_tenant *tenant);

/* Answers the visitor that waits for the tenant's lease. `failure`: NULL if the lease is there. */
void dhcp_house_settled(struct dhcp_tenant *tenant, const struct cni_error *failure);

dhcp_visitor_serve dhcp_house_serve;

#endif
