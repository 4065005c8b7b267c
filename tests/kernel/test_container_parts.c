/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that work inside the container: addresses, up and routes. */
#include "part_calls.h"

#include "bridge.h"
#include "kernel.h"

static void addresses__are_the_results(void **state)
{
	struct cni_addresses_part part = {.dad = false};

	(void)state;
	part_add_pair();
	part_add_ip("10.1.0.7/16", "");
	part_add_ip("fd00::7/64", "");
	must(cni_addresses_part_ops.add(&part_at, &part, &err));
	assert_shown("10.1.0.7", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
	assert_shown("fd00::7", "0.addr_info.0.local", "ip -n red -j -6 addr show eth0");
	sandbox_must("test $(ip netns exec red sysctl -n net.ipv4.conf.eth0.arp_notify) = 1");
	sandbox_must(
		"test $(ip netns exec red sysctl -n net.ipv6.conf.eth0.keep_addr_on_down) = 1");
	sandbox_must("test $(ip netns exec red sysctl -n net.ipv6.conf.eth0.accept_dad) = 0");
	must(cni_addresses_part_ops.check(&part_at, &part, &err));
	sandbox_must("ip -n red addr add 10.1.0.8/16 dev eth0");
	must(cni_addresses_part_ops.check(&part_at, &part, &err));
	sandbox_must("ip -n red addr del fd00::7/64 dev eth0");
	must_fail(cni_addresses_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "'eth0' in the container lacks address fd00::7/64, found 2 other");
}

static void addresses__turn_ipv6_on_where_it_is_off(void **state)
{
	struct cni_addresses_part part = {.dad = false};

	(void)state;
	sandbox_must("ip netns exec red sysctl -q net.ipv6.conf.all.disable_ipv6=1 "
		     "net.ipv6.conf.default.disable_ipv6=1");
	part_add_pair();
	part_add_ip("fd00::7/64", "");
	must(cni_addresses_part_ops.add(&part_at, &part, &err));
	assert_shown("fd00::7", "0.addr_info.0.local", "ip -n red -j -6 addr show eth0");
}

static void up__waits_for_both_ends(void **state)
{
	struct cni_up_part part = {.dad = true};

	(void)state;
	part_add_pair();
	must(cni_up_part_ops.add(&part_at, &part, &err));
	assert_shown("UP", "0.operstate", "ip -j link show %s", part_host);
	part_next(CNI_CHECK);
	must(cni_bridge_part_ops.check(&part_at, &part_bridge, &err));
	must(cni_veth_part_ops.check(&part_at, &part_veth, &err));
	must(cni_up_part_ops.check(&part_at, &part, &err));
	sandbox_must("ip -n red link set eth0 down");
	must(cni_veth_part_ops.check(&part_at, &part_veth, &err));
	must_fail(cni_up_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "'eth0' in the container is down, expected it up");
}

static void routes__without_a_gateway_take_the_first(void **state)
{
	const struct cni_route own = {.dst = kernel_net("10.2.0.0/16"),
				      .gw = kernel_ip("10.1.0.2")};
	const struct cni_route nowhere = {.dst = kernel_net("0.0.0.0/0")};
	struct cni_addresses_part addresses = {.dad = false};
	struct cni_routes_part part = {0};
	struct cni_up_part up = {.dad = false};

	(void)state;
	part_add_pair();
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	cni_result_add_route(&part_result, &nowhere);
	cni_result_add_route(&part_result, &own);
	must(cni_addresses_part_ops.add(&part_at, &addresses, &err));
	must(cni_up_part_ops.add(&part_at, &up, &err));
	must(cni_routes_part_ops.add(&part_at, &part, &err));
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
	assert_shown("10.1.0.2", "0.gateway", "ip -n red -j route show 10.2.0.0/16");
	must(cni_routes_part_ops.check(&part_at, &part, &err));
	sandbox_must("ip -n red route del default");
	must_fail(cni_routes_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "route 0.0.0.0/0 via 10.1.0.1 is missing in the container");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(addresses__are_the_results),
		part_test(addresses__turn_ipv6_on_where_it_is_off),
		part_test(up__waits_for_both_ends),
		part_test(routes__without_a_gateway_take_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
