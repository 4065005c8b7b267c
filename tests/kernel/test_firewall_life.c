/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the firewall plugin after ADD: DEL, GC, CHECK, and foreign changes. */
#include "firewall_wish.h"
#include "kernel.h"
#include "nft.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

static void firewall__late_del_leaves_the_next_owner_alone(void **state)
{
	(void)state;
	firewall_must_add("blue", "c1", "10.1.0.7", NULL, OPEN);
	firewall_must_add("blue", "c2", "10.1.0.7", NULL, OPEN);
	firewall_assert_set("members4", "cni0 . 10.1.0.7 blue/c2/eth0");
	firewall_must_del("blue", "c1");
	firewall_assert_set("members4", "cni0 . 10.1.0.7 blue/c2/eth0");
	firewall_assert_check("c2", "10.1.0.7", NULL, OPEN, NULL);
	firewall_must_del("blue", "c2");
	firewall_assert_no_table();
}

static void firewall__del_of_nothing_is_fine(void **state)
{
	(void)state;
	firewall_must_del("blue", "c1");
	firewall_must_add("blue", "c2", "10.1.0.7", NULL, OPEN);
	firewall_must_del("blue", "c1");
	firewall_must_del("red", "c2");
	firewall_assert_set("members4", "cni0 . 10.1.0.7 blue/c2/eth0");
}

/* A foreign chain keeps our table, and a foreign rule keeps our chain. */
static void firewall__leaves_what_is_not_its_own(void **state)
{
	(void)state;
	sandbox_must("nft 'add table inet cni_firewall; add chain inet cni_firewall theirs'");
	firewall_must_add("blue", "c1", "10.1.0.7", NULL, SAME, "cni0");
	sandbox_must("nft 'add rule inet cni_firewall same-cni0 accept'");
	firewall_must_del("blue", "c1");
	sandbox_must("nft list chain inet cni_firewall theirs > /dev/null");
	sandbox_must("nft list chain inet cni_firewall same-cni0 > /dev/null");
	firewall_assert_set("policies", "");
}

static void firewall__is_made_anew_after_a_flush(void **state)
{
	(void)state;
	firewall_must_add("blue", "c1", "10.1.0.7", NULL, ISOLATED, "cni0");
	sandbox_must("nft flush ruleset");
	firewall_must_add("blue", "c1", "10.1.0.7", NULL, ISOLATED, "cni0");
	firewall_assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0", NULL);
	/* Rules alone are gone: "nft flush table". The next ADD, of any owner, mends the table. */
	sandbox_must("nft flush table inet cni_firewall");
	firewall_assert_check(
		"c1", "10.1.0.7", NULL, ISOLATED, "cni0",
		"firewall: chain 'forward' of table 'inet cni_firewall' has 0 rules, expected "
		"6");
	firewall_must_add("blue", "c2", "10.1.0.8", NULL, OPEN);
	firewall_assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0", NULL);
	sandbox_must("nft delete rule inet cni_firewall forward handle $(nft -a list chain inet "
		     "cni_firewall forward | sed -n 's/.*saddr @members4 accept # handle //p')");
	firewall_must_add("blue", "c3", "10.1.0.9", NULL, OPEN);
	firewall_assert_check("c3", "10.1.0.9", NULL, OPEN, NULL);
	/* DEL does not miss what is gone. */
	sandbox_must("nft 'flush set inet cni_firewall bridges; "
		     "flush set inet cni_firewall isolated; flush set inet cni_firewall members4'");
	firewall_must_del("blue", "c1");
	firewall_assert_set("same", "");
	firewall_must_del("blue", "c2");
	firewall_must_del("blue", "c3");
	firewall_assert_no_table();
}

