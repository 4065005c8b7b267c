/* SPDX-License-Identifier: Apache-2.0 */
/* Each part by itself: what its verbs do to a host and a container. Their walks together are in
 * tests/run. */
#include "parts.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One invocation for blue/c1/eth0, whose container is the namespace "red". */
static struct cni_call call;
static struct cni_result result;
static struct cni_attachment at;
static char host[CNI_IFNAME_SIZE]; /* the name of the veth's end here */

static void open_for(enum cni_command command)
{
	struct cni_error err;

	call = (struct cni_call){
		.env = {.command = command,
			.container = "c1",
			.netns = "/run/netns/red",
			.ifname = "eth0",
			.args = "",
			.path = ""},
		.conf = {.name = "blue", .version = CNI_1_0_0},
		.owner = {"blue", "c1", "eth0"},
	};
	if (cni_attachment_open(&call, &result, &at, &err) < 0)
		fail_msg("%s", err.msg);
}

/* The next invocation, which knows what the last one answered. */
static void next(enum cni_command command)
{
	cni_attachment_close(&at);
	open_for(command);
}

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_add_netns("red");
	result = (struct cni_result){0};
	open_for(CNI_ADD);
	cni_attachment_share(&at);
	cni_owner_ifname(at.owner, "veth", host);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cni_attachment_close(&at);
	cni_result_clear(&result);
	sandbox_del_netns("red");
	return 0;
}

#define part_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#define must(call_)                                                                                \
	do {                                                                                       \
		struct cni_error err = {.msg = ""};                                                \
		if ((call_) < 0)                                                                   \
			fail_msg("%s", err.msg);                                                   \
	} while (0)

#define must_fail(call_, code_, message_)                                                          \
	do {                                                                                       \
		struct cni_error err = {.msg = ""};                                                \
		assert_int_equal((call_), -1);                                                     \
		assert_string_equal(err.msg, message_);                                            \
		assert_int_equal(err.code, code_);                                                 \
	} while (0)

static struct cni_bridge_part bridge = {.name = "br0"};
static struct cni_veth_part veth = {.master = "br0"};

static void add_pair(void)
{
	bridge.made = false;
	must(cni_bridge_part_ops.add(&at, &bridge, &err));
	must(cni_veth_part_ops.add(&at, &veth, &err));
}

static void add_ip(const char *address, const char *gateway)
{
	const struct cni_result_ip ip = {
		.address = kernel_net(address), .gateway = kernel_ip(gateway), .interface = 2};

	cni_result_add_ip(&result, &ip);
}

/* ---- bridge ---- */

static void bridge__is_made_and_unmade(void **state)
{
	freeing char *before = sandbox_snapshot();
	struct cni_bridge_part part = {.name = "br0", .mtu = 1400, .promisc = true};
	freeing char *mac = NULL;

	(void)state;
	must(cni_bridge_part_ops.add(&at, &part, &err));
	sandbox_must("ip link show br0 | grep -q 'PROMISC.*UP'");
	assert_shown("1400", "0.mtu", "ip -j link show br0");
	sandbox_must("test $(sysctl -n net.ipv6.conf.br0.accept_ra) = 0");
	/* NET_ADDR_SET: ports do not change it. */
	sandbox_must("test $(cat /sys/class/net/br0/addr_assign_type) = 3");
	mac = shown("0.address", "ip -j link show br0");
	assert_string_equal(result.interfaces[0].name, "br0");
	assert_string_equal(result.interfaces[0].mac, mac);
	must(cni_bridge_part_ops.check(&at, &part, &err));
	must(cni_bridge_part_ops.undo(&at, &part, &err));
	sandbox_assert_unchanged(before);
}

