/* SPDX-License-Identifier: Apache-2.0 */
/* Leases without a record: the Go plugin's daemon keeps none, so the daemon that replaces it under running containers
 * learns of its leases from the runtimes' result cache (runtime/cache.h), and from the interfaces that still have
 * their addresses. */
#ifndef DHCP_TAKEOVER_H
#define DHCP_TAKEOVER_H

#include "dhcp_house.h"

/* Takes over each cached attachment whose network asks this daemon's socket, that has no record, and whose interface is
 * there with the address of the cached result. A lease whose interface is down has ended: that is how the Go daemon
 * withdraws an address. */
void dhcp_house_take_over(struct dhcp_house *house);

/* A lease of which only the address is known may be used for so long without an answer of a server. */
#define DHCP_TAKEOVER_SECONDS DHCP_LEASE_SECONDS

#endif
