/* SPDX-License-Identifier: Apache-2.0 */
#include "conflist.h"

#include "cleanup.h"
#include "decode.h"
#include "mem.h"
#include "names.h"

#include <string.h>
#include <strings.h>

static int read_name(const cJSON *json, struct cni_conflist *list, struct cni_error *err)
{
	const cJSON *name = cni_json_get(json, "name");

	if (!name)
		return cni_fail(err, CNI_ECONFIG, "'name' is missing, expected the network's name");
	if (!cJSON_IsString(name))
		return cni_fail(err, CNI_ECONFIG, "'name' is %s, expected a string",
				cni_json_show(name));
	if (cni_name_check_network(name->valuestring, err) < 0)
		return -1;
	list->name = cni_strdup(name->valuestring);
	return 0;
}

/* True, false, or a text of them in any case. */
static int decode_flag(const struct cni_field *field, const cJSON *value, void *member,
		       struct cni_error *err)
{
	const char *text = cJSON_GetStringValue(value);
	bool *flag = member;

	if (cJSON_IsTrue(value) || (text && !strcasecmp(text, "true")))
		*flag = true;
	else if (cJSON_IsFalse(value) || (text && !strcasecmp(text, "false")))
		*flag = false;
	else
		return cni_fail(err, CNI_ECONFIG, "'%s' is %s, expected true or false", field->key,
				cni_json_show(value));
	return 0;
}

#define FLAG(key_, member_, help_)                                                                 \
	{                                                                                          \
		.key = (key_), .offset = offsetof(struct cni_conflist, member_),                   \
		.decode = decode_flag, .help = CNI_HELP(help_), .type = CNI_TYPE_BOOLEAN,          \
		.unless = "false"                                                                  \
	}

const struct cni_field cni_conflist_fields[] = {
	CNI_KEY("cniVersion", CNI_TYPE_STRING,
		"The version of the specification, from 0.1.0 to 1.1.0: 1.1.0 has STATUS and GC",
		.unless = "0.1.0"),
	CNI_KEY("cniVersions", CNI_TYPE_STRINGS,
		"More versions: the highest that is known counts, of cniVersion too"),
	CNI_KEY("name", CNI_TYPE_STRING,
		"The network's name, with which its things on the host are marked: letters, "
		"digits, "
		"'_', '.' and '-', the first one a letter or a digit",
		.unless = CNI_REQUIRED),
	FLAG("disableCheck", disable_check, "Runtimes do not call CHECK"),
	FLAG("disableGC", disable_gc, "Runtimes do not call GC"),
	FLAG("loadOnlyInlinedPlugins", only_inlined,
	     "Files in a directory with the network's name, beside the list, are not appended to "
	     "plugins"),
	CNI_KEY("plugins", CNI_TYPE_LIST,
		"An object for each plugin, in the order of ADD: first the plugin that makes the "
		"interface, then those that change it",
		.unless = "those of that directory"),
	{0},
};

/* Adds to `candidates`, a bit for each version that we know. */
static int read_candidate(const cJSON *value, const char *what, unsigned int *candidates,
			  struct cni_error *err)
{
	const char *text = cJSON_GetStringValue(value);
	int order;

	if (!text || cni_version_compare(text, "0.0.0", &order) < 0)
		return cni_fail(err, CNI_ECONFIG, "%s is %s, expected a version such as \"1.0.0\"",
				what, cni_json_show(value));
	for (int v = 0; v < CNI_VERSION_COUNT; v++)
		if (cni_version_compare(text, cni_version_text((enum cni_version)v), &order) == 0 &&
		    !order)
			*candidates |= 1U << v;
	return 0;
}

static int choose_version(const cJSON *json, struct cni_conflist *list, struct cni_error *err)
{
	const cJSON *versions = cni_json_get(json, "cniVersions");
	const cJSON *version = cni_json_get(json, "cniVersion");
	unsigned int candidates = 0;
	const cJSON *item;

	if (versions && !cJSON_IsArray(versions))
		return cni_fail(err, CNI_ECONFIG,
				"'cniVersions' is %s, expected a list of versions",
				cni_json_show(versions));
	if (cJSON_IsString(version) && !*version->valuestring)
		version = NULL;
	if (version && read_candidate(version, "'cniVersion'", &candidates, err) < 0)
		return -1;
	cJSON_ArrayForEach (item, versions) {
		if (read_candidate(item, "an entry of 'cniVersions'", &candidates, err) < 0)
			return -1;
	}
	list->version = CNI_0_1_0;
	if (!version && !cJSON_GetArraySize(versions))
		return 0; /* from before there was the key */
	if (!candidates)
		return cni_fail(err, CNI_EVERSION,
				"'%s' is %s, and the versions known here end with %s",
				version ? "cniVersion" : "cniVersions",
				cni_json_show(version ? version : versions),
				cni_version_text(CNI_VERSION_LATEST));
	for (int v = 0; v < CNI_VERSION_COUNT; v++)
		if (candidates & 1U << v)
			list->version = (enum cni_version)v;
	return 0;
}

static int check_capabilities(const cJSON *plugin, struct cni_error *err)
{
	const cJSON *capabilities = cni_json_get(plugin, "capabilities");
	const cJSON *item;

	if (capabilities && !cJSON_IsObject(capabilities))
		return cni_fail(err, CNI_ECONFIG, "'capabilities' is %s, expected an object",
				cni_json_show(capabilities));
	cJSON_ArrayForEach (item, capabilities) {
		if (!cJSON_IsBool(item) && !cJSON_IsNull(item))
			return cni_fail(err, CNI_ECONFIG,
					"'capabilities.%.64s' is %s, expected true or false",
					item->string, cni_json_show(item));
	}
	return 0;
}

