/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall.h"

#include "cleanup.h"
#include "firewall_table.h"
#include "kernel.h"
#include "mem.h"
#include "nft.h"
#include "sandbox.h"
#include "sends.h"
#include "test.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

COUNT_SENDS

static struct cni_owner owner(const char *network, const char *container)
{
	return (struct cni_owner){network, container, "eth0"};
}

/* "same-bridge br0", "open". */
struct wish {
	struct cni_owner owner;
	struct cni_ip addresses[2];
	struct cni_firewall firewall;
};

static const struct cni_firewall *wish(struct wish *wish, const char *network,
				       const char *container, const char *one, const char *other,
				       enum cni_firewall_policy policy, const char *bridge)
{
	*wish = (struct wish){.owner = owner(network, container)};
	wish->firewall = (struct cni_firewall){.owner = &wish->owner,
					       .addresses = wish->addresses,
					       .policy = policy,
					       .bridge = bridge};
	if (one)
		wish->addresses[wish->firewall.count++] = kernel_ip(one);
	if (other)
		wish->addresses[wish->firewall.count++] = kernel_ip(other);
	return &wish->firewall;
}

static void must_add(const char *network, const char *container, const char *one, const char *other,
		     enum cni_firewall_policy policy, const char *bridge)
{
	struct cni_error err;
	struct wish w;

	if (cni_firewall_add(&nfnl, wish(&w, network, container, one, other, policy, bridge),
			     &err) < 0)
		fail_msg("%s", err.msg);
}

#define OPEN	 CNI_FIREWALL_OPEN, ""
#define SAME	 CNI_FIREWALL_SAME_BRIDGE
#define ISOLATED CNI_FIREWALL_ISOLATED

static void must_del(const char *network, const char *container)
{
	const struct cni_owner of = owner(network, container);
	struct cni_error err;

	if (cni_firewall_del(&nfnl, &of, &err) < 0)
		fail_msg("%s", err.msg);
}

/* NULL: all is well. */
static void assert_check(const char *container, const char *one, const char *other,
			 enum cni_firewall_policy policy, const char *bridge, const char *message)
{
	struct cni_error err = {.msg = ""};
	struct wish w;

	assert_int_equal(cni_firewall_check(&nfnl,
					    wish(&w, "blue", container, one, other, policy, bridge),
					    &err),
			 message ? -1 : 0);
	if (message) {
		assert_int_equal(err.code, CNI_EMISMATCH);
		assert_string_equal(err.msg, message);
	}
}

