/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"

#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "netns.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

struct cni_nl rtnl;
struct cni_nl nfnl;

int kernel_setup(void **state)
{
	struct cni_error err;

	if (sandbox_setup(state) < 0)
		return -1;
	if (cni_nl_open(&rtnl, NETLINK_ROUTE, -1, &err) < 0 ||
	    cni_nl_open(&nfnl, NETLINK_NETFILTER, -1, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return -1;
	}
	return 0;
}

int kernel_teardown(void **state)
{
	(void)state;
	cni_nl_close(&rtnl);
	cni_nl_close(&nfnl);
	return 0;
}

void kernel_assert_no_answer_left(const struct cni_nl *nl)
{
	char byte;

	assert_int_equal(recv(mnl_socket_get_fd(nl->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT),
			 -1);
	assert_int_equal(errno, EAGAIN);
}

int kernel_index_of(const char *netns, const char *name)
{
	freeing char *text = shown("0.ifindex", "ip %s %s -j link show dev %s", netns ? "-n" : "",
				   netns ? netns : "", name);

	assert_non_null(text);
	return (int)strtol(text, NULL, 10);
}

int kernel_open_netns(const char *name)
{
	freeing char *path = cni_format("/run/netns/%s", name);
	struct cni_error err;
	int fd = -1;

	if (cni_netns_open(path, &fd, &err) < 0)
		fail_msg("%s", err.msg);
	return fd;
}

struct cni_ip kernel_ip(const char *text)
{
	struct cni_ip ip = {0};

	if (*text && cni_ip_parse(text, &ip) < 0)
		fail_msg("'%s' is no address", text);
	return ip;
}

struct cni_net kernel_net(const char *text)
{
	struct cni_net net = {.prefix = 0};

	if (cni_net_parse(text, &net) < 0)
		fail_msg("'%s' is no prefix", text);
	return net;
}
