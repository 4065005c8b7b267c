/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam verify: each fault of a ledger, made by hand, is found; nothing changes; half-done
 * work of others is no fault. */
#include "boots.h"
#include "host_local_calls.h"
#include "ipam_scene.h"
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BITS	 IPAM_SIDECAR "10.1.0.0.bits"
#define PER_WORD 64
#define PLANE	 (65536 / 8) /* bytes */

/* The number of an address of 10.1.0.0/16, in the plane that begins at `offset`. */
static void flip(const struct cnitool_scene *scene, size_t number, off_t offset)
{
	freeing char *path = fake_path(&scene->fake, BITS);
	off_t at = offset + (off_t)(number / PER_WORD * sizeof(uint64_t));
	closing int fd = open(path, O_RDWR | O_CLOEXEC);
	uint64_t word = 0;

	assert_int_equal(pread(fd, &word, sizeof(word), at), sizeof(word));
	word ^= (uint64_t)1 << number % PER_WORD;
	assert_int_equal(pwrite(fd, &word, sizeof(word), at), sizeof(word));
}

/* The name of the record of an address, in the directory of records. The caller frees. */
static char *record_of(const struct cnitool_scene *scene, const char *address)
{
	return sandbox_read("cd %s/" IPAM_SIDECAR "owners && for f in * .p*; do case "
			    "$(readlink $f) in '%s '*) printf %%s $f;; esac; done",
			    scene->fake.dir, address);
}

/* c1 has 10.1.0.2, c2 has 10.1.0.3. */
static int two_setup(void **state)
{
	if (ipam_scene_setup(state) < 0)
		return -1;
	ipam_add(*state, "c1", IPAM_NOWHERE);
	ipam_add(*state, "c2", IPAM_NOWHERE);
	return 0;
}
#define two_test(name) cmocka_unit_test_setup_teardown(name, two_setup, cnitool_teardown)

/* ---- nothing ---- */

static void ipam_verify__accepts_our_files(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_finds(scene, "");
	cnitool_succeeds(scene, "ipam verify pool");
	ipam_del(scene, "c1");
	ipam_finds(scene, "");
	ipam_configure(scene, IPAM_DUAL);
	ipam_add(scene, "c3", IPAM_NOWHERE);
	boots_next();
	ipam_finds(scene, "");
	ipam_add(scene, "c4", IPAM_NOWHERE);
	ipam_finds(scene, "");
	cnitool_succeeds(scene, "ipam verify pool");
	ipam_del(scene, "c3");
	cnitool_succeeds(scene, "ipam verify pool");
}

static void ipam_verify__needs_no_directory(void **state)
{
	const struct cnitool_scene *scene = *state;

	cnitool_succeeds(scene, "ipam verify pool");
	assert_false(fake_has(&scene->fake, "leases"));
}

static void assert_remark(const struct cnitool_scene *scene, const char *expected)
{
	struct plugin_answer answer = cnitool_run(scene, "ipam verify pool");

	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "nothing wrong\n");
	if (!strstr(answer.err, expected))
		fail_msg("'%s' is not in %s", expected, answer.err);
	plugin_answer_clear(&answer);
}

static void ipam_verify__remarks_on_the_sidecar(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_must(scene, "touch " IPAM_LEDGER);
	assert_remark(scene, "/leases/pool': the sidecar is not about the directory as it is");
	ipam_add(scene, "c3", IPAM_NOWHERE);
	cnitool_succeeds(scene, "ipam verify pool");
	boots_next();
	assert_remark(scene, "the sidecar is not about the directory as it is");
	ipam_must(scene, "rm -r leases/.cni-c");
	assert_remark(scene, "/leases/pool': there is no sidecar");
}

/* ---- files ---- */

