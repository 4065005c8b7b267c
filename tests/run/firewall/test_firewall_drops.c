/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts that drop forwarded packets, each in its own way: an ADD with a chosen backend makes
 * effective accepts, and where none can be effective, CHECK and STATUS report it. */
#include "firewall_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* A test's state is the host that it is about. */
static int setup_case(void **state)
{
	void *what = *state;

	if (firewall_setup(state) < 0)
		return -1;
	firewall_use_iptables("nft");
	*state = what;
	return 0;
}

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
#define FORWARD_INET                                                                               \
	"nft -f - <<'E'\ntable inet filter {\n chain forward {\n"                                  \
	"type filter hook forward priority 0; "

/* ---- what a backend of ours reaches ---- */

static const char *const reached[] = {
	BOTH("nft", "-P FORWARD DROP"),
	BOTH("nft", "-A FORWARD -j REJECT"),
	BOTH("nft", "-A FORWARD -j DROP"),
	/* Fedora's and RHEL's. */
	"iptables-nft -A FORWARD -j REJECT --reject-with icmp-host-prohibited && "
	"ip6tables-nft -A FORWARD -j REJECT --reject-with icmp6-adm-prohibited",
	"for t in iptables-nft ip6tables-nft; do $t -A FORWARD -m conntrack --ctstate "
	"RELATED,ESTABLISHED -j ACCEPT && $t -A FORWARD -i lo -j ACCEPT && "
	"$t -A FORWARD -p tcp --dport 22 -j ACCEPT && "
	"$t -A FORWARD -m comment --comment last -j LOG && $t -A FORWARD -j DROP || exit 1; done",
	"for t in iptables-nft ip6tables-nft; do $t -N X && $t -A FORWARD -j X && $t -A X -j "
	"REJECT "
	"|| exit 1; done",
	"for t in iptables-nft ip6tables-nft; do $t -N X && $t -N Y && $t -A FORWARD -j X && "
	"$t -A X -g Y && $t -A Y -j DROP || exit 1; done",
	/* By what is known of the container alone. */
	"iptables-nft -A FORWARD -s 10.1.0.0/24 -j DROP && "
	"ip6tables-nft -A FORWARD -s fd01::/64 -j DROP",
	/* Its answers alone. */
	"iptables-nft -A FORWARD -d 10.1.0.0/16 -j DROP && "
	"ip6tables-nft -A FORWARD -d fd01::/48 -j DROP",
	"nft -f - <<'E'\ntable ip filter {\n chain FORWARD {\n"
	"type filter hook forward priority 0; policy accept; reject\n}\n}\n"
	"table ip6 filter {\n chain FORWARD {\n"
	"type filter hook forward priority 0; policy accept; reject\n}\n}\nE\n",
	BOTH("legacy", "-P FORWARD DROP"),
	BOTH("legacy", "-A FORWARD -j REJECT"),
	"for t in iptables-legacy ip6tables-legacy; do $t -N X && $t -A FORWARD -j X && "
	"$t -A X -p udp -j RETURN && $t -A X -j DROP || exit 1; done",
	"for t in iptables-legacy ip6tables-legacy; do $t -N X && $t -A FORWARD -m comment "
	"--comment y -g X && $t -A FORWARD -j ACCEPT && $t -A X -j LOG && $t -A X -j DROP "
	"|| exit 1; done",
	"iptables-legacy -A FORWARD -s 10.1.0.11 -j DROP && "
	"ip6tables-legacy -A FORWARD -s fd01::11 -j DROP",
	/* Drops of one family each, and both kinds in one. */
	"iptables-nft -P FORWARD DROP && ip6tables-legacy -P FORWARD DROP",
	BOTH("nft", "-P FORWARD DROP") " && " BOTH("legacy", "-A FORWARD -j DROP"),
};

static void add__accepts_where_the_drop_is(void **state)
{
	static const char publish[] =
		"iptables-nft -t nat -A PREROUTING -d 192.0.2.1 -j DNAT --to "
		"10.1.0.11; ip6tables-nft -t nat -A PREROUTING -d 2001:db8::1 "
		"-p icmpv6 --icmpv6-type echo-request -j DNAT --to fd01::11";
	const char *drop = *state;
	freeing char *text = NULL;

	skip_without(drop);
	sandbox_must("%s", drop);
	assert_dropped("a1", OUTSIDE4, OUTSIDE6);
	firewall_succeeds("STATUS", NULL, "");
	firewall_succeeds("ADD", &a1, "");
	text = sandbox_read("cat /run/cni/firewall/blue/a1:eth0");
	assert_non_null(strstr(text, "backend iptables\nchosen yes\ntool iptables-"));
	assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	firewall_succeeds("CHECK", &a1, "");
	sandbox_must("%s", publish);
	assert_forwarded("outside", "192.0.2.1", "2001:db8::1");
	firewall_bare_del(&a1);
	assert_dropped("a1", OUTSIDE4, OUTSIDE6);
	sandbox_must("! { iptables-nft -S; ip6tables-nft -S; iptables-legacy -S; "
		     "ip6tables-legacy -S; } 2>/dev/null | grep -e CNI-FORWARD.*10.1.0.11 "
		     "-e CNI-FORWARD.*fd01::11");
}

