/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool validate: which files are looked at, networks that are in each other's way, and the text. */
#include "cleanup.h"
#include "mem.h"
#include "test.h"
#include "validate_scene.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- two networks ---- */

static void assert_only(const struct plugin_answer *answer, const char *check, const char *level,
			const char *text)
{
	const cJSON *findings = cni_json_get(answer->json, "findings");
	const cJSON *finding = cJSON_GetArrayItem(findings, 0);

	if (cJSON_GetArraySize(findings) != 1 ||
	    strcmp(cni_json_get_string(finding, "check"), check) != 0 ||
	    strcmp(cni_json_get_string(finding, "level"), level) != 0 ||
	    !strstr(cni_json_get_string(finding, "what"), text))
		fail_msg("expected one %s: %s", check, answer->out);
	assert_int_equal(answer->exit_code, 1);
}

static void write_bridge(const struct fake *fake, const char *name, const char *bridge,
			 const char *range)
{
	freeing char *file = cni_format("%s.conflist", name);
	freeing char *list = cni_format("{'cniVersion':'1.1.0','name':'%s','plugins':[{"
					"'type':'bridge','bridge':'%s','ipam':{"
					"'type':'host-local',%s}}]}",
					name, bridge, range);

	validate_write(fake, file, list);
}

static void validate__compares_ranges(void **state)
{
	static const struct {
		const char *bridge;
		const char *range;
		const char *level; /* NULL: nothing is found */
	} cases[] = {
		{"br0", "'subnet':'10.1.0.0/24'", "error"},
		{"br1", "'subnet':'10.1.0.0/24'", "warning"},
		{"br1", "'ranges':[[{'subnet':'10.0.0.0/8'}]]", "warning"},
		{"br1", "'subnet':'10.1.0.0/24','rangeStart':'10.1.0.200'", "warning"},
		{"br0", "'subnet':'10.1.0.0/24','rangeStart':'10.1.0.200'", NULL},
		{"br0", "'subnet':'10.1.1.0/24'", NULL},
		{"br0", "'subnet':'fd00::/64'", NULL},
	};
	const struct fake *fake = *state;

	write_bridge(fake, "a", "br0", "'subnet':'10.1.0.0/24','rangeEnd':'10.1.0.100'");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_answer answer;

		write_bridge(fake, "b", cases[i].bridge, cases[i].range);
		answer = validate_run(fake, "--json");
		if (cases[i].level)
			assert_only(&answer, "overlap", cases[i].level, "of network 'a'");
		else
			plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
	}
}

static void validate__finds_two_files_of_a_network(void **state)
{
	const struct fake *fake = *state;
	struct plugin_answer answer;

	write_bridge(fake, "blue", "br0", "'subnet':'10.1.0.0/24'");
	validate_write(fake, "copy.conf",
		       "{'cniVersion':'1.1.0','name':'blue','type':'bridge',"
		       "'ipam':{'type':'host-local','subnet':'10.1.0.0/24'}}");
	answer = validate_run(fake, "--json");
	assert_only(&answer, "same-name", "error", "/blue.conflist', which comes first");
	plugin_answer_clear(&answer);
	answer = validate_run(fake, "blue --json");
	assert_only(&answer, "same-name", "error", "network 'blue'");
	plugin_answer_clear(&answer);
}

/* ---- text ---- */

static void validate__shows_the_place_in_broken_json(void **state)
{
	const struct fake *fake = *state;
	struct plugin_answer answer;

	validate_write(fake, "a.conflist", "{\n  'name': 'a',\n\t'plugins' [{}]\n}\n");
	answer = validate_run(fake, "");
	assert_int_equal(answer.exit_code, 1);
	if (!strstr(answer.out, "/net.d/a.conflist:3: is not valid JSON") ||
	    !strstr(answer.out, "\n     \"plugins\" [{}]\n               ^\n") ||
	    !strstr(answer.out, "\n1 error, 0 warnings and 0 notes in 1 file\n"))
		fail_msg("%s", answer.out);
	plugin_answer_clear(&answer);
}

static void validate__shows_the_end_of_truncated_json(void **state)
{
	const struct fake *fake = *state;
	struct plugin_answer answer;

	validate_write(fake, "a.conflist", "{\n  'name': 'a',\n  'plugins': [\n\n");
	answer = validate_run(fake, "");
	if (!strstr(answer.out, "/net.d/a.conflist:3: is not valid JSON") ||
	    !strstr(answer.out, "\n      \"plugins\": [\n                  ^\n"))
		fail_msg("%s", answer.out);
	plugin_answer_clear(&answer);
}

/* JSON to our parser, and to no runtime. */
static void validate__refuses_what_is_json_to_us_alone(void **state)
{
	static const struct {
		const char *text;
		const char *what;
	} cases[] = {
		{"\xef\xbb\xbf{'cniVersion':'1.1.0','name':'a','plugins':[{'type':'bridge'}]}",
		 "a.conflist:1: is not valid JSON: a byte order mark"},
		{"{'cniVersion':'1.1.0','name':'a',\n'plugins':[{'type':'bridge','_':'a\tb'}]}",
		 "a.conflist:2: is not valid JSON: a control character in a string"},
		{"{'cniVersion':'1.1.0','name':'a',\n\n'plugins':[{'type':'bridge','mtu':01500}]}",
		 "a.conflist:3: is not valid JSON: a number that JSON does not have"},
	};
	const struct fake *fake = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_answer answer;

		validate_write(fake, "a.conflist", cases[i].text);
		answer = validate_run(fake, "");
		assert_int_equal(answer.exit_code, 1);
		if (!strstr(answer.out, cases[i].what) || !strstr(answer.out, "\n1 error, "))
			fail_msg("%s", answer.out);
		plugin_answer_clear(&answer);
	}
}

