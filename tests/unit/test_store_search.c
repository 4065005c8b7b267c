/* SPDX-License-Identifier: Apache-2.0 */
/* The store's search for an address, where files cannot be opened. */
#include "store_dir.h"

#include "boot.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

/* No file can be opened until the limit is put back. */
static struct rlimit forbid_files(void)
{
	struct rlimit before;
	struct rlimit none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	return before;
}

/* Searches from `first` to `last` without files. The search must fail, and at once: a range of IPv6 has more
 * addresses than anything can look at. */
static void assert_fails(struct store *store, struct pool_rest *rest, const char *first,
			 const char *last)
{
	struct cni_ip from = parsed_ip(first);
	struct cni_ip to = parsed_ip(last);
	struct cni_error err = {0};
	struct cni_ip found;
	struct rlimit before = forbid_files();
	int answer = store_next_free(store, &from, &to, rest, &found, &err);

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(answer, -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_int_equal(err.errnum, EMFILE);
	assert_non_null(strstr(err.msg, first));
}

static void assert_finds(struct store *store, struct pool_rest *rest, const char *first,
			 const char *last, const char *expected)
{
	struct cni_ip wanted = parsed_ip(expected);
	struct cni_ip from = parsed_ip(first);
	struct cni_ip to = parsed_ip(last);
	struct cni_error err = {0};
	struct cni_ip found;

	assert_int_equal(store_next_free(store, &from, &to, rest, &found, &err), 1);
	assert_true(cni_ip_equal(&found, &wanted));
}

static void search__fails_where_no_file_can_be_opened(void **state)
{
	static const struct {
		const char *first, *last;
	} ranges[] = {
		{"10.1.0.3", "10.1.0.3"},
		{"10.1.0.3", "10.1.255.254"},
		{"fd00::3", "fd00::ffff:ffff:ffff:ffff"},
	};
	struct pool_rest rest = {0};
	struct store *store = store_dir_make();

	(void)state;
	store_dir_reserve(store, "10.1.0.2", 0, "c1");
	store_dir_reserve(store, "fd00::2", 1, "c1");
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		assert_fails(store, &rest, ranges[i].first, ranges[i].last);
		assert_finds(store, &rest, ranges[i].first, ranges[i].last, ranges[i].first);
	}
	store_close(store);
}

/* A reader without the lock, as STATUS. */
static void search__of_a_reader_fails_where_no_file_can_be_opened(void **state)
{
	struct pool_rest rest = {0};
	struct store *store = store_dir_make();

	(void)state;
	store_dir_reserve(store, "fd00::2", 0, "c1");
	store_close(store);
	store = store_dir_survey();
	assert_fails(store, &rest, "fd00::3", "fd00::ffff:ffff:ffff:ffff");
	assert_finds(store, &rest, "fd00::2", "fd00::ffff:ffff:ffff:ffff", "fd00::3");
	store_close(store);
}

static void search__fails_where_the_resting_address_cannot_be_read(void **state)
{
	struct pool_rest rest = {.seconds = 3600};
	struct store *store = store_dir_make();
	struct cni_ip ip = parsed_ip("10.1.0.2");
	struct cni_error err = {0};
	struct lease lease;
	struct cni_ip found;

	(void)state;
	store_dir_reserve(store, "10.1.0.2", 0, "c1");
	assert_true(store_read(store, &ip, &lease));
	assert_int_equal(store_release(store, &lease, &err), 0);
	lease_clear(&lease);
	/* Not before the release, which may be in the next second: it would then count as of another clock. */
	rest.now = boot_seconds();
	assert_int_equal(store_next_free(store, &ip, &ip, &rest, &found, &err), 0);
	assert_true(rest.found);
	assert_fails(store, &rest, "10.1.0.2", "10.1.0.2");
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(search__fails_where_no_file_can_be_opened),
		store_test(search__of_a_reader_fails_where_no_file_can_be_opened),
		store_test(search__fails_where_the_resting_address_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
