/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool version: the name and versions that each plugin of a network reports. */
#include "about.h"
#include "cleanup.h"
#include "commands.h"
#include "request.h"

#include <string.h>

/* {"type", "about", "supportedVersions": […]} */
static int describe(const char *type, const char *path, cJSON **ret_row, struct cni_error *err)
{
	freeing char *about = NULL;
	cJSON *versions;
	cJSON *row;

	if (cni_request_versions(type, path, &versions, err) < 0)
		return -1;
	about = about_plugin(type, path);
	row = cni_json_object();
	cni_json_add_string(row, "type", type);
	cni_json_add_string(row, "about", about);
	cni_json_add(row, "supportedVersions", versions);
	*ret_row = row;
	return 0;
}

static int width_of(const cJSON *rows, const char *key, const char *heading)
{
	size_t width = strlen(heading);
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const char *text = cni_json_get_string(row, key);

		if (text && strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

static void print_rows(const cJSON *rows)
{
	int type_width = width_of(rows, "type", "PLUGIN");
	int about_width = width_of(rows, "about", "VERSION");
	const cJSON *row;

	printf("%-*s  %-*s  %s\n", type_width, "PLUGIN", about_width, "VERSION", "PROTOCOL");
	cJSON_ArrayForEach (row, rows) {
		const char *about = cni_json_get_string(row, "about");

		printf("%-*s  %-*s  ", type_width, cni_json_get_string(row, "type"), about_width,
		       about ? about : "-");
		print_joined(stdout, cni_json_get(row, "supportedVersions"));
		putchar('\n');
	}
}

int command_version(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *rows = cni_json_array();
	struct cni_error first = {0};
	const cJSON *plugin;

	if (tool_load(tool, err) < 0)
		return -1;
	cJSON_ArrayForEach (plugin, tool->list.plugins) {
		struct cni_error next;
		cJSON *row;

		if (describe(cni_conflist_type(plugin), tool->chain.path, &row, &next) < 0)
			cni_fail_first(&first, &next);
		else
			cJSON_AddItemToArray(rows, row);
	}
	if (!tool->options->json)
		print_rows(rows);
	else if (!first.code)
		print_json(rows);
	return cni_fail_if_any(&first, err);
}
