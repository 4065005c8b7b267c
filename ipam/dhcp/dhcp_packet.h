/* SPDX-License-Identifier: Apache-2.0 */
/* A DHCPv4 message as a value, and its bytes (RFC 2131, section 2; options: RFC 2132, in several pieces:
 * RFC 3396). Pure: no input and no output. */
#ifndef DHCP_PACKET_H
#define DHCP_PACKET_H

#include "ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68

/* The bytes of a message in a frame of Ethernet: 1500 without the headers of IP and UDP. */
#define DHCP_PACKET_MAX 1472

/* Option 53. */
enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
};

/* Options by their code. All zeroes is none. */
struct dhcp_options {
	uint16_t place[256]; /* of the value in `store`, plus 1; 0: the option is absent */
	uint16_t size[256];
	uint16_t used;
	uint8_t store[DHCP_PACKET_MAX];
};

/* Replaces the option's value. False if there is no room, or if the code is that of padding (0) or of the end
 * (255). */
bool dhcp_options_put(struct dhcp_options *options, uint8_t code, const void *data, size_t size);
bool dhcp_options_put_u8(struct dhcp_options *options, uint8_t code, uint8_t value);
bool dhcp_options_put_u16(struct dhcp_options *options, uint8_t code, uint16_t value);
/* Puts all of `from`. False if there is no room for one of them. */
bool dhcp_options_put_all(struct dhcp_options *options, const struct dhcp_options *from);

/* The value, or NULL if the option is absent. It may have no byte. */
const uint8_t *dhcp_options_get(const struct dhcp_options *options, uint8_t code, size_t *ret_size);
/* False if the option is absent, or of another size. */
bool dhcp_options_get_u8(const struct dhcp_options *options, uint8_t code, uint8_t *ret_value);
bool dhcp_options_get_u16(const struct dhcp_options *options, uint8_t code, uint16_t *ret_value);
bool dhcp_options_get_u32(const struct dhcp_options *options, uint8_t code, uint32_t *ret_value);

/* Addresses are in network order; zeroes: none. */
struct dhcp_packet {
	bool is_reply;
	bool broadcast; /* the server answers by broadcast */
	uint32_t xid;
	uint16_t secs;
	uint8_t ciaddr[4];
	uint8_t yiaddr[4];
	uint8_t siaddr[4];
	uint8_t giaddr[4];
	uint8_t chaddr[CNI_MAC_SIZE];
	struct dhcp_options options;
};

/* Option 53; 0 if it is absent. */
uint8_t dhcp_packet_type(const struct dhcp_packet *packet);

/* Writes the message; option 53 is the first, and a long option stands in several pieces. Returns its size, at
 * least 300 (RFC 1542, section 2.1); 0 if it does not fit. */
size_t dhcp_packet_encode(const struct dhcp_packet *packet, uint8_t bytes[DHCP_PACKET_MAX]);

/* Reads a message. Returns NULL, or the reason for which it is none. */
const char *dhcp_packet_decode(const uint8_t *bytes, size_t size, struct dhcp_packet *ret_packet);

#endif
