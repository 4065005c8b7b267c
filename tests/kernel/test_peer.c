/* SPDX-License-Identifier: Apache-2.0 */
/* The namespace of a veth's peer, as the host sees it. */
#include "peer.h"

#include "bridge.h"
#include "kernel.h"
#include "test.h"

#include "cleanup.h"

#include <fcntl.h>
#include <string.h>

static struct cni_error err;

/* The link as the kernel describes it now. */
static struct cni_link link_of(const char *name)
{
	struct cni_link link;

	if (cni_link_get(&rtnl, name, &link, &err) < 0)
		fail_msg("%s", err.msg);
	return link;
}

static bool is_in(const char *name, int netns)
{
	struct cni_link link = link_of(name);
	bool is = false;

	if (cni_peer_is_in(&rtnl, &link, netns, &is, &err) < 0)
		fail_msg("%s", err.msg);
	return is;
}

static int open_own(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Two pods whose ends have the same index. */
static void peer__is_in_the_namespace_that_it_leads_to(void **state)
{
	closing int red = -1;
	closing int green = -1;
	closing int ours = open_own();

	(void)state;
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	sandbox_must("ip link add v1 type veth peer name eth0 index 77 netns red; "
		     "ip link add v2 type veth peer name eth0 index 77 netns green");
	red = kernel_open_netns("red");
	green = kernel_open_netns("green");
	assert_true(is_in("v1", red));
	assert_false(is_in("v1", green));
	assert_true(is_in("v2", green));
	assert_false(is_in("v2", red));
	assert_false(is_in("v1", ours));
}

/* The kernel gives out ids when a link leads there: "ip netns list-id" shows none. */
static void peer__is_not_in_a_namespace_without_an_id(void **state)
{
	closing int red = -1;
	closing int green = -1;

	(void)state;
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	sandbox_must("ip link add v1 type veth peer name eth0 netns red");
	red = kernel_open_netns("red");
	green = kernel_open_netns("green");
	assert_false(is_in("v1", green));
	sandbox_must("[ \"$(ip netns list-id | grep -c 'name: green')\" = 0 ]");
	assert_true(is_in("v1", red));
	/* Nor if it has one for another reason. */
	sandbox_must("ip netns set green 4711");
	assert_false(is_in("v1", green));
	assert_true(is_in("v1", red));
}

/* It gets one as the link is described, if it has none yet: the end was moved there from elsewhere,
 * and all this time nothing was said to this namespace. */
static void peer__is_found_where_it_was_moved_to(void **state)
{
	closing int red = -1;
	closing int green = -1;

	(void)state;
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	sandbox_must("ip link add v1 type veth peer name eth0 netns red; "
		     "ip -n red link set eth0 netns green");
	red = kernel_open_netns("red");
	green = kernel_open_netns("green");
	assert_true(is_in("v1", green));
	assert_false(is_in("v1", red));
	sandbox_del_netns("red");
	assert_true(is_in("v1", green));
}

static void peer__may_be_in_the_same_namespace(void **state)
{
	closing int ours = open_own();
	closing int red = -1;

	(void)state;
	sandbox_add_netns("red");
	red = kernel_open_netns("red");
	sandbox_must("ip link add v1 type veth peer name v2");
	assert_true(is_in("v1", ours));
	assert_true(is_in("v2", ours));
	assert_false(is_in("v1", red));
	/* A link without another end. */
	sandbox_must("ip link add br0 type bridge");
	assert_false(is_in("br0", red));
}

static void peer__of_a_file_that_is_no_namespace_is_an_error(void **state)
{
	closing int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct cni_link link;
	bool is = true;

	(void)state;
	sandbox_add_netns("red");
	sandbox_must("ip link add v1 type veth peer name eth0 netns red");
	link = link_of("v1");
	assert_int_equal(cni_peer_is_in(&rtnl, &link, file, &is, &err), -1);
	assert_non_null(strstr(err.msg, "ask for the id of the container's network namespace"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(peer__is_in_the_namespace_that_it_leads_to),
		kernel_test(peer__is_not_in_a_namespace_without_an_id),
		kernel_test(peer__is_found_where_it_was_moved_to),
		kernel_test(peer__may_be_in_the_same_namespace),
		kernel_test(peer__of_a_file_that_is_no_namespace_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
