/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool purge: takes everything of these plugins from the node, for the way back to another suite. */
#include "about.h"
#include "cache.h"
#include "cached_list.h"
#include "cleanup.h"
#include "commands.h"
#include "confdir.h"
#include "gc.h"
#include "host_links.h"
#include "mem.h"
#include "names.h"
#include "progress.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* The directories in which our plugins keep files for each network, beside the cache:
 * <plugin>/<network>, and host-local's sidecar. The Go plugins do not use these. */
#define RUN	 "/run/cni"
#define SIDECARS "/var/lib/cni/networks/.cni-c"

struct names {
	char **items;
	size_t count;
};

struct purge {
	struct tool *tool;
	struct cni_gc gc;
	struct names networks;	/* that have something of ours */
	struct names ours;	/* types that are plugins of ours, */
	struct names others;	/* and those that are not */
	struct cni_error first; /* failure */
};

/* ---- which networks ---- */

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], name))
			return true;
	return false;
}

static void add_name(struct names *names, const char *name)
{
	if (has_name(names, name))
		return;
	names->items = cni_realloc_array(names->items, names->count + 1, sizeof(*names->items));
	names->items[names->count++] = cni_strdup(name);
}

/* It becomes part of paths, and of configurations. */
static void add_network(struct names *names, const char *name)
{
	struct cni_error ignored;

	if (cni_name_check_network(name, &ignored) == 0)
		add_name(names, name);
}

static void clear_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

/* Each directory in `path` is one's. Not there: none. */
static void add_directories(struct names *names, const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.' && entry->d_type == DT_DIR)
			add_network(names, entry->d_name);
	if (dir)
		closedir(dir);
}

static void add_run(struct names *names)
{
	DIR *dir = opendir(RUN);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		freeing char *path = cni_format(RUN "/%s", entry->d_name);

		if (*entry->d_name != '.' && entry->d_type == DT_DIR)
			add_directories(names, path);
	}
	if (dir)
		closedir(dir);
}

static void add_links(struct names *names, struct cni_warnings *warnings)
{
	clearing_links struct cni_host_links links = {0};
	struct cni_error err;

	if (cni_host_links(NULL, &links, &err) < 0) {
		cni_warn_error(warnings, &err);
		return;
	}
	for (size_t i = 0; i < links.count; i++) {
		char *container;
		char *network;
		char *ifname;

		if (!cni_host_link_parse(links.items[i].owner, &network, &container, &ifname))
			continue;
		add_network(names, network);
		free(container);
		free(network);
		free(ifname);
	}
}

/* ---- which plugins ---- */

/* Each is asked once; ours work under other names as well. */
static bool is_our_type(struct purge *purge, const char *type)
{
	if (has_name(&purge->ours, type))
		return true;
	if (has_name(&purge->others, type))
		return false;
	if (about_is_ours(type, purge->tool->options->plugin_path)) {
		add_name(&purge->ours, type);
		return true;
	}
	add_name(&purge->others, type);
	return false;
}

/* Itself, or what gives it addresses. */
static bool is_our_plugin(struct purge *purge, const cJSON *plugin)
{
	const char *ipam = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");

	return is_our_type(purge, cni_conflist_type(plugin)) || (ipam && is_our_type(purge, ipam));
}

static bool has_ours(struct purge *purge, const struct cni_conflist *list)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		if (is_our_plugin(purge, plugin))
			return true;
	}
	return false;
}

/* ---- gather ---- */

