/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool gc and purge on a host of their own: live attachments stay, stale ones go, and each
 * removal is printed. Witnesses are ip(8), nft(8) and the files of host-local. */
#include "cleanup.h"
#include "cnitool_scene.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define LEASES "/var/lib/cni/networks/blue"

/* %s: its name */
#define CONFLIST                                                                                   \
	"{\"cniVersion\":\"1.1.0\",\"name\":\"%s\",\"plugins\":[{\"type\":\"bridge\","             \
	"\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\"," \
	"\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}},{\"type\":\"firewall\","                    \
	"\"backend\":\"nftables\"},"                                                               \
	"{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}}]}"

static const char *const pods[] = {"red", "green", "pink"};

static struct plugin_answer cnitool_with(const char *line, const char *cache)
{
	freeing char *cache_dir = cni_format("CNI_CACHE_DIR=%s", cache);

	return cnitool_on_host(line, (const char *const[]){cache_dir, NULL});
}

static struct plugin_answer cnitool(const char *line)
{
	return cnitool_with(line, "/var/lib/cni");
}

static void run(const char *line)
{
	struct plugin_answer answer = cnitool(line);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

/* It exits with `code` and prints `expected`, and nothing else if that ends in a newline. */
/* `lines` and the last line, which counts; the caller frees. */
static char *with_summary(const char *lines)
{
	size_t count = 0;

	for (const char *at = strstr(lines, "deleted: "); at; at = strstr(at + 1, "deleted: "))
		count++;
	return cni_format("%s%zu attachment%s %sdeleted\n", lines, count, count == 1 ? "" : "s",
			  strstr(lines, "would be ") ? "would be " : "");
}

static void assert_prints(const char *line, int code, const char *expected)
{
	struct plugin_answer answer = cnitool(line);
	bool is_all = *expected && expected[strlen(expected) - 1] == '\n';
	freeing char *all = with_summary(expected);

	if (answer.exit_code != code ||
	    (is_all ? strcmp(answer.out, all) != 0 : !strstr(answer.out, expected)))
		fail_msg("'cnitool %s' exits with %d and prints \"%s\" %s, expected %d and \"%s\"",
			 line, answer.exit_code, answer.out, answer.err, code, expected);
	plugin_answer_clear(&answer);
}

static char *id_of(const char *pod)
{
	char *id = sandbox_read("printf /run/netns/%s | sha512sum | cut -c1-20 | tr -d '\\n'", pod);
	char *whole = cni_format("cnitool-%s", id);

	free(id);
	return whole;
}

static void assert_stands(const char *pod)
{
	freeing char *id = id_of(pod);

	sandbox_must("ip -n %s link show eth0 >/dev/null && grep -q %s " LEASES "/10.1.0.* && "
		     "ip -j link | grep -q blue/%s/eth0 && nft list ruleset | grep -q %s",
		     pod, id, id, id);
}

static void assert_gone(const char *pod)
{
	freeing char *id = id_of(pod);

	sandbox_must("! grep -q %s " LEASES "/10.1.0.* 2>/dev/null && "
		     "! ip -j link | grep -q blue/%s/eth0 && ! nft list ruleset | grep -q %s && "
		     "! ls /var/lib/cni/results 2>/dev/null | grep -q %s",
		     id, id, id, id);
}

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_must("mkdir " SANDBOX_DIR "/net.d");
	return 0;
}

/* Three namespaces with their attachments to "blue". */
static int add_pods(void **state)
{
	(void)state;
	sandbox_must("cat > " SANDBOX_DIR "/net.d/blue.conflist <<'E'\n" CONFLIST "\nE", "blue");
	for (size_t i = 0; i < 3; i++) {
		freeing char *line = cni_format("add blue %s", pods[i]);

		sandbox_add_netns(pods[i]);
		run(line);
	}
	return 0;
}

static int remove_pods(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		freeing char *line = cni_format("del blue %s", pods[i]);
		struct plugin_answer answer = cnitool(line);

		plugin_answer_clear(&answer);
		sandbox_del_netns(pods[i]);
	}
	/* The kernel deletes those of a namespace when it comes to it. */
	sandbox_run("for l in $(ip -j link show type veth | jq -r '.[].ifname'); do "
		    "ip link del $l 2>/dev/null; done");
	sandbox_run("rm -rf /var/lib/cni/* " SANDBOX_DIR "/net.d/*; nft flush ruleset; "
		    "ip link del br0 2>/dev/null");
	return 0;
}

/* ---- gc ---- */

static void gc__keeps_what_lives(void **state)
{
	static const char *const lines[] = {"gc blue", "gc blue --gone"};
	static const char asked[] =
		"blue: plugin 'bridge' was asked to remove what none of 2 attachments has\n"
		"blue: plugin 'firewall' was asked to remove what none of 2 attachments has\n"
		"blue: plugin 'portmap' was asked to remove what none of 2 attachments has\n";

	(void)state;
	sandbox_del_netns("green");
	for (size_t i = 0; i < 2; i++) {
		freeing char *id = id_of("green");
		freeing char *deleted =
			cni_format("blue/%s/eth0: deleted: its namespace is gone\n%s", id, asked);

		assert_prints(lines[i], 0, i ? asked : deleted);
		assert_stands("red");
		assert_stands("pink");
		assert_gone("green");
	}
	run("check blue red");
	run("check blue pink");
}

