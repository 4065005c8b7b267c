/* SPDX-License-Identifier: Apache-2.0 */
/* Rules in the language of nft_rule.h, with nft(8) as the witness. */
#include "nft_rule.h"

#include "bridge.h"
#include "cleanup.h"
#include "kernel.h"
#include "mem.h"
#include "test.h"

#include <linux/netfilter.h>
#include <string.h>

static const struct cni_nft_table table = {NFPROTO_INET, "t"};

static void commit(struct cni_nft_tx *tx)
{
	struct cni_error err;

	if (cni_nft_commit(tx, &err) < 0)
		fail_msg("%s", err.msg);
}

/* A rule as written, and as nft(8) prints the rule: without the phrases that others imply. */
static const struct {
	const char *written;
	const char *printed;
} phrases[] = {
	{"iifname . oifname != @links drop", "iifname . oifname != @links drop"},
	{"oifname @ports iifname vmap @jumps", "oifname @ports iifname vmap @jumps"},
	{"meta nfproto ipv4 ip saddr . ip daddr @pairs goto other",
	 "ip saddr . ip daddr @pairs goto other"},
	{"meta nfproto ipv6 ip6 saddr fd00::/48 ip6 daddr fd00::7 accept",
	 "ip6 saddr fd00::/48 ip6 daddr fd00::7 accept"},
	{"ct state established,related accept", "ct state established,related accept"},
	{"ct status dnat return", "ct status dnat return"},
	{"fib daddr type local jump other", "fib daddr type local jump other"},
	{"meta l4proto udp th dport 53 drop", "udp dport 53 drop"},
	{"meta l4proto != ipv6-icmp accept", "meta l4proto != ipv6-icmp accept"},
	{"meta nfproto ipv4 ip frag-off & 0x3fff == 0 accept", "ip frag-off & 16383 == 0 accept"},
	{"meta nfproto ipv6 frag frag-off & 0xfff8 != 0 drop", "frag frag-off != 0 drop"},
	{"frag nexthdr 45-50 drop", "frag nexthdr 45-50 drop"},
	{"meta l4proto ipv6-icmp icmpv6 type nd-redirect drop", "icmpv6 type nd-redirect drop"},
	{"meta protocol arp @nh,0,48 0x000108000604 accept",
	 "meta protocol arp @nh,0,48 0x108000604 accept"},
	{"meta l4proto udp @th,0,32 0x00440043 accept", "udp sport 68 udp dport 67 accept"},
};

static void rule__is_what_nft_prints(void **state)
{
	freeing char *expected = cni_strdup("");
	freeing char *text = NULL;

	(void)state;
	sandbox_must("nft 'add table inet t; add chain inet t c; add chain inet t other; "
		     "add set inet t links { type ifname . ifname; }; "
		     "add set inet t ports { type ifname; }; "
		     "add map inet t jumps { type ifname : verdict; }; "
		     "add set inet t pairs { type ipv4_addr . ipv4_addr; }'");
	for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++) {
		freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(&nfnl, 0);
		freeing char *before = expected;

		cni_nft_rule(tx, &table, "c", "%s", phrases[i].written);
		commit(tx);
		expected = cni_format("%s\t\t%s\n", before, phrases[i].printed);
	}
	text = sandbox_read("nft list chain inet t c | sed '1,2d;/^\t}/,$d'");
	assert_string_equal(text, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {kernel_test(rule__is_what_nft_prints)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
