/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of IP and UDP around a message (RFC 791, RFC 768). Pure. */
#ifndef DHCP_DATAGRAM_H
#define DHCP_DATAGRAM_H

#include "dhcp_packet.h"

#define DHCP_HEADERS_SIZE 28
#define DHCP_DATAGRAM_MAX (DHCP_HEADERS_SIZE + DHCP_PACKET_MAX)

/* Writes the headers, with their checksums, before the `size` bytes of a message that stand at
 * datagram + DHCP_HEADERS_SIZE already: from a client's port to a server's. */
void dhcp_datagram_seal(uint8_t *datagram, size_t size, const uint8_t from[4], const uint8_t to[4]);

/* Returns the message in a datagram to a client's port, and its size; NULL if it is none, is damaged, or is a
 * fragment. `is_summed`: the kernel has checked or will compute the checksum of UDP. */
const uint8_t *dhcp_datagram_open(const uint8_t *datagram, size_t size, bool is_summed,
				  size_t *ret_size);

#endif
