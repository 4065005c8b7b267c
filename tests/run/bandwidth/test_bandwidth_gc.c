/* SPDX-License-Identifier: Apache-2.0 */
/* GC removes limits of attachments that are not valid, and nothing else. STATUS succeeds if a limit
 * would work. */
#include "bandwidth.h"
#include "locks.h"

#include "cleanup.h"
#include "mem.h"

#include <fcntl.h>
#include <string.h>

#define VALID(list) "'cni.dev/valid-attachments':[" list "]"
#define POD(name)   "{'containerID':'" name "','ifname':'eth0'}"

static struct plugin_call host_call(const char *command, const char *config)
{
	return (struct plugin_call){
		.plugin = BANDWIDTH, .command = command, .path = BRIDGE_PATH, .config = config};
}

static void gc_succeeds(const char *more)
{
	freeing char *config = bandwidth_config("1.1.0", more, NULL);
	struct plugin_call asked = host_call("GC", config);

	plugin_succeeds(&asked);
}

static bool exists(const char *link)
{
	return sandbox_run("ip link show %s >/dev/null 2>&1", link) == 0;
}

static void gc__removes_what_is_not_valid(void **state)
{
	static const char *const names[] = {"p0", "p1", "p2", "p3"};
	struct limited pods[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		limited_open(&pods[i], names[i]);
		limited_add(&pods[i], BOTH);
	}
	gc_succeeds(VALID(POD("p0") "," POD("p2") ",{'containerID':'p3','ifname':'net1'}"));
	limited_check(&pods[0], BOTH);
	limited_check(&pods[2], BOTH);
	assert_false(exists(pods[1].ifb));
	/* The limit of another interface. */
	assert_false(exists(pods[3].ifb));
	gc_succeeds("'cni.dev/attachments':[" POD("p0") "]");
	limited_check(&pods[0], BOTH);
	assert_false(exists(pods[2].ifb));
	for (int i = 0; i < 2; i++) {
		gc_succeeds(VALID(""));
		assert_shown("[]", "", "ip -j link show type ifb");
	}
	for (int i = 0; i < 4; i++)
		limited_close(&pods[i]);
}

/* bridge's and bandwidth's, as a runtime calls them for a list of plugins. */
static void gc__of_the_whole_chain_leaves_nothing(void **state)
{
	freeing char *gc = bridge_config("1.1.0", GATEWAY "," IPAM4 "," VALID(""));
	freeing char *bridge = bridge_config("1.1.0", GATEWAY "," IPAM4);
	struct plugin_call asked = bridge_call("GC", gc);
	freeing char *before = NULL;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	pod_del(&red.pod, bridge);
	limited_close(&red);
	before = bridge_snapshot();
	for (int bridge_first = 0; bridge_first < 2; bridge_first++) {
		limited_open(&red, "red");
		limited_add(&red, BOTH);
		if (bridge_first)
			plugin_succeeds(&asked);
		gc_succeeds(VALID(""));
		if (!bridge_first)
			plugin_succeeds(&asked);
		bridge_assert_unchanged(before);
		limited_close(&red);
	}
}

static void gc__without_a_list_is_an_error(void **state)
{
	static const char *const wrongs[] = {"", "'cni.dev/valid-attachments':{}",
					     "'cni.dev/valid-attachments':['red']"};
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		freeing char *config = bandwidth_config("1.1.0", wrongs[i], NULL);
		struct plugin_call asked = host_call("GC", config);

		plugin_fails(&asked, CNI_ECONFIG, "cni.dev/valid-attachments");
		limited_check(&red, BOTH);
	}
	limited_close(&red);
}

/* Limits of other networks, also of one whose name begins alike, foreign links, and those of the Go
 * plugin, which have no owner. */
static void gc__leaves_what_is_not_of_this_network(void **state)
{
	static const char *const others[] = {"ifb0123456789a", "ifb0123456789b", "ifb0123456789c",
					     "ifb0", "bwp0123456789ab"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		sandbox_must("ip link add %s type ifb", others[i]);
	sandbox_must("ip link set ifb0123456789a alias blue2/red/eth0; "
		     "ip link set ifb0123456789b alias mine; "
		     "ip link set ifb0123456789c alias green/blue/eth0; "
		     "ip link add ifb0123456789d type bridge");
	gc_succeeds(VALID(""));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_true(exists(others[i]));
	assert_true(exists("ifb0123456789d"));
	sandbox_must("ip link add ifbfedcba98765 type ifb; "
		     "ip link set ifbfedcba98765 alias blue/red/eth0");
	gc_succeeds(VALID(""));
	assert_false(exists("ifbfedcba98765"));
}

/* Killed between making and naming it; but not while an ADD may be just there. */
static void gc__removes_a_stray_without_alias(void **state)
{
	(void)state;
	sandbox_must("ip link add ifb0123456789a type ifb; ip link add ifb0123456789ab type ifb");
	{
		/* An ADD holds it. */
		closing int lock = locks_hold(F_RDLCK);

		gc_succeeds(VALID(""));
		assert_true(exists("ifb0123456789a"));
	}
	gc_succeeds(VALID(""));
	assert_false(exists("ifb0123456789a"));
	assert_true(exists("ifb0123456789ab"));
}

static void gc__came_with_1_1_0(void **state)
{
	freeing char *config = bandwidth_config("1.0.0", VALID(""), NULL);
	struct plugin_call asked = host_call("GC", config);

	(void)state;
	plugin_fails(&asked, CNI_EVERSION, "config version does not allow GC");
}

/* ---- STATUS ---- */

static void status_is(const char *more, int code, const char *text)
{
	freeing char *config = bandwidth_config("1.1.0", more, NULL);
	struct plugin_call asked = host_call("STATUS", config);

	/* As containerd calls it: present but empty. */
	asked.container = "";
	asked.netns = "";
	asked.ifname = "";
	asked.args = "";
	if (code)
		plugin_fails(&asked, code, text);
	else
		plugin_succeeds(&asked);
}

static void status__is_good_and_changes_nothing(void **state)
{
	freeing char *before = sandbox_snapshot();

	(void)state;
	status_is("", 0, NULL);
	status_is("'capabilities':{'bandwidth':true}", 0, NULL);
	status_is(BOTH, 0, NULL);
	/* lo may have a qdisc already. */
	sandbox_must("tc qdisc add dev lo root handle 5: pfifo");
	status_is(BOTH, 0, NULL);
	sandbox_must("tc qdisc del dev lo root");
	sandbox_assert_unchanged(before);
}

static void status__says_if_the_configuration_is_wrong(void **state)
{
	(void)state;
	status_is("'ingressRate':8000", CNI_ECONFIG, "if rate is set, burst must also be set");
	status_is("'egressRate':'10M'", CNI_ECONFIG, "'egressRate' is \"10M\"");
}

static void status__came_with_1_1_0(void **state)
{
	freeing char *config = bandwidth_config("1.0.0", BOTH, NULL);
	struct plugin_call asked = host_call("STATUS", config);

	(void)state;
	plugin_fails(&asked, CNI_EVERSION, "config version does not allow STATUS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(gc__removes_what_is_not_valid),
		bridge_test(gc__of_the_whole_chain_leaves_nothing),
		bridge_test(gc__without_a_list_is_an_error),
		bridge_test(gc__leaves_what_is_not_of_this_network),
		bridge_test(gc__removes_a_stray_without_alias),
		bridge_test(gc__came_with_1_1_0),
		bridge_test(status__is_good_and_changes_nothing),
		bridge_test(status__says_if_the_configuration_is_wrong),
		bridge_test(status__came_with_1_1_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
