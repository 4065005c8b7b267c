/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* scripts/test --vm runs it as well. */
/* The iptables backend, with the iptables of nf_tables and with the legacy one: rules, verbs, and beside the
 * Go plugin. How packets go is in test_portmap_matrix.c. */
#include "cleanup.h"
#include "iptables_which.h"
#include "json_text.h"
#include "mem.h"
#include "published.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKEND	  "'backend':'iptables'"
#define RED_PORTS PORTS(PORT(8080, 80, "tcp") "," PORT_AT("192.0.2.1", 53, 5353, "udp"))

static struct pod red;
static struct pod blue;

static void attach(struct pod *pod, const char *name, const char *ipam)
{
	freeing char *keys = cni_format(GATEWAY ",%s", ipam);
	freeing char *config = bridge_config("1.0.0", keys);

	pod_open(pod, name);
	pod_add(pod, config);
}

/* The state of a test is which of the two it is for. */
static int setup_with(void **state, const char *which)
{
	if (bridge_setup(state) < 0)
		return -1;
	iptables_use(which);
	attach(&red, "red", IPAM46);
	attach(&blue, "blue", IPAM46);
	*state = (void *)(uintptr_t)which;
	return 0;
}

static int setup_nft(void **state)
{
	return setup_with(state, "nft");
}

static int setup_legacy(void **state)
{
	return setup_with(state, "legacy");
}

static int teardown(void **state)
{
	pod_close(&red);
	pod_close(&blue);
	iptables_use_default();
	return bridge_teardown(state);
}

