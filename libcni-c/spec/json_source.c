/* SPDX-License-Identifier: Apache-2.0 */
#include "json_source.h"

#include "mem.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As much as parse_number() of cJSON.c has room for. */
#define NUMBER_MAX 63

/* Returns the end of the string whose opening quote is at `at`. Most strings have no escape, and
 * strchr(3) compares many bytes at once. */
static const char *skip_string(const char *at)
{
	const char *end = strchr(at + 1, '"');

	if (end && end[-1] != '\\')
		return end + 1;
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

/* The next number outside of strings, or the end of the text. */
static const char *find_number(const char *at)
{
	while (*at && *at != '-' && (unsigned int)(*at - '0') > 9)
		at = *at == '"' ? skip_string(at) : at + 1;
	return at;
}

static size_t number_length(const char *at)
{
	return strspn(at, "+-.0123456789eE");
}

/* ---- what cJSON does not read ---- */

/* The code unit of the escape at `at` (\ud800); -1: it is none. */
static long code_unit(const char *at)
{
	char digits[5] = "";

	if (at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)at[2 + i]))
			return -1;
		digits[i] = at[2 + i];
	}
	return strtol(digits, NULL, 16);
}

static bool is_half(long unit, long from)
{
	return unit >= from && unit < from + 0x400;
}

/* The bytes of the escape at `at`, of a pair both; `ret_is_alone`: half of a pair. */
static size_t escape_length(const char *at, bool *ret_is_alone)
{
	long unit = code_unit(at);

	*ret_is_alone = false;
	if (unit < 0)
		return at[1] ? 2 : 1;
	if (is_half(unit, 0xd800) && is_half(code_unit(at + 6), 0xdc00))
		return 12;
	*ret_is_alone = is_half(unit, 0xd800) || is_half(unit, 0xdc00);
	return 6;
}

/* The copy, which is made when it is first needed. */
static char *copy_of(const char *data, char **copy)
{
	if (!*copy)
		*copy = cni_strdup(data);
	return *copy;
}

static void mend_escapes(const char *data, char **copy)
{
	static const char replacement[6] = {'\\', 'u', 'f', 'f', 'f', 'd'};

	for (const char *at = strchr(data, '\\'); at; at = strchr(at, '\\')) {
		bool is_alone;
		size_t length = escape_length(at, &is_alone);

		if (is_alone)
			memcpy(copy_of(data, copy) + (at - data), replacement, sizeof(replacement));
		at += length;
	}
}

static void mend_numbers(const char *data, char **copy)
{
	for (const char *at = find_number(data); *at; at = find_number(at)) {
		size_t length = number_length(at);

		if (length > NUMBER_MAX) {
			memset(copy_of(data, copy) + (at - data), ' ', length);
			(*copy)[at - data] = '0';
		}
		at += length;
	}
}

char *cni_json_source_readable(const char *data)
{
	char *copy = NULL;

	mend_escapes(data, &copy);
	mend_numbers(data, &copy);
	return copy;
}

/* ---- what cJSON does not keep ---- */

/* True if the text is a JSON number (RFC 8259, section 6): cJSON reads more, as strtod(3) does. */
static bool is_number(const char *text)
{
	const char *at = text + (*text == '-');
	size_t digits = strspn(at, "0123456789");

	if (!digits || (*at == '0' && digits > 1))
		return false;
	at += digits;
	if (*at == '.') {
		digits = strspn(at + 1, "0123456789");
		if (!digits)
			return false;
		at += 1 + digits;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '+' || *at == '-';
		digits = strspn(at, "0123456789");
		if (!digits)
			return false;
		at += digits;
	}
	return !*at;
}

/* As cJSON prints an int. */
static bool is_printed_alike(const cJSON *number, const char *text)
{
	char printed[16];

	snprintf(printed, sizeof(printed), "%d", number->valueint);
	return !strcmp(printed, text);
}

static void keep(cJSON *number, const char *at, size_t length)
{
	char *text = cni_strndup(at, length);

	if (!is_number(text) || is_printed_alike(number, text)) {
		free(text);
		return;
	}
	if (length > NUMBER_MAX)
		cJSON_SetNumberHelper(number, strtod(text, NULL));
	number->valuestring = text;
}

/* The tree has the order of the text. Returns where its text ends. */
static const char *walk(const char *at, cJSON *json)
{
	cJSON *member;

	if (cJSON_IsNumber(json)) {
		size_t length;

		at = find_number(at);
		length = number_length(at);
		keep(json, at, length);
		return at + length;
	}
	cJSON_ArrayForEach (member, json)
		at = walk(at, member);
	return at;
}

void cni_json_source_keep_digits(const char *data, cJSON *json)
{
	walk(data, json);
}

/* ---- what cJSON reads all the more ---- */

static const char *string_fault(const char *at, const char **end)
{
	for (at++; *at && *at != '"'; at++) {
		if ((unsigned char)*at < ' ')
			return at;
		if (*at == '\\' && at[1])
			at++;
	}
	*end = *at ? at + 1 : at;
	return NULL;
}

static bool has_number(const char *at, size_t length)
{
	char *text = cni_strndup(at, length);
	bool has = is_number(text);

	free(text);
	return has;
}

const char *cni_json_source_fault(const char *data, const char **ret_why)
{
	*ret_why = "a byte order mark";
	if (!strncmp(data, "\xef\xbb\xbf", 3))
		return data;
	for (const char *at = data; *at;) {
		const char *fault;

		if (*at == '"') {
			*ret_why = "a control character in a string";
			fault = string_fault(at, &at);
			if (fault)
				return fault;
		} else if (*at == '-' || isdigit((unsigned char)*at)) {
			*ret_why = "a number that JSON does not have";
			if (!has_number(at, number_length(at)))
				return at;
			at += number_length(at);
		} else if ((unsigned char)*at < ' ' && !strchr("\t\r\n", *at)) {
			*ret_why = "a control character";
			return at;
		} else {
			at++;
		}
	}
	return NULL;
}
