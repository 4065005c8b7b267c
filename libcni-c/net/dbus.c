/* SPDX-License-Identifier: Apache-2.0 */
#include "dbus.h"

#include "cleanup.h"
#include "dbus_message.h"
#include "mem.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define DEFAULT_ADDRESS "unix:path=/var/run/dbus/system_bus_socket"

/* ---- with a deadline ---- */

static int fail_late(struct cni_error *err)
{
	cni_fail(err, CNI_EDELEGATE, "the system bus did not answer in time");
	err->errnum = ETIMEDOUT;
	return -1;
}

/* What the socket waits for from now on, at most. A timeout of zero would be none. */
static int set_timeouts(const struct cni_dbus *bus, struct cni_error *err)
{
	struct timespec now;
	struct timeval left;
	int64_t us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	us = (int64_t)(bus->end.tv_sec - now.tv_sec) * 1000000 +
	     (bus->end.tv_nsec - now.tv_nsec) / 1000;
	if (us <= 0)
		return fail_late(err);
	left = (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
	setsockopt(bus->fd, SOL_SOCKET, SO_RCVTIMEO, &left, sizeof(left));
	setsockopt(bus->fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof(left));
	return 0;
}

static int fail_socket(struct cni_error *err, const char *what)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return fail_late(err);
	if (errno == ECONNRESET || errno == EPIPE)
		return cni_fail(err, CNI_EDELEGATE, "the system bus hung up");
	return cni_fail_errno(err, CNI_EDELEGATE, errno, "%s the system bus", what);
}

static int send_all(const struct cni_dbus *bus, const void *data, size_t size,
		    struct cni_error *err)
{
	const uint8_t *next = data;

	while (size) {
		ssize_t put = -1;

		if (set_timeouts(bus, err) < 0)
			return -1;
		put = send(bus->fd, next, size, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail_socket(err, "send to");
		next += put;
		size -= (size_t)put;
	}
	return 0;
}

/* Reads `size` bytes, or with `some` as many of them as there are. Returns how many. */
static ssize_t receive(const struct cni_dbus *bus, void *data, size_t size, bool some,
		       struct cni_error *err)
{
	size_t got = 0;

	while (got < size && !(some && got)) {
		ssize_t more = -1;

		if (set_timeouts(bus, err) < 0)
			return -1;
		more = recv(bus->fd, (uint8_t *)data + got, size - got, 0);
		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return fail_socket(err, "read from");
		if (more == 0)
			return cni_fail(err, CNI_EDELEGATE, "the system bus hung up");
		got += (size_t)more;
	}
	return (ssize_t)got;
}

/* ---- where it is ---- */

/* "%2F" is a slash. */
static char *unescape(const char *text, size_t length)
{
	char *plain = cni_alloc(length + 1);
	size_t size = 0;

	for (size_t i = 0; i < length; i++) {
		char digits[3] = "";

		if (text[i] != '%' || i + 2 >= length) {
			plain[size++] = text[i];
			continue;
		}
		memcpy(digits, text + i + 1, 2);
		plain[size++] = (char)strtol(digits, NULL, 16);
		i += 2;
	}
	return plain;
}

/* The value of a key in "path=/a/b,guid=1f", which the caller frees; or NULL. */
static char *value_of(const char *pairs, const char *key)
{
	size_t length = strlen(key);

	for (const char *pair = pairs; pair; pair = strchr(pair, ',')) {
		pair += *pair == ',';
		if (!strncmp(pair, key, length) && pair[length] == '=')
			return unescape(pair + length + 1, strcspn(pair + length + 1, ","));
	}
	return NULL;
}

/* The socket's name in one of the addresses; "@" before an abstract one. The caller frees. */
static char *name_of(const char *address)
{
	freeing char *abstract = value_of(address, "abstract");
	freeing char *path = value_of(address, "path");

	if (path)
		return take_ptr(path);
	return abstract ? cni_format("@%s", abstract) : cni_strdup("");
}

static int connect_to(struct cni_dbus *bus, const char *address, struct cni_error *err)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	freeing char *name = NULL;

	if (strncmp(address, "unix:", strlen("unix:")) != 0)
		return cni_fail(err, CNI_EMISSING,
				"the system bus is at '%.200s', expected unix:", address);
	name = name_of(address + strlen("unix:"));
	if (strlen(name) < 2 || strlen(name) >= sizeof(to.sun_path))
		return cni_fail(err, CNI_EMISSING,
				"the system bus is at '%.200s', which is no path", address);
	memcpy(to.sun_path, name, strlen(name));
	if (*name == '@')
		to.sun_path[0] = '\0';
	bus->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bus->fd < 0)
		return cni_fail_errno(err, CNI_EDELEGATE, errno,
				      "open a socket for the system bus");
	if (set_timeouts(bus, err) == 0) {
		if (connect(bus->fd, (struct sockaddr *)&to,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) ==
		    0)
			return 0;
		if (errno == EAGAIN)
			fail_late(err);
		else
			cni_fail_errno(err, CNI_EMISSING, errno,
				       "connect to the system bus at '%.200s'", name);
	}
	cni_dbus_close(bus);
	return -1;
}

