/* SPDX-License-Identifier: Apache-2.0 */
#include "lease_file.h"

#include "cleanup.h"
#include "ending.h"
#include "hash.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Never an address, nor a name that anybody else uses; the lock makes them ours alone. */
#define TEMPORARY      ".reserving"
#define TEMPORARY_SIZE 40
#define TEMPORARY_LAST TEMPORARY ".last"

/* An id (at most 200 characters), a line break and an interface's name fit well. */
#define TEXT_MAX 1024

#define LAST_NAME_SIZE 48

static const char *last_name(size_t set, char name[LAST_NAME_SIZE])
{
	snprintf(name, LAST_NAME_SIZE, "last_reserved_ip.%zu", set);
	return name;
}

static const char *temporary_name(size_t number, char name[TEMPORARY_SIZE])
{
	snprintf(name, TEMPORARY_SIZE, TEMPORARY ".%zu", number);
	return name;
}

bool lease_file_is_temporary(const char *name)
{
	return !strncmp(name, TEMPORARY, strlen(TEMPORARY));
}

/* ---- read ---- */

/* At most TEXT_MAX bytes, terminated. NULL and errno if that cannot be; EFBIG if there are more. */
static char *read_text(int dir, const char *name, size_t *ret_size, struct stat *ret_stat)
{
	/* O_NONBLOCK: a FIFO under an address's name must not hold us up. */
	closing int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[TEXT_MAX + 1];
	ssize_t size;

	if (fd < 0 || fstat(fd, ret_stat) < 0)
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

/* The specification's ids are narrower, but files outlive the version that wrote them. */
static bool is_id(const char *text)
{
	const char *end = text;

	while (*end > ' ' && *end <= '~')
		end++;
	return end > text && !*end;
}

/* Blank to Go's strings.TrimSpace(), or a NUL, which is what a power cut leaves. */
static bool is_blank(char c)
{
	return !c || strchr(" \t\n\v\f\r", c);
}

/* A NUL in the middle becomes a blank, which neither an id nor an interface's name holds: a text that
 * the NUL cut would be another attachment's. */
static char *trim(char *text, size_t size)
{
	char *nul;

	while (size && is_blank(text[size - 1]))
		size--;
	text[size] = '\0';
	while ((nul = memchr(text, '\0', size)))
		*nul = ' ';
	while (*text && is_blank(*text))
		text++;
	return text;
}

/* A file's inode is used again once it is gone, but not with the time at which another was written.
 * Renaming changes neither. */
static void mark_file(const struct stat *st, char ret_mark[LEASE_MARK_SIZE])
{
	char digits[CNI_HASH_TEXT_SIZE];
	char text[96];
	int size = snprintf(text, sizeof(text), "%ju %jd.%09ld", (uintmax_t)st->st_ino,
			    (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);

	cni_hash_hex(text, (size_t)size, digits);
	memcpy(ret_mark, digits, LEASE_MARK_SIZE - 1);
	ret_mark[LEASE_MARK_SIZE - 1] = '\0';
}

/* Links, sockets, missing files and files that are too big reserve nothing; an unreadable file
 * might. */
static void judge_unread(int errnum, struct lease *lease)
{
	if (errnum == ELOOP || errnum == ENXIO || errnum == ENOENT || errnum == EFBIG)
		return;
	lease->state = LEASE_OPAQUE;
	lease->errnum = errnum;
}

void lease_file_read(int dir, const struct cni_ip *ip, struct lease *ret_lease)
{
	char name[CNI_IP_TEXT_SIZE];
	struct stat st;
	size_t size = 0;
	char *container;
	char *line_end;

	*ret_lease = (struct lease){.ip = *ip, .state = LEASE_JUNK, .container = "", .ifname = ""};
	ret_lease->text = read_text(dir, cni_ip_format(ip, name), &size, &st);
	if (!ret_lease->text) {
		judge_unread(errno, ret_lease);
		return;
	}
	container = trim(ret_lease->text, size);
	line_end = strstr(container, "\r\n");
	if (line_end)
		*line_end = '\0';
	if (!is_id(container))
		return;
	ret_lease->state = LEASE_HELD;
	ret_lease->container = container;
	ret_lease->ifname = line_end ? line_end + 2 : "";
	ret_lease->since = st.st_mtim.tv_sec;
	mark_file(&st, ret_lease->mark);
}

void lease_clear(struct lease *lease)
{
	free(lease->text);
	*lease = (struct lease){0};
}

bool lease_may_be_anybodys(const struct lease *lease)
{
	return lease->state == LEASE_OPAQUE && lease->errnum != EISDIR;
}

bool lease_is_stale(const struct lease *lease, const struct boot_id *boot)
{
	return lease->state == LEASE_HELD && *lease->boot.digits && *boot->digits &&
	       !boot_id_equal(&lease->boot, boot);
}

/* ---- write ---- */

/* Leaves nothing on failure. `ret_stat` may be NULL. Returns 0, or -1 and errno. */
static int write_temporary(int dir, const char *name, const char *text, bool lasting,
			   struct stat *ret_stat)
{
	size_t size = strlen(text);
	closing int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t put;
	int failed;

	if (fd < 0)
		return -1;
	put = write(fd, text, size);
	if (put == (ssize_t)size && (!lasting || fsync(fd) == 0) &&
	    (!ret_stat || fstat(fd, ret_stat) == 0))
		return 0;
	failed = put >= 0 && put < (ssize_t)size ? ENOSPC : errno;
	unlinkat(dir, name, 0);
	errno = failed;
	return -1;
}

int lease_file_prepare(int dir, size_t number, const char *text, bool lasting,
		       char ret_mark[LEASE_MARK_SIZE], struct cni_error *err)
{
	char name[TEMPORARY_SIZE];
	struct stat st;

	if (write_temporary(dir, temporary_name(number, name), text, lasting, &st) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "write '%s'", name);
	mark_file(&st, ret_mark);
	return 0;
}

/* renameat2(2), for which musl 1.2.3 has no function. */
static int rename_as(int dir, const char *from, const char *to, unsigned int flags)
{
	return (int)syscall(SYS_renameat2, dir, from, dir, to, flags);
}

/* Gives `from` the name `to` unless that exists. Returns 0, or -1 and errno. */
static int rename_to_free(int dir, const char *from, const char *to)
{
	if (rename_as(dir, from, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system without RENAME_NOREPLACE: a second name, and then the first one goes. */
	if (linkat(dir, from, dir, to, 0) < 0)
		return -1;
	unlinkat(dir, from, 0);
	return 0;
}

static bool is_junk(int dir, const struct cni_ip *ip)
{
	struct lease lease;
	bool junk;

	lease_file_read(dir, ip, &lease);
	junk = lease.state == LEASE_JUNK;
	lease_clear(&lease);
	return junk;
}

static int publish(int dir, const char *from, const struct cni_ip *ip, const char *to, bool replace)
{
	if (replace && rename_as(dir, from, to, RENAME_EXCHANGE) == 0)
		return 0;
	if (replace && errno != ENOENT && errno != EINVAL && errno != ENOSYS)
		return -1;
	/* The file is gone already, or the file system cannot exchange: nothing can be undone. */
	if (replace && unlinkat(dir, to, 0) < 0 && errno != ENOENT)
		return -1;
	if (rename_to_free(dir, from, to) == 0)
		return 0;
	/* The Go plugin creates and then writes, but under this lock: a file without an id has
	 * no owner any more. */
	if (errno != EEXIST || !is_junk(dir, ip))
		return -1;
	if (unlinkat(dir, to, 0) < 0)
		return -1;
	return rename_to_free(dir, from, to);
}

int lease_file_publish(int dir, size_t number, const struct cni_ip *ip, bool replace,
		       struct cni_error *err)
{
	char from[TEMPORARY_SIZE];
	char to[CNI_IP_TEXT_SIZE];

	temporary_name(number, from);
	cni_ip_format(ip, to);
	if (publish(dir, from, ip, to, replace) == 0)
		return 0;
	if (errno == EEXIST)
		return cni_fail(err, CNI_ETAKEN, "%s was reserved by somebody else meanwhile", to);
	return cni_fail_errno(err, CNI_EIO, errno, "write the file of %s", to);
}

void lease_file_retract(int dir, size_t number, const struct cni_ip *ip, bool replaced)
{
	char temporary[TEMPORARY_SIZE];
	char name[CNI_IP_TEXT_SIZE];

	temporary_name(number, temporary);
	cni_ip_format(ip, name);
	if (!replaced || (rename_as(dir, temporary, name, RENAME_EXCHANGE) < 0 &&
			  renameat(dir, temporary, dir, name) < 0))
		unlinkat(dir, name, 0);
}

int lease_file_discard(int dir, size_t number)
{
	char name[TEMPORARY_SIZE];

	return unlinkat(dir, temporary_name(number, name), 0) < 0 && errno != ENOENT ? -1 : 0;
}

/* ---- the last one reserved ---- */

char *lease_file_read_last(int dir, size_t set)
{
	char name[LAST_NAME_SIZE];
	struct stat st;
	size_t size = 0;

	return read_text(dir, last_name(set, name), &size, &st);
}

int lease_file_write_last(int dir, size_t set, const char *text, struct cni_error *err)
{
	char name[LAST_NAME_SIZE];
	int failed;

	if (write_temporary(dir, TEMPORARY_LAST, text, false, NULL) < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "write '%s'", last_name(set, name));
	if (renameat(dir, TEMPORARY_LAST, dir, last_name(set, name)) == 0)
		return 0;
	failed = errno;
	unlinkat(dir, TEMPORARY_LAST, 0);
	return cni_fail_errno(err, CNI_EIO, failed, "write '%s'", name);
}

char *lease_last_open(struct lease_last *last, int dir, size_t set)
{
	char name[LAST_NAME_SIZE];
	char text[CNI_IP_TEXT_SIZE];
	ssize_t size;
	int fd;

	lease_last_close(last);
	fd = openat(dir, last_name(set, name), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? NULL : lease_file_read_last(dir, set);
	size = pread(fd, text, sizeof(text), 0);
	/* Too long for an address, or unreadable. */
	if (size <= 0 || size == sizeof(text)) {
		close(fd);
		return NULL;
	}
	*last = (struct lease_last){.file = fd, .size = (size_t)size};
	return cni_strndup(text, (size_t)size);
}

bool lease_last_rewrite(struct lease_last *last, const char *text)
{
	size_t size = strlen(text);

	if (last->file <= 0 || size < last->size ||
	    pwrite(last->file, text, size, 0) != (ssize_t)size)
		return false;
	last->size = size;
	return true;
}

void lease_last_close(struct lease_last *last)
{
	if (last->file > 0)
		cni_ending_close(last->file);
	*last = (struct lease_last){0};
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
