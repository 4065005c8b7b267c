/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* ADD: bandwidth's limits, with tc(8) and ip(8) as witnesses, and its answers. */
#include "bandwidth.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define ROOT "tc -j qdisc show dev %s root"

static void assert_redirects(const struct limited *limited)
{
	freeing_json cJSON *filters =
		sandbox_json("tc -j filter show dev %s ingress", limited->pod.host);
	const cJSON *last = cJSON_GetArrayItem(filters, cJSON_GetArraySize(filters) - 1);

	assert_json(last, "protocol", "all");
	assert_json(last, "options.match.mask", "0");
	assert_json(last, "options.actions.0.mirred_action", "redirect");
	assert_json(last, "options.actions.0.direction", "egress");
	assert_json(last, "options.actions.0.to_dev", limited->ifb);
}

static void add__limits_both_directions(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	assert_shown("tbf", "0.kind", ROOT, red.pod.host);
	assert_shown("1250000", "0.options.rate", ROOT, red.pod.host);
	assert_shown("25000", "0.options.burst", ROOT, red.pod.host);
	assert_shown("tbf", "0.kind", ROOT, red.ifb);
	assert_shown("2500000", "0.options.rate", ROOT, red.ifb);
	assert_shown("ifb", "0.linkinfo.info_kind", "ip -d -j link show dev %s", red.ifb);
	assert_shown("blue/red/eth0", "0.ifalias", "ip -j link show dev %s", red.ifb);
	assert_shown("1500", "0.mtu", "ip -j link show dev %s", red.ifb);
	sandbox_must("ip -o link show dev %s up | grep -q .", red.ifb);
	assert_redirects(&red);
	limited_check(&red, BOTH);
	limited_close(&red);
}

/* bridge's answer, and behind it the ifb. */
static void add__answers_with_prev_result_and_the_ifb(void **state)
{
	freeing_json cJSON *expected = NULL;
	freeing char *mac = NULL;
	struct limited red;
	cJSON *ifb;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	mac = shown("0.address", "ip -j link show dev %s", red.ifb);
	ifb = cni_json_object();
	cni_json_add_string(ifb, "name", red.ifb);
	cni_json_add_string(ifb, "mac", mac);
	expected = cni_json_copy(red.pod.result);
	cJSON_AddItemToArray(cni_json_get(expected, "interfaces"), ifb);
	assert_true(cJSON_Compare(red.result, expected, true));
	limited_close(&red);
}

/* ---- nothing for nothing ---- */

static void add__makes_nothing_for_an_unlimited_direction(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, INGRESS);
	assert_shown("1250000", "0.options.rate", ROOT, red.pod.host);
	assert_shown("[]", "", "ip -j link show type ifb");
	sandbox_must("! tc qdisc show dev %s | grep -q ingress", red.pod.host);
	assert_true(cJSON_Compare(red.result, red.pod.result, true));
	limited_check(&red, INGRESS);
	limited_del(&red, INGRESS);
	limited_add(&red, EGRESS);
	assert_shown("noqueue", "0.kind", ROOT, red.pod.host);
	assert_shown("2500000", "0.options.rate", ROOT, red.ifb);
	limited_check(&red, EGRESS);
	limited_close(&red);
}

static void add__makes_nothing_without_a_limit(void **state)
{
	static const char *const unlimited[] = {
		"",
		"'ingressRate':0,'ingressBurst':0,'egressRate':0,'egressBurst':0",
		"'capabilities':{'bandwidth':true}",
		"'runtimeConfig':{}",
		"'runtimeConfig':{'bandwidth':{}}",
		"'runtimeConfig':{'bandwidth':null}",
		"'runtimeConfig':{'bandwidth':{'ingressRate':0,'egressBurst':0}}",
		/* The plugin's own keys go first, whatever they say. */
		"'ingressRate':0,'runtimeConfig':{'bandwidth':{" BOTH "}}",
		"'latency':5,'exactBurst':true",
	};
	freeing char *before = NULL;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(unlimited) / sizeof(*unlimited); i++) {
		freeing char *made = NULL;

		limited_add(&red, unlimited[i]);
		made = limits();
		assert_string_equal(made, "");
		assert_true(cJSON_Compare(red.result, red.pod.result, true));
		limited_check(&red, unlimited[i]);
	}
	bridge_assert_unchanged(before);
	limited_close(&red);
}

