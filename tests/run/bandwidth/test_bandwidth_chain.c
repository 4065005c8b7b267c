/* SPDX-License-Identifier: Apache-2.0 */
/* bandwidth in each version of the specification, and anywhere in a chain. */
#include "bandwidth.h"

#include "cleanup.h"
#include "mem.h"

#define ROOT "tc -j qdisc show dev %s root"

static void add__speaks_every_version(void **state)
{
	static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1",
					       "0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *bridge = bridge_config(versions[i], GATEWAY "," IPAM4);
		freeing char *config = NULL;
		freeing char *host = NULL;
		freeing char *before = NULL;
		struct plugin_answer answer;
		struct plugin_call asked;
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, bridge);
		before = bridge_snapshot();
		config = bandwidth_config(versions[i], BOTH, red.result);
		asked = pod_call(&red, "ADD", config);
		asked.plugin = BANDWIDTH;
		answer = plugin_run(&asked);
		plugin_assert_success(&answer);
		assert_json(answer.json, "cniVersion", versions[i]);
		/* Before 0.3.0 a result knows no interfaces. */
		assert_json(answer.json, i < 2 ? "ip4.ip" : "ips.0.address", "10.1.0.2/24");
		assert_int_equal(cJSON_GetArraySize(cni_json_get(answer.json, "interfaces")),
				 i < 2 ? 0 : 4);
		host = shown("0.ifname", "ip -j link show type veth");
		assert_shown("1250000", "0.options.rate", ROOT, host);
		assert_shown(NULL, "1", "ip -j link show type ifb");
		asked.command = "DEL";
		plugin_succeeds(&asked);
		bridge_assert_unchanged(before);
		plugin_answer_clear(&answer);
		pod_del(&red, bridge);
		pod_close(&red);
	}
}

static struct plugin_answer run(const struct pod *pod, const char *plugin, const char *command,
				const char *more, const cJSON *prev)
{
	freeing char *config = bandwidth_config("1.0.0", more, prev);
	freeing char *path = cni_format("%s/plugins/%s", CNI_C_BINARY_DIR, plugin);
	struct plugin_call asked = pod_call(pod, command, config);
	struct plugin_answer answer;

	asked.plugin = path;
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	return answer;
}

/* bridge, these two in this order, and all of it back. */
static void assert_chain(const char *const plugins[2], const char *const more[2])
{
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM4);
	freeing char *before = NULL;
	struct plugin_answer answers[2];
	struct pod red;

	pod_open(&red, "red");
	pod_add(&red, bridge);
	before = bridge_snapshot();
	answers[0] = run(&red, plugins[0], "ADD", more[0], red.result);
	answers[1] = run(&red, plugins[1], "ADD", more[1], answers[0].json);
	assert_int_equal(cJSON_GetArraySize(cni_json_get(answers[1].json, "interfaces")), 4);
	pod_check(&red, bridge);
	for (int i = 0; i < 2; i++) {
		struct plugin_answer answer =
			run(&red, plugins[i], "CHECK", more[i], answers[1].json);

		plugin_answer_clear(&answer);
	}
	for (int i = 1; i >= 0; i--) {
		struct plugin_answer answer =
			run(&red, plugins[i], "DEL", more[i], answers[1].json);

		plugin_answer_clear(&answer);
		plugin_answer_clear(&answers[i]);
	}
	/* portmap's table stays, empty. */
	sandbox_run("nft flush ruleset");
	bridge_assert_unchanged(before);
	pod_del(&red, bridge);
	pod_close(&red);
}

#define PORTS                                                                                      \
	"'runtimeConfig':{'portMappings':[{'hostPort':8080,'containerPort':80,'protocol':'tcp'}]}"

static void add__stands_anywhere_in_a_chain(void **state)
{
	(void)state;
	assert_chain((const char *const[]){"bandwidth", "portmap"},
		     (const char *const[]){BOTH, PORTS});
	assert_int_equal(bridge_teardown(state), 0);
	assert_int_equal(bridge_setup(state), 0);
	assert_chain((const char *const[]){"portmap", "bandwidth"},
		     (const char *const[]){PORTS, BOTH});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__speaks_every_version),
		bridge_test(add__stands_anywhere_in_a_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
