/* SPDX-License-Identifier: Apache-2.0 */
/* The Go plugins' leftovers in nf_tables, written here as they write them: with nft(8), and with
 * sha512sum(1) for their names. Leftovers of their iptables are in run/test_cross_go.c. */
#include "go_rules.h"

#include "cleanup.h"
#include "error.h"
#include "kernel.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* The first `digits` hexadecimal digits of the SHA-512 of a text. */
static char *digest(const char *text, int digits)
{
	return sandbox_read("printf %%s '%s' | sha512sum | cut -c1-%d | tr -d '\\n'", text, digits);
}

static void put_masquerade(const char *network, const char *container, const char *address)
{
	freeing char *instance = cni_format("eth0:%s", container);
	freeing char *of_network = digest(network, 16);
	freeing char *of_instance = digest(instance, 16);

	sandbox_must(
		"nft -f - <<'E'\n"
		"table inet cni_plugins_masquerade {\n"
		"chain masq_checks { ip saddr == %s ip daddr != 10.1.0.0/24 masquerade comment "
		"\"%s-%s, net: %s, if: eth0, id: %s\"; }\n"
		"chain postrouting { type nat hook postrouting priority srcnat; }\n"
		"}\nE",
		address, of_network, of_instance, network, container);
}

static void put_ports(const char *container)
{
	sandbox_must("nft -f - <<'E'\n"
		     "table ip cni_hostport {\n"
		     "chain hostports { tcp dport 8080 dnat to 10.1.0.2:80 comment \"%s\"; }\n"
		     "chain hostip_hostports { }\n"
		     "chain masquerading { type nat hook postrouting priority srcnat;\n"
		     "ip saddr 10.1.0.2 ip daddr 10.1.0.2 masquerade comment \"%s\"; }\n"
		     "}\nE",
		     container, container);
}

static void put_spoofcheck(const char *container)
{
	sandbox_must(
		"nft -f - <<'E'\n"
		"table bridge nat {\n"
		"chain PREROUTING { type filter hook prerouting priority -300; }\n"
		"chain cni-br-iface-%s-eth0-mac { ether saddr 02:00:00:00:00:01 return; drop; }\n"
		"chain cni-br-iface-%s-eth0 { jump cni-br-iface-%s-eth0-mac; }\n"
		"}\n"
		"add rule bridge nat PREROUTING iifname \"veth%s\" jump cni-br-iface-%s-eth0 "
		"comment \"macspoofchk-%s-eth0\"\nE",
		container, container, container, container, container, container);
}

static void must_del(enum cni_go_rules kind, const char *network, const char *container)
{
	const struct cni_owner owner = {network, container, "eth0"};
	struct cni_error err;

	if (cni_go_rules_del(&nfnl, kind, &owner, &err) < 0)
		fail_msg("%s", err.msg);
}

static bool exist(enum cni_go_rules kind, const char *network, const char *container)
{
	const struct cni_owner owner = {network, container, "eth0"};
	struct cni_error err;
	bool there = false;

	if (cni_go_rules_exist(&nfnl, kind, &owner, &there, &err) < 0)
		fail_msg("%s", err.msg);
	return there;
}

static void go_rules__are_none_on_a_fresh_host(void **state)
{
	(void)state;
	for (int kind = CNI_GO_MASQUERADE; kind <= CNI_GO_PORTMAP; kind++) {
		must_del((enum cni_go_rules)kind, "blue", "c1");
		assert_false(exist((enum cni_go_rules)kind, "blue", "c1"));
	}
	sandbox_must("[ -z \"$(nft list ruleset)\" ]");
}

static void go_rules__of_masquerade_go_with_their_owner(void **state)
{
	(void)state;
	put_masquerade("blue", "c1", "10.1.0.2");
	put_masquerade("blue", "c2", "10.1.0.3");
	put_masquerade("red", "c1", "10.1.0.4");
	assert_true(exist(CNI_GO_MASQUERADE, "blue", "c1"));
	assert_false(exist(CNI_GO_MASQUERADE, "blue", "c9"));
	must_del(CNI_GO_MASQUERADE, "blue", "c1");
	assert_false(exist(CNI_GO_MASQUERADE, "blue", "c1"));
	sandbox_must("! nft list ruleset | grep -q 'saddr 10.1.0.2 '");
	sandbox_must("nft list ruleset | grep -q 'saddr 10.1.0.3 '");
	sandbox_must("nft list ruleset | grep -q 'saddr 10.1.0.4 '");
	must_del(CNI_GO_MASQUERADE, "blue", "c1");
}

static void go_rules__of_ports_go_with_their_container(void **state)
{
	(void)state;
	put_ports("c1");
	put_ports("c2");
	must_del(CNI_GO_PORTMAP, "blue", "c1");
	sandbox_must("! nft list ruleset | grep -q '\"c1\"'");
	sandbox_must("[ $(nft list ruleset | grep -c '\"c2\"') = 2 ]");
}

static void go_rules__of_spoof_checks_go_with_their_chains(void **state)
{
	(void)state;
	put_spoofcheck("c1");
	put_spoofcheck("c2");
	assert_true(exist(CNI_GO_SPOOFCHECK, "blue", "c1"));
	must_del(CNI_GO_SPOOFCHECK, "blue", "c1");
	sandbox_must("! nft list ruleset | grep -q c1-eth0");
	sandbox_must("[ $(nft list ruleset | grep -c 'chain cni-br-iface-c2-eth0') = 2 ]");
	sandbox_must("nft list ruleset | grep -q 'macspoofchk-c2-eth0'");
}

static void go_rules__of_masquerade_are_collected_by_network(void **state)
{
	struct cni_owner items[] = {{"blue", "c2", "eth0"}};
	const struct cni_owners valid = {items, 1};
	struct cni_error err;

	(void)state;
	put_masquerade("blue", "c1", "10.1.0.2");
	put_masquerade("blue", "c2", "10.1.0.3");
	put_masquerade("red", "c1", "10.1.0.4");
	assert_int_equal(cni_go_rules_gc(&nfnl, CNI_GO_MASQUERADE, "blue", &valid, &err), 0);
	assert_false(exist(CNI_GO_MASQUERADE, "blue", "c1"));
	assert_true(exist(CNI_GO_MASQUERADE, "blue", "c2"));
	assert_true(exist(CNI_GO_MASQUERADE, "red", "c1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kernel_test(go_rules__are_none_on_a_fresh_host),
		kernel_test(go_rules__of_masquerade_go_with_their_owner),
		kernel_test(go_rules__of_ports_go_with_their_container),
		kernel_test(go_rules__of_spoof_checks_go_with_their_chains),
		kernel_test(go_rules__of_masquerade_are_collected_by_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
