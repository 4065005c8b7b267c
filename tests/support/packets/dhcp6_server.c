/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_server.h"

#include "dhcp_count.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS_MAX 256
#define HEADER	    4

struct answer {
	uint8_t bytes[1452];
	size_t size;
};

static void put_u16(struct answer *answer, unsigned int value)
{
	answer->bytes[answer->size++] = (uint8_t)(value >> 8);
	answer->bytes[answer->size++] = (uint8_t)value;
}

static void put_u32(struct answer *answer, uint32_t value)
{
	put_u16(answer, value >> 16);
	put_u16(answer, value & 0xffff);
}

static void put_bytes(struct answer *answer, const void *bytes, size_t size)
{
	memcpy(answer->bytes + answer->size, bytes, size);
	answer->size += size;
}

static void put_option(struct answer *answer, unsigned int code, const void *bytes, size_t size)
{
	put_u16(answer, code);
	put_u16(answer, (unsigned int)size);
	put_bytes(answer, bytes, size);
}

static const uint8_t *find(const uint8_t *bytes, size_t size, unsigned int code, size_t *ret_size)
{
	for (size_t at = HEADER; at + 4 <= size;) {
		size_t length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];

		if (at + 4 + length > size)
			break;
		if (((unsigned int)bytes[at] << 8 | bytes[at + 1]) == code) {
			*ret_size = length;
			return bytes + at + 4;
		}
		at += 4 + length;
	}
	return NULL;
}

/* ---- clients ---- */

/* A client may have a lease for each of its interfaces (RFC 8415, section 12.1). */
static uint8_t number_of(const uint8_t *duid, size_t size, const uint8_t iaid[4])
{
	static uint8_t clients[CLIENTS_MAX][130 + 4];
	static size_t count;
	uint8_t client[130 + 4] = {0};

	memcpy(client, iaid, 4);
	memcpy(client + 4, duid, size);
	for (size_t i = 0; i < count; i++)
		if (!memcmp(clients[i], client, sizeof(client)))
			return (uint8_t)i;
	if (count == CLIENTS_MAX)
		return 0;
	memcpy(clients[count], client, sizeof(client));
	return (uint8_t)count++;
}

/* ---- answers ---- */

static void make_address(const struct dhcp6_server *server, uint8_t number, uint32_t fault,
			 uint8_t address[16])
{
	static const uint8_t mapped[16] = {[10] = 0xff, 0xff, 10, 1, 0, 5};

	memset(address, 0, 16);
	address[0] = 0xfd;
	address[1] = 1;
	address[15] = (uint8_t)(server->first + number);
	if (fault == FAULT6_MULTICAST)
		memcpy(address, "\xff\x02", 2);
	if (fault == FAULT6_LINK_LOCAL)
		memcpy(address, "\xfe\x80", 2);
	if (fault == FAULT6_LOOPBACK)
		memset(address, 0, 15), address[15] = 1;
	if (fault == FAULT6_MAPPED)
		memcpy(address, mapped, 16);
}

static void put_association(struct answer *answer, const struct dhcp6_server *server,
			    const uint8_t iaid[4], uint8_t number, uint32_t fault, uint32_t status)
{
	uint32_t seconds = fault == FAULT6_NO_TIME ? 0 : server->seconds;
	bool is_empty = fault == FAULT6_EMPTY || status;
	uint8_t address[16];

	make_address(server, number, fault, address);
	put_u16(answer, 3);
	put_u16(answer, status ? 18 : is_empty ? 12 : 40);
	put_bytes(answer, iaid, 4);
	answer->bytes[answer->size - 1] ^= fault == FAULT6_IAID;
	put_u32(answer, fault == FAULT6_TIMES ? 9 : server->renewal);
	put_u32(answer, fault == FAULT6_TIMES ? 8 : server->rebinding);
	if (status) {
		put_option(answer, 13, (uint8_t[]){0, (uint8_t)status}, 2);
		return;
	}
	if (is_empty)
		return;
	put_u16(answer, 5);
	put_u16(answer, 24);
	put_bytes(answer, address, 16);
	put_u32(answer, seconds + (fault == FAULT6_PREFERRED));
	put_u32(answer, seconds);
}

static uint8_t type_of(uint8_t request, uint32_t fault)
{
	if (fault == FAULT6_RELAY)
		return 13;
	if (fault == FAULT6_RECONFIGURE)
		return 10;
	return request == 1 ? 2 : 7;
}

