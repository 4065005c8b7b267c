/* SPDX-License-Identifier: Apache-2.0 */
#include "executables.h"

#include "cleanup.h"
#include "target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0755

/* Both are regular files: a read is short at the end alone. */
static bool have_same_bytes(int a, int b)
{
	char left[32768];
	char right[32768];
	ssize_t got;

	do {
		got = read(a, left, sizeof(left));
		if (got < 0 || read(b, right, sizeof(right)) != got ||
		    memcmp(left, right, (size_t)got) != 0)
			return false;
	} while (got);
	return true;
}

static bool is_installed(const struct target *target, int source, const struct stat *wanted,
			 const char *name)
{
	closing int fd = openat(target->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat there;

	return fd >= 0 && fstat(fd, &there) == 0 && S_ISREG(there.st_mode) &&
	       (there.st_mode & 07777) == MODE && there.st_uid == geteuid() &&
	       there.st_size == wanted->st_size && have_same_bytes(source, fd);
}

static int copy_one(const struct target *target, int from, const char *name, size_t *count,
		    struct cni_error *err)
{
	closing int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (source < 0 || fstat(source, &st) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "open executable '%s' of the image",
				      name);
	if (is_installed(target, source, &st, name))
		return 0;
	if (lseek(source, 0, SEEK_SET) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "read executable '%s' of the image",
				      name);
	if (target_put(target, source, name, MODE, err) < 0)
		return -1;
	++*count;
	return 0;
}

static int is_executable(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type != DT_DIR;
}

static int copy_all(const struct target *target, int from, struct dirent **names, int size,
		    size_t *count, struct cni_error *err)
{
	for (int i = 0; i < size; i++)
		if (copy_one(target, from, names[i]->d_name, count, err) < 0)
			return -1;
	return target_sync(target, err);
}

int executables_copy(const struct settings *settings, size_t *ret_count, struct cni_error *err)
{
	closing int from = open(settings->executables, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	closing_target struct target target = {.fd = -1};
	struct dirent **names = NULL;
	int failed;
	int size;

	*ret_count = 0;
	if (from < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "open directory '%s'",
				      settings->executables);
	if (target_open(settings->bin_dir, &target, err) < 0)
		return -1;
	size = scandirat(from, ".", &names, is_executable, alphasort);
	if (size < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "read directory '%s'",
				      settings->executables);
	failed = size ? copy_all(&target, from, names, size, ret_count, err)
		      : cni_fail(err, CNI_EMISSING, "directory '%s' holds no executable",
				 settings->executables);
	for (int i = 0; i < size; i++)
		free(names[i]);
	free(names);
	return failed;
}