static int connect_to_any(struct cni_dbus *bus, struct cni_error *err)
{
	const char *configured = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	freeing char *all = cni_strdup(configured && *configured ? configured : DEFAULT_ADDRESS);
	char *rest = all;

	for (char *one = strsep(&rest, ";"); one; one = strsep(&rest, ";"))
		if (connect_to(bus, one, err) == 0)
			return 0;
		else if (err->code != CNI_EMISSING)
			break;
	return -1;
}

/* ---- who we are ---- */

/* A line of the authentication, without its end. Nothing can be behind it yet: we have called
 * nobody. */
static int read_line(const struct cni_dbus *bus, char *line, size_t size, struct cni_error *err)
{
	size_t length = 0;

	while (length < size - 1) {
		ssize_t got = receive(bus, line + length, size - 1 - length, true, err);
		char *end;

		if (got < 0)
			return -1;
		length += (size_t)got;
		line[length] = '\0';
		end = strstr(line, "\r\n");
		if (end) {
			*end = '\0';
			return 0;
		}
	}
	return cni_fail(err, CNI_EDELEGATE, "the system bus greets us at length");
}

/* By the uid, which the kernel has told the bus: its decimal digits, each in hexadecimal. That we
 * begin is said at once; it does not matter if the answer is no. */
static int introduce(struct cni_dbus *bus, struct cni_error *err)
{
	char decimal[16];
	char text[256];
	int size = 1;

	snprintf(decimal, sizeof(decimal), "%u", (unsigned int)geteuid());
	text[0] = '\0';
	size += sprintf(text + size, "AUTH EXTERNAL ");
	for (const char *c = decimal; *c; c++)
		size += sprintf(text + size, "%02x", (unsigned int)*c);
	size += sprintf(text + size, "\r\nBEGIN\r\n");
	if (send_all(bus, text, (size_t)size, err) < 0 ||
	    read_line(bus, text, sizeof(text), err) < 0)
		return -1;
	if (strncmp(text, "OK ", 3) != 0)
		return cni_fail(err, CNI_EDELEGATE, "the system bus refuses us: %s", text);
	return 0;
}

static const struct cni_dbus_call hello = {
	.destination = "org.freedesktop.DBus",
	.path = "/org/freedesktop/DBus",
	.interface = "org.freedesktop.DBus",
	.member = "Hello",
};

int cni_dbus_open(struct cni_dbus *ret_bus, unsigned int milliseconds, struct cni_error *err)
{
	struct cni_dbus_answer answer = {.flag = false};

	*ret_bus = (struct cni_dbus){.fd = -1};
	clock_gettime(CLOCK_MONOTONIC, &ret_bus->end);
	ret_bus->end.tv_sec += milliseconds / 1000;
	ret_bus->end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (connect_to_any(ret_bus, err) == 0 && introduce(ret_bus, err) == 0 &&
	    cni_dbus_call(ret_bus, &hello, &answer, err) == 0) {
		if (!*answer.error)
			return 0;
		cni_fail(err, CNI_EDELEGATE, "the system bus refuses us: %s", answer.text);
	}
	cni_dbus_close(ret_bus);
	return -1;
}

void cni_dbus_close(struct cni_dbus *bus)
{
	if (bus->fd >= 0)
		close(bus->fd);
	bus->fd = -1;
}

/* ---- calls ---- */

/* 1: it was the answer, 0: it was not, -1: failed. */
static int read_message(struct cni_dbus *bus, struct cni_dbus_answer *ret_answer,
			struct cni_error *err)
{
	uint8_t prelude[CNI_DBUS_PRELUDE];
	freeing uint8_t *bytes = NULL;
	size_t size;
	int is_answer;

	if (receive(bus, prelude, sizeof(prelude), false, err) < 0)
		return -1;
	size = cni_dbus_size(prelude);
	if (!size)
		return cni_fail(err, CNI_EDELEGATE, "the system bus sent no D-Bus message");
	bytes = cni_alloc(size);
	memcpy(bytes, prelude, sizeof(prelude));
	if (receive(bus, bytes + sizeof(prelude), size - sizeof(prelude), false, err) < 0)
		return -1;
	is_answer = cni_dbus_decode(bytes, size, bus->serial, ret_answer);
	if (is_answer < 0)
		return cni_fail(err, CNI_EDELEGATE, "the system bus sent a malformed message");
	return is_answer;
}

int cni_dbus_call(struct cni_dbus *bus, const struct cni_dbus_call *call,
		  struct cni_dbus_answer *ret_answer, struct cni_error *err)
{
	uint8_t bytes[2048];
	size_t size = cni_dbus_encode(call, ++bus->serial, bytes, sizeof(bytes));
	int is_answer = 0;

	if (!size)
		return cni_fail(err, CNI_EDELEGATE, "'%s' cannot be asked of the system bus",
				call->member);
	if (send_all(bus, bytes, size, err) < 0)
		return cni_fail_within(err, "%s", call->member);
	/* Signals may come before. */
	while (!is_answer)
		is_answer = read_message(bus, ret_answer, err);
	return is_answer < 0 ? cni_fail_within(err, "%s", call->member) : 0;
}