#define both_tests(name)                                                                           \
	{#name " (nft)", name, setup_nft, teardown, NULL},                                         \
	{                                                                                          \
#name " (legacy)", name, setup_legacy, teardown, NULL                              \
	}

#define skip_unless_it_works() skip_unless_iptables_works((const char *)*state, "nat")

/* ---- words ---- */

/* The table nat of both families, without counters. */
static char *nat(void)
{
	return sandbox_read("for f in iptables ip6tables; do $f-save -t nat | "
			    "sed -e '/^#/d' -e 's/ \\[[0-9:]*\\]$//'; done");
}

static char *ours(const char *more)
{
	freeing char *keys = cni_format(BACKEND ",%s", more);

	return portmap_config("1.0.0", keys);
}

static struct plugin_answer ask(const char *portmap, const struct pod *pod, const char *command,
				const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = portmap_call(pod, command, with);

	call.plugin = portmap;
	return plugin_run(&call);
}

static void succeeds(const char *portmap, const struct pod *pod, const char *command,
		     const char *config)
{
	struct plugin_answer answer = ask(portmap, pod, command, config);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

static void iptables__has_the_rules_of_the_reference(void **state)
{
	freeing char *config = ours(RED_PORTS);
	freeing char *digest = NULL;
	freeing char *expected = NULL;
	freeing char *v4 = NULL;

	skip_unless_it_works();
	pod_publish(&red, config);
	pod_check_published(&red, config);
	digest = sandbox_read("printf blue%s | sha512sum | cut -c1-21 | tr -d '\\n'", "red");
	expected = cni_format(
		"-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n"
		"-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n"
		"-A POSTROUTING -m comment --comment \"CNI portfwd requiring masquerade\" "
		"-j CNI-HOSTPORT-MASQ\n"
		"-A CNI-DN-%s -s 10.1.0.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK\n"
		"-A CNI-DN-%s -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK\n"
		"-A CNI-DN-%s -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:80\n"
		"-A CNI-DN-%s -s 10.1.0.0/24 -d 192.0.2.1/32 -p udp -m udp --dport 53 "
		"-j CNI-HOSTPORT-SETMARK\n"
		"-A CNI-DN-%s -s 127.0.0.1/32 -d 192.0.2.1/32 -p udp -m udp --dport 53 "
		"-j CNI-HOSTPORT-SETMARK\n"
		"-A CNI-DN-%s -d 192.0.2.1/32 -p udp -m udp --dport 53 -j DNAT "
		"--to-destination 10.1.0.2:5353\n"
		"-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment \"dnat name: \\\"blue\\\" id: "
		"\\\"red\\\"\" -m multiport --dports 8080 -j CNI-DN-%s\n"
		"-A CNI-HOSTPORT-DNAT -p udp -m comment --comment \"dnat name: \\\"blue\\\" id: "
		"\\\"red\\\"\" -m multiport --dports 53 -j CNI-DN-%s\n"
		"-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE\n"
		"-A CNI-HOSTPORT-SETMARK -m comment --comment \"CNI portfwd masquerade mark\" "
		"-j MARK --set-xmark 0x2000/0x2000\n",
		digest, digest, digest, digest, digest, digest, digest, digest);
	v4 = sandbox_read("iptables-save -t nat | grep ^-A");
	assert_string_equal(v4, expected);
}

/* ---- beside the Go plugin ---- */

#define TEN(of)                                                                                        \
	PORT(of##0, 80, "tcp")                                                                         \
	"," PORT(of##1, 80, "tcp") "," PORT(of##2, 80, "tcp") "," PORT(of##3, 80, "tcp") "," PORT(     \
		of##4, 80,                                                                             \
		"tcp") "," PORT(of##5, 80,                                                             \
				"tcp") "," PORT(of##6, 80,                                             \
						"tcp") "," PORT(of##7, 80,                             \
								"tcp") "," PORT(of##8, 80,             \
										"tcp") "," PORT(of##9, \
												80,    \
												"tcp")

/* The first one is MANY. */
#define MANY 0
static const char *const cases[] = {
	PORTS(TEN(801) "," TEN(802) "," PORT(53, 53, "udp") "," PORT(9, 9, "sctp")),
	RED_PORTS,
	"'snat':false," RED_PORTS,
	"'markMasqBit':5," RED_PORTS,
	"'markMasqBit':31," RED_PORTS,
	"'externalSetMarkChain':'KUBE-MARK-MASQ'," RED_PORTS,
	"'conditionsV4':['-s','192.0.2.0/24','!','-i','out0'],"
	"'conditionsV6':['-m','comment','--comment','my \\\"own\\\" rule']," RED_PORTS,
	/* Whole families, and ports that are named twice. */
	PORTS(PORT_AT("0.0.0.0", 8080, 80, "tcp") "," PORT_AT("::", 8080, 80, "tcp")),
	PORTS(PORT_AT("2001:db8::1", 8080, 80, "tcp") "," PORT(8080, 80, "tcp")),
	PORTS(PORT_AT("127.0.0.1", 8080, 80, "tcp") "," PORT_AT("192.0.2.1", 8080, 81, "tcp")),
	PORTS(PORT(8080, 80, "tcp") "," PORT(8080, 80, "tcp")),
};

/* With a rule of an administrator's own, which comes after a jump of ours and before another. */
static void prepare(void)
{
	sandbox_must("for f in iptables ip6tables; do $f -t nat -F && $f -t nat -X && "
		     "$f -t nat -N KUBE-MARK-MASQ && "
		     "$f -t nat -A POSTROUTING -o out0 -j ACCEPT && "
		     "$f -t nat -A PREROUTING -i out0 -j ACCEPT || exit 1; done");
}

/* The Go plugin of 1.1.1 looks for the rules of one family in the other one as well: it passes no pod of
 * two families, not even one of its own. */
static bool checks(const char *portmap, const char *config)
{
	struct plugin_answer answer;
	bool passes;

	if (!strcmp(portmap, PORTMAP))
		return true;
	prepare();
	succeeds(portmap, &red, "ADD", config);
	answer = ask(portmap, &red, "CHECK", config);
	passes = answer.exit_code == 0;
	plugin_answer_clear(&answer);
	succeeds(portmap, &red, "DEL", config);
	return passes;
}

/* The rules that `portmap` makes, and those that are left when `other` has checked and removed them. */
static void live(const char *portmap, const char *other, const char *config, char **ret_made,
		 char **ret_left)
{
	bool is_checked = checks(other, config) && checks(portmap, config);

	prepare();
	succeeds(portmap, &red, "ADD", config);
	succeeds(portmap, &blue, "ADD", config);
	*ret_made = nat();
	if (is_checked) {
		succeeds(other, &red, "CHECK", config);
		succeeds(other, &blue, "CHECK", config);
	}
	succeeds(other, &red, "DEL", config);
	*ret_left = nat();
	if (is_checked)
		succeeds(portmap, &blue, "CHECK", config);
	succeeds(other, &blue, "DEL", config);
	sandbox_must(
		"! iptables-save -t nat | grep CNI-DN && ! ip6tables-save -t nat | grep CNI-DN");
	succeeds(portmap, &blue, "DEL", config);
	succeeds(portmap, &red, "DEL", config);
}

static void attach_again(const char *ipam)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM46);

	pod_del(&red, config);
	pod_del(&blue, config);
	pod_close(&red);
	pod_close(&blue);
	suite_forget_network();
	attach(&red, "red", ipam);
	attach(&blue, "blue", ipam);
}

static void iptables__is_word_for_word_that_of_go(void **state)
{
	skip_unless_it_works();
	skip_without_go();
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = ours(cases[i / 2]);
		freeing char *go_made = NULL;
		freeing char *go_left = NULL;
		freeing char *made = NULL;
		freeing char *left = NULL;

		attach_again(i % 2 ? IPAM4 : IPAM46);
		live(GO_PORTMAP, PORTMAP, config, &go_made, &go_left);
		live(PORTMAP, GO_PORTMAP, config, &made, &left);
		/* ip6tables-legacy -C compares only the names of matches and targets, so the Go
		 * plugin takes rules of a protocol's other ports for the first one's. */
		if (i / 2 == MANY && !strcmp((const char *)*state, "legacy"))
			continue;
		sandbox_assert_same(go_made, made);
		sandbox_assert_same(go_left, left);
	}
}