/* ADD without a limit does not look at the interface, nor at its existence. */
static void add__without_a_limit_asks_for_no_interface(void **state)
{
	freeing_json cJSON *prev = cJSON_Parse("{\"cniVersion\":\"1.0.0\"}");
	freeing char *config = bandwidth_config("1.0.0", "", prev);
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	asked = pod_call(&red, "ADD", config);
	asked.plugin = BANDWIDTH;
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	assert_json(answer.json, "", "{'cniVersion':'1.0.0'}");
	plugin_answer_clear(&answer);
	pod_close(&red);
}

/* ---- from whom ---- */

static void add__takes_what_the_runtime_says(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	/* As containerd does. */
	limited_add(&red, "'capabilities':{'bandwidth':true},'runtimeConfig':{'bandwidth':"
			  "{'IngressRate':100000000,'IngressBurst':4294967295,"
			  "'EgressRate':50000000,'EgressBurst':4294967295}}");
	assert_shown("12500000", "0.options.rate", ROOT, red.pod.host);
	assert_shown("6250000", "0.options.rate", ROOT, red.ifb);
	limited_close(&red);
}

static void add__takes_its_own_keys_first(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, INGRESS ",'runtimeConfig':{'bandwidth':"
				  "{'ingressRate':5000000,'ingressBurst':5000000," EGRESS "}}");
	assert_shown("1250000", "0.options.rate", ROOT, red.pod.host);
	assert_string_equal(red.ifb, "");
	limited_close(&red);
}

/* ---- figures ---- */

static void add__takes_rates_of_64_bits(void **state)
{
	static const char *const rates[][2] = {
		{"34359738376", "4294967297"}, /* 2^32 + 1 bytes */
		{"100000000000", "12500000000"},
		{"8000000000000", "1000000000000"},
		{"9", "1"},
		{"1", "1"},
	};

	struct limited red;

	(void)state;
	limited_open(&red, "red");
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		freeing char *more =
			cni_format("'ingressRate':%s,'ingressBurst':9223372036854775807,"
				   "'egressRate':%s,'egressBurst':4294967295",
				   rates[i][0], rates[i][0]);

		limited_add(&red, more);
		assert_shown(rates[i][1], "0.options.rate", ROOT, red.pod.host);
		assert_shown(rates[i][1], "0.options.rate", ROOT, red.ifb);
		limited_check(&red, more);
		limited_del(&red, more);
	}
	limited_close(&red);
}

static void add__gives_a_burst_that_makes_sense(void **state)
{
	static const struct {
		const char *more;
		long burst; /* bytes, within one in a thousand */
	} cases[] = {
		{"'ingressRate':10000000,'ingressBurst':4294967295", 25000},
		{"'ingressRate':10000000,'ingressBurst':2147483647", 25000},
		{"'ingressRate':10000000,'ingressBurst':34359738359", 25000},
		{"'ingressRate':10000000,'ingressBurst':9223372036854775807", 25000},
		{"'ingressRate':10000000,'ingressBurst':10000001", 25000},
		{"'ingressRate':10000000,'ingressBurst':10000000", 1250000},
		{"'ingressRate':10000000,'ingressBurst':80000", 10000},
		{"'ingressRate':10000000,'ingressBurst':8", 1522},
		{"'ingressRate':10000000,'ingressBurst':2147483640,'exactBurst':true", 268435455},
		{"'ingressRate':10000000000,'ingressBurst':4294967295", 25000000},
		{"'ingressRate':10000000000,'ingressBurst':4294967295,'exactBurst':true",
		 536870911},
	};

	struct limited red;

	(void)state;
	limited_open(&red, "red");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *burst = NULL;

		limited_add(&red, cases[i].more);
		burst = shown("0.options.burst", ROOT, red.pod.host);
		if (labs(strtol(burst, NULL, 10) - cases[i].burst) > cases[i].burst / 1000 + 1)
			fail_msg("%s: %s, expected %ld", cases[i].more, burst, cases[i].burst);
		limited_check(&red, cases[i].more);
		limited_del(&red, cases[i].more);
	}
	limited_close(&red);
}

