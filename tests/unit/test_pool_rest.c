/* SPDX-License-Identifier: Apache-2.0 */
/* How long what was released rests in a pool. */
#include "pool.h"

#include "cleanup.h"
#include "store_dir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1000

static void set_released(struct pool *pool, const char *address, uint32_t at)
{
	struct cni_ip ip = parsed_ip(address);

	pool_set_released(pool, &ip, at);
}

/* At NOW, with a rest of `seconds`. `expected` NULL: there is none that has rested; `oldest` NULL:
 * none that rests either. */
static void assert_rested(struct pool *pool, uint32_t seconds, const char *first, const char *last,
			  const char *expected, const char *oldest)
{
	struct pool_rest rest = {.seconds = seconds, .now = NOW};
	struct cni_ip from = parsed_ip(first);
	struct cni_ip to = parsed_ip(last);
	char text[CNI_IP_TEXT_SIZE];
	struct cni_ip ip;

	if (pool_next_free(pool, &from, &to, &rest, &ip))
		assert_string_equal(cni_ip_format(&ip, text), expected ? expected : "none");
	else
		assert_null(expected);
	assert_int_equal(rest.found, oldest != NULL);
	if (oldest)
		assert_string_equal(cni_ip_format(&rest.oldest, text), oldest);
}

static void rest__is_counted_from_the_release(void **state)
{
	static const struct {
		uint32_t at, seconds;
		bool rests;
	} cases[] = {
		{NOW, 1, true},
		{NOW - 9, 10, true},
		{NOW - 10, 10, false},
		{NOW - 11, 10, false},
		{0, NOW + 1, true},
		{0, NOW, false},
		{NOW, 0, false},
		{NOW + 1, 10, false},
		{NOW + 100000, 10, false},
		{UINT32_MAX, 10, false},
		{0, UINT32_MAX, true},
		{NOW, UINT32_MAX, true},
		{NOW + 1, UINT32_MAX, false},
		{NOW + 2, UINT32_MAX, false},
		{NOW + 0x90000000, INT32_MAX, false},
	};
	closing int dir = store_dir_fd();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_pool struct pool *pool = pool_new(dir, false);
		bool rests = cases[i].rests;

		set_released(pool, "10.1.0.5", cases[i].at);
		assert_rested(pool, cases[i].seconds, "10.1.0.5", "10.1.0.6",
			      rests ? "10.1.0.6" : "10.1.0.5", rests ? "10.1.0.5" : NULL);
		assert_rested(pool, cases[i].seconds, "10.1.0.5", "10.1.0.5",
			      rests ? NULL : "10.1.0.5", rests ? "10.1.0.5" : NULL);
	}
}

static void rest__says_who_has_rested_longest(void **state)
{
	closing int dir = store_dir_fd();
	freeing_pool struct pool *pool = pool_new(dir, false);
	struct cni_ip taken = parsed_ip("10.1.0.8");

	(void)state;
	set_released(pool, "10.1.0.5", NOW - 3);
	set_released(pool, "10.1.0.6", NOW - 9);
	set_released(pool, "10.1.0.7", NOW - 9);
	set_released(pool, "10.1.0.8", NOW - 10);
	set_released(pool, "10.2.0.0", NOW - 50);
	/* A taken address does not rest. */
	pool_take(pool, &taken, true);
	assert_rested(pool, 100, "10.1.0.5", "10.1.0.8", NULL, "10.1.0.6");
	assert_rested(pool, 100, "10.1.0.5", "10.1.0.5", NULL, "10.1.0.5");
	assert_rested(pool, 9, "10.1.0.5", "10.1.0.8", "10.1.0.6", "10.1.0.5");
	/* Over words and pieces, and those that were never released before all. */
	assert_rested(pool, 100, "10.1.0.5", "10.1.0.9", "10.1.0.9", "10.1.0.6");
	set_released(pool, "10.1.255.255", NOW - 9);
	assert_rested(pool, 100, "10.1.255.255", "10.2.0.0", NULL, "10.2.0.0");
	assert_rested(pool, 100, "10.1.255.255", "10.2.0.1", "10.2.0.1", "10.2.0.0");
	assert_rested(pool, 50, "10.1.255.255", "10.2.0.0", "10.2.0.0", "10.1.255.255");
}

