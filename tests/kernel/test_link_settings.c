/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a link: read, set, compared. */
#include "link_settings.h"

#include "bridge.h"
#include "kernel.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <string.h>

static struct cni_error err;

static struct cni_link_settings get(const char *name)
{
	struct cni_link_settings settings;
	int index;

	if (cni_link_settings_get(&rtnl, name, &index, &settings, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(index, kernel_index_of(NULL, name));
	return settings;
}

static void link_settings__are_what_ip_shows(void **state)
{
	struct cni_link_settings settings;

	(void)state;
	sandbox_must("ip link add v0 address 02:00:00:00:00:05 mtu 1400 type veth peer name v1 && "
		     "ip link set v0 promisc on txqueuelen 7");
	settings = get("v0");
	assert_int_equal(settings.given, (1U << CNI_LINK_SETTING_COUNT) - 1);
	assert_memory_equal(settings.mac, ((uint8_t[]){2, 0, 0, 0, 0, 5}), CNI_MAC_SIZE);
	assert_true(settings.promisc);
	assert_false(settings.allmulti);
	assert_int_equal(settings.txqlen, 7);
	assert_int_equal(settings.mtu, 1400);
	sandbox_must("ip link set v0 promisc off allmulticast on");
	settings = get("v0");
	assert_false(settings.promisc);
	assert_true(settings.allmulti);
	/* A bridge's wish is not the flag. */
	sandbox_must("ip link set v0 allmulticast off; ip link add br0 type bridge; "
		     "ip link set v0 master br0; ip -d link show v0 | grep -q 'promiscuity 1'");
	assert_false(get("v0").promisc);
}

static void link_settings__of_a_link_without_a_mac(void **state)
{
	struct cni_link_settings settings;

	(void)state;
	if (sandbox_run("ip link add t0 type ipip local 127.0.0.1 remote 127.0.0.2 2>/dev/null || "
			"ip tuntap add t0 mode tun 2>/dev/null") != 0)
		skip_because("this kernel has neither ipip nor tun");
	settings = get("t0");
	assert_false(cni_link_settings_have(&settings, CNI_LINK_MAC));
	assert_true(cni_link_settings_have(&settings, CNI_LINK_MTU));
}

static void link_settings__of_no_link(void **state)
{
	struct cni_link_settings settings;
	int index;

	(void)state;
	assert_int_equal(cni_link_settings_get(&rtnl, "none", &index, &settings, &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	assert_int_equal(err.errnum, ENODEV);
	assert_non_null(strstr(err.msg, "look up link 'none'"));
	assert_int_equal(cni_link_settings_set(&rtnl, 4711,
					       &(struct cni_link_settings){
						       .given = 1U << CNI_LINK_MTU, .mtu = 1400},
					       &err),
			 -1);
	assert_int_equal(err.errnum, ENODEV);
}

static void link_settings__are_set_one_by_one(void **state)
{
	static const struct {
		struct cni_link_settings settings;
		const char *path, *expected;
	} cases[] = {
		{{.given = 1U << CNI_LINK_MAC, .mac = {2, 0, 0, 0, 0, 6}},
		 "0.address",
		 "02:00:00:00:00:06"},
		{{.given = 1U << CNI_LINK_MTU, .mtu = 1300}, "0.mtu", "1300"},
		{{.given = 1U << CNI_LINK_TXQLEN, .txqlen = 9}, "0.txqlen", "9"},
		{{.given = 1U << CNI_LINK_PROMISC, .promisc = true},
		 "0.flags",
		 "['BROADCAST','MULTICAST','PROMISC','M-DOWN']"},
		{{.given = 1U << CNI_LINK_PROMISC},
		 "0.flags",
		 "['BROADCAST','MULTICAST','M-DOWN']"},
		{{.given = 1U << CNI_LINK_ALLMULTI, .allmulti = true},
		 "0.flags",
		 "['BROADCAST','MULTICAST','ALLMULTI','M-DOWN']"},
		{{.given = 1U << CNI_LINK_ALLMULTI},
		 "0.flags",
		 "['BROADCAST','MULTICAST','M-DOWN']"},
		/* nothing given, nothing set */
		{{.mtu = 99, .txqlen = 99, .promisc = true}, "0.mtu", "1300"},
	};

	(void)state;
	sandbox_must("ip link add v0 type veth peer name v1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (cni_link_settings_set(&rtnl, kernel_index_of(NULL, "v0"), &cases[i].settings,
					  &err) < 0)
			fail_msg("%s", err.msg);
		assert_shown(cases[i].expected, cases[i].path, "ip -j link show v0");
	}
}

/* The MTU is the last one. */
static void link_settings__stop_at_the_first_that_fails(void **state)
{
	const struct cni_link_settings settings = {
		.given = 1U << CNI_LINK_MTU | 1U << CNI_LINK_TXQLEN, .mtu = 70000, .txqlen = 9};
	const struct cni_link_settings mac = {
		.given = 1U << CNI_LINK_MTU | 1U << CNI_LINK_MAC, .mac = {1}, .mtu = 1200};

	(void)state;
	sandbox_must("ip link add v0 type veth peer name v1");
	assert_int_equal(cni_link_settings_set(&rtnl, kernel_index_of(NULL, "v0"), &settings, &err),
			 -1);
	assert_non_null(strstr(err.msg, "set MTU to 70000"));
	assert_shown("9", "0.txqlen", "ip -j link show v0");
	assert_int_equal(cni_link_settings_set(&rtnl, kernel_index_of(NULL, "v0"), &mac, &err), -1);
	assert_non_null(strstr(err.msg, "set Ethernet to 01:00:00:00:00:00"));
	assert_shown("1500", "0.mtu", "ip -j link show v0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(link_settings__are_what_ip_shows),
		kernel_test(link_settings__of_a_link_without_a_mac),
		kernel_test(link_settings__of_no_link),
		kernel_test(link_settings__are_set_one_by_one),
		kernel_test(link_settings__stop_at_the_first_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
