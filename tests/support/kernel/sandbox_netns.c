/* SPDX-License-Identifier: Apache-2.0 */
/* Named namespaces as "ip netns" makes them, without a process for each: most tests have several. */
#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NETNS_DIR "/run/netns"

/* Mounts are shared in there: "ip netns exec" in its mount namespace loses a namespace with us. */
static void share_directory(void)
{
	mkdir(NETNS_DIR, 0755);
	if (mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) == 0)
		return;
	assert_int_equal(mount(NETNS_DIR, NETNS_DIR, "none", MS_BIND | MS_REC, NULL), 0);
	assert_int_equal(mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL), 0);
}

static int open_own(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

void sandbox_add_netns(const char *name)
{
	freeing char *path = cni_format(NETNS_DIR "/%s", name);
	closing int home = open_own();
	int failed;

	share_directory();
	close(open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
	assert_return_code(unshare(CLONE_NEWNET), errno);
	failed = mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL);
	assert_return_code(setns(home, CLONE_NEWNET), errno);
	if (failed)
		fail_msg("%s cannot be made", path);
}

void sandbox_del_netns(const char *name)
{
	freeing char *path = cni_format(NETNS_DIR "/%s", name);

	umount2(path, MNT_DETACH);
	unlink(path);
}

void sandbox_enter_netns(const char *name)
{
	freeing char *path = cni_format(NETNS_DIR "/%s", name);
	closing int inside = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(inside >= 0);
	assert_return_code(setns(inside, CLONE_NEWNET), errno);
}

void sandbox_set_in(const char *name, const char *setting, const char *value)
{
	closing int home = open_own();
	int failed;

	sandbox_enter_netns(name);
	failed = sandbox_set(setting, value);
	assert_return_code(setns(home, CLONE_NEWNET), errno);
	if (failed)
		fail_msg("%s of %s cannot be set", setting, name);
}
