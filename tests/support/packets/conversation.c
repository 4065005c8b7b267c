/* SPDX-License-Identifier: Apache-2.0 */
#include "conversation.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void enter(const char *netns)
{
	freeing char *path = cni_format("/run/netns/%s", netns);
	closing int fd = open(path, O_RDONLY | O_CLOEXEC);

	/* A test that fails does not end it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		_exit(1);
}

static struct sockaddr_in server_address(const char *ip)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7000)};

	inet_pton(AF_INET, ip, &address.sin_addr);
	return address;
}

/* Tells `report` whom it sees, and then each byte that comes. */
static _Noreturn void serve(int listener, int report)
{
	struct sockaddr_in client;
	socklen_t size = sizeof(client);
	int fd = accept(listener, (struct sockaddr *)&client, &size);
	char byte;

	if (fd < 0 || write(report, &client.sin_addr, sizeof(client.sin_addr)) < 0)
		_exit(1);
	while (read(fd, &byte, 1) == 1)
		if (write(report, &byte, 1) != 1)
			_exit(1);
	_exit(0);
}

/* A byte each 20 ms, until it is ended. */
static _Noreturn void talk(const char *from, const char *ip)
{
	const struct sockaddr_in address = server_address(ip);
	const struct timespec pause = {.tv_nsec = 20000000};
	int fd;

	enter(from);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(1);
	while (write(fd, ".", 1) == 1)
		nanosleep(&pause, NULL);
	_exit(1);
}

static pid_t start_server(const char *to, int report)
{
	const struct sockaddr_in any = server_address("0.0.0.0");
	int ready[2];
	pid_t server;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	server = fork();
	if (server == 0) {
		int fd;

		enter(to);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 1) < 0 ||
		    write(ready[1], ".", 1) != 1)
			_exit(1);
		serve(fd, report);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return server;
}

void conversation_start(struct conversation *conversation, const char *from, const char *to,
			const char *ip)
{
	int report[2];

	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	conversation->report = report[0];
	conversation->server = start_server(to, report[1]);
	conversation->client = fork();
	if (conversation->client == 0)
		talk(from, ip);
	close(report[1]);
	assert_int_equal(read(report[0], &conversation->seen, sizeof(conversation->seen)),
			 sizeof(conversation->seen));
}

void conversation_assert_goes_on(const struct conversation *conversation, int count)
{
	struct pollfd wait = {.fd = conversation->report, .events = POLLIN};
	char byte;

	while (count--) {
		assert_int_equal(poll(&wait, 1, 10000), 1);
		assert_int_equal(read(conversation->report, &byte, 1), 1);
	}
}

void conversation_end(const struct conversation *conversation)
{
	kill(conversation->client, SIGKILL);
	waitpid(conversation->client, NULL, 0);
	kill(conversation->server, SIGKILL);
	waitpid(conversation->server, NULL, 0);
	close(conversation->report);
}
