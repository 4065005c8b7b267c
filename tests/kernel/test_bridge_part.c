/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge: made, adopted, and checked. */
#include "part_calls.h"

#include "bridge.h"
#include "cleanup.h"

static void bridge__is_made_and_unmade(void **state)
{
	freeing char *before = sandbox_snapshot();
	struct cni_bridge_part part = {.name = "br0", .mtu = 1400, .promisc = true};
	freeing char *mac = NULL;

	(void)state;
	must(cni_bridge_part_ops.add(&part_at, &part, &err));
	sandbox_must("ip link show br0 | grep -q 'PROMISC.*UP'");
	assert_shown("1400", "0.mtu", "ip -j link show br0");
	sandbox_must("test $(sysctl -n net.ipv6.conf.br0.accept_ra) = 0");
	/* NET_ADDR_SET: ports do not change it. */
	sandbox_must("test $(cat /sys/class/net/br0/addr_assign_type) = 3");
	mac = shown("0.address", "ip -j link show br0");
	assert_string_equal(part_result.interfaces[0].name, "br0");
	assert_string_equal(part_result.interfaces[0].mac, mac);
	must(cni_bridge_part_ops.check(&part_at, &part, &err));
	must(cni_bridge_part_ops.undo(&part_at, &part, &err));
	sandbox_assert_unchanged(before);
}

static void bridge__is_adopted_and_pinned(void **state)
{
	struct cni_bridge_part part = {.name = "br0"};

	(void)state;
	sandbox_must("ip link add br0 type bridge; ip link set br0 mtu 1300");
	must(cni_bridge_part_ops.add(&part_at, &part, &err));
	sandbox_must("ip link show br0 | grep -q UP");
	sandbox_must("test $(cat /sys/class/net/br0/addr_assign_type) = 3");
	assert_shown("1300", "0.mtu", "ip -j link show br0");
	must(cni_bridge_part_ops.undo(&part_at, &part, &err));
	sandbox_must("ip link show br0 > /dev/null");
}

static void bridge__must_be_one(void **state)
{
	struct cni_bridge_part part = {.name = "br0"};
	static const char message[] =
		"'bridge' is \"br0\", and \"br0\" already exists but is not a "
		"bridge: it is of kind veth";

	(void)state;
	sandbox_must("ip link add br0 type veth peer name other");
	must_fail(cni_bridge_part_ops.add(&part_at, &part, &err), CNI_ECONFIG, message);
	must_fail(cni_bridge_part_ops.status(&part_at, &part, &err), CNI_EUNAVAILABLE, message);
	must_fail(cni_bridge_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH, message);
	part.name = "none";
	must(cni_bridge_part_ops.status(&part_at, &part, &err));
}

static void bridge__check_says_what_has_changed(void **state)
{
	struct cni_bridge_part part = {.name = "br0", .mtu = 1400, .promisc = true};

	(void)state;
	must(cni_bridge_part_ops.add(&part_at, &part, &err));
	sandbox_must("ip link set br0 promisc off");
	must_fail(cni_bridge_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "bridge 'br0' is not promiscuous, expected it to be");
	/* A bridge that was there keeps its MTU, and other networks may have made it smaller. */
	sandbox_must("ip link set br0 promisc on mtu 1300");
	must(cni_bridge_part_ops.check(&part_at, &part, &err));
	sandbox_must("ip link set br0 down");
	must_fail(cni_bridge_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "bridge 'br0' is down, expected it up");
	sandbox_must("ip link del br0");
	must_fail(cni_bridge_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "bridge 'br0' is missing");
}

static void bridge__that_has_a_port_by_now_stays(void **state)
{
	struct cni_bridge_part part = {.name = "br0"};

	(void)state;
	must(cni_bridge_part_ops.add(&part_at, &part, &err));
	sandbox_must("ip link add late type veth peer name other; ip link set late master br0");
	must(cni_bridge_part_ops.undo(&part_at, &part, &err));
	assert_shown("br0", "0.master", "ip -j link show late");
	sandbox_must("ip link del late");
	must(cni_bridge_part_ops.undo(&part_at, &part, &err));
	sandbox_must("! ip link show br0 2>/dev/null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(bridge__is_made_and_unmade),
		part_test(bridge__is_adopted_and_pinned),
		part_test(bridge__must_be_one),
		part_test(bridge__check_says_what_has_changed),
		part_test(bridge__that_has_a_port_by_now_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
