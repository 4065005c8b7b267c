/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* The veth: made, checked, deleted by its owner, and stale ones. */
#include "part_calls.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"

#include <string.h>

static void veth__has_its_owner(void **state)
{
	struct cni_veth_part part = {.master = "br0",
				     .mtu = 1400,
				     .mac = "0a:58:00:00:00:07",
				     .port = {.hairpin = true, .isolated = true}};

	(void)state;
	must(cni_bridge_part_ops.add(&part_at, &part_bridge, &err));
	must(cni_veth_part_ops.add(&part_at, &part, &err));
	assert_shown("blue/c1/eth0", "0.ifalias", "ip -j link show %s", part_host);
	assert_shown("br0", "0.master", "ip -j link show %s", part_host);
	assert_shown("true", "0.linkinfo.info_slave_data.hairpin", "ip -j -d link show %s",
		     part_host);
	assert_shown("0a:58:00:00:00:07", "0.address", "ip -n red -j link show eth0");
	assert_shown("1400", "0.mtu", "ip -n red -j link show eth0");
	/* The smaller port has not dragged the bridge down. */
	assert_shown("1500", "0.mtu", "ip -j link show br0");
	sandbox_must("test $(sysctl -n net.ipv6.conf.%s.accept_ra) = 0", part_host);
	assert_string_equal(part_result.interfaces[1].name, part_host);
	assert_string_equal(part_result.interfaces[2].name, "eth0");
	assert_string_equal(part_result.interfaces[2].sandbox, "/run/netns/red");
	must(cni_veth_part_ops.check(&part_at, &part, &err));
	must(cni_veth_part_ops.undo(&part_at, &part, &err));
	sandbox_must("! ip -n red link show eth0 2> /dev/null");
}

static void veth__needs_a_free_name(void **state)
{
	(void)state;
	must(cni_bridge_part_ops.add(&part_at, &part_bridge, &err));
	sandbox_must("ip -n red link add eth0 type veth peer name other");
	must_fail(
		cni_veth_part_ops.add(&part_at, &part_veth, &err), CNI_ETAKEN,
		"CNI_IFNAME 'eth0' already exists in the container, expected a name that is free");
	sandbox_must("! ip link show %s 2> /dev/null", part_host);
	/* The runtime sends a DEL anyway: the other eth0 is not ours. */
	part_next(CNI_DEL);
	must(cni_veth_part_ops.del(&part_at, &part_veth, &err));
	sandbox_must("ip -n red link show eth0 > /dev/null");
}

/* A host's end whose DEL never came, its container being gone: made without alias, or with ours. */
static void veth__replaces_a_stale_link(void **state)
{
	(void)state;
	must(cni_bridge_part_ops.add(&part_at, &part_bridge, &err));
	sandbox_must("ip link add %s type veth peer name other", part_host);
	must(cni_veth_part_ops.add(&part_at, &part_veth, &err));
	assert_shown("eth0", "0.ifname", "ip -n red -j link show eth0");
	sandbox_must("! ip link show other 2> /dev/null");
}

static void veth__is_not_taken_from_a_namespace_that_lives(void **state)
{
	freeing char *refusal =
		cni_format("'blue/c1/eth0' is attached already: the other end of '%s' is in a "
			   "network namespace that lives, expected a DEL before",
			   part_host);

	(void)state;
	part_add_pair();
	sandbox_add_netns("green");
	close(part_at.netns);
	part_at.netns = kernel_open_netns("green");
	cni_nl_close(&part_at.nl[CNI_CONTAINER]);
	must(cni_nl_open(&part_at.nl[CNI_CONTAINER], NETLINK_ROUTE, part_at.netns, &err));
	must_fail(cni_veth_part_ops.add(&part_at, &part_veth, &err), CNI_ETAKEN, refusal);
	/* Under another name as well. */
	sandbox_must("ip -n red link set eth0 down && ip -n red link set eth0 name eth1");
	must_fail(cni_veth_part_ops.add(&part_at, &part_veth, &err), CNI_ETAKEN, refusal);
	assert_shown("eth1", "0.ifname", "ip -n red -j link show eth1");
}

static void veth__is_deleted_under_another_name(void **state)
{
	(void)state;
	part_add_pair();
	sandbox_must("ip link set %s down && ip link set %s name renamed", part_host, part_host);
	cni_result_clear(&part_result);
	part_next(CNI_DEL);
	must(cni_veth_part_ops.del(&part_at, &part_veth, &err));
	sandbox_must("! ip link show renamed 2> /dev/null");
}

static void veth__leaves_another_owners_link_alone(void **state)
{
	(void)state;
	sandbox_must("ip link add %s type veth peer name other; "
		     "ip link set %s alias somebody/elses/link",
		     part_host, part_host);
	part_next(CNI_DEL);
	must(cni_veth_part_ops.del(&part_at, &part_veth, &err));
	sandbox_must("ip link show %s > /dev/null", part_host);
}

static void veth__is_deleted_without_a_namespace(void **state)
{
	(void)state;
	part_add_pair();
	cni_result_clear(&part_result);
	part_next(CNI_DEL);
	close(part_at.netns);
	part_at.netns = -1;
	must(cni_veth_part_ops.del(&part_at, &part_veth, &err));
	sandbox_must("! ip link show %s 2> /dev/null", part_host);
	must(cni_veth_part_ops.del(&part_at, &part_veth, &err));
}

