/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of a range set: taken, free and stale addresses. */
#include "pool.h"

#include "cleanup.h"
#include "mem.h"
#include "store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void take(struct pool *pool, const char *address, bool this_boot)
{
	struct cni_ip ip = parsed_ip(address);

	pool_take(pool, &ip, this_boot);
}

static void take_all(struct pool *pool, const char *first, const char *last)
{
	struct cni_ip end = parsed_ip(last);

	for (struct cni_ip ip = parsed_ip(first); cni_ip_compare(&ip, &end) <= 0;
	     ip = cni_ip_next(&ip))
		pool_take(pool, &ip, true);
}

static void release(struct pool *pool, const char *address)
{
	struct cni_ip ip = parsed_ip(address);

	pool_release(pool, &ip);
}

static bool is_taken(struct pool *pool, const char *address)
{
	struct cni_ip ip = parsed_ip(address);

	return pool_is_taken(pool, &ip);
}

typedef bool finder(struct pool *pool, const struct cni_ip *first, const struct cni_ip *last,
		    struct cni_ip *ret_ip);

static bool find_free(struct pool *pool, const struct cni_ip *first, const struct cni_ip *last,
		      struct cni_ip *ret_ip)
{
	struct pool_rest none = {0};

	return pool_next_free(pool, first, last, &none, ret_ip);
}

/* `expected` NULL: there is none. */
static void assert_finds(finder *find, struct pool *pool, const char *first, const char *last,
			 const char *expected)
{
	struct cni_ip from = parsed_ip(first);
	struct cni_ip to = parsed_ip(last);
	char text[CNI_IP_TEXT_SIZE];
	struct cni_ip ip;

	if (find(pool, &from, &to, &ip))
		assert_string_equal(cni_ip_format(&ip, text), expected ? expected : "none");
	else
		assert_null(expected);
}

static void assert_free(struct pool *pool, const char *first, const char *last,
			const char *expected)
{
	assert_finds(find_free, pool, first, last, expected);
}

static void assert_stale(struct pool *pool, const char *first, const char *last,
			 const char *expected)
{
	assert_finds(pool_next_stale, pool, first, last, expected);
}

/* ---- taken and free ---- */

static void pool__knows_what_is_taken(void **state)
{
	freeing_pool struct pool *pool = pool_new(-1, true);

	(void)state;
	assert_false(is_taken(pool, "10.1.0.5"));
	assert_int_equal(pool_count(pool), 0);
	take(pool, "10.1.0.5", true);
	take(pool, "10.1.0.5", false);
	take(pool, "10.2.0.5", true);
	take(pool, "fd00::5", true);
	assert_true(is_taken(pool, "10.1.0.5"));
	assert_false(is_taken(pool, "10.1.0.4"));
	assert_false(is_taken(pool, "10.1.0.6"));
	assert_true(is_taken(pool, "fd00::5"));
	/* The same last 16 bits elsewhere. */
	assert_false(is_taken(pool, "10.3.0.5"));
	assert_false(is_taken(pool, "fd01::5"));
	assert_int_equal(pool_count(pool), 3);
	assert_int_equal(pool_change(pool), 3);
	release(pool, "10.1.0.5");
	release(pool, "10.9.0.5");
	release(pool, "10.1.0.6");
	assert_false(is_taken(pool, "10.1.0.5"));
	assert_true(is_taken(pool, "10.2.0.5"));
	assert_int_equal(pool_count(pool), 2);
	assert_int_equal(pool_change(pool), 2);
}

/* Words of 64 bits, pieces of 65,536 addresses, and the ends of the families. */
static void pool__finds_the_next_free_one(void **state)
{
	static const struct {
		const char *taken_first, *taken_last; /* both inclusive */
		const char *first, *last, *expected;
	} cases[] = {
		{"10.1.0.0", "10.1.0.62", "10.1.0.0", "10.1.0.200", "10.1.0.63"},
		{"10.1.0.0", "10.1.0.63", "10.1.0.0", "10.1.0.200", "10.1.0.64"},
		{"10.1.0.0", "10.1.0.64", "10.1.0.0", "10.1.0.200", "10.1.0.65"},
		{"10.1.0.63", "10.1.0.64", "10.1.0.63", "10.1.0.65", "10.1.0.65"},
		{"10.1.0.0", "10.1.0.127", "10.1.0.70", "10.1.0.128", "10.1.0.128"},
		/* Free addresses before and behind the range do not count. */
		{"10.1.0.10", "10.1.0.20", "10.1.0.10", "10.1.0.20", NULL},
		{"10.1.0.60", "10.1.0.63", "10.1.0.60", "10.1.0.63", NULL},
		{"10.1.0.64", "10.1.0.64", "10.1.0.64", "10.1.0.64", NULL},
		{"10.1.0.64", "10.1.0.64", "10.1.0.63", "10.1.0.64", "10.1.0.63"},
		{"10.1.255.254", "10.1.255.255", "10.1.255.254", "10.2.0.5", "10.2.0.0"},
		{"10.1.255.254", "10.2.0.0", "10.1.255.254", "10.2.0.5", "10.2.0.1"},
		{"10.1.255.200", "10.2.0.70", "10.1.255.255", "10.2.0.70", NULL},
		{"10.1.255.255", "10.1.255.255", "10.1.255.255", "10.3.0.0", "10.2.0.0"},
		{"fd00::1", "fd00::fffe", "fd00::1", "fd00::1:5", "fd00::ffff"},
		{"fd00::1", "fd00::ffff", "fd00::1", "fd00::1:5", "fd00::1:0"},
		{"fd00::fff0", "fd00::1:3f", "fd00::fff0", "fdff::", "fd00::1:40"},
		{"fd00::ffff:ffff:ffff:ffff", "fd00::ffff:ffff:ffff:ffff",
		 "fd00::ffff:ffff:ffff:ffff", "fdff::", "fd00:0:0:1::"},
		/* Up to the last address there is, and not round from the first. */
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"255.255.255.248", "255.255.255.254", "255.255.255.248", "255.255.255.255",
		 "255.255.255.255"},
		{"::", "::7", "::", "::ffff:ffff", "::8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_pool struct pool *pool = pool_new(-1, true);

		take_all(pool, cases[i].taken_first, cases[i].taken_last);
		assert_free(pool, cases[i].first, cases[i].last, cases[i].expected);
	}
}

