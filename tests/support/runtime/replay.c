/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "bridge.h"
#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RED	REPLAY_NETNS
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

const char *replay_plugin;
const struct recorded *replay_recorded;

static char *netns;

bool replay_is_ipam(void)
{
	return strstr(replay_plugin, "host-local") || !strcmp(replay_plugin, "static");
}

bool replay_is_bridge(void)
{
	return strstr(replay_plugin, "bridge") != NULL;
}

bool replay_is_interface(void)
{
	return replay_is_bridge() || !strcmp(replay_plugin, "ptp") ||
	       !strcmp(replay_plugin, "macvlan") || !strcmp(replay_plugin, "ipvlan");
}

bool replay_is_chained(void)
{
	return !replay_is_ipam() && !replay_is_interface() && !strstr(replay_plugin, "loopback");
}

char *replay_executable(void)
{
	if (!strncmp(replay_plugin, "buildkit-cni-", 13))
		return cni_format(SANDBOX_BIN "/%s", replay_plugin);
	return cni_format(CNI_C_BINARY_DIR "/%s/%s", replay_is_ipam() ? "ipam" : "plugins",
			  replay_plugin);
}

static void install_buildkits(void)
{
	sandbox_must("for p in bridge firewall loopback; do ln -s " CNI_C_BINARY_DIR
		     "/plugins/$p " SANDBOX_BIN
		     "/buildkit-cni-$p || exit 1; done; ln -s " CNI_C_BINARY_DIR
		     "/ipam/host-local " SANDBOX_BIN "/buildkit-cni-host-local");
}

const char *replay_or_else(const char *text, const char *other)
{
	return text && *text ? text : other;
}

/* Runs the plugin as in the recording, but for command and configuration. */
struct plugin_answer replay_ask(const char *command, const cJSON *config)
{
	freeing char *plugin = replay_executable();
	freeing char *text = config ? cni_json_print(config) : NULL;
	struct plugin_call call = replay_recorded->call;

	call.plugin = plugin;
	call.command = command;
	call.path = BRIDGE_PATH;
	call.config = text ? text : replay_recorded->call.config;
	if (!command || !strcmp(command, replay_or_else(replay_recorded->call.command, ""))) {
		call.netns = netns;
		return plugin_run(&call);
	}
	/* Values that GC and STATUS do not need. */
	call.container = replay_or_else(call.container, "c1");
	call.ifname = replay_or_else(call.ifname, "eth0");
	call.netns = replay_or_else(netns, RED);
	return plugin_run(&call);
}

_Noreturn void replay_fail(const char *what, const struct plugin_answer *answer)
{
	fail_msg("%s, %s %s, netns '%s': %s: exit %d\n%s\n%s\n%s", replay_recorded->runtime,
		 replay_plugin, replay_or_else(replay_recorded->call.command, "(none)"),
		 replay_or_else(replay_recorded->theirs, ""), what, answer->exit_code, answer->out,
		 answer->err, replay_recorded->call.config);
	abort();
}

void replay_succeeds(const char *what, const char *command, const cJSON *config)
{
	struct plugin_answer answer = replay_ask(command, config);

	if (answer.exit_code != 0 || *answer.out)
		replay_fail(what, &answer);
	plugin_answer_clear(&answer);
}

/* ---- a container that is attached as its prevResult says ---- */

static void patch(cJSON *prev, const cJSON *real)
{
	cJSON *interface;

	cJSON_ArrayForEach (interface, cJSON_GetObjectItem(prev, "interfaces")) {
		const cJSON *other;

		if (cJSON_GetObjectItem(interface, "sandbox"))
			cni_json_set(interface, "sandbox",
				     cJSON_CreateString(replay_or_else(netns, RED)));
		cJSON_ArrayForEach (other, cni_json_get(real, "interfaces"))
			if (!strcmp(cni_json_get_string(other, "name"),
				    cni_json_get_string(interface, "name")))
				cni_json_set(interface, "mac",
					     cni_json_copy(cni_json_get(other, "mac")));
	}
}

