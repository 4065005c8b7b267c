/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* GC gets its list of valid attachments under two keys. Where these disagree each plugin refuses, and what the
 * attachments have stays: a list that is null under one key would otherwise remove all of it. */
#include "bandwidth.h"
#include "published.h"
#include "snapshot.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define ATTACHED "[{'containerID':'red','ifname':'eth0'}]"

static const char *const differing[] = {
	"'cni.dev/valid-attachments':" ATTACHED ",'cni.dev/attachments':null",
	"'cni.dev/valid-attachments':null,'cni.dev/attachments':" ATTACHED,
	"'cni.dev/valid-attachments':" ATTACHED ",'cni.dev/attachments':[]",
	"'cni.dev/valid-attachments':" ATTACHED ",'CNI.dev/Valid-Attachments':null",
};
#define DIFFERING (sizeof(differing) / sizeof(*differing))

/* A chain, in its order. host-local is run by bridge, and by itself as a plugin of another suite runs it. */
static const struct {
	const char *file;
	const char *more;
	bool is_ipam;
} chain[] = {
	{BRIDGE, FULL, false},
	{CNI_C_BINARY_DIR "/ipam/host-local", FULL, true},
	{PORTMAP, "'type':'portmap'," PORTS(PORT(8080, 80, "tcp")), false},
	{CNI_C_BINARY_DIR "/plugins/firewall", "'type':'firewall','backend':'nftables'", false},
	{CNI_C_BINARY_DIR "/plugins/tuning",
	 "'type':'tuning','sysctl':{'net.ipv4.conf.IFNAME.arp_filter':'1'}", false},
	{BANDWIDTH, "'type':'bandwidth'," BOTH, false},
};
#define CHAIN (sizeof(chain) / sizeof(*chain))

static void attach(struct pod *red)
{
	for (size_t i = 0; i < CHAIN; i++) {
		freeing char *plain = bridge_config("1.1.0", chain[i].more);
		freeing char *config = pod_config(red, plain);
		struct plugin_call call = pod_call(red, "ADD", config);
		struct plugin_answer answer;

		if (chain[i].is_ipam)
			continue;
		call.plugin = chain[i].file;
		answer = plugin_run(&call);
		plugin_assert_success(&answer);
		pod_take(red, &answer);
		plugin_answer_clear(&answer);
	}
}

/* The call of GC; the caller frees its configuration. */
static struct plugin_call gc_of(size_t number, const char *lists)
{
	freeing char *more = cni_format("%s,%s", chain[number].more, lists);
	struct plugin_call call = bridge_call("GC", bridge_config("1.1.0", more));

	call.plugin = chain[number].file;
	return call;
}

static void gc__with_lists_that_differ_removes_nothing(void **state)
{
	freeing char *host = NULL;
	freeing char *records = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	attach(&red);
	host = bridge_snapshot();
	records = snapshot_records();
	for (size_t i = 0; i < CHAIN; i++)
		for (size_t j = 0; j < DIFFERING; j++) {
			struct plugin_call gc = gc_of(i, differing[j]);
			freeing const char *config = gc.config;
			freeing char *later = NULL;

			print_message("# %s %s\n", gc.plugin, differing[j]);
			plugin_fails(&gc, CNI_ECONFIG, "expected the same attachments");
			bridge_assert_unchanged(host);
			later = snapshot_records();
			sandbox_assert_same(records, later);
		}
	assert_shown("eth0", "0.ifname", "ip -n red -j link show eth0");
	sandbox_must("test -e /var/lib/cni/networks/blue/10.1.0.2");
	pod_close(&red);
}

/* Nothing of the above would be left if both lists were null. */
static void gc__with_two_empty_lists_removes_all(void **state)
{
	static const char both[] = "'cni.dev/valid-attachments':null,'cni.dev/attachments':null";
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	attach(&red);
	for (size_t i = CHAIN; i-- > 0;) {
		struct plugin_call gc = gc_of(i, both);
		freeing const char *config = gc.config;

		plugin_succeeds(&gc);
	}
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	assert_shown("[]", "", "ip -j link show type ifb");
	assert_shown("[]", "", "ip -j link show type veth");
	sandbox_must("! test -e /var/lib/cni/networks/blue/10.1.0.2");
	sandbox_must("! find /run/cni -path '*/blue/*' -type f | grep .");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(gc__with_lists_that_differ_removes_nothing),
		bridge_test(gc__with_two_empty_lists_removes_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