/* The kind that the host's `iptables` is not. */
static void add__accepts_where_a_written_iptables_would_not_reach(void **state)
{
	(void)state;
	skip_without("iptables-legacy");
	sandbox_must(BOTH("legacy", "-A FORWARD -j REJECT"));
	firewall_succeeds("ADD", &a1, "'backend':'iptables'");
	assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	firewall_succeeds("CHECK", &a1, "'backend':'iptables'");
	sandbox_must("iptables-nft -S CNI-FORWARD | grep -q 10.1.0.11 && "
		     "iptables-legacy -S CNI-FORWARD | grep -q 10.1.0.11");
	firewall_bare_del(&a1);
	sandbox_must("! { iptables-nft -S; iptables-legacy -S; } 2>/dev/null | grep 10.1.0.11");
}

/* An ip6 that drops is no matter of a container without IPv6. */
static void add__looks_at_the_families_that_the_container_has(void **state)
{
	static const char v4[] = "'prevResult':{'cniVersion':'1.1.0','interfaces':[{'name':'br0'}],"
				 "'ips':[{'address':'10.1.0.11/24'}]}";
	freeing char *text = NULL;

	(void)state;
	sandbox_must("ip6tables-nft -P FORWARD DROP");
	firewall_succeeds("ADD", &a1, v4);
	text = sandbox_read("cat /run/cni/firewall/blue/a1:eth0");
	assert_non_null(strstr(text, "backend nftables"));
	firewall_succeeds("CHECK", &a1, v4);
	firewall_succeeds("DEL", &a1, v4);
}

/* ---- what none reaches ---- */

static const struct vain {
	const char *drop;
	const char *says;
} vains[] = {
	{FORWARD_INET "reject with icmpx admin-prohibited\n}\n}\nE\n",
	 "rule 1 of chain 'forward' of table 'inet filter' is an unconditional reject"},
	{FORWARD_INET "policy drop;\n}\n}\nE\n",
	 "the policy of chain 'forward' of table 'inet filter' is drop"},
	{FORWARD_INET "ct state established,related accept\nct state invalid drop\niifname \"lo\" "
		      "accept\niif lo accept\ncounter drop\n}\n}\nE\n",
	 "rule 5 of chain 'forward' of table 'inet filter' is an unconditional drop"},
	{FORWARD_INET "ct state vmap { established : accept, related : accept, invalid : drop }\n"
		      "iifname { \"lo\", \"eth7\" } accept\nip saddr 192.168.0.0/16 accept\n"
		      "ip saddr { 172.16.0.0/12, 192.168.7.0/24 } accept\n"
		      "ip6 saddr fe80::/10 accept\nmeta l4proto icmp accept\n"
		      "meta l4proto ipv6-icmp accept\njump last\n}\n"
		      "chain last { reject\n}\n}\nE\n",
	 "rule 1 of chain 'last' of table 'inet filter' is an unconditional reject"},
	{"nft 'add table inet fence; add chain inet fence gate { type filter hook forward priority "
	 "-300; policy drop; }'",
	 "the policy of chain 'gate' of table 'inet fence' is drop"},
	{"nft 'add table ip fence; add chain ip fence FORWARD { type filter hook forward priority "
	 "5; "
	 "}; add rule ip fence FORWARD drop'",
	 "rule 1 of chain 'FORWARD' of table 'ip fence' is an unconditional drop"},
	{"nft 'add table ip6 fence; add chain ip6 fence x { type filter hook forward priority 5; "
	 "}; add rule ip6 fence x ip6 saddr fd01::/64 drop'",
	 "rule 1 of chain 'x' of table 'ip6 fence' is an unconditional drop"},
	/* Containers may speak, and hear nothing. */
	{FORWARD_INET "policy drop; ct state new accept\n}\n}\nE\n",
	 "the policy of chain 'forward' of table 'inet filter' is drop"},
};

