/* SPDX-License-Identifier: Apache-2.0 */
/* A result's JSON, written as each version has it; see result_decode.c for the shapes. */
#include "mem.h"
#include "result.h"

int cni_result_check_fits(const struct cni_result *result, enum cni_version version,
			  struct cni_error *err)
{
	size_t v4 = 0;
	size_t v6 = 0;

	if (version >= CNI_0_3_0)
		return 0;
	for (size_t i = 0; i < result->ip_count; i++)
		*(result->ips[i].address.ip.family == AF_INET ? &v4 : &v6) += 1;
	if (v4 + v6 == 0)
		return cni_fail(err, CNI_EVERSION,
				"a result of cniVersion %s needs an address: use 0.3.0 or later "
				"without ipam",
				cni_version_text(version));
	if (v4 > 1 || v6 > 1)
		return cni_fail(err, CNI_EVERSION,
				"CNI version %s does not support more than 1 address per family, "
				"got %zu of IPv4 and %zu of IPv6",
				cni_version_text(version), v4, v6);
	return 0;
}

static void add_net(cJSON *object, const char *key, const struct cni_net *net)
{
	char text[CNI_NET_TEXT_SIZE];

	cni_json_add_string(object, key, cni_net_format(net, text));
}

static void add_ip(cJSON *object, const char *key, const struct cni_ip *ip)
{
	char text[CNI_IP_TEXT_SIZE];

	cni_json_add_string(object, key, cni_ip_format(ip, text));
}

static cJSON *encode_texts(char *const *items, size_t count)
{
	cJSON *list = cni_json_array();

	for (size_t i = 0; i < count; i++)
		if (!cJSON_AddItemToArray(list, cJSON_CreateString(items[i])))
			cni_out_of_memory();
	return list;
}

static cJSON *encode_dns(const struct cni_dns *dns)
{
	cJSON *object = cni_json_object();

	if (dns->nameserver_count)
		cni_json_add(object, "nameservers",
			     encode_texts(dns->nameservers, dns->nameserver_count));
	cni_json_add_string(object, "domain", dns->domain);
	if (dns->search_count)
		cni_json_add(object, "search", encode_texts(dns->search, dns->search_count));
	if (dns->option_count)
		cni_json_add(object, "options", encode_texts(dns->options, dns->option_count));
	return object;
}

static cJSON *encode_interface(const struct cni_result_interface *interface,
			       enum cni_version version)
{
	cJSON *object = cni_json_object();

	cni_json_add_string(object, "name", interface->name);
	cni_json_add_string(object, "mac", interface->mac);
	if (version >= CNI_1_0_0 && interface->mtu)
		cni_json_add_number(object, "mtu", interface->mtu);
	cni_json_add_string(object, "sandbox", interface->sandbox);
	if (version >= CNI_1_0_0) {
		cni_json_add_string(object, "socketPath", interface->socket_path);
		cni_json_add_string(object, "pciID", interface->pci_id);
	}
	return object;
}

static cJSON *encode_ip(const struct cni_result_ip *ip, enum cni_version version)
{
	cJSON *object = cni_json_object();

	if (version < CNI_1_0_0)
		cni_json_add_string(object, "version",
				    ip->address.ip.family == AF_INET ? "4" : "6");
	if (ip->interface != CNI_NO_INTERFACE)
		cni_json_add_number(object, "interface", ip->interface);
	add_net(object, "address", &ip->address);
	add_ip(object, "gateway", &ip->gateway);
	return object;
}

static cJSON *encode_route(const struct cni_route *route, enum cni_version version)
{
	cJSON *object = cni_json_object();

	add_net(object, "dst", &route->dst);
	add_ip(object, "gw", &route->gw);
	/* The fields came with 1.1.0, and Go's plugins print them in every version that lists
	 * routes: the main plugin has them from nowhere else. */
	if (version < CNI_0_3_0)
		return object;
	if (route->mtu)
		cni_json_add_number(object, "mtu", route->mtu);
	if (route->advmss)
		cni_json_add_number(object, "advmss", route->advmss);
	if (route->priority)
		cni_json_add_number(object, "priority", route->priority);
	if (route->has_table)
		cni_json_add_number(object, "table", route->table);
	if (route->has_scope)
		cni_json_add_number(object, "scope", route->scope);
	return object;
}

static void add_family(cJSON *json, const char *key, int family, const struct cni_result *result,
		       enum cni_version version)
{
	cJSON *routes = cni_json_array();

	for (size_t i = 0; i < result->route_count; i++)
		if (result->routes[i].dst.ip.family == family)
			cJSON_AddItemToArray(routes, encode_route(&result->routes[i], version));
	for (size_t i = 0; i < result->ip_count; i++) {
		cJSON *object;

		if (result->ips[i].address.ip.family != family)
			continue;
		object = cni_json_object();
		add_net(object, "ip", &result->ips[i].address);
		add_ip(object, "gateway", &result->ips[i].gateway);
		if (routes->child) {
			cni_json_add(object, "routes", routes);
			routes = NULL;
		}
		cni_json_add(json, key, object);
		break;
	}
	cJSON_Delete(routes);
}

static void add_lists(cJSON *json, const struct cni_result *result, enum cni_version version)
{
	cJSON *list;

	if (result->interface_count) {
		list = cni_json_array();
		for (size_t i = 0; i < result->interface_count; i++)
			cJSON_AddItemToArray(list,
					     encode_interface(&result->interfaces[i], version));
		cni_json_add(json, "interfaces", list);
	}
	if (result->ip_count) {
		list = cni_json_array();
		for (size_t i = 0; i < result->ip_count; i++)
			cJSON_AddItemToArray(list, encode_ip(&result->ips[i], version));
		cni_json_add(json, "ips", list);
	}
	if (result->route_count) {
		list = cni_json_array();
		for (size_t i = 0; i < result->route_count; i++)
			cJSON_AddItemToArray(list, encode_route(&result->routes[i], version));
		cni_json_add(json, "routes", list);
	}
}

cJSON *cni_result_encode(const struct cni_result *result, enum cni_version version)
{
	cJSON *json = cni_json_object();

	cni_json_add_string(json, "cniVersion", cni_version_text(version));
	if (version < CNI_0_3_0) {
		add_family(json, "ip4", AF_INET, result, version);
		add_family(json, "ip6", AF_INET6, result, version);
	} else {
		add_lists(json, result, version);
	}
	/* Before 1.0.0 Go prints "dns": {}, and there are readers who count on it. */
	if (version < CNI_1_0_0 || !cni_dns_is_empty(&result->dns))
		cni_json_add(json, "dns", encode_dns(&result->dns));
	return json;
}
