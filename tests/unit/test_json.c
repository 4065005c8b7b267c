/* SPDX-License-Identifier: Apache-2.0 */
/* JSON texts: bounds, keys in any case, and numbers kept digit by digit. */
#include "json.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "test.h"

#include <string.h>

static int parse(const char *text, struct cni_error *err)
{
	freeing char *quoted = json_text(text);
	freeing_json cJSON *json = NULL;

	return cni_json_parse_object(quoted, strlen(quoted), "stdin", &json, err);
}

static void json__is_one_object(void **state)
{
	static const struct {
		const char *text, *message;
	} wrong[] = {
		{"", "stdin is empty, expected a JSON object"},
		{" \r\n\t", "stdin is empty, expected a JSON object"},
		{"[]", "stdin is a list, expected a JSON object"},
		{"5", "stdin is a number, expected a JSON object"},
		{"null", "stdin is nothing, expected a JSON object"},
		{"true", "stdin is a boolean, expected a JSON object"},
		{"'x'", "stdin is a string, expected a JSON object"},
		{"{'a': '\\u0000'}", "stdin holds the escape \\u0000 in a string"},
		{"{'a': 'b\\\\\\u0000'}", "stdin holds the escape \\u0000 in a string"},
		{"{'\\u0000a': 1}", "stdin holds the escape \\u0000 in a string"},
	};
	struct cni_error err;

	(void)state;
	assert_int_equal(parse("{}", &err), 0);
	assert_int_equal(parse(" {'a': {}} \n", &err), 0);
	assert_int_equal(parse("{'a': '\\\\u0000'}", &err), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(parse(wrong[i].text, &err), -1);
		assert_int_equal(err.code, CNI_EDECODE);
		assert_string_equal(err.msg, wrong[i].message);
	}
}

static void json__says_where_it_is_broken(void **state)
{
	struct cni_error err;

	(void)state;
	assert_int_equal(parse("{'a': 1,\n 'b': x}", &err), -1);
	assert_int_equal(err.code, CNI_EDECODE);
	assert_non_null(strstr(err.msg, "stdin is not valid JSON"));
	assert_non_null(strstr(err.msg, "line 2, column 7"));
	assert_int_equal(parse("{'a': 1", &err), -1);
	assert_int_equal(parse("{} {}", &err), -1);
	assert_int_equal(parse("{'a': 1}x", &err), -1);
	assert_int_equal(parse("{a: 1}", &err), -1);
	assert_int_equal(parse("{'a': 1 'b': 2}", &err), -1);
}

static void json__holds_no_nul_byte(void **state)
{
	static const char after[] = "{}\0{}";
	static const char before[] = "\0{}";
	freeing_json cJSON *json = NULL;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_json_parse_object(after, 5, "stdin", &json, &err), -1);
	assert_string_equal(err.msg, "stdin holds a NUL byte, expected a JSON object");
	assert_int_equal(cni_json_parse_object(before, 3, "stdin", &json, &err), -1);
	assert_string_equal(err.msg, "stdin holds a NUL byte, expected a JSON object");
	assert_null(json);
}

static void json__is_nested_a_thousand_deep_at_most(void **state)
{
	char text[4096] = "{\"a\":";
	freeing_json cJSON *json = NULL;
	struct cni_error err;

	(void)state;
	memset(text + 5, '[', 1100);
	memset(text + 1105, ']', 1100);
	text[2205] = '}';
	assert_int_equal(cni_json_parse_object(text, strlen(text), "stdin", &json, &err), -1);
	assert_int_equal(err.code, CNI_EDECODE);
	assert_non_null(strstr(err.msg, "nested deeper than 1000"));
}

/* As Go's encoding/json does. */
static void json__keys_match_in_any_case_and_the_last_wins(void **state)
{
	freeing_json cJSON *json = json_of(
		"{'Name': 'one', 'NAME': 'two', 'name': 'three', 'ipam': {}, 'IPAM': null}");

	(void)state;
	assert_string_equal(cni_json_get_string(json, "name"), "three");
	assert_string_equal(cni_json_get_string(json, "nAmE"), "three");
	assert_null(cni_json_get(json, "ipam"));
	assert_null(cni_json_get(json, "nam"));
	assert_null(cni_json_get_string(json, "ipam"));
	assert_null(cni_json_get(NULL, "name"));
	assert_null(cni_json_get(cni_json_get(json, "name"), "name"));
}

