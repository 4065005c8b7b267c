/* SPDX-License-Identifier: Apache-2.0 */
/* Files: bounded reading, and atomic replacement. */
#include "file.h"

#include "cleanup.h"
#include "fake.h"
#include "mem.h"
#include "process.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static struct fake fake;

static int setup(void **state)
{
	(void)state;
	fake_open(&fake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&fake);
	return 0;
}

/* A pipe that holds `size` bytes of 'x' to be read, at most what a pipe takes. */
static int pipe_with(size_t size)
{
	freeing char *data = cni_alloc(size);
	int ends[2];

	memset(data, 'x', size);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], data, size), size);
	close(ends[1]);
	return ends[0];
}

static void file__is_read_to_its_end_and_terminated(void **state)
{
	static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 60000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		closing int fd = pipe_with(sizes[i]);
		freeing char *data = NULL;
		struct cni_error err;
		size_t size;

		assert_int_equal(cni_file_read_fd(fd, 1 << 20, "it", &data, &size, &err), 0);
		assert_int_equal(size, sizes[i]);
		assert_int_equal(strlen(data), sizes[i]);
	}
}

static void file__is_refused_beyond_its_bound(void **state)
{
	closing int fits = pipe_with(100);
	closing int too_big = pipe_with(101);
	freeing char *data = NULL;
	struct cni_error err;
	size_t size;

	(void)state;
	assert_int_equal(cni_file_read_fd(too_big, 100, "stdin", &data, &size, &err), -1);
	assert_int_equal(err.code, CNI_EDECODE);
	assert_string_equal(err.msg, "stdin holds more than 100 bytes");
	assert_null(data);
	assert_int_equal(cni_file_read_fd(fits, 100, "stdin", &data, &size, &err), 0);
}

