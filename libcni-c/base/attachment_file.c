/* SPDX-License-Identifier: Apache-2.0 */
#include "attachment_file.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A record of 65,535 published UDP ports of both families has 5 MiB. */
#define TEXT_MAX (8U << 20)

/* ---- directories ---- */

static int descend(int dir, const char *name, bool make)
{
	if (make && mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Directories that are there already. -1 and errno: ENOENT, or what is worth a second look. */
static int open_at_once(const char *plugin, const char *name)
{
	static const char top[] = "/run/cni/";
	char path[sizeof(top) + NAME_MAX + NAME_MAX + 2];

	if (strlen(plugin) > NAME_MAX || strlen(name) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	stpcpy(stpcpy(stpcpy(stpcpy(path, top), plugin), "/"), name);
	return cni_file_open_directory_at(AT_FDCWD, path);
}

int cni_attachment_directory(const char *plugin, const char *name, bool make, int *ret_fd,
			     struct cni_error *err)
{
	const char *const parts[] = {"cni", plugin, name};
	closing int dir = open_at_once(plugin, name);
	closing int parent = -1;

	if (dir < 0 && errno == ENOENT && make) {
		parent = open_at_once(plugin, "");
		if (parent >= 0)
			dir = descend(parent, name, true);
	}
	if (dir >= 0) {
		*ret_fd = take_fd(&dir);
		return 0;
	}
	if (errno == ENOENT && !make)
		return cni_fail_errno(err, CNI_EIO, errno, "open the directory '/run/cni/%s/%s'",
				      plugin, name);
	/* With a /run that is a link, and to name the part that fails. */
	dir = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; dir >= 0 && i < 3; i++) {
		int next = descend(dir, parts[i], make);

		if (next < 0)
			return cni_fail_errno(err, CNI_EIO, errno,
					      "open '%s' of the directory '/run/cni/%s/%s'",
					      parts[i], plugin, name);
		close(dir);
		dir = next;
	}
	if (dir < 0)
		return cni_fail_errno(err, CNI_EIO, errno, "open '/run'");
	*ret_fd = take_fd(&dir);
	return 0;
}

/* Removes the directory if empty; the next writer makes it again. */
static void remove_directory(const char *plugin, const char *network)
{
	freeing char *path = cni_format("/run/cni/%s/%s", plugin, network);

	rmdir(path);
}

/* ---- one file ---- */

static char *name_of(const struct cni_owner *owner)
{
	return cni_format("%s:%s", owner->container, owner->ifname);
}

/* While it is being written. No container's id begins with a dot. */
static char *temporary_of(const char *name)
{
	return cni_format(".%s", name);
}

static int write_whole(int fd, const char *text)
{
	size_t size = strlen(text);
	ssize_t put = write(fd, text, size);

	if (put >= 0 && (size_t)put < size)
		errno = ENOSPC;
	return put == (ssize_t)size ? 0 : -1;
}

static int write_in(int dir, const char *name, const char *text, struct cni_error *err)
{
	freeing char *temporary = temporary_of(name);
	closing int fd = -1;

	unlinkat(dir, temporary, 0);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	/* No fsync(): what it is about does not survive a power cut either. */
	if (fd >= 0 && write_whole(fd, text) == 0 && renameat(dir, temporary, dir, name) == 0)
		return 0;
	cni_fail_errno(err, CNI_EIO, errno, "write '%s'", name);
	unlinkat(dir, temporary, 0);
	return -1;
}

int cni_network_file_write(const char *plugin, const char *network, const char *name,
			   const char *text, struct cni_error *err)
{
	/* The directory may be removed, with the last file in it, before we write. */
	for (int attempt = 0; attempt < 100; attempt++) {
		closing int dir = -1;

		if (cni_attachment_directory(plugin, network, true, &dir, err) == 0 &&
		    write_in(dir, name, text, err) == 0)
			return 0;
		if (err->errnum != ENOENT)
			break;
	}
	return -1;
}

int cni_attachment_file_write(const char *plugin, const struct cni_owner *owner, const char *text,
			      struct cni_error *err)
{
	freeing char *name = name_of(owner);

	if (cni_network_file_write(plugin, owner->network, name, text, err) == 0)
		return 0;
	return cni_fail_within(err, "remember the attachment in /run/cni/%s/%s", plugin,
			       owner->network);
}

/* Opens the directory if it is there: 1; 0: there is none; -1: failed. */
static int find_directory(const char *plugin, const char *network, int *ret_dir,
			  struct cni_error *err)
{
	*ret_dir = open_at_once(plugin, network);
	if (*ret_dir < 0 && errno == ENOENT)
		return 0;
	if (*ret_dir >= 0 || cni_attachment_directory(plugin, network, false, ret_dir, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : -1;
}

int cni_network_file_read(const char *plugin, const char *network, const char *name,
			  char **ret_text, struct cni_error *err)
{
	freeing char *text = NULL;
	closing int dir = -1;
	size_t size = 0;
	int found = find_directory(plugin, network, &dir, err);

	*ret_text = NULL;
	if (found <= 0)
		return found;
	if (cni_file_read_at(dir, name, false, TEXT_MAX, &text, &size, err) < 0) {
		if (err->errnum == ENOENT)
			return 0;
		text = cni_strdup("");
	} else if (strlen(text) != size) {
		text[0] = '\0';
	}
	*ret_text = take_ptr(text);
	return 0;
}

int cni_attachment_file_read(const char *plugin, const struct cni_owner *owner, char **ret_text,
			     struct cni_error *err)
{
	freeing char *name = name_of(owner);

	return cni_network_file_read(plugin, owner->network, name, ret_text, err);
}

static int remove_from(int dir, const char *name, struct cni_error *err)
{
	struct stat st;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR && unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return 0;
	cni_fail_errno(err, CNI_EIO, errno, "remove '%s'", name);
	/* A read-only file system refuses before it looks. */
	return err->errnum == EROFS && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
			       errno == ENOENT
		       ? 0
		       : -1;
}

int cni_network_file_remove(const char *plugin, const char *network, const char *name,
			    struct cni_error *err)
{
	freeing char *temporary = temporary_of(name);
	closing int dir = -1;
	int found = find_directory(plugin, network, &dir, err);

	if (found <= 0)
		return found;
	if (remove_from(dir, temporary, err) < 0 || remove_from(dir, name, err) < 0)
		return -1;
	remove_directory(plugin, network);
	return 0;
}

int cni_attachment_file_remove(const char *plugin, const struct cni_owner *owner,
			       struct cni_error *err)
{
	freeing char *name = name_of(owner);

	if (cni_network_file_remove(plugin, owner->network, name, err) == 0)
		return 0;
	return cni_fail_within(err, "forget the attachment in /run/cni/%s/%s", plugin,
			       owner->network);
}

/* ---- all of a network ---- */

static void add_name(struct cni_attachment_files *files, const char *network, const char *name)
{
	char *container = cni_strdup(name + (*name == '.'));
	char *colon = strchr(container, ':');
	size_t count = files->owners.count;

	if (!colon || colon == container || !colon[1]) {
		free(container);
		return;
	}
	*colon = '\0';
	files->names = cni_realloc_array(files->names, count + 1, sizeof(*files->names));
	files->names[count] = container;
	files->owners.items =
		cni_realloc_array(files->owners.items, count + 1, sizeof(*files->owners.items));
	files->owners.items[count] = (struct cni_owner){network, container, colon + 1};
	files->owners.count++;
}

int cni_attachment_files(const char *plugin, const char *network,
			 struct cni_attachment_files *ret_files, struct cni_error *err)
{
	const struct dirent *entry;
	closing int dir = -1;
	DIR *list;
	int found = find_directory(plugin, network, &dir, err);

	*ret_files = (struct cni_attachment_files){0};
	if (found <= 0)
		return found;
	list = fdopendir(dir);
	if (!list)
		return cni_fail_errno(err, CNI_EIO, errno, "list '/run/cni/%s/%s'", plugin,
				      network);
	take_fd(&dir);
	while ((entry = readdir(list)))
		add_name(ret_files, network, entry->d_name);
	closedir(list);
	if (!ret_files->owners.count)
		remove_directory(plugin, network);
	cni_owners_sort(&ret_files->owners);
	return 0;
}

void cni_attachment_files_clear(struct cni_attachment_files *files)
{
	for (size_t i = 0; i < files->owners.count; i++)
		free(files->names[i]);
	free(files->names);
	free(files->owners.items);
	*files = (struct cni_attachment_files){0};
}

int cni_attachment_networks(const char *plugin, char ***ret_names, size_t *ret_count,
			    struct cni_error *err)
{
	const struct dirent *entry;
	closing int dir = -1;
	DIR *list;

	*ret_names = NULL;
	*ret_count = 0;
	if (cni_attachment_directory(plugin, ".", false, &dir, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	list = fdopendir(dir);
	if (!list)
		return cni_fail_errno(err, CNI_EIO, errno, "list '/run/cni/%s'", plugin);
	take_fd(&dir);
	while ((entry = readdir(list))) {
		if (*entry->d_name == '.' || entry->d_type != DT_DIR)
			continue;
		*ret_names = cni_realloc_array(*ret_names, *ret_count + 1, sizeof(**ret_names));
		(*ret_names)[(*ret_count)++] = cni_strdup(entry->d_name);
	}
	closedir(list);
	return 0;
}
