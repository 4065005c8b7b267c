/* SPDX-License-Identifier: Apache-2.0 */
/* The result in memory: building it up and taking it down. See result_decode.c and
 * result_encode.c for its JSON. */
#include "result.h"

#include "mem.h"

#include <stdlib.h>

static void free_strings(char **items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(items[i]);
	free(items);
}

void cni_dns_clear(struct cni_dns *dns)
{
	free_strings(dns->nameservers, dns->nameserver_count);
	free_strings(dns->search, dns->search_count);
	free_strings(dns->options, dns->option_count);
	free(dns->domain);
	*dns = (struct cni_dns){0};
}

bool cni_dns_is_empty(const struct cni_dns *dns)
{
	return !dns->nameserver_count && !dns->search_count && !dns->option_count && !dns->domain;
}

void cni_dns_add(char ***items, size_t *count, const char *text)
{
	*items = cni_realloc_array(*items, *count + 1, sizeof(**items));
	(*items)[(*count)++] = cni_strdup(text);
}

static void append(char ***to, size_t *to_count, char *const *from, size_t from_count)
{
	for (size_t i = 0; i < from_count; i++)
		cni_dns_add(to, to_count, from[i]);
}

void cni_dns_append(struct cni_dns *to, const struct cni_dns *from)
{
	append(&to->nameservers, &to->nameserver_count, from->nameservers, from->nameserver_count);
	append(&to->search, &to->search_count, from->search, from->search_count);
	append(&to->options, &to->option_count, from->options, from->option_count);
	if (from->domain && !to->domain)
		to->domain = cni_strdup(from->domain);
}

void cni_result_clear(struct cni_result *result)
{
	for (size_t i = 0; i < result->interface_count; i++) {
		free(result->interfaces[i].name);
		free(result->interfaces[i].mac);
		free(result->interfaces[i].sandbox);
		free(result->interfaces[i].socket_path);
		free(result->interfaces[i].pci_id);
	}
	free(result->interfaces);
	free(result->ips);
	free(result->routes);
	cni_dns_clear(&result->dns);
	*result = (struct cni_result){0};
}

int cni_result_add_interface(struct cni_result *result, const char *name, const char *mac,
			     const char *sandbox)
{
	result->interfaces = cni_realloc_array(result->interfaces, result->interface_count + 1,
					       sizeof(*result->interfaces));
	result->interfaces[result->interface_count] = (struct cni_result_interface){
		.name = cni_strdup(name),
		.mac = cni_strdup(mac),
		.sandbox = cni_strdup(sandbox),
	};
	return (int)result->interface_count++;
}

void cni_result_add_ip(struct cni_result *result, const struct cni_result_ip *ip)
{
	result->ips = cni_realloc_array(result->ips, result->ip_count + 1, sizeof(*result->ips));
	result->ips[result->ip_count++] = *ip;
}

void cni_result_add_route(struct cni_result *result, const struct cni_route *route)
{
	result->routes =
		cni_realloc_array(result->routes, result->route_count + 1, sizeof(*result->routes));
	result->routes[result->route_count++] = *route;
}

void cni_result_merge_ipam(struct cni_result *to, const struct cni_result *from)
{
	for (size_t i = 0; i < from->ip_count; i++)
		cni_result_add_ip(to, &from->ips[i]);
	for (size_t i = 0; i < from->route_count; i++)
		cni_result_add_route(to, &from->routes[i]);
	cni_dns_append(&to->dns, &from->dns);
}

void cni_result_copy(const struct cni_result *from, struct cni_result *to)
{
	for (size_t i = 0; i < from->interface_count; i++) {
		const struct cni_result_interface *interface = &from->interfaces[i];
		int added = cni_result_add_interface(to, interface->name, interface->mac,
						     interface->sandbox);

		to->interfaces[added].socket_path = cni_strdup(interface->socket_path);
		to->interfaces[added].pci_id = cni_strdup(interface->pci_id);
		to->interfaces[added].mtu = interface->mtu;
	}
	cni_result_merge_ipam(to, from);
}
