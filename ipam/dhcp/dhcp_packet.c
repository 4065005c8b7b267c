/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_packet.h"

#include "dhcp_options.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 951 and RFC 2131: the fields, the two names, and what follows them. */
enum {
	AT_OP = 0,
	AT_HTYPE = 1,
	AT_HLEN = 2,
	AT_XID = 4,
	AT_SECS = 8,
	AT_FLAGS = 10,
	AT_CIADDR = 12,
	AT_YIADDR = 16,
	AT_SIADDR = 20,
	AT_GIADDR = 24,
	AT_CHADDR = 28,
	AT_SNAME = 44,
	SNAME_SIZE = 64,
	AT_FILE = 108,
	FILE_SIZE = 128,
	AT_COOKIE = 236,
	AT_OPTIONS = 240,
};

#define REQUEST	       1
#define REPLY	       2
#define ETHERNET       1
#define BROADCAST_FLAG 0x80
#define PIECE_MAX      255
#define SIZE_MIN       300

static const uint8_t cookie[4] = {99, 130, 83, 99};

/* ---- options ---- */

bool dhcp_options_put(struct dhcp_options *options, uint8_t code, const void *data, size_t size)
{
	bool fits_in_place = options->place[code] && size <= options->size[code];

	if (code == DHCP_OPTION_PAD || code == DHCP_OPTION_END)
		return false;
	if (!fits_in_place) {
		if (size > sizeof(options->store) - options->used)
			return false;
		options->place[code] = (uint16_t)(options->used + 1);
		options->used = (uint16_t)(options->used + size);
	}
	options->size[code] = (uint16_t)size;
	if (size)
		memcpy(options->store + options->place[code] - 1, data, size);
	return true;
}

bool dhcp_options_put_u8(struct dhcp_options *options, uint8_t code, uint8_t value)
{
	return dhcp_options_put(options, code, &value, sizeof(value));
}

bool dhcp_options_put_u16(struct dhcp_options *options, uint8_t code, uint16_t value)
{
	uint16_t ordered = htons(value);

	return dhcp_options_put(options, code, &ordered, sizeof(ordered));
}

bool dhcp_options_put_all(struct dhcp_options *options, const struct dhcp_options *from)
{
	for (unsigned int code = 1; code < DHCP_OPTION_END; code++) {
		size_t size;
		const uint8_t *value = dhcp_options_get(from, (uint8_t)code, &size);

		if (value && !dhcp_options_put(options, (uint8_t)code, value, size))
			return false;
	}
	return true;
}

const uint8_t *dhcp_options_get(const struct dhcp_options *options, uint8_t code, size_t *ret_size)
{
	*ret_size = options->size[code];
	return options->place[code] ? options->store + options->place[code] - 1 : NULL;
}

static bool get(const struct dhcp_options *options, uint8_t code, void *value, size_t size)
{
	size_t found;
	const uint8_t *bytes = dhcp_options_get(options, code, &found);

	if (!bytes || found != size)
		return false;
	memcpy(value, bytes, size);
	return true;
}

bool dhcp_options_get_u8(const struct dhcp_options *options, uint8_t code, uint8_t *ret_value)
{
	return get(options, code, ret_value, sizeof(*ret_value));
}

bool dhcp_options_get_u16(const struct dhcp_options *options, uint8_t code, uint16_t *ret_value)
{
	uint16_t ordered;

	if (!get(options, code, &ordered, sizeof(ordered)))
		return false;
	*ret_value = ntohs(ordered);
	return true;
}

bool dhcp_options_get_u32(const struct dhcp_options *options, uint8_t code, uint32_t *ret_value)
{
	uint32_t ordered;

	if (!get(options, code, &ordered, sizeof(ordered)))
		return false;
	*ret_value = ntohl(ordered);
	return true;
}

uint8_t dhcp_packet_type(const struct dhcp_packet *packet)
{
	uint8_t type = 0;

	return dhcp_options_get_u8(&packet->options, DHCP_OPTION_MESSAGE_TYPE, &type) ? type : 0;
}

/* ---- writing ---- */

/* Returns the place behind the option, or 0 if it does not fit before `end`. */
static size_t write_option(uint8_t *bytes, size_t at, size_t end, uint8_t code,
			   const struct dhcp_options *options)
{
	size_t left;
	const uint8_t *value = dhcp_options_get(options, code, &left);

	if (!value)
		return at;
	do {
		size_t piece = left < PIECE_MAX ? left : PIECE_MAX;

		if (2 + piece > end - at)
			return 0;
		bytes[at] = code;
		bytes[at + 1] = (uint8_t)piece;
		memcpy(bytes + at + 2, value, piece);
		at += 2 + piece;
		value += piece;
		left -= piece;
	} while (left);
	return at;
}

static size_t write_options(uint8_t bytes[DHCP_PACKET_MAX], const struct dhcp_options *options)
{
	/* Room for the end. */
	const size_t end = DHCP_PACKET_MAX - 1;
	size_t at = write_option(bytes, AT_OPTIONS, end, DHCP_OPTION_MESSAGE_TYPE, options);

	for (unsigned int code = 1; at && code < DHCP_OPTION_END; code++)
		if (code != DHCP_OPTION_MESSAGE_TYPE)
			at = write_option(bytes, at, end, (uint8_t)code, options);
	if (!at)
		return 0;
	bytes[at++] = DHCP_OPTION_END;
	return at < SIZE_MIN ? SIZE_MIN : at;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
	uint32_t ordered = htonl(value);

	memcpy(bytes, &ordered, sizeof(ordered));
}

