/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each call that kubelet, CRI-O, nerdctl, BuildKit, buildah and apptainer were seen to make
 * (tests/fixtures/replayed-calls.jsonl), made again (replay.h). The exit code, the error's code and the form
 * of the result are those of the recording. CHECK changes nothing; DEL succeeds before the first ADD, leaves
 * nothing after one, and succeeds again; GC removes the attachment, unless its list has it. */
#include "bridge.h"
#include "replay.h"
#include "trace.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>

#define FIXTURE "replayed-calls.jsonl"

/* The bridge stays, being shared. */
static void assert_gone(const struct replay_attachment *attachment)
{
	/* A link without an end on the host goes with its namespace, where DEL has no path to it. */
	if (replay_is_interface() && !*replay_or_else(replay_recorded->theirs, ""))
		sandbox_run("ip -n red link del eth0 2>/dev/null");
	if (!replay_is_bridge()) {
		bridge_assert_unchanged(attachment->before);
		return;
	}
	assert_shown("[]", "", "ip -j link show type veth");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	sandbox_must("! find /var/lib/cni/networks -name '*[.:]*' -type f 2>/dev/null | "
		     "grep -v /last_reserved | grep -v /.cni-c/ | grep -q .");
}

/* ---- the form of a result ---- */

/* MACs are chance's, and which address is free depends on the day. */
static cJSON *form_of(const cJSON *result)
{
	cJSON *form = cni_json_copy(result);
	const cJSON *dns = cni_json_get(form, "dns");
	cJSON *item;

	if (dns && !dns->child)
		cni_json_set(form, "dns", NULL);
	cJSON_ArrayForEach (item, cJSON_GetObjectItem(form, "interfaces")) {
		if (strcmp(replay_or_else(cni_json_get_string(item, "mac"), ""),
			   "00:00:00:00:00:00") != 0)
			cni_json_set(item, "mac", cJSON_CreateString("some"));
		if (cni_json_get(item, "sandbox"))
			cni_json_set(item, "sandbox", cJSON_CreateString("some"));
		else if (!strncmp(cni_json_get_string(item, "name"), "veth", 4))
			cni_json_set(item, "name", cJSON_CreateString("veth"));
	}
	cJSON_ArrayForEach (item, cJSON_GetObjectItem(form, "ips")) {
		freeing char *size = cni_strdup(strchr(cni_json_get_string(item, "address"), '/'));

		cni_json_set(item, "address", cJSON_CreateString(size));
	}
	return form;
}

static void assert_has_form(const struct plugin_answer *answer)
{
	freeing_json cJSON *theirs = form_of(replay_recorded->answer);
	freeing_json cJSON *ours = NULL;

	if (cJSON_IsString(theirs)) {
		if (*answer->out)
			replay_fail("expected no output", answer);
		return;
	}
	if (!answer->json)
		replay_fail("expected JSON", answer);
	ours = form_of(answer->json);
	json_text_assert_equal(ours, theirs);
}

/* The address and the MAC that CNI_ARGS ask for. */
static void assert_has_what_was_asked_for(const struct plugin_answer *answer)
{
	static const char *const words[] = {"IP=", "MAC="};

	for (size_t i = 0; i < 2; i++) {
		const char *at = strstr(replay_or_else(replay_recorded->call.args, ""), words[i]);
		freeing char *value =
			at ? cni_strndup(at + strlen(words[i]), strcspn(at + strlen(words[i]), ";"))
			   : NULL;

		if (value && (replay_is_bridge() || (replay_is_ipam() && i == 0)) &&
		    !strstr(answer->out, value))
			replay_fail(value, answer);
	}
}

/* ---- verbs ---- */

/* Another container publishes the same ports. (nerdctl's refusal was of the container's own port, on its
 * other network, which is no reason to refuse: it is not replayed as such.) */
