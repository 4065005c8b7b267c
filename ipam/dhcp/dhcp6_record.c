/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_record.h"

#include "cleanup.h"
#include "dhcp_terms.h"
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	PREFIX_ON_LINK = 1,
	PREFIX_AUTONOMOUS = 2,
};

/* ---- writing ---- */

static void put_number(FILE *out, const char *key, uint64_t number)
{
	if (number)
		fprintf(out, "%s %" PRIu64 "\n", key, number);
}

static void put_bytes(FILE *out, const char *key, const uint8_t *bytes, size_t size)
{
	if (!size)
		return;
	fprintf(out, "%s ", key);
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", bytes[i]);
	fputc('\n', out);
}

static void put_ip(FILE *out, const char *key, const struct cni_ip *ip)
{
	char text[CNI_IP_TEXT_SIZE];

	if (cni_ip_is_set(ip))
		fprintf(out, "%s %s\n", key, cni_ip_format(ip, text));
}

static void put_dns(FILE *out, const char *prefix, const struct cni_dns *dns)
{
	for (size_t i = 0; i < dns->nameserver_count; i++)
		fprintf(out, "%snameserver %s\n", prefix, dns->nameservers[i]);
	for (size_t i = 0; i < dns->search_count; i++)
		fprintf(out, "%ssearch %s\n", prefix, dns->search[i]);
}

static void put_router(FILE *out, const struct dhcp6_router *router)
{
	char text[CNI_NET_TEXT_SIZE];

	put_ip(out, "router", &router->ip);
	put_number(out, "router-until", router->until);
	put_number(out, "router-mtu", router->mtu);
	for (size_t i = 0; i < router->prefix_count; i++) {
		const struct dhcp6_prefix *prefix = &router->prefixes[i];

		fprintf(out, "prefix %s %d %" PRIu32 " %" PRIu64 "\n",
			cni_net_format(&prefix->net, text),
			(prefix->is_on_link ? PREFIX_ON_LINK : 0) |
				(prefix->is_autonomous ? PREFIX_AUTONOMOUS : 0),
			prefix->conflicts, prefix->valid);
	}
	put_dns(out, "router-", &router->dns);
}

void dhcp6_record_put(FILE *out, const struct dhcp6_lease *lease)
{
	freeing char *result = NULL;

	put_bytes(out, "duid", lease->identity.duid.bytes, lease->identity.duid.size);
	put_number(out, "iaid", lease->identity.iaid);
	put_number(out, "link-mtu", lease->link_mtu);
	put_bytes(out, "secret", lease->identity.secret, sizeof(lease->identity.secret));
	if (!lease->result.ip_count)
		return;
	put_number(out, "mode", lease->mode);
	result = dhcp_result_encode(&lease->result);
	fprintf(out, "result %s\n", result);
	put_router(out, &lease->router);
	put_ip(out, "address", &lease->binding.ip);
	put_bytes(out, "server-duid", lease->binding.server.bytes, lease->binding.server.size);
	put_number(out, "lease", lease->binding.valid);
	put_dns(out, "", &lease->binding.dns);
	put_number(out, "solicits", lease->solicits);
	put_number(out, "renews", lease->renews);
	put_number(out, "rebinds", lease->rebinds);
	put_number(out, "expires", lease->expires);
}

/* ---- reading ---- */

bool dhcp6_hex_read(const char *text, uint8_t *bytes, size_t most, size_t *ret_size)
{
	size_t size = 0;

	while (*text) {
		char digits[3] = {text[0], text[1], '\0'};

		if (strspn(digits, "0123456789abcdefABCDEF") != 2 || size == most)
			return false;
		bytes[size++] = (uint8_t)strtoul(digits, NULL, 16);
		text += 2;
		if (*text == ':' && *++text == '\0')
			return false;
	}
	*ret_size = size;
	return size;
}

static bool take_number(const char *value, uint64_t most, uint64_t *ret_number)
{
	char *end;

	*ret_number = strtoull(value, &end, 10);
	return *value >= '0' && *value <= '9' && !*end && *ret_number <= most;
}

static bool take_u32(const char *value, uint32_t *member)
{
	uint64_t number;
	bool is_number = take_number(value, UINT32_MAX, &number);

	*member = (uint32_t)number;
	return is_number;
}

static bool take_time(const char *value, uint64_t *member)
{
	return take_number(value, UINT64_MAX, member);
}

static bool take_duid(const char *value, struct dhcp6_duid *duid)
{
	size_t size;

	if (!dhcp6_hex_read(value, duid->bytes, sizeof(duid->bytes), &size))
		return false;
	duid->size = (uint8_t)size;
	return true;
}

