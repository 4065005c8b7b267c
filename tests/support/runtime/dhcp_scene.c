/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

struct dhcp_server *server;
static pid_t daemon_process;

int dhcp_setup_without_server(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("lan");
	return sandbox_run("ip link add up0 type veth peer name up1 netns lan && "
			   "ip link set up0 up && ip -n lan link set lo up && "
			   "ip -n lan link set up1 up && ip -n lan addr add 10.1.0.1/24 dev up1");
}

int dhcp_setup(void **state)
{
	if (dhcp_setup_without_server(state) != 0)
		return -1;
	server = dhcp_server_start("lan", "up1");
	return 0;
}

int dhcp_teardown(void **state)
{
	daemon_end(SIGKILL);
	if (server)
		dhcp_server_stop(server);
	server = NULL;
	/* A real server, of a test that has failed. */
	sandbox_run("! test -e /run/server.pid || kill -9 $(cat /run/server.pid)");
	return bridge_teardown(state);
}

/* ---- the daemon ---- */

static void run_daemon(const char *const *flags)
{
	const char *words[16] = {DHCP, "daemon"};
	int log = open(DAEMON_LOG, O_WRONLY | O_CREAT | O_APPEND, 0600);

	for (size_t i = 0; flags && flags[i]; i++)
		words[2 + i] = flags[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log, STDERR_FILENO);
	dup2(log, STDOUT_FILENO);
	execv(DHCP, (char *const *)words);
	_exit(127);
}

void daemon_start(const char *const *flags)
{
	sandbox_run("rm -f " DAEMON_LOG);
	daemon_process = fork();
	if (!daemon_process)
		run_daemon(flags);
	await_log("the dhcp daemon serves");
}

/* Children are made in the namespace, this process stays. */
static bool shift_clock(unsigned long seconds)
{
	int fd = unshare(CLONE_NEWTIME) < 0
			 ? -1
			 : open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	char text[64];
	int size = snprintf(text, sizeof(text), "boottime %lu 0\n", seconds);
	bool is_written = fd >= 0 && write(fd, text, (size_t)size) == size;

	if (fd >= 0)
		close(fd);
	return is_written;
}

bool daemon_start_later(const char *const *flags, unsigned long seconds)
{
	closing int home = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC);

	if (home < 0 || !shift_clock(seconds))
		return false;
	daemon_start(flags);
	assert_return_code(setns(home, CLONE_NEWTIME), errno);
	return true;
}

void daemon_end(int signal)
{
	if (!daemon_process)
		return;
	kill(daemon_process, signal);
	waitpid(daemon_process, NULL, 0);
	daemon_process = 0;
}

pid_t daemon_pid(void)
{
	return daemon_process;
}

void dhcp_pod_open(struct pod *pod, const char *name)
{
	pod_open(pod, name);
	pod->plugin = MACVLAN;
}

void pod_add_fails_for(const struct pod *pod, const char *config, const char *text)
{
	struct plugin_call call = pod_call(pod, "ADD", config);
	struct plugin_answer answer = plugin_run(&call);

	for (int i = 0; i < 20 && strstr(answer.out, "nothing was answered"); i++) {
		plugin_answer_clear(&answer);
		answer = plugin_run(&call);
	}
	plugin_assert_error(&answer, CNI_EAGAIN, text);
	plugin_answer_clear(&answer);
}

/* ---- waiting ---- */

void await(const char *fmt, ...)
{
	char command[1024];
	va_list arguments;

	va_start(arguments, fmt);
	vsnprintf(command, sizeof(command), fmt, arguments);
	va_end(arguments);
	if (sandbox_comes("{ %s; } >/run/awaited 2>&1", command))
		return;
	sandbox_run("cat " DAEMON_LOG " /run/awaited >&2");
	fail_msg("it does not come: %s", command);
}

void await_log(const char *text)
{
	await("grep -qF '%s' " DAEMON_LOG, text);
}

void await_no_carrier(const char *netns)
{
	await("ip -n %s -j link show eth0 | jq -e '.[0].operstate != \"UP\"'", netns);
}
