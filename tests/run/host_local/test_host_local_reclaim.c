/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Reservations of an earlier boot, and of a namespace that is gone. */
#include "cleanup.h"
#include "error.h"
#include "ledger.h"
#include "mem.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* With `reclaim` as it is by default, which is lazy; with "never"; and one that the Go plugin
 * understands. */
static char *text;
static char *never;
static char *theirs;

static int setup(void **state)
{
	int failed = host_local_setup(state);

	text = host_local_config("1.1.0", POOL, "");
	never = host_local_config("1.1.0", POOL ",\"reclaim\":\"never\"", "");
	theirs = host_local_config("1.0.0", POOL, "");
	return failed;
}

static int teardown(void **state)
{
	free(text);
	free(never);
	free(theirs);
	return host_local_teardown(state);
}

#define reclaim_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* c<first> to c<last> get what is next: .<first> to .<last>. */
static void fill(const char *plugin, int first, int last)
{
	for (int i = first; i <= last; i++) {
		freeing char *container = cni_format("c%d", i);
		freeing char *expected = cni_format("10.1.0.%d/29", i);
		freeing char *address = host_local_add_by(plugin, container, theirs);

		assert_string_equal(address, expected);
	}
}

static void assert_exhausted(const char *config)
{
	freeing char *before = host_local_snapshot();
	freeing char *after = NULL;

	host_local_fails("ADD", "c99", config, CNI_EEXHAUSTED, "no IP addresses available");
	after = host_local_snapshot();
	assert_string_equal(after, before);
}

static bool has_theirs(void)
{
	return access(GO_HOST_LOCAL, X_OK) == 0;
}

static void go_fails(const char *command, const char *container)
{
	struct plugin_call call = host_local_call(command, container, theirs);
	struct plugin_answer answer;

	call.plugin = GO_HOST_LOCAL;
	answer = plugin_run(&call);
	assert_int_equal(answer.exit_code, 1);
	plugin_answer_clear(&answer);
}

static void go_succeeds(const char *command, const char *container)
{
	struct plugin_call call = host_local_call(command, container, theirs);

	call.plugin = GO_HOST_LOCAL;
	plugin_succeeds(&call);
}

/* ---- lazy ---- */

static void lazy__uses_what_is_stale_last(void **state)
{
	(void)state;
	fill(HOST_LOCAL, 2, 4);
	ledger_reboot();
	fill(HOST_LOCAL, 5, 6);
	ledger_assert_addresses("10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6");
	host_local_succeeds("STATUS", NULL, text);
	host_local_assert_adds("c7", text, "10.1.0.2/29");
	host_local_assert_file("10.1.0.2", "c7\r\neth0");
	host_local_assert_file("10.1.0.3", "c3\r\neth0");
	/* The DEL of the container that had it is too late. */
	host_local_succeeds("DEL", "c2", text);
	host_local_succeeds("CHECK", "c7", text);
	host_local_fails("CHECK", "c2", text, CNI_EMISMATCH, NULL);
	host_local_succeeds("CHECK", "c3", text);
	host_local_assert_adds("c8", text, "10.1.0.3/29");
	host_local_assert_adds("c9", text, "10.1.0.4/29");
	assert_exhausted(text);
	host_local_fails("STATUS", NULL, text, CNI_EUNAVAILABLE, "no IP addresses available");
	/* Until the next one. */
	ledger_reboot();
	host_local_succeeds("STATUS", NULL, text);
	host_local_assert_adds("c10", text, "10.1.0.2/29");
}

static void lazy__gives_what_is_requested(void **state)
{
	freeing char *three = host_local_config("1.1.0", POOL, LEDGER_REQUEST("10.1.0.3"));

	(void)state;
	fill(HOST_LOCAL, 2, 4);
	host_local_fails("ADD", "c7", three, CNI_ETAKEN, "it is reserved for container c3");
	ledger_reboot();
	host_local_assert_adds("c7", three, "10.1.0.3/29");
	host_local_assert_file("10.1.0.3", "c7\r\neth0");
	host_local_fails("ADD", "c8", three, CNI_ETAKEN, "it is reserved for container c7");
	ledger_assert_addresses("10.1.0.2 10.1.0.3 10.1.0.4");
}

