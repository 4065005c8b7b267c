/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool refresh: the configuration of today, for what all attachments of a network share. */
#include "about.h"
#include "cleanup.h"
#include "commands.h"
#include "request.h"
#include "table.h"

static void report(const struct tool *tool, const char *type, cJSON *rows)
{
	cJSON *row;

	if (!rows) {
		print_line("%s: plugin '%s' has its configuration of today", tool->list.name, type);
		return;
	}
	row = cni_json_object();
	cni_json_add_string(row, "network", tool->list.name);
	cni_json_add_string(row, "plugin", type);
	cJSON_AddItemToArray(rows, row);
}

/* Other suites' plugins do not know the verb. */
static int refresh_all(struct tool *tool, cJSON *rows, struct cni_error *err)
{
	const char *path = tool->options->plugin_path;
	const struct cni_request request = {.command = CNI_REFRESH, .path = path};
	const cJSON *plugin;
	bool has_any = false;

	cJSON_ArrayForEach (plugin, tool->list.plugins) {
		const char *type = cni_conflist_type(plugin);

		if (!about_is_ours(type, path))
			continue;
		if (cni_request_run(&request, &tool->list, plugin, NULL, err) < 0)
			return -1;
		has_any = true;
		report(tool, type, rows);
	}
	if (has_any)
		return 0;
	return cni_fail(err, CNI_ECONFIG, "network '%s' has no plugin of this suite on '%s'",
			tool->list.name, path);
}

int command_refresh(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *rows = tool->options->json ? cni_json_array() : NULL;

	if (tool_load(tool, err) < 0 || refresh_all(tool, rows, err) < 0)
		return -1;
	if (rows)
		print_json(rows);
	return 0;
}
