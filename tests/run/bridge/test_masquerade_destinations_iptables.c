/* SPDX-License-Identifier: Apache-2.0 */
/* nonMasqueradeCIDRs with the backend iptables, with that of nf_tables and with the legacy one: rules in the order of
 * the reference, packets, whose list holds, CHECK and MEND, and what is left beside the Go plugin. */
#include "cleanup.h"
#include "mem.h"
#include "nat_scene.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define KEEP "CNI-KEEP-$(printf blue | sha512sum | cut -c1-16)"

static char *config_of(const char *version, const char *backend, const char *list)
{
	freeing char *keys =
		cni_format(GATEWAY
			   ",'ipMasq':true,'ipMasqBackend':'%s','nonMasqueradeCIDRs':[%s]," IPAM46,
			   backend, list);

	return bridge_config(version, keys);
}

/* Outside knows the way to the pods at .130 alone: an answer there is one to the pod's address. */
static void add_outside(void)
{
	sandbox_add_netns("outside");
	sandbox_must("ip link add out type veth peer name in netns outside && "
		     "ip addr add 192.0.2.1/24 dev out && ip link set out up && "
		     "ip -n outside addr add 192.0.2.2/24 dev in && "
		     "ip -n outside addr add 192.0.2.130/24 dev in && "
		     "ip -n outside link set in up && "
		     "ip -n outside route add 10.1.0.0/24 via 192.0.2.1");
	/* Counts what arrives with the pods' own addresses, by destination. */
	sandbox_must("ip netns exec outside nft 'add table ip t; "
		     "add chain ip t c { type filter hook input priority 0; }; "
		     "add rule ip t c ip saddr 10.1.0.0/24 counter'");
}

/* True if outside sees the pod's own address. */
static void assert_keeps(const char *pod, const char *to, bool keeps)
{
	sandbox_must("ip netns exec outside nft reset counters table ip t >/dev/null; "
		     "n() { ip netns exec outside nft list chain ip t c | "
		     "sed -n 's/.*packets \\([0-9]*\\).*/\\1/p'; }; "
		     "before=$(n); ip netns exec %s ping -qc1 -W9 %s >/dev/null && "
		     "[ $(($(n) - before)) %s 0 ]",
		     pod, to, keeps ? "-gt" : "-eq");
}

static void destinations__are_rules_before_those_of_the_reference(void **state)
{
	freeing char *config = config_of("1.1.0", "iptables", "'192.0.2.128/25','fd00:1::/32'");
	freeing char *expected = NULL;
	freeing char *digest = NULL;
	freeing char *found = NULL;
	freeing char *keep = NULL;
	freeing char *list = NULL;
	struct pod red;

	skip_unless_nat();
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_check(&red, config);
	digest = sandbox_read("printf bluered | sha512sum | cut -c1-24 | tr -d '\\n'");
	keep = sandbox_read("printf %%s " KEEP);
	list = sandbox_read(
		"printf '\\004\\031\\300\\000\\002\\200\\006\\040\\375\\000\\000\\001' | "
		"{ cat; head -c12 /dev/zero; } | sha512sum | cut -c1-32 | "
		"tr -d '\\n'");
#define COMMENT "-m comment --comment \"name: \\\"blue\\\" id: \\\"red\\\"\" "
	expected = cni_format("-A POSTROUTING -s 10.1.0.2/32 " COMMENT "-j CNI-%s\n"
			      "-A CNI-%s " COMMENT "-j %s\n"
			      "-A CNI-%s -d 10.1.0.0/24 " COMMENT "-j ACCEPT\n"
			      "-A CNI-%s ! -d 224.0.0.0/4 " COMMENT "-j MASQUERADE\n"
			      "-A %s -m comment --comment \"destinations %s\"\n"
			      "-A %s -d 192.0.2.128/25 -j ACCEPT\n",
			      digest, digest, keep, digest, digest, keep, list, keep);
	found = sandbox_read("iptables-save -t nat | grep ^-A | "
			     "{ cat > /run/o; grep POSTROUTING /run/o; grep '^-A CNI-%s' /run/o; "
			     "grep '^-A CNI-KEEP' /run/o; }",
			     digest);
	assert_string_equal(found, expected);
	sandbox_must("ip6tables-save -t nat | grep -q -- '-A %s -d fd00:1::/32 -j ACCEPT'", keep);
	pod_del(&red, config);
	sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-; "
		     "test ! -e /run/cni/masquerade/blue");
	pod_close(&red);
}

