/* SPDX-License-Identifier: Apache-2.0 */
/* The result of what a lease holds: addresses, gateway, routes and resolver settings. Pure. */
#ifndef DHCP6_TERMS_H
#define DHCP6_TERMS_H

#include "dhcp6_lease.h"

/* Makes the result as it is at `now`. It has no address if the lease holds none. */
void dhcp6_terms_make(const struct dhcp6_lease *lease, uint64_t now, struct cni_result *ret_result);

/* True if both have the same content. */
bool dhcp6_terms_equal(const struct cni_result *one, const struct cni_result *other);

bool dhcp6_terms_has(const struct cni_result *result, const struct cni_ip *ip);

#endif
