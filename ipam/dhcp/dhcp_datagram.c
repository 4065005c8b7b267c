/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_datagram.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>

#define TTL 64

/* RFC 1071. */
static uint32_t add(uint32_t sum, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (size % 2)
		sum += (uint32_t)bytes[size - 1] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Over the pseudo header, UDP's and the message. */
static uint16_t udp_sum(const struct iphdr *ip, const uint8_t *udp, size_t size)
{
	uint32_t sum = add(0, &ip->saddr, 8);

	sum += IPPROTO_UDP + (uint32_t)size;
	return fold(add(sum, udp, size));
}

void dhcp_datagram_seal(uint8_t *datagram, size_t size, const uint8_t from[4], const uint8_t to[4])
{
	size_t udp_size = sizeof(struct udphdr) + size;
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = TTL,
		.protocol = IPPROTO_UDP,
		.frag_off = htons(IP_DF),
		.tot_len = htons((uint16_t)(sizeof(ip) + udp_size)),
	};
	struct udphdr udp = {
		.source = htons(DHCP_CLIENT_PORT),
		.dest = htons(DHCP_SERVER_PORT),
		.len = htons((uint16_t)udp_size),
	};
	uint16_t sum;

	memcpy(&ip.saddr, from, 4);
	memcpy(&ip.daddr, to, 4);
	ip.check = htons(fold(add(0, &ip, sizeof(ip))));
	memcpy(datagram, &ip, sizeof(ip));
	memcpy(datagram + sizeof(ip), &udp, sizeof(udp));
	sum = udp_sum(&ip, datagram + sizeof(ip), udp_size);
	udp.check = htons(sum ? sum : 0xffff);
	memcpy(datagram + sizeof(ip), &udp, sizeof(udp));
}

const uint8_t *dhcp_datagram_open(const uint8_t *datagram, size_t size, bool is_summed,
				  size_t *ret_size)
{
	struct iphdr ip;
	struct udphdr udp;
	size_t header;
	size_t whole;

	if (size < DHCP_HEADERS_SIZE)
		return NULL;
	memcpy(&ip, datagram, sizeof(ip));
	header = (size_t)ip.ihl * 4;
	whole = ntohs(ip.tot_len);
	if (ip.version != 4 || ip.protocol != IPPROTO_UDP || header < sizeof(ip) || whole > size ||
	    whole < header + sizeof(udp) || (ntohs(ip.frag_off) & (IP_MF | IP_OFFMASK)) ||
	    fold(add(0, datagram, header)))
		return NULL;
	memcpy(&udp, datagram + header, sizeof(udp));
	size = ntohs(udp.len);
	if (size < sizeof(udp) || size > whole - header || ntohs(udp.dest) != DHCP_CLIENT_PORT ||
	    ntohs(udp.source) != DHCP_SERVER_PORT)
		return NULL;
	if (!is_summed && udp.check && udp_sum(&ip, datagram + header, size))
		return NULL;
	*ret_size = size - sizeof(udp);
	return datagram + header + sizeof(udp);
}
