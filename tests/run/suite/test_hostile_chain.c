/* SPDX-License-Identifier: Apache-2.0 */
/* A whole chain for a pod whose root forges the kernel's answers, or renames, changes, moves or
 * deletes eth0 between any two steps of any plugin. A changed eth0 may make ADD and CHECK fail; DEL
 * succeeds and leaves nothing, and the neighbour's attachment is whole all the while. */
#include "bridge.h"
#include "cleanup.h"
#include "forger.h"
#include "hostile.h"
#include "mem.h"
#include "trace.h"

#include <string.h>

/* So often with CNI_C_SLOW. */
#define TIMES 200

static const struct chained {
	const char *type;
	const char *members;
} chain[] = {
	{"tuning", "'mtu':1400,'promisc':true,"
		   "'sysctl':{'net.ipv4.conf.IFNAME.rp_filter':'2'}"},
	{"firewall", "'backend':'nftables','ingressPolicy':'same-bridge'"},
	{"portmap", "'runtimeConfig':{'portMappings':[{'hostPort':%u,'containerPort':80,"
		    "'protocol':'tcp'}]}"},
	{"bandwidth", "'runtimeConfig':{'bandwidth':{'ingressRate':1000000,"
		      "'ingressBurst':1000000,'egressRate':2000000,'egressBurst':2000000}}"},
};
#define CHAINED (sizeof(chain) / sizeof(*chain))

static struct plugin_answer run(const struct pod *pod, const char *command,
				const struct chained *plugin, unsigned int port)
{
	const char *percent = strstr(plugin->members, "%u");
	freeing char *members = percent ? cni_format("%.*s%u%s", (int)(percent - plugin->members),
						     plugin->members, port, percent + 2)
					: cni_strdup(plugin->members);
	freeing char *base = bridge_config("1.0.0", members);
	freeing char *config = pod->result ? pod_config(pod, base) : cni_strdup(base);
	freeing char *file = cni_format(CNI_C_BINARY_DIR "/plugins/%s", plugin->type);
	struct plugin_call call = pod_call(pod, command, config);

	call.plugin = file;
	return plugin_run(&call);
}

static bool succeeds(const struct pod *pod, const char *command, const struct chained *plugin,
		     unsigned int port)
{
	struct plugin_answer answer = run(pod, command, plugin, port);
	bool success = answer.exit_code == 0;

	if (!success)
		assert_true(answer.json && cJSON_HasObjectItem(answer.json, "code"));
	plugin_answer_clear(&answer);
	return success;
}

static void del_all(const struct pod *pod, unsigned int port)
{
	for (size_t i = CHAINED; i-- > 0;) {
		struct plugin_answer answer = run(pod, "DEL", &chain[i], port);

		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
	}
}

/* Returns how many calls of ADD and CHECK failed. */
static unsigned int live(struct pod *pod, const char *config)
{
	struct plugin_call asked = pod_call(pod, "ADD", config);
	struct plugin_answer answer = plugin_run(&asked);
	unsigned int failed = 0;

	if (answer.exit_code)
		failed++;
	else
		pod_take(pod, &answer);
	plugin_answer_clear(&answer);
	for (size_t i = 0; pod->result && i < CHAINED; i++)
		failed += !succeeds(pod, "ADD", &chain[i], 8081);
	for (size_t i = 0; pod->result && i < CHAINED; i++)
		failed += !succeeds(pod, "CHECK", &chain[i], 8081);
	del_all(pod, 8081);
	pod_del(pod, config);
	return failed;
}

static void assert_whole(const struct pod *keeper, const char *config)
{
	pod_check(keeper, config);
	for (size_t i = 0; i < CHAINED; i++) {
		struct plugin_answer answer = run(keeper, "CHECK", &chain[i], 8080);

		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
	}
}

static void live_beside(enum hostile_deed deed)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY ",'ipMasq':true," IPAM46);
	struct pod evil = {.name = "evil"};
	freeing char *before = NULL;
	struct hostile hostile;
	unsigned int failed = 0;
	struct pod keeper;

	pod_open(&keeper, "keeper");
	pod_add(&keeper, config);
	for (size_t i = 0; i < CHAINED; i++)
		assert_true(succeeds(&keeper, "ADD", &chain[i], 8080));
	before = bridge_snapshot();
	hostile_open(&hostile, deed);
	snprintf(evil.netns, sizeof(evil.netns), "%s", hostile.netns);
	for (unsigned int i = 0; i < TIMES; i += trace_stride(60)) {
		failed += live(&evil, config);
		assert_whole(&keeper, config);
	}
	hostile_close(&hostile);
	fprintf(stderr, "# %u calls of ADD and CHECK failed\n", failed);
	bridge_assert_unchanged(before);
	del_all(&keeper, 8080);
	pod_del(&keeper, config);
	pod_close(&keeper);
}

/* Answers of its own to what the plugins ask the kernel: nothing is refused, and nothing believed. */
static void chain__believes_no_forged_answer(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY ",'ipMasq':true," IPAM46);
	struct pod evil = {.name = "evil"};
	freeing char *before = NULL;
	freeing char *rules = NULL;
	unsigned int failed = 0;
	struct forger forger;
	struct pod keeper;

	(void)state;
	pod_open(&keeper, "keeper");
	pod_add(&keeper, config);
	before = bridge_snapshot();
	forger_open(&forger);
	snprintf(evil.netns, sizeof(evil.netns), "%s", forger.netns);
	forger_start(&forger);
	for (unsigned int i = 0; i < TIMES || !forger_has_reached(&forger); i += trace_stride(60))
		failed += live(&evil, config);
	forger_stop(&forger);
	assert_int_equal(failed, 0);
	rules = sandbox_read("nft list ruleset; ip -d link");
	assert_null(strstr(rules, FORGER_MAC));
	forger_close(&forger);
	bridge_assert_unchanged(before);
	pod_del(&keeper, config);
	pod_close(&keeper);
}

static void chain__survives_renaming(void **state)
{
	(void)state;
	live_beside(HOSTILE_RENAMES);
}

static void chain__survives_macs(void **state)
{
	(void)state;
	live_beside(HOSTILE_CHANGES_MAC);
}

static void chain__survives_moving(void **state)
{
	(void)state;
	live_beside(HOSTILE_MOVES);
}

static void chain__survives_deleting(void **state)
{
	(void)state;
	live_beside(HOSTILE_DELETES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(chain__believes_no_forged_answer),
		bridge_test(chain__survives_renaming),
		bridge_test(chain__survives_macs),
		bridge_test(chain__survives_moving),
		bridge_test(chain__survives_deleting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
