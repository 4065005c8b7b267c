/* SPDX-License-Identifier: Apache-2.0 */
/* A result's JSON, read in every version. Three shapes: `ip4` and `ip6` (before 0.3.0), lists with
 * a "version" in each address (0.3 and 0.4), lists without (1.x, where 1.1.0 added fields). */
#include "describe.h"
#include "mem.h"
#include "result.h"

#include <string.h>

static int decode_texts(const cJSON *json, const char *key, char ***items, size_t *count,
			struct cni_error *err)
{
	const cJSON *list = cni_json_get(json, key);
	const cJSON *item;

	if (list && !cJSON_IsArray(list))
		return cni_fail(err, CNI_ECONFIG, "'dns.%s' is %s, expected a list of strings", key,
				cni_json_show(list));
	cJSON_ArrayForEach (item, list) {
		if (cJSON_IsNull(item))
			continue;
		if (!cJSON_IsString(item))
			return cni_fail(err, CNI_ECONFIG, "'dns.%s' holds %s, expected strings",
					key, cni_json_show(item));
		cni_dns_add(items, count, item->valuestring);
	}
	return 0;
}

int cni_dns_decode(const cJSON *json, struct cni_dns *dns, struct cni_error *err)
{
	const cJSON *domain = cni_json_get(json, "domain");

	if (json && !cJSON_IsObject(json))
		return cni_fail(err, CNI_ECONFIG, "'dns' is %s, expected an object",
				cni_json_show(json));
	if (domain && !cJSON_IsString(domain))
		return cni_fail(err, CNI_ECONFIG, "'dns.domain' is %s, expected a string",
				cni_json_show(domain));
	if (decode_texts(json, "nameservers", &dns->nameservers, &dns->nameserver_count, err) < 0 ||
	    decode_texts(json, "search", &dns->search, &dns->search_count, err) < 0 ||
	    decode_texts(json, "options", &dns->options, &dns->option_count, err) < 0)
		return -1;
	if (domain && *domain->valuestring)
		dns->domain = cni_strdup(domain->valuestring);
	return 0;
}

const struct cni_field cni_dns_fields[] = {
	CNI_KEY("nameservers", CNI_TYPE_STRINGS, "Addresses of name servers"),
	CNI_KEY("domain", CNI_TYPE_STRING, "The local domain"),
	CNI_KEY("search", CNI_TYPE_STRINGS, "Domains that short names are looked up in"),
	CNI_KEY("options", CNI_TYPE_STRINGS, "Options of resolv.conf(5)"),
	{0},
};

const struct cni_field cni_route_fields[] = {
	CNI_FIELD(struct cni_route, "dst", dst, "The destination", .unless = CNI_REQUIRED),
	CNI_FIELD(struct cni_route, "gw", gw,
		  "The gateway, of the same family: without one the plugin that makes the "
		  "interface chooses"),
	CNI_FIELD(struct cni_route, "mtu", mtu, "MTU of the route in bytes"),
	CNI_FIELD(struct cni_route, "advmss", advmss,
		  "The maximal segment size that TCP advertises, in bytes"),
	CNI_FIELD(struct cni_route, "priority", priority, "The metric", .max = UINT32_MAX),
	CNI_FIELD(struct cni_route, "table", table, "The routing table", .max = UINT32_MAX,
		  .unless = "main"),
	CNI_FIELD(struct cni_route, "scope", scope,
		  "The scope, see rtnetlink(7): 0 is global, 253 is the link", .max = 255),
	CNI_KEY("gws", CNI_TYPE_ADDRESSES, "More gateways: a route for each of them"),
	{0},
};

/* A list of routes. */
struct list {
	const char *what;
	/* Gateways of the other family (RFC 8950) are handed on, and numbers below 0, which mean nothing, are none. */
	bool is_of_result;
};

static int decode_fields(const cJSON *json, const struct list *list, struct cni_route *ret_route,
			 struct cni_error *err)
{
	struct cni_field fields[sizeof(cni_route_fields) / sizeof(*cni_route_fields)];

	memcpy(fields, cni_route_fields, sizeof(fields));
	for (struct cni_field *field = fields; field->key; field++)
		field->negative_is_zero = list->is_of_result;
	return cni_decode(fields, json, ret_route, false, err);
}

static int check_gateway(const struct cni_route *route, const char *key, const struct list *list,
			 struct cni_error *err)
{
	if (list->is_of_result || !cni_ip_is_set(&route->gw) ||
	    route->gw.family == route->dst.ip.family)
		return 0;
	return cni_fail(err, CNI_ECONFIG, "%s: 'dst' and '%s' are of different families",
			list->what, key);
}