static void bridge__is_adopted_and_pinned(void **state)
{
	struct cni_bridge_part part = {.name = "br0"};

	(void)state;
	sandbox_must("ip link add br0 type bridge; ip link set br0 mtu 1300");
	must(cni_bridge_part_ops.add(&at, &part, &err));
	sandbox_must("ip link show br0 | grep -q UP");
	sandbox_must("test $(cat /sys/class/net/br0/addr_assign_type) = 3");
	assert_shown("1300", "0.mtu", "ip -j link show br0");
	must(cni_bridge_part_ops.undo(&at, &part, &err));
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
	must_fail(cni_bridge_part_ops.add(&at, &part, &err), CNI_ECONFIG, message);
	must_fail(cni_bridge_part_ops.status(&at, &part, &err), CNI_EUNAVAILABLE, message);
	must_fail(cni_bridge_part_ops.check(&at, &part, &err), CNI_EMISMATCH, message);
	part.name = "none";
	must(cni_bridge_part_ops.status(&at, &part, &err));
}

static void bridge__check_says_what_has_changed(void **state)
{
	struct cni_bridge_part part = {.name = "br0", .mtu = 1400, .promisc = true};

	(void)state;
	must(cni_bridge_part_ops.add(&at, &part, &err));
	sandbox_must("ip link set br0 promisc off");
	must_fail(cni_bridge_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
		  "bridge 'br0' is not promiscuous, expected it to be");
	sandbox_must("ip link set br0 promisc on mtu 1300");
	must_fail(cni_bridge_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
		  "bridge 'br0' has MTU 1300, expected at least 1400");
	sandbox_must("ip link set br0 mtu 9000");
	must(cni_bridge_part_ops.check(&at, &part, &err));
	sandbox_must("ip link set br0 down");
	must_fail(cni_bridge_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
		  "bridge 'br0' is down, expected it up");
	sandbox_must("ip link del br0");
	must_fail(cni_bridge_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
		  "bridge 'br0' is missing");
}

/* ---- veth ---- */

static void veth__bears_its_owner(void **state)
{
	struct cni_veth_part part = {.master = "br0",
				     .mtu = 1400,
				     .mac = "0a:58:00:00:00:07",
				     .port = {.hairpin = true, .isolated = true}};

	(void)state;
	must(cni_bridge_part_ops.add(&at, &bridge, &err));
	must(cni_veth_part_ops.add(&at, &part, &err));
	assert_shown("blue/c1/eth0", "0.ifalias", "ip -j link show %s", host);
	assert_shown("br0", "0.master", "ip -j link show %s", host);
	assert_shown("true", "0.linkinfo.info_slave_data.hairpin", "ip -j -d link show %s", host);
	assert_shown("0a:58:00:00:00:07", "0.address", "ip -n red -j link show eth0");
	assert_shown("1400", "0.mtu", "ip -n red -j link show eth0");
	/* The smaller port has not dragged the bridge down. */
	assert_shown("1500", "0.mtu", "ip -j link show br0");
	sandbox_must("test $(sysctl -n net.ipv6.conf.%s.accept_ra) = 0", host);
	assert_string_equal(result.interfaces[1].name, host);
	assert_string_equal(result.interfaces[2].name, "eth0");
	assert_string_equal(result.interfaces[2].sandbox, "/run/netns/red");
	must(cni_veth_part_ops.check(&at, &part, &err));
	must(cni_veth_part_ops.undo(&at, &part, &err));
	sandbox_must("! ip -n red link show eth0 2> /dev/null");
}

static void veth__needs_a_free_name(void **state)
{
	(void)state;
	must(cni_bridge_part_ops.add(&at, &bridge, &err));
	sandbox_must("ip -n red link add eth0 type veth peer name other");
	must_fail(
		cni_veth_part_ops.add(&at, &veth, &err), CNI_ETAKEN,
		"CNI_IFNAME 'eth0' already exists in the container, expected a name that is free");
	sandbox_must("! ip link show %s 2> /dev/null", host);
	/* The runtime sends a DEL all the same: the other eth0 is not ours. */
	next(CNI_DEL);
	must(cni_veth_part_ops.del(&at, &veth, &err));
	sandbox_must("ip -n red link show eth0 > /dev/null");
}

