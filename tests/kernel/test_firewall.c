/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the firewall plugin at ADD. Its life after ADD is in test_firewall_life.c. */
#include "cleanup.h"
#include "firewall_table.h"
#include "firewall_wish.h"
#include "kernel.h"
#include "mem.h"
#include "sandbox.h"
#include "sends.h"
#include "test.h"

#include <string.h>

COUNT_SENDS

static const char of_an_isolated_one[] =
	"table inet cni_firewall {\n"
	"\tset members4 {\n"
	"\t\ttype ifname . ipv4_addr\n"
	"\t\telements = { \"cni0\" . 10.1.0.7 comment \"blue/c1/eth0\" }\n"
	"\t}\n"
	"\n"
	"\tmap addresses4 {\n"
	"\t\ttype ifname . mark : ifname . ipv4_addr\n"
	"\t\telements = { \"vethc2cc414d284\" . 0x00000000 comment \"blue/c1/eth0\" : "
	"\"cni0\" . 10.1.0.7 }\n"
	"\t}\n"
	"\n"
	"\tset members6 {\n"
	"\t\ttype ifname . ipv6_addr\n"
	"\t\telements = { \"cni0\" . fd00::7 comment \"blue/c1/eth0\" }\n"
	"\t}\n"
	"\n"
	"\tmap addresses6 {\n"
	"\t\ttype ifname . mark : ifname . ipv6_addr\n"
	"\t\telements = { \"vethc2cc414d284\" . 0x00000000 comment \"blue/c1/eth0\" : "
	"\"cni0\" . fd00::7 }\n"
	"\t}\n"
	"\n"
	"\tmap policies {\n"
	"\t\ttype ifname : verdict\n"
	"\t\telements = { \"vethc2cc414d284\" comment \"blue/c1/eth0\" : jump "
	"isolated-cni0 "
	"}\n"
	"\t}\n"
	"\n"
	"\tset bridges {\n"
	"\t\ttype ifname\n"
	"\t\telements = { \"cni0\" }\n"
	"\t}\n"
	"\n"
	"\tset same {\n"
	"\t\ttype ifname . ifname\n"
	"\t\telements = { \"cni0\" . \"cni0\" }\n"
	"\t}\n"
	"\n"
	"\tset isolated {\n"
	"\t\ttype ifname . ifname\n"
	"\t\telements = { \"cni0\" . \"cni0\" }\n"
	"\t}\n"
	"\n"
	"\tchain forward {\n"
	"\t\ttype filter hook forward priority filter; policy accept;\n"
	"\t\tiifname . oifname @isolated drop\n"
	"\t\tiifname @bridges oifname @bridges iifname . oifname != @same drop\n"
	"\t\tct state established,related oifname . ip daddr @members4 accept\n"
	"\t\tiifname . ip saddr @members4 accept\n"
	"\t\tct state established,related oifname . ip6 daddr @members6 accept\n"
	"\t\tiifname . ip6 saddr @members6 accept\n"
	"\t}\n"
	"\n"
	"\tchain isolated-cni0 {\n"
	"\t\tcomment \"counts attachments\"\n"
	"\t}\n"
	"}\n";

static void firewall__is_a_look_up_in_each_set(void **state)
{
	freeing char *text = NULL;

	(void)state;
	firewall_must_add("blue", "c1", "10.1.0.7", "fd00::7", ISOLATED, "cni0");
	text = sandbox_read("nft list ruleset");
	assert_string_equal(text, of_an_isolated_one);
	firewall_must_del("blue", "c1");
	firewall_assert_no_table();
}

/* nft(8) reads what it has printed, also of names that are no words to it. */
static void firewall__can_be_saved_and_loaded(void **state)
{
	static const char *const bridges[] = {"cni0", "br-3.7", "br@1", "b\xc3\xbc",
					      "0123456789abcde"};

	(void)state;
	for (size_t i = 0; i < sizeof(bridges) / sizeof(*bridges); i++) {
		freeing char *container = cni_format("c%zu", i);

		firewall_must_add("blue", container, NULL, NULL, ISOLATED, bridges[i]);
	}
	sandbox_must("nft list ruleset > /run/saved && nft flush ruleset && nft -f /run/saved && "
		     "nft list ruleset | cmp - /run/saved");
	for (size_t i = 0; i < sizeof(bridges) / sizeof(*bridges); i++) {
		freeing char *container = cni_format("c%zu", i);

		firewall_assert_check(container, NULL, NULL, ISOLATED, bridges[i], NULL);
		firewall_must_del("blue", container);
	}
	firewall_assert_no_table();
}

static void chain__leads_back_to_its_bridge(void **state)
{
	static const char *const bridges[] = {"cni0", "br_0", "br/x", "a b", "\xff\x01", "/20"};

	(void)state;
	for (size_t i = 0; i < sizeof(bridges) / sizeof(*bridges); i++) {
		enum cni_firewall_policy policy;
		char chain[CNI_NFT_NAME_SIZE];
		char bridge[CNI_IFNAME_SIZE];

		cni_firewall_name_chain(SAME, bridges[i], chain);
		assert_true(cni_firewall_parse_chain(chain, &policy, bridge));
		assert_int_equal(policy, SAME);
		assert_string_equal(bridge, bridges[i]);
	}
}

