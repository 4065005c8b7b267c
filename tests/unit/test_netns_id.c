/* SPDX-License-Identifier: Apache-2.0 */
/* Identities of network namespaces, and their liveness. */
#include "census.h"
#include "netns_id.h"

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

/* The path of the process's namespace. Returns `path`. */
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
	struct netns_id other = {.dev = own.dev, .ino = own.ino + 1, .cookie = own.cookie};
	struct netns_id elsewhere = {.dev = own.dev + 1, .ino = own.ino, .cookie = own.cookie};
	struct stat st;

	(void)state;
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	assert_true(netns_id_is_known(&own));
	assert_true(own.dev == st.st_dev && own.ino == st.st_ino);
	assert_int_not_equal(netns_id_compare(&own, &again), NETNS_OTHER);
	assert_int_equal(netns_id_compare(&own, &other), NETNS_OTHER);
	assert_int_equal(netns_id_compare(&own, &elsewhere), NETNS_OTHER);
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
		assert_true(netns.dev == 0 && netns.cookie == 0);
	}
	/* An unknown one cannot be said to be gone. */
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
	assert_int_equal(netns_id_compare(&netns, &own), NETNS_OTHER);
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
	/* Our mounts are private to this process, and end with it. */
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
	assert_int_not_equal(netns_id_compare(&mounted, &netns), NETNS_OTHER);
	assert_true(was_alive);
	assert_false(netns_id_is_alive(&netns));
	/* The file that it was mounted on is a file again. */
	mounted = netns_id_read(file);
	assert_false(netns_id_is_known(&mounted));
}

/* Finds the id that has the numbers of `netns`; NULL: none has. */
static const struct netns_id *find_numbers(const struct netns_id *ids, int count,
					   const struct netns_id *netns)
{
	for (int i = 0; i < count; i++)
		if (ids[i].dev == netns->dev && ids[i].ino == netns->ino)
			return &ids[i];
	return NULL;
}

/* The kernel hands out inode numbers again as soon as their namespaces are gone: a living one whose
 * numbers an earlier one had, which `ret_earlier` gets. 0 if there may be no namespaces. */
static pid_t start_with_used_numbers(struct netns_id *ret_earlier)
{
	static struct netns_id ids[2000];

	for (int i = 0; i < 2000; i++) {
		pid_t pid = start_inhabitant();
		const struct netns_id *found;
		char path[PATH_SIZE];

		if (!pid)
			return 0;
		ids[i] = netns_id_read(path_of(pid, path));
		found = find_numbers(ids, i, &ids[i]);
		if (found) {
			*ret_earlier = *found;
			return pid;
		}
		end(pid);
	}
	fail_msg("no inode number was handed out again");
	return 0;
}

static void netns_id__is_not_that_of_the_next_with_its_numbers(void **state)
{
	struct netns_id earlier = {0};
	struct netns_id netns;
	struct netns_id old;
	char path[PATH_SIZE];
	pid_t pid = start_with_used_numbers(&earlier);

	(void)state;
	if (!pid)
		skip_because("no namespace may be made");
	if (!earlier.cookie) {
		end(pid);
		skip_because("this kernel has no SO_NETNS_COOKIE");
	}
	netns = netns_id_read(path_of(pid, path));
	assert_int_equal(netns_id_compare(&earlier, &netns), NETNS_OTHER);
	assert_true(netns_id_is_alive(&netns));
	assert_false(netns_id_is_alive(&earlier));
	/* As an older version has recorded it. */
	old = earlier;
	old.cookie = 0;
	assert_int_equal(netns_id_compare(&old, &netns), NETNS_SAME_NUMBERS);
	assert_true(netns_id_is_alive(&old));
	end(pid);
}

static void netns_id__comes_from_a_containing_plugin(void **state)
{
	struct cni_env env = {.netns = "/nowhere",
			      .ifname = "lo",
			      .seen = {.is_seen = true, .dev = 4, .ino = 5, .cookie = 6}};
	struct netns_id netns = netns_id_of(&env);

	(void)state;
	assert_true(netns.dev == 4 && netns.ino == 5 && netns.cookie == 6);
	assert_false(netns_lacks_interface(&env));
	env.seen.interface_is_new = true;
	assert_true(netns_lacks_interface(&env));
}

static void netns__lacks_interface_that_is_not_there(void **state)
{
	struct cni_env env = {.netns = "/proc/self/ns/net", .ifname = "lo"};

	(void)state;
	if (geteuid() != 0)
		skip_because("to enter a namespace takes root");
	assert_false(netns_lacks_interface(&env));
	env.ifname = "nosuch0";
	assert_true(netns_lacks_interface(&env));
	/* A namespace that cannot be seen. */
	env.netns = "/nowhere";
	assert_false(netns_lacks_interface(&env));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netns_id__is_what_stat_says),
		store_test(netns_id__is_unknown_of_what_is_no_namespace),
		cmocka_unit_test(netns_id__is_alive_with_a_process_in_it),
		store_test(netns_id__is_alive_while_it_is_mounted),
		cmocka_unit_test(netns_id__is_not_that_of_the_next_with_its_numbers),
		cmocka_unit_test(netns_id__comes_from_a_containing_plugin),
		cmocka_unit_test(netns__lacks_interface_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
