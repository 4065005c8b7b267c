/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of one network: its address files (lease_file.h), which are the truth and the Go
 * plugin's as well, in its directory (network_dir.h), and the sidecar (index.h), which knows where
 * to look. Whatever the sidecar says is checked against the files before it is acted upon; where it
 * is not about the directory as it is, all files are read once and it learns anew. If it cannot be
 * written, everything works without it, at the cost of that reading, and nobody knows of which boot
 * a reservation is. */
#ifndef HOST_LOCAL_STORE_H
#define HOST_LOCAL_STORE_H

#include "error.h"
#include "ip.h"
#include "listing.h"
#include "network_dir.h"
#include "pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* Four ways in. `*ret_store` becomes NULL if the network has no directory, which is no failure.
 *
 * store_look: to read leases, without the lock.
 * store_survey: to search as well, without the lock.
 * store_open: to release, under the lock if there can be one. Makes nothing but the sidecar.
 * store_make: to reserve, under the lock. Makes the directories that are missing; the network's own
 * goes again at store_close() if nothing was reserved in it.
 *
 * They fail as network_dir.h says. */
int store_look(const struct place *place, struct store **ret_store, struct cni_error *err);
int store_survey(const struct place *place, struct store **ret_store, struct cni_error *err);
int store_open(const struct place *place, struct store **ret_store, struct cni_error *err);
int store_make(const struct place *place, struct store **ret_store, struct cni_error *err);

/* As network_dir_may_collect(); true for NULL. */
bool store_may_collect(const struct store *store);

/* Brings the sidecar up to date, unlocks and frees; NULL is allowed. */
void store_close(struct store *store);

static inline void store_closep(struct store **store)
{
	store_close(*store);
}
#define closing_store __attribute__((cleanup(store_closep)))

/* ---- read; `store` may be NULL: then everything is free ---- */

/* Who holds `ip`? False if it is free. lease_clear() afterwards in any case. */
bool store_read(struct store *store, const struct cni_ip *ip, struct lease *ret_lease);

/* Was it made in an earlier boot? Then whoever held it is gone. */
bool store_is_stale(const struct store *store, const struct lease *lease);

/* The leases of a container's interface; if there is none, those that hold only the container's id.
 * listing_clear() afterwards. Fails with CNI_EIO. */
int store_find_owner(struct store *store, const char *container, const char *ifname,
		     struct listing *ret_leases, struct cni_error *err);

/* Those that have a record, which is all that we have made ourselves, without reading all files. */
void store_find_recorded(struct store *store, const char *container, const char *ifname,
			 struct listing *ret_leases);

/* All leases, of all states. listing_clear() afterwards. Fails with CNI_EIO. */
int store_list(struct store *store, struct listing *ret_leases, struct cni_error *err);

/* How many leases of an earlier boot there are, as far as is known without reading all. */
uint64_t store_stale_count(struct store *store);

/* The last address reserved for range set `set`. False if none is known. */
bool store_last(const struct store *store, size_t set, struct cni_ip *ret_ip);

/* ---- search; not after store_look(); `store` may be NULL as above ---- */

/* The first free address from `first` to `last`, both inclusive, that has rested; see pool.h. */
bool store_next_free(struct store *store, const struct cni_ip *first, const struct cni_ip *last,
		     struct pool_rest *rest, struct cni_ip *ret_ip);

/* The first address whose lease is of an earlier boot. */
bool store_next_stale(struct store *store, const struct cni_ip *first, const struct cni_ip *last,
		      struct cni_ip *ret_ip);

/* Before saying that nothing is left: compares the sidecar with the directory, unless it did so a
 * few seconds ago, and learns anew if it was seen to be wrong. True if that changed what the two
 * functions above say. */
bool store_look_again(struct store *store);

/* The address from `first` to `last` that a sticky key had last (sticky.h). */
bool store_find_key(struct store *store, uint64_t key, const struct cni_ip *first,
		    const struct cni_ip *last, struct cni_ip *ret_ip);

/* When `ip` was released, in seconds before now. False if not in this boot. */
bool store_released_ago(struct store *store, const struct cni_ip *ip, uint32_t *ret_seconds);

/* ---- write ---- */

/* An address to be reserved, and its range set. */
struct store_claim {
	struct cni_ip ip;
	size_t set;
	bool replace;	   /* a lease that is stale, or the same container's */
	struct cni_ip had; /* what the holder's key had last in this set; unset: nothing */
};

/* For whom. */
struct store_holder {
	const char *container;
	const char *ifname;
	struct netns_id netns;
	uint64_t key; /* sticky_key(), or 0 */
};

/* Reserves all that is asked for, on the disk when this returns, or leaves the directory as it was.
 * Each address and each set once. Fails with CNI_EIO, and CNI_ETAKEN if somebody who ignores the
 * lock was quicker.
 */
int store_reserve(struct store *store, const struct store_claim *asked, size_t count,
		  const struct store_holder *holder, struct cni_error *err);

/* Removes a lease. One that is gone already is success. Fails with CNI_EIO. */
int store_release(struct store *store, const struct lease *lease, struct cni_error *err);

#endif