/* ---- DEL and GC ---- */

static char *everything(void)
{
	freeing char *rules = nat();
	freeing char *host = bridge_snapshot();

	return cni_format("%s%s%s", rules, host,
			  sandbox_run("test -e /run/cni/portmap/blue") ? "" : "a record\n");
}

static void assert_as(const char *before)
{
	freeing char *after = everything();

	sandbox_assert_same(before, after);
}

/* Shared chains stay: each test begins with them. */
static char *begin(void)
{
	freeing char *config = ours(PORTS(PORT(7, 7, "tcp")));

	pod_publish(&blue, config);
	pod_unpublish(&blue, config);
	return everything();
}

static void iptables__del_needs_nothing(void **state)
{
	static const char *const of_del[] = {BACKEND, "'snat':true", "'backend':'nftables'",
					     BACKEND ",'conditionsV4':7," PORTS("5")};
	freeing char *config = ours(RED_PORTS);
	freeing char *before = NULL;

	skip_unless_it_works();
	before = begin();
	for (size_t i = 0; i < sizeof(of_del) / sizeof(*of_del); i++) {
		freeing char *degraded = portmap_config("1.0.0", of_del[i]);
		struct plugin_call del = portmap_call(&red, "DEL", degraded);

		pod_publish(&red, config);
		del.netns = i % 2 ? "" : "/run/netns/gone";
		plugin_succeeds(&del);
		assert_as(before);
		plugin_succeeds(&del);
		assert_as(before);
	}
}

/* The record tells no more than the link, and UDP ports. */
static void iptables__del_needs_no_record(void **state)
{
	static const char *const damages[] = {"rm -rf /run/cni/portmap",
					      "printf x >$(ls -d "
					      "/run/cni/portmap/blue/*)"};
	freeing char *config = ours(RED_PORTS);
	freeing char *before = NULL;

	skip_unless_it_works();
	before = begin();
	for (size_t i = 0; i < 2; i++) {
		pod_publish(&red, config);
		sandbox_must("%s", damages[i]);
		pod_check_published(&red, config);
		pod_unpublish(&red, config);
		assert_as(before);
	}
}

static void iptables__gc_removes_what_is_not_valid(void **state)
{
	freeing char *config = ours(RED_PORTS);
	freeing char *of_blue = ours(PORTS(PORT(81, 80, "tcp")));
	freeing char *collect = portmap_config(
		"1.1.0", "'cni.dev/valid-attachments':[{'containerID':'blue','ifname':'eth0'}]");
	struct plugin_call gc = portmap_call(&red, "GC", collect);
	const char *const makers[] = {PORTMAP, GO_PORTMAP};

	skip_unless_it_works();
	gc.container = gc.netns = gc.ifname = NULL;
	for (size_t i = 0; i < (suite_go_is_installed() ? 2 : 1); i++) {
		freeing char *before = NULL;

		succeeds(makers[i], &blue, "ADD", of_blue);
		before = everything();
		succeeds(makers[i], &red, "ADD", config);
		plugin_succeeds(&gc);
		/* The first ADD of SETMARK and the like may have been red's. */
		assert_as(before);
		pod_check_published(&blue, of_blue);
		pod_unpublish(&blue, of_blue);
	}
}

/* ---- from one backend to the other ---- */

static void iptables__and_nftables_replace_each_other(void **state)
{
	freeing char *iptables = ours(RED_PORTS);
	freeing char *nftables = portmap_config("1.0.0", RED_PORTS);
	freeing char *before = NULL;

	skip_unless_it_works();
	before = begin();
	for (int i = 0; i < 2; i++) {
		const char *first = i ? nftables : iptables;
		const char *second = i ? iptables : nftables;

		pod_publish(&red, first);
		/* CHECK goes by what ADD has done. */
		pod_check_published(&red, second);
		pod_publish(&red, second);
		pod_check_published(&red, second);
		sandbox_must("%s iptables-save -t nat | grep -q CNI-DN", i ? "" : "!");
		sandbox_must("%s nft list map inet cni_portmap ports4 2>/dev/null | grep -q 8080",
			     i ? "!" : "");
		pod_unpublish(&red, first);
		assert_as(before);
	}
}

