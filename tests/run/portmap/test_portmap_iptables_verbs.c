/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* scripts/test --vm runs it as well. */
/* The verbs with the iptables backend, with the iptables of nf_tables and with the legacy one. */
#include "cleanup.h"
#include "mem.h"
#include "nat_scene.h"
#include "suite.h"

#include <stdlib.h>

/* ---- DEL and GC ---- */

static void iptables__del_needs_nothing(void **state)
{
	static const char *const of_del[] = {"'backend':'iptables'", "'snat':true",
					     "'backend':'nftables'",
					     "'backend':'iptables'"
					     ",'conditionsV4':7," PORTS("5")};
	freeing char *config = nat_config(NAT_PORTS);
	freeing char *before = NULL;

	skip_unless_nat();
	before = nat_begin();
	for (size_t i = 0; i < sizeof(of_del) / sizeof(*of_del); i++) {
		freeing char *degraded = portmap_config("1.0.0", of_del[i]);
		struct plugin_call del = portmap_call(&nat_red, "DEL", degraded);

		pod_publish(&nat_red, config);
		del.netns = i % 2 ? "" : "/run/netns/gone";
		plugin_succeeds(&del);
		nat_assert_as("portmap", before);
		plugin_succeeds(&del);
		nat_assert_as("portmap", before);
	}
}

/* The record tells no more than the link, and UDP ports. */
static void iptables__del_needs_no_record(void **state)
{
	static const char *const damages[] = {"rm -rf /run/cni/portmap",
					      "printf x >$(ls -d "
					      "/run/cni/portmap/blue/*)"};
	freeing char *config = nat_config(NAT_PORTS);
	freeing char *before = NULL;

	skip_unless_nat();
	before = nat_begin();
	for (size_t i = 0; i < 2; i++) {
		pod_publish(&nat_red, config);
		sandbox_must("%s", damages[i]);
		pod_check_published(&nat_red, config);
		pod_unpublish(&nat_red, config);
		nat_assert_as("portmap", before);
	}
}

static void iptables__gc_removes_what_is_not_valid(void **state)
{
	freeing char *config = nat_config(NAT_PORTS);
	freeing char *of_blue = nat_config(PORTS(PORT(81, 80, "tcp")));
	freeing char *collect = portmap_config(
		"1.1.0", "'cni.dev/valid-attachments':[{'containerID':'blue','ifname':'eth0'}]");
	struct plugin_call gc = portmap_call(&nat_red, "GC", collect);
	const char *const makers[] = {PORTMAP, GO_PORTMAP};

	skip_unless_nat();
	gc.container = gc.netns = gc.ifname = NULL;
	for (size_t i = 0; i < (suite_go_is_installed() ? 2 : 1); i++) {
		freeing char *before = NULL;

		nat_succeeds(makers[i], &nat_blue, "ADD", of_blue);
		before = nat_everything("portmap");
		nat_succeeds(makers[i], &nat_red, "ADD", config);
		plugin_succeeds(&gc);
		/* The first ADD of SETMARK and the like may have been red's. */
		nat_assert_as("portmap", before);
		pod_check_published(&nat_blue, of_blue);
		pod_unpublish(&nat_blue, of_blue);
	}
}

/* ---- from one backend to the other ---- */

static void iptables__and_nftables_replace_each_other(void **state)
{
	freeing char *iptables = nat_config(NAT_PORTS);
	freeing char *nftables = portmap_config("1.0.0", NAT_PORTS);
	freeing char *before = NULL;

	skip_unless_nat();
	before = nat_begin();
	for (int i = 0; i < 2; i++) {
		const char *first = i ? nftables : iptables;
		const char *second = i ? iptables : nftables;

		pod_publish(&nat_red, first);
		/* CHECK goes by what ADD has done. */
		pod_check_published(&nat_red, second);
		pod_publish(&nat_red, second);
		pod_check_published(&nat_red, second);
		sandbox_must("%s iptables-save -t nat | grep -q CNI-DN", i ? "" : "!");
		sandbox_must("%s nft list map inet cni_portmap ports4 2>/dev/null | grep -q 8080",
			     i ? "!" : "");
		pod_unpublish(&nat_red, first);
		nat_assert_as("portmap", before);
	}
}