static void json__sets_a_key_once(void **state)
{
	freeing_json cJSON *json = json_of("{'Name': 1, 'x': 2, 'NAME': 3}");

	(void)state;
	cni_json_set(json, "name", cJSON_CreateString("blue"));
	json_text_assert(json, "{'x': 2, 'name': 'blue'}");
	cni_json_set(json, "X", NULL);
	json_text_assert(json, "{'name': 'blue'}");
}

static void json__leaves_out_empty_text(void **state)
{
	freeing_json cJSON *json = cni_json_object();

	(void)state;
	cni_json_add_string(json, "a", NULL);
	cni_json_add_string(json, "b", "");
	cni_json_add_string(json, "c", "x");
	cni_json_add_number(json, "d", 0);
	json_text_assert(json, "{'c': 'x', 'd': 0}");
}

/* The witness is Go's json.MarshalIndent(value, "", "    "). */
static void json__is_printed_as_go_prints_it(void **state)
{
	freeing_json cJSON *json = json_of(
		"{'a': [1, {'b': null}, []], 'c': {}, 'd': 'x\\n\\\\', 'e': true, 'f\\n': 1500}");
	freeing_json cJSON *copy = cni_json_copy(json);
	freeing char *text = cni_json_print(json);
	freeing char *line = cni_json_print_compact(copy);
	freeing char *expected = json_text("{\n"
					   "    'a': [\n"
					   "        1,\n"
					   "        {\n"
					   "            'b': null\n"
					   "        },\n"
					   "        []\n"
					   "    ],\n"
					   "    'c': {},\n"
					   "    'd': 'x\\n\\\\',\n"
					   "    'e': true,\n"
					   "    'f\\n': 1500\n"
					   "}");
	freeing char *expected_line =
		json_text("{'a':[1,{'b':null},[]],'c':{},'d':'x\\n\\\\','e':true,'f\\n':1500}");

	(void)state;
	assert_string_equal(text, expected);
	assert_string_equal(line, expected_line);
}

/* Numbers of unknown fields keep all digits: cJSON alone has 53 bits of them. */
static void json__numbers_keep_their_digits(void **state)
{
	static const char text[] =
		"{\"a\":9007199254740993,\"b\":[18446744073709551615,-0,-0.0,1.0,0.1,1e400,-1E+2,5]"
		","
		"\"c 1.50\":\"2.50 \\\" "
		"3.50\",\"d\":{\"e\":1.0,\"e\":2.0,\"f\":-9223372036854775809},"
		"\"g\":0."
		"00000000000000000000000000000000000000000000000000000000000000000001234567890,"
		"\"h\":"
		"123456789012345678901234567890123456789012345678901234567890123456789012345678901,"
		"\"i\":[[[],[{\"j\":1e5}]],2147483648],\"k\":1.000}";
	freeing_json cJSON *json = NULL;
	freeing_json cJSON *copy = NULL;
	freeing char *again = NULL;
	freeing char *line = NULL;
	freeing char *indented = NULL;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_json_parse_source(text, sizeof(text) - 1, "text", &json, &err), 0);
	copy = cni_json_copy(json);
	line = cni_json_print_compact(copy);
	assert_string_equal(line, text);
	/* It is read as a number afterwards, too. */
	assert_true(cJSON_GetNumberValue(cni_json_get(copy, "a")) == 9007199254740992.0);
	assert_true(cJSON_GetNumberValue(cni_json_get(copy, "h")) > 1e80);
	assert_true(cJSON_IsNumber(cni_json_get(copy, "k")));
	assert_int_equal(cni_json_get(copy, "k")->valueint, 1);
	assert_string_equal(cni_json_show(cni_json_get(copy, "a")), "9007199254740993");
	indented = cni_json_print(cni_json_get(copy, "b"));
	assert_string_equal(indented, "[\n    18446744073709551615,\n    -0,\n    -0.0,\n    1.0,\n"
				      "    0.1,\n    1e400,\n    -1E+2,\n    5\n]");
	again = cni_json_print_compact(copy);
	assert_string_equal(again, text);
}

