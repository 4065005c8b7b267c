/* SPDX-License-Identifier: Apache-2.0 */
#include "store_internal.h"

#include "cleanup.h"
#include "mem.h"
#include "sticky.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How long the sidecar is trusted that no address is left. */
#define LOOK_AGAIN_SECONDS 10

/* ---- open ---- */

static bool is_locked(const struct store *store)
{
	return store->dir.lock >= 0;
}

/* Release times of another boot are forgotten only under the lock. */
static int dir_for_pool(const struct store *store)
{
	bool fits = store->index && (is_locked(store) || index_is_of_this_boot(store->index));

	return fits ? index_dir(store->index) : -1;
}

/* Reads the files into a pool and, under the lock, into the sidecar. */
static int learn(struct store *store, struct cni_error *err)
{
	clearing_listing struct listing listing = {0};

	if (listing_read(store->dir.fd, is_locked(store), &listing, err) < 0)
		return cni_fail_within(err, "'dataDir' '%s': '%s'", store->dir.place.data_dir,
				       store->dir.path);
	if (is_locked(store) && store->index)
		store->mistaken = index_learn(store->index, &listing) < 0;
	pool_free(store->pool);
	store->pool = pool_new(dir_for_pool(store), true);
	for (size_t i = 0; i < listing.count; i++) {
		struct lease *lease = &listing.items[i];

		if (!is_locked(store))
			index_tell(store->index, lease);
		if (lease->state != LEASE_JUNK)
			pool_take(store->pool, &lease->ip, !store_is_stale(store, lease));
		store->unread |= lease_may_be_anybodys(lease);
	}
	store->is_current = false;
	store->changed = is_locked(store);
	return 0;
}

static int open_pool(struct store *store, struct cni_error *err)
{
	if (!store->is_current)
		return learn(store, err);
	store->pool = pool_new(index_dir(store->index), false);
	return 0;
}

typedef int opener(const struct place *place, struct network_dir *ret_dir, struct cni_error *err);

static int open_store(const struct place *place, opener *open_dir, bool searches,
		      struct store **ret_store, struct cni_error *err)
{
	closing_store struct store *store = cni_alloc(sizeof(*store));

	*ret_store = NULL;
	if (open_dir(place, &store->dir, err) < 0)
		return -1;
	if (store->dir.fd < 0)
		return 0;
	store->boot = boot_id_read();
	store->index = index_open(&store->dir, &store->boot, is_locked(store));
	store->is_current = store->index && index_is_current(store->index);
	if (searches && open_pool(store, err) < 0)
		return -1;
	*ret_store = take_ptr(store);
	return 0;
}

int store_look(const struct place *place, struct store **ret_store, struct cni_error *err)
{
	return open_store(place, network_dir_look, false, ret_store, err);
}

int store_survey(const struct place *place, struct store **ret_store, struct cni_error *err)
{
	return open_store(place, network_dir_look, true, ret_store, err);
}

int store_open(const struct place *place, struct store **ret_store, struct cni_error *err)
{
	return open_store(place, network_dir_open, true, ret_store, err);
}

int store_make(const struct place *place, struct store **ret_store, struct cni_error *err)
{
	return open_store(place, network_dir_make, true, ret_store, err);
}

bool store_may_collect(const struct store *store)
{
	return !store || network_dir_may_collect(&store->dir);
}

/* Last of all: a process killed before leaves a sidecar that is not trusted. */
static void note(struct store *store)
{
	if (!store->index || !is_locked(store))
		return;
	if (store->mistaken) {
		index_forget(store->index);
	} else if (store->changed && !store->unread && pool_save(store->pool) == 0) {
		index_head(store->index)->taken += (uint64_t)pool_change(store->pool);
		index_stamp(store->index);
	}
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->dir.made && !store->reserved) {
		index_remove(&store->dir);
		network_dir_unmake(&store->dir);
	} else {
		note(store);
	}
	pool_free(store->pool);
	index_close(store->index);
	for (size_t set = 0; set < LASTS_OPEN; set++)
		lease_last_close(&store->lasts[set]);
	network_dir_close(&store->dir);
	free(store);
}

/* ---- read ---- */

