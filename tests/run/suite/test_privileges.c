/* SPDX-License-Identifier: Apache-2.0 */
/* The error of a plugin that is not allowed to do its work: it names the cause, and nothing else. */
#include "bridge.h"
#include "faults.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG "/run/strace.log"

/* Without one capability, or as any user. */
static const char *const no_net_admin[] = {"--bounding-set", "-net_admin", "--inh-caps",
					   "-net_admin", NULL};
static const char *const no_sys_admin[] = {"--bounding-set", "-sys_admin", "--inh-caps",
					   "-sys_admin", NULL};
static const char *const any_user[] = {"--reuid", "65534",	    "--regid",
				       "65534",	  "--clear-groups", NULL};

static const struct {
	const char *plugin;
	const char *more;
	bool chained;
} plugins[] = {
	{BRIDGE, GATEWAY ",'ipMasq':true,'macspoofchk':true," IPAM46, false},
	{BRIDGE, "", false},
	{CNI_C_BINARY_DIR "/plugins/loopback", "'type':'loopback'", false},
	{CNI_C_BINARY_DIR "/plugins/portmap",
	 "'runtimeConfig':{'portMappings':[{'hostPort':8080,'containerPort':80,'protocol':'tcp'}]}",
	 true},
	{CNI_C_BINARY_DIR "/plugins/firewall", "'backend':'nftables'", true},
	{CNI_C_BINARY_DIR "/plugins/tuning", "'mac':'02:00:00:00:00:07'", true},
	{CNI_C_BINARY_DIR "/plugins/bandwidth", "'ingressRate':1000000,'ingressBurst':1000000",
	 true},
	{CNI_C_BINARY_DIR "/plugins/tap", "'bridge':''," IPAM46, false},
};

/* The caller clears the answer. */
static struct plugin_answer run_as(const char *const *who, struct plugin_call call)
{
	const char *arguments[8] = {NULL};
	size_t count = 0;

	for (; who[count]; count++)
		arguments[count] = who[count];
	arguments[count] = call.plugin;
	call.plugin = "/usr/bin/setpriv";
	call.arguments = arguments;
	return plugin_run(&call);
}

static void assert_cause(const char *const *who, const struct plugin_call *call, const char *lacks)
{
	struct plugin_answer answer = run_as(who, *call);
	const char *msg = cni_json_get_string(answer.json, "msg");

	assert_int_equal(answer.exit_code, 1);
	assert_non_null(msg);
	if (!strstr(msg, "Operation not permitted (the process has no") || !strstr(msg, lacks))
		fail_msg("%s", msg);
	/* Neither what was not taken back nor anything else stands before it. */
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

static void add__without_a_capability_names_it_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plugins) / sizeof(*plugins); i++) {
		freeing char *first = bridge_config("1.0.0", IPAM4);
		freeing char *config = bridge_config("1.0.0", plugins[i].more);
		freeing char *with = NULL;
		freeing char *before = NULL;
		struct plugin_call call;
		struct pod red;

		fprintf(stderr, "# %s %s\n", plugins[i].plugin, plugins[i].more);
		pod_open(&red, "red");
		/* Any user finds the namespace. */
		sandbox_must("chmod 755 /run /run/netns");
		if (plugins[i].chained)
			pod_add(&red, first);
		with = pod_config(&red, config);
		call = pod_call(&red, "ADD", with);
		call.plugin = plugins[i].plugin;
		before = bridge_snapshot();
		assert_cause(no_net_admin, &call, "CAP_NET_ADMIN");
		assert_cause(no_sys_admin, &call, "CAP_SYS_ADMIN");
		assert_cause(any_user, &call, "CAP_NET_ADMIN and no CAP_SYS_ADMIN");
		bridge_assert_unchanged(before);
		if (plugins[i].chained)
			pod_del(&red, first);
		pod_close(&red);
	}
}

/* Some seccomp profiles refuse ioctl(2) on a namespace, with one error or another. */
static void add__takes_a_namespace_whose_type_it_may_not_ask_for(void **state)
{
	static const char *const errors[] = {"EPERM", "ENOSYS", "EINVAL", "EACCES", "ENOTTY"};
	static const struct fault_step ioctl = {.name = "ioctl", .nth = 1, .is_lasting = true};
	freeing char *config = bridge_config("1.0.0", IPAM4);
	struct pod red;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		struct plugin_call call = pod_call(&red, "ADD", config);
		struct plugin_answer answer = faults_inject(&call, LOG, &ioctl, errors[i]);

		pod_take(&red, &answer);
		plugin_answer_clear(&answer);
		call = pod_call(&red, "DEL", config);
		answer = faults_inject(&call, LOG, &ioctl, errors[i]);
		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
		assert_shown("[]", "", "ip -n red -j link show type veth");
		/* A file that is none is still told apart. */
		call = pod_call(&red, "ADD", config);
		call.netns = "/etc/hostname";
		answer = faults_inject(&call, LOG, &ioctl, errors[i]);
		plugin_assert_error(&answer, CNI_EENV, "is not a network namespace");
		plugin_answer_clear(&answer);
		/* And a namespace of another kind, by the call that enters it. */
		call.netns = "/proc/self/ns/uts";
		answer = faults_inject(&call, LOG, &ioctl, errors[i]);
		plugin_assert_error(&answer, CNI_EKERNEL, "enter the network namespace");
		plugin_answer_clear(&answer);
		plugin_fails(&call, CNI_EENV, "is not a network namespace");
	}
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__without_a_capability_names_it_and_nothing_else),
		bridge_test(add__takes_a_namespace_whose_type_it_may_not_ask_for),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