static void destinations__of_the_newest_add_hold_for_all(void **state)
{
	static const char *const backends[] = {"iptables", "nftables"};

	skip_unless_nat();
	for (size_t i = 0; i < 4; i++) {
		freeing char *none = config_of("1.1.0", backends[i % 2], "");
		freeing char *half = config_of("1.1.0", backends[i / 2], "'192.0.2.128/25'");
		freeing char *other = config_of("1.1.0", backends[i / 2], "'192.0.2.2/32'");
		struct pod blue;
		struct pod red;

		if (i == 3)
			continue;
		add_outside();
		pod_open(&red, "red");
		pod_open(&blue, "blue");
		pod_add(&red, none);
		assert_keeps("red", "192.0.2.130", false);
		pod_add(&blue, half);
		assert_keeps("red", "192.0.2.2", false);
		assert_keeps("red", "192.0.2.130", true);
		assert_keeps("blue", "192.0.2.130", true);
		pod_check(&red, none);
		pod_check(&blue, half);
		pod_del(&blue, half);
		assert_keeps("red", "192.0.2.130", true);
		pod_add(&blue, other);
		assert_keeps("red", "192.0.2.130", false);
		assert_keeps("red", "192.0.2.2", true);
		pod_check(&red, none);
		pod_del(&red, none);
		pod_check(&blue, other);
		pod_del(&blue, other);
		sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-; "
			     "test ! -e /run/cni/masquerade/blue");
		pod_close(&red);
		pod_close(&blue);
		sandbox_must("ip link del out");
		sandbox_del_netns("outside");
	}
}

static void destinations__check_names_what_mend_puts_back(void **state)
{
	static const char *const damages[] = {
		"iptables -t nat -D " KEEP " 2",
		"iptables -t nat -F " KEEP,
		"c=$(ip6tables -t nat -S POSTROUTING | sed -n 's/.*-j //p'); "
		"ip6tables -t nat -D $c 1",
		"for i in iptables ip6tables; do $i -t nat -F; $i -t nat -X; done",
	};
	freeing char *config = config_of("1.1.0", "iptables", "'192.0.2.128/25','fd00:1::/32'");
	freeing char *old = config_of("1.1.0", "iptables", "'192.0.2.2/32'");
	freeing char *before = NULL;
	struct pod blue;
	struct pod red;

	skip_unless_nat();
	pod_open(&red, "red");
	pod_add(&red, old);
	pod_open(&blue, "blue");
	pod_add(&blue, config);
	pod_del(&blue, config);
	before = nat_rules();
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *with = pod_config(&red, old);
		struct plugin_call mend = pod_call(&red, "MEND", with);
		freeing char *after = NULL;

		print_message("# %s\n", damages[i]);
		sandbox_must("%s", damages[i]);
		pod_check_fails(&red, old, "tables");
		plugin_succeeds(&mend);
		pod_check(&red, old);
		sandbox_must("iptables-save -t nat | grep -q -- '-d 192.0.2.128/25 -j ACCEPT' && "
			     "! iptables-save -t nat | grep 192.0.2.2/32");
	}
	pod_del(&red, old);
	sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-");
	pod_close(&red);
	pod_close(&blue);
}

/* The Go plugin's DEL finds the attachment's chain, not that of the network, which our GC removes. */
static void destinations__beside_go(void **state)
{
	freeing char *config = config_of("1.0.0", "iptables", "'192.0.2.128/25'");
	freeing char *collect = bridge_config(
		"1.1.0", GATEWAY ",'ipMasq':true,'cni.dev/valid-attachments':[]," IPAM46);
	struct plugin_call gc = bridge_call("GC", collect);
	struct pod red;

	skip_unless_nat();
	skip_without_go();
	pod_open(&red, "red");
	suite_add(&suite_ours, &red, config);
	suite_succeeds(&suite_go, &red, "CHECK", config);
	suite_succeeds(&suite_go, &red, "DEL", config);
	sandbox_must("! iptables-save -t nat | grep 'CNI-' | grep -v CNI-KEEP");
	plugin_succeeds(&gc);
	sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-; "
		     "test ! -e /run/cni/masquerade/blue");
	suite_forget_network();
	suite_add(&suite_go, &red, config);
	suite_succeeds(&suite_ours, &red, "DEL", config);
	sandbox_must("! iptables-save -t nat | grep CNI-");
	pod_close(&red);
}

/* A failure leaves the earlier list. */
static void destinations__of_an_add_that_fails_are_not_kept(void **state)
{
	freeing char *old = config_of("1.1.0", "iptables", "'192.0.2.128/25'");
	freeing char *new = config_of("1.1.0", "iptables", "'192.0.2.2/32'");
	freeing char *before = NULL;
	freeing char *after = NULL;
	struct pod blue;
	struct pod red;

	skip_unless_nat();
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, old);
	before = nat_rules();
	iptables_use("none");
	pod_add_fails(&blue, new, CNI_ECONFIG, NULL);
	iptables_use_default();
	iptables_use((const char *)*state);
	after = nat_rules();
	sandbox_assert_same(before, after);
	sandbox_must(
		"[ \"$(grep -v '^#' /run/cni/masquerade/blue/destinations)\" = 192.0.2.128/25 ]");
	pod_check(&red, old);
	pod_del(&red, old);
	pod_close(&red);
	pod_close(&blue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nat_host_tests(destinations__are_rules_before_those_of_the_reference),
		nat_host_tests(destinations__of_the_newest_add_hold_for_all),
		nat_host_tests(destinations__check_names_what_mend_puts_back),
		nat_host_tests(destinations__beside_go),
		nat_host_tests(destinations__of_an_add_that_fails_are_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
