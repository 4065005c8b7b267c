/* SPDX-License-Identifier: Apache-2.0 */
/* A directory for a test, and plugins in it that are shell scripts and tell what they were asked.
 *
 * The plugin "one", asked to ADD, appends "ADD one" to the file log, keeps its stdin in one.ADD and
 * its CNI_* variables in one.ADD.env, prints one.answer, and exits with 0. If there is a file
 * one.ADD.fails it prints that instead and exits with 1. Not asked anything it says on stderr who
 * it is. */
#ifndef FAKE_H
#define FAKE_H

#include "json.h"

#include <stdbool.h>

struct fake {
	char dir[32]; /* its path */
};

/* Makes the directory; a failure fails the test, as for all of these. */
void fake_open(struct fake *fake);

/* Removes it with all that is in it. */
void fake_close(struct fake *fake);

/* Writes the script of the plugin `type` into <dir>/bin. It answers an ADD with an address. */
void fake_add_plugin(const struct fake *fake, const char *type);

/* Makes <dir>/<path> hold `text`; directories on the way are made. */
void fake_write(const struct fake *fake, const char *path, const char *text);

/* "<dir>/<path>", which the caller frees. */
char *fake_path(const struct fake *fake, const char *path);

/* The text of <dir>/<path>, or NULL without a file; the caller frees. */
char *fake_read(const struct fake *fake, const char *path);
cJSON *fake_read_json(const struct fake *fake, const char *path);

bool fake_has(const struct fake *fake, const char *path);
void fake_remove(const struct fake *fake, const char *path);

/* Fails the test unless the plugins were asked this, in this order: "ADD one\nADD two\n". Nothing
 * was asked afterwards. */
void fake_assert_asked(const struct fake *fake, const char *expected);

#endif
