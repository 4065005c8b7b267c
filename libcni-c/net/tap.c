/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "cleanup.h"
#include "ip.h"
#include "random.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define DEVICE	    "/dev/net/tun"
#define HELPER	    "--make-tap"
#define MULTI_QUEUE "multi_queue"

static const char exec_context[] = "/proc/thread-self/attr/exec";

int cni_tap_open(int *ret_tun, struct cni_error *err)
{
	*ret_tun = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (*ret_tun >= 0)
		return 0;
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return cni_fail_errno(
			err, CNI_EKERNEL, errno,
			"this kernel has no taps: load the module (modprobe tun), or use a "
			"kernel with it: open '" DEVICE "'");
	return cni_fail_errno(err, CNI_EKERNEL, errno, "open '" DEVICE "'");
}

/* ---- in this process ---- */

/* Returns 0 or an errno. */
static int make(int tun, const char *name, bool multi_queue)
{
	unsigned int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL;
	struct ifreq request = {.ifr_flags = 0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (multi_queue)
		flags |= IFF_MULTI_QUEUE;
	request.ifr_flags = (short)flags;
	return ioctl(tun, TUNSETIFF, &request) < 0 ? errno : 0;
}

/* Far above the indices that the kernel counts up to. */
static int choose_index(int tun, int *ret_index, struct cni_error *err)
{
	unsigned int index;

	if (!cni_random(&index, sizeof(index)))
		return cni_fail_errno(err, CNI_EKERNEL, errno, "choose an index");
	index = (index & 0x3fffffff) | 0x40000000;
	if (ioctl(tun, TUNSETIFINDEX, &index) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "choose index %u for a tap", index);
	*ret_index = (int)index;
	return 0;
}

static int set_up(int tun, const struct cni_tap_new *tap, struct cni_error *err)
{
	struct ifreq request = {.ifr_hwaddr = {.sa_family = ARPHRD_ETHER}};

	memcpy(request.ifr_hwaddr.sa_data, tap->mac, CNI_MAC_SIZE);
	if (ioctl(tun, SIOCSIFHWADDR, &request) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "set the MAC of tap '%s'",
				      tap->name);
	if (tap->has_owner && ioctl(tun, TUNSETOWNER, (unsigned long)tap->owner) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "set owner %u of tap '%s'",
				      tap->owner, tap->name);
	if (tap->has_group && ioctl(tun, TUNSETGROUP, (unsigned long)tap->group) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "set group %u of tap '%s'",
				      tap->group, tap->name);
	return 0;
}

/* ---- in another SELinux context ---- */

bool cni_tap_has_selinux(void)
{
	FILE *file = fopen("/proc/filesystems", "re");
	char line[128];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, "\tselinuxfs\n") != NULL;
	if (file)
		fclose(file);
	return found;
}

int cni_tap_helper(int argc, char *const *argv)
{
	if (argc < 3 || strcmp(argv[1], HELPER) != 0)
		return -1;
	return make(STDIN_FILENO, argv[2], argc > 3 && !strcmp(argv[3], MULTI_QUEUE));
}

/* The context of the next execve(2); "": none. */
static int set_exec_context(const char *context)
{
	closing int fd = open(exec_context, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, context, strlen(context)) < 0 ? -1 : 0;
}

/* Starts this executable with the descriptor as its stdin. Returns 0 or an errno. */
static int spawn_helper(int tun, const struct cni_tap_new *tap)
{
	char *const arguments[] = {(char *)"tap", (char *)HELPER, (char *)tap->name,
				   (char *)(tap->multi_queue ? MULTI_QUEUE : NULL), NULL};
	char *const environment[] = {NULL};
	const struct sigaction waited_for = {.sa_handler = SIG_DFL};
	posix_spawn_file_actions_t actions;
	struct sigaction before;
	int failed;
	int status = 0;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, tun, STDIN_FILENO);
	sigaction(SIGCHLD, &waited_for, &before);
	failed = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	while (!failed && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			failed = errno;
	sigaction(SIGCHLD, &before, NULL);
	if (failed)
		return failed;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPIPE;
}

static int make_in_context(int tun, const struct cni_tap_new *tap, struct cni_error *err)
{
	int failed;

	if (set_exec_context(tap->context) < 0) {
		if (!cni_tap_has_selinux())
			return cni_fail(
				err, CNI_EKERNEL,
				"SELinux context '%.128s': SELinux is off or missing in this "
				"kernel",
				tap->context);
		return cni_fail_errno(err, errno == EINVAL ? CNI_ECONFIG : CNI_EKERNEL, errno,
				      "SELinux context '%.128s'", tap->context);
	}
	failed = spawn_helper(tun, tap);
	set_exec_context("");
	if (failed)
		return cni_fail_errno(err, CNI_EKERNEL, failed,
				      "make tap '%s' in SELinux context '%.128s'", tap->name,
				      tap->context);
	return 0;
}

/* ---- both ---- */

static int make_anywhere(int tun, const struct cni_tap_new *tap, struct cni_error *err)
{
	int failed;

	if (tap->context && *tap->context)
		return make_in_context(tun, tap, err);
	failed = make(tun, tap->name, tap->multi_queue);
	if (failed)
		return cni_fail_errno(err, CNI_EKERNEL, failed, "make tap '%s'", tap->name);
	return 0;
}

int cni_tap_make(int tun, const struct cni_tap_new *tap, int *ret_index, struct cni_error *err)
{
	if (choose_index(tun, ret_index, err) < 0 || make_anywhere(tun, tap, err) < 0)
		return -1;
	return set_up(tun, tap, err);
}

int cni_tap_keep(int tun, bool keep, struct cni_error *err)
{
	if (ioctl(tun, TUNSETPERSIST, (unsigned long)keep) == 0)
		return 0;
	return cni_fail_errno(err, CNI_EKERNEL, errno, "make a tap %s", keep ? "last" : "go");
}
