/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in tests, written with ' in place of ": "{'name':'blue'}". */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "json.h"

/* `text` with " in place of '; the caller frees. */
char *json_text(const char *text);

/* Parsed; the caller frees with cJSON_Delete(). Fails the test if it is not JSON. */
cJSON *json_of(const char *text);

/* Fails the test, showing both, unless they are equal as data: members in any order. */
void json_text_assert_equal(const cJSON *actual, const cJSON *expected);
void json_text_assert(const cJSON *actual, const char *expected);

#endif
