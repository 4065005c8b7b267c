/* SPDX-License-Identifier: Apache-2.0 */
#include "catalogue.h"

#include "cleanup.h"
#include "exec.h"
#include "mem.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Runtimes' own defaults and those of distributions' packages. */
static const char *const directories[] = {
	"/opt/cni/bin",		  "/usr/lib/cni",	"/usr/libexec/cni",
	"/usr/local/libexec/cni", "/usr/local/lib/cni", "/var/lib/rancher/k3s/data/cni",
};

static struct catalogue_plugin *ask(const char *type, const char *path)
{
	struct catalogue_plugin *plugin = cni_alloc(sizeof(*plugin));
	freeing char *file = NULL;
	struct cni_error err;

	*plugin = (struct catalogue_plugin){.type = cni_strdup(type)};
	plugin->is_found = cni_exec_find(type, path, &file, &err) == 0;
	if (!plugin->is_found || cni_request_describe(type, path, &plugin->description, &err) < 0)
		plugin->why = cni_strdup(err.msg);
	return plugin;
}

const struct catalogue_plugin *catalogue_get(struct catalogue *catalogue, const char *type)
{
	for (size_t i = 0; i < catalogue->count; i++)
		if (!strcmp(catalogue->items[i]->type, type))
			return catalogue->items[i];
	catalogue->items = cni_realloc_array(catalogue->items, catalogue->count + 1,
					     sizeof(*catalogue->items));
	catalogue->items[catalogue->count] = ask(type, catalogue->path);
	return catalogue->items[catalogue->count++];
}

void catalogue_clear(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		free(catalogue->items[i]->type);
		free(catalogue->items[i]->why);
		cJSON_Delete(catalogue->items[i]->description);
		free(catalogue->items[i]);
	}
	free(catalogue->items);
	*catalogue = (struct catalogue){.path = catalogue->path};
}

static bool is_on(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	for (const char *at = strstr(path, directory); at; at = strstr(at + 1, directory))
		if ((at == path || at[-1] == ':') && (!at[length] || at[length] == ':'))
			return true;
	return false;
}

char *catalogue_elsewhere(const char *type, const char *path)
{
	char *found = NULL;

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		freeing char *file = cni_format("%s/%s", directories[i], type);
		char *longer;

		if (is_on(path, directories[i]) || access(file, X_OK) < 0)
			continue;
		longer =
			cni_format("%s%s%s", found ? found : "", found ? ", " : "", directories[i]);
		free(found);
		found = longer;
	}
	return found;
}

const char *catalogue_role(const struct catalogue_plugin *plugin)
{
	const char *role = cni_json_get_string(plugin->description, "role");

	return role ? role : "";
}

bool catalogue_is_in(const cJSON *row, const char *section)
{
	const cJSON *of_row = cni_json_get(row, "section");
	const char *name;

	if (!of_row || !section)
		return !of_row && !section;
	name = cJSON_GetStringValue(cJSON_GetArrayItem(of_row, 0));
	return cJSON_GetArraySize(of_row) == 1 && name && !strcasecmp(name, section);
}

const cJSON *catalogue_key(const struct catalogue_plugin *plugin, const char *section,
			   const char *key)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, cni_json_get(plugin->description, "keys")) {
		const char *name = cni_json_get_string(row, "key");

		if (name && !strcasecmp(name, key) && catalogue_is_in(row, section))
			return row;
	}
	return NULL;
}