static void pool__ends_with_the_family(void **state)
{
	static const char *const ends[] = {"255.255.255.255",
					   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	freeing_pool struct pool *pool = pool_new(-1, true);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_free(pool, ends[i], ends[i], ends[i]);
		take(pool, ends[i], true);
		assert_free(pool, ends[i], ends[i], NULL);
		assert_stale(pool, ends[i], ends[i], NULL);
		take(pool, ends[i], false);
		assert_stale(pool, ends[i], ends[i], ends[i]);
	}
}

static void pool__finds_what_is_of_an_earlier_boot(void **state)
{
	freeing_pool struct pool *pool = pool_new(-1, true);

	(void)state;
	assert_stale(pool, "10.1.0.0", "10.1.0.255", NULL);
	take_all(pool, "10.1.0.0", "10.1.0.255");
	take(pool, "10.1.0.5", false);
	take(pool, "10.1.0.63", false);
	take(pool, "10.1.0.64", false);
	assert_stale(pool, "10.1.0.0", "10.1.0.255", "10.1.0.5");
	assert_stale(pool, "10.1.0.6", "10.1.0.255", "10.1.0.63");
	assert_stale(pool, "10.1.0.64", "10.1.0.255", "10.1.0.64");
	assert_stale(pool, "10.1.0.6", "10.1.0.62", NULL);
	assert_stale(pool, "10.1.0.65", "10.1.0.255", NULL);
	/* Taken again now, and released. */
	take(pool, "10.1.0.5", true);
	assert_stale(pool, "10.1.0.0", "10.1.0.255", "10.1.0.63");
	release(pool, "10.1.0.63");
	assert_stale(pool, "10.1.0.0", "10.1.0.255", "10.1.0.64");
	/* In the piece behind. */
	take_all(pool, "10.1.255.0", "10.1.255.255");
	take(pool, "10.2.0.1", false);
	assert_stale(pool, "10.1.255.0", "10.2.0.5", "10.2.0.1");
	assert_stale(pool, "10.1.255.0", "10.2.0.0", NULL);
}

/* ---- files ---- */

static void pool__comes_back_from_its_files(void **state)
{
	static const char *const taken[] = {"10.1.0.0", "10.1.0.64",	"10.1.255.255",
					    "10.2.0.1", "fd00::1:2:63", "::5"};
	enum { COUNT = sizeof(taken) / sizeof(*taken) };
	closing int dir = store_dir_fd();

	(void)state;
	/* Each in a pool of its own: what one writes leaves what another wrote. */
	for (size_t i = 0; i < COUNT; i++) {
		freeing_pool struct pool *pool = pool_new(dir, false);

		take(pool, taken[i], i % 2);
		assert_int_equal(pool_save(pool), 0);
	}
	for (size_t i = 0; i < COUNT; i++) {
		freeing_pool struct pool *pool = pool_new(dir, false);

		assert_true(is_taken(pool, taken[i]));
		assert_stale(pool, taken[i], taken[i], i % 2 ? NULL : taken[i]);
		/* Unrequested addresses count as well. */
		assert_int_equal(pool_count(pool), COUNT - i);
		release(pool, taken[i]);
		assert_int_equal(pool_save(pool), 0);
		assert_int_equal(pool_save(pool), 0);
		take(pool, "10.1.0.77", true); /* which is not saved */
	}
	{
		freeing_pool struct pool *pool = pool_new(dir, false);

		assert_int_equal(pool_count(pool), 0);
	}
}

