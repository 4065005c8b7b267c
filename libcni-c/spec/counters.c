/* SPDX-License-Identifier: Apache-2.0 */
#include "counters.h"

#include "cleanup.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Another layout gets another one. */
#define MAGIC 0x31746e632d696e63ULL /* "cni-cnt1" */

#define MICROSECOND 1000ULL
#define MILLISECOND (1000 * MICROSECOND)

const uint64_t cni_counters_bounds[CNI_COUNTERS_BUCKETS - 1] = {
	500 * MICROSECOND,  1 * MILLISECOND,	2 * MILLISECOND,    5 * MILLISECOND,
	10 * MILLISECOND,   20 * MILLISECOND,	50 * MILLISECOND,   100 * MILLISECOND,
	500 * MILLISECOND,  1000 * MILLISECOND, 5000 * MILLISECOND, 10000 * MILLISECOND,
	60000 * MILLISECOND};

#define PATH_SIZE 300

/* False for a type that is no file name. */
static bool make_path(const char *type, char path[PATH_SIZE])
{
	if (strchr(type, '/') || !*type || *type == '.')
		return false;
	return snprintf(path, PATH_SIZE, CNI_COUNTERS_DIRECTORY "/%s", type) < PATH_SIZE;
}

/* ---- write ---- */

static int open_file(const char *path)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, flags, 0600);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	mkdir("/run/cni", 0700);
	mkdir(CNI_COUNTERS_DIRECTORY, 0700);
	return open(path, flags, 0600);
}

/* A page that cannot be allocated would end the process when the page is touched (SIGBUS), so all are allocated
 * before. fallocate(2) leaves what is there. */
static struct cni_counters *map_file(int fd)
{
	struct stat st;
	void *mapped;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > (off_t)sizeof(struct cni_counters) ||
	    fallocate(fd, 0, 0, sizeof(struct cni_counters)) < 0)
		return NULL;
	mapped = mmap(NULL, sizeof(struct cni_counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return mapped == MAP_FAILED ? NULL : mapped;
}

static size_t bucket_of(uint64_t nanoseconds)
{
	size_t bucket = 0;

	while (bucket < CNI_COUNTERS_BUCKETS - 1 && nanoseconds > cni_counters_bounds[bucket])
		bucket++;
	return bucket;
}

static void count(struct cni_counters *counters, enum cni_command command, int code,
		  uint64_t nanoseconds)
{
	struct cni_command_counters *c = &counters->commands[command];

	/* A new file is all zeroes; two that begin with it write the same. */
	if (!counters->magic)
		counters->magic = MAGIC;
	if (counters->magic != MAGIC)
		return;
	atomic_fetch_add(&c->calls, 1);
	atomic_fetch_add(&c->nanoseconds, nanoseconds);
	atomic_fetch_add(&c->buckets[bucket_of(nanoseconds)], 1);
	if (code)
		atomic_fetch_add(&c->failures[code > 0 && code < CNI_COUNTERS_CODES ? code : 0], 1);
}

void cni_counters_add(const char *type, enum cni_command command, int code, uint64_t nanoseconds)
{
	int kept = errno;
	char path[PATH_SIZE];
	closing int fd = make_path(type, path) ? open_file(path) : -1;
	struct cni_counters *counters = map_file(fd);

	if (counters) {
		count(counters, command, code, nanoseconds);
		munmap(counters, sizeof(*counters));
	}
	errno = kept;
}

/* ---- read ---- */

int cni_counters_read(const char *type, struct cni_counters *ret_counters, struct cni_error *err)
{
	freeing char *data = NULL;
	char path[PATH_SIZE];
	size_t size;

	if (!make_path(type, path))
		return cni_fail(err, CNI_ECONFIG, "'%.64s' is no plugin's name", type);
	if (cni_file_read_at(AT_FDCWD, path, false, sizeof(*ret_counters), &data, &size, err) < 0)
		return -1;
	if (size != sizeof(*ret_counters) ||
	    ((const struct cni_counters *)(const void *)data)->magic != MAGIC)
		return cni_fail(err, CNI_EDECODE, "'%s' has no counters of this version", path);
	memcpy((void *)ret_counters, data, size);
	return 0;
}