static void ipam_verify__finds_damaged_files(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_must(scene, ": > " IPAM_LEDGER "10.1.0.2");
	ipam_must(scene, "printf 'no id' > " IPAM_LEDGER "10.1.0.3");
	ipam_finds(scene, "10.1.0.2: its file is empty, so it reserves nothing\n"
			  "10.1.0.3: its file holds no container id, so it reserves nothing\n");
	ipam_must(scene, "rm " IPAM_LEDGER "10.1.0.3");
	ipam_must(scene, "mkdir " IPAM_LEDGER "10.1.0.3");
	ipam_must(scene, "truncate -s 30 " IPAM_LEDGER "10.1.0.2");
	ipam_finds(scene, "10.1.0.2: its file holds nothing but blanks or zeroes, so it reserves "
			  "nothing\n"
			  "10.1.0.3: its file is a directory, so nobody gets the address\n");
}

static void ipam_verify__finds_a_name_that_is_none(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_must(scene, "rm -r leases/.cni-c");
	ipam_put(scene, "10.1.0.9", "c1\r\nnot/one");
	ipam_put(scene, "10.1.0.10", "only-the-id");
	ipam_finds(scene, "10.1.0.9: its file names an interface that cannot be one\n");
}

static void ipam_verify__finds_duplicates(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_configure(scene, IPAM_DUAL);
	ipam_must(scene, "rm -r leases/.cni-c");
	ipam_put(scene, "10.1.0.20", "c1\r\neth0");
	ipam_put(scene, "10.1.0.21", "c1\r\nnet1"); /* another attachment */
	ipam_put(scene, "fd00::9", "c1\r\neth0");   /* another range set */
	ipam_put(scene, "10.1.0.30", "old");	    /* perhaps two interfaces */
	ipam_put(scene, "10.1.0.31", "old");
	ipam_finds(scene, "10.1.0.20: container c1, interface eth0 holds 10.1.0.2 of range set 0 "
			  "as well\n");
	ipam_put(scene, "10.1.0.4", "c1\r\neth0");
	ipam_finds(scene, "10.1.0.4: container c1, interface eth0 holds 10.1.0.2 of range set 0 "
			  "as well\n"
			  "10.1.0.20: container c1, interface eth0 holds 10.1.0.4 of range set 0 "
			  "as well\n");
}

static void ipam_verify__finds_what_is_outside(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_must(scene, "rm -r leases/.cni-c");
	ipam_put(scene, "10.1.0.1", "c3\r\neth0");
	ipam_put(scene, "10.9.0.1", "c4\r\neth0");
	ipam_put(scene, "fd00::7", "c5\r\neth0");
	ipam_configure(scene, IPAM_V4 ",\"exclude\":[\"10.1.0.3\"]");
	ipam_finds(scene,
		   "10.1.0.1: reserved for container c3, interface eth0, but it is the subnet's "
		   "gateway\n"
		   "10.1.0.3: reserved for container c2, interface eth0, but it is excluded by "
		   "'ipam.exclude'\n"
		   "10.9.0.1: reserved for container c4, interface eth0, but it is in no range "
		   "set\n"
		   "fd00::7: reserved for container c5, interface eth0, but it is in no range "
		   "set\n");
}

static void ipam_verify__finds_temporary_files(void **state)
{
	const struct cnitool_scene *scene = *state;

	ipam_put(scene, ".reserving.0", "c9\r\neth0");
	ipam_put(scene, ".reserving.last", "10.1.0.9");
	ipam_must(scene, "ln -s '10.1.0.9 0 0:0 0' " IPAM_SIDECAR "owners/.putting");
	ipam_finds(scene, "'.reserving.0': a temporary file, left by a process that was killed\n"
			  "'.reserving.last': a temporary file, left by a process that was killed\n"
			  "the sidecar's 'owners/.putting' is no record that can be found\n");
	/* The next one tidies up. */
	ipam_add(scene, "c3", IPAM_NOWHERE);
	ipam_finds(scene, "");
}

/* ---- the sidecar ---- */