static int decode_route(const cJSON *json, const struct list *list, struct cni_route *ret_route,
			struct cni_error *err)
{
	const char *what = list->what;

	*ret_route = (struct cni_route){0};
	if (!cJSON_IsObject(json))
		return cni_fail(err, CNI_ECONFIG, "%s holds %s, expected objects", what,
				cni_json_show(json));
	if (decode_fields(json, list, ret_route, err) < 0)
		return cni_fail_within(err, "%s", what);
	if (!cni_ip_is_set(&ret_route->dst.ip))
		return cni_fail(err, CNI_ECONFIG, "%s: 'dst' is missing", what);
	ret_route->has_table = cni_json_get(json, "table") != NULL;
	ret_route->has_scope = cni_json_get(json, "scope") != NULL;
	return check_gateway(ret_route, "gw", list, err);
}

static void append(struct cni_route **routes, size_t *count, const struct cni_route *route)
{
	*routes = cni_realloc_array(*routes, *count + 1, sizeof(**routes));
	(*routes)[(*count)++] = *route;
}

/* `gws`: each next hop is a route like `route`. `*ret_has_own` becomes true if `gw` is among them. */
static int append_ways(const cJSON *gws, const struct list *list, const struct cni_route *route,
		       struct cni_route **routes, size_t *count, bool *ret_has_own,
		       struct cni_error *err)
{
	const char *what = list->what;
	struct cni_route way = *route;
	const cJSON *item;

	*ret_has_own = false;
	if (gws && !cJSON_IsArray(gws))
		return cni_fail(err, CNI_ECONFIG, "%s: 'gws' is %s, expected a list of addresses",
				what, cni_json_show(gws));
	cJSON_ArrayForEach (item, gws) {
		if (!cJSON_IsString(item) || cni_ip_parse(item->valuestring, &way.gw) < 0)
			return cni_fail(err, CNI_ECONFIG, "%s: 'gws' holds %s, expected addresses",
					what, cni_json_show(item));
		if (check_gateway(&way, "gws", list, err) < 0)
			return -1;
		*ret_has_own |= cni_ip_equal(&way.gw, &route->gw);
		append(routes, count, &way);
	}
	return 0;
}

static int decode_list(const cJSON *items, const struct list *list, struct cni_route **routes,
		       size_t *count, struct cni_error *err)
{
	const cJSON *item;

	if (items && !cJSON_IsArray(items))
		return cni_fail(err, CNI_ECONFIG, "%s is %s, expected a list", list->what,
				cni_json_show(items));
	cJSON_ArrayForEach (item, items) {
		struct cni_route route;
		size_t before = *count;
		bool has_own;

		if (cJSON_IsNull(item))
			continue;
		if (decode_route(item, list, &route, err) < 0 ||
		    append_ways(cni_json_get(item, "gws"), list, &route, routes, count, &has_own,
				err) < 0)
			return -1;
		if (*count == before || (cni_ip_is_set(&route.gw) && !has_own))
			append(routes, count, &route);
	}
	return 0;
}

int cni_routes_decode(const cJSON *list, const char *what, struct cni_route **routes, size_t *count,
		      struct cni_error *err)
{
	return decode_list(list, &(struct list){.what = what}, routes, count, err);
}

static int decode_routes(const cJSON *list, struct cni_result *result, struct cni_error *err)
{
	static const struct list of_result = {.what = "'routes'", .is_of_result = true};

	return decode_list(list, &of_result, &result->routes, &result->route_count, err);
}

/* ip4 and ip6 of 0.1.0 and 0.2.0: {"ip": "10.1.0.7/16", "gateway": …, "routes": […]} */
static int decode_family(const cJSON *json, const char *key, int family, struct cni_result *result,
			 struct cni_error *err)
{
	static const struct cni_field fields[] = {
		CNI_MEMBER(struct cni_result_ip, "ip", address),
		CNI_MEMBER(struct cni_result_ip, "gateway", gateway),
		{0},
	};
	const cJSON *object = cni_json_get(json, key);
	struct cni_result_ip ip = {.interface = CNI_NO_INTERFACE};

	if (!object)
		return 0;
	if (cni_decode(fields, object, &ip, false, err) < 0)
		return cni_fail_within(err, "'%s'", key);
	if (ip.address.ip.family != family)
		return cni_fail(err, CNI_ECONFIG, "'%s.ip' is missing or of the other family", key);
	cni_result_add_ip(result, &ip);
	return decode_routes(cni_json_get(object, "routes"), result, err);
}