static void gc__changes_nothing_in_a_dry_run(void **state)
{
	freeing char *id = id_of("green");
	freeing char *gone = cni_format("blue/%s/eth0: would be deleted: its namespace is gone\n"
					"blue: plugin 'bridge' would be asked to remove what none "
					"of 2 attachments has\n",
					id);
	freeing char *all = cni_format("blue/%s/eth0: would be deleted: it is not to stay\n", id);
	freeing char *before = NULL;

	(void)state;
	assert_prints("gc blue --dry-run", 0,
		      "blue: plugin 'bridge' would be asked to remove what none of 3 attachments "
		      "has\n"
		      "blue: plugin 'firewall' would be asked to remove what none of 3 attachments "
		      "has\n"
		      "blue: plugin 'portmap' would be asked to remove what none of 3 attachments "
		      "has\n");
	sandbox_del_netns("green");
	sandbox_await("! ip -o link | grep blue/%s", id);
	before = sandbox_snapshot();
	/* Without their newlines they may stand among others. */
	gone[strlen(gone) - 1] = '\0';
	all[strlen(all) - 1] = '\0';
	assert_prints("gc blue --dry-run", 0, gone);
	assert_prints("gc blue --all --dry-run", 0, all);
	assert_prints("gc blue red --dry-run", 0,
		      "portmap' would be asked to remove all that it has");
	assert_prints("purge --dry-run", 0, all);
	sandbox_assert_unchanged(before);
	assert_prints("gc blue --json", 0, "\"reason\": \"its namespace is gone\"");
}

static void gc__all_takes_all_but_what_is_kept(void **state)
{
	freeing char *id = id_of("red");
	freeing char *line = cni_format("gc blue --all --keep %s/eth0", id);

	(void)state;
	run(line);
	assert_stands("red");
	assert_gone("green");
	assert_gone("pink");
	run("gc blue --all");
	assert_gone("red");
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
}

/* Go's cnitool wants a namespace, and keeps nothing. */
static void gc__with_a_namespace_is_as_gos(void **state)
{
	(void)state;
	run("gc blue red --gone");
	assert_stands("red");
	run("gc blue /nowhere");
	for (size_t i = 0; i < 3; i++)
		assert_gone(pods[i]);
}

/* Attachments of another cache, of which none is left here, have their links. */
static void gc__keeps_what_only_its_link_tells_of(void **state)
{
	struct plugin_answer answer = cnitool_with("gc blue", SANDBOX_DIR "/other");

	(void)state;
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "what none of 3 attachments has"));
	plugin_answer_clear(&answer);
	sandbox_must("rm /var/lib/cni/results/*");
	run("gc blue --gone");
	for (size_t i = 0; i < 3; i++)
		sandbox_must("ip -n %s link show eth0 >/dev/null", pods[i]);
	/* Their links go with them. */
	sandbox_del_netns("green");
	sandbox_await("[ $(ip -o link | grep -c blue/) = 2 ]");
	run("gc blue --gone");
	assert_gone("green");
	sandbox_must("test $(ls " LEASES " | grep -c '^10') = 2");
}

/* A process holds the namespace, and its name is gone. */
static void gc__keeps_what_lives_without_a_name(void **state)
{
	freeing char *id = id_of("green");
	freeing char *pid =
		sandbox_read("ip netns exec green sleep 1000 >/dev/null 2>&1 & echo -n $!");

	(void)state;
	sandbox_await("[ $(ip netns identify %s) = green ]", pid);
	sandbox_del_netns("green");
	run("gc blue --gone");
	sandbox_must("nsenter -t %s -n ip link show eth0 >/dev/null && grep -q %s " LEASES
		     "/10.1.0.*",
		     pid, id);
	sandbox_must("kill %s", pid);
	sandbox_await("! ip -o link | grep blue/%s", id);
	run("gc blue --gone");
	assert_gone("green");
}

/* Another namespace has come to its path since. */
static void gc__knows_a_namespace_by_more_than_its_path(void **state)
{
	freeing char *id = id_of("green");
	freeing char *expected = cni_format("blue/%s/eth0: deleted: its namespace is gone", id);

	(void)state;
	sandbox_del_netns("green");
	sandbox_add_netns("green");
	assert_prints("gc blue", 0, expected);
	assert_gone("green");
	run("add blue green");
	/* The next one of the name is added at once, and what was before goes. */
	sandbox_del_netns("green");
	sandbox_add_netns("green");
	run("add blue green");
	assert_stands("green");
	run("check blue green");
	sandbox_must("test $(ls " LEASES " | grep -c '^10') = 3");
}

