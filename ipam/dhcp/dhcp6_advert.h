/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbour discovery as far as a lease needs it: a router's advertisement (RFC 4861, section 4.2; resolver settings:
 * RFC 8106), and solicitations of routers and neighbours (sections 4.1 and 4.3). Pure. */
#ifndef DHCP6_ADVERT_H
#define DHCP6_ADVERT_H

#include "dhcp6_answer.h"

/* An advertisement with more prefixes is cut. */
#define DHCP6_PREFIXES_MAX 8

struct dhcp6_advertised {
	struct cni_net net; /* masked */
	bool is_on_link;    /* flag L */
	bool is_autonomous; /* flag A, and of a length that an address can be formed for */
	uint32_t valid;	    /* seconds; DHCP6_FOREVER: without end */
	uint32_t preferred;
};

/* All zeroes is none. */
struct dhcp6_advert {
	bool is_managed;   /* flag M */
	bool has_other;	   /* flag O */
	uint16_t lifetime; /* seconds as a default router; 0: it is none */
	uint32_t mtu;	   /* 0: not given */
	struct dhcp6_advertised prefixes[DHCP6_PREFIXES_MAX];
	size_t prefix_count;
	struct cni_dns dns;
};

void dhcp6_advert_clear(struct dhcp6_advert *advert);

/* Reads the ICMPv6 message. Returns NULL, or the reason for which it is no advertisement. */
const char *dhcp6_advert_read(const uint8_t *bytes, size_t size, struct dhcp6_advert *ret_advert);

/* Messages without their checksum; each returns its size. */
#define DHCP6_ND_SIZE 24
size_t dhcp6_solicit_router(const uint8_t mac[CNI_MAC_SIZE], uint8_t bytes[DHCP6_ND_SIZE]);
size_t dhcp6_solicit_neighbour(const struct cni_ip *target, uint8_t bytes[DHCP6_ND_SIZE]);
/* The group that hosts with this address listen to (RFC 4291, section 2.7.1). */
struct cni_ip dhcp6_solicited_group(const struct cni_ip *ip);

/* The address that a neighbour has or, with `from` unset (::), probes for; unset for another message. */
struct cni_ip dhcp6_neighbour_claims(const uint8_t *bytes, size_t size, const struct cni_ip *from);

#endif
