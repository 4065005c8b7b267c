/* SPDX-License-Identifier: Apache-2.0 */
/* Sticky keys, and the plane of files that they are kept in. */
#include "sticky.h"

#include "cleanup.h"
#include "mem.h"
#include "plane.h"
#include "store_dir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- keys ---- */

#define POD "${K8S_POD_NAMESPACE}/${K8S_POD_NAME}"

static uint64_t key_of(const char *template, const char *args, const char *ifname)
{
	struct cni_error err = {0};
	uint64_t key = 77;

	if (sticky_key(template, args, ifname, &key, &err) < 0)
		fail_msg("%s: %s", template, err.msg);
	return key;
}

static void sticky_key__is_what_the_template_says(void **state)
{
	static const char args[] = "IgnoreUnknown=1;K8S_POD_NAMESPACE=blue;K8S_POD_NAME=web-0";
	uint64_t key = key_of(POD, args, "eth0");
	static const char *const same[] = {
		"K8S_POD_NAME=web-0;K8S_POD_NAMESPACE=blue",
		"K8S_POD_NAMESPACE=blue;K8S_POD_NAME=web-0;K8S_POD_INFRA_CONTAINER_ID=c7",
		"K8S_POD_NAMESPACE=red;K8S_POD_NAME=web-0;K8S_POD_NAMESPACE=blue",
		"K8S_POD_NAMESPACE=blue;;nonsense;K8S_POD_NAME=web-0",
	};
	static const char *const others[] = {
		"K8S_POD_NAMESPACE=blue;K8S_POD_NAME=web-1",
		"K8S_POD_NAMESPACE=red;K8S_POD_NAME=web-0",
		"K8S_POD_NAMESPACE=web-0;K8S_POD_NAME=blue",
		"K8S_POD_NAMESPACE=Blue;K8S_POD_NAME=web-0",
	};

	(void)state;
	assert_true(key != 0);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_true(key_of(POD, same[i], "eth0") == key);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_true(key_of(POD, others[i], "eth0") != key);
	/* Each interface has addresses of its own, and the text between counts. */
	assert_true(key_of(POD, args, "net1") != key);
	assert_true(key_of("${K8S_POD_NAMESPACE}-${K8S_POD_NAME}", args, "eth0") != key);
	assert_true(key_of(POD "x", args, "eth0") != key);
	assert_true(key_of("x" POD, args, "eth0") != key);
	/* But not from where it comes. */
	assert_true(key_of("${A}web-${B_9}", "A=blue/;B_9=0", "eth0") == key);
	assert_true(key_of("blue/${a}", "a=web-0", "eth0") == key);
}

static void sticky_key__is_none_without_its_arguments(void **state)
{
	static const char *const args[] = {
		"",
		"IgnoreUnknown=1",
		"K8S_POD_NAME=web-0",
		"K8S_POD_NAMESPACE=blue",
		"K8S_POD_NAMESPACE=;K8S_POD_NAME=web-0",
		"K8S_POD_NAMESPACE=blue;K8S_POD_NAME=",
		"K8S_POD_NAMESPACE=blue;K8S_POD_NAME=web-0;K8S_POD_NAME=",
		"K8S_POD_NAMESPACE=blue;k8s_pod_name=web-0",
		"K8S_POD_NAMESPACE=blue;K8S_POD_NAME",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(args) / sizeof(*args); i++)
		assert_true(key_of(POD, args[i], "eth0") == 0);
}

