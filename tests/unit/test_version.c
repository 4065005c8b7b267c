/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of the specification: lookup, order, and compatibility. */
#include "version.h"

#include "test.h"

#include <string.h>

static void version__is_found_by_its_text(void **state)
{
	static const char *const texts[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1",
					    "0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	assert_int_equal(sizeof(texts) / sizeof(*texts), CNI_VERSION_COUNT);
	for (size_t i = 0; i < CNI_VERSION_COUNT; i++) {
		enum cni_version version;
		struct cni_error err;

		assert_int_equal(cni_version_parse(texts[i], CNI_0_1_0, &version, &err), 0);
		assert_int_equal(version, i);
		assert_string_equal(cni_version_text(version), texts[i]);
	}
}

static void version__was_0_1_0_before_there_were_versions(void **state)
{
	enum cni_version version = CNI_1_1_0;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_version_parse(NULL, CNI_0_1_0, &version, &err), 0);
	assert_int_equal(version, CNI_0_1_0);
	version = CNI_1_1_0;
	assert_int_equal(cni_version_parse("", CNI_0_1_0, &version, &err), 0);
	assert_int_equal(version, CNI_0_1_0);
	assert_int_equal(cni_version_parse(NULL, CNI_0_4_0, &version, &err), -1);
	assert_int_equal(err.code, CNI_EVERSION);
}

static void version__that_is_unknown_is_incompatible(void **state)
{
	static const char *const unknown[] = {"0.3.9", "1.2.0", "2.0.0", "1.0", "01.0.0"};
	enum cni_version version = CNI_0_4_0;
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		assert_int_equal(cni_version_parse(unknown[i], CNI_0_1_0, &version, &err), -1);
		assert_int_equal(err.code, CNI_EVERSION);
		assert_string_equal(err.msg, "incompatible CNI versions");
	}
	assert_int_equal(cni_version_parse("0.2.0", CNI_0_4_0, &version, &err), -1);
	assert_int_equal(err.code, CNI_EVERSION);
	assert_string_equal(err.details, "config is \"0.2.0\", plugin supports "
					 "[\"0.4.0\" \"1.0.0\" \"1.1.0\"]");
	assert_int_equal(version, CNI_0_4_0);
}

static void version__must_look_like_one(void **state)
{
	static const char *const wrong[] = {"blue",   "1.",   "1..0",	  ".1.0",	"1.0.0.0",
					    "v1.0.0", "-1.0", "1.0.0-rc", "1234567.0.0"};
	enum cni_version version;
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(cni_version_parse(wrong[i], CNI_0_1_0, &version, &err), -1);
		if (err.code != CNI_EDECODE || !strstr(err.msg, wrong[i]))
			fail_msg("'%s' gave code %d: %s", wrong[i], err.code, err.msg);
	}
	cni_version_parse("blue", CNI_0_1_0, &version, &err);
	assert_string_equal(err.msg, "cniVersion 'blue' is not a version such as \"1.0.0\"");
}

static void version__is_compared_by_number(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} cases[] = {
		{"0.4.0", "1.0.0", -1}, {"1.10.0", "1.9.0", 1}, {"1.0", "1.0.0", 0},
		{"1", "1.0.1", -1},	{"2.0.0", "2.0.0", 0},	{"99.0.0", "100.0.0", -1},
	};
	int order;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(cni_version_compare(cases[i].a, cases[i].b, &order), 0);
		assert_int_equal((order > 0) - (order < 0), cases[i].order);
	}
	assert_int_equal(cni_version_compare("x", "1.0.0", &order), -1);
	assert_int_equal(cni_version_compare("1.0.0", "", &order), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version__is_found_by_its_text),
		cmocka_unit_test(version__was_0_1_0_before_there_were_versions),
		cmocka_unit_test(version__that_is_unknown_is_incompatible),
		cmocka_unit_test(version__must_look_like_one),
		cmocka_unit_test(version__is_compared_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