/* Commands that tell of themselves. */
static void iptables__is_not_run_by_the_default_backend(void **state)
{
	freeing char *config = portmap_config("1.0.0", NAT_PORTS);
	freeing char *collect = portmap_config("1.1.0", "'cni.dev/valid-attachments':[]");
	struct plugin_call gc = portmap_call(&nat_red, "GC", collect);

	skip_unless_nat();
	gc.container = gc.netns = gc.ifname = NULL;
	sandbox_must("cd " SANDBOX_BIN " && rm -f *tables* && for f in iptables ip6tables; do "
		     "for e in -restore -save -legacy-restore -legacy-save -nft-restore; do "
		     "printf '#!/bin/sh\necho $0 >>" SANDBOX_DIR "/ran\n' >$f$e && "
		     "chmod +x $f$e || exit 1; done; done");
	pod_publish(&nat_red, config);
	pod_check_published(&nat_red, config);
	pod_unpublish(&nat_red, config);
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
		{"'conditionsV6':['-m','nosuchmatch']," NAT_PORTS, "nosuchmatch"},
		{"'conditionsV4':['--nosuchoption']," NAT_PORTS, "nosuchoption"},
		{"'externalSetMarkChain':'NO-SUCH-CHAIN'," NAT_PORTS, "NO-SUCH-CHAIN"},
	};
	freeing char *before = NULL;

	skip_unless_nat();
	before = nat_begin();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		freeing char *config = nat_config(wrong[i].more);

		pod_publish_fails(&nat_red, config, CNI_EDELEGATE, wrong[i].text);
		nat_assert_as("portmap", before);
	}
}

static void iptables__add_without_the_command_names_the_package(void **state)
{
	freeing char *config = nat_config(NAT_PORTS);
	freeing char *before = NULL;

	skip_unless_nat();
	before = nat_everything("portmap");
	iptables_use("none");
	pod_publish_fails(&nat_red, config, CNI_ECONFIG, "package iptables");
	iptables_use_default();
	iptables_use((const char *)*state);
	nat_assert_as("portmap", before);
}

static void iptables__check_names_the_rule_that_is_missing(void **state)
{
	freeing char *config = nat_config(NAT_PORTS);
	static const char *const damages[] = {
		"iptables -t nat -D CNI-HOSTPORT-DNAT 1",
		"ip6tables -t nat -D CNI-HOSTPORT-DNAT 1",
		"iptables -t nat -F CNI-HOSTPORT-SETMARK",
		"iptables -t nat -D OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
		"iptables -t nat -F && iptables -t nat -X",
		"nft delete table inet cni_portmap",
	};

	skip_unless_nat();
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct plugin_answer answer;

		pod_publish(&nat_red, config);
		sandbox_must("%s", damages[i]);
		pod_check_published_fails(&nat_red, config, "expected");
		answer = nat_ask(PORTMAP, &nat_red, "MEND", config);
		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
		pod_check_published(&nat_red, config);
		pod_unpublish(&nat_red, config);
	}
}

static void iptables__first_adds_at_once_make_each_jump_once(void **state)
{
	freeing char *config = nat_config(NAT_PORTS);
	struct plugin_process processes[8];
	freeing char *with = NULL;

	skip_unless_nat();
	with = pod_config(&nat_red, config);
	for (size_t i = 0; i < 8; i++) {
		char name[] = "red0";
		struct plugin_call call = portmap_call(&nat_red, "ADD", with);

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
		nat_tests(iptables__del_needs_nothing),
		nat_tests(iptables__del_needs_no_record),
		nat_tests(iptables__gc_removes_what_is_not_valid),
		nat_tests(iptables__and_nftables_replace_each_other),
		nat_tests(iptables__is_not_run_by_the_default_backend),
		nat_tests(iptables__failed_add_leaves_nothing),
		nat_tests(iptables__add_without_the_command_names_the_package),
		nat_tests(iptables__check_names_the_rule_that_is_missing),
		nat_tests(iptables__first_adds_at_once_make_each_jump_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
