/* SPDX-License-Identifier: Apache-2.0 */
/* All known facts of a lease. */
#include "cleanup.h"
#include "dhcp_loop.h"
#include "ipam_dhcp.h"
#include "mem.h"
#include "table.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Lines, or a row with the sentences if `rows` is not NULL. `lease` is NULL if no container has the address. */
static void print_sentences(const struct ipam_source *source, const struct lease_of *lease,
			    const char *address, const char *const *sentences, cJSON *rows)
{
	cJSON *row = rows ? cni_json_object() : NULL;
	cJSON *list = rows ? cni_json_array() : NULL;

	for (; *sentences; sentences++) {
		freeing char *copy = cni_strdup(*sentences);

		if (rows)
			cJSON_AddItemToArray(list, cJSON_CreateString(make_printable(copy)));
		else
			print_line("%s", copy);
	}
	if (!rows)
		return;
	cni_json_add_string(row, "network", source->tool->list.name);
	cni_json_add_string(row, "dataDir", source->place);
	cni_json_add_string(row, "address", address);
	cJSON_AddBoolToObject(row, "reserved", lease != NULL);
	if (lease) {
		cni_json_add_string(row, "container", lease->owner->container);
		cni_json_add_string(row, "interface", lease->owner->ifname);
		cni_json_add_string(row, "boot", "this");
		cni_json_add_string(row, "namespace", dhcp_lease_netns(lease));
	}
	cni_json_add(row, "sentences", list);
	cJSON_AddItemToArray(rows, row);
}

static void tell(const struct ipam_source *source, const struct lease_of *lease,
		 const struct cni_ip *ip, cJSON *rows)
{
	uint64_t renews = dhcp_lease_renews(lease);
	char address[CNI_IP_TEXT_SIZE];
	char server[CNI_IP_TEXT_SIZE];
	char span[AGE_TEXT_SIZE];
	uint64_t now = dhcp_now();
	char term[64];
	freeing char *who =
		cni_format("%s is leased in network '%s' by %s to container %s, interface %s, %s.",
			   cni_ip_format(ip, address), source->tool->list.name,
			   dhcp_lease_server(lease, server), lease->owner->container,
			   lease->owner->ifname, dhcp_lease_term(lease, term));
	freeing char *when = renews != DHCP_NEVER && renews > now
				     ? cni_format("The daemon renews it in %s.",
						  ipam_span((double)(renews - now) / 1000, span))
				     : NULL;
	freeing char *state =
		cni_format("Its network namespace is %s; its daemon %s.", dhcp_lease_netns(lease),
			   dhcp_lease_is_served(lease) ? "answers" : "does not answer");
	const char *sentences[] = {who, when ? when : state, when ? state : NULL, NULL};

	print_sentences(source, lease, address, sentences, rows);
}

/* All addresses of the lease if `ip` is NULL, otherwise that one. */
static void tell_all(const struct ipam_source *source, const struct lease_of *lease,
		     const struct cni_ip *ip, cJSON *rows, size_t *told)
{
	const struct cni_result *result = dhcp_lease_result(lease);

	for (size_t i = 0; i < result->ip_count; i++) {
		const struct cni_ip *own = &result->ips[i].address.ip;

		if (ip && !cni_ip_equal(ip, own))
			continue;
		if ((*told)++ && !rows)
			putchar('\n');
		tell(source, lease, own, rows);
	}
}

static void tell_free(const struct ipam_source *source, const struct cni_ip *ip, cJSON *rows)
{
	char address[CNI_IP_TEXT_SIZE];
	freeing char *text = cni_format(
		"%s is leased to no container of network '%s': which addresses there are is for "
		"the network's DHCP server to know.",
		cni_ip_format(ip, address), source->tool->list.name);
	const char *sentences[] = {text, NULL};

	print_sentences(source, NULL, address, sentences, rows);
}

int ipam_dhcp_explain(const struct ipam_source *source, const char *what, const struct cni_ip *ip,
		      cJSON *rows, struct cni_error *err)
{
	clearing_leases struct leases leases;
	size_t told = 0;

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		if (ip || !strcmp(leases.items[i].owner->container, what))
			tell_all(source, &leases.items[i], ip, rows, &told);
	if (ip && !told)
		tell_free(source, ip, rows);
	return 0;
}