static void firewall__check_says_what_is_wrong(void **state)
{
	static const struct {
		const char *damage;
		const char *message;
	} cases[] = {
		{"flush set inet cni_firewall members4",
		 "firewall: cni0 . 10.1.0.7 is not in 'members4' of table 'inet "
		 "cni_firewall', expected it there for 'blue/c1/eth0'"},
		{"flush map inet cni_firewall addresses4",
		 "firewall: vethc2cc414d284 . 0 is not in 'addresses4' of table 'inet "
		 "cni_firewall', expected it there for 'blue/c1/eth0'"},
		{"flush map inet cni_firewall policies",
		 "firewall: vethc2cc414d284 is not in 'policies' of table 'inet cni_firewall', "
		 "expected it there for 'blue/c1/eth0'"},
		{"flush set inet cni_firewall bridges",
		 "firewall: cni0 is not in 'bridges' of table 'inet cni_firewall', expected it "
		 "there"},
		{"flush set inet cni_firewall same",
		 "firewall: cni0 is not in 'same' of table 'inet cni_firewall', expected it there"},
		{"flush set inet cni_firewall isolated",
		 "firewall: cni0 is not in 'isolated' of table 'inet cni_firewall', expected it "
		 "there"},
		{"flush chain inet cni_firewall forward",
		 "firewall: chain 'forward' of table 'inet cni_firewall' has 0 rules, expected 6"},
		{"delete table inet cni_firewall",
		 "firewall: chain 'forward' of table 'inet cni_firewall' has 0 rules, expected 6"},
		{"flush set inet cni_firewall members4; add element inet cni_firewall members4 "
		 "{ \"cni0\" . 10.1.0.7 comment \"blue/c9/eth0\" }",
		 "firewall: cni0 . 10.1.0.7 in 'members4' belongs to 'blue/c9/eth0', expected "
		 "'blue/c1/eth0'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		firewall_must_add("blue", "c1", "10.1.0.7", NULL, ISOLATED, "cni0");
		firewall_assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0", NULL);
		sandbox_must("nft '%s'", cases[i].damage);
		firewall_assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0", cases[i].message);
	}
	firewall_must_add("blue", "c1", "10.1.0.7", NULL, SAME, "cni0");
	firewall_assert_check(
		"c1", "10.1.0.7", NULL, ISOLATED, "cni0",
		"firewall: vethc2cc414d284 in 'policies' jumps to 'same-cni0', expected "
		"'isolated-cni0'");
	firewall_must_add("blue", "c1", "10.1.0.8", "10.1.0.7", SAME, "cni0");
	firewall_assert_check(
		"c1", "10.1.0.7", "10.1.0.8", SAME, "cni0",
		"firewall: vethc2cc414d284 . 0 in 'addresses4' has another value than "
		"ADD gave it for 'blue/c1/eth0'");
}

static void firewall__gc_keeps_the_valid_and_other_networks(void **state)
{
	struct cni_owner items[] = {firewall_owner("blue", "c2")};
	const struct cni_owners valid = {items, 1};
	const struct cni_owners none = {NULL, 0};
	struct cni_error err = {.msg = ""};

	(void)state;
	firewall_must_add("blue", "c1", "10.1.0.7", "fd00::7", ISOLATED, "cni0");
	firewall_must_add("blue", "c2", "10.1.0.8", NULL, SAME, "cni0");
	firewall_must_add("blue", "c3", "10.1.0.9", NULL, SAME, "cni1");
	firewall_must_add("blue2", "c1", "10.2.0.7", NULL, SAME, "cni2");
	assert_int_equal(cni_firewall_gc(&nfnl, "blue", &valid, &err), 0);
	firewall_assert_set("members4",
			    "cni0 . 10.1.0.8 blue/c2/eth0,cni0 . 10.2.0.7 blue2/c1/eth0");
	firewall_assert_set("members6", "");
	firewall_assert_set("isolated", "");
	firewall_assert_set("bridges", "cni0,cni2");
	/* Both policies of a bridge at once. */
	firewall_must_add("blue", "c1", NULL, NULL, ISOLATED, "cni0");
	assert_int_equal(cni_firewall_gc(&nfnl, "blue", &none, &err), 0);
	firewall_assert_set("bridges", "cni2");
	firewall_assert_set("same", "cni2 . cni2");
	assert_int_equal(cni_firewall_gc(&nfnl, "blue2", &none, &err), 0);
	firewall_assert_no_table();
	assert_int_equal(cni_firewall_gc(&nfnl, "blue", &none, &err), 0);
}

static void firewall__exists_for_its_owner_only(void **state)
{
	const struct cni_owner c1 = firewall_owner("blue", "c1");
	const struct cni_owner c2 = firewall_owner("blue", "c2");
	struct cni_error err = {.msg = ""};
	bool exists = true;

	(void)state;
	assert_int_equal(cni_firewall_exists(&nfnl, &c1, &exists, &err), 0);
	assert_false(exists);
	firewall_must_add("blue", "c1", NULL, NULL, SAME, "cni0");
	assert_int_equal(cni_firewall_exists(&nfnl, &c1, &exists, &err), 0);
	assert_true(exists);
	assert_int_equal(cni_firewall_exists(&nfnl, &c2, &exists, &err), 0);
	assert_false(exists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(firewall__late_del_leaves_the_next_owner_alone),
		kernel_test(firewall__del_of_nothing_is_fine),
		kernel_test(firewall__leaves_what_is_not_its_own),
		kernel_test(firewall__is_made_anew_after_a_flush),
		kernel_test(firewall__check_says_what_is_wrong),
		kernel_test(firewall__gc_keeps_the_valid_and_other_networks),
		kernel_test(firewall__exists_for_its_owner_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
