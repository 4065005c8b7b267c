/* SPDX-License-Identifier: Apache-2.0 */
/* The two packets of SCTP (RFC 9260, section 3.3) that probe.h speaks. */
#ifndef PROBE_PACKET_H
#define PROBE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe_packet {
	uint8_t data[128];
	size_t size;
};

void probe_packet_init(struct probe_packet *packet, uint16_t from, uint16_t to);

/* The INIT ACK that answers what a raw socket has read, if that is an INIT for `port`; its cookie
 * is `text`. False if it is not. The IPv4 header, which a raw socket of IPv4 puts before it, is
 * passed over unless `v6`. */
bool probe_packet_ack(struct probe_packet *packet, const void *read, size_t size, uint16_t port,
		      bool v6, const char *text);

/* The cookie, if what was read is an INIT ACK from the one port to the other; else NULL. */
const char *probe_packet_answer(const void *read, size_t size, uint16_t from, uint16_t to, bool v6);

#endif
