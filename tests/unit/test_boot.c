/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"
#include "census.h"

#include "cleanup.h"
#include "mem.h"
#include "store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *read_line(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[128] = "";

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	return cni_strdup(line);
}

/* ---- boot ---- */

static void boot_id__is_the_kernels_without_its_dashes(void **state)
{
	freeing char *text = read_line("/proc/sys/kernel/random/boot_id");
	struct boot_id id = boot_id_read();
	struct boot_id again = boot_id_read();
	struct boot_id other = id;

	(void)state;
	/* 8-4-4-4-12 digits: the first three groups are 16. */
	assert_int_equal(strlen(text), 37);
	assert_int_equal(strlen(id.digits), 16);
	assert_memory_equal(id.digits, text, 8);
	assert_memory_equal(id.digits + 8, text + 9, 4);
	assert_memory_equal(id.digits + 12, text + 14, 4);
	assert_true(boot_id_equal(&id, &again));
	other.digits[15] ^= 1;
	assert_false(boot_id_equal(&id, &other));
}

static void boot_seconds__count_from_the_kernels_start(void **state)
{
	freeing char *text = read_line("/proc/uptime");
	double uptime = strtod(text, NULL);
	double seconds = boot_seconds();

	(void)state;
	assert_true(seconds > uptime - 2 && seconds < uptime + 30);
}

/* ---- namespaces ---- */

/* A process in a network namespace of its own, which goes with it. 0 if there may be none. */
static pid_t start_inhabitant(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
			_exit(1);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Of the process's namespace. Returns `path`. */
#define PATH_SIZE 64
static const char *path_of(pid_t pid, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "/proc/%d/ns/net", (int)pid);
	return path;
}

static void netns_id__is_what_stat_says(void **state)
{
	struct netns_id own = netns_id_read("/proc/self/ns/net");
	struct netns_id again = netns_id_read("/proc/thread-self/ns/net");
	struct netns_id other = {.dev = own.dev, .ino = own.ino + 1};
	struct netns_id elsewhere = {.dev = own.dev + 1, .ino = own.ino};
	struct stat st;

	(void)state;
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	assert_true(netns_id_is_known(&own));
	assert_true(own.dev == st.st_dev && own.ino == st.st_ino);
	assert_true(netns_id_equal(&own, &again));
	assert_false(netns_id_equal(&own, &other));
	assert_false(netns_id_equal(&own, &elsewhere));
	/* We are in it. */
	assert_true(netns_id_is_alive(&own));
}

static void netns_id__is_unknown_of_what_is_no_namespace(void **state)
{
	freeing char *file = cni_format("%s/blue/file", store_dir);
	const char *const paths[] = {"",      "/nowhere/at/all", "/etc/passwd",
				     "/proc", store_dir,	 file};
	struct netns_id unknown = {0};

	(void)state;
	store_dir_fill(NULL, 0);
	store_dir_put("file", "what a runtime that has no more leaves behind");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct netns_id netns = netns_id_read(paths[i]);

		if (netns_id_is_known(&netns))
			fail_msg("'%s' is known", paths[i]);
		assert_true(netns_id_equal(&netns, &unknown));
	}
	/* Of what is not known nobody can say that it is gone. */
	assert_true(netns_id_is_alive(&unknown));
}

static void netns_id__is_alive_with_a_process_in_it(void **state)
{
	pid_t pid = start_inhabitant();
	char path[PATH_SIZE];
	struct netns_id own = netns_id_read("/proc/self/ns/net");
	struct netns_id netns = netns_id_read(path_of(pid, path));
	bool is_alive;

	(void)state;
	if (!pid)
		skip_because("no namespace may be made");
	is_alive = netns_id_is_alive(&netns);
	end(pid);
	assert_true(netns_id_is_known(&netns));
	assert_false(netns_id_equal(&netns, &own));
	assert_true(is_alive);
	assert_false(netns_id_is_alive(&netns));
}

static void netns_id__is_alive_while_it_is_mounted(void **state)
{
	pid_t pid = start_inhabitant();
	char path[PATH_SIZE];
	struct netns_id netns = netns_id_read(path_of(pid, path));
	struct netns_id mounted;
	const char *file;
	bool was_alive;
	int failed;

	(void)state;
	if (!pid)
		skip_because("no namespace may be made");
	/* Nobody else sees our mounts, and they go with us. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		failed = errno;
		end(pid);
		skip_because("a mount namespace: %s", strerror(failed));
	}
	store_dir_fill(NULL, 0);
	store_dir_put("netns", "");
	file = store_dir_path("netns");
	failed = mount(path, file, NULL, MS_BIND, NULL);
	end(pid);
	assert_int_equal(failed, 0);
	mounted = netns_id_read(file);
	was_alive = netns_id_is_alive(&netns);
	assert_int_equal(umount(file), 0);
	assert_true(netns_id_equal(&mounted, &netns));
	assert_true(was_alive);
	assert_false(netns_id_is_alive(&netns));
	/* What it was mounted on is a file again. */
	mounted = netns_id_read(file);
	assert_false(netns_id_is_known(&mounted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boot_id__is_the_kernels_without_its_dashes),
		cmocka_unit_test(boot_seconds__count_from_the_kernels_start),
		cmocka_unit_test(netns_id__is_what_stat_says),
		store_test(netns_id__is_unknown_of_what_is_no_namespace),
		cmocka_unit_test(netns_id__is_alive_with_a_process_in_it),
		store_test(netns_id__is_alive_while_it_is_mounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
