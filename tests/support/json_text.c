/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdbool.h>
#include <string.h>

char *json_text(const char *text)
{
	char *copy = cni_strdup(text);

	for (char *at = strchr(copy, '\''); at; at = strchr(at, '\''))
		*at = '"';
	return copy;
}

cJSON *json_of(const char *text)
{
	freeing char *quoted = json_text(text);
	cJSON *json = cJSON_Parse(quoted);

	if (!json)
		fail_msg("this is no JSON: %s", quoted);
	return json;
}

void json_text_assert_equal(const cJSON *actual, const cJSON *expected)
{
	if (!cJSON_Compare(actual, expected, true))
		fail_msg("got\n%s\nexpected\n%s", cni_json_print(actual), cni_json_print(expected));
}

void json_text_assert(const cJSON *actual, const char *expected)
{
	freeing_json cJSON *json = json_of(expected);

	json_text_assert_equal(actual, json);
}
