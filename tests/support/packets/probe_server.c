/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include "cleanup.h"
#include "probe_packet.h"
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sockets of a server. TCP and UDP have one for both families: an IPv4 client is
 * ::ffff:10.1.0.2 there. */
enum { TCP, UDP, SCTP4, SCTP6, SOCKETS };

static int open_socket(int family, int type, int protocol, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);
	bool raw = type == SOCK_RAW;
	int yes = 1;
	int no = 0;

	if (fd < 0)
		return -1;
	/* Whichever address was asked is to answer. */
	if (type != SOCK_STREAM &&
	    setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
		       family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO, &yes, sizeof(yes)) < 0)
		return -1;
	if (!raw && (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) < 0 ||
		     bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0))
		return -1;
	return type == SOCK_STREAM && listen(fd, 64) < 0 ? -1 : fd;
}

static void format_answer(const char *name, const struct sockaddr_storage *peer,
			  char text[PROBE_TEXT_SIZE])
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)peer;
	const struct sockaddr_in *in = (const struct sockaddr_in *)peer;
	char address[INET6_ADDRSTRLEN];

	if (peer->ss_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, address, sizeof(address));
	else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], address, sizeof(address));
	else
		inet_ntop(AF_INET6, &in6->sin6_addr, address, sizeof(address));
	snprintf(text, PROBE_TEXT_SIZE, "%s %s", name, address);
}

static void answer_connection(int listener, const char *name)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	closing int fd = accept(listener, (struct sockaddr *)&peer, &size);
	char text[PROBE_TEXT_SIZE];

	if (fd < 0)
		return;
	format_answer(name, &peer, text);
	send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* The way is the routing table's business, and not the one on which it came. */
static void forget_interface(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct in6_pktinfo info6;
	struct in_pktinfo info;

	if (control && control->cmsg_type == IP_PKTINFO && control->cmsg_level == IPPROTO_IP) {
		memcpy(&info, CMSG_DATA(control), sizeof(info));
		info.ipi_ifindex = 0;
		memcpy(CMSG_DATA(control), &info, sizeof(info));
	} else if (control) {
		memcpy(&info6, CMSG_DATA(control), sizeof(info6));
		info6.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(control), &info6, sizeof(info6));
	}
}

static void answer_packet(int fd, int which, const char *name, uint16_t port)
{
	char data[512];
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct sockaddr_storage peer;
	struct iovec part = {data, sizeof(data)};
	struct msghdr message = {.msg_name = &peer,
				 .msg_namelen = sizeof(peer),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	ssize_t size = recvmsg(fd, &message, 0);
	char text[PROBE_TEXT_SIZE];
	struct probe_packet ack;

	if (size < 0)
		return;
	format_answer(name, &peer, text);
	part = (struct iovec){text, strlen(text)};
	if (which != UDP) {
		if (!probe_packet_ack(&ack, data, (size_t)size, port, which == SCTP6, text))
			return;
		part = (struct iovec){ack.data, ack.size};
	}
	if (which == SCTP6)
		((struct sockaddr_in6 *)&peer)->sin6_port = 0;
	forget_interface(&message);
	sendmsg(fd, &message, MSG_NOSIGNAL);
}

static _Noreturn void serve(const int fds[SOCKETS], const char *name, uint16_t port)
{
	struct pollfd polled[SOCKETS];

	for (int i = 0; i < SOCKETS; i++)
		polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	for (;;) {
		if (poll(polled, SOCKETS, -1) <= 0)
			continue;
		if (polled[TCP].revents)
			answer_connection(polled[TCP].fd, name);
		for (int i = UDP; i < SOCKETS; i++)
			if (polled[i].revents)
				answer_packet(polled[i].fd, i, name, port);
	}
}

static int enter(const char *netns)
{
	closing int fd = netns ? open(netns, O_RDONLY | O_CLOEXEC) : -1;

	return netns ? setns(fd, CLONE_NEWNET) : 0;
}

static _Noreturn void run(const char *netns, const char *name, uint16_t port, int ready)
{
	int fds[SOCKETS];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (enter(netns) < 0)
		_exit(1);
	fds[TCP] = open_socket(AF_INET6, SOCK_STREAM, 0, port);
	fds[UDP] = open_socket(AF_INET6, SOCK_DGRAM, 0, port);
	fds[SCTP4] = open_socket(AF_INET, SOCK_RAW, IPPROTO_SCTP, port);
	fds[SCTP6] = open_socket(AF_INET6, SOCK_RAW, IPPROTO_SCTP, port);
	for (int i = 0; i < SOCKETS; i++)
		if (fds[i] < 0)
			_exit(1);
	if (write(ready, "!", 1) != 1)
		_exit(1);
	close(ready);
	serve(fds, name, port);
}

void probe_serve(struct probe_server *server, const char *netns, const char *name, uint16_t port)
{
	int ready[2];
	char said;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0)
		run(netns, name, port, ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &said, 1), 1);
	close(ready[0]);
}

void probe_stop(struct probe_server *server)
{
	if (!server->pid)
		return;
	kill(server->pid, SIGKILL);
	assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
	server->pid = 0;
}
