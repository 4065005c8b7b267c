/* SPDX-License-Identifier: Apache-2.0 */
/* The writing functions of store.h: reserve and release. */
#include "store_internal.h"

#include "cleanup.h"
#include "mem.h"
#include "sticky.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

/* A claim on its way to the disk, and what it takes to undo it. */
struct claim {
	const struct store_claim *asked;
	size_t number;
	char mark[LEASE_MARK_SIZE];
	struct lease before; /* what it replaces; junk: nothing */
	bool is_published;
	bool is_recorded;
};

static uint32_t medium_of(const struct store *store)
{
	struct statfs fs;

	return fstatfs(store->dir.fd, &fs) < 0 ||
			       (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
		       ? INDEX_LASTING
		       : INDEX_FLEETING;
}

/* A power cut empties a tmpfs: syncing files there is useless. The head of a sidecar that describes this very
 * directory remembers. */
static bool is_lasting(struct store *store)
{
	struct index_head *head = store->index ? index_head(store->index) : NULL;

	if (store->is_current && head &&
	    (head->medium == INDEX_LASTING || head->medium == INDEX_FLEETING))
		store->medium = head->medium;
	if (!store->medium)
		store->medium = medium_of(store);
	if (head)
		head->medium = store->medium;
	return store->medium == INDEX_LASTING;
}

static bool replaces(const struct claim *claim)
{
	return claim->before.state == LEASE_HELD;
}

/* ---- the sidecar's part; after a failure the sidecar is rebuilt ---- */

static void put_record(struct store *store, const char *container, const char *ifname,
		       const struct record *record)
{
	struct record_owner owner = record_owner(container, ifname);

	if (record_put(index_owners(store->index), &owner, record) < 0)
		store->mistaken = true;
}

static void drop_record(struct store *store, const char *container, const char *ifname,
			const struct cni_ip *ip)
{
	struct record_owner owner = record_owner(container, ifname);

	if (record_remove(index_owners(store->index), &owner, ip) < 0)
		store->mistaken = true;
}

/* Written before the address file, because a file without a record always counts as this boot's. */
static void record_claim(struct store *store, struct claim *claim,
			 const struct store_holder *holder)
{
	struct record record = {
		.ip = claim->asked->ip, .boot = store->boot, .netns = holder->netns};

	if (!store->index)
		return;
	memcpy(record.mark, claim->mark, sizeof(record.mark));
	claim->is_recorded = true;
	put_record(store, holder->container, holder->ifname, &record);
}

static void unrecord_claim(struct store *store, const struct claim *claim,
			   const struct store_holder *holder)
{
	const struct lease *before = &claim->before;
	struct record record = {.ip = before->ip, .boot = before->boot, .netns = before->netns};

	if (!claim->is_recorded)
		return;
	drop_record(store, holder->container, holder->ifname, &claim->asked->ip);
	if (!replaces(claim))
		return;
	if (!*before->boot.digits) {
		store->mistaken = true;
		return;
	}
	memcpy(record.mark, before->mark, sizeof(record.mark));
	put_record(store, before->container, before->ifname, &record);
}

static bool is_same_holder(const struct lease *lease, const struct store_holder *holder)
{
	return !strcmp(lease->container, holder->container) &&
	       !strcmp(lease->ifname, holder->ifname);
}

static void remember_key(struct store *store, const struct store_claim *asked, uint64_t key)
{
	int dir = index_dir(store->index);

	if (!key || cni_ip_equal(&asked->had, &asked->ip))
		return;
	if (cni_ip_is_set(&asked->had))
		sticky_set(dir, &asked->had, 0);
	sticky_set(dir, &asked->ip, key);
}

static void count_stale_out(struct store *store, const struct lease *lease)
{
	struct index_head *head = index_head(store->index);

	if (store_is_stale(store, lease) && head->stale)
		head->stale--;
}

static void note_claim(struct store *store, const struct claim *claim,
		       const struct store_holder *holder)
{
	const struct lease *before = &claim->before;

	pool_take(store->pool, &claim->asked->ip, true);
	if (!store->index)
		return;
	remember_key(store, claim->asked, holder->key);
	if (!replaces(claim))
		return;
	count_stale_out(store, before);
	if (!is_same_holder(before, holder))
		drop_record(store, before->container, before->ifname, &before->ip);
}

/* ---- reserve ---- */

static int make_claim(struct store *store, struct claim *claim, const struct store_holder *holder,
		      struct cni_error *err)
{
	freeing char *text = cni_format("%s\r\n%s", holder->container, holder->ifname);
	int dir = store->dir.fd;

	/* No caller could undo it. */
	if (lease_may_be_anybodys(&claim->before))
		return cni_fail_errno(err, CNI_EIO, claim->before.errnum, "read what is reserved");
	if (lease_file_prepare(dir, claim->number, text, is_lasting(store), claim->mark, err) < 0)
		return -1;
	record_claim(store, claim, holder);
	if (lease_file_publish(dir, claim->number, &claim->asked->ip, replaces(claim), err) < 0)
		return -1;
	claim->is_published = true;
	return 0;
}

static void undo_claim(struct store *store, struct claim *claim, const struct store_holder *holder)
{
	if (claim->is_published)
		lease_file_retract(store->dir.fd, claim->number, &claim->asked->ip,
				   replaces(claim));
	unrecord_claim(store, claim, holder);
}

static int make_claims(struct store *store, struct claim *claims, size_t count,
		       const struct store_holder *holder, struct cni_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (make_claim(store, &claims[i], holder, err) < 0)
			return -1;
	if (is_lasting(store) && fsync(store->dir.fd) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "sync the directory");
	return 0;
}

/* Each is replaced in one step, so only those before the one that failed have to be put back. */
static int write_last(struct store *store, const struct store_claim *claim, struct cni_error *err)
{
	char ip[CNI_IP_TEXT_SIZE];

	cni_ip_format(&claim->ip, ip);
	if (claim->set < LASTS_OPEN && lease_last_rewrite(&store->lasts[claim->set], ip))
		return 0;
	return lease_file_write_last(store->dir.fd, claim->set, ip, err);
}

static int write_lasts(struct store *store, const struct store_claim *claims, size_t count,
		       struct cni_error *err)
{
	int dir = store->dir.fd;
	char **before = cni_alloc(count * sizeof(*before));
	size_t written = 0;
	int failed = 0;

	for (; written < count && !failed; written += !failed) {
		if (written + 1 < count)
			before[written] = lease_file_read_last(dir, claims[written].set);
		failed = write_last(store, &claims[written], err);
	}
	for (size_t i = 0; failed && i < written; i++)
		lease_file_restore_last(dir, claims[i].set, before[i]);
	for (size_t i = 0; i < count; i++)
		free(before[i]);
	free(before);
	return failed;
}

int store_reserve(struct store *store, const struct store_claim *asked, size_t count,
		  const struct store_holder *holder, struct cni_error *err)
{
	struct claim *claims = cni_alloc(count * sizeof(*claims));
	int failed;

	for (size_t i = 0; i < count; i++) {
		claims[i] = (struct claim){.asked = &asked[i], .number = i};
		if (asked[i].replace)
			store_read(store, &asked[i].ip, &claims[i].before);
	}
	failed = make_claims(store, claims, count, holder, err) < 0 ||
		 write_lasts(store, asked, count, err) < 0;
	for (size_t i = count; failed && i > 0; i--)
		undo_claim(store, &claims[i - 1], holder);
	for (size_t i = 0; i < count; i++) {
		if (!failed)
			note_claim(store, &claims[i], holder);
		/* Our own after a failure, what was replaced after a success. */
		if ((failed || replaces(&claims[i])) && lease_file_discard(store->dir.fd, i) < 0)
			store->mistaken = true; /* so that the next one tidies up */
		lease_clear(&claims[i].before);
	}
	free(claims);
	if (failed)
		return cni_fail_within(err, "'dataDir' '%s': reserve in '%s'",
				       store->dir.place.data_dir, store->dir.path);
	store->reserved = true;
	store->changed = true;
	return 0;
}

/* ---- release ---- */

int store_release(struct store *store, const struct lease *lease, struct cni_error *err)
{
	char name[CNI_IP_TEXT_SIZE];

	/* Not synced: a file that a power cut brings back is of an earlier boot. */
	if (unlinkat(store->dir.fd, cni_ip_format(&lease->ip, name), 0) < 0 && errno != ENOENT)
		return cni_fail_errno(err, CNI_EIO, errno, "'dataDir' '%s': release '%s/%s'",
				      store->dir.place.data_dir, store->dir.path, name);
	pool_release(store->pool, &lease->ip);
	store->changed = true;
	if (!store->index)
		return 0;
	/* The holder of a stale lease has been gone since the last boot at least: the address
	 * has rested. */
	if (!store_is_stale(store, lease))
		pool_set_released(store->pool, &lease->ip, boot_seconds());
	if (lease->state == LEASE_HELD)
		drop_record(store, lease->container, lease->ifname, &lease->ip);
	count_stale_out(store, lease);
	return 0;
}