/* What is in a set, in order and with commas: keys, or jumps. */
static void assert_set(const char *set, const char *expected)
{
	freeing char *text = sandbox_read(
		"nft list %s inet cni_firewall %s | tr '\\n' ' ' | "
		"grep -o 'elements = {[^}]*}' | sed -E 's/elements = \\{ //; s/ \\}//' | "
		"tr ',' '\\n' | sed -E 's/^[ \\t]*//; s/ comment \"([^\"]*)\"/ \\1/; s/\"//g' | "
		"sort | paste -sd,",
		!strcmp(set, "policies") || !strncmp(set, "addresses", 9) ? "map" : "set", set);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void assert_no_table(void)
{
	freeing char *text = sandbox_read("nft list ruleset");

	assert_string_equal(text, "");
}

static void firewall__is_a_look_up_in_each_set(void **state)
{
	freeing char *text = NULL;

	(void)state;
	must_add("blue", "c1", "10.1.0.7", "fd00::7", ISOLATED, "cni0");
	text = sandbox_read("nft list ruleset");
	assert_string_equal(
		text,
		"table inet cni_firewall {\n"
		"\tset members4 {\n"
		"\t\ttype ipv4_addr\n"
		"\t\telements = { 10.1.0.7 comment \"blue/c1/eth0\" }\n"
		"\t}\n"
		"\n"
		"\tmap addresses4 {\n"
		"\t\ttype ifname . mark : ipv4_addr\n"
		"\t\telements = { \"vethc2cc414d284\" . 0x00000000 comment \"blue/c1/eth0\" : "
		"10.1.0.7 }\n"
		"\t}\n"
		"\n"
		"\tset members6 {\n"
		"\t\ttype ipv6_addr\n"
		"\t\telements = { fd00::7 comment \"blue/c1/eth0\" }\n"
		"\t}\n"
		"\n"
		"\tmap addresses6 {\n"
		"\t\ttype ifname . mark : ipv6_addr\n"
		"\t\telements = { \"vethc2cc414d284\" . 0x00000000 comment \"blue/c1/eth0\" : "
		"fd00::7 }\n"
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
		"\t\tct state established,related ip daddr @members4 accept\n"
		"\t\tip saddr @members4 accept\n"
		"\t\tct state established,related ip6 daddr @members6 accept\n"
		"\t\tip6 saddr @members6 accept\n"
		"\t}\n"
		"\n"
		"\tchain isolated-cni0 {\n"
		"\t\tcomment \"counts attachments\"\n"
		"\t}\n"
		"}\n");
	must_del("blue", "c1");
	assert_no_table();
}

/* nft(8) reads what it has printed, also of names that are no words to it. */
static void firewall__can_be_saved_and_loaded(void **state)
{
	static const char *const bridges[] = {"cni0", "br-3.7", "br@1", "b\xc3\xbc",
					      "0123456789abcde"};

	(void)state;
	for (size_t i = 0; i < sizeof(bridges) / sizeof(*bridges); i++) {
		freeing char *container = cni_format("c%zu", i);

		must_add("blue", container, NULL, NULL, ISOLATED, bridges[i]);
	}
	sandbox_must("nft list ruleset > /run/saved && nft flush ruleset && nft -f /run/saved && "
		     "nft list ruleset | cmp - /run/saved");
	for (size_t i = 0; i < sizeof(bridges) / sizeof(*bridges); i++) {
		freeing char *container = cni_format("c%zu", i);

		assert_check(container, NULL, NULL, ISOLATED, bridges[i], NULL);
		must_del("blue", container);
	}
	assert_no_table();
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

static void chain__that_is_none_of_ours_leads_nowhere(void **state)
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
	must_add("blue", "c0", "10.1.0.1", NULL, SAME, "cni0");
	for (unsigned int i = 1; i <= 1000; i++) {
		freeing char *container = cni_format("c%u", i);
		freeing char *ip = cni_format("10.1.%u.%u", i / 200 + 1, i % 200 + 1);

		sends = 0;
		reads = 0;
		must_add("blue", container, ip, NULL, SAME, "cni0");
		assert_int_equal(sends, 3);
		assert_in_range(reads, 3, 8);
	}
	/* As many questions when there are many as when there are few. */
	sends = 0;
	must_del("blue", "c1000");
	assert_in_range(sends, 1, 12);
	assert_check("c999", "10.1.5.200", NULL, SAME, "cni0", NULL);
	if (cni_firewall_gc(&nfnl, "blue", &none, &err) < 0)
		fail_msg("%s", err.msg);
	assert_no_table();
}

static void firewall__replaces_what_its_owner_had(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7", "fd00::7", ISOLATED, "cni0");
	must_add("blue", "c1", "10.1.0.8", NULL, SAME, "cni1");
	assert_set("members4", "10.1.0.8 blue/c1/eth0");
	assert_set("members6", "");
	assert_set("policies", "vethc2cc414d284 blue/c1/eth0 : jump same-cni1");
	assert_set("bridges", "cni1");
	assert_set("isolated", "");
	assert_check("c1", "10.1.0.8", NULL, SAME, "cni1", NULL);
	/* The same bridge with the other policy, and back. */
	must_add("blue", "c1", "10.1.0.8", NULL, ISOLATED, "cni1");
	assert_check("c1", "10.1.0.8", NULL, ISOLATED, "cni1", NULL);
	must_add("blue", "c1", "10.1.0.8", NULL, SAME, "cni1");
	assert_set("isolated", "");
	assert_check("c1", "10.1.0.8", NULL, SAME, "cni1", NULL);
	must_add("blue", "c1", NULL, NULL, OPEN);
	assert_set("bridges", "");
	must_del("blue", "c1");
	assert_no_table();
}

/* A bridge is as isolated as the strictest of its attachments; and it is in the sets as long as one
 * of either policy is left. */
static void firewall__counts_the_attachments_of_a_bridge(void **state)
{
	(void)state;
	must_add("blue", "c1", NULL, NULL, SAME, "cni0");
	must_add("blue", "c2", NULL, NULL, ISOLATED, "cni0");
	must_add("blue", "c3", NULL, NULL, ISOLATED, "cni0");
	must_add("blue", "c4", NULL, NULL, SAME, "cni1");
	assert_set("bridges", "cni0,cni1");
	must_del("blue", "c2");
	assert_set("isolated", "cni0 . cni0");
	must_del("blue", "c3");
	assert_set("isolated", "");
	assert_set("bridges", "cni0,cni1");
	assert_set("same", "cni0 . cni0,cni1 . cni1");
	must_add("blue", "c2", NULL, NULL, ISOLATED, "cni0");
	must_del("blue", "c1");
	assert_set("bridges", "cni0,cni1");
	assert_check("c2", NULL, NULL, ISOLATED, "cni0", NULL);
	must_del("blue", "c2");
	assert_set("bridges", "cni1");
	assert_set("same", "cni1 . cni1");
	must_del("blue", "c4");
	assert_no_table();
}

static void firewall__late_del_leaves_the_next_owner_alone(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7", NULL, OPEN);
	must_add("blue", "c2", "10.1.0.7", NULL, OPEN);
	assert_set("members4", "10.1.0.7 blue/c2/eth0");
	must_del("blue", "c1");
	assert_set("members4", "10.1.0.7 blue/c2/eth0");
	assert_check("c2", "10.1.0.7", NULL, OPEN, NULL);
	must_del("blue", "c2");
	assert_no_table();
}

static void firewall__del_of_nothing_is_fine(void **state)
{
	(void)state;
	must_del("blue", "c1");
	must_add("blue", "c2", "10.1.0.7", NULL, OPEN);
	must_del("blue", "c1");
	must_del("red", "c2");
	assert_set("members4", "10.1.0.7 blue/c2/eth0");
}

/* Somebody's chain in our table keeps it, and somebody's rule in a chain of ours that. */
static void firewall__leaves_what_is_not_its_own(void **state)
{
	(void)state;
	sandbox_must("nft 'add table inet cni_firewall; add chain inet cni_firewall theirs'");
	must_add("blue", "c1", "10.1.0.7", NULL, SAME, "cni0");
	sandbox_must("nft 'add rule inet cni_firewall same-cni0 accept'");
	must_del("blue", "c1");
	sandbox_must("nft list chain inet cni_firewall theirs > /dev/null");
	sandbox_must("nft list chain inet cni_firewall same-cni0 > /dev/null");
	assert_set("policies", "");
}

static void firewall__is_made_anew_after_a_flush(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7", NULL, ISOLATED, "cni0");
	sandbox_must("nft flush ruleset");
	must_add("blue", "c1", "10.1.0.7", NULL, ISOLATED, "cni0");
	assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0", NULL);
	/* Rules alone are gone: "nft flush table". The next ADD mends that, whoever's it is. */
	sandbox_must("nft flush table inet cni_firewall");
	assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0",
		     "firewall: chain 'forward' of table 'inet cni_firewall' has 0 rules, expected "
		     "6");
	must_add("blue", "c2", "10.1.0.8", NULL, OPEN);
	assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0", NULL);
	sandbox_must("nft delete rule inet cni_firewall forward handle $(nft -a list chain inet "
		     "cni_firewall forward | sed -n 's/.*saddr @members4 accept # handle //p')");
	must_add("blue", "c3", "10.1.0.9", NULL, OPEN);
	assert_check("c3", "10.1.0.9", NULL, OPEN, NULL);
	/* DEL does not miss what is gone. */
	sandbox_must("nft 'flush set inet cni_firewall bridges; "
		     "flush set inet cni_firewall isolated; flush set inet cni_firewall members4'");
	must_del("blue", "c1");
	assert_set("same", "");
	must_del("blue", "c2");
	must_del("blue", "c3");
	assert_no_table();
}

