/* SPDX-License-Identifier: Apache-2.0 */
#include "netns.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Some seccomp profiles refuse ioctl(2) on a namespace: setns(2) looks at the type again. */
static bool may_be_network(int fd)
{
	int type = ioctl(fd, NS_GET_NSTYPE);
	struct statfs fs;

	if (type >= 0)
		return type == CLONE_NEWNET;
	return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

int cni_netns_open(const char *path, int *ret_fd, struct cni_error *err)
{
	/* O_NONBLOCK: a FIFO in its place must not hold us up. */
	closing int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return cni_fail_errno(err, CNI_EENV, errno, "failed to open netns '%s'", path);
	if (!may_be_network(fd)) {
		cni_fail(err, CNI_EENV, "CNI_NETNS '%s' is not a network namespace", path);
		err->errnum = EINVAL;
		return -1;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int cni_netns_enter(int netns, int *ret_home, struct cni_error *err)
{
	closing int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (home < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "open our own network namespace");
	if (setns(netns, CLONE_NEWNET) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "enter the network namespace");
	*ret_home = take_fd(&home);
	return 0;
}

/* What is half made is left to DEL, as when memory has run out. */
static _Noreturn void be_lost(void)
{
	static const char text[] = "{\n    \"cniVersion\": \"1.1.0\",\n    \"code\": 101,\n"
				   "    \"msg\": \"return to the host's network namespace: the "
				   "kernel refused\"\n}\n";

	_Static_assert(CNI_EKERNEL == 101, "the text above names the code");
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	_exit(1);
}

void cni_netns_return(const int *home)
{
	if (*home < 0)
		return;
	if (setns(*home, CLONE_NEWNET) < 0)
		be_lost();
	close(*home);
}
