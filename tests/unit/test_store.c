/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A data directory of its own for each test, and the network "blue" in it. */
static char data_dir[] = "/tmp/store.XXXXXX";

static int make_data_dir(void **state)
{
	(void)state;
	strcpy(data_dir, "/tmp/store.XXXXXX");
	return mkdtemp(data_dir) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int remove_data_dir(void **state)
{
	(void)state;
	return nftw(data_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/blue/%s", data_dir, name);
	return path;
}

static void put_file(const char *name, const char *text)
{
	closing int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void assert_file(const char *name, const char *expected)
{
	struct cni_error err;
	freeing char *text = NULL;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path_of(name), false, 4096, &text, &size, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(size, strlen(expected));
	assert_string_equal(text, expected);
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(path_of(name), &st) == 0;
}

static struct cni_ip ip(const char *text)
{
	struct cni_ip parsed;

	assert_int_equal(cni_ip_parse(text, &parsed), 0);
	return parsed;
}

static struct store *make(void)
{
	struct store *store = NULL;
	struct cni_error err = {0};

	if (store_make(data_dir, "blue", &store, &err) < 0)
		fail_msg("%s", err.msg);
	return store;
}

static struct store *look(void)
{
	struct store *store = NULL;
	struct cni_error err = {0};

	if (store_look(data_dir, "blue", &store, &err) < 0)
		fail_msg("%s", err.msg);
	return store;
}

static void reserve(struct store *store, const char *address, size_t set, const char *container)
{
	struct store_claim claim = {.ip = ip(address), .set = set};
	struct cni_error err = {0};

	if (store_reserve(store, &claim, 1, container, "eth0", &err) < 0)
		fail_msg("%s", err.msg);
}

/* Makes the network's directory with these address files in it. */
static void fill(const char *const (*files)[2], size_t count)
{
	struct store *store = make();

	reserve(store, "10.9.9.9", 9, "someone");
	store_close(store);
	assert_int_equal(unlink(path_of("10.9.9.9")), 0);
	assert_int_equal(unlink(path_of("last_reserved_ip.9")), 0);
	for (size_t i = 0; i < count; i++)
		put_file(files[i][0], files[i][1]);
}

static void store__writes_the_go_plugins_files(void **state)
{
	struct store *store = make();
	struct stat st;

	(void)state;
	reserve(store, "10.1.0.2", 0, "c1");
	reserve(store, "fd00::2", 1, "c1");
	store_close(store);
	assert_file("10.1.0.2", "c1\r\neth0");
	assert_file("fd00::2", "c1\r\neth0");
	assert_file("last_reserved_ip.0", "10.1.0.2");
	assert_file("last_reserved_ip.1", "fd00::2");
	assert_int_equal(stat(path_of("10.1.0.2"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(stat(path_of("last_reserved_ip.0"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(stat(path_of(""), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_true(is_there("lock"));
}

static void store__finds_what_was_reserved(void **state)
{
	static const char *const files[][2] = {
		{"10.1.0.2", "c1\r\neth0"}, {"10.1.0.3", "c1\r\nnet1"},
		{"10.1.0.4", "c1"},	    {"10.1.0.5", "c2 \n"},
		{"fd00::2", "c1\r\neth0"},  {"last_reserved_ip.0", "10.1.0.5"},
	};
	freeing const struct lease **leases = NULL;
	freeing const struct lease **old = NULL;
	freeing const struct lease **none = NULL;
	struct cni_ip v4 = ip("10.1.0.2");
	struct cni_ip old_ip = ip("10.1.0.5");
	struct cni_ip absent = ip("10.1.0.9");
	const struct lease *lease;
	struct cni_ip last;
	struct store *store;

	(void)state;
	fill(files, 6);
	store = look();
	lease = store_find(store, &v4);
	assert_non_null(lease);
	assert_string_equal(lease->container, "c1");
	assert_string_equal(lease->ifname, "eth0");
	assert_null(store_find(store, &absent));
	lease = store_find(store, &old_ip);
	assert_string_equal(lease->container, "c2");
	assert_string_equal(lease->ifname, "");
	assert_int_equal(store_find_owner(store, "c1", "eth0", &leases), 2);
	assert_true(cni_ip_equal(&leases[0]->ip, &v4));
	/* Only what holds no interface's name stands for any interface, and only if nothing better
	 * is. */
	assert_int_equal(store_find_owner(store, "c2", "eth7", &old), 1);
	assert_true(cni_ip_equal(&old[0]->ip, &old_ip));
	assert_int_equal(store_find_owner(store, "c", "eth0", &none), 0);
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
	freeing const struct lease **leases = NULL;
	struct store *store;

	(void)state;
	fill(files, 6);
	store = look();
	assert_int_equal(store_find_owner(store, "c1", "eth0", &leases), 1);
	assert_null(store_next(store, store_next(store, NULL)));
	store_close(store);
}

static void store__takes_junk_for_free(void **state)
{
	static const char *const files[][2] = {{"10.1.0.2", ""}, {"10.1.0.3", " \r\n"}};
	struct cni_ip ips[] = {ip("10.1.0.2"), ip("10.1.0.3"), ip("10.1.0.4"), ip("10.1.0.5")};
	static const char zeroes[16];
	struct store *store;

	(void)state;
	fill(files, 2);
	assert_int_equal(symlink("/etc/passwd", path_of("10.1.0.4")), 0);
	put_file("10.1.0.5", "");
	{
		closing int fd = open(path_of("10.1.0.5"), O_WRONLY);

		assert_int_equal(write(fd, zeroes, sizeof(zeroes)), sizeof(zeroes));
	}
	store = make();
	for (size_t i = 0; i < 4; i++) {
		char text[CNI_IP_TEXT_SIZE];

		assert_null(store_find(store, &ips[i]));
		reserve(store, cni_ip_format(&ips[i], text), 0, "c1");
		assert_file(text, "c1\r\neth0");
	}
	store_close(store);
}

static void store__does_not_hand_out_what_it_cannot_read(void **state)
{
	struct cni_ip asked = ip("10.1.0.2");
	const struct lease *lease;
	struct store *store;

	(void)state;
	fill(NULL, 0);
	assert_int_equal(mkdir(path_of("10.1.0.2"), 0700), 0);
	store = look();
	lease = store_find(store, &asked);
	assert_non_null(lease);
	assert_int_equal(lease->state, LEASE_OPAQUE);
	assert_int_equal(lease->errnum, EISDIR);
	store_close(store);
}

static void store__releases(void **state)
{
	static const char *const files[][2] = {{"10.1.0.2", "c1\r\neth0"}, {"10.1.0.3", "c2"}};
	struct store *store = NULL;
	const struct lease *lease;
	struct cni_error err = {0};

	(void)state;
	fill(files, 2);
	assert_int_equal(store_open(data_dir, "blue", &store, &err), 0);
	lease = store_next(store, NULL);
	assert_int_equal(store_release(store, lease, &err), 0);
	assert_int_equal(store_release(store, lease, &err), 0);
	store_close(store);
	assert_false(is_there("10.1.0.2"));
	assert_true(is_there("10.1.0.3"));
}

static void store__is_null_where_there_is_no_directory(void **state)
{
	freeing const struct lease **leases = NULL;
	struct cni_ip asked = ip("10.1.0.2");
	struct store *store = (struct store *)data_dir; /* anything but NULL */
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(store_open(data_dir, "blue", &store, &err), 0);
	assert_null(store);
	assert_null(look());
	assert_false(is_there(""));
	assert_null(store_find(NULL, &asked));
	assert_null(store_next(NULL, NULL));
	assert_false(store_last(NULL, 0, &asked));
	assert_int_equal(store_find_owner(NULL, "c1", "eth0", &leases), 0);
	store_close(NULL);
}

static void store__reserves_all_or_nothing(void **state)
{
	static const char *const files[][2] = {{"last_reserved_ip.0", "10.1.0.77"}};
	struct store_claim claims[] = {{.ip = ip("10.1.0.2"), .set = 0},
				       {.ip = ip("10.2.0.2"), .set = 2},
				       {.ip = ip("fd00::2"), .set = 1}};
	struct cni_error err = {0};
	struct store *store;

	(void)state;
	fill(files, 1);
	/* What stands in the way of the last step of all. */
	assert_int_equal(mkdir(path_of("last_reserved_ip.1"), 0700), 0);
	store = make();
	assert_int_equal(store_reserve(store, claims, 3, "c1", "eth0", &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_non_null(strstr(err.msg, "last_reserved_ip.1"));
	assert_non_null(strstr(err.msg, data_dir));
	store_close(store);
	assert_false(is_there("10.1.0.2"));
	assert_false(is_there("10.2.0.2"));
	assert_false(is_there("fd00::2"));
	assert_false(is_there("last_reserved_ip.2"));
	assert_false(is_there(".reserving"));
	assert_file("last_reserved_ip.0", "10.1.0.77");
}

static void store__yields_to_who_ignores_the_lock(void **state)
{
	struct store_claim claims[] = {{.ip = ip("10.1.0.2")}, {.ip = ip("fd00::2"), .set = 1}};
	struct cni_error err = {0};
	struct store *store;

	(void)state;
	fill(NULL, 0);
	store = make();
	put_file("fd00::2", "c9\r\neth0");
	assert_int_equal(store_reserve(store, claims, 2, "c1", "eth0", &err), -1);
	assert_int_equal(err.code, CNI_ETAKEN);
	store_close(store);
	assert_file("fd00::2", "c9\r\neth0");
	assert_false(is_there("10.1.0.2"));
	assert_false(is_there("last_reserved_ip.0"));
	assert_false(is_there(".reserving"));
}

static void store__takes_away_what_a_killed_one_left(void **state)
{
	static const char *const files[][2] = {{".reserving", "c1\r\neth"}};
	struct store *store;

	(void)state;
	fill(files, 1);
	store_close(look());
	assert_true(is_there(".reserving"));
	store = make();
	assert_false(is_there(".reserving"));
	store_close(store);
}

static void store__removes_its_directory_if_nothing_came_of_it(void **state)
{
	struct store *store = make();

	(void)state;
	assert_true(is_there("lock"));
	store_close(store);
	assert_false(is_there(""));
	/* But not one in which others are at work. */
	store = make();
	put_file("10.1.0.2", "c9\r\neth0");
	store_close(store);
	assert_true(is_there("10.1.0.2"));
	assert_true(is_there("lock"));
	/* And not one that was there before. */
	unlink(path_of("10.1.0.2"));
	store_close(make());
	assert_true(is_there("lock"));
}

static void store__excludes_by_flock(void **state)
{
	struct store *store = make();
	closing int lock = open(path_of("lock"), O_RDONLY);

	(void)state;
	assert_true(lock >= 0);
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	reserve(store, "10.1.0.2", 0, "c1");
	store_close(store);
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
	/* To look takes none: this returns although we hold it. */
	store = look();
	assert_non_null(store);
	store_close(store);
}

static void assert_not_made(const char *dir, const char *message)
{
	struct store *store = NULL;
	struct cni_error err = {0};

	assert_int_equal(store_make(dir, "blue", &store, &err), -1);
	assert_null(store);
	assert_int_equal(err.code, CNI_EIO);
	if (!strstr(err.msg, message) || !strstr(err.msg, "'dataDir'") || !strstr(err.msg, dir))
		fail_msg("\"%s\" does not say \"%s\", 'dataDir' and %s", err.msg, message, dir);
}

static void store__says_what_is_wrong_with_the_directory(void **state)
{
	freeing char *file = cni_format("%s/file", data_dir);
	freeing char *beneath = cni_format("%s/file/deep", data_dir);
	freeing char *dangling = cni_format("%s/dangling", data_dir);
	freeing char *network = cni_format("%s/blue", data_dir);
	struct cni_error err = {0};
	closing int fd = open(file, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_not_made(file, "is not a directory");
	assert_not_made(beneath, "Not a directory");
	assert_int_equal(symlink("/nowhere/at/all", dangling), 0);
	assert_not_made(dangling, "No such file or directory");
	assert_not_made("/proc/nothing", "create directory '/proc/nothing'");
	/* The network's directory is never a link to somewhere else. */
	assert_int_equal(symlink("/tmp", network), 0);
	assert_not_made(data_dir, "is a link, expected a directory");
	assert_int_equal(store_check_writable(data_dir, "blue2", &err), 0);
	assert_int_equal(store_check_writable(file, "blue", &err), -1);
	assert_int_equal(store_check_writable(dangling, "blue", &err), -1);
	assert_int_equal(store_check_writable(beneath, "blue", &err), -1);
	/* Where nothing of the path exists, it is the root directory that counts. */
	assert_int_equal(store_check_writable("/nowhere", "blue", &err), access("/", W_OK));
}

static void store__refuses_a_lock_that_is_no_file(void **state)
{
	struct store *store = NULL;
	struct cni_error err = {0};

	(void)state;
	fill(NULL, 0);
	assert_int_equal(unlink(path_of("lock")), 0);
	assert_int_equal(symlink("/etc/passwd", path_of("lock")), 0);
	assert_not_made(data_dir, "open the lock of");
	assert_int_equal(unlink(path_of("lock")), 0);
	assert_int_equal(mkfifo(path_of("lock"), 0600), 0);
	assert_not_made(data_dir, "lock' is not a regular file");
	assert_int_equal(store_open(data_dir, "blue", &store, &err), -1);
}

#define store_test(name) cmocka_unit_test_setup_teardown(name, make_data_dir, remove_data_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(store__writes_the_go_plugins_files),
		store_test(store__finds_what_was_reserved),
		store_test(store__sees_leases_only_in_files_named_like_addresses),
		store_test(store__takes_junk_for_free),
		store_test(store__does_not_hand_out_what_it_cannot_read),
		store_test(store__releases),
		store_test(store__is_null_where_there_is_no_directory),
		store_test(store__reserves_all_or_nothing),
		store_test(store__yields_to_who_ignores_the_lock),
		store_test(store__takes_away_what_a_killed_one_left),
		store_test(store__removes_its_directory_if_nothing_came_of_it),
		store_test(store__excludes_by_flock),
		store_test(store__says_what_is_wrong_with_the_directory),
		store_test(store__refuses_a_lock_that_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
