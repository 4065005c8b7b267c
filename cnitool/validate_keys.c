/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that no plugin reads. The specification lets plugins ignore them, and so does everything but this. */
#include "validate.h"

#include "cleanup.h"
#include "conf.h"
#include "conflist.h"
#include "mem.h"
#include "nearest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Keys that podman and nerdctl write into lists for themselves. */
static const char *const of_lists[] = {"args", "nerdctlID", "nerdctlLabels", NULL};
static const char *const of_ipam[] = {"type", NULL};
static const char *const none[] = {NULL};

/* The names that an object may have; ends with NULL. */
struct names {
	const char **items;
	size_t count;
};

static void add_name(struct names *names, const char *name)
{
	names->items = cni_realloc_array(names->items, names->count + 2, sizeof(*names->items));
	names->items[names->count++] = name;
	names->items[names->count] = NULL;
}

/* An object in a configuration, and the rows, tables and names that know its keys. */
struct level {
	const struct configured *configured; /* NULL: the list itself */
	struct config_findings *findings;
	struct config_place place; /* of the object */
	const char *path;	   /* "ipam."; "" */
	const cJSON *rows;
	const char *section; /* NULL: rows that are in none */
	const struct cni_field *fields[2];
	const char *const *more;
};

static void add_fields(struct names *names, const struct cni_field *fields)
{
	for (; fields && fields->key; fields++)
		add_name(names, fields->key);
}

static struct names names_of(const struct level *level)
{
	struct names names = {0};
	const cJSON *row;

	for (const char *const *more = level->more; *more; more++)
		add_name(&names, *more);
	for (size_t i = 0; i < 2; i++)
		add_fields(&names, level->fields[i]);
	cJSON_ArrayForEach (row, level->rows) {
		const char *key = cni_json_get_string(row, "key");

		if (key && catalogue_is_in(row, level->section))
			add_name(&names, key);
	}
	if (!names.count)
		names.items = cni_alloc(sizeof(*names.items));
	return names;
}

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcasecmp(names->items[i], name))
			return true;
	return false;
}

/* Comments, as people write them in JSON, and keys of the specification's later versions. */
static bool is_free(const char *key)
{
	return strchr("_/#$", *key) || !strncmp(key, "cni.dev/", 8);
}

/* ---- one object ---- */

/* The object that has a row for the key: a key at the wrong place. NULL: there is none. */
static const char *place_that_has(const struct level *level, const char *key)
{
	const struct configured *configured = level->configured;

	if (!configured)
		return NULL;
	if (level->section && catalogue_key(configured->plugin, NULL, key))
		return "the plugin's configuration itself";
	if (!level->section && !*level->path && configured->ipam &&
	    catalogue_key(configured->ipam, "ipam", key))
		return "'ipam'";
	return NULL;
}

static void report(const struct level *level, const struct names *names, const char *key)
{
	freeing char *path = cni_format("%s%s", level->path, key);
	const char *nearest = nearest_word(key, names->items);
	const char *other = place_that_has(level, key);
	struct config_place place = level->place;
	struct config_finding *finding;

	place.key = path;
	if (other) {
		finding =
			config_findings_add(level->findings, "unknown-key", CONFIG_WARNING, &place,
					    "'%s' stands in the wrong object: it is a key of %s",
					    path, other);
		config_finding_try(finding, "move '%s' into %s", key, other);
	} else if (nearest) {
		finding = config_findings_add(level->findings, "unknown-key", CONFIG_WARNING,
					      &place, "unknown key '%s': the nearest one is '%s'",
					      path, nearest);
		config_finding_try(finding, "write '%s'", nearest);
	} else {
		finding = config_findings_add(level->findings, "unknown-key", CONFIG_WARNING,
					      &place, "unknown key '%s'", path);
	}
	config_finding_so(finding, "the key is ignored");
}

static void check_object(const struct level *level, const cJSON *object);

/* The members of an object, of a list's objects, and of a list of such lists. */
static void check_items(const struct level *level, const cJSON *value)
{
	const cJSON *item;

	if (cJSON_IsObject(value)) {
		check_object(level, value);
		return;
	}
	cJSON_ArrayForEach (item, value) {
		check_items(level, item);
	}
}

static const cJSON *row_of(const struct level *level, const char *key)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, level->rows) {
		const char *name = cni_json_get_string(row, "key");

		if (name && !strcasecmp(name, key) && catalogue_is_in(row, level->section))
			return row;
	}
	return NULL;
}

/* `ipam` is the IPAM plugin's own, and its rows have their own level. */
static void descend(const struct level *level, const cJSON *member)
{
	const cJSON *row = row_of(level, member->string);
	const cJSON *items = cni_json_get(row, "items");
	freeing char *path = cni_format("%s%s.", level->path, member->string);
	struct level inner = *level;

	if (!items || (!level->section && !*level->path && !strcasecmp(member->string, "ipam")))
		return;
	inner.rows = items;
	inner.section = NULL;
	inner.fields[0] = inner.fields[1] = NULL;
	inner.more = none;
	inner.path = path;
	check_items(&inner, member);
}

/* The last of two counts, and case does not matter. */
static void check_twice(const struct level *level, const cJSON *member)
{
	freeing char *path = cni_format("%s%s", level->path, member->string);
	struct config_place place = level->place;
	struct config_finding *finding;
	const cJSON *other = member->next;

	while (other && strcasecmp(other->string, member->string) != 0)
		other = other->next;
	if (!other)
		return;
	place.key = path;
	finding = config_findings_add(level->findings, "twice", CONFIG_WARNING, &place,
				      "'%s' is in the object twice", path);
	config_finding_so(finding, "the last one counts");
}

