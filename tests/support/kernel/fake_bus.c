/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_bus.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- messages ---- */

void bus_put(struct bus_bytes *bytes, const void *data, size_t size)
{
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

static void align(struct bus_bytes *bytes, size_t to)
{
	while (bytes->size % to)
		bus_put(bytes, "", 1);
}

static void put_u32(struct bus_bytes *bytes, uint32_t value)
{
	align(bytes, 4);
	bus_put(bytes, &value, sizeof(value));
}

static void put_string(struct bus_bytes *bytes, const char *text)
{
	put_u32(bytes, (uint32_t)strlen(text));
	bus_put(bytes, text, strlen(text) + 1);
}

static void put_field(struct bus_bytes *bytes, uint8_t field, const char *type)
{
	uint8_t length = (uint8_t)strlen(type);

	align(bytes, 8);
	bus_put(bytes, &field, 1);
	bus_put(bytes, &length, 1);
	bus_put(bytes, type, length + 1U);
}

/* A signal has to have path, interface and member. */
static const char *const of_a_signal[] = {"/org/freedesktop/DBus", "org.freedesktop.DBus",
					  "NameAcquired"};

struct bus_bytes bus_message(uint8_t type, uint32_t reply_to, const char *error, const char *text,
			     const uint32_t *flag)
{
	struct bus_bytes bytes = {.size = 0};
	uint8_t order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B';
	const uint8_t head[] = {order, type, 1, 1};
	struct bus_bytes body = {.size = 0};
	uint32_t size;

	if (text)
		put_string(&body, text);
	if (flag)
		put_u32(&body, *flag);
	bus_put(&bytes, head, sizeof(head));
	put_u32(&bytes, (uint32_t)body.size);
	put_u32(&bytes, 77);
	put_u32(&bytes, 0);
	if (type == 4)
		for (uint8_t field = 1; field <= 3; field++) {
			put_field(&bytes, field, field == 1 ? "o" : "s");
			put_string(&bytes, of_a_signal[field - 1]);
		}
	put_field(&bytes, 5, "u");
	put_u32(&bytes, reply_to);
	if (error) {
		put_field(&bytes, 4, "s");
		put_string(&bytes, error);
	}
	put_field(&bytes, 7, "s");
	put_string(&bytes, "org.freedesktop.DBus");
	if (text || flag) {
		put_field(&bytes, 8, "g");
		bus_put(&bytes, text ? "\1s" : "\1b", 3);
	}
	size = (uint32_t)bytes.size - 16;
	memcpy(bytes.data + 12, &size, sizeof(size));
	align(&bytes, 8);
	bus_put(&bytes, body.data, body.size);
	return bytes;
}

/* ---- the child ---- */

pid_t fake_bus_start(const struct fake *fake, bus_server *serve, void *data)
{
	freeing char *address = cni_format("unix:path=%s/bus", fake->dir);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	closing int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/bus", fake->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, data);
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

void fake_bus_stop(pid_t pid)
{
	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* ---- answers ---- */

static uint32_t u32_at(const uint8_t *bytes, size_t at)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

/* The string at `at`, which is aligned; where it ends. */
static size_t read_string(const uint8_t *bytes, size_t at, char *text, size_t size)
{
	at = (at + 3) & ~(size_t)3;
	snprintf(text, size, "%s", (const char *)bytes + at + 4);
	return at + 4 + u32_at(bytes, at) + 1;
}

/* Reads our client's messages: header fields that are strings, and at most two strings. */
static void read_call(const uint8_t *bytes, size_t size, struct bus_call *ret_call)
{
	size_t end = 16 + u32_at(bytes, 12);
	char text[64];
	size_t at = 16;

	*ret_call = (struct bus_call){.serial = u32_at(bytes, 8)};
	while (at < end) {
		uint8_t field;

		at = (at + 7) & ~(size_t)7;
		field = bytes[at];
		if (field == 8)
			break;
		at = read_string(bytes, at + 4, text, sizeof(text));
		if (field == 3)
			memcpy(ret_call->member, text, sizeof(text));
	}
	at = (end + 7) & ~(size_t)7;
	for (size_t i = 0; i < 2 && at < size; i++)
		at = read_string(bytes, at, ret_call->arguments[i], sizeof(text));
}

static bool read_all(int fd, uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t got = read(fd, bytes, size);

		if (got <= 0)
			return false;
		bytes += got;
		size -= (size_t)got;
	}
	return true;
}

/* A line of the authentication, without its end; and not a byte of what is behind it. */
static bool read_line(int fd, char *line, size_t size)
{
	for (size_t at = 0; at < size - 1; at++) {
		if (read(fd, line + at, 1) != 1)
			return false;
		if (line[at] == '\n') {
			line[at] = '\0';
			return true;
		}
	}
	return false;
}

bool bus_let_in(int fd)
{
	char line[256];

	if (read(fd, line, 1) != 1) /* "\0" */
		return false;
	while (read_line(fd, line, sizeof(line))) {
		/* The other things that may be asked are not had here. */
		const char *answer = !strncmp(line, "AUTH ", 5) ? BUS_OK : "ERROR\r\n";

		if (!strncmp(line, "BEGIN", 5))
			return true;
		if (write(fd, answer, strlen(answer)) < 0)
			return false;
	}
	return false;
}

static void serve_one(int fd, const struct bus_answerer *answerer)
{
	uint8_t bytes[4096];

	if (!bus_let_in(fd))
		return;
	while (read_all(fd, bytes, 16)) {
		size_t size = ((16 + u32_at(bytes, 12) + 7) & ~7U) + u32_at(bytes, 4);
		struct bus_bytes answer;
		struct bus_call call;

		if (size > sizeof(bytes) || !read_all(fd, bytes + 16, size - 16))
			return;
		read_call(bytes, size, &call);
		answer = strcmp(call.member, "Hello") != 0
				 ? answerer->answer(&call)
				 : bus_message(2, call.serial, NULL, ":1.7", NULL);
		if (write(fd, answer.data, answer.size) < 0)
			return;
	}
}

void bus_answer_calls(int listening, void *data)
{
	for (;;) {
		closing int fd = accept(listening, NULL, NULL);

		if (fd >= 0)
			serve_one(fd, data);
	}
}
