/* SPDX-License-Identifier: Apache-2.0 */
/* Changes by others: the Go plugin, the machine, and a shell. */
#include "ledger_scene.h"

#include "boots.h"
#include "cleanup.h"
#include "host_local_calls.h"
#include "mem.h"
#include "sandbox.h"

#include <unistd.h>

/* ---- the Go plugin ---- */

/* It knows of no boot, and excludes nothing but the gateway. */
static bool may_they_add(const struct model *model, int container)
{
	bool may = true;

	for (size_t set = 0; set < model->pool.sets; set++) {
		int free = 0;

		for (int number = MODEL_FIRST; number <= model->pool.last; number++)
			free += number != MODEL_GATEWAY && model_is_free(model, set, number);
		may &= free && !model_find(model, set, container, MODEL_FIRST);
	}
	return may;
}

/* If it fails in the second set it releases all that the container had. */
static void follow_their_failure(struct model *model, int container)
{
	struct model_files files = model_read_files(model, false);

	for (size_t set = 0; set < model->pool.sets; set++)
		for (int number = 0; number < MODEL_ROOM; number++)
			if (model->sets[set].addresses[number].holder == container &&
			    files.holders[set][number] == MODEL_NOBODY) {
				model_drop(model, set, number);
				model_change(model);
			}
}

void scene_their_add(struct scene *scene)
{
	struct ask asked =
		scene_ask(scene, "ADD", scene_any_container(scene), MODEL_NO_KEY, MODEL_NONE);
	struct plugin_call call = scene_call(&asked, scene->theirs);
	struct model *model = &scene->model;
	bool may_add = may_they_add(model, asked.container);
	struct plugin_answer answer;

	call.plugin = GO_HOST_LOCAL;
	answer = plugin_run(&call);
	scene_note("the Go plugin's ADD %s: exit %d", asked.name, answer.exit_code);
	if (may_add != (answer.exit_code == 0))
		fail_msg("exit %d\n%s", answer.exit_code, answer.out);
	if (!may_add)
		follow_their_failure(model, asked.container);
	for (size_t set = 0; set < model->pool.sets && may_add; set++) {
		int number = scene_answered(scene, &answer, set);

		assert_true(model_is_free(model, set, number));
		model_take(model, set, number, asked.container, UNRECORDED);
		model_change(model);
	}
	plugin_answer_clear(&answer);
}

void scene_their_del(struct scene *scene)
{
	struct ask asked =
		scene_ask(scene, "DEL", scene_any_holder(scene), MODEL_NO_KEY, MODEL_NONE);
	struct plugin_call call = scene_call(&asked, scene->theirs);

	call.plugin = GO_HOST_LOCAL;
	scene_note("the Go plugin's DEL %s", asked.name);
	plugin_succeeds(&call);
	for (size_t set = 0; set < scene->model.pool.sets; set++)
		for (int number;
		     (number = model_find(&scene->model, set, asked.container, MODEL_FIRST));) {
			model_drop(&scene->model, set, number);
			model_change(&scene->model);
		}
}

/* ---- by hand ---- */

void scene_remove_file(struct scene *scene)
{
	struct model *model = &scene->model;
	size_t set = (size_t)scene_chance(scene, (int)model->pool.sets);
	int number = model_find(model, set, scene_any_holder(scene), MODEL_FIRST);
	freeing char *path = cni_format("%s/%s", scene->dir, model_text(model, set, number));

	if (!number)
		return;
	scene_note("rm %s", model_text(model, set, number));
	assert_int_equal(unlink(path), 0);
	model_drop(model, set, number);
	model_change(model);
}

void scene_reboot(struct scene *scene)
{
	scene_note("a reboot");
	boots_next();
	model_reboot(&scene->model);
}

/* A damage to a part of the sidecar, and the facts that are uncertain then. */
static const struct damage {
	const char *command;
	void (*tell)(struct model *model);
} damages[] = {
	{"rm -r \"$PWD\"", model_lose_sidecar},
	{"rm ./head", model_doubt_released},
	{": >./head", model_doubt_released},
	{"head -c96 /dev/urandom >./head", model_doubt_released},
	{"rm ./*.bits", model_doubt_bits},
	{"for f in ./*.bits; do : >$f; done", model_doubt_bits},
	{"for f in ./*.bits; do head -c16384 /dev/urandom >$f; done", model_doubt_bits},
	{"for f in ./*.released; do head -c999 /dev/urandom >$f; done", model_doubt_released},
	{"rm ./*.released", model_doubt_released},
	{"for f in ./*.keys; do head -c9999 /dev/urandom >$f; done", model_doubt_keys},
	{"rm ./owners/*", model_doubt_records},
	{"f=$(ls owners/* | head -1); rm $f; ln -s 'what is this' $f", model_doubt_records},
	{"f=$(ls owners/* | tail -1); mv $f ${f%%0}7", model_doubt_records},
	{"f=$(ls owners/* | tail -1); rm $f; echo hello >$f", model_doubt_records},
};

void scene_damage_sidecar(struct scene *scene)
{
	int count = (int)(sizeof(damages) / sizeof(*damages));
	const struct damage *damage = &damages[scene_chance(scene, count)];

	scene_note("the sidecar: %s", damage->command);
	/* Missing files cannot be damaged. */
	sandbox_run("cd '%s/.cni-c/blue' 2>/dev/null && { %s; } 2>/dev/null", host_local_data_dir,
		    damage->command);
	damage->tell(&scene->model);
}
