/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK names each missing or changed part of ADD's work. DEL accepts all of it. */
#include "cleanup.h"
#include "mem.h"
#include "published.h"
#include "test.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The container is red with 10.1.0.2 and fd01::2. */
#define EVERYTHING                                                                                 \
	"'masqAll':true," PORTS(PORT(8080, 80, "tcp") "," PORT_AT("192.0.2.1", 53, 5353, "udp"))

static struct pod red;

static int setup(void **state)
{
	freeing char *config = NULL;

	if (bridge_setup(state) < 0)
		return -1;
	config = bridge_config("1.0.0", GATEWAY "," IPAM46);
	pod_open(&red, "red");
	pod_add(&red, config);
	return 0;
}

static int teardown(void **state)
{
	pod_close(&red);
	return bridge_teardown(state);
}

#define check_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* In these commands $HOST is the host's end, $T our table. */
struct change {
	const char *command;
	const char *text; /* what CHECK says; NULL: it succeeds */
};

static void assert_changes(const struct change *changes, size_t count)
{
	freeing char *config = portmap_config("1.0.0", EVERYTHING);
	freeing char *before = sandbox_snapshot();

	for (size_t i = 0; i < count; i++) {
		fprintf(stderr, "# %s\n", changes[i].command);
		pod_publish(&red, config);
		pod_check_published(&red, config);
		sandbox_must("HOST=%s T='inet cni_portmap'; %s", red.host, changes[i].command);
		if (changes[i].text)
			pod_check_published_fails(&red, config, changes[i].text);
		else
			pod_check_published(&red, config);
		pod_unpublish(&red, config);
		/* DEL does not find what is no longer in the table. */
		sandbox_must("nft flush ruleset; sysctl -qw net.ipv4.conf.br0.route_localnet=0");
	}
	sandbox_assert_unchanged(before);
}

static void check__names_elements_that_are_missing(void **state)
{
	static const struct change changes[] = {
		{"nft delete element $T ports4 { tcp . 8080 : 10.1.0.2 . 80 }",
		 "tcp . 8080 is not in 'ports4' of table 'inet cni_portmap', expected it there for "
		 "'blue/red/eth0'"},
		{"nft delete element $T ports_at4 { 192.0.2.1 . udp . 53 : 10.1.0.2 . 5353 }",
		 "192.0.2.1 . udp . 53 is not in 'ports_at4'"},
		{"nft delete element $T published4 { $HOST . 0x0 : 0.0.0.0 . tcp . 8080 . 10.1.0.2 "
		 ". 80 }",
		 " . 0 is not in 'published4'"},
		{"nft delete element $T published4 { $HOST . 0x1 : 192.0.2.1 . udp . 53 . 10.1.0.2 "
		 ". 5353 }",
		 " . 1 is not in 'published4'"},
		{"nft flush set $T hairpins4", "10.1.0.2 is not in 'hairpins4'"},
		{"nft flush set $T localhosts4", "10.1.0.2 is not in 'localhosts4'"},
		{"nft flush set $T masquerades4", "10.1.0.2 is not in 'masquerades4'"},
		{"nft flush map $T ports6", "tcp . 8080 is not in 'ports6'"},
		{"nft flush map $T published6", " . 0 is not in 'published6'"},
		{"nft flush set $T hairpins6", "fd01::2 is not in 'hairpins6'"},
		{"nft flush set $T masquerades6", "fd01::2 is not in 'masquerades6'"},
		{"nft flush set $T localnets",
		 "'br0' is not in 'localnets' of table 'inet cni_portmap', expected it there"},
	};

	(void)state;
	assert_changes(changes, COUNT(changes));
}

#define REPLACE(map, key, from, to)                                                                \
	"nft 'delete element inet cni_portmap " map " { " key " : " from                           \
	" }; add element inet cni_portmap " map " { " key " comment \"" to " }'"

static void check__names_elements_that_are_changed(void **state)
{
	static const struct change changes[] = {
		{REPLACE("ports4", "tcp . 8080", "10.1.0.2 . 80",
			 "blue/red/eth0\" : 10.1.0.9 . 80"),
		 "tcp . 8080 in 'ports4' has another value than ADD gave it for 'blue/red/eth0'"},
		{REPLACE("ports4", "tcp . 8080", "10.1.0.2 . 80",
			 "blue/red/eth0\" : 10.1.0.2 . 81"),
		 "tcp . 8080 in 'ports4' has another value"},
		{REPLACE("ports4", "tcp . 8080", "10.1.0.2 . 80",
			 "blue/other/eth0\" : 10.1.0.2 . 80"),
		 "tcp . 8080 in 'ports4' belongs to 'blue/other/eth0', expected 'blue/red/eth0'"},
		{"nft 'delete element inet cni_portmap ports6 { tcp . 8080 : fd01::2 . 80 }; "
		 "add element inet cni_portmap ports6 { tcp . 8080 : fd01::2 . 80 }'",
		 "tcp . 8080 in 'ports6' belongs to ''"},
		{"nft 'flush set inet cni_portmap hairpins4; add element inet cni_portmap "
		 "hairpins4 { 10.1.0.2 . 10.1.0.2 comment \"red/red/eth0\" }'",
		 "10.1.0.2 in 'hairpins4' belongs to 'red/red/eth0'"},
	};

	(void)state;
	assert_changes(changes, COUNT(changes));
}

