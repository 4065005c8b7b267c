/* SPDX-License-Identifier: Apache-2.0 */
#include "lock.h"

#include "cleanup.h"
#include "deadline.h"
#include "ending.h"
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#define DIRECTORY "/run/cni/locks"
#define NAME	  "held"

/* /run/cni is often made by a runtime, with another mode: only our directory in it must be
 * private. */
static int open_directory(bool make)
{
	if (make && ((mkdir("/run/cni", 0700) < 0 && errno != EEXIST) ||
		     (mkdir(DIRECTORY, 0700) < 0 && errno != EEXIST)))
		return -1;
	return open(DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A directory that other users can enter or own is refused. */
static int check_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	/* Our own since the start: no process of ours changes it. */
	if (st.st_uid == getauxval(AT_EUID) && !(st.st_mode & 077))
		return 0;
	errno = EPERM;
	return -1;
}

static int open_file(void)
{
	int dir = open_directory(false);
	int file = -1;
	int failed;

	if (dir < 0 && errno == ENOENT)
		dir = open_directory(true);
	if (dir >= 0 && check_owner(dir) == 0)
		file = openat(dir, NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	failed = errno;
	cni_ending_close(dir);
	errno = failed;
	return file;
}

/* The lock's byte, one of 2^60. */
static struct flock range_of(const char *name, enum cni_lock_kind kind)
{
	char digits[CNI_HASH_TEXT_SIZE];

	cni_hash_hex(name, strlen(name), digits);
	digits[15] = '\0';
	return (struct flock){.l_type = kind == CNI_LOCK_SHARED ? F_RDLCK : F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = (off_t)strtoull(digits, NULL, 16),
			      .l_len = 1};
}

struct attempt {
	int fd;
	struct flock range;
};

static int wait_for_it(void *data)
{
	struct attempt *attempt = data;

	return fcntl(attempt->fd, F_OFD_SETLKW, &attempt->range);
}

static int take(int fd, const char *name, enum cni_lock_kind kind, unsigned int milliseconds,
		struct cni_error *err)
{
	struct attempt attempt = {.fd = fd, .range = range_of(name, kind)};
	int failed;

	if (fcntl(fd, F_OFD_SETLK, &attempt.range) == 0)
		return 0;
	failed = errno;
	if ((failed == EAGAIN || failed == EACCES) && milliseconds)
		failed = cni_deadline_run(milliseconds, wait_for_it, &attempt);
	if (!failed)
		return 0;
	if (failed != EINTR && failed != EAGAIN && failed != EACCES)
		return cni_fail_errno(err, CNI_EIO, failed, "lock '" DIRECTORY "/" NAME "'");
	cni_fail(err, CNI_ELOCKED, "the lock was not free within %u ms", milliseconds);
	err->errnum = EWOULDBLOCK;
	return -1;
}

int cni_lock_take(const char *name, enum cni_lock_kind kind, unsigned int milliseconds,
		  int *ret_lock, struct cni_error *err)
{
	closing int fd = open_file();

	if (fd < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "open '" DIRECTORY "/" NAME "'");
	if (take(fd, name, kind, milliseconds, err) < 0)
		return -1;
	*ret_lock = take_fd(&fd);
	return 0;
}

int cni_lock_change(int lock, const char *name, enum cni_lock_kind kind, unsigned int milliseconds,
		    struct cni_error *err)
{
	return take(lock, name, kind, milliseconds, err);
}