static struct answer make(const struct dhcp6_server *server, const uint8_t *request, size_t size,
			  uint32_t fault)
{
	static const uint8_t own[] = {0, 3, 0, 1, 2, 0, 0, 0, 0, 1};
	uint8_t preference = (uint8_t)server->preference;
	bool is_advert = request[0] == 1;
	uint32_t status = is_advert ? 0 : server->status;
	struct answer answer = {.size = HEADER};
	uint8_t other[130];
	size_t duid_size = 0;
	size_t ia_size = 0;
	const uint8_t *duid = find(request, size, 1, &duid_size);
	const uint8_t *ia = find(request, size, 3, &ia_size);

	memcpy(answer.bytes, request, HEADER);
	answer.bytes[0] = type_of(request[0], fault);
	answer.bytes[3] ^= fault == FAULT6_XID;
	memcpy(other, duid, duid_size);
	other[duid_size - 1] ^= fault == FAULT6_CLIENT;
	put_option(&answer, 1, other, duid_size);
	if (fault != FAULT6_NO_SERVER)
		put_option(&answer, 2, own, sizeof(own));
	put_option(&answer, 7, &preference, 1);
	if (ia && ia_size >= 12 && request[0] != 4)
		put_association(&answer, server, ia, number_of(duid, duid_size, ia), fault, status);
	if (request[0] == 4 && status)
		put_option(&answer, 13, (uint8_t[]){0, (uint8_t)status}, 2);
	put_bytes(&answer, server->more, server->more_size);
	if (fault == FAULT6_OVERLONG)
		put_bytes(&answer, "\0\x17\x7f\xff", 4);
	if (fault == FAULT6_SHORT)
		answer.size = 3;
	return answer;
}

static void send_all(int fd, const struct dhcp6_server *server, const uint8_t *request, size_t size,
		     const struct sockaddr_in6 *to)
{
	bool renews = request[0] == 5 || request[0] == 6;
	uint32_t faults = renews || !(server->faults & FAULT6_RENEWALS) ? server->faults : 0;

	for (uint32_t fault = 1; fault < FAULT6_ALL; fault <<= 1) {
		struct answer answer = make(server, request, size, fault);

		if (faults & fault)
			sendto(fd, answer.bytes, answer.size, 0, (const void *)to, sizeof(*to));
	}
	for (uint32_t i = 0; i <= server->flood && !(faults & FAULT6_ONLY); i++) {
		struct answer answer = make(server, request, size, 0);

		sendto(fd, answer.bytes, answer.size, 0, (const void *)to, sizeof(*to));
	}
}

/* ---- requests ---- */

static void note(struct dhcp6_server *server, const uint8_t *bytes, size_t size)
{
	size_t length = 0;
	const uint8_t *duid = find(bytes, size, 1, &length);
	size_t ia_size = 0;
	const uint8_t *ia = find(bytes, size, 3, &ia_size);
	uint8_t last = ia && ia_size >= 32 ? ia[31] : 0;

	if (bytes[0] == 1 && duid && length <= sizeof(server->duid)) {
		memcpy(server->duid, duid, length);
		server->duid_size = (uint32_t)length;
	}
	if (bytes[0] == 8)
		server->released = last;
	if (bytes[0] == 9)
		server->declined = last;
	server->count[bytes[0]]++;
}

static void serve_client(int fd, struct dhcp6_server *server)
{
	uint8_t bytes[1500];
	struct sockaddr_in6 from;
	socklen_t from_size = sizeof(from);
	ssize_t got = recvfrom(fd, bytes, sizeof(bytes), 0, (void *)&from, &from_size);
	struct dhcp6_server now;
	size_t length;

	if (got < HEADER || bytes[0] > 11 || !find(bytes, (size_t)got, 1, &length) || !length ||
	    length > 130)
		return;
	/* A test that has waited for the count changes the next answer, not this one. */
	memcpy(&now, server, sizeof(now));
	note(server, bytes, (size_t)got);
	if (!now.is_silent)
		send_all(fd, &now, bytes, (size_t)got, &from);
}

/* ---- the router ---- */

