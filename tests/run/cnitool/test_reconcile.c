/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test starts it first. */
/* cnitool reconcile restores rules that "nft flush ruleset" and others have removed, without a
 * break in the container's traffic. */
#include "cleanup.h"
#include "cnitool_scene.h"
#include "conversation.h"
#include "json_text.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

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

static const char chosen[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"free\",\"plugins\":[{\"type\":\"bridge\","
	"\"bridge\":\"br2\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\","
	"\"ranges\":[[{\"subnet\":\"10.3.0.0/24\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}},"
	"{\"type\":\"firewall\"}]}";

static const char ports[] = "CAP_ARGS={\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,"
			    "\"protocol\":\"tcp\"}]}";

/* Only red publishes its port. */
static struct plugin_answer cnitool(const char *line)
{
	return cnitool_on_host(line,
			       (const char *const[]){strstr(line, "red") ? ports : NULL, NULL});
}

/* Its output; the caller frees. */
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

/* The state that reconcile compares: rules (nft(8) lists tables, chains and elements in the order
 * of making or hashing; sorted here), the bridge's addresses, and settings. */
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

static void reconcile__does_not_end_a_connection(void **state)
{
	struct conversation talk;

	(void)state;
	conversation_start(&talk, "red", "outside", "192.0.2.2");
	/* The server sees the node, not the pod. */
	assert_int_equal(talk.seen.s_addr, inet_addr("192.0.2.1"));
	conversation_assert_goes_on(&talk, 5);
	sandbox_must("nft flush ruleset");
	assert_prints("reconcile --all", 0, "mended");
	/* More than may have been on its way. */
	conversation_assert_goes_on(&talk, 200);
	conversation_end(&talk);
}

/* ---- what drops has come after the ADD ---- */

static void ping_outside(const char *netns)
{
	sandbox_must("ip netns exec %s ping -q -c1 -W5 192.0.2.2 >/run/out", netns);
}

static void assert_cut_off(const char *netns)
{
	sandbox_must("! ip netns exec %s ping -q -c1 -W0.2 192.0.2.2 >/run/out", netns);
}

/* As Docker's policy, a packaged last rule, and either in the other iptables. */
static void reconcile__moves_accepts_to_where_the_drop_is(void **state)
{
	static const struct {
		const char *drop;
		const char *undo;
		const char *says;
	} cases[] = {
		{"iptables-nft -P FORWARD DROP", "iptables-nft -P FORWARD ACCEPT",
		 "the policy of chain 'FORWARD' of table 'ip filter' is drop"},
		{"iptables-nft -A FORWARD -j REJECT", "iptables-nft -D FORWARD -j REJECT",
		 "of chain 'FORWARD' of table 'ip filter' is an unconditional reject"},
		{"iptables-legacy -P FORWARD DROP", "iptables-legacy -P FORWARD ACCEPT",
		 "the policy of chain 'FORWARD' of table 'filter of iptables-legacy' is drop"},
		{"iptables-legacy -A FORWARD -j DROP && iptables-nft -A FORWARD -j DROP",
		 "iptables-legacy -D FORWARD -j DROP && iptables-nft -D FORWARD -j DROP",
		 "is an unconditional drop"},
	};

	(void)state;
	sandbox_must("cat > " SANDBOX_DIR "/net.d/free.conflist <<'E'\n%s\nE", chosen);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conversation talk;

		if (strstr(cases[i].drop, "legacy") &&
		    sandbox_run("unshare -n iptables-legacy -S >/run/out 2>&1") != 0) {
			print_message("# skipped: this kernel has no iptables-legacy\n");
			break;
		}
		print_message("# %s\n", cases[i].drop);
		free(must("add free green"));
		free(must("check free green"));
		conversation_start(&talk, "green", "outside", "192.0.2.2");
		conversation_assert_goes_on(&talk, 5);
		sandbox_must("%s", cases[i].drop);
		assert_cut_off("green");
		assert_prints("reconcile free --dry-run", 1, cases[i].says);
		assert_prints("reconcile free", 0, "/eth0: mended: ");
		ping_outside("green");
		conversation_assert_goes_on(&talk, 200);
		free(must("check free green"));
		assert_prints("reconcile free", 0, "/eth0: fine");
		/* The old address leaves nothing behind, and the new one goes with DEL. */
		sandbox_must("! nft list set inet cni_firewall members4 2>/dev/null | grep 10.3.0");
		conversation_end(&talk);
		free(must("del free green"));
		sandbox_must("! { nft list ruleset; iptables-nft -S; iptables-legacy -S; } 2>&1 | "
			     "grep 10.3.0");
		sandbox_must("%s", cases[i].undo);
	}
	sandbox_must("rm " SANDBOX_DIR "/net.d/free.conflist; ip link del br2; "
		     "nft delete table ip filter; iptables-legacy -F; iptables-legacy -X");
	assert_prints("reconcile blue", 0, "");
}

