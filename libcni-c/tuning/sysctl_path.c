/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl_path.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define VALUE_MAX (64U << 10)

/* ---- from key to path ---- */

/* The next name of a path, which is taken off; NULL at its end. */
static char *next_name(char **rest)
{
	char *name;

	do {
		name = strsep(rest, "/");
	} while (name && !*name);
	return name;
}

static bool is_name(const char *name)
{
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if ((unsigned char)*name <= ' ' || *name == 0x7f)
			return false;
	return true;
}

bool cni_sysctl_path_is_valid(const char *path)
{
	freeing char *copy = cni_strdup(path);
	char *rest = copy;
	size_t count = 0;

	if (strlen(path) >= CNI_SYSCTL_PATH_SIZE)
		return false;
	for (char *name = strsep(&rest, "/"); name; name = strsep(&rest, "/"))
		if (!is_name(name) || (count++ == 0 && strcmp(name, "net") != 0))
			return false;
	return count > 1;
}

/* `key` with slashes, and the interface in its place. */
static char *with_slashes(const char *key, const char *ifname)
{
	freeing char *slashed = cni_strdup(key);
	char *place;

	for (char *dot = slashed; (dot = strchr(dot, '.'));)
		*dot = '/';
	place = strstr(slashed, "IFNAME");
	if (!place)
		return take_ptr(slashed);
	*place = '\0';
	return cni_format("%s%s%s", slashed, ifname, place + strlen("IFNAME"));
}

int cni_sysctl_path(const char *key, const char *ifname, char ret_path[CNI_SYSCTL_PATH_SIZE],
		    struct cni_error *err)
{
	freeing char *slashed = with_slashes(key, ifname);
	char *rest = slashed;
	size_t used = 0;

	/* As a path is read: slashes count once, and not at its ends. */
	ret_path[0] = '\0';
	for (char *name = next_name(&rest); name && used < CNI_SYSCTL_PATH_SIZE;
	     name = next_name(&rest))
		used += (size_t)snprintf(ret_path + used, CNI_SYSCTL_PATH_SIZE - used, "%s%s",
					 used ? "/" : "", name);
	if (used >= CNI_SYSCTL_PATH_SIZE || !cni_sysctl_path_is_valid(ret_path))
		return cni_fail(err, CNI_ECONFIG,
				"invalid net sysctl key: \"%.128s\", expected one such as "
				"\"net.ipv4.conf.IFNAME.arp_filter\"",
				key);
	return 0;
}

/* ---- from path to file ---- */

/* Name by name, so that nothing on the way leads elsewhere. */
static int open_file(const char *path, int flags)
{
	freeing char *copy = cni_strdup(path);
	char *rest = copy;
	char *name = next_name(&rest);
	closing int dir = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	while (dir >= 0 && name) {
		char *next = next_name(&rest);
		int last = dir;

		dir = openat(last, name,
			     O_NOFOLLOW | O_CLOEXEC | (next ? O_PATH | O_DIRECTORY : flags));
		close(last);
		name = next;
	}
	return take_fd(&dir);
}

static bool is_setting(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return false;
	errno = S_ISDIR(st.st_mode) ? EISDIR : ENOENT;
	return fs.f_type == PROC_SUPER_MAGIC && S_ISREG(st.st_mode);
}

static int open_setting(const char *path, int flags)
{
	closing int fd = -1;

	if (!cni_sysctl_path_is_valid(path)) {
		errno = ENOENT;
		return -1;
	}
	fd = open_file(path, flags);
	return fd >= 0 && is_setting(fd) ? take_fd(&fd) : -1;
}

static int code_of(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case EINVAL:
	case ERANGE:
		return CNI_ECONFIG;
	default:
		return CNI_EIO;
	}
}

int cni_sysctl_path_read(const char *path, char **ret_value, struct cni_error *err)
{
	closing int fd = open_setting(path, O_RDONLY);
	char *value = NULL;
	size_t size;

	if (fd < 0)
		return cni_fail_errno(err, code_of(errno), errno, "read sysctl '%s'", path);
	if (cni_file_read_fd(fd, VALUE_MAX, "it", &value, &size, err) < 0)
		return cni_fail_within(err, "sysctl '%s'", path);
	if (size && value[size - 1] == '\n')
		value[size - 1] = '\0';
	*ret_value = value;
	return 0;
}

/* A read-only setting may already have the wanted value. */
static bool is_right(const char *path, const char *value, int errnum)
{
	struct cni_error ignored;
	freeing char *now = NULL;

	if (errnum != EROFS && errnum != EACCES && errnum != EPERM)
		return false;
	return cni_sysctl_path_read(path, &now, &ignored) == 0 &&
	       cni_sysctl_values_equal(now, value);
}

int cni_sysctl_path_write(const char *path, const char *value, struct cni_error *err)
{
	closing int fd = open_setting(path, O_WRONLY);
	/* An empty list, as of reserved ports: a write of no byte changes nothing. */
	const char *text = *value ? value : "\n";
	size_t size = strlen(text);
	ssize_t put = fd < 0 ? -1 : write(fd, text, size);
	int failed = put < 0 ? errno : EINVAL;

	/* A part of it taken is one value where several were meant. */
	if (put == (ssize_t)size || is_right(path, value, failed))
		return 0;
	return cni_fail_errno(err, code_of(failed), failed, "set sysctl '%s' to \"%.64s\"", path,
			      value);
}

/* ---- values ---- */

static bool are_words_equal(const char *a, size_t a_length, const char *b, size_t b_length)
{
	freeing char *a_word = cni_strndup(a, a_length);
	freeing char *b_word = cni_strndup(b, b_length);
	char *a_end;
	char *b_end;
	long long a_number;
	long long b_number;

	if (!strcmp(a_word, b_word))
		return true;
	errno = 0;
	a_number = strtoll(a_word, &a_end, 0);
	b_number = strtoll(b_word, &b_end, 0);
	return !errno && a_end != a_word && !*a_end && b_end != b_word && !*b_end &&
	       a_number == b_number;
}

bool cni_sysctl_values_equal(const char *a, const char *b)
{
	static const char blanks[] = " \t\n";

	for (;;) {
		size_t a_length;
		size_t b_length;

		a += strspn(a, blanks);
		b += strspn(b, blanks);
		if (!*a || !*b)
			return !*a && !*b;
		a_length = strcspn(a, blanks);
		b_length = strcspn(b, blanks);
		if (!are_words_equal(a, a_length, b, b_length))
			return false;
		a += a_length;
		b += b_length;
	}
}