static void take_ports(void)
{
	freeing_json cJSON *prev =
		cni_json_copy(cni_json_get(replay_recorded->input, "prevResult"));
	freeing_json cJSON *config = cni_json_copy(replay_recorded->input);
	freeing_json cJSON *real = NULL;
	freeing char *text = NULL;
	freeing char *plugin = replay_executable();
	cJSON *ip = cJSON_GetArrayItem(cJSON_GetObjectItem(prev, "ips"), 0);
	const char *address = cni_json_get_string(ip, "address");
	freeing char *other = cni_format("%.*s.200%s", (int)(strrchr(address, '.') - address),
					 address, strchr(address, '/'));

	cni_json_set(ip, "address", cJSON_CreateString(other));
	cJSON_DeleteItemFromArray(cJSON_GetObjectItem(prev, "ips"), 1);
	sandbox_add_netns("other");
	real = replay_attach(prev, "other", "/run/netns/other");
	cni_json_set(config, "prevResult", cni_json_copy(real));
	text = cni_json_print(config);
	plugin_succeeds(&(struct plugin_call){.plugin = plugin,
					      .command = "ADD",
					      .container = "other",
					      .netns = "/run/netns/other",
					      .ifname = replay_recorded->call.ifname,
					      .path = BRIDGE_PATH,
					      .config = text});
}

static void play_failure(void)
{
	bool is_attached;
	freeing_json cJSON *config =
		cJSON_IsString(replay_recorded->input) ? NULL : replay_config_of_add(&is_attached);
	freeing char *before = NULL;
	struct plugin_answer answer;

	if (config && !strcmp(replay_plugin, "portmap"))
		take_ports();
	before = bridge_snapshot();
	answer = replay_ask(replay_recorded->call.command, config);
	if (answer.exit_code != replay_recorded->rc)
		replay_fail("exit code", &answer);
	json_text_assert_equal(cni_json_get(answer.json, "code"),
			       cni_json_get(replay_recorded->answer, "code"));
	bridge_assert_unchanged(before);
	plugin_answer_clear(&answer);
}

static void play_add(void)
{
	bool is_attached;
	freeing_json cJSON *config = replay_config_of_add(&is_attached);
	struct plugin_answer answer = replay_ask("ADD", config);

	if (answer.exit_code != 0)
		replay_fail("ADD", &answer);
	assert_has_form(&answer);
	assert_has_what_was_asked_for(&answer);
	plugin_answer_clear(&answer);
}

static void play_del(void)
{
	freeing char *untouched = bridge_snapshot();
	freeing_json cJSON *config = NULL;
	struct replay_attachment attachment;

	replay_succeeds("before the first ADD", "DEL", replay_recorded->input);
	bridge_assert_unchanged(untouched);
	replay_add_before(&attachment);
	config = replay_config_of_call(&attachment);
	replay_succeeds("after ADD", "DEL", config);
	assert_gone(&attachment);
	replay_succeeds("for the second time", "DEL", config);
	assert_gone(&attachment);
	replay_forget(&attachment);
}

static void play_check(void)
{
	freeing_json cJSON *config = NULL;
	freeing char *before = NULL;
	struct replay_attachment attachment;

	replay_add_before(&attachment);
	before = bridge_snapshot();
	config = replay_config_of_call(&attachment);
	replay_succeeds("after ADD", "CHECK", config);
	bridge_assert_unchanged(before);
	replay_forget(&attachment);
}

/* bridge's GC follows, which takes the link that others have their things on. */
static void assert_collected(const struct replay_attachment *attachment)
{
	freeing_json cJSON *config = cni_json_copy(replay_recorded->input);
	freeing char *text = NULL;

	if (!replay_is_chained()) {
		assert_gone(attachment);
		return;
	}
	cni_json_set(config, "type", cJSON_CreateString("bridge"));
	text = cni_json_print(config);
	plugin_succeeds(&(struct plugin_call){
		.plugin = BRIDGE, .command = "GC", .path = BRIDGE_PATH, .config = text});
	assert_shown("[]", "", "ip -j link show type veth");
	assert_shown("[]", "", "ip -j link show type ifb");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	sandbox_must("! find /run/cni -type f 2>/dev/null | grep -vE 'lock|sweep' | grep -q .");
}

