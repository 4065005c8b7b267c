/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* scripts/test --vm runs it as well. */
/* Masquerade by iptables, with that of nf_tables and with the legacy one: rules, packets, verbs, and beside
 * the Go plugin. */
#include "cleanup.h"
#include "mem.h"
#include "nat_scene.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define KEYS	 GATEWAY ",'ipMasq':true," IPAM46
#define IPTABLES KEYS ",'ipMasqBackend':'iptables'"
#define NFTABLES KEYS ",'ipMasqBackend':'nftables'"

/* A host with the bridge of an earlier attachment. */
static char *begin(const char *config)
{
	struct pod first;

	pod_open(&first, "first");
	pod_add(&first, config);
	pod_del(&first, config);
	pod_close(&first);
	return nat_everything("masquerade");
}

/* ---- rules and packets ---- */

static void masquerade__has_the_rules_of_the_reference(void **state)
{
	freeing char *config = bridge_config("1.0.0", IPTABLES);
	freeing char *expected = NULL;
	freeing char *digest = NULL;
	freeing char *found = NULL;
	struct pod red;

	skip_unless_nat();
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_check(&red, config);
	digest = sandbox_read("printf bluered | sha512sum | cut -c1-24 | tr -d '\\n'");
#define COMMENT "-m comment --comment \"name: \\\"blue\\\" id: \\\"red\\\"\" "
	expected = cni_format("-A POSTROUTING -s 10.1.0.2/32 " COMMENT "-j CNI-%s\n"
			      "-A CNI-%s -d 10.1.0.0/24 " COMMENT "-j ACCEPT\n"
			      "-A CNI-%s ! -d 224.0.0.0/4 " COMMENT "-j MASQUERADE\n"
			      "-A POSTROUTING -s fd01::2/128 " COMMENT "-j CNI-%s\n"
			      "-A CNI-%s -d fd01::/64 " COMMENT "-j ACCEPT\n"
			      "-A CNI-%s ! -d ff00::/8 " COMMENT "-j MASQUERADE\n",
			      digest, digest, digest, digest, digest, digest);
	found = sandbox_read("{ iptables-save -t nat; ip6tables-save -t nat; } | grep ^-A");
	assert_string_equal(found, expected);
	sandbox_must("! nft list table inet cni 2>/dev/null");
	pod_del(&red, config);
	sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-");
	pod_close(&red);
}

/* Outside does not know the way to the pod: an answer is an answer to the host's address. */
static void masquerade__lets_packets_out(void **state)
{
	freeing char *config = bridge_config("1.0.0", IPTABLES);
	struct pod red;

	skip_unless_nat();
	sandbox_add_netns("outside");
	sandbox_must("ip link add out type veth peer name in netns outside && "
		     "ip addr add 192.0.2.1/24 dev out && "
		     "ip addr add 2001:db8::1/64 dev out nodad && ip link set out up && "
		     "ip -n outside addr add 192.0.2.2/24 dev in && "
		     "ip -n outside addr add 2001:db8::2/64 dev in nodad && "
		     "ip -n outside link set in up");
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("ip netns exec red ping -qc1 -W9 192.0.2.2 >/dev/null && "
		     "ip netns exec red ping -qc1 -W9 2001:db8::2 >/dev/null");
	sandbox_must("iptables -t nat -F POSTROUTING && ip6tables -t nat -F POSTROUTING");
	sandbox_must("! ip netns exec red ping -qc1 -W1 192.0.2.2 >/dev/null");
	pod_del(&red, config);
	pod_close(&red);
	sandbox_del_netns("outside");
}

/* ---- beside the Go plugin ---- */

static char *live(const struct suite *suite, const struct suite *other, const char *config,
		  char **ret_left)
{
	struct pod blue;
	struct pod red;
	char *made;

	sandbox_must("for f in iptables ip6tables; do $f -t nat -F && $f -t nat -X && "
		     "$f -t nat -A POSTROUTING -o out0 -j ACCEPT || exit 1; done");
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	suite_add(suite, &red, config);
	suite_add(suite, &blue, config);
	made = nat_rules();
	suite_succeeds(other, &red, "CHECK", config);
	suite_succeeds(other, &red, "DEL", config);
	*ret_left = nat_rules();
	suite_succeeds(other, &blue, "DEL", config);
	sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-");
	/* Ours forgets its record. */
	suite_succeeds(suite, &red, "DEL", config);
	suite_succeeds(suite, &blue, "DEL", config);
	pod_close(&red);
	pod_close(&blue);
	suite_forget_network();
	return made;
}

static void masquerade__is_word_for_word_that_of_go(void **state)
{
	static const char *const ipams[] = {IPAM46, IPAM4, IPAM6};

	skip_unless_nat();
	skip_without_go();
	for (size_t i = 0; i < sizeof(ipams) / sizeof(*ipams); i++) {
		freeing char *keys = cni_format(
			GATEWAY ",'ipMasq':true,'ipMasqBackend':'iptables',%s", ipams[i]);
		freeing char *config = bridge_config("1.0.0", keys);
		freeing char *go_left = NULL;
		freeing char *left = NULL;
		freeing char *go_made = live(&suite_go, &suite_ours, config, &go_left);
		freeing char *made = live(&suite_ours, &suite_go, config, &left);

		sandbox_assert_same(go_made, made);
		sandbox_assert_same(go_left, left);
		assert_non_null(strstr(made, "MASQUERADE"));
	}
}

/* ---- DEL, GC, CHECK ---- */

