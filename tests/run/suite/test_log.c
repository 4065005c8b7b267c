/* SPDX-License-Identifier: Apache-2.0 */
/* The log of calls (spec/log.h): its lines, its targets, and that no target makes a call fail. jq(1) is the witness. */
#include "cleanup.h"
#include "doctor_scene.h"
#include "mem.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CNITOOL CNI_C_BINARY_DIR "/cnitool/cnitool"
#define LOG	"/run/log/cni.log"
#define RUN                                                                                        \
	"NETCONFPATH=" DOCTOR_CONF " CNI_PATH=" DOCTOR_BIN ":" CNI_C_BINARY_DIR                    \
	"/plugins:" CNI_C_BINARY_DIR "/ipam " CNITOOL " "
#define LOGGING "CNI_C_LOG=" LOG " " RUN

/* The last line of the plugin's command meets the filter. */
static void assert_line(const char *plugin, const char *command, const char *filter)
{
	sandbox_must(
		"jq -es '[.[] | select(.plugin == \"%s\" and .command == \"%s\")][-1] | %s' " LOG
		" >/run/out || { cat " LOG "; exit 1; }",
		plugin, command, filter);
}

static void empty_log(void)
{
	sandbox_must("mkdir -p /run/log && rm -f " LOG);
}

/* ---- lines ---- */

static void line__has_what_was_called_and_how_long_it_took(void **state)
{
	(void)state;
	empty_log();
	sandbox_add_netns("pod");
	sandbox_must(
		"CNI_ARGS='IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;TOKEN=sesame;K8S_POD_NAME=web;"
		"K8S_POD_UID=u-1' TRACEPARENT=00-ab-cd-01 TRACESTATE=x=y " LOGGING
		"add blue pod >/run/out");
	sandbox_must("[ $(wc -l < " LOG ") = 3 ] && [ $(stat -c %%a " LOG ") = 600 ] && "
		     "! grep sesame " LOG);
	assert_line("bridge", "ADD",
		    ".network == \"blue\" and (.container | startswith(\"cnitool-\")) and "
		    ".ifname == \"eth0\" and .netns == \"/run/netns/pod\" and .code == 0 and "
		    ".podNamespace == \"shop\" and .podName == \"web\" and .podUID == \"u-1\" and "
		    ".traceparent == \"00-ab-cd-01\" and .tracestate == \"x=y\" and "
		    "(.addresses | length) == 2 and (.msg == null)");
	assert_line("bridge", "ADD",
		    "([.parts[].part] | index(\"veth\") and index(\"masquerade\")) and "
		    "([.parts[].ms] | add) <= .ms and (.time | sub(\"\\\\.[0-9]+\"; \"\") | "
		    "fromdateiso8601) > 1600000000");
	assert_line("portmap", "ADD", "[.parts[] | .part + .verb] == [\"portmapadd\"]");
	sandbox_must("nft flush ruleset; ! " LOGGING "check blue pod 2>/run/err");
	assert_line(
		"bridge", "CHECK",
		".code == 102 and (.msg | startswith(\"masquerade: \")) and .addresses == null");
	sandbox_must(LOGGING "del blue pod");
	assert_line("bridge", "DEL", ".code == 0 and .parts[-1].part == \"lease\"");
	sandbox_must(RUN "reconcile --all >/run/out");
	sandbox_del_netns("pod");
}

static void line__of_a_failed_add_has_what_was_undone(void **state)
{
	(void)state;
	empty_log();
	sandbox_add_netns("pod");
	doctor_write_network("bad",
			     "{'type':'bridge','bridge':'br0','ipam':{'type':'host-local','subnet':"
			     "'10.9.0.0/24','routes':[{'dst':'10.8.0.0/24','gw':'192.0.2.1'}]}}");
	sandbox_must("! " LOGGING "add bad pod 2>/run/err");
	assert_line("bridge", "ADD",
		    ".code == 101 and (.msg | contains(\"add route 10.8.0.0/24\")) and .addresses "
		    "== null and "
		    "([.parts[] | select(.verb == \"undo\").part] | index(\"veth\") and "
		    "index(\"lease\"))");
	sandbox_must("rm " DOCTOR_CONF "/bad.conflist");
	sandbox_del_netns("pod");
}

/* Text of the environment may be longer than a line, or no text. */
static void line__has_a_limit(void **state)
{
	(void)state;
	empty_log();
	sandbox_must(
		"CNI_COMMAND=STATUS CNI_CONTAINERID=$(head -c 60000 /dev/zero | tr '\\0' '\"') "
		"TRACEPARENT=$(head -c 60000 /dev/zero | tr '\\0' '\\\\') "
		"TRACESTATE=$(printf 'a\\377\\001b%%060000d' 1) "
		"CNI_ARGS=\"K8S_POD_NAME=$(head -c 60000 /dev/zero | tr '\\0' '\\\\')\" "
		"CNI_NETNS=$(head -c 60000 /dev/zero | tr '\\0' x) "
		"CNI_C_LOG=" LOG " " CNI_C_BINARY_DIR "/plugins/loopback >/run/out <<'E'\n"
		"{\"cniVersion\":\"1.1.0\",\"name\":\"x\",\"type\":\"loopback\"}\nE");
	assert_line(
		"loopback", "STATUS",
		".code == 0 and (.tracestate | startswith(\"a??b\")) and (.netns | length) == 512");
	sandbox_must("[ $(wc -l < " LOG ") = 1 ] && [ $(wc -c < " LOG ") -le 8192 ]");
}

