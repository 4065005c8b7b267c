/* SPDX-License-Identifier: Apache-2.0 */
/* CNI_ARGS: parsing, and its errors. */
#include "args.h"

#include "cleanup.h"
#include "test.h"

static int parse(const char *text, char **ret_mac, struct cni_error *err)
{
	const struct cni_arg known[] = {{"MAC", ret_mac}, {0}};

	return cni_args_parse(text, known, err);
}

static void args__give_what_is_known(void **state)
{
	freeing char *mac = NULL;
	freeing char *ip = NULL;
	const struct cni_arg known[] = {{"MAC", &mac}, {"IP", &ip}, {0}};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_args_parse("IP=10.1.0.7;MAC=0a:58:0a:01:00:07", known, &err), 0);
	assert_string_equal(ip, "10.1.0.7");
	assert_string_equal(mac, "0a:58:0a:01:00:07");
}

static void args__may_be_nothing(void **state)
{
	freeing char *mac = NULL;
	struct cni_error err;

	(void)state;
	assert_int_equal(parse("", &mac, &err), 0);
	assert_null(mac);
	assert_int_equal(parse("MAC=", &mac, &err), 0);
	assert_string_equal(mac, "");
}

static void args__last_of_two_wins(void **state)
{
	freeing char *mac = NULL;
	struct cni_error err;

	(void)state;
	assert_int_equal(parse("MAC=one;MAC=two", &mac, &err), 0);
	assert_string_equal(mac, "two");
}

/* All plugins of a chain get the same CNI_ARGS, and kubelet's runtimes add their own. */
static void args__let_pass_what_others_want(void **state)
{
	freeing char *mac = NULL;
	struct cni_error err;

	(void)state;
	assert_int_equal(parse("K8S_POD_NAME=web-0;K8S_POD_NAMESPACE=x;K8S_POD_UID=1;IP=10.1.0.7;"
			       "GATEWAY=10.1.0.1",
			       &mac, &err),
			 0);
	assert_int_equal(parse("IgnoreUnknown=1;FOO=BAR", &mac, &err), 0);
	assert_int_equal(parse("FOO=BAR;IgnoreUnknown=true", &mac, &err), 0);
	assert_int_equal(parse("IgnoreUnknown=TRUE;FOO=BAR", &mac, &err), 0);
}

static void args__name_what_is_wrong(void **state)
{
	static const char *const cases[][2] = {
		{"FOO=BAR", "ARGS: unknown args [\"FOO=BAR\"]"},
		{"FOO=BAR;MAC=x;BAZ=1", "ARGS: unknown args [\"FOO=BAR\" \"BAZ=1\"]"},
		{"FOO=BAR;IgnoreUnknown=0", "ARGS: unknown args [\"FOO=BAR\"]"},
		{"IgnoreUnknown=false;mac=x", "ARGS: unknown args [\"mac=x\"]"},
		{"FOO", "ARGS: invalid pair \"FOO\""},
		{"MAC=x;", "ARGS: invalid pair \"\""},
		{"MAC=x=y", "ARGS: invalid pair \"MAC=x=y\""},
		{";", "ARGS: invalid pair \"\""},
		{"IgnoreUnknown=yes",
		 "ARGS: IgnoreUnknown is \"yes\", expected 1, true, 0 or false"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *mac = NULL;
		struct cni_error err;

		assert_int_equal(parse(cases[i][0], &mac, &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_string_equal(err.msg, cases[i][1]);
	}
}

/* More unknown ones than an error has room for. */
static void args__of_any_number_fit_the_error(void **state)
{
	char text[4096] = "";
	freeing char *mac = NULL;
	struct cni_error err;
	char *end = text;

	(void)state;
	for (int i = 0; i < 300; i++)
		end += sprintf(end, "%sKEY%d=1", i ? ";" : "", i);
	assert_int_equal(parse(text, &mac, &err), -1);
	assert_memory_equal(err.msg, "ARGS: unknown args [\"KEY0=1\" \"KEY1=1\" ", 38);
}

/* ---- one argument ---- */

static void args_get__gives_the_value_whatever_else_there_is(void **state)
{
	static const struct {
		const char *args, *expected;
	} cases[] = {
		{"K8S_POD_NAME=web-0", "web-0"},
		{"IgnoreUnknown=1;K8S_POD_NAME=web-0;FOO=BAR", "web-0"},
		{"K8S_POD_NAME=web-0;K8S_POD_NAME=web-1", "web-1"},
		{"K8S_POD_NAME=web-0;K8S_POD_NAME=", ""},
		{"K8S_POD_NAME=", ""},
		{"K8S_POD_NAME= a=b c ", " a=b c "},
		{";;nonsense;K8S_POD_NAME=web-0;", "web-0"},
		{"IgnoreUnknown=maybe;K8S_POD_NAME=web-0", "web-0"},
		{"", NULL},
		{";", NULL},
		{"=web-0", NULL},
		{"K8S_POD_NAME", NULL},
		{"K8S_POD_NAMESPACE=blue", NULL},
		{"k8s_pod_name=web-0", NULL},
		{" K8S_POD_NAME=web-0", NULL},
		{"X=K8S_POD_NAME=web-0", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *value = cni_args_get(cases[i].args, "K8S_POD_NAME");

		if (!cases[i].expected != !value)
			fail_msg("\"%s\": %s", cases[i].args, value ? value : "none");
		if (value)
			assert_string_equal(value, cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(args__give_what_is_known),
		cmocka_unit_test(args__may_be_nothing),
		cmocka_unit_test(args__last_of_two_wins),
		cmocka_unit_test(args__let_pass_what_others_want),
		cmocka_unit_test(args__name_what_is_wrong),
		cmocka_unit_test(args__of_any_number_fit_the_error),
		cmocka_unit_test(args_get__gives_the_value_whatever_else_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
