/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* CHECK names each damage to bandwidth's work, and leaves all else to others. */
#include "bandwidth.h"

#include "cleanup.h"
#include "mem.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* In these commands $HOST is the host's end and $IFB the ifb. */
struct change {
	const char *command;
	const char *text; /* what CHECK says; NULL: it succeeds */
};

#define TBF(rate, burst, limit, peak)                                                              \
	"root handle c41: tbf rate " rate " burst " burst " limit " limit " peakrate " peak        \
	" mtu 3044"

/* Each on an attachment of its own. */
static void assert_changes(const char *more, const struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct limited red;

		fprintf(stderr, "# %s\n", changes[i].command);
		limited_open(&red, "red");
		limited_add(&red, more);
		limited_check(&red, more);
		sandbox_must("HOST=%s IFB=%s; %s", red.pod.host, red.ifb, changes[i].command);
		if (changes[i].text)
			limited_check_fails(&red, more, changes[i].text);
		else
			limited_check(&red, more);
		sandbox_run("ip link del %s 2>/dev/null", red.ifb);
		limited_close(&red);
	}
}

static void check__names_what_is_wrong_with_the_ingress_limit(void **state)
{
	static const struct change changes[] = {
		{"tc qdisc del dev $HOST root",
		 "has a qdisc noqueue as its root, expected a tbf of 10000000 bit/s"},
		{"tc qdisc replace dev $HOST root pfifo",
		 "has a qdisc pfifo as its root, expected a tbf of 10000000 bit/s"},
		{"tc qdisc change dev $HOST " TBF("9mbit", "22500", "10000", "100gbit"),
		 "is limited to 9000000 bit/s, expected 10000000"},
		{"tc qdisc change dev $HOST " TBF("10mbit", "100000", "10000", "100gbit"),
		 "lets bursts of 100000 bytes pass, expected 25000"},
		{"tc qdisc change dev $HOST " TBF("10mbit", "25000", "9999", "100gbit"),
		 "queues up to 9999 bytes, expected 10000"},
		{"tc qdisc change dev $HOST " TBF("10mbit", "25000", "10000", "1gbit"),
		 "has a peak rate of 1000000000 bit/s, expected 100000000000"},
		{"tc qdisc replace dev $HOST parent c41:1 pfifo limit 10",
		 "has a qdisc 'pfifo' beneath its limit, expected fq_codel"},
	};

	(void)state;
	assert_changes(BOTH, changes, COUNT(changes));
}

static void check__names_what_is_wrong_with_the_egress_limit(void **state)
{
	static const struct change changes[] = {
		{"ip link del $IFB", "is missing"},
		{"ip link set $IFB down", "is down, expected it up"},
		{"ip link set $IFB alias blue/other/eth0", "is missing"},
		{"ip link del $IFB; ip link add $IFB type bridge", "is missing"},
		{"tc qdisc del dev $IFB root", "expected a tbf of 20000000 bit/s"},
		{"tc qdisc change dev $IFB " TBF("10mbit", "25000", "20000", "100gbit"),
		 "is limited to 10000000 bit/s, expected 20000000"},
		{"tc qdisc change dev $IFB " TBF("20mbit", "100000", "20000", "100gbit"),
		 "lets bursts of 100000 bytes pass, expected 50000"},
		{"tc qdisc change dev $IFB root handle c41: tbf rate 20mbit burst 50000 limit 9999 "
		 "peakrate 100gbit mtu 5000",
		 "queues up to 9999 bytes, expected 20000"},
		{"tc qdisc replace dev $IFB parent c41:1 pfifo limit 10",
		 "has a qdisc 'pfifo' beneath its limit, expected fq_codel"},
		{"tc qdisc del dev $HOST ingress",
		 "does not redirect what comes from the container, expected to 'ifb"},
		{"tc filter del dev $HOST ingress",
		 "does not redirect what comes from the container, expected to 'ifb"},
		{"tc filter del dev $HOST ingress; tc filter add dev $HOST ingress pref 1 u32 "
		 "match "
		 "u32 0 0 action mirred egress redirect dev br0",
		 "redirects what comes from the container to link 2, expected "},
		{"tc filter del dev $HOST ingress; tc filter add dev $HOST ingress pref 1 u32 "
		 "match "
		 "u32 0 0 action mirred egress mirror dev $IFB",
		 "does not redirect what comes from the container"},
	};

	(void)state;
	assert_changes(BOTH, changes, COUNT(changes));
}

