/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_router.h"

#include "dhcp_lease.h"
#include "hash.h"

#include <stdlib.h>
#include <string.h>

/* RFC 4862, section 5.5.3 e: an advertisement that nothing authenticates cannot shorten a lifetime below this. */
#define TWO_HOURS 7200000ULL

void dhcp6_router_clear(struct dhcp6_router *router)
{
	cni_dns_clear(&router->dns);
	memset(router, 0, sizeof(*router));
}

uint64_t dhcp6_deadline(uint64_t now, uint32_t seconds)
{
	return seconds == DHCP6_FOREVER ? DHCP_NEVER : now + 1000ULL * seconds;
}

/* ---- prefixes ---- */

static void prune(struct dhcp6_router *router, uint64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < router->prefix_count; i++)
		if (router->prefixes[i].valid > now)
			router->prefixes[kept++] = router->prefixes[i];
	router->prefix_count = kept;
}

static struct dhcp6_prefix *find(struct dhcp6_router *router, const struct cni_net *net)
{
	for (size_t i = 0; i < router->prefix_count; i++)
		if (cni_net_equal(&router->prefixes[i].net, net))
			return &router->prefixes[i];
	return NULL;
}

/* A prefix whose addresses are not preferred any more forms no new one. */
static void add(struct dhcp6_router *router, const struct dhcp6_advertised *from, uint64_t now)
{
	if (!from->valid || router->prefix_count == DHCP6_PREFIXES_MAX)
		return;
	router->prefixes[router->prefix_count++] = (struct dhcp6_prefix){
		.net = from->net,
		.is_on_link = from->is_on_link,
		.is_autonomous = from->is_autonomous && from->preferred,
		.valid = dhcp6_deadline(now, from->valid),
	};
}

static void change(struct dhcp6_prefix *prefix, const struct dhcp6_advertised *from, uint64_t now)
{
	uint64_t valid = dhcp6_deadline(now, from->valid);
	uint64_t least = now + TWO_HOURS;

	prefix->is_on_link |= from->is_on_link;
	if (prefix->is_autonomous && valid < prefix->valid && valid < least)
		valid = prefix->valid < least ? prefix->valid : least;
	prefix->valid = valid;
}

void dhcp6_router_merge(struct dhcp6_router *router, const struct cni_ip *ip,
			struct dhcp6_advert *advert, uint64_t now)
{
	prune(router, now);
	router->ip = *ip;
	router->until = advert->lifetime ? now + 1000ULL * advert->lifetime : 0;
	if (advert->mtu)
		router->mtu = advert->mtu;
	for (size_t i = 0; i < advert->prefix_count; i++) {
		struct dhcp6_prefix *known = find(router, &advert->prefixes[i].net);

		if (known)
			change(known, &advert->prefixes[i], now);
		else
			add(router, &advert->prefixes[i], now);
	}
	prune(router, now);
	cni_dns_clear(&router->dns);
	router->dns = advert->dns;
	advert->dns = (struct cni_dns){.domain = NULL};
}

uint64_t dhcp6_router_ends(const struct dhcp6_router *router, uint64_t now)
{
	uint64_t ends = router->until > now ? router->until : DHCP_NEVER;

	for (size_t i = 0; i < router->prefix_count; i++)
		if (router->prefixes[i].valid > now && router->prefixes[i].valid < ends)
			ends = router->prefixes[i].valid;
	return ends;
}

/* ---- addresses ---- */

/* RFC 5453: identifiers that mean groups of routers and agents. */
static bool is_reserved(const uint8_t identifier[8])
{
	static const uint8_t routers[8];
	static const uint8_t anycast[7] = {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return !memcmp(identifier, routers, 8) ||
	       (!memcmp(identifier, anycast, 7) && identifier[7] >= 0x80);
}

static void make_identifier(const struct dhcp6_prefix *prefix, const uint8_t secret[16],
			    uint8_t round, uint8_t ret_identifier[8])
{
	char digits[CNI_HASH_TEXT_SIZE];
	uint8_t seed[8 + 4 + 1 + 16];

	memcpy(seed, prefix->net.ip.bytes, 8);
	dhcp6_write_u32(seed + 8, prefix->conflicts);
	seed[12] = round;
	memcpy(seed + 13, secret, 16);
	cni_hash_hex(seed, sizeof(seed), digits);
	for (size_t i = 0; i < 8; i++) {
		const char two[3] = {digits[2 * i], digits[2 * i + 1], '\0'};

		ret_identifier[i] = (uint8_t)strtoul(two, NULL, 16);
	}
}

struct cni_ip dhcp6_prefix_address(const struct dhcp6_prefix *prefix, const uint8_t secret[16])
{
	struct cni_ip ip = prefix->net.ip;
	uint8_t round = 0;

	do
		make_identifier(prefix, secret, round++, ip.bytes + 8);
	while (is_reserved(ip.bytes + 8) && round);
	return ip;
}
