/* SPDX-License-Identifier: Apache-2.0 */
/* The manual pages in docs/man: as scripts/manuals makes them, with each key, and clean to mandoc(1). */
#include "cleanup.h"
#include "file.h"
#include "mem.h"
#include "plugin.h"
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
	assert_int_equal(system("mandoc -T lint -W style " CNI_C_SOURCE_DIR "/docs/man/*.[58] >&2"),
			 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manuals__are_as_they_would_be_made),
		cmocka_unit_test(manuals__are_clean),
		cmocka_unit_test(manuals__have_each_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
