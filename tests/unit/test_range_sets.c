/* SPDX-License-Identifier: Apache-2.0 */
/* Range sets out of a file. Ranges in other JSON are in test_host_local_conf.c. */
#include "range_sets.h"

#include "cleanup.h"
#include "mem.h"
#include "store_dir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "<data directory>/<name>", until the next call. */
static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", store_dir, name);
	return path;
}

static void put_bytes(const char *name, const void *data, size_t size)
{
	closing int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
}

static void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

/* All sets, completed: "[10.1.0.1-10.1.0.254][…]". The caller frees. */
static char *describe(struct range_sets *sets)
{
	char *text = cni_strdup("");
	struct cni_error err = {0};

	if (range_sets_complete(sets, &err) < 0)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < sets->count; i++) {
		freeing char *set = range_set_format(&sets->items[i]);
		char *longer = cni_format("%s[%s]", text, set);

		free(text);
		text = longer;
	}
	return text;
}

static void assert_reads(const char *name, const char *expected)
{
	struct range_sets sets = {0};
	struct cni_error err = {0};
	freeing char *text = NULL;

	if (range_sets_read_file(&sets, path_of(name), &err) < 0)
		fail_msg("%s", err.msg);
	text = describe(&sets);
	assert_string_equal(text, expected);
	range_sets_clear(&sets);
}

/* The message says `message`, and which file. */
static void assert_refuses(const char *path, int code, const char *message)
{
	struct range_sets sets = {0};
	struct cni_error err = {0};

	if (range_sets_read_file(&sets, path, &err) == 0)
		fail_msg("'%s' was read", path);
	assert_int_equal(err.code, code);
	if (!strstr(err.msg, message) || !strstr(err.msg, path))
		fail_msg("\"%s\" does not say \"%s\" and %s", err.msg, message, path);
	range_sets_clear(&sets);
}

static void ranges_file__is_written_as_the_key_is(void **state)
{
	static const char *const cases[][2] = {
		{"{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}", "[10.1.0.1-10.1.0.254]"},
		{"\n {\"ranges\" : [ [ {\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.9\","
		 "\"rangeEnd\":\"10.1.0.19\",\"gateway\":\"10.1.0.254\"},\n"
		 "{\"subnet\":\"10.2.0.0/24\"}],[{\"subnet\":\"fd00::/120\"}]]}\n\n",
		 "[10.1.0.9-10.1.0.19,10.2.0.1-10.2.0.254][fd00::1-fd00::ff]"},
		{"{\"comment\":\"ours\",\"Ranges\":[[{\"Subnet\":\"10.1.0.0/24\",\"note\":5}]]}",
		 "[10.1.0.1-10.1.0.254]"},
		{"{\"ranges\":[]}", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put("ranges", cases[i][0]);
		assert_reads("ranges", cases[i][1]);
	}
}

/* Kubernetes mounts a ConfigMap as a link to a link to a directory. */
static void ranges_file__may_be_a_link(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path_of("..2026"), 0700), 0);
	put("..2026/ranges", "{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}");
	assert_int_equal(symlink("..2026", path_of("..data")), 0);
	assert_int_equal(symlink("..data/ranges", path_of("ranges")), 0);
	assert_reads("ranges", "[10.1.0.1-10.1.0.254]");
}

