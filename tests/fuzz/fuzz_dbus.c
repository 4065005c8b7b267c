/* SPDX-License-Identifier: Apache-2.0 */
/* A system bus that says anything: whatever it is, asking firewalld ends, with success or with an
 * error that says why. The first byte chooses what is asked, and whether the bus lets us in as it
 * should before the rest of the input comes from it. */
#include "fuzz.h"

#include "cleanup.h"
#include "firewalld.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;
	int listening;
	bool lets_in;
	/* A copy: the client may end before the bus has sent it. */
	uint8_t data[4096];
	size_t size;
} bus = {.lock = PTHREAD_MUTEX_INITIALIZER, .listening = -1};

/* Reads until the client ends: a bus that closed before would be another fault. */
static void drain(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static bool read_line(int fd, char *line, size_t size)
{
	size_t length = 0;

	while (length + 1 < size && read(fd, line + length, 1) == 1)
		if (line[length++] == '\n') {
			line[length] = '\0';
			return true;
		}
	return false;
}

/* D-Bus Specification, "Authentication Protocol". */
static bool let_in(int fd)
{
	static const char ok[] = "OK 0123456789abcdef0123456789abcdef\r\n";
	static const char no[] = "ERROR\r\n";
	char line[256];

	if (read(fd, line, 1) != 1)
		return false;
	while (read_line(fd, line, sizeof(line))) {
		bool is_auth = !strncmp(line, "AUTH ", strlen("AUTH "));

		if (!strncmp(line, "BEGIN", strlen("BEGIN")))
			return true;
		if (send(fd, is_auth ? ok : no, strlen(is_auth ? ok : no), MSG_NOSIGNAL) < 0)
			return false;
	}
	return false;
}

static void *serve(void *unused)
{
	(void)unused;
	for (;;) {
		closing int fd = accept(bus.listening, NULL, NULL);

		if (fd < 0)
			continue;
		pthread_mutex_lock(&bus.lock);
		if (!bus.lets_in || let_in(fd))
			send(fd, bus.data, bus.size, MSG_NOSIGNAL);
		pthread_mutex_unlock(&bus.lock);
		shutdown(fd, SHUT_WR);
		drain(fd);
	}
	return NULL;
}

static void start(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[64];
	pthread_t thread;
	int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "cni-c-fuzz-%d",
			      getpid());

	bus.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(bus.listening, (const struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0 ||
	    listen(bus.listening, 8) < 0 || pthread_create(&thread, NULL, serve, NULL) != 0)
		abort();
	snprintf(text, sizeof(text), "unix:abstract=%s", address.sun_path + 1);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", text, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int choice = fuzz_choose(&data, &size, 8);
	struct cni_error err = {.msg = ""};
	struct cni_ip address;
	int failed;

	if (bus.listening < 0)
		start();
	cni_ip_parse("10.1.0.7", &address);
	pthread_mutex_lock(&bus.lock);
	bus.lets_in = choice < 4;
	bus.size = size < sizeof(bus.data) ? size : sizeof(bus.data);
	memcpy(bus.data, data, bus.size);
	pthread_mutex_unlock(&bus.lock);
	if (choice % 4 == 0)
		failed = cni_firewalld_status(&err);
	else if (choice % 4 == 1)
		failed = cni_firewalld_add("trusted", &address, 1, &err);
	else if (choice % 4 == 2)
		failed = cni_firewalld_check("trusted", &address, 1, &err);
	else
		failed = cni_firewalld_del("trusted", &address, 1, &err);
	if (failed && !*err.msg)
		abort();
	return 0;
}
