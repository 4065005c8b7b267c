/* SPDX-License-Identifier: Apache-2.0 */
/* Spoof check of IP addresses: the table's content. Effects on frames are in
 * tests/run/bridge/test_bridge_ipspoof.c. */
#include "spoofcheck.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "sends.h"
#include "test.h"

#include <string.h>

COUNT_SENDS

/* The ports of blue/c1/eth0 and blue/c2/eth0. */
#define C1 "vethc2cc414d284"
#define C2 "veth035629d9f26"

static struct cni_owner owner(const char *network, const char *container)
{
	return cni_owner_make(network, container, "eth0");
}

/* Adds or checks. `addresses` are separated by a space; NULL: the MAC alone. */
static int call(int (*verb)(struct cni_nl *nl, const struct cni_spoofcheck *wanted,
			    struct cni_error *err),
		const char *network, const char *container, const char *addresses,
		struct cni_error *err)
{
	const uint8_t mac[CNI_MAC_SIZE] = {0x0a, 0x58, 0, 0, 0, 1};
	const struct cni_owner of = owner(network, container);
	freeing char *copy = cni_strdup(addresses);
	struct cni_net nets[8];
	struct cni_spoofcheck wanted = {
		.owner = &of, .mac = mac, .by_address = addresses, .sources = nets};
	char *rest = copy;

	for (char *one = strsep(&rest, " "); one; one = strsep(&rest, " "))
		if (*one)
			nets[wanted.count++] = kernel_net(one);
	return verb(&nfnl, &wanted, err);
}

static void must_add(const char *network, const char *container, const char *addresses)
{
	struct cni_error err;

	if (call(cni_spoofcheck_add, network, container, addresses, &err) < 0)
		fail_msg("%s", err.msg);
}