/* And back again, by the way of both. */
static void reconcile__moves_as_often_as_the_host_changes(void **state)
{
	struct conversation talk;

	(void)state;
	if (sandbox_run("unshare -n iptables-legacy -S >/run/out 2>&1") != 0)
		skip_because("this kernel has no iptables-legacy");
	sandbox_must("cat > " SANDBOX_DIR "/net.d/free.conflist <<'E'\n%s\nE", chosen);
	sandbox_must("iptables-nft -P FORWARD DROP");
	free(must("add free green"));
	conversation_start(&talk, "green", "outside", "192.0.2.2");
	sandbox_must("iptables-legacy -P FORWARD DROP");
	assert_cut_off("green");
	assert_prints("reconcile free", 0, "mended: ");
	conversation_assert_goes_on(&talk, 100);
	sandbox_must("iptables-nft -P FORWARD ACCEPT && iptables-nft -F");
	assert_prints("reconcile free", 0, "mended: ");
	sandbox_must("! iptables-nft -S | grep 10.3.0 && iptables-legacy -S | grep -q 10.3.0");
	sandbox_must("iptables-legacy -P FORWARD ACCEPT && iptables-legacy -F");
	assert_prints("reconcile free", 0, "mended: ");
	sandbox_must("! { iptables-nft -S; iptables-legacy -S; } | grep 10.3.0 && "
		     "nft list set inet cni_firewall members4 | grep -q 10.3.0");
	conversation_assert_goes_on(&talk, 100);
	conversation_end(&talk);
	free(must("del free green"));
	sandbox_must("rm " SANDBOX_DIR "/net.d/free.conflist; ip link del br2; "
		     "nft delete table ip filter; iptables-legacy -X");
	assert_prints("reconcile blue", 0, "");
}

/* Packets pass each chain of the hook: an accept in one is no accept in another. */
static void reconcile__says_so_where_no_accept_helps(void **state)
{
#define GATE                                                                                       \
	"nft 'add table inet fence; add chain inet fence gate { type filter hook forward "         \
	"priority 10; "
	static const char *const cases[][2] = {
		{GATE "policy drop; }'",
		 "the policy of chain 'gate' of table 'inet fence' is drop"},
		{GATE "}; add rule inet fence gate reject with icmpx admin-prohibited'",
		 "rule 1 of chain 'gate' of table 'inet fence' is an unconditional reject"},
		{GATE "policy drop; }'; iptables-nft -P FORWARD DROP",
		 "the policy of chain 'gate' of table 'inet fence' is drop"},
	};
	struct conversation talk;

	(void)state;
	sandbox_must("cat > " SANDBOX_DIR "/net.d/free.conflist <<'E'\n%s\nE", chosen);
	free(must("add free green"));
	conversation_start(&talk, "green", "outside", "192.0.2.2");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i][0]);
		sandbox_must("%s", cases[i][0]);
		assert_cut_off("green");
		assert_prints("reconcile free --dry-run", 1,
			      "which backend nftables cannot overrule");
		for (int j = 0; j < 2; j++) {
			assert_prints("reconcile free", 1, "/eth0: failed: ");
			assert_prints("reconcile free", 1, cases[i][1]);
		}
		assert_prints("reconcile --all --json", 1, "\"state\": \"failed\"");
		/* Accepts of before are there still, once the drop is gone. */
		sandbox_must("nft delete table inet fence; iptables-nft -P FORWARD ACCEPT");
		assert_prints("reconcile free", 0, "/eth0: ");
		ping_outside("green");
		conversation_assert_goes_on(&talk, 20);
		free(must("check free green"));
	}
#undef GATE
	conversation_end(&talk);
	free(must("del free green"));
	sandbox_must("! nft list ruleset | grep 10.3.0; rm " SANDBOX_DIR "/net.d/free.conflist; "
		     "ip link del br2; nft delete table ip filter");
	assert_prints("reconcile blue", 0, "");
}

static void reconcile__leaves_gone_and_foreign_attachments_alone(void **state)
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
	assert_int_equal(answer.exit_code, 2);
	assert_non_null(strstr(answer.err, "expected a network or --all"));
	plugin_answer_clear(&answer);
	answer = cnitool("reconcile blue --all");
	assert_int_equal(answer.exit_code, 2);
	plugin_answer_clear(&answer);
	answer = cnitool("add blue green --all");
	assert_int_equal(answer.exit_code, 2);
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
		cmocka_unit_test(reconcile__moves_accepts_to_where_the_drop_is),
		cmocka_unit_test(reconcile__moves_as_often_as_the_host_changes),
		cmocka_unit_test(reconcile__says_so_where_no_accept_helps),
		cmocka_unit_test(reconcile__leaves_gone_and_foreign_attachments_alone),
		cmocka_unit_test(reconcile__says_what_it_needs),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