/* Another suite's pair, by what the prevResult says of the host's end: name or MAC. The container's
 * MAC is the container's choice. */
static void veth__of_another_suite_is_deleted_by_its_host_end(void **state)
{
	static const char *const told[][2] = {{"vethfff", NULL}, {"vethaaa", "0A:58:00:00:00:09"}};

	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		cni_result_clear(&part_result);
		sandbox_must("ip link add vethfff address 0a:58:00:00:00:09 type veth peer name "
			     "eth0 address 0a:58:00:00:00:07 netns red");
		cni_result_add_interface(&part_result, "eth0", "0A:58:00:00:00:07",
					 "/run/netns/red");
		cni_result_add_interface(&part_result, "vethbbb", "0A:58:00:00:00:08", NULL);
		part_next(CNI_DEL);
		must(cni_veth_part_ops.del(&part_at, &part_veth, &err));
		sandbox_must("ip link show vethfff > /dev/null");
		cni_result_add_interface(&part_result, told[i][0], told[i][1], NULL);
		must(cni_veth_part_ops.del(&part_at, &part_veth, &err));
		sandbox_must("! ip link show vethfff 2> /dev/null");
	}
}

static void veth__check_says_what_has_changed(void **state)
{
	freeing char *down = NULL;
	freeing char *hairpin = NULL;
	freeing char *isolated = NULL;
	freeing char *port = NULL;
	freeing char *other_mac = NULL;

	(void)state;
	part_add_pair();
	part_next(CNI_CHECK);
	must(cni_bridge_part_ops.check(&part_at, &part_bridge, &err));
	must(cni_veth_part_ops.check(&part_at, &part_veth, &err));
	sandbox_must("bridge link set dev %s hairpin on", part_host);
	hairpin = cni_format("'%s' has hairpin mode on, expected off", part_host);
	must_fail(cni_veth_part_ops.check(&part_at, &part_veth, &err), CNI_EMISMATCH, hairpin);
	sandbox_must("bridge link set dev %s hairpin off isolated on", part_host);
	isolated = cni_format("'%s' has port isolation on, expected off", part_host);
	must_fail(cni_veth_part_ops.check(&part_at, &part_veth, &err), CNI_EMISMATCH, isolated);
	sandbox_must("bridge link set dev %s isolated off; ip link set %s down", part_host,
		     part_host);
	down = cni_format("'%s' is down, expected it up", part_host);
	must_fail(cni_veth_part_ops.check(&part_at, &part_veth, &err), CNI_EMISMATCH, down);
	sandbox_must("ip link set %s up nomaster", part_host);
	port = cni_format("'%s' is not a port of bridge 'br0'", part_host);
	must_fail(cni_veth_part_ops.check(&part_at, &part_veth, &err), CNI_EMISMATCH, port);
	sandbox_must("ip link set %s master br0", part_host);
	must(cni_veth_part_ops.check(&part_at, &part_veth, &err));
	sandbox_must("ip -n red link set eth0 address 0a:58:00:00:00:07");
	other_mac = cni_format("'eth0' in the container has MAC 0a:58:00:00:00:07, expected %s",
			       part_result.interfaces[2].mac);
	must_fail(cni_veth_part_ops.check(&part_at, &part_veth, &err), CNI_EMISMATCH, other_mac);
	sandbox_must("ip -n red link del eth0");
	must_fail(cni_veth_part_ops.check(&part_at, &part_veth, &err), CNI_EMISMATCH,
		  "'eth0' is missing in the container");
}

static void veth__gc_removes_the_networks_strays(void **state)
{
	struct cni_owner valid[] = {{"blue", "c2", "eth0"}};
	const struct cni_owner stray = cni_owner_make("blue", "c3", "eth0");
	char kept[CNI_IFNAME_SIZE];
	char nameless[CNI_IFNAME_SIZE];

	(void)state;
	part_add_pair();
	cni_owner_ifname(&valid[0], "veth", kept);
	strcpy(nameless, stray.key);
	sandbox_must(
		"for i in %s %s veth0123456789a foreign renamed; do ip link add $i type veth peer "
		"name "
		"p$i 2> /dev/null || ip link add $i type veth; ip link set $i master br0; done; "
		"ip link set %s alias blue/c2/eth0; ip link set renamed alias blue/c9/eth0; "
		"ip link set veth0123456789a alias blue2/c1/eth0",
		kept, nameless, kept);
	part_next(CNI_GC);
	part_call.conf.valid = (struct cni_owners){valid, 1};
	must(cni_veth_part_ops.gc(&part_at, &part_veth, &err));
	sandbox_must("! ip link show %s 2> /dev/null && ! ip link show %s 2> /dev/null && "
		     "! ip link show renamed 2> /dev/null",
		     part_host, nameless);
	sandbox_must("ip link show %s > /dev/null && ip link show foreign > /dev/null && "
		     "ip link show veth0123456789a > /dev/null",
		     kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(veth__has_its_owner),
		part_test(veth__needs_a_free_name),
		part_test(veth__replaces_a_stale_link),
		part_test(veth__is_not_taken_from_a_namespace_that_lives),
		part_test(veth__is_deleted_under_another_name),
		part_test(veth__leaves_another_owners_link_alone),
		part_test(veth__is_deleted_without_a_namespace),
		part_test(veth__of_another_suite_is_deleted_by_its_host_end),
		part_test(veth__check_says_what_has_changed),
		part_test(veth__gc_removes_the_networks_strays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
