/* SPDX-License-Identifier: Apache-2.0 */
/* DEL and GC where the network's directory, its lock, an address or the sidecar is of a wrong kind:
 * they succeed, release the container's addresses, and touch nothing else. */
#include "faults.h"
#include "ledger.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define GC(valid) "\"cni.dev/valid-attachments\":[" valid "]"
#define C2	  "{\"containerID\":\"c2\",\"ifname\":\"eth0\"}"

/* Two reservations, of c1 and c2, in a directory of the Go plugin's making. */
#define THEIRS(dir)                                                                                \
	"mkdir -p " dir " && printf 'c1\\r\\neth0' >" dir "/10.1.0.2 && "                          \
	"printf 'c2\\r\\neth0' >" dir "/10.1.0.3 && "

static struct plugin_answer run(const char *command, const char *container, const char *config)
{
	struct plugin_call call = host_local_call(command, container, config);
	struct plugin_answer answer = plugin_run(&call);

	plugin_assert_success(&answer);
	return answer;
}

/* Succeeds, and says `warning` (NULL: nothing) on stderr. */
static void says(const char *command, const char *container, const char *config,
		 const char *warning)
{
	struct plugin_answer answer = run(command, container, config);

	if (warning ? !strstr(answer.err, warning) : *answer.err)
		fail_msg("%s: \"%s\" on stderr, expected \"%s\"", command, answer.err,
			 warning ? warning : "");
	plugin_answer_clear(&answer);
}

static void assert_there(const char *files)
{
	freeing char *command = cni_format("for f in %s; do test -e $f || exit 1; done", files);

	ledger_run(command);
}

static void assert_gone(const char *file)
{
	freeing char *command = cni_format("! test -e %s", file);

	ledger_run(command);
}

/* ---- the network's directory ---- */

static void del__releases_behind_a_link(void **state)
{
	static const char *const setups[] = {
		THEIRS("theirs") "ln -s theirs blue",
		THEIRS("elsewhere/blue") "ln -s elsewhere/blue blue; ln -s elsewhere theirs; "
					 "ln -sfn elsewhere/blue theirs",
		/* Through several. */
		THEIRS("theirs") "ln -s theirs second; ln -s \"$PWD/second\" blue",
	};
	freeing char *config = host_local_config("1.0.0", POOL, "");

	(void)state;
	for (size_t i = 0; i < sizeof(setups) / sizeof(*setups); i++) {
		ledger_run(setups[i]);
		says("DEL", "c1", config, NULL);
		assert_gone("theirs/10.1.0.2");
		assert_there("theirs/10.1.0.3 blue");
		says("DEL", "c1", config, NULL);
		says("DEL", "c9", config, NULL);
		assert_there("theirs/10.1.0.3");
		ledger_run("rm -rf * .cni-c");
	}
}

static void check__looks_behind_a_link(void **state)
{
	freeing char *config = host_local_config("1.0.0", POOL,
						 "\"prevResult\":{\"cniVersion\":\"1.0.0\",\"ips\":"
						 "[{\"address\":\"10.1.0.2/29\"}]}");

	(void)state;
	ledger_run(THEIRS("theirs") "ln -s theirs blue");
	says("CHECK", "c1", config, NULL);
	host_local_fails("CHECK", "c3", config, CNI_EMISMATCH, "10.1.0.2");
}

/* Where another user can write, or nothing can be. */
static void del__does_not_follow_a_link_to_where_others_write(void **state)
{
	static const struct {
		const char *setup, *warning;
	} cases[] = {
		{THEIRS("theirs") "chown 65534 theirs; ln -s theirs blue",
		 "is a link to where others can write"},
		{THEIRS("theirs") "chmod g+w theirs; ln -s theirs blue",
		 "is a link to where others can write"},
		{THEIRS("theirs") "chmod 1777 theirs; ln -s theirs blue",
		 "is a link to where others can write"},
		{"ln -s nowhere blue", "is a link"},
		{"ln -s blue blue", "is a link"},
		{"mkfifo pipe; ln -s pipe blue", "is a link"},
		{"ln -s /dev/null blue", "is a link"},
		{"echo precious >blue", "is a file"},
		{"mkfifo blue", "is a file"},
	};
	freeing char *config = host_local_config("1.1.0", POOL, "");
	freeing char *gc = host_local_config("1.1.0", POOL, GC(""));

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *before = NULL;

		ledger_run(cases[i].setup);
		before = ledger_state();
		says("DEL", "c1", config, cases[i].warning);
		says("GC", NULL, gc, cases[i].warning);
		host_local_fails("ADD", "c3", config, CNI_EIO, "'dataDir'");
		host_local_fails("STATUS", NULL, config, CNI_EUNAVAILABLE, "'dataDir'");
		ledger_assert_state(before);
		ledger_run("rm -rf * .cni-c");
	}
}

/* In a directory of another name there may be reservations of another network, and no file says
 * which. */
static void gc__behind_a_link_releases_only_in_a_directory_of_the_networks_name(void **state)
{
	freeing char *gc = host_local_config("1.1.0", POOL, GC(C2));
	freeing char *before = NULL;

	(void)state;
	ledger_run(THEIRS("green") "touch green/lock; ln -s green blue");
	says("GC", NULL, gc, "GC releases nothing in");
	assert_there("green/10.1.0.2 green/10.1.0.3");
	ledger_run("rm -r *");
	ledger_run(THEIRS("elsewhere/blue") "ln -s elsewhere/blue blue");
	says("GC", NULL, gc, NULL);
	assert_gone("blue/10.1.0.2");
	assert_there("blue/10.1.0.3");
	before = ledger_state();
	says("GC", NULL, gc, NULL);
	ledger_run("rm -r * .cni-c");
}

/* ---- what is in it ---- */

