/* SPDX-License-Identifier: Apache-2.0 */
/* Leases in the store: found, reserved and released. */
#include "store_dir.h"

#include "cleanup.h"
#include "mem.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void store__writes_the_go_plugins_files(void **state)
{
	struct store *store = store_dir_make();
	struct stat st;

	(void)state;
	store_dir_reserve(store, "10.1.0.2", 0, "c1");
	store_dir_reserve(store, "fd00::2", 1, "c1");
	store_close(store);
	store_dir_assert("10.1.0.2", "c1\r\neth0");
	store_dir_assert("fd00::2", "c1\r\neth0");
	store_dir_assert("last_reserved_ip.0", "10.1.0.2");
	store_dir_assert("last_reserved_ip.1", "fd00::2");
	assert_int_equal(stat(store_dir_path("10.1.0.2"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(stat(store_dir_path("last_reserved_ip.0"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(stat(store_dir_path(""), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_true(store_dir_has("lock"));
}

/* The head of the sidecar counts what is taken: a wrong count would be read again at once. */
static void store__counts_what_is_taken(void **state)
{
	struct store *store = store_dir_make();
	struct lease lease;
	struct cni_error err;
	struct cni_ip ip = parsed_ip("10.1.0.2");

	(void)state;
	store_dir_reserve(store, "10.1.0.2", 0, "c1");
	store_dir_reserve(store, "fd00::2", 1, "c1");
	store_close(store);
	store = store_dir_make();
	store_dir_reserve(store, "10.2.0.2", 0, "c2");
	store_close(store);
	store = store_dir_make();
	assert_false(store_look_again(store));
	assert_true(store_read(store, &ip, &lease));
	assert_int_equal(store_release(store, &lease, &err), 0);
	lease_clear(&lease);
	store_close(store);
	store = store_dir_make();
	assert_false(store_look_again(store));
	store_close(store);
}

static void store__finds_what_was_reserved(void **state)
{
	static const char *const files[][2] = {
		{"10.1.0.2", "c1\r\neth0"}, {"10.1.0.3", "c1\r\nnet1"},
		{"10.1.0.4", "c1"},	    {"10.1.0.5", "c2 \n"},
		{"fd00::2", "c1\r\neth0"},  {"last_reserved_ip.0", "10.1.0.5"},
	};
	struct cni_ip old_ip = parsed_ip("10.1.0.5");
	struct cni_ip v4 = parsed_ip("10.1.0.2");
	struct listing leases;
	struct cni_error err;
	struct cni_ip last;
	struct store *store;

	(void)state;
	store_dir_fill(files, 6);
	store = store_dir_look();
	store_dir_assert_holder(store, "10.1.0.2", "c1", "eth0");
	store_dir_assert_holder(store, "10.1.0.9", NULL, NULL);
	store_dir_assert_holder(store, "10.1.0.5", "c2", "");
	assert_int_equal(store_find_owner(store, "c1", "eth0", &leases, &err), 0);
	assert_int_equal(leases.count, 2);
	assert_true(cni_ip_equal(&leases.items[0].ip, &v4));
	listing_clear(&leases);
	/* Only what holds no interface's name stands for any interface, and only if nothing better
	 * is. */
	assert_int_equal(store_find_owner(store, "c2", "eth7", &leases, &err), 0);
	assert_int_equal(leases.count, 1);
	assert_true(cni_ip_equal(&leases.items[0].ip, &old_ip));
	listing_clear(&leases);
	assert_int_equal(store_find_owner(store, "c", "eth0", &leases, &err), 0);
	assert_int_equal(leases.count, 0);
	assert_true(store_last(store, 0, &last));
	assert_true(cni_ip_equal(&last, &old_ip));
	assert_false(store_last(store, 1, &last));
	store_close(store);
}

static void store__sees_leases_only_in_files_named_like_addresses(void **state)
{
	static const char *const files[][2] = {
		{"10.1.0.2", "c1\r\neth0"},	{"fd00:0::2", "c1\r\neth0"},
		{"10.1.0.2.tmp", "c1\r\neth0"}, {".10.1.0.3", "c1\r\neth0"},
		{"notes", "c1\r\neth0"},	{"::ffff:10.1.0.7", "c1\r\neth0"},
	};
	struct listing leases;
	struct cni_error err;
	struct store *store;

	(void)state;
	store_dir_fill(files, 6);
	store = store_dir_look();
	assert_int_equal(store_find_owner(store, "c1", "eth0", &leases, &err), 0);
	assert_int_equal(leases.count, 1);
	listing_clear(&leases);
	assert_int_equal(store_list(store, &leases, &err), 0);
	assert_int_equal(leases.count, 1);
	listing_clear(&leases);
	store_close(store);
}

static void store__takes_junk_for_free(void **state)
{
	static const char *const files[][2] = {{"10.1.0.2", ""}, {"10.1.0.3", " \r\n"}};
	struct cni_ip ips[] = {parsed_ip("10.1.0.2"), parsed_ip("10.1.0.3"), parsed_ip("10.1.0.4"),
			       parsed_ip("10.1.0.5")};
	static const char zeroes[16];
	struct store *store;

	(void)state;
	store_dir_fill(files, 2);
	store_dir_link(store_dir_path("10.1.0.4"));
	store_dir_put("10.1.0.5", "");
	{
		closing int fd = open(store_dir_path("10.1.0.5"), O_WRONLY);

		assert_int_equal(write(fd, zeroes, sizeof(zeroes)), sizeof(zeroes));
	}
	store = store_dir_make();
	for (size_t i = 0; i < 4; i++) {
		char text[CNI_IP_TEXT_SIZE];

		cni_ip_format(&ips[i], text);
		store_dir_assert_holder(store, text, NULL, NULL);
		store_dir_reserve(store, text, 0, "c1");
		store_dir_assert(text, "c1\r\neth0");
	}
	store_close(store);
}

static void store__does_not_hand_out_what_it_cannot_read(void **state)
{
	struct cni_ip asked = parsed_ip("10.1.0.2");
	struct lease lease;
	struct store *store;

	(void)state;
	store_dir_fill(NULL, 0);
	assert_int_equal(mkdir(store_dir_path("10.1.0.2"), 0700), 0);
	store = store_dir_look();
	assert_true(store_read(store, &asked, &lease));
	assert_int_equal(lease.state, LEASE_OPAQUE);
	assert_int_equal(lease.errnum, EISDIR);
	lease_clear(&lease);
	store_close(store);
}

static void store__releases(void **state)
{
	static const char *const files[][2] = {{"10.1.0.2", "c1\r\neth0"}, {"10.1.0.3", "c2"}};
	struct cni_error err = {0};
	struct listing leases;
	struct store *store;

	(void)state;
	store_dir_fill(files, 2);
	store = store_dir_open();
	assert_int_equal(store_list(store, &leases, &err), 0);
	assert_int_equal(store_release(store, &leases.items[0], &err), 0);
	assert_int_equal(store_release(store, &leases.items[0], &err), 0);
	listing_clear(&leases);
	store_close(store);
	assert_false(store_dir_has("10.1.0.2"));
	assert_true(store_dir_has("10.1.0.3"));
}

static void store__reserves_all_or_nothing(void **state)
{
	static const char *const files[][2] = {{"last_reserved_ip.0", "10.1.0.77"}};
	struct store_claim claims[] = {{.ip = parsed_ip("10.1.0.2"), .set = 0},
				       {.ip = parsed_ip("10.2.0.2"), .set = 2},
				       {.ip = parsed_ip("fd00::2"), .set = 1}};
	struct cni_error err = {0};
	struct store *store;

	(void)state;
	store_dir_fill(files, 1);
	/* A directory is in the way of the very last step. */
	assert_int_equal(mkdir(store_dir_path("last_reserved_ip.1"), 0700), 0);
	store = store_dir_make();
	assert_int_equal(store_dir_claim(store, claims, 3, "c1", &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_non_null(strstr(err.msg, "last_reserved_ip.1"));
	assert_non_null(strstr(err.msg, store_dir));
	store_close(store);
	assert_false(store_dir_has("10.1.0.2"));
	assert_false(store_dir_has("10.2.0.2"));
	assert_false(store_dir_has("fd00::2"));
	assert_false(store_dir_has("last_reserved_ip.2"));
	assert_false(store_dir_has(".reserving.0"));
	store_dir_assert("last_reserved_ip.0", "10.1.0.77");
}

static void store__yields_to_a_writer_without_the_lock(void **state)
{
	struct store_claim claims[] = {{.ip = parsed_ip("10.1.0.2")},
				       {.ip = parsed_ip("fd00::2"), .set = 1}};
	struct cni_error err = {0};
	struct store *store;

	(void)state;
	store_dir_fill(NULL, 0);
	store = store_dir_make();
	store_dir_put("fd00::2", "c9\r\neth0");
	assert_int_equal(store_dir_claim(store, claims, 2, "c1", &err), -1);
	assert_int_equal(err.code, CNI_ETAKEN);
	store_close(store);
	store_dir_assert("fd00::2", "c9\r\neth0");
	assert_false(store_dir_has("10.1.0.2"));
	assert_false(store_dir_has("last_reserved_ip.0"));
	assert_false(store_dir_has(".reserving.0"));
}

/* ---- damage ---- */

static void put_bytes(const char *name, const char *data, size_t size)
{
	closing int fd = -1;

	store_dir_put(name, "");
	fd = open(store_dir_path(name), O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
}

/* The number of leases that the container's interface has. */
static size_t count_leases(struct store *store, const char *container, const char *ifname)
{
	struct listing leases;
	struct cni_error err;
	size_t count;

	assert_int_equal(store_find_owner(store, container, ifname, &leases, &err), 0);
	count = leases.count;
	listing_clear(&leases);
	return count;
}

/* C would read a text that a NUL cuts as the text before it. */
static void store__knows_a_lease_by_its_whole_text(void **state)
{
	static const char id[] = "c1\0x";
	static const char id_and_ifname[] = "c1\0x\r\neth0";
	static const char ifname[] = "c1\r\neth0\0x";
	struct store *store;

	(void)state;
	store_dir_fill(NULL, 0);
	put_bytes("10.1.0.2", id, sizeof(id) - 1);
	put_bytes("10.1.0.3", id_and_ifname, sizeof(id_and_ifname) - 1);
	put_bytes("10.1.0.4", ifname, sizeof(ifname) - 1);
	store = store_dir_look();
	assert_int_equal(count_leases(store, "c1", "eth0"), 0);
	assert_int_equal(count_leases(store, "c1", "net1"), 0);
	store_dir_assert_holder(store, "10.1.0.2", NULL, NULL);
	store_dir_assert_holder(store, "10.1.0.3", NULL, NULL);
	store_dir_assert_holder(store, "10.1.0.4", "c1", "eth0 x");
	store_close(store);
}

/* The container's k-th record holds `text` from now on, while the time of its directory is as before:
 * the sidecar counts as current. */
static void damage_record(const char *container, int k, const char *text)
{
	freeing char *directory = cni_format("%s/.cni-c/blue/owners", store_dir);
	struct record_owner owner = record_owner(container, "eth0");
	freeing char *path = cni_format("%s/%s.%d", directory, owner.digits, k);
	freeing char *sealed = store_dir_sealed(text);
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	struct stat st;

	assert_int_equal(stat(directory, &st), 0);
	times[1] = st.st_mtim;
	unlink(path);
	assert_int_equal(symlink(sealed, path), 0);
	assert_int_equal(utimensat(AT_FDCWD, directory, times, 0), 0);
}

/* The record names a free address, another container's, one of the other family, none; or is one too
 * many. */
static void store__finds_a_lease_that_its_record_does_not_name(void **state)
{
	static const struct {
		int k;
		const char *text;
	} damages[] = {
		{0, "10.1.0.9 0123456789abcdef 4:7 00112233"},
		{0, "10.1.0.3 0123456789abcdef 4:7 00112233"},
		{0, "fd00::9 0123456789abcdef 4:7 00112233"},
		{0, "10.1.0.2"},
		{1, "10.1.0.9 0123456789abcdef 4:7 00112233"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct store *store = store_dir_make();

		store_dir_reserve(store, "10.1.0.2", 0, "c1");
		store_dir_reserve(store, "10.1.0.3", 0, "c2");
		store_close(store);
		damage_record("c1", damages[i].k, damages[i].text);
		store = store_dir_open();
		assert_int_equal(count_leases(store, "c1", "eth0"), 1);
		assert_int_equal(count_leases(store, "c2", "eth0"), 1);
		store_close(store);
		/* The sidecar has learned anew. */
		store = store_dir_open();
		assert_int_equal(count_leases(store, "c1", "eth0"), 1);
		store_close(store);
		assert_int_equal(store_dir_teardown(state), 0);
		assert_int_equal(store_dir_setup(state), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(store__writes_the_go_plugins_files),
		store_test(store__counts_what_is_taken),
		store_test(store__finds_what_was_reserved),
		store_test(store__sees_leases_only_in_files_named_like_addresses),
		store_test(store__takes_junk_for_free),
		store_test(store__does_not_hand_out_what_it_cannot_read),
		store_test(store__releases),
		store_test(store__reserves_all_or_nothing),
		store_test(store__yields_to_a_writer_without_the_lock),
		store_test(store__knows_a_lease_by_its_whole_text),
		store_test(store__finds_a_lease_that_its_record_does_not_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
