/* SPDX-License-Identifier: Apache-2.0 */
/* The messages that a client sends (RFC 2131, section 4.4.1, table 5). Pure. */
#ifndef DHCP_MESSAGE_H
#define DHCP_MESSAGE_H

#include "dhcp_lease.h"

/* Traits of the client that each message shows. */
struct dhcp_identity {
	uint8_t mac[CNI_MAC_SIZE];
	bool broadcast; /* answers cannot reach an interface without an address */
	struct dhcp_options options;
};

/* A message and its addresses in IP. `to` is 255.255.255.255 for all servers. */
struct dhcp_message {
	struct dhcp_packet packet;
	uint8_t from[4];
	uint8_t to[4];
};

/* `send` must not be DHCP_SEND_NOTHING. False if the options do not fit. */
bool dhcp_message_make(const struct dhcp_identity *identity, const struct dhcp_lease *lease,
		       enum dhcp_send send, uint64_t now, struct dhcp_message *ret_message);

/* A RELEASE of the terms, which must not be empty. */
bool dhcp_message_release(const struct dhcp_identity *identity, const struct dhcp_terms *terms,
			  uint32_t xid, struct dhcp_message *ret_message);

#endif
