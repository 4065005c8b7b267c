/* SPDX-License-Identifier: Apache-2.0 */
/* A key, an argument, a setting, an option or a command of cnitool without help, or with an empty one, does not
 * compile: the compiler is the witness. `cnitool help --json` prints what the tables have. */
#include "cleanup.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* The -I words of a source file, as it is compiled; the caller frees. */
static char *includes_of(const char *source)
{
	return sandbox_read("grep -o '\"command\": \".* -c %s/%s\"' %s/compile_commands.json | "
			    "grep -o ' -I[^ ]*' | tr -d '\\n'",
			    CNI_C_SOURCE_DIR, source, CNI_C_BINARY_DIR);
}

static int compile(const char *source, const char *header, const char *row)
{
	freeing char *includes = includes_of(source);

	return sandbox_run("cc -std=gnu11 -D_GNU_SOURCE -Wall -Werror -fsyntax-only -x c - "
			   "-isystem /usr/include/cjson %s 2>" SANDBOX_DIR "/said <<'END'\n"
			   "#include \"%s\"\n#include <stdint.h>\nstruct conf { uint32_t n; };\n"
			   "%s\nEND\n",
			   includes, header, row);
}

static const struct {
	const char *source;
	const char *header;
	const char *table;
	const char *with;
	const char *without[3];
} rows[] = {
	{"libcni-c/spec/decode.c",
	 "decode.h",
	 "const struct cni_field t[] =",
	 "CNI_FIELD(struct conf, \"n\", n, \"A number\", .max = 3)",
	 {"CNI_FIELD(struct conf, \"n\", n)", "CNI_FIELD(struct conf, \"n\", n, .max = 3)",
	  "CNI_FIELD(struct conf, \"n\", n, \"\", .max = 3)"}},
	{"libcni-c/spec/decode.c",
	 "decode.h",
	 "const struct cni_field t[] =",
	 "CNI_KEY(\"n\", CNI_TYPE_NUMBER, \"A number\")",
	 {"CNI_KEY(\"n\", CNI_TYPE_NUMBER)", "CNI_KEY(\"n\", CNI_TYPE_NUMBER, .max = 3)",
	  "CNI_KEY(\"n\", CNI_TYPE_NUMBER, \"\")"}},
	{"libcni-c/spec/args.c",
	 "args.h",
	 "const struct cni_argument t[] =",
	 "CNI_ARGUMENT(\"MAC\", \"The MAC\")",
	 {"CNI_ARGUMENT(\"MAC\")", "CNI_ARGUMENT(\"MAC\", \"\")", "CNI_ARGUMENT(\"MAC\", NULL)"}},
	{"libcni-c/spec/settings.c",
	 "settings.h",
	 "const struct cni_setting t[] =",
	 "CNI_SETTING(\"log\", \"CNI_C_LOG\", log, \"a path\", \"none\", \"A log\")",
	 {"CNI_SETTING(\"log\", \"CNI_C_LOG\", log, \"a path\", \"none\")",
	  "CNI_SETTING(\"log\", \"CNI_C_LOG\", log, \"a path\", \"none\", \"\")",
	  "CNI_SETTING(\"log\", \"CNI_C_LOG\", log, \"\", \"none\", \"A log\")"}},
	{"cnitool/options.c",
	 "options.h",
	 "const struct tool_option t[] =",
	 "TOOL_OPTION(\"all\", 'a', NULL, NULL, \"all of them\", .offset = 0)",
	 {"TOOL_OPTION(\"all\", 'a', NULL, NULL, .offset = 0)",
	  "TOOL_OPTION(\"all\", 'a', NULL, NULL, \"\", .offset = 0)",
	  "TOOL_OPTION(\"all\", 'a', NULL, NULL, NULL, .offset = 0)"}},
	{"cnitool/usage.c",
	 "commands.h",
	 "const struct command t[] =",
	 "COMMAND(\"add\", \"\", NULL, 0, NULL, \"Add\", \"Adds.\\n\")",
	 {"COMMAND(\"add\", \"\", NULL, 0, NULL, \"Add\")",
	  "COMMAND(\"add\", \"\", NULL, 0, NULL, \"Add\", \"\")",
	  "COMMAND(\"add\", \"\", NULL, 0, NULL, \"\", \"Adds.\\n\")"}},
};

static void row__without_help_does_not_compile(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		freeing char *with = cni_format("%s {%s, {0}};", rows[i].table, rows[i].with);

		if (compile(rows[i].source, rows[i].header, with) != 0)
			fail_msg("does not compile: %s", rows[i].with);
		for (size_t j = 0; j < 3; j++) {
			freeing char *without =
				cni_format("%s {%s, {0}};", rows[i].table, rows[i].without[j]);

			if (compile(rows[i].source, rows[i].header, without) == 0)
				fail_msg("compiles: %s", rows[i].without[j]);
		}
	}
}

/* jq is the reader. */
static int judge(const char *arguments, const char *filter)
{
	return sandbox_run("%s/cnitool/cnitool %s | jq -e '%s' >" SANDBOX_DIR "/said",
			   CNI_C_BINARY_DIR, arguments, filter);
}

static void help__prints_the_tables_as_json(void **state)
{
	static const char *const filters[] = {
		".commands | length > 20 and all(.summary != \"\" and .help != \"\")",
		".commands | map(.name) | index(\"ipam list\") and (index(\"complete\") | not)",
		".options | length > 20 and all(.summary != \"\")",
		".options[] | select(.name == \"keep\") | .commands == [\"gc\"]",
		".options[] | select(.name == \"json\") | has(\"commands\") | not",
		".files.conflist | map(.key) == [\"cniVersion\", \"cniVersions\", \"name\", "
		"\"disableCheck\", \"disableGC\", \"loadOnlyInlinedPlugins\", \"plugins\"]",
		".files[\"cni-c.conf\"] | map(.variable) == [\"CNI_C_COUNTERS\", \"CNI_C_LOG\"]",
		".files | all(.[]; all(.help != null))",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		if (judge("help --json", filters[i]) != 0)
			fail_msg("cnitool help --json: not %s", filters[i]);
		if (judge("-j --help", filters[i]) != 0)
			fail_msg("cnitool -j --help: not %s", filters[i]);
	}
}

static void help__of_a_command_prints_its_rows_as_json(void **state)
{
	(void)state;
	assert_int_equal(judge("help metrics --json", ".commands | map(.name) == [\"metrics\"]"),
			 0);
	assert_int_equal(judge("metrics -j -h", ".options | map(.name) | index(\"textfile\") and "
						"(index(\"keep\") | not)"),
			 0);
	assert_int_equal(judge("help ipam --json",
			       ".commands | length == 6 and all(.name | startswith(\"ipam\"))"),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row__without_help_does_not_compile),
		cmocka_unit_test(help__prints_the_tables_as_json),
		cmocka_unit_test(help__of_a_command_prints_its_rows_as_json),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