/* A host's end whose DEL never came, its container being gone: made without alias, or with ours. */
static void veth__replaces_what_an_earlier_life_has_left(void **state)
{
	(void)state;
	must(cni_bridge_part_ops.add(&at, &bridge, &err));
	sandbox_must("ip link add %s type veth peer name other", host);
	must(cni_veth_part_ops.add(&at, &veth, &err));
	assert_shown("eth0", "0.ifname", "ip -n red -j link show eth0");
	sandbox_must("! ip link show other 2> /dev/null");
}

static void veth__leaves_alone_what_bears_another_owner(void **state)
{
	(void)state;
	sandbox_must("ip link add %s type veth peer name other; "
		     "ip link set %s alias somebody/elses/link",
		     host, host);
	next(CNI_DEL);
	must(cni_veth_part_ops.del(&at, &veth, &err));
	sandbox_must("ip link show %s > /dev/null", host);
}

static void veth__is_deleted_without_a_namespace(void **state)
{
	(void)state;
	add_pair();
	cni_result_clear(&result);
	cni_attachment_close(&at);
	open_for(CNI_DEL);
	close(at.netns);
	at.netns = -1;
	must(cni_veth_part_ops.del(&at, &veth, &err));
	sandbox_must("! ip link show %s 2> /dev/null", host);
	must(cni_veth_part_ops.del(&at, &veth, &err));
}

/* Another suite's pair, by what the prevResult says. */
static void veth__of_another_suite_is_deleted_by_its_mac(void **state)
{
	(void)state;
	sandbox_must("ip link add vethfff type veth peer name eth0 address 0a:58:00:00:00:07 netns "
		     "red");
	cni_result_add_interface(&result, "eth0", "0A:58:00:00:00:08", "/run/netns/red");
	next(CNI_DEL);
	must(cni_veth_part_ops.del(&at, &veth, &err));
	sandbox_must("ip link show vethfff > /dev/null");
	strcpy(result.interfaces[0].mac, "0A:58:00:00:00:07");
	must(cni_veth_part_ops.del(&at, &veth, &err));
	sandbox_must("! ip link show vethfff 2> /dev/null");
}

static void veth__check_says_what_has_changed(void **state)
{
	freeing char *down = NULL;
	freeing char *hairpin = NULL;
	freeing char *isolated = NULL;
	freeing char *port = NULL;
	freeing char *other_mac = NULL;

	(void)state;
	add_pair();
	next(CNI_CHECK);
	must(cni_bridge_part_ops.check(&at, &bridge, &err));
	must(cni_veth_part_ops.check(&at, &veth, &err));
	sandbox_must("bridge link set dev %s hairpin on", host);
	hairpin = cni_format("'%s' has hairpin mode on, expected off", host);
	must_fail(cni_veth_part_ops.check(&at, &veth, &err), CNI_EMISMATCH, hairpin);
	sandbox_must("bridge link set dev %s hairpin off isolated on", host);
	isolated = cni_format("'%s' has port isolation on, expected off", host);
	must_fail(cni_veth_part_ops.check(&at, &veth, &err), CNI_EMISMATCH, isolated);
	sandbox_must("bridge link set dev %s isolated off; ip link set %s down", host, host);
	down = cni_format("'%s' is down, expected it up", host);
	must_fail(cni_veth_part_ops.check(&at, &veth, &err), CNI_EMISMATCH, down);
	sandbox_must("ip link set %s up nomaster", host);
	port = cni_format("'%s' is not a port of bridge 'br0'", host);
	must_fail(cni_veth_part_ops.check(&at, &veth, &err), CNI_EMISMATCH, port);
	sandbox_must("ip link set %s master br0", host);
	must(cni_veth_part_ops.check(&at, &veth, &err));
	sandbox_must("ip -n red link set eth0 address 0a:58:00:00:00:07");
	other_mac = cni_format("'eth0' in the container has MAC 0a:58:00:00:00:07, expected %s",
			       result.interfaces[2].mac);
	must_fail(cni_veth_part_ops.check(&at, &veth, &err), CNI_EMISMATCH, other_mac);
	sandbox_must("ip -n red link del eth0");
	must_fail(cni_veth_part_ops.check(&at, &veth, &err), CNI_EMISMATCH,
		  "'eth0' is missing in the container");
}

