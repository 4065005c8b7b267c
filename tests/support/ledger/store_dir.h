/* SPDX-License-Identifier: Apache-2.0 */
/* A data directory of its own for each test of the store, and the network "blue" in it. Failures
 * fail the test. */
#ifndef STORE_DIR_H
#define STORE_DIR_H

#include "store.h"
#include "test.h"

#include <stdbool.h>

/* The data directory's path. */
extern char store_dir[];
int store_dir_setup(void **state);
int store_dir_teardown(void **state);
#define store_test(name) cmocka_unit_test_setup_teardown(name, store_dir_setup, store_dir_teardown)

/* The data directory opened; the caller closes. */
int store_dir_fd(void);

/* The text of a record (record.h) with its digest behind it, which the caller frees. */
char *store_dir_sealed(const char *text);

/* "<data directory>/blue/<name>", until the next call. */
const char *store_dir_path(const char *name);

/* Makes the network's file hold `text`. */
void store_dir_put(const char *name, const char *text);

/* Fails the test unless the network's file holds this and nothing else. */
void store_dir_assert(const char *name, const char *expected);

/* A link below the data directory, to a file there that store_dir_assert_target() then finds
 * unchanged. */
void store_dir_link(const char *path);
void store_dir_assert_target(void);

/* True if the network's directory has this name; "": if the directory exists. */
bool store_dir_has(const char *name);

/* Where the network "blue" is. */
struct place store_dir_place(void);

/* The four ways into "blue", which succeed. */
struct store *store_dir_make(void);
struct store *store_dir_open(void);
struct store *store_dir_look(void);
struct store *store_dir_survey(void);

/* Asserts the holder of the address according to store_read(). NULL: none. */
void store_dir_assert_holder(struct store *store, const char *address, const char *container,
			     const char *ifname);

/* Reserves claims for the container's eth0. As store_reserve(). */
int store_dir_claim(struct store *store, const struct store_claim *claims, size_t count,
		    const char *container, struct cni_error *err);

/* Reserves one address, for the container's eth0. */
void store_dir_reserve(struct store *store, const char *address, size_t set, const char *container);

/* Makes the network's directory with these files in it: pairs of a name and what it holds. */
void store_dir_fill(const char *const (*files)[2], size_t count);

struct cni_ip parsed_ip(const char *text);

#endif
