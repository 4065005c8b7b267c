/* SPDX-License-Identifier: Apache-2.0 */
/* The messages that a client sends to all servers (RFC 8415, section 18.2). Pure. */
#ifndef DHCP6_MESSAGE_H
#define DHCP6_MESSAGE_H

#include "dhcp6_lease.h"

/* `type` must be one that a step has named. */
void dhcp6_message_make(const struct dhcp6_lease *lease, enum dhcp6_type type, uint64_t now,
			struct dhcp6_packet *ret_packet);

/* A RELEASE of the address. False if there is none to give back. */
bool dhcp6_message_release(const struct dhcp6_lease *lease, uint32_t xid,
			   struct dhcp6_packet *ret_packet);

#endif
