/* SPDX-License-Identifier: Apache-2.0 */
/* A container, a server and a visitor that do what the daemon does not expect: no lease is lost, and no other one
 * has to wait. */
#include "dhcp_scene.h"

#include "cleanup.h"
#include "dhcp_record.h"
#include "forger.h"
#include "mem.h"
#include "trace.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define VISITORS     40
#define VISITORS_MAX 1024 /* DHCP_VISITORS_MAX */
#define SOCKET	     "/run/cni/dhcp.sock"

static int connect_to_daemon(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(connect(fd, (const void *)&address, sizeof(address)), errno);
	return fd;
}

static void add_link(const char *name)
{
	sandbox_must("ip link add eth0 netns %s link up0 type macvlan mode bridge", name);
}

/* ---- runtimes that go ---- */

/* The server has been asked for the address, and may have given it. */
static void add__that_is_killed_releases_what_it_asked_for(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct plugin_process running;
	struct plugin_answer answer;
	struct plugin_call call;
	struct pod red;

	(void)state;
	daemon_start(NULL);
	server->mode = SERVER_OFFERS;
	dhcp_pod_open(&red, "red");
	add_link("red");
	call = pod_call(&red, "ADD", config);
	call.plugin = DHCP;
	running = plugin_start(&call);
	dhcp_server_await(server, 3, 1);
	kill(running.pid, SIGKILL);
	answer = plugin_finish(&running);
	plugin_answer_clear(&answer);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	sandbox_must("! test -e /run/cni/dhcp/blue");
	pod_close(&red);
}

/* A visitor that does not read any more when the lease comes: shutdown(2) shows the daemon nothing before. */
static void add__whose_answer_is_not_read_releases(void **state)
{
	clearing_dhcp_record struct dhcp_record record = {.place = {.ifname = "eth0"}};
	freeing char *request = NULL;
	freeing char *body = NULL;
	int fd;

	(void)state;
	daemon_start(NULL);
	sandbox_add_netns("red");
	add_link("red");
	record.place.netns = cni_strdup("/run/netns/red");
	body = dhcp_record_encode(&record);
	request = cni_format("cni-c-dhcp/1 ADD blue red eth0 %zu\n%s", strlen(body), body);
	fd = connect_to_daemon();
	assert_return_code(shutdown(fd, SHUT_RD), errno);
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	await("! test -e /run/cni/dhcp/blue");
	close(fd);
}

/* The record comes before the answer: without it a daemon that is killed would lose the lease. */
static void add__whose_lease_cannot_be_recorded_releases(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start(NULL);
	sandbox_must("echo >/run/cni/dhcp");
	dhcp_pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_EIO, "/run/cni/dhcp");
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	sandbox_must("rm /run/cni/dhcp");
	pod_add(&red, config);
	pod_check(&red, config);
	pod_close(&red);
}

/* A runtime that calls ADD twice at once, and then DEL. */
static void add__is_ended_by_del_and_not_by_add(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct plugin_process running;
	struct plugin_answer answer;
	struct plugin_call call;
	struct plugin_call del;
	struct pod red;

	(void)state;
	daemon_start(NULL);
	server->mode = SERVER_IS_SILENT;
	dhcp_pod_open(&red, "red");
	add_link("red");
	call = del = pod_call(&red, "ADD", config);
	call.plugin = del.plugin = DHCP;
	running = plugin_start(&call);
	dhcp_server_await(server, 1, 1);
	plugin_fails(&call, CNI_EAGAIN, "another ADD asks for this lease already");
	del.command = "DEL";
	plugin_succeeds(&del);
	answer = plugin_finish(&running);
	plugin_assert_error(&answer, CNI_EAGAIN, "a DEL came before the lease");
	plugin_answer_clear(&answer);
	sandbox_must("! test -e /run/cni/dhcp/blue");
	pod_close(&red);
}

/* ---- visitors ---- */

static bool daemon_answers(void)
{
	static const char request[] = "cni-c-dhcp/1 STATUS - - - 0\n";
	char answer[64] = "";
	int fd = connect_to_daemon();
	ssize_t got = -1;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
		got = recv(fd, answer, sizeof(answer) - 1, 0);
	close(fd);
	return got > 0 && !strcmp(answer, "cni-c-dhcp/1 0 0\n");
}

