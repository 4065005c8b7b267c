/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* ADD of tap: the answer, and what ip(8) shows of each key. */
#include "tap_scene.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>

#define SHOW "ip -n red -j -d link show eth0"
#define MAC  "0a:58:0a:01:00:77"

static char *tuntap(void)
{
	return sandbox_read("ip -n red tuntap show");
}

/* ---- the answer ---- */

static void add__answers_in_each_version(void **state)
{
	static const char *const versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *config = tap_config(versions[i], "'mac':'" MAC "'");
		freeing char *expected =
			cni_format("{'cniVersion':'%s','interfaces':[{'name':'eth0','mac':'" MAC
				   "','sandbox':'/run/netns/red'}]%s}",
				   versions[i],
				   strcmp(versions[i], "1.0.0") < 0 ? ",'dns':{}" : "");

		tap_add(&red, config);
		json_text_assert(red.result, expected);
		if (strcmp(versions[i], "0.4.0") >= 0)
			tap_check(&red, config);
		tap_del(&red, config);
	}
	pod_close(&red);
}

/* Addresses are all that these results have. */
static void add__of_old_versions_needs_addresses(void **state)
{
	freeing char *config = tap_config("0.2.0", IPAM4);
	freeing char *without = tap_config("0.2.0", "");
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	tap_add_fails(&red, without, CNI_EVERSION, "a result of cniVersion 0.2.0 needs an address");
	tap_add(&red, config);
	assert_json(red.result, "ip4.ip", "10.1.0.2/24");
	tap_del(&red, config);
	pod_close(&red);
}

static void add__has_the_dns_of_the_configuration(void **state)
{
	freeing char *config = tap_config("1.0.0", "'dns':{'domain':'x.y'}");
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	tap_add(&red, config);
	assert_json(red.result, "dns", "{'domain':'x.y'}");
	pod_close(&red);
}

/* ---- keys ---- */

static void add__without_keys_makes_a_plain_tap(void **state)
{
	freeing char *config = tap_config("1.1.0", "");
	freeing char *mac = NULL;
	freeing char *shows = NULL;
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	tap_add(&red, config);
	assert_shown("tun", "0.linkinfo.info_kind", SHOW);
	assert_shown("tap", "0.linkinfo.info_data.type", SHOW);
	assert_shown("true", "0.linkinfo.info_data.persist", SHOW);
	assert_shown("false", "0.linkinfo.info_data.multi_queue", SHOW);
	assert_shown(NULL, "0.linkinfo.info_data.user", SHOW);
	assert_shown(NULL, "0.linkinfo.info_data.group", SHOW);
	assert_shown("1500", "0.mtu", SHOW);
	assert_shown(NULL, "0.master", SHOW);
	mac = shown("0.address", SHOW);
	assert_json(red.result, "interfaces.0.mac", mac);
	assert_json(red.result, "interfaces.0.mtu", NULL);
	sandbox_must("ip -n red link show eth0 up | grep -q eth0");
	shows = tuntap();
	assert_string_equal(shows, "eth0: tap vnet_hdr persist\n");
	tap_check(&red, config);
	tap_del(&red, config);
	pod_close(&red);
}

static void add__sets_each_key(void **state)
{
	freeing char *config = tap_config(
		"1.1.0", "'mtu':1400,'multiQueue':true,'owner':1001,'group':0,'bridge':'br0'");
	freeing char *shows = NULL;
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	sandbox_must("ip -n red link add br0 type bridge");
	tap_add(&red, config);
	assert_shown("1400", "0.mtu", SHOW);
	assert_json(red.result, "interfaces.0.mtu", "1400");
	assert_shown("br0", "0.master", SHOW);
	shows = tuntap();
	assert_string_equal(shows, "eth0: tap multi_queue vnet_hdr persist user 1001 group 0\n");
	tap_check(&red, config);
	tap_del(&red, config);
	assert_shown(NULL, "1.master", "ip -n red -j link show");
	pod_close(&red);
}

