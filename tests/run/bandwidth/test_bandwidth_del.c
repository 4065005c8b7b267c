/* SPDX-License-Identifier: Apache-2.0 */
/* DEL restores the host, whatever the runtime knows and whatever has happened to the limit; foreign
 * things stay. */
#include "bandwidth.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>

static void del__leaves_the_host_as_it_was(void **state)
{
	freeing char *with_red = NULL;
	freeing char *before = NULL;
	struct limited green;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_open(&green, "green");
	before = bridge_snapshot();
	limited_add(&red, BOTH);
	with_red = bridge_snapshot();
	limited_add(&green, BOTH);
	limited_del(&green, BOTH);
	bridge_assert_unchanged(with_red);
	limited_del(&red, BOTH);
	bridge_assert_unchanged(before);
	limited_close(&red);
	limited_close(&green);
}

static void del__of_what_never_was_succeeds(void **state)
{
	freeing char *config = bandwidth_config("1.0.0", BOTH, NULL);
	freeing char *before = NULL;
	struct plugin_call asked;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	before = bridge_snapshot();
	limited_del(&red, BOTH);
	asked = limited_call(&red, "DEL", config);
	plugin_succeeds(&asked);
	asked.netns = NULL;
	plugin_succeeds(&asked);
	asked.container = "never-heard-of";
	plugin_succeeds(&asked);
	bridge_assert_unchanged(before);
	limited_close(&red);
}

/* ---- whatever is missing ---- */

enum missing {
	NETNS_GONE = 1,
	NETNS_IS_A_FILE = 2,
	NO_PREV_RESULT = 4,
	NO_LIMITS_ANY_MORE = 8,
	FILTER_REMOVED = 16,
	QDISCS_REMOVED = 32,
	IFB_REMOVED = 64,
	ALL = 128,
};

static void break_it(const struct limited *red, unsigned int missing)
{
	if (missing & FILTER_REMOVED)
		sandbox_must("tc filter del dev %s ingress", red->pod.host);
	if (missing & QDISCS_REMOVED)
		sandbox_must("tc qdisc del dev %s root; tc qdisc del dev %s root", red->pod.host,
			     red->ifb);
	if (missing & IFB_REMOVED)
		sandbox_must("ip link del %s", red->ifb);
	if (missing & NETNS_GONE)
		sandbox_del_netns("red");
}

/* The veth goes with its namespace, in the kernel's own time. */
static void assert_no_limits(unsigned int missing)
{
	freeing char *left = NULL;

	if (missing & NETNS_GONE)
		sandbox_await("[ -z \"$(ip link show type veth)\" ]");
	left = limits();
	if (*left)
		fail_msg("subset %u: %s", missing, left);
}

static void assert_goes_without(unsigned int missing)
{
	freeing char *config = NULL;
	struct plugin_call asked;
	struct limited red;

	limited_open(&red, "red");
	limited_add(&red, BOTH);
	config = bandwidth_config("1.0.0", missing & NO_LIMITS_ANY_MORE ? "" : BOTH,
				  missing & NO_PREV_RESULT ? NULL : red.result);
	asked = limited_call(&red, "DEL", config);
	break_it(&red, missing);
	if (missing & NETNS_IS_A_FILE)
		asked.netns = "/run/a-file";
	for (int i = 0; i < 2; i++) {
		struct plugin_answer answer = plugin_run(&asked);

		if (answer.exit_code != 0)
			fail_msg("subset %u, DEL %d: %s", missing, i, answer.out);
		plugin_answer_clear(&answer);
		assert_no_limits(missing);
	}
	limited_close(&red);
}

/* The quick run tries each two of them together. */
static void del__succeeds_whatever_is_missing(void **state)
{
	(void)state;
	sandbox_must("echo nothing > /run/a-file");
	for (unsigned int missing = 0; missing < ALL; missing++) {
		/* Without filter and ifb nothing says whose the ingress qdisc is; it does nothing,
		 * and goes with the veth. */
		if (missing & FILTER_REMOVED && missing & IFB_REMOVED)
			continue;
		if (getenv("CNI_C_SLOW") || __builtin_popcount(missing) < 3 ||
		    missing == ALL - 1 - FILTER_REMOVED)
			assert_goes_without(missing);
	}
}

/* A configuration that has become wrong since is no reason to leave things behind. */
static void del__forgives_a_broken_configuration(void **state)
{
	static const char *const wrongs[] = {
		"'ingressRate':'much'",
		"'ingressRate':5",
		"'egressBurst':-1",
		"'runtimeConfig':7",
		"'runtimeConfig':{'bandwidth':[]}",
		"'latency':0",
		"'exactBurst':'no'",
		"'prevResult':{'cniVersion':'1.0.0','interfaces':'nonsense'}",
		"'dns':7",
	};
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		freeing char *config = bandwidth_config("1.0.0", wrongs[i], NULL);
		freeing char *left = NULL;
		struct plugin_call asked;

		limited_add(&red, BOTH);
		asked = limited_call(&red, "DEL", config);
		plugin_succeeds(&asked);
		left = limits();
		assert_string_equal(left, "");
	}
	limited_close(&red);
}

