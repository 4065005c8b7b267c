/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include "cleanup.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_MS 60000U
/* A single name is enough under the lock. Runtimes read and execute no name of this form. */
#define TEMPORARY ".cni-c-installer.tmp"

static int fail_file(const struct target *target, const char *what, const char *name,
		     struct cni_error *err)
{
	return cni_fail_errno(err, CNI_EIO, errno, "%s '%s/%s'", what, target->path, name);
}

void target_close(struct target *target)
{
	cni_close_fdp(&target->fd);
	target->fd = -1;
}

int target_open(const char *path, struct target *ret_target, struct cni_error *err)
{
	closing_target struct target target = {
		.path = path, .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

	if (target.fd < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "open directory '%s'", path);
	if (cni_file_lock(target.fd, LOCK_EX, LOCK_MS, err) < 0)
		return cni_fail_within(err, "directory '%s'", path);
	/* Before the kernel looks for the name. A directory that has all needs no writing. */
	if (unlinkat(target.fd, TEMPORARY, 0) < 0 && errno != ENOENT && errno != EROFS)
		return fail_file(&target, "remove", TEMPORARY, err);
	*ret_target = target;
	target.fd = -1;
	return 0;
}

static int copy_bytes(int from, int to)
{
	char data[65536];
	ssize_t got;

	while ((got = read(from, data, sizeof(data))) != 0) {
		if (got < 0)
			return -1;
		for (ssize_t put = 0; put < got;) {
			ssize_t more = write(to, data + put, (size_t)(got - put));

			if (more < 0)
				return -1;
			put += more;
		}
	}
	return 0;
}

/* Sets the mode after the bytes: an unfinished file is not executable. */
static int write_temporary(const struct target *target, int source, mode_t mode,
			   struct cni_error *err)
{
	closing int fd = openat(target->fd, TEMPORARY,
				O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail_file(target, "create", TEMPORARY, err);
	if (copy_bytes(source, fd) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return fail_file(target, "write", TEMPORARY, err);
	return 0;
}

int target_put(const struct target *target, int source, const char *name, mode_t mode,
	       struct cni_error *err)
{
	int failed = write_temporary(target, source, mode, err);

	if (!failed && renameat(target->fd, TEMPORARY, target->fd, name) < 0)
		failed = fail_file(target, "replace", name, err);
	if (!failed)
		return 0;
	unlinkat(target->fd, TEMPORARY, 0);
	return cni_fail_within(err, "'%s' stays as it was", name);
}

int target_sync(const struct target *target, struct cni_error *err)
{
	if (fsync(target->fd) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "sync directory '%s'", target->path);
	return 0;
}
