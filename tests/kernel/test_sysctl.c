/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls in a network namespace: read, set, refused. */
#include "sysctl.h"

#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "netns.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FORWARD "net/ipv4/ip_forward"

static void assert_forward(const char *expected)
{
	freeing char *text = sandbox_read("sysctl -n net.ipv4.ip_forward");

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void sysctl__is_read_and_set(void **state)
{
	struct cni_error err;
	char value[16];

	(void)state;
	assert_int_equal(cni_sysctl_set(FORWARD, "0", &err), 0);
	assert_forward("0");
	assert_int_equal(cni_sysctl_set(FORWARD, "1", &err), 0);
	assert_forward("1");
	assert_int_equal(cni_sysctl_get(FORWARD, value, sizeof(value), &err), 0);
	assert_string_equal(value, "1");
}

static void sysctl__of_an_interface_with_a_dot(void **state)
{
	struct cni_error err;
	char value[16];

	(void)state;
	sandbox_must("ip link add eth0.5 type veth peer name other");
	assert_int_equal(cni_sysctl_set("net/ipv4/conf/eth0.5/arp_notify", "1", &err), 0);
	assert_int_equal(
		cni_sysctl_get("net/ipv4/conf/eth0.5/arp_notify", value, sizeof(value), &err), 0);
	assert_string_equal(value, "1");
}

/* The directory was opened in the namespace. */
static void sysctl__stays_in_the_namespace_of_its_directory(void **state)
{
	static const char *const families[] = {"ipv4", "ipv6"};

	(void)state;
	sandbox_add_netns("red");
	sandbox_must("ip link add va type veth peer name va netns red");
	for (size_t i = 0; i < 2; i++) {
		freeing char *path = cni_format("/proc/sys/net/%s/conf", families[i]);
		const char *key = i ? "va/accept_dad" : "va/arp_notify";
		closing int red = kernel_open_netns("red");
		struct cni_error err;
		closing int dir = -1;
		int home = -1;

		assert_int_equal(cni_netns_enter(red, &home, &err), 0);
		dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(cni_netns_leave(&home, &err), 0);
		assert_int_equal(cni_sysctl_set_at(dir, key, i ? "0" : "1", &err), 0);
		assert_int_equal(cni_sysctl_set_at(dir, "none/x", "1", &err), -1);
		assert_int_equal(err.errnum, ENOENT);
	}
	sandbox_must("[ $(ip netns exec red sysctl -n net.ipv4.conf.va.arp_notify "
		     "net.ipv6.conf.va.accept_dad | tr -d '\\n') = 10 ] && "
		     "[ $(sysctl -n net.ipv4.conf.va.arp_notify "
		     "net.ipv6.conf.va.accept_dad | tr -d '\\n') = 01 ]");
	sandbox_del_netns("red");
}

static void sysctl__may_be_missing(void **state)
{
	struct cni_error err;
	char key[400];
	char value[16];

	(void)state;
	assert_int_equal(cni_sysctl_get("net/none", value, sizeof(value), &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_int_equal(err.errnum, ENOENT);
	assert_string_equal(err.msg, "read sysctl 'net/none': No such file or directory");
	assert_int_equal(cni_sysctl_set("net/none", "1", &err), -1);
	assert_int_equal(err.errnum, ENOENT);
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(cni_sysctl_get(key, value, sizeof(value), &err), -1);
	assert_int_equal(err.errnum, ENAMETOOLONG);
}

static void sysctl__refuses_what_the_kernel_refuses(void **state)
{
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_sysctl_set(FORWARD, "many", &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_string_equal(err.msg, "set sysctl 'net/ipv4/ip_forward' to many: Invalid argument");
}

/* Many containers' runtimes mount it like this: then it is enough if it is right as it is. */
static void sysctl__need_not_be_writable_to_be_right(void **state)
{
	struct cni_error err;

	(void)state;
	sandbox_must("sysctl -q net.ipv4.ip_forward=1; mount --bind /proc/sys /proc/sys && "
		     "mount -o remount,bind,ro /proc/sys");
	assert_int_equal(cni_sysctl_set(FORWARD, "1", &err), 0);
	assert_int_equal(cni_sysctl_set(FORWARD, "0", &err), -1);
	assert_int_equal(err.errnum, EROFS);
	assert_forward("1");
	sandbox_must("umount /proc/sys");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(sysctl__is_read_and_set),
		kernel_test(sysctl__of_an_interface_with_a_dot),
		kernel_test(sysctl__stays_in_the_namespace_of_its_directory),
		kernel_test(sysctl__may_be_missing),
		kernel_test(sysctl__refuses_what_the_kernel_refuses),
		kernel_test(sysctl__need_not_be_writable_to_be_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
