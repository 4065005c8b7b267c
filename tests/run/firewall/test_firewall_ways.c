/* SPDX-License-Identifier: Apache-2.0 */
/* The same in each backend: DEL works with any configuration, GC keeps valid attachments, CHECK and
 * STATUS change nothing. */
#include "firewall_scene.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* A test's state is its way. */
static const char *const ways[] = {
	"'backend':'nftables'",
	"'backend':'nftables','ingressPolicy':'isolated'",
	"'backend':'iptables'",
	"'backend':'iptables','ingressPolicy':'same-bridge'",
	"'backend':'none','ingressPolicy':'same-bridge'",
	"'backend':'none'",
};

static int setup_way(void **state)
{
	void *way = *state;

	if (firewall_setup(state) < 0)
		return -1;
	firewall_use_iptables("nft");
	/* The chains of iptables stay: they are there on any host that has had a pod. */
	firewall_succeeds("ADD", &b1, "'backend':'iptables'");
	firewall_succeeds("DEL", &b1, "");
	*state = way;
	return 0;
}

/* The quick run is about each backend once. */
#define quick_tests(name) way_test(name, 1), way_test(name, 3), way_test(name, 5)
#define slow_tests(name)  way_test(name, 0), way_test(name, 2), way_test(name, 4)
#define way_test(name, i)                                                                          \
	{                                                                                          \
#name " (" #i ")", name, setup_way, firewall_teardown, (void *)(uintptr_t)ways[i]  \
	}

/* ---- DEL ---- */

/* The whole configuration of DEL. */
static const char *const ignorances[] = {
	"",
	"'prevResult':null",
	"'prevResult':{'cniVersion':'1.1.0','ips':'none'}",
	"'backend':null,'ingressPolicy':null",
	"'backend':'nonsense','ingressPolicy':'nonsense','firewalldZone':3,"
	"'iptablesAdminChainName':' '",
	"'backend':'nftables'",
	"'backend':'iptables'",
	"'backend':'firewalld'",
};

static void del__takes_back_what_add_did(void **state)
{
	const char *way = *state;
	freeing char *before = firewall_snapshot();

	for (size_t i = 0; i < sizeof(ignorances) / sizeof(*ignorances); i += trace_stride(3)) {
		freeing char *config = firewall_config(&a1, ignorances[i]);
		struct plugin_call call = firewall_call(&a1, "DEL", config);

		firewall_succeeds("ADD", &a1, way);
		firewall_succeeds("CHECK", &a1, way);
		if (i % 2)
			call.netns = "";
		plugin_succeeds(&call);
		firewall_assert_unchanged(before);
		plugin_succeeds(&call);
		firewall_assert_unchanged(before);
	}
	firewall_succeeds("ADD", &a1, way);
	firewall_bare_del(&a1);
	firewall_assert_unchanged(before);
}

static void del__leaves_others_alone(void **state)
{
	const char *way = *state;
	freeing char *before = NULL;

	firewall_succeeds("ADD", &a2, way);
	firewall_succeeds("ADD", &b1, way);
	before = firewall_snapshot();
	firewall_succeeds("ADD", &a1, way);
	firewall_succeeds("DEL", &a1, way);
	firewall_assert_unchanged(before);
	/* DEL of an attachment that never was. */
	firewall_bare_del(&a1);
	firewall_succeeds("DEL", &a1, way);
	firewall_assert_unchanged(before);
	firewall_succeeds("CHECK", &a2, way);
	firewall_succeeds("CHECK", &b1, way);
}

/* The same container in another network, and another interface of it, are other attachments. */
static void del__tells_attachments_apart(void **state)
{
	static const struct host_pod other = {"a1", "br1", "10.2.0.99", "fd02::99"};
	const char *way = *state;
	freeing char *green = cni_format("'name':'green',%s", way);
	freeing char *config = firewall_config(&other, way);
	freeing char *before = firewall_snapshot();
	struct plugin_call net1;

	firewall_succeeds("ADD", &a1, way);
	firewall_succeeds("ADD", &a2, green);
	net1 = firewall_call(&other, "ADD", config);
	net1.ifname = "net1";
	plugin_succeeds(&net1);
	firewall_succeeds("DEL", &a1, way);
	net1.command = "CHECK";
	plugin_succeeds(&net1);
	firewall_succeeds("CHECK", &a2, green);
	/* blue has no a2. */
	firewall_bare_del(&a2);
	firewall_succeeds("CHECK", &a2, green);
	net1.command = "DEL";
	plugin_succeeds(&net1);
	firewall_succeeds("DEL", &a2, green);
	firewall_assert_unchanged(before);
}

