/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Beside the Go plugin: a node that is upgraded or downgraded in place, and the same answers. */
#include "bandwidth.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

/* Bursts that both take as they are. */
#define LIMITS                                                                                     \
	"'ingressRate':10000000,'ingressBurst':800000,'egressRate':20000000,'egressBurst':800000"

#define needs_go()                                                                                 \
	do {                                                                                       \
		if (access(GO_BANDWIDTH, X_OK) != 0)                                               \
			skip_because("the Go plugin is not installed");                            \
	} while (0)

static struct plugin_answer run_go(const struct limited *limited, const char *command,
				   const char *more)
{
	freeing char *config = bandwidth_config(
		"1.0.0", more, limited->result ? limited->result : limited->pod.result);
	struct plugin_call asked = limited_call(limited, command, config);

	asked.plugin = GO_BANDWIDTH;
	return plugin_run(&asked);
}

static void go_add(struct limited *limited)
{
	struct plugin_answer answer = run_go(limited, "ADD", LIMITS);

	limited_take(limited, &answer);
	plugin_answer_clear(&answer);
	assert_int_equal(strncmp(limited->ifb, "bwp", 3), 0);
}

static void del__removes_what_go_has_made(void **state)
{
	freeing char *before = NULL;
	struct limited red;

	(void)state;
	needs_go();
	limited_open(&red, "red");
	before = bridge_snapshot();
	go_add(&red);
	limited_del(&red, LIMITS);
	bridge_assert_unchanged(before);
	/* With nothing that leads there but the names. */
	go_add(&red);
	{
		freeing char *config = bandwidth_config("1.0.0", "", NULL);
		struct plugin_call asked = limited_call(&red, "DEL", config);

		asked.netns = NULL;
		plugin_succeeds(&asked);
	}
	bridge_assert_unchanged(before);
	limited_close(&red);
}

static void check__accepts_what_go_has_made(void **state)
{
	struct limited red;

	(void)state;
	needs_go();
	limited_open(&red, "red");
	go_add(&red);
	limited_check(&red, LIMITS);
	limited_check_fails(&red, "'ingressRate':9000000,'ingressBurst':800000",
			    "is limited to 10000000 bit/s, expected 9000000");
	limited_check_fails(&red, "'egressRate':9000000,'egressBurst':800000",
			    "is limited to 20000000 bit/s, expected 9000000");
	sandbox_must("tc qdisc del dev %s ingress", red.pod.host);
	limited_check_fails(&red, LIMITS, "does not redirect what comes from the container");
	limited_close(&red);
}

/* By the second name of the ifb; the rest goes with the veth, as the Go plugin leaves it there. */
static void go_del__removes_what_we_have_made(void **state)
{
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM4);
	freeing char *before = NULL;
	struct plugin_answer answer;
	struct limited red;

	(void)state;
	needs_go();
	limited_open(&red, "red");
	pod_del(&red.pod, bridge);
	limited_close(&red);
	before = bridge_snapshot();
	limited_open(&red, "red");
	limited_add(&red, LIMITS);
	answer = run_go(&red, "DEL", LIMITS);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_shown("[]", "", "ip -j link show type ifb");
	pod_del(&red.pod, bridge);
	bridge_assert_unchanged(before);
	limited_close(&red);
}

/* The Go plugin's ifb is of the container; ours of one of its interfaces. */
static void del__of_our_interface_leaves_gos_alone(void **state)
{
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM4);
	freeing char *config = NULL;
	struct plugin_answer attached;
	struct plugin_call asked;
	struct limited red;

	(void)state;
	needs_go();
	limited_open(&red, "red");
	go_add(&red);
	asked = pod_call(&red.pod, "ADD", bridge);
	asked.ifname = "net1";
	attached = plugin_run(&asked);
	plugin_assert_success(&attached);
	config = bandwidth_config("1.0.0", LIMITS, attached.json);
	asked = limited_call(&red, "ADD", config);
	asked.ifname = "net1";
	plugin_succeeds(&asked);
	asked.command = "DEL";
	plugin_succeeds(&asked);
	limited_check(&red, LIMITS);
	plugin_answer_clear(&attached);
	limited_close(&red);
}

/* ---- the same answers ---- */

static void add__answers_as_go_does(void **state)
{
	static const char *const mores[] = {"", "'ingressRate':10000000,'ingressBurst':800000",
					    LIMITS, "'runtimeConfig':{'bandwidth':{" LIMITS "}}",
					    "'ingressRate':0,'runtimeConfig':{'bandwidth':{" LIMITS
					    "}}"};
	struct limited red;

	(void)state;
	needs_go();
	limited_open(&red, "red");
	for (size_t i = 0; i < sizeof(mores) / sizeof(*mores); i++) {
		struct plugin_answer answer = run_go(&red, "ADD", mores[i]);
		cJSON *ifb;

		plugin_assert_success(&answer);
		limited_del(&red, mores[i]);
		limited_add(&red, mores[i]);
		/* But for the name and the MAC of the ifb. */
		ifb = cJSON_GetArrayItem(cni_json_get(answer.json, "interfaces"), 3);
		assert_int_equal(ifb != NULL, *red.ifb != '\0');
		if (ifb) {
			freeing char *mac = shown("0.address", "ip -j link show %s", red.ifb);

			cni_json_set(ifb, "name", cJSON_CreateString(red.ifb));
			cni_json_set(ifb, "mac", cJSON_CreateString(mac));
		}
		/* The reference writes an empty one at 1.0.0. */
		cni_json_set(answer.json, "dns", NULL);
		assert_true(cJSON_Compare(answer.json, red.result, true));
		plugin_answer_clear(&answer);
		limited_del(&red, mores[i]);
	}
	limited_close(&red);
}

static void add__refuses_what_go_refuses(void **state)
{
	static const char *const cases[][2] = {
		{"'ingressRate':8000", "if rate is set, burst must also be set"},
		{"'egressRate':8000", "if rate is set, burst must also be set"},
		{"'ingressBurst':8000", "if burst is set, rate must also be set"},
		{"'runtimeConfig':{'bandwidth':{'egressBurst':8000}}",
		 "if burst is set, rate must also be set"},
		{"'exactBurst':true,'ingressRate':8000,'ingressBurst':34359738360",
		 "burst cannot be more than 4GB"},
		{"'ingressRate':-5,'ingressBurst':5", "ingressRate"},
		{"'ingressRate':0.5,'ingressBurst':5", "ingressRate"},
		{"'ingressRate':'5','ingressBurst':5", "ingressRate"},
		{"'runtimeConfig':{'bandwidth':5}", "bandwidth"},
	};
	freeing char *before = NULL;
	struct limited red;

	(void)state;
	needs_go();
	limited_open(&red, "red");
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_answer answer = run_go(&red, "ADD", cases[i][0]);

		plugin_assert_error(&answer, cni_json_get(answer.json, "code")->valueint,
				    cases[i][1]);
		plugin_answer_clear(&answer);
		limited_add_fails(&red, cases[i][0], CNI_ECONFIG, cases[i][1]);
	}
	bridge_assert_unchanged(before);
	limited_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(del__removes_what_go_has_made),
		bridge_test(check__accepts_what_go_has_made),
		bridge_test(go_del__removes_what_we_have_made),
		bridge_test(del__of_our_interface_leaves_gos_alone),
		bridge_test(add__answers_as_go_does),
		bridge_test(add__refuses_what_go_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
