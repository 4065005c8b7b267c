/* SPDX-License-Identifier: Apache-2.0 */
/* How often the kernel tells the rest of itself about a link that comes up: each time costs a walk over all IPv6
 * routes. */
#include "link.h"

#include "cleanup.h"
#include "kernel.h"
#include "sandbox.h"
#include "test.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static struct mnl_socket *listen_to_links(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);

	assert_non_null(socket);
	assert_int_equal(mnl_socket_bind(socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID), 0);
	return socket;
}

static int count(const struct nlmsghdr *message, void *data)
{
	*(size_t *)data += message->nlmsg_type == RTM_NEWLINK;
	return MNL_CB_OK;
}

/* An announcement is in the socket when the change returns. */
static size_t announcements_of(const struct cni_link_change *change)
{
	struct mnl_socket *socket;
	struct cni_error err;
	size_t found = 0;
	char buffer[32768];
	ssize_t got;

	sandbox_must(
		"ip link add br0 type bridge; ip link add va master br0 type veth peer name vb");
	socket = listen_to_links();
	assert_int_equal(cni_link_change(&rtnl, kernel_index_of(NULL, "va"), change, &err), 0);
	while ((got = mnl_socket_recvfrom(socket, buffer, sizeof(buffer))) > 0)
		assert_true(mnl_cb_run(buffer, (size_t)got, 0, 0, count, &found) >= 0);
	mnl_socket_close(socket);
	sandbox_must("ip link show va | grep -q '[<,]UP'");
	sandbox_must("ip link del va; ip link del br0");
	return found;
}

static void link__comes_up_with_its_values_as_without(void **state)
{
	const struct cni_link_port port = {.hairpin = true};
	const struct cni_link_change changes[] = {
		{.alias = "blue/c1/eth0", .up = CNI_ON},
		{.port = &port, .up = CNI_ON},
		{.alias = "blue/c1/eth0", .port = &port, .mtu = 1280, .up = CNI_ON},
	};
	const struct cni_link_change up = {.up = CNI_ON};
	const struct cni_link_change mtu = {.mtu = 1280, .up = CNI_ON};
	size_t expected[] = {announcements_of(&up), announcements_of(&up), announcements_of(&mtu)};

	(void)state;
	assert_true(expected[0] > 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		assert_int_equal(announcements_of(&changes[i]), expected[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(link__comes_up_with_its_values_as_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
