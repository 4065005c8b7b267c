/* SPDX-License-Identifier: Apache-2.0 */
#include "entries.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

void entries_close(DIR **walk)
{
	if (*walk)
		closedir(*walk);
}

DIR *entries_open(int dir)
{
	closing int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *walk = fd < 0 ? NULL : fdopendir(fd);

	if (walk)
		take_fd(&fd);
	return walk;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int entries_read(int dir, bool (*is_wanted)(const char *name), struct entries *ret_entries)
{
	closing_dir DIR *walk = entries_open(dir);
	struct entries entries = {0};
	const struct dirent *found;
	size_t room = 0;

	if (!walk)
		return -1;
	while (errno = 0, (found = readdir(walk))) {
		const char *name = found->d_name;

		if (!strcmp(name, ".") || !strcmp(name, "..") || !is_wanted(name))
			continue;
		if (entries.count == room) {
			room = room ? room * 2 : 64;
			entries.names = cni_realloc_array(entries.names, room, sizeof(char *));
		}
		entries.names[entries.count++] = cni_strdup(name);
	}
	if (errno) {
		int failed = errno;

		entries_clear(&entries);
		errno = failed;
		return -1;
	}
	if (entries.count)
		qsort(entries.names, entries.count, sizeof(char *), compare);
	*ret_entries = entries;
	return 0;
}

void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->names[i]);
	free(entries->names);
	*entries = (struct entries){0};
}
