/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam list: every reservation of a network, with all known facts. */
#include "cleanup.h"
#include "commands.h"
#include "fault.h"
#include "ipam.h"
#include "mem.h"
#include "store.h"
#include "table.h"

/* The context of all rows. */
struct view {
	const struct ipam_ledger *ledger;
	struct boot_id boot;
	struct census census;
};

/* Keys are always there; what is not known, or nothing to speak of, is null. */
static void add_text(cJSON *row, const char *key, const char *text)
{
	freeing char *copy = cni_strdup(text);

	cni_json_add(row, key,
		     text && *text ? cJSON_CreateString(make_printable(copy)) : cJSON_CreateNull());
}

static cJSON *row_of(const struct view *view, const struct lease *lease)
{
	double age = difftime(time(NULL), lease->since);
	char fault[FILE_FAULT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];
	cJSON *row = cni_json_object();

	add_text(row, "address", cni_ip_format(&lease->ip, ip));
	add_text(row, "container", lease->container);
	add_text(row, "interface", lease->ifname);
	cni_json_add(row, "ageSeconds",
		     lease->state == LEASE_HELD ? cJSON_CreateNumber(age > 0 ? age : 0)
						: cJSON_CreateNull());
	add_text(row, "boot", ipam_boot(lease, &view->boot));
	add_text(row, "namespace", ipam_netns(lease, &view->boot, &view->census));
	add_text(row, "remark", fault_of_file(&view->ledger->place, lease, fault));
	add_text(row, "dataDir", view->ledger->place.data_dir);
	return row;
}

static void add_cells(struct table *table, const struct view *view, const struct lease *lease)
{
	char fault[FILE_FAULT_SIZE];
	char age[AGE_TEXT_SIZE];
	char ip[CNI_IP_TEXT_SIZE];
	const char *cells[] = {
		cni_ip_format(&lease->ip, ip),
		lease->container,
		lease->ifname,
		lease->state == LEASE_HELD ? ipam_age(lease->since, age) : NULL,
		ipam_boot(lease, &view->boot),
		ipam_netns(lease, &view->boot, &view->census),
		fault_of_file(&view->ledger->place, lease, fault),
	};

	table_add(table, cells);
}

static int list_ledger(const struct view *view, struct table *table, cJSON *rows,
		       struct cni_error *err)
{
	clearing_listing struct listing leases = {0};
	closing_store struct store *store = NULL;

	if (store_look(&view->ledger->place, &store, err) < 0 ||
	    store_list(store, &leases, err) < 0 ||
	    ipam_check_readable(&view->ledger->place, &leases, err) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++) {
		if (rows)
			cJSON_AddItemToArray(rows, row_of(view, &leases.items[i]));
		else
			add_cells(table, view, &leases.items[i]);
	}
	return 0;
}

int command_ipam_list(struct tool *tool, struct cni_error *err)
{
	static const char *const headings[] = {"ADDRESS", "CONTAINER", "INTERFACE", "AGE",
					       "BOOT",	  "NAMESPACE", "REMARK",    NULL};
	freeing_json cJSON *rows = tool->options->json ? cni_json_array() : NULL;
	clearing_table struct table table = table_begin(headings);
	clearing_census struct census census = census_take();
	closing_ipam struct ipam ipam = {0};

	if (ipam_open_places(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.ledger_count; i++) {
		struct view view = {
			.ledger = &ipam.ledgers[i], .boot = boot_id_read(), .census = census};

		if (list_ledger(&view, &table, rows, err) < 0)
			return -1;
	}
	if (rows)
		print_json(rows);
	else
		table_print(&table);
	return 0;
}
