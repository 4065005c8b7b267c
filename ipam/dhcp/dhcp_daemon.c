/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_daemon.h"

#include "dhcp_flags.h"
#include "dhcp_house.h"
#include "dhcp_listener.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

struct daemon {
	struct dhcp_house house;
	struct dhcp_listener listener;
	struct dhcp_watch door; /* the listener's descriptor, without owning it */
	struct dhcp_watch clock;
	struct dhcp_watch signals;
	bool ends;
};

static void let_in(struct dhcp_watch *watch)
{
	struct daemon *daemon = watch->owner;
	int fd = dhcp_listener_accept(&daemon->listener);

	if (fd >= 0)
		dhcp_house_admit(&daemon->house, fd);
}

static void read_clock(struct dhcp_watch *watch)
{
	uint64_t times;

	/* dhcp_house_tend() does the work. */
	if (read(watch->fd, &times, sizeof(times)) < 0 && errno != EAGAIN)
		dhcp_log("read the timer: %s", strerror(errno));
}

static void read_signal(struct dhcp_watch *watch)
{
	((struct daemon *)watch->owner)->ends = true;
}

static void set_clock(struct daemon *daemon, uint64_t at)
{
	struct itimerspec when = {.it_interval = {0}};

	if (at != DHCP_NEVER) {
		when.it_value.tv_sec = (time_t)(at / 1000);
		when.it_value.tv_nsec = (long)(at % 1000) * 1000000;
		/* Zero would stop it. */
		when.it_value.tv_nsec += !when.it_value.tv_sec && !when.it_value.tv_nsec;
	}
	timerfd_settime(daemon->clock.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* ---- beginning and end ---- */

static int open_signals(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGTERM);
	sigaddset(ret_set, SIGINT);
	sigprocmask(SIG_BLOCK, ret_set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, ret_set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int open_watches(struct daemon *daemon, struct cni_error *err)
{
	int loop = daemon->house.setting.loop;
	sigset_t set;
	int signals = open_signals(&set);
	int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	int door = dup(daemon->listener.fd);

	daemon->door = (struct dhcp_watch){.fd = -1, .ready = let_in, .owner = daemon};
	daemon->clock = (struct dhcp_watch){.fd = -1, .ready = read_clock, .owner = daemon};
	daemon->signals = (struct dhcp_watch){.fd = -1, .ready = read_signal, .owner = daemon};
	if (signals < 0 || timer < 0 || door < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "make what the daemon waits for");
	if (dhcp_watch_open(loop, &daemon->door, door, err) < 0 ||
	    dhcp_watch_open(loop, &daemon->clock, timer, err) < 0 ||
	    dhcp_watch_open(loop, &daemon->signals, signals, err) < 0)
		return -1;
	return 0;
}

/* Each container that waits for a lease has up to three descriptors. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		dhcp_log("raise the limit of descriptors: %s", strerror(errno));
}

static int write_pid(const char *path, struct cni_error *err)
{
	freeing char *text = cni_format("%d", (int)getpid());

	if (!*path)
		return 0;
	if (cni_file_replace_at(AT_FDCWD, path, text, strlen(text), err) < 0)
		return cni_fail_within(err, "-pidfile");
	return 0;
}

static void serve(struct daemon *daemon)
{
	/* Takes a single event, because its handler may free the owner of another. */
	while (!daemon->ends) {
		struct epoll_event event;
		int count;

		set_clock(daemon, dhcp_house_wakes(&daemon->house));
		count = epoll_wait(daemon->house.setting.loop, &event, 1, -1);
		if (count < 0 && errno != EINTR) {
			dhcp_log("wait: %s", strerror(errno));
			return;
		}
		if (count == 1) {
			struct dhcp_watch *watch = event.data.ptr;

			watch->ready(watch);
		}
		dhcp_house_tend(&daemon->house);
	}
}

static int run(struct daemon *daemon, const struct dhcp_flags *flags, struct cni_error *err)
{
	freeing char *path = cni_format("%s%s", flags->host_prefix, flags->socket);

	raise_limit();
	if (dhcp_house_open(&daemon->house, flags, path, err) < 0 ||
	    dhcp_listener_open(path, &daemon->listener, err) < 0 || open_watches(daemon, err) < 0 ||
	    write_pid(flags->pidfile, err) < 0)
		return -1;
	dhcp_house_resume(&daemon->house);
	dhcp_log("the dhcp daemon serves %s with %zu leases", path, daemon->house.tenant_count);
	serve(daemon);
	if (*flags->pidfile)
		unlink(flags->pidfile);
	return 0;
}

int dhcp_daemon_main(const char *const *arguments)
{
	struct daemon daemon = {.listener = {.fd = -1, .lock = -1, .spare = -1}};
	struct dhcp_flags flags;
	struct cni_error err;
	int failed;

	if (dhcp_flags_read(arguments, &flags, &err) < 0) {
		dhcp_log("dhcp daemon: %s", err.msg);
		return 2;
	}
	failed = run(&daemon, &flags, &err);
	if (failed)
		dhcp_log("dhcp daemon: %s", err.msg);
	dhcp_listener_close(&daemon.listener);
	dhcp_house_close(&daemon.house);
	return failed ? 1 : 0;
}
