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

static int get_at(int dir, const char *key, char *ret_value, size_t size, struct cni_error *err)
{
	closing int fd = open_key(dir, key, O_RDONLY);
	ssize_t got = fd < 0 ? -1 : read(fd, ret_value, size - 1);

	if (got < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "read sysctl '%s'", key);
	ret_value[got] = '\0';
	ret_value[strcspn(ret_value, "\n")] = '\0';
	return 0;
}

int cni_sysctl_get(const char *key, char *ret_value, size_t size, struct cni_error *err)
{
	return get_at(-1, key, ret_value, size, err);
}

int cni_sysctl_set(const char *key, const char *value, struct cni_error *err)
{
	return cni_sysctl_set_at(-1, key, value, err);
}

int cni_sysctl_set_at(int dir, const char *key, const char *value, struct cni_error *err)
{
	closing int fd = -1;
	char now[16];

	if (get_at(dir, key, now, sizeof(now), err) < 0)
		return -1;
	if (!strcmp(now, value))
		return 0;
	fd = open_key(dir, key, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "set sysctl '%s' to %s", key, value);
	return 0;
}