static void ipam_verify__finds_files_without_a_record(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *record = record_of(scene, "10.1.0.3");

	ipam_must(scene, "rm " IPAM_SIDECAR "owners/%s", record);
	ipam_finds(scene, "10.1.0.3: the sidecar has no record of its file: nobody knows of which "
			  "boot it is\n");
	ipam_put(scene, "10.1.0.9", "c9\r\neth0");
	ipam_finds(scene, "10.1.0.3: the sidecar has no record of its file: nobody knows of which "
			  "boot it is\n"
			  "10.1.0.9: the sidecar has no record of its file: nobody knows of which "
			  "boot it is\n");
	ipam_add(scene, "c3", IPAM_NOWHERE);
	ipam_finds(scene, "");
}

static void ipam_verify__finds_records_without_a_file(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *one = record_of(scene, "10.1.0.2");
	freeing char *other = record_of(scene, "10.1.0.3");
	freeing char *expected =
		cni_format("10.1.0.2: the sidecar has a record ('owners/%s'), but there is no "
			   "file\n",
			   one);
	freeing char *of_another = cni_format(
		"10.1.0.3: the sidecar has a record ('owners/%s') of another file than the one "
		"that is there\n"
		"10.1.0.3: the sidecar has no record of its file: nobody knows of which boot it "
		"is\n",
		other);

	ipam_must(scene, "rm " IPAM_LEDGER "10.1.0.2");
	ipam_finds(scene, expected);
	ipam_must(scene, "rm " IPAM_SIDECAR "owners/%s", one);
	ipam_finds(scene, "");
	ipam_put(scene, "10.1.0.3", "c3\r\neth0");
	ipam_finds(scene, of_another);
	/* The same text again, but a file that was made later. */
	ipam_must(scene, "printf 'c2\\r\\neth0' > " IPAM_LEDGER "10.1.0.3");
	ipam_finds(scene, of_another);
}

static void ipam_verify__finds_unreachable_records(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *record = record_of(scene, "10.1.0.2");
	freeing char *expected = cni_format(
		"the sidecar's 'owners/%.32s.1' is no record that can be found\n"
		"10.1.0.2: the sidecar has no record of its file: nobody knows of which boot it "
		"is\n",
		record);

	ipam_must(scene, "mv " IPAM_SIDECAR "owners/%s " IPAM_SIDECAR "owners/%.32s.1", record,
		  record);
	ipam_finds(scene, expected);
	ipam_must(scene, "rm " IPAM_SIDECAR "owners/%.32s.1", record);
	ipam_must(scene, "ln -s nonsense " IPAM_SIDECAR "owners/%s", record);
	ipam_must(scene, "touch " IPAM_SIDECAR "owners/notes");
	free(take_ptr(expected));
	expected = cni_format(
		"the sidecar's 'owners/%s' is no record that can be found\n"
		"the sidecar's 'owners/notes' is no record that can be found\n"
		"10.1.0.2: the sidecar has no record of its file: nobody knows of which boot it "
		"is\n",
		record);
	ipam_finds(scene, expected);
}

static void ipam_verify__finds_wrong_bits(void **state)
{
	const struct cnitool_scene *scene = *state;

	flip(scene, 2, 0);
	flip(scene, 200, 0);
	ipam_finds(scene, "10.1.0.200: taken in the sidecar, but there is no file: no ADD gives it "
			  "out\n"
			  "10.1.0.2: free in the sidecar, but there is a file\n");
	flip(scene, 2, 0);
	flip(scene, 200, 0);
	flip(scene, 3, PLANE);
	ipam_finds(scene, "10.1.0.3: of an earlier boot in the sidecar, but it is of this one\n");
	flip(scene, 3, PLANE);
	ipam_finds(scene, "");
	boots_next();
	ipam_add(scene, "c4", IPAM_NOWHERE);
	ipam_finds(scene, "");
	flip(scene, 3, PLANE);
	ipam_finds(scene, "10.1.0.3: of this boot in the sidecar, but it is of an earlier one\n");
	ipam_must(scene, "rm " BITS);
	ipam_finds(scene, "10.1.0.2: free in the sidecar, but there is a file\n"
			  "10.1.0.3: free in the sidecar, but there is a file\n"
			  "10.1.0.4: free in the sidecar, but there is a file\n");
}

