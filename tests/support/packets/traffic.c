/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic.h"

#include "cleanup.h"
#include "sandbox.h"
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX 8
#define PINGS	    30
#define GIVE_UP	    60 /* seconds */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int enter(const char *netns)
{
	char path[64];
	closing int fd = -1;

	if (!netns)
		return 0;
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : setns(fd, CLONE_NEWNET);
}

static struct sockaddr_in address_of(const struct traffic *traffic)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(traffic->port)};

	inet_pton(AF_INET, traffic->address, &address.sin_addr);
	return address;
}

/* ---- the two ends, each a process ---- */

static _Noreturn void be_sender(const struct traffic *traffic)
{
	struct sockaddr_in address = address_of(traffic);
	static const char data[65536];
	int fd;

	if (enter(traffic->from) < 0)
		_exit(2);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(3);
	while (send(fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

/* Writes what has arrived in each second to `out` as soon as it is over. */
static _Noreturn void be_receiver(int listener, double begun, unsigned int seconds, int out)
{
	struct traffic_second second = {0};
	static char data[65536];
	double end = 0;
	int fd = accept(listener, NULL, NULL);

	while (seconds) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		ssize_t got = poll(&wait, 1, 10) > 0 ? recv(fd, data, sizeof(data), 0) : 0;

		if (got < 0)
			_exit(4);
		if (end == 0 && got > 0)
			end = now() + 1;
		second.bits += (double)got * 8;
		second.all += (double)got * 8;
		if (end == 0 || now() < end)
			continue;
		second.elapsed = now() - begun;
		if (write(out, &second, sizeof(second)) != sizeof(second))
			_exit(5);
		second.bits = 0;
		end++;
		seconds--;
	}
	_exit(0);
}

static int listen_in(const struct traffic *traffic)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(traffic->port)};
	closing int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int yes = 1;
	int fd;

	assert_int_equal(enter(traffic->to), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	return fd;
}

/* ---- both together ---- */

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return left < right ? -1 : left > right;
}

/* A lost ping counts as a second. */
static double ping_median(const char *address)
{
	freeing char *text = sandbox_read("ping -n -i 0.02 -c %d -W1 %s | sed -n "
					  "'s/.*time=\\([0-9.]*\\) ms.*/\\1/p'",
					  PINGS, address);
	double times[PINGS];
	char *rest = text;

	for (int i = 0; i < PINGS; i++) {
		char *end = rest;

		times[i] = strtod(rest, &end);
		if (end == rest)
			times[i] = 1000;
		rest = end;
	}
	qsort(times, PINGS, sizeof(*times), compare);
	return times[PINGS / 2];
}

void traffic_run(const struct traffic *traffic, unsigned int seconds,
		 struct traffic_second *ret_seconds, const char *ping, double *ret_ping)
{
	closing int listener = listen_in(traffic);
	double begun = now();
	pid_t sender;
	pid_t receiver;
	int ends[2];

	assert_true(seconds && seconds <= SECONDS_MAX);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	receiver = fork();
	if (!receiver) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(GIVE_UP);
		be_receiver(listener, begun, seconds, ends[1]);
	}
	sender = fork();
	if (!sender) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be_sender(traffic);
	}
	close(ends[1]);
	for (unsigned int i = 0; i < seconds; i++) {
		if (ping && i == seconds - 1)
			*ret_ping = ping_median(ping);
		if (read(ends[0], &ret_seconds[i], sizeof(*ret_seconds)) != sizeof(*ret_seconds))
			fail_msg("nothing gets from %s to %s",
				 traffic->from ? traffic->from : "here", traffic->address);
	}
	close(ends[0]);
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	waitpid(receiver, NULL, 0);
}
