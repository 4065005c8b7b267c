/* SPDX-License-Identifier: Apache-2.0 */
/* The leases of dhcp as a source of the commands: the records below /run/cni/dhcp, which are of this boot. The
 * addresses are a server's to give: their number is not known here. */
#include "cleanup.h"
#include "dhcp_asker.h"
#include "dhcp_loop.h"
#include "ipam_dhcp_leases.h"
#include "mem.h"
#include "request.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_MS	    2000
#define REMARK_SIZE 160

/* ---- list ---- */

static const char *remark_of(const struct lease_of *lease, char text[REMARK_SIZE])
{
	char server[CNI_IP_TEXT_SIZE];
	char term[64];

	if (!lease->is_readable)
		return "its record is damaged";
	if (!dhcp_lease_result(lease)->ip_count)
		return "it has lost its lease, and the daemon looks for a new one";
	snprintf(text, REMARK_SIZE, "leased by %s %s", dhcp_lease_server(lease, server),
		 dhcp_lease_term(lease, term));
	return text;
}

/* `ip` NULL: the lease has no address. */
static void add_row(const struct ipam_source *source, const struct ipam_output *output,
		    const struct lease_of *lease, const struct cni_ip *ip)
{
	uint64_t added = lease->record.added;
	uint64_t now = dhcp_now();
	char address[CNI_IP_TEXT_SIZE];
	char remark[REMARK_SIZE];
	const struct ipam_row row = {
		.address = ip ? cni_ip_format(ip, address) : NULL,
		.container = lease->owner->container,
		.ifname = lease->owner->ifname,
		.boot = "this",
		.netns = dhcp_lease_netns(lease),
		.remark = remark_of(lease, remark),
		.age = added && added <= now ? (double)(now - added) / 1000 : -1,
	};

	ipam_add_row(source, output, &row);
}

static int list(const struct ipam_source *source, const struct ipam_output *output,
		struct cni_error *err)
{
	clearing_leases struct leases leases;

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		const struct lease_of *lease = &leases.items[i];
		const struct cni_result *result = dhcp_lease_result(lease);

		for (size_t j = 0; j < result->ip_count; j++)
			add_row(source, output, lease, &result->ips[j].address.ip);
		if (!result->ip_count)
			add_row(source, output, lease, NULL);
	}
	return 0;
}

/* ---- usage ---- */

static void add_usage(const struct ipam_output *output, const char *plugin, size_t used,
		      size_t stale)
{
	freeing char *used_text = cni_format("%zu", used);
	freeing char *stale_text = cni_format("%zu", stale);
	const char *cells[] = {plugin, NULL, NULL, used_text, stale_text, NULL, "of DHCP servers"};
	cJSON *row;

	if (!output->rows) {
		table_add(output->table, cells);
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "plugin", plugin);
	cni_json_add(row, "set", cJSON_CreateNull());
	cni_json_add_string(row, "ranges", "of DHCP servers");
	cni_json_add(row, "size", cJSON_CreateNull());
	cni_json_add_number(row, "used", (double)used);
	cni_json_add_number(row, "stale", (double)stale);
	cni_json_add(row, "free", cJSON_CreateNull());
	cJSON_AddItemToArray(output->rows, row);
}

static int usage(const struct ipam_source *source, const struct ipam_output *output,
		 struct cni_error *err)
{
	clearing_leases struct leases leases;
	size_t used = 0;
	size_t stale = 0;

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		size_t count = dhcp_lease_result(&leases.items[i])->ip_count;

		used += count;
		stale += dhcp_lease_is_stale(&leases.items[i]) ? count : 0;
	}
	add_usage(output, cni_conflist_type(source->ipam->dhcp), used, stale);
	return 0;
}

/* ---- verify ---- */

/* The address that both have; NULL: none. */
static const struct cni_ip *shared_address(const struct lease_of *one, const struct lease_of *other)
{
	const struct cni_result *result = dhcp_lease_result(one);

	for (size_t i = 0; i < result->ip_count; i++)
		if (dhcp_lease_has(other, &result->ips[i].address.ip))
			return &result->ips[i].address.ip;
	return NULL;
}

/* Each fault is a line. */
static size_t verify_end(const struct lease_of *lease)
{
	const struct cni_result *result = dhcp_lease_result(lease);
	char address[CNI_IP_TEXT_SIZE];
	char term[64];

	if (!lease->is_readable) {
		print_line("%s:%s: the record is damaged, and no daemon renews the lease",
			   lease->owner->container, lease->owner->ifname);
		return 1;
	}
	if (!result->ip_count || dhcp_now() < dhcp_lease_expires(lease))
		return 0;
	print_line("%s: a lease %s is recorded for container %s, interface %s",
		   cni_ip_format(&result->ips[0].address.ip, address), dhcp_lease_term(lease, term),
		   lease->owner->container, lease->owner->ifname);
	return 1;
}

static size_t verify_lease(const struct leases *leases, size_t place)
{
	const struct lease_of *lease = &leases->items[place];
	size_t faults = verify_end(lease);

	for (size_t i = 0; i < place; i++) {
		const struct lease_of *other = &leases->items[i];
		const struct cni_ip *ip = shared_address(lease, other);
		char address[CNI_IP_TEXT_SIZE];

		if (!ip)
			continue;
		print_line("%s: leased to container %s, interface %s, and to container %s, "
			   "interface %s",
			   cni_ip_format(ip, address), other->owner->container,
			   other->owner->ifname, lease->owner->container, lease->owner->ifname);
		faults++;
	}
	return faults;
}

