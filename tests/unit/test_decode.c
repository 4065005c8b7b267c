/* SPDX-License-Identifier: Apache-2.0 */
/* JSON decoded by tables of fields. */
#include "decode.h"

#include "cleanup.h"
#include "json_text.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

struct conf {
	bool flag;
	uint32_t number;
	uint32_t small;
	uint32_t word;
	const char *text;
	const char *inner;
	const char *innermost;
	struct cni_strings list;
	struct cni_ip ip;
	struct cni_net net;
	const cJSON *object;
};

static const struct cni_word words[] = {{"one", 1}, {"two", 2}, {0}};

static const struct cni_field fields[] = {
	CNI_MEMBER(struct conf, "flag", flag),
	CNI_MEMBER(struct conf, "number", number),
	CNI_MEMBER(struct conf, "small", small, .min = 1, .max = 10),
	CNI_MEMBER(struct conf, "word", word, .words = words),
	CNI_MEMBER(struct conf, "text", text),
	CNI_MEMBER(struct conf, "inner", inner, .section = {"outer"}),
	CNI_MEMBER(struct conf, "innermost", innermost, .section = {"outer", "middle"}),
	CNI_MEMBER(struct conf, "list", list),
	CNI_MEMBER(struct conf, "ip", ip),
	CNI_MEMBER(struct conf, "net", net),
	CNI_MEMBER(struct conf, "object", object),
	{0},
};

static int decode(const char *text, struct cni_error *err)
{
	freeing_json cJSON *json = json_of(text);
	struct conf conf = {0};
	int failed = cni_decode(fields, json, &conf, false, err);

	free(conf.list.items);
	return failed;
}

static void decode__reads_each_type(void **state)
{
	freeing_json cJSON *json = json_of(
		"{'flag': true, 'number': 2147483647, 'small': 10, 'word': 'two', 'text': 'x',"
		" 'outer': {'inner': 'y', 'middle': {'innermost': 'z'}}, 'list': ['a', null, 'b'],"
		" 'ip': 'fd00::1', 'net': '10.1.0.7/24', 'object': {'k': 1}, 'unknown': 5}");
	char ip[CNI_IP_TEXT_SIZE];
	char net[CNI_NET_TEXT_SIZE];
	struct conf conf = {0};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_decode(fields, json, &conf, false, &err), 0);
	assert_true(conf.flag);
	assert_int_equal(conf.number, 2147483647);
	assert_int_equal(conf.small, 10);
	assert_int_equal(conf.word, 2);
	assert_string_equal(conf.text, "x");
	assert_string_equal(conf.inner, "y");
	assert_string_equal(conf.innermost, "z");
	assert_int_equal(conf.list.count, 2);
	assert_string_equal(conf.list.items[1], "b");
	assert_string_equal(cni_ip_format(&conf.ip, ip), "fd00::1");
	assert_string_equal(cni_net_format(&conf.net, net), "10.1.0.7/24");
	json_text_assert(conf.object, "{'k': 1}");
	free(conf.list.items);
}

static void decode__keeps_defaults_where_there_is_nothing(void **state)
{
	freeing_json cJSON *json =
		json_of("{'flag': null, 'number': null, 'text': null, 'list': null, 'ip': '',"
			" 'net': null, 'object': null, 'outer': null}");
	struct conf conf = {.flag = true, .number = 5, .text = "default", .inner = "i"};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_decode(fields, json, &conf, false, &err), 0);
	assert_int_equal(cni_decode(fields, NULL, &conf, false, &err), 0);
	assert_true(conf.flag);
	assert_int_equal(conf.number, 5);
	assert_string_equal(conf.text, "default");
	assert_string_equal(conf.inner, "i");
	assert_null(conf.list.items);
	assert_false(cni_ip_is_set(&conf.ip));
}

static void decode__matches_in_any_case_and_the_last_wins(void **state)
{
	freeing_json cJSON *json = json_of(
		"{'NUMBER': 1, 'Number': 2, 'OUTER': {'Inner': 'lost'}, 'Outer': {'INNER': 'y'}}");
	struct conf conf = {0};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_decode(fields, json, &conf, false, &err), 0);
	assert_int_equal(conf.number, 2);
	assert_string_equal(conf.inner, "y");
}

