/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include "cleanup.h"
#include "file.h"
#include "lease_file.h"
#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* What a lease needs besides what others see. */
struct entry {
	struct lease lease; /* first, so that a lease leads to its entry */
	bool is_read;
	char *text; /* what container and ifname point into */
};

struct store {
	DIR *dir;
	char *path;
	const char *data_dir;  /* the caller's */
	struct entry *entries; /* sorted by address */
	size_t count;
	int lock; /* -1: only looking */
	bool is_locked;
	bool made;     /* the directory, so that it is ours to remove again */
	bool reserved; /* … unless something of ours is in it now */
};

/* ---- open ---- */

static int fail_io(const struct store *store, int errnum, const char *what, struct cni_error *err)
{
	return cni_fail_errno(err, CNI_EIO, errnum, "'dataDir' '%s': %s '%s'", store->data_dir,
			      what, store->path);
}

/* Does the directory hold nothing but its lock? */
static bool is_bare(const struct store *store)
{
	const struct dirent *found;
	size_t count = 0;

	rewinddir(store->dir);
	while ((found = readdir(store->dir)))
		count += strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0;
	return count == 1;
}

/* A failed ADD leaves no directory behind, unless others have begun to use it. */
static void unmake(const struct store *store)
{
	/* Whoever waits for this very lock finds it unlinked: see check_lock(). */
	if (store->is_locked && is_bare(store))
		unlinkat(dirfd(store->dir), "lock", 0);
	rmdir(store->path);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->made && !store->reserved)
		unmake(store);
	if (store->lock >= 0)
		close(store->lock);
	if (store->dir)
		closedir(store->dir);
	for (size_t i = 0; i < store->count; i++)
		free(store->entries[i].text);
	free(store->entries);
	free(store->path);
	free(store);
}