static void chain__of_a_foreign_name_is_not_parsed(void **state)
{
	static const char *const chains[] = {
		"", "forward", "opened", "same", "same-", "isolated-", "same-0123456789abcdef"};
	enum cni_firewall_policy policy;
	char bridge[CNI_IFNAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++)
		assert_false(cni_firewall_parse_chain(chains[i], &policy, bridge));
	assert_true(cni_firewall_parse_chain("open", &policy, bridge));
	assert_string_equal(bridge, "");
}

static void firewall__of_the_next_one_costs_three_round_trips(void **state)
{
	struct cni_owners none = {NULL, 0};
	struct cni_error err = {.msg = ""};

	(void)state;
	firewall_must_add("blue", "c0", "10.1.0.1", NULL, SAME, "cni0");
	for (unsigned int i = 1; i <= 1000; i++) {
		freeing char *container = cni_format("c%u", i);
		freeing char *ip = cni_format("10.1.%u.%u", i / 200 + 1, i % 200 + 1);

		sends = 0;
		reads = 0;
		firewall_must_add("blue", container, ip, NULL, SAME, "cni0");
		assert_int_equal(sends, 3);
		assert_in_range(reads, 3, 8);
	}
	/* As many questions when there are many as when there are few. */
	sends = 0;
	firewall_must_del("blue", "c1000");
	assert_in_range(sends, 1, 12);
	firewall_assert_check("c999", "10.1.5.200", NULL, SAME, "cni0", NULL);
	if (cni_firewall_gc(&nfnl, "blue", &none, &err) < 0)
		fail_msg("%s", err.msg);
	firewall_assert_no_table();
}

static void firewall__replaces_what_its_owner_had(void **state)
{
	(void)state;
	firewall_must_add("blue", "c1", "10.1.0.7", "fd00::7", ISOLATED, "cni0");
	firewall_must_add("blue", "c1", "10.1.0.8", NULL, SAME, "cni1");
	firewall_assert_set("members4", "cni0 . 10.1.0.8 blue/c1/eth0");
	firewall_assert_set("members6", "");
	firewall_assert_set("policies", "vethc2cc414d284 blue/c1/eth0 : jump same-cni1");
	firewall_assert_set("bridges", "cni1");
	firewall_assert_set("isolated", "");
	firewall_assert_check("c1", "10.1.0.8", NULL, SAME, "cni1", NULL);
	/* The same bridge with the other policy, and back. */
	firewall_must_add("blue", "c1", "10.1.0.8", NULL, ISOLATED, "cni1");
	firewall_assert_check("c1", "10.1.0.8", NULL, ISOLATED, "cni1", NULL);
	firewall_must_add("blue", "c1", "10.1.0.8", NULL, SAME, "cni1");
	firewall_assert_set("isolated", "");
	firewall_assert_check("c1", "10.1.0.8", NULL, SAME, "cni1", NULL);
	firewall_must_add("blue", "c1", NULL, NULL, OPEN);
	firewall_assert_set("bridges", "");
	firewall_must_del("blue", "c1");
	firewall_assert_no_table();
}

/* A bridge is as isolated as the strictest of its attachments; and it is in the sets as long as one
 * of either policy is left. */
static void firewall__counts_the_attachments_of_a_bridge(void **state)
{
	(void)state;
	firewall_must_add("blue", "c1", NULL, NULL, SAME, "cni0");
	firewall_must_add("blue", "c2", NULL, NULL, ISOLATED, "cni0");
	firewall_must_add("blue", "c3", NULL, NULL, ISOLATED, "cni0");
	firewall_must_add("blue", "c4", NULL, NULL, SAME, "cni1");
	firewall_assert_set("bridges", "cni0,cni1");
	firewall_must_del("blue", "c2");
	firewall_assert_set("isolated", "cni0 . cni0");
	firewall_must_del("blue", "c3");
	firewall_assert_set("isolated", "");
	firewall_assert_set("bridges", "cni0,cni1");
	firewall_assert_set("same", "cni0 . cni0,cni1 . cni1");
	firewall_must_add("blue", "c2", NULL, NULL, ISOLATED, "cni0");
	firewall_must_del("blue", "c1");
	firewall_assert_set("bridges", "cni0,cni1");
	firewall_assert_check("c2", NULL, NULL, ISOLATED, "cni0", NULL);
	firewall_must_del("blue", "c2");
	firewall_assert_set("bridges", "cni1");
	firewall_assert_set("same", "cni1 . cni1");
	firewall_must_del("blue", "c4");
	firewall_assert_no_table();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(firewall__is_a_look_up_in_each_set),
		kernel_test(firewall__can_be_saved_and_loaded),
		kernel_test(chain__leads_back_to_its_bridge),
		kernel_test(chain__of_a_foreign_name_is_not_parsed),
		kernel_test(firewall__of_the_next_one_costs_three_round_trips),
		kernel_test(firewall__replaces_what_its_owner_had),
		kernel_test(firewall__counts_the_attachments_of_a_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
