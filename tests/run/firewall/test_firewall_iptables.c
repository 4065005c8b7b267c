/* SPDX-License-Identifier: Apache-2.0 */
/* The iptables backend, with the iptables of nf_tables and with the legacy one. */
#include "firewall_scene.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define BACKEND "'backend':'iptables'"

static void drop_by_policy(void)
{
	sandbox_must("iptables -P FORWARD DROP && ip6tables -P FORWARD DROP");
}

/* ---- what it is for ---- */

static void iptables__accepts_what_the_policy_drops(void **state)
{
	firewall_skip_unless_it_works();
	drop_by_policy();
	assert_dropped("a1", OUTSIDE4, NULL);
	firewall_succeeds("ADD", &a1, BACKEND);
	assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	/* Connections to it are dropped, except those of a published port. */
	assert_dropped("outside", a1.ip4, a1.ip6);
	sandbox_must("iptables -t nat -A PREROUTING -d 192.0.2.1 -j DNAT --to 10.1.0.11; "
		     "ip6tables -t nat -A PREROUTING -d 2001:db8::1 -p icmpv6 "
		     "--icmpv6-type echo-request -j DNAT --to fd01::11");
	assert_forwarded("outside", "192.0.2.1", "2001:db8::1");
	sandbox_must("iptables -t nat -F; ip6tables -t nat -F");
	assert_dropped("b1", OUTSIDE4, NULL);
	firewall_succeeds("CHECK", &a1, BACKEND);
	firewall_succeeds("DEL", &a1, BACKEND);
	assert_dropped("a1", OUTSIDE4, OUTSIDE6);
}

static void iptables__makes_what_the_reference_makes_and_more(void **state)
{
	freeing char *v4 = NULL;
	freeing char *v6 = NULL;

	firewall_skip_unless_it_works();
	sandbox_must("iptables -A FORWARD -s 198.51.100.1 -j DROP");
	firewall_succeeds("ADD", &a1, BACKEND);
	v4 = sandbox_read("iptables -S | grep -v ^-P");
	v6 = sandbox_read("ip6tables -S CNI-FORWARD");
	assert_string_equal(
		v4, "-N CNI-ADMIN\n"
		    "-N CNI-FORWARD\n"
		    "-A FORWARD -m comment --comment \"CNI firewall plugin rules\" -j CNI-FORWARD\n"
		    "-A FORWARD -s 198.51.100.1/32 -j DROP\n"
		    "-A CNI-FORWARD -m comment --comment \"CNI firewall plugin admin overrides\" "
		    "-j CNI-ADMIN\n"
		    "-A CNI-FORWARD -d 10.1.0.11/32 -m conntrack --ctstate RELATED,ESTABLISHED -j "
		    "ACCEPT\n"
		    "-A CNI-FORWARD -s 10.1.0.11/32 -j ACCEPT\n"
		    "-A CNI-FORWARD -d 10.1.0.11/32 -m comment --comment \"published ports\" -m "
		    "conntrack --ctstate DNAT -j ACCEPT\n");
	assert_string_equal(
		v6, "-N CNI-FORWARD\n"
		    "-A CNI-FORWARD -m comment --comment \"CNI firewall plugin admin overrides\" "
		    "-j CNI-ADMIN\n"
		    "-A CNI-FORWARD -d fd01::11/128 -m conntrack --ctstate RELATED,ESTABLISHED -j "
		    "ACCEPT\n"
		    "-A CNI-FORWARD -s fd01::11/128 -j ACCEPT\n"
		    "-A CNI-FORWARD -d fd01::11/128 -m comment --comment \"published ports\" -m "
		    "conntrack --ctstate DNAT -j ACCEPT\n");
}

