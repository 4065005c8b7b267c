/* SPDX-License-Identifier: Apache-2.0 */
#include "boots.h"

#include "cleanup.h"
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static int fail_setup(const char *what)
{
	perror(what);
	return -1;
}

int boots_setup(void **state)
{
	char path[] = "/tmp/boot-id.XXXXXX";
	closing int fd = mkstemp(path);
	int failed;

	(void)state;
	if (fd < 0)
		return fail_setup(path);
	failed = unshare(CLONE_NEWNS) < 0 ||
		 mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		 mount(path, BOOT_ID, NULL, MS_BIND, NULL) < 0;
	/* The mount stays. */
	unlink(path);
	if (failed)
		return fail_setup("mount a boot id");
	boots_next();
	return 0;
}

void boots_next(void)
{
	static unsigned int number;
	closing int fd = open(BOOT_ID, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(dprintf(fd, "%08x-0000-4000-8000-000000000000\n", ++number) > 0);
}