static void validate__says_what_follows_and_what_to_do(void **state)
{
	const struct fake *fake = *state;
	struct plugin_answer answer;

	validate_write(fake, "a.conflist",
		       "{'cniVersion':'1.0.0',\n'name':'a','plugins':[\n"
		       "{'type':'bridge','isGatway':true}]}");
	answer = validate_run(fake, "");
	if (!strstr(answer.out, "/net.d/a.conflist:3: plugins[0] (bridge): unknown key 'isGatway': "
				"the nearest one is 'isGateway'\n    so: the key is ignored\n"
				"    try: write 'isGateway'\n") ||
	    !strstr(answer.out, "note: ") || !strstr(answer.out, "STATUS and GC came with 1.1.0") ||
	    !strstr(answer.out, "\n0 errors, 1 warning and 1 note in 1 file\n"))
		fail_msg("%s", answer.out);
	plugin_answer_clear(&answer);
}

static void validate__reads_a_drop_in_folder(void **state)
{
	const struct fake *fake = *state;
	struct plugin_answer answer;

	validate_write(fake, "a.conflist",
		       "{'cniVersion':'1.1.0','name':'a','plugins':["
		       "{'type':'bridge'}]}");
	validate_write(fake, "a/10-tuning.conf", "{'type':'tuning','sysctls':{}}");
	answer = validate_run(fake, "--json");
	assert_only(&answer, "unknown-key", "warning", "the nearest one is 'sysctl'");
	plugin_answer_clear(&answer);
}

/* ---- what is looked at ---- */

static void validate__looks_at_the_named_ones(void **state)
{
	static const struct {
		const char *line;
		int exit_code;
	} cases[] = {{"right", 0}, {"wrong", 1}, {"right wrong", 1}, {"nowhere", 2}};
	const struct fake *fake = *state;
	freeing char *file = fake_path(fake, "net.d/right.conflist");
	freeing char *missing = fake_path(fake, "net.d/missing.conflist");
	freeing char *directory = fake_path(fake, "net.d");
	struct plugin_answer answer;

	write_bridge(fake, "right", "br0", "'subnet':'10.1.0.0/24'");
	write_bridge(fake, "wrong", "br0", "'subnet':'10.2.0.0/24','gatewy':'10.2.0.1'");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		answer = validate_run(fake, cases[i].line);
		if (answer.exit_code != cases[i].exit_code)
			fail_msg("%s: %d, %s%s", cases[i].line, answer.exit_code, answer.out,
				 answer.err);
		plugin_answer_clear(&answer);
	}
	answer = validate_run(fake, file);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	answer = validate_run(fake, directory);
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.out, " in 2 files\n"));
	plugin_answer_clear(&answer);
	answer = validate_run(fake, missing);
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.out, "No such file or directory"));
	plugin_answer_clear(&answer);
}

static void validate__fails_where_nothing_can_be_looked_at(void **state)
{
	const struct fake *fake = *state;
	freeing char *dir = fake_path(fake, "net.d");
	struct plugin_answer answer = validate_run(fake, "");

	assert_int_equal(answer.exit_code, 2);
	assert_non_null(strstr(answer.err, "cnitool: read directory '"));
	plugin_answer_clear(&answer);
	assert_int_equal(mkdir(dir, 0755), 0);
	answer = validate_run(fake, "");
	assert_int_equal(answer.exit_code, 2);
	assert_non_null(strstr(answer.err, "there is nothing to look at"));
	plugin_answer_clear(&answer);
}

/* A plugin that is in another directory of runtimes. */
static void validate__names_the_directory_that_has_a_plugin(void **state)
{
	const struct fake *fake = *state;
	freeing char *dir = cni_format("NETCONFPATH=%s/net.d", fake->dir);
	struct plugin_answer answer;

	if (access("/usr/lib/cni/host-local", X_OK) < 0)
		skip_because("there is no host-local in /usr/lib/cni");
	write_bridge(fake, "a", "br0", "'subnet':'10.1.0.0/24'");
	answer = plugin_run(&(
		struct plugin_call){.plugin = CNI_C_BINARY_DIR "/cnitool/cnitool",
				    .path = CNI_C_BINARY_DIR "/plugins",
				    .arguments = (const char *const[]){"validate", "--json", NULL},
				    .environment = (const char *const[]){dir, NULL}});
	assert_only(&answer, "plugin-missing", "error", "it is in /usr/lib/cni");
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		validate_test(validate__compares_ranges),
		validate_test(validate__finds_two_files_of_a_network),
		validate_test(validate__shows_the_place_in_broken_json),
		validate_test(validate__shows_the_end_of_truncated_json),
		validate_test(validate__refuses_what_is_json_to_us_alone),
		validate_test(validate__says_what_follows_and_what_to_do),
		validate_test(validate__reads_a_drop_in_folder),
		validate_test(validate__looks_at_the_named_ones),
		validate_test(validate__fails_where_nothing_can_be_looked_at),
		validate_test(validate__names_the_directory_that_has_a_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