static int add_cached(struct purge *purge, struct cni_error *err)
{
	struct tool *tool = purge->tool;
	struct cni_cached *items;
	size_t count;

	if (cni_cache_list(tool->options->cache_dir, NULL, NULL, &items, &count, &tool->warnings,
			   err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct cni_conflist list = {0};
		struct cni_error ignored;

		if (cni_cached_list(&items[i], NULL, &list, &ignored) == 0 &&
		    has_ours(purge, &list))
			add_network(&purge->networks, items[i].network);
		cni_conflist_clear(&list);
	}
	cni_cached_free(items, count);
	return 0;
}

static void add_if_ours(const char *network, struct cni_conflist *list, const struct cni_error *why,
			void *data)
{
	struct purge *purge = data;

	(void)why;
	if (list && has_ours(purge, list))
		add_network(&purge->networks, network);
}

static int add_configured(struct purge *purge, struct cni_error *err)
{
	struct tool *tool = purge->tool;

	return cni_confdir_each(tool->options->conf_dir, add_if_ours, purge, &tool->warnings, err);
}

/* ---- sweep ---- */

/* Plugins of ours that the list has, each as it is configured, since that says where it keeps things. */
static void add_plugins(struct purge *purge, cJSON *plugins, const cJSON *from)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, from) {
		if (is_our_plugin(purge, plugin))
			cJSON_AddItemToArray(plugins, cni_json_copy(plugin));
	}
}

static bool has_plugin(const cJSON *plugins, const char *type)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, plugins) {
		if (!strcmp(cni_conflist_type(plugin), type))
			return true;
	}
	return false;
}

/* And the others of ours by name alone: an earlier list may have had them. */
static void add_plain(struct purge *purge, cJSON *plugins)
{
	for (const char *const *type = about_types; *type; type++) {
		cJSON *plugin;
		cJSON *ipam;

		if (!is_our_type(purge, *type) || has_plugin(plugins, *type))
			continue;
		plugin = cni_json_object();
		cni_json_add_string(plugin, "type", *type);
		if (!strcmp(*type, "host-local") || !strcmp(*type, "static")) {
			ipam = cni_json_object();
			cni_json_add_string(ipam, "type", *type);
			cni_json_add(plugin, "ipam", ipam);
		}
		cJSON_AddItemToArray(plugins, plugin);
	}
}

static struct cni_conflist make_list(struct purge *purge, const char *network)
{
	struct cni_conflist today = {0};
	struct cni_error ignored;
	struct cni_conflist list = {
		.name = cni_strdup(network),
		.version = CNI_1_1_0,
		.plugins = cni_json_array(),
	};

	if (cni_confdir_find(purge->tool->options->conf_dir, network, &today, NULL, &ignored) == 0)
		add_plugins(purge, list.plugins, today.plugins);
	cni_conflist_clear(&today);
	add_plain(purge, list.plugins);
	return list;
}

static void sweep(struct purge *purge, const char *network)
{
	const struct options *options = purge->tool->options;
	struct cni_conflist list = make_list(purge, network);
	const struct cni_chain chain = {
		.list = &list,
		.path = options->plugin_path,
		.cache_dir = options->cache_dir,
		.container = "",
		.ifname = options->ifname,
		.warnings = &purge->tool->warnings,
	};
	struct cni_error err;

	if (cni_chain_gc(&chain, &purge->gc, &err) < 0) {
		if (purge->first.code)
			cni_warn_error(&purge->tool->warnings, &err);
		cni_fail_first(&purge->first, &err);
	}
	cni_conflist_clear(&list);
}

static void clear(struct purge *purge)
{
	clear_names(&purge->networks);
	clear_names(&purge->ours);
	clear_names(&purge->others);
}

int command_purge(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	freeing_json cJSON *rows = options->json ? cni_json_array() : NULL;
	struct gc_report report = {.dry_run = options->dry_run, .rows = rows};
	struct purge purge = {
		.tool = tool,
		.gc = {.all = true,
		       .dry_run = options->dry_run,
		       .report = gc_report_step,
		       .progress = progress_show,
		       .data = &report},
	};

	if (add_cached(&purge, err) < 0 || add_configured(&purge, err) < 0) {
		clear(&purge);
		return -1;
	}
	add_run(&purge.networks);
	add_directories(&purge.networks, SIDECARS);
	add_links(&purge.networks, &tool->warnings);
	for (size_t i = 0; i < purge.networks.count; i++)
		sweep(&purge, purge.networks.items[i]);
	clear(&purge);
	if (cni_fail_if_any(&purge.first, err) < 0)
		return -1;
	if (rows)
		print_json(rows);
	else
		gc_print_summary(&report);
	return 0;
}
