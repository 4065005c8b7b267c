/* SPDX-License-Identifier: Apache-2.0 */
#include "namespace.h"

#include "cleanup.h"
#include "mem.h"
#include "netns_cookie.h"
#include "netns_type.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define BOOT_ID	     "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 37

struct identity {
	char boot[BOOT_ID_SIZE]; /* "-": not known */
	uint64_t cookie;	 /* 0: not known */
	uint64_t ino;
	bool lacks; /* certainly, the interface that was asked for */
};

/* Fails with EINVAL if the file is not a network namespace. */
static int open_namespace(const char *path)
{
	closing int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || cni_netns_check_type(fd) < 0)
		return -1;
	return take_fd(&fd);
}

/* Asks a socket in the namespace for its cookie, and for the interface unless `ifname` is NULL. A child enters the
 * namespace, so this process need not return; the child shares our memory, and only makes system calls. */
static struct identity look_inside(int fd, const char *ifname)
{
	volatile uint64_t cookie = 0;
	volatile bool lacks = false;
	struct ifreq request = {.ifr_ifindex = 0};
	pid_t pid;

	if (ifname)
		snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	pid = vfork();
	if (pid == 0) {
		int inside = setns(fd, CLONE_NEWNET) < 0
				     ? -1
				     : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		cookie = cni_netns_cookie(inside);
		lacks = ifname && ioctl(inside, SIOCGIFINDEX, &request) < 0 && errno == ENODEV;
		_exit(0);
	}
	/* With SIGCHLD ignored there is no child to wait for, and the answers are there. */
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return (struct identity){.cookie = cookie, .lacks = lacks};
}

static void read_boot(char boot[BOOT_ID_SIZE])
{
	closing int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, boot, BOOT_ID_SIZE - 1);

	boot[got > 0 ? got : 0] = '\0';
	boot[strcspn(boot, "\n ")] = '\0';
	if (!*boot)
		memcpy(boot, "-", sizeof("-"));
}

static struct identity identity_of(int fd, const char *ifname)
{
	struct identity identity = look_inside(fd, ifname);
	struct stat st;

	read_boot(identity.boot);
	if (fstat(fd, &st) == 0)
		identity.ino = st.st_ino;
	return identity;
}

char *cni_namespace_identify(const char *path)
{
	closing int fd = open_namespace(path);
	struct identity identity;

	if (fd < 0)
		return cni_strdup("none");
	identity = identity_of(fd, NULL);
	return cni_format("boot=%s cookie=%" PRIu64 " ino=%" PRIu64, identity.boot, identity.cookie,
			  identity.ino);
}

static bool read_number(const char **at, const char *label, uint64_t *ret_number)
{
	const char *digits = *at + strlen(label);
	char *end;

	if (strncmp(*at, label, strlen(label)) != 0)
		return false;
	*ret_number = strtoull(digits, &end, 10);
	*at = end;
	return end != digits;
}

static bool read_identity(const char *text, struct identity *ret_identity)
{
	const char *boot = text + strlen("boot=");
	size_t length = strncmp(text, "boot=", strlen("boot=")) == 0 ? strcspn(boot, " ") : 0;
	const char *at = boot + length;

	*ret_identity = (struct identity){.cookie = 0};
	if (!length || length >= BOOT_ID_SIZE)
		return false;
	memcpy(ret_identity->boot, boot, length);
	return read_number(&at, " cookie=", &ret_identity->cookie) &&
	       read_number(&at, " ino=", &ret_identity->ino);
}

/* True if the two may be the same namespace: an unknown part does not distinguish them. */
static bool may_be(const struct identity *now, const char *text)
{
	struct identity then;

	if (!read_identity(text, &then))
		return true;
	if (strcmp(now->boot, "-") != 0 && strcmp(then.boot, "-") != 0 &&
	    strcmp(now->boot, then.boot) != 0)
		return false;
	if (now->cookie && then.cookie)
		return now->cookie == then.cookie;
	return now->ino == then.ino && !now->lacks;
}

enum cni_namespace_state cni_namespace_ask_for(const char *path, const char *identity,
					       const char *ifname)
{
	closing int fd = path && *path ? open_namespace(path) : -1;
	struct identity now;

	if (!path || !*path)
		return CNI_NAMESPACE_UNKNOWN;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EINVAL || errno == ENXIO
			       ? CNI_NAMESPACE_GONE
			       : CNI_NAMESPACE_UNKNOWN;
	if (!identity)
		return CNI_NAMESPACE_LIVES;
	now = identity_of(fd, ifname);
	return may_be(&now, identity) ? CNI_NAMESPACE_LIVES : CNI_NAMESPACE_GONE;
}

enum cni_namespace_state cni_namespace_ask(const char *path, const char *identity)
{
	return cni_namespace_ask_for(path, identity, NULL);
}

bool cni_namespace_is_same(const char *path, const char *other)
{
	closing int one_fd = open_namespace(path);
	closing int other_fd = open_namespace(other);
	struct stat one;
	struct stat two;

	return one_fd >= 0 && other_fd >= 0 && fstat(one_fd, &one) == 0 &&
	       fstat(other_fd, &two) == 0 && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}
