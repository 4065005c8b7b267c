/* SPDX-License-Identifier: Apache-2.0 */
/* host-local's ledgers as a source of the commands; cnitool ipam list. */
#include "ipam_ledger.h"

#include "fault.h"
#include "store.h"

/* The context of all rows. */
struct view {
	const struct ipam_source *source;
	const struct ipam_output *output;
	struct boot_id boot;
};

static void show(const struct view *view, const struct lease *lease)
{
	double age = difftime(time(NULL), lease->since);
	char fault[FILE_FAULT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];
	const struct ipam_row row = {
		.address = cni_ip_format(&lease->ip, ip),
		.container = lease->container,
		.ifname = lease->ifname,
		.boot = ipam_boot(lease, &view->boot),
		.netns = ipam_netns(lease, &view->boot, view->output->census),
		.remark = fault_of_file(&view->source->ledger->place, lease, fault),
		.age = lease->state != LEASE_HELD ? -1
		       : age > 0		  ? age
						  : 0,
	};

	ipam_add_row(view->source, view->output, &row);
}

static int list(const struct ipam_source *source, const struct ipam_output *output,
		struct cni_error *err)
{
	const struct view view = {.source = source, .output = output, .boot = boot_id_read()};
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;

	if (store_look(&source->ledger->place, &store, err) < 0 ||
	    store_list(store, &leases, err) < 0 ||
	    ipam_check_readable(&source->ledger->place, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		show(&view, &leases.items[i]);
	return 0;
}

static int visit_all(const struct ipam_source *source, ipam_visitor *visit, void *data,
		     struct cni_error *err)
{
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;

	if (store_look(&source->ledger->place, &store, err) < 0 ||
	    store_list(store, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		visit(&leases.items[i].ip, leases.items[i].container, data);
	return 0;
}

const struct ipam_backend ipam_host_local = {
	.list = list,
	.usage = ipam_ledger_usage,
	.verify = ipam_ledger_verify,
	.release = ipam_ledger_release,
	.explain = ipam_ledger_explain,
	.visit = visit_all,
};