/* By bridge and static. `prev`: NULL for an attachment as any. The caller frees. */
cJSON *replay_attach(const cJSON *prev, const char *container, const char *path)
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
		     cJSON_CreateString(cni_json_get_string(replay_recorded->input, "name")));
	cni_json_set(config, "bridge", cJSON_CreateString(cni_json_get_string(first, "name")));
	if (prev && replay_recorded->prev_mac)
		mac = cni_format("IgnoreUnknown=1;MAC=%s", replay_recorded->prev_mac);
	text = cni_json_print(config);
	answer = plugin_run(&(
		struct plugin_call){.plugin = BRIDGE,
				    .command = "ADD",
				    .container = container,
				    .netns = path,
				    .ifname = replay_or_else(replay_recorded->call.ifname, "eth0"),
				    .args = mac,
				    .path = BRIDGE_PATH,
				    .config = text});
	if (answer.exit_code != 0)
		replay_fail("attach it", &answer);
	real = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
	return real;
}

/* The configuration with which the plugin's ADD is called before another verb, or at once. */
cJSON *replay_config_of_add(bool *ret_is_attached)
{
	cJSON *config = cni_json_copy(replay_recorded->input);
	cJSON *prev = cJSON_GetObjectItem(config, "prevResult");
	bool has_host_end = replay_recorded->prev_ifname &&
			    strcmp(replay_recorded->prev_ifname, "lo") != 0 &&
			    cJSON_GetArraySize(cJSON_GetObjectItem(prev, "interfaces")) > 2;

	*ret_is_attached = false;
	cni_json_set(config, "cni.dev/attachments", NULL);
	cni_json_set(config, "cni.dev/valid-attachments", NULL);
	if (replay_is_chained()) {
		freeing_json cJSON *real =
			replay_attach(has_host_end ? prev : NULL,
				      replay_or_else(replay_recorded->call.container, "c1"),
				      replay_or_else(netns, RED));

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
	if (strcmp(replay_recorded->call.command, "ADD") == 0 ||
	    cni_json_get(config, "runtimeConfig"))
		return;
	if (!strcmp(replay_plugin, "portmap"))
		cni_json_set(config, "runtimeConfig",
			     json_of("{'portMappings':[{'hostPort':8080,'containerPort':80,"
				     "'protocol':'tcp'}]}"));
	if (!strcmp(replay_plugin, "bandwidth"))
		cni_json_set(config, "runtimeConfig",
			     json_of("{'bandwidth':{'ingressRate':1000000,'ingressBurst':1000000,"
				     "'egressRate':1000000,'egressBurst':1000000}}"));
}

void replay_add_before(struct replay_attachment *attachment)
{
	bool is_attached;
	struct plugin_answer answer;

	attachment->config = replay_config_of_add(&is_attached);
	enrich(attachment->config);
	attachment->before = bridge_snapshot();
	answer = replay_ask("ADD", attachment->config);
	if (answer.exit_code != 0)
		replay_fail("ADD before it", &answer);
	attachment->answer = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
}

void replay_forget(struct replay_attachment *attachment)
{
	cJSON_Delete(attachment->config);
	cJSON_Delete(attachment->answer);
	free(attachment->before);
}

/* The configuration of the recorded call, with what is true here as its prevResult, if it had one. */
cJSON *replay_config_of_call(const struct replay_attachment *attachment)
{
	const cJSON *real = replay_is_interface() ? attachment->answer
						  : cni_json_get(attachment->config, "prevResult");
	cJSON *config = cni_json_copy(replay_recorded->input);

	if (real && cJSON_GetObjectItem(config, "prevResult"))
		cni_json_set(config, "prevResult", cni_json_copy(real));
	return config;
}

/* ---- a host for each call ---- */

int replay_begin(const char *plugin, const struct recorded *call)
{
	replay_plugin = plugin;
	replay_recorded = call;
	if (bridge_setup(NULL) < 0)
		return -1;
	sandbox_add_netns("red");
	install_buildkits();
	/* The master of recorded macvlans; and ptp leaves forwarding on. */
	if (replay_is_interface() && !replay_is_bridge())
		sandbox_must("ip link add eth0 type veth peer name wire0 && ip link set eth0 up && "
			     "ip link set wire0 up && "
			     "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
	netns = place(call->theirs);
	return 0;
}

int replay_end(void)
{
	leave_place();
	free(take_ptr(netns));
	return bridge_teardown(NULL);
}
