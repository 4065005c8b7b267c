/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that the files of dhcp6_lease.h share: an exchange with servers begins and goes on (RFC 8415, section 15), and
 * what is held changes. */
#ifndef DHCP6_EXCHANGE_H
#define DHCP6_EXCHANGE_H

#include "dhcp6_lease.h"

/* Milliseconds after a refusal. */
#define DHCP6_PAUSE 1000

/* Begins the exchange of a state, and sends its first message. The same state goes on instead. */
struct dhcp6_step dhcp6_exchange_enter(struct dhcp6_lease *lease, enum dhcp6_state state,
				       uint64_t now, uint32_t chance);
/* Sends the message of the state once more. */
struct dhcp6_step dhcp6_exchange_transmit(struct dhcp6_lease *lease, uint64_t now, uint32_t chance);
/* True if the messages of the state have been sent as often, or for as long, as the standard has it. */
bool dhcp6_exchange_is_over(const struct dhcp6_lease *lease, uint64_t now);

/* Waits for the next time of the lease. */
void dhcp6_lease_settle(struct dhcp6_lease *lease);

/* Compares what is held with the result: asks for a probe of new addresses, or takes the new result. */
struct dhcp6_step dhcp6_lease_update(struct dhcp6_lease *lease, uint64_t now, uint32_t chance);

/* Gives up all addresses and begins anew after `pause` milliseconds. */
struct dhcp6_step dhcp6_lease_lose(struct dhcp6_lease *lease, uint64_t now, uint32_t chance,
				   uint32_t pause, const char *why);

/* Plans the next question to routers: while half of what they have advertised is left. */
void dhcp6_lease_refresh_later(struct dhcp6_lease *lease, uint64_t now, uint32_t chance);

/* Looks for a server again after a pause. An address that is held is used as long as it lasts. */
struct dhcp6_step dhcp6_lease_reselect(struct dhcp6_lease *lease, uint64_t now, uint32_t chance,
				       const char *why);

#endif