/* Empty lists, as CRI-O has them when it starts; and those that have the container. */
static void play_gc(void)
{
	freeing_json cJSON *valid = cni_json_copy(replay_recorded->input);
	freeing_json cJSON *check = NULL;
	freeing char *untouched = bridge_snapshot();
	struct replay_attachment attachment;

	replay_succeeds("on a new host", "GC", replay_recorded->input);
	bridge_assert_unchanged(untouched);
	replay_add_before(&attachment);
	for (size_t i = 0; i < 2; i++)
		cni_json_set(valid, i ? "cni.dev/attachments" : "cni.dev/valid-attachments",
			     json_of("[{'containerID':'c1','ifname':'eth0'}]"));
	replay_succeeds("with the container in its list", "GC", valid);
	check = cni_json_copy(attachment.config);
	cni_json_set(check, "prevResult",
		     cni_json_copy(replay_is_chained() ? cni_json_get(check, "prevResult")
						       : attachment.answer));
	replay_succeeds("after GC", "CHECK", check);
	replay_succeeds("after ADD", "GC", replay_recorded->input);
	assert_collected(&attachment);
	replay_forget(&attachment);
}

/* STATUS, VERSION, and no verb at all, which change nothing. */
static void play_question(void)
{
	freeing char *before = bridge_snapshot();
	struct plugin_answer answer = replay_ask(replay_recorded->call.command, NULL);

	if (answer.exit_code != replay_recorded->rc)
		replay_fail("exit code", &answer);
	assert_has_form(&answer);
	bridge_assert_unchanged(before);
	plugin_answer_clear(&answer);
}

static const char *plugin;
static unsigned int turn;

static void replay(const struct recorded *call)
{
	static const struct {
		const char *command;
		void (*verb)(void);
	} verbs[] = {{"ADD", play_add}, {"DEL", play_del}, {"CHECK", play_check}, {"GC", play_gc}};
	void (*verb)(void) = play_question;

	if (turn++ % trace_sparse_stride(1) != 0)
		return;
	assert_int_equal(replay_begin(plugin, call), 0);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(verbs[i].command, replay_or_else(call->call.command, "")))
			verb = verbs[i].verb;
	if (call->rc != 0)
		verb = play_failure;
	verb();
	assert_int_equal(replay_end(), 0);
}

static void calls__are_answered_as_recorded(void **state)
{
	plugin = *state;
	recorded_each(FIXTURE, plugin, REPLAY_NETNS, replay);
}

/* The recordings are of a kernel without ipvlan: its ADDs failed there. */
static void calls__of_ipvlan(void **state)
{
	(void)state;
	if (sandbox_run("unshare -n sh -c 'ip link add a type veth peer name b && "
			"ip link add link a name c type ipvlan' 2>/dev/null") != 0)
		skip_because("this kernel has no links of kind 'ipvlan'");
	plugin = "ipvlan";
	recorded_each(FIXTURE, plugin, REPLAY_NETNS, replay);
}

#define replay_test(plugin)                                                                        \
	{                                                                                          \
		.name = "calls__are_answered_as_recorded: " plugin,                                \
		.test_func = calls__are_answered_as_recorded,                                      \
		.initial_state = (void *)(uintptr_t)(plugin)                                       \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		replay_test("bandwidth"),
		replay_test("bridge"),
		replay_test("buildkit-cni-bridge"),
		replay_test("buildkit-cni-firewall"),
		replay_test("buildkit-cni-host-local"),
		replay_test("buildkit-cni-loopback"),
		replay_test("firewall"),
		replay_test("host-local"),
		replay_test("loopback"),
		replay_test("portmap"),
		replay_test("static"),
		replay_test("tuning"),
		replay_test("macvlan"),
		replay_test("ptp"),
		cmocka_unit_test(calls__of_ipvlan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