static bool take_ip(const char *value, struct cni_ip *ip)
{
	return cni_ip_parse(value, ip) == 0 && ip->family == AF_INET6;
}

static bool take_prefix(char *value, struct dhcp6_router *router)
{
	struct dhcp6_prefix *prefix = &router->prefixes[router->prefix_count];
	const char *net = strsep(&value, " ");
	const char *flags = strsep(&value, " ");
	const char *conflicts = strsep(&value, " ");
	uint32_t bits;

	if (router->prefix_count == DHCP6_PREFIXES_MAX || !value ||
	    cni_net_parse(net, &prefix->net) < 0 || prefix->net.ip.family != AF_INET6 ||
	    !take_u32(flags, &bits) || !take_u32(conflicts, &prefix->conflicts) ||
	    !take_time(value, &prefix->valid))
		return false;
	prefix->is_on_link = bits & PREFIX_ON_LINK;
	prefix->is_autonomous = bits & PREFIX_AUTONOMOUS;
	router->prefix_count++;
	return true;
}

static bool take_text(const char *value, char ***items, size_t *count)
{
	cni_dns_add(items, count, value);
	return true;
}

static bool take_result(const char *value, struct cni_result *result)
{
	freeing_json cJSON *json = NULL;
	struct cni_error ignored;

	if (result->ip_count ||
	    cni_json_parse_object(value, strlen(value), "result", &json, &ignored) < 0 ||
	    cni_result_decode(json, CNI_VERSION_LATEST, "result", result, &ignored) < 0)
		return false;
	for (size_t i = 0; i < result->ip_count; i++)
		if (result->ips[i].address.ip.family != AF_INET6)
			return false;
	return result->ip_count;
}

static bool take_mode(const char *value, enum dhcp6_mode *mode)
{
	uint64_t number;
	bool is_mode = take_number(value, DHCP6_STATEFUL, &number);

	*mode = (enum dhcp6_mode)number;
	return is_mode;
}

static bool take_router(const char *key, char *value, struct dhcp6_router *router)
{
	struct cni_dns *dns = &router->dns;

	if (!strcmp(key, "router"))
		return take_ip(value, &router->ip);
	if (!strcmp(key, "router-until"))
		return take_time(value, &router->until);
	if (!strcmp(key, "router-mtu"))
		return take_u32(value, &router->mtu);
	if (!strcmp(key, "prefix"))
		return take_prefix(value, router);
	if (!strcmp(key, "router-nameserver"))
		return take_text(value, &dns->nameservers, &dns->nameserver_count);
	return !strcmp(key, "router-search") && take_text(value, &dns->search, &dns->search_count);
}

static bool take_identity(const char *key, const char *value, struct dhcp6_identity *identity)
{
	size_t size;

	if (!strcmp(key, "duid"))
		return take_duid(value, &identity->duid);
	if (!strcmp(key, "iaid"))
		return take_u32(value, &identity->iaid);
	return !strcmp(key, "secret") &&
	       dhcp6_hex_read(value, identity->secret, sizeof(identity->secret), &size) &&
	       size == sizeof(identity->secret);
}

static bool take_binding(const char *key, const char *value, struct dhcp6_answer *binding)
{
	struct cni_dns *dns = &binding->dns;

	if (!strcmp(key, "address"))
		return take_ip(value, &binding->ip);
	if (!strcmp(key, "server-duid"))
		return take_duid(value, &binding->server);
	if (!strcmp(key, "lease"))
		return take_u32(value, &binding->valid);
	if (!strcmp(key, "nameserver"))
		return take_text(value, &dns->nameservers, &dns->nameserver_count);
	return !strcmp(key, "search") && take_text(value, &dns->search, &dns->search_count);
}

bool dhcp6_record_take(const char *key, char *value, struct dhcp6_lease *lease)
{
	if (!strcmp(key, "mode"))
		return take_mode(value, &lease->mode);
	if (!strcmp(key, "link-mtu"))
		return take_u32(value, &lease->link_mtu);
	if (!strcmp(key, "result"))
		return take_result(value, &lease->result);
	if (!strcmp(key, "solicits"))
		return take_time(value, &lease->solicits);
	if (!strcmp(key, "renews"))
		return take_time(value, &lease->renews);
	if (!strcmp(key, "rebinds"))
		return take_time(value, &lease->rebinds);
	if (!strcmp(key, "expires"))
		return take_time(value, &lease->expires);
	return take_identity(key, value, &lease->identity) ||
	       take_router(key, value, &lease->router) || take_binding(key, value, &lease->binding);
}
