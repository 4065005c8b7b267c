/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a directory. */
#ifndef HOST_LOCAL_ENTRIES_H
#define HOST_LOCAL_ENTRIES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

struct entries {
	char **names; /* in the order of strcmp(3) */
	size_t count;
};

/* Reads the names in `dir` for which `is_wanted` returns true, without "." and "..". entries_clear() afterwards.
 * Returns -1 and errno, with nothing to clear, if the directory cannot be read. */
int entries_read(int dir, bool (*is_wanted)(const char *name), struct entries *ret_entries);

void entries_clear(struct entries *entries);
#define clearing_entries __attribute__((cleanup(entries_clear)))

/* A walk through `dir` that has a position of its own, since a descriptor has one for all who read it; NULL and errno.
 */
DIR *entries_open(int dir);

void entries_close(DIR **walk);
#define closing_dir __attribute__((cleanup(entries_close)))

#endif
