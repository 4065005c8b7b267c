/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's side of the plugins "one", "two" and "three" of fake.h: a list of them by the name
 * of "blue", and the attachment of the container "c1". Each test has a scene of its own, as its
 * state. Failures fail the test. */
#ifndef CHAIN_SCENE_H
#define CHAIN_SCENE_H

#include "chain.h"
#include "fake.h"
#include "test.h"

struct chain_scene {
	struct fake fake; /* where the result cache is too */
	struct cni_conflist list;
	struct cni_warnings warnings;
	struct cni_chain chain;
	struct cni_error err;
	char *path;		/* CNI_PATH */
	cJSON *capability_args; /* what `chain` points to, or NULL */
};

/* In the scene's directory, what is remembered of the attachment. */
#define CHAIN_CACHED "results/blue-c1-eth0"

int chain_setup(void **state);
int chain_teardown(void **state);
#define chain_test(name) cmocka_unit_test_setup_teardown(name, chain_setup, chain_teardown)

/* Replaces the list, which is one of 1.1.0 at first, by one of `version`, with more keys for it,
 * and for the plugin "one": "\"disableGC\":true,", "" for none. */
void chain_load(struct chain_scene *scene, const char *version, const char *keys, const char *one);

/* Sets the capability arguments to this JSON. */
void chain_give_capabilities(struct chain_scene *scene, const char *json);

/* An ADD that succeeds and asks each plugin once. */
void chain_adds(struct chain_scene *scene);

/* Compares the member `key` of what a plugin got on stdin (in the file "one.ADD") with JSON in one
 * line; "-": it is not there. */
void chain_assert_input(const struct chain_scene *scene, const char *file, const char *key,
			const char *expected);

/* Fails the test unless a plugin's environment (in the file "one.ADD.env") holds "NAME=value". */
void chain_assert_environment(const struct chain_scene *scene, const char *file, const char *line);

#endif
