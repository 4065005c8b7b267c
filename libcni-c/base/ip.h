/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and prefixes of both families as values: parse, print, compare, count. */
#ifndef CNI_IP_H
#define CNI_IP_H

#include "decls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

CNI_BEGIN_DECLS

/* Room for the longest text of each, with its NUL: inet_ntop(3) and "/128". */
#define CNI_IP_TEXT_SIZE  46
#define CNI_NET_TEXT_SIZE 50

/* An address. All zeroes is "unset", which is a different thing from 0.0.0.0. */
struct cni_ip {
	uint8_t family;	   /* AF_INET, AF_INET6, or 0: unset */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four, the others are zero */
};

/* An address with the length of its prefix, as in CIDR notation. The address may have host bits. */
struct cni_net {
	struct cni_ip ip;
	uint8_t prefix; /* bits: 0 to 32, or 0 to 128 */
};

/* A route as the specification writes it (CNI SPEC, section 5, "routes"). 0 is "not given" for mtu,
 * advmss and priority; table and scope have a 0 of their own, hence the bits. */
struct cni_route {
	struct cni_net dst;
	struct cni_ip gw; /* unset: none given */
	struct cni_ip
		src; /* the address to send from, not in the specification; unset: the kernel's choice */
	uint32_t mtu;	 /* bytes */
	uint32_t advmss; /* bytes */
	uint32_t priority;
	uint32_t table;
	uint32_t scope; /* RT_SCOPE_*, rtnetlink(7) */
	bool has_table;
	bool has_scope;
};

/* False for all zeroes. */
static inline bool cni_ip_is_set(const struct cni_ip *ip)
{
	return ip->family != 0;
}

/* True for IPv6 addresses in fe80::/10: fe80::1 may be a subnet's gateway without being in it. */
static inline bool cni_ip_is_link_local(const struct cni_ip *ip)
{
	return ip->family == AF_INET6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

/* Returns 4 or 16: the number of used `bytes`. */
static inline size_t cni_ip_size(const struct cni_ip *ip)
{
	return ip->family == AF_INET ? 4 : 16;
}

/* 32 or 128. */
static inline unsigned int cni_ip_bits(const struct cni_ip *ip)
{
	return (unsigned int)cni_ip_size(ip) * 8;
}

/* "ip" of an IPv4-mapped IPv6 address (::ffff:10.0.0.1) is the IPv4 address, as in Go's net.IP.
 * Returns 0, or -1 if `text` is not exactly one address. */
int cni_ip_parse(const char *text, struct cni_ip *ret_ip);

/* "10.1.0.7/24": an address and a prefix length, both needed. Returns 0 or -1. */
int cni_net_parse(const char *text, struct cni_net *ret_net);

/* Writes the canonical text (RFC 5952 for IPv6) and returns `text`; "" if unset. */
const char *cni_ip_format(const struct cni_ip *ip, char text[CNI_IP_TEXT_SIZE]);
const char *cni_net_format(const struct cni_net *net, char text[CNI_NET_TEXT_SIZE]);

/* <0, 0, >0 in address order; IPv4 comes before IPv6. */
int cni_ip_compare(const struct cni_ip *a, const struct cni_ip *b);

/* Same family and same address. */
static inline bool cni_ip_equal(const struct cni_ip *a, const struct cni_ip *b)
{
	return cni_ip_compare(a, b) == 0;
}

/* True for 0.0.0.0 and ::, which no host has. */
static inline bool cni_ip_is_unspecified(const struct cni_ip *ip)
{
	const struct cni_ip unspecified = {.family = ip->family};

	return cni_ip_is_set(ip) && cni_ip_equal(ip, &unspecified);
}

/* Same address and same prefix length. */
bool cni_net_equal(const struct cni_net *a, const struct cni_net *b);

/* Returns the next address; after the last address of the family, the first. */
struct cni_ip cni_ip_next(const struct cni_ip *ip);

/* Returns the previous address; before the first address of the family, the last. */
struct cni_ip cni_ip_previous(const struct cni_ip *ip);

/* Returns the network's own address: host bits cleared, prefix kept. */
struct cni_net cni_net_masked(const struct cni_net *net);

/* Returns the highest address of the prefix: for IPv4, the broadcast address. */
struct cni_ip cni_net_last(const struct cni_net *net);

/* True if the prefix of `net` contains `ip`; false for different families. */
bool cni_net_contains(const struct cni_net *net, const struct cni_ip *ip);

/* The octets of a MAC address, and room for their text with its NUL. */
#define CNI_MAC_SIZE	  6
#define CNI_MAC_TEXT_SIZE 18
/* "0a:58:0a:f4:00:02", with dashes, or "0a58.0af4.0002"; digits in any case. Returns 0, or -1 if `text` is not exactly
 * one MAC address. */
int cni_mac_parse(const char *text, uint8_t ret_mac[CNI_MAC_SIZE]);
/* With colons, in lower case. Returns `text`. */
const char *cni_mac_format(const uint8_t mac[CNI_MAC_SIZE], char text[CNI_MAC_TEXT_SIZE]);

CNI_END_DECLS

#endif
