/* SPDX-License-Identifier: Apache-2.0 */
#include "chain_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

void chain_load(struct chain_scene *scene, const char *version, const char *keys, const char *one)
{
	freeing char *text = cni_format("{\"cniVersion\":\"%s\",\"name\":\"blue\",%s\"plugins\":["
					"{%s\"type\":\"one\"},{\"type\":\"two\"},"
					"{\"type\":\"three\"}]}",
					version, keys, one);

	cni_conflist_clear(&scene->list);
	if (cni_conflist_parse(text, strlen(text), "the list", &scene->list, &scene->err) < 0)
		fail_msg("%s", scene->err.msg);
}

int chain_setup(void **state)
{
	struct chain_scene *scene = calloc(1, sizeof(*scene));

	fake_open(&scene->fake);
	fake_add_plugin(&scene->fake, "one");
	fake_add_plugin(&scene->fake, "two");
	fake_add_plugin(&scene->fake, "three");
	scene->path = fake_path(&scene->fake, "bin");
	scene->chain = (struct cni_chain){
		.list = &scene->list,
		.path = scene->path,
		.cache_dir = scene->fake.dir,
		.container = "c1",
		.netns = "/run/netns/red",
		.ifname = "eth0",
		.warnings = &scene->warnings,
	};
	chain_load(scene, "1.1.0", "", "");
	*state = scene;
	return 0;
}

int chain_teardown(void **state)
{
	struct chain_scene *scene = *state;

	fake_close(&scene->fake);
	cni_conflist_clear(&scene->list);
	cni_warnings_clear(&scene->warnings);
	cJSON_Delete(scene->capability_args);
	free(scene->path);
	free(scene);
	return 0;
}

void chain_give_capabilities(struct chain_scene *scene, const char *json)
{
	cJSON_Delete(scene->capability_args);
	scene->capability_args = cJSON_Parse(json);
	assert_non_null(scene->capability_args);
	scene->chain.capability_args = scene->capability_args;
}

void chain_adds(struct chain_scene *scene)
{
	cJSON *result;

	if (cni_chain_add(&scene->chain, &result, &scene->err) < 0)
		fail_msg("%s", scene->err.msg);
	cJSON_Delete(result);
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nADD three\n");
}

void chain_assert_input(const struct chain_scene *scene, const char *file, const char *key,
			const char *expected)
{
	freeing_json cJSON *json = fake_read_json(&scene->fake, file);
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, key);
	freeing char *text = member ? cJSON_PrintUnformatted(member) : cni_strdup("-");

	assert_string_equal(text, expected);
}

void chain_assert_environment(const struct chain_scene *scene, const char *file, const char *line)
{
	freeing char *text = fake_read(&scene->fake, file);
	freeing char *wanted = cni_format("\n%s\n", line);
	freeing char *all = cni_format("\n%s", text);

	if (!strstr(all, wanted))
		fail_msg("%s is not in %s", line, text);
}
