/* SPDX-License-Identifier: Apache-2.0 */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

#define CNITOOL CNI_C_BINARY_DIR "/cnitool/cnitool"

int cnitool_setup(void **state)
{
	struct cnitool_scene *scene = calloc(1, sizeof(*scene));

	fake_open(&scene->fake);
	fake_add_plugin(&scene->fake, "one");
	fake_add_plugin(&scene->fake, "two");
	fake_write(&scene->fake, "net.d/10-blue.conflist",
		   "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"one\","
		   "\"capabilities\":{\"portMappings\":true}},{\"type\":\"two\"}]}");
	scene->path = fake_path(&scene->fake, "bin");
	*state = scene;
	return 0;
}

int cnitool_teardown(void **state)
{
	struct cnitool_scene *scene = *state;

	fake_close(&scene->fake);
	free(scene->path);
	free(scene);
	return 0;
}

#define WORDS_MAX 32

/* Appends the words of `line`, which is cut into them. */
static void add_words(const char **words, char *line)
{
	size_t count = 0;

	while (words[count])
		count++;
	for (char *word = strsep(&line, " "); word; word = strsep(&line, " ")) {
		assert_true(count < WORDS_MAX);
		words[count++] = word;
	}
}

struct plugin_answer cnitool_run(const struct cnitool_scene *scene, const char *line)
{
	freeing char *conf_dir = cni_format("NETCONFPATH=%s/net.d", scene->fake.dir);
	freeing char *cache_dir = cni_format("CNI_CACHE_DIR=%s/cache", scene->fake.dir);
	const char *environment[8] = {conf_dir, cache_dir};
	freeing char *before = scene->under ? cni_format("%s " CNITOOL, scene->under) : NULL;
	freeing char *words = cni_strdup(line);
	const char *arguments[WORDS_MAX + 1] = {NULL};

	if (before)
		add_words(arguments, before);
	add_words(arguments, words);
	for (size_t i = 0; scene->extra[i]; i++)
		environment[2 + i] = scene->extra[i];
	return plugin_run(&(struct plugin_call){.plugin = before ? "/usr/bin/env" : CNITOOL,
						.path = scene->path,
						.environment = environment,
						.arguments = arguments});
}

struct plugin_answer cnitool_on_host(const char *line, const char *const *environment)
{
	const char *all[8] = {"NETCONFPATH=" SANDBOX_DIR "/net.d"};
	freeing char *words = cni_strdup(line);
	const char *arguments[WORDS_MAX + 1] = {NULL};

	for (size_t i = 0; environment[i]; i++)
		all[1 + i] = environment[i];
	add_words(arguments, words);
	return plugin_run(
		&(struct plugin_call){.plugin = CNITOOL,
				      .path = CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam",
				      .environment = all,
				      .arguments = arguments});
}

void cnitool_succeeds(const struct cnitool_scene *scene, const char *line)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

static void fails_with(const struct cnitool_scene *scene, const char *line, int code,
		       const char *text)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	if (answer.exit_code != code || *answer.out || !strstr(answer.err, text))
		fail_msg("%s: exit code %d, stdout %s, stderr %s", line, answer.exit_code,
			 answer.out, answer.err);
	plugin_answer_clear(&answer);
}

void cnitool_fails(const struct cnitool_scene *scene, const char *line, const char *text)
{
	fails_with(scene, line, 1, text);
}

void cnitool_refuses(const struct cnitool_scene *scene, const char *line, const char *text)
{
	fails_with(scene, line, 2, text);
}

void cnitool_assert_line(const struct cnitool_scene *scene, const char *file, const char *line)
{
	freeing char *text = fake_read(&scene->fake, file);

	assert_non_null(text);
	if (!strstr(text, line))
		fail_msg("'%s' is not in %s: %s", line, file, text);
}