/* Deletes the n-th rule of a chain. */
#define DEL_RULE(chain, n)                                                                         \
	"nft delete rule $T " chain " handle $(nft -a list chain $T " chain                        \
	" | sed -n '/chain\\|hook/d; s/.* # handle \\([0-9]*\\)$/\\1/p' | sed -n " #n "p)"

static void check__names_rules_that_are_missing(void **state)
{
	static const struct change changes[] = {
		{DEL_RULE("ports", 1), "chain 'ports' of table 'inet cni_portmap' has 3 rules, "
				       "expected 4"},
		{DEL_RULE("ports", 2), "chain 'ports'"},
		{DEL_RULE("ports", 3), "chain 'ports'"},
		{DEL_RULE("ports", 4), "chain 'ports'"},
		{DEL_RULE("prerouting", 1), "chain 'prerouting' of table 'inet cni_portmap' has 1 "
					    "rules, expected 2"},
		{DEL_RULE("prerouting", 2), "chain 'prerouting'"},
		{DEL_RULE("output", 1), "chain 'output'"},
		{DEL_RULE("postrouting", 1), "chain 'postrouting'"},
		{DEL_RULE("postrouting", 2), "chain 'postrouting'"},
		{DEL_RULE("postrouting", 3), "chain 'postrouting'"},
		{DEL_RULE("postrouting", 4), "chain 'postrouting'"},
		{DEL_RULE("postrouting", 5), "chain 'postrouting'"},
		{DEL_RULE("martians", 1), "chain 'martians'"},
	};

	(void)state;
	assert_changes(changes, COUNT(changes));
}

static void check__names_what_is_missing_altogether(void **state)
{
	static const struct change changes[] = {
		{"nft flush chain $T ports", "chain 'ports'"},
		{"nft delete chain $T prerouting", "chain 'prerouting'"},
		{"nft delete chain $T output", "chain 'output'"},
		{"nft delete chain $T postrouting", "chain 'postrouting'"},
		{"nft delete chain $T martians", "chain 'martians'"},
		{"nft delete map $T published4", "'published4'"},
		{"nft flush table $T", "chain 'ports'"},
		{"nft delete table $T", "chain 'ports'"},
		{"nft insert rule $T output drop", "chain 'output' of table 'inet cni_portmap' has "
						   "2 rules, expected 1"},
	};

	(void)state;
	assert_changes(changes, COUNT(changes));
}

static void check__names_route_localnet(void **state)
{
	freeing char *config = portmap_config("1.0.0", EVERYTHING);

	(void)state;
	pod_publish(&red, config);
	sandbox_must("sysctl -qw net.ipv4.conf.br0.route_localnet=0");
	pod_check_published_fails(&red, config,
				  "portmap: 'net/ipv4/conf/br0/route_localnet' is 0, expected 1");
}

static void check__tolerates_what_others_do(void **state)
{
	static const struct change changes[] = {
		{"nft add element $T ports4 '{ tcp . 9 comment \"red/x/eth0\" : 10.1.0.9 . 9 }'",
		 NULL},
		{"nft add table inet other; nft add chain inet other c", NULL},
		{"nft add chain $T theirs", NULL},
	};

	(void)state;
	assert_changes(changes, COUNT(changes));
}

/* CHECK of a mapping that was never published. */
static void check__names_mappings_that_were_not_added(void **state)
{
	freeing char *config = portmap_config("1.0.0", PORTS(PORT(8080, 80, "tcp")));
	freeing char *more =
		portmap_config("1.0.0", PORTS(PORT(8080, 80, "tcp") "," PORT(8081, 80, "tcp")));

	(void)state;
	pod_check_published_fails(&red, config, "chain 'ports'");
	pod_publish(&red, config);
	pod_check_published(&red, config);
	pod_check_published_fails(&red, more, "tcp . 8081 is not in 'ports4'");
}

static void check__changes_nothing(void **state)
{
	freeing char *config = portmap_config("1.0.0", EVERYTHING);
	freeing char *before = NULL;

	(void)state;
	pod_publish(&red, config);
	before = sandbox_snapshot();
	for (int i = 0; i < 3; i++)
		pod_check_published(&red, config);
	sandbox_assert_unchanged(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		check_test(check__names_elements_that_are_missing),
		check_test(check__names_elements_that_are_changed),
		check_test(check__names_rules_that_are_missing),
		check_test(check__names_what_is_missing_altogether),
		check_test(check__names_route_localnet),
		check_test(check__tolerates_what_others_do),
		check_test(check__names_mappings_that_were_not_added),
		check_test(check__changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
