/* SPDX-License-Identifier: Apache-2.0 */
#include "index.h"

#include "cleanup.h"
#include "ending.h"
#include "file.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* No network can have this name: names begin with a letter or a digit. */
#define SIDECAR ".cni-c"
#define MAGIC	"cni-c 2"

/* A directory in the state in which we left it. */
struct stamp {
	uint64_t ino;
	int64_t seconds; /* its modification time */
	int64_t nanoseconds;
};

/* As it stands in the file `head`. */
struct stored_head {
	char magic[8];
	struct boot_id boot;
	struct stamp network_dir;
	struct stamp owners;
	struct index_head rest;
};

struct index {
	int dir;
	int owners;
	int network_dir; /* the caller's */
	bool is_ours;	 /* under the lock: the head is open for writing, too */
	int head_file;	 /* -1: not open */
	/* The file systems of the two directories keep times to the nanosecond. */
	bool owners_are_exact;
	bool network_dir_is_exact;
	struct boot_id boot;
	struct stored_head head;
};

/* ---- open ---- */

static int open_directory(int dir, const char *name, bool make)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && make && mkdirat(dir, name, 0700) == 0)
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd;
}

/* From the network's directory, whose place in the data directory is known if it was not reached by a link. */
static int open_beside(const struct network_dir *dir)
{
	freeing char *path = cni_format("../" SIDECAR "/%s", dir->place.network);

	return dir->is_linked ? -1 : cni_file_open_directory_at(dir->fd, path);
}

static int open_own(const struct network_dir *dir, bool make)
{
	closing int data_dir = open(dir->place.data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	closing int sidecar = data_dir < 0 ? -1 : open_directory(data_dir, SIDECAR, make);

	return sidecar < 0 ? -1 : open_directory(sidecar, dir->place.network, make);
}

struct index *index_open(const struct network_dir *dir, const struct boot_id *boot, bool make)
{
	closing int own = open_beside(dir);
	closing int owners = -1;
	struct index *index;

	if (own < 0)
		own = open_own(dir, make);
	if (own >= 0)
		owners = open_directory(own, "owners", make);
	if (owners < 0)
		return NULL;
	index = cni_alloc(sizeof(*index));
	index->dir = take_fd(&own);
	index->owners = take_fd(&owners);
	index->network_dir = dir->fd;
	index->is_ours = make;
	index->head_file = -1;
	index->boot = *boot;
	return index;
}

static void close_head(struct index *index)
{
	if (index->head_file >= 0)
		close(index->head_file);
	index->head_file = -1;
}

void index_close(struct index *index)
{
	if (!index)
		return;
	cni_ending_close(index->head_file);
	cni_ending_close(index->owners);
	cni_ending_close(index->dir);
	free(index);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void index_remove(const struct network_dir *dir)
{
	closing int data_dir = open(dir->place.data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	closing int sidecar = data_dir < 0 ? -1 : open_directory(data_dir, SIDECAR, false);
	freeing char *path = cni_format("/proc/self/fd/%d/%s", sidecar, dir->place.network);

	/* Not by its own path, which may lead elsewhere. */
	if (sidecar < 0)
		return;
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	unlinkat(data_dir, SIDECAR, AT_REMOVEDIR);
}

int index_dir(const struct index *index)
{
	return index->dir;
}

int index_owners(const struct index *index)
{
	return index->owners;
}

/* ---- head ---- */

static int open_head(struct index *index, int flags)
{
	if (index->head_file < 0)
		index->head_file = openat(index->dir, "head",
					  (index->is_ours ? O_RDWR : O_RDONLY) | O_NOFOLLOW |
						  O_NONBLOCK | O_CLOEXEC | flags,
					  0600);
	return index->head_file;
}

static bool read_head(struct index *index)
{
	int fd = open_head(index, 0);

	return fd >= 0 &&
	       pread(fd, &index->head, sizeof(index->head), 0) == (ssize_t)sizeof(index->head) &&
	       !memcmp(index->head.magic, MAGIC, sizeof(index->head.magic));
}

static bool get_stamp(int dir, struct stamp *ret_stamp)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return false;
	*ret_stamp = (struct stamp){
		.ino = st.st_ino, .seconds = st.st_mtim.tv_sec, .nanoseconds = st.st_mtim.tv_nsec};
	return true;
}

/* A time to the nanosecond that was kept proves that times are: the next one need not be read back. File systems that
 * keep less keep multiples of 100 ns. */
static bool is_as_stamped(int dir, const struct stamp *stamp, bool *ret_is_exact)
{
	struct stamp now;

	*ret_is_exact = stamp->nanoseconds % 100 != 0;
	return get_stamp(dir, &now) && now.ino == stamp->ino && now.seconds == stamp->seconds &&
	       now.nanoseconds == stamp->nanoseconds;
}

/* With a time in the past, to the nanosecond: no later change gets it from the kernel. */
static bool put_stamp(int dir, bool is_exact, struct stamp *stamp)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};

	clock_gettime(CLOCK_REALTIME, &times[1]);
	times[1].tv_sec -= 2;
	if (futimens(dir, times) < 0)
		return false;
	if (!is_exact)
		return get_stamp(dir, stamp);
	stamp->seconds = times[1].tv_sec;
	stamp->nanoseconds = times[1].tv_nsec;
	return true;
}

