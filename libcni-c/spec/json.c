/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "cleanup.h"
#include "json_source.h"
#include "mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* True if a string of this text holds the escape \u0000: cJSON would put a NUL there, and C
 * would read the part before as the whole string. */
static bool has_escaped_nul(const char *data)
{
	for (const char *at = strchr(data, '\\'); at; at = strchr(at, '\\')) {
		if (!strncmp(at, "\\u0000", 6))
			return true;
		at += at[1] ? 2 : 1;
	}
	return false;
}

/* Computes the line and column (from 1) of `at` in the text, for people. */
static void locate(const char *data, const char *at, unsigned int *ret_line,
		   unsigned int *ret_column)
{
	*ret_line = 1;
	*ret_column = 1;
	for (; data < at; data++) {
		if (*data == '\n') {
			++*ret_line;
			*ret_column = 1;
		} else {
			++*ret_column;
		}
	}
}

static int parse(const char *data, size_t size, const char *what, bool keeps_digits,
		 cJSON **ret_json, struct cni_error *err)
{
	freeing_json cJSON *json = NULL;
	freeing char *readable = NULL;
	const char *end = NULL;

	if (!data[strspn(data, " \t\r\n")] && strlen(data) == size)
		return cni_fail(err, CNI_EDECODE, "%s is empty, expected a JSON object", what);
	if (memchr(data, '\0', size))
		return cni_fail(err, CNI_EDECODE, "%s holds a NUL byte, expected a JSON object",
				what);
	if (has_escaped_nul(data))
		return cni_fail(err, CNI_EDECODE, "%s holds the escape \\u0000 in a string", what);
	/* The terminating NUL is asked for, so that nothing may follow the object. */
	json = cJSON_ParseWithLengthOpts(data, size + 1, &end, true);
	if (!json) {
		readable = cni_json_source_readable(data);
		if (readable)
			json = cJSON_ParseWithLengthOpts(readable, size + 1, &end, true);
	}
	if (!json) {
		unsigned int column = 1;
		unsigned int line = 1;

		if (end)
			locate(readable ? readable : data, end, &line, &column);
		return cni_fail(err, CNI_EDECODE,
				"%s is not valid JSON: truncated, malformed or nested deeper than "
				"%d at line %u, column %u",
				what, CJSON_NESTING_LIMIT, line, column);
	}
	if (!cJSON_IsObject(json))
		return cni_fail(err, CNI_EDECODE, "%s is %s, expected a JSON object", what,
				cni_json_kind(json));
	/* A number that was too long is 0 so far. */
	if (keeps_digits || readable)
		cni_json_source_keep_digits(data, json);
	*ret_json = take_ptr(json);
	return 0;
}

int cni_json_parse_object(const char *data, size_t size, const char *what, cJSON **ret_json,
			  struct cni_error *err)
{
	return parse(data, size, what, false, ret_json, err);
}

int cni_json_parse_source(const char *data, size_t size, const char *what, cJSON **ret_json,
			  struct cni_error *err)
{
	return parse(data, size, what, true, ret_json, err);
}

int cni_json_parse_configuration(const char *data, size_t size, const char *what, cJSON **ret_json,
				 struct cni_error *err)
{
	freeing_json cJSON *json = NULL;
	unsigned int column;
	unsigned int line;
	const char *fault;
	const char *why;

	if (cni_json_parse_source(data, size, what, &json, err) < 0)
		return -1;
	fault = cni_json_source_fault(data, &why);
	if (fault) {
		locate(data, fault, &line, &column);
		return cni_fail(err, CNI_EDECODE, "%s is not valid JSON: %s at line %u, column %u",
				what, why, line, column);
	}
	*ret_json = take_ptr(json);
	return 0;
}

/* Compares first letters first: most keys differ there, and a hundred keys are looked up in a
 * configuration. Upper and lower case differ in this bit. */
static bool may_be_equal(const char *one, const char *other)
{
	return ((*one ^ *other) & ~0x20) == 0;
}

cJSON *cni_json_get(const cJSON *object, const char *key)
{
	cJSON *found = NULL;
	cJSON *member;

	if (!cJSON_IsObject(object))
		return NULL;
	cJSON_ArrayForEach (member, object) {
		if (may_be_equal(member->string, key) && !strcasecmp(member->string, key))
			found = member;
	}
	return cJSON_IsNull(found) ? NULL : found;
}

