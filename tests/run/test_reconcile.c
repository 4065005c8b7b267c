/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool reconcile: what "nft flush ruleset" and other hands have taken comes back, and what a
 * container does meanwhile goes on. */
#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char conflist[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"bridge\","
	"\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"macspoofchk\":true,\"ipam\":{"
	"\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],"
	"[{\"subnet\":\"fd01::/64\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]}},"
	"{\"type\":\"firewall\",\"backend\":\"nftables\",\"ingressPolicy\":\"same-bridge\"},"
	"{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}}]}";

static const char iron[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"iron\",\"plugins\":[{\"type\":\"bridge\","
	"\"bridge\":\"br1\",\"isGateway\":true,\"ipam\":{\"type\":\"host-local\","
	"\"ranges\":[[{\"subnet\":\"10.2.0.0/24\"}],[{\"subnet\":\"fd02::/64\"}]]}},"
	"{\"type\":\"firewall\",\"backend\":\"iptables\"}]}";

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
		"nft flush map inet cni masquerade_at6",
		"nft delete table bridge cni",
		"nft delete table inet cni_firewall",
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

static char *rules_of_iptables(void)
{
	return sandbox_read("{ iptables-save -t filter; ip6tables-save -t filter; } | "
			    "grep -v '^#' | sed 's/\\[.*\\]//'");
}

static void reconcile__puts_back_the_rules_of_iptables(void **state)
{
	static const char *const damages[] = {"iptables -F CNI-FORWARD", "ip6tables -F",
					      "nft flush ruleset"};
	freeing char *before = NULL;

	(void)state;
	sandbox_must("cat > " SANDBOX_DIR "/net.d/iron.conflist <<'E'\n%s\nE", iron);
	free(must("add iron green"));
	before = rules_of_iptables();
	assert_non_null(strstr(before, "-s 10.2.0.2/32 -j ACCEPT"));
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *after = NULL;

		sandbox_must("%s", damages[i]);
		assert_prints("reconcile iron", 0, "/eth0: mended: ");
		free(must("check iron green"));
		after = rules_of_iptables();
		sandbox_assert_same(before, after);
	}
	free(must("del iron green"));
	sandbox_must("rm " SANDBOX_DIR "/net.d/iron.conflist; ip link del br1");
	assert_prints("reconcile blue", 0, "");
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

/* ---- a connection through masquerade ---- */

static void enter(const char *netns)
{
	freeing char *path = cni_format("/run/netns/%s", netns);
	closing int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		_exit(1);
}

static struct sockaddr_in server_address(const char *ip)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7000)};

	inet_pton(AF_INET, ip, &address.sin_addr);
	return address;
}

/* Tells `report` whom it sees, and then each byte that comes. */
static _Noreturn void serve(int listener, int report)
{
	struct sockaddr_in client;
	socklen_t size = sizeof(client);
	int fd = accept(listener, (struct sockaddr *)&client, &size);
	char byte;

	if (fd < 0 || write(report, &client.sin_addr, sizeof(client.sin_addr)) < 0)
		_exit(1);
	while (read(fd, &byte, 1) == 1)
		if (write(report, &byte, 1) != 1)
			_exit(1);
	_exit(0);
}

/* A byte each 20 ms, until it is ended. */
static _Noreturn void talk(void)
{
	const struct sockaddr_in address = server_address("192.0.2.2");
	const struct timespec pause = {.tv_nsec = 20000000};
	int fd;

	enter("red");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(1);
	while (write(fd, ".", 1) == 1)
		nanosleep(&pause, NULL);
	_exit(1);
}

static pid_t start_server(int report)
{
	const struct sockaddr_in any = server_address("0.0.0.0");
	int ready[2];
	pid_t server;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	server = fork();
	if (server == 0) {
		int fd;

		enter("outside");
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 1) < 0 ||
		    write(ready[1], ".", 1) != 1)
			_exit(1);
		serve(fd, report);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return server;
}

static void assert_arrive(int report, int count)
{
	struct pollfd wait = {.fd = report, .events = POLLIN};
	char byte;

	while (count--) {
		assert_int_equal(poll(&wait, 1, 10000), 1);
		assert_int_equal(read(report, &byte, 1), 1);
	}
}

static void reconcile__does_not_end_a_connection(void **state)
{
	struct in_addr seen;
	int report[2];
	pid_t server;
	pid_t client;

	(void)state;
	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	server = start_server(report[1]);
	client = fork();
	if (client == 0)
		talk();
	/* The server sees the node, not the pod. */
	assert_int_equal(read(report[0], &seen, sizeof(seen)), sizeof(seen));
	assert_int_equal(seen.s_addr, inet_addr("192.0.2.1"));
	assert_arrive(report[0], 5);
	sandbox_must("nft flush ruleset");
	assert_prints("reconcile --all", 0, "mended");
	/* More than may have been on its way. */
	assert_arrive(report[0], 200);
	kill(client, SIGKILL);
	waitpid(client, NULL, 0);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(report[0]);
	close(report[1]);
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
		cmocka_unit_test(reconcile__puts_back_the_rules_of_iptables),
		cmocka_unit_test(reconcile__changes_nothing_in_a_dry_run),
		cmocka_unit_test(reconcile__does_not_end_a_connection),
		cmocka_unit_test(reconcile__leaves_alone_what_is_gone_or_somebody_elses),
		cmocka_unit_test(reconcile__says_what_it_needs),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