static void line__of_calls_at_once_is_whole(void **state)
{
	(void)state;
	empty_log();
	sandbox_must("for i in $(seq 30); do " LOGGING "status blue & done; wait; "
		     "[ $(jq -c . " LOG " | wc -l) = 90 ] && [ $(wc -l < " LOG ") = 90 ]");
}

/* ---- targets ---- */

static void log__goes_where_the_node_says(void **state)
{
	(void)state;
	empty_log();
	sandbox_must("mkdir -p /etc/cni && echo 'log = " LOG "' > /etc/cni/cni-c.conf && " RUN
		     "status blue && [ $(wc -l < " LOG ") = 3 ] && CNI_C_LOG= " RUN
		     "status blue && [ $(wc -l < " LOG ") = 3 ]; rm /etc/cni/cni-c.conf");
	sandbox_must("CNI_C_LOG=stderr " RUN "status blue 2>/run/err && "
		     "jq -es 'map(.plugin) == [\"bridge\",\"firewall\",\"portmap\"]' /run/err "
		     ">/run/out");
	sandbox_must("CNI_C_LOG=stderr " RUN "doctor >/run/out 2>/run/err; test ! -s /run/err");
}

static void log__reaches_the_journal(void **state)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX,
					    .sun_path = "/run/systemd/journal/socket"};
	closing int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[16384] = "";

	(void)state;
	sandbox_must("mkdir -p /run/systemd/journal");
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	sandbox_must("CNI_C_LOG=journal " RUN "check blue red");
	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(text, "MESSAGE={\"time\":"));
	assert_non_null(strstr(text, "\nPRIORITY=6\n"));
	assert_non_null(strstr(text, "\nSYSLOG_IDENTIFIER=cni-bridge\n"));
	/* A journal that reads nothing more is full at some time. */
	for (int i = 0; i < 12; i++)
		sandbox_must("CNI_C_LOG=journal " RUN
			     "status blue >/run/out 2>&1 && test ! -s /run/out");
	sandbox_must("rm -r /run/systemd/journal; CNI_C_LOG=journal " RUN "check blue red");
}

static void log__never_makes_a_call_fail(void **state)
{
	static const char *const obstacles[][2] = {
		{"true", "true"},
		{"ln -s /run/victim " LOG, "rm " LOG},
		{"mkdir " LOG, "rmdir " LOG},
		{"mkfifo " LOG, "rm " LOG},
		{"mknod " LOG " c 1 7", "rm " LOG},
		{"mount -t tmpfs -o size=4k none /run/log && { head -c 4096 /dev/zero > "
		 "/run/log/x; }",
		 "umount /run/log"},
		{"mount -t tmpfs -o ro none /run/log", "umount /run/log"},
		{"rmdir /run/log", "mkdir /run/log"},
		{"rmdir /run/log && echo x > /run/log", "rm /run/log && mkdir /run/log"},
	};
	static const char *const targets[] = {"nowhere", "relative/file", "/", "/dev/full"};

	(void)state;
	empty_log();
	sandbox_must("echo precious > /run/victim");
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		print_message("# %s\n", obstacles[i][0]);
		sandbox_must("rm -f " LOG "; %s", obstacles[i][0]);
		sandbox_must(LOGGING "check blue red > /run/out 2>&1 && test ! -s /run/out && "
				     "[ \"$(cat /run/victim)\" = precious ]");
		sandbox_must("%s", obstacles[i][1]);
	}
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		sandbox_must("CNI_C_LOG=%s " RUN
			     "check blue red > /run/out 2>&1 && test ! -s /run/out",
			     targets[i]);
	/* A limit on the size of files, which ends a process by a signal. */
	sandbox_must("echo x > " LOG "; (ulimit -f 0; " LOGGING "check blue red)");
}

/* ---- delegates ---- */

static void trace__is_passed_on_to_delegates(void **state)
{
	(void)state;
	sandbox_must("cat > " DOCTOR_BIN
		     "/teller <<'E'\n#!/bin/sh\nenv | grep ^TRACE > /run/told\nE\n"
		     "chmod +x " DOCTOR_BIN "/teller");
	doctor_write_network("told", "{'type':'bridge','bridge':'br0','ipam':{'type':'teller'}}");
	sandbox_must("TRACEPARENT=00-ab-cd-01 TRACESTATE=x=y " RUN "status told; "
		     "[ \"$(sort /run/told | paste -sd' ')\" = "
		     "'TRACEPARENT=00-ab-cd-01 TRACESTATE=x=y' ]; rm " DOCTOR_CONF
		     "/told.conflist");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line__has_what_was_called_and_how_long_it_took),
		cmocka_unit_test(line__of_a_failed_add_has_what_was_undone),
		cmocka_unit_test(line__has_a_limit),
		cmocka_unit_test(line__of_calls_at_once_is_whole),
		cmocka_unit_test(log__goes_where_the_node_says),
		cmocka_unit_test(log__reaches_the_journal),
		cmocka_unit_test(log__never_makes_a_call_fail),
		cmocka_unit_test(trace__is_passed_on_to_delegates),
	};

	return cmocka_run_group_tests(tests, doctor_setup, NULL);
}
