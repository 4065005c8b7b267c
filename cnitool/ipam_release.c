/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam release: releases addresses whose container is gone, or that the caller names. */
#include "choice.h"
#include "cleanup.h"
#include "commands.h"
#include "ipam_ledger.h"
#include "mem.h"
#include "store.h"
#include "table.h"

#include <string.h>

/* ---- for all sources ---- */

size_t ipam_release_operand(struct ipam_release *run, const struct cni_ip *ip)
{
	const struct options *options = run->options;

	for (size_t i = 1; i < options->operand_count; i++) {
		struct cni_ip wanted;

		if (cni_ip_parse(options->operands[i], &wanted) == 0 && cni_ip_equal(&wanted, ip)) {
			run->found[i] = true;
			return i;
		}
	}
	return 0;
}

void ipam_print_released(struct ipam_release *run, const struct cni_ip *ip,
			 const struct cni_owner *owner, const char *text, const char *reason)
{
	const struct options *options = run->options;
	char address[CNI_IP_TEXT_SIZE];
	cJSON *row;

	cni_ip_format(ip, address);
	run->done++;
	if (!run->rows) {
		print_line("%s %s: %s", address,
			   options->dry_run ? "would be released" : "released", text);
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "network", options->operands[0]);
	cni_json_add_string(row, "address", address);
	cni_json_add_string(row, "container", owner->container);
	cni_json_add_string(row, "interface", owner->ifname);
	cni_json_add_string(row, "reason", reason);
	cJSON_AddBoolToObject(row, "released", !options->dry_run);
	cJSON_AddItemToArray(run->rows, row);
}

/* ---- the ledgers of host-local ---- */

/* The holders of a ledger. The census is taken under the ledger's lock: no later ADD is missing. */
struct holders {
	struct ipam_release *run;
	struct store *store;
	const struct census *census;
	struct boot_id boot;
};

static void print_one(const struct holders *holders, const struct lease *lease, const char *why)
{
	const struct cni_owner owner = {.container = lease->container, .ifname = lease->ifname};
	char holder[HOLDER_TEXT_SIZE];
	freeing char *text = cni_format("reserved %s, for %s", why, lease_holder(lease, holder));

	ipam_print_released(holders->run, &lease->ip, &owner, text, why);
}

/* NULL: it is not to be released, or, with `err` filled, may not be. */
static const char *reason(const struct holders *holders, const struct lease *lease,
			  struct cni_error *err)
{
	const struct options *options = holders->run->options;
	size_t operand = ipam_release_operand(holders->run, &lease->ip);
	const char *netns = ipam_netns(lease, &holders->boot, holders->census);
	char holder[HOLDER_TEXT_SIZE];

	err->code = 0;
	if (lease_is_stale(lease, &holders->boot))
		return options->stale || operand ? "in an earlier boot" : NULL;
	if (ipam_is_gone(lease, &holders->boot, holders->census))
		return options->gone || operand ? "for a namespace that is gone" : NULL;
	if (!operand)
		return NULL;
	if (options->force || lease->state == LEASE_JUNK)
		return lease->state == LEASE_JUNK ? "by nobody" : "and --force was given";
	cni_fail(err, CNI_ETAKEN,
		 "%s is reserved for %s, whose namespace is %s: --force releases it, and another "
		 "container may get it then",
		 options->operands[operand], lease_holder(lease, holder), netns);
	return NULL;
}

static void release_one(const struct holders *holders, const struct lease *lease)
{
	struct cni_error err = {0};
	const char *why = reason(holders, lease, &err);

	if (why &&
	    (holders->run->options->dry_run || store_release(holders->store, lease, &err) == 0))
		print_one(holders, lease, why);
	else if (err.code)
		cni_fail_first(&holders->run->first, &err);
}

int ipam_ledger_release(const struct ipam_source *source, struct ipam_release *run,
			struct cni_error *err)
{
	struct holders holders = {.run = run, .boot = boot_id_read()};
	clearing_listing struct listing leases = {0};
	clearing_census struct census census = {0};
	closing_store struct store *store = NULL;

	if ((run->options->dry_run ? store_look : store_open)(&source->ledger->place, &store, err) <
		    0 ||
	    store_list(store, &leases, err) < 0)
		return -1;
	census = census_take();
	holders.store = store;
	holders.census = &census;
	for (size_t i = 0; i < leases.count; i++)
		release_one(&holders, &leases.items[i]);
	return 0;
}

/* ---- the command ---- */

static int check_operands(const struct options *options, struct cni_error *err)
{
	struct cni_ip ip;

	if (!options->stale && !options->gone && options->operand_count < 2)
		return cni_fail(err, CNI_EENV,
				"expected addresses, --gone or --stale: see 'cnitool ipam release "
				"--help'");
	if (options->operand_count > 1 && (options->stale || options->gone))
		return cni_fail(err, CNI_EENV,
				"addresses, and --gone or --stale, exclude each other");
	for (size_t i = 1; i < options->operand_count; i++)
		if (cni_ip_parse(options->operands[i], &ip) < 0)
			return cni_fail(err, CNI_EENV, "'%s' is not an IP address",
					options->operands[i]);
	return 0;
}

static int report_missing(const struct ipam_release *run, struct cni_error *err)
{
	const struct options *options = run->options;

	for (size_t i = 1; i < options->operand_count; i++)
		if (!run->found[i])
			return cni_fail(err, CNI_ECONTAINER, "%s is not reserved in network '%s'",
					options->operands[i], options->operands[0]);
	return 0;
}

static const char *nothing(const struct options *options)
{
	return options->stale && options->gone
		       ? "no reservation is known to be of an earlier boot, or "
			 "of a namespace that is gone"
	       : options->stale ? "no reservation is known to be of an earlier boot"
				: "no reservation is of a namespace that is gone";
}

int command_ipam_release(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	freeing_json cJSON *rows = options->json ? cni_json_array() : NULL;
	freeing bool *found = cni_alloc((options->operand_count + 1) * sizeof(*found));
	struct ipam_release run = {.options = options, .rows = rows, .found = found};
	closing_ipam struct ipam ipam = {0};

	if (check_operands(options, err) < 0)
		return COMMAND_USAGE;
	if (ipam_open_places(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.source_count; i++)
		if (ipam.sources[i].backend->release(&ipam.sources[i], &run, err) < 0)
			return -1;
	if (rows)
		print_json(rows);
	else if (!run.done && options->operand_count == 1)
		puts(nothing(options));
	return cni_fail_if_any(&run.first, err) < 0 ? -1 : report_missing(&run, err);
}
