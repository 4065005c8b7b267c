/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool reconcile: what "nft flush ruleset" and other hands have taken comes back, and what a
 * container does meanwhile goes on. */
#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char conflist[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"bridge\","
	"\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"macspoofchk\":true,\"ipam\":{"
	"\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],"
	"[{\"subnet\":\"fd01::/64\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]}},"
	"{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}}]}";

static const char ports[] = "CAP_ARGS={\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,"
			    "\"protocol\":\"tcp\"}]}";

/* Only red publishes its port. */
static struct plugin_answer cnitool(const char *line)
{
	const char *const environment[] = {"NETCONFPATH=" SANDBOX_DIR "/net.d",
					   strstr(line, "red") ? ports : NULL, NULL};
	freeing char *copy = cni_strdup(line);
	const char *arguments[8] = {NULL};
	char *rest = copy;
	size_t count = 0;

	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		arguments[count++] = word;
	return plugin_run(
		&(struct plugin_call){.plugin = CNI_C_BINARY_DIR "/cnitool/cnitool",
				      .path = CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam",
				      .environment = environment,
				      .arguments = arguments});
}

/* What it prints; the caller frees. */
static char *must(const char *line)
{
	struct plugin_answer answer = cnitool(line);
	char *out = cni_strdup(answer.out);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	return out;
}

static void assert_prints(const char *line, int code, const char *expected)
{
	struct plugin_answer answer = cnitool(line);

	if (answer.exit_code != code || !strstr(answer.out, expected))
		fail_msg("'cnitool %s' exits with %d and prints \"%s\" %s, expected %d and \"%s\"",
			 line, answer.exit_code, answer.out, answer.err, code, expected);
	plugin_answer_clear(&answer);
}

/* What reconcile is about: rules, of which nft(8) lists tables, chains and elements in the order in
 * which they were made or hashed (sorted here), the bridge's addresses, and settings. */
static char *state_of_host(void)
{
	return sandbox_read(
		"{ nft list ruleset | tr ',' '\\n' | sed 's/elements = {//; s/}//; "
		"s/^[ \t]*//; s/ *$//'; "
		"ip -o addr show br0 scope global | sed 's/^[0-9]*: //; s/valid_lft.*//'; "
		"sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding "
		"net.ipv4.conf.br0.route_localnet; } | sort");
}

/* Two pods on "blue", and "outside" behind a link of its own. */
static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_must("mkdir " SANDBOX_DIR "/net.d");
	sandbox_must("cat > " SANDBOX_DIR "/net.d/blue.conflist <<'E'\n%s\nE", conflist);
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	sandbox_add_netns("outside");
	sandbox_must("ip link add o0 type veth peer name o1 netns outside && "
		     "ip addr add 192.0.2.1/24 dev o0 && ip link set o0 up && "
		     "ip -n outside addr add 192.0.2.2/24 dev o1 && ip -n outside link set o1 up");
	free(must("add blue red"));
	return 0;
}

static void reconcile__finds_nothing_to_do(void **state)
{
	freeing char *before = sandbox_snapshot();

	(void)state;
	assert_prints("reconcile blue", 0, "/eth0: fine\n");
	assert_prints("reconcile --all --dry-run", 0, "/eth0: fine\n");
	assert_prints("reconcile nowhere", 0, "");
	sandbox_assert_unchanged(before);
}

static void reconcile__puts_back_what_was_taken(void **state)
{
	static const char *const damages[] = {
		"nft flush ruleset",
		"nft flush table inet cni",
		"nft delete table inet cni_portmap",
		"nft flush map inet cni masquerade6",
		"nft delete table bridge cni",
		"ip addr flush dev br0 scope global",
		"sysctl -qw net.ipv4.ip_forward=0",
		"sysctl -qw net.ipv4.conf.br0.route_localnet=0",
	};
	freeing char *before = state_of_host();

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *after = NULL;

		print_message("# %s\n", damages[i]);
		sandbox_must("%s", damages[i]);
		assert_prints("reconcile blue --dry-run", 1, "/eth0: wrong: ");
		assert_prints("reconcile --all", 0, "/eth0: mended: ");
		free(must("check blue red"));
		after = state_of_host();
		sandbox_assert_same(before, after);
	}
}

static void reconcile__changes_nothing_in_a_dry_run(void **state)
{
	freeing char *before = NULL;

	(void)state;
	sandbox_must("nft flush ruleset");
	before = sandbox_snapshot();
	assert_prints("reconcile --all --dry-run", 1, "wrong: plugin 'bridge' failed CHECK");
	sandbox_assert_unchanged(before);
	assert_prints("reconcile --all --json", 0, "\"state\": \"mended\"");
}

