/* SPDX-License-Identifier: Apache-2.0 */
/* host-local beside the model of its ledger (ledger_model.h): a network, and random operations on
 * it. Each operation asserts the promises, and updates the model. */
#ifndef LEDGER_SCENE_H
#define LEDGER_SCENE_H

#include "ledger_model.h"
#include "plugin.h"

struct scene {
	struct model model;
	int containers;
	bool has_keys;
	uint64_t random;
	char *dir;    /* the network's */
	char *config; /* ours */
	char *theirs; /* what the Go plugin can read, which is of an older specification */
	bool is_tidy; /* nothing was killed since we had the lock last */
};

/* In host_local_data_dir. */
void scene_open(struct scene *scene, const struct model_pool *pool, int containers, bool has_keys,
		uint64_t seed);
void scene_close(struct scene *scene);

/* ---- the last steps, for the reader of a failure ---- */

void scene_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void scene_forget_notes(void);
void scene_show_notes(void);

/* ---- chance ---- */

/* 0 to count - 1. */
int scene_chance(struct scene *scene, int count);
int scene_any_container(struct scene *scene);
/* More often one that holds something. */
int scene_any_holder(struct scene *scene);
int scene_any_key(struct scene *scene);

/* ---- calls ---- */

struct ask {
	const char *command;
	int container;
	int key;
	int wish;
	char name[16];
	char args[128];
};

struct ask scene_ask(const struct scene *scene, const char *command, int container, int key,
		     int wish);

/* The pointers in it belong to `ask` and `config`. */
struct plugin_call scene_call(const struct ask *ask, const char *config);

/* scene->config with `more` in it, such as "\"prevResult\":{…}". The caller frees. */
char *scene_config_with(const struct scene *scene, const char *more);

/* The number of the address that an ADD has answered for a set. */
int scene_answered(const struct scene *scene, const struct plugin_answer *answer, size_t set);

/* ---- operations: ours ---- */

void scene_add(struct scene *scene);
void scene_add_requested(struct scene *scene);
void scene_del(struct scene *scene);
void scene_check(struct scene *scene);
void scene_gc(struct scene *scene);
void scene_status(struct scene *scene);

/* ---- ours, and killed at any system call ---- */

void scene_kill_add(struct scene *scene);
void scene_kill_del(struct scene *scene);
void scene_kill_gc(struct scene *scene);

/* ---- others' ---- */

void scene_their_add(struct scene *scene);
void scene_their_del(struct scene *scene);
void scene_remove_file(struct scene *scene);
void scene_reboot(struct scene *scene);
void scene_damage_sidecar(struct scene *scene);

#endif
