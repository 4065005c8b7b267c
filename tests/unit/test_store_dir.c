/* SPDX-License-Identifier: Apache-2.0 */
/* The store's directory and its lock. */
#include "store_dir.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void store__is_null_where_there_is_no_directory(void **state)
{
	struct cni_ip asked = parsed_ip("10.1.0.2");
	struct pool_rest rest = {0};
	struct listing leases;
	struct cni_error err = {0};
	struct cni_ip next;

	(void)state;
	assert_null(store_dir_open());
	assert_null(store_dir_look());
	assert_null(store_dir_survey());
	assert_false(store_dir_has(""));
	store_dir_assert_holder(NULL, "10.1.0.2", NULL, NULL);
	assert_false(store_last(NULL, 0, &asked));
	assert_int_equal(store_find_owner(NULL, "c1", "eth0", &leases, &err), 0);
	assert_int_equal(leases.count, 0);
	assert_int_equal(store_list(NULL, &leases, &err), 0);
	assert_int_equal(leases.count, 0);
	assert_int_equal(store_next_free(NULL, &asked, &asked, &rest, &next, &err), 1);
	assert_true(cni_ip_equal(&next, &asked));
	assert_false(store_next_stale(NULL, &asked, &asked, &next));
	assert_false(store_look_again(NULL));
	store_close(NULL);
}

static void store__removes_files_of_a_killed_one(void **state)
{
	static const char *const files[][2] = {{".reserving.0", "c1\r\neth"}};
	struct store *store;

	(void)state;
	store_dir_fill(files, 1);
	store_close(store_dir_look());
	assert_true(store_dir_has(".reserving.0"));
	store = store_dir_make();
	assert_false(store_dir_has(".reserving.0"));
	store_close(store);
}

static void store__removes_its_directory_if_nothing_came_of_it(void **state)
{
	struct store *store = store_dir_make();

	(void)state;
	assert_true(store_dir_has("lock"));
	store_close(store);
	assert_false(store_dir_has(""));
	/* But not one in which others are at work. */
	store = store_dir_make();
	store_dir_put("10.1.0.2", "c9\r\neth0");
	store_close(store);
	assert_true(store_dir_has("10.1.0.2"));
	assert_true(store_dir_has("lock"));
	/* And not one that was there before. */
	unlink(store_dir_path("10.1.0.2"));
	store_close(store_dir_make());
	assert_true(store_dir_has("lock"));
}

static void store__excludes_by_flock(void **state)
{
	struct store *store = store_dir_make();
	closing int lock = open(store_dir_path("lock"), O_RDONLY);

	(void)state;
	assert_true(lock >= 0);
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	store_dir_reserve(store, "10.1.0.2", 0, "c1");
	store_close(store);
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
	/* Looking takes no lock: this returns although we hold it. */
	store = store_dir_look();
	assert_non_null(store);
	store_close(store);
}

static void assert_not_made(const char *dir, const char *message)
{
	struct place place = {.data_dir = dir, .network = "blue", .lock_ms = 1000};
	struct store *store = NULL;
	struct cni_error err = {0};

	assert_int_equal(store_make(&place, &store, &err), -1);
	assert_null(store);
	assert_int_equal(err.code, CNI_EIO);
	if (!strstr(err.msg, message) || !strstr(err.msg, "'dataDir'") || !strstr(err.msg, dir))
		fail_msg("\"%s\" does not say \"%s\", 'dataDir' and %s", err.msg, message, dir);
}

static bool is_writable(const char *dir, const char *network)
{
	struct place place = {.data_dir = dir, .network = network};
	struct cni_error err = {0};

	return network_dir_check_writable(&place, &err) == 0;
}

static void store__says_what_is_wrong_with_the_directory(void **state)
{
	freeing char *file = cni_format("%s/file", store_dir);
	freeing char *beneath = cni_format("%s/file/deep", store_dir);
	freeing char *dangling = cni_format("%s/dangling", store_dir);
	freeing char *network = cni_format("%s/blue", store_dir);
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
	assert_not_made(store_dir, "is a link to where others can write, expected a directory");
	assert_true(is_writable(store_dir, "blue2"));
	assert_false(is_writable(file, "blue"));
	assert_false(is_writable(dangling, "blue"));
	assert_false(is_writable(beneath, "blue"));
	/* Where nothing of the path exists, it is the root directory that counts. */
	assert_int_equal(is_writable("/nowhere", "blue"), access("/", W_OK) == 0);
}

static void store__refuses_a_lock_that_is_no_file(void **state)
{
	struct place place = store_dir_place();
	struct store *store = NULL;
	struct cni_error err = {0};

	(void)state;
	store_dir_fill(NULL, 0);
	assert_int_equal(unlink(store_dir_path("lock")), 0);
	store_dir_link(store_dir_path("lock"));
	assert_not_made(store_dir, "open the lock of");
	assert_int_equal(unlink(store_dir_path("lock")), 0);
	assert_int_equal(mkfifo(store_dir_path("lock"), 0600), 0);
	assert_not_made(store_dir, "lock' is not a regular file");
	/* A DEL has to go on. */
	assert_int_equal(store_open(&place, &store, &err), 0);
	assert_false(store_may_collect(store));
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(store__is_null_where_there_is_no_directory),
		store_test(store__removes_files_of_a_killed_one),
		store_test(store__removes_its_directory_if_nothing_came_of_it),
		store_test(store__excludes_by_flock),
		store_test(store__says_what_is_wrong_with_the_directory),
		store_test(store__refuses_a_lock_that_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