static void check__names_what_is_wrong_with_the_interface(void **state)
{
	static const struct change changes[] = {
		{"ip link del $HOST", "container interface eth0 has no veth peer: it is not there"},
		{"ip -n red link del eth0; ip -n red link add eth0 type bridge",
		 "container interface eth0 has no veth peer: it is of kind 'bridge'"},
		{"ip netns add other; ip link set $HOST netns other", "is not in host ns"},
		{"ip -n red link del eth0; "
		 "ip link add somewhere type veth peer name eth0 netns red",
		 "'somewhere' is not in 'prevResult'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		assert_changes(BOTH, &changes[i], 1);
		sandbox_run("ip netns del other 2>/dev/null; ip link del somewhere 2>/dev/null");
	}
}

static void check__leaves_the_rest_to_others(void **state)
{
	static const struct change changes[] = {
		{"ip -n red link set eth0 mtu 1400", NULL},
		{"ip -n red link set eth0 address 02:00:00:00:00:0a", NULL},
		{"ip -n red link set eth0 down", NULL},
		{"tc qdisc add dev br0 root pfifo", NULL},
		{"tc filter add dev $HOST ingress pref 9 u32 match u32 0 0 action mirred egress "
		 "mirror dev lo",
		 NULL},
		{"ip link add ifbother type ifb", NULL},
		{"ip link set $HOST nomaster", NULL},
	};
	static const struct change unlimited[] = {
		{"tc qdisc add dev $HOST root pfifo; tc qdisc add dev $HOST ingress", NULL},
		{"ip -n red link del eth0", NULL},
	};

	(void)state;
	assert_changes(BOTH, changes, COUNT(changes));
	assert_changes("", unlimited, COUNT(unlimited));
}

/* Another limit than that of the ADD. */
static void check__compares_with_the_configuration(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, INGRESS);
	limited_check_fails(&red, BOTH, "is missing");
	limited_check_fails(&red, "'ingressRate':11000000,'ingressBurst':4294967295",
			    "is limited to 10000000 bit/s, expected 11000000");
	limited_check_fails(&red, INGRESS ",'exactBurst':true", "lets bursts of 25000 bytes pass");
	limited_check_fails(&red, INGRESS ",'latency':9", "expected ");
	limited_check(&red, "");
	limited_close(&red);
}

static void check__changes_nothing(void **state)
{
	freeing char *before = NULL;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	before = sandbox_snapshot();
	for (int i = 0; i < 3; i++)
		limited_check(&red, BOTH);
	sandbox_assert_unchanged(before);
	limited_close(&red);
}

static void check__wants_a_prev_result(void **state)
{
	freeing char *config = bandwidth_config("1.0.0", BOTH, NULL);
	struct plugin_call asked;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	asked = limited_call(&red, "CHECK", config);
	plugin_fails(&asked, CNI_ECONFIG, "prevResult");
	limited_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(check__names_what_is_wrong_with_the_ingress_limit),
		bridge_test(check__names_what_is_wrong_with_the_egress_limit),
		bridge_test(check__names_what_is_wrong_with_the_interface),
		bridge_test(check__leaves_the_rest_to_others),
		bridge_test(check__compares_with_the_configuration),
		bridge_test(check__changes_nothing),
		bridge_test(check__wants_a_prev_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
