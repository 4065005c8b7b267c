/* SPDX-License-Identifier: Apache-2.0 */
/* apptainer with networks of an operator's. Its container ids are process numbers, and the path of its
 * namespace is the same for all containers; when the command has ended nothing is left of it. Debian 12
 * and 13 have no package of it. */
#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NETWORKS RUNTIMES_DIR "/apptainer.d"
#define CONF	 RUNTIMES_DIR "/apptainer.conf"
#define ROOT	 RUNTIMES_DIR "/box"
#define EXEC	 "apptainer -s -c " CONF " exec --no-home --containall --net "

/* CNI's `name`, its bridge and its subnet. */
#define LIST(name, bridge, subnet)                                                                 \
	"{\"cniVersion\":\"1.0.0\",\"name\":\"" name "\",\"plugins\":[{\"type\":\"bridge\","       \
	"\"bridge\":\"" bridge "\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":"         \
	"\"host-local\",\"subnet\":\"" subnet "\",\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}},"         \
	"{\"type\":\"firewall\"},{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true},"  \
	"\"snat\":true}]}"

static char *version;

/* The container's root needs none of the capabilities, of which the machine may lack some. */
static int configure(void)
{
	return sandbox_run(
		"set -e; mkdir -p " NETWORKS " " ROOT "; cd " ROOT
		"; mkdir bin etc proc sys dev tmp var root; "
		"cp $(command -v busybox) bin/busybox; (cd bin; ./busybox --list | "
		"grep -vx busybox | xargs -n1 ln -s busybox); "
		"echo root:x:0:0:root:/root:/bin/sh >etc/passwd; "
		"echo root:x:0: >etc/group; "
		"echo '" LIST("blue", "br1",
			      "10.1.0.0/24") "' >" NETWORKS "/10_blue.conflist; "
					     "echo '" LIST(
						     "yellow", "br2",
						     "10.2.0.0/24") "' >" NETWORKS
								    "/20_yellow.conflist; "
								    "sed -E 's|^root default "
								    "capabilities.*|root default "
								    "capabilities = no|; "
								    "s|^# *(cni configuration "
								    "path) =.*|\\1 = " NETWORKS
								    "|; "
								    "s|^# *(cni plugin path) "
								    "=.*|\\1 = " RUNTIMES_BIN "|' "
								    "/etc/apptainer/apptainer.conf "
								    ">" CONF);
}

static int setup(void **state)
{
	if (podman_setup(state) < 0)
		return -1;
	if (podman_is_missing() || !runtimes_have("apptainer"))
		return 0;
	version = sandbox_read("apptainer --version | sed 's/.*version //' | tr -d '\\n'");
	return configure();
}

#define apptainer_begin(exercised)                                                                 \
	do {                                                                                       \
		if (podman_is_missing())                                                           \
			skip_because("%s", podman_is_missing());                                   \
		if (!version)                                                                      \
			skip_because("there is no apptainer");                                     \
		podman_begin_row("apptainer", version, exercised);                                 \
	} while (0)

static void prints(const char *options, const char *command, const char *expected)
{
	freeing char *got = sandbox_read(EXEC "%s " ROOT " %s", options, command);

	got[strcspn(got, "\n")] = '\0';
	assert_string_equal(got, expected);
}

/* Its bridges stay, which are shared. */
static void end(void)
{
	sandbox_must("! nft list ruleset | grep -q .");
	sandbox_must("! ip link show type veth | grep -q master");
	sandbox_must("for b in br1 br2; do ip link del $b 2>/dev/null; done; true");
	podman_end();
}

static void exec__gets_out_and_leaves_nothing(void **state)
{
	(void)state;
	apptainer_begin("exec: the way out, a static address, a command that fails");
	for (int i = 0; i < 2; i++)
		prints("--network blue", "wget -q -O - http://192.0.2.2:8080/", "192.0.2.1");
	prints("--network blue --network-args IP=10.1.0.77",
	       "sh -c 'ip -o -4 addr show eth0 | grep -o 10.1.0.77/24'", "10.1.0.77/24");
	assert_int_not_equal(sandbox_run(EXEC "--network blue " ROOT " false 2>/dev/null"), 0);
	end();
}

static void exec__on_two_networks_has_both(void **state)
{
	(void)state;
	apptainer_begin("exec on two networks");
	prints("--network blue,yellow",
	       "sh -c 'ip -o -4 addr | grep -c -e \" 10.1.0.*/24 \" -e \" 10.2.0.*/24 \"'", "2");
	end();
}

static void port__leads_to_the_container_while_it_runs(void **state)
{
	pid_t pid;

	(void)state;
	apptainer_begin("exec with a published port");
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c",
		      "exec " EXEC "--network blue --network-args portmap=8000:8080/tcp " ROOT
		      " sh -c 'mkdir /tmp/www; echo box >/tmp/www/index.html; "
		      "trap exit TERM; httpd -f -p 8080 -h /tmp/www & wait'",
		      (char *)NULL);
		_exit(127);
	}
	sandbox_await("test \"$(ip netns exec outside curl -sS --noproxy '*' --max-time 20 "
		      "http://192.0.2.1:8000/ 2>/dev/null)\" = box");
	sandbox_must("test \"$(curl -sS --noproxy '*' --max-time 20 http://127.0.0.1:8000/)\" = "
		     "box");
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	end();
}

#define apptainer_test(name) cmocka_unit_test_teardown(name, podman_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		apptainer_test(exec__gets_out_and_leaves_nothing),
		apptainer_test(exec__on_two_networks_has_both),
		apptainer_test(port__leads_to_the_container_while_it_runs),
	};

	return cmocka_run_group_tests_name("apptainer", tests, setup, NULL);
}
