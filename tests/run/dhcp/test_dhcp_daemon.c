/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon: its socket, its visitors, and DEL and GC without it. */
#include "dhcp_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET "/run/cni/dhcp.sock"
/* How many descriptors the daemon has. */
#define FDS "ls /proc/%d/fd | wc -l | tr -d '\\n'"

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_return_code(connect(fd, (const void *)&address, sizeof(address)), errno);
	return fd;
}

/* Sends the text and returns the answer, up to its end. */
static char *say(const char *text, size_t size)
{
	int fd = connect_to(SOCKET);
	char answer[1024];
	size_t used = 0;
	ssize_t got;

	if (send(fd, text, size, MSG_NOSIGNAL) < 0)
		assert_int_equal(errno, EPIPE);
	while ((got = recv(fd, answer + used, sizeof(answer) - 1 - used, 0)) > 0)
		used += (size_t)got;
	close(fd);
	answer[used] = '\0';
	return cni_strdup(answer);
}

static void assert_said(const char *text, const char *expected)
{
	freeing char *answer = say(text, strlen(text));

	if (!strstr(answer, expected))
		fail_msg("expected \"%s\", found \"%s\"", expected, answer);
}

/* ---- visitors ---- */

static void daemon__refuses_what_is_no_request(void **state)
{
	freeing char *flood = cni_alloc(70000);

	(void)state;
	memset(flood, 'x', 69999);
	daemon_start(NULL);
	assert_said("hello\n", "none of 'cni-c-dhcp/1'");
	assert_said("cni-c-dhcp/1 ADD ../x c1 eth0 0\n", "none of 'cni-c-dhcp/1'");
	assert_said("cni-c-dhcp/1 ADD blue c1 et/h0 0\n", "none of 'cni-c-dhcp/1'");
	assert_said("cni-c-dhcp/1 ADD blue c1 eth0 99999999\n", "none of 'cni-c-dhcp/1'");
	assert_said("cni-c-dhcp/1 ADD blue c1 eth0 5\nhello", "the request is damaged");
	assert_said("cni-c-dhcp/1 STATUS - - - 0\n", "cni-c-dhcp/1 0 0");
	assert_said("CONNECT /_goRPC_ HTTP/1.0\n\n", "HTTP/1.0 505 this is cni-c's dhcp daemon");
	free(say(flood, 69999));
	free(say("\0\0\0\n", 4));
	assert_said("cni-c-dhcp/1 STATUS - - - 0\n", "cni-c-dhcp/1 0 0");
}

/* A visitor that goes on sending, a byte at a time, has no more time than one that sends nothing. */
static void daemon__drops_a_visitor_that_never_ends(void **state)
{
	struct pollfd trickle = {.events = POLLIN};
	char byte;
	int quiet;
	int sent;

	(void)state;
	daemon_start(NULL);
	quiet = connect_to(SOCKET);
	assert_int_equal(send(quiet, "cni-c", 5, 0), 5);
	trickle.fd = connect_to(SOCKET);
	/* Each pause is shorter than DHCP_REQUEST_MS, all of them are longer. */
	for (sent = 0; sent < 60 && poll(&trickle, 1, 250) == 0; sent++)
		send(trickle.fd, "c", 1, MSG_NOSIGNAL);
	assert_in_range(sent, 2, 59);
	assert_int_equal(recv(quiet, &byte, 1, 0), 0);
	close(quiet);
	close(trickle.fd);
}

/* 100 MB are refused before the daemon has read a thousandth of them. */
static void daemon__reads_no_more_than_a_request(void **state)
{
	static const char *const begins[] = {"", "cni-c-dhcp/1 ADD blue c1 eth0 32000\n",
					     "cni-c-dhcp/1 STATUS - - - 0\n"};
	freeing char *piece = cni_alloc(65536);

	(void)state;
	memset(piece, 'x', 65536);
	daemon_start(NULL);
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		int fd = connect_to(SOCKET);
		size_t sent = 0;
		ssize_t got;

		send(fd, begins[i], strlen(begins[i]), MSG_NOSIGNAL);
		while (sent < 100000000 && (got = send(fd, piece, 65536, MSG_NOSIGNAL)) > 0)
			sent += (size_t)got;
		/* A socket's buffer takes what the daemon does not read. */
		assert_in_range(sent, 0, 2000000);
		close(fd);
	}
	assert_said("cni-c-dhcp/1 STATUS - - - 0\n", "cni-c-dhcp/1 0 0");
}

