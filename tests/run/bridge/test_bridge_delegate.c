/* SPDX-License-Identifier: Apache-2.0 */
/* bridge and an IPAM plugin in a process of its own: one that leads back to bridge, its stderr, and
 * its end under a runtime that ignores SIGCHLD. */
#include "bridge.h"
#include "cleanup.h"
#include "error.h"
#include "mem.h"

#include <string.h>

#define STARTS SANDBOX_DIR "/starts"

static char *config_with(const char *type)
{
	freeing char *ipam = cni_format(GATEWAY ",'ipam':{'type':'%s'}", type);

	return bridge_config("1.1.0", ipam);
}

static void add_script(const char *name, const char *script)
{
	sandbox_must("mkdir -p " SANDBOX_BIN "; cat > " SANDBOX_BIN "/%s <<'E'\n#!/bin/sh\n%s\nE",
		     name, script);
	sandbox_must("chmod 755 " SANDBOX_BIN "/%s", name);
}

/* Every verb, and not one of them starts it a second time: a start is so many lines of STARTS. */
static void assert_refused_by(const struct pod *pod, const char *type, int lines)
{
	static const char *const verbs[] = {"ADD", "DEL", "DEL", "GC", "STATUS"};
	freeing char *ipam = cni_format(GATEWAY ",'ipam':{'type':'%s'},"
						"'cni.dev/valid-attachments':[]",
					type);
	freeing char *config = bridge_config("1.1.0", ipam);
	freeing char *before = bridge_snapshot();

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		struct plugin_call call = pod_call(pod, verbs[i], config);
		freeing char *says = cni_format("'ipam.type' is \"%s\"", type);
		freeing char *after = NULL;

		print_message("# %s %s\n", verbs[i], type);
		plugin_fails(&call, CNI_ECONFIG, says);
		after = bridge_snapshot();
		sandbox_assert_same(before, after);
		sandbox_must("test \"$(cat " STARTS " 2>/dev/null | wc -l)\" -le %d; rm -f " STARTS,
			     i ? lines : 2 * lines);
	}
}

static void assert_refused(const struct pod *pod, const char *type)
{
	assert_refused_by(pod, type, 1);
}

/* By its own name, whichever executable that is; links and a copy of it; and scripts that start it. */
static void bridge__refuses_itself_as_ipam(void **state)
{
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("mkdir -p " SANDBOX_BIN "; cd " SANDBOX_BIN "; ln -s " BRIDGE " linked; "
		     "ln -s linked again; cp " BRIDGE " copied; cp " BRIDGE " host-local-2");
	add_script("bridge", "echo >>" STARTS "; exec " BRIDGE);
	add_script("wrapped", "echo >>" STARTS "; exec " BRIDGE);
	add_script("twice", "echo >>" STARTS "; exec \"${0%/*}/wrapped\"");
	assert_refused(&red, "bridge");
	assert_refused(&red, "linked");
	assert_refused(&red, "again");
	assert_refused(&red, "copied");
	assert_refused(&red, "host-local-2");
	assert_refused(&red, "wrapped");
	assert_refused_by(&red, "twice", 2);
	pod_close(&red);
}

/* Nothing is made for it, and taken back: the port's announcement would be seen by others. */
static void bridge__refuses_itself_before_anything_is_changed(void **state)
{
	static const char *const types[] = {"bridge", "linked", "nonesuch"};
	const char *const trace[] = {"CNI_C_TRACE=1", NULL};
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("mkdir -p " SANDBOX_BIN "; ln -s " BRIDGE " " SANDBOX_BIN "/linked");
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		freeing char *config = config_with(types[i]);
		struct plugin_call call = pod_call(&red, "ADD", config);
		struct plugin_answer answer;

		call.environment = trace;
		answer = plugin_run(&call);
		plugin_assert_error(&answer, CNI_ECONFIG, "'ipam.type'");
		assert_null(strstr(answer.err, "add    veth"));
		plugin_answer_clear(&answer);
	}
	pod_close(&red);
}

#define ANSWER                                                                                     \
	"cat >/dev/null; case $CNI_COMMAND in ADD) echo "                                          \
	"'{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/24\","                        \
	"\"gateway\":\"10.1.0.1\"}]}';; esac"

static void bridge__works_with_sigchld_ignored(void **state)
{
	static const char *const commands[] = {"ADD", "DEL"};
	static const char *const arguments[] = {"60", "env", "--ignore-signal=CHLD", BRIDGE, NULL};
	freeing char *config = config_with("answers");
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	add_script("answers", ANSWER);
	for (size_t i = 0; i < 2; i++) {
		struct plugin_call call = pod_call(&red, commands[i], config);

		call.plugin = "/usr/bin/timeout";
		call.arguments = arguments;
		plugin_succeeds(&call);
	}
	pod_close(&red);
}

static void bridge__error_has_the_words_of_the_ipam_plugin(void **state)
{
	freeing char *config = config_with("talks");
	struct plugin_answer answer;
	struct plugin_call call;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	call = pod_call(&red, "ADD", config);
	add_script("talks", "echo 'the pool is away' >&2; echo 'panic: nil map'");
	answer = plugin_run(&call);
	plugin_assert_error(&answer, CNI_EDECODE, "ipam 'talks': its answer is not valid JSON");
	plugin_assert_error(&answer, CNI_EDECODE,
			    "stdout: panic: nil map; stderr: the pool is away");
	assert_non_null(strstr(answer.err, "the pool is away\n"));
	plugin_answer_clear(&answer);
	add_script("talks", "echo 'the pool is away' >&2; echo '{\"code\":11,\"msg\":\"later\"}'; "
			    "exit 1");
	answer = plugin_run(&call);
	plugin_assert_error(&answer, CNI_EAGAIN, "ipam 'talks': later");
	plugin_assert_error(&answer, CNI_EAGAIN, "stderr: the pool is away");
	plugin_answer_clear(&answer);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(bridge__refuses_itself_as_ipam),
		bridge_test(bridge__refuses_itself_before_anything_is_changed),
		bridge_test(bridge__works_with_sigchld_ignored),
		bridge_test(bridge__error_has_the_words_of_the_ipam_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
