/* SPDX-License-Identifier: Apache-2.0 */
/* Files for a harness whose subject reads them: below /run, which is a tmpfs in a mount namespace of
 * this process. No file of the machine is read or written. */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stddef.h>

/* libFuzzer calls this first, in each harness that calls one of the functions below: files.c. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Makes the file hold exactly these bytes. Its directory must be there. A link of its name is not
 * followed, since its target may be a file of the machine: that aborts. */
void fuzz_put(const char *path, const void *data, size_t size);

/* Removes all that is below /run, and makes the directory `path` (mkdir -p). */
void fuzz_begin(const char *path);

#endif
