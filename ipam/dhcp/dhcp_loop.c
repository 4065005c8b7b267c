/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_loop.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

int dhcp_watch_open(int loop, struct dhcp_watch *watch, int fd, struct cni_error *err)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data = {.ptr = watch}};

	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) < 0) {
		cni_fail_errno(err, CNI_EKERNEL, errno, "wait for a descriptor");
		close(fd);
		return -1;
	}
	watch->fd = fd;
	return 0;
}

void dhcp_watch_close(struct dhcp_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

uint64_t dhcp_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint32_t dhcp_chance(void)
{
	uint32_t chance = 0;

	while (getrandom(&chance, sizeof(chance), 0) < 0 && errno == EINTR)
		;
	return chance;
}

void dhcp_log(const char *fmt, ...)
{
	char line[1024];
	va_list arguments;
	int size;

	va_start(arguments, fmt);
	size = vsnprintf(line, sizeof(line) - 1, fmt, arguments);
	va_end(arguments);
	if (size < 0)
		return;
	if ((size_t)size > sizeof(line) - 2)
		size = sizeof(line) - 2;
	line[size] = '\n';
	fwrite(line, 1, (size_t)size + 1, stderr);
}