/* A set of several ranges is asked for in several steps. */
static void rest__is_compared_over_several_searches(void **state)
{
	closing int dir = store_dir_fd();
	freeing_pool struct pool *pool = pool_new(dir, false);
	struct pool_rest rest = {.seconds = 100, .now = NOW};
	struct cni_ip ips[] = {parsed_ip("10.1.0.5"), parsed_ip("10.1.0.9"), parsed_ip("10.1.0.7")};
	struct cni_ip found;

	(void)state;
	set_released(pool, "10.1.0.5", NOW - 3);
	set_released(pool, "10.1.0.9", NOW - 4);
	set_released(pool, "10.1.0.7", NOW - 2);
	for (size_t i = 0; i < 3; i++)
		assert_false(pool_next_free(pool, &ips[i], &ips[i], &rest, &found));
	assert_true(rest.found);
	assert_true(cni_ip_equal(&rest.oldest, &ips[1]));
	assert_int_equal(rest.oldest_at, NOW - 4);
}

static void assert_released(struct pool *pool, const char *address, bool expected, uint32_t at)
{
	struct cni_ip ip = parsed_ip(address);
	uint32_t seconds;

	assert_int_equal(pool_get_released(pool, &ip, &seconds), expected);
	if (expected)
		assert_int_equal(seconds, at);
}

static void rest__is_on_the_disk_at_once(void **state)
{
	closing int dir = store_dir_fd();
	freeing_pool struct pool *pool = pool_new(dir, false);
	freeing_pool struct pool *other = pool_new(dir, true);
	freeing_pool struct pool *memory = pool_new(-1, true);

	(void)state;
	assert_released(pool, "10.1.0.5", false, 0);
	set_released(pool, "10.1.0.5", 0);
	set_released(pool, "fd00::5", 7);
	/* Also what was asked for before. */
	assert_released(pool, "10.1.0.5", true, 0);
	assert_released(pool, "10.1.0.6", false, 0);
	assert_released(pool, "fd00::5", true, 7);
	set_released(pool, "fd00::5", 9);
	assert_released(pool, "fd00::5", true, 9);
	/* It is no matter of being taken. */
	assert_released(other, "10.1.0.5", true, 0);
	assert_int_equal(pool_save(other), 0);
	assert_released(other, "fd00::5", true, 9);
	set_released(memory, "10.1.0.5", 1);
	assert_released(memory, "10.1.0.5", false, 0);
	assert_rested(memory, 100, "10.1.0.5", "10.1.0.5", "10.1.0.5", NULL);
}

static void rest__is_forgotten(void **state)
{
	closing int dir = store_dir_fd();
	freeing_pool struct pool *pool = pool_new(dir, false);
	freeing_pool struct pool *after = pool_new(dir, false);
	struct cni_ip ip = parsed_ip("10.1.0.5");

	(void)state;
	pool_take(pool, &ip, true);
	assert_int_equal(pool_save(pool), 0);
	set_released(pool, "10.1.0.6", NOW);
	set_released(pool, "fd00::5", NOW);
	pool_forget_released(dir);
	pool_forget_released(dir);
	assert_released(after, "10.1.0.6", false, 0);
	assert_released(after, "fd00::5", false, 0);
	/* And nothing else. */
	assert_true(pool_is_taken(after, &ip));
}

static void rest__takes_what_is_missing_in_its_file_for_never(void **state)
{
	char path[256];
	closing int dir = store_dir_fd();

	(void)state;
	snprintf(path, sizeof(path), "%s/10.1.0.0.released", store_dir);
	for (int kind = 0; kind < 4; kind++) {
		freeing_pool struct pool *pool = pool_new(dir, false);

		if (kind == 0)
			assert_int_equal(mkdir(path, 0700), 0);
		else if (kind == 1)
			store_dir_link(path);
		else if (kind == 2)
			assert_int_equal(mkfifo(path, 0600), 0);
		set_released(pool, "10.1.0.5", NOW);
		if (kind == 1)
			store_dir_assert_target();
		if (kind == 3)
			assert_int_equal(truncate(path, 20), 0);
		assert_released(pool, "10.1.0.5", false, 0);
		assert_rested(pool, 100, "10.1.0.5", "10.1.0.5", "10.1.0.5", NULL);
		assert_int_equal(kind ? unlink(path) : rmdir(path), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(rest__is_counted_from_the_release),
		store_test(rest__says_who_has_rested_longest),
		store_test(rest__is_compared_over_several_searches),
		store_test(rest__is_on_the_disk_at_once),
		store_test(rest__is_forgotten),
		store_test(rest__takes_what_is_missing_in_its_file_for_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
