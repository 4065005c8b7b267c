/* SPDX-License-Identifier: Apache-2.0 */
/* malloc(3) of executables that end soon: what cJSON, libmnl, libnftnl and the C library allocate comes from the
 * arena as well. The portable build of musl alone has it: its allocator takes a quarter of an ADD's instructions. */
#include "arena.h"

#include <stdlib.h>

void *malloc(size_t size)
{
	return arena_alloc(size);
}

void *calloc(size_t count, size_t size)
{
	return arena_alloc_zeroed(count, size);
}

void *realloc(void *ptr, size_t size)
{
	return arena_resize(ptr, size);
}

void free(void *ptr)
{
	arena_free(ptr);
}
