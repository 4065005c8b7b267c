/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_packet.h"

#include <string.h>

#define OPTION_HEADER 4

bool dhcp6_duid_equal(const struct dhcp6_duid *one, const struct dhcp6_duid *other)
{
	return one->size == other->size && !memcmp(one->bytes, other->bytes, one->size);
}

/* ---- numbers ---- */

uint16_t dhcp6_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

uint32_t dhcp6_u32(const uint8_t *bytes)
{
	return (uint32_t)dhcp6_u16(bytes) << 16 | dhcp6_u16(bytes + 2);
}

void dhcp6_write_u16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

void dhcp6_write_u32(uint8_t *bytes, uint32_t value)
{
	dhcp6_write_u16(bytes, (uint16_t)(value >> 16));
	dhcp6_write_u16(bytes + 2, (uint16_t)value);
}

/* ---- options ---- */

bool dhcp6_put(struct dhcp6_packet *packet, uint16_t code, const void *data, size_t size)
{
	uint8_t *end = packet->options + packet->size;

	if (size > UINT16_MAX || OPTION_HEADER + size > sizeof(packet->options) - packet->size)
		return false;
	dhcp6_write_u16(end, code);
	dhcp6_write_u16(end + 2, (uint16_t)size);
	if (size)
		memcpy(end + OPTION_HEADER, data, size);
	packet->size += OPTION_HEADER + size;
	return true;
}

struct dhcp6_span dhcp6_options(const struct dhcp6_packet *packet)
{
	return (struct dhcp6_span){packet->options, packet->size};
}

bool dhcp6_next(struct dhcp6_span *rest, struct dhcp6_option *ret_option)
{
	size_t size;

	if (rest->size < OPTION_HEADER)
		return false;
	size = dhcp6_u16(rest->bytes + 2);
	if (size > rest->size - OPTION_HEADER)
		return false;
	*ret_option =
		(struct dhcp6_option){dhcp6_u16(rest->bytes), {rest->bytes + OPTION_HEADER, size}};
	rest->bytes += OPTION_HEADER + size;
	rest->size -= OPTION_HEADER + size;
	return true;
}

bool dhcp6_find(struct dhcp6_span options, uint16_t code, struct dhcp6_option *ret_option)
{
	while (dhcp6_next(&options, ret_option))
		if (ret_option->code == code)
			return true;
	return false;
}

bool dhcp6_find_exact(struct dhcp6_span options, uint16_t code, void *ret_value, size_t size)
{
	struct dhcp6_option option;

	if (!dhcp6_find(options, code, &option) || option.value.size != size)
		return false;
	memcpy(ret_value, option.value.bytes, size);
	return true;
}

bool dhcp6_find_duid(struct dhcp6_span options, uint16_t code, struct dhcp6_duid *ret_duid)
{
	struct dhcp6_option option;

	*ret_duid = (struct dhcp6_duid){.size = 0};
	if (!dhcp6_find(options, code, &option) || !option.value.size ||
	    option.value.size > DHCP6_DUID_MAX)
		return false;
	ret_duid->size = (uint8_t)option.value.size;
	memcpy(ret_duid->bytes, option.value.bytes, option.value.size);
	return true;
}

/* ---- messages ---- */

size_t dhcp6_packet_encode(const struct dhcp6_packet *packet, uint8_t bytes[DHCP6_PACKET_MAX])
{
	dhcp6_write_u32(bytes, packet->xid & DHCP6_XID_MAX);
	bytes[0] = packet->type;
	memcpy(bytes + DHCP6_HEADER_SIZE, packet->options, packet->size);
	return DHCP6_HEADER_SIZE + packet->size;
}

const char *dhcp6_packet_decode(const uint8_t *bytes, size_t size, struct dhcp6_packet *ret_packet)
{
	struct dhcp6_option option;
	struct dhcp6_span rest;

	memset(ret_packet, 0, sizeof(*ret_packet));
	if (size < DHCP6_HEADER_SIZE)
		return "it is shorter than a header";
	if (size > DHCP6_PACKET_MAX)
		return "it is longer than a frame";
	if (bytes[0] == DHCP6_RELAY_FORW || bytes[0] == DHCP6_RELAY_REPL)
		return "it is a relay's message";
	ret_packet->type = bytes[0];
	ret_packet->xid = dhcp6_u32(bytes) & DHCP6_XID_MAX;
	ret_packet->size = size - DHCP6_HEADER_SIZE;
	memcpy(ret_packet->options, bytes + DHCP6_HEADER_SIZE, ret_packet->size);
	rest = dhcp6_options(ret_packet);
	while (dhcp6_next(&rest, &option))
		;
	return rest.size ? "an option runs over the end" : NULL;
}
