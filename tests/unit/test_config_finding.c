/* SPDX-License-Identifier: Apache-2.0 */
#include "config_finding.h"

#include "cleanup.h"
#include "json_text.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static const char text[] = "{\n\"name\": \"a\",\n\"IPAM\": {\n\"mtu\": 5},\n\"mtu\": 6\n}";

static struct config_finding *add(struct config_findings *findings, const char *key)
{
	const struct config_place place = {.file = "/f",
					   .network = "a",
					   .plugin = 2,
					   .type = "bridge",
					   .key = key,
					   .text = text};

	return config_findings_add(findings, "check", CONFIG_WARNING, &place, "%s is wrong",
				   key ? key : "it");
}

static void finding__knows_the_line_of_a_key_that_is_there_once(void **state)
{
	clearing_config_findings struct config_findings findings = {0};

	(void)state;
	assert_int_equal(add(&findings, "name")->line, 2);
	assert_int_equal(add(&findings, "ipam")->line, 3);
	assert_int_equal(add(&findings, "other.name")->line, 2);
	assert_int_equal(add(&findings, "mtu")->line, 0);
	assert_int_equal(add(&findings, "vlan")->line, 0);
	assert_int_equal(add(&findings, NULL)->line, 0);
	assert_int_equal(config_findings_count(&findings, CONFIG_WARNING), 6);
	assert_int_equal(config_findings_count(&findings, CONFIG_ERROR), 0);
}

static void finding__is_printed_with_its_remedy(void **state)
{
	clearing_config_findings struct config_findings findings = {0};
	struct config_finding *finding = add(&findings, "name");
	freeing char *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);

	(void)state;
	config_finding_so(finding, "first");
	config_finding_so(finding, "%s", "it \033 matters");
	config_finding_try(finding, "this");
	config_findings_print(&findings, out);
	fclose(out);
	assert_string_equal(printed, "warning: /f:2: plugins[2] (bridge): name is wrong\n"
				     "    so: it ? matters\n"
				     "    try: this\n");
}

static void finding__is_json_without_what_is_not_known(void **state)
{
	clearing_config_findings struct config_findings findings = {0};
	const struct config_place nowhere = {.plugin = CONFIG_NO_PLUGIN};
	freeing_json cJSON *json = NULL;

	(void)state;
	add(&findings, "name");
	config_findings_add(&findings, "other", CONFIG_NOTE, &nowhere, "all");
	json = config_findings_json(&findings);
	json_text_assert(json, "[{'check':'check','level':'warning','file':'/f','line':2,"
			       "'network':'a','plugin':2,'type':'bridge','key':'name',"
			       "'what':'name is wrong'},"
			       "{'check':'other','level':'note','what':'all'}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding__knows_the_line_of_a_key_that_is_there_once),
		cmocka_unit_test(finding__is_printed_with_its_remedy),
		cmocka_unit_test(finding__is_json_without_what_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
