/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT 16U

/* The first memory is the executable's own: the kernel gives its pages when they are touched. */
#define FIRST_SIZE (256U << 10)
#define CHUNK_SIZE (256U << 10)

/* Sizes of blocks: each multiple of 16 up to SMALL_MAX, then powers of two up to MEDIUM_MAX. */
#define SMALL_MAX  1024U
#define MEDIUM_MAX (64U << 10)
#define SMALL	   (SMALL_MAX / ALIGNMENT)
#define LISTS	   (SMALL + 6)

/* A block that is larger than MEDIUM_MAX is a mapping of its own. */
#define LARGE UINT32_MAX

enum state {
	LIVE = 0x6c697665,
	FREE = 0x66726565,
};

/* Stands before each block. */
struct block {
	uint32_t list; /* in which the block is kept when it is free; LARGE */
	uint32_t state;
	union {
		struct block *next; /* FREE */
		size_t size;	    /* of a LARGE block, with this header */
	};
};

_Static_assert(sizeof(struct block) == ALIGNMENT, "a block begins at a multiple of the alignment");

static struct {
	_Alignas(ALIGNMENT) char first[FIRST_SIZE];
	char *at; /* the end of what is given out; NULL before the first block */
	char *end;
	struct block *free[LISTS];
	size_t mapped;
} arena;

static uint32_t list_of(size_t size)
{
	uint32_t list = SMALL;

	if (size <= SMALL_MAX)
		return size ? (uint32_t)((size - 1) / ALIGNMENT) : 0;
	for (size_t room = (size_t)2 * SMALL_MAX; room < size; room *= 2)
		list++;
	return list;
}

static size_t room_of(const struct block *block)
{
	if (block->list == LARGE)
		return block->size - sizeof(*block);
	if (block->list < SMALL)
		return ((size_t)block->list + 1) * ALIGNMENT;
	return (size_t)2 * SMALL_MAX << (block->list - SMALL);
}

static void *map(size_t size)
{
	void *found = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (found == MAP_FAILED) {
		errno = ENOMEM;
		return NULL;
	}
	arena.mapped += size;
	return found;
}

/* A block that was never used: its memory is zero. */
static struct block *new_block(uint32_t list)
{
	struct block kind = {.list = list};
	size_t size = sizeof(kind) + room_of(&kind);
	struct block *block;

	if (!arena.at) {
		arena.at = arena.first;
		arena.end = arena.first + sizeof(arena.first);
	}
	if (size > (size_t)(arena.end - arena.at)) {
		char *chunk = map(CHUNK_SIZE);

		if (!chunk)
			return NULL;
		/* The rest of the chunk before is given up: less than one block. */
		arena.at = chunk;
		arena.end = chunk + CHUNK_SIZE;
	}
	block = (void *)arena.at;
	arena.at += size;
	block->list = list;
	return block;
}

static size_t large_size(size_t size)
{
	const size_t page = 4096;

	return (size + sizeof(struct block) + page - 1) & ~(page - 1);
}

static void *alloc_large(size_t size, bool *ret_zero)
{
	struct block *block;

	*ret_zero = true;
	if (size > PTRDIFF_MAX - (64U << 10)) {
		errno = ENOMEM;
		return NULL;
	}
	block = map(large_size(size));
	if (!block)
		return NULL;
	*block = (struct block){.list = LARGE, .state = LIVE, .size = large_size(size)};
	return block + 1;
}

/* `ret_zero` becomes true if the memory is known to be zero. */
static void *alloc(size_t size, bool *ret_zero)
{
	struct block *block;
	uint32_t list;

	if (size > MEDIUM_MAX)
		return alloc_large(size, ret_zero);
	list = list_of(size);
	block = arena.free[list];
	*ret_zero = !block;
	if (block)
		arena.free[list] = block->next;
	else
		block = new_block(list);
	if (!block)
		return NULL;
	block->state = LIVE;
	return block + 1;
}

static struct block *block_of(void *ptr)
{
	struct block *block = (struct block *)ptr - 1;

	if ((uintptr_t)ptr % ALIGNMENT || block->state != LIVE)
		abort();
	return block;
}

void *arena_alloc(size_t size)
{
	bool zero;

	return alloc(size, &zero);
}

void *arena_alloc_zeroed(size_t count, size_t size)
{
	bool zero;
	void *ptr;

	if (__builtin_mul_overflow(count, size, &size)) {
		errno = ENOMEM;
		return NULL;
	}
	ptr = alloc(size, &zero);
	if (ptr && !zero)
		memset(ptr, 0, size);
	return ptr;
}

static void *resize_large(struct block *block, size_t size)
{
	size_t before = block->size;
	size_t after;

	if (size > PTRDIFF_MAX - (64U << 10)) {
		errno = ENOMEM;
		return NULL;
	}
	after = large_size(size);
	if (after == before)
		return block + 1;
	block = mremap(block, before, after, MREMAP_MAYMOVE);
	if (block == MAP_FAILED) {
		errno = ENOMEM;
		return NULL;
	}
	arena.mapped += after - before;
	block->size = after;
	return block + 1;
}

void *arena_resize(void *ptr, size_t size)
{
	struct block *block;
	void *moved;
	size_t room;

	if (!ptr)
		return arena_alloc(size);
	block = block_of(ptr);
	room = room_of(block);
	if (block->list == LARGE)
		return resize_large(block, size);
	if (size <= room)
		return ptr;
	moved = arena_alloc(size);
	if (!moved)
		return NULL;
	memcpy(moved, ptr, room);
	arena_free(ptr);
	return moved;
}

void arena_free(void *ptr)
{
	int kept = errno;
	struct block *block;

	if (!ptr)
		return;
	block = block_of(ptr);
	if (block->list == LARGE) {
		size_t size = block->size;

		/* Fails only where a mapping cannot be split: the memory then stays until the end. */
		if (munmap(block, size) == 0)
			arena.mapped -= size;
		errno = kept;
		return;
	}
	block->state = FREE;
	block->next = arena.free[block->list];
	arena.free[block->list] = block;
}

size_t arena_size(void)
{
	return sizeof(arena.first) + arena.mapped;
}