bool index_is_of_this_boot(struct index *index)
{
	return read_head(index) && boot_id_equal(&index->head.boot, &index->boot);
}

bool index_is_current(struct index *index)
{
	bool is_current =
		index_is_of_this_boot(index) &&
		is_as_stamped(index->network_dir, &index->head.network_dir,
			      &index->network_dir_is_exact) &&
		is_as_stamped(index->owners, &index->head.owners, &index->owners_are_exact);

	if (!is_current)
		index->network_dir_is_exact = index->owners_are_exact = false;
	return is_current;
}

struct index_head *index_head(struct index *index)
{
	return &index->head.rest;
}

void index_save_head(struct index *index)
{
	int fd = open_head(index, O_CREAT);

	/* A truncated or empty head does not match. */
	if (fd >= 0 &&
	    pwrite(fd, &index->head, sizeof(index->head), 0) != (ssize_t)sizeof(index->head))
		index_forget(index);
}

void index_forget(struct index *index)
{
	close_head(index);
	unlinkat(index->dir, "head", 0);
}

void index_stamp(struct index *index)
{
	struct stored_head *head = &index->head;

	memcpy(head->magic, MAGIC, sizeof(head->magic));
	head->boot = index->boot;
	if (put_stamp(index->owners, index->owners_are_exact, &head->owners) &&
	    put_stamp(index->network_dir, index->network_dir_is_exact, &head->network_dir))
		index_save_head(index);
}

/* ---- records ---- */

void index_tell(const struct index *index, struct lease *lease)
{
	struct record_owner owner;
	struct record record;

	if (!index || lease->state != LEASE_HELD)
		return;
	owner = record_owner(lease->container, lease->ifname);
	if (record_find(index->owners, &owner, &lease->ip, &record))
		record_tell(&record, lease);
}

/* True if the record's file exists; its lease is then filled in. */
static bool has_file(const struct record_owner *owner, const struct record *record, void *data)
{
	struct lease *lease = listing_find(data, &record->ip);
	struct record_owner holder;

	/* The owner cannot be read now, but perhaps another time. */
	if (lease && lease_may_be_anybodys(lease))
		return true;
	if (!lease || lease->state != LEASE_HELD || strcmp(record->mark, lease->mark) != 0)
		return false;
	holder = record_owner(lease->container, lease->ifname);
	if (strcmp(owner->digits, holder.digits) != 0)
		return false;
	lease->boot = record->boot;
	lease->netns = record->netns;
	return true;
}

static int record_lease(struct index *index, struct lease *lease)
{
	struct record_owner owner = record_owner(lease->container, lease->ifname);
	struct record record = {.ip = lease->ip, .boot = index->boot};

	memcpy(record.mark, lease->mark, sizeof(record.mark));
	lease->boot = index->boot;
	return record_put(index->owners, &owner, &record);
}

int index_learn(struct index *index, struct listing *listing)
{
	struct index_head *head = &index->head.rest;
	int failed = record_sweep(index->owners, has_file, listing);

	if (!index_is_of_this_boot(index))
		pool_forget_released(index->dir);
	*head = (struct index_head){.counted = boot_seconds()};
	for (size_t i = 0; i < listing->count && !failed; i++) {
		struct lease *lease = &listing->items[i];

		if (lease->state == LEASE_HELD && !*lease->boot.digits)
			failed = record_lease(index, lease);
		head->stale += lease_is_stale(lease, &index->boot);
	}
	return failed;
}