static void ranges_file__is_appended(void **state)
{
	struct range first = {0};
	struct range_sets sets = {0};
	struct cni_error err = {0};
	freeing char *text = NULL;

	(void)state;
	assert_int_equal(cni_net_parse("10.9.0.0/30", &first.subnet), 0);
	range_sets_add(&sets, &first);
	put("ranges", "{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}");
	assert_int_equal(range_sets_read_file(&sets, path_of("ranges"), &err), 0);
	text = describe(&sets);
	assert_string_equal(text, "[10.9.0.1-10.9.0.2][10.1.0.1-10.1.0.254]");
	/* The same once more overlaps. */
	assert_int_equal(range_sets_read_file(&sets, path_of("ranges"), &err), 0);
	assert_int_equal(range_sets_complete(&sets, &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_string_equal(err.msg, "range set 1 overlaps with 2: 10.1.0.1-10.1.0.254 and "
				     "10.1.0.1-10.1.0.254");
	range_sets_clear(&sets);
}

static void ranges_file__must_be_an_absolute_path(void **state)
{
	static const char *const paths[] = {"ranges", "./ranges", "../ranges", "~/ranges", "x/y"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_refuses(paths[i], CNI_ECONFIG, "is not an absolute path");
}

static void ranges_file__must_be_a_file(void **state)
{
	(void)state;
	assert_refuses(path_of("missing"), CNI_EIO, "No such file or directory");
	assert_refuses(store_dir, CNI_EIO, "is not a regular file");
	assert_refuses("/dev/zero", CNI_EIO, "is not a regular file");
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_refuses(path_of("fifo"), CNI_EIO, "is not a regular file");
	assert_int_equal(symlink("missing", path_of("dangling")), 0);
	assert_refuses(path_of("dangling"), CNI_EIO, "No such file or directory");
	assert_int_equal(symlink("loop", path_of("loop")), 0);
	assert_refuses(path_of("loop"), CNI_EIO, "Too many levels of symbolic links");
}

static void ranges_file__has_a_bound(void **state)
{
	static const char text[] = "{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}";
	enum { MOST = 1024 * 1024 };
	freeing char *data = cni_alloc(MOST + 1);

	(void)state;
	memset(data, ' ', MOST + 1);
	memcpy(data, text, strlen(text));
	put_bytes("ranges", data, MOST);
	assert_reads("ranges", "[10.1.0.1-10.1.0.254]");
	put_bytes("ranges", data, MOST + 1);
	assert_refuses(path_of("ranges"), CNI_EDECODE, "holds more than 1048576 bytes");
}

static void ranges_file__must_say_what_it_should(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} cases[] = {
		{"", CNI_EDECODE, "is empty"},
		{"ranges", CNI_EDECODE, "not valid JSON"},
		{"\x7f\x45LF\x02\x01\xff", CNI_EDECODE, "not valid JSON"},
		{"{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]", CNI_EDECODE, "not valid JSON"},
		{"{\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}}", CNI_EDECODE, "not valid JSON"},
		{"[[{\"subnet\":\"10.1.0.0/24\"}]]", CNI_EDECODE, "expected"},
		{"5", CNI_EDECODE, "expected"},
		{"null", CNI_EDECODE, "expected"},
		{"{}", CNI_ECONFIG, "has no key 'ranges'"},
		{"{\"ranges\":null}", CNI_ECONFIG, "has no key 'ranges'"},
		{"{\"ipam\":{\"ranges\":[]}}", CNI_ECONFIG, "has no key 'ranges'"},
		{"{\"ranges\":5}", CNI_ECONFIG, "'ranges' is 5, expected a list"},
		{"{\"ranges\":{}}", CNI_ECONFIG, "'ranges' is {}, expected a list"},
		{"{\"ranges\":[{\"subnet\":\"10.1.0.0/24\"}]}", CNI_ECONFIG,
		 "'ranges[0]': a range set is {\"subnet\":\"10.1.0.0/24\"}, expected a list"},
		{"{\"ranges\":[[],[[]]]}", CNI_ECONFIG, "'ranges[1]': a range is []"},
		{"{\"ranges\":[[{\"subnet\":\"10.1.0.0\"}]]}", CNI_ECONFIG,
		 "'ranges[0]': 'subnet' is \"10.1.0.0\", expected a prefix in CIDR"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put("ranges", cases[i].text);
		assert_refuses(path_of("ranges"), cases[i].code, cases[i].message);
	}
	put_bytes("ranges", "{\"ranges\":[]}\0", 14);
	assert_refuses(path_of("ranges"), CNI_EDECODE, "holds a NUL byte");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(ranges_file__is_written_as_the_key_is),
		store_test(ranges_file__may_be_a_link),
		store_test(ranges_file__is_appended),
		cmocka_unit_test(ranges_file__must_be_an_absolute_path),
		store_test(ranges_file__must_be_a_file),
		store_test(ranges_file__has_a_bound),
		store_test(ranges_file__must_say_what_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
