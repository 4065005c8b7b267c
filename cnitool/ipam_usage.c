/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam usage: how full the range sets of a network are, of the ledgers of host-local, and all sources. */
#include "amount.h"
#include "cleanup.h"
#include "commands.h"
#include "ipam_ledger.h"
#include "mem.h"
#include "store.h"
#include "table.h"

#include <stdint.h>

struct usage {
	const char *network;
	const char *plugin;
	size_t set;
	char *ranges;
	struct amount size; /* how many addresses may be given out */
	struct amount free;
	uint64_t used;
	uint64_t stale; /* of those, as is */
	uint64_t gone;
};

/* An unreadable address file counts, because no ADD gives out its address. */
static void count(const struct listing *leases, const struct span_list *spans,
		  const struct census *census, struct usage *usage)
{
	struct boot_id boot = boot_id_read();

	for (size_t i = 0; i < leases->count; i++) {
		const struct lease *lease = &leases->items[i];

		if (lease->state == LEASE_JUNK || !span_list_has(spans, &lease->ip))
			continue;
		usage->used++;
		usage->stale += lease_is_stale(lease, &boot);
		usage->gone += ipam_is_gone(lease, &boot, census);
	}
}

/* ---- JSON ---- */

/* As a string where it would not be exact as a number. */
static void add_amount(cJSON *row, const char *key, const struct amount *amount)
{
	char text[AMOUNT_TEXT_SIZE];
	double number;

	if (amount_to_double(amount, &number))
		cni_json_add_number(row, key, number);
	else
		cni_json_add_string(row, key, amount_format(amount, text));
}

static cJSON *row_of(const struct usage *usage)
{
	cJSON *row = cni_json_object();

	cni_json_add_string(row, "network", usage->network);
	cni_json_add_string(row, "plugin", usage->plugin);
	cni_json_add_number(row, "set", (double)usage->set);
	cni_json_add_string(row, "ranges", usage->ranges);
	add_amount(row, "size", &usage->size);
	cni_json_add_number(row, "used", (double)usage->used);
	cni_json_add_number(row, "stale", (double)usage->stale);
	cni_json_add_number(row, "gone", (double)usage->gone);
	add_amount(row, "free", &usage->free);
	return row;
}

/* ---- table ---- */

static void add_cells(const struct ipam_output *output, const struct usage *usage)
{
	freeing char *set = cni_format("%zu", usage->set);
	freeing char *used = cni_format("%ju", (uintmax_t)usage->used);
	freeing char *stale = cni_format("%ju", (uintmax_t)usage->stale);
	freeing char *gone = cni_format("%ju", (uintmax_t)usage->gone);
	char size[AMOUNT_TEXT_SIZE];
	char left[AMOUNT_TEXT_SIZE];
	const char *cells[] = {
		usage->network, usage->plugin, set,  amount_format(&usage->size, size),
		used,		stale,	       gone, amount_format(&usage->free, left),
		usage->ranges,
	};

	table_add(output->table, output->has_network ? cells : cells + 1);
}

/* ---- both ---- */

static void show_set(const struct ipam_source *source, const struct ipam_plugin *plugin, size_t set,
		     const struct listing *leases, const struct ipam_output *output)
{
	freeing char *ranges = range_set_format(&plugin->conf.sets.items[set]);
	const struct span_list *spans = &plugin->conf.spans[set];
	struct usage usage = {
		.network = source->tool->list.name,
		.plugin = plugin->type,
		.set = set,
		.ranges = ranges,
	};

	usage.size = amount_of_spans(spans);
	count(leases, spans, output->census, &usage);
	usage.free = amount_without(&usage.size, usage.used);
	if (output->rows)
		cJSON_AddItemToArray(output->rows, row_of(&usage));
	else
		add_cells(output, &usage);
}

static bool is_in(const struct ipam_ledger *ledger, const struct ipam_plugin *plugin)
{
	for (size_t i = 0; i < ledger->conf_count; i++)
		if (ledger->confs[i] == &plugin->conf)
			return true;
	return false;
}

int ipam_ledger_usage(const struct ipam_source *source, const struct ipam_output *output,
		      struct cni_error *err)
{
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;

	if (store_look(&source->ledger->place, &store, err) < 0 ||
	    store_list(store, &leases, err) < 0 ||
	    ipam_check_readable(&source->ledger->place, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < source->ipam->plugin_count; i++) {
		const struct ipam_plugin *plugin = &source->ipam->plugins[i];

		for (size_t set = 0; is_in(source->ledger, plugin) && set < plugin->conf.sets.count;
		     set++)
			show_set(source, plugin, set, &leases, output);
	}
	return 0;
}

static int show_network(struct tool *tool, void *data, struct cni_error *err)
{
	closing_ipam struct ipam ipam = {0};

	if (ipam_open(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.source_count; i++)
		if (ipam.sources[i].backend->usage(&ipam.sources[i], data, err) < 0)
			return -1;
	return 0;
}

/* For all networks: a network without addresses of ours is not shown, and an unreadable one is a warning. */
static int show_if_any(struct tool *tool, void *data, struct cni_error *err)
{
	if (tool_load(tool, err) == 0 && !ipam_has_ledger(&tool->list))
		return 0;
	if (show_network(tool, data, err) < 0)
		cni_warn_error(&tool->warnings, err);
	return 0;
}

int command_ipam_usage(struct tool *tool, struct cni_error *err)
{
	static const char *const headings[] = {"NETWORK", "PLUGIN", "SET",  "SIZE",   "USED",
					       "STALE",	  "GONE",   "FREE", "RANGES", NULL};
	freeing_json cJSON *rows = tool->options->json ? cni_json_array() : NULL;
	clearing_census struct census census = census_take();
	bool is_of_all = !tool->options->operand_count;
	clearing_table struct table table = table_begin(is_of_all ? headings : headings + 1);
	struct ipam_output output = {
		.table = &table, .rows = rows, .has_network = is_of_all, .census = &census};
	int failed = is_of_all ? tool_each_network(tool, show_if_any, &output, err)
			       : show_network(tool, &output, err);

	if (!failed && rows)
		print_json(rows);
	else if (!failed)
		table_print(&table);
	return failed;
}