/* Commands that tell of themselves. */
static void iptables__is_not_run_by_the_default_backend(void **state)
{
	freeing char *config = portmap_config("1.0.0", RED_PORTS);
	freeing char *collect = portmap_config("1.1.0", "'cni.dev/valid-attachments':[]");
	struct plugin_call gc = portmap_call(&red, "GC", collect);

	skip_unless_it_works();
	gc.container = gc.netns = gc.ifname = NULL;
	sandbox_must("cd " SANDBOX_BIN " && rm -f *tables* && for f in iptables ip6tables; do "
		     "for e in -restore -save -legacy-restore -legacy-save -nft-restore; do "
		     "printf '#!/bin/sh\necho $0 >>" SANDBOX_DIR "/ran\n' >$f$e && "
		     "chmod +x $f$e || exit 1; done; done");
	pod_publish(&red, config);
	pod_check_published(&red, config);
	pod_unpublish(&red, config);
	plugin_succeeds(&gc);
	sandbox_must("! test -e " SANDBOX_DIR "/ran");
}

/* ---- failures ---- */

static void iptables__failed_add_leaves_nothing(void **state)
{
	static const struct {
		const char *more;
		const char *text;
	} wrong[] = {
		{"'conditionsV6':['-m','nosuchmatch']," RED_PORTS, "nosuchmatch"},
		{"'conditionsV4':['--nosuchoption']," RED_PORTS, "nosuchoption"},
		{"'externalSetMarkChain':'NO-SUCH-CHAIN'," RED_PORTS, "NO-SUCH-CHAIN"},
	};
	freeing char *before = NULL;

	skip_unless_it_works();
	before = begin();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		freeing char *config = ours(wrong[i].more);

		pod_publish_fails(&red, config, CNI_EDELEGATE, wrong[i].text);
		assert_as(before);
	}
}

static void iptables__add_without_the_command_names_the_package(void **state)
{
	freeing char *config = ours(RED_PORTS);
	freeing char *before = NULL;
	struct plugin_call status = portmap_call(&red, "STATUS", config);

	skip_unless_it_works();
	before = everything();
	iptables_use("none");
	pod_publish_fails(&red, config, CNI_ECONFIG, "package iptables");
	status.container = status.netns = status.ifname = NULL;
	iptables_use_default();
	iptables_use((const char *)*state);
	assert_as(before);
}

static void iptables__check_names_the_rule_that_is_missing(void **state)
{
	freeing char *config = ours(RED_PORTS);
	static const char *const damages[] = {
		"iptables -t nat -D CNI-HOSTPORT-DNAT 1",
		"ip6tables -t nat -D CNI-HOSTPORT-DNAT 1",
		"iptables -t nat -F CNI-HOSTPORT-SETMARK",
		"iptables -t nat -D OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
		"iptables -t nat -F && iptables -t nat -X",
		"nft delete table inet cni_portmap",
	};

	skip_unless_it_works();
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct plugin_answer answer;

		pod_publish(&red, config);
		sandbox_must("%s", damages[i]);
		pod_check_published_fails(&red, config, "expected");
		answer = ask(PORTMAP, &red, "MEND", config);
		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
		pod_check_published(&red, config);
		pod_unpublish(&red, config);
	}
}

static void iptables__first_adds_at_once_make_each_jump_once(void **state)
{
	freeing char *config = ours(RED_PORTS);
	struct plugin_process processes[8];
	freeing char *with = NULL;

	skip_unless_it_works();
	with = pod_config(&red, config);
	for (size_t i = 0; i < 8; i++) {
		char name[] = "red0";
		struct plugin_call call = portmap_call(&red, "ADD", with);

		name[3] = (char)('0' + i);
		call.container = name;
		processes[i] = plugin_start(&call);
	}
	for (size_t i = 0; i < 8; i++) {
		struct plugin_answer answer = plugin_finish(&processes[i]);

		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
	}
	sandbox_must(
		"for c in PREROUTING OUTPUT; do "
		"[ $(iptables -t nat -S $c | grep -c CNI-HOSTPORT-DNAT) = 1 ] || exit 1; done; "
		"[ $(iptables -t nat -S CNI-HOSTPORT-DNAT | grep -c CNI-DN) = 16 ]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_tests(iptables__has_the_rules_of_the_reference),
		both_tests(iptables__is_word_for_word_that_of_go),
		both_tests(iptables__del_needs_nothing),
		both_tests(iptables__del_needs_no_record),
		both_tests(iptables__gc_removes_what_is_not_valid),
		both_tests(iptables__and_nftables_replace_each_other),
		both_tests(iptables__is_not_run_by_the_default_backend),
		both_tests(iptables__failed_add_leaves_nothing),
		both_tests(iptables__add_without_the_command_names_the_package),
		both_tests(iptables__check_names_the_rule_that_is_missing),
		both_tests(iptables__first_adds_at_once_make_each_jump_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
