/* SPDX-License-Identifier: Apache-2.0 */
/* host-local where the disk has no room, no inodes, or is read-only: it reports the failure, and
 * leaves the reservations as they were. */
#include "boots.h"
#include "cleanup.h"
#include "error.h"
#include "host_local_calls.h"
#include "mem.h"
#include "reservations.h"
#include "sandbox.h"
#include "test.h"
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define CONTAINERS 6
#define VALID(container)                                                                           \
	"\"cni.dev/valid-attachments\":[{\"containerID\":\"" container "\",\"ifname\":\"eth0\"}]"

static char *configuration(const char *more)
{
	return host_local_config("1.1.0", DUAL, more);
}

static void mount_data(const char *options)
{
	if (mount("small", host_local_data_dir, "tmpfs", 0, options) < 0)
		fail_msg("mount with '%s': %s", options, strerror(errno));
}

static void assert_exactly(size_t all)
{
	struct reservations now = reservations_read();

	if (now.all != all)
		fail_msg("%zu reservations instead of %zu", now.all, all);
}

/* True if there was room for it. */
static bool add_if_possible(const char *container, const char *config)
{
	struct plugin_call call = host_local_call("ADD", container, config);
	struct plugin_answer answer = plugin_run(&call);
	bool done = answer.exit_code == 0;

	if (!done)
		plugin_assert_error(&answer, CNI_EIO, "No space left on device");
	plugin_answer_clear(&answer);
	return done;
}

/* Full or not: what was had can be given back, and then be had again. */
static void assert_comes_and_goes(const char *config)
{
	freeing char *collected = configuration(VALID("c9"));
	bool had[CONTAINERS];
	size_t held = 0;

	for (size_t i = 0; i < CONTAINERS; i++) {
		freeing char *container = cni_format("c%zu", i);

		had[i] = add_if_possible(container, config);
		held += had[i] ? 2 : 0;
		assert_exactly(held);
		if (had[i])
			host_local_succeeds("CHECK", container, config);
	}
	for (size_t i = 0; i < CONTAINERS; i += 2) {
		freeing char *container = cni_format("c%zu", i);

		host_local_succeeds("DEL", container, config);
		held -= had[i] ? 2 : 0;
		assert_exactly(held);
	}
	host_local_succeeds("GC", NULL, collected);
	assert_exactly(0);
	assert_int_equal(reservations_read().temporary, 0);
	/* An ADD that had room has room again; but the sidecar is bigger by now, and replacing a
	 * file takes more room than making it. */
	sandbox_must("cd '%s' && rm -rf .cni-c blue/last_reserved_ip.*", host_local_data_dir);
	assert_true(!had[0] || add_if_possible("c1", config));
	host_local_succeeds("DEL", "c1", config);
	assert_exactly(0);
}

static void assert_small(const char *what, unsigned int from, unsigned int to, unsigned int step)
{
	freeing char *config = configuration("");

	for (unsigned int size = from; size <= to; size += step) {
		freeing char *options = cni_format("mode=0700,%s=%u", what, size);

		fprintf(stderr, "# %s\n", options);
		mount_data(options);
		assert_comes_and_goes(config);
		assert_int_equal(umount(host_local_data_dir), 0);
	}
}

static void host_local__lives_with_few_inodes(void **state)
{
	(void)state;
	assert_small("nr_inodes", 2, 45, trace_stride(4));
}

static void host_local__lives_with_few_bytes(void **state)
{
	(void)state;
	assert_small("size", 4096, 35 * 4096, 4096 * trace_stride(4));
}

/* Another process fills the disk, and empties it again. */
static void assert_outlives(const char *fill, const char *empty)
{
	freeing char *config = configuration("");
	freeing char *collected = configuration(VALID("c2"));
	size_t held;

	host_local_succeeds("ADD", "c1", config);
	host_local_succeeds("ADD", "c2", config);
	host_local_succeeds("ADD", "c3", config);
	sandbox_run("cd '%s' && %s 2>/dev/null", host_local_data_dir, fill);
	held = add_if_possible("c4", config) ? 8 : 6;
	assert_exactly(held);
	host_local_succeeds("CHECK", "c1", config);
	host_local_succeeds("DEL", "c1", config);
	assert_exactly(held - 2);
	sandbox_run("cd '%s' && %s 2>/dev/null", host_local_data_dir, fill);
	host_local_succeeds("GC", NULL, collected);
	assert_exactly(2);
	sandbox_run("cd '%s' && %s 2>/dev/null", host_local_data_dir, fill);
	if (add_if_possible("c5", config))
		host_local_succeeds("DEL", "c5", config);
	sandbox_must("cd '%s' && %s", host_local_data_dir, empty);
	host_local_succeeds("ADD", "c6", config);
	assert_exactly(4);
	assert_int_equal(reservations_read().temporary, 0);
	reservations_assert_recorded();
	host_local_succeeds("CHECK", "c2", config);
	host_local_succeeds("DEL", "c2", config);
	host_local_succeeds("DEL", "c6", config);
	assert_exactly(0);
	reservations_assert_recorded();
}

static void host_local__outlives_a_full_disk(void **state)
{
	(void)state;
	mount_data("mode=0700,size=256k");
	assert_outlives("head -c1M /dev/zero >>filler", "rm filler");
}

static void host_local__outlives_a_disk_without_inodes(void **state)
{
	(void)state;
	mount_data("mode=0700,nr_inodes=200");
	assert_outlives("mkdir -p fill && for i in $(seq 200); do : >fill/$(date +%N)$i; done",
			"rm -r fill");
}

static void host_local__says_that_it_may_not_write(void **state)
{
	freeing char *config = configuration("");
	freeing char *collected = configuration(VALID("c2"));
	static const char why[] = "Read-only file system";

	(void)state;
	mount_data("mode=0700");
	host_local_succeeds("ADD", "c1", config);
	host_local_succeeds("ADD", "c2", config);
	assert_int_equal(mount(NULL, host_local_data_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	host_local_fails("ADD", "c3", config, CNI_EIO, why);
	host_local_fails("DEL", "c1", config, CNI_EIO, why);
	host_local_fails("GC", NULL, collected, CNI_EIO, why);
	host_local_fails("STATUS", NULL, config, CNI_EUNAVAILABLE, why);
	host_local_succeeds("CHECK", "c1", config);
	/* Nothing has to be written for it. */
	host_local_succeeds("DEL", "c3", config);
	assert_exactly(4);
	assert_int_equal(mount(NULL, host_local_data_dir, NULL, MS_REMOUNT, "mode=0700"), 0);
	host_local_succeeds("STATUS", NULL, config);
	host_local_succeeds("ADD", "c3", config);
	assert_exactly(6);
	reservations_assert_recorded();
	host_local_succeeds("DEL", "c1", config);
	host_local_succeeds("GC", NULL, collected);
	assert_exactly(2);
	assert_int_equal(reservations_read().temporary, 0);
	reservations_assert_recorded();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(host_local__lives_with_few_inodes),
		host_local_test(host_local__lives_with_few_bytes),
		host_local_test(host_local__outlives_a_full_disk),
		host_local_test(host_local__outlives_a_disk_without_inodes),
		host_local_test(host_local__says_that_it_may_not_write),
	};

	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