/* The administrator's rules go first, for either maker of the chain. */
static void iptables__asks_the_administrator_first(void **state)
{
	static const struct {
		const char *chain;
		const char *more;
	} cases[] = {{"CNI-ADMIN", BACKEND},
		     {"NOMAD-ADMIN", BACKEND ",'iptablesAdminChainName':'NOMAD-ADMIN'"}};

	firewall_skip_unless_it_works();
	drop_by_policy();
	for (size_t i = 0; i < 2; i++) {
		const char *chain = cases[i].chain;

		sandbox_must("iptables -N %s && iptables -A %s -s 10.1.0.11 -d " OUTSIDE4
			     " -p icmp -j DROP",
			     chain, chain);
		firewall_succeeds("ADD", &a1, cases[i].more);
		assert_dropped("a1", OUTSIDE4, NULL);
		assert_forwarded("a1", NULL, OUTSIDE6);
		firewall_succeeds("CHECK", &a1, cases[i].more);
		/* The administrator's rule stays, and holds for the next one. */
		firewall_succeeds("DEL", &a1, cases[i].more);
		sandbox_must("iptables -C %s -s 10.1.0.11 -d " OUTSIDE4 " -p icmp -j DROP", chain);
		sandbox_must("iptables -F %s", chain);
		firewall_succeeds("ADD", &a1, cases[i].more);
		assert_forwarded("a1", OUTSIDE4, NULL);
		firewall_succeeds("DEL", &a1, cases[i].more);
	}
	/* A jump to each of them, once. */
	assert_lines(1, "-j CNI-ADMIN", "iptables -S CNI-FORWARD");
	assert_lines(1, "-j NOMAD-ADMIN", "iptables -S CNI-FORWARD");
	assert_lines(1, "-j CNI-FORWARD", "iptables -S FORWARD");
}

/* ---- once, and gone ---- */

static void iptables__del_leaves_chains_and_no_rules(void **state)
{
	freeing char *before = NULL;

	firewall_skip_unless_it_works();
	firewall_succeeds("ADD", &a2, BACKEND);
	firewall_succeeds("DEL", &a2, BACKEND);
	assert_lines(0, "ACCEPT", "iptables -S CNI-FORWARD; ip6tables -S CNI-FORWARD");
	before = firewall_snapshot();
	firewall_succeeds("ADD", &a1, BACKEND);
	firewall_succeeds("ADD", &b1, BACKEND);
	firewall_succeeds("DEL", &a1, BACKEND);
	firewall_succeeds("CHECK", &b1, BACKEND);
	firewall_succeeds("DEL", &b1, BACKEND);
	firewall_assert_unchanged(before);
}

static void iptables__of_a_second_add_there_are_no_more(void **state)
{
	freeing char *before = NULL;
	freeing char *once = NULL;

	firewall_skip_unless_it_works();
	firewall_succeeds("ADD", &a2, BACKEND);
	firewall_succeeds("DEL", &a2, BACKEND);
	before = firewall_snapshot();
	firewall_succeeds("ADD", &a1, BACKEND);
	once = firewall_snapshot();
	for (int i = 0; i < 3; i++) {
		firewall_succeeds("ADD", &a1, BACKEND);
		firewall_assert_unchanged(once);
	}
	/* With another backend it moves, and leaves nothing behind. */
	firewall_succeeds("ADD", &a1, "'backend':'nftables'");
	assert_lines(0, "10.1.0.11", "iptables -S CNI-FORWARD");
	firewall_succeeds("ADD", &a1, BACKEND);
	firewall_assert_unchanged(once);
	firewall_succeeds("DEL", &a1, BACKEND);
	firewall_assert_unchanged(before);
}

static char *rules(void)
{
	return sandbox_read("iptables -S; ip6tables -S");
}

static void assert_rules(const char *expected)
{
	freeing char *found = rules();

	assert_string_equal(found, expected);
}

