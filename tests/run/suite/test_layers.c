/* SPDX-License-Identifier: Apache-2.0 */
/* A folder is a library: a layer cannot include a forbidden header, and a plugin has no code that
 * it does not need. The compiler and nm(1) are the witnesses. */
#include "cleanup.h"
#include "mem.h"
#include "plugin.h"
#include "sandbox.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* The -I words of a source file, as it is compiled; the caller frees. */
static char *includes_of(const char *source)
{
	return sandbox_read("grep -o '\"command\": \".* -c %s/%s\"' %s/compile_commands.json | "
			    "grep -o ' -I[^ ]*' | tr -d '\\n'",
			    CNI_C_SOURCE_DIR, source, CNI_C_BINARY_DIR);
}

static int compile(const char *includes, const char *header)
{
	return sandbox_run("echo '#include \"%s\"' | cc -D_GNU_SOURCE -fsyntax-only -x c - "
			   "-isystem /usr/include/cjson %s 2>" SANDBOX_DIR "/said",
			   header, includes);
}

static void layer__cannot_include_what_it_may_not_know(void **state)
{
	static const struct {
		const char *source;
		const char *knows[4];
		const char *lacks[6];
	} layers[] = {
		{"libcni-c/base/error.c", {"ip.h"}, {"json.h", "nl.h", "plan.h"}},
		{"libcni-c/spec/json.c", {"error.h", "conf.h"}, {"nl.h", "chain.h", "plan.h"}},
		{"libcni-c/runtime/chain.c", {"json.h"}, {"nl.h", "plan.h", "parts.h"}},
		{"libcni-c/net/nl.c", {"error.h", "link.h"}, {"json.h", "nft.h", "plan.h"}},
		{"libcni-c/plan/plan.c", {"json.h", "link.h"}, {"nft.h", "parts.h", "go_rules.h"}},
		{"libcni-c/nft/nft.c", {"nl.h"}, {"json.h", "masquerade.h", "plan.h"}},
		{"libcni-c/rules/portmap.c", {"nft.h"}, {"json.h", "plan.h", "forward.h"}},
		{"libcni-c/firewall/iptables.c", {"firewall.h"}, {"plan.h", "parts.h", "tuning.h"}},
		{"libcni-c/tuning/tuning.c", {"link.h"}, {"nft.h", "plan.h", "parts.h"}},
		{"libcni-c/parts/veth_part.c", {"plan.h", "nft.h", "tuning.h"}, {"chain.h"}},
		{"ipam/host_local/choice.c", {"store.h", "json.h"}, {"nl.h", "plan.h"}},
		{"ipam/dhcp/dhcp_tenant.c", {"nl.h", "json.h"}, {"plan.h", "nft.h", "store.h"}},
		{"ipam/dhcp/dhcp_record.c", {"json.h"}, {"nl.h", "chain.h", "plan.h"}},
		{"ipam/ledger/store.c", {"json.h"}, {"nl.h", "choice.h"}},
		{"cnitool/gc.c", {"chain.h", "store.h", "dhcp_record.h"}, {"nl.h", "plan.h"}},
		{"cnitool/doctor/host.c", {"chain.h", "nl.h"}, {"nft.h", "plan.h"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(layers) / sizeof(*layers); i++) {
		freeing char *includes = includes_of(layers[i].source);

		for (const char *const *header = layers[i].knows; *header; header++)
			if (compile(includes, *header) != 0)
				fail_msg("%s cannot include %s", layers[i].source, *header);
		for (const char *const *header = layers[i].lacks; *header; header++)
			if (compile(includes, *header) == 0)
				fail_msg("%s can include %s", layers[i].source, *header);
	}
}

/* See NOTICE: these are not under the GPL. */
static void plugin__has_nothing_of_libnftnl_that_has_no_rules(void **state)
{
	static const char *const without[] = {
		"plugins/loopback", "plugins/bandwidth", "plugins/tuning", "plugins/host-device",
		"plugins/tap",	    "plugins/macvlan",	 "plugins/ipvlan", "plugins/vlan",
		"plugins/dummy",    "plugins/sbr",	 "plugins/vrf",	   "ipam/host-local",
		"ipam/static",	    "ipam/dhcp",	 "cnitool/cnitool"};

	(void)state;
	for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++)
		sandbox_must("nm %s/%s | grep -q ' [Tt] main$' && "
			     "! { nm %s/%s; nm -D %s/%s; } 2>/dev/null | grep nftnl_",
			     CNI_C_BINARY_DIR, without[i], CNI_C_BINARY_DIR, without[i],
			     CNI_C_BINARY_DIR, without[i]);
	/* The names that are looked for are there to be found. */
	sandbox_must("{ nm %s/plugins/bridge; nm -D %s/plugins/bridge; } | grep -q nftnl_",
		     CNI_C_BINARY_DIR, CNI_C_BINARY_DIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layer__cannot_include_what_it_may_not_know),
		cmocka_unit_test(plugin__has_nothing_of_libnftnl_that_has_no_rules),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