/* The loop does not turn around a visitor that cannot be let in. */
static void daemon__drops_visitors_without_descriptors(void **state)
{
	freeing char *used = NULL;
	struct pollfd last = {.events = POLLIN};
	struct rlimit limit;
	bool answers = false;
	int fds[VISITORS];

	(void)state;
	daemon_start(NULL);
	used = sandbox_read("ls /proc/%d/fd | wc -l", (int)daemon_pid());
	limit.rlim_cur = limit.rlim_max = strtoul(used, NULL, 10) + 4;
	assert_return_code(prlimit(daemon_pid(), RLIMIT_NOFILE, &limit, NULL), errno);
	for (size_t i = 0; i < VISITORS; i++)
		fds[i] = connect_to_daemon();
	await_log("there are no descriptors left");
	/* The others are dropped after five seconds. */
	last.fd = fds[VISITORS - 1];
	assert_int_equal(poll(&last, 1, 3000), 1);
	for (size_t i = 0; i < VISITORS; i++)
		close(fds[i]);
	for (int i = 0; i < 100 && !answers; i++)
		answers = daemon_answers();
	assert_true(answers);
}

/* The daemon's memory has a bound: a visitor too many learns why it is not served. */
static void daemon__refuses_more_visitors_than_it_serves(void **state)
{
	static int fds[VISITORS_MAX + 1];
	struct rlimit limit;
	char answer[128] = "";

	(void)state;
	assert_return_code(getrlimit(RLIMIT_NOFILE, &limit), errno);
	limit.rlim_cur = limit.rlim_max;
	assert_return_code(setrlimit(RLIMIT_NOFILE, &limit), errno);
	sandbox_must("sysctl -qw net.core.somaxconn=4096");
	daemon_start(NULL);
	/* All of them are there when the first one is let in. */
	kill(daemon_pid(), SIGSTOP);
	for (size_t i = 0; i <= VISITORS_MAX; i++)
		fds[i] = connect_to_daemon();
	kill(daemon_pid(), SIGCONT);
	assert_true(recv(fds[VISITORS_MAX], answer, sizeof(answer) - 1, 0) > 0);
	assert_non_null(strstr(answer, "serves as many requests as it can"));
	await_log("a request was refused: the dhcp daemon serves as many requests as it can");
	for (size_t i = 0; i <= VISITORS_MAX; i++)
		close(fds[i]);
	await("test $(ls /proc/%d/fd | wc -l) -lt 100", (int)daemon_pid());
	assert_true(daemon_answers());
}

