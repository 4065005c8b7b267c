/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of IPv6 (RFC 8200) around a message of DHCPv6, with UDP, or of neighbour discovery. Pure. */
#ifndef DHCP6_DATAGRAM_H
#define DHCP6_DATAGRAM_H

#include "dhcp6_packet.h"
#include "ip.h"

#define DHCP6_HEADERS_MAX  48
#define DHCP6_DATAGRAM_MAX (DHCP6_HEADERS_MAX + DHCP6_PACKET_MAX)

/* ff02::1:2, all DHCPv6 servers and relays; ff02::2, all routers. */
extern const struct cni_ip dhcp6_all_servers;
extern const struct cni_ip dhcp6_all_routers;

/* Both write headers, content and checksum, and return the size. `content` fits. */
size_t dhcp6_datagram_udp(uint8_t datagram[DHCP6_DATAGRAM_MAX], const struct cni_ip *from,
			  const struct cni_ip *to, const void *content, size_t size);
size_t dhcp6_datagram_icmp(uint8_t datagram[DHCP6_DATAGRAM_MAX], const struct cni_ip *from,
			   const struct cni_ip *to, const void *content, size_t size);

struct dhcp6_inner {
	bool is_udp; /* to a client's port; otherwise ICMPv6 with a hop limit of 255: a neighbour's */
	const uint8_t *bytes;
	size_t size;
	struct cni_ip from;
};

/* Finds the content. False for another datagram, a damaged one, or one with further headers. `is_summed`: the kernel
 * has checked or will compute the checksum. */
bool dhcp6_datagram_open(const uint8_t *datagram, size_t size, bool is_summed,
			 struct dhcp6_inner *ret_inner);

#endif