/* "nft flush ruleset", and what else an administrator does on a bad day. */
static void del__does_not_miss_what_is_gone(void **state)
{
	static const char *const damages[] = {
		"nft flush ruleset",
		"nft delete table inet cni_firewall 2>/dev/null || true",
		"nft flush table inet cni_firewall 2>/dev/null || true",
		"iptables -F; ip6tables -F",
		"iptables -F CNI-FORWARD 2>/dev/null || true",
		"rm -r /run/cni/firewall",
		"rm -rf /run/cni",
		"echo nonsense > /run/cni/firewall/blue/a1:eth0",
		": > /run/cni/firewall/blue/a1:eth0",
		"head -c 100000 /dev/zero > /run/cni/firewall/blue/a1:eth0",
		"echo 'backend iptables' > /run/cni/firewall/blue/a1:eth0",
		"cd /run/cni/firewall/blue && rm a1:eth0 && ln -s /etc/passwd a1:eth0",
		"cd /run/cni/firewall/blue && rm a1:eth0 && mkdir a1:eth0",
		"cd /run/cni/firewall/blue && rm a1:eth0 && mkfifo a1:eth0",
		"rm -rf /run/cni/firewall/.claims",
	};
	const char *way = *state;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i += trace_stride(3)) {
		freeing char *before = NULL;

		firewall_succeeds("ADD", &a1, way);
		firewall_succeeds("ADD", &a1, way);
		sandbox_must("%s", damages[i]);
		/* With the prevResult, for it may be all there is. */
		firewall_succeeds("DEL", &a1, way);
		sandbox_must("! nft list table inet cni_firewall >/dev/null 2>&1");
		assert_lines(0, "10.1.0.11", "iptables -S");
		assert_lines(0, "fd01::11", "ip6tables -S");
		sandbox_must("! [ -e /run/cni/firewall/blue ]");
		/* And the next one is as good as ever. */
		firewall_succeeds("ADD", &a1, way);
		firewall_succeeds("CHECK", &a1, way);
		firewall_succeeds("DEL", &a1, way);
		before = firewall_snapshot();
		firewall_succeeds("ADD", &a1, way);
		firewall_bare_del(&a1);
		firewall_assert_unchanged(before);
	}
}

/* ---- GC ---- */

#define VALID(list) "'cni.dev/valid-attachments':[" list "]"

static void gc__keeps_the_valid_and_other_networks(void **state)
{
	const char *way = *state;
	freeing char *green = cni_format("'name':'green',%s", way);
	freeing char *expected = NULL;
	freeing char *before = firewall_snapshot();

	firewall_succeeds("ADD", &a2, way);
	firewall_succeeds("ADD", &b1, green);
	expected = firewall_snapshot();
	firewall_succeeds("ADD", &a1, way);
	firewall_succeeds("GC", NULL, VALID("{'containerID':'a2','ifname':'eth0'}"));
	firewall_assert_unchanged(expected);
	firewall_succeeds("CHECK", &a2, way);
	firewall_succeeds("CHECK", &b1, green);
	/* The right container with another interface is not valid. */
	firewall_succeeds("GC", NULL, VALID("{'containerID':'a2','ifname':'eth1'}"));
	firewall_succeeds("CHECK", &b1, green);
	firewall_succeeds("GC", NULL, "'name':'green'," VALID(""));
	firewall_assert_unchanged(before);
	firewall_succeeds("GC", NULL, VALID(""));
	firewall_assert_unchanged(before);
}

/* Any damaged file may lie there. */
static void gc__is_not_stopped_by_damage(void **state)
{
	const char *way = *state;
	freeing char *before = firewall_snapshot();

	firewall_succeeds("ADD", &a1, way);
	firewall_succeeds("ADD", &a2, way);
	sandbox_must("cd /run/cni/firewall/blue && echo nonsense > x1:eth0 && "
		     "ln -s /etc/passwd x2:eth0 && mkdir x3:eth0 && : > x4:eth0 && "
		     "echo half > .a1:eth0 && echo half > .x5:eth0 && mkfifo x6:eth0");
	firewall_succeeds("GC", NULL, VALID("{'containerID':'a2','ifname':'eth0'}"));
	sandbox_must("ls -A /run/cni/firewall/blue | grep -qx a2:eth0");
	assert_lines(1, "", "ls -A /run/cni/firewall/blue | head -c -1");
	firewall_succeeds("CHECK", &a2, way);
	firewall_succeeds("GC", NULL, VALID(""));
	firewall_assert_unchanged(before);
}

/* ---- CHECK and STATUS ---- */

static void check__changes_nothing(void **state)
{
	const char *way = *state;
	freeing char *before = NULL;

	firewall_succeeds("ADD", &a1, way);
	before = firewall_snapshot();
	firewall_succeeds("CHECK", &a1, way);
	firewall_assert_unchanged(before);
	sandbox_must("nft flush ruleset");
	free(before);
	before = firewall_snapshot();
	firewall_succeeds("STATUS", NULL, way);
	if (strcmp(way, "'backend':'none'") != 0)
		firewall_fails("CHECK", &a1, way, CNI_EMISMATCH, NULL);
	firewall_assert_unchanged(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		quick_tests(del__takes_back_what_add_did),
		quick_tests(del__leaves_others_alone),
		quick_tests(del__tells_attachments_apart),
		quick_tests(del__does_not_miss_what_is_gone),
		quick_tests(gc__keeps_the_valid_and_other_networks),
		quick_tests(gc__is_not_stopped_by_damage),
		quick_tests(check__changes_nothing),
	};
	const struct CMUnitTest more[] = {
		slow_tests(del__takes_back_what_add_did),
		slow_tests(del__leaves_others_alone),
		slow_tests(del__tells_attachments_apart),
		slow_tests(del__does_not_miss_what_is_gone),
		slow_tests(gc__keeps_the_valid_and_other_networks),
		slow_tests(gc__is_not_stopped_by_damage),
		slow_tests(check__changes_nothing),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (getenv("CNI_C_SLOW"))
		failed += cmocka_run_group_tests(more, NULL, NULL);
	return failed;
}