static int check_plugin(const cJSON *plugin, struct cni_error *err)
{
	const cJSON *type = cni_json_get(plugin, "type");

	if (!cJSON_IsObject(plugin))
		return cni_fail(err, CNI_ECONFIG, "is %s, expected a plugin's configuration",
				cni_json_show(plugin));
	if (!type)
		return cni_fail(err, CNI_ECONFIG, "'type' is missing, expected a plugin's name");
	if (!cJSON_IsString(type))
		return cni_fail(err, CNI_ECONFIG, "'type' is %s, expected a plugin's name",
				cni_json_show(type));
	if (cni_name_check_plugin(type->valuestring, "'type'", err) < 0)
		return -1;
	return check_capabilities(plugin, err);
}

static int read_plugins(const cJSON *json, struct cni_conflist *list, struct cni_error *err)
{
	const cJSON *plugins = cni_json_get(json, "plugins");
	const cJSON *plugin;
	int index = 0;

	if (!plugins && list->only_inlined)
		return cni_fail(err, CNI_ECONFIG,
				"'loadOnlyInlinedPlugins' is true and 'plugins' is missing: there "
				"is nothing to run");
	if (plugins && !cJSON_IsArray(plugins))
		return cni_fail(err, CNI_ECONFIG, "'plugins' is %s, expected a list",
				cni_json_show(plugins));
	if (plugins && !plugins->child)
		return cni_fail(err, CNI_ECONFIG, "'plugins' is [], expected at least one plugin");
	cJSON_ArrayForEach (plugin, plugins) {
		if (check_plugin(plugin, err) < 0)
			return cni_fail_within(err, "'plugins[%d]'", index);
		index++;
	}
	list->plugins = plugins ? cni_json_copy(plugins) : cni_json_array();
	return 0;
}

static int read_list(const cJSON *json, struct cni_conflist *list, struct cni_error *err)
{
	if (read_name(json, list, err) < 0 || choose_version(json, list, err) < 0 ||
	    cni_decode(cni_conflist_fields, json, list, false, err) < 0)
		return -1;
	return read_plugins(json, list, err);
}

int cni_conflist_parse(const char *data, size_t size, const char *what,
		       struct cni_conflist *ret_list, struct cni_error *err)
{
	struct cni_conflist list = {0};
	freeing_json cJSON *json = NULL;

	if (cni_json_parse_source(data, size, what, &json, err) < 0)
		return -1;
	if (read_list(json, &list, err) < 0) {
		cni_conflist_clear(&list);
		return cni_fail_within(err, "%s", what);
	}
	list.text = cni_strndup(data, size);
	list.size = size;
	*ret_list = list;
	return 0;
}

int cni_conflist_upconvert(const char *data, size_t size, const char *what,
			   struct cni_conflist *ret_list, struct cni_error *err)
{
	static const char *const shared[] = {"cniVersion", "name"};
	freeing_json cJSON *list = cni_json_object();
	freeing_json cJSON *plugin = NULL;
	freeing char *text = NULL;
	cJSON *plugins;

	if (cni_json_parse_source(data, size, what, &plugin, err) < 0)
		return -1;
	if (!cni_json_get(plugin, "type") && cni_json_get(plugin, "plugins"))
		return cni_fail(err, CNI_ECONFIG,
				"%s: 'type' is missing: a list of plugins is read from files that "
				"end in .conflist",
				what);
	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		if (cni_json_get(plugin, shared[i]))
			cni_json_add(list, shared[i],
				     cni_json_copy(cni_json_get(plugin, shared[i])));
	plugins = cni_json_array();
	cJSON_AddItemToArray(plugins, take_ptr(plugin));
	cni_json_add(list, "plugins", plugins);
	text = cni_json_print_compact(list);
	return cni_conflist_parse(text, strlen(text), what, ret_list, err);
}

/* Caches the appended plugins for DEL, because the folder may have changed by then. */
static void keep_in_text(struct cni_conflist *list)
{
	freeing_json cJSON *json = NULL;
	struct cni_error ignored;

	/* It was read before. */
	if (cni_json_parse_source(list->text, list->size, "the list", &json, &ignored) < 0)
		return;
	while (cJSON_GetObjectItem(json, "plugins"))
		cJSON_DeleteItemFromObject(json, "plugins");
	cni_json_add(json, "plugins", cni_json_copy(list->plugins));
	free(list->text);
	list->text = cni_json_print_compact(json);
	list->size = strlen(list->text);
}

int cni_conflist_append(struct cni_conflist *list, const char *data, size_t size, const char *what,
			struct cni_error *err)
{
	freeing_json cJSON *plugin = NULL;

	if (cni_json_parse_configuration(data, size, what, &plugin, err) < 0)
		return -1;
	if (check_plugin(plugin, err) < 0)
		return cni_fail_within(err, "%s", what);
	cJSON_AddItemToArray(list->plugins, take_ptr(plugin));
	keep_in_text(list);
	return 0;
}

const char *cni_conflist_type(const cJSON *plugin)
{
	return cni_json_get_string(plugin, "type");
}

void cni_conflist_clear(struct cni_conflist *list)
{
	free(list->name);
	free(list->text);
	free(list->file);
	cJSON_Delete(list->plugins);
	*list = (struct cni_conflist){0};
}
