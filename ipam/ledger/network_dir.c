/* SPDX-License-Identifier: Apache-2.0 */
#include "network_dir.h"

#include "cleanup.h"
#include "ending.h"
#include "file.h"
#include "lock_holder.h"
#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

int network_dir_fail(const struct network_dir *dir, int errnum, const char *what,
		     struct cni_error *err)
{
	return cni_fail_errno(err, CNI_EIO, errnum, "'dataDir' '%s': %s '%s'", dir->place.data_dir,
			      what, dir->path);
}

static void begin(const struct place *place, struct network_dir *ret_dir)
{
	*ret_dir = (struct network_dir){
		.place = *place,
		.path = cni_format("%s/%s", place->data_dir, place->network),
		.fd = -1,
		.lock = -1,
	};
}

void network_dir_close(struct network_dir *dir)
{
	if (dir->lock >= 0)
		close(dir->lock);
	cni_ending_close(dir->fd);
	free(dir->path);
	*dir = (struct network_dir){.fd = -1, .lock = -1};
}

/* ---- the directory ---- */

/* Not for use, and never of ours: errnum ENOTDIR tells this from a directory that cannot be opened
 * now. */
static int fail_useless(const struct network_dir *dir, const char *what, struct cni_error *err)
{
	cni_fail(err, CNI_EIO, "'dataDir' '%s': '%s' is %s, expected a directory",
		 dir->place.data_dir, dir->path, what);
	err->errnum = ENOTDIR;
	return -1;
}

/* The Go plugin follows a link, so its reservations behind a link are read and released, if no other
 * user can write there. */
static int open_link(struct network_dir *dir, struct cni_error *err)
{
	closing int fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_useless(dir, "a link", err);
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return fail_useless(dir, "a link to where others can write", err);
	dir->fd = take_fd(&fd);
	dir->is_linked = true;
	return 0;
}

static int open_directory(struct network_dir *dir, struct cni_error *err)
{
	struct stat st;

	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* O_DIRECTORY says ENOTDIR of a link too, and a link is not the same as nothing. */
	if (dir->fd < 0 && errno == ENOTDIR && lstat(dir->path, &st) == 0)
		return S_ISLNK(st.st_mode) ? open_link(dir, err) : fail_useless(dir, "a file", err);
	/* A path that leads nowhere. */
	if (dir->fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP &&
	    errno != ENAMETOOLONG)
		return network_dir_fail(dir, errno, "open", err);
	return 0;
}

static int make_directory(struct network_dir *dir, struct cni_error *err)
{
	if (cni_file_make_directories(dir->place.data_dir, 0755, err) < 0)
		return cni_fail_within(err, "'dataDir' '%s'", dir->place.data_dir);
	if (mkdir(dir->path, 0755) == 0)
		dir->made = true;
	else if (errno != EEXIST)
		return network_dir_fail(dir, errno, "create directory", err);
	if (open_directory(dir, err) < 0)
		return -1;
	return dir->fd < 0 ? network_dir_fail(dir, ENOENT, "open", err) : 0;
}

/* True if the directory holds only its lock. */
static bool is_bare(const struct network_dir *dir)
{
	DIR *walk = opendir(dir->path);
	const struct dirent *found;
	size_t count = 0;

	if (!walk)
		return false;
	while ((found = readdir(walk)))
		count += strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0;
	closedir(walk);
	return count == 1;
}

void network_dir_unmake(struct network_dir *dir)
{
	if (!dir->made)
		return;
	/* A process that waits for this lock finds its file unlinked: see check_lock(). */
	if (dir->lock >= 0 && is_bare(dir))
		unlinkat(dir->fd, "lock", 0);
	rmdir(dir->path);
	dir->made = false;
}

/* ---- the lock ---- */

/* The lock of a removed directory excludes no process. */
static int check_lock(const struct network_dir *dir, int lock, struct cni_error *err)
{
	struct stat st;

	if (fstat(lock, &st) < 0)
		return network_dir_fail(dir, errno, "stat the lock of", err);
	if (!S_ISREG(st.st_mode))
		return cni_fail(err, CNI_EIO, "'dataDir' '%s': '%s/lock' is not a regular file",
				dir->place.data_dir, dir->path);
	if (!st.st_nlink)
		return cni_fail(err, CNI_EAGAIN,
				"'dataDir' '%s': '%s' was removed by another "
				"process that could not reserve, try again",
				dir->place.data_dir, dir->path);
	return 0;
}

