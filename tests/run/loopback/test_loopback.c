/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* loopback as runtimes call it: what it answers, alone, in a chain and beside bridge. */
#include "loopback_scene.h"
#include "recorded.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

/* ---- the answer ---- */

static void loopback__answers_in_each_version(void **state)
{
	static const char both[] = "'ip4':{'ip':'127.0.0.1/8'},'ip6':{'ip':'::1/128'},'dns':{}";
	static const char numbered[] =
		"'interfaces':[{'name':'lo','mac':'00:00:00:00:00:00','sandbox':'" RED "'}],"
		"'ips':[{'version':'4','interface':0,'address':'127.0.0.1/8'},"
		"{'version':'6','interface':0,'address':'::1/128'}],'dns':{}";
	static const char plain[] =
		"'interfaces':[{'name':'lo','mac':'00:00:00:00:00:00','sandbox':'" RED "'}],"
		"'ips':[{'interface':0,'address':'127.0.0.1/8'},"
		"{'interface':0,'address':'::1/128'}]";
	static const struct {
		const char *version, *expected;
	} cases[] = {{"0.1.0", both},	  {"0.2.0", both},     {"0.3.0", numbered},
		     {"0.3.1", numbered}, {"0.4.0", numbered}, {"1.0.0", plain},
		     {"1.1.0", plain}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = lo_config(cases[i].version, "");
		freeing char *expected =
			cni_format("{'cniVersion':'%s',%s}", cases[i].version, cases[i].expected);
		struct plugin_call call = lo_call("ADD", config);
		struct plugin_answer answer;

		assert_up("red", false);
		answer = plugin_run(&call);
		plugin_assert_success(&answer);
		json_text_assert(answer.json, expected);
		plugin_answer_clear(&answer);
		assert_up("red", true);
		sandbox_must("ip netns exec red ping -q -c1 -W5 127.0.0.1 >/run/out");
		lo_succeeds("DEL", cases[i].version, "");
	}
}

static void assert_answers_alike(const char *version, const char *more)
{
	freeing char *config = lo_config(version, more);
	struct plugin_call call = lo_call("ADD", config);
	struct plugin_answer ours = plugin_run(&call);
	struct plugin_answer theirs;
	cJSON *ip;

	call.plugin = GO_LOOPBACK;
	theirs = plugin_run(&call);
	plugin_assert_success(&ours);
	plugin_assert_success(&theirs);
	/* The Go plugin writes its result as 1.x has it, in any version, and its versions differ in
	 * which results have an empty "dns". */
	assert_int_equal(cni_json_get(ours.json, "dns") != NULL, strcmp(version, "1.0.0") < 0);
	cni_json_set(ours.json, "dns", NULL);
	cni_json_set(theirs.json, "dns", NULL);
	cJSON_ArrayForEach (ip, cni_json_get(ours.json, "ips"))
		cni_json_set(ip, "version", NULL);
	cJSON_ArrayForEach (ip, cni_json_get(theirs.json, "ips"))
		cni_json_set(ip, "version", NULL);
	json_text_assert_equal(ours.json, theirs.json);
	plugin_answer_clear(&ours);
	plugin_answer_clear(&theirs);
}

#define PREV                                                                                       \
	"'prevResult':{'interfaces':[{'name':'cni0'},{'name':'eth0','mac':'0a:58:0a:01:00:05',"    \
	"'sandbox':'" RED "'}],'ips':[{'version':'4','interface':1,'address':'10.1.0.5/24'}]}"

static void loopback__answers_as_the_go_plugin(void **state)
{
	static const char *const versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0"};

	(void)state;
	if (access(GO_LOOPBACK, X_OK) != 0)
		skip_because("the Go plugins are not installed in /usr/lib/cni");
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		assert_answers_alike(versions[i], "");
		assert_answers_alike(versions[i], PREV);
	}
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		assert_answers_alike(versions[i], "");
	/* Each family's first one. */
	sandbox_must(
		"ip -n red addr add 127.0.0.2/8 dev lo; ip -n red addr add 127.9.9.9/32 dev lo");
	assert_answers_alike("1.0.0", "");
}

/* ---- what runtimes send ---- */

static void assert_as_recorded(const struct recorded *recorded)
{
	struct plugin_call call = recorded->call;
	struct plugin_answer answer;
	freeing_json cJSON *theirs = NULL;

	call.plugin = LOOPBACK;
	if (!strcmp(call.command, "DEL")) {
		struct plugin_call add = call;

		sandbox_must("ip -n red link set lo down");
		add.command = "ADD";
		add.netns = RED;
		plugin_succeeds(&add);
	}
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	if (strcmp(call.command, "ADD") != 0) {
		assert_string_equal(answer.out, "");
		assert_up("red", !*call.netns);
	} else {
		theirs = cni_json_copy(recorded->answer);
		/* This version of the Go plugin has a "dns"; newer ones left it out. */
		cni_json_set(answer.json, "dns", NULL);
		cni_json_set(theirs, "dns", NULL);
		for (int i = 0; i < 2; i++)
			cni_json_set(cJSON_GetArrayItem(cni_json_get(answer.json, "ips"), i),
				     "version", NULL);
		json_text_assert_equal(answer.json, theirs);
		assert_up("red", true);
	}
	plugin_answer_clear(&answer);
}

