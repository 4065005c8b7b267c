/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/sys mounted read-only, as in most containers: ADD of ptp refuses only what is unsafe or useless. */
#include "ptp.h"

#include "cleanup.h"
#include "mem.h"

#define IPV6_OFF "net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 "
#define FORWARD4 "net.ipv4.ip_forward=1 "
#define FORWARD6 "net.ipv6.conf.all.forwarding=1 "

static const struct {
	const char *settings;
	const char *more;
	const char *refused; /* what the error says; NULL: it works */
	int code;
} rows[] = {
	{IPV6_OFF FORWARD4, "'ipMasq':true," IPAM4, NULL, 0},
	{IPV6_OFF FORWARD4, IPAM4, NULL, 0},
	/* A router takes no advertisements. */
	{FORWARD4 FORWARD6, "'ipMasq':true," IPAM46, NULL, 0},
	{FORWARD4 "net.ipv6.conf.default.accept_ra=0", IPAM4, NULL, 0},
	{FORWARD4, IPAM4, "accept_ra", CNI_EIO},
	{IPV6_OFF, IPAM4, "net/ipv4/ip_forward", CNI_EIO},
	{IPV6_OFF FORWARD4 FORWARD6, IPAM6, "IPv6 is disabled", CNI_EKERNEL},
};

static void assert_works(struct pod *red, const char *config)
{
	ptp_add(red, config);
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
	ptp_check(red, config);
	ptp_del(red, config);
	assert_shown("[]", "", "ip -j link show type veth");
	assert_shown("[]", "", "ip -n red -j link show type veth");
}

static void add__on_a_read_only_proc_sys_refuses_only_what_is_unsafe(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		freeing char *config = ptp_config("1.1.0", rows[i].more);
		freeing char *before = NULL;
		struct pod red;

		print_message("# %s%s\n", rows[i].settings, rows[i].more);
		sandbox_must("sysctl -qw %s", rows[i].settings);
		/* The namespace begins as the host is, which the kernel may do or not. */
		pod_open(&red, "red");
		sandbox_must("mount --bind /proc/sys /proc/sys && "
			     "mount -o remount,ro,bind /proc/sys; "
			     "! sysctl -qw net.ipv4.ip_forward=1 2>/dev/null");
		before = bridge_snapshot();
		if (rows[i].refused)
			ptp_add_fails(&red, config, rows[i].code, rows[i].refused);
		else
			assert_works(&red, config);
		bridge_assert_unchanged(before);
		sandbox_must("umount /proc/sys");
		pod_close(&red);
		assert_int_equal(bridge_teardown(state), 0);
		assert_int_equal(bridge_setup(state), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__on_a_read_only_proc_sys_refuses_only_what_is_unsafe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