static void pool__when_blank_believes_no_file(void **state)
{
	closing int dir = store_dir_fd();
	freeing_pool struct pool *old = pool_new(dir, false);
	freeing_pool struct pool *blank = pool_new(dir, true);
	freeing_pool struct pool *after = NULL;

	(void)state;
	take(old, "10.1.0.5", true);
	take(old, "10.2.0.5", true);
	assert_int_equal(pool_save(old), 0);
	assert_false(is_taken(blank, "10.1.0.5"));
	assert_free(blank, "10.1.0.5", "10.1.0.5", "10.1.0.5");
	assert_int_equal(pool_count(blank), 0);
	take(blank, "10.1.0.6", true);
	assert_int_equal(pool_count(blank), 1);
	/* The files are then about what it knows, and nothing else. */
	assert_int_equal(pool_save(blank), 0);
	assert_false(is_taken(blank, "10.2.0.5"));
	after = pool_new(dir, false);
	assert_int_equal(pool_count(after), 1);
	assert_true(is_taken(after, "10.1.0.6"));
}

/* The sidecar's head counts by it, without a look at files of other pieces. */
static void pool__knows_by_how_many_it_changed(void **state)
{
	closing int dir = store_dir_fd();
	freeing_pool struct pool *old = pool_new(dir, false);
	freeing_pool struct pool *next = pool_new(dir, false);
	freeing_pool struct pool *blank = pool_new(dir, true);

	(void)state;
	take(old, "10.1.0.5", true);
	take(old, "10.2.0.5", true);
	take(old, "10.2.0.6", true);
	assert_int_equal(pool_save(old), 0);
	assert_int_equal(pool_change(next), 0);
	take(next, "10.1.0.5", true);
	assert_int_equal(pool_change(next), 0);
	take(next, "10.1.0.6", true);
	assert_int_equal(pool_change(next), 1);
	release(next, "10.2.0.5");
	release(next, "10.2.0.6");
	assert_int_equal(pool_change(next), -1);
	assert_int_equal(pool_save(next), 0);
	assert_int_equal(pool_change(next), -1);
	assert_int_equal(pool_count(next), 2);
	take(blank, "10.1.0.5", true);
	assert_int_equal(pool_change(blank), 1);
}

static const char *bits_path(void)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/10.1.0.0.bits", store_dir);
	return path;
}

static void save_two(int dir)
{
	freeing_pool struct pool *pool = pool_new(dir, false);

	take(pool, "10.1.0.5", true);
	take(pool, "10.1.9.5", true);
	assert_int_equal(pool_save(pool), 0);
}

static void pool__takes_what_is_missing_in_a_file_for_zeroes(void **state)
{
	static const struct {
		off_t size; /* -1: no file at all */
		size_t count;
		const char *stale; /* of 10.1.0.5 */
	} cases[] = {
		{-1, 0, NULL},	       {0, 0, NULL},	{9, 1, "10.1.0.5"}, {200, 1, "10.1.0.5"},
		{8192, 2, "10.1.0.5"}, {8201, 2, NULL}, {16384, 2, NULL},   {1 << 20, 2, NULL},
	};
	closing int dir = store_dir_fd();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_pool struct pool *pool = pool_new(dir, false);

		save_two(dir);
		if (cases[i].size < 0)
			assert_int_equal(unlink(bits_path()), 0);
		else
			assert_int_equal(truncate(bits_path(), cases[i].size), 0);
		assert_int_equal(pool_count(pool), cases[i].count);
		assert_stale(pool, "10.1.0.5", "10.1.0.5", cases[i].stale);
		/* And goes on from there. */
		take(pool, "10.1.0.6", true);
		assert_int_equal(pool_save(pool), 0);
		unlink(bits_path());
	}
}

static void pool__is_free_where_its_file_is_none(void **state)
{
	closing int dir = store_dir_fd();

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		freeing_pool struct pool *pool = pool_new(dir, false);

		if (kind == 0)
			assert_int_equal(mkdir(bits_path(), 0700), 0);
		else if (kind == 1)
			store_dir_link(bits_path());
		else
			assert_int_equal(mkfifo(bits_path(), 0600), 0);
		assert_int_equal(pool_count(pool), 0);
		assert_free(pool, "10.1.0.5", "10.1.0.9", "10.1.0.5");
		assert_stale(pool, "10.1.0.5", "10.1.0.9", NULL);
		take(pool, "10.1.0.5", true);
		assert_int_equal(pool_save(pool), -1);
		if (kind == 1)
			store_dir_assert_target();
		assert_int_equal(kind ? unlink(bits_path()) : rmdir(bits_path()), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool__knows_what_is_taken),
		cmocka_unit_test(pool__finds_the_next_free_one),
		cmocka_unit_test(pool__ends_with_the_family),
		cmocka_unit_test(pool__finds_what_is_of_an_earlier_boot),
		store_test(pool__comes_back_from_its_files),
		store_test(pool__when_blank_believes_no_file),
		store_test(pool__knows_by_how_many_it_changed),
		store_test(pool__takes_what_is_missing_in_a_file_for_zeroes),
		store_test(pool__is_free_where_its_file_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
