/* SPDX-License-Identifier: Apache-2.0 */
/* A pod's packets to a group keep their address, packets to a host do not. A router of multicast
 * would have to stand between pod and receiver; instead the host itself sends with the pod's
 * address (IP_TRANSPARENT, ip(7)). Its packets come in through no interface, so the pod's elements
 * are repeated in the maps without one, and lead to the same chains. */
#include "bridge.h"
#include "cleanup.h"
#include "netns.h"
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define PORT 9

static struct pod red;

static int setup(void **state)
{
	freeing char *config = bridge_config("1.1.0", FULL);

	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("outside");
	/* Without duplicate address detection of what the kernel adds by itself: until it is over,
	 * a router cannot ask for its neighbours. */
	sandbox_must(
		"ip link add out type veth peer name in netns outside && "
		"sysctl -qw net.ipv6.conf.out.accept_dad=0 && "
		"ip netns exec outside sysctl -qw net.ipv6.conf.in.accept_dad=0 && "
		"ip addr add 192.0.2.1/24 dev out && "
		"ip addr add 2001:db8:1::1/64 dev out nodad && ip link set out up && "
		"ip -n outside link set lo up && ip -n outside addr add 192.0.2.2/24 dev in && "
		"ip -n outside addr add 2001:db8:1::2/64 dev in nodad && "
		"ip -n outside link set in up");
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("for f in 4:10.1.0.2 6:fd01::2; do n=${f%%%%:*}; "
		     "chain=$(nft list map inet cni masquerade_at$n | "
		     "sed -n 's/.*jump \\(net-[0-9a-f]*\\).*/\\1/p'); "
		     "nft add element inet cni masquerade$n \"{ ${f#*:} : jump $chain }\"; done");
	return 0;
}

static int teardown(void **state)
{
	pod_close(&red);
	sandbox_del_netns("outside");
	return bridge_teardown(state);
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static union address address_of(const char *text)
{
	union address address = {.any = {.sa_family = AF_INET}};

	if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
		address.v4.sin_port = htons(PORT);
		return address;
	}
	address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	assert_int_equal(inet_pton(AF_INET6, text, &address.v6.sin6_addr), 1);
	return address;
}

static int open_socket(sa_family_t family)
{
	struct timeval patience = {.tv_usec = 100000};
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

static void join(int fd, const union address *group)
{
	struct ip_mreqn mreq4 = {.imr_multiaddr = group->v4.sin_addr,
				 .imr_ifindex = (int)if_nametoindex("in")};
	struct ipv6_mreq mreq6 = {.ipv6mr_multiaddr = group->v6.sin6_addr,
				  .ipv6mr_interface = if_nametoindex("in")};
	int failed;

	if (group->any.sa_family == AF_INET)
		failed = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq4, sizeof(mreq4));
	else
		failed = setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &mreq6, sizeof(mreq6));
	assert_int_equal(failed, 0);
}

/* In the namespace outside, for what is sent to it and to the group. */
static int open_receiver(const union address *group)
{
	union address here = {.any = {.sa_family = group->any.sa_family}};
	struct cni_error err;
	int home;
	int netns;
	int fd;

	assert_int_equal(cni_netns_open("/run/netns/outside", &netns, &err), 0);
	assert_int_equal(cni_netns_enter(netns, &home, &err), 0);
	fd = open_socket(group->any.sa_family);
	here.v4.sin_port = htons(PORT);
	assert_int_equal(bind(fd, &here.any, sizeof(here)), 0);
	join(fd, group);
	cni_netns_return(&home);
	close(netns);
	return fd;
}

/* On the host, with the pod's address. */
static int open_sender(const char *pod)
{
	union address from = address_of(pod);
	int fd = open_socket(from.any.sa_family);
	bool v4 = from.any.sa_family == AF_INET;
	struct ip_mreqn out4 = {.imr_ifindex = (int)if_nametoindex("out")};
	int out6 = out4.imr_ifindex;
	int on = 1;

	assert_int_equal(setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
				    v4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, &on, sizeof(on)),
			 0);
	assert_int_equal(bind(fd, &from.any, sizeof(from)), 0);
	if (v4)
		assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out4, sizeof(out4)),
				 0);
	else
		assert_int_equal(
			setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &out6, sizeof(out6)), 0);
	return fd;
}

/* Sends until one has arrived: the kernel registers a new link some time after it is up, and a lost
 * datagram is not repeated. */
static void exchange(int sender, int receiver, const char *to, union address *ret_source)
{
	union address destination = address_of(to);
	socklen_t size = destination.any.sa_family == AF_INET ? sizeof(destination.v4)
							      : sizeof(destination.v6);
	char byte;

	for (int attempt = 0; attempt < 50; attempt++) {
		socklen_t source_size = sizeof(*ret_source);

		assert_int_equal(sendto(sender, "!", 1, 0, &destination.any, size), 1);
		if (recvfrom(receiver, &byte, 1, 0, &ret_source->any, &source_size) == 1)
			return;
	}
	fail_msg("nothing arrived of what was sent to %s", to);
}

/* A datagram from `pod` to `to` arrives outside, from the address `expected`. */
static void assert_seen(const char *pod, const char *group, const char *to, const char *expected)
{
	union address joined = address_of(group);
	closing int receiver = open_receiver(&joined);
	closing int sender = open_sender(pod);
	char seen[INET6_ADDRSTRLEN];
	union address source = {0};

	exchange(sender, receiver, to, &source);
	if (source.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &source.v4.sin_addr, seen, sizeof(seen));
	else
		inet_ntop(AF_INET6, &source.v6.sin6_addr, seen, sizeof(seen));
	assert_string_equal(seen, expected);
}

static void masquerade__leaves_multicast_alone(void **state)
{
	(void)state;
	assert_seen("10.1.0.2", "239.1.2.3", "239.1.2.3", "10.1.0.2");
	assert_seen("fd01::2", "ff05::123", "ff05::123", "fd01::2");
	/* The rules do apply to this sender. */
	assert_seen("10.1.0.2", "239.1.2.3", "192.0.2.2", "192.0.2.1");
	assert_seen("fd01::2", "ff05::123", "2001:db8:1::2", "2001:db8:1::1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(masquerade__leaves_multicast_alone, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