/* Counts what arrives at the server, a line each, through the flush and afterwards. */
static void reconcile__does_not_end_a_connection(void **state)
{
	pid_t server;
	pid_t client;

	(void)state;
	server = fork();
	if (server == 0) {
		execlp("ip", "ip", "netns", "exec", "outside", "timeout", "20", "python3", "-c",
		       "import socket\n"
		       "s=socket.create_server(('',7000)); c,a=s.accept()\n"
		       "f=open('" SANDBOX_DIR "/seen','w'); f.write(a[0]+'\\n'); f.flush()\n"
		       "while True:\n"
		       "  d=c.recv(100)\n"
		       "  if not d: break\n"
		       "  f.write(d.decode()); f.flush()\n",
		       NULL);
		_exit(127);
	}
	sandbox_must(
		"for i in $(seq 100); do ip netns exec outside ss -ltn | grep -q :7000 && exit "
		"0; sleep 0.05; done; exit 1");
	client = fork();
	if (client == 0) {
		execlp("ip", "ip", "netns", "exec", "red", "timeout", "20", "python3", "-c",
		       "import socket,time\n"
		       "s=socket.create_connection(('192.0.2.2',7000))\n"
		       "i=0\n"
		       "while True:\n"
		       "  i+=1; s.sendall(b'%d\\n' % i); time.sleep(0.05)\n",
		       NULL);
		_exit(127);
	}
	sandbox_must("for i in $(seq 100); do grep -q '^3$' " SANDBOX_DIR
		     "/seen 2>/dev/null && exit 0; sleep 0.05; done; exit 1");
	/* The server sees the node, not the pod. */
	sandbox_must("head -1 " SANDBOX_DIR "/seen | grep -qx 192.0.2.1");
	sandbox_must("nft flush ruleset");
	assert_prints("reconcile --all", 0, "mended");
	sandbox_must("last=$(tail -1 " SANDBOX_DIR "/seen); for i in $(seq 200); do "
		     "[ $(tail -1 " SANDBOX_DIR "/seen) -gt $((last + 5)) ] && exit 0; "
		     "sleep 0.05; done; exit 1");
	kill(client, SIGTERM);
	waitpid(client, NULL, 0);
	waitpid(server, NULL, 0);
	sandbox_must("rm " SANDBOX_DIR "/seen");
}

static void reconcile__leaves_alone_what_is_gone_or_somebody_elses(void **state)
{
	(void)state;
	free(must("add blue green"));
	sandbox_del_netns("green");
	sandbox_must("nft flush ruleset");
	assert_prints("reconcile blue", 0, "/eth0: gone: its namespace is gone");
	sandbox_must("! nft list ruleset | grep -q 10.1.0.3");
	sandbox_must("nft list ruleset | grep -q 10.1.0.2");
	free(must("del blue green"));
	/* An address that the ledger does not know as its own. */
	sandbox_must("cd /var/lib/cni/networks/blue && cp -p 10.1.0.2 /run/kept && "
		     "printf 'other\\r\\neth0' > 10.1.0.2 && nft flush ruleset");
	assert_prints("reconcile blue", 1, "10.1.0.2 is expected to be reserved for container");
	sandbox_must("! nft list ruleset | grep -q 10.1.0.2");
	sandbox_must("cat /run/kept > /var/lib/cni/networks/blue/10.1.0.2; rm /run/kept");
	assert_prints("reconcile blue", 0, "mended");
}

static void reconcile__says_what_it_needs(void **state)
{
	struct plugin_answer answer;

	(void)state;
	answer = cnitool("reconcile");
	assert_int_equal(answer.exit_code, 1);
	assert_non_null(strstr(answer.err, "expected a network or --all"));
	plugin_answer_clear(&answer);
	answer = cnitool("reconcile blue --all");
	assert_int_equal(answer.exit_code, 1);
	plugin_answer_clear(&answer);
	answer = cnitool("add blue green --all");
	assert_int_equal(answer.exit_code, 1);
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reconcile__finds_nothing_to_do),
		cmocka_unit_test(reconcile__puts_back_what_was_taken),
		cmocka_unit_test(reconcile__changes_nothing_in_a_dry_run),
		cmocka_unit_test(reconcile__does_not_end_a_connection),
		cmocka_unit_test(reconcile__leaves_alone_what_is_gone_or_somebody_elses),
		cmocka_unit_test(reconcile__says_what_it_needs),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