static void daemon__refuses_visitors_that_are_not_root(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	daemon_start(NULL);
	/* The file's mode alone keeps them out; here it does not. */
	sandbox_must("test $(stat -c %%a " SOCKET ") = 600 && chmod 666 " SOCKET
		     " && chmod 755 /run/cni");
	pid = fork();
	if (!pid) {
		freeing char *answer = NULL;

		if (setuid(65534) < 0)
			_exit(2);
		answer = say("cni-c-dhcp/1 STATUS - - - 0\n", 28);
		_exit(strstr(answer, "serves root only") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- the socket ---- */

static void daemon__is_alone_on_its_socket(void **state)
{
	(void)state;
	daemon_start((const char *const[]){"-pidfile", "/run/dhcp.pid", NULL});
	sandbox_must("test $(cat /run/dhcp.pid) = %d", (int)daemon_pid());
	sandbox_must("! " DHCP " daemon 2>/run/said; grep -q 'another daemon serves' /run/said");
	daemon_end(SIGTERM);
	sandbox_must("! test -e /run/dhcp.pid && ! test -e " SOCKET);
	daemon_start(NULL);
	/* A killed one leaves its file. */
	daemon_end(SIGKILL);
	sandbox_must("test -S " SOCKET);
	daemon_start(NULL);
	assert_said("cni-c-dhcp/1 STATUS - - - 0\n", "cni-c-dhcp/1 0 0");
}

static void daemon__refuses_bad_flags(void **state)
{
	(void)state;
	sandbox_must("! " DHCP " daemon -nonsense 2>/run/said; grep -q 'is no flag' /run/said");
	sandbox_must("! " DHCP " daemon -timeout soon 2>/run/said; "
		     "grep -q 'expected a duration' /run/said");
	sandbox_must("! " DHCP " daemon -pidfile here 2>/run/said; "
		     "grep -q 'expected an absolute path' /run/said");
	sandbox_must("! " DHCP
		     " daemon -socketpath 2>/run/said; grep -q 'needs a value' /run/said");
}

/* As systemd starts it: the socket is descriptor 3. */
static void daemon__takes_systemds_socket(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	(void)state;
	sandbox_must("mkdir -p /run/cni");
	assert_return_code(bind(fd, (const void *)&address, sizeof(address)), errno);
	assert_return_code(listen(fd, 8), errno);
	pid = fork();
	if (!pid) {
		char text[16];

		snprintf(text, sizeof(text), "%d", (int)getpid());
		setenv("LISTEN_PID", text, 1);
		setenv("LISTEN_FDS", "1", 1);
		if (fd != 3)
			dup2(fd, 3);
		if (freopen("/dev/null", "w", stderr))
			execl(DHCP, DHCP, "daemon", (char *)NULL);
		_exit(127);
	}
	close(fd);
	assert_said("cni-c-dhcp/1 STATUS - - - 0\n", "cni-c-dhcp/1 0 0");
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	/* The file is systemd's. */
	sandbox_must("test -S " SOCKET);
}

/* The units name the directory that is configured, and the socket that plugins ask. */
static void units__are_those_of_the_daemon(void **state)
{
	(void)state;
	sandbox_must("grep -qx 'ListenStream=" SOCKET "' %s/conf/systemd/cni-dhcp.socket",
		     CNI_C_SOURCE_DIR);
	sandbox_must("grep -q '^ExecStart=/.*/dhcp daemon$' %s/cni-dhcp.service", CNI_C_BINARY_DIR);
}

/* ---- more than one ---- */

/* A silent server holds up its own container only. */
static void daemon__lets_no_lease_wait_for_another(void **state)
{
	freeing char *slow =
		bridge_config("1.0.0", "'type':'macvlan','master':'nowhere0'," BY_DHCP);
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct plugin_process running;
	struct plugin_answer answer;
	struct plugin_call call;
	freeing char *before = NULL;
	struct pod blue;
	struct pod red;

	(void)state;
	daemon_start((const char *const[]){"-resendtimeout", "8s", NULL});
	before = sandbox_read(FDS, (int)daemon_pid());
	sandbox_must("ip link add nowhere0 type veth peer name nowhere1 && "
		     "ip link set nowhere0 up && ip link set nowhere1 up");
	dhcp_pod_open(&blue, "blue");
	dhcp_pod_open(&red, "red");
	call = pod_call(&blue, "ADD", slow);
	running = plugin_start(&call);
	await("test $(" FDS ") -gt %s", (int)daemon_pid(), before);
	pod_add(&red, config);
	assert_int_equal(waitpid(running.pid, NULL, WNOHANG), 0);
	answer = plugin_finish(&running);
	plugin_assert_error(&answer, CNI_EAGAIN, "nothing was answered");
	plugin_answer_clear(&answer);
	pod_close(&blue);
	pod_close(&red);
}

/* ---- without the daemon ---- */

/* The namespace is gone as well. */
static void del__without_a_daemon_releases(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	freeing char *with_result = NULL;
	struct plugin_call check;
	struct plugin_call del;
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	daemon_end(SIGKILL);
	with_result = pod_config(&red, config);
	check = pod_call(&red, "CHECK", with_result);
	plugin_fails(&check, CNI_EMISSING, "no DHCP daemon answers");
	del = pod_call(&red, "DEL", config);
	del.netns = "";
	sandbox_del_netns("red");
	plugin_succeeds(&del);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	sandbox_must("! test -e /run/cni/dhcp/blue");
	plugin_succeeds(&del);
	assert_int_equal(server->count[7], 1);
	pod_close(&red);
}

static void gc__releases_what_is_not_valid(void **state)
{
	freeing char *config = bridge_config("1.1.0", ON_UP0 BY_DHCP);
	freeing char *gc = bridge_config("1.1.0", ON_UP0 BY_DHCP
					 ",'cni.dev/valid-attachments':[{'containerID':'red',"
					 "'ifname':'eth0'}]");
	struct plugin_call call = bridge_call("GC", gc);
	struct pod blue;
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&blue, "blue");
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	pod_add(&blue, config);
	call.plugin = DHCP;
	plugin_succeeds(&call);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 51);
	pod_check(&red, config);
	sandbox_must("test \"$(ls /run/cni/dhcp/blue)\" = red:eth0");
	pod_close(&blue);
	pod_close(&red);
}

/* The runtime ends while ADD waits: the lease that comes is no attachment's. */
static void add__that_is_killed_leaves_no_lease(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct plugin_process running;
	struct plugin_answer answer;
	struct plugin_call call;
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	daemon_start(NULL);
	before = sandbox_read(FDS, (int)daemon_pid());
	server->mode = SERVER_IS_SILENT;
	dhcp_pod_open(&red, "red");
	sandbox_must("ip -n red link add eth0 type veth peer name eth1");
	call = pod_call(&red, "ADD", config);
	call.plugin = DHCP;
	running = plugin_start(&call);
	await("test $(" FDS ") -gt %s", (int)daemon_pid(), before);
	kill(running.pid, SIGKILL);
	answer = plugin_finish(&running);
	plugin_answer_clear(&answer);
	/* Its namespace is not kept alive either. */
	await("test $(" FDS ") = %s", (int)daemon_pid(), before);
	sandbox_must("! test -e /run/cni/dhcp/blue");
	pod_close(&red);
}

static void status__says_if_leases_cannot_be_recorded(void **state)
{
	freeing char *config = bridge_config("1.1.0", ON_UP0 BY_DHCP);
	struct plugin_call status = bridge_call("STATUS", config);
	struct pod red;

	(void)state;
	sandbox_must("mkdir -p /run/cni && mount -t tmpfs -o size=64k x /run/cni");
	daemon_start(NULL);
	status.plugin = MACVLAN;
	plugin_succeeds(&status);
	sandbox_must("cat /dev/zero >/run/cni/big 2>/dev/null; test -s /run/cni/big");
	plugin_fails(&status, CNI_EUNAVAILABLE, "No space left on device");
	sandbox_must("rm /run/cni/big");
	plugin_succeeds(&status);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(daemon__refuses_what_is_no_request),
		dhcp_test(daemon__drops_a_visitor_that_never_ends),
		dhcp_test(daemon__reads_no_more_than_a_request),
		dhcp_test(daemon__refuses_visitors_that_are_not_root),
		dhcp_test(daemon__is_alone_on_its_socket),
		dhcp_test(daemon__refuses_bad_flags),
		dhcp_test(daemon__takes_systemds_socket),
		dhcp_test(units__are_those_of_the_daemon),
		dhcp_test(daemon__lets_no_lease_wait_for_another),
		dhcp_test(del__without_a_daemon_releases),
		dhcp_test(gc__releases_what_is_not_valid),
		dhcp_test(add__that_is_killed_leaves_no_lease),
		dhcp_test(status__says_if_leases_cannot_be_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
