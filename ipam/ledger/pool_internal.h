/* SPDX-License-Identifier: Apache-2.0 */
/* The struct and functions that pool.c and pool_rest.c (times of release) share. */
#ifndef HOST_LOCAL_POOL_INTERNAL_H
#define HOST_LOCAL_POOL_INTERNAL_H

#include "plane.h"
#include "pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORD_BITS 64
#define WORDS	  (PLANE_PIECE / WORD_BITS)

/* Bytes of both planes in a piece. */
#define PLANES_SIZE (2 * PLANE_PIECE / 8)

/* Pieces whose files stay open after they were read, to be written. */
#define FILES_OPEN 4

struct piece {
	struct cni_ip base; /* the last 16 bits are zero */
	uint64_t taken[WORDS];
	uint64_t boot[WORDS];
	int file; /* which it was read from, open for writing; -1: not open */
	bool is_changed;
	size_t first_changed; /* words */
	size_t last_changed;
};

struct pool {
	int dir;
	bool blank;
	bool unread; /* a file could not be read: what is in memory is not to be written */
	struct piece **pieces;
	size_t count;
	int64_t change; /* see pool_change() */
	/* The release times of the piece used last; NULL: none are read. */
	uint32_t *released;
	struct cni_ip released_base;
	bool has_released;
};

/* Release times of a whole piece, valid until the next call; NULL: no address in it was released. */
const uint32_t *pool_released_of(struct pool *pool, const struct cni_ip *base);

/* True if the address rests. Notes in `rest` the one that was released first. A time in the future is of another
 * boot. */
bool pool_is_resting(const uint32_t *released, const struct cni_ip *base, size_t number,
		     struct pool_rest *rest);

#endif
