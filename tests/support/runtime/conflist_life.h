/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime's network (conflist_scene.h) with two containers, at each of its versions: who reaches
 * whom and by which address, CHECK, STATUS, GC, both kinds of DEL, and that nothing is left. */
#ifndef CONFLIST_LIFE_H
#define CONFLIST_LIFE_H

#include "conflist_scene.h"

/* The first part: both are added, and reach what the network promises. The caller closes them. */
void conflist_attach(const struct conflist *list, const char *version, struct conflist_pod *red,
		     struct conflist_pod *blue);

/* `red` and a pod of list->neighbour, which comes and goes, do not reach each other. */
void conflist_assert_kept_apart(const struct conflist *list, const struct conflist_pod *red);

/* A test, with the list as its state; a row of runtimes.h. */
void conflist__lives_as_its_runtime_has_it(void **state);
#define conflist_test(list)                                                                        \
	{                                                                                          \
		.name = #list "__lives_as_its_runtime_has_it",                                     \
		.test_func = conflist__lives_as_its_runtime_has_it, .setup_func = conflist_setup,  \
		.teardown_func = conflist_teardown, .initial_state = (void *)(uintptr_t) & (list)  \
	}

#endif
