/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "cleanup.h"
#include "confdir.h"

#include <string.h>

void print_json(const cJSON *json)
{
	freeing char *text = cni_json_print(json);

	puts(text);
}

void print_joined(FILE *out, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const char *text = cJSON_GetStringValue(item);

		fprintf(out, "%s%s", item == list->child ? "" : ", ", text ? text : "?");
	}
}

int command_add(struct tool *tool, struct cni_error *err)
{
	freeing_json cJSON *result = NULL;

	if (tool_load(tool, err) < 0 || cni_chain_add(&tool->chain, &result, err) < 0)
		return -1;
	print_json(result);
	return 0;
}

int command_check(struct tool *tool, struct cni_error *err)
{
	if (tool_load_attached(tool, err) < 0)
		return -1;
	return cni_chain_check(&tool->chain, err);
}

int command_del(struct tool *tool, struct cni_error *err)
{
	const struct cni_chain *chain = &tool->chain;

	if (tool_load_attached(tool, err) < 0)
		return -1;
	if (!tool->container.is_cached)
		cni_warn(&tool->warnings,
			 "'%s' is not attached to '%s' as '%s', as far as '%s/results' tells: only "
			 "what its plugins find by the id '%s' is deleted",
			 chain->netns, tool->list.name, chain->ifname, chain->cache_dir,
			 chain->container);
	return cni_chain_del(chain, err);
}

int command_status(struct tool *tool, struct cni_error *err)
{
	if (tool_load(tool, err) < 0)
		return -1;
	return cni_chain_status(&tool->chain, err);
}

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

int command_list(struct tool *tool, struct cni_error *err)
{
	const char *dir = tool->options->conf_dir;
	freeing_json cJSON *rows = cni_json_array();
	char **names;
	size_t count;

	if (cni_confdir_names(dir, &names, &count, &tool->warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct cni_conflist list;
		struct cni_error why;

		if (cni_confdir_find(dir, names[i], &list, NULL, &why) < 0) {
			cni_warn(&tool->warnings, "passed over: %s", why.msg);
			continue;
		}
		cJSON_AddItemToArray(rows, describe(&list));
		cni_conflist_clear(&list);
	}
	cni_confdir_names_free(names, count);
	if (tool->options->json)
		print_json(rows);
	else
		print_networks(rows);
	return 0;
}
