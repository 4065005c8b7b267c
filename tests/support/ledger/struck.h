/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of host-local on c1, struck at one of their system calls, and the properties that hold
 * afterwards. Failures fail the test. */
#ifndef STRUCK_H
#define STRUCK_H

#include "plugin.h"

#include <stdbool.h>
#include <stddef.h>

/* An operation, and how many addresses c1 and all hold before and after it. */
struct struck {
	void (*prepare)(const char *config);
	const char *command;
	const char *args;
	const char *more; /* of the configuration */
	size_t before;
	size_t after;
	size_t all_before;
	size_t all_after;
};

extern const struct struck struck_add_first;
extern const struct struck struck_add;
extern const struct struck struck_add_learning; /* the sidecar is not there */
extern const struct struck struck_add_stale;	/* nothing is left but what others had once */
extern const struct struck struck_add_own;	/* what it had once */
extern const struct struck struck_add_another;	/* instead of what it had once */
extern const struct struck struck_del;
extern const struct struck struck_gc;

/* The configuration; the caller frees. */
char *struck_config(const struct struck *struck);

/* Prepares the state before the operation, and no more. */
void struck_prepare(const struct struck *struck);

/* It; what the call points to belongs to `struck` and `config`. */
struct plugin_call struck_call(const struct struck *struck, const char *config);

/* Asserts the state before, after, or between the two. */
void struck_assert_before(const struct struck *struck);
void struck_assert_after(const struct struck *struck);
void struck_assert_between(const struct struck *struck);

/* All that comes next succeeds, and the reservations are exact: ours, one way or another according
 * to `turn`, and each fourth time the Go plugin's if it is there. */
void struck_assert_goes_on(unsigned int turn);

#endif
