/* SPDX-License-Identifier: Apache-2.0 */
/* A network's list of plugins, read from text. */
#include "test.h"

#include "conflist.h"

#include <string.h>

static int parse(const char *text, struct cni_conflist *list, struct cni_error *err)
{
	return cni_conflist_parse(text, strlen(text), "the list", list, err);
}

static void conflist__reads_every_key_in_any_case(void **state)
{
	static const char text[] =
		"{\"CNIVersion\":\"0.4.0\",\"Name\":\"blue\",\"DISABLECHECK\":true,"
		"\"disablegc\":true,\"LoadOnlyInlinedPlugins\":true,"
		"\"PLUGINS\":[{\"Type\":\"one\"},{\"type\":\"two\"}]}";
	struct cni_conflist list;
	struct cni_error err;

	(void)state;
	assert_int_equal(parse(text, &list, &err), 0);
	assert_string_equal(list.name, "blue");
	assert_int_equal(list.version, CNI_0_4_0);
	assert_true(list.disable_check);
	assert_true(list.disable_gc);
	assert_true(list.only_inlined);
	assert_int_equal(cJSON_GetArraySize(list.plugins), 2);
	assert_string_equal(cni_conflist_type(cJSON_GetArrayItem(list.plugins, 0)), "one");
	assert_string_equal(cni_conflist_type(cJSON_GetArrayItem(list.plugins, 1)), "two");
	assert_string_equal(list.text, text);
	assert_int_equal(list.size, strlen(text));
	cni_conflist_clear(&list);
}

static void conflist__takes_flags_as_words(void **state)
{
	struct cni_conflist list;
	struct cni_error err;

	(void)state;
	assert_int_equal(parse("{\"name\":\"blue\",\"disableCheck\":\"TRUE\","
			       "\"disableGC\":\"False\",\"plugins\":[{\"type\":\"one\"}]}",
			       &list, &err),
			 0);
	assert_true(list.disable_check);
	assert_false(list.disable_gc);
	assert_false(list.only_inlined);
	cni_conflist_clear(&list);
}