static void check__and_status_name_what_nothing_overrules(void **state)
{
	const struct vain *vain = *state;

	sandbox_must("%s", vain->drop);
	firewall_succeeds("ADD", &a1, "");
	firewall_fails("CHECK", &a1, "", CNI_EMISMATCH, vain->says);
	firewall_fails("CHECK", &a1, "", CNI_EMISMATCH, "which backend nftables cannot overrule");
	/* STATUS knows no container: it says what holds for each of them. */
	if (!strstr(vain->drop, "saddr")) {
		firewall_fails("STATUS", NULL, "", CNI_ELIMITED, vain->says);
		firewall_fails("STATUS", NULL, "'backend':'iptables'", CNI_ELIMITED, vain->says);
	}
	firewall_succeeds("STATUS", NULL, "'backend':'none'");
	firewall_succeeds("DEL", &a1, "");
	sandbox_must("nft flush ruleset");
	firewall_succeeds("ADD", &a1, "");
	firewall_succeeds("CHECK", &a1, "");
}

/* ---- no false alarm ---- */

/* After each, pings of both families pass, or some of a container's packets at least may. */
static const struct fine {
	const char *setup;
	bool pings;
} fines[] = {
	{FORWARD_INET "policy drop; ct state established,related accept\niifname \"br0\" accept\n"
		      "}\n}\nE\n",
	 true},
	{FORWARD_INET "policy drop; ct state established,related accept\niifname \"br*\" accept\n"
		      "}\n}\nE\n",
	 true},
	{FORWARD_INET "policy drop; ct state established,related accept\n"
		      "ip saddr 10.1.0.0/24 accept\nip6 saddr fd01::/64 accept\n}\n}\nE\n",
	 true},
	{FORWARD_INET "policy drop; ip saddr 10.1.0.11 accept\nip daddr 10.1.0.11 accept\n"
		      "ip6 saddr fd01::11 accept\nip6 daddr fd01::11 accept\n}\n}\nE\n",
	 true},
	{FORWARD_INET "ct state vmap { established : accept, related : accept, invalid : drop }\n"
		      "iifname vmap { \"br0\" : jump ours, \"eth7\" : drop }\ndrop\n}\n"
		      "chain ours { accept\n}\n}\nE\n",
	 true},
	{FORWARD_INET "ct state { established, related } accept\n"
		      "ip saddr { 10.0.0.0/8, 192.168.0.0/16 } accept\n"
		      "ip6 saddr { fd00::/8 } accept\nreject\n}\n}\nE\n",
	 true},
	{FORWARD_INET
	 "ct state established accept\niifname . oifname { \"br0\" . \"out0\" } accept\n"
	 "reject\n}\n}\nE\n",
	 true},
	{FORWARD_INET "ct state established accept\nmeta mark 0 jump deep\ndrop\n}\n"
		      "chain deep { jump deeper\n}\nchain deeper { accept\n}\n}\nE\n",
	 true},
	{FORWARD_INET "ct state established accept\nip daddr 192.0.2.0/24 accept\n"
		      "ip6 daddr 2001:db8::/64 accept\ndrop\n}\n}\nE\n",
	 true},
	/* For others only. */
	{FORWARD_INET "tcp dport 25 drop\niifname \"eth7\" drop\nip saddr 10.9.0.0/16 reject\n"
		      "ct state invalid drop\nlimit rate over 1000/second drop\n}\n}\nE\n",
	 true},
	{FORWARD_INET "iifname != \"eth7\" accept\ndrop\n}\n}\nE\n", true},
	{FORWARD_INET "iifname != { \"eth7\", \"lo\" } return\ndrop\n}\n}\nE\n", true},
	/* Not at the hook, or not in effect. */
	{"nft -f - <<'E'\ntable inet filter {\n flags dormant;\n chain forward {\n"
	 "type filter hook forward priority 0; policy drop;\n}\n}\nE\n",
	 true},
	{"nft 'add table inet filter; add chain inet filter forward; add rule inet filter forward "
	 "drop; add chain inet filter input { type filter hook input priority 0; policy drop; }; "
	 "add rule inet filter input meta l4proto ipv6-icmp accept'",
	 true},
	{"nft 'add table bridge filter; add chain bridge filter f { type filter hook forward "
	 "priority 0; policy drop; }'",
	 true},
	/* A target decides that is not known. */
	{"iptables-nft -A FORWARD -j NFQUEUE --queue-bypass && "
	 "iptables-nft -A FORWARD -m length --length 40:100 -j ACCEPT && "
	 "iptables-nft -A FORWARD -j DROP",
	 false},
	/* flannel's. */
	{"for t in iptables-legacy ip6tables-legacy; do n=10.1.0.0/24; "
	 "[ $t = iptables-legacy ] || n=fd01::/64; $t -P FORWARD DROP && $t -N FWD && "
	 "$t -A FORWARD -j FWD && $t -A FWD -s $n -j ACCEPT && $t -A FWD -d $n -j ACCEPT "
	 "|| exit 1; done",
	 true},
	{"for t in iptables-nft ip6tables-nft; do n=10.1.0.0/24; "
	 "[ $t = iptables-nft ] || n=fd01::/64; $t -P FORWARD DROP && $t -N FWD && "
	 "$t -A FORWARD -j FWD && $t -A FWD -s $n -j ACCEPT && $t -A FWD -d $n -j ACCEPT "
	 "|| exit 1; done",
	 true},
	{"for t in iptables-nft ip6tables-nft; do $t -P FORWARD DROP && $t -N CNI-ADMIN && "
	 "$t -N CNI-FORWARD && $t -A FORWARD -j CNI-FORWARD && $t -A CNI-FORWARD -j CNI-ADMIN && "
	 "$t -A CNI-ADMIN -i br0 -j ACCEPT && $t -A CNI-ADMIN -m conntrack --ctstate ESTABLISHED "
	 "-j ACCEPT || exit 1; done",
	 true},
};

