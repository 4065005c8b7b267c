/* SPDX-License-Identifier: Apache-2.0 */
/* Spoof check of MAC addresses: the bridge table and its effect on frames. */
#include "spoofcheck.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "sends.h"
#include "test.h"

#include <string.h>

COUNT_SENDS

static struct cni_owner owner(const char *network, const char *container)
{
	return cni_owner_make(network, container, "eth0");
}

/* Addresses that differ in their last octet. */
static void mac(uint8_t last, uint8_t ret_mac[CNI_MAC_SIZE])
{
	memcpy(ret_mac, (const uint8_t[]){0x0a, 0x58, 0, 0, 0, last}, CNI_MAC_SIZE);
}

static void must_add(const char *network, const char *container, uint8_t last)
{
	const struct cni_owner of = owner(network, container);
	uint8_t address[CNI_MAC_SIZE];
	const struct cni_spoofcheck wanted = {.owner = &of, .mac = address};
	struct cni_error err;

	mac(last, address);
	if (cni_spoofcheck_add(&nfnl, &wanted, &err) < 0)
		fail_msg("%s", err.msg);
}

static void must_del(const char *network, const char *container)
{
	const struct cni_owner of = owner(network, container);
	struct cni_error err;

	if (cni_owned_del(&nfnl, &cni_spoofcheck_table, &of, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

static void assert_check(const char *container, uint8_t last, const char *message)
{
	const struct cni_owner of = owner("blue", container);
	uint8_t address[CNI_MAC_SIZE];
	const struct cni_spoofcheck wanted = {.owner = &of, .mac = address};
	struct cni_error err = {.msg = ""};

	mac(last, address);
	assert_int_equal(cni_spoofcheck_check(&nfnl, &wanted, &err), message ? -1 : 0);
	if (message) {
		assert_int_equal(err.code, CNI_EMISMATCH);
		assert_string_equal(err.msg, message);
	}
}

/* The comments of a set's elements, in order. */
static void assert_owners(const char *kind, const char *set, const char *expected)
{
	freeing char *text = sandbox_read("nft list %s bridge cni %s | "
					  "grep -o 'comment \"[^\"]*' | cut -d'\"' -f2 | sort | "
					  "paste -sd' '",
					  kind, set);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void assert_all_owners(const char *expected)
{
	assert_owners("map", "guarded", expected);
	assert_owners("map", "attachments", expected);
	assert_owners("set", "allowed", expected);
}

static void assert_no_table(void)
{
	freeing char *text = sandbox_read("nft list ruleset");

	assert_string_equal(text, "");
}

static void spoofcheck__is_two_look_ups_for_each_frame(void **state)
{
	freeing char *text = NULL;

	(void)state;
	must_add("blue", "c1", 1);
	text = sandbox_read("nft list ruleset");
	assert_string_equal(
		text,
		"table bridge cni {\n"
		"\tmap guarded {\n"
		"\t\ttype ifname : verdict\n"
		"\t\telements = { \"vethc2cc414d284\" comment \"blue/c1/eth0\" : jump check }\n"
		"\t}\n"
		"\n"
		"\tset allowed {\n"
		"\t\ttype ifname . ether_addr\n"
		"\t\telements = { \"vethc2cc414d284\" . 0a:58:00:00:00:01 comment \"blue/c1/eth0\" "
		"}\n"
		"\t}\n"
		"\n"
		"\tmap attachments {\n"
		"\t\ttype ifname : ether_addr\n"
		"\t\telements = { \"vethc2cc414d284\" comment \"blue/c1/eth0\" : 0a:58:00:00:00:01 "
		"}\n"
		"\t}\n"
		"\n"
		"\tchain check {\n"
		"\t\tiifname . ether saddr != @allowed drop\n"
		"\t}\n"
		"\n"
		"\tchain prerouting {\n"
		"\t\ttype filter hook prerouting priority filter; policy accept;\n"
		"\t\tiifname vmap @guarded\n"
		"\t}\n"
		"}\n");
}

/* The witness is a frame: what passes with the right address, and what does not with another. */
static void spoofcheck__drops_frames_with_another_address(void **state)
{
	const struct cni_owner of = owner("blue", "c1");
	char host[CNI_IFNAME_SIZE];

	(void)state;
	strcpy(host, of.key);
	sandbox_add_netns("red");
	sandbox_must("ip link add br0 address 0a:58:00:00:00:fe type bridge; "
		     "ip addr add 10.1.0.1/16 dev br0; ip link set br0 up; "
		     "ip link add %s type veth peer name eth0 address 0a:58:00:00:00:01 netns red; "
		     "ip link set %s master br0 up; "
		     "ip -n red addr add 10.1.0.7/16 dev eth0; ip -n red link set eth0 up",
		     host, host);
	must_add("blue", "c1", 1);
	sandbox_must("ip netns exec red ping -q -c 1 -W 5 10.1.0.1 > /dev/null");
	sandbox_must("ip -n red link set eth0 address 0a:58:00:00:00:02; "
		     "ip -n red neigh replace 10.1.0.1 lladdr 0a:58:00:00:00:fe dev eth0");
	assert_int_not_equal(
		sandbox_run("ip netns exec red ping -q -c 1 -W 1 10.1.0.1 > /dev/null"), 0);
	sandbox_must("ip -n red link set eth0 address 0a:58:00:00:00:01");
	sandbox_must("ip netns exec red ping -q -c 1 -W 5 10.1.0.1 > /dev/null");
	sandbox_del_netns("red");
}

static void spoofcheck__of_the_next_one_costs_two_round_trips(void **state)
{
	const struct cni_owners none = {NULL, 0};
	struct cni_error err = {.msg = ""};

	(void)state;
	must_add("blue", "c0", 1);
	for (unsigned int i = 1; i <= 2000; i++) {
		freeing char *container = cni_format("c%u", i);

		sends = 0;
		reads = 0;
		must_add("blue", container, (uint8_t)i);
		assert_int_equal(sends, 2);
		assert_in_range(reads, 2, 7);
	}
	sandbox_must("test $(nft list map bridge cni guarded | grep -o jump | wc -l) -eq 2001");
	sends = 0;
	must_del("blue", "c2000");
	assert_in_range(sends, 1, 7);
	sandbox_must("test $(nft list map bridge cni guarded | grep -o jump | wc -l) -eq 2000");
	if (cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue", &none, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_no_table();
}

static void spoofcheck__replaces_what_its_owner_had(void **state)
{
	(void)state;
	must_add("blue", "c1", 1);
	must_add("blue", "c1", 2);
	assert_all_owners("blue/c1/eth0");
	assert_check("c1", 2, NULL);
	must_add("blue", "c1", 2);
	assert_all_owners("blue/c1/eth0");
	must_del("blue", "c1");
	assert_no_table();
}

static void spoofcheck__goes_with_its_last_one(void **state)
{
	(void)state;
	must_del("blue", "c1");
	must_add("blue", "c1", 1);
	must_add("red", "c1", 1);
	must_del("blue", "c2");
	must_del("blue", "c1");
	assert_all_owners("red/c1/eth0");
	must_del("blue", "c1");
	must_del("red", "c1");
	assert_no_table();
}

static void spoofcheck__gc_keeps_the_valid_and_other_networks(void **state)
{
	struct cni_owner items[] = {owner("blue", "c2")};
	const struct cni_owners valid = {items, 1};
	const struct cni_owners none = {NULL, 0};
	struct cni_error err;

	(void)state;
	must_add("blue", "c1", 1);
	must_add("blue", "c2", 2);
	must_add("blue2", "c1", 3);
	assert_int_equal(cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue", &valid, NULL, &err), 0);
	assert_all_owners("blue/c2/eth0 blue2/c1/eth0");
	assert_int_equal(cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue", &none, NULL, &err), 0);
	assert_all_owners("blue2/c1/eth0");
	assert_int_equal(cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue2", &none, NULL, &err), 0);
	assert_no_table();
	assert_int_equal(cni_owned_gc(&nfnl, &cni_spoofcheck_table, "blue", &none, NULL, &err), 0);
}

static void spoofcheck__check_says_what_is_wrong(void **state)
{
	(void)state;
	must_add("blue", "c1", 1);
	assert_check("c1", 1, NULL);
	assert_check(
		"c2", 1,
		"macspoofchk: veth035629d9f26 is not in 'guarded' of table 'bridge cni', expected "
		"it there for 'blue/c2/eth0'");
	assert_check("c1", 2,
		     "macspoofchk: vethc2cc414d284 in 'attachments' has another value than ADD "
		     "gave it for 'blue/c1/eth0'");
	sandbox_must("nft flush chain bridge cni check");
	assert_check("c1", 1,
		     "macspoofchk: chain 'check' of table 'bridge cni' has 0 rules, expected 1");
	sandbox_must("nft flush set bridge cni allowed");
	assert_check("c1", 1,
		     "macspoofchk: vethc2cc414d284 . 0a:58:00:00:00:01 is not in 'allowed' of "
		     "table 'bridge cni', expected it there for 'blue/c1/eth0'");
	sandbox_must("nft flush map bridge cni attachments");
	assert_check("c1", 1,
		     "macspoofchk: vethc2cc414d284 is not in 'attachments' of table 'bridge cni', "
		     "expected it there for 'blue/c1/eth0'");
	sandbox_must("nft flush chain bridge cni prerouting");
	assert_check(
		"c1", 1,
		"macspoofchk: chain 'prerouting' of table 'bridge cni' has 0 rules, expected 1");
}

static void spoofcheck__is_made_anew_after_a_flush(void **state)
{
	(void)state;
	must_add("blue", "c1", 1);
	sandbox_must("nft flush ruleset");
	must_add("blue", "c2", 2);
	assert_check("c2", 2, NULL);
	sandbox_must("nft flush table bridge cni");
	must_add("blue", "c2", 2);
	assert_check("c2", 2, NULL);
	/* Also if it has nothing there yet that is in its way. */
	sandbox_must("nft flush table bridge cni");
	must_add("blue", "c3", 3);
	assert_check("c2", 2, NULL);
	assert_check("c3", 3, NULL);
	must_del("blue", "c2");
	must_del("blue", "c3");
	assert_no_table();
}

/* DEL removes the rest of a damaged table. */
static void spoofcheck__del_of_a_part_of_it_succeeds(void **state)
{
	static const char *const missing[] = {
		"flush map bridge cni guarded", "flush set bridge cni allowed",
		"flush map bridge cni attachments; nft flush set bridge cni allowed"};

	(void)state;
	for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++) {
		must_add("blue", "c1", 1);
		sandbox_must("nft %s", missing[i]);
		must_del("blue", "c1");
		assert_no_table();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(spoofcheck__is_two_look_ups_for_each_frame),
		kernel_test(spoofcheck__drops_frames_with_another_address),
		kernel_test(spoofcheck__of_the_next_one_costs_two_round_trips),
		kernel_test(spoofcheck__replaces_what_its_owner_had),
		kernel_test(spoofcheck__goes_with_its_last_one),
		kernel_test(spoofcheck__gc_keeps_the_valid_and_other_networks),
		kernel_test(spoofcheck__check_says_what_is_wrong),
		kernel_test(spoofcheck__is_made_anew_after_a_flush),
		kernel_test(spoofcheck__del_of_a_part_of_it_succeeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
