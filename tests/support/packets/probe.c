/* SPDX-License-Identifier: Apache-2.0 */
/* Asking. The servers are in probe_server.c. */
#include "probe.h"

#include "cleanup.h"
#include "ip.h"
#include "mem.h"
#include "probe_packet.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000 /* for an answer that is expected */
#define MOMENT_MS   120	  /* for those that are not, after the last of the others */

const char *probe_protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "sctp";
}

const char *probe_about(const struct probe *probe, char text[PROBE_ABOUT_SIZE])
{
	snprintf(text, PROBE_ABOUT_SIZE, "%s from %s to %s:%u",
		 probe_protocol_name(probe->protocol), probe->from ? probe->from : "the host",
		 probe->to, probe->port);
	return text;
}

bool probe_is_as_expected(const struct probe *probe)
{
	return !strcmp(probe->seen, probe->expected ? probe->expected : "");
}

void probe_assert(const struct probe *probe)
{
	char about[PROBE_ABOUT_SIZE];

	if (!probe_is_as_expected(probe))
		fail_msg("%s: answered by '%s', expected '%s'", probe_about(probe, about),
			 probe->seen, probe->expected ? probe->expected : "");
}

bool probe_has_sctp(void)
{
	return access("/proc/net/sctp", F_OK) != 0;
}

/* ---- questions ---- */

static socklen_t address_of(const struct cni_ip *ip, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *in = (struct sockaddr_in *)ret;

	*ret = (struct sockaddr_storage){.ss_family = ip->family};
	if (ip->family == AF_INET) {
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, ip->bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, ip->bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/* A socket that lives in the namespace of this path. */
static int open_in(const char *netns, int family, const struct probe *probe)
{
	bool raw = probe->protocol == IPPROTO_SCTP;
	int type = raw ? SOCK_RAW : probe->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	closing int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	closing int there = netns ? open(netns, O_RDONLY | O_CLOEXEC) : -1;
	int fd;

	assert_true(home >= 0 && (!netns || there >= 0));
	assert_true(!netns || setns(there, CLONE_NEWNET) == 0);
	fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, raw ? IPPROTO_SCTP : 0);
	assert_true(setns(home, CLONE_NEWNET) == 0);
	assert_true(fd >= 0);
	return fd;
}

/* -1: it cannot even be asked, for there is no way. */
static int ask(const struct probe *probe, uint16_t own_port)
{
	struct sockaddr_storage to;
	struct sockaddr_storage from;
	struct probe_packet init;
	struct cni_ip any = {0};
	struct cni_ip ip;
	socklen_t size;
	int failed = 0;
	int fd;

	assert_int_equal(cni_ip_parse(probe->to, &ip), 0);
	any.family = ip.family;
	fd = open_in(probe->from, ip.family, probe);
	if (probe->protocol != IPPROTO_SCTP) {
		size = address_of(&any, own_port, &from);
		assert_int_equal(bind(fd, (struct sockaddr *)&from, size), 0);
	}
	size = address_of(&ip, probe->protocol == IPPROTO_SCTP ? 0 : probe->port, &to);
	if (connect(fd, (struct sockaddr *)&to, size) < 0 && errno != EINPROGRESS)
		failed = -1;
	if (!failed && probe->protocol == IPPROTO_UDP)
		failed = send(fd, "?", 1, 0) == 1 ? 0 : -1;
	if (!failed && probe->protocol == IPPROTO_SCTP) {
		probe_packet_init(&init, own_port, probe->port);
		failed = send(fd, init.data, init.size, 0) == (ssize_t)init.size ? 0 : -1;
	}
	if (failed) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- answers ---- */

struct question {
	struct probe *probe;
	uint16_t own_port;
};

/* False: not yet. */
static bool read_answer(int fd, const struct question *question)
{
	struct probe *probe = question->probe;
	char packet[512];
	ssize_t size = recv(fd, packet, sizeof(packet), 0);

	if (probe->protocol == IPPROTO_SCTP) {
		/* A raw socket hears everything. */
		const char *text =
			size > 0 ? probe_packet_answer(packet, (size_t)size, probe->port,
						       question->own_port, strchr(probe->to, ':'))
				 : NULL;

		if (text)
			snprintf(probe->seen, sizeof(probe->seen), "%s", text);
		return text != NULL;
	}
	if (size < 0 && errno == EAGAIN)
		return false;
	/* Anything else is a refusal. */
	snprintf(probe->seen, sizeof(probe->seen), "%.*s", size > 0 ? (int)size : 0, packet);
	return true;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum waiting { FOR_NOTHING, FOR_SILENCE, FOR_ANSWERS };

static enum waiting what_for(const struct pollfd *fds, const struct question *questions,
			     size_t count)
{
	enum waiting waiting = FOR_NOTHING;

	for (size_t i = 0; i < count; i++) {
		if (fds[i].fd >= 0 && questions[i].probe->expected)
			return FOR_ANSWERS;
		if (fds[i].fd >= 0)
			waiting = FOR_SILENCE;
	}
	return waiting;
}

static void await(struct pollfd *fds, const struct question *questions, size_t count)
{
	long end = now_ms() + PATIENCE_MS;
	bool awaiting = true;

	for (long now = now_ms(); now < end; now = now_ms()) {
		enum waiting waiting = what_for(fds, questions, count);

		if (waiting == FOR_NOTHING)
			return;
		if (awaiting && waiting == FOR_SILENCE) {
			awaiting = false;
			end = now + MOMENT_MS;
		}
		if (poll(fds, count, (int)(end - now)) <= 0)
			continue;
		for (size_t i = 0; i < count; i++)
			if (fds[i].revents && read_answer(fds[i].fd, &questions[i])) {
				close(fds[i].fd);
				fds[i].fd = -1; /* which poll(2) passes over */
			}
	}
}

void probe_ask(struct probe *probes, size_t count)
{
	static uint16_t last_port = 20000;
	struct question *questions = cni_alloc(count * sizeof(*questions));
	struct pollfd *fds = cni_alloc(count * sizeof(*fds));

	for (size_t i = 0; i < count; i++) {
		uint16_t port = probes[i].own_port ? probes[i].own_port : ++last_port;

		questions[i] = (struct question){&probes[i], port};
		*probes[i].seen = '\0';
		fds[i] = (struct pollfd){.fd = ask(&probes[i], port), .events = POLLIN};
	}
	await(fds, questions, count);
	for (size_t i = 0; i < count; i++)
		if (fds[i].fd >= 0)
			close(fds[i].fd);
	free(questions);
	free(fds);
}