/* The address was given to b1 before the DEL of a1 came. */
static void iptables__late_del_leaves_the_next_one_its_rules(void **state)
{
	static const struct host_pod next = {"b1", "br0", "10.1.0.11", "fd01::11"};
	freeing char *once = NULL;
	freeing char *before = NULL;

	firewall_skip_unless_it_works();
	firewall_succeeds("ADD", &a2, BACKEND);
	firewall_succeeds("DEL", &a2, BACKEND);
	before = firewall_snapshot();
	firewall_succeeds("ADD", &next, BACKEND);
	once = rules();
	firewall_succeeds("DEL", &next, BACKEND);
	firewall_succeeds("ADD", &a1, BACKEND);
	firewall_succeeds("ADD", &next, BACKEND);
	firewall_succeeds("DEL", &a1, BACKEND);
	assert_rules(once);
	firewall_succeeds("CHECK", &next, BACKEND);
	/* Again, and now without a file: only the prevResult says what it once had. */
	firewall_succeeds("DEL", &a1, BACKEND);
	firewall_succeeds("DEL", &a1, BACKEND);
	assert_rules(once);
	firewall_succeeds("DEL", &next, BACKEND);
	firewall_assert_unchanged(before);
	/* In the other order. */
	firewall_succeeds("ADD", &a1, BACKEND);
	firewall_succeeds("ADD", &next, BACKEND);
	firewall_succeeds("DEL", &next, BACKEND);
	firewall_succeeds("CHECK", &a1, BACKEND);
	firewall_succeeds("DEL", &a1, BACKEND);
	firewall_assert_unchanged(before);
}

/* ---- at the same time ---- */

#define MANY 12

static void all_at_once(const char *command)
{
	struct plugin_process processes[MANY];
	char *configs[MANY];
	char names[MANY][8];
	char ip4s[MANY][16];
	char ip6s[MANY][16];

	for (int i = 0; i < MANY; i++) {
		struct host_pod pod = {names[i], "br0", ip4s[i], ip6s[i]};
		struct plugin_call call;

		snprintf(names[i], sizeof(names[i]), "m%d", i);
		snprintf(ip4s[i], sizeof(ip4s[i]), "10.1.1.%d", i + 1);
		snprintf(ip6s[i], sizeof(ip6s[i]), "fd01::1:%d", i + 1);
		configs[i] = firewall_config(&pod, BACKEND);
		call = firewall_call(&pod, command, configs[i]);
		call.netns = "/run/netns/a1";
		processes[i] = plugin_start(&call);
	}
	for (int i = 0; i < MANY; i++) {
		struct plugin_answer answer = plugin_finish(&processes[i]);

		if (answer.exit_code)
			fail_msg("%s: %s%s", command, answer.out, answer.err);
		plugin_answer_clear(&answer);
		free(configs[i]);
	}
}

/* The first ones of all make the chains. */
static void iptables__first_ones_at_once_make_each_chain_once(void **state)
{
	firewall_skip_unless_it_works();
	all_at_once("ADD");
	assert_lines(1, "-j CNI-FORWARD", "iptables -S FORWARD");
	assert_lines(1, "-j CNI-FORWARD", "ip6tables -S FORWARD");
	assert_lines(1, "-j CNI-ADMIN", "iptables -S CNI-FORWARD");
	assert_lines(3 * MANY, "-j ACCEPT", "iptables -S CNI-FORWARD");
	assert_lines(3 * MANY, "-j ACCEPT", "ip6tables -S CNI-FORWARD");
	/* After a flush all of them find the jumps missing. */
	sandbox_must("iptables -F FORWARD && iptables -F CNI-FORWARD && ip6tables -F FORWARD && "
		     "ip6tables -F CNI-FORWARD");
	all_at_once("ADD");
	assert_lines(1, "-j CNI-FORWARD", "iptables -S FORWARD");
	assert_lines(1, "-j CNI-ADMIN", "iptables -S CNI-FORWARD");
	assert_lines(3 * MANY, "-j ACCEPT", "iptables -S CNI-FORWARD");
	all_at_once("DEL");
	assert_lines(0, "-j ACCEPT", "iptables -S CNI-FORWARD; ip6tables -S CNI-FORWARD");
}

/* ---- what is in its way ---- */

