/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a key, and which values are equal; the files are in kernel/test_sysctl_path.c. */
#include "sysctl_path.h"

#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void sysctl_path__of_a_key(void **state)
{
	static const struct {
		const char *key, *ifname, *path;
	} cases[] = {
		{"net.core.somaxconn", "eth0", "net/core/somaxconn"},
		{"net/core/somaxconn", "eth0", "net/core/somaxconn"},
		{"net/ipv4.conf/all.forwarding", "eth0", "net/ipv4/conf/all/forwarding"},
		{"net.ipv4.conf.IFNAME.arp_filter", "eth0", "net/ipv4/conf/eth0/arp_filter"},
		{"net.ipv4.conf.IFNAME.arp_filter", "eth0.5", "net/ipv4/conf/eth0.5/arp_filter"},
		{"net/ipv6/conf/IFNAME/accept_ra", "a-b_c", "net/ipv6/conf/a-b_c/accept_ra"},
		/* The first one only, wherever it stands. */
		{"net.ipv4.conf.xIFNAME.IFNAME", "eth0", "net/ipv4/conf/xeth0/IFNAME"},
		{"net.ipv4.conf.ifname.arp_filter", "eth0", "net/ipv4/conf/ifname/arp_filter"},
		/* As a path is read. */
		{".net..core//somaxconn.", "eth0", "net/core/somaxconn"},
		{"net.../...core", "eth0", "net/core"},
		{"/net/core/somaxconn", "eth0", "net/core/somaxconn"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char path[CNI_SYSCTL_PATH_SIZE];
		struct cni_error err = {.msg = ""};

		if (cni_sysctl_path(cases[i].key, cases[i].ifname, path, &err) < 0)
			fail_msg("%s: %s", cases[i].key, err.msg);
		assert_string_equal(path, cases[i].path);
		assert_true(cni_sysctl_path_is_valid(path));
	}
}

static void sysctl_path__refuses_what_is_not_of_the_network(void **state)
{
	static const char *const keys[] = {
		"",
		".",
		"net",
		"net.",
		"/net/",
		"kernel.hostname",
		"kernel/hostname",
		"netx.core",
		"NET.core.somaxconn",
		"vm.swappiness",
		"proc.sys.net.core.somaxconn",
		"/proc/sys/net/core/somaxconn",
		" net.core.somaxconn",
		"net.core.somaxconn ",
		"net.core.som axconn",
		"net.core.somaxconn\n",
		"net.core\tsomaxconn",
		"IFNAME.core.somaxconn",
	};
	/* Dots separate, so these name nothing at all in one form and nothing above in the other.
	 */
	static const char *const climbing[][2] = {
		{"net/IFNAME/core", ".."},
		{"net/IFNAME/core", "."},
		{"net.ipv4.conf.IFNAME.x", ".."},
	};
	char path[CNI_SYSCTL_PATH_SIZE];
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		assert_int_equal(cni_sysctl_path(keys[i], "eth0", path, &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_non_null(strstr(err.msg, "invalid net sysctl key: \""));
	}
	for (size_t i = 0; i < sizeof(climbing) / sizeof(*climbing); i++)
		assert_int_equal(cni_sysctl_path(climbing[i][0], climbing[i][1], path, &err), -1);
}

/* A '..' cannot be written at all. */
static void sysctl_path__never_climbs(void **state)
{
	static const char *const keys[] = {"net/../kernel/hostname", "net.../kernel",
					   "net/../../../etc/passwd", "../net/core",
					   "net/ipv4/../../kernel/x"};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		char path[CNI_SYSCTL_PATH_SIZE];
		struct cni_error err;

		if (cni_sysctl_path(keys[i], "eth0", path, &err) < 0)
			continue;
		assert_null(strstr(path, ".."));
		assert_int_equal(strncmp(path, "net/", 4), 0);
	}
}

static void sysctl_path__has_an_end(void **state)
{
	char *key = cni_alloc(9000);
	char path[CNI_SYSCTL_PATH_SIZE];
	struct cni_error err;

	(void)state;
	sprintf(key, "net.");
	for (size_t length = 4; length < 8999; length++) {
		key[length] = 'a';
		if (length + 1 < CNI_SYSCTL_PATH_SIZE)
			assert_int_equal(cni_sysctl_path(key, "eth0", path, &err), 0);
		else if (length % 97 == 0 || length == CNI_SYSCTL_PATH_SIZE)
			assert_int_equal(cni_sysctl_path(key, "eth0", path, &err), -1);
	}
	memset(key, '.', 8999);
	assert_int_equal(cni_sysctl_path(key, "eth0", path, &err), -1);
	free(key);
}

static void sysctl_path__knows_its_own(void **state)
{
	static const char *const wrong[] = {"",
					    "net",
					    "/net/core",
					    "net/",
					    "net//core",
					    "net/core/",
					    "net/../x",
					    "net/./x",
					    "../net/core",
					    "kernel/x",
					    "/proc/sys/net/x",
					    "net/a b",
					    "net/a\nb",
					    "net/core/\x7f"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (cni_sysctl_path_is_valid(wrong[i]))
			fail_msg("'%s' passed", wrong[i]);
	assert_true(cni_sysctl_path_is_valid("net/ipv4/conf/eth0.5/arp_filter"));
	assert_true(cni_sysctl_path_is_valid("net/..x/y"));
}

static void sysctl_values__are_equal_as_the_kernel_reads_them(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{"1", "1", true},
		{"1", "1\n", true},
		{" 1", "1 ", true},
		{"4096 87380 6291456", "4096\t87380\t6291456", true},
		{"0x10", "16", true},
		{"010", "8", true},
		{"-1", "-1", true},
		{"cubic", "cubic", true},
		{"", "", true},
		{"1", "0", false},
		{"1", "", false},
		{"1", "1 2", false},
		{"1 2", "1", false},
		{"1 2", "2 1", false},
		{"cubic", "reno", false},
		{"1", "1x", false},
		{"1x", "1y", false},
		{"99999999999999999999", "99999999999999999998", false},
		{"fe80::1", "fe80::1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (cni_sysctl_values_equal(cases[i].a, cases[i].b) != cases[i].equal ||
		    cni_sysctl_values_equal(cases[i].b, cases[i].a) != cases[i].equal)
			fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sysctl_path__of_a_key),
		cmocka_unit_test(sysctl_path__refuses_what_is_not_of_the_network),
		cmocka_unit_test(sysctl_path__never_climbs),
		cmocka_unit_test(sysctl_path__has_an_end),
		cmocka_unit_test(sysctl_path__knows_its_own),
		cmocka_unit_test(sysctl_values__are_equal_as_the_kernel_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