/* 0 is root, and no owner is anyone. */
static void add__has_an_owner_only_if_one_is_given(void **state)
{
	static const struct {
		const char *more, *shows;
	} cases[] = {
		{"'owner':0", "eth0: tap vnet_hdr persist user 0\n"},
		{"'group':0", "eth0: tap vnet_hdr persist group 0\n"},
		{"'owner':4294967294", "eth0: tap vnet_hdr persist user 4294967294\n"},
		{"'owner':null,'group':null", "eth0: tap vnet_hdr persist\n"},
	};
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = tap_config("1.1.0", cases[i].more);
		freeing char *shows = NULL;

		tap_add(&red, config);
		shows = tuntap();
		assert_string_equal(shows, cases[i].shows);
		tap_check(&red, config);
		tap_del(&red, config);
	}
	pod_close(&red);
}

/* runtimeConfig overrides CNI_ARGS, and CNI_ARGS the plugin's own key. */
static void add__takes_the_mac_of_the_strongest_source(void **state)
{
	static const struct {
		const char *more, *args, *expected;
	} cases[] = {
		{"'mac':'0a:00:00:00:00:01'", "", "0a:00:00:00:00:01"},
		{"'mac':'0A:00:00:00:00:0B'", "MAC=", "0a:00:00:00:00:0b"},
		{"'mac':'0a:00:00:00:00:01'", "MAC=0a:00:00:00:00:02", "0a:00:00:00:00:02"},
		{"'mac':'0a:00:00:00:00:01','runtimeConfig':{'mac':'0a:00:00:00:00:03'}",
		 "MAC=0a:00:00:00:00:02", "0a:00:00:00:00:03"},
		{"'runtimeConfig':{'mac':''}", "IgnoreUnknown=1;MAC=0a:00:00:00:00:02;X=Y",
		 "0a:00:00:00:00:02"},
		/* Also with an owner and a group. */
		{"'mac':'0a:00:00:00:00:01','owner':1,'group':1", "", "0a:00:00:00:00:01"},
	};
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = tap_config("1.0.0", cases[i].more);
		struct plugin_call call = tap_call(&red, "ADD", config);
		struct plugin_answer answer;

		call.args = cases[i].args;
		answer = plugin_run(&call);
		pod_take(&red, &answer);
		plugin_answer_clear(&answer);
		assert_json(red.result, "interfaces.0.mac", cases[i].expected);
		assert_shown(cases[i].expected, "0.address", SHOW);
		tap_del(&red, config);
	}
	pod_close(&red);
}

/* ---- addresses ---- */

static void add__sets_addresses_and_routes_of_both_families(void **state)
{
	freeing char *config = tap_config("1.0.0", IPAM46);
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	tap_add(&red, config);
	assert_json(red.result, "ips.0",
		    "{'interface':0,'address':'10.1.0.2/24','gateway':'10.1.0.1'}");
	assert_json(red.result, "ips.1.address", "fd01::2/64");
	assert_shown("10.1.0.2", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
	sandbox_must("ip -n red -6 addr show dev eth0 | grep -q 'fd01::2/64 scope global nodad'");
	/* No carrier yet: an address that waited for it would be tentative. */
	sandbox_must("! ip -n red addr show dev eth0 | grep -q tentative");
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
	assert_shown("fd01::1", "0.gateway", "ip -n red -j -6 route show default");
	sandbox_must("[ $(ip netns exec red sysctl -n net.ipv4.conf.eth0.arp_notify) = 1 ]");
	tap_check(&red, config);
	tap_del(&red, config);
	sandbox_must("! ls /var/lib/cni/networks/blue/10.1.0.2 2>/dev/null");
	pod_close(&red);
}

/* The index is chosen from above those that the kernel counts up to, which count on. */
static void add__leaves_the_kernels_count_of_indices_alone(void **state)
{
	freeing char *config = tap_config("1.0.0", "");
	struct pod red;

	(void)state;
	needs_taps();
	pod_open(&red, "red");
	tap_add(&red, config);
	sandbox_must("ip -n red link add a0 type veth peer name a1");
	sandbox_must("[ $(ip netns exec red cat /sys/class/net/a0/ifindex) -lt 100 ]");
	tap_del(&red, config);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(add__answers_in_each_version),
		tap_test(add__of_old_versions_needs_addresses),
		tap_test(add__has_the_dns_of_the_configuration),
		tap_test(add__without_keys_makes_a_plain_tap),
		tap_test(add__sets_each_key),
		tap_test(add__has_an_owner_only_if_one_is_given),
		tap_test(add__takes_the_mac_of_the_strongest_source),
		tap_test(add__sets_addresses_and_routes_of_both_families),
		tap_test(add__leaves_the_kernels_count_of_indices_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
