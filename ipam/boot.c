/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

/* A line of mountinfo has some hundred bytes, and a busy node ten thousand of them. */
#define PROC_FILE_MAX ((size_t)64 * 1024 * 1024)

struct boot_id boot_id_read(void)
{
	struct boot_id id = {""};
	struct cni_error ignored;
	freeing char *text = NULL;
	size_t count = 0;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", false, 128, &text, &size,
			     &ignored) < 0)
		return id;
	for (const char *c = text; *c && count < BOOT_ID_SIZE - 1; c++)
		if (strchr("0123456789abcdef", *c))
			id.digits[count++] = *c;
	return id;
}

bool boot_id_equal(const struct boot_id *a, const struct boot_id *b)
{
	return !strcmp(a->digits, b->digits);
}

uint32_t boot_seconds(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint32_t)now.tv_sec;
}

struct netns_id netns_id_read(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (!*path || statfs(path, &fs) < 0 || fs.f_type != NSFS_MAGIC || stat(path, &st) < 0)
		return (struct netns_id){0};
	return (struct netns_id){.dev = st.st_dev, .ino = st.st_ino};
}

bool netns_id_is_known(const struct netns_id *netns)
{
	return netns->ino != 0;
}

bool netns_id_equal(const struct netns_id *a, const struct netns_id *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* proc(5): the fourth field of a mounted namespace is "net:[4026532281]". */
static bool is_mounted(const struct netns_id *netns)
{
	freeing char *wanted = cni_format(" net:[%ju] ", (uintmax_t)netns->ino);
	struct cni_error ignored;
	freeing char *mounts = NULL;
	size_t size;

	return cni_file_read_at(AT_FDCWD, "/proc/self/mountinfo", false, PROC_FILE_MAX, &mounts,
				&size, &ignored) < 0 ||
	       strstr(mounts, wanted);
}

static bool is_inhabited(const struct netns_id *netns)
{
	DIR *proc = opendir("/proc");
	const struct dirent *process;
	bool found = !proc;

	while (!found && (process = readdir(proc))) {
		freeing char *path = cni_format("/proc/%s/ns/net", process->d_name);
		struct stat st;

		if (*process->d_name < '1' || *process->d_name > '9')
			continue;
		found = stat(path, &st) == 0 && st.st_dev == netns->dev && st.st_ino == netns->ino;
	}
	if (proc)
		closedir(proc);
	return found;
}

bool netns_id_is_alive(const struct netns_id *netns)
{
	return !netns_id_is_known(netns) || is_mounted(netns) || is_inhabited(netns);
}