static void check__raises_no_false_alarm(void **state)
{
	const struct fine *fine = *state;

	skip_without(fine->setup);
	sandbox_must("%s", fine->setup);
	firewall_succeeds("ADD", &a1, "'backend':'nftables'");
	if (fine->pings)
		assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	firewall_succeeds("CHECK", &a1, "'backend':'nftables'");
	firewall_succeeds("STATUS", NULL, "'backend':'nftables'");
	firewall_succeeds("DEL", &a1, "'backend':'nftables'");
	firewall_succeeds("ADD", &a1, "");
	if (fine->pings)
		assert_forwarded("a1", OUTSIDE4, OUTSIDE6);
	firewall_succeeds("CHECK", &a1, "");
	firewall_succeeds("STATUS", NULL, "");
}

/* The host does not forward what a macvlan sends. */
static void check__says_nothing_without_an_interface_on_the_host(void **state)
{
	static const char inside[] =
		"'prevResult':{'cniVersion':'1.1.0','interfaces':[{'name':'eth0','sandbox':"
		"'/run/netns/a1'}],'ips':[{'interface':0,'address':'10.1.0.11/24'}]}";

	(void)state;
	sandbox_must("%s", vains[0].drop);
	firewall_succeeds("ADD", &a1, inside);
	firewall_succeeds("CHECK", &a1, inside);
}

#define case_test(name, array, i)                                                                  \
	{                                                                                          \
#name " (" #i ")", name, setup_case, firewall_teardown, (void *)(uintptr_t)(array) \
	}
#define reached_test(i)	 case_test(add__accepts_where_the_drop_is, reached[i], i)
#define vain_test(i)	 case_test(check__and_status_name_what_nothing_overrules, &vains[i], i)
#define fine_test(i)	 case_test(check__raises_no_false_alarm, &fines[i], i)
#define drops_test(name) case_test(name, NULL, 0)

static const struct CMUnitTest tests[] = {
	reached_test(0),
	reached_test(1),
	reached_test(2),
	reached_test(3),
	reached_test(4),
	reached_test(5),
	reached_test(6),
	reached_test(7),
	reached_test(8),
	reached_test(9),
	reached_test(10),
	reached_test(11),
	reached_test(12),
	reached_test(13),
	reached_test(14),
	reached_test(15),
	reached_test(16),
	drops_test(add__accepts_where_a_written_iptables_would_not_reach),
	drops_test(add__looks_at_the_families_that_the_container_has),
	vain_test(0),
	vain_test(1),
	vain_test(2),
	vain_test(3),
	vain_test(4),
	vain_test(5),
	vain_test(6),
	vain_test(7),
	fine_test(0),
	fine_test(1),
	fine_test(2),
	fine_test(3),
	fine_test(4),
	fine_test(5),
	fine_test(6),
	fine_test(7),
	fine_test(8),
	fine_test(9),
	fine_test(10),
	fine_test(11),
	fine_test(12),
	fine_test(13),
	fine_test(14),
	fine_test(15),
	fine_test(16),
	fine_test(17),
	fine_test(18),
	drops_test(check__says_nothing_without_an_interface_on_the_host),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
