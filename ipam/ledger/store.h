/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of a network: its address files (lease_file.h), shared with the Go plugin, in its
 * directory (network_dir.h), and the sidecar (index.h), an index of them. The files are the
 * truth: the sidecar is checked against the files before use; an outdated sidecar is rebuilt
 * from all files. If the sidecar cannot be written, each call reads all files, and the boot of a
 * reservation is unknown. */
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

/* Reads the lease of `ip`; false if `ip` is free. lease_clear() afterwards in any case. */
bool store_read(struct store *store, const struct cni_ip *ip, struct lease *ret_lease);

/* True if the lease is of an earlier boot: its holder is then gone. */
bool store_is_stale(const struct store *store, const struct lease *lease);

/* The leases of a container's interface; if there is none, those that hold only the container's id.
 * listing_clear() afterwards. Fails with CNI_EIO. */
int store_find_owner(struct store *store, const char *container, const char *ifname,
		     struct listing *ret_leases, struct cni_error *err);

/* Lists the leases that have a record (all of our own), without reading all files. */
void store_find_recorded(struct store *store, const char *container, const char *ifname,
			 struct listing *ret_leases);

/* All leases, of all states. listing_clear() afterwards. Fails with CNI_EIO. */
int store_list(struct store *store, struct listing *ret_leases, struct cni_error *err);

/* Returns the known number of leases of an earlier boot, without reading all files. */
uint64_t store_stale_count(struct store *store);

/* The last address reserved for range set `set`. False if none is known. */
bool store_last(struct store *store, size_t set, struct cni_ip *ret_ip);

/* ---- search; not after store_look(); `store` may be NULL as above ---- */

/* The first free address from `first` to `last`, both inclusive, that has rested; see pool.h. Returns 1, or 0 if there
 * is none. Fails with CNI_EIO if a file cannot be read at an address without a reservation. */
int store_next_free(struct store *store, const struct cni_ip *first, const struct cni_ip *last,
		    struct pool_rest *rest, struct cni_ip *ret_ip, struct cni_error *err);

/* The first address whose lease is of an earlier boot. */
bool store_next_stale(struct store *store, const struct cni_ip *first, const struct cni_ip *last,
		      struct cni_ip *ret_ip);

/* For a caller that found no address: compares the sidecar with the directory, unless done a few
 * seconds ago, and rebuilds a wrong sidecar. True if the two functions above may now return
 * something else. */
bool store_look_again(struct store *store);

/* The address from `first` to `last` that a sticky key had last (sticky.h). */
bool store_find_key(struct store *store, uint64_t key, const struct cni_ip *first,
		    const struct cni_ip *last, struct cni_ip *ret_ip);

/* When `ip` was released, in seconds before now. False if not in this boot. */
bool store_released_ago(struct store *store, const struct cni_ip *ip, uint32_t *ret_seconds);

/* ---- a search of all reservations, for a caller that found no address ---- */

/* False after a search in vain that was not cheap, until twenty times its cost have passed (at most a minute): a
 * full /16 answers quickly all the while. */
bool store_may_search(const struct store *store);

/* Under the lock, notes a search in vain that took the process so long; without it notes nothing. */
void store_note_search(struct store *store, double seconds);

/* ---- write ---- */

/* An address to be reserved, and its range set. */
struct store_claim {
	struct cni_ip ip;
	size_t set;
	bool replace;	   /* a lease that is stale, of a dead holder, or the same container's */
	struct cni_ip had; /* what the holder's key had last in this set; unset: nothing */
};

/* For whom. */
struct store_holder {
	const char *container;
	const char *ifname;
	struct netns_id netns;
	uint64_t key; /* sticky_key(), or 0 */
};

/* Reserves all claims, on the disk when this returns, or leaves the directory as it was. Each
 * address and each set may occur once. Fails with CNI_EIO, and with CNI_ETAKEN if a process that
 * ignores the lock was quicker. */
int store_reserve(struct store *store, const struct store_claim *asked, size_t count,
		  const struct store_holder *holder, struct cni_error *err);

/* Removes a lease; success if it is gone already. Fails with CNI_EIO. */
int store_release(struct store *store, const struct lease *lease, struct cni_error *err);

#endif
