/* SPDX-License-Identifier: Apache-2.0 */
#include "netns_id.h"

#include "cleanup.h"
#include "netns_cookie.h"
#include "own_netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ATTEMPTS 16

/* setns(2) allocates memory. All else in this process is about files: a way home that fails for good
 * changes nothing. */
static void go_home(int home)
{
	for (int i = 0; i < ATTEMPTS; i++)
		if (setns(home, CLONE_NEWNET) == 0)
			return;
}

/* A socket in the namespace, where it stays. -1 and errno if there can be none. */
static int open_socket(int netns)
{
	closing int home = open(cni_own_netns(), O_RDONLY | O_CLOEXEC);
	int fd;

	if (home < 0 || setns(netns, CLONE_NEWNET) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	go_home(home);
	return fd;
}

static int open_netns(const char *path)
{
	/* O_NONBLOCK: a FIFO in its place must not hold us up. */
	closing int fd = *path ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC ? take_fd(&fd) : -1;
}

static struct netns_id numbers_of(int netns)
{
	struct stat st;

	if (netns < 0 || fstat(netns, &st) < 0)
		return (struct netns_id){0};
	return (struct netns_id){.dev = st.st_dev, .ino = st.st_ino};
}

struct netns_id netns_id_read(const char *path)
{
	closing int netns = open_netns(path);
	struct netns_id id = numbers_of(netns);
	closing int fd = netns_id_is_known(&id) ? open_socket(netns) : -1;

	if (fd >= 0)
		id.cookie = cni_netns_cookie(fd);
	return id;
}

struct netns_id netns_id_of(const struct cni_env *env)
{
	const struct cni_netns_seen *seen = &env->seen;

	if (!seen->is_seen)
		return netns_id_read(env->netns);
	return (struct netns_id){.dev = seen->dev, .ino = seen->ino, .cookie = seen->cookie};
}

bool netns_id_is_known(const struct netns_id *netns)
{
	return netns->ino != 0;
}

enum netns_id_order netns_id_compare(const struct netns_id *a, const struct netns_id *b)
{
	if (a->dev != b->dev || a->ino != b->ino)
		return NETNS_OTHER;
	if (!a->cookie || !b->cookie)
		return NETNS_SAME_NUMBERS;
	return a->cookie == b->cookie ? NETNS_SAME : NETNS_OTHER;
}

bool netns_lacks_interface(const struct cni_env *env)
{
	closing int netns = -1;
	closing int fd = -1;
	struct ifreq request = {.ifr_ifindex = 0};

	if (env->seen.is_seen)
		return env->seen.interface_is_new;
	netns = open_netns(env->netns);
	fd = netns < 0 ? -1 : open_socket(netns);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", env->ifname);
	return fd >= 0 && ioctl(fd, SIOCGIFINDEX, &request) < 0 && errno == ENODEV;
}