size_t dhcp_packet_encode(const struct dhcp_packet *packet, uint8_t bytes[DHCP_PACKET_MAX])
{
	memset(bytes, 0, DHCP_PACKET_MAX);
	bytes[AT_OP] = packet->is_reply ? REPLY : REQUEST;
	bytes[AT_HTYPE] = ETHERNET;
	bytes[AT_HLEN] = CNI_MAC_SIZE;
	put_u32(bytes + AT_XID, packet->xid);
	bytes[AT_SECS] = (uint8_t)(packet->secs >> 8);
	bytes[AT_SECS + 1] = (uint8_t)packet->secs;
	bytes[AT_FLAGS] = packet->broadcast ? BROADCAST_FLAG : 0;
	memcpy(bytes + AT_CIADDR, packet->ciaddr, 4);
	memcpy(bytes + AT_YIADDR, packet->yiaddr, 4);
	memcpy(bytes + AT_SIADDR, packet->siaddr, 4);
	memcpy(bytes + AT_GIADDR, packet->giaddr, 4);
	memcpy(bytes + AT_CHADDR, packet->chaddr, CNI_MAC_SIZE);
	memcpy(bytes + AT_COOKIE, cookie, sizeof(cookie));
	return write_options(bytes, &packet->options);
}

/* ---- reading ---- */

struct area {
	const uint8_t *bytes;
	size_t size;
};

/* Calls for each piece of an option: first to count (`store` NULL), then to copy. */
static bool walk(const struct area *area, struct dhcp_options *options, bool copy)
{
	size_t at = 0;

	while (at < area->size) {
		uint8_t code = area->bytes[at++];
		uint8_t size;

		if (code == DHCP_OPTION_END)
			return true;
		if (code == DHCP_OPTION_PAD)
			continue;
		if (at >= area->size)
			return false;
		size = area->bytes[at++];
		if (size > area->size - at)
			return false;
		if (copy)
			memcpy(options->store + options->place[code] - 1 + options->size[code],
			       area->bytes + at, size);
		else
			options->place[code] = 1;
		options->size[code] = (uint16_t)(options->size[code] + size);
		at += size;
	}
	return true;
}

/* Gives each option that was found a place, in which its pieces follow each other (RFC 3396). */
static void arrange(struct dhcp_options *options)
{
	for (unsigned int code = 1; code < DHCP_OPTION_END; code++) {
		if (!options->place[code])
			continue;
		options->place[code] = (uint16_t)(options->used + 1);
		options->used = (uint16_t)(options->used + options->size[code]);
		options->size[code] = 0;
	}
}

/* Option 52: the fields of the two names hold options as well. */
static uint8_t find_overload(const struct area *area)
{
	struct dhcp_options found = {.used = 0};
	uint8_t overload = 0;

	if (!walk(area, &found, false))
		return 0;
	for (size_t at = 0; at + 2 < area->size && area->bytes[at] != DHCP_OPTION_END;) {
		if (area->bytes[at] == DHCP_OPTION_OVERLOAD && area->bytes[at + 1] == 1)
			overload = area->bytes[at + 2];
		at += area->bytes[at] == DHCP_OPTION_PAD ? 1 : 2U + area->bytes[at + 1];
	}
	return overload;
}

static const char *read_options(const uint8_t *bytes, size_t size, struct dhcp_options *options)
{
	struct area areas[3] = {{bytes + AT_OPTIONS, size - AT_OPTIONS}};
	uint8_t overload = find_overload(&areas[0]);
	size_t count = 1;

	if (overload & 1)
		areas[count++] = (struct area){bytes + AT_FILE, FILE_SIZE};
	if (overload & 2)
		areas[count++] = (struct area){bytes + AT_SNAME, SNAME_SIZE};
	for (size_t i = 0; i < count; i++)
		if (!walk(&areas[i], options, false))
			return "an option runs over the end";
	arrange(options);
	for (size_t i = 0; i < count; i++)
		walk(&areas[i], options, true);
	return NULL;
}

const char *dhcp_packet_decode(const uint8_t *bytes, size_t size, struct dhcp_packet *ret_packet)
{
	uint32_t xid;

	memset(ret_packet, 0, sizeof(*ret_packet));
	if (size < AT_OPTIONS)
		return "it is shorter than a header";
	if (size > DHCP_PACKET_MAX)
		return "it is longer than a frame";
	if (memcmp(bytes + AT_COOKIE, cookie, sizeof(cookie)) != 0)
		return "it has no magic cookie";
	if (bytes[AT_HTYPE] != ETHERNET || bytes[AT_HLEN] != CNI_MAC_SIZE)
		return "it is for another kind of hardware";
	if (bytes[AT_OP] != REQUEST && bytes[AT_OP] != REPLY)
		return "it is neither a request nor a reply";
	memcpy(&xid, bytes + AT_XID, sizeof(xid));
	ret_packet->is_reply = bytes[AT_OP] == REPLY;
	ret_packet->xid = ntohl(xid);
	ret_packet->secs = (uint16_t)(bytes[AT_SECS] << 8 | bytes[AT_SECS + 1]);
	ret_packet->broadcast = bytes[AT_FLAGS] & BROADCAST_FLAG;
	memcpy(ret_packet->ciaddr, bytes + AT_CIADDR, 4);
	memcpy(ret_packet->yiaddr, bytes + AT_YIADDR, 4);
	memcpy(ret_packet->siaddr, bytes + AT_SIADDR, 4);
	memcpy(ret_packet->giaddr, bytes + AT_GIADDR, 4);
	memcpy(ret_packet->chaddr, bytes + AT_CHADDR, CNI_MAC_SIZE);
	return read_options(bytes, size, &ret_packet->options);
}