static void del__goes_on_without_a_lock(void **state)
{
	static const char *const setups[] = {
		"ln -s elsewhere lock", "ln -s lock lock", "touch ../file; ln -s ../file lock",
		"mkdir lock",		"mkfifo lock",
	};
	freeing char *config = host_local_config("1.1.0", POOL, "");
	freeing char *gc = host_local_config("1.1.0", POOL, GC(C2));

	(void)state;
	for (size_t i = 0; i < sizeof(setups) / sizeof(*setups); i++) {
		freeing char *setup = cni_format(THEIRS("blue") "cd blue && { %s; }", setups[i]);

		ledger_run(setup);
		/* An address might change hands between being read and being released. */
		says("GC", NULL, gc, "GC releases nothing in");
		assert_there("blue/10.1.0.2 blue/10.1.0.3");
		says("DEL", "c1", config, "goes on without the lock");
		assert_gone("blue/10.1.0.2");
		assert_there("blue/10.1.0.3");
		says("DEL", "c1", config, "goes on without the lock");
		host_local_fails("ADD", "c3", config, CNI_EIO, "'dataDir'");
		ledger_run("rm -rf * .cni-c");
	}
}

/* A file system without locks, or a seccomp profile without flock(2). */
static void lock__that_is_refused_is_an_error_of_add_alone(void **state)
{
	static const char *const errors[][2] = {{"EPERM", "Operation not permitted"},
						{"ENOLCK", "No locks available"},
						{"EOPNOTSUPP", "Operation not supported"},
						{"ENOSYS", "Function not implemented"}};
	static const struct fault_step flock = {.name = "flock", .nth = 1, .is_lasting = true};
	freeing char *config = host_local_config("1.1.0", POOL, "");
	freeing char *log = cni_format("%s/log", host_local_data_dir);

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		struct plugin_call call = host_local_call("ADD", "c3", config);
		struct plugin_answer answer;

		ledger_run(THEIRS("blue") "touch blue/lock");
		answer = faults_inject(&call, log, &flock, errors[i][0]);
		plugin_assert_error(&answer, CNI_EIO, errors[i][1]);
		plugin_assert_error(&answer, CNI_EIO, "blue/lock': lock: ");
		plugin_answer_clear(&answer);
		call = host_local_call("DEL", "c1", config);
		answer = faults_inject(&call, log, &flock, errors[i][0]);
		plugin_assert_success(&answer);
		assert_non_null(strstr(answer.err, "goes on without the lock"));
		plugin_answer_clear(&answer);
		ledger_assert_addresses("10.1.0.3");
		ledger_run("rm -rf * .cni-c");
	}
}

/* A link that has an address for a name is no reservation. */
static void del__leaves_what_an_address_is_a_link_to(void **state)
{
	freeing char *config = host_local_config("1.1.0", POOL, "");
	freeing char *gc = host_local_config("1.1.0", POOL, GC(C2));

	(void)state;
	ledger_run(THEIRS("blue") "mv blue/10.1.0.2 precious; ln -s ../precious blue/10.1.0.2");
	says("DEL", "c1", config, NULL);
	assert_there("precious");
	says("DEL", "c2", config, NULL);
	assert_gone("blue/10.1.0.3");
	says("GC", NULL, gc, NULL);
	assert_there("precious");
}

static void del__does_without_its_sidecar(void **state)
{
	static const char *const damages[] = {
		"rm -r .cni-c; ln -s nowhere .cni-c",
		"mv .cni-c moved; ln -s moved .cni-c",
		"rm -r .cni-c; echo precious >.cni-c",
		"rm -r .cni-c; mkfifo .cni-c",
		"rm -r .cni-c/blue; ln -s ../blue .cni-c/blue",
		"rm -r .cni-c/blue; echo precious >.cni-c/blue",
		"rm -r .cni-c/blue/owners; ln -s .. .cni-c/blue/owners",
		"rm .cni-c/blue/head; ln -s ../../precious .cni-c/blue/head",
	};
	freeing char *config = host_local_config("1.1.0", POOL, "");
	freeing char *gc = host_local_config("1.1.0", POOL, GC(""));

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		ledger_run("echo precious >precious");
		host_local_succeeds("ADD", "c1", config);
		host_local_succeeds("ADD", "c2", config);
		ledger_run(damages[i]);
		says("DEL", "c1", config, NULL);
		ledger_assert_addresses("10.1.0.3");
		says("GC", NULL, gc, NULL);
		ledger_assert_addresses("");
		ledger_run("test $(cat precious) = precious; rm -rf * .cni-c");
	}
}

/* ---- read-only ---- */

static void del__of_what_has_no_address_succeeds_where_nothing_can_be_written(void **state)
{
	freeing char *config = host_local_config("1.1.0", POOL, "");

	(void)state;
	/* Without a lock, which cannot be made now. */
	ledger_run(THEIRS("blue") "mount --bind . . && mount -o remount,bind,ro .");
	says("DEL", "c9", config, "goes on without the lock");
	host_local_fails("DEL", "c1", config, CNI_EIO, "Read-only file system");
	assert_there("blue/10.1.0.2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_local_test(del__releases_behind_a_link),
		host_local_test(check__looks_behind_a_link),
		host_local_test(del__does_not_follow_a_link_to_where_others_write),
		host_local_test(
			gc__behind_a_link_releases_only_in_a_directory_of_the_networks_name),
		host_local_test(del__goes_on_without_a_lock),
		host_local_test(lock__that_is_refused_is_an_error_of_add_alone),
		host_local_test(del__leaves_what_an_address_is_a_link_to),
		host_local_test(del__does_without_its_sidecar),
		host_local_test(del__of_what_has_no_address_succeeds_where_nothing_can_be_written),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, ledger_setup, NULL);
}