static void lazy__gives_a_container_what_it_had(void **state)
{
	freeing char *dual = host_local_config("1.1.0", DUAL, "");
	freeing char *six = host_local_config("1.1.0", POOL, LEDGER_REQUEST("10.1.0.6"));

	(void)state;
	fill(HOST_LOCAL, 2, 4);
	ledger_reboot();
	host_local_assert_adds("c3", text, "10.1.0.3/29");
	host_local_fails("ADD", "c3", text, CNI_ETAKEN, "duplicate allocation");
	/* The requested address comes first; c4 does not keep both. */
	host_local_assert_adds("c4", six, "10.1.0.6/29");
	ledger_assert_addresses("10.1.0.2 10.1.0.3 10.1.0.6");
	host_local_remove_network();
	host_local_assert_adds("c1", dual, "10.1.0.2/24");
	host_local_assert_adds("c2", dual, "10.1.0.3/24");
	ledger_reboot();
	host_local_assert_adds("c2", dual, "10.1.0.3/24");
	host_local_assert_adds("c1", dual, "10.1.0.2/24");
	ledger_assert_addresses("10.1.0.2 10.1.0.3 fd00::2 fd00::3");
}

static void reclaim__leaves_check_del_and_gc_as_they_are(void **state)
{
	freeing char *gc = host_local_config(
		"1.1.0", "",
		"\"cni.dev/valid-attachments\":[{\"containerID\":\"c3\",\"ifname\":\"eth0\"}]");

	(void)state;
	fill(HOST_LOCAL, 2, 4);
	ledger_reboot();
	host_local_succeeds("CHECK", "c2", text);
	host_local_succeeds("DEL", "c2", text);
	ledger_assert_addresses("10.1.0.3 10.1.0.4");
	host_local_succeeds("GC", NULL, gc);
	ledger_assert_addresses("10.1.0.3");
	host_local_assert_file("10.1.0.3", "c3\r\neth0");
}

/* ---- the Go plugin's ---- */

static void lazy__never_takes_the_go_plugins_of_this_boot(void **state)
{
	(void)state;
	if (!has_theirs())
		skip_because("%s is not installed", GO_HOST_LOCAL);
	fill(GO_HOST_LOCAL, 2, 3);
	fill(HOST_LOCAL, 4, 5);
	fill(GO_HOST_LOCAL, 6, 6);
	assert_exhausted(text);
	/* In the next boot it is known of all that we saw that they are of the one before, and of
	 * those that come after us that they are not. */
	go_succeeds("DEL", "c6");
	host_local_succeeds("DEL", "c5", text);
	ledger_reboot();
	fill(GO_HOST_LOCAL, 5, 6);
	host_local_assert_adds("c7", text, "10.1.0.2/29");
	host_local_assert_adds("c8", text, "10.1.0.3/29");
	host_local_assert_adds("c9", text, "10.1.0.4/29");
	assert_exhausted(text);
	go_succeeds("CHECK", "c5");
	go_succeeds("CHECK", "c7");
	go_fails("CHECK", "c2");
	/* Until the one after that. */
	ledger_reboot();
	for (int i = 2; i <= 6; i++) {
		freeing char *container = cni_format("d%d", i);
		freeing char *expected = cni_format("10.1.0.%d/29", i);

		host_local_assert_adds(container, text, expected);
	}
	assert_exhausted(text);
}

