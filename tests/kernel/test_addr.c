/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of links over rtnetlink. */
#include "addr.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "test.h"

#include <errno.h>
#include <string.h>

static int index_of_va(void)
{
	sandbox_must("ip link add va type veth peer name vb; ip link set va up; "
		     "ip link set vb up");
	return kernel_index_of(NULL, "va");
}

static int add(int index, const char *text, bool dad, struct cni_error *err)
{
	struct cni_net net = kernel_net(text);

	return cni_addr_add(&rtnl, index, &net, dad ? CNI_ADDR_DAD : 0, err);
}

static int del(int index, const char *text, struct cni_error *err)
{
	struct cni_net net = kernel_net(text);

	return cni_addr_del(&rtnl, index, &net, err);
}

static void addr__is_added_and_deleted(void **state)
{
	int index = index_of_va();
	struct cni_error err;

	(void)state;
	assert_int_equal(add(index, "10.1.0.7/16", false, &err), 0);
	assert_shown("10.1.0.7", "0.addr_info.0.local", "ip -j -4 addr show va");
	assert_shown("16", "0.addr_info.0.prefixlen", "ip -j -4 addr show va");
	assert_shown("10.1.255.255", "0.addr_info.0.broadcast", "ip -j -4 addr show va");
	assert_int_equal(add(index, "10.1.0.7/16", false, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	assert_memory_equal(err.msg, "add address 10.1.0.7/16: File exists", 36);
	assert_int_equal(del(index, "10.1.0.7/16", &err), 0);
	assert_shown(NULL, "0.addr_info.0", "ip -j -4 addr show va");
	assert_int_equal(del(index, "10.1.0.7/16", &err), -1);
	assert_int_equal(err.errnum, EADDRNOTAVAIL);
	assert_memory_equal(err.msg, "delete address 10.1.0.7/16: ", 28);
}

/* RFC 3021: two hosts and no broadcast. */
static void addr__of_a_pair_has_no_broadcast(void **state)
{
	int index = index_of_va();
	struct cni_error err;

	(void)state;
	assert_int_equal(add(index, "10.1.0.6/31", false, &err), 0);
	assert_int_equal(add(index, "10.2.0.6/32", false, &err), 0);
	assert_shown(NULL, "0.addr_info.0.broadcast", "ip -j -4 addr show va");
	assert_shown(NULL, "0.addr_info.1.broadcast", "ip -j -4 addr show va");
}

static void addr__of_ipv6_may_be_used_at_once(void **state)
{
	int index = index_of_va();
	struct cni_error err;

	(void)state;
	assert_int_equal(add(index, "fd00::7/64", false, &err), 0);
	assert_shown("true", "0.addr_info.0.nodad", "ip -j -6 addr show va to fd00::7");
	assert_shown(NULL, "0.addr_info.0.tentative", "ip -j -6 addr show va to fd00::7");
	assert_int_equal(add(index, "fd00::7/64", false, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	assert_int_equal(del(index, "fd00::7/64", &err), 0);
	assert_int_equal(del(index, "fd00::7/64", &err), -1);
	assert_int_equal(err.errnum, EADDRNOTAVAIL);
}

static void addr__may_be_without_a_route(void **state)
{
	struct cni_net four = kernel_net("10.1.0.7/16");
	struct cni_net six = kernel_net("fd00::7/64");
	int index = index_of_va();
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_addr_add(&rtnl, index, &four, CNI_ADDR_NO_ROUTE, &err), 0);
	assert_int_equal(cni_addr_add(&rtnl, index, &six, CNI_ADDR_NO_ROUTE, &err), 0);
	assert_shown("[]", "", "ip -j route show 10.1.0.0/16");
	assert_shown("[]", "", "ip -j -6 route show fd00::/64");
	assert_shown("10.1.255.255", "0.addr_info.0.broadcast", "ip -j -4 addr show va");
	assert_shown("true", "0.addr_info.0.nodad", "ip -j -6 addr show va to fd00::7");
}

static void addr__is_listed(void **state)
{
	freeing struct cni_net *nets = NULL;
	int index = index_of_va();
	char text[CNI_NET_TEXT_SIZE];
	struct cni_error err;
	size_t count;

	(void)state;
	sandbox_must("ip addr add 10.1.0.7/16 dev va; ip addr add 10.1.0.8/16 dev va; "
		     "ip addr add fd00::7/64 dev va nodad; ip addr add fe80::7/64 dev va nodad; "
		     "ip addr add 10.9.0.1/16 dev vb; "
		     "ip addr add 10.5.0.1 peer 10.6.0.1/32 dev va");
	assert_int_equal(cni_addr_list(&rtnl, index, &nets, &count, &err), 0);
	assert_int_equal(count, 6);
	assert_string_equal(cni_net_format(&nets[0], text), "10.1.0.7/16");
	/* The local side of a point-to-point pair. */
	assert_string_equal(cni_net_format(&nets[1], text), "10.5.0.1/32");
	assert_string_equal(cni_net_format(&nets[2], text), "10.1.0.8/16");
	assert_string_equal(cni_net_format(&nets[3], text), "fd00::7/64");
	/* And the one that the kernel has made. */
	assert_true(!strcmp(cni_net_format(&nets[4], text), "fe80::7/64") ||
		    !strcmp(cni_net_format(&nets[5], text), "fe80::7/64"));
}

static void addr__list_may_be_empty(void **state)
{
	struct cni_net *nets = NULL;
	struct cni_error err;
	size_t count;

	(void)state;
	sandbox_must("ip link add va type veth peer name vb");
	assert_int_equal(cni_addr_list(&rtnl, kernel_index_of(NULL, "va"), &nets, &count, &err), 0);
	assert_int_equal(count, 0);
	free(nets);
}

static void addr__settles(void **state)
{
	int index = index_of_va();
	struct cni_error err;

	(void)state;
	assert_int_equal(add(index, "fd00::7/64", true, &err), 0);
	assert_shown("true", "0.addr_info.0.tentative", "ip -j -6 addr show va to fd00::7");
	assert_int_equal(cni_addr_wait_settled(&rtnl, NULL, index, 20000, &err), 0);
	assert_shown(NULL, "0.addr_info.0.tentative", "ip -j -6 addr show va to fd00::7");
}

static void addr__does_not_settle_for_ever(void **state)
{
	int index = index_of_va();
	struct cni_error err;

	(void)state;
	assert_int_equal(add(index, "fd00::7/64", true, &err), 0);
	assert_int_equal(cni_addr_wait_settled(&rtnl, NULL, index, 10, &err), -1);
	assert_int_equal(err.errnum, ETIMEDOUT);
	assert_string_equal(err.msg, "wait for duplicate address detection: not done after 10 ms");
}

static void addr__that_another_host_has_is_refused(void **state)
{
	closing int red = -1;
	struct cni_error err;
	int index;

	(void)state;
	sandbox_add_netns("red");
	red = kernel_open_netns("red");
	index = index_of_va();
	sandbox_must("ip link set vb netns red; ip -n red addr add fd00::7/64 dev vb nodad; "
		     "ip -n red link set vb up");
	assert_int_equal(add(index, "fd00::7/64", true, &err), 0);
	assert_int_equal(cni_addr_wait_settled(&rtnl, NULL, index, 20000, &err), -1);
	assert_int_equal(err.errnum, EADDRINUSE);
	assert_string_equal(err.msg, "wait for duplicate address detection: another host uses "
				     "fd00::7 already");
	sandbox_del_netns("red");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(addr__is_added_and_deleted),
		kernel_test(addr__of_a_pair_has_no_broadcast),
		kernel_test(addr__of_ipv6_may_be_used_at_once),
		kernel_test(addr__may_be_without_a_route),
		kernel_test(addr__is_listed),
		kernel_test(addr__list_may_be_empty),
		kernel_test(addr__settles),
		kernel_test(addr__does_not_settle_for_ever),
		kernel_test(addr__that_another_host_has_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
