/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_takeover.h"

#include "cache.h"
#include "cached_list.h"
#include "cleanup.h"
#include "dhcp_conf.h"
#include "dhcp_options.h"
#include "dhcp_requests.h"
#include "mem.h"
#include "request.h"

#include <stdio.h>
#include <string.h>

/* libcni's own default has "cache"; runtimes choose the other one. */
static const char *const directories[] = {CNI_CACHE_DIR, CNI_CACHE_DIR "/cache"};

/* ---- the configuration ---- */

/* BuildKit's plugins have a prefix. */
static bool asks_dhcp(const cJSON *plugin)
{
	const char *type = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");
	const char *dash = type ? strrchr(type, '-') : NULL;

	return type && !strcmp(dash ? dash + 1 : type, "dhcp");
}

static int read_call(const struct cni_cached *cached, const struct cni_conflist *list,
		     const cJSON *plugin, struct cni_call *call, struct cni_error *err)
{
	const struct cni_request request = {.command = CNI_ADD,
					    .capability_args = cached->capability_args};
	freeing_json cJSON *config = cni_request_config(&request, list, plugin);
	freeing char *input = cni_json_print_compact(config);

	*call = (struct cni_call){.env = {.command = CNI_ADD,
					  .container = cached->container,
					  .netns = "",
					  .ifname = cached->ifname,
					  .args = cached->args ? cached->args : "",
					  .path = ""}};
	return cni_conf_read(input, strlen(input), CNI_ADD, CNI_0_1_0, &call->conf, err);
}

/* A result that the Go plugin may have had. */
static bool may_be_of_go(const struct cni_result *result)
{
	for (size_t i = 0; i < result->route_count; i++)
		if (result->routes[i].dst.prefix || result->routes[i].mtu)
			return false;
	return cni_dns_is_empty(&result->dns);
}

/* The options of the daemon's messages. Where the Go plugin may have asked, these are its own: a server that is
 * asked for more than before may answer with other routes. False if another daemon is asked. */
static bool read_conf(const struct dhcp_house *house, const struct cni_call *call,
		      struct dhcp_record *record, struct cni_error *err)
{
	freeing char *socket = NULL;
	struct dhcp_conf conf;

	if (dhcp_conf_read(call, &conf, err) < 0)
		return false;
	if (!conf.wants_four) {
		cni_fail(err, CNI_ECONFIG, "its network has no leases of IPv4");
		return false;
	}
	socket = cni_format("%s%s", house->flags->host_prefix, conf.socket);
	if (strcmp(socket, house->setting.socket) != 0) {
		cni_fail(err, CNI_ECONFIG, "its network asks the daemon on '%s'", socket);
		return false;
	}
	record->identity.options = conf.options;
	record->priority = conf.priority;
	record->probes = conf.probe;
	return dhcp_options_put_requested(cni_json_get(cni_json_get(call->conf.json, "ipam"),
						       "request"),
					  may_be_of_go(&record->lease.terms.result),
					  &record->identity.options, err) == 0;
}

/* ---- the result ---- */

static const char *sandbox_of(const struct cni_result *result, const char *ifname)
{
	for (size_t i = 0; i < result->interface_count; i++) {
		const struct cni_result_interface *interface = &result->interfaces[i];

		if (interface->sandbox && *interface->sandbox && interface->name &&
		    !strcmp(interface->name, ifname))
			return interface->sandbox;
	}
	return NULL;
}

static bool is_of(const struct cni_result *result, const struct cni_result_ip *ip,
		  const char *ifname)
{
	if (ip->address.ip.family != AF_INET)
		return false;
	return ip->interface == CNI_NO_INTERFACE ||
	       ((size_t)ip->interface < result->interface_count &&
		result->interfaces[ip->interface].name &&
		!strcmp(result->interfaces[ip->interface].name, ifname));
}

/* The terms as far as they are known. False without an IPv4 address. */
static bool read_terms(const struct cni_result *result, const char *ifname,
		       struct dhcp_terms *terms)
{
	for (size_t i = 0; i < result->ip_count && dhcp_terms_are_empty(terms); i++) {
		struct cni_result_ip ip = result->ips[i];

		if (!is_of(result, &ip, ifname))
			continue;
		ip.interface = CNI_NO_INTERFACE;
		cni_result_add_ip(&terms->result, &ip);
	}
	for (size_t i = 0; i < result->route_count; i++)
		if (result->routes[i].dst.ip.family == AF_INET)
			cni_result_add_route(&terms->result, &result->routes[i]);
	cni_dns_append(&terms->result.dns, &result->dns);
	terms->lease_seconds = DHCP_TAKEOVER_SECONDS;
	return !dhcp_terms_are_empty(terms);
}

static bool read_result(const struct dhcp_house *house, const struct cni_cached *cached,
			struct dhcp_record *record)
{
	struct cni_result result = {0};
	const char *netns = cached->netns;
	struct cni_error ignored;
	bool is_known = false;

