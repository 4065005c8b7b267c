/* SPDX-License-Identifier: Apache-2.0 */
#include "describe.h"

#include "verbs.h"

#include <inttypes.h>
#include <string.h>

static const char *const types[CNI_TYPE_COUNT] = {
	[CNI_TYPE_BOOLEAN] = "boolean",
	[CNI_TYPE_NUMBER] = "number",
	[CNI_TYPE_STRING] = "string",
	[CNI_TYPE_MAC] = "MAC address",
	[CNI_TYPE_ADDRESS] = "address",
	[CNI_TYPE_PREFIX] = "prefix",
	[CNI_TYPE_STRINGS] = "list of strings",
	[CNI_TYPE_ADDRESSES] = "list of addresses",
	[CNI_TYPE_PREFIXES] = "list of prefixes",
	[CNI_TYPE_OBJECT] = "object",
	[CNI_TYPE_LIST] = "list of objects",
	[CNI_TYPE_LISTS] = "list of lists of objects",
	[CNI_TYPE_MAP] = "object of strings",
};

static const char *const roles[] = {
	[CNI_ROLE_INTERFACE] = "interface",
	[CNI_ROLE_CHAINED] = "chained",
	[CNI_ROLE_ANY] = "any",
	[CNI_ROLE_IPAM] = "ipam",
};

const char *cni_type_text(enum cni_type type)
{
	return types[type];
}

static enum cni_type type_of(const struct cni_field *field)
{
	static const struct {
		cni_decoder *decode;
		enum cni_type type;
	} decoders[] = {
		{cni_decode_bool, CNI_TYPE_BOOLEAN},	{cni_decode_u32, CNI_TYPE_NUMBER},
		{cni_decode_u64, CNI_TYPE_NUMBER},	{cni_decode_string, CNI_TYPE_STRING},
		{cni_decode_strings, CNI_TYPE_STRINGS}, {cni_decode_ip, CNI_TYPE_ADDRESS},
		{cni_decode_net, CNI_TYPE_PREFIX},
	};

	if (field->type)
		return field->type;
	if (field->decode == cni_decode_u32 && field->words)
		return CNI_TYPE_STRING;
	for (size_t i = 0; i < sizeof(decoders) / sizeof(*decoders); i++)
		if (field->decode == decoders[i].decode)
			return decoders[i].type;
	return CNI_TYPE_OBJECT;
}

static bool is_the_runtimes(const struct cni_field *field)
{
	return field->section[0] &&
	       (!strcmp(field->section[0], "runtimeConfig") || !strcmp(field->section[0], "args"));
}

static double max_of(const struct cni_field *field)
{
	if (field->max)
		return field->max;
	return field->decode == cni_decode_u64 ? (double)INT64_MAX : INT32_MAX;
}

/* A number out of the range stands for "not given". */
static void add_number(cJSON *json, const struct cni_field *field, double number)
{
	if (number >= field->min && number <= max_of(field))
		cni_json_add_number(json, "default", number);
}

static void add_default(cJSON *json, const struct cni_field *field, const void *defaults)
{
	static const char nothing[sizeof(struct cni_strings)];
	const void *member = defaults ? (const char *)defaults + field->offset : nothing;

	if (field->decode == cni_decode_bool)
		cni_json_add(json, "default", cJSON_CreateBool(*(const bool *)member));
	else if (field->decode == cni_decode_u32 && field->words)
		cni_json_add_string(json, "default",
				    cni_word_text(field->words, *(const uint32_t *)member));
	else if (field->decode == cni_decode_u32)
		add_number(json, field, *(const uint32_t *)member);
	else if (field->decode == cni_decode_u64)
		add_number(json, field, (double)*(const uint64_t *)member);
	else if (field->decode == cni_decode_string && *(const char *const *)member)
		cni_json_add(json, "default", cJSON_CreateString(*(const char *const *)member));
}

static void add_section(cJSON *json, const struct cni_field *field)
{
	cJSON *section;

	if (!field->section[0])
		return;
	section = cni_json_array();
	for (size_t i = 0; i < 2 && field->section[i]; i++)
		cJSON_AddItemToArray(section, cJSON_CreateString(field->section[i]));
	cni_json_add(json, "section", section);
	if (!strcmp(field->section[0], "runtimeConfig"))
		cni_json_add_string(json, "capability",
				    field->section[1] ? field->section[1] : field->key);
}