static void conflist__chooses_the_highest_version_it_knows(void **state)
{
	static const struct {
		const char *keys;
		enum cni_version expected;
	} cases[] = {
		{"", CNI_0_1_0},
		{"\"cniVersion\":\"\",", CNI_0_1_0},
		{"\"cniVersion\":\"0.3.1\",", CNI_0_3_1},
		{"\"cniVersions\":[\"0.4.0\",\"1.1.0\",\"1.0.0\"],", CNI_1_1_0},
		{"\"cniVersion\":\"1.0.0\",\"cniVersions\":[\"0.3.1\",\"0.4.0\"],", CNI_1_0_0},
		{"\"cniVersion\":\"0.3.0\",\"cniVersions\":[\"0.4.0\",\"9.0.0\"],", CNI_0_4_0},
		{"\"cniVersion\":\"9.0.0\",\"cniVersions\":[\"1.0.0\"],", CNI_1_0_0},
		{"\"cniVersion\":\"0.4.0\",\"cniVersions\":[],", CNI_0_4_0},
		{"\"cniVersions\":[\"0.4.0\",\"0.9.0\"],", CNI_0_4_0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_conflist list;
		struct cni_error err;
		char text[256];

		snprintf(text, sizeof(text),
			 "{%s\"name\":\"blue\",\"plugins\":[{\"type\":\"one\"}]}", cases[i].keys);
		if (parse(text, &list, &err) < 0)
			fail_msg("%s: %s", text, err.msg);
		assert_int_equal(list.version, cases[i].expected);
		cni_conflist_clear(&list);
	}
}

static const struct {
	const char *text;
	int code;
	const char *says;
} wrong_lists[] = {
	{"", CNI_EDECODE, "the list is empty"},
	{"{\"name\":\"blue\"", CNI_EDECODE, "the list is not valid JSON"},
	{"[]", CNI_EDECODE, "the list is a list, expected a JSON object"},
	{"{\"plugins\":[{\"type\":\"one\"}]}", CNI_ECONFIG, "'name' is missing"},
	{"{\"name\":5}", CNI_ECONFIG, "'name' is 5, expected a string"},
	{"{\"name\":\"../blue\"}", CNI_ECONFIG, "'name' '../blue' must start with"},
	{"{\"name\":\"\"}", CNI_ECONFIG, "'name' '' must start with"},
	{"{\"name\":\"blue\",\"cniVersion\":1}", CNI_ECONFIG, "'cniVersion' is 1, expected"},
	{"{\"name\":\"blue\",\"cniVersion\":\"new\"}", CNI_ECONFIG,
	 "'cniVersion' is \"new\", expected a version"},
	{"{\"name\":\"blue\",\"cniVersion\":\"9.0.0\"}", CNI_EVERSION, "'cniVersion' is \"9.0.0\""},
	{"{\"name\":\"blue\",\"cniVersions\":\"1.0.0\"}", CNI_ECONFIG,
	 "'cniVersions' is \"1.0.0\", expected a list"},
	{"{\"name\":\"blue\",\"cniVersions\":[1]}", CNI_ECONFIG, "an entry of 'cniVersions' is 1"},
	{"{\"name\":\"blue\",\"cniVersions\":[\"9.0.0\"]}", CNI_EVERSION,
	 "'cniVersions' is [\"9.0.0\"]"},
	{"{\"name\":\"blue\",\"disableCheck\":1}", CNI_ECONFIG,
	 "'disableCheck' is 1, expected true or false"},
	{"{\"name\":\"blue\",\"disableGC\":\"yes\"}", CNI_ECONFIG,
	 "'disableGC' is \"yes\", expected true or false"},
	{"{\"name\":\"blue\",\"loadOnlyInlinedPlugins\":{}}", CNI_ECONFIG,
	 "'loadOnlyInlinedPlugins' is {}"},
	{"{\"name\":\"blue\",\"loadOnlyInlinedPlugins\":true}", CNI_ECONFIG,
	 "'plugins' is missing"},
	{"{\"name\":\"blue\",\"plugins\":{}}", CNI_ECONFIG, "'plugins' is {}, expected a list"},
	{"{\"name\":\"blue\",\"plugins\":[]}", CNI_ECONFIG, "at least one plugin"},
	{"{\"name\":\"blue\",\"plugins\":[\"one\"]}", CNI_ECONFIG, "'plugins[0]': is \"one\""},
	{"{\"name\":\"blue\",\"plugins\":[{\"type\":\"one\"},{}]}", CNI_ECONFIG,
	 "'plugins[1]': 'type' is missing"},
	{"{\"name\":\"blue\",\"plugins\":[{\"type\":7}]}", CNI_ECONFIG, "'type' is 7"},
	{"{\"name\":\"blue\",\"plugins\":[{\"type\":\"../one\"}]}", CNI_ECONFIG,
	 "'type' '../one' must be the name of an executable"},
	{"{\"name\":\"blue\",\"plugins\":[{\"type\":\"\"}]}", CNI_ECONFIG, "'type' ''"},
	{"{\"name\":\"blue\",\"plugins\":[{\"type\":\"one\",\"capabilities\":[]}]}", CNI_ECONFIG,
	 "'capabilities' is []"},
	{"{\"name\":\"blue\",\"plugins\":[{\"type\":\"one\",\"capabilities\":{\"a\":1}}]}",
	 CNI_ECONFIG, "'capabilities.a' is 1"},
};

/* Each names the key, what it found and what it wanted. */
static void conflist__refuses_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_lists) / sizeof(*wrong_lists); i++) {
		struct cni_conflist list;
		struct cni_error err;

		if (parse(wrong_lists[i].text, &list, &err) == 0)
			fail_msg("accepted: %s", wrong_lists[i].text);
		if (err.code != wrong_lists[i].code || !strstr(err.msg, wrong_lists[i].says) ||
		    !strstr(err.msg, "the list"))
			fail_msg("%s: code %d, %s", wrong_lists[i].text, err.code, err.msg);
	}
}

static void conflist__makes_a_list_of_a_single_configuration(void **state)
{
	static const char text[] =
		"{\"cniVersion\":\"0.3.1\",\"name\":\"old\",\"type\":\"one\",\"mtu\":1400}";
	struct cni_conflist list;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_conflist_upconvert(text, strlen(text), "the file", &list, &err), 0);
	assert_string_equal(list.name, "old");
	assert_int_equal(list.version, CNI_0_3_1);
	assert_int_equal(cJSON_GetArraySize(list.plugins), 1);
	assert_int_equal(cni_json_get(cJSON_GetArrayItem(list.plugins, 0), "mtu")->valueint, 1400);
	assert_string_equal(
		list.text,
		"{\"cniVersion\":\"0.3.1\",\"name\":\"old\",\"plugins\":[{\"cniVersion\":"
		"\"0.3.1\",\"name\":\"old\",\"type\":\"one\",\"mtu\":1400}]}");
	cni_conflist_clear(&list);
}

static void conflist__says_where_a_list_belongs(void **state)
{
	static const char text[] = "{\"name\":\"blue\",\"plugins\":[{\"type\":\"one\"}]}";
	struct cni_conflist list;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_conflist_upconvert(text, strlen(text), "the file", &list, &err), -1);
	assert_non_null(strstr(err.msg, ".conflist"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conflist__reads_every_key_in_any_case),
		cmocka_unit_test(conflist__takes_flags_as_words),
		cmocka_unit_test(conflist__chooses_the_highest_version_it_knows),
		cmocka_unit_test(conflist__refuses_what_is_wrong),
		cmocka_unit_test(conflist__makes_a_list_of_a_single_configuration),
		cmocka_unit_test(conflist__says_where_a_list_belongs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
