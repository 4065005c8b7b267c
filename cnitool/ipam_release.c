/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam release: releases addresses whose container is gone, or that the caller names. */
#include "choice.h"
#include "cleanup.h"
#include "commands.h"
#include "ipam.h"
#include "mem.h"
#include "store.h"
#include "table.h"

#include <string.h>

/* The extent of a release, and its progress. */
struct release {
	const struct options *options;
	const struct census *census; /* taken under the ledger's lock: no later ADD is missing */
	cJSON *rows;		     /* NULL: lines instead */
	size_t done;
	bool *found; /* for each address of the operands */
	struct cni_error first;
};

/* The number of the operand that is the address, behind the network; 0: none. */
static size_t operand_of(const struct options *options, const struct cni_ip *ip)
{
	for (size_t i = 1; i < options->operand_count; i++) {
		struct cni_ip wanted;

		if (cni_ip_parse(options->operands[i], &wanted) == 0 && cni_ip_equal(&wanted, ip))
			return i;
	}
	return 0;
}

static void print_one(const struct release *run, const struct lease *lease, const char *why)
{
	char holder[HOLDER_TEXT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];
	cJSON *row;

	cni_ip_format(&lease->ip, ip);
	if (!run->rows) {
		print_line("%s %s: reserved %s, for %s", ip,
			   run->options->dry_run ? "would be released" : "released", why,
			   lease_holder(lease, holder));
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "network", run->options->operands[0]);
	cni_json_add_string(row, "address", ip);
	cni_json_add_string(row, "container", lease->container);
	cni_json_add_string(row, "interface", lease->ifname);
	cni_json_add_string(row, "reason", why);
	cJSON_AddBoolToObject(row, "released", !run->options->dry_run);
	cJSON_AddItemToArray(run->rows, row);
}

/* NULL: it is not to be released, or, with `err` filled, may not be. */
static const char *reason(const struct release *run, const struct lease *lease,
			  struct cni_error *err)
{
	const struct options *options = run->options;
	struct boot_id boot = boot_id_read();
	size_t operand = operand_of(options, &lease->ip);
	const char *netns = ipam_netns(lease, &boot, run->census);
	char holder[HOLDER_TEXT_SIZE];

	err->code = 0;
	if (operand)
		run->found[operand] = true;
	if (lease_is_stale(lease, &boot))
		return options->stale || operand ? "in an earlier boot" : NULL;
	if (ipam_is_gone(lease, &boot, run->census))
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

/* Goes on after a failure, and keeps the first. */
static void release_one(struct release *run, struct store *store, const struct lease *lease)
{
	struct cni_error err = {0};
	const char *why = reason(run, lease, &err);

	if (why && (run->options->dry_run || store_release(store, lease, &err) == 0)) {
		print_one(run, lease, why);
		run->done++;
	} else if (err.code) {
		cni_fail_first(&run->first, &err);
	}
}

static int release_of(const struct ipam_ledger *ledger, struct release *run, struct cni_error *err)
{
	clearing_listing struct listing leases = {0};
	clearing_census struct census census = {0};
	closing_store struct store *store = NULL;

	if ((run->options->dry_run ? store_look : store_open)(&ledger->place, &store, err) < 0 ||
	    store_list(store, &leases, err) < 0)
		return -1;
	census = census_take();
	run->census = &census;
	for (size_t i = 0; i < leases.count; i++)
		release_one(run, store, &leases.items[i]);
	run->census = NULL;
	return 0;
}

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

static int report_missing(const struct release *run, struct cni_error *err)
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
	struct release run = {.options = options, .rows = rows, .found = found};
	closing_ipam struct ipam ipam = {0};

	if (check_operands(options, err) < 0)
		return COMMAND_USAGE;
	if (ipam_open_places(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.ledger_count; i++)
		if (release_of(&ipam.ledgers[i], &run, err) < 0)
			return -1;
	if (rows)
		print_json(rows);
	else if (!run.done && options->operand_count == 1)
		puts(nothing(options));
	return cni_fail_if_any(&run.first, err) < 0 ? -1 : report_missing(&run, err);
}
