/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_routes.h"

#include "dhcp_options.h"

#include <linux/rtnetlink.h>
#include <string.h>

struct cni_ip dhcp_ip(const uint8_t bytes[4])
{
	struct cni_ip ip = {.family = AF_INET};

	memcpy(ip.bytes, bytes, 4);
	return ip;
}

static bool is_zero(const uint8_t bytes[4])
{
	return !(bytes[0] | bytes[1] | bytes[2] | bytes[3]);
}

static void add(struct cni_result *result, struct cni_route *route)
{
	struct cni_net masked = cni_net_masked(&route->dst);

	route->dst = masked;
	if (result->route_count < DHCP_ROUTES_MAX)
		cni_result_add_route(result, route);
}

/* Each is a length, as many bytes of the destination as the length needs, and a router. True if at least one
 * was found; a damaged rest is ignored. */
static bool read_classless(const uint8_t *bytes, size_t size, struct cni_result *result)
{
	size_t before = result->route_count;
	size_t at = 0;

	while (bytes && at < size) {
		struct cni_route route = {.dst = {.ip = {.family = AF_INET}, .prefix = bytes[at]}};
		size_t significant = (bytes[at] + 7U) / 8;

		if (bytes[at] > 32 || size - at < 1 + significant + 4)
			break;
		memcpy(route.dst.ip.bytes, bytes + at + 1, significant);
		at += 1 + significant;
		if (is_zero(bytes + at)) {
			route.scope = RT_SCOPE_LINK;
			route.has_scope = true;
		} else {
			route.gw = dhcp_ip(bytes + at);
		}
		at += 4;
		add(result, &route);
	}
	return result->route_count > before;
}

/* The prefix of the class (RFC 791), as Go's net.IP.DefaultMask(). */
static uint8_t prefix_of_class(uint8_t first)
{
	if (first < 128)
		return 8;
	return first < 192 ? 16 : 24;
}

/* RFC 2132, section 5.8: pairs of destination and router; the default route is no valid one. */
static void read_static(const uint8_t *bytes, size_t size, struct cni_result *result)
{
	for (size_t at = 0; bytes && at + 8 <= size; at += 8) {
		struct cni_route route = {
			.dst = {.ip = dhcp_ip(bytes + at), .prefix = prefix_of_class(bytes[at])},
			.gw = dhcp_ip(bytes + at + 4),
		};

		if (!is_zero(bytes + at) && !is_zero(bytes + at + 4))
			add(result, &route);
	}
}

void dhcp_routes_read(const struct dhcp_options *options, const struct cni_ip *gateway,
		      struct cni_result *result)
{
	static const uint8_t classless[] = {DHCP_OPTION_CLASSLESS_ROUTES,
					    DHCP_OPTION_MICROSOFT_ROUTES};
	struct cni_route by_default = {.dst = {.ip = {.family = AF_INET}}, .gw = *gateway};
	const uint8_t *bytes;
	size_t size;

	for (size_t i = 0; i < sizeof(classless); i++) {
		bytes = dhcp_options_get(options, classless[i], &size);
		if (read_classless(bytes, size, result))
			return;
	}
	bytes = dhcp_options_get(options, DHCP_OPTION_STATIC_ROUTES, &size);
	read_static(bytes, size, result);
	if (cni_ip_is_set(gateway))
		add(result, &by_default);
}