/* As runtimes do, which have all of the chain undone in reverse. */
static void del__of_the_whole_chain_leaves_nothing(void **state)
{
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM4);
	freeing char *before = NULL;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	pod_del(&red.pod, bridge);
	limited_close(&red);
	before = bridge_snapshot();
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	limited_del(&red, BOTH);
	pod_del(&red.pod, bridge);
	bridge_assert_unchanged(before);
	/* And in the other order. */
	limited_close(&red);
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	pod_del(&red.pod, bridge);
	limited_del(&red, BOTH);
	bridge_assert_unchanged(before);
	limited_close(&red);
}

/* ---- other people's things ---- */

static void assert_leaves_alone(const char *command, const char *gone)
{
	freeing char *before = NULL;
	struct limited red;

	fprintf(stderr, "# %s\n", command);
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	limited_del(&red, BOTH);
	limited_add(&red, BOTH);
	sandbox_must("HOST=%s IFB=%s; %s", red.pod.host, red.ifb, gone);
	sandbox_must("HOST=%s IFB=%s; %s", red.pod.host, red.ifb, command);
	before = limits();
	limited_del(&red, BOTH);
	{
		freeing char *after = limits();

		assert_string_equal(after, before);
	}
	limited_close(&red);
	bridge_teardown(NULL);
	assert_int_equal(bridge_setup(NULL), 0);
}

static void del__leaves_foreign_things(void **state)
{
	static const char all[] = "tc qdisc del dev $HOST root; tc qdisc del dev $HOST ingress; "
				  "ip link del $IFB";

	(void)state;
	assert_leaves_alone("tc qdisc add dev $HOST root handle 5: tbf rate 1mbit burst 3000 limit "
			    "9000",
			    all);
	assert_leaves_alone("tc qdisc add dev $HOST root handle 1: pfifo", all);
	assert_leaves_alone("tc qdisc add dev $HOST ingress", all);
	assert_leaves_alone("tc qdisc add dev $HOST clsact", all);
	assert_leaves_alone(
		"ip link add ifbmine type ifb; tc qdisc add dev $HOST ingress; tc filter "
		"add dev $HOST ingress u32 match u32 0 0 action mirred egress redirect "
		"dev ifbmine",
		all);
	/* A link that has our name, and is another's by its alias. */
	assert_leaves_alone("ip link add $IFB type ifb; ip link set $IFB alias blue/other/eth0",
			    all);
	assert_leaves_alone("ip link add $IFB type ifb; ip link set $IFB alias mine", all);
}

/* The path of a namespace may lead to another container's by now. */
static void del__in_anothers_namespace_leaves_that_alone(void **state)
{
	struct plugin_call asked;
	struct limited green;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_open(&green, "green");
	limited_add(&red, BOTH);
	limited_add(&green, BOTH);
	for (int i = 0; i < 2; i++) {
		freeing char *config = bandwidth_config("1.0.0", BOTH, i ? red.result : NULL);

		asked = limited_call(&red, "DEL", config);
		asked.netns = green.pod.netns;
		plugin_succeeds(&asked);
		limited_check(&green, BOTH);
	}
	sandbox_must("! ip link show %s 2>/dev/null", red.ifb);
	limited_close(&red);
	limited_close(&green);
}

static void del__in_our_own_namespace_leaves_the_hosts_links_alone(void **state)
{
	freeing char *config = NULL;
	struct plugin_call asked;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	sandbox_must("ip link add eth0 type veth peer name up1; "
		     "tc qdisc add dev up1 root handle c41: tbf rate 1mbit burst 3000 limit 9000");
	config = bandwidth_config("1.0.0", BOTH, NULL);
	asked = limited_call(&red, "DEL", config);
	asked.netns = "/proc/self/ns/net";
	plugin_succeeds(&asked);
	sandbox_must("tc qdisc show dev up1 | grep -q c41:");
	sandbox_must("! ip link show %s 2>/dev/null", red.ifb);
	limited_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(del__leaves_the_host_as_it_was),
		bridge_test(del__of_what_never_was_succeeds),
		bridge_test(del__succeeds_whatever_is_missing),
		bridge_test(del__forgives_a_broken_configuration),
		bridge_test(del__of_the_whole_chain_leaves_nothing),
		bridge_test(del__leaves_foreign_things),
		bridge_test(del__in_anothers_namespace_leaves_that_alone),
		bridge_test(del__in_our_own_namespace_leaves_the_hosts_links_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