static void masquerade__del_needs_nothing(void **state)
{
	static const char *const of_del[] = {IPTABLES, NFTABLES, KEYS ",'ipMasqBackend':'pf'",
					     KEYS ",'ipMasq':'perhaps'"};
	freeing char *config = bridge_config("1.0.0", IPTABLES);
	freeing char *before = NULL;

	skip_unless_nat();
	before = begin(config);
	for (size_t i = 0; i < 2 * sizeof(of_del) / sizeof(*of_del); i++) {
		freeing char *degraded = bridge_config("1.0.0", of_del[i / 2]);
		struct plugin_call del;
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		if (i % 2)
			sandbox_must("rm -rf /run/cni/masquerade");
		del = pod_call(&red, "DEL", degraded);
		del.netns = "";
		plugin_succeeds(&del);
		nat_assert_as("masquerade", before);
		plugin_succeeds(&del);
		pod_close(&red);
	}
}

static void masquerade__gc_removes_what_is_not_valid(void **state)
{
	freeing char *config = bridge_config("1.1.0", IPTABLES);
	freeing char *collect = bridge_config(
		"1.1.0",
		IPTABLES ",'cni.dev/valid-attachments':[{'containerID':'blue','ifname':'eth0'}]");
	struct plugin_call gc = bridge_call("GC", collect);
	freeing char *before = NULL;
	struct pod blue;
	struct pod red;

	skip_unless_nat();
	pod_open(&blue, "blue");
	pod_open(&red, "red");
	pod_add(&blue, config);
	before = nat_rules();
	for (int i = 0; i < 2; i++) {
		freeing char *after = NULL;

		pod_add(&red, config);
		if (i)
			sandbox_must("rm /run/cni/masquerade/blue/red:eth0");
		plugin_succeeds(&gc);
		after = nat_rules();
		sandbox_assert_same(before, after);
		sandbox_must("test ! -e /run/cni/masquerade/blue/red:eth0 && "
			     "test -e /run/cni/masquerade/blue/blue:eth0");
		pod_check(&blue, config);
	}
	pod_del(&blue, config);
	pod_close(&red);
	pod_close(&blue);
}

static void masquerade__sweep_removes_that_of_a_lost_link(void **state)
{
	freeing char *config = bridge_config("1.1.0", IPTABLES);
	struct plugin_call sweep = bridge_call("SWEEP", config);
	freeing char *before = NULL;
	struct pod blue;
	struct pod red;

	skip_unless_nat();
	pod_open(&blue, "blue");
	pod_open(&red, "red");
	pod_add(&blue, config);
	before = nat_rules();
	pod_add(&red, config);
	sandbox_must("ip link del %s", red.host);
	plugin_succeeds(&sweep);
	{
		freeing char *after = nat_rules();

		sandbox_assert_same(before, after);
	}
	pod_del(&red, config);
	pod_del(&blue, config);
	pod_close(&red);
	pod_close(&blue);
}

static void masquerade__check_names_what_mend_puts_back(void **state)
{
	static const char *const damages[] = {
		"iptables -t nat -F POSTROUTING",
		"iptables -t nat -F POSTROUTING && iptables -t nat -F && iptables -t nat -X",
		"c=$(ip6tables -t nat -S POSTROUTING | sed -n 's/.*-j //p'); "
		"ip6tables -t nat -D $c 1",
	};
	freeing char *config = bridge_config("1.0.0", IPTABLES);
	freeing char *before = NULL;
	struct pod red;

	skip_unless_nat();
	pod_open(&red, "red");
	pod_add(&red, config);
	before = nat_rules();
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *with = pod_config(&red, config);
		struct plugin_call mend = pod_call(&red, "MEND", with);

		sandbox_must("%s", damages[i]);
		pod_check_fails(&red, config, "tables");
		plugin_succeeds(&mend);
		pod_check(&red, config);
		sandbox_must("[ $(iptables-save -t nat | grep -c '^-A.*CNI-') = 3 ] && "
			     "[ $(ip6tables-save -t nat | grep -c '^-A.*CNI-') = 3 ]");
	}
	pod_del(&red, config);
	pod_close(&red);
}

/* ---- two backends ---- */

static void masquerade__check_and_del_know_the_backend_of_add(void **state)
{
	freeing char *iptables = bridge_config("1.0.0", IPTABLES);
	freeing char *nftables = bridge_config("1.0.0", KEYS);
	freeing char *before = NULL;

	skip_unless_nat();
	before = begin(iptables);
	for (int i = 0; i < 2; i++) {
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, i ? nftables : iptables);
		pod_check(&red, i ? iptables : nftables);
		pod_del(&red, i ? iptables : nftables);
		nat_assert_as("masquerade", before);
		pod_close(&red);
	}
}

static void masquerade__without_the_command_names_the_package(void **state)
{
	freeing char *config = bridge_config("1.1.0", IPTABLES);
	struct plugin_call status = bridge_call("STATUS", config);
	freeing char *before = NULL;
	struct pod red;

	skip_unless_nat();
	before = begin(config);
	plugin_succeeds(&status);
	pod_open(&red, "red");
	iptables_use("none");
	pod_add_fails(&red, config, CNI_ECONFIG, "package iptables");
	plugin_fails(&status, CNI_EUNAVAILABLE, "iptables-restore");
	iptables_use_default();
	iptables_use((const char *)*state);
	nat_assert_as("masquerade", before);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nat_host_tests(masquerade__has_the_rules_of_the_reference),
		nat_host_tests(masquerade__lets_packets_out),
		nat_host_tests(masquerade__is_word_for_word_that_of_go),
		nat_host_tests(masquerade__del_needs_nothing),
		nat_host_tests(masquerade__gc_removes_what_is_not_valid),
		nat_host_tests(masquerade__sweep_removes_that_of_a_lost_link),
		nat_host_tests(masquerade__check_names_what_mend_puts_back),
		nat_host_tests(masquerade__check_and_del_know_the_backend_of_add),
		nat_host_tests(masquerade__without_the_command_names_the_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
