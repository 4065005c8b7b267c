/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool schema: a JSON schema (draft 2020-12) of configurations, for editors, from the plugins' own
 * descriptions (describe.h). Unknown keys are accepted, as the plugins accept them. */
#include "about.h"
#include "catalogue.h"
#include "cleanup.h"
#include "commands.h"
#include "conf.h"
#include "conflist.h"
#include "describe.h"
#include "mem.h"

#include <string.h>

#define DRAFT "https://json-schema.org/draft/2020-12/schema"

static cJSON *of_type(const char *type)
{
	cJSON *schema = cni_json_object();

	cni_json_add_string(schema, "type", type);
	return schema;
}

static cJSON *list_of(cJSON *items)
{
	cJSON *schema = of_type("array");

	cni_json_add(schema, "items", items);
	return schema;
}

static cJSON *schema_of_rows(const cJSON *rows, const char *section);

/* The words of "type" in a description. */
static cJSON *schema_of_type(const char *type, const cJSON *items)
{
	cJSON *schema;

	if (!strcmp(type, "boolean") || !strcmp(type, "string"))
		return of_type(type);
	if (!strcmp(type, "number"))
		return of_type("integer");
	if (!strncmp(type, "list of lists", strlen("list of lists")))
		return list_of(list_of(schema_of_rows(items, NULL)));
	if (!strcmp(type, "list of objects"))
		return list_of(schema_of_rows(items, NULL));
	if (!strncmp(type, "list of ", strlen("list of ")))
		return list_of(of_type("string"));
	if (!strcmp(type, "object of strings")) {
		schema = of_type("object");
		cni_json_add(schema, "additionalProperties", of_type("string"));
		return schema;
	}
	return strcmp(type, "object") != 0 ? of_type("string") : schema_of_rows(items, NULL);
}

static cJSON *schema_of_row(const cJSON *row)
{
	const char *type = cni_json_get_string(row, "type");
	cJSON *schema = schema_of_type(type ? type : "", cni_json_get(row, "items"));
	const cJSON *words = cni_json_get(row, "words");
	static const char *const same[][2] = {
		{"min", "minimum"}, {"max", "maximum"}, {"default", "default"}};

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		const cJSON *value = cni_json_get(row, same[i][0]);

		if (value)
			cni_json_add(schema, same[i][1], cni_json_copy(value));
	}
	if (words)
		cni_json_add(schema, "enum", cni_json_copy(words));
	cni_json_add_string(schema, "description", cni_json_get_string(row, "help"));
	return schema;
}

static cJSON *schema_of_rows(const cJSON *rows, const char *section)
{
	cJSON *schema = of_type("object");
	cJSON *properties = cni_json_object();
	cJSON *required = cni_json_array();
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const char *key = cni_json_get_string(row, "key");

		if (!key || !catalogue_is_in(row, section))
			continue;
		cni_json_add(properties, key, schema_of_row(row));
		if (cJSON_IsTrue(cni_json_get(row, "required")))
			cJSON_AddItemToArray(required, cJSON_CreateString(key));
	}
	cni_json_add(schema, "properties", properties);
	cni_json_add(schema, "required", required);
	return schema;
}

/* ---- the plugins ---- */

static cJSON *constant(const char *value)
{
	cJSON *schema = cni_json_object();

	cni_json_add_string(schema, "const", value);
	return schema;
}

/* {"if": {"properties": {"type": {"const": …}}}, "then": {…}} */
static cJSON *when_type(const char *type, cJSON *then)
{
	cJSON *schema = cni_json_object();
	cJSON *condition = cni_json_object();
	cJSON *properties = cni_json_object();
	cJSON *required = cni_json_array();

	cni_json_add(properties, "type", constant(type));
	cJSON_AddItemToArray(required, cJSON_CreateString("type"));
	cni_json_add(condition, "properties", properties);
	cni_json_add(condition, "required", required);
	cni_json_add(schema, "if", condition);
	cni_json_add(schema, "then", then);
	return schema;
}

