/* SPDX-License-Identifier: Apache-2.0 */
/* The leases of dhcp as a source of the commands: the records below /run/cni/dhcp, which are of this boot. The
 * addresses are a server's to give: their number is not known here. */
#include "ipam_dhcp.h"
#include "cleanup.h"
#include "dhcp_loop.h"
#include "mem.h"
#include "table.h"

#include <stdio.h>

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

static void add_usage(const struct ipam_source *source, const struct ipam_output *output,
		      size_t used, size_t gone)
{
	const char *network = source->tool->list.name;
	const char *plugin = cni_conflist_type(source->ipam->dhcp);
	freeing char *used_text = cni_format("%zu", used);
	freeing char *gone_text = cni_format("%zu", gone);
	/* A record is of this boot: none is stale. */
	const char *cells[] = {network, plugin,		  NULL, NULL, used_text, "0", gone_text,
			       NULL,	"of DHCP servers"};
	cJSON *row;

	if (!output->rows) {
		table_add(output->table, output->has_network ? cells : cells + 1);
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "network", network);
	cni_json_add_string(row, "plugin", plugin);
	cni_json_add(row, "set", cJSON_CreateNull());
	cni_json_add_string(row, "ranges", "of DHCP servers");
	cni_json_add(row, "size", cJSON_CreateNull());
	cni_json_add_number(row, "used", (double)used);
	cni_json_add_number(row, "stale", 0);
	cni_json_add_number(row, "gone", (double)gone);
	cni_json_add(row, "free", cJSON_CreateNull());
	cJSON_AddItemToArray(output->rows, row);
}

static int usage(const struct ipam_source *source, const struct ipam_output *output,
		 struct cni_error *err)
{
	clearing_leases struct leases leases;
	size_t used = 0;
	size_t gone = 0;

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		size_t count = dhcp_lease_result(&leases.items[i])->ip_count;

		used += count;
		gone += dhcp_lease_is_gone(&leases.items[i]) ? count : 0;
	}
	add_usage(source, output, used, gone);
	return 0;
}

/* ---- all ---- */

static int visit_all(const struct ipam_source *source, ipam_visitor *visit, void *data,
		     struct cni_error *err)
{
	clearing_leases struct leases leases;

	if (dhcp_leases_load(source, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		const struct lease_of *lease = &leases.items[i];
		const struct cni_result *result = dhcp_lease_result(lease);

		for (size_t j = 0; j < result->ip_count; j++)
			visit(&result->ips[j].address.ip, lease->owner->container, data);
		if (!result->ip_count)
			visit(NULL, lease->owner->container, data);
	}
	return 0;
}

const struct ipam_backend ipam_dhcp = {
	.list = list,
	.usage = usage,
	.verify = ipam_dhcp_verify,
	.release = ipam_dhcp_release,
	.explain = ipam_dhcp_explain,
	.visit = visit_all,
};