/* In the head: 8 bytes, a boot id and padding, two stamps of 3 numbers, how many are taken, and
 * then the count. */
static void ipam_verify__finds_a_wrong_count(void **state)
{
	enum { COUNT_AT = 8 + 24 + 2 * 24 + 8 };
	const struct cnitool_scene *scene = *state;
	freeing char *path = fake_path(&scene->fake, IPAM_SIDECAR "head");
	closing int fd = open(path, O_RDWR | O_CLOEXEC);
	uint64_t count = 7;

	assert_int_equal(pread(fd, &count, sizeof(count), COUNT_AT), sizeof(count));
	assert_int_equal(count, 0);
	count = 5;
	assert_int_equal(pwrite(fd, &count, sizeof(count), COUNT_AT), sizeof(count));
	ipam_finds(scene,
		   "the sidecar counts 5 reservations of an earlier boot, but there are 0\n");
}

/* ---- others at work ---- */

#define BEGUN 4 /* turns: the fourth is the first with a DEL */

/* Adds and deletes until the file "go-on" is gone, and writes a byte to `ready` when it has begun to do
 * both. Exits with 0 if it always worked. */
static _Noreturn void work(const struct cnitool_scene *scene, int worker, int ready)
{
	freeing char *config = fake_read(&scene->fake, "pool.conf");
	int failed = 0;
	int n = 0;

	for (; !failed && fake_has(&scene->fake, "go-on"); n++) {
		if (n == BEGUN && write(ready, "", 1) != 1)
			_exit(2);
		/* DEL of what was added three turns ago. */
		const char *const verbs[] = {"ADD", "DEL"};

		for (int i = 0; i < 2 && n >= 3 * i; i++) {
			freeing char *container = cni_format("w%d-%d", worker, n - 3 * i);
			struct plugin_call call = host_local_call(verbs[i], container, config);
			struct plugin_answer answer = plugin_run(&call);

			failed |= answer.exit_code;
			plugin_answer_clear(&answer);
		}
	}
	_exit(failed);
}

/* On a busy node something is always half done. */
static void ipam_verify__is_not_deceived_by_others_at_work(void **state)
{
	enum { WORKERS = 4, LOOKS = 10 };
	const struct cnitool_scene *scene = *state;
	freeing char *wrong = cni_strdup("");
	pid_t pids[WORKERS];
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fake_write(&scene->fake, "go-on", "");
	for (int i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			work(scene, i, ready[1]);
	}
	close(ready[1]);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	for (int i = 0; i < LOOKS && !*wrong; i++) {
		struct plugin_answer answer = cnitool_run(scene, "ipam verify pool");

		if (answer.exit_code != 0) {
			free(wrong);
			wrong = cni_strdup(answer.out);
		}
		plugin_answer_clear(&answer);
	}
	fake_remove(&scene->fake, "go-on");
	for (int i = 0; i < WORKERS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_string_equal(wrong, "");
	ipam_finds(scene, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		two_test(ipam_verify__accepts_our_files),
		ipam_test(ipam_verify__needs_no_directory),
		two_test(ipam_verify__remarks_on_the_sidecar),
		two_test(ipam_verify__finds_damaged_files),
		two_test(ipam_verify__finds_a_name_that_is_none),
		two_test(ipam_verify__finds_duplicates),
		two_test(ipam_verify__finds_what_is_outside),
		two_test(ipam_verify__finds_temporary_files),
		two_test(ipam_verify__finds_files_without_a_record),
		two_test(ipam_verify__finds_records_without_a_file),
		two_test(ipam_verify__finds_unreachable_records),
		two_test(ipam_verify__finds_wrong_bits),
		two_test(ipam_verify__finds_a_wrong_count),
		ipam_test(ipam_verify__is_not_deceived_by_others_at_work),
	};

	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