static void firewall__check_says_what_is_wrong(void **state)
{
	static const struct {
		const char *damage;
		const char *message;
	} cases[] = {
		{"flush set inet cni_firewall members4",
		 "firewall: 10.1.0.7 is not in 'members4' of table 'inet cni_firewall', expected "
		 "it there"},
		{"flush map inet cni_firewall addresses4",
		 "firewall: vethc2cc414d284 is not in 'addresses4' of table 'inet cni_firewall', "
		 "expected it there"},
		{"flush map inet cni_firewall policies",
		 "firewall: vethc2cc414d284 is not in 'policies' of table 'inet cni_firewall', "
		 "expected it there"},
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
		 "{ 10.1.0.7 comment \"blue/c9/eth0\" }",
		 "firewall: 10.1.0.7 in 'members4' belongs to 'blue/c9/eth0', expected "
		 "'blue/c1/eth0'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		must_add("blue", "c1", "10.1.0.7", NULL, ISOLATED, "cni0");
		assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0", NULL);
		sandbox_must("nft '%s'", cases[i].damage);
		assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0", cases[i].message);
	}
	must_add("blue", "c1", "10.1.0.7", NULL, SAME, "cni0");
	assert_check("c1", "10.1.0.7", NULL, ISOLATED, "cni0",
		     "firewall: vethc2cc414d284 in 'policies' jumps to 'same-cni0', expected "
		     "'isolated-cni0'");
	must_add("blue", "c1", "10.1.0.8", "10.1.0.7", SAME, "cni0");
	assert_check("c1", "10.1.0.7", "10.1.0.8", SAME, "cni0",
		     "firewall: vethc2cc414d284 in 'addresses4' has another address than "
		     "'blue/c1/eth0' was given");
}