static void add_words(cJSON *json, const struct cni_field *field)
{
	cJSON *words;

	if (!field->words)
		return;
	words = cni_json_array();
	for (const struct cni_word *word = field->words; word->word; word++)
		cJSON_AddItemToArray(words, cJSON_CreateString(word->word));
	cni_json_add(json, "words", words);
}

static cJSON *describe_fields(const struct cni_field *fields, const void *defaults,
			      bool has_defaults);

static cJSON *describe_field(const struct cni_field *field, const void *defaults, bool has_defaults)
{
	enum cni_type type = type_of(field);
	cJSON *json = cni_json_object();

	cni_json_add_string(json, "key", field->key);
	add_section(json, field);
	cni_json_add_string(json, "type", types[type]);
	if (type == CNI_TYPE_NUMBER) {
		if (!field->negative_is_zero)
			cni_json_add_number(json, "min", field->min);
		cni_json_add_number(json, "max", max_of(field));
	}
	add_words(json, field);
	if (field->items)
		cni_json_add(json, "items", describe_fields(field->items, NULL, false));
	if (has_defaults && !field->unless && !is_the_runtimes(field))
		add_default(json, field, defaults);
	if (field->unless && !strcmp(field->unless, CNI_REQUIRED))
		cni_json_add(json, "required", cJSON_CreateBool(true));
	else
		cni_json_add_string(json, "unless", field->unless);
	cni_json_add_string(json, "help", field->help);
	return json;
}

/* Members of items have defaults only by their `unless`. */
static cJSON *describe_fields(const struct cni_field *fields, const void *defaults,
			      bool has_defaults)
{
	cJSON *list = cni_json_array();

	for (; fields && fields->key; fields++)
		cJSON_AddItemToArray(list, describe_field(fields, defaults, has_defaults));
	return list;
}

cJSON *cni_describe_fields(const struct cni_field *fields)
{
	return describe_fields(fields, NULL, false);
}

/* The keys that conf.c reads for plugins that run an IPAM plugin. */
static const struct cni_field ipam_fields[] = {
	CNI_KEY("type", CNI_TYPE_STRING,
		"The IPAM plugin, an executable on CNI_PATH, which reads the other keys"),
	{0},
};

const struct cni_field cni_delegating_fields[] = {
	CNI_KEY("ipam", CNI_TYPE_OBJECT,
		"The addresses: without it the interface gets none from this plugin",
		.items = ipam_fields),
	CNI_KEY("dns", CNI_TYPE_OBJECT, "Replaces the IPAM plugin's DNS settings in the result",
		.items = cni_dns_fields),
	{0},
};

static void append_all(cJSON *list, cJSON *more)
{
	while (cJSON_GetArraySize(more))
		cJSON_AddItemToArray(list, cJSON_DetachItemFromArray(more, 0));
	cJSON_Delete(more);
}

static void add_argument(cJSON *list, const char *key, const char *help)
{
	cJSON *json = cni_json_object();

	cni_json_add_string(json, "key", key);
	cni_json_add_string(json, "help", help);
	cJSON_AddItemToArray(list, json);
}

static cJSON *describe_arguments(const struct cni_description *description)
{
	const struct cni_argument *argument = description->arguments;
	cJSON *list = cni_json_array();

	for (; argument && argument->key; argument++)
		add_argument(list, argument->key, argument->help);
	if (description->knows_pods)
		add_argument(list, "K8S_POD_UID",
			     "The pod: an ADD of a newer container of it first does the DEL of an "
			     "older one");
	return list;
}

cJSON *cni_describe(const struct cni_verbs *verbs)
{
	static const struct cni_description nothing = {.about = NULL};
	const struct cni_description *own = verbs->description ? verbs->description : &nothing;
	cJSON *json = cni_json_object();
	cJSON *versions = cni_json_array();
	cJSON *keys;

	for (enum cni_version v = verbs->oldest; v < CNI_VERSION_COUNT; v++)
		cJSON_AddItemToArray(versions, cJSON_CreateString(cni_version_text(v)));
	cni_json_add_string(json, "type", verbs->type);
	cni_json_add_string(json, "version", verbs->version);
	cni_json_add_string(json, "about", own->about);
	cni_json_add_string(json, "role", roles[own->role]);
	cni_json_add(json, "cniVersions", versions);
	keys = describe_fields(own->fields, own->defaults, true);
	if (verbs->delegates)
		append_all(keys, describe_fields(cni_delegating_fields, NULL, false));
	cni_json_add(json, "keys", keys);
	cni_json_add(json, "arguments", describe_arguments(own));
	return json;
}