static void check_object(const struct level *level, const cJSON *object)
{
	struct names names = names_of(level);
	const cJSON *member;

	cJSON_ArrayForEach (member, object) {
		if (is_free(member->string))
			continue;
		check_twice(level, member);
		if (has_name(&names, member->string))
			descend(level, member);
		else
			report(level, &names, member->string);
	}
	free(names.items);
}

/* libcni takes the keys of a list as they are written; those of plugins match in any case. */
static void check_case(const struct level *level, const cJSON *list)
{
	const cJSON *member;

	cJSON_ArrayForEach (member, list) {
		const struct cni_field *field = level->fields[0];
		struct config_place place = level->place;
		struct config_finding *finding;

		while (field->key && strcasecmp(field->key, member->string) != 0)
			field++;
		if (!field->key || !strcmp(field->key, member->string))
			continue;
		place.key = member->string;
		finding =
			config_findings_add(level->findings, "unknown-key", CONFIG_WARNING, &place,
					    "'%s' is not '%s' to runtimes: the case of a list's "
					    "keys matters",
					    member->string, field->key);
		config_finding_so(finding, "runtimes ignore the key");
		config_finding_try(finding, "write '%s'", field->key);
	}
}

/* ---- the objects ---- */

void validate_list_keys(struct validation *validation, const struct source *source)
{
	struct level level = {
		.findings = &validation->findings,
		.place = {.file = source->file,
			  .network = source->name,
			  .plugin = CONFIG_NO_PLUGIN,
			  .text = source->text},
		.path = "",
		.fields = {cni_conflist_fields},
		.more = of_lists,
	};

	if (!source->is_list)
		return;
	check_object(&level, source->json);
	check_case(&level, source->json);
}

void validate_keys(const struct configured *configured)
{
	struct level level = {
		.configured = configured,
		.findings = &configured->validation->findings,
		.place = place_of_key(configured, NULL),
		.path = "",
		.rows = cni_json_get(configured->plugin->description, "keys"),
		.fields = {cni_conf_fields, cni_conf_added_fields},
		.more = none,
	};
	const cJSON *ipam = cni_json_get(configured->json, "ipam");

	if (configured->plugin->description)
		check_object(&level, configured->json);
	if (!configured->ipam || !configured->ipam->description || !cJSON_IsObject(ipam))
		return;
	level.rows = cni_json_get(configured->ipam->description, "keys");
	level.section = "ipam";
	level.path = "ipam.";
	level.fields[0] = level.fields[1] = NULL;
	level.more = of_ipam;
	check_object(&level, ipam);
}

/* ---- capabilities ---- */

static void add_capabilities(struct names *names, const struct catalogue_plugin *plugin)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, cni_json_get(plugin ? plugin->description : NULL, "keys")) {
		const char *capability = cni_json_get_string(row, "capability");

		if (capability)
			add_name(names, capability);
	}
}

static void check_declared(const struct configured *configured, const struct names *names,
			   const char *declared)
{
	freeing char *key = cni_format("capabilities.%s", declared);
	struct config_place place = place_of_key(configured, key);
	const char *nearest = names->items ? nearest_word(declared, names->items) : NULL;
	struct config_finding *finding;

	/* The runtime compares them exactly. */
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], declared))
			return;
	finding =
		config_findings_add(&configured->validation->findings, "unknown-capability",
				    nearest ? CONFIG_WARNING : CONFIG_NOTE, &place,
				    "'capabilities' has '%s', which the plugin does not read%s%s%s",
				    declared, nearest ? ": the nearest one is '" : "",
				    nearest ? nearest : "", nearest ? "'" : "");
	config_finding_so(finding, "the plugin ignores what the runtime sends");
	if (nearest)
		config_finding_try(finding, "write '%s'", nearest);
}

/* A plugin that does nothing without what the runtime sends. */
static void check_required(const struct configured *configured)
{
	const cJSON *declared = cni_json_get(configured->json, "capabilities");
	const cJSON *row;

	cJSON_ArrayForEach (row, cni_json_get(configured->plugin->description, "keys")) {
		const char *capability = cni_json_get_string(row, "capability");
		struct config_place place = place_of_key(configured, "capabilities");
		struct config_finding *finding;

		if (!capability || !cJSON_IsTrue(cni_json_get(row, "required")) ||
		    cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(declared, capability)) ||
		    cni_json_get(cni_json_get(configured->json, "runtimeConfig"), capability))
			continue;
		finding =
			config_findings_add(&configured->validation->findings, "no-capability",
					    CONFIG_WARNING, &place,
					    "'capabilities' does not have '%s', without which the "
					    "plugin does nothing",
					    capability);
		config_finding_so(finding,
				  "the runtime sends nothing: ADD succeeds without an effect");
		config_finding_try(finding, "add \"capabilities\": {\"%s\": true}", capability);
	}
}

void validate_capabilities(const struct configured *configured)
{
	const cJSON *declared = cni_json_get(configured->json, "capabilities");
	struct names names = {0};
	const cJSON *item;

	if (!configured->plugin->description)
		return;
	check_required(configured);
	if (configured->ipam && !configured->ipam->description)
		return;
	add_capabilities(&names, configured->plugin);
	add_capabilities(&names, configured->ipam);
	cJSON_ArrayForEach (item, declared) {
		if (cJSON_IsTrue(item))
			check_declared(configured, &names, item->string);
	}
	free(names.items);
}
