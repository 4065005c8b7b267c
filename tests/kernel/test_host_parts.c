/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that attachments share on the host: gateway, forwarding, masquerade and spoofcheck. */
#include "part_calls.h"

#include "bridge.h"
#include "cleanup.h"

/* ---- gateway ---- */

static void gateway__is_the_bridges_address(void **state)
{
	struct cni_gateway_part part = {.link = {.bridge = "br0"}};

	(void)state;
	part_add_pair();
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	part_add_ip("10.1.0.8/16", "10.1.0.1");
	part_add_ip("fd00::7/64", "fd00::1");
	must(cni_gateway_part_ops.add(&part_at, &part, &err));
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	assert_shown("16", "0.addr_info.0.prefixlen", "ip -j -4 addr show br0");
	assert_shown(NULL, "0.addr_info.1", "ip -j -4 addr show br0");
	assert_shown("fd00::1", "0.addr_info.0.local", "ip -j -6 addr show br0");
	must(cni_gateway_part_ops.check(&part_at, &part, &err));
	must(cni_gateway_part_ops.undo(&part_at, &part, &err));
	assert_shown(NULL, "0.addr_info.0", "ip -j -4 addr show br0");
	must_fail(cni_gateway_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "'br0' lacks the gateway address 10.1.0.1/16, found 0 other");
}

static void gateway__replaces_another_only_if_told_to(void **state)
{
	struct cni_gateway_part part = {.link = {.bridge = "br0"}};

	(void)state;
	part_add_pair();
	sandbox_must("ip addr add 10.9.0.1/16 dev br0");
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	must_fail(cni_gateway_part_ops.add(&part_at, &part, &err), CNI_ETAKEN,
		  "\"br0\" already has an IP address different from 10.1.0.1/16: it has "
		  "10.9.0.1/16, which 'forceAddress' would replace");
	assert_shown("10.9.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	part.force = true;
	must(cni_gateway_part_ops.add(&part_at, &part, &err));
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	assert_shown(NULL, "0.addr_info.1", "ip -j -4 addr show br0");
	must(cni_gateway_part_ops.undo(&part_at, &part, &err));
	assert_shown("10.9.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
}

static void gateway__is_not_taken_from_others_who_add(void **state)
{
	struct cni_gateway_part part = {.link = {.bridge = "br0"}};
	struct cni_attachment other = CNI_NO_ATTACHMENT;

	(void)state;
	part_add_pair();
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	must(cni_gateway_part_ops.add(&part_at, &part, &err));
	other.call = part_at.call;
	cni_attachment_share(&other);
	must(cni_gateway_part_ops.undo(&part_at, &part, &err));
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	must(cni_bridge_part_ops.undo(&part_at, &part_bridge, &err));
	sandbox_must("ip link show br0 > /dev/null");
	close(other.shared_lock);
}

/* A VLAN's interface of another's making has the MAC that the bridge had, which may be none. */
static void gateway__has_a_mac_in_its_vlan(void **state)
{
	struct cni_gateway_part part = {.link = {.bridge = "br0", .vlan = 5}};
	freeing char *mac = NULL;

	(void)state;
	part_add_pair();
	sandbox_must("ip link add br0.5 type bridge; ip link add vx type veth peer name vy; "
		     "ip link set vx master br0.5; ip link del vx; ip link set br0.5 up; "
		     "ip link show br0.5 | grep -q 'link/ether 00:00:00:00:00:00'");
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	must_fail(cni_gateway_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "'br0.5' has no MAC with which it answers, expected one of its own");
	must(cni_gateway_part_ops.add(&part_at, &part, &err));
	mac = shown("0.address", "ip -j link show br0.5");
	assert_string_not_equal(mac, "00:00:00:00:00:00");
	assert_string_equal(part_result.interfaces[3].mac, mac);
	must(cni_gateway_part_ops.check(&part_at, &part, &err));
	cni_gateway_part_ops.clear(&part);
}

/* ---- forwarding ---- */

static void forwarding__is_on_for_the_families_in_use(void **state)
{
	struct cni_forwarding_part part = {.changed = {false}};
	freeing char *before = NULL;

	(void)state;
	sandbox_must("sysctl -q net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 "
		     "net.ipv4.conf.all.accept_redirects=0");
	before = sandbox_snapshot();
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	must(cni_forwarding_part_ops.add(&part_at, &part, &err));
	sandbox_must("test $(sysctl -n net.ipv4.ip_forward) = 1");
	sandbox_must("test $(sysctl -n net.ipv6.conf.all.forwarding) = 0");
	must(cni_forwarding_part_ops.check(&part_at, &part, &err));
	must(cni_forwarding_part_ops.status(&part_at, &part, &err));
	must(cni_forwarding_part_ops.undo(&part_at, &part, &err));
	sandbox_assert_unchanged(before);
	must_fail(cni_forwarding_part_ops.check(&part_at, &part, &err), CNI_EMISMATCH,
		  "sysctl 'net/ipv4/ip_forward' is 0, expected 1");
}

/* ---- nf_tables ---- */

static void masquerade__part_follows_the_result(void **state)
{
	struct cni_masquerade_part part = {.wanted = true};
	struct cni_masquerade_part unwanted = {.wanted = false};

	(void)state;
	part_add_pair();
	part_add_ip("10.1.0.7/16", "10.1.0.1");
	must(cni_masquerade_part_ops.status(&part_at, &part, &err));
	must(cni_masquerade_part_ops.add(&part_at, &unwanted, &err));
	sandbox_must("test -z \"$(nft list ruleset)\"");
	must(cni_masquerade_part_ops.add(&part_at, &part, &err));
	sandbox_must("nft list map inet cni masquerade_at4 | grep -q ' . 10.1.0.7 comment "
		     "\"blue/c1/eth0\"'");
	must(cni_masquerade_part_ops.check(&part_at, &part, &err));
	/* DEL whatever the configuration now says, and without a result. */
	cni_result_clear(&part_result);
	part_next(CNI_DEL);
	must(cni_masquerade_part_ops.del(&part_at, &unwanted, &err));
	sandbox_must("test -z \"$(nft list ruleset)\"");
}

static void spoofcheck__part_guards_the_containers_mac(void **state)
{
	struct cni_spoofcheck_part part = {.wanted = true};
	struct cni_spoofcheck_part unwanted = {.wanted = false};

	(void)state;
	part_add_pair();
	must(cni_spoofcheck_part_ops.add(&part_at, &unwanted, &err));
	sandbox_must("test -z \"$(nft list ruleset)\"");
	must(cni_spoofcheck_part_ops.add(&part_at, &part, &err));
	sandbox_must("nft list set bridge cni allowed | grep -q '\"%s\" . %s'", part_host,
		     part_result.interfaces[2].mac);
	must(cni_spoofcheck_part_ops.check(&part_at, &part, &err));
	part_next(CNI_GC);
	must(cni_spoofcheck_part_ops.gc(&part_at, &unwanted, &err));
	sandbox_must("test -z \"$(nft list ruleset)\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		part_test(gateway__is_the_bridges_address),
		part_test(gateway__replaces_another_only_if_told_to),
		part_test(gateway__is_not_taken_from_others_who_add),
		part_test(gateway__has_a_mac_in_its_vlan),
		part_test(forwarding__is_on_for_the_families_in_use),
		part_test(masquerade__part_follows_the_result),
		part_test(spoofcheck__part_guards_the_containers_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
