/* SPDX-License-Identifier: Apache-2.0 */
/* The host side: the shared bridge, its MAC and MTU, the kernel's settings. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

static void assert_setting(const char *key, const char *expected)
{
	freeing char *found = sandbox_read("sysctl -n net.%s", key);

	found[strcspn(found, "\n")] = '\0';
	if (strcmp(found, expected) != 0)
		fail_msg("net.%s is %s, expected %s", key, found, expected);
}

static void assert_setting_in(const struct pod *pod, const char *key, const char *expected)
{
	freeing char *found = sandbox_read("ip netns exec %s sysctl -n net.%s", pod->name, key);

	found[strcspn(found, "\n")] = '\0';
	if (strcmp(found, expected) != 0)
		fail_msg("net.%s in %s is %s, expected %s", key, pod->name, found, expected);
}

static void host__is_set_up_for_both_families(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM46);
	freeing char *host = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_setting("ipv4.ip_forward", "1");
	assert_setting("ipv6.conf.all.forwarding", "1");
	assert_setting("ipv6.conf.br0.accept_ra", "0");
	host = cni_format("ipv6.conf.%s.accept_ra", red.host);
	assert_setting(host, "0");
	assert_setting_in(&red, "ipv4.conf.eth0.arp_notify", "1");
	assert_setting_in(&red, "ipv6.conf.eth0.accept_dad", "0");
	assert_setting_in(&red, "ipv6.conf.eth0.keep_addr_on_down", "1");
	assert_setting_in(&red, "ipv6.conf.eth0.disable_ipv6", "0");
	pod_close(&red);
}

/* The host's administrator may have given the bridge a second name. Other plugins, /proc/sys and rules know it by
 * its first one. */
static void host__knows_the_bridge_by_its_own_name(void **state)
{
	static const char *const names[] = {"br0", "lan", "lan0-bridge-abc"};

	(void)state;
	sandbox_must("ip link add br0 type bridge; ip link property add dev br0 altname lan "
		     "altname lan0-bridge-abc");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		freeing char *more =
			cni_format("'bridge':'%s'," GATEWAY ",'ipMasq':true," IPAM46, names[i]);
		freeing char *config = bridge_config("1.0.0", more);
		struct pod red;

		sandbox_must("sysctl -qw net.ipv6.conf.br0.accept_ra=2");
		pod_open(&red, "red");
		pod_add(&red, config);
		assert_json(red.result, "interfaces.0.name", "br0");
		assert_setting("ipv6.conf.br0.accept_ra", "0");
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
	}
}

static void host__gets_only_the_settings_of_families_in_use(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_setting("ipv4.ip_forward", "1");
	assert_setting("ipv6.conf.all.forwarding", "0");
	assert_setting_in(&red, "ipv6.conf.eth0.accept_dad", "1");
	pod_close(&red);
}

static void host__enables_ipv6_where_the_pod_has_it_off(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM6);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.all.disable_ipv6=1 "
		     "net.ipv6.conf.default.disable_ipv6=1");
	pod_add(&red, config);
	assert_shown("fd01::2", "0.addr_info.0.local", "ip -n red -j -6 addr show eth0");
	sandbox_must("ip netns exec red ping -q -c1 -W5 fd01::1 >/run/out");
	pod_close(&red);
}

/* ---- the bridge's MAC ---- */

/* Thirty pods come and go, half of them by DEL and half by losing their namespace. */
static void assert_mac_stays(const char *config)
{
	freeing char *before = NULL;

	for (int i = 0; i < 30; i++) {
		freeing char *name = cni_format("p%d", i);
		freeing char *now = NULL;
		struct pod pod;

		pod_open(&pod, name);
		pod_add(&pod, config);
		now = shown("0.address", "ip -j link show br0");
		if (!before)
			before = cni_strdup(now);
		assert_string_equal(now, before);
		if (i % 2 == 0)
			pod_del(&pod, config);
		assert_shown(before, "0.address", "ip -j link show br0");
		pod_close(&pod);
	}
}

static void bridge__keeps_its_mac(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);

	(void)state;
	assert_mac_stays(config);
}

/* A bridge that an administrator made takes the lowest MAC of its ports: the gateway's address must
 * not change with that of a pod. */
static void bridge__keeps_its_mac_when_adopted(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	sandbox_must("ip link add br0 type bridge; ip link add up0 type veth peer name up1; "
		     "ip link set up0 address fe:ff:ff:ff:ff:fe master br0 up; ip link set up1 up; "
		     "ip link set br0 up");
	before = shown("0.address", "ip -j link show br0");
	assert_string_equal(before, "fe:ff:ff:ff:ff:fe");
	assert_mac_stays(config);
	after = shown("0.address", "ip -j link show br0");
	assert_string_equal(after, before);
	/* Nor when the port that it was taken from leaves. */
	sandbox_must("ip link set up0 nomaster");
	assert_shown(before, "0.address", "ip -j link show br0");
}

/* ---- its MTU ---- */

static void bridge__is_not_dragged_down_by_a_small_port(void **state)
{
	freeing char *small = bridge_config("1.0.0", "'name':'small','mtu':1300," IPAM4);
	freeing char *normal = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;
	struct pod tiny;

	(void)state;
	pod_open(&red, "red");
	pod_open(&tiny, "tiny");
	pod_add(&red, normal);
	pod_add(&tiny, small);
	assert_shown("1300", "0.mtu", "ip -j link show %s", tiny.host);
	assert_shown("1500", "0.mtu", "ip -j link show br0");
	assert_shown("1500", "0.mtu", "ip -j link show %s", red.host);
	pod_del(&tiny, small);
	assert_shown("1500", "0.mtu", "ip -j link show br0");
	pod_close(&tiny);
	pod_close(&red);
}

static void bridge__of_jumbo_size_keeps_it(void **state)
{
	freeing char *normal = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	sandbox_must("ip link add br0 mtu 9000 type bridge; ip link set br0 up");
	pod_open(&red, "red");
	pod_add(&red, normal);
	assert_shown("9000", "0.mtu", "ip -j link show br0");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(host__is_set_up_for_both_families),
		bridge_test(host__knows_the_bridge_by_its_own_name),
		bridge_test(host__gets_only_the_settings_of_families_in_use),
		bridge_test(host__enables_ipv6_where_the_pod_has_it_off),
		bridge_test(bridge__keeps_its_mac),
		bridge_test(bridge__keeps_its_mac_when_adopted),
		bridge_test(bridge__is_not_dragged_down_by_a_small_port),
		bridge_test(bridge__of_jumbo_size_keeps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
