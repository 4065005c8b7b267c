/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a sidecar: links of one owner without a gap, and what is unreadable. */
#include "records.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- one ---- */

static void record__is_one_link(void **state)
{
	struct record_owner owner = record_owner("c1", "eth0");
	struct record record = records_of("10.1.0.7", "00112233");
	freeing char *first = store_dir_sealed("10.1.0.7 " RECORDS_BOOT " 4:4026532281 00112233");
	freeing char *second =
		store_dir_sealed("10.1.0.7 " RECORDS_BOOT " 4:4026532281:17 00112233");
	freeing char *name = records_name(&owner, "0");
	closing int dir = store_dir_fd();
	char text[160] = "";

	(void)state;
	assert_int_equal(strlen(owner.digits), RECORD_OWNER_SIZE - 1);
	assert_int_equal(strspn(owner.digits, "0123456789abcdef"), RECORD_OWNER_SIZE - 1);
	assert_int_equal(record_put(dir, &owner, &record), 0);
	assert_true(readlinkat(dir, name, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, first);
	record.netns.cookie = 17;
	memset(text, 0, sizeof(text));
	assert_int_equal(record_put(dir, &owner, &record), 0);
	assert_true(readlinkat(dir, name, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, second);
}

static void record__comes_back_as_it_was(void **state)
{
	struct record records[] = {
		records_of("10.1.0.7", "00112233"),
		records_of("1111:2222:3333:4444:5555:6666:7777:8888", "ffffffff"),
		{.ip = parsed_ip("::1")}, /* nothing known but the address */
	};
	struct record_owner owner = record_owner("c1", "eth0");
	closing int dir = store_dir_fd();
	struct record found;

	(void)state;
	records[1].netns =
		(struct netns_id){.dev = UINT64_MAX, .ino = UINT64_MAX, .cookie = UINT64_MAX};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(record_put(dir, &owner, &records[i]), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(record_get(dir, &owner, i, &found), 1);
		assert_true(cni_ip_equal(&found.ip, &records[i].ip));
		assert_string_equal(found.boot.digits, records[i].boot.digits);
		assert_true(found.netns.dev == records[i].netns.dev &&
			    found.netns.ino == records[i].netns.ino &&
			    found.netns.cookie == records[i].netns.cookie);
		assert_string_equal(found.mark, records[i].mark);
		assert_true(record_find(dir, &owner, &records[i].ip, &found));
		assert_string_equal(found.mark, records[i].mark);
	}
	assert_int_equal(record_get(dir, &owner, 3, &found), 0);
}

static void record__is_its_owners_alone(void **state)
{
	static const char *const others[][2] = {{"c1", "net1"}, {"c2", "eth0"}, {"c1", ""}};
	struct record_owner owner = record_owner("c1", "eth0");
	struct cni_ip ip = parsed_ip("10.1.0.7");
	closing int dir = store_dir_fd();
	struct record found;

	(void)state;
	records_put(dir, &owner, "10.1.0.7");
	for (size_t i = 0; i < 3; i++) {
		struct record_owner other = record_owner(others[i][0], others[i][1]);

		assert_false(record_find(dir, &other, &ip, &found));
		assert_int_equal(record_remove(dir, &other, &ip), 0);
	}
	records_assert(dir, &owner, "10.1.0.7 0");
}

static void record__replaces_that_of_the_same_address(void **state)
{
	struct record later = records_of("10.1.0.3", "44556677");
	struct record_owner owner = record_owner("c1", "eth0");
	closing int dir = store_dir_fd();
	struct record found;

	(void)state;
	records_put(dir, &owner, "10.1.0.2");
	records_put(dir, &owner, "10.1.0.3");
	records_put(dir, &owner, "10.1.0.4");
	/* Something that one who was killed has left does not matter. */
	assert_int_equal(symlinkat("left", dir, ".putting"), 0);
	assert_int_equal(record_put(dir, &owner, &later), 0);
	records_assert(dir, &owner, "10.1.0.2 10.1.0.3 10.1.0.4 0");
	assert_int_equal(record_get(dir, &owner, 1, &found), 1);
	assert_string_equal(found.mark, "44556677");
	assert_false(records_has_entry(dir, ".putting"));
}

static void record__leaves_no_gap_when_it_goes(void **state)
{
	static const struct {
		const char *goes, *expected;
	} cases[] = {
		{"10.1.0.3", "10.1.0.2 10.1.0.5 10.1.0.4 0"}, /* from the middle */
		{"10.1.0.2", "10.1.0.4 10.1.0.5 0"},	      /* the first */
		{"10.1.0.9", "10.1.0.4 10.1.0.5 0"},	      /* one that is not there */
		{"10.1.0.5", "10.1.0.4 0"},		      /* the last */
		{"10.1.0.4", "0"},			      /* the only one */
		{"10.1.0.4", "0"},
	};
	struct record_owner owner = record_owner("c1", "eth0");
	closing int dir = store_dir_fd();

	(void)state;
	for (int i = 2; i <= 5; i++) {
		freeing char *address = cni_format("10.1.0.%d", i);

		records_put(dir, &owner, address);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_ip ip = parsed_ip(cases[i].goes);

		assert_int_equal(record_remove(dir, &owner, &ip), 0);
		records_assert(dir, &owner, cases[i].expected);
	}
}

/* ---- unreadable ---- */

static void record__must_say_what_it_should(void **state)
{
	static const char *const garbage[] = {
		"x",
		"10.1.0.7",
		"10.1.0.7 " RECORDS_BOOT,
		"10.1.0.7 " RECORDS_BOOT " 4:5",
		"10.1.0.7 " RECORDS_BOOT " 45 00112233",
		"10.1.0.7 " RECORDS_BOOT " 4:5 00112233 more",
		"10.1.0.7 " RECORDS_BOOT " 4:5 001122334",
		"10.1.0.7 " RECORDS_BOOT "0 4:5 00112233",
		"10.1.0.7 " RECORDS_BOOT " :5 00112233",
		"10.1.0.7 " RECORDS_BOOT " x:5 00112233",
		"10.1.0.7 " RECORDS_BOOT " 4:5x 00112233",
		"10.1.0.700 " RECORDS_BOOT " 4:5 00112233",
		" " RECORDS_BOOT " 4:5 00112233",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb " RECORDS_BOOT
		" 4:5 00112233",
	};
	struct record_owner owner = record_owner("c1", "eth0");
	freeing char *name = records_name(&owner, "0");
	struct cni_ip ip = parsed_ip("10.1.0.7");
	closing int dir = store_dir_fd();
	struct record found;

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		freeing char *sealed = store_dir_sealed(garbage[i]);

		assert_int_equal(symlinkat(sealed, dir, name), 0);
		errno = 0;
		if (record_get(dir, &owner, 0, &found) != -1 || errno != EINVAL)
			fail_msg("\"%s\" was read, or is not said to be wrong", sealed);
		assert_false(record_find(dir, &owner, &ip, &found));
		assert_int_equal(unlinkat(dir, name, 0), 0);
	}
}

/* Damage to any character is found, also where the rest can be read. */
static void record__tells_any_damage(void **state)
{
	freeing char *whole = store_dir_sealed("10.1.0.7 " RECORDS_BOOT " 4:5:17 00112233");
	struct record_owner owner = record_owner("c1", "eth0");
	freeing char *name = records_name(&owner, "0");
	closing int dir = store_dir_fd();
	size_t size = strlen(whole);
	struct record found;

	(void)state;
	assert_int_equal(symlinkat(whole, dir, name), 0);
	assert_int_equal(record_get(dir, &owner, 0, &found), 1);
	for (size_t i = 0; i < 2 * size; i++) {
		freeing char *text = cni_strdup(whole);

		/* Another character, or the end. */
		text[i % size] = i < size ? (char)(text[i % size] ^ 1) : '\0';
		if (!*text)
			continue;
		assert_int_equal(unlinkat(dir, name, 0), 0);
		assert_int_equal(symlinkat(text, dir, name), 0);
		if (record_get(dir, &owner, 0, &found) != -1)
			fail_msg("\"%s\" was read", text);
	}
}

/* A record behind an unreadable one would never be found. */
static void record__is_not_put_behind_one_that_is_unreadable(void **state)
{
	struct record_owner owner = record_owner("c1", "eth0");
	struct record other = records_of("10.1.0.3", "00112233");
	struct record first = records_of("10.1.0.2", "44556677");
	freeing char *second = records_name(&owner, "1");
	freeing char *third = records_name(&owner, "2");
	closing int dir = store_dir_fd();

	(void)state;
	records_put(dir, &owner, "10.1.0.2");
	for (int kind = 0; kind < 4; kind++) {
		records_make_entry(dir, second, kind);
		records_assert(dir, &owner, "10.1.0.2 -1");
		errno = 0;
		assert_int_equal(record_put(dir, &owner, &other), -1);
		assert_int_equal(errno, EIO);
		assert_false(records_has_entry(dir, third));
		/* The record before it can be replaced. */
		assert_int_equal(record_put(dir, &owner, &first), 0);
		records_assert(dir, &owner, "10.1.0.2 -1");
		assert_int_equal(unlinkat(dir, second, kind == 1 ? AT_REMOVEDIR : 0), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(record__is_one_link),
		store_test(record__comes_back_as_it_was),
		store_test(record__is_its_owners_alone),
		store_test(record__replaces_that_of_the_same_address),
		store_test(record__leaves_no_gap_when_it_goes),
		store_test(record__must_say_what_it_should),
		store_test(record__tells_any_damage),
		store_test(record__is_not_put_behind_one_that_is_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
