/* SPDX-License-Identifier: Apache-2.0 */
#include "netns.h"

#include "cleanup.h"
#include "netns_type.h"
#include "own_netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often the kernel is asked to let the process go home. */
#define ATTEMPTS 16

int cni_netns_open(const char *path, int *ret_fd, struct cni_error *err)
{
	/* O_NONBLOCK: a FIFO in its place must not hold us up. */
	closing int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return cni_fail_errno(err, CNI_EENV, errno, "failed to open netns '%s'", path);
	if (cni_netns_check_type(fd) < 0) {
		if (errno != EINVAL)
			return cni_fail_errno(err, CNI_EENV, errno, "CNI_NETNS '%s'", path);
		cni_fail(err, CNI_EENV, "CNI_NETNS '%s' is not a network namespace", path);
		err->errnum = EINVAL;
		return -1;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int cni_netns_open_own(int *ret_fd, struct cni_error *err)
{
	*ret_fd = open(cni_own_netns(), O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "open our own network namespace");
	return 0;
}

int cni_netns_enter(int netns, int *ret_home, struct cni_error *err)
{
	closing int home = -1;

	if (cni_netns_open_own(&home, err) < 0)
		return -1;
	if (setns(netns, CLONE_NEWNET) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "enter the network namespace");
	*ret_home = take_fd(&home);
	return 0;
}

bool cni_netns_may_be_there(const struct cni_error *err)
{
	return err->errnum == ENOMEM || err->errnum == EMFILE || err->errnum == ENFILE;
}

bool cni_netns_is_own(int netns)
{
	struct stat theirs;
	struct stat ours;

	return fstat(netns, &theirs) == 0 && stat(cni_own_netns(), &ours) == 0 &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/* setns(2) allocates memory. No error leaves another thing to do than to ask again. */
static int go_home(int home)
{
	for (int i = 0; i < ATTEMPTS; i++)
		if (setns(home, CLONE_NEWNET) == 0)
			return 0;
	return -1;
}

int cni_netns_leave(int *home, struct cni_error *err)
{
	closing int fd = take_fd(home);

	if (go_home(fd) == 0)
		return 0;
	return cni_fail_errno(err, CNI_EKERNEL, errno, "return to the host's network namespace");
}

void cni_netns_return(const int *home)
{
	char text[128];

	if (*home < 0)
		return;
	if (go_home(*home) < 0) {
		snprintf(text, sizeof(text), "return to the host's network namespace: %s",
			 strerror(errno));
		cni_die(CNI_EKERNEL, text);
	}
	close(*home);
}