/* Numbers that only cJSON accepts are written as cJSON has read them. */
static void json__numbers_that_are_none_are_not_handed_on(void **state)
{
	static const char *const cases[][2] = {
		{"{'a':01}", "{'a':1}"}, {"{'a':1.}", "{'a':1}"}, {"{'a':-01.5}", "{'a':-1.5}"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_json cJSON *json = json_of(cases[i][0]);
		freeing char *expected = json_text(cases[i][1]);
		freeing char *line = cni_json_print_compact(json);

		assert_string_equal(line, expected);
	}
}

/* A configuration is JSON as RFC 8259 and Go's encoding/json have it. cJSON reads more. */
static void json__of_a_configuration_is_strict(void **state)
{
	static const struct {
		const char *text, *message; /* NULL: it is JSON */
	} cases[] = {
		{"{'a': [0, -0, 1.5, -1e5, 1E+2, 2e-1, true, 'x-01', '\\t\\u0009\x7f']}", NULL},
		{" \t\r\n{'a': '\xc3\xa4'}\n", NULL},
		{"{'\\\\': 1, '\\'01': 2}", NULL},
		{"\xef\xbb\xbf{}", "a byte order mark at line 1, column 1"},
		{"{'a':\n 'b\tc'}", "a control character in a string at line 2, column 4"},
		{"{'a\n': 1}", "a control character in a string at line 1, column 4"},
		{"{'a': '\\\\\x01'}", "a control character in a string at line 1, column 10"},
		{"{'a': 01}", "a number that JSON does not have at line 1, column 7"},
		{"{'a': [1, -02.5]}", "a number that JSON does not have at line 1, column 11"},
		{"{'a': 1.}", "a number that JSON does not have at line 1, column 7"},
		{"{'a':\f1}", "a control character at line 1, column 6"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *quoted = json_text(cases[i].text);
		freeing char *expected = cni_format("the file is not valid JSON: %s",
						    cases[i].message ? cases[i].message : "");
		freeing_json cJSON *json = NULL;
		struct cni_error err;
		int failed = cni_json_parse_configuration(quoted, strlen(quoted), "the file", &json,
							  &err);

		if (!cases[i].message && failed)
			fail_msg("%s: %s", quoted, err.msg);
		if (!cases[i].message)
			continue;
		assert_int_equal(failed, -1);
		assert_int_equal(err.code, CNI_EDECODE);
		assert_string_equal(err.msg, expected);
		/* A plugin's stdin comes from a runtime, which has read it. */
		assert_int_equal(parse(cases[i].text, &err), 0);
	}
}

/* As Go's encoding/json reads it. */
static void json__half_of_a_surrogate_pair_is_replaced(void **state)
{
	static const char *const cases[][2] = {
		{"\\ud800", "\xef\xbf\xbd"},
		{"a\\udc00b", "a\xef\xbf\xbd"
			      "b"},
		{"\\uD83D\\uDE00", "\xf0\x9f\x98\x80"},
		{"\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
		{"\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\\ud800\\u0041", "\xef\xbf\xbd"
				   "A"},
		{"\\\\ud800", "\\ud800"},
		{"\\ud800x", "\xef\xbf\xbdx"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *text = cni_format("{\"%s\":\"%s\"}", cases[i][0], cases[i][0]);
		freeing_json cJSON *json = NULL;
		struct cni_error err;

		if (cni_json_parse_source(text, strlen(text), "text", &json, &err) < 0)
			fail_msg("%s: %s", text, err.msg);
		assert_string_equal(json->child->string, cases[i][1]);
		assert_string_equal(json->child->valuestring, cases[i][1]);
	}
	assert_int_equal(parse("{'a': '\\ud80'}", &(struct cni_error){0}), -1);
	assert_int_equal(parse("{'a': '\\ud80", &(struct cni_error){0}), -1);
	assert_int_equal(parse("{'a': '\\", &(struct cni_error){0}), -1);
}

static void json__kinds_have_names(void **state)
{
	static const char *const cases[][2] = {{"null", "nothing"},    {"true", "a boolean"},
					       {"false", "a boolean"}, {"1", "a number"},
					       {"'x'", "a string"},    {"[]", "a list"},
					       {"{}", "an object"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_json cJSON *json = json_of(cases[i][0]);

		assert_string_equal(cni_json_kind(json), cases[i][1]);
	}
	assert_string_equal(cni_json_kind(NULL), "nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json__is_one_object),
		cmocka_unit_test(json__says_where_it_is_broken),
		cmocka_unit_test(json__holds_no_nul_byte),
		cmocka_unit_test(json__is_nested_a_thousand_deep_at_most),
		cmocka_unit_test(json__keys_match_in_any_case_and_the_last_wins),
		cmocka_unit_test(json__sets_a_key_once),
		cmocka_unit_test(json__leaves_out_empty_text),
		cmocka_unit_test(json__is_printed_as_go_prints_it),
		cmocka_unit_test(json__numbers_keep_their_digits),
		cmocka_unit_test(json__numbers_that_are_none_are_not_handed_on),
		cmocka_unit_test(json__of_a_configuration_is_strict),
		cmocka_unit_test(json__half_of_a_surrogate_pair_is_replaced),
		cmocka_unit_test(json__kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
