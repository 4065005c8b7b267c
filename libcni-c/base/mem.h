/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that cannot fail: each function returns memory, or prints a CNI error (code 100) on
 * stdout and exits with 1. A plugin is a short-lived process; DEL removes unfinished work, by
 * identity. */
#ifndef CNI_MEM_H
#define CNI_MEM_H

#include "decls.h"

#include <stddef.h>

CNI_BEGIN_DECLS

/* `size` bytes of zeroes, freed with free(). */
void *cni_alloc(size_t size);

/* `ptr` (NULL allowed) grown or shrunk to hold `count` items of `size` bytes; new bytes are not
 * cleared. */
void *cni_realloc_array(void *ptr, size_t count, size_t size);

/* A copy of `text`; NULL gives NULL. */
char *cni_strdup(const char *text);

/* A copy of the first `length` bytes of `text`, terminated. */
char *cni_strndup(const char *text, size_t length);

/* printf into memory that the caller frees. */
char *cni_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Returns `ptr` unless it is NULL: for makers of other libraries. */
void *cni_need(void *ptr);

/* Prints the error that memory is exhausted, and exits. For allocators of other libraries that
 * return NULL. */
void cni_out_of_memory(void) __attribute__((noreturn));

CNI_END_DECLS

#endif
