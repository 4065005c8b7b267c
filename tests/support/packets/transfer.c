/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include "cleanup.h"
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT	7100
#define GIVE_UP 60 /* seconds */

/* A socket that lives in the namespace of this path. */
static int open_in(const char *netns, int family)
{
	closing int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	closing int there = open(netns, O_RDONLY | O_CLOEXEC);
	int fd;

	assert_true(there >= 0);
	assert_int_equal(setns(there, CLONE_NEWNET), 0);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	assert_true(fd >= 0);
	return fd;
}

/* For both families. */
static int listen_in(const char *netns)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int fd = open_in(netns, AF_INET6);
	int yes = 1;
	int no = 0;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int connect_from(const char *netns, const char *address)
{
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd;

	if (inet_pton(AF_INET, address, &to4.sin_addr) == 1) {
		fd = open_in(netns, AF_INET);
		assert_int_equal(connect(fd, (struct sockaddr *)&to4, sizeof(to4)), 0);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &to6.sin6_addr), 1);
		fd = open_in(netns, AF_INET6);
		assert_int_equal(connect(fd, (struct sockaddr *)&to6, sizeof(to6)), 0);
	}
	return fd;
}

static _Noreturn void send_all(int fd, size_t size)
{
	static const char data[65536];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(GIVE_UP);
	while (size) {
		size_t part = size < sizeof(data) ? size : sizeof(data);
		ssize_t sent = send(fd, data, part, MSG_NOSIGNAL);

		if (sent <= 0)
			_exit(1);
		size -= (size_t)sent;
	}
	shutdown(fd, SHUT_WR);
	_exit(0);
}

/* Up to the end of what the sender has. */
static size_t receive_all(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	static char data[65536];
	size_t size = 0;
	ssize_t got;

	do {
		assert_int_equal(poll(&wait, 1, GIVE_UP * 1000), 1);
		got = recv(fd, data, sizeof(data), 0);
		size += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	return size;
}

int transfer(const char *from, const char *to, const char *address, size_t size)
{
	closing int listener = listen_in(to);
	closing int out = connect_from(from, address);
	closing int in = accept(listener, NULL, NULL);
	socklen_t length = sizeof(int);
	int segment = 0;
	int status = 0;
	pid_t sender;

	assert_true(in >= 0);
	fflush(NULL);
	sender = fork();
	assert_true(sender >= 0);
	if (sender == 0) {
		close(in);
		send_all(out, size);
	}
	/* A sender that gives up resets the connection. */
	assert_int_equal(receive_all(in), size);
	assert_int_equal(waitpid(sender, &status, 0), sender);
	assert_int_equal(status, 0);
	assert_int_equal(getsockopt(out, IPPROTO_TCP, TCP_MAXSEG, &segment, &length), 0);
	return segment;
}