static void loopback__answers_what_runtimes_send(void **state)
{
	(void)state;
	recorded_each("pod-calls.jsonl", "loopback", RED, assert_as_recorded);
}

/* ---- in a chain ---- */

static void assert_hands_on(const char *version, const char *prev)
{
	freeing char *more = cni_format("'prevResult':%s", prev);
	freeing char *config = lo_config(version, more);
	struct plugin_call call = lo_call("ADD", config);
	struct plugin_answer answer;

	call.ifname = "eth0";
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	json_text_assert(answer.json, prev);
	assert_up("red", true);
	plugin_answer_clear(&answer);
	call.command = "DEL";
	plugin_succeeds(&call);
	assert_up("red", false);
}

static void loopback__hands_on_what_came_before(void **state)
{
	(void)state;
	assert_hands_on("0.2.0", "{'cniVersion':'0.2.0','ip4':{'ip':'10.1.0.5/24','gateway':"
				 "'10.1.0.1','routes':[{'dst':'0.0.0.0/0'}]},'dns':{}}");
	assert_hands_on("0.4.0", "{'cniVersion':'0.4.0','interfaces':[{'name':'eth0','sandbox':'x'}"
				 "],'ips':[{'version':'4','interface':0,'address':'10.1.0.5/24'}],"
				 "'dns':{'domain':'x.y'}}");
	assert_hands_on("1.0.0", "{'cniVersion':'1.0.0'}");
	assert_hands_on("1.1.0", "{'cniVersion':'1.1.0','interfaces':[{'name':'eth0','mtu':1400,"
				 "'sandbox':'x','socketPath':'/s'}],'ips':[{'interface':0,"
				 "'address':'10.1.0.5/24'}],'routes':[{'dst':'0.0.0.0/0',"
				 "'mtu':1300,'table':7}]}");
}

/* Nomad and BuildKit put it first, all plugins of the list for eth0. */
static void loopback__may_stand_before_bridge(void **state)
{
	freeing char *first = lo_config("1.0.0", "'name':'blue'");
	freeing char *bridge = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	freeing char *with = NULL;
	freeing char *checked = NULL;
	struct plugin_call lo = lo_call("ADD", first);
	struct plugin_answer answer;
	struct pod pod = {.name = "red", .netns = RED};

	(void)state;
	pod_add(&pod, bridge);
	pod_del(&pod, bridge);
	before = bridge_snapshot();
	lo.ifname = "eth0";
	answer = plugin_run(&lo);
	plugin_assert_success(&answer);
	pod.result = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
	with = pod_config(&pod, bridge);
	pod_add(&pod, with);
	assert_json(pod.result, "interfaces.2.name", "eth0");
	/* CHECK gives both the result of the list. */
	pod_check(&pod, bridge);
	checked = pod_config(&pod, first);
	lo.config = checked;
	lo.command = "CHECK";
	plugin_succeeds(&lo);
	pod_del(&pod, bridge);
	lo.command = "DEL";
	plugin_succeeds(&lo);
	assert_up("red", false);
	bridge_assert_unchanged(before);
	cJSON_Delete(pod.result);
}

/* containerd asks for all networks of a pod at once. */
#define PODS 8
static void loopback__runs_beside_bridge(void **state)
{
	freeing char *config = bridge_config("0.3.1", FULL);
	freeing char *lo = lo_config("0.3.1", "");
	struct plugin_process running[PODS][2];
	struct pod pods[PODS];

	(void)state;
	for (int i = 0; i < PODS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%d", i);
		pod_open(&pods[i], name);
	}
	for (int i = 0; i < PODS; i++) {
		struct plugin_call bridge_add = pod_call(&pods[i], "ADD", config);
		struct plugin_call lo_add = lo_call("ADD", lo);

		lo_add.container = pods[i].name;
		lo_add.netns = pods[i].netns;
		running[i][i % 2] = plugin_start(&bridge_add);
		running[i][1 - i % 2] = plugin_start(&lo_add);
	}
	for (int i = 0; i < PODS; i++) {
		for (int j = 0; j < 2; j++) {
			struct plugin_answer answer = plugin_finish(&running[i][j]);

			plugin_assert_success(&answer);
			if (j == 1 - i % 2)
				assert_json(answer.json, "ips.1.address", "::1/128");
			plugin_answer_clear(&answer);
		}
		assert_up(pods[i].name, true);
		sandbox_must("ip netns exec %s ping -q -c1 -W5 127.0.0.1 >/run/out", pods[i].name);
		sandbox_must("ip netns exec %s ping -q -c1 -W5 10.1.0.1 >/run/out", pods[i].name);
	}
	for (int i = 0; i < PODS; i++) {
		pod_del(&pods[i], config);
		pod_close(&pods[i]);
	}
}