static int take_lock(struct network_dir *dir, struct cni_error *err)
{
	closing int lock = openat(dir->fd, "lock",
				  O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (lock < 0)
		return network_dir_fail(dir, errno, "open the lock of", err);
	if (cni_file_lock(lock, LOCK_EX, dir->place.lock_ms, err) < 0) {
		char holder[LOCK_HOLDER_SIZE];

		if (err->code == CNI_ELOCKED)
			cni_fail(err, CNI_ELOCKED, "not free within %u ms: held by %s",
				 dir->place.lock_ms,
				 lock_holder_describe(lock, dir->place.lock_ms, holder));
		return cni_fail_within(err, "'dataDir' '%s': '%s/lock'", dir->place.data_dir,
				       dir->path);
	}
	if (check_lock(dir, lock, err) < 0)
		return -1;
	dir->lock = take_fd(&lock);
	return 0;
}

/* ---- three ways in ---- */

int network_dir_look(const struct place *place, struct network_dir *ret_dir, struct cni_error *err)
{
	begin(place, ret_dir);
	return open_directory(ret_dir, err);
}

static void warn(const struct cni_error *err, const char *consequence)
{
	fprintf(stderr, "host-local: %s: %s\n", err->msg, consequence);
}

static void give_up(struct network_dir *dir)
{
	struct place place = dir->place;

	network_dir_close(dir);
	begin(&place, dir);
}

int network_dir_open(const struct place *place, struct network_dir *ret_dir, struct cni_error *err)
{
	if (network_dir_look(place, ret_dir, err) < 0) {
		if (err->errnum != ENOTDIR)
			return -1;
		warn(err, "nothing of it is released");
		return 0;
	}
	if (ret_dir->fd < 0 || take_lock(ret_dir, err) == 0)
		return 0;
	switch (err->code) {
	case CNI_ELOCKED:
		return -1;
	case CNI_EAGAIN: /* it was empty, and is removed */
		give_up(ret_dir);
		return 0;
	default:
		warn(err, "goes on without the lock");
		return 0;
	}
}

int network_dir_make(const struct place *place, struct network_dir *ret_dir, struct cni_error *err)
{
	if (network_dir_look(place, ret_dir, err) < 0)
		return -1;
	if (ret_dir->is_linked)
		return fail_useless(ret_dir, "a link", err);
	if (ret_dir->fd < 0 && make_directory(ret_dir, err) < 0)
		return -1;
	return take_lock(ret_dir, err);
}

/* ---- ask ---- */

/* True if the link leads to a directory of the network's name, as if all of the data directory had
 * been put elsewhere. */
static bool is_named_as_network(const struct network_dir *dir)
{
	freeing char *link = cni_format("/proc/self/fd/%d", dir->fd);
	char path[PATH_MAX];
	ssize_t size = readlink(link, path, sizeof(path) - 1);
	const char *name;

	if (size < 0)
		return false;
	path[size] = '\0';
	name = strrchr(path, '/');
	return name && !strcmp(name + 1, dir->place.network);
}

bool network_dir_may_collect(const struct network_dir *dir)
{
	const char *why = NULL;

	if (dir->lock < 0)
		why = "without the lock an address may change hands meanwhile";
	else if (dir->is_linked && !is_named_as_network(dir))
		why = "it is a link to a directory that other networks may reserve in";
	if (why)
		fprintf(stderr, "host-local: 'dataDir' '%s': GC releases nothing in '%s': %s\n",
			dir->place.data_dir, dir->path, why);
	return !why;
}

/* Gives back a lock that is not held, which changes nothing and tells whether flock(2) works. */
static int check_locking(const struct place *place, const char *path, struct cni_error *err)
{
	closing int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_UN) == 0)
		return 0;
	return cni_fail_errno(err, CNI_EIO, errno, "'dataDir' '%s': '%s': lock", place->data_dir,
			      path);
}

int network_dir_check_writable(const struct place *place, struct cni_error *err)
{
	freeing char *path = cni_format("%s/%s", place->data_dir, place->network);
	freeing char *lock = cni_format("%s/lock", path);
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && stat(path, &st) == 0)
		return cni_fail(err, CNI_EIO,
				"'dataDir' '%s': '%s' is a link, expected a directory",
				place->data_dir, path);
	if (cni_file_check_writable(path, err) < 0)
		return cni_fail_within(err, "'dataDir' '%s'", place->data_dir);
	if (lstat(lock, &st) == 0 && !S_ISREG(st.st_mode))
		return cni_fail(err, CNI_EIO, "'dataDir' '%s': '%s' is not a regular file",
				place->data_dir, lock);
	return check_locking(place, lock, err);
}
