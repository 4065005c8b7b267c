/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* The manual pages in docs/man and docs/html: as scripts/manuals makes them, with each key, setting, command and
 * option, and clean to mandoc(1). */
#include "cleanup.h"
#include "file.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *read_page(const char *name)
{
	freeing char *path = cni_format(CNI_C_SOURCE_DIR "/docs/man/%s", name);
	char *text = NULL;
	struct cni_error err;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path, false, 1U << 20, &text, &size, &err) < 0)
		fail_msg("%s", err.msg);
	return text;
}

static void manuals__are_as_they_would_be_made(void **state)
{
	(void)state;
	if (system("command -v jq >/dev/null") != 0)
		skip_because("jq is not installed");
	assert_int_equal(system(CNI_C_SOURCE_DIR "/scripts/manuals " CNI_C_BINARY_DIR " >&2"), 0);
}

static void manuals__are_clean(void **state)
{
	(void)state;
	if (system("command -v mandoc >/dev/null") != 0)
		skip_because("mandoc is not installed");
	assert_int_equal(
		system("mandoc -T lint -W warning " CNI_C_SOURCE_DIR "/docs/man/*.[58] >&2"), 0);
}

static void has_keys(const char *type, const char *page, const cJSON *rows)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const char *key = cni_json_get_string(row, "key");
		/* Behind the objects around it, in bold. */
		freeing char *bold = cni_format("\\fB%s\\fR", key);
		freeing char *inner = cni_format(".%s\\fR", key);

		if (!strstr(page, bold) && !strstr(page, inner))
			fail_msg("docs/man/cni-%s.8 does not have '%s'", type, key);
		has_keys(type, page, cni_json_get(row, "items"));
	}
}

static void check_directory(const char *directory, int *count)
{
	DIR *dir = opendir(CNI_C_SOURCE_DIR "/docs/plugins");
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		freeing char *type = cni_strndup(entry->d_name, strcspn(entry->d_name, "."));
		freeing char *file = cni_format(CNI_C_BINARY_DIR "/%s/%s", directory, type);
		freeing char *name = cni_format("cni-%s.8", type);
		freeing char *page = NULL;
		struct plugin_answer answer;

		if (*entry->d_name == '.' || access(file, X_OK) < 0)
			continue;
		page = read_page(name);
		answer = plugin_run(&(struct plugin_call){.plugin = file, .command = "DESCRIBE"});
		plugin_assert_success(&answer);
		has_keys(type, page, cni_json_get(answer.json, "keys"));
		has_keys(type, page, cni_json_get(answer.json, "arguments"));
		plugin_answer_clear(&answer);
		++*count;
	}
	closedir(dir);
}

static void manuals__have_each_key(void **state)
{
	int count = 0;

	(void)state;
	check_directory("plugins", &count);
	check_directory("ipam", &count);
	assert_int_equal(count, 18);
}

static cJSON *tables(void)
{
	struct plugin_answer answer = plugin_run(
		&(struct plugin_call){.plugin = CNI_C_BINARY_DIR "/cnitool/cnitool",
				      .path = CNI_C_BINARY_DIR "/plugins",
				      .arguments = (const char *const[]){"help", "--json", NULL}});
	cJSON *json;

	plugin_assert_success(&answer);
	json = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
	return json;
}

/* The text of the page without the escapes of man(7). */
static char *read_plain(const char *name)
{
	freeing char *command = cni_format(
		"mandoc -T utf8 -O width=200 " CNI_C_SOURCE_DIR "/docs/man/%s | col -bx", name);

	return sandbox_read("%s", command);
}

/* The manual of a command has it, its options, and can be found by its name. */
static void manuals__have_each_command(void **state)
{
	freeing_json cJSON *json = tables();
	const cJSON *command;

	(void)state;
	if (system("command -v mandoc >/dev/null") != 0)
		skip_because("mandoc is not installed");
	cJSON_ArrayForEach (command, cni_json_get(json, "commands")) {
		const char *name = cni_json_get_string(command, "name");
		const char *manual = cni_json_get_string(command, "manual");
		freeing char *own = cni_format("cnitool-%s.8", name);
		freeing char *title = cni_format("cnitool %s", name);
		freeing char *file = cni_format("%s.8", manual);
		freeing char *page = NULL;
		const cJSON *option;

		for (char *at = own; *at; at++)
			*at = *at == ' ' ? '-' : *at;
		page = read_plain(strcmp(manual, "cnitool") != 0 ? own : file);
		if (!strstr(page, title))
			fail_msg("docs/man/%s does not have '%s'", file, title);
		cJSON_ArrayForEach (option, cni_json_get(json, "options")) {
			freeing char *text =
				cni_format("--%s", cni_json_get_string(option, "name"));
			const cJSON *taker;

			cJSON_ArrayForEach (taker, cni_json_get(option, "commands")) {
				if (!strcmp(taker->valuestring, name) && !strstr(page, text))
					fail_msg("docs/man/%s does not have '%s'", file, text);
			}
		}
	}
}

static void manuals__have_each_setting_and_key_of_the_list(void **state)
{
	freeing_json cJSON *json = tables();
	const cJSON *files = cni_json_get(json, "files");
	const cJSON *file;
	int count = 0;

	(void)state;
	cJSON_ArrayForEach (file, files) {
		bool is_settings = !strcmp(file->string, "cni-c.conf");
		freeing char *page = read_page(is_settings ? "cni-c.conf.5" : "conflist.5");
		const cJSON *row;

		cJSON_ArrayForEach (row, file) {
			freeing char *bold =
				cni_format("\\fB%s\\fR (", cni_json_get_string(row, "key"));

			if (!strstr(page, bold))
				fail_msg("the page of %s does not have %s", file->string, bold);
			count++;
		}
	}
	assert_true(count > 15);
}

static void manuals__are_found_by_their_earlier_name(void **state)
{
	freeing char *page = sandbox_read("cat " CNI_C_SOURCE_DIR "/docs/man/cni-conf.5");

	(void)state;
	assert_non_null(strstr(page, ".TH CONFLIST 5"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manuals__are_as_they_would_be_made),
		cmocka_unit_test(manuals__are_clean),
		cmocka_unit_test(manuals__have_each_key),
		cmocka_unit_test(manuals__have_each_command),
		cmocka_unit_test(manuals__have_each_setting_and_key_of_the_list),
		cmocka_unit_test(manuals__are_found_by_their_earlier_name),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
