/* SPDX-License-Identifier: Apache-2.0 */
/* Releases leases of dhcp: all of an interface together, because DEL is for both families. */
#include "cleanup.h"
#include "ipam_dhcp.h"
#include "mem.h"
#include "request.h"

#include <string.h>

/* The leases of an interface. */
struct holding {
	const struct leases *leases;
	const struct cni_owner *owner;
};

static bool is_of(const struct holding *holding, size_t place)
{
	const struct cni_owner *owner = holding->leases->items[place].owner;

	return !strcmp(owner->container, holding->owner->container) &&
	       !strcmp(owner->ifname, holding->owner->ifname);
}

/* An address of the holding that an operand names; NULL: none. Marks all that do. */
static const struct cni_ip *find_operand(const struct holding *holding, struct ipam_release *run)
{
	const struct cni_ip *found = NULL;

	for (size_t i = 0; i < holding->leases->count; i++) {
		const struct cni_result *result = dhcp_lease_result(&holding->leases->items[i]);

		for (size_t j = 0; is_of(holding, i) && j < result->ip_count; j++)
			if (ipam_release_operand(run, &result->ips[j].address.ip))
				found = &result->ips[j].address.ip;
	}
	return found;
}

/* "alive" if a lease is of a namespace that lives, otherwise "gone" if one is of a namespace that is gone. */
static const char *netns_of(const struct holding *holding)
{
	const char *netns = "unknown";

	for (size_t i = 0; i < holding->leases->count; i++) {
		const char *one = is_of(holding, i) ? dhcp_lease_netns(&holding->leases->items[i])
						    : "unknown";

		if (!strcmp(one, "alive"))
			return one;
		if (!strcmp(one, "gone"))
			netns = one;
	}
	return netns;
}

/* NULL: it is not to be released, or, with `err` filled, may not be. */
static const char *reason(const struct holding *holding, struct ipam_release *run,
			  struct cni_error *err)
{
	const struct cni_ip *operand = find_operand(holding, run);
	const struct options *options = run->options;
	const char *netns = netns_of(holding);
	char address[CNI_IP_TEXT_SIZE];

	err->code = 0;
	if (!strcmp(netns, "gone"))
		return options->gone || options->stale || operand ? "for a namespace that is gone"
								  : NULL;
	if (!operand)
		return NULL;
	if (options->force)
		return "and --force was given";
	cni_fail(err, CNI_ETAKEN,
		 "%s is leased to container %s, interface %s, whose namespace is %s: --force "
		 "releases it, and the server may give it to another then",
		 cni_ip_format(operand, address), holding->owner->container, holding->owner->ifname,
		 netns);
	return NULL;
}

/* DEL of the IPAM plugin alone: it asks the daemon, or does without one, and is for both families. */
static int run_del(const struct ipam_source *source, const struct cni_owner *owner,
		   struct cni_error *err)
{
	const struct cni_request request = {
		.command = CNI_DEL,
		.path = source->tool->options->plugin_path,
		.container = owner->container,
		.ifname = owner->ifname,
	};
	freeing_json cJSON *plugin = cni_json_copy(source->ipam->dhcp);
	const char *type = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");
	cJSON *name = cJSON_CreateString(type);

	cJSON_ReplaceItemInObjectCaseSensitive(plugin, "type", cni_need(name));
	return cni_request_run(&request, &source->tool->list, plugin, NULL, err);
}

static void print_all(const struct holding *holding, struct ipam_release *run, const char *why)
{
	const struct cni_owner *owner = holding->owner;
	freeing char *text =
		cni_format("%s container %s, interface %s",
			   !strcmp(why, "and --force was given") ? "--force was given, leased to"
								 : "the namespace is gone of",
			   owner->container, owner->ifname);

	for (size_t i = 0; i < holding->leases->count; i++) {
		const struct cni_result *result = dhcp_lease_result(&holding->leases->items[i]);

		for (size_t j = 0; is_of(holding, i) && j < result->ip_count; j++)
			ipam_print_released(run, &result->ips[j].address.ip, owner, text, why);
	}
}

static bool is_first(const struct holding *holding, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (is_of(holding, i))
			return false;
	return true;
}

static void release_one(const struct ipam_source *source, const struct holding *holding,
			struct ipam_release *run)
{
	struct cni_error err = {0};
	const char *why = reason(holding, run, &err);

	if (why && (run->options->dry_run || run_del(source, holding->owner, &err) == 0))
		print_all(holding, run, why);
	else if (err.code)
		cni_fail_first(&run->first, &err);
}

int ipam_dhcp_release(const struct ipam_source *source, struct ipam_release *run,
		      struct cni_error *err)
{
	clearing_leases struct leases leases;

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		const struct holding holding = {.leases = &leases, .owner = leases.items[i].owner};

		if (is_first(&holding, i))
			release_one(source, &holding, run);
	}
	return 0;
}
