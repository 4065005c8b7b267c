/* SPDX-License-Identifier: Apache-2.0 */
/* The listing of a store's leases. */
#include "listing.h"

#include "cleanup.h"
#include "mem.h"
#include "store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(int dir, const char *name, const char *text)
{
	closing int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* The leases as text: "10.1.0.2=c1/eth0 10.1.0.3=?": a held one and an opaque one; a junk one is
 * "10.1.0.4=". The caller frees. */
static char *describe(const struct listing *listing)
{
	char *text = cni_strdup("");

	for (size_t i = 0; i < listing->count; i++) {
		const struct lease *lease = &listing->items[i];
		char ip[CNI_IP_TEXT_SIZE];
		char *longer = cni_format("%s%s%s=%s%s%s%s", text, i ? " " : "",
					  cni_ip_format(&lease->ip, ip),
					  lease->state == LEASE_OPAQUE ? "?" : "", lease->container,
					  *lease->ifname ? "/" : "", lease->ifname);

		free(text);
		text = longer;
	}
	return text;
}

static void assert_listing(int dir, bool tidy, const char *expected)
{
	clearing_listing struct listing listing = {0};
	struct cni_error err = {0};
	freeing char *text = NULL;

	assert_int_equal(listing_read(dir, tidy, &listing, &err), 0);
	text = describe(&listing);
	assert_string_equal(text, expected);
}

static void listing__has_all_leases_in_the_order_of_addresses(void **state)
{
	closing int dir = store_dir_fd();

	(void)state;
	assert_listing(dir, false, "");
	assert_int_equal(listing_count(dir), 0);
	put(dir, "fd00::10", "c4\r\neth0");
	put(dir, "10.1.0.10", "c3\r\neth0");
	put(dir, "10.1.0.9", "c2\r\nnet1");
	put(dir, "fd00::9", "c1");
	put(dir, "9.255.255.255", "c5\r\neth0");
	assert_listing(dir, false,
		       "9.255.255.255=c5/eth0 10.1.0.9=c2/net1 10.1.0.10=c3/eth0 fd00::9=c1 "
		       "fd00::10=c4/eth0");
	/* And again: a directory's descriptor has a position. */
	assert_int_equal(listing_count(dir), 5);
	assert_int_equal(listing_count(dir), 5);
	assert_listing(dir, true,
		       "9.255.255.255=c5/eth0 10.1.0.9=c2/net1 10.1.0.10=c3/eth0 fd00::9=c1 "
		       "fd00::10=c4/eth0");
}

static void listing__has_leases_of_all_states(void **state)
{
	closing int dir = store_dir_fd();

	(void)state;
	put(dir, "10.1.0.2", "c1\r\neth0");
	put(dir, "10.1.0.3", "");
	put(dir, "10.1.0.4", "not an id\r\neth0");
	assert_int_equal(mkdirat(dir, "10.1.0.5", 0700), 0);
	assert_int_equal(symlinkat("10.1.0.2", dir, "10.1.0.6"), 0);
	assert_int_equal(mkfifoat(dir, "10.1.0.7", 0600), 0);
	assert_listing(dir, true,
		       "10.1.0.2=c1/eth0 10.1.0.3= 10.1.0.4= 10.1.0.5=? 10.1.0.6= 10.1.0.7=");
	assert_int_equal(listing_count(dir), 6);
}

static void listing__leaves_other_files_alone(void **state)
{
	static const char *const others[] = {
		"lock",		"last_reserved_ip.0",
		"10.1.0.2.tmp", "010.1.0.2",
		"10.1.0.2 ",	"fd00:0::2",
		"FD00::2",	"fd00::2%lo",
		"10.1.0",	"10.1.0.2~",
		"10.1.0.256",	"::ffff:10.1.0.2",
		"xreserving.0", ".hidden",
	};
	closing int dir = store_dir_fd();

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		put(dir, others[i], "c1\r\neth0");
	assert_listing(dir, true, "");
	assert_int_equal(listing_count(dir), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(faccessat(dir, others[i], F_OK, 0), 0);
}

static void listing__removes_temporary_files_if_it_is_to_tidy(void **state)
{
	closing int dir = store_dir_fd();

	(void)state;
	put(dir, "10.1.0.2", "c1\r\neth0");
	put(dir, ".reserving.0", "c2\r\n");
	put(dir, ".reserving.17", "");
	put(dir, ".reserving.last", "10.1.0.3");
	assert_listing(dir, false, "10.1.0.2=c1/eth0");
	assert_int_equal(faccessat(dir, ".reserving.0", F_OK, 0), 0);
	assert_listing(dir, true, "10.1.0.2=c1/eth0");
	assert_int_equal(faccessat(dir, ".reserving.0", F_OK, 0), -1);
	assert_int_equal(faccessat(dir, ".reserving.17", F_OK, 0), -1);
	assert_int_equal(faccessat(dir, ".reserving.last", F_OK, 0), -1);
}

static void listing__finds_by_address(void **state)
{
	struct cni_ip absent[] = {parsed_ip("10.0.0.0"), parsed_ip("10.1.0.8"), parsed_ip("::"),
				  parsed_ip("fd00::")};
	clearing_listing struct listing listing = {0};
	struct cni_error err = {0};
	closing int dir = store_dir_fd();

	(void)state;
	assert_null(listing_find(&listing, &absent[0]));
	/* More than what there is room for at first. */
	for (int i = 0; i < 200; i += 2) {
		freeing char *name = cni_format("10.1.0.%d", i + 1);

		put(dir, name, "c1\r\neth0");
	}
	assert_int_equal(listing_read(dir, false, &listing, &err), 0);
	assert_int_equal(listing.count, 100);
	for (size_t i = 0; i < listing.count; i++)
		assert_ptr_equal(listing_find(&listing, &listing.items[i].ip), &listing.items[i]);
	for (size_t i = 0; i < 4; i++)
		assert_null(listing_find(&listing, &absent[i]));
}

static void listing__says_that_it_cannot_be_read(void **state)
{
	clearing_listing struct listing listing = {0};
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(listing_read(-1, true, &listing, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_int_equal(err.errnum, EBADF);
	assert_non_null(strstr(err.msg, "read the directory"));
	assert_int_equal(listing.count, 0);
	assert_int_equal(listing_count(-1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(listing__has_all_leases_in_the_order_of_addresses),
		store_test(listing__has_leases_of_all_states),
		store_test(listing__leaves_other_files_alone),
		store_test(listing__removes_temporary_files_if_it_is_to_tidy),
		store_test(listing__finds_by_address),
		store_test(listing__says_that_it_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