static void add__queues_as_long_as_the_latency(void **state)
{
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, "'ingressRate':100000000,'ingressBurst':80000,'latency':100");
	/* fq_codel says so itself, a tbf by the length of its queue: 100 ms, without the burst. */
	sandbox_must("tc qdisc show dev %s | grep -qE 'target (100ms|99.9ms)|lat 99(\\.[0-9]*)?ms'",
		     red.pod.host);
	limited_check(&red, "'ingressRate':100000000,'ingressBurst':80000,'latency':100");
	limited_close(&red);
}

/* ---- whose ---- */

static void add__tells_attachments_apart(void **state)
{
	struct limited red;
	struct limited green;

	(void)state;
	limited_open(&red, "red");
	limited_open(&green, "green");
	limited_add(&red, BOTH);
	limited_add(&green, BOTH);
	assert_string_not_equal(red.ifb, green.ifb);
	limited_check(&red, BOTH);
	limited_check(&green, BOTH);
	limited_del(&red, BOTH);
	limited_check(&green, BOTH);
	limited_close(&red);
	limited_close(&green);
}

/* Two interfaces of one container in one network: the Go plugin has one name for both. */
static void add__tells_interfaces_of_a_container_apart(void **state)
{
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM4);
	freeing char *config = NULL;
	struct plugin_answer attached;
	struct plugin_answer answer;
	struct plugin_call asked;
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	limited_add(&red, BOTH);
	asked = pod_call(&red.pod, "ADD", bridge);
	asked.ifname = "net1";
	attached = plugin_run(&asked);
	plugin_assert_success(&attached);
	config = bandwidth_config("1.0.0", BOTH, attached.json);
	asked = limited_call(&red, "ADD", config);
	asked.ifname = "net1";
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	assert_string_not_equal(
		cni_json_get_string(cJSON_GetArrayItem(cni_json_get(answer.json, "interfaces"), 3),
				    "name"),
		red.ifb);
	limited_check(&red, BOTH);
	/* Without anything that leads to it, twice, and the other one stays. */
	asked.command = "DEL";
	asked.netns = NULL;
	plugin_succeeds(&asked);
	plugin_succeeds(&asked);
	limited_check(&red, BOTH);
	assert_shown(red.ifb, "0.ifname", "ip -j link show type ifb");
	assert_shown(NULL, "1", "ip -j link show type ifb");
	plugin_answer_clear(&answer);
	plugin_answer_clear(&attached);
	limited_close(&red);
}

/* A stale limit, whose DEL never came, and which may be incomplete. */
static void add__replaces_what_is_left_of_itself(void **state)
{
	static const char *const damages[] = {
		"true",
		"tc filter del dev $HOST ingress",
		"tc qdisc del dev $HOST ingress",
		"tc qdisc del dev $HOST root; tc qdisc del dev $IFB root",
		"ip link del $IFB",
		"ip link set $IFB down; ip link property del dev $IFB altname $ALT",
		"ip link del $IFB; ip link add $IFB type ifb",
	};
	struct limited red;

	(void)state;
	limited_open(&red, "red");
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		limited_add(&red, BOTH);
		sandbox_must("HOST=%s IFB=%s; ALT=$(ip -j link show $IFB | jq -r "
			     ".[0].altnames[0]); %s",
			     red.pod.host, red.ifb, damages[i]);
		limited_add(&red, "'ingressRate':1000000,'ingressBurst':4294967295,"
				  "'egressRate':1000000,'egressBurst':4294967295");
		assert_shown("125000", "0.options.rate", ROOT, red.pod.host);
		assert_shown("125000", "0.options.rate", ROOT, red.ifb);
		assert_shown(NULL, "1", "ip -j link show type ifb");
		assert_redirects(&red);
	}
	limited_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__limits_both_directions),
		bridge_test(add__answers_with_prev_result_and_the_ifb),
		bridge_test(add__makes_nothing_for_an_unlimited_direction),
		bridge_test(add__makes_nothing_without_a_limit),
		bridge_test(add__without_a_limit_asks_for_no_interface),
		bridge_test(add__takes_what_the_runtime_says),
		bridge_test(add__takes_its_own_keys_first),
		bridge_test(add__takes_rates_of_64_bits),
		bridge_test(add__gives_a_burst_that_makes_sense),
		bridge_test(add__queues_as_long_as_the_latency),
		bridge_test(add__tells_attachments_apart),
		bridge_test(add__tells_interfaces_of_a_container_apart),
		bridge_test(add__replaces_what_is_left_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