/* Their boot is unknown, so they count as this one's. */
static void lazy__never_takes_what_it_has_not_seen_before(void **state)
{
	(void)state;
	if (!has_theirs())
		skip_because("%s is not installed", GO_HOST_LOCAL);
	fill(GO_HOST_LOCAL, 2, 6);
	ledger_reboot();
	assert_exhausted(text);
	go_succeeds("CHECK", "c2");
	ledger_reboot();
	host_local_assert_adds("c7", text, "10.1.0.2/29");
	/* The same if the sidecar was lost meanwhile. */
	ledger_run("rm -r .cni-c");
	ledger_reboot();
	host_local_fails("ADD", "c8", text, CNI_EEXHAUSTED, NULL);
}

/* ---- eager and never ---- */

static void eager__releases_all_at_the_first_add_of_a_boot(void **state)
{
	freeing char *eager = host_local_config("1.1.0", POOL ",\"reclaim\":\"eager\"", "");

	(void)state;
	fill(HOST_LOCAL, 2, 4);
	host_local_assert_adds("c5", eager, "10.1.0.5/29");
	ledger_assert_addresses("10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5");
	ledger_reboot();
	host_local_succeeds("CHECK", "c2", eager);
	host_local_succeeds("STATUS", NULL, eager);
	ledger_assert_addresses("10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5");
	host_local_assert_adds("c6", eager, "10.1.0.6/29");
	ledger_assert_addresses("10.1.0.6");
	host_local_assert_adds("c7", eager, "10.1.0.2/29");
	ledger_assert_addresses("10.1.0.2 10.1.0.6");
}

static void eager__leaves_what_is_of_this_boot(void **state)
{
	freeing char *eager = host_local_config("1.1.0", POOL ",\"reclaim\":\"eager\"", "");

	(void)state;
	fill(HOST_LOCAL, 2, 3);
	ledger_reboot();
	/* A lease whose pod came again, and a foreign lease from before. */
	host_local_assert_adds("c2", text, "10.1.0.2/29");
	host_local_put_file("10.1.0.6", "c6\r\neth0");
	host_local_assert_adds("c4", eager, "10.1.0.3/29");
	ledger_assert_addresses("10.1.0.2 10.1.0.3 10.1.0.6");
	host_local_assert_file("10.1.0.3", "c4\r\neth0");
}

static void never__keeps_all_until_they_are_deleted(void **state)
{
	freeing char *three = host_local_config("1.1.0", POOL ",\"reclaim\":\"never\"",
						LEDGER_REQUEST("10.1.0.3"));

	(void)state;
	fill(HOST_LOCAL, 2, 5);
	ledger_reboot();
	host_local_assert_adds("c6", never, "10.1.0.6/29");
	assert_exhausted(never);
	host_local_fails("STATUS", NULL, never, CNI_EUNAVAILABLE, "no IP addresses available");
	host_local_fails("ADD", "c7", three, CNI_ETAKEN, "it is reserved for container c3");
	host_local_fails("ADD", "c3", never, CNI_ETAKEN, "duplicate allocation");
	host_local_succeeds("DEL", "c3", never);
	host_local_assert_adds("c3", never, "10.1.0.3/29");
}

/* ---- namespaces ---- */

static struct plugin_call add_in(const char *netns, const char *config)
{
	struct plugin_call call = host_local_call("ADD", "c1", config);

	call.netns = netns;
	return call;
}

static void assert_adds_in(const char *netns, const char *expected)
{
	struct plugin_call call = add_in(netns, text);
	struct plugin_answer answer = plugin_run(&call);
	const cJSON *ips = cni_json_get(answer.json, "ips");

	plugin_assert_success(&answer);
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(ips, 0), "address"), expected);
	plugin_answer_clear(&answer);
}

static void assert_refused_in(const char *netns, const char *config)
{
	struct plugin_call call = add_in(netns, config);

	plugin_fails(&call, CNI_ETAKEN, "10.1.0.2 has been allocated to c1, duplicate allocation");
}

