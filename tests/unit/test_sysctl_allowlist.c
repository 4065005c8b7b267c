/* SPDX-License-Identifier: Apache-2.0 */
/* The allowlist of sysctls. */
#include "sysctl_allowlist.h"

#include "fake.h"
#include "test.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fake dir;
static struct cni_sysctl_allowlist list;
static struct cni_error err;

static int setup(void **state)
{
	(void)state;
	fake_open(&dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cni_sysctl_allowlist_clear(&list);
	fake_close(&dir);
	return 0;
}

static int read_list(void)
{
	freeing char *path = fake_path(&dir, "allowlist.conf");

	return cni_sysctl_allowlist_read(path, &list, &err);
}

static void must_read(const char *text)
{
	fake_write(&dir, "allowlist.conf", text);
	if (read_list() < 0)
		fail_msg("%s", err.msg);
}

static bool allows(const char *key)
{
	return cni_sysctl_allowlist_check(&list, key, &err) == 0;
}

static void allowlist__that_is_not_there_allows_all(void **state)
{
	(void)state;
	assert_int_equal(read_list(), 0);
	assert_false(list.is_there);
	assert_true(allows("net.core.somaxconn"));
}

static void allowlist__that_is_empty_allows_nothing(void **state)
{
	(void)state;
	must_read("\n  \n\t\r\n");
	assert_true(list.is_there);
	assert_int_equal(list.count, 0);
	assert_false(allows("net.core.somaxconn"));
	assert_string_equal(err.msg, "Sysctl net.core.somaxconn is not allowed. Only the following "
				     "sysctls are allowed: []");
}

static void allowlist__is_a_pattern_in_each_line(void **state)
{
	(void)state;
	must_read("  ^net\\.core\\.somaxconn$ \r\n\n^net.ipv4.conf.IFNAME.arp_filter$\nipv6");
	assert_int_equal(list.count, 3);
	assert_true(allows("net.core.somaxconn"));
	assert_true(allows("net.ipv4.conf.IFNAME.arp_filter"));
	assert_true(allows("net.ipv6.conf.all.forwarding"));
	/* As it is written, not as it will be. */
	assert_false(allows("net.ipv4.conf.eth0.arp_filter"));
	assert_false(allows("net/core/somaxconn"));
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_string_equal(err.msg,
			    "Sysctl net/core/somaxconn is not allowed. Only the following sysctls "
			    "are allowed: [^net\\.core\\.somaxconn$ "
			    "^net.ipv4.conf.IFNAME.arp_filter$ ipv6]");
}

/* Its meaning is unknown. */
static void allowlist__that_cannot_be_understood_allows_nothing_behind_it(void **state)
{
	(void)state;
	must_read("^net.core\n\\pL\n^net.ipv4");
	assert_true(allows("net.core.somaxconn"));
	assert_false(allows("net.ipv4.ip_forward"));
	assert_non_null(strstr(err.msg, "the regular expression \"\\pL\" cannot be read"));
}

static void allowlist__that_cannot_be_read_is_an_error(void **state)
{
	freeing char *path = fake_path(&dir, "allowlist.conf");
	freeing char *long_text = cni_alloc((2U << 20) + 1);

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(read_list(), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_int_equal(rmdir(path), 0);
	memset(long_text, 'a', 2U << 20);
	fake_write(&dir, "allowlist.conf", long_text);
	assert_int_equal(read_list(), -1);
	assert_int_equal(err.code, CNI_EDECODE);
	assert_int_equal(truncate(path, 10), 0);
	assert_int_equal(truncate(path, 11), 0);
	assert_int_equal(read_list(), -1);
	assert_non_null(strstr(err.msg, "holds a NUL byte"));
}

/* As orchestrators put files into a directory. */
static void allowlist__may_be_behind_a_link(void **state)
{
	freeing char *path = fake_path(&dir, "allowlist.conf");

	(void)state;
	fake_write(&dir, "..data/allowlist.conf", "^net.core");
	assert_int_equal(symlink("..data/allowlist.conf", path), 0);
	assert_int_equal(read_list(), 0);
	assert_int_equal(list.count, 1);
	/* A dangling link counts as no list. */
	fake_remove(&dir, "..data/allowlist.conf");
	cni_sysctl_allowlist_clear(&list);
	assert_int_equal(read_list(), 0);
	assert_false(list.is_there);
}

/* The list is shown as far as it fits. */
static void allowlist__may_be_long(void **state)
{
	freeing char *text = cni_alloc(40000);

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		sprintf(text + strlen(text), "^net.x%zu$\n", i);
	must_read(text);
	assert_int_equal(list.count, 2000);
	assert_true(allows("net.x1999"));
	assert_false(allows("net.y"));
}

int main(void)
{
#define allowlist_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		allowlist_test(allowlist__that_is_not_there_allows_all),
		allowlist_test(allowlist__that_is_empty_allows_nothing),
		allowlist_test(allowlist__is_a_pattern_in_each_line),
		allowlist_test(allowlist__that_cannot_be_understood_allows_nothing_behind_it),
		allowlist_test(allowlist__that_cannot_be_read_is_an_error),
		allowlist_test(allowlist__may_be_behind_a_link),
		allowlist_test(allowlist__may_be_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