/* So many visitors at once that the queue of the socket is full: ADD waits for its turn. */
static void add__waits_where_the_queue_is_full(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct plugin_process running;
	struct plugin_answer answer;
	struct plugin_call call;
	static int fds[5000];
	size_t count = 0;
	struct pod red;

	(void)state;
	/* The queue of a listener is as long as its namespace allows. */
	sandbox_must("sysctl -qw net.core.somaxconn=16");
	daemon_start(NULL);
	kill(daemon_pid(), SIGSTOP);
	do
		fds[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	while (connect(fds[count++], (const void *)&address, sizeof(address)) == 0 && count < 5000);
	assert_int_equal(errno, EAGAIN);
	dhcp_pod_open(&red, "red");
	add_link("red");
	call = pod_call(&red, "ADD", config);
	call.plugin = DHCP;
	running = plugin_start(&call);
	await("grep -q '^%d ' /proc/%d/syscall", SYS_connect, (int)running.pid);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	kill(daemon_pid(), SIGCONT);
	answer = plugin_finish(&running);
	plugin_assert_success(&answer);
	assert_json(answer.json, "ips.0.address", "10.1.0.50/24");
	plugin_answer_clear(&answer);
	pod_close(&red);
}

/* A daemon that is stopped, or hangs, is waited for once, for ten seconds: a runtime gives GC up after a while. */
static void gc__waits_once_for_a_daemon_that_hangs(void **state)
{
	freeing char *config = NULL;
	freeing char *gc = NULL;
	struct pod pods[3];
	struct plugin_call call;

	(void)state;
	if (!getenv("CNI_C_SLOW"))
		skip_because("it waits for ten seconds");
	config = bridge_config("1.1.0", ON_UP0 BY_DHCP);
	gc = bridge_config("1.1.0", ON_UP0 BY_DHCP ",'cni.dev/valid-attachments':[]");
	daemon_start(NULL);
	for (size_t i = 0; i < 3; i++) {
		dhcp_pod_open(&pods[i], (const char *const[]){"red", "blue", "green"}[i]);
		pod_add(&pods[i], config);
	}
	kill(daemon_pid(), SIGSTOP);
	call = bridge_call("GC", gc);
	call.plugin = DHCP;
	plugin_succeeds(&call);
	dhcp_server_await(server, 7, 3);
	sandbox_must("! test -e /run/cni/dhcp/blue");
	kill(daemon_pid(), SIGCONT);
	/* The socket of the daemon still has a single request before this one. */
	call.command = "STATUS";
	plugin_succeeds(&call);
	sandbox_must("test $(grep -c 'releases 10.1.0.5' " DAEMON_LOG ") = 1");
	for (size_t i = 0; i < 3; i++)
		pod_close(&pods[i]);
}

/* ---- containers ---- */

/* Root in the container sets its link down and up, as often as it can, while the daemon looks elsewhere. */
static void container__has_one_question_for_many_carriers(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	kill(daemon_pid(), SIGSTOP);
	sandbox_must("for i in $(seq 20); do ip -n red link set eth0 down; "
		     "ip -n red link set eth0 up; done");
	kill(daemon_pid(), SIGCONT);
	await_log("carrier is back");
	await_log("keeps 10.1.0.50/24");
	assert_in_range(server->count[3], 2, 4);
	sandbox_must("test $(grep -c 'carrier is back' " DAEMON_LOG ") -le 2");
	pod_close(&red);
}

/* Another link with the number of the one that is gone is not the container's interface. */
static void container__that_deletes_its_link_loses_the_lease(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	server->seconds = 2;
	daemon_start((const char *const[]){"-timeout", "500ms", NULL});
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("n=$(ip -n red -j link show eth0 | jq .[0].ifindex); "
		     "ip -n red link del eth0 && "
		     "ip -n red link add eth0 index $n type veth peer name other && "
		     "ip -n red link set eth0 up && ip -n red link set other up");
	/* The lease ends without an answer: what is asked for on that link reaches no server. Or it is given back at
	 * the moment when there is no link. */
	await("grep -qE '(loses|releases) 10.1.0.50/24' " DAEMON_LOG);
	await("! grep -q ^result /run/cni/dhcp/blue/red:eth0");
	pod_close(&red);
	await("! test -e /run/cni/dhcp/blue");
}

/* Root in the container answers what the daemon and macvlan ask the kernel there. */
static void container__that_forges_answers_is_not_believed(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod evil = {.name = "evil", .plugin = MACVLAN};
	struct forger forger;

	(void)state;
	daemon_start(NULL);
	forger_open(&forger);
	snprintf(evil.netns, sizeof(evil.netns), "%s", forger.netns);
	forger_start(&forger);
	for (unsigned int i = 0; i < 200 || !forger_has_reached(&forger); i += trace_stride(60)) {
		pod_add(&evil, config);
		pod_check(&evil, config);
		pod_del(&evil, config);
	}
	forger_stop(&forger);
	forger_close(&forger);
	await("! test -e /run/cni/dhcp/blue");
	sandbox_must("! grep -q " FORGER_MAC " " DAEMON_LOG);
}

/* ---- servers ---- */

static void server__that_was_not_asked_gives_nothing(void **state)
{
	freeing char *config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start((const char *const[]){"-resendtimeout", "500ms", NULL});
	server->mode = SERVER_IS_ANOTHER;
	dhcp_pod_open(&red, "red");
	pod_add_fails_for(&red, config, "a server answers that was not asked");
	sandbox_must("! test -e /run/cni/dhcp/blue");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(add__that_is_killed_releases_what_it_asked_for),
		dhcp_test(add__whose_answer_is_not_read_releases),
		dhcp_test(add__whose_lease_cannot_be_recorded_releases),
		dhcp_test(add__is_ended_by_del_and_not_by_add),
		dhcp_test(daemon__drops_visitors_without_descriptors),
		dhcp_test(daemon__refuses_more_visitors_than_it_serves),
		dhcp_test(add__waits_where_the_queue_is_full),
		dhcp_test(gc__waits_once_for_a_daemon_that_hangs),
		dhcp_test(container__has_one_question_for_many_carriers),
		dhcp_test(container__that_deletes_its_link_loses_the_lease),
		dhcp_test(container__that_forges_answers_is_not_believed),
		dhcp_test(server__that_was_not_asked_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