static int decode_interfaces(const cJSON *list, struct cni_result *result, struct cni_error *err)
{
	struct interface {
		const char *name, *mac, *sandbox, *socket_path, *pci_id;
		uint32_t mtu;
	};
	static const struct cni_field fields[] = {
		CNI_MEMBER(struct interface, "name", name),
		CNI_MEMBER(struct interface, "mac", mac),
		CNI_MEMBER(struct interface, "sandbox", sandbox),
		CNI_MEMBER(struct interface, "socketPath", socket_path),
		CNI_MEMBER(struct interface, "pciID", pci_id),
		CNI_MEMBER(struct interface, "mtu", mtu, .negative_is_zero = true),
		{0},
	};
	const cJSON *item;

	if (list && !cJSON_IsArray(list))
		return cni_fail(err, CNI_ECONFIG, "'interfaces' is %s, expected a list",
				cni_json_show(list));
	cJSON_ArrayForEach (item, list) {
		struct interface read = {.name = ""};
		struct cni_result_interface *added;
		int index;

		if (!cJSON_IsNull(item) && !cJSON_IsObject(item))
			return cni_fail(err, CNI_ECONFIG, "'interfaces' holds %s, expected objects",
					cni_json_show(item));
		if (cni_decode(fields, item, &read, false, err) < 0)
			return cni_fail_within(err, "'interfaces'");
		/* A null entry still counts: addresses name interfaces by their index. */
		index = cni_result_add_interface(result, read.name, read.mac, read.sandbox);
		added = &result->interfaces[index];
		added->socket_path = cni_strdup(read.socket_path);
		added->pci_id = cni_strdup(read.pci_id);
		added->mtu = read.mtu;
	}
	return 0;
}

static int decode_ips(const cJSON *list, struct cni_result *result, struct cni_error *err)
{
	struct address {
		struct cni_net address;
		struct cni_ip gateway;
		uint32_t interface;
	};
	static const struct cni_field fields[] = {
		CNI_MEMBER(struct address, "address", address),
		CNI_MEMBER(struct address, "gateway", gateway),
		CNI_MEMBER(struct address, "interface", interface, .negative_is_zero = true),
		{0},
	};
	const cJSON *item;

	if (list && !cJSON_IsArray(list))
		return cni_fail(err, CNI_ECONFIG, "'ips' is %s, expected a list",
				cni_json_show(list));
	cJSON_ArrayForEach (item, list) {
		const cJSON *index = cni_json_get(item, "interface");
		struct address read = {0};
		struct cni_result_ip ip;

		if (cJSON_IsNull(item))
			continue;
		if (!cJSON_IsObject(item))
			return cni_fail(err, CNI_ECONFIG, "'ips' holds %s, expected objects",
					cni_json_show(item));
		if (cni_decode(fields, item, &read, false, err) < 0)
			return cni_fail_within(err, "'ips'");
		if (!cni_ip_is_set(&read.address.ip))
			return cni_fail(err, CNI_ECONFIG, "'ips': 'address' is missing");
		ip = (struct cni_result_ip){
			.address = read.address,
			.gateway = read.gateway,
			/* Below 0 the index leads nowhere, as one that is too large. */
			.interface = !index || index->valuedouble < 0 ? CNI_NO_INTERFACE
								      : (int)read.interface,
		};
		cni_result_add_ip(result, &ip);
	}
	return 0;
}

static int decode_parts(const cJSON *json, enum cni_version version, struct cni_result *result,
			struct cni_error *err)
{
	if (cni_dns_decode(cni_json_get(json, "dns"), &result->dns, err) < 0)
		return -1;
	if (version < CNI_0_3_0)
		return decode_family(json, "ip4", AF_INET, result, err) < 0 ||
				       decode_family(json, "ip6", AF_INET6, result, err) < 0
			       ? -1
			       : 0;
	if (decode_interfaces(cni_json_get(json, "interfaces"), result, err) < 0 ||
	    decode_ips(cni_json_get(json, "ips"), result, err) < 0)
		return -1;
	return decode_routes(cni_json_get(json, "routes"), result, err);
}

int cni_result_decode(const cJSON *json, enum cni_version version, const char *what,
		      struct cni_result *ret_result, struct cni_error *err)
{
	const char *said = cni_json_get_string(json, "cniVersion");
	struct cni_result result = {0};

	if (!cJSON_IsObject(json))
		return cni_fail(err, CNI_EDECODE, "%s is %s, expected an object", what,
				cni_json_show(json));
	if (said && *said && cni_version_parse(said, CNI_0_1_0, &version, err) < 0)
		return cni_fail_within(err, "%s", what);
	if (decode_parts(json, version, &result, err) < 0) {
		cni_result_clear(&result);
		return cni_fail_within(err, "%s", what);
	}
	*ret_result = result;
	return 0;
}
