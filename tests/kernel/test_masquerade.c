/* SPDX-License-Identifier: Apache-2.0 */
#include "masquerade.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "masquerade_wish.h"
#include "mem.h"
#include "sends.h"
#include "test.h"

#include <string.h>

COUNT_SENDS

static struct cni_masquerade wish(const struct cni_owner *of, const char *device,
				  const struct cni_net *nets, size_t count)
{
	return (struct cni_masquerade){.owner = of, .device = device, .nets = nets, .count = count};
}

static int add(const char *network, const char *container, const char *one, const char *other,
	       struct cni_error *err)
{
	const struct cni_owner of = masquerade_owner(network, container);
	const struct cni_net nets[2] = {kernel_net(one), kernel_net(other ? other : one)};
	const struct cni_masquerade wanted = wish(&of, "cni0", nets, other ? 2 : 1);

	return cni_masquerade_add(&nfnl, &wanted, err);
}

static void must_add(const char *network, const char *container, const char *one, const char *other)
{
	struct cni_error err;

	if (add(network, container, one, other, &err) < 0)
		fail_msg("%s", err.msg);
}

/* NULL: all is well. */
static void assert_check(const char *network, const char *container, const char *one,
			 const char *other, const char *message)
{
	const struct cni_owner of = masquerade_owner(network, container);
	struct cni_net nets[2] = {kernel_net(one), kernel_net(other ? other : one)};
	const struct cni_masquerade wanted = wish(&of, "cni0", nets, other ? 2 : 1);
	struct cni_error err = {.msg = ""};

	assert_int_equal(cni_masquerade_check(&nfnl, &wanted, &err), message ? -1 : 0);
	if (message) {
		assert_int_equal(err.code, CNI_EMISMATCH);
		assert_string_equal(err.msg, message);
	}
}

