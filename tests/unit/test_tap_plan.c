/* SPDX-License-Identifier: Apache-2.0 */
/* The plan that tap makes of a configuration, as text: the plan is pure. */
#include "test.h"

int tap_main(int argc, char **argv);
#define main tap_main
#include "../../plugins/tap.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>

static char *plan_of(const char *more, enum cni_command command)
{
	freeing char *config =
		cni_format("{'cniVersion':'1.1.0','name':'blue'%s%s}", *more ? "," : "", more);
	freeing_json cJSON *json = json_of(config);
	freeing char *input = cni_json_print(json);
	struct cni_call call = {.env = {.command = command, .args = ""}};
	struct cni_plan plan = {.count = 0};
	struct cni_error err = {.msg = ""};
	struct tap_conf conf;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (cni_conf_read(input, strlen(input), command, CNI_0_1_0, &call.conf, &err) < 0 ||
	    cni_plugin_configure(&tap, &call, &conf, &err) < 0)
		fail_msg("%s: %s", more, err.msg);
	tap.plan(&plan, &call, &conf);
	cni_plan_print(&plan, out);
	fclose(out);
	cni_plan_clear(&plan);
	cni_conf_clear(&call.conf);
	return text;
}

static void tap_plan__of_each_key(void **state)
{
	static const struct {
		const char *more, *expected;
	} cases[] = {
		{"", "netns      record\ntap        container\nup         container\n"},
		{"'mtu':0,'mac':'','bridge':'','selinuxContext':'','multiQueue':false",
		 "netns      record\ntap        container\nup         container\n"},
		{"'mtu':1400,'mac':'0A:00:00:00:00:01','multiQueue':true,'owner':0,'group':107,"
		 "'bridge':'br0','selinuxContext':'u:r:t:s0'",
		 "netns      record\ntap        container mtu 1400 mac 0a:00:00:00:00:01 "
		 "multi-queue owner 0 group "
		 "107 "
		 "context u:r:t:s0 port of br0\nup         container\n"},
		{"'ipam':{'type':'host-local'}", "lease      host-local\n"
						 "netns      record\n"
						 "tap        container\n"
						 "acquire    host-local\n"
						 "addresses  container\n"
						 "up         container\n"
						 "announce   container\n"
						 "routes     container\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *text = plan_of(cases[i].more, CNI_ADD);

		assert_string_equal(text, cases[i].expected);
	}
}

/* DEL needs nothing of it but the IPAM plugin. */
static void tap_plan__of_nonsense_for_del(void **state)
{
	freeing char *text = plan_of("'owner':-1,'group':[],'mtu':'much','mac':7,'bridge':'a/b',"
				     "'ipam':{'type':'host-local'}",
				     CNI_DEL);

	(void)state;
	assert_non_null(strstr(text, "tap "));
	assert_non_null(strstr(text, "lease      host-local\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tap_plan__of_each_key),
		cmocka_unit_test(tap_plan__of_nonsense_for_del),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
