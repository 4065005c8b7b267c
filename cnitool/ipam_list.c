/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam list: every address of a network that is taken, with all known facts. */
#include "cleanup.h"
#include "commands.h"
#include "ipam.h"
#include "mem.h"
#include "table.h"

/* Keys are always there; what is not known, or nothing to speak of, is null. */
static void add_text(cJSON *row, const char *key, const char *text)
{
	freeing char *copy = text ? cni_strdup(text) : NULL;

	cni_json_add(row, key,
		     copy && *copy ? cJSON_CreateString(make_printable(copy)) : cJSON_CreateNull());
}

static cJSON *encode(const struct ipam_source *source, const struct ipam_row *row)
{
	cJSON *json = cni_json_object();

	add_text(json, "address", row->address);
	add_text(json, "container", row->container);
	add_text(json, "interface", row->ifname);
	cni_json_add(json, "ageSeconds",
		     row->age >= 0 ? cJSON_CreateNumber((double)(long)row->age)
				   : cJSON_CreateNull());
	add_text(json, "boot", row->boot);
	add_text(json, "namespace", row->netns);
	add_text(json, "remark", row->remark);
	add_text(json, "dataDir", source->place);
	return json;
}

void ipam_add_row(const struct ipam_source *source, const struct ipam_output *output,
		  const struct ipam_row *row)
{
	char age[AGE_TEXT_SIZE];
	const char *cells[] = {row->address, row->container,
			       row->ifname,  row->age >= 0 ? ipam_span(row->age, age) : NULL,
			       row->boot,    row->netns,
			       row->remark};

	if (output->rows)
		cJSON_AddItemToArray(output->rows, encode(source, row));
	else
		table_add(output->table, cells);
}

int command_ipam_list(struct tool *tool, struct cni_error *err)
{
	static const char *const headings[] = {"ADDRESS", "CONTAINER", "INTERFACE", "AGE",
					       "BOOT",	  "NAMESPACE", "REMARK",    NULL};
	freeing_json cJSON *rows = tool->options->json ? cni_json_array() : NULL;
	clearing_table struct table table = table_begin(headings);
	clearing_census struct census census = census_take();
	const struct ipam_output output = {.table = &table, .rows = rows, .census = &census};
	closing_ipam struct ipam ipam = {0};

	if (ipam_open_places(tool, &ipam, err) < 0)
		return -1;
	for (size_t i = 0; i < ipam.source_count; i++)
		if (ipam.sources[i].backend->list(&ipam.sources[i], &output, err) < 0)
			return -1;
	if (rows)
		print_json(rows);
	else
		table_print(&table);
	return 0;
}