const char *cni_json_get_string(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cni_json_get(object, key));
}

cJSON *cni_json_object(void)
{
	return cni_need(cJSON_CreateObject());
}

cJSON *cni_json_array(void)
{
	return cni_need(cJSON_CreateArray());
}

cJSON *cni_json_copy(const cJSON *json)
{
	return cni_need(cJSON_Duplicate(json, true));
}

void cni_json_set(cJSON *object, const char *key, cJSON *item)
{
	cJSON *member = object->child;

	while (member) {
		cJSON *next = member->next;

		if (!strcasecmp(member->string, key))
			cJSON_Delete(cJSON_DetachItemViaPointer(object, member));
		member = next;
	}
	if (item)
		cni_json_add(object, key, item);
}

void cni_json_add(cJSON *object, const char *key, cJSON *item)
{
	if (!cJSON_AddItemToObject(object, key, cni_need(item)))
		cni_out_of_memory();
}

void cni_json_add_string(cJSON *object, const char *key, const char *text)
{
	if (text && *text)
		cni_json_add(object, key, cJSON_CreateString(text));
}

void cni_json_add_number(cJSON *object, const char *key, double number)
{
	cni_json_add(object, key, cJSON_CreateNumber(number));
}

/* Makes raw text of the numbers that have kept their digits (json_source.h), or numbers again. */
static void show_digits(cJSON *json, bool as_text)
{
	const int shown = as_text ? cJSON_Raw : cJSON_Number;
	const int hidden = as_text ? cJSON_Number : cJSON_Raw;
	cJSON *member;

	if ((json->type & 0xff) == hidden && json->valuestring)
		json->type = (json->type & ~0xff) | shown;
	cJSON_ArrayForEach (member, json)
		show_digits(member, as_text);
}

/* The tree is what it was when this returns. */
char *cni_json_print_compact(const cJSON *json)
{
	cJSON *tree;
	char *text;

	memcpy(&tree, &json, sizeof(tree));
	show_digits(tree, true);
	text = cJSON_PrintUnformatted(tree);
	show_digits(tree, false);
	if (!text)
		cni_out_of_memory();
	return text;
}

static void start_line(FILE *out, int depth)
{
	fputc('\n', out);
	while (depth-- > 0)
		fputs("    ", out);
}

/* cJSON indents with tabs; Go's plugins, and everyone who compares with them, by four spaces. */
static void print_indented(FILE *out, const cJSON *json, int depth)
{
	bool is_object = cJSON_IsObject(json);
	const cJSON *member;

	if ((!is_object && !cJSON_IsArray(json)) || !json->child) {
		freeing char *scalar = cni_json_print_compact(json);

		fputs(scalar, out);
		return;
	}
	fputc(is_object ? '{' : '[', out);
	cJSON_ArrayForEach (member, json) {
		if (member != json->child)
			fputc(',', out);
		start_line(out, depth + 1);
		if (is_object) {
			cJSON key = {.type = cJSON_String, .valuestring = member->string};
			freeing char *quoted = cni_json_print_compact(&key);

			fputs(quoted, out);
			fputs(": ", out);
		}
		print_indented(out, member, depth + 1);
	}
	start_line(out, depth);
	fputc(is_object ? '}' : ']', out);
}

char *cni_json_print(const cJSON *json)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		cni_out_of_memory();
	print_indented(out, json, 0);
	if (fclose(out) != 0)
		cni_out_of_memory();
	return text;
}

const char *cni_json_kind(const cJSON *json)
{
	if (!json || cJSON_IsNull(json))
		return "nothing";
	if (cJSON_IsBool(json))
		return "a boolean";
	if (cJSON_IsNumber(json))
		return "a number";
	if (cJSON_IsString(json))
		return "a string";
	return cJSON_IsArray(json) ? "a list" : "an object";
}

const char *cni_json_show(const cJSON *json)
{
	static char text[72];
	freeing char *whole = json ? cni_json_print_compact(json) : cni_strdup("nothing");

	/* The cut may split a character; cni_fail() mends that. */
	snprintf(text, sizeof(text), strlen(whole) < sizeof(text) ? "%s" : "%.64s…", whole);
	return text;
}

int cni_json_check_list(const cJSON *list, const char *what, struct cni_error *err)
{
	if (!list || cJSON_IsArray(list))
		return 0;
	return cni_fail(err, CNI_ECONFIG, "'%s' is %s, expected a list", what, cni_json_show(list));
}
