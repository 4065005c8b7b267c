/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_server.h"

#include "dhcp_count.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS_MAX 224
#define ANSWER_MAX  1400
#define OPTIONS	    240

static const uint8_t cookie[] = {99, 130, 83, 99};

struct answer {
	uint8_t bytes[ANSWER_MAX];
	size_t size;
};

static void put(struct answer *answer, uint8_t code, const void *value, uint8_t size)
{
	answer->bytes[answer->size++] = code;
	answer->bytes[answer->size++] = size;
	memcpy(answer->bytes + answer->size, value, size);
	answer->size += size;
}

static void put_seconds(struct answer *answer, uint8_t code, uint32_t seconds)
{
	uint32_t ordered = htonl(seconds);

	if (seconds || code == 51)
		put(answer, code, &ordered, 4);
}

static const uint8_t *find(const uint8_t *bytes, size_t size, uint8_t code, uint8_t *ret_size)
{
	for (size_t at = OPTIONS; at + 2 <= size && bytes[at] != 255;) {
		if (!bytes[at]) {
			at++;
			continue;
		}
		if (bytes[at] == code && at + 2 + bytes[at + 1] <= size) {
			*ret_size = bytes[at + 1];
			return bytes + at + 2;
		}
		at += 2U + bytes[at + 1];
	}
	return NULL;
}

/* ---- clients ---- */

static uint8_t number_of(const uint8_t mac[6])
{
	static uint8_t macs[CLIENTS_MAX][6];
	static uint8_t count;

	for (uint8_t i = 0; i < count; i++)
		if (!memcmp(macs[i], mac, 6))
			return i;
	if (count == CLIENTS_MAX)
		return 0;
	memcpy(macs[count], mac, 6);
	return count++;
}

/* ---- answers ---- */

/* An answer of `type` with `fault`, or none of them. */
static struct answer make(const struct dhcp_server *server, const uint8_t *request, uint8_t type,
			  uint32_t fault)
{
	uint8_t mask[] = {255, 255, 255, 0};
	const uint8_t own[] = {10, 1, 0, type == 5 && server->mode == SERVER_IS_ANOTHER ? 9 : 1};
	uint8_t address[] = {10, 1, 0, (uint8_t)(server->first + number_of(request + 28))};
	uint8_t router[] = {10, 1, 0, (uint8_t)server->router};
	struct answer answer = {.size = OPTIONS};

	if (fault == FAULT_LOOPBACK)
		memcpy(address, (const uint8_t[]){127, 0, 0, 1}, 4);
	if (fault == FAULT_MULTICAST)
		memcpy(address, (const uint8_t[]){224, 0, 0, 5}, 4);
	if (fault == FAULT_BROADCAST)
		address[3] = 255;
	if (fault == FAULT_HOLES)
		mask[1] = 0;
	answer.bytes[0] = fault == FAULT_REQUEST ? 1 : 2;
	answer.bytes[1] = 1;
	answer.bytes[2] = 6;
	memcpy(answer.bytes + 4, request + 4, 4);
	answer.bytes[4] ^= fault == FAULT_XID;
	if (type != 6)
		memcpy(answer.bytes + 16, address, 4);
	memcpy(answer.bytes + 28, request + 28, 6);
	answer.bytes[33] ^= fault == FAULT_CHADDR;
	memcpy(answer.bytes + 236, cookie, 4);
	answer.bytes[236] ^= fault == FAULT_COOKIE;
	put(&answer, 53, &type, 1);
	put(&answer, 54, own, 4);
	if (type != 6) {
		if (fault != FAULT_NO_MASK)
			put(&answer, 1, mask, 4);
		put(&answer, 3, router, 4);
		put_seconds(&answer, 51, fault == FAULT_NO_TIME ? 0 : server->seconds);
		put_seconds(&answer, 58, server->renewal);
		put_seconds(&answer, 59, server->rebinding);
		memcpy(answer.bytes + answer.size, server->more, server->more_size);
		answer.size += server->more_size;
	}
	if (fault == FAULT_OVERLONG) {
		answer.bytes[answer.size++] = 43;
		answer.bytes[answer.size++] = 250;
		return answer;
	}
	answer.bytes[answer.size++] = 255;
	if (fault == FAULT_SHORT)
		answer.size = 20;
	return answer;
}

/* The field ciaddr of a client that has no address yet. */
static const uint8_t none[4];

static void send_answer(int fd, const struct answer *answer, const uint8_t *request)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(68), .sin_addr.s_addr = INADDR_BROADCAST};

	if (memcmp(request + 12, none, 4) != 0)
		memcpy(&to.sin_addr, request + 12, 4);
	sendto(fd, answer->bytes, answer->size, 0, (const void *)&to, sizeof(to));
}