/* ---- whose it is ---- */

static void del_of(const char *container, const char *network, const char *ifname)
{
	freeing char *name = cni_format("'name':'%s'", network);
	freeing char *config = lo_config("1.0.0", name);
	struct plugin_call call = lo_call("DEL", config);

	call.container = container;
	call.ifname = ifname;
	plugin_succeeds(&call);
}

static void loopback__has_its_owners_alias(void **state)
{
	(void)state;
	lo_succeeds("ADD", "1.0.0", "");
	assert_shown("cni-loopback/c1/lo", "0.ifalias", "ip -n red -j link show lo");
	lo_succeeds("DEL", "1.0.0", "");
	assert_shown(NULL, "0.ifalias", "ip -n red -j link show lo");
	assert_up("red", false);
}

/* The path of a namespace, such as /proc/PID/ns/net, leads to another container's by now. */
static void del__leaves_the_lo_of_another_container_up(void **state)
{
	(void)state;
	lo_succeeds("ADD", "1.0.0", "");
	del_of("c2", "cni-loopback", "lo");
	del_of("c1", "cni-loopback2", "lo");
	del_of("c1", "cni-loopback", "lo2");
	assert_up("red", true);
	del_of("c1", "cni-loopback", "lo");
	assert_up("red", false);
}

/* By the runtime, or the Go plugin. */
static void del__leaves_a_lo_up_that_was_up_before(void **state)
{
	(void)state;
	sandbox_must("ip -n red link set lo up");
	lo_succeeds("ADD", "1.0.0", "");
	lo_succeeds("DEL", "1.0.0", "");
	assert_up("red", true);
	assert_shown(NULL, "0.ifalias", "ip -n red -j link show lo");
	/* And if it has an alias that is not ours. */
	sandbox_must("ip -n red link set lo alias mine");
	lo_succeeds("ADD", "1.0.0", "");
	lo_succeeds("DEL", "1.0.0", "");
	assert_up("red", true);
	assert_shown("mine", "0.ifalias", "ip -n red -j link show lo");
}

/* containerd's own network, and a chain that begins with it: "lo" is that one's which has set it up,
 * whichever DEL comes first. */
static void loopback__of_two_attachments_is_the_firsts(void **state)
{
	freeing char *chain = lo_config("1.0.0", "'name':'blue'");
	struct plugin_call call = lo_call("ADD", chain);

	(void)state;
	call.ifname = "eth0";
	for (int i = 0; i < 2; i++) {
		lo_succeeds("ADD", "1.0.0", "");
		plugin_succeeds(&call);
		assert_shown("cni-loopback/c1/lo", "0.ifalias", "ip -n red -j link show lo");
		if (i)
			del_of("c1", "blue", "eth0");
		assert_up("red", true);
		lo_succeeds("DEL", "1.0.0", "");
		assert_up("red", false);
		if (!i)
			del_of("c1", "blue", "eth0");
		assert_up("red", false);
	}
}

static void loopback__says_what_it_is(void **state)
{
	struct plugin_answer answer;

	(void)state;
	answer = plugin_run(&(struct plugin_call){.plugin = LOOPBACK, .command = "VERSION"});
	plugin_assert_success(&answer);
	json_text_assert(answer.json,
			 "{'cniVersion':'1.1.0','supportedVersions':['0.1.0','0.2.0','0.3.0',"
			 "'0.3.1','0.4.0','1.0.0','1.1.0']}");
	plugin_answer_clear(&answer);
	answer = plugin_run(&(struct plugin_call){.plugin = LOOPBACK});
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "CNI loopback plugin v1.9.1"));
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		loopback_test(loopback__answers_in_each_version),
		loopback_test(loopback__answers_as_the_go_plugin),
		loopback_test(loopback__answers_what_runtimes_send),
		loopback_test(loopback__hands_on_what_came_before),
		loopback_test(loopback__may_stand_before_bridge),
		loopback_test(loopback__runs_beside_bridge),
		loopback_test(loopback__has_its_owners_alias),
		loopback_test(del__leaves_the_lo_of_another_container_up),
		loopback_test(del__leaves_a_lo_up_that_was_up_before),
		loopback_test(loopback__of_two_attachments_is_the_firsts),
		loopback_test(loopback__says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
