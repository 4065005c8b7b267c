/* SPDX-License-Identifier: Apache-2.0 */
#include "probe_packet.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

enum { INIT = 1, INIT_ACK = 2, STATE_COOKIE = 7 };

struct header {
	uint16_t from;
	uint16_t to;
	uint32_t tag;
	uint32_t checksum;
	uint8_t type;
	uint8_t flags;
	uint16_t length; /* from `type` on */
	uint32_t own_tag;
	uint32_t window;
	uint16_t streams_out;
	uint16_t streams_in;
	uint32_t sequence;
};

struct cookie {
	uint16_t type;
	uint16_t length;
	char text[64];
};

/* CRC32c, which is what SCTP has for a checksum. */
static uint32_t checksum_of(const uint8_t *data, size_t size)
{
	uint32_t crc = ~0U;

	while (size--) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}

static void build(struct probe_packet *packet, const struct header *header, const char *text)
{
	struct header finished = *header;
	struct cookie cookie = {htons(STATE_COOKIE), htons(sizeof(cookie)), ""};

	finished.length = htons((uint16_t)(sizeof(finished) - offsetof(struct header, type) +
					   (text ? sizeof(cookie) : 0)));
	*packet = (struct probe_packet){.size = sizeof(finished)};
	if (text) {
		snprintf(cookie.text, sizeof(cookie.text), "%s", text);
		memcpy(packet->data + packet->size, &cookie, sizeof(cookie));
		packet->size += sizeof(cookie);
	}
	memcpy(packet->data, &finished, sizeof(finished));
	finished.checksum = htole32(checksum_of(packet->data, packet->size));
	memcpy(packet->data, &finished, sizeof(finished));
}

void probe_packet_init(struct probe_packet *packet, uint16_t from, uint16_t to)
{
	const struct header header = {.from = htons(from),
				      .to = htons(to),
				      .type = INIT,
				      .own_tag = htonl(from),
				      .window = htonl(65536),
				      .streams_out = htons(1),
				      .streams_in = htons(1)};

	build(packet, &header, NULL);
}

/* Returns the bytes after the header, or NULL. */
static const uint8_t *read_header(const void *read, size_t size, bool v6, struct header *ret)
{
	const uint8_t *data = read;
	size_t before = v6 || !size ? 0 : (size_t)(data[0] & 15) * 4;

	if (size < before + sizeof(*ret))
		return NULL;
	memcpy(ret, data + before, sizeof(*ret));
	return data + before + sizeof(*ret);
}

bool probe_packet_ack(struct probe_packet *packet, const void *read, size_t size, uint16_t port,
		      bool v6, const char *text)
{
	struct header header;

	if (!read_header(read, size, v6, &header) || header.type != INIT ||
	    header.to != htons(port))
		return false;
	header.to = header.from;
	header.from = htons(port);
	header.tag = header.own_tag;
	header.type = INIT_ACK;
	header.checksum = 0;
	build(packet, &header, text);
	return true;
}

const char *probe_packet_answer(const void *read, size_t size, uint16_t from, uint16_t to, bool v6)
{
	struct header header;
	const uint8_t *rest = read_header(read, size, v6, &header);

	if (!rest || header.type != INIT_ACK || header.from != htons(from) ||
	    header.to != htons(to) ||
	    size < (size_t)(rest - (const uint8_t *)read) + sizeof(struct cookie))
		return NULL;
	return (const char *)rest + offsetof(struct cookie, text);
}
