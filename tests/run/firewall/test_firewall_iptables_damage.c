/* SPDX-License-Identifier: Apache-2.0 */
/* The iptables backend after damage to its rules, with the iptables of nf_tables and with the legacy one. */
#include "firewall_scene.h"
#include "trace.h"

#include "cleanup.h"

#define BACKEND "'backend':'iptables'"

/* In no order: what is put back comes last. */
static char *rules(void)
{
	return sandbox_read("iptables -S | sort; ip6tables -S | sort");
}

static void assert_rules(const char *expected)
{
	freeing char *found = rules();

	assert_string_equal(found, expected);
}

/* Each is noticed by CHECK, mended by MEND without making anything twice, and no matter for DEL. */
static void iptables__survives_single_damages(void **state)
{
	static const struct {
		const char *damage;
		const char *message;
	} cases[] = {
		{"iptables -F FORWARD", " has no rule 'FORWARD -m comment"},
		{"iptables -D CNI-FORWARD 1",
		 " has no rule 'CNI-FORWARD -m comment --comment \"CNI firewall plugin "
		 "admin overrides\" -j CNI-ADMIN'"},
		{"iptables -D CNI-FORWARD -s 10.1.0.11 -j ACCEPT",
		 " has no rule 'CNI-FORWARD -s 10.1.0.11/32 -j ACCEPT'"},
		{"iptables -D CNI-FORWARD 2",
		 " has no rule 'CNI-FORWARD -d 10.1.0.11/32 -m conntrack"},
		{"ip6tables -D CNI-FORWARD -s fd01::11 -j ACCEPT",
		 " has no rule 'CNI-FORWARD -s fd01::11/128 -j ACCEPT'"},
		{"iptables -F", " has no rule 'FORWARD"},
		{"iptables -F && iptables -X", " has no rule 'FORWARD"},
		{"iptables -D CNI-FORWARD 1 && iptables -X CNI-ADMIN",
		 " has no rule 'CNI-FORWARD -m comment"},
	};
	freeing char *without = NULL;
	freeing char *with = NULL;

	firewall_skip_unless_it_works();
	firewall_succeeds("ADD", &a1, BACKEND);
	firewall_succeeds("DEL", &a1, BACKEND);
	without = rules();
	firewall_succeeds("ADD", &a1, BACKEND);
	with = rules();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i += trace_stride(2)) {
		sandbox_must("%s", cases[i].damage);
		firewall_fails("CHECK", &a1, BACKEND, CNI_EMISMATCH, cases[i].message);
		firewall_succeeds("MEND", &a1, BACKEND);
		firewall_succeeds("CHECK", &a1, BACKEND);
		assert_rules(with);
		sandbox_must("%s", cases[i].damage);
		firewall_bare_del(&a1);
		assert_lines(0, "ACCEPT",
			     "iptables -S CNI-FORWARD 2>/dev/null; ip6tables -S CNI-FORWARD");
		firewall_succeeds("ADD", &a1, BACKEND);
		firewall_succeeds("CHECK", &a1, BACKEND);
		assert_rules(with);
		firewall_succeeds("DEL", &a1, BACKEND);
		assert_rules(without);
		firewall_succeeds("ADD", &a1, BACKEND);
	}
}

/* Networks with the same range: one pair of rules serves both after they were lost, and goes with the last. */
static void iptables__pair_of_two_networks_goes_with_the_last(void **state)
{
	static const struct host_pod next = {"b1", "br1", "10.1.0.11", "fd01::11"};
	static const char *const of[] = {BACKEND, BACKEND ",'name':'green'"};
	static const struct host_pod *const pods[] = {&a1, &next};
	freeing char *without = NULL;
	freeing char *with = NULL;

	firewall_skip_unless_it_works();
	firewall_succeeds("ADD", &a1, BACKEND);
	with = rules();
	firewall_succeeds("DEL", &a1, BACKEND);
	without = rules();
	for (size_t i = 0; i < 2; i++) {
		firewall_succeeds("ADD", &a1, of[0]);
		firewall_succeeds("ADD", &next, of[1]);
		sandbox_must("iptables -F CNI-FORWARD && ip6tables -F CNI-FORWARD");
		firewall_succeeds("MEND", &a1, of[0]);
		firewall_succeeds("MEND", &next, of[1]);
		assert_rules(with);
		for (int j = 0; j < 2; j++) {
			firewall_succeeds("DEL", pods[i], of[i]);
			firewall_succeeds("CHECK", pods[1 - i], of[1 - i]);
			assert_rules(with);
		}
		firewall_succeeds("DEL", pods[1 - i], of[1 - i]);
		assert_rules(without);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		firewall_both_tests(iptables__survives_single_damages),
		firewall_both_tests(iptables__pair_of_two_networks_goes_with_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