static void advertise(int fd, const struct dhcp6_server *server, const struct sockaddr_in6 *to)
{
	struct answer advert = {.size = 0};
	uint8_t prefix[16] = {0xfd, (uint8_t)server->prefix};

	put_bytes(&advert, "\x86\0\0\0\x40", 5);
	advert.bytes[advert.size++] = (uint8_t)server->flags;
	put_u16(&advert, server->lifetime);
	put_u32(&advert, 0);
	put_u32(&advert, 0);
	if (server->valid) {
		put_bytes(&advert, "\3\4\x40", 3);
		advert.bytes[advert.size++] = (uint8_t)(server->on_link | server->formed);
		put_u32(&advert, server->valid);
		put_u32(&advert, server->valid);
		put_u32(&advert, 0);
		put_bytes(&advert, prefix, 16);
	}
	put_bytes(&advert, "\x19\3\0\0\0\0\0\x63", 8);
	prefix[15] = 0x54;
	put_bytes(&advert, prefix, 16);
	if (server->bad_adverts) {
		sendto(fd, advert.bytes, 9, 0, (const void *)to, sizeof(*to));
		sendto(fd, advert.bytes, advert.size - 3, 0, (const void *)to, sizeof(*to));
	}
	sendto(fd, advert.bytes, advert.size, 0, (const void *)to, sizeof(*to));
}

static void serve_host(int fd, struct dhcp6_server *server)
{
	uint8_t bytes[1500];
	struct sockaddr_in6 from;
	socklen_t from_size = sizeof(from);
	ssize_t got = recvfrom(fd, bytes, sizeof(bytes), 0, (void *)&from, &from_size);

	if (got < 8 || bytes[0] != ND_ROUTER_SOLICIT)
		return;
	server->asked++;
	if (!server->has_no_router)
		advertise(fd, server, &from);
}

/* ---- the process ---- */

static void set(int fd, int level, int option, const void *value, socklen_t size)
{
	assert_return_code(setsockopt(fd, level, option, value, size), errno);
}

static int open_clients(const char *device)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(547)};
	struct ipv6_mreq group = {.ipv6mr_interface = if_nametoindex(device)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	inet_pton(AF_INET6, "ff02::1:2", &group.ipv6mr_multiaddr);
	set(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1);
	set(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group));
	assert_return_code(bind(fd, (const void *)&address, sizeof(address)), errno);
	return fd;
}

static int open_hosts(const char *device)
{
	struct ipv6_mreq group = {.ipv6mr_interface = if_nametoindex(device)};
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	const int hops = 255;

	assert_true(fd >= 0);
	inet_pton(AF_INET6, "ff02::2", &group.ipv6mr_multiaddr);
	set(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1);
	set(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group));
	set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
	set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops));
	return fd;
}

static void open_in(const char *netns, const char *device, int *ret_clients, int *ret_hosts)
{
	char path[64];
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	there = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(home >= 0 && there >= 0 && setns(there, CLONE_NEWNET) == 0);
	*ret_clients = open_clients(device);
	*ret_hosts = open_hosts(device);
	assert_return_code(setns(home, CLONE_NEWNET), errno);
	close(home);
	close(there);
}

static void serve(int clients, int hosts, struct dhcp6_server *server)
{
	struct pollfd waits[] = {{.fd = clients, .events = POLLIN},
				 {.fd = hosts, .events = POLLIN}};

	for (;;) {
		if (poll(waits, 2, -1) < 0)
			continue;
		if (waits[0].revents)
			serve_client(clients, server);
		if (waits[1].revents)
			serve_host(hosts, server);
	}
}

struct dhcp6_server *dhcp6_server_start(const char *netns, const char *device)
{
	struct dhcp6_server *server = mmap(NULL, sizeof(*server), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int clients;
	int hosts;
	pid_t pid;

	assert_true(server != MAP_FAILED);
	open_in(netns, device, &clients, &hosts);
	server->flags = 0x80;
	server->lifetime = 1800;
	server->prefix = 1;
	server->on_link = 0x80;
	server->valid = 86400;
	server->seconds = 3600;
	server->first = 0x50;
	server->preference = 255;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(clients, hosts, server);
	}
	close(clients);
	close(hosts);
	server->pid = pid;
	return server;
}

void dhcp6_server_stop(struct dhcp6_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	munmap(server, sizeof(*server));
}

void dhcp6_server_await(struct dhcp6_server *server, int type, uint32_t count)
{
	dhcp_count_await(server->count, type, count);
}