	if (!cached->result || cni_result_decode(cached->result, CNI_VERSION_LATEST, "the cache",
						 &result, &ignored) < 0)
		return false;
	if (!netns || !*netns)
		netns = sandbox_of(&result, cached->ifname);
	if (netns && strlen(cached->ifname) < sizeof(record->place.ifname)) {
		record->place.netns = cni_format("%s%s", house->flags->host_prefix, netns);
		snprintf(record->place.ifname, sizeof(record->place.ifname), "%s", cached->ifname);
		is_known = read_terms(&result, cached->ifname, &record->lease.terms);
	}
	cni_result_clear(&result);
	return is_known;
}

/* ---- the interface ---- */

/* The times are those of a lease that must be asked about at once. */
static void set_times(struct dhcp_lease *lease)
{
	lease->asked = lease->renews = lease->rebinds = dhcp_now();
	lease->expires = lease->asked + 1000ULL * DHCP_TAKEOVER_SECONDS;
}

static int take_link(struct dhcp_record *record, struct cni_error *err)
{
	struct dhcp_terms *terms = &record->lease.terms;
	bool is_up = false;
	bool has = false;

	if (dhcp_place_look(&record->place, dhcp_terms_address(terms), &has, &is_up, err) < 0)
		return -1;
	if (!has)
		return cni_fail(err, CNI_EMISMATCH, "'%s' does not have the address any more",
				record->place.ifname);
	if (!is_up && dhcp_place_withdraw(&record->place, &terms->result, err) < 0)
		return -1;
	if (!is_up)
		dhcp_terms_clear(terms);
	set_times(&record->lease);
	return dhcp_place_find(&record->place, err);
}

/* ---- both ---- */

static void take(struct dhcp_house *house, const struct cni_owner *owner,
		 struct dhcp_record *record)
{
	char text[CNI_OWNER_TEXT_SIZE];
	struct dhcp_tenant *tenant;
	struct cni_error err;

	cni_owner_format(owner, text);
	if (take_link(record, &err) < 0) {
		dhcp_log("%s: a lease without a record is left alone: %s", text, err.msg);
		return;
	}
	dhcp_log("%s: takes over a lease without a record%s", text,
		 dhcp_terms_are_empty(&record->lease.terms)
			 ? ", which has ended: the interface was down"
			 : "");
	tenant = dhcp_tenant_new(&house->setting, owner, record);
	dhcp_house_put(house, tenant);
	dhcp_tenant_take_over(tenant);
	tenant->netns_id = dhcp_carrier_id(&tenant->record.place);
}

static void consider_plugin(struct dhcp_house *house, const struct cni_cached *cached,
			    const struct cni_conflist *list, const cJSON *plugin)
{
	const struct cni_owner owner = {cached->network, cached->container, cached->ifname};
	clearing_dhcp_record struct dhcp_record record = {.priority = 0};
	char text[CNI_OWNER_TEXT_SIZE];
	struct cni_call call;
	struct cni_error err;

	if (!read_result(house, cached, &record))
		return;
	if (read_call(cached, list, plugin, &call, &err) < 0 ||
	    !read_conf(house, &call, &record, &err))
		dhcp_log("%s: its cached attachment is left alone: %s",
			 cni_owner_format(&owner, text), err.msg);
	else
		take(house, &owner, &record);
	cni_conf_clear(&call.conf);
}

/* Multus has libcni cache the configuration of a single plugin. */
static int read_list(const struct cni_cached *cached, struct cni_conflist *ret_list)
{
	struct cni_error ignored;

	if (cni_cached_list(cached, NULL, ret_list, &ignored) == 0)
		return 0;
	if (!cached->config)
		return -1;
	return cni_conflist_upconvert(cached->config, cached->config_size, "the cache", ret_list,
				      &ignored);
}

/* A damaged record is none: the lease is still there. */
static bool has_record(const struct cni_owner *owner)
{
	clearing_dhcp_record struct dhcp_record record;
	struct cni_error ignored;
	bool found = false;

	return dhcp_record_read(owner, &record, &found, &ignored) < 0 || found;
}

static void consider(struct dhcp_house *house, const struct cni_cached *cached)
{
	const struct cni_owner owner = {cached->network, cached->container, cached->ifname};
	struct cni_conflist list = {0};
	const cJSON *plugin;

	if (has_record(&owner) || dhcp_house_find(house, &owner) || read_list(cached, &list) < 0)
		return;
	cJSON_ArrayForEach (plugin, list.plugins) {
		if (asks_dhcp(plugin)) {
			consider_plugin(house, cached, &list, plugin);
			break;
		}
	}
	cni_conflist_clear(&list);
}

void dhcp_house_take_over(struct dhcp_house *house)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		freeing char *directory =
			cni_format("%s%s", house->flags->host_prefix, directories[i]);
		struct cni_cached *items = NULL;
		struct cni_error err;
		size_t count = 0;

		if (cni_cache_list(directory, NULL, NULL, &items, &count, NULL, &err) < 0) {
			dhcp_log("%s", err.msg);
			continue;
		}
		for (size_t j = 0; j < count; j++)
			consider(house, &items[j]);
		cni_cached_free(items, count);
	}
}
