/* SPDX-License-Identifier: Apache-2.0 */
/* A bitmap of taken addresses, to find the next free address without a look at each. Pieces of
 * 65,536 addresses are sparse files in the sidecar's directory, read when needed, or in memory.
 * See plane.h.
 *
 *	10.1.0.0.bits      taken; and taken in this boot, or in an unknown boot: 2 bits each
 *	10.1.0.0.released  in which second of this boot it was released last, and 0 for never: 32
 *
 * The pool alone is never trusted: see store.h. */
#ifndef HOST_LOCAL_POOL_H
#define HOST_LOCAL_POOL_H

#include "ip.h"

#include <stdbool.h>
#include <stdint.h>

struct pool;

/* Opens a pool of the files in `dir`, which must stay open; -1: in memory only. With `blank`,
 * nothing is taken whatever the files say, until it is saved. */
struct pool *pool_new(int dir, bool blank);

void pool_free(struct pool *pool);
static inline void pool_freep(struct pool **pool)
{
	pool_free(*pool);
}
#define freeing_pool __attribute__((cleanup(pool_freep)))

/* An address becomes taken, in this boot or in an earlier one; or free. In memory, until
 * pool_save(). */
void pool_take(struct pool *pool, const struct cni_ip *ip, bool this_boot);
void pool_release(struct pool *pool, const struct cni_ip *ip);
bool pool_is_taken(struct pool *pool, const struct cni_ip *ip);

/* Returns the number of taken addresses. Reads all files. */
size_t pool_count(struct pool *pool);

/* Returns how many addresses more are taken than when the pool was opened; of a blank one, than none. Reads nothing. */
int64_t pool_change(const struct pool *pool);

typedef void pool_visitor(const struct cni_ip *ip, bool this_boot, void *data);

/* Shows all taken addresses: in order within each piece; pieces in any order. */
void pool_walk(struct pool *pool, pool_visitor *visit, void *data);

/* Writes what was changed; of a blank one, all there is. Returns 0, or -1 and errno. */
int pool_save(struct pool *pool);

/* How long an address rests after it was released. */
struct pool_rest {
	uint32_t seconds; /* 0: not at all */
	uint32_t now;	  /* boot_seconds() */
	/* The resting address that was released first. */
	bool found;
	struct cni_ip oldest;
	uint32_t oldest_at;
};

/* The first free address from `first` to `last`, both inclusive and of one family, that has rested.
 * False if there is none; `rest` then says what is second best. */
bool pool_next_free(struct pool *pool, const struct cni_ip *first, const struct cni_ip *last,
		    struct pool_rest *rest, struct cni_ip *ret_ip);

/* Finds the first address taken in an earlier boot. Only to be called if no address is free. */
bool pool_next_stale(struct pool *pool, const struct cni_ip *first, const struct cni_ip *last,
		     struct cni_ip *ret_ip);

/* Notes when `ip` was released: a boot_seconds(). Written at once, and no failure if that is not
 * possible. */
void pool_set_released(struct pool *pool, const struct cni_ip *ip, uint32_t seconds);

/* Returns the release time; false if not in this boot. */
bool pool_get_released(struct pool *pool, const struct cni_ip *ip, uint32_t *ret_seconds);

/* Forgets the release times in `dir`: they are of another boot. */
void pool_forget_released(int dir);

#endif
