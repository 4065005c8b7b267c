/* SPDX-License-Identifier: Apache-2.0 */
/* loopback when something is not as it should be: an ADD that fails, CHECK after damage, and DEL,
 * whatever became of the namespace. */
#include "bad_input.h"
#include "loopback_scene.h"
#include "pod_snapshot.h"
#include "trace.h"

#include "cleanup.h"

/* ---- ADD that fails ---- */

static void loopback__that_fails_leaves_nothing(void **state)
{
	static const struct {
		const char *version, *more, *netns, *setup;
		int code;
		const char *says;
	} cases[] = {
		{"1.0.0", "", RED, "ip -n red addr add 10.1.0.5/24 dev lo", CNI_ETAKEN,
		 "loopback interface found with non-loopback address \"10.1.0.5\""},
		{"1.0.0", "", RED, "ip -n red addr add fd01::5/64 dev lo", CNI_ETAKEN,
		 "non-loopback address \"fd01::5\""},
		{"1.0.0", "", RED,
		 "ip -n red link set lo up; ip -n red addr add 10.1.0.5/24 dev lo", CNI_ETAKEN,
		 "non-loopback address \"10.1.0.5\""},
		/* Addresses that only this version's result cannot have. */
		{"0.2.0",
		 "'prevResult':{'cniVersion':'1.0.0','interfaces':[{'name':'eth0'}],'ips':[]}", RED,
		 "true", CNI_EVERSION, NULL},
		{"1.0.0", "'prevResult':{'ips':5}", RED, "true", CNI_ECONFIG, "'ips' is 5"},
		{"1.0.0", "'prevResult':5", RED, "true", CNI_EDECODE, "'prevResult'"},
		{"9.9.9", "", RED, "true", CNI_EVERSION, "incompatible CNI versions"},
		{"1.0.0", "'name':'../x'", RED, "true", CNI_ECONFIG, "'name'"},
		{"1.0.0", "", "/run/netns/none", "true", CNI_EENV, "failed to open netns"},
		{"1.0.0", "", "/etc/passwd", "true", CNI_EENV, "is not a network namespace"},
		{"1.0.0", "", "/proc/self/ns/net", "true", CNI_EENV,
		 "plugin's netns and netns from CNI_NETNS should not be the same"},
		{"1.0.0", "", NULL, "true", CNI_EENV, "required env variables [CNI_NETNS] missing"},
		{"1.0.0", "", RED, "ip -n red link set lo name other", CNI_EKERNEL,
		 "look up link 'lo'"},
	};

	freeing char *before = sandbox_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = lo_config(cases[i].version, cases[i].more);
		struct plugin_call call = lo_call("ADD", config);
		freeing char *inside = NULL;

		sandbox_del_netns("red");
		sandbox_add_netns("red");
		/* The kernel does not take back the queue that it gives a link that is set up. */
		sandbox_must("ip -n red link set lo up; ip -n red link set lo down alias mine; %s",
			     cases[i].setup);
		inside = pod_snapshot("red");
		call.netns = cases[i].netns;
		plugin_fails(&call, cases[i].code, cases[i].says);
		pod_assert_unchanged("red", inside, cases[i].says ? cases[i].says : "fits");
	}
	sandbox_assert_unchanged(before);
}

static void loopback__refuses_bad_input(void **state)
{
	static const struct {
		const char *config;
		struct refusal refusal;
	} cases[] = {
		{"", {CNI_EDECODE, {"stdin", "is empty"}}},
		{"{", {CNI_EDECODE, {"not valid JSON"}}},
		{"[]", {CNI_EDECODE, {"is a list, expected a JSON object"}}},
		{"{} {}", {CNI_EDECODE, {"not valid JSON"}}},
		{"{\"name\":\"a\\u0000b\"}", {CNI_EDECODE, {"\\u0000"}}},
		{"{\"cniVersion\":\"1.0.0\"}", {CNI_ECONFIG, {"missing network name"}}},
		{"{\"cniVersion\":\"1.0.0\",\"name\":5}", {CNI_ECONFIG, {"'name' is 5"}}},
		{"{\"cniVersion\":1,\"name\":\"x\"}", {CNI_EDECODE, {"'cniVersion' is 1"}}},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"dns\":5}",
		 {CNI_ECONFIG, {"'dns' is 5"}}},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"prevResult\":\"\"}",
		 {CNI_EDECODE, {"'prevResult'"}}},
	};

	bad_input_before(state);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_call call = lo_call("ADD", cases[i].config);

		bad_input_refused(&call, cases[i].config, &cases[i].refusal);
		assert_up("red", false);
	}
	bad_input_after(state);
}

/* ---- CHECK ---- */

static void lo_check_fails(const cJSON *prev, const char *says)
{
	freeing char *text = lo_config("1.0.0", "");
	freeing_json cJSON *json = cJSON_Parse(text);
	freeing char *config = NULL;
	struct plugin_call call = lo_call("CHECK", NULL);

	if (prev)
		cni_json_set(json, "prevResult", cni_json_copy(prev));
	config = cni_json_print(json);
	call.config = config;
	if (says)
		plugin_fails(&call, CNI_EMISMATCH, says);
	else
		plugin_succeeds(&call);
}

