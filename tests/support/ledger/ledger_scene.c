/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_scene.h"

#include "cleanup.h"
#include "host_local_calls.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- the log for the reader of a failure ---- */

#define LINES 40
static struct {
	char lines[LINES][160];
	unsigned int count;
} history;

void scene_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(history.lines[history.count++ % LINES], sizeof(*history.lines), fmt, args);
	va_end(args);
}

void scene_forget_notes(void)
{
	history.count = 0;
}

void scene_show_notes(void)
{
	unsigned int first = history.count > LINES ? history.count - LINES : 0;

	for (unsigned int i = first; i < history.count; i++)
		fprintf(stderr, "# %u: %s\n", i, history.lines[i % LINES]);
}

/* ---- chance ---- */

int scene_chance(struct scene *scene, int count)
{
	scene->random ^= scene->random << 13;
	scene->random ^= scene->random >> 7;
	scene->random ^= scene->random << 17;
	return (int)(scene->random % (uint64_t)count);
}

int scene_any_container(struct scene *scene)
{
	return scene_chance(scene, scene->containers);
}

int scene_any_key(struct scene *scene)
{
	return scene->has_keys ? scene_chance(scene, MODEL_KEYS + 1) - 1 : MODEL_NO_KEY;
}

int scene_any_holder(struct scene *scene)
{
	size_t set = (size_t)scene_chance(scene, (int)scene->model.pool.sets);
	int number = MODEL_FIRST + scene_chance(scene, scene->model.pool.last);
	int holder = scene->model.sets[set].addresses[number].holder;

	return holder == MODEL_NOBODY ? scene_any_container(scene) : holder;
}

/* ---- configuration and calls ---- */

static char *ranges_text(const struct scene *scene)
{
	static const char *const subnets[MODEL_SETS] = {"10.1.0.0/24", "fd00::/64"};
	const struct model *model = &scene->model;
	char *text = cni_strdup("");

	for (size_t set = 0; set < model->pool.sets; set++) {
		char *longer =
			cni_format("%s%s[{\"subnet\":\"%s\",\"rangeStart\":\"%s\",\"rangeEnd\":"
				   "\"%s\",\"gateway\":\"%s\"}]",
				   text, set ? "," : "", subnets[set],
				   model_text(model, set, MODEL_FIRST),
				   model_text(model, set, model->pool.last),
				   model_text(model, set, MODEL_GATEWAY));

		free(text);
		text = longer;
	}
	return text;
}

static char *excluded_text(const struct scene *scene)
{
	const struct model *model = &scene->model;
	char *text = cni_strdup("\"10.9.0.0/16\"");

	for (size_t set = 0; set < model->pool.sets; set++)
		for (int number = 0; number < MODEL_ROOM; number++) {
			char *longer;

			if (!(model->pool.excluded >> number & 1))
				continue;
			longer = cni_format("%s,\"%s\"", text, model_text(model, set, number));
			free(text);
			text = longer;
		}
	return text;
}

static void configure(struct scene *scene)
{
	static const char *const reclaims[] = {"lazy", "eager", "never"};
	freeing char *ranges = ranges_text(scene);
	freeing char *excluded = excluded_text(scene);
	freeing char *theirs = cni_format("\"ranges\":[%s]", ranges);
	freeing char *ours =
		cni_format("%s,\"exclude\":[%s],\"cooldown\":%d,\"reclaim\":\"%s\"%s", theirs,
			   excluded, (int)scene->model.pool.cooldown,
			   reclaims[scene->model.pool.reclaim],
			   scene->has_keys ? ",\"stickyKey\":\"pod ${K8S_POD_NAME}\"" : "");

	scene->config = host_local_config("1.1.0", ours, "");
	scene->theirs = host_local_config("1.0.0", theirs, "");
}

struct ask scene_ask(const struct scene *scene, const char *command, int container, int key,
		     int wish)
{
	struct ask ask = {.command = command, .container = container, .key = key, .wish = wish};

	snprintf(ask.name, sizeof(ask.name), "c%d", container);
	snprintf(ask.args, sizeof(ask.args), "IgnoreUnknown=1");
	if (key != MODEL_NO_KEY)
		snprintf(ask.args + strlen(ask.args), 32, ";K8S_POD_NAME=p%d", key);
	if (wish)
		snprintf(ask.args + strlen(ask.args), 64, ";IP=%s",
			 model_text(&scene->model, 0, wish));
	return ask;
}

struct plugin_call scene_call(const struct ask *ask, const char *config)
{
	struct plugin_call call = host_local_call(ask->command, ask->name, config);

	call.args = ask->args;
	return call;
}

char *scene_config_with(const struct scene *scene, const char *more)
{
	return cni_format("{%s,%s", more, scene->config + 1);
}

int scene_answered(const struct scene *scene, const struct plugin_answer *answer, size_t set)
{
	const cJSON *ip = cJSON_GetArrayItem(cni_json_get(answer->json, "ips"), (int)set);
	const char *address = cni_json_get_string(ip, "address");
	freeing char *text = address ? cni_strndup(address, strcspn(address, "/")) : NULL;

	assert_non_null(text);
	return model_number(&scene->model, set, text);
}

/* ---- open and close ---- */

void scene_open(struct scene *scene, const struct model_pool *pool, int containers, bool has_keys,
		uint64_t seed)
{
	*scene = (struct scene){.containers = containers,
				.has_keys = has_keys,
				.random = seed * 2 + 1,
				.dir = host_local_path(""),
				.is_tidy = true};
	model_begin(&scene->model, pool, scene->dir);
	configure(scene);
	/* Neighbouring seeds begin alike. */
	for (int i = 0; i < 20; i++)
		scene_chance(scene, 1);
}

void scene_close(struct scene *scene)
{
	free(scene->dir);
	free(scene->config);
	free(scene->theirs);
}
