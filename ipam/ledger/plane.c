/* SPDX-License-Identifier: Apache-2.0 */
#include "plane.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64

size_t plane_number(const struct cni_ip *ip)
{
	const uint8_t *low = ip->bytes + cni_ip_size(ip) - 2;

	return (size_t)low[0] << 8 | low[1];
}

struct cni_ip plane_at(const struct cni_ip *ip, size_t number)
{
	struct cni_ip at = *ip;
	uint8_t *low = at.bytes + cni_ip_size(&at) - 2;

	low[0] = (uint8_t)(number >> 8);
	low[1] = (uint8_t)number;
	return at;
}

static const char *file_name(const struct cni_ip *base, const char *plane, char name[NAME_SIZE])
{
	char text[CNI_IP_TEXT_SIZE];

	snprintf(name, NAME_SIZE, "%s.%s", cni_ip_format(base, text), plane);
	return name;
}

int plane_open(int dir, const struct cni_ip *base, const char *plane, int flags)
{
	char name[NAME_SIZE];

	return openat(dir, file_name(base, plane, name),
		      flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
}

int plane_fill(int fd, void *data, size_t size)
{
	ssize_t got;

	/* A regular file gives less only at its end. */
	do
		got = pread(fd, data, size, 0);
	while (got < 0 && errno == EINTR);
	memset((char *)data + (got > 0 ? got : 0), 0, size - (got > 0 ? (size_t)got : 0));
	return got < 0 ? -1 : 0;
}

int plane_read(int dir, const struct cni_ip *base, const char *plane, void *data, size_t size)
{
	closing int fd = plane_open(dir, base, plane, O_RDONLY);

	if (fd >= 0)
		return plane_fill(fd, data, size) < 0 ? -1 : 1;
	memset(data, 0, size);
	return errno == ENOENT ? 0 : -1;
}

int plane_write_spans(int fd, const struct plane_span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ssize_t put = pwrite(fd, spans[i].data, spans[i].size, (off_t)spans[i].offset);

		if (put == (ssize_t)spans[i].size)
			continue;
		if (put >= 0)
			errno = ENOSPC;
		return -1;
	}
	return 0;
}

int plane_write(int dir, const struct cni_ip *base, const char *plane, const void *data,
		size_t size, size_t offset)
{
	closing int fd = plane_open(dir, base, plane, O_WRONLY | O_CREAT);

	return fd < 0 ? -1 : plane_write_spans(fd, &(struct plane_span){data, size, offset}, 1);
}

DIR *plane_walk(int dir)
{
	closing int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *walk = fd < 0 ? NULL : fdopendir(fd);

	if (walk)
		take_fd(&fd);
	return walk;
}

static bool read_name(const char *name, const char *plane, struct cni_ip *ret_base)
{
	const char *dot = strrchr(name, '.');
	freeing char *base = dot ? cni_strndup(name, (size_t)(dot - name)) : NULL;

	return dot && !strcmp(dot + 1, plane) && cni_ip_parse(base, ret_base) == 0;
}

bool plane_next(DIR *walk, const char *plane, struct cni_ip *ret_base)
{
	const struct dirent *file;

	while ((file = readdir(walk)))
		if (read_name(file->d_name, plane, ret_base))
			return true;
	return false;
}

int plane_remove(int dir, const char *plane)
{
	DIR *walk = plane_walk(dir);
	struct cni_ip base;

	if (!walk)
		return -1;
	while (plane_next(walk, plane, &base)) {
		char name[NAME_SIZE];

		unlinkat(dir, file_name(&base, plane, name), 0);
	}
	closedir(walk);
	return 0;
}
