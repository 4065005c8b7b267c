/* SPDX-License-Identifier: Apache-2.0 */
/* Records of owners in a directory of a test (store_dir.h). Failures fail the test. */
#ifndef RECORDS_H
#define RECORDS_H

#include "record.h"
#include "store_dir.h"

#include <stdbool.h>

#define RECORDS_BOOT "0123456789abcdef"

/* A record of this boot. */
struct record records_of(const char *address, const char *mark);
void records_put(int dir, const struct record_owner *owner, const char *address);

/* The addresses of an owner's records in their order, then what ended them: "10.1.0.2 10.1.0.3 0". */
void records_assert(int dir, const struct record_owner *owner, const char *expected);

/* The name of an owner's k-th record; the caller frees. */
char *records_name(const struct record_owner *owner, const char *k);

bool records_has_entry(int dir, const char *name);

/* An entry that is no record: a link to nowhere (0), a directory (1), a pipe (2), a file (3). */
void records_make_entry(int dir, const char *name, int kind);

#endif