static void decode__names_key_value_and_expectation(void **state)
{
	static const char *const cases[][2] = {
		{"{'flag': 1}", "'flag' is 1, expected true or false"},
		{"{'flag': 'true'}", "'flag' is \"true\", expected true or false"},
		{"{'number': '5'}", "'number' is \"5\", expected a whole number from 0 to "
				    "2147483647"},
		{"{'number': -1}", "'number' is -1, expected a whole number from 0 to 2147483647"},
		{"{'number': 2147483648}",
		 "'number' is 2147483648, expected a whole number from 0 to 2147483647"},
		{"{'number': 1.5}",
		 "'number' is 1.5, expected a whole number from 0 to 2147483647"},
		{"{'small': 0}", "'small' is 0, expected a whole number from 1 to 10"},
		{"{'small': 11}", "'small' is 11, expected a whole number from 1 to 10"},
		{"{'word': 'three'}", "'word' is \"three\", expected one of \"one\" \"two\""},
		{"{'word': 1}", "'word' is 1, expected one of \"one\" \"two\""},
		{"{'text': false}", "'text' is false, expected a string"},
		{"{'list': 'a'}", "'list' is \"a\", expected a list of strings"},
		{"{'list': ['a', 5]}", "'list' is [\"a\",5], expected a list of strings"},
		{"{'ip': '10.1.0'}",
		 "'ip' is \"10.1.0\", expected an IP address such as \"10.1.0.1\""},
		{"{'ip': 5}", "'ip' is 5, expected an IP address such as \"10.1.0.1\""},
		{"{'net': '10.1.0.7'}", "'net' is \"10.1.0.7\", expected a prefix in CIDR notation "
					"such as \"10.1.0.0/16\""},
		{"{'net': ''}",
		 "'net' is \"\", expected a prefix in CIDR notation such as \"10.1.0.0/16\""},
		{"{'object': 'x'}", "'object' is \"x\", expected a list or an object"},
		{"{'outer': 5}", "'outer' is 5, expected an object"},
		{"{'outer': {'inner': 5}}", "'outer.inner' is 5, expected a string"},
		{"{'outer': {'middle': []}}", "'outer.middle' is [], expected an object"},
		{"{'outer': {'middle': {'innermost': 5}}}",
		 "'outer.middle.innermost' is 5, expected a string"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_error err = {0};

		if (decode(cases[i][0], &err) == 0)
			fail_msg("%s was taken", cases[i][0]);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_string_equal(err.msg, cases[i][1]);
	}
}

static void decode__passes_over_what_is_wrong_when_lenient(void **state)
{
	freeing_json cJSON *json = json_of("{'flag': 'x', 'number': -1, 'word': 'x', 'text': 5,"
					   " 'outer': 5, 'list': ['a', 1], 'ip': 'x', 'net': 'x',"
					   " 'object': 1, 'small': 7}");
	struct conf conf = {.number = 5, .text = "default"};
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(cni_decode(fields, json, &conf, true, &err), 0);
	assert_int_equal(conf.number, 5);
	assert_string_equal(conf.text, "default");
	assert_null(conf.list.items);
	assert_int_equal(conf.small, 7);
	assert_int_equal(err.code, 0);
}

static void decode__shows_a_long_value_in_short(void **state)
{
	char text[200] = "{'flag': '";
	struct cni_error err;

	(void)state;
	memset(text + 10, 'x', 150);
	strcpy(text + 160, "'}");
	assert_int_equal(decode(text, &err), -1);
	assert_non_null(strstr(err.msg, "xxx…, expected true or false"));
	assert_true(strlen(err.msg) < 120);
	assert_string_equal(cni_json_show(NULL), "nothing");
}

/* Two keys share a list: the second one replaces the first, and nothing is leaked. */
static void decode__replaces_a_list(void **state)
{
	static const struct cni_field both[] = {
		CNI_MEMBER(struct conf, "first", list),
		CNI_MEMBER(struct conf, "second", list),
		{0},
	};
	freeing_json cJSON *json = json_of("{'first': ['a', 'b'], 'second': ['c']}");
	struct conf conf = {0};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_decode(both, json, &conf, false, &err), 0);
	assert_int_equal(conf.list.count, 1);
	assert_string_equal(conf.list.items[0], "c");
	free(conf.list.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode__reads_each_type),
		cmocka_unit_test(decode__keeps_defaults_where_there_is_nothing),
		cmocka_unit_test(decode__matches_in_any_case_and_the_last_wins),
		cmocka_unit_test(decode__names_key_value_and_expectation),
		cmocka_unit_test(decode__passes_over_what_is_wrong_when_lenient),
		cmocka_unit_test(decode__shows_a_long_value_in_short),
		cmocka_unit_test(decode__replaces_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