static void veth__gc_removes_the_networks_strays(void **state)
{
	struct cni_owner valid[] = {{"blue", "c2", "eth0"}};
	const struct cni_owner stray = {"blue", "c3", "eth0"};
	char kept[CNI_IFNAME_SIZE];
	char nameless[CNI_IFNAME_SIZE];

	(void)state;
	add_pair();
	cni_owner_ifname(&valid[0], "veth", kept);
	cni_owner_ifname(&stray, "veth", nameless);
	sandbox_must(
		"for i in %s %s veth0123456789a foreign; do ip link add $i type veth peer name "
		"p$i 2> /dev/null || ip link add $i type veth; ip link set $i master br0; done; "
		"ip link set %s alias blue/c2/eth0; ip link set foreign alias blue/c9/eth0; "
		"ip link set veth0123456789a alias blue2/c1/eth0",
		kept, nameless, kept);
	next(CNI_GC);
	call.conf.valid = (struct cni_owners){valid, 1};
	must(cni_veth_part_ops.gc(&at, &veth, &err));
	sandbox_must("! ip link show %s 2> /dev/null && ! ip link show %s 2> /dev/null", host,
		     nameless);
	sandbox_must("ip link show %s > /dev/null && ip link show foreign > /dev/null && "
		     "ip link show veth0123456789a > /dev/null",
		     kept);
}

/* ---- inside the container ---- */

