/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool list: the networks that are configured. */
#include "cleanup.h"
#include "commands.h"

#include <string.h>

/* {"name", "cniVersion", "plugins": ["bridge", …]} */
static cJSON *describe(const struct cni_conflist *list)
{
	cJSON *row = cni_json_object();
	cJSON *types = cni_json_array();
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		cJSON_AddItemToArray(types, cJSON_CreateString(cni_conflist_type(plugin)));
	}
	cni_json_add_string(row, "name", list->name);
	cni_json_add_string(row, "cniVersion", cni_version_text(list->version));
	cni_json_add(row, "plugins", types);
	return row;
}

static void print_networks(const cJSON *rows)
{
	const cJSON *row;
	int width = (int)strlen("NETWORK");

	cJSON_ArrayForEach (row, rows) {
		int length = (int)strlen(cni_json_get_string(row, "name"));

		width = length > width ? length : width;
	}
	printf("%-*s  %-7s  %s\n", width, "NETWORK", "VERSION", "PLUGINS");
	cJSON_ArrayForEach (row, rows) {
		printf("%-*s  %-7s  ", width, cni_json_get_string(row, "name"),
		       cni_json_get_string(row, "cniVersion"));
		print_joined(stdout, cni_json_get(row, "plugins"));
		putchar('\n');
	}
}

static void add_row(const struct cni_conflist *list, void *rows)
{
	cJSON_AddItemToArray(rows, describe(list));
}

int command_list(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *rows = cni_json_array();

	if (tool_each_list(tool, add_row, rows, err) < 0)
		return -1;
	if (tool->options->json)
		print_json(rows);
	else
		print_networks(rows);
	return 0;
}
