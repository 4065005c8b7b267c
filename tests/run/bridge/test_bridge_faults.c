/* SPDX-License-Identifier: Apache-2.0 */
/* An error injected at each system call of an ADD, by strace(1): it succeeds in spite of it, or
 * fails with an error in JSON and the host as it was. The quick run tries some of the calls, with
 * CNI_C_SLOW in the environment all of them. */
#include "bridge.h"
#include "faults.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LOG "/run/strace.log"

/* Steps of which the quick run leaves out none: nothing follows that would undo them. */
#define LAST 8

/* The host before the ADD, and how it is made. */
struct host {
	const char *more; /* of the configuration */
	const char *setup;
	char *config;
	char *before;
};

/* Restores the state before the ADD: DEL leaves what attachments share. */
static void give_up(struct pod *pod, const struct host *host)
{
	pod_del(pod, host->config);
	sandbox_run("ip link del br0 2>/dev/null; sysctl -qw net.ipv4.ip_forward=0 "
		    "net.ipv6.conf.all.forwarding=0 net.ipv4.conf.all.accept_redirects=0");
	sandbox_must("%s", host->setup);
}

static void take_back(struct pod *pod, const struct host *host)
{
	pod_check(pod, host->config);
	give_up(pod, host);
}

static void inject(struct pod *pod, const struct host *host, const struct fault_step *step,
		   const char *error)
{
	struct plugin_call asked = pod_call(pod, "ADD", host->config);
	struct plugin_answer answer = faults_inject(&asked, LOG, step, error);

	if (answer.exit_code == 0) {
		freeing char *out = cni_strdup(answer.out);

		pod_take(pod, &answer);
		/* An address whose file cannot be looked at is passed over. */
		assert_true(strstr(out, "\"10.1.0.2/24\"") || strstr(out, "\"10.1.0.3/24\""));
		take_back(pod, host);
	} else {
		assert_non_null(answer.json);
		plugin_assert_error(&answer, cni_json_get(answer.json, "code")->valueint, NULL);
		/* When all is done but to say so, the attachment goes and the bridge stays. */
		if (faults_hit_answer(LOG))
			give_up(pod, host);
	}
	plugin_answer_clear(&answer);
	bridge_assert_unchanged(host->before);
	assert_shown("[]", "", "ip -n %s -j link show type veth", pod->name);
}

static void inject_everywhere(struct host *host, unsigned int stride)
{
	static const char *const errors[] = {"ENOMEM", "EIO", "EINTR"};
	struct fault_steps *steps = cni_alloc(sizeof(*steps));
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	pod_open(&red, "red");
	sandbox_must("%s", host->setup);
	host->config = bridge_config("1.1.0", host->more);
	host->before = bridge_snapshot();
	asked = pod_call(&red, "ADD", host->config);
	answer = faults_learn(&asked, LOG, steps);
	pod_take(&red, &answer);
	plugin_answer_clear(&answer);
	take_back(&red, host);
	bridge_assert_unchanged(host->before);
	assert_true(steps->count > 80);
	for (size_t i = 0; i < steps->count; i += i + LAST < steps->count ? stride : 1)
		for (size_t j = 0; j < 3; j++)
			if (stride == 1 || i + LAST >= steps->count || j == i / stride % 3)
				inject(&red, host, &steps->items[i], errors[j]);
	pod_close(&red);
	free(host->before);
	free(host->config);
	free(steps);
}

static void add__survives_an_error_of_any_system_call(void **state)
{
	struct host host = {.more = FULL, .setup = "true"};

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	inject_everywhere(&host, trace_fault_stride(4));
}

/* Only this ADD's changes to the bridge are undone. */
static void add__survives_an_error_on_a_bridge_that_was_there(void **state)
{
	struct host host = {
		.more = "'forceAddress':true," FULL,
		.setup = "ip link add br0 address 02:00:00:00:00:66 type bridge; "
			 "sysctl -qw net.ipv6.conf.br0.accept_ra=0; ip link set br0 up; "
			 "ip addr add 10.99.0.1/24 brd + dev br0; ip addr add fd99::1/64 dev br0 "
			 "nodad",
	};

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	inject_everywhere(&host, trace_fault_stride(5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__survives_an_error_of_any_system_call),
		bridge_test(add__survives_an_error_on_a_bridge_that_was_there),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