static void sticky_key__must_name_arguments(void **state)
{
	static const struct {
		const char *template, *message;
	} cases[] = {
		{"", "there is no \"${\""},
		{"web", "there is no \"${\""},
		{"$K8S_POD_NAME", "there is no \"${\""},
		{"$ {K8S_POD_NAME}", "there is no \"${\""},
		{"${", "there is a \"${\" without a name and a \"}\""},
		{"${}", "there is a \"${\" without a name and a \"}\""},
		{"${K8S_POD_NAME", "there is a \"${\" without a name and a \"}\""},
		{"${K8S POD}", "there is a \"${\" without a name and a \"}\""},
		{"${K8S-POD}", "there is a \"${\" without a name and a \"}\""},
		{"${K8S_POD_NAME }", "there is a \"${\" without a name and a \"}\""},
		{"${a}${", "there is a \"${\" without a name and a \"}\""},
		{"${a}${}", "there is a \"${\" without a name and a \"}\""},
		{"${${a}}", "there is a \"${\" without a name and a \"}\""},
		{"${a\xc3\xa4}", "there is a \"${\" without a name and a \"}\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *expected =
			cni_format("'ipam.stickyKey' is \"%s\": %s, expected names of CNI_ARGS "
				   "such as \"" POD "\"",
				   cases[i].template, cases[i].message);
		struct cni_error err = {0};
		uint64_t key;

		assert_int_equal(sticky_key(cases[i].template, "a=1", "eth0", &key, &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_string_equal(err.msg, expected);
	}
}

/* ---- addresses ---- */

static void set(int dir, const char *address, uint64_t key)
{
	struct cni_ip ip = parsed_ip(address);

	sticky_set(dir, &ip, key);
}

/* `expected` NULL: none. */
static void assert_found(int dir, uint64_t key, const char *first, const char *last,
			 const char *expected)
{
	struct cni_ip from = parsed_ip(first);
	struct cni_ip to = parsed_ip(last);
	char text[CNI_IP_TEXT_SIZE];
	struct cni_ip ip;

	if (sticky_find(dir, key, &from, &to, &ip))
		assert_string_equal(cni_ip_format(&ip, text), expected ? expected : "none");
	else
		assert_null(expected);
}

static void sticky__finds_the_address_of_a_key(void **state)
{
	closing int dir = store_dir_fd();

	(void)state;
	assert_found(dir, 5, "10.1.0.0", "10.1.0.255", NULL);
	set(dir, "10.1.0.5", 5);
	set(dir, "10.1.255.255", 6);
	set(dir, "10.3.0.0", 7);
	set(dir, "fd00::5", 5);
	set(dir, "fd00::1:0", UINT64_MAX);
	assert_found(dir, 5, "10.1.0.0", "10.1.0.255", "10.1.0.5");
	assert_found(dir, 5, "10.1.0.5", "10.1.0.5", "10.1.0.5");
	assert_found(dir, 5, "10.1.0.6", "10.255.0.0", NULL);
	assert_found(dir, 5, "10.0.0.0", "10.1.0.4", NULL);
	assert_found(dir, 5, "fd00::", "fd00::ffff:ffff", "fd00::5");
	assert_found(dir, 6, "10.1.0.0", "10.3.0.0", "10.1.255.255");
	assert_found(dir, 7, "10.1.0.0", "10.3.0.0", "10.3.0.0");
	assert_found(dir, 7, "10.1.0.0", "10.2.255.255", NULL);
	assert_found(dir, UINT64_MAX, "fd00::", "fdff::", "fd00::1:0");
	assert_found(dir, 8, "10.0.0.0", "10.255.255.255", NULL);
}

static void sticky__has_one_key_for_an_address(void **state)
{
	closing int dir = store_dir_fd();

	(void)state;
	set(dir, "10.1.0.5", 5);
	set(dir, "10.1.0.5", 6);
	assert_found(dir, 5, "10.1.0.0", "10.1.0.255", NULL);
	assert_found(dir, 6, "10.1.0.0", "10.1.0.255", "10.1.0.5");
	set(dir, "10.1.0.5", 0);
	assert_found(dir, 6, "10.1.0.0", "10.1.0.255", NULL);
}

static void sticky__finds_nothing_where_its_file_is_none(void **state)
{
	const uint64_t key = 0x0102030405060708;
	char path[256];
	closing int dir = store_dir_fd();

	(void)state;
	snprintf(path, sizeof(path), "%s/10.1.0.0.keys", store_dir);
	for (int kind = 0; kind < 4; kind++) {
		if (kind == 0)
			assert_int_equal(mkdir(path, 0700), 0);
		else if (kind == 1)
			store_dir_link(path);
		else if (kind == 2)
			assert_int_equal(mkfifo(path, 0600), 0);
		set(dir, "10.1.0.5", key);
		if (kind == 1)
			store_dir_assert_target();
		if (kind == 3)
			assert_int_equal(truncate(path, 45), 0);
		assert_found(dir, key, "10.1.0.0", "10.1.0.255", NULL);
		assert_int_equal(kind ? unlink(path) : rmdir(path), 0);
	}
}

/* ---- plane ---- */

static void plane__numbers_the_addresses_of_a_piece(void **state)
{
	static const struct {
		const char *ip;
		size_t number;
		const char *base;
	} cases[] = {
		{"10.1.0.0", 0, "10.1.0.0"},
		{"10.1.0.255", 255, "10.1.0.0"},
		{"10.1.1.2", 258, "10.1.0.0"},
		{"10.1.255.255", 65535, "10.1.0.0"},
		{"255.255.255.255", 65535, "255.255.0.0"},
		{"fd00::1:2:3", 3, "fd00::1:2:0"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_ip ip = parsed_ip(cases[i].ip);
		struct cni_ip base = plane_at(&ip, 0);
		struct cni_ip back = plane_at(&base, cases[i].number);
		char text[CNI_IP_TEXT_SIZE];

		assert_int_equal(plane_number(&ip), cases[i].number);
		assert_string_equal(cni_ip_format(&base, text), cases[i].base);
		assert_true(cni_ip_equal(&back, &ip));
	}
}

static void plane__holds_zeroes_where_nothing_was_written(void **state)
{
	struct cni_ip base = parsed_ip("10.1.0.0");
	closing int dir = store_dir_fd();
	char data[16];

	(void)state;
	memset(data, 'x', sizeof(data));
	assert_int_equal(plane_read(dir, &base, "plane", data, sizeof(data)), 0);
	assert_memory_equal(data, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(plane_write(dir, &base, "plane", "abcd", 4, 6), 0);
	assert_int_equal(plane_write(dir, &base, "plane", "e", 1, 7), 0);
	memset(data, 'x', sizeof(data));
	assert_int_equal(plane_read(dir, &base, "plane", data, sizeof(data)), 1);
	assert_memory_equal(data, "\0\0\0\0\0\0aecd\0\0\0\0\0\0", 16);
	/* Another plane is another file. */
	assert_int_equal(plane_read(dir, &base, "other", data, sizeof(data)), 0);
	/* An unreadable file is an error, and reads as zeroes. */
	assert_int_equal(mkdirat(dir, "10.1.0.0.other", 0700), 0);
	memset(data, 'x', sizeof(data));
	assert_int_equal(plane_read(dir, &base, "other", data, sizeof(data)), -1);
	assert_memory_equal(data, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(plane_write(-1, &base, "plane", "abcd", 4, 0), -1);
}

/* The sum of the first bytes of all bases, so that the order does not matter. */
static size_t walk(int dir, const char *plane)
{
	DIR *files = plane_walk(dir);
	struct cni_ip base;
	size_t sum = 0;

	assert_non_null(files);
	while (plane_next(files, plane, &base))
		sum += base.bytes[0];
	closedir(files);
	return sum;
}

static void plane__is_walked_and_removed_alone(void **state)
{
	static const char *const others[] = {"plane",	 ".plane",	 "x.plane",
					     "10.1.0.0", "10.1.0.plane", "10.1.0.0.plane.x"};
	struct cni_ip bases[] = {parsed_ip("1.1.0.0"), parsed_ip("2.1.0.0"), parsed_ip("400::")};
	closing int dir = store_dir_fd();
	char data[1];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(plane_write(dir, &bases[i], "plane", "a", 1, 0), 0);
	assert_int_equal(plane_write(dir, &bases[2], "other", "a", 1, 0), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(mknodat(dir, others[i], S_IFREG | 0600, 0), 0);
	assert_int_equal(walk(dir, "plane"), 1 + 2 + 4);
	assert_int_equal(walk(dir, "other"), 4);
	assert_int_equal(plane_remove(dir, "plane"), 0);
	assert_int_equal(walk(dir, "plane"), 0);
	assert_int_equal(plane_read(dir, &bases[2], "other", data, 1), 1);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(faccessat(dir, others[i], F_OK, 0), 0);
	assert_null(plane_walk(-1));
	assert_int_equal(plane_remove(-1, "plane"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sticky_key__is_what_the_template_says),
		cmocka_unit_test(sticky_key__is_none_without_its_arguments),
		cmocka_unit_test(sticky_key__must_name_arguments),
		store_test(sticky__finds_the_address_of_a_key),
		store_test(sticky__has_one_key_for_an_address),
		store_test(sticky__finds_nothing_where_its_file_is_none),
		cmocka_unit_test(plane__numbers_the_addresses_of_a_piece),
		store_test(plane__holds_zeroes_where_nothing_was_written),
		store_test(plane__is_walked_and_removed_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
