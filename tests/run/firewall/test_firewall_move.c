/* SPDX-License-Identifier: Apache-2.0 */
/* The host has changed since ADD: MEND moves accepts to the effective backend, if the backend was
 * chosen. Connections meanwhile are in test_reconcile.c. */
#include "firewall_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static bool has_legacy(void)
{
	return sandbox_run("unshare -n iptables-legacy -S >/run/out 2>&1") == 0;
}

/* Loads x_tables only if the test is about it. */
#define skip_without(command)                                                                      \
	do {                                                                                       \
		if (strstr(command, "legacy") && !has_legacy())                                    \
			skip_because("this kernel has no iptables-legacy: %s", command);           \
	} while (0)

#define BOTH(kind, rule) "iptables-" kind " " rule " && ip6tables-" kind " " rule

static int setup(void **state)
{
	if (firewall_setup(state) < 0)
		return -1;
	firewall_use_iptables("nft");
	return 0;
}

/* A written backend is not moved; CHECK says what is the matter. */
static void mend__leaves_a_written_backend_where_it_is(void **state)
{
	static const char written[] = "'backend':'nftables'";

	(void)state;
	firewall_succeeds("ADD", &a1, written);
	sandbox_must(BOTH("nft", "-P FORWARD DROP"));
	firewall_fails("CHECK", &a1, written, CNI_EMISMATCH,
		       "'FORWARD' of table 'ip filter' is drop, which backend nftables");
	firewall_succeeds("MEND", &a1, written);
	firewall_fails("CHECK", &a1, written, CNI_EMISMATCH, "is drop");
	assert_lines(0, "10.1.0.11", "iptables-nft -S");
	firewall_succeeds("DEL", &a1, written);
}

/* A node that was upgraded: its records do not say that the backend was chosen. */
static void mend__moves_what_an_earlier_version_has_chosen(void **state)
{
	freeing char *before = NULL;

	(void)state;
	sandbox_must(BOTH("nft", "-P FORWARD DROP"));
	firewall_succeeds("ADD", &a1, "");
	firewall_succeeds("DEL", &a1, "");
	before = firewall_snapshot();
	sandbox_must(BOTH("nft", "-P FORWARD ACCEPT"));
	firewall_succeeds("ADD", &a1, "");
	sandbox_must("sed -i '/^chosen/d; /^digest/d' /run/cni/firewall/blue/a1:eth0");
	sandbox_must(BOTH("nft", "-P FORWARD DROP"));
	firewall_fails("CHECK", &a1, "", CNI_EMISMATCH, "is drop");
	firewall_succeeds("MEND", &a1, "");
	firewall_succeeds("CHECK", &a1, "");
	assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	/* Its tool was the command without a suffix: the rules are the same, and once. */
	sandbox_must("sed -i '/^chosen/d; /^digest/d; /^tool/d' /run/cni/firewall/blue/a1:eth0");
	firewall_succeeds("MEND", &a1, "");
	firewall_succeeds("CHECK", &a1, "");
	sandbox_must("iptables-nft -D CNI-FORWARD -s 10.1.0.11 -j ACCEPT");
	firewall_succeeds("MEND", &a1, "");
	assert_lines(3, "10.1.0.11", "iptables-nft -S CNI-FORWARD");
	firewall_bare_del(&a1);
	firewall_assert_unchanged(before);
}

/* Killed between the new accepts and the old: the record has both places. */
static void move__that_was_interrupted_leaves_nothing(void **state)
{
	freeing char *before = NULL;

	(void)state;
	skip_without("iptables-legacy");
	sandbox_must(BOTH("nft", "-P FORWARD DROP") " && " BOTH("legacy", "-P FORWARD DROP"));
	firewall_succeeds("ADD", &a1, "");
	firewall_succeeds("DEL", &a1, "");
	before = firewall_snapshot();
	for (int i = 0; i < 2; i++) {
		firewall_succeeds("ADD", &a1, "");
		sandbox_must("cd /run/cni/firewall/blue && sed -i '/^digest/d; "
			     "s/^tool iptables-nft/leaving iptables-nft/' a1:eth0 && "
			     "{ printf 'digest '; sha512sum a1:eth0 | cut -c1-32; } > /run/d && "
			     "cat /run/d >> a1:eth0");
		if (i)
			firewall_succeeds("GC", NULL, "'cni.dev/valid-attachments':[]");
		else
			firewall_bare_del(&a1);
		firewall_assert_unchanged(before);
	}
}

#define move_test(name) cmocka_unit_test_setup_teardown(name, setup, firewall_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		move_test(mend__leaves_a_written_backend_where_it_is),
		move_test(mend__moves_what_an_earlier_version_has_chosen),
		move_test(move__that_was_interrupted_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