static void answer_all(int fd, const struct dhcp_server *server, const uint8_t *request,
		       uint8_t type)
{
	bool renews = memcmp(request + 12, none, 4) != 0;
	uint32_t faults = renews || !(server->faults & FAULT_RENEWALS) ? server->faults : 0;

	for (uint32_t fault = 1; fault < FAULT_ALL; fault <<= 1) {
		struct answer answer = make(server, request, type, fault);

		if (faults & fault)
			send_answer(fd, &answer, request);
	}
	if (faults & FAULT_ONLY)
		return;
	for (uint32_t i = 0; i <= server->flood; i++) {
		struct answer answer = make(server, request, type, 0);

		send_answer(fd, &answer, request);
	}
}

/* ---- requests ---- */

static void note(struct dhcp_server *server, const uint8_t *bytes, size_t size, uint8_t type)
{
	uint8_t length = 0;
	const uint8_t *requested = find(bytes, size, 50, &length);
	uint8_t last = requested && length == 4 ? requested[3] : 0;

	if (type == 1) {
		server->broadcast = bytes[10] >> 7;
		server->options_size = (uint32_t)(size - OPTIONS < sizeof(server->options)
							  ? size - OPTIONS
							  : sizeof(server->options));
		memcpy(server->options, bytes + OPTIONS, server->options_size);
	}
	if (type == 3) {
		server->ciaddr = bytes[15];
		server->requested = last;
	}
	if (type == 4)
		server->declined = last;
	if (type == 7)
		server->released = bytes[15];
	server->count[type]++;
}

static void handle(int fd, struct dhcp_server *server, const uint8_t *bytes, size_t size,
		   bool is_unicast)
{
	uint8_t length = 0;
	const uint8_t *type = size > OPTIONS ? find(bytes, size, 53, &length) : NULL;
	struct dhcp_server now;

	if (!type || length != 1 || *type > 8)
		return;
	/* A test that has waited for the count changes the next answer, not this one. */
	memcpy(&now, server, sizeof(now));
	if (*type == 3 && is_unicast)
		server->unicast++;
	note(server, bytes, size, *type);
	if (now.mode == SERVER_IS_SILENT || (now.mode == SERVER_OFFERS && *type == 3) ||
	    (now.mode == SERVER_HEARS_BROADCASTS && is_unicast))
		return;
	if (*type == 1)
		answer_all(fd, &now, bytes, 2);
	if (*type == 3)
		answer_all(fd, &now, bytes, now.mode == SERVER_REFUSES ? 6 : 5);
}

static bool came_by_unicast(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			return info.ipi_addr.s_addr == htonl(0x0a010001);
		}
	return false;
}

static void serve(int fd, struct dhcp_server *server)
{
	for (;;) {
		uint8_t bytes[1500];
		char control[128] __attribute__((aligned(8)));
		struct iovec content = {bytes, sizeof(bytes)};
		struct msghdr message = {.msg_iov = &content,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		ssize_t got = recvmsg(fd, &message, 0);

		if (got > 0)
			handle(fd, server, bytes, (size_t)got, came_by_unicast(&message));
	}
}

static int listen_on(const char *netns, const char *device)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(67)};
	const int yes = 1;
	char path[64];
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there;
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	there = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(home >= 0 && there >= 0 && setns(there, CLONE_NEWNET) == 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_return_code(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes)), errno);
	assert_return_code(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes)), errno);
	assert_return_code(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				      (socklen_t)strlen(device) + 1),
			   errno);
	assert_return_code(bind(fd, (const void *)&address, sizeof(address)), errno);
	assert_return_code(setns(home, CLONE_NEWNET), errno);
	close(home);
	close(there);
	return fd;
}

struct dhcp_server *dhcp_server_start(const char *netns, const char *device)
{
	struct dhcp_server *server = mmap(NULL, sizeof(*server), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = listen_on(netns, device);
	pid_t pid;

	assert_true(server != MAP_FAILED);
	server->seconds = 3600;
	server->first = 50;
	server->router = 1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, server);
	}
	close(fd);
	server->pid = pid;
	return server;
}

void dhcp_server_stop(struct dhcp_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	munmap(server, sizeof(*server));
}

void dhcp_server_await(struct dhcp_server *server, int type, uint32_t count)
{
	dhcp_count_await(server->count, type, count);
}

const uint8_t *dhcp_server_seen(const struct dhcp_server *server, uint8_t code, uint8_t *ret_size)
{
	/* find() begins behind the fields of a message. */
	static uint8_t message[OPTIONS + sizeof(server->options)];
	const uint8_t *found;

	memcpy(message + OPTIONS, server->options, server->options_size);
	*ret_size = 0;
	found = find(message, OPTIONS + server->options_size, code, ret_size);
	return found ? server->options + (found - message - OPTIONS) : NULL;
}

bool dhcp_server_has_seen(const struct dhcp_server *server, uint8_t code, const void *value,
			  uint8_t size)
{
	uint8_t length;
	const uint8_t *found = dhcp_server_seen(server, code, &length);

	return found && length == size && !memcmp(found, value, size);
}
