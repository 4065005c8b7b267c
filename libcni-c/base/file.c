/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include "cleanup.h"
#include "deadline.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

int cni_file_read_fd(int fd, size_t max, const char *what, char **ret_data, size_t *ret_size,
		     struct cni_error *err)
{
	size_t room = 16384;
	size_t size = 0;
	freeing char *data = cni_realloc_array(NULL, room + 1, 1);

	for (;;) {
		ssize_t got = read(fd, data + size, room - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cni_fail_errno(err, CNI_EIO, errno, "read %s", what);
		if (got == 0)
			break;
		size += (size_t)got;
		if (size > max)
			return cni_fail(err, CNI_EDECODE, "%s holds more than %zu bytes", what,
					max);
		if (size == room) {
			room *= 2;
			data = cni_realloc_array(data, room + 1, 1);
		}
	}
	data[size] = '\0';
	*ret_data = take_ptr(data);
	*ret_size = size;
	return 0;
}

int cni_file_read_at(int dir, const char *path, bool follow, size_t max, char **ret_data,
		     size_t *ret_size, struct cni_error *err)
{
	/* O_NONBLOCK: a FIFO must not hold us up before fstat() can refuse it. */
	closing int fd =
		openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
	struct stat st;

	if (fd < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "open '%s'", path);
	if (fstat(fd, &st) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return cni_fail(err, CNI_EIO, "'%s' is not a regular file", path);
	return cni_file_read_fd(fd, max, path, ret_data, ret_size, err);
}

static int open_step(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_step_by_step(int dir, const char *path)
{
	freeing char *copy = cni_strdup(path);
	char *rest = copy;
	closing int fd = open_step(dir, *path == '/' ? "/" : ".");

	for (char *name = strsep(&rest, "/"); fd >= 0 && name; name = strsep(&rest, "/")) {
		closing int before = -1;

		if (!*name)
			continue;
		before = take_fd(&fd);
		fd = open_step(before, name);
	}
	return take_fd(&fd);
}

int cni_file_open_directory_at(int dir, const char *path)
{
	const struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
				     .resolve = RESOLVE_NO_SYMLINKS};
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	/* Profiles of seccomp(2) that do not know the call refuse it with EPERM. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_step_by_step(dir, path);
	return (int)fd;
}

int cni_file_write_all(int fd, const void *data, size_t size)
{
	const char *rest = data;

	while (size) {
		ssize_t put = write(fd, rest, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		rest += put;
		size -= (size_t)put;
	}
	return 0;
}

static int sync_directory_of(int dir, const char *path)
{
	freeing char *copy = cni_strdup(path);
	closing int fd = openat(dir, dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

int cni_file_replace_at(int dir, const char *path, const void *data, size_t size,
			struct cni_error *err)
{
	freeing char *temporary = cni_format("%s.%ld.tmp", path, (long)getpid());
	closing int fd =
		openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int failed;

	if (fd < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "create '%s'", temporary);
	if (cni_file_write_all(fd, data, size) < 0 || fsync(fd) < 0 ||
	    renameat(dir, temporary, dir, path) < 0) {
		failed = errno;
		unlinkat(dir, temporary, 0);
		return cni_fail_errno(err, CNI_EIO, failed, "write '%s'", path);
	}
	if (sync_directory_of(dir, path) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "sync the directory of '%s'", path);
	return 0;
}

int cni_file_make_directories(const char *path, mode_t mode, struct cni_error *err)
{
	freeing char *copy = cni_strdup(path);
	struct stat st;

	for (char *end = copy + 1; *copy; end++) {
		char was = *end;

		if (was && was != '/')
			continue;
		*end = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return cni_fail_errno(err, CNI_EIO, errno, "create directory '%s'", copy);
		if (!was)
			break;
		*end = was;
	}
	if (stat(path, &st) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "stat '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return cni_fail(err, CNI_EIO, "'%s' is not a directory", path);
	return 0;
}

/* Root may use the blocks reserved for root. A file system that does not count blocks reports 0
 * of 0. */
static int check_room(const char *path, struct cni_error *err)
{
	struct statvfs fs;
	bool is_root = geteuid() == 0;

	if (statvfs(path, &fs) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "look at the file system of '%s'", path);
	if (fs.f_blocks && !(is_root ? fs.f_bfree : fs.f_bavail))
		return cni_fail_errno(err, CNI_EIO, ENOSPC, "'%s' cannot be written", path);
	if (fs.f_files && !(is_root ? fs.f_ffree : fs.f_favail))
		return cni_fail_errno(err, CNI_EIO, ENOSPC,
				      "'%s' cannot be written, for no inode is left", path);
	return 0;
}

bool cni_file_is_refused(const struct cni_error *err)
{
	return err->errnum == EROFS || err->errnum == EACCES || err->errnum == EPERM;
}

int cni_file_check_writable(const char *path, struct cni_error *err)
{
	freeing char *part = cni_strdup(path);
	struct stat st;

	while (lstat(part, &st) < 0 && errno == ENOENT) {
		char *slash = strrchr(part, '/');

		if (!slash)
			break;
		slash[slash == part] = '\0';
	}
	if (stat(part, &st) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "'%s'", part);
	if (!S_ISDIR(st.st_mode))
		return cni_fail_errno(err, CNI_EIO, ENOTDIR, "'%s' is not a directory", part);
	if (faccessat(AT_FDCWD, part, W_OK | X_OK, AT_EACCESS) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "'%s' cannot be written", part);
	return check_room(part, err);
}

struct attempt {
	int fd;
	int operation;
};

static int wait_for_it(void *data)
{
	const struct attempt *attempt = data;

	return flock(attempt->fd, attempt->operation);
}

int cni_file_lock(int fd, int operation, unsigned int milliseconds, struct cni_error *err)
{
	struct attempt attempt = {fd, operation};
	int failed;

	if (flock(fd, operation | LOCK_NB) == 0)
		return 0;
	failed = errno;
	if (failed == EWOULDBLOCK && milliseconds)
		failed = cni_deadline_run(milliseconds, wait_for_it, &attempt);
	if (!failed)
		return 0;
	if (failed != EINTR && failed != EWOULDBLOCK)
		return cni_fail_errno(err, CNI_EIO, failed, "lock");
	cni_fail(err, CNI_ELOCKED, "the lock was not free within %u ms", milliseconds);
	err->errnum = EWOULDBLOCK;
	return -1;
}