static void file__says_why_it_cannot_be_read(void **state)
{
	struct cni_error err;
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(cni_file_read_fd(-1, 100, "stdin", &data, &size, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_int_equal(err.errnum, EBADF);
	assert_string_equal(err.msg, "read stdin: Bad file descriptor");
}

static int read_named(const char *name, bool follow, struct cni_error *err)
{
	freeing char *path = fake_path(&fake, name);
	freeing char *data = NULL;
	size_t size;

	return cni_file_read_at(AT_FDCWD, path, follow, 100, &data, &size, err);
}

static void file__must_be_a_regular_one(void **state)
{
	freeing char *fifo = fake_path(&fake, "fifo");
	freeing char *link = fake_path(&fake, "link");
	struct cni_error err;

	(void)state;
	fake_write(&fake, "file", "text");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(read_named("file", false, &err), 0);
	assert_int_equal(read_named("link", true, &err), 0);
	assert_int_equal(read_named("link", false, &err), -1);
	assert_int_equal(err.errnum, ELOOP);
	/* The FIFO has no writer: reading would wait for ever. */
	assert_int_equal(read_named("fifo", false, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_non_null(strstr(err.msg, "/fifo' is not a regular file"));
	assert_int_equal(read_named("", false, &err), -1);
	assert_non_null(strstr(err.msg, "is not a regular file"));
	assert_int_equal(read_named("none", false, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
	assert_non_null(strstr(err.msg, "/none': No such file or directory"));
}

static void file__is_replaced_whole(void **state)
{
	closing int dir = open(fake.dir, O_RDONLY | O_DIRECTORY);
	freeing char *path = fake_path(&fake, "file");
	freeing char *text = NULL;
	struct cni_error err;
	struct stat st;

	(void)state;
	fake_write(&fake, "file", "something longer");
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(cni_file_replace_at(dir, "file", "new", 3, &err), 0);
	text = fake_read(&fake, "file");
	assert_string_equal(text, "new");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(cni_file_replace_at(dir, "empty", "", 0, &err), 0);
	assert_true(fake_has(&fake, "empty"));
}

static void file__stays_as_it_was_if_it_cannot_be_replaced(void **state)
{
	freeing char *temporary = cni_format("file.%ld.tmp", (long)getpid());
	freeing char *directory = cni_format("directory.%ld.tmp", (long)getpid());
	closing int dir = open(fake.dir, O_RDONLY | O_DIRECTORY);
	freeing char *path = fake_path(&fake, "directory");
	struct cni_error err;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(cni_file_replace_at(dir, "directory", "new", 3, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_string_equal(err.msg, "write 'directory': Is a directory");
	assert_false(fake_has(&fake, directory));
	/* A planted link is not followed. */
	fake_write(&fake, "victim", "kept");
	assert_int_equal(symlinkat("victim", dir, temporary), 0);
	assert_int_equal(cni_file_replace_at(dir, "file", "new", 3, &err), -1);
	assert_int_equal(err.errnum, ELOOP);
	free(path);
	path = fake_read(&fake, "victim");
	assert_string_equal(path, "kept");
	assert_int_equal(cni_file_replace_at(dir, "none/file", "new", 3, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
}

static void directories__are_made_on_the_way(void **state)
{
	freeing char *path = fake_path(&fake, "a/b//c/");
	freeing char *beyond = fake_path(&fake, "file/d");
	freeing char *file = fake_path(&fake, "file");
	struct cni_error err;
	struct stat st;

	(void)state;
	assert_int_equal(cni_file_make_directories(path, 0700, &err), 0);
	assert_int_equal(cni_file_make_directories(path, 0700, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(cni_file_make_directories("/", 0700, &err), 0);
	fake_write(&fake, "file", "");
	assert_int_equal(cni_file_make_directories(beyond, 0700, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_non_null(strstr(err.msg, "create directory '"));
	assert_non_null(strstr(err.msg, "/file/d': Not a directory"));
	assert_int_equal(cni_file_make_directories(file, 0700, &err), -1);
	assert_non_null(strstr(err.msg, "/file' is not a directory"));
	assert_int_equal(cni_file_make_directories("", 0700, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
}

static int open_lock(void)
{
	freeing char *path = fake_path(&fake, "lock");
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void lock__is_shared_or_not(void **state)
{
	closing int one = open_lock();
	closing int other = open_lock();
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_file_lock(one, LOCK_SH, 0, &err), 0);
	assert_int_equal(cni_file_lock(other, LOCK_SH, 0, &err), 0);
	assert_int_equal(cni_file_lock(other, LOCK_EX, 0, &err), -1);
	assert_int_equal(err.code, CNI_ELOCKED);
	assert_int_equal(err.errnum, EWOULDBLOCK);
	assert_string_equal(err.msg, "the lock was not free within 0 ms");
	assert_int_equal(cni_file_lock(-1, LOCK_EX, 100, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
}

static long milliseconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static void lock__has_a_deadline(void **state)
{
	closing int one = open_lock();
	closing int other = open_lock();
	struct timespec start;
	struct cni_error err;
	struct sigaction after;

	(void)state;
	assert_int_equal(cni_file_lock(one, LOCK_EX, 0, &err), 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(cni_file_lock(other, LOCK_EX, 100, &err), -1);
	assert_int_equal(err.code, CNI_ELOCKED);
	assert_string_equal(err.msg, "the lock was not free within 100 ms");
	assert_in_range(milliseconds_since(&start), 99, 5000);
	/* SIGALRM means again what it did before. */
	assert_int_equal(sigaction(SIGALRM, NULL, &after), 0);
	assert_ptr_equal(after.sa_handler, SIG_DFL);
}

static void lock__is_had_as_soon_as_its_holder_is_gone(void **state)
{
	closing int ours = open_lock();
	struct cni_error err;
	int ready[2];
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int theirs = open_lock();

		if (flock(theirs, LOCK_EX) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		process_await_sleep(getppid());
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(cni_file_lock(ours, LOCK_EX, 60000, &err), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file__is_read_to_its_end_and_terminated),
		cmocka_unit_test(file__is_refused_beyond_its_bound),
		cmocka_unit_test(file__says_why_it_cannot_be_read),
		cmocka_unit_test_setup_teardown(file__must_be_a_regular_one, setup, teardown),
		cmocka_unit_test_setup_teardown(file__is_replaced_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(file__stays_as_it_was_if_it_cannot_be_replaced,
						setup, teardown),
		cmocka_unit_test_setup_teardown(directories__are_made_on_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(lock__is_shared_or_not, setup, teardown),
		cmocka_unit_test_setup_teardown(lock__has_a_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(lock__is_had_as_soon_as_its_holder_is_gone, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
