/* SPDX-License-Identifier: Apache-2.0 */
/* Our operations, to the end or until we are killed. */
#include "ledger_scene.h"

#include "cleanup.h"
#include "error.h"
#include "host_local_calls.h"
#include "mem.h"
#include "trace.h"

#include <stdlib.h>

static void take_answer(struct scene *scene, const struct ask *ask,
			const struct plugin_answer *answer, struct between now)
{
	struct model *model = &scene->model;

	for (size_t set = 0; set < model->pool.sets; set++) {
		int own = model_find(model, set, ask->container, MODEL_FIRST);
		int number = scene_answered(scene, answer, set);
		struct outlook outlook = model_outlook(model, set, ask->container, ask->key,
						       set ? MODEL_NONE : ask->wish);

		scene_note("  got %s", model_text(model, set, number));
		model_assert_may_get(model, set, &outlook, ask->key, number, now);
		if (own && own != number)
			model_release(model, set, own, now);
		model_take(model, set, number, ask->container, RECORDED);
		model_set_key(model, set, ask->key, number);
	}
}

static void take_refusal(const struct scene *scene, const struct ask *ask,
			 const struct plugin_answer *answer)
{
	const cJSON *code = cni_json_get(answer->json, "code");
	bool may_be = false;

	scene_note("  refused with %d", code ? code->valueint : -1);
	for (size_t set = 0; set < scene->model.pool.sets && code; set++) {
		struct outlook outlook = model_outlook(&scene->model, set, ask->container, ask->key,
						       set ? MODEL_NONE : ask->wish);

		may_be |= (code->valueint == CNI_ETAKEN && outlook.may_be_taken) ||
			  (code->valueint == CNI_EEXHAUSTED && outlook.may_be_exhausted);
	}
	if (!may_be)
		fail_msg("there is no reason for this refusal:\n%s", answer->out);
}

static void add(struct scene *scene, int wish)
{
	struct ask asked =
		scene_ask(scene, "ADD", scene_any_container(scene), scene_any_key(scene), wish);
	struct plugin_call call = scene_call(&asked, scene->config);
	struct model *model = &scene->model;
	struct plugin_answer answer;
	struct between now;

	scene_note("ADD %s %s", asked.name, asked.args);
	model_look(model);
	now.earliest = model_now();
	answer = plugin_run(&call);
	now.latest = model_now();
	if (wish && !model_is_usable(model, wish)) {
		plugin_assert_error(&answer, CNI_ECONFIG, NULL);
		plugin_answer_clear(&answer);
		return;
	}
	scene->is_tidy = true;
	model_learn(model);
	if (model->pool.reclaim == MODEL_EAGER)
		model_release_stale(model, false, now);
	if (answer.exit_code == 0)
		take_answer(scene, &asked, &answer, now);
	else
		take_refusal(scene, &asked, &answer);
	plugin_answer_clear(&answer);
}

void scene_add(struct scene *scene)
{
	add(scene, MODEL_NONE);
}

void scene_add_requested(struct scene *scene)
{
	add(scene, 1 + scene_chance(scene, scene->model.pool.last + 1));
}

static void release_all_of(struct model *model, int container, struct between now)
{
	for (size_t set = 0; set < model->pool.sets; set++)
		for (int number; (number = model_find(model, set, container, MODEL_FIRST));)
			model_release(model, set, number, now);
}

void scene_del(struct scene *scene)
{
	struct ask asked =
		scene_ask(scene, "DEL", scene_any_holder(scene), MODEL_NO_KEY, MODEL_NONE);
	struct plugin_call call = scene_call(&asked, scene->config);
	struct between now = {.earliest = model_now()};

	scene_note("DEL %s", asked.name);
	plugin_succeeds(&call);
	now.latest = model_now();
	scene->is_tidy = true;
	model_learn(&scene->model);
	release_all_of(&scene->model, asked.container, now);
}

/* CHECK with the held addresses, or with random ones: another owner's, or free. */
void scene_check(struct scene *scene)
{
	struct ask asked =
		scene_ask(scene, "CHECK", scene_any_holder(scene), MODEL_NO_KEY, MODEL_NONE);
	freeing char *text = cni_strdup("");
	freeing char *config = NULL;
	freeing char *more = NULL;
	struct plugin_call call;
	int wrong = 0;

	for (size_t set = 0; set < scene->model.pool.sets; set++) {
		int number = model_find(&scene->model, set, asked.container, MODEL_FIRST);
		char *longer;

		wrong += !number;
		if (!number)
			number = MODEL_FIRST + scene_chance(scene, scene->model.pool.last - 1);
		longer = cni_format("%s%s{\"address\":\"%s/24\"}", text, set ? "," : "",
				    model_text(&scene->model, set, number));
		free(text);
		text = longer;
	}
	more = cni_format("\"prevResult\":{\"cniVersion\":\"1.1.0\",\"ips\":[%s]}", text);
	config = scene_config_with(scene, more);
	call = scene_call(&asked, config);
	scene_note("CHECK %s %s", asked.name, text);
	if (wrong)
		plugin_fails(&call, CNI_EMISMATCH, NULL);
	else
		plugin_succeeds(&call);
}

