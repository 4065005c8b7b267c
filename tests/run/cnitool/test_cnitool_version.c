/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool version: the directories of CNI_PATH, and the executable that runs for each type. */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_printed(const struct cnitool_scene *scene, const char *line,
			   const char *expected)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	plugin_assert_success(&answer);
	assert_string_equal(answer.out, expected);
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

static void cnitool_version__shows_directories_and_files(void **state)
{
	const struct cnitool_scene *scene = *state;
	const char *dir = scene->fake.dir;
	int width = (int)strlen(dir);
	freeing char *expected =
		cni_format("%-*s  RESOLVES TO\n%s/bin  %s/bin\n\n"
			   "PLUGIN  %-*s  VERSION                PROTOCOL\n"
			   "one     %s/bin/one  CNI one plugin v0.0.7  0.4.0, 1.0.0\n"
			   "two     %s/bin/two  CNI two plugin v0.0.7  0.4.0, 1.0.0\n",
			   width + 4, "DIRECTORY", dir, dir, width + 8, "FILE", dir, dir);
	struct plugin_answer answer;

	assert_printed(scene, "version blue", expected);
	assert_printed(scene, "version", expected);
	answer = cnitool_run(scene, "version blue --json");
	plugin_assert_success(&answer);
	assert_string_equal(
		cni_json_get_string(cJSON_GetArrayItem(cni_json_get(answer.json, "plugins"), 1),
				    "about"),
		"CNI two plugin v0.0.7");
	plugin_answer_clear(&answer);
	/* The remaining plugins are still shown. */
	fake_remove(&scene->fake, "bin/one");
	answer = cnitool_run(scene, "version blue");
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.out, "bin/two  CNI two plugin v0.0.7"));
	assert_non_null(strstr(answer.err, "failed to find plugin \"one\""));
	plugin_answer_clear(&answer);
}

/* A link to a directory, one that is missing, a file in the place of one, and a second executable of a type. */
static void cnitool_version__shows_which_of_two_executables_runs(void **state)
{
	struct cnitool_scene *scene = *state;
	const char *dir = scene->fake.dir;
	freeing char *path =
		cni_format("%s/absent:%s/file::%s/link:%s/bin:%s/later", dir, dir, dir, dir, dir);
	freeing char *link = fake_path(&scene->fake, "link");
	struct plugin_answer answer;
	const cJSON *directories;
	const cJSON *plugins;

	assert_int_equal(symlink("bin", link), 0);
	fake_write(&scene->fake, "file", "");
	fake_write(&scene->fake, "later/one", "#!/bin/false");
	fake_write(&scene->fake, "net.d/20.conflist",
		   "{\"cniVersion\":\"1.0.0\",\"name\":\"red\",\"plugins\":["
		   "{\"type\":\"one\",\"ipam\":{\"type\":\"two\"}}]}");
	free(scene->path);
	scene->path = take_ptr(path);
	answer = cnitool_run(scene, "version red --json");
	plugin_assert_success(&answer);
	directories = cni_json_get(answer.json, "directories");
	plugins = cni_json_get(answer.json, "plugins");
	assert_int_equal(cJSON_GetArraySize(directories), 5);
	assert_int_equal(cJSON_GetArraySize(plugins), 2);
	plugin_answer_clear(&answer);
	answer = cnitool_run(scene, "version red");
	plugin_assert_success(&answer);
	for (int i = 0; i < 6; i++) {
		static const char *const lines[] = {
			"absent  nothing: No such file or directory\n",
			"file    nothing: Not a directory\n",
			"link    ",
			"/link/one  CNI one plugin v0.0.7",
			"/link/two  CNI two plugin v0.0.7",
			"/later/one does not run: ",
		};

		if (!strstr(answer.out, lines[i]))
			fail_msg("'%s' is not in:\n%s", lines[i], answer.out);
	}
	/* The same executable by another name of its directory hides nothing. */
	assert_null(strstr(answer.out, "/bin/one does not run"));
	plugin_answer_clear(&answer);
}

/* No network has these; the directory has plugins of this suite, and a stranger. */
static void cnitool_version__without_network_shows_the_suite(void **state)
{
	struct cnitool_scene *scene = *state;
	struct plugin_answer answer;
	const cJSON *plugins;

	free(scene->path);
	scene->path = cni_format("%s/bin:" CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam",
				 scene->fake.dir);
	fake_add_plugin(&scene->fake, "stranger");
	answer = cnitool_run(scene, "version --json");
	plugin_assert_success(&answer);
	plugins = cni_json_get(answer.json, "plugins");
	assert_int_equal(cJSON_GetArraySize(plugins), 2 + 18);
	for (int i = 2; i < 20; i++) {
		const cJSON *plugin = cJSON_GetArrayItem(plugins, i);
		const char *about = cni_json_get_string(plugin, "about");

		assert_non_null(strstr(about, cni_json_get_string(plugin, "type")));
		assert_non_null(strstr(about, "+cni-c."));
		assert_int_equal(cJSON_GetArraySize(cni_json_get(plugin, "hidden")), 0);
	}
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool_version__shows_directories_and_files),
		cnitool_test(cnitool_version__shows_which_of_two_executables_runs),
		cnitool_test(cnitool_version__without_network_shows_the_suite),
	};

	return cmocka_run_group_tests_name("cnitool_version", tests, NULL, NULL);
}
