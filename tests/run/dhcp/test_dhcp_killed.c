/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon is killed at system calls of an ADD, of a renewal and of a DEL: the next daemon, or DEL without one, finds
 * nothing that is lost. strace(1) does it. */
#include "dhcp_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <signal.h>
#include <unistd.h>

/* The daemon as a command that strace kills at the call number `when` of `call`, counted from its start. */
static void start_killed(const char *call, int when)
{
	sandbox_must("rm -f " DAEMON_LOG
		     " /run/cni/dhcp.sock; { ASAN_OPTIONS=detect_leaks=0 strace -f -o "
		     "/run/strace -e trace=%s -e inject=%s:signal=KILL:when=%d " DHCP
		     " daemon -pidfile /run/killed.pid -timeout 500ms >/dev/null 2>" DAEMON_LOG
		     " & }",
		     call, call, when);
}

static bool is_killed(void)
{
	return sandbox_run("grep -q 'killed by SIGKILL' /run/strace") == 0;
}

static void end_killed(void)
{
	/* The call that kills it may have come meanwhile. */
	sandbox_run("kill -9 $(cat /run/killed.pid) 2>/dev/null");
	await("grep -q 'killed by SIGKILL' /run/strace");
}

/* ADD either fails and leaves nothing, or succeeds and leaves a lease that another daemon goes on with. */
static void add_killed_at(const char *call, int when)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	start_killed(call, when);
	sandbox_run("for i in $(seq 100); do test -s /run/killed.pid && break; "
		    "grep -q SIGKILL /run/strace && break; sleep 0.02; done");
	dhcp_pod_open(&red, "red");
	asked = pod_call(&red, "ADD", config);
	answer = plugin_run(&asked);
	if (answer.exit_code == 0)
		pod_take(&red, &answer);
	else
		sandbox_must("! ip -n red link show eth0 2>/dev/null && "
			     "! test -e /run/cni/dhcp/blue/red:eth0");
	if (!is_killed())
		end_killed();
	daemon_start(NULL);
	if (answer.exit_code == 0)
		pod_check(&red, config);
	pod_del(&red, config);
	sandbox_must("! test -e /run/cni/dhcp/blue");
	pod_add(&red, config);
	pod_check(&red, config);
	pod_del(&red, config);
	daemon_end(SIGTERM);
	plugin_answer_clear(&answer);
	pod_close(&red);
}

static void add__survives_a_daemon_that_is_killed(void **state)
{
	static const struct {
		const char *call;
		int first;
		int last;
	} calls[] = {
		{"renameat", 1, 1}, {"sendto", 1, 12}, {"recvfrom", 1, 2},
		{"bind", 3, 8},	    {"setns", 1, 8},
	};

	(void)state;
	if (sandbox_run("command -v strace >/dev/null") != 0)
		skip_because("there is no strace");
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		for (int when = calls[i].first; when <= calls[i].last; when++) {
			print_message("# ADD, %s number %d\n", calls[i].call, when);
			add_killed_at(calls[i].call, when);
		}
}

/* A container that is attached anew under the same names is another place: the old lease is not answered with. */
static void add__in_another_namespace_of_the_same_path_asks_anew(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	pod_close(&red);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_int_equal(server->count[1], 2);
	/* Another interface, with a MAC of its own, has another lease. */
	assert_json(red.result, "ips.0.address", "10.1.0.51/24");
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 51);
	pod_close(&red);
}

static void daemon__may_see_the_host_below_a_prefix(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	sandbox_must("mkdir /run/host && ln -s /run /run/host/run");
	daemon_start((const char *const[]){"-hostprefix", "/run/host", NULL});
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("grep -qx 'netns /run/host/run/netns/red' /run/cni/dhcp/blue/red:eth0");
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(add__survives_a_daemon_that_is_killed),
		dhcp_test(add__in_another_namespace_of_the_same_path_asks_anew),
		dhcp_test(daemon__may_see_the_host_below_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
