/* SPDX-License-Identifier: Apache-2.0 */
#include "netns.h"

#include "cleanup.h"
#include "process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

void netns_make(const char *path)
{
	closing int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	closing int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (home < 0 || file < 0 || unshare(CLONE_NEWNET) < 0 ||
	    mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) < 0 ||
	    setns(home, CLONE_NEWNET) < 0)
		process_die("make a network namespace");
}
