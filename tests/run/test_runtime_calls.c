/* SPDX-License-Identifier: Apache-2.0 */
/* Each call that kubelet, CRI-O, nerdctl, BuildKit, buildah and apptainer were seen to make
 * (tests/fixtures/replayed-calls.jsonl), made again on a host of its own, where the container is attached
 * as the call's prevResult says. The exit code, the error's code and the form of the result are those of
 * the recording. CHECK changes nothing; DEL succeeds before the first ADD, leaves nothing after one, and
 * succeeds again; GC removes the attachment, unless its list has it. */
#include "bridge.h"
#include "recorded.h"
#include "trace.h"

#include "cleanup.h"
#include "error.h"
#include "json_text.h"
#include "mem.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIXTURE "replayed-calls.jsonl"
#define RED	"/run/netns/red"
#define SESSION SANDBOX_DIR "/session"

/* ---- the namespace, by a path of the same kind ---- */

static pid_t inhabitant;
static int opened = -1;

/* A process in it, for /proc/<pid>/ns/net. */
static void start_inhabitant(void)
{
	int netns = open(RED, O_RDONLY | O_CLOEXEC);
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	inhabitant = fork();
	if (inhabitant == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setns(netns, CLONE_NEWNET) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(netns);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
}

/* As `theirs` was: the file of a process, its descriptor, a mount anywhere, or no path at all. The
 * caller frees. */
static char *place(const char *theirs)
{
	if (!theirs || *theirs != '/')
		return theirs ? cni_strdup(theirs) : NULL;
	if (!strncmp(theirs, "/proc/", 6) && strstr(theirs, "/fd/")) {
		opened = open(RED, O_RDONLY | O_CLOEXEC);
		return cni_format("/proc/%d/fd/%d", (int)getpid(), opened);
	}
	if (!strncmp(theirs, "/proc/", 6)) {
		start_inhabitant();
		return cni_format("/proc/%d/ns/net", (int)inhabitant);
	}
	if (strstr(theirs, "/run/netns/"))
		return cni_strdup("/var" RED);
	sandbox_must("touch " SESSION " && mount --bind " RED " " SESSION);
	return cni_strdup(SESSION);
}

static void leave_place(void)
{
	if (inhabitant > 0) {
		kill(inhabitant, SIGKILL);
		waitpid(inhabitant, NULL, 0);
	}
	inhabitant = 0;
	if (opened >= 0)
		close(opened);
	opened = -1;
	sandbox_run("umount " SESSION " 2>/dev/null");
}

/* ---- the call that is being replayed ---- */

static const char *plugin_name;
static const struct recorded *recorded;
static char *netns;
static unsigned int turn;

static bool is_ipam(void)
{
	return strstr(plugin_name, "host-local") || !strcmp(plugin_name, "static");
}

static bool is_bridge(void)
{
	return strstr(plugin_name, "bridge") != NULL;
}

static bool is_chained(void)
{
	return !is_ipam() && !is_bridge() && !strstr(plugin_name, "loopback");
}

static char *executable(void)
{
	if (!strncmp(plugin_name, "buildkit-cni-", 13))
		return cni_format(SANDBOX_BIN "/%s", plugin_name);
	return cni_format(CNI_C_BINARY_DIR "/%s/%s", is_ipam() ? "ipam" : "plugins", plugin_name);
}

static void install_buildkits(void)
{
	sandbox_must("for p in bridge firewall loopback; do ln -s " CNI_C_BINARY_DIR
		     "/plugins/$p " SANDBOX_BIN
		     "/buildkit-cni-$p || exit 1; done; ln -s " CNI_C_BINARY_DIR
		     "/ipam/host-local " SANDBOX_BIN "/buildkit-cni-host-local");
}

static const char *or_else(const char *text, const char *other)
{
	return text && *text ? text : other;
}

/* Runs the plugin as in the recording, but for command and configuration. */
static struct plugin_answer ask(const char *command, const cJSON *config)
{
	freeing char *plugin = executable();
	freeing char *text = config ? cni_json_print(config) : NULL;
	struct plugin_call call = recorded->call;

	call.plugin = plugin;
	call.command = command;
	call.path = BRIDGE_PATH;
	call.config = text ? text : recorded->call.config;
	if (!command || !strcmp(command, or_else(recorded->call.command, ""))) {
		call.netns = netns;
		return plugin_run(&call);
	}
	/* What GC and STATUS have no need of. */
	call.container = or_else(call.container, "c1");
	call.ifname = or_else(call.ifname, "eth0");
	call.netns = or_else(netns, RED);
	return plugin_run(&call);
}

static _Noreturn void fail_at(const char *what, const struct plugin_answer *answer)
{
	fail_msg("%s, %s %s, netns '%s': %s: exit %d\n%s\n%s\n%s", recorded->runtime, plugin_name,
		 or_else(recorded->call.command, "(none)"), or_else(recorded->theirs, ""), what,
		 answer->exit_code, answer->out, answer->err, recorded->call.config);
	abort();
}

static void succeeds(const char *what, const char *command, const cJSON *config)
{
	struct plugin_answer answer = ask(command, config);

	if (answer.exit_code != 0 || *answer.out)
		fail_at(what, &answer);
	plugin_answer_clear(&answer);
}

/* ---- a container that is attached as its prevResult says ---- */

static void patch(cJSON *prev, const cJSON *real)
{
	cJSON *interface;

	cJSON_ArrayForEach (interface, cJSON_GetObjectItem(prev, "interfaces")) {
		const cJSON *other;

		if (cJSON_GetObjectItem(interface, "sandbox"))
			cni_json_set(interface, "sandbox", cJSON_CreateString(or_else(netns, RED)));
		cJSON_ArrayForEach (other, cni_json_get(real, "interfaces"))
			if (!strcmp(cni_json_get_string(other, "name"),
				    cni_json_get_string(interface, "name")))
				cni_json_set(interface, "mac",
					     cni_json_copy(cni_json_get(other, "mac")));
	}
}

/* By bridge and static. `prev`: NULL for an attachment as any. The caller frees. */
static cJSON *attach(const cJSON *prev, const char *container, const char *path)
{
	static const char *const any =
		"{'interfaces':[{'name':'cni0'}],'ips':[{'address':'10.1.0.2/24','gateway':"
		"'10.1.0.1'}],'routes':[{'dst':'0.0.0.0/0'}]}";
	freeing_json cJSON *default_prev = json_of(any);
	freeing_json cJSON *config = json_of("{'cniVersion':'1.0.0','type':'bridge','isGateway':"
					     "true,'ipam':{'type':'static'}}");
	cJSON *ipam = cJSON_GetObjectItem(config, "ipam");
	cJSON *addresses = cni_json_copy(cni_json_get(prev ? prev : default_prev, "ips"));
	const cJSON *first =
		cJSON_GetArrayItem(cni_json_get(prev ? prev : default_prev, "interfaces"), 0);
	const cJSON *routes = cni_json_get(prev ? prev : default_prev, "routes");
	freeing char *mac = NULL;
	freeing char *text = NULL;
	struct plugin_answer answer;
	cJSON *address;
	cJSON *real;

	cJSON_ArrayForEach (address, addresses) {
		cni_json_set(address, "interface", NULL);
		cni_json_set(address, "version", NULL);
	}
	cni_json_set(ipam, "addresses", addresses);
	if (routes)
		cni_json_set(ipam, "routes", cni_json_copy(routes));
	cni_json_set(config, "name",
		     cJSON_CreateString(cni_json_get_string(recorded->input, "name")));
	cni_json_set(config, "bridge", cJSON_CreateString(cni_json_get_string(first, "name")));
	if (prev && recorded->prev_mac)
		mac = cni_format("IgnoreUnknown=1;MAC=%s", recorded->prev_mac);
	text = cni_json_print(config);
	answer = plugin_run(&(struct plugin_call){.plugin = BRIDGE,
						  .command = "ADD",
						  .container = container,
						  .netns = path,
						  .ifname = or_else(recorded->call.ifname, "eth0"),
						  .args = mac,
						  .path = BRIDGE_PATH,
						  .config = text});
	if (answer.exit_code != 0)
		fail_at("attach it", &answer);
	real = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
	return real;
}

/* The configuration with which the plugin's ADD is called before another verb, or at once. */
static cJSON *config_of_add(bool *ret_is_attached)
{
	cJSON *config = cni_json_copy(recorded->input);
	cJSON *prev = cJSON_GetObjectItem(config, "prevResult");
	bool has_host_end = recorded->prev_ifname && strcmp(recorded->prev_ifname, "lo") != 0 &&
			    cJSON_GetArraySize(cJSON_GetObjectItem(prev, "interfaces")) > 2;

	*ret_is_attached = false;
	cni_json_set(config, "cni.dev/attachments", NULL);
	cni_json_set(config, "cni.dev/valid-attachments", NULL);
	if (is_chained()) {
		freeing_json cJSON *real =
			attach(has_host_end ? prev : NULL, or_else(recorded->call.container, "c1"),
			       or_else(netns, RED));

		*ret_is_attached = true;
		if (has_host_end)
			patch(prev, real);
		else
			cni_json_set(config, "prevResult", cni_json_copy(real));
	} else if (has_host_end) {
		cni_json_set(config, "prevResult", NULL);
	} else if (prev) {
		patch(prev, NULL);
	}
	return config;
}

/* So that there is something to delete. */
static void enrich(cJSON *config)
{
	if (strcmp(recorded->call.command, "ADD") == 0 || cni_json_get(config, "runtimeConfig"))
		return;
	if (!strcmp(plugin_name, "portmap"))
		cni_json_set(config, "runtimeConfig",
			     json_of("{'portMappings':[{'hostPort':8080,'containerPort':80,"
				     "'protocol':'tcp'}]}"));
	if (!strcmp(plugin_name, "bandwidth"))
		cni_json_set(config, "runtimeConfig",
			     json_of("{'bandwidth':{'ingressRate':1000000,'ingressBurst':1000000,"
				     "'egressRate':1000000,'egressBurst':1000000}}"));
}

/* A container's attachment, by the plugin of the call. */
struct attachment {
	cJSON *config; /* of its ADD */
	cJSON *answer;
	char *before; /* the host before it */
};

static void add(struct attachment *attachment)
{
	bool is_attached;
	struct plugin_answer answer;

	attachment->config = config_of_add(&is_attached);
	enrich(attachment->config);
	attachment->before = bridge_snapshot();
	answer = ask("ADD", attachment->config);
	if (answer.exit_code != 0)
		fail_at("ADD before it", &answer);
	attachment->answer = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
}

static void forget(struct attachment *attachment)
{
	cJSON_Delete(attachment->config);
	cJSON_Delete(attachment->answer);
	free(attachment->before);
}

/* The configuration of the recorded call, with what is true here as its prevResult, if it had one. */
static cJSON *config_of_call(const struct attachment *attachment)
{
	const cJSON *real =
		is_bridge() ? attachment->answer : cni_json_get(attachment->config, "prevResult");
	cJSON *config = cni_json_copy(recorded->input);

	if (real && cJSON_GetObjectItem(config, "prevResult"))
		cni_json_set(config, "prevResult", cni_json_copy(real));
	return config;
}

/* The bridge stays, being shared. */
static void assert_gone(const struct attachment *attachment)
{
	if (!is_bridge()) {
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
		if (strcmp(or_else(cni_json_get_string(item, "mac"), ""), "00:00:00:00:00:00") != 0)
			cni_json_set(item, "mac", cJSON_CreateString("some"));
		if (cni_json_get(item, "sandbox"))
			cni_json_set(item, "sandbox", cJSON_CreateString("some"));
	}
	cJSON_ArrayForEach (item, cJSON_GetObjectItem(form, "ips")) {
		freeing char *size = cni_strdup(strchr(cni_json_get_string(item, "address"), '/'));

		cni_json_set(item, "address", cJSON_CreateString(size));
	}
	return form;
}

static void assert_has_form(const struct plugin_answer *answer)
{
	freeing_json cJSON *theirs = form_of(recorded->answer);
	freeing_json cJSON *ours = NULL;

	if (cJSON_IsString(theirs)) {
		if (*answer->out)
			fail_at("expected no output", answer);
		return;
	}
	if (!answer->json)
		fail_at("expected JSON", answer);
	ours = form_of(answer->json);
	json_text_assert_equal(ours, theirs);
}

/* The address and the MAC that CNI_ARGS ask for. */
static void assert_has_what_was_asked_for(const struct plugin_answer *answer)
{
	static const char *const words[] = {"IP=", "MAC="};

	for (size_t i = 0; i < 2; i++) {
		const char *at = strstr(or_else(recorded->call.args, ""), words[i]);
		freeing char *value =
			at ? cni_strndup(at + strlen(words[i]), strcspn(at + strlen(words[i]), ";"))
			   : NULL;

		if (value && (is_bridge() || (is_ipam() && i == 0)) && !strstr(answer->out, value))
			fail_at(value, answer);
	}
}

/* ---- verbs ---- */

/* Another container publishes the same ports. (nerdctl's refusal was of the container's own port, on its
 * other network, which is no reason to refuse: it is not replayed as such.) */
static void take_ports(void)
{
	freeing_json cJSON *prev = cni_json_copy(cni_json_get(recorded->input, "prevResult"));
	freeing_json cJSON *config = cni_json_copy(recorded->input);
	freeing_json cJSON *real = NULL;
	freeing char *text = NULL;
	freeing char *plugin = executable();
	cJSON *ip = cJSON_GetArrayItem(cJSON_GetObjectItem(prev, "ips"), 0);
	const char *address = cni_json_get_string(ip, "address");
	freeing char *other = cni_format("%.*s.200%s", (int)(strrchr(address, '.') - address),
					 address, strchr(address, '/'));

	cni_json_set(ip, "address", cJSON_CreateString(other));
	cJSON_DeleteItemFromArray(cJSON_GetObjectItem(prev, "ips"), 1);
	sandbox_add_netns("other");
	real = attach(prev, "other", "/run/netns/other");
	cni_json_set(config, "prevResult", cni_json_copy(real));
	text = cni_json_print(config);
	plugin_succeeds(&(struct plugin_call){.plugin = plugin,
					      .command = "ADD",
					      .container = "other",
					      .netns = "/run/netns/other",
					      .ifname = recorded->call.ifname,
					      .path = BRIDGE_PATH,
					      .config = text});
}

static void replay_failure(void)
{
	bool is_attached;
	freeing_json cJSON *config =
		cJSON_IsString(recorded->input) ? NULL : config_of_add(&is_attached);
	freeing char *before = NULL;
	struct plugin_answer answer;

	if (config && !strcmp(plugin_name, "portmap"))
		take_ports();
	before = bridge_snapshot();
	answer = ask(recorded->call.command, config);
	if (answer.exit_code != recorded->rc)
		fail_at("exit code", &answer);
	json_text_assert_equal(cni_json_get(answer.json, "code"),
			       cni_json_get(recorded->answer, "code"));
	bridge_assert_unchanged(before);
	plugin_answer_clear(&answer);
}

static void replay_add(void)
{
	bool is_attached;
	freeing_json cJSON *config = config_of_add(&is_attached);
	struct plugin_answer answer = ask("ADD", config);

	if (answer.exit_code != 0)
		fail_at("ADD", &answer);
	assert_has_form(&answer);
	assert_has_what_was_asked_for(&answer);
	plugin_answer_clear(&answer);
}

static void replay_del(void)
{
	freeing char *untouched = bridge_snapshot();
	freeing_json cJSON *config = NULL;
	struct attachment attachment;

	succeeds("before the first ADD", "DEL", recorded->input);
	bridge_assert_unchanged(untouched);
	add(&attachment);
	config = config_of_call(&attachment);
	succeeds("after ADD", "DEL", config);
	assert_gone(&attachment);
	succeeds("for the second time", "DEL", config);
	assert_gone(&attachment);
	forget(&attachment);
}

static void replay_check(void)
{
	freeing_json cJSON *config = NULL;
	freeing char *before = NULL;
	struct attachment attachment;

	add(&attachment);
	before = bridge_snapshot();
	config = config_of_call(&attachment);
	succeeds("after ADD", "CHECK", config);
	bridge_assert_unchanged(before);
	forget(&attachment);
}

/* bridge's GC follows, which takes the link that others have their things on. */
static void assert_collected(const struct attachment *attachment)
{
	freeing_json cJSON *config = cni_json_copy(recorded->input);
	freeing char *text = NULL;

	if (!is_chained()) {
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
static void replay_gc(void)
{
	freeing_json cJSON *valid = cni_json_copy(recorded->input);
	freeing_json cJSON *check = NULL;
	freeing char *untouched = bridge_snapshot();
	struct attachment attachment;

	succeeds("on a new host", "GC", recorded->input);
	bridge_assert_unchanged(untouched);
	add(&attachment);
	for (size_t i = 0; i < 2; i++)
		cni_json_set(valid, i ? "cni.dev/attachments" : "cni.dev/valid-attachments",
			     json_of("[{'containerID':'c1','ifname':'eth0'}]"));
	succeeds("with the container in its list", "GC", valid);
	check = cni_json_copy(attachment.config);
	cni_json_set(check, "prevResult",
		     cni_json_copy(is_chained() ? cni_json_get(check, "prevResult")
						: attachment.answer));
	succeeds("after GC", "CHECK", check);
	succeeds("after ADD", "GC", recorded->input);
	assert_collected(&attachment);
	forget(&attachment);
}

/* STATUS, VERSION, and no verb at all, which change nothing. */
static void replay_question(void)
{
	freeing char *before = bridge_snapshot();
	struct plugin_answer answer = ask(recorded->call.command, NULL);

	if (answer.exit_code != recorded->rc)
		fail_at("exit code", &answer);
	assert_has_form(&answer);
	bridge_assert_unchanged(before);
	plugin_answer_clear(&answer);
}

static void replay(const struct recorded *call)
{
	static const struct {
		const char *command;
		void (*verb)(void);
	} verbs[] = {{"ADD", replay_add},
		     {"DEL", replay_del},
		     {"CHECK", replay_check},
		     {"GC", replay_gc}};
	void (*verb)(void) = replay_question;

	recorded = call;
	if (turn++ % trace_sparse_stride(1) != 0)
		return;
	assert_int_equal(bridge_setup(NULL), 0);
	sandbox_add_netns("red");
	install_buildkits();
	netns = place(call->theirs);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(verbs[i].command, or_else(call->call.command, "")))
			verb = verbs[i].verb;
	if (call->rc != 0)
		verb = replay_failure;
	verb();
	leave_place();
	free(take_ptr(netns));
	assert_int_equal(bridge_teardown(NULL), 0);
}

static void calls__are_answered_as_recorded(void **state)
{
	plugin_name = *state;
	recorded_each(FIXTURE, plugin_name, RED, replay);
}

static void count_only(const struct recorded *call)
{
	(void)call;
}

/* A plugin that is not there yet: once it is, its calls are to be replayed as well. */
static void calls__of_a_plugin_that_is_missing(void **state)
{
	size_t count;

	plugin_name = *state;
	count = recorded_each(FIXTURE, plugin_name, RED, count_only);
	if (sandbox_run("test -x " CNI_C_BINARY_DIR "/plugins/%s", plugin_name) == 0)
		fail_msg("%s is there now: replay its calls", plugin_name);
	skip_because("%s: %zu calls of a plugin that is not there", plugin_name, count);
}

#define replay_test(plugin)                                                                        \
	{                                                                                          \
		.name = "calls__are_answered_as_recorded: " plugin,                                \
		.test_func = calls__are_answered_as_recorded,                                      \
		.initial_state = (void *)(uintptr_t)(plugin)                                       \
	}
#define missing_test(plugin)                                                                       \
	{                                                                                          \
		.name = "calls__of_a_plugin_that_is_missing: " plugin,                             \
		.test_func = calls__of_a_plugin_that_is_missing,                                   \
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
		missing_test("ipvlan"),
		missing_test("macvlan"),
		missing_test("ptp"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
