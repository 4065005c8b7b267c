/* SPDX-License-Identifier: Apache-2.0 */
/* Links over rtnetlink: made, described, changed. scripts/test --vm runs it as well. */
#include "link.h"
#include "link_kind.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "process.h"
#include "test.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/wait.h>

static const uint8_t mac_a[CNI_MAC_SIZE] = {0x0a, 0x58, 0, 0, 0, 1};
static const uint8_t mac_b[CNI_MAC_SIZE] = {0x0a, 0x58, 0, 0, 0, 2};

static void add_veth(const char *name, const char *peer, int master, int netns)
{
	const struct cni_link_new end = {.name = peer, .netns = netns, .mac = mac_b};
	const struct cni_link_new veth = {.kind = &cni_link_veth,
					  .name = name,
					  .netns = -1,
					  .master = master,
					  .mac = mac_a,
					  .peer = &end};
	struct cni_error err;

	if (cni_link_add(&rtnl, &veth, &err) < 0)
		fail_msg("%s", err.msg);
}

static void link__bridge_is_made_with_a_mac_that_stays(void **state)
{
	const struct cni_link_new bridge = {
		.kind = &cni_link_bridge, .name = "br0", .netns = -1, .mac = mac_b, .mtu = 1400};
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_link_add(&rtnl, &bridge, &err), 0);
	assert_shown("bridge", "0.linkinfo.info_kind", "ip -j -d link show br0");
	assert_shown("1400", "0.mtu", "ip -j link show br0");
	assert_shown("DOWN", "0.operstate", "ip -j link show br0");
	/* A port with a lower address. */
	sandbox_must("ip link add va address 02:00:00:00:00:01 master br0 type veth peer name vb");
	assert_shown("0a:58:00:00:00:02", "0.address", "ip -j link show br0");
	assert_int_equal(cni_link_add(&rtnl, &bridge, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	assert_memory_equal(err.msg, "add bridge 'br0': ", 18);
}

static void link__veth_is_made_with_its_peer_elsewhere(void **state)
{
	closing int red = -1;
	struct cni_error err;

	(void)state;
	sandbox_add_netns("red");
	sandbox_must("ip link add br0 type bridge");
	/* On the host eth0 is taken already: the peer is never seen here. */
	sandbox_must("ip link add eth0 type veth peer name other");
	red = kernel_open_netns("red");
	const struct cni_link_new peer = {.name = "eth0", .netns = red, .mac = mac_b, .mtu = 1400};
	const struct cni_link_new veth = {.kind = &cni_link_veth,
					  .name = "va",
					  .netns = -1,
					  .master = kernel_index_of(NULL, "br0"),
					  .mac = mac_a,
					  .mtu = 1400,
					  .peer = &peer};

	assert_int_equal(cni_link_add(&rtnl, &veth, &err), 0);
	assert_shown("br0", "0.master", "ip -j link show va");
	assert_shown("0a:58:00:00:00:01", "0.address", "ip -j link show va");
	assert_shown("1400", "0.mtu", "ip -j link show va");
	assert_shown("0a:58:00:00:00:02", "0.address", "ip -n red -j link show eth0");
	assert_shown("1400", "0.mtu", "ip -n red -j link show eth0");
	assert_shown("DOWN", "0.operstate", "ip -n red -j link show eth0");
	sandbox_del_netns("red");
}

static void link__veth_needs_both_names(void **state)
{
	struct cni_link_new peer = {.name = "vb", .netns = -1, .mac = mac_b};
	struct cni_link_new veth = {
		.kind = &cni_link_veth, .name = "va", .netns = -1, .mac = mac_a, .peer = &peer};
	struct cni_error err;

	(void)state;
	add_veth("va", "other", 0, -1);
	assert_int_equal(cni_link_add(&rtnl, &veth, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	assert_memory_equal(err.msg, "add veth 'va' with peer 'vb': ", 30);
	veth.name = "vc";
	peer.name = "va";
	assert_int_equal(cni_link_add(&rtnl, &veth, &err), -1);
	assert_int_equal(err.errnum, EEXIST);
	/* All or nothing. */
	assert_int_not_equal(sandbox_run("ip link show vc 2>/dev/null"), 0);
}

static void link__is_described(void **state)
{
	struct cni_link other;
	struct cni_link link;
	struct cni_error err;

	(void)state;
	sandbox_must("ip link add br0 type bridge; ip link set br0 up promisc on;"
		     "ip link add va mtu 1300 type veth peer name vb;"
		     "ip link set va master br0 address 0a:58:00:00:00:01 alias 'blue/c1/eth0';"
		     "bridge link set dev va hairpin on isolated on");
	assert_int_equal(cni_link_get(&rtnl, "va", &link, &err), 0);
	assert_int_equal(link.index, kernel_index_of(NULL, "va"));
	assert_int_equal(link.master, kernel_index_of(NULL, "br0"));
	assert_int_equal(link.peer, kernel_index_of(NULL, "vb"));
	assert_int_equal(link.mtu, 1300);
	assert_string_equal(link.name, "va");
	assert_string_equal(link.kind, "veth");
	assert_string_equal(link.alias, "blue/c1/eth0");
	assert_true(link.has_mac);
	assert_memory_equal(link.mac, mac_a, sizeof(mac_a));
	assert_false(link.flags & IFF_UP);
	assert_true(link.port.hairpin);
	assert_true(link.port.isolated);
	assert_int_equal(cni_link_get(&rtnl, "br0", &link, &err), 0);
	assert_string_equal(link.kind, "bridge");
	assert_string_equal(link.alias, "");
	assert_true(link.flags & IFF_UP);
	assert_int_equal(link.promiscuity, 1);
	assert_false(link.vlan_filtering);
	assert_int_equal(cni_link_get_by_index(&rtnl, link.index, &other, &err), 0);
	assert_string_equal(other.name, "br0");
	assert_int_equal(cni_link_get(&rtnl, "lo", &link, &err), 0);
	assert_string_equal(link.kind, "");
}

static void link__may_be_missing(void **state)
{
	struct cni_link link;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_link_get(&rtnl, "none", &link, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, ENODEV);
	assert_memory_equal(err.msg, "look up link 'none': ", 21);
	assert_int_equal(cni_link_get_by_index(&rtnl, 9999, &link, &err), -1);
	assert_int_equal(err.errnum, ENODEV);
	assert_int_equal(cni_link_del(&rtnl, 9999, &err), -1);
	assert_int_equal(err.errnum, ENODEV);
}

static void link__is_changed_with_one_call(void **state)
{
	const struct cni_link_port port = {.hairpin = true, .isolated = true};
	const struct cni_link_change change = {.alias = "blue/c1/eth0",
					       .mac = mac_b,
					       .port = &port,
					       .mtu = 1280,
					       .up = CNI_ON,
					       .promisc = CNI_ON};
	const struct cni_link_change back = {.up = CNI_OFF, .promisc = CNI_OFF};
	struct cni_error err;

	(void)state;
	sandbox_must(
		"ip link add br0 type bridge; ip link add va master br0 type veth peer name vb");
	assert_int_equal(cni_link_change(&rtnl, kernel_index_of(NULL, "va"), &change, &err), 0);
	assert_shown("blue/c1/eth0", "0.ifalias", "ip -j link show va");
	assert_shown("0a:58:00:00:00:02", "0.address", "ip -j link show va");
	assert_shown("1280", "0.mtu", "ip -j link show va");
	assert_shown("true", "0.linkinfo.info_slave_data.hairpin", "ip -j -d link show va");
	assert_shown("true", "0.linkinfo.info_slave_data.isolated", "ip -j -d link show va");
	sandbox_must("ip link show va | grep -q 'PROMISC.*UP'");
	/* Unnamed settings stay. */
	assert_int_equal(cni_link_change(&rtnl, kernel_index_of(NULL, "va"), &back, &err), 0);
	sandbox_must("! ip link show va | grep -q 'PROMISC' && ! ip link show va | grep -q 'UP'");
	assert_shown("1280", "0.mtu", "ip -j link show va");
	assert_shown("blue/c1/eth0", "0.ifalias", "ip -j link show va");
}

static void link__longest_alias_is_kept(void **state)
{
	char alias[256];
	const struct cni_link_change change = {.alias = alias};
	struct cni_link link;
	struct cni_error err;

	(void)state;
	memset(alias, 'a', 255);
	alias[255] = '\0';
	add_veth("va", "vb", 0, -1);
	assert_int_equal(cni_link_change(&rtnl, kernel_index_of(NULL, "va"), &change, &err), 0);
	assert_shown(alias, "0.ifalias", "ip -j link show va");
	assert_int_equal(cni_link_get(&rtnl, "va", &link, &err), 0);
	assert_string_equal(link.alias, alias);
}

static void link__filters_vlans_if_the_kernel_can(void **state)
{
	const struct cni_link_new bridge = {.kind = &cni_link_bridge,
					    .name = "br0",
					    .netns = -1,
					    .mac = mac_a,
					    .values = {.given = 1, .values = {1}}};
	const struct cni_link_change on = {.vlan_filtering = CNI_ON};
	const struct cni_link_change off = {.vlan_filtering = CNI_OFF};
	struct cni_link link;
	struct cni_error err;

	(void)state;
	if (!sandbox_has_vlan_filtering())
		skip_because("this kernel has no bridge VLAN filtering");
	assert_int_equal(cni_link_add(&rtnl, &bridge, &err), 0);
	assert_shown("1", "0.linkinfo.info_data.vlan_filtering", "ip -j -d link show br0");
	assert_int_equal(cni_link_get(&rtnl, "br0", &link, &err), 0);
	assert_true(link.vlan_filtering);
	assert_int_equal(link.default_vlan, 1);
	assert_int_equal(cni_link_change(&rtnl, link.index, &off, &err), 0);
	assert_shown("0", "0.linkinfo.info_data.vlan_filtering", "ip -j -d link show br0");
	assert_int_equal(cni_link_change(&rtnl, link.index, &on, &err), 0);
	assert_shown("1", "0.linkinfo.info_data.vlan_filtering", "ip -j -d link show br0");
}

static void link__says_that_the_kernel_cannot_filter_vlans(void **state)
{
	const struct cni_link_new bridge = {.kind = &cni_link_bridge,
					    .name = "br0",
					    .netns = -1,
					    .mac = mac_a,
					    .values = {.given = 1, .values = {1}}};
	struct cni_error err;

	(void)state;
	if (sandbox_has_vlan_filtering())
		skip_because("this kernel has bridge VLAN filtering");
	assert_int_equal(cni_link_add(&rtnl, &bridge, &err), -1);
	assert_int_equal(err.errnum, EOPNOTSUPP);
	assert_int_not_equal(sandbox_run("ip link show br0 2>/dev/null"), 0);
}

static void link__is_deleted_with_its_peer(void **state)
{
	struct cni_error err;

	(void)state;
	add_veth("va", "vb", 0, -1);
	assert_int_equal(cni_link_del(&rtnl, kernel_index_of(NULL, "va"), &err), 0);
	assert_int_not_equal(sandbox_run("ip link show vb 2>/dev/null"), 0);
}

struct seen {
	char names[256];
	int stop_after; /* 0: never */
};

static int see(const struct cni_link *link, void *data, struct cni_error *err)
{
	struct seen *seen = data;

	strcat(strcat(seen->names, link->name), " ");
	return seen->stop_after && --seen->stop_after == 0 ? cni_fail(err, CNI_EIO, "enough") : 0;
}

static void link__is_listed_by_its_kind(void **state)
{
	struct seen seen = {.names = ""};
	struct seen stopped = {.stop_after = 1};
	struct cni_error err;

	(void)state;
	sandbox_must("ip link add br0 type bridge");
	add_veth("va", "vb", 0, -1);
	assert_int_equal(cni_link_each(&rtnl, "veth", see, NULL, &seen, &err), 0);
	assert_string_equal(seen.names, "vb va ");
	seen.names[0] = '\0';
	assert_int_equal(cni_link_each(&rtnl, "bridge", see, NULL, &seen, &err), 0);
	assert_string_equal(seen.names, "br0 ");
	assert_int_equal(cni_link_each(&rtnl, "veth", see, NULL, &stopped, &err), -1);
	assert_string_equal(err.msg, "list the links of kind 'veth': enough");
}

static void link__loses_its_alias(void **state)
{
	struct cni_link_change change = {.alias = "blue/c1/eth0"};
	struct cni_link link;
	struct cni_error err;
	int index;

	(void)state;
	add_veth("va", "vb", 0, -1);
	index = kernel_index_of(NULL, "va");
	assert_int_equal(cni_link_change(&rtnl, index, &change, &err), 0);
	assert_shown("blue/c1/eth0", "0.ifalias", "ip -j link show va");
	change.alias = "";
	assert_int_equal(cni_link_change(&rtnl, index, &change, &err), 0);
	assert_shown(NULL, "0.ifalias", "ip -j link show va");
	assert_int_equal(cni_link_get(&rtnl, "va", &link, &err), 0);
	assert_string_equal(link.alias, "");
}

static void link__tells_its_neighbours(void **state)
{
	struct cni_link_change change = {.arp_notify = CNI_ON};
	struct cni_error err;

	(void)state;
	add_veth("va", "vb", 0, -1);
	assert_int_equal(cni_link_change(&rtnl, kernel_index_of(NULL, "va"), &change, &err), 0);
	sandbox_must("[ $(sysctl -n net.ipv4.conf.va.arp_notify) = 1 ] && "
		     "[ $(sysctl -n net.ipv4.conf.vb.arp_notify) = 0 ]");
}

static void link__random_mac_is_a_local_unicast_one(void **state)
{
	uint8_t last[CNI_MAC_SIZE] = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		uint8_t mac[CNI_MAC_SIZE];

		cni_link_random_mac(mac);
		assert_int_equal(mac[0] & 3, 2);
		assert_memory_not_equal(mac, last, sizeof(mac));
		memcpy(last, mac, sizeof(last));
	}
}

static void link__kind_is_known_or_not_and_nothing_is_made(void **state)
{
	static const char *const kinds[] = {"bridge", "veth", "ifb"};
	freeing char *before = sandbox_snapshot();
	struct cni_error err;
	bool known;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(cni_link_kind_is_known(&rtnl, kinds[i], &known, &err), 0);
		assert_true(known);
	}
	assert_int_equal(cni_link_kind_is_known(&rtnl, "nonsense", &known, &err), 0);
	assert_false(known);
	sandbox_assert_unchanged(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(link__bridge_is_made_with_a_mac_that_stays),
		kernel_test(link__veth_is_made_with_its_peer_elsewhere),
		kernel_test(link__veth_needs_both_names),
		kernel_test(link__is_described),
		kernel_test(link__may_be_missing),
		kernel_test(link__is_changed_with_one_call),
		kernel_test(link__longest_alias_is_kept),
		kernel_test(link__filters_vlans_if_the_kernel_can),
		kernel_test(link__says_that_the_kernel_cannot_filter_vlans),
		kernel_test(link__is_deleted_with_its_peer),
		kernel_test(link__is_listed_by_its_kind),
		kernel_test(link__loses_its_alias),
		kernel_test(link__tells_its_neighbours),
		kernel_test(link__random_mac_is_a_local_unicast_one),
		kernel_test(link__kind_is_known_or_not_and_nothing_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
