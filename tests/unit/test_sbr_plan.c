/* SPDX-License-Identifier: Apache-2.0 */
/* The plan that sbr makes of a configuration, as text: the plan is pure. */
#include "test.h"

int sbr_main(void);
#define main sbr_main
#include "../../plugins/sbr.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "json_text.h"

#include "cleanup.h"

#include <stdlib.h>
#include <string.h>

static int configure(enum cni_command command, cJSON *json, struct sbr_conf *conf,
		     struct cni_error *err)
{
	struct cni_call call = {.env = {.command = command}, .conf = {.json = json}};

	return cni_plugin_configure(&sbr, &call, conf, err);
}

static void assert_plan(enum cni_command command, const char *text, const char *expected)
{
	freeing_json cJSON *json = json_of(text);
	struct cni_call call = {.env = {.command = command}, .conf = {.json = json}};
	clearing_plan struct cni_plan plan = {.count = 0};
	freeing char *printed = NULL;
	struct sbr_conf conf = {.table = 0};
	struct cni_error err;
	size_t size;
	FILE *out;

	assert_int_equal(configure(command, json, &conf, &err), 0);
	sbr.plan(&plan, &call, &conf);
	out = open_memstream(&printed, &size);
	assert_non_null(out);
	cni_plan_print(&plan, out);
	fclose(out);
	assert_string_equal(printed, expected);
}

static void sbr_plan__says_table_gateways_and_hints(void **state)
{
	(void)state;
	assert_plan(CNI_ADD, "{}", "sourceroutes container\n");
	assert_plan(CNI_ADD, "{'table':null,'gateways':null,'addSourceHints':null}",
		    "sourceroutes container\n");
	assert_plan(CNI_ADD, "{'table':4294967295}", "sourceroutes container table 4294967295\n");
	assert_plan(CNI_ADD, "{'GATEWAYS':['fd01::1','10.1.0.1'],'addsourcehints':true}",
		    "sourceroutes container via 10.1.0.1 via fd01::1 hints\n");
	/* DEL takes what it can use. */
	assert_plan(CNI_DEL, "{'table':'x','gateways':['a','b','c'],'addSourceHints':1}",
		    "sourceroutes container\n");
	assert_plan(CNI_DEL, "{'table':7,'gateways':['10.1.0.1','10.1.0.2']}",
		    "sourceroutes container table 7 via 10.1.0.1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sbr_plan__says_table_gateways_and_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
