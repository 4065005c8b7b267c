/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include "cleanup.h"
#include "mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* "'runtimeConfig.mac' is 5, expected a string" */
static int refuse(const struct cni_field *field, const cJSON *value, const char *expected,
		  struct cni_error *err)
{
	char path[96] = "";

	for (size_t i = 0; i < 2 && field->section[i]; i++) {
		size_t used = strlen(path);

		snprintf(path + used, sizeof(path) - used, "%s.", field->section[i]);
	}
	return cni_fail(err, CNI_ECONFIG, "'%s%s' is %s, expected %s", path, field->key,
			cni_json_show(value), expected);
}

int cni_decode_bool(const struct cni_field *field, const cJSON *value, void *member,
		    struct cni_error *err)
{
	if (!cJSON_IsBool(value))
		return refuse(field, value, "true or false", err);
	*(bool *)member = cJSON_IsTrue(value);
	return 0;
}

static int decode_word(const struct cni_field *field, const cJSON *value, uint32_t *member,
		       struct cni_error *err)
{
	const char *text = cJSON_GetStringValue(value);
	char expected[256] = "one of";

	for (const struct cni_word *word = field->words; word->word; word++) {
		size_t used = strlen(expected);

		if (text && !strcmp(text, word->word)) {
			*member = word->number;
			return 0;
		}
		snprintf(expected + used, sizeof(expected) - used, " \"%s\"", word->word);
	}
	return refuse(field, value, expected, err);
}

int cni_decode_u32(const struct cni_field *field, const cJSON *value, void *member,
		   struct cni_error *err)
{
	double max = field->max ? field->max : INT32_MAX;
	double number;

	if (field->words)
		return decode_word(field, value, member, err);
	number = cJSON_IsNumber(value) ? cJSON_GetNumberValue(value) : NAN;
	if (field->negative_is_zero && number < 0)
		number = isfinite(number) && ceil(number) == number ? 0 : NAN;
	if (!(number >= field->min && number <= max) || number != floor(number)) {
		char expected[64];

		snprintf(expected, sizeof(expected), "a whole number from %u to %.0f", field->min,
			 max);
		return refuse(field, value, expected, err);
	}
	*(uint32_t *)member = (uint32_t)number;
	return 0;
}

int cni_decode_u64(const struct cni_field *field, const cJSON *value, void *member,
		   struct cni_error *err)
{
	/* 2^63, which is what 2^63-1 becomes as a double. */
	static const double end = 9223372036854775808.0;
	double number = cJSON_IsNumber(value) ? cJSON_GetNumberValue(value) : -1;

	if (!(number >= field->min && number <= (field->max ? field->max : end)) ||
	    number != floor(number)) {
		char expected[64];

		snprintf(expected, sizeof(expected), "a whole number from %u to %" PRId64,
			 field->min, field->max ? (int64_t)field->max : INT64_MAX);
		return refuse(field, value, expected, err);
	}
	*(uint64_t *)member = number < end ? (uint64_t)number : INT64_MAX;
	return 0;
}

int cni_decode_string(const struct cni_field *field, const cJSON *value, void *member,
		      struct cni_error *err)
{
	if (!cJSON_IsString(value))
		return refuse(field, value, "a string", err);
	*(const char **)member = value->valuestring;
	return 0;
}

int cni_decode_strings(const struct cni_field *field, const cJSON *value, void *member,
		       struct cni_error *err)
{
	struct cni_strings strings = {0};
	const cJSON *item;

	if (!cJSON_IsArray(value))
		return refuse(field, value, "a list of strings", err);
	strings.items =
		cni_realloc_array(NULL, (size_t)cJSON_GetArraySize(value), sizeof(*strings.items));
	cJSON_ArrayForEach (item, value) {
		if (cJSON_IsNull(item))
			continue;
		if (!cJSON_IsString(item)) {
			free(strings.items);
			return refuse(field, value, "a list of strings", err);
		}
		strings.items[strings.count++] = item->valuestring;
	}
	free(((struct cni_strings *)member)->items);
	*(struct cni_strings *)member = strings;
	return 0;
}

int cni_decode_ip(const struct cni_field *field, const cJSON *value, void *member,
		  struct cni_error *err)
{
	const char *text = cJSON_GetStringValue(value);

	if (text && !*text)
		return 0;
	if (!text || cni_ip_parse(text, member) < 0)
		return refuse(field, value, "an IP address such as \"10.1.0.1\"", err);
	return 0;
}

int cni_decode_net(const struct cni_field *field, const cJSON *value, void *member,
		   struct cni_error *err)
{
	const char *text = cJSON_GetStringValue(value);

	if (!text || cni_net_parse(text, member) < 0)
		return refuse(field, value, "a prefix in CIDR notation such as \"10.1.0.0/16\"",
			      err);
	return 0;
}

int cni_decode_object(const struct cni_field *field, const cJSON *value, void *member,
		      struct cni_error *err)
{
	if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
		return refuse(field, value, "a list or an object", err);
	*(const cJSON **)member = value;
	return 0;
}

int cni_decode_elsewhere(const struct cni_field *field, const cJSON *value, void *member,
			 struct cni_error *err)
{
	(void)field;
	(void)value;
	(void)member;
	(void)err;
	return 0;
}

/* The object that holds the field: `object` itself or what its sections lead to. NULL if they lead
 * nowhere. A section of the wrong type is an error of its own. */
static int enter_sections(const struct cni_field *field, const cJSON *object,
			  const cJSON **ret_inner, struct cni_error *err)
{
	for (size_t i = 0; i < 2 && field->section[i] && object; i++) {
		struct cni_field section = {.key = field->section[i]};

		if (i)
			section.section[0] = field->section[0];
		object = cni_json_get(object, field->section[i]);
		if (object && !cJSON_IsObject(object))
			return refuse(&section, object, "an object", err);
	}
	*ret_inner = object;
	return 0;
}

int cni_decode(const struct cni_field *fields, const cJSON *object, void *out, bool lenient,
	       struct cni_error *err)
{
	for (const struct cni_field *field = fields; field->key; field++) {
		struct cni_error ignored;
		struct cni_error *to = lenient ? &ignored : err;
		const cJSON *inner = NULL;
		const cJSON *value;

		if (enter_sections(field, object, &inner, to) < 0) {
			if (lenient)
				continue;
			return -1;
		}
		value = cni_json_get(inner, field->key);
		if (value && field->decode(field, value, (char *)out + field->offset, to) < 0 &&
		    !lenient)
			return -1;
	}
	return 0;
}