/* "10.1.0.7 blue/c1/eth0,10.1.0.8 …" in order: the map's addresses behind cni0, and whose they are. */
static void assert_elements(const char *map, const char *expected)
{
	freeing char *text = sandbox_read("nft list map inet cni %s | tr '{,}' '\\n\\n\\n' | "
					  "sed -nE 's/.*\"cni0\" \\. ([^ ]*) comment "
					  "\"([^\"]*)\".*/\\1 \\2/p' | sort | paste -sd,",
					  map);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void assert_chains(unsigned int count)
{
	sandbox_must("test $(nft list table inet cni | grep -c 'chain net-') -eq %u", count);
}

static const char of_one_pod[] =
	"table inet cni {\n"
	"\tmap masquerade_at4 {\n"
	"\t\ttype ifname . ipv4_addr : verdict\n"
	"\t\telements = { \"cni0\" . 10.1.0.7 comment \"blue/c1/eth0\" : jump "
	"net-0e654d9ad8e25bc3 }\n"
	"\t}\n"
	"\n"
	"\tmap masquerade4 {\n"
	"\t\ttype ipv4_addr : verdict\n"
	"\t}\n"
	"\n"
	"\tmap attachments4 {\n"
	"\t\ttype ifname . mark : ifname . ipv4_addr\n"
	"\t\telements = { \"vethc2cc414d284\" . 0x00000000 comment \"blue/c1/eth0\" : "
	"\"cni0\" . 10.1.0.7 }\n"
	"\t}\n"
	"\n"
	"\tmap masquerade_at6 {\n"
	"\t\ttype ifname . ipv6_addr : verdict\n"
	"\t\telements = { \"cni0\" . fd00::7 comment \"blue/c1/eth0\" : jump "
	"net-d88dc47ef4513131 }\n"
	"\t}\n"
	"\n"
	"\tmap masquerade6 {\n"
	"\t\ttype ipv6_addr : verdict\n"
	"\t}\n"
	"\n"
	"\tmap attachments6 {\n"
	"\t\ttype ifname . mark : ifname . ipv6_addr\n"
	"\t\telements = { \"vethc2cc414d284\" . 0x00000000 comment \"blue/c1/eth0\" : "
	"\"cni0\" . fd00::7 }\n"
	"\t}\n"
	"\n"
	"\tchain postrouting {\n"
	"\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
	"\t\tiifname . ip saddr vmap @masquerade_at4\n"
	"\t\tip saddr vmap @masquerade4\n"
	"\t\tiifname . ip6 saddr vmap @masquerade_at6\n"
	"\t\tip6 saddr vmap @masquerade6\n"
	"\t}\n"
	"\n"
	"\tchain net-0e654d9ad8e25bc3 {\n"
	"\t\tcomment \"blue 10.1.0.0/16\"\n"
	"\t\tip daddr 10.1.0.0/16 return\n"
	"\t\tip daddr 224.0.0.0/4 return\n"
	"\t\tmasquerade\n"
	"\t}\n"
	"\n"
	"\tchain net-d88dc47ef4513131 {\n"
	"\t\tcomment \"blue fd00::/64\"\n"
	"\t\tip6 daddr fd00::/64 return\n"
	"\t\tip6 daddr ff00::/8 return\n"
	"\t\tmasquerade\n"
	"\t}\n"
	"}\n";

static void masquerade__is_two_look_ups_for_each_packet(void **state)
{
	freeing char *text = NULL;

	(void)state;
	must_add("blue", "c1", "10.1.0.7/16", "fd00::7/64");
	text = sandbox_read("nft list ruleset");
	assert_string_equal(text, of_one_pod);
}

static void masquerade__of_the_next_one_costs_three_round_trips(void **state)
{
	(void)state;
	must_add("blue", "c0", "10.1.0.1/16", NULL);
	for (unsigned int i = 1; i <= 2000; i++) {
		freeing char *container = cni_format("c%u", i);
		freeing char *net = cni_format("10.1.%u.%u/16", i / 200 + 1, i % 200 + 1);

		sends = 0;
		reads = 0;
		must_add("blue", container, net, NULL);
		assert_int_equal(sends, 3);
		assert_in_range(reads, 3, 8);
	}
	sandbox_must(
		"test $(nft list map inet cni masquerade_at4 | grep -o jump | wc -l) -eq 2001");
	/* As many questions when there are many as when there are few. */
	sends = 0;
	masquerade_must_del("blue", "c2000");
	assert_in_range(sends, 1, 10);
	sandbox_must(
		"test $(nft list map inet cni masquerade_at4 | grep -o jump | wc -l) -eq 2000");
	assert_check("blue", "c1999", "10.1.10.200/16", NULL, NULL);
	struct cni_owners none = {NULL, 0};
	struct cni_error err = {.msg = ""};

	if (cni_owned_gc(&nfnl, &cni_masquerade_table, "blue", &none, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	masquerade_assert_no_table();
}

static void masquerade__replaces_what_its_owner_had(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16", "fd00::7/64");
	must_add("blue", "c1", "10.1.0.8/16", NULL);
	assert_elements("masquerade_at4", "10.1.0.8 blue/c1/eth0");
	assert_elements("masquerade_at6", "");
	assert_check("blue", "c1", "10.1.0.8/16", NULL, NULL);
	must_add("blue", "c1", "10.1.0.8/16", NULL);
	assert_elements("masquerade_at4", "10.1.0.8 blue/c1/eth0");
	masquerade_must_del("blue", "c1");
	masquerade_assert_no_table();
}

/* The ledger may give an address to the next one before the last one's DEL has come. */
static void masquerade__late_del_leaves_the_next_owner_alone(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16", NULL);
	must_add("blue", "c2", "10.1.0.7/16", NULL);
	assert_elements("masquerade_at4", "10.1.0.7 blue/c2/eth0");
	masquerade_must_del("blue", "c1");
	assert_elements("masquerade_at4", "10.1.0.7 blue/c2/eth0");
	assert_check("blue", "c2", "10.1.0.7/16", NULL, NULL);
	masquerade_must_del("blue", "c2");
	masquerade_assert_no_table();
}

static int add_behind(const char *device, const char *network, const char *net)
{
	const struct cni_owner of = masquerade_owner(network, "c1");
	const struct cni_net nets[] = {kernel_net(net)};
	const struct cni_masquerade wanted = wish(&of, device, nets, 1);
	struct cni_error err;
	int failed = cni_masquerade_add(&nfnl, &wanted, &err);

	return failed < 0 ? failed : cni_masquerade_check(&nfnl, &wanted, &err);
}

static int check_behind(const char *device, const char *network, const char *net)
{
	const struct cni_owner of = masquerade_owner(network, "c1");
	const struct cni_net nets[] = {kernel_net(net)};
	const struct cni_masquerade wanted = wish(&of, device, nets, 1);
	struct cni_error err;

	return cni_masquerade_check(&nfnl, &wanted, &err);
}

/* Two networks hand out one address, each on its bridge; a third does not know its device. */
static void masquerade__of_one_address_behind_two_devices(void **state)
{
	static const char *const nets[] = {"10.1.0.7/16", "fd00::7/64"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *net = nets[i];

		assert_int_equal(add_behind("cni0", "blue", net), 0);
		assert_int_equal(add_behind("cni1", "red", net), 0);
		assert_int_equal(add_behind("", "grey", net), 0);
		assert_int_equal(check_behind("cni0", "blue", net), 0);
		assert_int_equal(check_behind("cni1", "red", net), 0);
		masquerade_must_del("blue", "c1");
		assert_int_equal(check_behind("cni1", "red", net), 0);
		assert_int_equal(check_behind("", "grey", net), 0);
		assert_int_equal(add_behind("cni0", "blue", net), 0);
		masquerade_must_del("red", "c1");
		masquerade_must_del("grey", "c1");
		assert_int_equal(check_behind("cni0", "blue", net), 0);
		masquerade_must_del("blue", "c1");
		masquerade_assert_no_table();
	}
}

static void masquerade__networks_have_chains_of_their_own(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16", NULL);
	must_add("blue", "c2", "10.1.0.8/16", NULL);
	must_add("red", "c1", "10.2.0.7/16", NULL);
	/* The same prefix on two bridges. */
	must_add("green", "c1", "10.1.0.9/16", NULL);
	assert_chains(3);
	masquerade_must_del("blue", "c1");
	assert_chains(3);
	masquerade_must_del("blue", "c2");
	assert_chains(2);
	assert_elements("masquerade_at4", "10.1.0.9 green/c1/eth0,10.2.0.7 red/c1/eth0");
	assert_check("red", "c1", "10.2.0.7/16", NULL, NULL);
	assert_check("green", "c1", "10.1.0.9/16", NULL, NULL);
	masquerade_must_del("red", "c1");
	masquerade_must_del("green", "c1");
	masquerade_assert_no_table();
}

static void masquerade__of_two_addresses_in_one_network(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16", "10.1.0.8/16");
	assert_chains(1);
	assert_elements("masquerade_at4", "10.1.0.7 blue/c1/eth0,10.1.0.8 blue/c1/eth0");
	assert_check("blue", "c1", "10.1.0.7/16", "10.1.0.8/16", NULL);
	must_add("blue", "c2", "10.1.0.9/16", "10.2.0.9/16");
	assert_chains(2);
	masquerade_must_del("blue", "c1");
	assert_chains(2);
	masquerade_must_del("blue", "c2");
	masquerade_assert_no_table();
}

static void masquerade__del_of_nothing_is_fine(void **state)
{
	(void)state;
	masquerade_must_del("blue", "c1");
	must_add("blue", "c2", "10.1.0.7/16", NULL);
	masquerade_must_del("blue", "c1");
	masquerade_must_del("red", "c2");
	assert_elements("masquerade_at4", "10.1.0.7 blue/c2/eth0");
}

/* A foreign chain keeps our table. */
static void masquerade__leaves_what_is_not_its_own(void **state)
{
	(void)state;
	sandbox_must("nft 'add table inet cni; add chain inet cni theirs; add table ip nat'");
	must_add("blue", "c1", "10.1.0.7/16", NULL);
	masquerade_must_del("blue", "c1");
	sandbox_must(
		"nft list chain inet cni theirs > /dev/null; nft list table ip nat > /dev/null");
	assert_chains(0);
}

static void masquerade__is_made_anew_after_a_flush(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16", NULL);
	sandbox_must("nft flush ruleset");
	assert_check("blue", "c1", "10.1.0.7/16", NULL,
		     "masquerade: chain 'postrouting' of table 'inet cni' has 0 rules, expected 4");
	must_add("blue", "c2", "10.1.0.8/16", NULL);
	assert_check("blue", "c2", "10.1.0.8/16", NULL, NULL);
	/* Rules alone are gone: "nft flush table". */
	sandbox_must("nft flush table inet cni");
	assert_check("blue", "c2", "10.1.0.8/16", NULL,
		     "masquerade: chain 'postrouting' of table 'inet cni' has 0 rules, expected 4");
	/* The next ADD of each network mends it. */
	must_add("green", "c1", "10.9.0.2/16", NULL);
	sandbox_must("nft flush table inet cni");
	must_add("blue", "c9", "10.1.0.9/16", NULL);
	assert_check("blue", "c2", "10.1.0.8/16", NULL, NULL);
	must_add("green", "c2", "10.9.0.3/16", NULL);
	assert_check("green", "c1", "10.9.0.2/16", NULL, NULL);
	/* However many elements use the chain, and whichever of its rules are left. */
	must_add("blue", "c3", "10.1.0.3/16", NULL);
	must_add("blue", "c4", "10.1.0.4/16", "10.1.0.5/16");
	sandbox_must("nft -a list chain inet cni net-0e654d9ad8e25bc3 | sed -nE 's/.*masquerade # "
		     "handle //p' | "
		     "xargs nft delete rule inet cni net-0e654d9ad8e25bc3 handle");
	must_add("blue", "c2", "10.1.0.8/16", NULL);
	assert_check("blue", "c4", "10.1.0.4/16", "10.1.0.5/16", NULL);
}

static void masquerade__check_says_what_is_wrong(void **state)
{
	(void)state;
	must_add("blue", "c1", "10.1.0.7/16", NULL);
	assert_check("blue", "c2", "10.1.0.7/16", NULL,
		     "masquerade: cni0 . 10.1.0.7 in 'masquerade_at4' belongs to 'blue/c1/eth0', "
		     "expected 'blue/c2/eth0'");
	assert_check("blue", "c1", "10.1.0.7/24", NULL,
		     "masquerade: cni0 . 10.1.0.7 in 'masquerade_at4' jumps to "
		     "'net-0e654d9ad8e25bc3', expected 'net-f2bb9d0310fa1cfe'");
	assert_check("blue", "c1", "10.1.0.7/16", "10.1.0.8/16",
		     "masquerade: cni0 . 10.1.0.8 is not in 'masquerade_at4' of table 'inet cni', "
		     "expected it there for 'blue/c1/eth0'");
	sandbox_must("nft flush chain inet cni net-0e654d9ad8e25bc3");
	assert_check("blue", "c1", "10.1.0.7/16", NULL,
		     "masquerade: chain 'net-0e654d9ad8e25bc3' of table 'inet cni' has 0 rules, "
		     "expected 3");
	sandbox_must("nft flush map inet cni attachments4");
	assert_check("blue", "c1", "10.1.0.7/16", NULL,
		     "masquerade: vethc2cc414d284 . 0 is not in 'attachments4' of table "
		     "'inet cni', expected it there for 'blue/c1/eth0'");
	sandbox_must("nft flush chain inet cni postrouting");
	assert_check("blue", "c1", "10.1.0.7/16", NULL,
		     "masquerade: chain 'postrouting' of table 'inet cni' has 0 rules, expected 4");
}

static void masquerade__gc_keeps_the_valid_and_other_networks(void **state)
{
	struct cni_owner items[] = {masquerade_owner("blue", "c2")};
	const struct cni_owners valid = {items, 1};
	const struct cni_owners none = {NULL, 0};
	struct cni_error err;

	(void)state;
	must_add("blue", "c1", "10.1.0.7/16", "fd00::7/64");
	must_add("blue", "c2", "10.1.0.8/16", NULL);
	must_add("blue2", "c1", "10.2.0.7/16", NULL);
	assert_int_equal(cni_owned_gc(&nfnl, &cni_masquerade_table, "blue", &valid, NULL, &err), 0);
	assert_elements("masquerade_at4", "10.1.0.8 blue/c2/eth0,10.2.0.7 blue2/c1/eth0");
	assert_elements("masquerade_at6", "");
	assert_chains(2);
	assert_int_equal(cni_owned_gc(&nfnl, &cni_masquerade_table, "blue", &none, NULL, &err), 0);
	assert_elements("masquerade_at4", "10.2.0.7 blue2/c1/eth0");
	assert_int_equal(cni_owned_gc(&nfnl, &cni_masquerade_table, "blue2", &none, NULL, &err), 0);
	masquerade_assert_no_table();
	assert_int_equal(cni_owned_gc(&nfnl, &cni_masquerade_table, "blue", &none, NULL, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(masquerade__is_two_look_ups_for_each_packet),
		kernel_test(masquerade__of_the_next_one_costs_three_round_trips),
		kernel_test(masquerade__replaces_what_its_owner_had),
		kernel_test(masquerade__late_del_leaves_the_next_owner_alone),
		kernel_test(masquerade__of_one_address_behind_two_devices),
		kernel_test(masquerade__networks_have_chains_of_their_own),
		kernel_test(masquerade__of_two_addresses_in_one_network),
		kernel_test(masquerade__del_of_nothing_is_fine),
		kernel_test(masquerade__leaves_what_is_not_its_own),
		kernel_test(masquerade__is_made_anew_after_a_flush),
		kernel_test(masquerade__check_says_what_is_wrong),
		kernel_test(masquerade__gc_keeps_the_valid_and_other_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
