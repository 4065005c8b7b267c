/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's flags as the network feels them, and the key daemonSocketPath with sockets of all kinds. */
#include "dhcp_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plugin_process add_without_end(const struct pod *pod, const char *config,
					     struct plugin_call *call)
{
	*call = pod_call(pod, "ADD", config);
	return plugin_start(call);
}

static void end(struct plugin_process *running)
{
	struct plugin_answer answer;

	kill(running->pid, SIGKILL);
	answer = plugin_finish(running);
	plugin_answer_clear(&answer);
}

/* ---- messages ---- */

static void flag_broadcast__asks_for_broadcasts(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	dhcp_pod_open(&red, "red");
	for (uint32_t on = 0; on < 2; on++) {
		daemon_start(on ? (const char *const[]){"-broadcast", NULL} : NULL);
		pod_add(&red, config);
		assert_int_equal(server->broadcast, on);
		pod_del(&red, config);
		daemon_end(SIGTERM);
	}
	pod_close(&red);
}

/* Without the flag the pauses double: the eighth DISCOVER is sent after two minutes, when the test has failed. */
static void flag_resendmax__bounds_the_pauses_between_discovers(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct plugin_process running;
	struct plugin_call call;
	struct pod red;

	(void)state;
	daemon_start((const char *const[]){"-resendmax", "100ms", NULL});
	server->mode = SERVER_IS_SILENT;
	dhcp_pod_open(&red, "red");
	running = add_without_end(&red, config, &call);
	dhcp_server_await(server, 1, 8);
	end(&running);
	pod_close(&red);
}

/* The server offers, and answers no REQUEST: four of them, and another DISCOVER. */
static void flag_timeout__bounds_the_wait_for_an_acknowledgement(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct plugin_process running;
	struct plugin_call call;
	struct pod red;

	(void)state;
	daemon_start((const char *const[]){"-timeout", "100ms", NULL});
	server->mode = SERVER_OFFERS;
	dhcp_pod_open(&red, "red");
	running = add_without_end(&red, config, &call);
	dhcp_server_await(server, 3, 5);
	assert_in_range(server->count[1], 2, 4);
	end(&running);
	pod_close(&red);
}

/* The default is the Go daemon's 208 s; a plugin waits for its IPAM plugin for 100 s. */
static void flag_resendtimeout__ends_add_before_its_caller_ends_it(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (!getenv("CNI_C_SLOW"))
		skip_because("it takes 90 s; test_dhcp_garbage.c has shorter times");
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	daemon_start(NULL);
	server->mode = SERVER_IS_SILENT;
	dhcp_pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_EAGAIN, "no DHCP server has given a lease");
	pod_close(&red);
}

/* ---- sockets ---- */

#define OTHER	 "/run/other.sock"
#define AT(path) ON_UP0 "'ipam':{'type':'dhcp','probe':false,'daemonSocketPath':'" path "'}"

/* A second daemon, which ends with the test also after a failure. */
static pid_t start_other(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (freopen("/run/other.log", "w", stderr))
			execl(DHCP, DHCP, "daemon", "-socketpath", OTHER, (char *)NULL);
		_exit(127);
	}
	await("grep -q 'serves " OTHER " with 0 leases' /run/other.log");
	return pid;
}

/* Each of two daemons has the leases of its own socket, also after it was killed. */
static void flag_socketpath__has_a_daemon_of_its_own(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	freeing char *other = bridge_config("1.0.0", AT(OTHER));
	struct pod blue;
	struct pod red;
	pid_t second;

	(void)state;
	second = start_other();
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	dhcp_pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, other);
	sandbox_must("grep -q 'blue/blue/eth0: has' /run/other.log && "
		     "grep -q 'blue/red/eth0: has' " DAEMON_LOG " && "
		     "! grep -q 'blue/blue/eth0' " DAEMON_LOG);
	daemon_end(SIGKILL);
	pod_check(&blue, other);
	daemon_start(NULL);
	await_log("serves /run/cni/dhcp.sock with 1 leases");
	pod_check(&red, config);
	pod_check_fails(&blue, config, "the daemon holds no lease");
	pod_del(&blue, other);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 2);
	kill(second, SIGTERM);
	waitpid(second, NULL, 0);
	sandbox_must("! test -e " OTHER);
	pod_close(&blue);
	pod_close(&red);
}

/* A process that answers with the text, and ends with the test. */
static pid_t start_stranger(const char *path, const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_return_code(bind(fd, (const void *)&address, sizeof(address)), errno);
	assert_return_code(listen(fd, 8), errno);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			char request[65536];
			int visitor = accept(fd, NULL, NULL);

			if (recv(visitor, request, sizeof(request), 0) > 0)
				send(visitor, text, strlen(text), MSG_NOSIGNAL);
			close(visitor);
		}
	}
	close(fd);
	return pid;
}

static void fails_at(struct pod *pod, const char *path, int code, const char *text)
{
	freeing char *more =
		cni_format(ON_UP0 "'ipam':{'type':'dhcp','daemonSocketPath':'%s'}", path);
	freeing char *config = bridge_config("1.0.0", more);

	pod_add_fails(pod, config, code, text);
	/* DEL is unconditional. */
	pod_del(pod, config);
}

static void socket__that_is_no_daemons_is_named(void **state)
{
	static const char *const answers[] = {"hello\n", "cni-c-dhcp/1 0 9999999\n",
					      "cni-c-dhcp/1 0 2\n{", "cni-c-dhcp/1 x y\n"};
	char path[201] = "/";
	struct pod red;

	(void)state;
	dhcp_pod_open(&red, "red");
	memset(path + 1, 'x', 199);
	fails_at(&red, path, CNI_ECONFIG, "'ipam.daemonSocketPath' has 200 bytes");
	sandbox_must("echo >/run/file && mkdir /run/directory");
	fails_at(&red, "/run/file", CNI_EMISSING, "no DHCP daemon answers on '/run/file'");
	fails_at(&red, "/run/directory", CNI_EMISSING, "no DHCP daemon answers on");
	fails_at(&red, "/run/file/below", CNI_EMISSING, "Not a directory");
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		pid_t stranger = start_stranger("/run/stranger", answers[i]);

		fails_at(&red, "/run/stranger", CNI_EDECODE,
			 "what listens on '/run/stranger' is no daemon of this plugin");
		kill(stranger, SIGKILL);
		waitpid(stranger, NULL, 0);
		sandbox_must("rm /run/stranger");
	}
	assert_int_equal(server->count[1], 0);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(flag_broadcast__asks_for_broadcasts),
		dhcp_test(flag_resendmax__bounds_the_pauses_between_discovers),
		dhcp_test(flag_timeout__bounds_the_wait_for_an_acknowledgement),
		dhcp_test(flag_resendtimeout__ends_add_before_its_caller_ends_it),
		dhcp_test(flag_socketpath__has_a_daemon_of_its_own),
		dhcp_test(socket__that_is_no_daemons_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