/* A container's id that does not fit into the link's text. */
static void gc__refuses_what_it_cannot_tell(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	freeing char *keep = cni_format("gc blue --keep %s/eth0", id);
	struct plugin_answer answer;

	(void)state;
	sandbox_must("ip link set $(ip -j link | jq -r '.[] | "
		     "select(.ifalias//\"\" | startswith(\"blue/\")) | .ifname' | head -n1) alias "
		     "blue/%.37s~$(printf %s | sha512sum | cut -c1-16)/eth0; "
		     "rm /var/lib/cni/results/*",
		     id, id);
	answer = cnitool("gc blue");
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.err, "name it with --keep ID/NAME, or delete everything with "
					   "--all"));
	plugin_answer_clear(&answer);
	sandbox_must("test $(ls " LEASES " | grep -c '^10') = 3");
	assert_prints(keep, 0, "what none of 3 attachments has");
}

/* ---- locks ---- */

/* A lock that a process in a container holds is not ours. */
static void cnitool__is_not_held_up_by_the_container(void **state)
{
	freeing char *pid =
		sandbox_read("flock -x /run/netns/red sleep 1000 >/dev/null 2>&1 & echo -n $!");

	(void)state;
	sandbox_await("! flock -n -x /run/netns/red true");
	sandbox_must("CNI_PATH=" CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR
		     "/ipam NETCONFPATH=" SANDBOX_DIR "/net.d timeout 8 " CNI_C_BINARY_DIR
		     "/cnitool/cnitool del blue red");
	sandbox_must("kill %s", pid);
	assert_gone("red");
}

/* A directory that another user may enter is no place for locks, and no obstacle. */
static void cnitool__goes_on_where_there_can_be_no_lock(void **state)
{
	struct plugin_answer answer;

	(void)state;
	run("del blue red");
	sandbox_must("mkdir -p /run/cni/locks && chmod 0777 /run/cni/locks");
	answer = cnitool("add blue red");
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "cnitool: warning: goes on beside others that may work "
					   "on the network 'blue': open '/run/cni/locks/held'"));
	plugin_answer_clear(&answer);
	run("gc blue");
	run("del blue red");
	assert_gone("red");
	sandbox_must("chmod 0700 /run/cni/locks");
}

/* ---- purge ---- */

static void purge__leaves_nothing(void **state)
{
	freeing char *left = NULL;

	(void)state;
	/* A network whose configuration is gone, one in no cache, and one of other plugins. */
	sandbox_must("cat > " SANDBOX_DIR "/net.d/old.conflist <<'E'\n" CONFLIST "\nE", "old");
	run("add old pink -i eth1");
	sandbox_must("rm " SANDBOX_DIR "/net.d/old.conflist /var/lib/cni/results/old-*; "
		     "mkdir -p " SANDBOX_DIR "/bin /var/lib/cni/networks/foreign; "
		     "printf '#!/bin/sh\\necho CNI calico >&2; test -z \"$CNI_COMMAND\" || "
		     "echo $CNI_COMMAND >>" SANDBOX_DIR "/asked' > " SANDBOX_DIR "/bin/other; "
		     "chmod 755 " SANDBOX_DIR "/bin/other; "
		     "printf 'c9\\r\\neth0' > /var/lib/cni/networks/foreign/10.9.0.2; "
		     "echo '{\"cniVersion\":\"1.1.0\",\"name\":\"foreign\",\"plugins\":[{\"type\":"
		     "\"other\"}]}' > " SANDBOX_DIR "/net.d/foreign.conflist");
	sandbox_must("CNI_PATH=" CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam:" SANDBOX_DIR
		     "/bin NETCONFPATH=" SANDBOX_DIR "/net.d " CNI_C_BINARY_DIR
		     "/cnitool/cnitool purge >" SANDBOX_DIR "/told");
	left = sandbox_read("ip -o link show type veth; nft list ruleset; "
			    "ls /var/lib/cni/results; ls /var/lib/cni/networks/*/10.1.* "
			    "2>/dev/null; find /run/cni -type f ! -name held; "
			    "cat " SANDBOX_DIR "/asked 2>/dev/null || true");
	assert_string_equal(left, "");
	for (size_t i = 0; i < 3; i++)
		sandbox_must("! ip -n %s link show eth0 2>/dev/null", pods[i]);
	sandbox_must("test -e /var/lib/cni/networks/foreign/10.9.0.2");
	sandbox_must(
		"grep -q '^old: plugin .bridge. was asked to remove all that it has$' " SANDBOX_DIR
		"/told");
	/* And again. */
	run("purge");
}

#define pods_test(name) cmocka_unit_test_setup_teardown(name, add_pods, remove_pods)

int main(void)
{
	const struct CMUnitTest tests[] = {
		pods_test(gc__keeps_what_lives),
		pods_test(gc__changes_nothing_in_a_dry_run),
		pods_test(gc__all_takes_all_but_what_is_kept),
		pods_test(gc__with_a_namespace_is_as_gos),
		pods_test(gc__keeps_what_only_its_link_tells_of),
		pods_test(gc__keeps_what_lives_without_a_name),
		pods_test(gc__knows_a_namespace_by_more_than_its_path),
		pods_test(gc__refuses_what_it_cannot_tell),
		pods_test(cnitool__is_not_held_up_by_the_container),
		pods_test(cnitool__goes_on_where_there_can_be_no_lock),
		pods_test(purge__leaves_nothing),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