/* 1: open, 0: there is none, -1: failed. */
static int open_directory(struct store *store, struct cni_error *err)
{
	closing int fd = open(store->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	/* O_DIRECTORY says ENOTDIR of a link too, and a link is not the same as nothing. */
	if (fd < 0 && errno == ENOTDIR && lstat(store->path, &st) == 0)
		return cni_fail(err, CNI_EIO, "'dataDir' '%s': '%s' is %s, expected a directory",
				store->data_dir, store->path,
				S_ISLNK(st.st_mode) ? "a link" : "a file");
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return fail_io(store, errno, "open", err);
	store->dir = fdopendir(fd);
	if (!store->dir)
		return fail_io(store, errno, "open", err);
	take_fd(&fd);
	return 1;
}

static int compare_entries(const void *a, const void *b)
{
	return cni_ip_compare(&((const struct entry *)a)->lease.ip,
			      &((const struct entry *)b)->lease.ip);
}

/* Only names that an address has as its own text are leases; all others are left alone. */
static void add_entry(struct store *store, const char *name, size_t *room)
{
	char text[CNI_IP_TEXT_SIZE];
	struct cni_ip ip;

	if (cni_ip_parse(name, &ip) < 0 || strcmp(cni_ip_format(&ip, text), name) != 0)
		return;
	if (store->count == *room) {
		*room = *room ? *room * 2 : 64;
		store->entries = cni_realloc_array(store->entries, *room, sizeof(*store->entries));
	}
	store->entries[store->count++] =
		(struct entry){.lease = {.ip = ip, .container = "", .ifname = ""}};
}

static int list_entries(struct store *store, struct cni_error *err)
{
	const struct dirent *found;
	size_t room = 0;

	while (errno = 0, (found = readdir(store->dir))) {
		if (store->is_locked && lease_file_is_temporary(found->d_name))
			unlinkat(dirfd(store->dir), found->d_name, 0);
		else
			add_entry(store, found->d_name, &room);
	}
	if (errno)
		return fail_io(store, errno, "read", err);
	if (store->count)
		qsort(store->entries, store->count, sizeof(*store->entries), compare_entries);
	return 0;
}

/* The lock of a directory that was removed excludes nobody. */
static int check_lock(const struct store *store, struct cni_error *err)
{
	struct stat st;

	if (fstat(store->lock, &st) < 0)
		return fail_io(store, errno, "stat the lock of", err);
	if (!S_ISREG(st.st_mode))
		return cni_fail(err, CNI_EIO, "'dataDir' '%s': '%s/lock' is not a regular file",
				store->data_dir, store->path);
	if (!st.st_nlink)
		return cni_fail(err, CNI_EAGAIN,
				"'dataDir' '%s': '%s' was removed by another "
				"process that could not reserve, try again",
				store->data_dir, store->path);
	return 0;
}

static int take_lock(struct store *store, struct cni_error *err)
{
	store->lock = openat(dirfd(store->dir), "lock",
			     O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return fail_io(store, errno, "open the lock of", err);
	if (cni_file_lock(store->lock, LOCK_EX, STORE_LOCK_MS, err) < 0)
		return cni_fail_within(err, "'dataDir' '%s': '%s/lock'", store->data_dir,
				       store->path);
	if (check_lock(store, err) < 0)
		return -1;
	store->is_locked = true;
	return 0;
}

static struct store *new_store(const char *data_dir, const char *network)
{
	struct store *store = cni_alloc(sizeof(*store));

	store->data_dir = data_dir;
	store->path = cni_format("%s/%s", data_dir, network);
	store->lock = -1;
	return store;
}

int store_look(const char *data_dir, const char *network, struct store **ret_store,
	       struct cni_error *err)
{
	closing_store struct store *store = new_store(data_dir, network);
	int there = open_directory(store, err);

	if (there < 0 || (there && list_entries(store, err) < 0))
		return -1;
	*ret_store = there ? take_ptr(store) : NULL;
	return 0;
}

static int lock_and_list(struct store *store, struct cni_error *err)
{
	return take_lock(store, err) < 0 ? -1 : list_entries(store, err);
}

int store_open(const char *data_dir, const char *network, struct store **ret_store,
	       struct cni_error *err)
{
	closing_store struct store *store = new_store(data_dir, network);
	int there = open_directory(store, err);

	if (there < 0 || (there && lock_and_list(store, err) < 0))
		return -1;
	*ret_store = there ? take_ptr(store) : NULL;
	return 0;
}

int store_make(const char *data_dir, const char *network, struct store **ret_store,
	       struct cni_error *err)
{
	closing_store struct store *store = new_store(data_dir, network);
	int there = open_directory(store, err);

	if (there == 0) {
		if (cni_file_make_directories(data_dir, 0755, err) < 0)
			return cni_fail_within(err, "'dataDir' '%s'", data_dir);
		if (mkdir(store->path, 0755) == 0)
			store->made = true;
		else if (errno != EEXIST)
			return fail_io(store, errno, "create directory", err);
		there = open_directory(store, err);
		if (there == 0)
			return fail_io(store, ENOENT, "open", err);
	}
	if (there < 0 || lock_and_list(store, err) < 0)
		return -1;
	*ret_store = take_ptr(store);
	return 0;
}

/* ---- read ---- */

/* An address file is opened when somebody asks whose it is: to see that most are free, their names
 * are enough. */
static struct lease *read_entry(struct store *store, struct entry *entry)
{
	char name[CNI_IP_TEXT_SIZE];

	if (!entry->is_read) {
		entry->text = lease_file_read(dirfd(store->dir),
					      cni_ip_format(&entry->lease.ip, name), &entry->lease);
		entry->is_read = true;
	}
	return &entry->lease;
}

const struct lease *store_find(struct store *store, const struct cni_ip *ip)
{
	struct entry key = {.lease = {.ip = *ip}};
	struct entry *entry = NULL;

	if (store && store->count)
		entry = bsearch(&key, store->entries, store->count, sizeof(key), compare_entries);
	if (!entry || read_entry(store, entry)->state == LEASE_JUNK)
		return NULL;
	return &entry->lease;
}

const struct lease *store_next(struct store *store, const struct lease *previous)
{
	struct entry *next;

	if (!store || !store->count)
		return NULL;
	next = previous ? (struct entry *)previous + 1 : store->entries;
	return next < store->entries + store->count ? read_entry(store, next) : NULL;
}

static size_t find_exactly(struct store *store, const char *container, const char *ifname,
			   const struct lease ***leases)
{
	size_t count = 0;

	for (const struct lease *lease = store_next(store, NULL); lease;
	     lease = store_next(store, lease)) {
		if (lease->state != LEASE_HELD || strcmp(lease->container, container) != 0 ||
		    strcmp(lease->ifname, ifname) != 0)
			continue;
		*leases = cni_realloc_array(*leases, count + 1, sizeof(**leases));
		(*leases)[count++] = lease;
	}
	return count;
}

size_t store_find_owner(struct store *store, const char *container, const char *ifname,
			const struct lease ***ret_leases)
{
	const struct lease **leases = NULL;
	size_t count = find_exactly(store, container, ifname, &leases);

	if (!count)
		count = find_exactly(store, container, "", &leases);
	*ret_leases = leases;
	return count;
}

bool store_last(const struct store *store, size_t set, struct cni_ip *ret_ip)
{
	freeing char *text = store ? lease_file_read_last(dirfd(store->dir), set) : NULL;

	return text && cni_ip_parse(text, ret_ip) == 0;
}

/* ---- write ---- */

/* A power cut takes what is on a tmpfs with it: nothing there is worth waiting for. */
static bool is_lasting(const struct store *store)
{
	struct statfs fs;

	return fstatfs(dirfd(store->dir), &fs) < 0 ||
	       (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC);
}

static int write_leases(struct store *store, const struct store_claim *claims, size_t count,
			const char *container, const char *ifname, size_t *written,
			struct cni_error *err)
{
	freeing char *text = cni_format("%s\r\n%s", container, ifname);
	bool lasting = is_lasting(store);

	for (; *written < count; ++*written) {
		char name[CNI_IP_TEXT_SIZE];

		cni_ip_format(&claims[*written].ip, name);
		if (lease_file_create(dirfd(store->dir), name, text, lasting, err) < 0)
			return -1;
	}
	if (lasting && fsync(dirfd(store->dir)) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "sync the directory");
	return 0;
}

/* Each is replaced in one step, so only those before the one that failed have to be put back. */
static int write_lasts(struct store *store, const struct store_claim *claims, size_t count,
		       struct cni_error *err)
{
	int dir = dirfd(store->dir);
	char **before = cni_alloc(count * sizeof(*before));
	size_t written = 0;
	int failed = 0;

	for (; written < count && !failed; written += !failed) {
		char ip[CNI_IP_TEXT_SIZE];

		if (written + 1 < count)
			before[written] = lease_file_read_last(dir, claims[written].set);
		failed = lease_file_write_last(dir, claims[written].set,
					       cni_ip_format(&claims[written].ip, ip), err);
	}
	for (size_t i = 0; failed && i < written; i++)
		lease_file_restore_last(dir, claims[i].set, before[i]);
	for (size_t i = 0; i < count; i++)
		free(before[i]);
	free(before);
	return failed;
}

int store_reserve(struct store *store, const struct store_claim *claims, size_t count,
		  const char *container, const char *ifname, struct cni_error *err)
{
	size_t written = 0;

	if (write_leases(store, claims, count, container, ifname, &written, err) < 0 ||
	    write_lasts(store, claims, count, err) < 0) {
		while (written--) {
			char name[CNI_IP_TEXT_SIZE];

			unlinkat(dirfd(store->dir), cni_ip_format(&claims[written].ip, name), 0);
		}
		return cni_fail_within(err, "'dataDir' '%s': reserve in '%s'", store->data_dir,
				       store->path);
	}
	store->reserved = true;
	return 0;
}

int store_release(struct store *store, const struct lease *lease, struct cni_error *err)
{
	char name[CNI_IP_TEXT_SIZE];

	/* Not synced: what a power cut brings back, GC takes away. */
	if (unlinkat(dirfd(store->dir), cni_ip_format(&lease->ip, name), 0) < 0 && errno != ENOENT)
		return cni_fail_errno(err, CNI_EIO, errno, "'dataDir' '%s': release '%s/%s'",
				      store->data_dir, store->path, name);
	return 0;
}

/* ---- ask ---- */

int store_check_writable(const char *data_dir, const char *network, struct cni_error *err)
{
	freeing char *path = cni_format("%s/%s", data_dir, network);
	struct stat st;

	/* Up to the first part that exists: there is where ADD would make the rest. */
	while (lstat(path, &st) < 0 && errno == ENOENT) {
		char *slash = strrchr(path, '/');

		slash[slash == path ? 1 : 0] = '\0';
	}
	if (stat(path, &st) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "'dataDir' '%s': '%s'", data_dir, path);
	if (!S_ISDIR(st.st_mode))
		return cni_fail(err, CNI_EIO, "'dataDir' '%s': '%s' is not a directory", data_dir,
				path);
	if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "'dataDir' '%s': write to '%s'",
				      data_dir, path);
	return 0;
}