static void must_del(const char *network, const char *container)
{
	const struct cni_owner of = owner(network, container);
	struct cni_error err;

	if (cni_owned_del(&nfnl, &cni_spoofcheck_table, &of, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

/* The elements of a set, in order: key and value with a space between the fields, and the comment.
 */
static void assert_elements(const char *kind, const char *set, const char *expected)
{
	freeing char *text = sandbox_read(
		"nft -j list %s bridge cni %s | jq -r '.nftables[1].%s.elem[]? | "
		"if type == \"array\" then . else [., null] end | .[1] as $value | .[0].elem | "
		"([(.val | if type == \"object\" then .concat[] else . end), "
		"($value | if type == \"object\" then .jump.target else . end // empty), .comment] "
		"| join(\" \"))' | sort | paste -sd,",
		kind, set, kind);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void assert_no_table(void)
{
	freeing char *text = sandbox_read("nft list ruleset");

	assert_string_equal(text, "");
}

static void assert_chains(const char *expected)
{
	freeing char *text = sandbox_read("nft -j list chains bridge | jq -r '.nftables[].chain | "
					  "select(.) | .name' | sort | paste -sd' '");

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void sources__are_what_was_given(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16 fd00::7/64");
	assert_elements("map", "guarded", C1 " sources blue/c1/eth0");
	assert_elements("set", "allowed", C1 " 0a:58:00:00:00:01 blue/c1/eth0");
	assert_elements("map", "attachments", C1 " 0a:58:00:00:00:01 blue/c1/eth0");
	assert_elements("set", "sources4", C1 " 10.1.0.7 blue/c1/eth0");
	assert_elements("set", "sources6",
			C1 " fd00::7 blue/c1/eth0," C1 " fe80::858:ff:fe00:1 blue/c1/eth0");
	assert_elements("map", "given",
			C1 " 0 fe80::858:ff:fe00:1 blue/c1/eth0," C1
			   " 1 ::ffff:10.1.0.7 blue/c1/eth0," C1 " 2 fd00::7 blue/c1/eth0");
	assert_chains("check fragments prerouting sources");
}

static void sources__hold_the_link_local_address_in_any_case(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16");
	assert_elements("set", "sources6", C1 " fe80::858:ff:fe00:1 blue/c1/eth0");
	must_add("blue", "c1", "");
	assert_elements("set", "sources4", "");
	assert_elements("set", "sources6", C1 " fe80::858:ff:fe00:1 blue/c1/eth0");
	must_del("blue", "c1");
	assert_no_table();
}

static void sources__given_twice_are_there_once(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16 10.1.0.7/24 fe80::858:ff:fe00:1/64 10.1.0.7/16");
	assert_elements("set", "sources4", C1 " 10.1.0.7 blue/c1/eth0");
	assert_elements("map", "given",
			C1 " 0 fe80::858:ff:fe00:1 blue/c1/eth0," C1
			   " 1 ::ffff:10.1.0.7 blue/c1/eth0");
	must_del("blue", "c1");
	assert_no_table();
}

/* Two pods of different networks may have the same addresses. */
static void sources__belong_to_a_port(void **state)
{
	freeing char *before = NULL;

	(void)state;
	must_add("blue", "c1", "10.1.0.7/16 fd00::7/64");
	before = sandbox_snapshot();
	must_add("red", "c1", "10.1.0.7/16 fd00::7/64");
	must_del("red", "c1");
	sandbox_assert_unchanged(before);
}

static void sources__of_the_next_one_cost_three_round_trips(void **state)
{
	const struct cni_owners none = {NULL, 0};
	unsigned int price = 0;
	struct cni_error err;

	(void)state;
	must_add("blue", "c0", "10.1.0.7/16 fd00::7/64");
	for (unsigned int i = 1; i <= 1000; i++) {
		freeing char *container = cni_format("c%u", i);

		sends = 0;
		must_add("blue", container, "10.1.0.7/16 fd00::7/64");
		assert_int_equal(sends, 3);
		if (i != 1 && i != 1000)
			continue;
		/* And the removal as much as that of the first. */
		sends = 0;
		must_del("blue", container);
		if (!price)
			price = sends;
		assert_int_equal(sends, price);
		assert_in_range(sends, 1, 15);
		must_add("blue", container, "10.1.0.7/16 fd00::7/64");
	}
	sandbox_must("test $(nft list map bridge cni given | grep -o comment | wc -l) -eq 3003");
	if (cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue", &none, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_no_table();
}

/* Shared parts go with the last port that needs them; a table of MACs alone stays as before. */
static void sources__leave_nothing_beside_macs(void **state)
{
	freeing char *before = NULL;

	(void)state;
	must_add("blue", "c1", NULL);
	assert_chains("check prerouting");
	before = sandbox_snapshot();
	must_add("blue", "c2", "10.1.0.7/16 fd00::7/64");
	must_add("blue", "c3", "10.1.0.8/16");
	must_del("blue", "c2");
	assert_chains("check fragments prerouting sources");
	must_del("blue", "c3");
	sandbox_assert_unchanged(before);
	must_add("blue", "c2", "10.1.0.7/16");
	must_del("blue", "c1");
	assert_chains("check fragments prerouting sources");
	must_del("blue", "c2");
	assert_no_table();
}

static void sources__are_replaced(void **state)
{
	freeing char *by_mac = NULL;
	freeing char *by_address = NULL;

	(void)state;
	must_add("blue", "c1", NULL);
	by_mac = sandbox_snapshot();
	must_add("blue", "c1", "10.1.0.9/16 10.1.0.10/16 10.1.0.11/16 fd00::9/64");
	must_add("blue", "c1", "10.1.0.7/16 fd00::7/64");
	assert_elements("set", "sources4", C1 " 10.1.0.7 blue/c1/eth0");
	by_address = sandbox_snapshot();
	must_add("blue", "c1", "10.1.0.7/16 fd00::7/64");
	sandbox_assert_unchanged(by_address);
	must_add("blue", "c1", NULL);
	sandbox_assert_unchanged(by_mac);
	/* While others stay. */
	must_add("blue", "c2", "10.1.0.8/16");
	must_add("blue", "c1", "10.1.0.7/16");
	must_add("blue", "c1", NULL);
	assert_elements("set", "sources4", C2 " 10.1.0.8 blue/c2/eth0");
	must_del("blue", "c2");
	sandbox_assert_unchanged(by_mac);
	must_del("blue", "c1");
	assert_no_table();
}

static void sources__gc_keeps_the_valid_and_other_networks(void **state)
{
	struct cni_owner items[] = {owner("blue", "c2")};
	const struct cni_owners valid = {items, 1};
	const struct cni_owners none = {NULL, 0};
	freeing char *before = NULL;
	struct cni_error err;

	(void)state;
	must_add("blue", "c2", "10.1.0.8/16 fd00::8/64");
	must_add("blue2", "c1", "10.1.0.9/16 fd00::9/64");
	before = sandbox_snapshot();
	must_add("blue", "c1", "10.1.0.7/16 fd00::7/64");
	must_add("blue", "c3", NULL);
	assert_int_equal(cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue", &valid, NULL, &err), 0);
	sandbox_assert_unchanged(before);
	/* Elements without a way back. */
	must_add("blue", "c1", "10.1.0.7/16 fd00::7/64");
	sandbox_must("nft delete element bridge cni attachments { " C1 " };"
		     "nft delete element bridge cni given { " C1 " . 0 }");
	assert_int_equal(cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue", &valid, NULL, &err), 0);
	sandbox_assert_unchanged(before);
	assert_int_equal(cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue", &none, NULL, &err), 0);
	assert_int_equal(cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue2", &none, NULL, &err), 0);
	assert_no_table();
}

#define NOT_IN(key, set)                                                                           \
	C1 key " is not in '" set "' of table 'bridge cni', expected it there for 'blue/c1/eth0'"

static void sources__check_says_what_is_wrong(void **state)
{
	static const struct {
		const char *command, *message;
	} cases[] = {
		{"flush map bridge cni guarded", NOT_IN("", "guarded")},
		{"flush map bridge cni guarded; nft add element bridge cni guarded "
		 "{ " C1 " comment \\\"blue/c1/eth0\\\" : jump check }",
		 C1 " in 'guarded' jumps to 'check', expected 'sources'"},
		{"flush map bridge cni attachments", NOT_IN("", "attachments")},
		{"flush set bridge cni allowed", NOT_IN(" . 0a:58:00:00:00:01", "allowed")},
		{"flush set bridge cni sources4", NOT_IN(" . 10.1.0.7", "sources4")},
		{"delete element bridge cni sources6 { " C1 " . fd00::7 }",
		 NOT_IN(" . fd00::7", "sources6")},
		{"delete element bridge cni sources6 { " C1 " . fe80::858:ff:fe00:1 }",
		 NOT_IN(" . fe80::858:ff:fe00:1", "sources6")},
		{"delete element bridge cni given { " C1 " . 1 }", NOT_IN(" . 1", "given")},
		{"flush chain bridge cni sources",
		 "chain 'sources' of table 'bridge cni' has 0 rules, expected 16"},
		{"flush chain bridge cni fragments",
		 "chain 'fragments' of table 'bridge cni' has 0 rules, expected 6"},
		{"flush chain bridge cni prerouting",
		 "chain 'prerouting' of table 'bridge cni' has 0 rules, expected 1"},
		{"delete table bridge cni",
		 "chain 'prerouting' of table 'bridge cni' has 0 rules, expected 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *message = cni_format("ipspoofchk: %s", cases[i].message);
		struct cni_error err = {.msg = ""};

		must_add("blue", "c1", "10.1.0.7/16 fd00::7/64");
		assert_int_equal(call(cni_spoofcheck_check, "blue", "c1", "10.1.0.7/16 fd00::7/64",
				      &err),
				 0);
		/* Stricter than is wanted. */
		assert_int_equal(call(cni_spoofcheck_check, "blue", "c1", NULL, &err), 0);
		sandbox_must("nft %s", cases[i].command);
		assert_int_equal(call(cni_spoofcheck_check, "blue", "c1", "10.1.0.7/16 fd00::7/64",
				      &err),
				 -1);
		assert_string_equal(err.msg, message);
		assert_int_equal(err.code, CNI_EMISMATCH);
		/* DEL of what is left succeeds, and so does an ADD. */
		must_add("blue", "c1", "10.1.0.7/16 fd00::7/64");
		sandbox_must("nft %s", cases[i].command);
		must_del("blue", "c1");
		sandbox_must("nft flush ruleset");
	}
}

static void sources__are_made_anew_after_a_flush(void **state)
{
	struct cni_error err;

	(void)state;
	must_add("blue", "c1", "10.1.0.7/16");
	sandbox_must("nft flush table bridge cni");
	must_add("blue", "c2", "10.1.0.8/16");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(call(cni_spoofcheck_check, "blue", i ? "c2" : "c1",
				      i ? "10.1.0.8/16" : "10.1.0.7/16", &err),
				 0);
	must_del("blue", "c1");
	must_del("blue", "c2");
	assert_no_table();
}

/* A foreign map has this name. */
static void sources__are_there_all_or_none(void **state)
{
	freeing char *before = NULL;
	struct cni_error err;

	(void)state;
	must_add("blue", "c1", NULL);
	sandbox_must("nft add map bridge cni given '{ type mark : verdict; }'");
	before = sandbox_snapshot();
	assert_int_equal(call(cni_spoofcheck_add, "blue", "c2", "10.1.0.8/16", &err), -1);
	assert_int_equal(err.code, CNI_EKERNEL);
	sandbox_assert_unchanged(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(sources__are_what_was_given),
		kernel_test(sources__hold_the_link_local_address_in_any_case),
		kernel_test(sources__given_twice_are_there_once),
		kernel_test(sources__belong_to_a_port),
		kernel_test(sources__of_the_next_one_cost_three_round_trips),
		kernel_test(sources__leave_nothing_beside_macs),
		kernel_test(sources__are_replaced),
		kernel_test(sources__gc_keeps_the_valid_and_other_networks),
		kernel_test(sources__check_says_what_is_wrong),
		kernel_test(sources__are_made_anew_after_a_flush),
		kernel_test(sources__are_there_all_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
