/* SPDX-License-Identifier: Apache-2.0 */
/* The two sides of a veth without a bridge. */
#include "part_calls.h"

#include "bridge.h"
#include "kernel.h"

static struct cni_veth_part veth = {.master = NULL};
static struct cni_peer_part peer;

static void add_pair(void)
{
	struct cni_addresses_part addresses = {.no_route = true};
	struct cni_up_part up = {.dad = false};

	must(cni_veth_part_ops.add(&part_at, &veth, &err));
	for (size_t i = 0; i < part_result.ip_count; i++)
		part_result.ips[i].interface = 1;
	must(cni_addresses_part_ops.add(&part_at, &addresses, &err));
	must(cni_up_part_ops.add(&part_at, &up, &err));
}

static void peer__has_both_sides(void **state)
{
	(void)state;
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	part_add_ip("fd00::7/64", "fe80::1");
	add_pair();
	assert_shown("[]", "", "ip -n red -j route show 10.1.0.0/16");
	must(cni_peer_part_ops.add(&part_at, &peer, &err));
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show 10.1.0.0/16");
	assert_shown("10.1.0.7", "0.prefsrc", "ip -n red -j route show 10.1.0.0/16");
	assert_shown("link", "0.scope", "ip -n red -j route show 10.1.0.1");
	assert_shown("fe80::1", "0.gateway", "ip -n red -j -6 route show fd00::/64");
	assert_shown("fd00::7", "0.prefsrc", "ip -n red -j -6 route show fe80::1");
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show %s", part_host);
	assert_shown("32", "0.addr_info.0.prefixlen", "ip -j -4 addr show %s", part_host);
	assert_shown(part_host, "0.dev", "ip -j route show 10.1.0.7");
	assert_shown("host", "0.scope", "ip -j route show 10.1.0.7");
	assert_shown(part_host, "0.dev", "ip -j -6 route show fd00::7");
	part_next(CNI_CHECK);
	must(cni_veth_part_ops.check(&part_at, &veth, &err));
	must(cni_peer_part_ops.check(&part_at, &peer, &err));
	must(cni_veth_part_ops.del(&part_at, &veth, &err));
	assert_shown("[]", "", "ip -j route show 10.1.0.7");
}

/* Each thing is there once. */
static void peer__serves_two_addresses_by_one_gateway(void **state)
{
	(void)state;
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	part_add_ip("10.1.0.8/16", "10.1.0.1");
	part_add_ip("fd00::7/64", "fd00::1");
	part_add_ip("fd00::8/64", "fd00::1");
	add_pair();
	must(cni_peer_part_ops.add(&part_at, &peer, &err));
	assert_shown(NULL, "1", "ip -n red -j route show 10.1.0.0/16");
	assert_shown(NULL, "1", "ip -n red -j -6 route show fd00::/64");
	assert_shown(part_host, "0.dev", "ip -j route show 10.1.0.8");
	assert_shown(part_host, "0.dev", "ip -j -6 route show fd00::8");
	part_next(CNI_CHECK);
	must(cni_veth_part_ops.check(&part_at, &veth, &err));
	must(cni_peer_part_ops.check(&part_at, &peer, &err));
}

static void peer__refuses_a_route_of_another_link(void **state)
{
	(void)state;
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	add_pair();
	sandbox_must("ip link add a0 type veth peer name a1; ip link set a0 up; "
		     "ip link set a1 up; ip route add 10.1.0.7 dev a0");
	must_fail(
		cni_peer_part_ops.add(&part_at, &peer, &err), CNI_ETAKEN,
		"the host's route to 10.1.0.7 leads through 'a0' (no owner), expected no route to "
		"it before ADD");
	assert_shown("a0", "0.dev", "ip -j route show 10.1.0.7");
	assert_shown(NULL, "1", "ip -j route show 10.1.0.7");
}

/* The other end's namespace has no name and no process any more, or is still being removed. */
static void peer__takes_a_route_of_a_link_that_dies(void **state)
{
	(void)state;
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	part_add_ip("fd00::7/64", "fd00::1");
	add_pair();
	sandbox_add_netns("dead");
	sandbox_must("ip link add a0 type veth peer name a1 netns dead; ip link set a0 up; "
		     "ip -n dead link set a1 up; ip route add 10.1.0.7 dev a0 && "
		     "ip -6 route add fd00::7 dev a0; "
		     "{ ip netns exec dead sleep 0.3 & } >/dev/null 2>&1; sleep 0.1");
	sandbox_del_netns("dead");
	must(cni_peer_part_ops.add(&part_at, &peer, &err));
	assert_shown(part_host, "0.dev", "ip -j route show 10.1.0.7");
	assert_shown(part_host, "0.dev", "ip -j -6 route show fd00::7");
}

static void peer__is_mended_on_the_host(void **state)
{
	(void)state;
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	add_pair();
	must(cni_peer_part_ops.add(&part_at, &peer, &err));
	part_next(CNI_MEND);
	must(cni_veth_part_ops.check(&part_at, &veth, &err));
	/* With its last address a link loses its routes. */
	sandbox_must("ip addr del 10.1.0.1/32 dev %s; test -z \"$(ip route show 10.1.0.7)\"",
		     part_host);
	must(cni_peer_part_ops.mend(&part_at, &peer, &err));
	must(cni_peer_part_ops.check(&part_at, &peer, &err));
	sandbox_must("ip -n red route del 10.1.0.0/16");
	must_fail(cni_peer_part_ops.mend(&part_at, &peer, &err), CNI_EMISMATCH,
		  "route 10.1.0.0/16 via 10.1.0.1 through 'eth0' is missing in the container");
}

static void peer__names_a_side_that_the_container_has_taken_away(void **state)
{
	(void)state;
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	add_pair();
	sandbox_must("ip -n red link del eth0");
	must_fail(cni_peer_part_ops.add(&part_at, &peer, &err), CNI_EKERNEL,
		  "'eth0' is not in the container any more: a process in the container has moved "
		  "or deleted it during ADD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(peer__has_both_sides),
		part_test(peer__serves_two_addresses_by_one_gateway),
		part_test(peer__refuses_a_route_of_another_link),
		part_test(peer__takes_a_route_of_a_link_that_dies),
		part_test(peer__is_mended_on_the_host),
		part_test(peer__names_a_side_that_the_container_has_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
