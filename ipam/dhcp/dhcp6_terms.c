/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_terms.h"

#include "cleanup.h"
#include "json.h"
#include "mem.h"

#include <linux/rtnetlink.h>
#include <string.h>

#define HOST_PREFIX 128

bool dhcp6_terms_equal(const struct cni_result *one, const struct cni_result *other)
{
	freeing_json cJSON *first = cni_result_encode(one, CNI_VERSION_LATEST);
	freeing_json cJSON *second = cni_result_encode(other, CNI_VERSION_LATEST);

	return cJSON_Compare(first, second, true);
}

bool dhcp6_terms_has(const struct cni_result *result, const struct cni_ip *ip)
{
	for (size_t i = 0; i < result->ip_count; i++)
		if (cni_ip_equal(&result->ips[i].address.ip, ip))
			return true;
	return false;
}

/* ---- addresses ---- */

static bool is_default_router(const struct dhcp6_router *router, uint64_t now)
{
	return router->until > now;
}

static void add_ip(const struct dhcp6_lease *lease, const struct cni_ip *ip, uint8_t prefix,
		   uint64_t now, struct cni_result *result)
{
	struct cni_result_ip entry = {.address = {.ip = *ip, .prefix = prefix},
				      .interface = CNI_NO_INTERFACE};

	if (is_default_router(&lease->router, now))
		entry.gateway = lease->router.ip;
	cni_result_add_ip(result, &entry);
}

/* RFC 8415, section 21.6: an address says nothing of a prefix, which is the routers' matter. */
static uint8_t prefix_of(const struct dhcp6_router *router, const struct cni_ip *ip, uint64_t now)
{
	uint8_t longest = 0;

	for (size_t i = 0; i < router->prefix_count; i++) {
		const struct dhcp6_prefix *prefix = &router->prefixes[i];

		if (prefix->is_on_link && prefix->valid > now && prefix->net.prefix > longest &&
		    cni_net_contains(&prefix->net, ip))
			longest = prefix->net.prefix;
	}
	return longest ? longest : HOST_PREFIX;
}

static void add_addresses(const struct dhcp6_lease *lease, uint64_t now, struct cni_result *result)
{
	const struct dhcp6_router *router = &lease->router;

	if (lease->mode == DHCP6_STATEFUL) {
		const struct cni_ip *ip = &lease->binding.ip;

		if (cni_ip_is_set(ip) && lease->expires > now)
			add_ip(lease, ip, prefix_of(router, ip, now), now, result);
		return;
	}
	for (size_t i = 0; i < router->prefix_count; i++) {
		const struct dhcp6_prefix *prefix = &router->prefixes[i];
		struct cni_ip ip;

		if (!prefix->is_autonomous || prefix->valid <= now)
			continue;
		ip = dhcp6_prefix_address(prefix, lease->identity.secret);
		add_ip(lease, &ip, prefix->is_on_link ? prefix->net.prefix : HOST_PREFIX, now,
		       result);
	}
}

/* ---- routes ---- */

static void add_route(const struct dhcp6_lease *lease, struct cni_route *route,
		      struct cni_result *result)
{
	route->priority = lease->priority;
	/* RFC 4861, section 6.3.4, and the kernel, which would send larger packets than the link takes. */
	if (lease->router.mtu <= lease->link_mtu)
		route->mtu = lease->router.mtu;
	cni_result_add_route(result, route);
}

/* The kernel makes a route to the prefix of an address itself. */
static bool is_covered(const struct cni_result *result, const struct cni_net *net)
{
	for (size_t i = 0; i < result->ip_count; i++) {
		struct cni_net own = cni_net_masked(&result->ips[i].address);

		if (cni_net_equal(&own, net))
			return true;
	}
	return false;
}

static void add_routes(const struct dhcp6_lease *lease, uint64_t now, struct cni_result *result)
{
	const struct dhcp6_router *router = &lease->router;

	for (size_t i = 0; i < router->prefix_count; i++) {
		const struct dhcp6_prefix *prefix = &router->prefixes[i];
		struct cni_route route = {
			.dst = prefix->net, .scope = RT_SCOPE_LINK, .has_scope = true};

		if (prefix->is_on_link && prefix->valid > now && !is_covered(result, &prefix->net))
			add_route(lease, &route, result);
	}
	if (is_default_router(router, now)) {
		struct cni_route route = {.dst = {.ip = {.family = AF_INET6}}, .gw = router->ip};

		add_route(lease, &route, result);
	}
}

/* ---- resolver ---- */

static void add_once(char ***items, size_t *count, char *const *from, size_t from_count)
{
	for (size_t i = 0; i < from_count; i++) {
		bool has = false;

		for (size_t j = 0; j < *count; j++)
			has |= !strcmp((*items)[j], from[i]);
		if (!has)
			cni_dns_add(items, count, from[i]);
	}
}

/* RFC 8106, section 5.3.1: DHCPv6 takes precedence over advertisements. */
static void add_dns(const struct cni_dns *from, struct cni_dns *dns)
{
	add_once(&dns->nameservers, &dns->nameserver_count, from->nameservers,
		 from->nameserver_count);
	add_once(&dns->search, &dns->search_count, from->search, from->search_count);
}

void dhcp6_terms_make(const struct dhcp6_lease *lease, uint64_t now, struct cni_result *ret_result)
{
	*ret_result = (struct cni_result){.ip_count = 0};
	add_addresses(lease, now, ret_result);
	if (!ret_result->ip_count)
		return;
	add_routes(lease, now, ret_result);
	add_dns(&lease->binding.dns, &ret_result->dns);
	add_dns(&lease->router.dns, &ret_result->dns);
}