bool store_read(struct store *store, const struct cni_ip *ip, struct lease *ret_lease)
{
	*ret_lease = (struct lease){0};
	if (!store)
		return false;
	lease_file_read(store->dir.fd, ip, ret_lease);
	index_tell(store->index, ret_lease);
	return ret_lease->state != LEASE_JUNK;
}

bool store_is_stale(const struct store *store, const struct lease *lease)
{
	return lease_is_stale(lease, &store->boot);
}

static bool is_of(const struct lease *lease, const char *container, const char *ifname)
{
	return lease->state == LEASE_HELD && !strcmp(lease->container, container) &&
	       !strcmp(lease->ifname, ifname);
}

static void append(struct listing *leases, struct lease *lease)
{
	leases->items = cni_realloc_array(leases->items, leases->count + 1, sizeof(*leases->items));
	leases->items[leases->count++] = *lease;
	*lease = (struct lease){0};
}

static int fail_unread(const struct store *store, const struct lease *lease, struct cni_error *err)
{
	char text[CNI_IP_TEXT_SIZE];

	return cni_fail_errno(err, CNI_EIO, lease->errnum, "'dataDir' '%s': read '%s/%s'",
			      store->dir.place.data_dir, store->dir.path,
			      cni_ip_format(&lease->ip, text));
}

/* Finds leases by the records, each checked against its file. Returns 1 if a record cannot be
 * read, or names a file that is not the owner's: a damaged record may stand for another file. */
static int find_by_record(struct store *store, const char *container, const char *ifname,
			  struct listing *leases, struct cni_error *err)
{
	struct record_owner owner = record_owner(container, ifname);
	struct record record;
	bool is_wrong = false;
	int got;

	for (size_t k = 0; (got = record_get(index_owners(store->index), &owner, k, &record)) > 0;
	     k++) {
		struct lease lease;

		lease_file_read(store->dir.fd, &record.ip, &lease);
		if (lease_may_be_anybodys(&lease))
			return fail_unread(store, &lease, err);
		if (lease.state == LEASE_HELD)
			record_tell(&record, &lease);
		if (is_of(&lease, container, ifname))
			append(leases, &lease);
		else
			is_wrong = true;
		lease_clear(&lease);
	}
	if (!got && !is_wrong)
		return 0;
	store->mistaken = true;
	return 1;
}

static int find_by_reading(struct store *store, const char *container, const char *ifname,
			   struct listing *leases, struct cni_error *err)
{
	clearing_listing struct listing all = {0};
	const struct lease *unread = NULL;

