/* SPDX-License-Identifier: Apache-2.0 */
/* The router that an interface follows, and its prefixes, with the times at which they end (RFC 4861, section 6.3;
 * RFC 4862, section 5.5.3). Pure. */
#ifndef DHCP6_ROUTER_H
#define DHCP6_ROUTER_H

#include "dhcp6_advert.h"

/* Times are in milliseconds of CLOCK_BOOTTIME; DHCP_NEVER: without end. */
struct dhcp6_prefix {
	struct cni_net net;
	bool is_on_link;
	bool is_autonomous; /* an address of this prefix is formed */
	uint32_t conflicts; /* the DAD_Counter of RFC 7217 */
	uint64_t valid;	    /* the end */
};

/* All zeroes is none. */
struct dhcp6_router {
	struct cni_ip ip;
	uint64_t until; /* as a default router; 0: it is none */
	uint32_t mtu;	/* 0: not given */
	struct dhcp6_prefix prefixes[DHCP6_PREFIXES_MAX];
	size_t prefix_count;
	struct cni_dns dns;
};

void dhcp6_router_clear(struct dhcp6_router *router);

/* The time `seconds` after `now`. */
uint64_t dhcp6_deadline(uint64_t now, uint32_t seconds);

/* Takes the content of `advert`, of the router `ip`. A prefix that it does not have stays until its end. */
void dhcp6_router_merge(struct dhcp6_router *router, const struct cni_ip *ip,
			struct dhcp6_advert *advert, uint64_t now);

/* The first time after `now` at which the router or a prefix ends. */
uint64_t dhcp6_router_ends(const struct dhcp6_router *router, uint64_t now);

/* The address of an autonomous prefix (RFC 7217): it is the same as long as the secret is, and tells nothing. */
struct cni_ip dhcp6_prefix_address(const struct dhcp6_prefix *prefix, const uint8_t secret[16]);

#endif
