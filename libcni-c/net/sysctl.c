/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* `dir` -1: /proc/sys */
static int open_key(int dir, const char *key, int flags)
{
	char path[256];

	if (dir >= 0)
		return openat(dir, key, flags | O_CLOEXEC);
	if (snprintf(path, sizeof(path), "/proc/sys/%s", key) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags | O_CLOEXEC);
}

static int read_value(int fd, const char *key, char *ret_value, size_t size, struct cni_error *err)
{
	ssize_t got = fd < 0 ? -1 : read(fd, ret_value, size - 1);

	if (got < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "read sysctl '%s'", key);
	ret_value[got] = '\0';
	ret_value[strcspn(ret_value, "\n")] = '\0';
	return 0;
}

int cni_sysctl_get(const char *key, char *ret_value, size_t size, struct cni_error *err)
{
	closing int fd = open_key(-1, key, O_RDONLY);

	return read_value(fd, key, ret_value, size, err);
}

int cni_sysctl_set(const char *key, const char *value, struct cni_error *err)
{
	return cni_sysctl_set_at(-1, key, value, err);
}

int cni_sysctl_set_at(int dir, const char *key, const char *value, struct cni_error *err)
{
	closing int fd = open_key(dir, key, O_RDWR);
	int failed = fd < 0 ? errno : 0;
	char now[16];

	if (failed)
		fd = open_key(dir, key, O_RDONLY);
	if (read_value(fd, key, now, sizeof(now), err) < 0)
		return -1;
	if (!strcmp(now, value))
		return 0;
	/* At the beginning: elsewhere the kernel ignores it. */
	if (!failed && pwrite(fd, value, strlen(value), 0) >= 0)
		return 0;
	return cni_fail_errno(err, CNI_EIO, failed ? failed : errno, "set sysctl '%s' to %s", key,
			      value);
}

int cni_sysctl_overwrite(const char *key, const char *value, struct cni_error *err)
{
	closing int fd = open_key(-1, key, O_WRONLY);

	if (fd >= 0 && write(fd, value, strlen(value)) >= 0)
		return 0;
	return cni_sysctl_set(key, value, err);
}