/* ---- GC ---- */

/* An operation's effect on containers that are not valid any more. */
typedef void releaser(struct model *model, int container, struct between now);

/* GC with some of the containers valid. */
struct collection {
	uint32_t valid; /* bits */
	char *config;
};

static struct collection collect(struct scene *scene)
{
	struct collection collection = {0};
	freeing char *text = cni_strdup("\"cni.dev/valid-attachments\":[");
	freeing char *more = NULL;

	for (int container = 0; container < scene->containers; container++) {
		char *longer;

		if (!scene_chance(scene, 3))
			continue;
		longer = cni_format("%s%s{\"containerID\":\"c%d\",\"ifname\":\"eth0\"}", text,
				    collection.valid ? "," : "", container);
		collection.valid |= (uint32_t)1 << container;
		free(text);
		text = longer;
	}
	more = cni_format("%s]", text);
	collection.config = scene_config_with(scene, more);
	return collection;
}

static void release_invalid(struct scene *scene, const struct collection *collection,
			    releaser *release, struct between now)
{
	for (int container = 0; container < scene->containers; container++)
		if (!(collection->valid >> container & 1))
			release(&scene->model, container, now);
}

static struct plugin_call gc_call(const struct collection *collection)
{
	return (struct plugin_call){
		.plugin = HOST_LOCAL, .command = "GC", .config = collection->config};
}

void scene_gc(struct scene *scene)
{
	struct collection collection = collect(scene);
	struct plugin_call call = gc_call(&collection);
	struct between now = {.earliest = model_now()};

	scene_note("GC, valid: %#x", collection.valid);
	plugin_succeeds(&call);
	now.latest = model_now();
	scene->is_tidy = true;
	model_learn(&scene->model);
	release_invalid(scene, &collection, release_all_of, now);
	free(collection.config);
}

/* ---- STATUS ---- */

void scene_status(struct scene *scene)
{
	struct plugin_call call = {
		.plugin = HOST_LOCAL, .command = "STATUS", .config = scene->config};
	struct plugin_answer answer = plugin_run(&call);
	bool may_succeed = true;
	bool may_fail = false;

	scene_note("STATUS: %d", answer.exit_code);
	for (size_t set = 0; set < scene->model.pool.sets; set++) {
		struct outlook outlook = model_outlook(&scene->model, set, scene->containers,
						       MODEL_NO_KEY, MODEL_NONE);

		may_succeed &= outlook.may_succeed;
		may_fail |= outlook.may_be_exhausted;
	}
	if (answer.exit_code == 0 ? !may_succeed : !may_fail)
		fail_msg("STATUS is not as it should be: %s", answer.out);
	if (answer.exit_code)
		plugin_assert_error(&answer, CNI_EUNAVAILABLE, NULL);
	plugin_answer_clear(&answer);
}

/* ---- killed ---- */

/* At a system call somewhere, or after all of them. */
static struct between kill_somewhere(struct scene *scene, struct plugin_call *call,
				     const char *name)
{
	unsigned int nth = (unsigned int)scene_chance(scene, scene_chance(scene, 4) ? 60 : 200);
	struct between now = {.earliest = model_now()};
	bool was_killed;

	call->path = "/opt/cni/bin";
	was_killed = trace_kill(call, nth);
	now.latest = model_now();
	scene_note("%s %s %s at its call %u", call->command, name,
		   was_killed ? "killed" : "ended before it was killed", nth);
	scene->is_tidy = false;
	model_learn_perhaps(&scene->model);
	return now;
}

void scene_kill_add(struct scene *scene)
{
	struct ask asked = scene_ask(scene, "ADD", scene_any_container(scene), scene_any_key(scene),
				     MODEL_NONE);
	struct plugin_call call = scene_call(&asked, scene->config);
	struct between now;

	model_look(&scene->model);
	now = kill_somewhere(scene, &call, asked.name);
	if (scene->model.pool.reclaim == MODEL_EAGER)
		model_release_stale(&scene->model, true, now);
	model_follow_add(&scene->model, asked.container, asked.key, MODEL_NONE, now);
}

void scene_kill_del(struct scene *scene)
{
	struct ask asked =
		scene_ask(scene, "DEL", scene_any_holder(scene), MODEL_NO_KEY, MODEL_NONE);
	struct plugin_call call = scene_call(&asked, scene->config);
	struct between now = kill_somewhere(scene, &call, asked.name);

	model_follow_release(&scene->model, asked.container, now);
}

void scene_kill_gc(struct scene *scene)
{
	struct collection collection = collect(scene);
	struct plugin_call call = gc_call(&collection);
	struct between now = kill_somewhere(scene, &call, "");

	release_invalid(scene, &collection, model_follow_release, now);
	free(collection.config);
}
