/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool version: the directories of CNI_PATH, and for each type of plugin the executable that runs, with the name and
 * versions that it reports. */
#include "about.h"
#include "cleanup.h"
#include "commands.h"
#include "confdir.h"
#include "mem.h"
#include "request.h"
#include "table.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- types ---- */

static void add_type(cJSON *types, const char *type)
{
	const cJSON *known;

	cJSON_ArrayForEach (known, types)
		if (!strcmp(cJSON_GetStringValue(known), type))
			return;
	cJSON_AddItemToArray(types, cJSON_CreateString(type));
}

static void add_types_of(cJSON *types, const struct cni_conflist *list)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		const char *ipam = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");

		add_type(types, cni_conflist_type(plugin));
		if (ipam && *ipam)
			add_type(types, ipam);
	}
}

static void add_types_to(const struct cni_conflist *list, void *types)
{
	add_types_of(types, list);
}

/* The types of all networks, and of this suite those that are on the path. */
static int add_types_of_node(struct tool *tool, cJSON *types, struct cni_error *err)
{
	if (tool_each_list(tool, add_types_to, types, err) < 0)
		return -1;
	for (const char *const *ours = about_types; *ours; ours++) {
		freeing char *file = NULL;
		struct cni_error ignored;

		if (cni_exec_find(*ours, tool->options->plugin_path, &file, &ignored) == 0)
			add_type(types, *ours);
	}
	return 0;
}

/* ---- directories ---- */

/* {"path", "resolved"}, or {"path", "reason"} of one that is not searched. */
static cJSON *describe_directory(const char *path)
{
	cJSON *row = cni_json_object();
	char resolved[PATH_MAX];
	struct stat st;

	cni_json_add_string(row, "path", path);
	if (!realpath(path, resolved))
		cni_json_add_string(row, "reason", strerror(errno));
	else if (stat(resolved, &st) == 0 && !S_ISDIR(st.st_mode))
		cni_json_add_string(row, "reason", strerror(ENOTDIR));
	else
		cni_json_add_string(row, "resolved", resolved);
	return row;
}

static cJSON *describe_path(const char *path)
{
	cJSON *rows = cni_json_array();
	freeing char *copy = cni_strdup(path);
	char *rest = copy;

	for (char *dir = strsep(&rest, ":"); dir; dir = strsep(&rest, ":"))
		if (*dir)
			cJSON_AddItemToArray(rows, describe_directory(dir));
	return rows;
}

/* ---- plugins ---- */

static bool is_same_file(const char *one, const char *other)
{
	struct stat left;
	struct stat right;

	return stat(one, &left) == 0 && stat(other, &right) == 0 && left.st_dev == right.st_dev &&
	       left.st_ino == right.st_ino;
}

/* The files of this name in later directories, which do not run. */
static cJSON *list_hidden(const char *type, const char *file, const cJSON *directories)
{
	cJSON *hidden = cni_json_array();
	const cJSON *dir;

	cJSON_ArrayForEach (dir, directories) {
		const char *path = cni_json_get_string(dir, "path");
		freeing char *other = NULL;
		struct cni_error ignored;

		if (cni_exec_find(type, path, &other, &ignored) == 0 && !is_same_file(file, other))
			cJSON_AddItemToArray(hidden, cJSON_CreateString(other));
	}
	return hidden;
}

/* {"type", "file", "about", "supportedVersions": […], "hidden": […]} */
static int describe(const char *type, const char *path, const cJSON *directories, cJSON **ret_row,
		    struct cni_error *err)
{
	freeing char *file = NULL;
	freeing char *about = NULL;
	cJSON *versions;
	cJSON *row;

	if (cni_exec_find(type, path, &file, err) < 0 ||
	    cni_request_versions(type, path, &versions, err) < 0)
		return -1;
	about = about_plugin(type, path);
	row = cni_json_object();
	cni_json_add_string(row, "type", type);
	cni_json_add_string(row, "file", file);
	cni_json_add_string(row, "about", about);
	cni_json_add(row, "supportedVersions", versions);
	cni_json_add(row, "hidden", list_hidden(type, file, directories));
	*ret_row = row;
	return 0;
}

/* ---- output ---- */

static void print_directories(const cJSON *rows)
{
	static const char *const headings[] = {"DIRECTORY", "RESOLVES TO", NULL};
	clearing_table struct table table = table_begin(headings);
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const char *reason = cni_json_get_string(row, "reason");
		freeing char *missing = reason ? cni_format("nothing: %s", reason) : NULL;
		const char *cells[] = {cni_json_get_string(row, "path"),
				       reason ? missing : cni_json_get_string(row, "resolved")};

		table_add(&table, cells);
	}
	table_print(&table);
	putchar('\n');
}

static char *join(const cJSON *list)
{
	char *joined = cni_strdup("");
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		freeing char *before = joined;

		joined = cni_format("%s%s%s", before, *before ? ", " : "",
				    cJSON_GetStringValue(item));
	}
	return joined;
}

static void print_plugins(const cJSON *rows)
{
	static const char *const headings[] = {"PLUGIN", "FILE", "VERSION", "PROTOCOL", NULL};
	clearing_table struct table table = table_begin(headings);
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		freeing char *versions = join(cni_json_get(row, "supportedVersions"));
		const char *cells[] = {cni_json_get_string(row, "type"),
				       cni_json_get_string(row, "file"),
				       cni_json_get_string(row, "about"), versions};

		table_add(&table, cells);
	}
	table_print(&table);
}

static void print_hidden(const cJSON *rows)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		freeing char *hidden = join(cni_json_get(row, "hidden"));

		if (*hidden)
			print_line("%s does not run: %s comes first", hidden,
				   cni_json_get_string(row, "file"));
	}
}

static void print_all(const cJSON *directories, const cJSON *plugins)
{
	print_directories(directories);
	print_plugins(plugins);
	print_hidden(plugins);
}

int command_version(struct tool *tool, struct cni_error *err)
{
	const char *path = tool->options->plugin_path;
	freeing_json cJSON *types = cni_json_array();
	freeing_json cJSON *all = cni_json_object();
	cJSON *directories = describe_path(path);
	cJSON *plugins = cni_json_array();
	struct cni_error first = {0};
	const cJSON *type;

	cni_json_add(all, "directories", directories);
	cni_json_add(all, "plugins", plugins);
	if (!tool->options->operand_count) {
		if (add_types_of_node(tool, types, err) < 0)
			return -1;
	} else {
		if (tool_load(tool, err) < 0)
			return -1;
		add_types_of(types, &tool->list);
	}
	cJSON_ArrayForEach (type, types) {
		struct cni_error next;
		cJSON *row;

		if (describe(cJSON_GetStringValue(type), path, directories, &row, &next) < 0)
			cni_fail_first(&first, &next);
		else
			cJSON_AddItemToArray(plugins, row);
	}
	if (!tool->options->json)
		print_all(directories, plugins);
	else if (!first.code)
		print_json(all);
	return cni_fail_if_any(&first, err);
}
