/* SPDX-License-Identifier: Apache-2.0 */
/* host-local's CHECK, DEL, GC and STATUS as a runtime calls them, and input that is refused. */
#include "cleanup.h"
#include "error.h"
#include "host_local_calls.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void host_local__checks_its_reservation(void **state)
{
	freeing char *text = host_local_config("1.0.0", DUAL, "");
	freeing char *with =
		host_local_config("1.0.0", DUAL,
				  "\"prevResult\":{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":"
				  "\"10.1.0.2/24\"},{\"address\":\"fd00::2/64\"},"
				  "{\"address\":\"192.168.7.7/24\"}]}");
	freeing char *v6 = host_local_path("fd00::2");
	freeing char *partial =
		host_local_config("1.0.0", DUAL,
				  "\"prevResult\":{\"cniVersion\":\"1.0.0\",\"ips\":"
				  "[{\"address\":\"fd00::2/64\"}]}");

	(void)state;
	host_local_fails("CHECK", "c1", text, CNI_EMISMATCH,
			 "host-local: Failed to find address added by container c1");
	host_local_succeeds("ADD", "c1", text);
	host_local_succeeds("CHECK", "c1", text);
	host_local_succeeds("CHECK", "c1", with);
	host_local_fails("CHECK", "c2", text, CNI_EMISMATCH,
			 "host-local: Failed to find address added by container c2");
	host_local_fails(
		"CHECK", "c1", partial, CNI_EMISMATCH,
		"10.1.0.2 is reserved for container c1, interface eth0, but prevResult does not");
	host_local_put_file("fd00::2", "c9\r\neth0");
	host_local_fails(
		"CHECK", "c1", with, CNI_EMISMATCH,
		"fd00::2 is expected to be reserved for container c1, interface eth0, found: it is "
		"reserved for container c9, interface eth0");
	assert_int_equal(unlink(v6), 0);
	host_local_fails("CHECK", "c1", with, CNI_EMISMATCH, "found: it is free");
	host_local_succeeds("CHECK", "c1", text);
}

static void host_local__deletes_by_identity(void **state)
{
	static const char *const rubble[] = {"", "\"ranges\":\"what\"", "\"subnet\":5,\"routes\":7",
					     "\"ranges\":[[{\"subnet\":\"10.9.0.0/31\"}]]"};

	(void)state;
	for (size_t i = 0; i < sizeof(rubble) / sizeof(*rubble); i++) {
		freeing char *text = host_local_config("1.0.0", DUAL, "");
		freeing char *broken = host_local_config("1.0.0", rubble[i], "\"runtimeConfig\":5");
		struct plugin_call del = host_local_call("DEL", "c1", broken);

		host_local_succeeds("ADD", "c1", text);
		host_local_succeeds("ADD", "c2", text);
		del.netns = i % 2 ? NULL : "";
		del.args = "nonsense";
		plugin_succeeds(&del);
		plugin_succeeds(&del);
		host_local_fails("CHECK", "c1", text, CNI_EMISMATCH, NULL);
		host_local_succeeds("CHECK", "c2", text);
		host_local_succeeds("DEL", "c2", text);
	}
	host_local_assert_file("last_reserved_ip.0", "10.1.0.9");
}

static void host_local__deletes_what_old_versions_left(void **state)
{
	freeing char *text = host_local_config("1.0.0", POOL, "");

	(void)state;
	host_local_succeeds("ADD", "c9", text);
	host_local_put_file("10.1.0.4", "c1");
	host_local_put_file("10.1.0.5", " c2\r\n");
	host_local_put_file("notes", "c1\r\neth0");
	host_local_succeeds("CHECK", "c1", text);
	host_local_fails("ADD", "c1", text, CNI_ETAKEN, "10.1.0.4 has been allocated to c1");
	host_local_succeeds("DEL", "c1", text);
	host_local_assert_file("10.1.0.4", NULL);
	host_local_assert_file("10.1.0.5", " c2\r\n");
	host_local_assert_file("10.1.0.2", "c9\r\neth0");
	host_local_assert_file("notes", "c1\r\neth0");
}