static void reclaim__gives_a_container_its_address_back_when_its_namespace_is_gone(void **state)
{
	(void)state;
	/* Numbers are used again: so that they differ, the next one is there before. */
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	assert_adds_in("/run/netns/red", "10.1.0.2/29");
	assert_refused_in("/run/netns/red", text);
	assert_refused_in("/run/netns/green", text);
	assert_refused_in("/run/netns/nowhere", text);
	sandbox_del_netns("red");
	assert_refused_in("/run/netns/green", never);
	assert_adds_in("/run/netns/green", "10.1.0.2/29");
	ledger_assert_addresses("10.1.0.2");
	assert_refused_in("/run/netns/green", text);
	sandbox_del_netns("green");
	/* Another container gets its address when nothing else is left; see test_host_local_dead.c. */
	fill(HOST_LOCAL, 3, 6);
	assert_exhausted(never);
}

static void reclaim__knows_a_namespace_that_only_processes_are_in(void **state)
{
	pid_t pid;

	(void)state;
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	assert_adds_in("/run/netns/red", "10.1.0.2/29");
	pid = fork();
	if (pid == 0) {
		execlp("ip", "ip", "netns", "exec", "red", "sleep", "60", (char *)NULL);
		_exit(127);
	}
	/* It has entered when it has become sleep(1). */
	sandbox_await("grep sleep /proc/%d/comm", (int)pid);
	sandbox_del_netns("red");
	assert_refused_in("/run/netns/green", text);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_adds_in("/run/netns/green", "10.1.0.2/29");
	sandbox_del_netns("green");
}

/* A record that is damaged, while the time of its directory is as before, so that the sidecar counts as
 * current, does not say that the lease is of an earlier boot or that its namespace is gone. */
static void reclaim__believes_no_damaged_record(void **state)
{
	static const char *const damages[] = {
		"s/ [0-9a-f]/ z/",			    /* the boot id */
		"s/ [0-9a-f]\\{16\\} / 0123456789abcdef /", /* one that may be */
		"s/ [0-9]*:/ 99:/",			    /* the namespace */
		"s/ [0-9a-f]*$//",			    /* without its digest */
	};
	freeing char *config = host_local_config("1.1.0", POOL, "");
	freeing char *asks = host_local_config("1.1.0", POOL, LEDGER_REQUEST("10.1.0.2"));

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *command = cni_format(
			"o=.cni-c/blue/owners; touch -r $o time; for f in $o/*; do "
			"ln -sfn \"$(readlink $f | sed '%s')\" $f; done; touch -r time $o; rm time",
			damages[i]);

		host_local_assert_adds("c1", config, "10.1.0.2/29");
		ledger_run(command);
		host_local_fails("ADD", "c9", asks, CNI_ETAKEN, "10.1.0.2");
		host_local_fails("ADD", "c1", config, CNI_ETAKEN, "10.1.0.2");
		host_local_assert_file("10.1.0.2", "c1\r\neth0");
		host_local_succeeds("DEL", "c1", config);
		ledger_run("rm -rf blue .cni-c");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		reclaim_test(lazy__uses_what_is_stale_last),
		reclaim_test(lazy__gives_what_is_requested),
		reclaim_test(lazy__gives_a_container_what_it_had),
		reclaim_test(reclaim__leaves_check_del_and_gc_as_they_are),
		reclaim_test(lazy__never_takes_the_go_plugins_of_this_boot),
		reclaim_test(lazy__never_takes_what_it_has_not_seen_before),
		reclaim_test(eager__releases_all_at_the_first_add_of_a_boot),
		reclaim_test(eager__leaves_what_is_of_this_boot),
		reclaim_test(never__keeps_all_until_they_are_deleted),
		reclaim_test(
			reclaim__gives_a_container_its_address_back_when_its_namespace_is_gone),
		reclaim_test(reclaim__knows_a_namespace_that_only_processes_are_in),
		reclaim_test(reclaim__believes_no_damaged_record),
	};

	return cmocka_run_group_tests(tests, ledger_setup, NULL);
}
