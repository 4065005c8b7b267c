/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins for a pod whose root forges the kernel's answers all the while (forger.h). The slow run
 * repeats this 200 times. */
#include "bridge.h"
#include "cleanup.h"
#include "forger.h"
#include "loopback_scene.h"
#include "mem.h"
#include "tuning_scene.h"

#include <stdlib.h>
#include <string.h>

static struct forger forger;
static struct pod red;

static int rounds(void)
{
	return getenv("CNI_C_SLOW") ? 200 : 4;
}

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	forger_open(&forger);
	red = (struct pod){.name = "red"};
	snprintf(red.netns, sizeof(red.netns), "%s", forger.netns);
	return 0;
}

static int teardown(void **state)
{
	cJSON_Delete(red.result);
	forger_close(&forger);
	return bridge_teardown(state);
}

#define forged_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static char *shown_mac(const char *ifname)
{
	return sandbox_read("nsenter --net=%s ip -j link show dev %s | jq -rj '.[0].address'",
			    forger.netns, ifname);
}

/* The MAC that is checked is the link's, as another process saw it while the pod was quiet. */
static void assert_true_mac(void)
{
	freeing char *mac = shown_mac("eth0");
	freeing char *rules = sandbox_read("nft list ruleset");

	assert_json(red.result, "interfaces.2.mac", mac);
	assert_non_null(strstr(rules, mac));
	assert_null(strstr(rules, FORGER_MAC));
}

static void bridge__believes_no_forged_answer(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);

	(void)state;
	for (int i = 0; i < rounds() || !forger_has_reached(&forger); i++) {
		forger_start(&forger);
		pod_add(&red, config);
		pod_check(&red, config);
		forger_stop(&forger);
		assert_true_mac();
		forger_start(&forger);
		pod_del(&red, config);
		forger_stop(&forger);
		assert_shown(NULL, "0", "ip -j link show type veth");
	}
}

static void loopback__believes_no_forged_answer(void **state)
{
	static const char *const commands[] = {"ADD", "CHECK", "DEL"};
	freeing char *config = lo_config("1.0.0", "");
	freeing char *with = NULL;

	(void)state;
	for (int i = 0; i < rounds() || !forger_has_reached(&forger); i++)
		for (size_t j = 0; j < sizeof(commands) / sizeof(*commands); j++) {
			struct plugin_call call = lo_call(commands[j], config);
			struct plugin_answer answer;

			call.netns = forger.netns;
			if (with && j)
				call.config = with;
			forger_start(&forger);
			answer = plugin_run(&call);
			forger_stop(&forger);
			plugin_assert_success(&answer);
			sandbox_must("nsenter --net=%s ip link show lo | grep -q '%s'",
				     forger.netns, j == 2 ? "<LOOPBACK>" : "<LOOPBACK,UP");
			if (j == 0 && !with) {
				freeing char *prev = cJSON_PrintUnformatted(answer.json);
				freeing char *more = cni_format("'prevResult':%s", prev);

				with = lo_config("1.0.0", more);
			}
			plugin_answer_clear(&answer);
		}
}

static void tuning__believes_no_forged_answer(void **state)
{
	static const char *const commands[] = {"ADD", "CHECK", "DEL"};
	static const char *const macs[] = {"0a:58:0a:01:00:05", "0a:58:0a:01:00:05",
					   "02:00:00:00:00:05"};
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);

	(void)state;
	sandbox_must("mkdir -p " TUNING_DIR "; nsenter --net=%s sh -c 'ip link add eth0 address "
		     "02:00:00:00:00:05 type veth peer name peer0 && ip link set eth0 up && "
		     "ip addr add 10.1.0.5/24 dev eth0'",
		     forger.netns);
	for (int i = 0; i < rounds() || !forger_has_reached(&forger); i++)
		for (size_t j = 0; j < sizeof(commands) / sizeof(*commands); j++) {
			struct plugin_call call = tuning_call(commands[j], config);
			struct plugin_answer answer;
			freeing char *mac = NULL;

			call.netns = forger.netns;
			forger_start(&forger);
			answer = plugin_run(&call);
			forger_stop(&forger);
			plugin_assert_success(&answer);
			plugin_answer_clear(&answer);
			mac = shown_mac("eth0");
			assert_string_equal(mac, macs[j]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		forged_test(bridge__believes_no_forged_answer),
		forged_test(loopback__believes_no_forged_answer),
		forged_test(tuning__believes_no_forged_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
