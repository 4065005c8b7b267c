/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon is killed at system calls of an ADD, of a renewal and of a DEL: the next daemon, or DEL without one, finds
 * nothing that is lost. The quick run tries some of the calls, with CNI_C_SLOW in the environment all of them. */
#include "dhcp6_scene.h"

#include "cleanup.h"
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* ---- the daemon under ptrace(2) ---- */

static void seize(void)
{
	int status;

	assert_return_code(ptrace(PTRACE_SEIZE, daemon_pid(), NULL,
				  PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD),
			   errno);
	assert_return_code(ptrace(PTRACE_INTERRUPT, daemon_pid(), NULL, NULL), errno);
	assert_int_equal(waitpid(daemon_pid(), &status, 0), daemon_pid());
}

/* Goes on to the next stop, and returns its signal; a system call's is marked. 0: `other` has ended meanwhile. */
static int next_stop(int signal, pid_t other)
{
	siginfo_t info = {.si_pid = 0};
	int status;

	assert_return_code(ptrace(PTRACE_SYSCALL, daemon_pid(), NULL, signal), errno);
	do
		assert_return_code(waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT), errno);
	while (info.si_pid != daemon_pid() && info.si_pid != other);
	if (info.si_pid == other)
		return 0;
	assert_int_equal(waitpid(daemon_pid(), &status, 0), daemon_pid());
	assert_true(WIFSTOPPED(status));
	return WSTOPSIG(status);
}

/* Lets the daemon work until `other` has ended, or its system call number `nth` begins, and kills the daemon. False if
 * `other` has ended before. */
static bool kill_at(unsigned int nth, pid_t other)
{
	bool is_reached = false;
	int signal = 0;

	while (!is_reached) {
		struct __ptrace_syscall_info info = {.op = 0};
		int stop = next_stop(signal, other);

		if (!stop)
			break;
		signal = stop == SIGTRAP || stop == (SIGTRAP | 0x80) ? 0 : stop;
		ptrace(PTRACE_GET_SYSCALL_INFO, daemon_pid(), sizeof(info), &info);
		is_reached =
			stop == (SIGTRAP | 0x80) && info.op == PTRACE_SYSCALL_INFO_ENTRY && !nth--;
	}
	daemon_end(SIGKILL);
	return is_reached;
}

/* ---- an ADD, a renewal, a DEL ---- */

static const char *const quick[] = {"-timeout", "500ms", NULL};

/* ADD either fails and leaves nothing, or succeeds and leaves a lease that another daemon goes on with. */
static bool add_killed_at(struct pod *red, const char *config, unsigned int nth)
{
	struct plugin_call call = pod_call(red, "ADD", config);
	struct plugin_process running;
	struct plugin_answer answer;
	bool was_killed;

	daemon_start(quick);
	seize();
	running = plugin_start(&call);
	was_killed = kill_at(nth, running.pid);
	answer = plugin_finish(&running);
	if (answer.exit_code == 0)
		pod_take(red, &answer);
	else
		sandbox_must("! ip -n red link show eth0 2>/dev/null && "
			     "! test -e /run/cni/dhcp/blue/red:eth0 && "
			     "! test -e /run/cni/dhcp6/blue/red:eth0");
	daemon_start(quick);
	if (answer.exit_code == 0)
		pod_check(red, config);
	pod_del(red, config);
	sandbox_must("! test -e /run/cni/dhcp/blue && ! test -e /run/cni/dhcp6/blue");
	daemon_end(SIGTERM);
	plugin_answer_clear(&answer);
	return was_killed;
}

static void add__survives_a_daemon_killed_anywhere(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	unsigned int step = 0;
	struct pod red;

	(void)state;
	dhcp_pod_open(&red, "red");
	for (; add_killed_at(&red, config, step); step += trace_sparse_stride(12))
		;
	print_message("# ADD has more than %u system calls\n", step);
	assert_true(step > 20);
	pod_close(&red);
}

/* A single family may have its lease when the daemon dies. */
static void add__of_both_families_survives_a_daemon_killed_anywhere(void **state)
{
	freeing char *config = dhcp6_config("'families':['ipv4','ipv6'],'probe':false");
	unsigned int step = 24;
	struct pod red;

	(void)state;
	server = dhcp_server_start("lan", "up1");
	dhcp_pod_open(&red, "red");
	for (; add_killed_at(&red, config, step); step += trace_sparse_stride(40))
		;
	print_message("# ADD of both families has more than %u system calls\n", step);
	assert_true(step > 60);
	pod_close(&red);
}

/* The lease is renewed each second: the system call is always reached. */
static void renewal__survives_a_daemon_killed_anywhere(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	server->seconds = 60;
	server->renewal = 1;
	server->rebinding = 50;
	daemon_start(quick);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	for (unsigned int step = 0; step < 60; step += trace_sparse_stride(12)) {
		seize();
		assert_true(kill_at(step, -1));
		daemon_start(quick);
		await_log("keeps 10.1.0.50/24");
		pod_check(&red, config);
	}
	assert_int_equal(server->count[1], 1);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	pod_close(&red);
}

static void renewal__of_ipv6_survives_a_daemon_killed_anywhere(void **state)
{
	freeing char *config = dhcp6_config(SIX_ALONE);
	struct pod red;

	(void)state;
	server6->seconds = 60;
	server6->renewal = 1;
	server6->rebinding = 50;
	daemon_start(quick);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	for (unsigned int step = 6; step < 60; step += trace_sparse_stride(20)) {
		seize();
		assert_true(kill_at(step, -1));
		daemon_start(quick);
		await_log("keeps fd01::50/64");
		pod_check(&red, config);
	}
	assert_int_equal(server6->count[1], 1);
	pod_del(&red, config);
	dhcp6_server_await(server6, 8, 1);
	pod_close(&red);
}

/* The plugin releases what the daemon has not. */
static void del__survives_a_daemon_killed_anywhere(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	bool was_killed = true;
	unsigned int step = 0;
	struct pod red;

	(void)state;
	dhcp_pod_open(&red, "red");
	for (; was_killed; step += trace_sparse_stride(12)) {
		uint32_t released = server->count[7];
		struct plugin_process running;
		struct plugin_answer answer;
		struct plugin_call call;

		daemon_start(quick);
		pod_add(&red, config);
		seize();
		call = pod_call(&red, "DEL", config);
		running = plugin_start(&call);
		was_killed = kill_at(step, running.pid);
		answer = plugin_finish(&running);
		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
		dhcp_server_await(server, 7, released + 1);
		sandbox_must(
			"! test -e /run/cni/dhcp/blue && ! ip -n red link show eth0 2>/dev/null");
	}
	assert_true(step > 20);
	pod_close(&red);
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
		dhcp_test(add__survives_a_daemon_killed_anywhere),
		dhcp6_test(add__of_both_families_survives_a_daemon_killed_anywhere),
		dhcp6_test(renewal__of_ipv6_survives_a_daemon_killed_anywhere),
		dhcp_test(renewal__survives_a_daemon_killed_anywhere),
		dhcp_test(del__survives_a_daemon_killed_anywhere),
		dhcp_test(add__in_another_namespace_of_the_same_path_asks_anew),
		dhcp_test(daemon__may_see_the_host_below_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
