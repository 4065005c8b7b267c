/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_datagram.h"

#include <netinet/in.h>
#include <string.h>

#define HEADER	     40
#define UDP_HEADER   8
#define AT_LENGTH    4
#define AT_NEXT	     6
#define AT_HOPS	     7
#define AT_FROM	     8
#define AT_TO	     24
#define ICMP_AT_SUM  2
#define UDP_AT_SUM   6
#define HOPS_OF_UDP  1 /* to a group of the link */
#define HOPS_OF_ICMP 255

const struct cni_ip dhcp6_all_servers = {
	.family = AF_INET6, .bytes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2}};
const struct cni_ip dhcp6_all_routers = {
	.family = AF_INET6, .bytes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

/* ---- checksum ---- */

/* RFC 1071. */
static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += dhcp6_u16(bytes + i);
	if (size % 2)
		sum += (uint32_t)bytes[size - 1] << 8;
	return sum;
}

/* Over the pseudo header (RFC 8200, section 8.1) and what follows the header. */
static uint16_t sum_of(const uint8_t *datagram, size_t size)
{
	uint32_t sum = add(0, datagram + AT_FROM, 32) + (uint32_t)size + datagram[AT_NEXT];

	sum = add(sum, datagram + HEADER, size);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* ---- writing ---- */

static void write_header(uint8_t *datagram, uint8_t next, uint8_t hops, const struct cni_ip *from,
			 const struct cni_ip *to, size_t size)
{
	memset(datagram, 0, HEADER);
	datagram[0] = 0x60;
	dhcp6_write_u16(datagram + AT_LENGTH, (uint16_t)size);
	datagram[AT_NEXT] = next;
	datagram[AT_HOPS] = hops;
	memcpy(datagram + AT_FROM, from->bytes, 16);
	memcpy(datagram + AT_TO, to->bytes, 16);
}

size_t dhcp6_datagram_udp(uint8_t datagram[DHCP6_DATAGRAM_MAX], const struct cni_ip *from,
			  const struct cni_ip *to, const void *content, size_t size)
{
	uint8_t *udp = datagram + HEADER;
	uint16_t sum;

	write_header(datagram, IPPROTO_UDP, HOPS_OF_UDP, from, to, UDP_HEADER + size);
	dhcp6_write_u16(udp, DHCP6_CLIENT_PORT);
	dhcp6_write_u16(udp + 2, DHCP6_SERVER_PORT);
	dhcp6_write_u16(udp + 4, (uint16_t)(UDP_HEADER + size));
	dhcp6_write_u16(udp + UDP_AT_SUM, 0);
	memcpy(udp + UDP_HEADER, content, size);
	sum = sum_of(datagram, UDP_HEADER + size);
	dhcp6_write_u16(udp + UDP_AT_SUM, sum ? sum : 0xffff);
	return HEADER + UDP_HEADER + size;
}

size_t dhcp6_datagram_icmp(uint8_t datagram[DHCP6_DATAGRAM_MAX], const struct cni_ip *from,
			   const struct cni_ip *to, const void *content, size_t size)
{
	write_header(datagram, IPPROTO_ICMPV6, HOPS_OF_ICMP, from, to, size);
	memcpy(datagram + HEADER, content, size);
	dhcp6_write_u16(datagram + HEADER + ICMP_AT_SUM, 0);
	dhcp6_write_u16(datagram + HEADER + ICMP_AT_SUM, sum_of(datagram, size));
	return HEADER + size;
}

/* ---- reading ---- */

static bool open_udp(const uint8_t *udp, size_t size, struct dhcp6_inner *inner)
{
	size_t whole;

	if (size < UDP_HEADER)
		return false;
	whole = dhcp6_u16(udp + 4);
	if (whole < UDP_HEADER || whole > size || dhcp6_u16(udp + 2) != DHCP6_CLIENT_PORT ||
	    !dhcp6_u16(udp + UDP_AT_SUM))
		return false;
	inner->is_udp = true;
	inner->bytes = udp + UDP_HEADER;
	inner->size = whole - UDP_HEADER;
	return true;
}

bool dhcp6_datagram_open(const uint8_t *datagram, size_t size, bool is_summed,
			 struct dhcp6_inner *ret_inner)
{
	size_t whole;

	*ret_inner = (struct dhcp6_inner){.is_udp = false};
	if (size < HEADER || datagram[0] >> 4 != 6)
		return false;
	whole = dhcp6_u16(datagram + AT_LENGTH);
	if (whole > size - HEADER || (!is_summed && sum_of(datagram, whole)))
		return false;
	ret_inner->from = (struct cni_ip){.family = AF_INET6};
	memcpy(ret_inner->from.bytes, datagram + AT_FROM, 16);
	if (datagram[AT_NEXT] == IPPROTO_UDP)
		return open_udp(datagram + HEADER, whole, ret_inner);
	ret_inner->bytes = datagram + HEADER;
	ret_inner->size = whole;
	return datagram[AT_NEXT] == IPPROTO_ICMPV6 && datagram[AT_HOPS] == HOPS_OF_ICMP && whole;
}