static void loopback__check_finds_each_damage(void **state)
{
	freeing char *config = lo_config("1.0.0", "");
	struct plugin_call call = lo_call("ADD", config);
	struct plugin_answer answer = plugin_run(&call);

	(void)state;
	plugin_assert_success(&answer);
	lo_check_fails(answer.json, NULL);
	/* As the Go plugin, which does not ask for it. */
	lo_check_fails(NULL, NULL);
	sandbox_must("ip -n red addr add 127.0.0.2/8 dev lo");
	lo_check_fails(answer.json, NULL);
	sandbox_must("ip -n red addr del 127.0.0.2/8 dev lo; ip -n red addr del ::1/128 dev lo");
	lo_check_fails(answer.json, "'lo' in the container lacks address ::1/128");
	lo_check_fails(NULL, NULL);
	sandbox_must("ip -n red addr add ::1/128 dev lo; ip -n red addr del 127.0.0.1/8 dev lo");
	lo_check_fails(answer.json, "lacks address 127.0.0.1/8");
	sandbox_must("ip -n red addr add 127.0.0.1/8 dev lo");
	lo_check_fails(answer.json, NULL);
	sandbox_must("ip -n red link set lo down");
	lo_check_fails(answer.json, "loopback interface is down");
	lo_check_fails(NULL, "loopback interface is down");
	sandbox_must("ip -n red link set lo name other");
	lo_check_fails(answer.json, "look up link 'lo'");
	plugin_answer_clear(&answer);
}

static void loopback__check_needs_the_namespace(void **state)
{
	freeing char *config = lo_config("1.0.0", "");
	freeing char *old = lo_config("0.3.1", "");
	struct plugin_call call = lo_call("CHECK", config);

	(void)state;
	call.netns = "/run/netns/none";
	plugin_fails(&call, CNI_EENV, "failed to open netns");
	call.netns = "/proc/self/ns/net";
	plugin_fails(&call, CNI_EENV, "should not be the same");
	call.netns = RED;
	call.config = old;
	plugin_fails(&call, CNI_EVERSION, "config version does not allow CHECK");
}

/* ---- DEL, GC, STATUS ---- */

static void loopback__del_always_succeeds(void **state)
{
	static const char *const namespaces[] = {
		NULL, "", "/run/netns/gone", "/etc/passwd", "/run", "/proc/self/ns/net", RED};
	static const char *const configs[] = {
		"", "'prevResult':5", "'prevResult':{'ips':5}", "'ipam':5", "'dns':7", "'args':[]"};
	freeing char *before = NULL;

	(void)state;
	/* The host's, which is up, stays so. */
	lo_succeeds("ADD", "1.0.0", "");
	before = sandbox_snapshot();
	for (size_t n = 0; n < sizeof(namespaces) / sizeof(*namespaces); n++)
		for (size_t i = 0; i < sizeof(configs) / sizeof(*configs); i++) {
			freeing char *config = lo_config("1.0.0", configs[i]);
			struct plugin_call call = lo_call("DEL", config);

			call.netns = namespaces[n];
			plugin_succeeds(&call);
			plugin_succeeds(&call);
			assert_up("red", namespaces[n] != namespaces[6]);
			lo_succeeds("ADD", "1.0.0", "");
		}
	sandbox_assert_unchanged(before);
	sandbox_must("ip -n red link set lo down; ip -n red link set lo name other");
	lo_succeeds("DEL", "1.0.0", "");
}

static void loopback__del_leaves_all_as_it_was(void **state)
{
	freeing char *before = sandbox_snapshot();
	freeing char *inside = NULL;

	(void)state;
	sandbox_must("ip -n red link set lo up; ip -n red link set lo down");
	inside = pod_snapshot("red");
	lo_succeeds("ADD", "0.3.1", "");
	lo_succeeds("DEL", "0.3.1", "");
	sandbox_assert_unchanged(before);
	pod_assert_unchanged("red", inside, "ADD and DEL");
	/* Twice is once. */
	lo_succeeds("ADD", "0.3.1", "");
	lo_succeeds("ADD", "0.3.1", "");
	lo_succeeds("DEL", "0.3.1", "");
	lo_succeeds("DEL", "0.3.1", "");
	pod_assert_unchanged("red", inside, "twice");
}

static void loopback__killed_anywhere_is_cleaned_up_by_del(void **state)
{
	freeing char *config = lo_config("1.0.0", "");
	struct plugin_call add = lo_call("ADD", config);
	struct plugin_call del = lo_call("DEL", config);
	freeing char *before = sandbox_snapshot();
	freeing char *inside = NULL;
	unsigned int step = 0;

	(void)state;
	sandbox_must("ip -n red link set lo up; ip -n red link set lo down");
	inside = pod_snapshot("red");
	for (; trace_kill(&add, step); step += trace_sparse_stride(7)) {
		trace_kill(&del, step);
		plugin_succeeds(&del);
		pod_assert_unchanged("red", inside, "killed");
	}
	sandbox_assert_unchanged(before);
	assert_true(step > 20);
}

static void loopback__gc_and_status_have_little_to_do(void **state)
{
	freeing char *gc = lo_config("1.1.0", "'cni.dev/valid-attachments':[]");
	freeing char *config = lo_config("1.1.0", "");
	freeing char *before = NULL;
	struct plugin_call call = {.plugin = LOOPBACK, .config = gc};

	(void)state;
	lo_succeeds("ADD", "1.1.0", "");
	before = sandbox_snapshot();
	call.command = "GC";
	plugin_succeeds(&call);
	call.config = config;
	plugin_fails(&call, CNI_ECONFIG, "'cni.dev/valid-attachments' is missing");
	call.command = "STATUS";
	plugin_succeeds(&call);
	sandbox_assert_unchanged(before);
	assert_up("red", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		loopback_test(loopback__that_fails_leaves_nothing),
		loopback_test(loopback__refuses_bad_input),
		loopback_test(loopback__check_finds_each_damage),
		loopback_test(loopback__check_needs_the_namespace),
		loopback_test(loopback__del_always_succeeds),
		loopback_test(loopback__del_leaves_all_as_it_was),
		loopback_test(loopback__killed_anywhere_is_cleaned_up_by_del),
		loopback_test(loopback__gc_and_status_have_little_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
