/* SPDX-License-Identifier: Apache-2.0 */
/* The files of tuning_backup.h; what stands in them is in tuning_backup.c. */
#include "cleanup.h"
#include "file.h"
#include "json.h"
#include "mem.h"
#include "tuning_backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX (1U << 20)

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}
#define closing_dir __attribute__((cleanup(closedirp)))

/* ---- one file ---- */

static char *name_of(const struct cni_owner *owner)
{
	return cni_format("%s_%s.json", owner->container, owner->ifname);
}

static int open_directory(const char *dir)
{
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* NULL: there is none, or a link, a directory, something too large. */
static int read_file(int fd, const char *name, char **ret_text, struct cni_error *err)
{
	size_t size;

	*ret_text = NULL;
	if (cni_file_read_at(fd, name, false, FILE_SIZE_MAX, ret_text, &size, err) == 0 ||
	    !err->errnum || err->errnum == ENOENT || err->errnum == ELOOP)
		return 0;
	return -1;
}

int cni_tuning_backup_read(const char *dir, const struct cni_owner *owner, char **ret_text,
			   struct cni_error *err)
{
	closing int fd = open_directory(dir);
	freeing char *name = name_of(owner);

	*ret_text = NULL;
	if (fd >= 0)
		return read_file(fd, name, ret_text, err) < 0 ? cni_fail_within(err, "'%s'", dir)
							      : 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return cni_fail_errno(err, CNI_EIO, errno, "open directory '%s'", dir);
}

static int write_text(const char *dir, const struct cni_owner *owner, const char *text,
		      struct cni_error *err)
{
	freeing char *name = name_of(owner);
	closing int fd = open_directory(dir);

	if (fd < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "open directory '%s'", dir);
	if (cni_file_replace_at(fd, name, text, strlen(text), err) < 0)
		return cni_fail_within(err, "'%s'", dir);
	return 0;
}

int cni_tuning_backup_write(const char *dir, const struct cni_owner *owner,
			    const struct cni_tuning_backup *backup, struct cni_error *err)
{
	freeing char *text = cni_tuning_backup_print(owner, backup);

	if (cni_file_make_directories(dir, 0700, err) < 0)
		return -1;
	return write_text(dir, owner, text, err);
}

void cni_tuning_backup_put_back(const char *dir, const struct cni_owner *owner, const char *text)
{
	struct cni_error ignored;

	if (text)
		write_text(dir, owner, text, &ignored);
	else
		cni_tuning_backup_remove(dir, owner, &ignored);
}

/* ---- all files ---- */

/* The directory to be read, and its descriptor; NULL if there is none. */
static int list(const char *dir, DIR **ret_stream, int *ret_fd, struct cni_error *err)
{
	closing int fd = open_directory(dir);

	*ret_stream = NULL;
	*ret_fd = fd;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd >= 0)
		*ret_stream = fdopendir(fd);
	if (!*ret_stream)
		return cni_fail_errno(err, CNI_EIO, errno, "open directory '%s'", dir);
	take_fd(&fd);
	return 0;
}

/* NULL at the end; then errno is 0, or says why there is no more. */
static const struct dirent *next_entry(DIR *stream)
{
	errno = 0;
	return stream ? readdir(stream) : NULL;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && !strcmp(text + length - strlen(end), end);
}

/* "c1_eth0.json", or "c1_eth0.json.4711.tmp", which cni_file_replace_at() makes on the way. */
static bool is_of(const char *file, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(file, name, length) &&
	       (!file[length] || (file[length] == '.' && ends_in(file, ".tmp")));
}

/* A directory of that name is not ours. */
static int unlink_file(int fd, const char *dir, const char *name, struct cni_error *err)
{
	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT || errno == EISDIR)
		return 0;
	return cni_fail_errno(err, CNI_EIO, errno, "remove '%s/%s'", dir, name);
}

int cni_tuning_backup_remove(const char *dir, const struct cni_owner *owner, struct cni_error *err)
{
	freeing char *name = name_of(owner);
	closing_dir DIR *stream = NULL;
	struct cni_error first = {0};
	const struct dirent *entry;
	int fd;

	if (list(dir, &stream, &fd, err) < 0)
		return -1;
	while ((entry = next_entry(stream))) {
		struct cni_error next = {0};

		if (is_of(entry->d_name, name) && unlink_file(fd, dir, entry->d_name, &next) < 0)
			cni_fail_first(&first, &next);
	}
	if (!first.code && errno)
		return cni_fail_errno(err, CNI_EIO, errno, "list directory '%s'", dir);
	return cni_fail_if_any(&first, err);
}

/* A file as JSON, if it is one that says whose it is; `ret_owner` points into it. */
static cJSON *read_owned(int fd, const char *name, struct cni_owner *ret_owner)
{
	freeing char *text = NULL;
	freeing_json cJSON *json = NULL;
	struct cni_error ignored;

	if (!ends_in(name, ".json") && !ends_in(name, ".tmp"))
		return NULL;
	if (read_file(fd, name, &text, &ignored) < 0 || !text)
		return NULL;
	json = cni_tuning_backup_json(text);
	ret_owner->network = cni_json_get_string(json, "network");
	ret_owner->container = cni_json_get_string(json, "container");
	ret_owner->ifname = cni_json_get_string(json, "ifname");
	if (!ret_owner->network || !ret_owner->container || !ret_owner->ifname)
		return NULL;
	return take_ptr(json);
}

static void leave(struct cni_tuning_backup *backup, const char *path)
{
	struct cni_tuning_sysctl *found = cni_tuning_find_sysctl(&backup->earlier, path);

	if (found) {
		free(found->value);
		found->value = NULL;
	}
}

void cni_tuning_backup_leave_shared(const char *dir, const struct cni_owner *owner,
				    struct cni_tuning_backup *backup)
{
	closing_dir DIR *stream = NULL;
	const struct dirent *entry;
	struct cni_error ignored;
	int fd;

	if (!backup->earlier.sysctl_count || list(dir, &stream, &fd, &ignored) < 0)
		return;
	while ((entry = next_entry(stream))) {
		struct cni_owner other;
		freeing_json cJSON *json = read_owned(fd, entry->d_name, &other);
		const cJSON *item;

		if (!json || strcmp(other.container, owner->container) != 0 ||
		    !strcmp(other.ifname, owner->ifname))
			continue;
		cJSON_ArrayForEach (item, cni_json_get(json, "sysctls")) {
			const char *path = cni_json_get_string(item, "path");

			if (path)
				leave(backup, path);
		}
	}
}

int cni_tuning_backup_collect(const char *dir, const char *network, const struct cni_owners *valid,
			      struct cni_error *err)
{
	closing_dir DIR *stream = NULL;
	struct cni_error first = {0};
	const struct dirent *entry;
	int fd;

	if (list(dir, &stream, &fd, err) < 0)
		return -1;
	while ((entry = next_entry(stream))) {
		struct cni_owner owner;
		freeing_json cJSON *json = read_owned(fd, entry->d_name, &owner);
		struct cni_error next = {0};

		if (json && !strcmp(owner.network, network) &&
		    !cni_owners_has(valid, owner.container, owner.ifname) &&
		    unlink_file(fd, dir, entry->d_name, &next) < 0)
			cni_fail_first(&first, &next);
	}
	if (!first.code && errno)
		return cni_fail_errno(err, CNI_EIO, errno, "list directory '%s'", dir);
	return cni_fail_if_any(&first, err);
}
