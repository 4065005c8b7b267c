/* SPDX-License-Identifier: Apache-2.0 */
#include "lease_file.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Never an address, nor a name that anybody else uses. One is enough: the lock is ours. */
#define TEMPORARY ".reserving"

/* An id (at most 200 characters), a line break and an interface's name fit well. */
#define TEXT_MAX 1024

#define LAST_NAME_SIZE 48

static const char *last_name(size_t set, char name[LAST_NAME_SIZE])
{
	snprintf(name, LAST_NAME_SIZE, "last_reserved_ip.%zu", set);
	return name;
}

/* At most TEXT_MAX bytes, terminated. NULL and errno if that cannot be; EFBIG if there are more. */
static char *read_text(int dir, const char *name, size_t *ret_size)
{
	/* O_NONBLOCK: a FIFO under an address's name must not hold us up. */
	closing int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[TEXT_MAX + 1];
	ssize_t size;

	if (fd < 0)
		return NULL;
	size = read(fd, text, sizeof(text));
	if (size < 0)
		return NULL;
	if (size > TEXT_MAX) {
		errno = EFBIG;
		return NULL;
	}
	*ret_size = (size_t)size;
	return cni_strndup(text, (size_t)size);
}

/* Blank to Go's strings.TrimSpace(), or a NUL, which is what a power cut leaves. */
static bool is_blank(char c)
{
	return !c || strchr(" \t\n\v\f\r", c);
}

static char *trim(char *text, size_t size)
{
	while (size && is_blank(text[size - 1]))
		size--;
	text[size] = '\0';
	while (*text && is_blank(*text))
		text++;
	return text;
}

char *lease_file_read(int dir, const char *name, struct lease *lease)
{
	size_t size = 0;
	freeing char *text = read_text(dir, name, &size);
	char *container;
	char *line_end;

	if (!text) {
		/* Links, sockets and what is gone reserve nothing. */
		bool is_junk = errno == ELOOP || errno == ENXIO || errno == ENOENT;

		lease->state = is_junk ? LEASE_JUNK : LEASE_OPAQUE;
		lease->errnum = is_junk ? 0 : errno;
		return NULL;
	}
	container = trim(text, size);
	if (!*container) {
		lease->state = LEASE_JUNK;
		return NULL;
	}
	line_end = strstr(container, "\r\n");
	if (line_end) {
		*line_end = '\0';
		lease->ifname = line_end + 2;
	}
	lease->container = container;
	lease->state = LEASE_HELD;
	return take_ptr(text);
}

/* Leaves nothing on failure. Returns 0, or -1 and errno. */
static int write_temporary(int dir, const char *text, bool lasting)
{
	size_t size = strlen(text);
	closing int fd =
		openat(dir, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t put;
	int failed;

	if (fd < 0)
		return -1;
	put = write(fd, text, size);
	if (put == (ssize_t)size && (!lasting || fsync(fd) == 0))
		return 0;
	failed = put >= 0 && put < (ssize_t)size ? ENOSPC : errno;
	unlinkat(dir, TEMPORARY, 0);
	errno = failed;
	return -1;
}

/* Gives the temporary file its name unless that exists. Returns 0, or -1 and errno. */
static int publish(int dir, const char *name)
{
	if (renameat2(dir, TEMPORARY, dir, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system without RENAME_NOREPLACE: a second name, and then the first one goes. */
	if (linkat(dir, TEMPORARY, dir, name, 0) < 0)
		return -1;
	unlinkat(dir, TEMPORARY, 0);
	return 0;
}

static bool is_junk(int dir, const char *name)
{
	struct lease lease = {0};

	free(lease_file_read(dir, name, &lease));
	return lease.state == LEASE_JUNK;
}

int lease_file_create(int dir, const char *name, const char *text, bool lasting,
		      struct cni_error *err)
{
	int failed = 0;

	if (write_temporary(dir, text, lasting) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "write the file of %s", name);
	if (publish(dir, name) < 0)
		failed = errno;
	/* Others create and then write, but under this lock: an empty file is nobody's any more. */
	if (failed == EEXIST && is_junk(dir, name) && unlinkat(dir, name, 0) == 0)
		failed = publish(dir, name) < 0 ? errno : 0;
	if (!failed)
		return 0;
	unlinkat(dir, TEMPORARY, 0);
	if (failed == EEXIST)
		return cni_fail(err, CNI_ETAKEN, "%s was reserved by somebody else meanwhile",
				name);
	return cni_fail_errno(err, CNI_EIO, failed, "write the file of %s", name);
}

bool lease_file_is_temporary(const char *name)
{
	return !strcmp(name, TEMPORARY);
}

char *lease_file_read_last(int dir, size_t set)
{
	char name[LAST_NAME_SIZE];
	size_t size = 0;

	return read_text(dir, last_name(set, name), &size);
}

int lease_file_write_last(int dir, size_t set, const char *text, struct cni_error *err)
{
	char name[LAST_NAME_SIZE];
	int failed;

	if (write_temporary(dir, text, false) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "write '%s'", last_name(set, name));
	if (renameat(dir, TEMPORARY, dir, last_name(set, name)) == 0)
		return 0;
	failed = errno;
	unlinkat(dir, TEMPORARY, 0);
	return cni_fail_errno(err, CNI_EIO, failed, "write '%s'", name);
}

void lease_file_restore_last(int dir, size_t set, const char *text)
{
	char name[LAST_NAME_SIZE];
	struct cni_error ignored;

	if (text)
		lease_file_write_last(dir, set, text, &ignored);
	else
		unlinkat(dir, last_name(set, name), 0);
}