static void firewall__gc_keeps_the_valid_and_other_networks(void **state)
{
	struct cni_owner items[] = {owner("blue", "c2")};
	const struct cni_owners valid = {items, 1};
	const struct cni_owners none = {NULL, 0};
	struct cni_error err = {.msg = ""};

	(void)state;
	must_add("blue", "c1", "10.1.0.7", "fd00::7", ISOLATED, "cni0");
	must_add("blue", "c2", "10.1.0.8", NULL, SAME, "cni0");
	must_add("blue", "c3", "10.1.0.9", NULL, SAME, "cni1");
	must_add("blue2", "c1", "10.2.0.7", NULL, SAME, "cni2");
	assert_int_equal(cni_firewall_gc(&nfnl, "blue", &valid, &err), 0);
	assert_set("members4", "10.1.0.8 blue/c2/eth0,10.2.0.7 blue2/c1/eth0");
	assert_set("members6", "");
	assert_set("isolated", "");
	assert_set("bridges", "cni0,cni2");
	/* Both policies of a bridge at once. */
	must_add("blue", "c1", NULL, NULL, ISOLATED, "cni0");
	assert_int_equal(cni_firewall_gc(&nfnl, "blue", &none, &err), 0);
	assert_set("bridges", "cni2");
	assert_set("same", "cni2 . cni2");
	assert_int_equal(cni_firewall_gc(&nfnl, "blue2", &none, &err), 0);
	assert_no_table();
	assert_int_equal(cni_firewall_gc(&nfnl, "blue", &none, &err), 0);
}

static void firewall__exists_for_its_owner_only(void **state)
{
	const struct cni_owner c1 = owner("blue", "c1");
	const struct cni_owner c2 = owner("blue", "c2");
	struct cni_error err = {.msg = ""};
	bool exists = true;

	(void)state;
	assert_int_equal(cni_firewall_exists(&nfnl, &c1, &exists, &err), 0);
	assert_false(exists);
	must_add("blue", "c1", NULL, NULL, SAME, "cni0");
	assert_int_equal(cni_firewall_exists(&nfnl, &c1, &exists, &err), 0);
	assert_true(exists);
	assert_int_equal(cni_firewall_exists(&nfnl, &c2, &exists, &err), 0);
	assert_false(exists);
}

static void chain_policy__is_what_nft_says(void **state)
{
	const struct cni_nft_table table = {NFPROTO_IPV4, "filter"};
	struct cni_error err = {.msg = ""};
	uint32_t policy = 99;

	(void)state;
	assert_int_equal(cni_nft_chain_policy(&nfnl, &table, "FORWARD", &policy, &err), -1);
	assert_int_equal(err.errnum, ENOENT);
	sandbox_must("nft 'add table ip filter; add chain ip filter FORWARD { type filter hook "
		     "forward priority 0; policy drop; }; add chain ip filter plain'");
	assert_int_equal(cni_nft_chain_policy(&nfnl, &table, "FORWARD", &policy, &err), 0);
	assert_int_equal(policy, NF_DROP);
	sandbox_must("nft 'chain ip filter FORWARD { policy accept; }'");
	assert_int_equal(cni_nft_chain_policy(&nfnl, &table, "FORWARD", &policy, &err), 0);
	assert_int_equal(policy, NF_ACCEPT);
	policy = 99;
	assert_int_equal(cni_nft_chain_policy(&nfnl, &table, "plain", &policy, &err), 0);
	assert_int_equal(policy, NF_ACCEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(firewall__is_a_look_up_in_each_set),
		kernel_test(firewall__can_be_saved_and_loaded),
		kernel_test(chain__leads_back_to_its_bridge),
		kernel_test(chain__that_is_none_of_ours_leads_nowhere),
		kernel_test(firewall__of_the_next_one_costs_three_round_trips),
		kernel_test(firewall__replaces_what_its_owner_had),
		kernel_test(firewall__counts_the_attachments_of_a_bridge),
		kernel_test(firewall__late_del_leaves_the_next_owner_alone),
		kernel_test(firewall__del_of_nothing_is_fine),
		kernel_test(firewall__leaves_what_is_not_its_own),
		kernel_test(firewall__is_made_anew_after_a_flush),
		kernel_test(firewall__check_says_what_is_wrong),
		kernel_test(firewall__gc_keeps_the_valid_and_other_networks),
		kernel_test(firewall__exists_for_its_owner_only),
		kernel_test(chain_policy__is_what_nft_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
