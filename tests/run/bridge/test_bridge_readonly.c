/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/sys mounted read-only, as in most containers: ADD and STATUS refuse only unsafe or useless
 * attachments. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define READ_ONLY                                                                                  \
	"mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys; "                 \
	"! sysctl -qw net.ipv4.ip_forward=1 2>/dev/null"
#define IPV6_OFF                                                                                   \
	"sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; "
#define FORWARD4 "sysctl -qw net.ipv4.ip_forward=1; "
#define FORWARD6 "sysctl -qw net.ipv6.conf.all.forwarding=1; "
#define DROPS4	 "sysctl -qw net.ipv4.conf.all.drop_unicast_in_l2_multicast=1; "

#define L3 GATEWAY ",'ipMasq':true,'macspoofchk':true," IPAM4

static const struct {
	const char *setup;
	const char *more;
	const char *refused; /* what the error says; NULL: none */
	int code;	     /* of ADD; 0: CNI_EIO */
	bool is_of_add;	     /* STATUS cannot know */
} cases[] = {
	{IPV6_OFF FORWARD4, L3, NULL, 0, false},
	{IPV6_OFF FORWARD4, "", NULL, 0, false},
	{IPV6_OFF FORWARD4 DROPS4, GATEWAY ",'ipspoofchk':true," IPAM4, NULL, 0, false},
	/* A router takes no advertisements unless accept_ra is 2. */
	{FORWARD4 FORWARD6, L3, NULL, 0, false},
	{FORWARD4 FORWARD6, GATEWAY "," IPAM46, NULL, 0, false},
	{FORWARD4 "sysctl -qw net.ipv6.conf.default.accept_ra=0; ", L3, NULL, 0, false},
	{FORWARD4, L3, "accept_ra", 0, false},
	{FORWARD4, "", "accept_ra", 0, false},
	{FORWARD4 FORWARD6 "sysctl -qw net.ipv6.conf.default.accept_ra=2; ", L3, "accept_ra",
	 false},
	{IPV6_OFF, L3, "net/ipv4/ip_forward", 0, false},
	{IPV6_OFF FORWARD4, GATEWAY ",'ipspoofchk':true," IPAM4, "drop_unicast_in_l2_multicast", 0,
	 true},
	/* An address of IPv6 where there is none. */
	{IPV6_OFF FORWARD4 FORWARD6, GATEWAY "," IPAM6, "IPv6 is disabled", CNI_EKERNEL, true},
};

static void assert_works(struct pod *red, const char *config)
{
	pod_add(red, config);
	if (strstr(config, "isGateway"))
		sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
	pod_check(red, config);
	pod_del(red, config);
	assert_shown("[]", "", "ip -j link show type veth");
}

static void bridge__on_a_read_only_proc_sys_refuses_only_what_is_unsafe(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = bridge_config("1.1.0", cases[i].more);
		struct plugin_call status = bridge_call("STATUS", config);
		freeing char *before = NULL;
		struct pod red;

		fprintf(stderr, "# %s%s\n", cases[i].setup, cases[i].more);
		sandbox_must("%s", cases[i].setup);
		/* The namespace begins as the host is, which the kernel may do or not. */
		pod_open(&red, "red");
		sandbox_must(READ_ONLY);
		before = bridge_snapshot();
		if (cases[i].refused && !cases[i].is_of_add)
			plugin_fails(&status, CNI_EUNAVAILABLE, cases[i].refused);
		else
			plugin_succeeds(&status);
		if (cases[i].refused) {
			pod_add_fails(&red, config, cases[i].code ? cases[i].code : CNI_EIO,
				      cases[i].refused);
			bridge_assert_unchanged(before);
		} else {
			assert_works(&red, config);
		}
		pod_close(&red);
		sandbox_must("umount /proc/sys");
		assert_int_equal(bridge_teardown(state), 0);
		assert_int_equal(bridge_setup(state), 0);
	}
}

/* It was the bridge's own to begin with. */
static void bridge__of_an_operator_may_be_safe_without_our_doing(void **state)
{
	freeing char *config = bridge_config("1.1.0", L3);
	struct pod red;

	(void)state;
	sandbox_must(FORWARD4 "sysctl -qw net.ipv6.conf.default.disable_ipv6=1; "
			      "ip link add br0 type bridge; "
			      "sysctl -qw net.ipv6.conf.br0.disable_ipv6=0");
	pod_open(&red, "red");
	sandbox_must(READ_ONLY);
	pod_add_fails(&red, config, CNI_EIO, "'net/ipv6/conf/br0/accept_ra'");
	sandbox_must("umount /proc/sys; sysctl -qw net.ipv6.conf.br0.accept_ra=0");
	sandbox_must(READ_ONLY);
	assert_works(&red, config);
	sandbox_must("umount /proc/sys");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(bridge__on_a_read_only_proc_sys_refuses_only_what_is_unsafe),
		bridge_test(bridge__of_an_operator_may_be_safe_without_our_doing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