static bool is_served(const char *socket)
{
	const struct dhcp_request request = {.verb = DHCP_VERB_STATUS};
	freeing char *answer = NULL;
	struct cni_error ignored;

	return dhcp_ask(socket, &request, NULL, ASK_MS, &answer, &ignored) == 0;
}

static const char *socket_of(const struct leases *leases, size_t place)
{
	const char *socket = leases->items[place].record.socket;

	return socket ? socket : "";
}

/* Leases of a daemon that does not run: a line for each socket. */
static size_t verify_daemon(const struct leases *leases, size_t place)
{
	const char *socket = socket_of(leases, place);
	size_t count = 0;

	if (!leases->items[place].is_readable)
		return 0;
	for (size_t i = 0; i < leases->count; i++) {
		if (!leases->items[i].is_readable || strcmp(socket_of(leases, i), socket) != 0)
			continue;
		if (i < place)
			return 0;
		count++;
	}
	if (is_served(socket))
		return 0;
	print_line("no daemon answers on '%s', which has %zu %s to renew", socket, count,
		   count == 1 ? "lease" : "leases");
	return 1;
}

static int verify(const struct ipam_source *source, size_t *faults, struct cni_error *err)
{
	clearing_leases struct leases leases;

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		*faults += verify_lease(&leases, i) + verify_daemon(&leases, i);
	return 0;
}

/* ---- release ---- */

/* DEL of the IPAM plugin alone: it asks the daemon, or does without one, and is for both families. */
static int release_one(const struct ipam_source *source, const struct lease_of *lease,
		       struct cni_error *err)
{
	const struct cni_request request = {
		.command = CNI_DEL,
		.path = source->tool->options->plugin_path,
		.container = lease->owner->container,
		.ifname = lease->owner->ifname,
	};
	freeing_json cJSON *plugin = cni_json_copy(source->ipam->dhcp);
	const char *type = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");
	cJSON *name = cJSON_CreateString(type);

	cJSON_ReplaceItemInObjectCaseSensitive(plugin, "type", cni_need(name));
	return cni_request_run(&request, &source->tool->list, plugin, NULL, err);
}

static void tell_release(const struct lease_of *lease, bool dry)
{
	const struct cni_result *result = dhcp_lease_result(lease);
	const char *what = dry ? "would be released" : "released";
	char address[CNI_IP_TEXT_SIZE];

	for (size_t i = 0; i < result->ip_count; i++)
		print_line("%s %s: the namespace is gone of container %s, interface %s",
			   cni_ip_format(&result->ips[i].address.ip, address), what,
			   lease->owner->container, lease->owner->ifname);
}

static int release(const struct ipam_source *source, size_t *done, struct cni_error *err)
{
	bool dry = source->tool->options->dry_run;
	clearing_leases struct leases leases;
	struct cni_error first = {0};

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		const struct lease_of *lease = &leases.items[i];
		struct cni_error next;

		if (!dhcp_lease_is_stale(lease))
			continue;
		if (!dry && release_one(source, lease, &next) < 0) {
			cni_fail_first(&first, &next);
			continue;
		}
		tell_release(lease, dry);
		++*done;
	}
	return cni_fail_if_any(&first, err);
}

/* ---- explain ---- */

static void tell(const struct ipam_source *source, const struct lease_of *lease,
		 const struct cni_ip *ip)
{
	uint64_t renews = dhcp_lease_renews(lease);
	char address[CNI_IP_TEXT_SIZE];
	char server[CNI_IP_TEXT_SIZE];
	char span[AGE_TEXT_SIZE];
	uint64_t now = dhcp_now();
	char term[64];

	print_line("%s is leased in network '%s' by %s to container %s, interface %s, %s.",
		   cni_ip_format(ip, address), source->tool->list.name,
		   dhcp_lease_server(lease, server), lease->owner->container, lease->owner->ifname,
		   dhcp_lease_term(lease, term));
	if (renews != DHCP_NEVER && renews > now)
		print_line("The daemon renews it in %s.",
			   ipam_span((double)(renews - now) / 1000, span));
	print_line("Its network namespace is %s; %s.", dhcp_lease_netns(lease),
		   is_served(lease->record.socket ? lease->record.socket : "")
			   ? "its daemon answers"
			   : "its daemon does not answer");
}

/* All addresses of the lease if `ip` is NULL, otherwise that one. */
static void tell_all(const struct ipam_source *source, const struct lease_of *lease,
		     const struct cni_ip *ip, int *told)
{
	const struct cni_result *result = dhcp_lease_result(lease);

	for (size_t i = 0; i < result->ip_count; i++) {
		const struct cni_ip *own = &result->ips[i].address.ip;

		if (ip && !cni_ip_equal(ip, own))
			continue;
		if ((*told)++)
			putchar('\n');
		tell(source, lease, own);
	}
}

static int explain(const struct ipam_source *source, const char *what, const struct cni_ip *ip,
		   struct cni_error *err)
{
	clearing_leases struct leases leases;
	int told = 0;

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		if (ip || !strcmp(leases.items[i].owner->container, what))
			tell_all(source, &leases.items[i], ip, &told);
	if (ip && !told)
		print_line("%s is leased to no container of network '%s': which addresses there "
			   "are is for the network's DHCP server to know.",
			   what, source->tool->list.name);
	return ip ? 1 : told;
}

const struct ipam_backend ipam_dhcp = {
	.list = list,
	.usage = usage,
	.verify = verify,
	.release = release,
	.explain = explain,
};
