/* SPDX-License-Identifier: Apache-2.0 */
/* A DHCPv6 message as a value, and its bytes (RFC 8415, sections 8 and 21). An option may occur several times and
 * hold options, so the options stay as they are and are read one after the other. Pure. */
#ifndef DHCP6_PACKET_H
#define DHCP6_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP6_SERVER_PORT 547
#define DHCP6_CLIENT_PORT 546

/* The bytes of a message in a frame of Ethernet: 1500 without the headers of IPv6 and UDP. */
#define DHCP6_PACKET_MAX  1452
#define DHCP6_HEADER_SIZE 4
#define DHCP6_XID_MAX	  0xffffffU

/* RFC 8415, section 7.3. */
enum dhcp6_type {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE,
	DHCP6_REQUEST,
	DHCP6_CONFIRM,
	DHCP6_RENEW,
	DHCP6_REBIND,
	DHCP6_REPLY,
	DHCP6_RELEASE,
	DHCP6_DECLINE,
	DHCP6_RECONFIGURE,
	DHCP6_INFORMATION_REQUEST,
	DHCP6_RELAY_FORW,
	DHCP6_RELAY_REPL,
};

/* RFC 8415, section 21, and where another one is named. */
enum dhcp6_code {
	DHCP6_CLIENT_ID = 1,
	DHCP6_SERVER_ID = 2,
	DHCP6_IA_NA = 3,
	DHCP6_IA_ADDRESS = 5,
	DHCP6_REQUESTED = 6,
	DHCP6_PREFERENCE = 7,
	DHCP6_ELAPSED = 8,
	DHCP6_STATUS = 13,
	DHCP6_RAPID_COMMIT = 14,
	DHCP6_NAMESERVERS = 23, /* RFC 3646 */
	DHCP6_SEARCH = 24,	/* RFC 3646 */
	DHCP6_REFRESH_TIME = 32,
	DHCP6_SOL_MAX_RT = 82,
	DHCP6_INF_MAX_RT = 83,
};

/* Option 13 (RFC 8415, section 21.13). */
enum dhcp6_status {
	DHCP6_SUCCESS,
	DHCP6_UNSPEC_FAIL,
	DHCP6_NO_ADDRS_AVAIL,
	DHCP6_NO_BINDING,
	DHCP6_NOT_ON_LINK,
	DHCP6_USE_MULTICAST,
};

/* RFC 8415, section 11.1: two bytes of the type, and at most 128 of the identifier. */
#define DHCP6_DUID_MAX 130

/* All zeroes is none. */
struct dhcp6_duid {
	uint8_t size;
	uint8_t bytes[DHCP6_DUID_MAX];
};

bool dhcp6_duid_equal(const struct dhcp6_duid *one, const struct dhcp6_duid *other);

struct dhcp6_packet {
	uint8_t type;
	uint32_t xid;
	size_t size; /* of the options */
	uint8_t options[DHCP6_PACKET_MAX - DHCP6_HEADER_SIZE];
};

/* Appends an option. False if there is no room. */
bool dhcp6_put(struct dhcp6_packet *packet, uint16_t code, const void *data, size_t size);

/* Options that follow each other. */
struct dhcp6_span {
	const uint8_t *bytes;
	size_t size;
};
struct dhcp6_option {
	uint16_t code;
	struct dhcp6_span value;
};

struct dhcp6_span dhcp6_options(const struct dhcp6_packet *packet);
/* Takes the first option off the span. False at its end, and for an option that runs over it. */
bool dhcp6_next(struct dhcp6_span *rest, struct dhcp6_option *ret_option);
/* The first option with the code. */
bool dhcp6_find(struct dhcp6_span options, uint16_t code, struct dhcp6_option *ret_option);
/* The same with a value of an exact size, which is copied. */
bool dhcp6_find_exact(struct dhcp6_span options, uint16_t code, void *ret_value, size_t size);
/* A DUID in an option. False if it is absent, empty or too long. */
bool dhcp6_find_duid(struct dhcp6_span options, uint16_t code, struct dhcp6_duid *ret_duid);

/* Numbers in network order. */
uint16_t dhcp6_u16(const uint8_t *bytes);
uint32_t dhcp6_u32(const uint8_t *bytes);
void dhcp6_write_u16(uint8_t *bytes, uint16_t value);
void dhcp6_write_u32(uint8_t *bytes, uint32_t value);

/* Writes the message and returns its size. */
size_t dhcp6_packet_encode(const struct dhcp6_packet *packet, uint8_t bytes[DHCP6_PACKET_MAX]);

/* Reads a message. Returns NULL, or the reason for which it is none for a client. */
const char *dhcp6_packet_decode(const uint8_t *bytes, size_t size, struct dhcp6_packet *ret_packet);

#endif
