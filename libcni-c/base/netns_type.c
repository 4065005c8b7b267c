/* SPDX-License-Identifier: Apache-2.0 */
#include "netns_type.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

int cni_netns_check_type(int fd)
{
	int type = ioctl(fd, NS_GET_NSTYPE);
	bool is_network = type == CLONE_NEWNET;
	struct statfs fs;

	if (type < 0) {
		if (fstatfs(fd, &fs) < 0)
			return -1;
		is_network = fs.f_type == NSFS_MAGIC;
	}
	if (is_network)
		return 0;
	errno = EINVAL;
	return -1;
}
