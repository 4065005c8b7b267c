/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_files.h"

#include "cleanup.h"
#include "file.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", "/run", "tmpfs", 0, "mode=0755") == 0)
		return 0;
	perror("a tmpfs of its own at /run, which takes root");
	exit(1);
}

void fuzz_put(const char *path, const void *data, size_t size)
{
	closing int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	if (ftw->level)
		remove(path);
	return 0;
}

void fuzz_begin(const char *path)
{
	struct cni_error err;

	nftw("/run", remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	if (cni_file_make_directories(path, 0755, &err) < 0)
		abort();
}
