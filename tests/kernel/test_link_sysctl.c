/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls that isolation needs, writable and not writable. */
#include "link_sysctl.h"

#include "cleanup.h"
#include "kernel.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <string.h>

static void make_link(const char *settings)
{
	sandbox_must("sysctl -qw %s && ip link add va type veth peer name vb", settings);
}

/* For the rest of the process, as a test's sandbox is. */
static void make_read_only(void)
{
	sandbox_must("mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");
}

static void make_writable(void)
{
	sandbox_must("umount /proc/sys");
}

static void localnet__is_set(void **state)
{
	struct cni_error err;

	(void)state;
	make_link("net.ipv4.conf.all.route_localnet=0");
	assert_int_equal(cni_link_sysctl_has_localnet("va", &err), 0);
	assert_int_equal(cni_link_sysctl_set_localnet("va", "1", &err), 0);
	sandbox_must("test $(sysctl -n net.ipv4.conf.va.route_localnet) = 1");
	assert_int_equal(cni_link_sysctl_has_localnet("va", &err), 1);
	assert_int_equal(cni_link_sysctl_set_localnet("va", "0", &err), 0);
	sandbox_must("test $(sysctl -n net.ipv4.conf.va.route_localnet) = 0");
	assert_int_equal(cni_link_sysctl_set_localnet("none", "1", &err), -1);
	assert_int_equal(err.errnum, ENOENT);
	assert_int_equal(cni_link_sysctl_has_localnet("none", &err), -1);
	assert_int_equal(err.errnum, ENOENT);
}

static void localnet__need_not_be_written_where_all_have_it(void **state)
{
	struct cni_error err;

	(void)state;
	make_link("net.ipv4.conf.all.route_localnet=1");
	make_read_only();
	assert_int_equal(cni_link_sysctl_has_localnet("va", &err), 1);
	assert_int_equal(cni_link_sysctl_set_localnet("va", "1", &err), 0);
	assert_int_equal(cni_link_sysctl_set_localnet("none", "1", &err), -1);
	assert_int_equal(err.errnum, ENOENT);
	make_writable();
	sandbox_must("sysctl -qw net.ipv4.conf.va.route_localnet=1");
	make_read_only();
	assert_int_equal(cni_link_sysctl_set_localnet("va", "0", &err), 0);
	make_writable();
}

static void localnet__that_cannot_be_written_is_an_error_otherwise(void **state)
{
	struct cni_error err;

	(void)state;
	make_link("net.ipv4.conf.all.route_localnet=0");
	make_read_only();
	assert_int_equal(cni_link_sysctl_has_localnet("va", &err), 0);
	assert_int_equal(cni_link_sysctl_set_localnet("va", "0", &err), 0);
	assert_int_equal(cni_link_sysctl_set_localnet("va", "1", &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_non_null(strstr(err.msg, "'net/ipv4/conf/va/route_localnet' to 1"));
	make_writable();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(localnet__is_set),
		kernel_test(localnet__need_not_be_written_where_all_have_it),
		kernel_test(localnet__that_cannot_be_written_is_an_error_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