	if (store_list(store, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (is_of(&all.items[i], container, ifname))
			append(leases, &all.items[i]);
		else if (lease_may_be_anybodys(&all.items[i]))
			unread = &all.items[i];
	return unread && !leases->count ? fail_unread(store, unread, err) : 0;
}

/* After learn() under the lock the records are right, too. */
static bool has_records(const struct store *store)
{
	return store->index && !store->mistaken && (store->is_current || is_locked(store));
}

static int find_exactly(struct store *store, const char *container, const char *ifname,
			struct listing *leases, struct cni_error *err)
{
	int failed = has_records(store) ? find_by_record(store, container, ifname, leases, err) : 1;

	if (failed <= 0)
		return failed;
	listing_clear(leases);
	return find_by_reading(store, container, ifname, leases, err);
}

int store_find_owner(struct store *store, const char *container, const char *ifname,
		     struct listing *ret_leases, struct cni_error *err)
{
	*ret_leases = (struct listing){0};
	if (!store)
		return 0;
	if (find_exactly(store, container, ifname, ret_leases, err) < 0)
		return -1;
	return ret_leases->count ? 0 : find_exactly(store, container, "", ret_leases, err);
}

void store_find_recorded(struct store *store, const char *container, const char *ifname,
			 struct listing *ret_leases)
{
	struct cni_error ignored;

	*ret_leases = (struct listing){0};
	if (store && store->index)
		find_by_record(store, container, ifname, ret_leases, &ignored);
}

int store_list(struct store *store, struct listing *ret_leases, struct cni_error *err)
{
	*ret_leases = (struct listing){0};
	if (!store)
		return 0;
	if (listing_read(store->dir.fd, false, ret_leases, err) < 0)
		return cni_fail_within(err, "'dataDir' '%s': '%s'", store->dir.place.data_dir,
				       store->dir.path);
	for (size_t i = 0; i < ret_leases->count; i++)
		index_tell(store->index, &ret_leases->items[i]);
	return 0;
}

uint64_t store_stale_count(struct store *store)
{
	return store && store->index ? index_head(store->index)->stale : 0;
}

bool store_last(struct store *store, size_t set, struct cni_ip *ret_ip)
{
	freeing char *text = NULL;

	if (!store)
		return false;
	/* Under the lock it will be written. */
	if (is_locked(store) && set < LASTS_OPEN)
		text = lease_last_open(&store->lasts[set], store->dir.fd, set);
	else
		text = lease_file_read_last(store->dir.fd, set);
	return text && cni_ip_parse(text, ret_ip) == 0;
}

/* ---- search ---- */

/* 1, 0, or -1: what fails for an address that no reservation has may fail for all of them (EMFILE, ENOMEM, a file
 * system that is gone), and a range may have 2^64. */
static int is_taken(struct store *store, const struct cni_ip *ip, struct cni_error *err)
{
	struct lease lease;
	int taken = store_read(store, ip, &lease);

	if (lease_may_be_anybodys(&lease))
		taken = fail_unread(store, &lease, err);
	lease_clear(&lease);
	return taken;
}

int store_next_free(struct store *store, const struct cni_ip *first, const struct cni_ip *last,
		    struct pool_rest *rest, struct cni_ip *ret_ip, struct cni_error *err)
{
	int taken;

	if (!store) {
		*ret_ip = *first;
		return 1;
	}
	while (pool_next_free(store->pool, first, last, rest, ret_ip)) {
		taken = is_taken(store, ret_ip, err);
		if (taken <= 0)
			return taken < 0 ? -1 : 1;
		pool_take(store->pool, ret_ip, true);
		store->mistaken = true;
	}
	taken = rest->found ? is_taken(store, &rest->oldest, err) : 0;
	if (taken > 0) {
		rest->found = false;
		store->mistaken = true;
	}
	return taken < 0 ? -1 : 0;
}

bool store_next_stale(struct store *store, const struct cni_ip *first, const struct cni_ip *last,
		      struct cni_ip *ret_ip)
{
	while (store && pool_next_stale(store->pool, first, last, ret_ip)) {
		struct lease lease;
		bool available =
			!store_read(store, ret_ip, &lease) || store_is_stale(store, &lease);

		lease_clear(&lease);
		if (available)
			return true;
		pool_take(store->pool, ret_ip, true);
		store->mistaken = true;
	}
	return false;
}

/* The sidecar misses only a process that ignores the lock and removes a file at the moment of
 * our write: then there are fewer files than the sidecar counts. */
bool store_look_again(struct store *store)
{
	struct cni_error ignored;
	struct index_head *head;

	if (!store || !store->is_current)
		return false;
	head = index_head(store->index);
	if (store->mistaken || pool_count(store->pool) != head->taken)
		return learn(store, &ignored) == 0;
	if (!is_locked(store))
		return false;
	if (boot_seconds() - head->counted < LOOK_AGAIN_SECONDS)
		return false;
	if (listing_count(store->dir.fd) != (long)pool_count(store->pool))
		return learn(store, &ignored) == 0;
	head->counted = boot_seconds();
	index_save_head(store->index);
	return false;
}

bool store_find_key(struct store *store, uint64_t key, const struct cni_ip *first,
		    const struct cni_ip *last, struct cni_ip *ret_ip)
{
	return store && store->index &&
	       sticky_find(index_dir(store->index), key, first, last, ret_ip);
}

bool store_released_ago(struct store *store, const struct cni_ip *ip, uint32_t *ret_seconds)
{
	uint32_t at;

	if (!store || !store->index || !index_is_of_this_boot(store->index) ||
	    !pool_get_released(store->pool, ip, &at))
		return false;
	*ret_seconds = boot_seconds() - at;
	return true;
}