static void addresses__are_the_results(void **state)
{
	struct cni_addresses_part part = {.dad = false};

	(void)state;
	add_pair();
	add_ip("10.1.0.7/16", "");
	add_ip("fd00::7/64", "");
	must(cni_addresses_part_ops.add(&at, &part, &err));
	assert_shown("10.1.0.7", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
	assert_shown("fd00::7", "0.addr_info.0.local", "ip -n red -j -6 addr show eth0");
	sandbox_must("test $(ip netns exec red sysctl -n net.ipv4.conf.eth0.arp_notify) = 1");
	sandbox_must(
		"test $(ip netns exec red sysctl -n net.ipv6.conf.eth0.keep_addr_on_down) = 1");
	sandbox_must("test $(ip netns exec red sysctl -n net.ipv6.conf.eth0.accept_dad) = 0");
	must(cni_addresses_part_ops.check(&at, &part, &err));
	sandbox_must("ip -n red addr add 10.1.0.8/16 dev eth0");
	must(cni_addresses_part_ops.check(&at, &part, &err));
	sandbox_must("ip -n red addr del fd00::7/64 dev eth0");
	must_fail(cni_addresses_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
		  "'eth0' in the container lacks address fd00::7/64, found 2 other");
}

static void addresses__turn_ipv6_on_where_it_is_off(void **state)
{
	struct cni_addresses_part part = {.dad = false};

	(void)state;
	sandbox_must("ip netns exec red sysctl -q net.ipv6.conf.all.disable_ipv6=1 "
		     "net.ipv6.conf.default.disable_ipv6=1");
	add_pair();
	add_ip("fd00::7/64", "");
	must(cni_addresses_part_ops.add(&at, &part, &err));
	assert_shown("fd00::7", "0.addr_info.0.local", "ip -n red -j -6 addr show eth0");
}

static void up__waits_for_both_ends(void **state)
{
	struct cni_up_part part = {.dad = true};

	(void)state;
	add_pair();
	must(cni_up_part_ops.add(&at, &part, &err));
	assert_shown("UP", "0.operstate", "ip -j link show %s", host);
	next(CNI_CHECK);
	must(cni_bridge_part_ops.check(&at, &bridge, &err));
	must(cni_veth_part_ops.check(&at, &veth, &err));
	must(cni_up_part_ops.check(&at, &part, &err));
	sandbox_must("ip -n red link set eth0 down");
	must(cni_veth_part_ops.check(&at, &veth, &err));
	must_fail(cni_up_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
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
	add_pair();
	add_ip("10.1.0.7/16", "10.1.0.1");
	cni_result_add_route(&result, &nowhere);
	cni_result_add_route(&result, &own);
	must(cni_addresses_part_ops.add(&at, &addresses, &err));
	must(cni_up_part_ops.add(&at, &up, &err));
	must(cni_routes_part_ops.add(&at, &part, &err));
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
	assert_shown("10.1.0.2", "0.gateway", "ip -n red -j route show 10.2.0.0/16");
	must(cni_routes_part_ops.check(&at, &part, &err));
	sandbox_must("ip -n red route del default");
	must_fail(cni_routes_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
		  "route 0.0.0.0/0 via 10.1.0.1 through 'eth0' is missing in the container");
}

/* ---- shared with other attachments ---- */

static void gateway__is_the_bridges_address(void **state)
{
	struct cni_gateway_part part = {.link = {.bridge = "br0"}};

	(void)state;
	add_pair();
	add_ip("10.1.0.7/16", "10.1.0.1");
	add_ip("10.1.0.8/16", "10.1.0.1");
	add_ip("fd00::7/64", "fd00::1");
	must(cni_gateway_part_ops.add(&at, &part, &err));
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	assert_shown("16", "0.addr_info.0.prefixlen", "ip -j -4 addr show br0");
	assert_shown(NULL, "0.addr_info.1", "ip -j -4 addr show br0");
	assert_shown("fd00::1", "0.addr_info.0.local", "ip -j -6 addr show br0");
	must(cni_gateway_part_ops.check(&at, &part, &err));
	must(cni_gateway_part_ops.undo(&at, &part, &err));
	assert_shown(NULL, "0.addr_info.0", "ip -j -4 addr show br0");
	must_fail(cni_gateway_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
		  "'br0' lacks the gateway address 10.1.0.1/16, found 0 other");
}

static void gateway__replaces_another_only_if_told_to(void **state)
{
	struct cni_gateway_part part = {.link = {.bridge = "br0"}};

	(void)state;
	add_pair();
	sandbox_must("ip addr add 10.9.0.1/16 dev br0");
	add_ip("10.1.0.7/16", "10.1.0.1");
	must_fail(cni_gateway_part_ops.add(&at, &part, &err), CNI_ETAKEN,
		  "\"br0\" already has an IP address different from 10.1.0.1/16: it has "
		  "10.9.0.1/16, which 'forceAddress' would replace");
	assert_shown("10.9.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	part.force = true;
	must(cni_gateway_part_ops.add(&at, &part, &err));
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	assert_shown(NULL, "0.addr_info.1", "ip -j -4 addr show br0");
	must(cni_gateway_part_ops.undo(&at, &part, &err));
	assert_shown("10.9.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
}

static void gateway__is_not_taken_from_others_who_add(void **state)
{
	struct cni_gateway_part part = {.link = {.bridge = "br0"}};
	struct cni_attachment other = {.shared_lock = -1};

	(void)state;
	add_pair();
	add_ip("10.1.0.7/16", "10.1.0.1");
	must(cni_gateway_part_ops.add(&at, &part, &err));
	cni_attachment_share(&other);
	must(cni_gateway_part_ops.undo(&at, &part, &err));
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	must(cni_bridge_part_ops.undo(&at, &bridge, &err));
	sandbox_must("ip link show br0 > /dev/null");
	close(other.shared_lock);
}

static void forwarding__is_on_for_the_families_in_use(void **state)
{
	struct cni_forwarding_part part = {.changed = {false}};
	freeing char *before = NULL;

	(void)state;
	sandbox_must("sysctl -q net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 "
		     "net.ipv4.conf.all.accept_redirects=0");
	before = sandbox_snapshot();
	add_ip("10.1.0.7/16", "10.1.0.1");
	must(cni_forwarding_part_ops.add(&at, &part, &err));
	sandbox_must("test $(sysctl -n net.ipv4.ip_forward) = 1");
	sandbox_must("test $(sysctl -n net.ipv6.conf.all.forwarding) = 0");
	must(cni_forwarding_part_ops.check(&at, &part, &err));
	must(cni_forwarding_part_ops.status(&at, &part, &err));
	must(cni_forwarding_part_ops.undo(&at, &part, &err));
	sandbox_assert_unchanged(before);
	must_fail(cni_forwarding_part_ops.check(&at, &part, &err), CNI_EMISMATCH,
		  "sysctl 'net/ipv4/ip_forward' is 0, expected 1");
}

/* ---- nf_tables ---- */

static void masquerade__part_follows_the_result(void **state)
{
	struct cni_masquerade_part part = {.wanted = true};
	struct cni_masquerade_part unwanted = {.wanted = false};

	(void)state;
	add_pair();
	add_ip("10.1.0.7/16", "10.1.0.1");
	must(cni_masquerade_part_ops.status(&at, &part, &err));
	must(cni_masquerade_part_ops.add(&at, &unwanted, &err));
	sandbox_must("test -z \"$(nft list ruleset)\"");
	must(cni_masquerade_part_ops.add(&at, &part, &err));
	sandbox_must("nft list map inet cni masquerade4 | grep -q '10.1.0.7 comment "
		     "\"blue/c1/eth0\"'");
	must(cni_masquerade_part_ops.check(&at, &part, &err));
	/* DEL whatever the configuration now says, and without a result. */
	cni_result_clear(&result);
	next(CNI_DEL);
	must(cni_masquerade_part_ops.del(&at, &unwanted, &err));
	sandbox_must("test -z \"$(nft list ruleset)\"");
}

static void spoofcheck__part_guards_the_containers_mac(void **state)
{
	struct cni_spoofcheck_part part = {.wanted = true};
	struct cni_spoofcheck_part unwanted = {.wanted = false};

	(void)state;
	add_pair();
	must(cni_spoofcheck_part_ops.add(&at, &unwanted, &err));
	sandbox_must("test -z \"$(nft list ruleset)\"");
	must(cni_spoofcheck_part_ops.add(&at, &part, &err));
	sandbox_must("nft list set bridge cni allowed | grep -q '\"%s\" . %s'", host,
		     result.interfaces[2].mac);
	must(cni_spoofcheck_part_ops.check(&at, &part, &err));
	next(CNI_GC);
	must(cni_spoofcheck_part_ops.gc(&at, &unwanted, &err));
	sandbox_must("test -z \"$(nft list ruleset)\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(bridge__is_made_and_unmade),
		part_test(bridge__is_adopted_and_pinned),
		part_test(bridge__must_be_one),
		part_test(bridge__check_says_what_has_changed),
		part_test(veth__bears_its_owner),
		part_test(veth__needs_a_free_name),
		part_test(veth__replaces_what_an_earlier_life_has_left),
		part_test(veth__leaves_alone_what_bears_another_owner),
		part_test(veth__is_deleted_without_a_namespace),
		part_test(veth__of_another_suite_is_deleted_by_its_mac),
		part_test(veth__check_says_what_has_changed),
		part_test(veth__gc_removes_the_networks_strays),
		part_test(addresses__are_the_results),
		part_test(addresses__turn_ipv6_on_where_it_is_off),
		part_test(up__waits_for_both_ends),
		part_test(routes__without_a_gateway_take_the_first),
		part_test(gateway__is_the_bridges_address),
		part_test(gateway__replaces_another_only_if_told_to),
		part_test(gateway__is_not_taken_from_others_who_add),
		part_test(forwarding__is_on_for_the_families_in_use),
		part_test(masquerade__part_follows_the_result),
		part_test(spoofcheck__part_guards_the_containers_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