static void host_local__deletes_without_a_directory(void **state)
{
	freeing char *text = host_local_config("1.0.0", POOL, "");
	freeing char *network = host_local_path("");
	struct stat st;

	(void)state;
	host_local_succeeds("DEL", "c1", text);
	assert_int_equal(lstat(network, &st), -1);
	assert_int_equal(rmdir(host_local_data_dir), 0);
	host_local_succeeds("DEL", "c1", text);
	assert_int_equal(lstat(host_local_data_dir, &st), -1);
	assert_int_equal(mkdir(host_local_data_dir, 0700), 0);
}

#define VALID "\"cni.dev/valid-attachments\":"

static void host_local__collects_garbage(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");
	freeing char *gc =
		host_local_config("1.1.0", "",
				  VALID "[{\"containerID\":\"c2\",\"ifname\":\"eth0\"},"
					"{\"containerID\":\"c1\",\"ifname\":\"net1\"},"
					"{\"containerID\":\"old\",\"ifname\":\"eth0\"}]");
	freeing char *none = host_local_config("1.1.0", "", VALID "[]");
	freeing char *missing = host_local_config("1.1.0", "", "");
	freeing char *after = NULL;

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	host_local_succeeds("ADD", "c2", text);
	host_local_put_file("10.1.0.4", "old");
	host_local_put_file("10.1.0.5", "older");
	host_local_put_file("10.1.0.6", "");
	host_local_put_file("fd00::5", "c2\r\nnet1");
	host_local_put_file("notes", "c1\r\neth0");
	host_local_succeeds("GC", NULL, gc);
	after = host_local_snapshot();
	assert_string_equal(after, "10.1.0.3=c2\r\neth0\n10.1.0.4=old\n"
				   "last_reserved_ip.0=10.1.0.3\nnotes=c1\r\neth0\n");
	host_local_fails("GC", NULL, missing, CNI_ECONFIG,
			 "'cni.dev/valid-attachments' is missing");
	host_local_assert_file("10.1.0.3", "c2\r\neth0");
	host_local_succeeds("GC", NULL, none);
	host_local_assert_file("10.1.0.3", NULL);
	host_local_assert_file("10.1.0.4", NULL);
	host_local_assert_file("notes", "c1\r\neth0");
}

/* A file with a mount on it cannot be removed. */
static void put_undying_file(const char *name)
{
	freeing char *path = host_local_path(name);

	host_local_put_file(name, "c2\r\neth0");
	assert_int_equal(mount(path, path, NULL, MS_BIND, NULL), 0);
}

static void remove_undying_file(const char *name)
{
	freeing char *path = host_local_path(name);

	assert_int_equal(umount(path), 0);
}

static void host_local__collects_garbage_past_failures(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");
	freeing char *none = host_local_config("1.1.0", "", VALID "[]");

	(void)state;
	host_local_succeeds("ADD", "c1", text);
	put_undying_file("10.1.0.4");
	put_undying_file("10.1.0.5");
	host_local_put_file("10.1.0.6", "c3\r\neth0");
	host_local_fails("GC", NULL, none, CNI_EIO, "10.1.0.4");
	host_local_fails("GC", NULL, none, CNI_EIO, "blue/10.1.0.5': Device or resource busy");
	host_local_assert_file("10.1.0.2", NULL);
	host_local_assert_file("10.1.0.6", NULL);
	host_local_assert_file("10.1.0.4", "c2\r\neth0");
	remove_undying_file("10.1.0.4");
	remove_undying_file("10.1.0.5");
}

