/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIRECTORY "/run/cni/sweep"
#define TEXT_SIZE 48

static int open_file(const char *what)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), DIRECTORY "/%s", what);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	mkdir("/run/cni", 0700);
	mkdir(DIRECTORY, 0700);
	return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Always of one length, so that no old digit is left behind. */
static bool write_counts(int fd, size_t adds, size_t left)
{
	char text[TEXT_SIZE + 1];

	snprintf(text, sizeof(text), "%20zu %20zu\n", adds, left);
	return pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text);
}

bool cni_sweep_is_due(const char *what)
{
	closing int fd = open_file(what);
	char text[TEXT_SIZE + 1] = "";
	char *second;
	size_t adds;
	size_t left;

	if (fd < 0 || pread(fd, text, TEXT_SIZE, 0) < 0)
		return false;
	/* A text that is no number counts as 0. */
	adds = strtoul(text, &second, 10);
	left = strtoul(second, NULL, 10);
	return write_counts(fd, adds + 1, left) && adds + 1 >= left;
}

void cni_sweep_is_done(const char *what, size_t left)
{
	closing int fd = open_file(what);

	if (fd >= 0)
		write_counts(fd, 0, left);
}
