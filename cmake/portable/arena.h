/* SPDX-License-Identifier: Apache-2.0 */
/* An allocator for a process with one thread that ends soon: a malloc(3) that is a few instructions and, for the first
 * 256 KiB, no system call. Memory that is freed is kept for blocks of the same size, and goes back to the kernel
 * only if it was a large block: a process takes as much as it needed at once, of each size.
 *
 * A block that is freed twice, or that was never allocated, stops the process (SIGABRT). */
#ifndef PORTABLE_ARENA_H
#define PORTABLE_ARENA_H

#include <stddef.h>

/* As malloc(3), calloc(3), realloc(3) and free(3), with 16 bytes of alignment; NULL and ENOMEM. */
void *arena_alloc(size_t size);
void *arena_alloc_zeroed(size_t count, size_t size);
void *arena_resize(void *ptr, size_t size);
void arena_free(void *ptr);

/* Returns the bytes that the arena has from the kernel now, its first ones included. */
size_t arena_size(void);

#endif
