/* SPDX-License-Identifier: Apache-2.0 */
/* The group plugins: what is on the plugins' path. */
#include "about.h"
#include "checks.h"
#include "cleanup.h"
#include "doctor.h"
#include "exec.h"
#include "mem.h"
#include "plugin_types.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

/* ---- the types of the networks ---- */

static void add_type(struct plugin_types *types, const char *type, const char *network,
		     enum cni_version version)
{
	for (size_t i = 0; i < types->count; i++)
		if (!strcmp(types->items[i].type, type))
			return;
	types->items = cni_realloc_array(types->items, types->count + 1, sizeof(*types->items));
	types->items[types->count++] = (struct plugin_type){type, network, version};
}

struct plugin_types plugin_types(const struct doctor *doctor)
{
	struct plugin_types types = {.count = 0};

	for (size_t i = 0; i < doctor->network_count; i++) {
		const struct cni_conflist *list = &doctor->networks[i]->tool.list;
		const cJSON *plugin;

		cJSON_ArrayForEach (plugin, list->plugins) {
			const char *ipam =
				cni_json_get_string(cni_json_get(plugin, "ipam"), "type");

			add_type(&types, cni_conflist_type(plugin), list->name, list->version);
			if (ipam)
				add_type(&types, ipam, list->name, list->version);
		}
	}
	return types;
}

void plugin_types_clear(struct plugin_types *types)
{
	free(types->items);
}

/* ---- there, running, speaking ---- */

/* The directories that distributions and runtimes use. */
#define ELSEWHERE                                                                                  \
	"/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni:/usr/local/libexec/cni:/usr/local/lib/cni"

static void report_missing(struct doctor *doctor, const struct plugin_type *type,
			   const struct cni_error *why)
{
	freeing char *where = cni_format("network '%s'", type->network);
	freeing char *other = NULL;
	freeing char *command = NULL;
	struct finding_words words = {
		.where = where,
		.so = "ADD fails in this network",
		.try = "install it into a directory of CNI_PATH",
	};
	struct cni_error ignored;

	if (cni_exec_find(type->type, ELSEWHERE, &other, &ignored) == 0)
		words.try = command = cni_format("there is one: %s", other);
	doctor_find_error(doctor, FINDING_FAILURE, &words, why);
}

static bool speaks(const cJSON *versions, enum cni_version version)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, versions) {
		const char *text = cJSON_GetStringValue(item);

		if (text && !strcmp(text, cni_version_text(version)))
			return true;
	}
	return false;
}

bool plugin_speaks(const char *type, const char *path, enum cni_version version)
{
	freeing_json cJSON *versions = NULL;
	struct cni_error ignored;

	return cni_request_versions(type, path, &versions, &ignored) == 0 &&
	       speaks(versions, version);
}

static void look_at_plugin(struct doctor *doctor, const struct plugin_type *type)
{
	const char *path = doctor->options->plugin_path;
	freeing char *where = cni_format("network '%s'", type->network);
	const struct finding_words words = {
		.where = where,
		.so = "ADD fails in this network",
		.try = "install the plugin again, or lower 'cniVersion' of the list",
	};
	freeing_json cJSON *versions = NULL;
	freeing char *file = NULL;
	struct cni_error err;

	if (cni_exec_find(type->type, path, &file, &err) < 0)
		report_missing(doctor, type, &err);
	else if (cni_request_versions(type->type, path, &versions, &err) < 0)
		doctor_find_error(doctor, FINDING_FAILURE, &words, &err);
	else if (!speaks(versions, type->version))
		doctor_find(doctor, FINDING_FAILURE, &words,
			    "plugin '%s' (%s) does not speak %s, the list's cniVersion", type->type,
			    file, cni_version_text(type->version));
}

void check_plugins(struct doctor *doctor)
{
	struct plugin_types types = plugin_types(doctor);

	for (size_t i = 0; i < types.count; i++)
		look_at_plugin(doctor, &types.items[i]);
	plugin_types_clear(&types);
}

/* ---- builds ---- */

static bool is_type_of_ours(const char *type)
{
	for (const char *const *ours = about_types; *ours; ours++)
		if (!strcmp(*ours, type))
			return true;
	return false;
}

static void look_at_build(struct doctor *doctor, const struct plugin_type *type)
{
	static const struct finding_words strange = {
		.so = "reconcile and refresh do nothing for it, and CHECK sees less",
		.try = "install the plugin of this suite, or give its directory in CNI_PATH",
	};
	static const struct finding_words older = {
		.so = "an upgrade was not finished",
		.try = "install all executables of one version",
	};
	const char *path = doctor->options->plugin_path;
	freeing char *about = about_plugin(type->type, path);
	freeing char *file = NULL;
	struct cni_error ignored;

	if (!is_type_of_ours(type->type) || cni_exec_find(type->type, path, &file, &ignored) < 0)
		return;
	if (!about || !strstr(about, "+cni-c."))
		doctor_find(doctor, FINDING_NOTE, &strange,
			    "plugin '%s' (%s) is not of this suite: %s", type->type, file,
			    about ? about : "it does not say what it is");
	else if (!strstr(about, CNI_C_VERSION))
		doctor_find(doctor, FINDING_WARNING, &older,
			    "plugin '%s' (%s) is '%s', and cnitool is %s", type->type, file, about,
			    CNI_C_VERSION);
}

void check_builds(struct doctor *doctor)
{
	struct plugin_types types = plugin_types(doctor);

	for (size_t i = 0; i < types.count; i++)
		look_at_build(doctor, &types.items[i]);
	plugin_types_clear(&types);
}
