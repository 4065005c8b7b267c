/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of an offer: classless (RFC 3442, and Microsoft's code for the same), or static ones by class and the
 * default route through the gateway. Pure. */
#ifndef DHCP_ROUTES_H
#define DHCP_ROUTES_H

#include "dhcp_packet.h"
#include "result.h"

/* An offer with more routes is cut. */
#define DHCP_ROUTES_MAX 128

/* Four bytes as an address. */
struct cni_ip dhcp_ip(const uint8_t bytes[4]);

/* Appends the routes. Classless ones stand instead of the static ones and of the `gateway` (unset: none); one
 * without a router has the scope of the link. */
void dhcp_routes_read(const struct dhcp_options *options, const struct cni_ip *gateway,
		      struct cni_result *result);

#endif