static cJSON *capabilities_of(const struct catalogue_plugin *plugin)
{
	cJSON *schema = of_type("object");
	cJSON *properties = cni_json_object();
	const cJSON *row;

	cJSON_ArrayForEach (row, cni_json_get(plugin->description, "keys")) {
		const char *capability = cni_json_get_string(row, "capability");

		if (capability && !cJSON_GetObjectItem(properties, capability))
			cni_json_add(properties, capability, of_type("boolean"));
	}
	cni_json_add(schema, "properties", properties);
	return schema;
}

static cJSON *schema_of_plugin(const struct catalogue_plugin *plugin)
{
	cJSON *schema = schema_of_rows(cni_json_get(plugin->description, "keys"), NULL);
	cJSON *properties = cni_json_get(schema, "properties");

	cni_json_add_string(schema, "description",
			    cni_json_get_string(plugin->description, "about"));
	cni_json_add(properties, "capabilities", capabilities_of(plugin));
	return schema;
}

static cJSON *definitions(cJSON *of_plugins, cJSON *of_ipam)
{
	cJSON *definitions = cni_json_object();
	freeing_json cJSON *rows = cni_describe_fields(cni_conf_fields);
	cJSON *plugin = schema_of_rows(rows, NULL);
	cJSON *ipam = of_type("object");

	cni_json_add(plugin, "allOf", of_plugins);
	cni_json_add(ipam, "allOf", of_ipam);
	cni_json_add(definitions, "plugin", plugin);
	cni_json_add(definitions, "ipam", ipam);
	return definitions;
}

/* The object `ipam` of a plugin that has one is the IPAM plugin's. */
static void refer_to_ipam(cJSON *schema)
{
	cJSON *properties = cni_json_get(schema, "properties");
	cJSON *ipam;

	if (!cni_json_get(properties, "ipam"))
		return;
	ipam = cni_json_object();
	cni_json_add_string(ipam, "$ref", "#/$defs/ipam");
	cni_json_set(properties, "ipam", ipam);
}

/* The schema of the list, without the definitions that its `plugins` refer to. */
static cJSON *list_schema(void)
{
	freeing_json cJSON *rows = cni_describe_fields(cni_conflist_fields);
	cJSON *schema = schema_of_rows(rows, NULL);
	cJSON *plugins = cni_json_get(cni_json_get(schema, "properties"), "plugins");
	cJSON *plugin = cni_json_object();

	cni_json_add_string(plugin, "$ref", "#/$defs/plugin");
	cni_json_add_number(plugins, "minItems", 1);
	cni_json_set(plugins, "items", plugin);
	return schema;
}

static cJSON *make_schema(struct catalogue *catalogue, const char *const *types,
			  struct cni_error *err)
{
	cJSON *schema = list_schema();
	cJSON *of_plugins = cni_json_array();
	cJSON *of_ipam = cni_json_array();

	cni_json_add_string(schema, "$schema", DRAFT);
	cni_json_add_string(schema, "title", "A CNI network configuration (*.conflist)");
	for (; *types; types++) {
		const struct catalogue_plugin *plugin = catalogue_get(catalogue, *types);
		bool is_ipam = !strcmp(catalogue_role(plugin), "ipam");
		cJSON *of_plugin;

		if (!plugin->description) {
			cni_fail(err, CNI_EMISSING, "%s", plugin->why);
			continue;
		}
		of_plugin =
			is_ipam ? schema_of_rows(cni_json_get(plugin->description, "keys"), "ipam")
				: schema_of_plugin(plugin);
		refer_to_ipam(of_plugin);
		cJSON_AddItemToArray(is_ipam ? of_ipam : of_plugins, when_type(*types, of_plugin));
	}
	cni_json_add(schema, "$defs", definitions(of_plugins, of_ipam));
	return schema;
}

int command_schema(struct tool *tool, struct cni_error *err)
{
	const struct options *options = tool->options;
	struct catalogue catalogue = {.path = options->plugin_path};
	const char *const *types =
		options->operand_count ? (const char *const *)options->operands : about_types;
	freeing_json cJSON *schema = NULL;

	err->code = 0;
	schema = make_schema(&catalogue, types, err);
	catalogue_clear(&catalogue);
	if (err->code)
		return -1;
	print_json(schema);
	return 0;
}
