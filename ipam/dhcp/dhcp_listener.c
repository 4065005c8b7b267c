/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_listener.h"

#include "cleanup.h"
#include "dhcp_loop.h"
#include "dhcp_wire.h"
#include "file.h"
#include "lock.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define FIRST_PASSED 3 /* SD_LISTEN_FDS_START */
/* The kernel's own bound, net.core.somaxconn, is as much since Linux 5.4. musl's SOMAXCONN is 128. */
#define BACKLOG 4096
/* A predecessor that ends has let go by then. */
#define LOCK_MS 3000

/* ---- systemd's ---- */

/* 0 or 1; -1 for what cannot be used. */
static int count_passed(struct cni_error *err)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	int count;

	if (!pid || !fds || strtol(pid, NULL, 10) != getpid())
		return 0;
	count = (int)strtol(fds, NULL, 10);
	if (count <= 1)
		return count == 1;
	return cni_fail(err, CNI_ECONFIG,
			"systemd passes %d sockets (LISTEN_FDS), expected one: keep one "
			"ListenStream= in the socket unit",
			count);
}

static int option_of(int fd, int option)
{
	socklen_t size = sizeof(int);
	int value = -1;

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

static int take_passed(int *ret_fd, struct cni_error *err)
{
	if (option_of(FIRST_PASSED, SO_DOMAIN) != AF_UNIX ||
	    option_of(FIRST_PASSED, SO_TYPE) != SOCK_STREAM ||
	    option_of(FIRST_PASSED, SO_ACCEPTCONN) != 1)
		return cni_fail(err, CNI_ECONFIG,
				"systemd passes something else (LISTEN_FDS), expected a UNIX "
				"stream socket that listens");
	fcntl(FIRST_PASSED, F_SETFD, FD_CLOEXEC);
	fcntl(FIRST_PASSED, F_SETFL, O_NONBLOCK);
	*ret_fd = FIRST_PASSED;
	return 0;
}

/* ---- our own ---- */

static int address_of(const char *path, struct sockaddr_un *address, struct cni_error *err)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path))
		return cni_fail(err, CNI_ECONFIG,
				"the socket's path has %zu bytes, expected at most %zu: %.128s",
				strlen(path), sizeof(address->sun_path) - 1, path);
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

/* True if the socket's file is of no process any more. */
static bool is_stale(const struct sockaddr_un *address)
{
	closing int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && connect(fd, (const void *)address, sizeof(*address)) < 0 &&
	       errno == ECONNREFUSED;
}

static int bind_to(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int failed = bind(fd, (const void *)address, sizeof(*address));

	if (failed && errno == EADDRINUSE && is_stale(address) && unlink(address->sun_path) == 0)
		failed = bind(fd, (const void *)address, sizeof(*address));
	umask(before);
	return failed;
}

static int make(const char *path, struct dhcp_listener *listener, struct cni_error *err)
{
	freeing char *copy = cni_strdup(path);
	closing int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;

	if (address_of(path, &address, err) < 0 ||
	    cni_file_make_directories(dirname(copy), 0700, err) < 0)
		return -1;
	if (fd < 0 || bind_to(fd, &address) < 0 || listen(fd, BACKLOG) < 0)
		return cni_fail_errno(err, errno == EADDRINUSE ? CNI_ETAKEN : CNI_EIO, errno,
				      "listen on '%s'", path);
	listener->fd = take_fd(&fd);
	listener->path = cni_strdup(path);
	return 0;
}

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int dhcp_listener_open(const char *path, struct dhcp_listener *ret_listener, struct cni_error *err)
{
	freeing char *name = cni_format("dhcp daemon %s", path);
	int passed = count_passed(err);

	*ret_listener = (struct dhcp_listener){.fd = -1, .lock = -1, .spare = open_spare()};
	if (passed < 0)
		return -1;
	if (cni_lock_take(name, CNI_LOCK_EXCLUSIVE, LOCK_MS, &ret_listener->lock, err) < 0) {
		if (err->code == CNI_ELOCKED)
			return cni_fail(err, CNI_ETAKEN, "another daemon serves '%s' already",
					path);
		return -1;
	}
	return passed ? take_passed(&ret_listener->fd, err) : make(path, ret_listener, err);
}

void dhcp_listener_close(struct dhcp_listener *listener)
{
	if (listener->path)
		unlink(listener->path);
	free(listener->path);
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->lock >= 0)
		close(listener->lock);
	if (listener->spare >= 0)
		close(listener->spare);
	*listener = (struct dhcp_listener){.fd = -1, .lock = -1, .spare = -1};
}

/* ---- visitors ---- */

static bool is_root(int fd)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

void dhcp_listener_refuse(int fd, int code, const char *text)
{
	freeing char *line = dhcp_wire_format_answer(code, strlen(text));
	freeing char *answer = cni_format("%s%s", line, text);

	send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
	dhcp_log("a request was refused: %s", text);
	close(fd);
}

/* A visitor that stays in the queue would have the loop turn without end. */
static void drop_next(struct dhcp_listener *listener)
{
	int fd;

	if (listener->spare < 0)
		return;
	close(listener->spare);
	fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		close(fd);
	listener->spare = open_spare();
	dhcp_log("a request was dropped: there are no descriptors left");
}

int dhcp_listener_accept(struct dhcp_listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		drop_next(listener);
	if (fd < 0 || is_root(fd))
		return fd;
	dhcp_listener_refuse(fd, CNI_EIO, "the dhcp daemon serves root only");
	return -1;
}