/* IPv6's is not to be run: what was made in IPv4 before is taken back. */
static void iptables__of_a_failed_add_nothing_is_left(void **state)
{
	freeing char *before = NULL;

	firewall_skip_unless_it_works();
	firewall_succeeds("ADD", &a2, BACKEND);
	firewall_succeeds("DEL", &a2, BACKEND);
	before = firewall_snapshot();
	sandbox_must(
		"cd " SANDBOX_BIN " && mkdir kept && mv ip6tables*restore kept && "
		"printf '#!/bin/sh\\necho no luck today >&2; exit 3\\n' > ip6tables-restore && "
		"chmod +x ip6tables-restore && cp ip6tables-restore ip6tables-%s-restore",
		(const char *)*state);
	firewall_fails("ADD", &a1, BACKEND, CNI_EDELEGATE, "-restore exited with 3");
	firewall_fails("ADD", &a1, BACKEND, CNI_EDELEGATE, "no luck today");
	sandbox_must("cd " SANDBOX_BIN " && rm ip6tables*restore && mv kept/* . && rmdir kept");
	/* DEL follows a failed ADD, and may succeed where the rollback has failed. */
	firewall_bare_del(&a1);
	firewall_assert_unchanged(before);
}

/* An attachment of one family needs only that family's command. */
static void iptables__needs_a_command_for_each_family_that_has_addresses(void **state)
{
	static const char *const v4 =
		BACKEND ",'prevResult':{'cniVersion':'1.1.0','ips':[{'address':'10.1.0.11/24'}]}";

	firewall_skip_unless_it_works();
	sandbox_must("rm " SANDBOX_BIN
		     "/ip6tables* && printf '#!/bin/sh\\nexit 9\\n' > " SANDBOX_BIN
		     "/ip6tables-restore && chmod +x " SANDBOX_BIN "/ip6tables-restore");
	firewall_succeeds("ADD", &a1, v4);
	firewall_succeeds("CHECK", &a1, v4);
	firewall_succeeds("DEL", &a1, v4);
	assert_lines(0, "ACCEPT", "iptables -S CNI-FORWARD");
}

/* The time of a hung command is bounded; this one ends at once. */
static void iptables__is_run_once_for_each_family(void **state)
{
	firewall_skip_unless_it_works();
	firewall_succeeds("ADD", &a2, BACKEND);
	sandbox_must("cd " SANDBOX_BIN " && for f in iptables ip6tables; do "
		     "target=$(readlink $f-restore); rm $f-restore; "
		     "printf '#!/bin/sh\\necho %%s >> /run/runs; exec " SANDBOX_BIN
		     "/%%s \"$@\"\\n' $f $target > $f-restore; chmod +x $f-restore; done");
	firewall_succeeds("ADD", &a1, BACKEND);
	assert_lines(2, "tables", "cat /run/runs; rm /run/runs");
	firewall_succeeds("CHECK", &a1, BACKEND);
	assert_lines(2, "tables", "cat /run/runs; rm /run/runs");
	firewall_succeeds("DEL", &a1, BACKEND);
	assert_lines(2, "tables", "cat /run/runs; rm /run/runs");
	/* Nothing is known about it: nothing is run. */
	firewall_bare_del(&a1);
	sandbox_must("! [ -e /run/runs ]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		firewall_both_tests(iptables__accepts_what_the_policy_drops),
		firewall_both_tests(iptables__makes_what_the_reference_makes_and_more),
		firewall_both_tests(iptables__asks_the_administrator_first),
		firewall_both_tests(iptables__del_leaves_chains_and_no_rules),
		firewall_both_tests(iptables__of_a_second_add_there_are_no_more),
		firewall_both_tests(iptables__late_del_leaves_the_next_one_its_rules),
		firewall_both_tests(iptables__first_ones_at_once_make_each_chain_once),
		firewall_both_tests(iptables__of_a_failed_add_nothing_is_left),
		firewall_both_tests(iptables__needs_a_command_for_each_family_that_has_addresses),
		firewall_both_tests(iptables__is_run_once_for_each_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