static void host_local__tells_its_status(void **state)
{
	freeing char *text = host_local_config("1.1.0",
					       "\"ranges\":[[{\"subnet\":\"fd00::/64\"}],"
					       "[{\"subnet\":\"10.1.0.0/30\"}]]",
					       "");
	freeing char *network = host_local_path("");
	freeing char *lock = host_local_path("lock");
	struct timespec start;
	struct timespec end;
	struct stat st;

	(void)state;
	host_local_succeeds("STATUS", NULL, text);
	assert_int_equal(lstat(network, &st), -1);
	host_local_succeeds("ADD", "c1", text);
	{
		closing int held = open(lock, O_RDONLY);

		assert_int_equal(flock(held, LOCK_EX), 0);
		clock_gettime(CLOCK_MONOTONIC, &start);
		host_local_fails(
			"STATUS", NULL, text, CNI_EUNAVAILABLE,
			"range set 1: no IP addresses available in range set: 10.1.0.1-10.1.0.2");
		clock_gettime(CLOCK_MONOTONIC, &end);
		/* Not a measurement: to wait for the lock would take ten seconds. */
		assert_true(end.tv_sec - start.tv_sec < 5);
	}
	host_local_succeeds("DEL", "c1", text);
	host_local_succeeds("STATUS", NULL, text);
	host_local_remove_network();
	network[strlen(network) - 1] = '\0';
	{
		closing int fd = open(network, O_WRONLY | O_CREAT, 0600);

		assert_true(fd >= 0);
	}
	host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "is not a directory");
	host_local_fails("ADD", "c1", text, CNI_EIO, "'dataDir'");
}

static void host_local__tells_of_a_read_only_directory(void **state)
{
	freeing char *text = host_local_config("1.1.0", POOL, "");

	(void)state;
	if (mount("tmpfs", host_local_data_dir, "tmpfs", MS_RDONLY, NULL) < 0)
		skip_because("mount: %s", strerror(errno));
	host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "Read-only file system");
	host_local_fails("ADD", "c1", text, CNI_EIO, "Read-only file system");
	host_local_succeeds("DEL", "c1", text);
}

static void host_local__refuses_young_verbs_in_old_versions(void **state)
{
	freeing char *old = host_local_config("0.3.1", POOL, "");
	freeing char *middle = host_local_config("1.0.0", POOL, VALID "[]");

	(void)state;
	host_local_fails("CHECK", "c1", old, CNI_EVERSION, "config version does not allow CHECK");
	host_local_fails("STATUS", NULL, middle, CNI_EVERSION,
			 "config version does not allow STATUS");
	host_local_fails("GC", NULL, middle, CNI_EVERSION, "config version does not allow GC");
}

static void host_local__changes_nothing_for_bad_input(void **state)
{
	static const char *const ipams[] = {
		"\"subnet\":\"10.1.0.0/31\"",
		"\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.9\",\"rangeEnd\":\"10.1.0.8\"",
		"\"subnet\":\"10.1.0.0/24\",\"gateway\":\"fd00::1\"",
		"\"subnet\":\"10.1.0.0/24\",\"rangeEnd\":\"10.2.0.1\"",
		"\"subnet\":\"fd00::/127\"",
		"\"subnet\":\"10.1.0.0/16\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]",
		"\"routes\":[]",
		"\"ranges\":-1",
	};
	freeing char *network = host_local_path("");
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(ipams) / sizeof(*ipams); i++) {
		freeing char *text = host_local_config("1.0.0", ipams[i], "");

		host_local_fails("ADD", "c1", text, CNI_ECONFIG, NULL);
		assert_int_equal(lstat(network, &st), -1);
	}
	host_local_fails("ADD", "c1", "{\"cniVersion\":\"1.0.0\",\"name\":\"blue\"}", CNI_ECONFIG,
			 "IPAM config missing 'ipam' key");
	host_local_fails("ADD", "c1",
			 "{\"cniVersion\":\"1.0.0\",\"name\":\"../blue\",\"ipam\":{" POOL "}}",
			 CNI_ECONFIG, NULL);
	host_local_fails("ADD", "../c1", "{}", CNI_EENV, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(host_local__checks_its_reservation),
		host_local_test(host_local__deletes_by_identity),
		host_local_test(host_local__deletes_what_old_versions_left),
		host_local_test(host_local__deletes_without_a_directory),
		host_local_test(host_local__collects_garbage),
		host_local_test(host_local__collects_garbage_past_failures),
		host_local_test(host_local__tells_its_status),
		host_local_test(host_local__tells_of_a_read_only_directory),
		host_local_test(host_local__refuses_young_verbs_in_old_versions),
		host_local_test(host_local__changes_nothing_for_bad_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
