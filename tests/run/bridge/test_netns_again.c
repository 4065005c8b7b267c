/* SPDX-License-Identifier: Apache-2.0 */
/* A container whose namespace went without a DEL, and came again by the same name, with the inode
 * number of the old one or not: its reservation is taken back, and nothing of the old one is used. */
#include "bridge.h"
#include "error.h"
#include "faults.h"
#include "tuning_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define HOST_LOCAL CNI_C_BINARY_DIR "/ipam/host-local"
#define CNITOOL	   CNI_C_BINARY_DIR "/cnitool/cnitool"
#define OWNERS	   "/var/lib/cni/networks/.cni-c/blue/owners"
#define LOG	   "/run/strace.log"

static void renew_netns(void)
{
	sandbox_must("ip netns del red && ip netns add red");
}

/* Makes the one record be about the namespace of these numbers. */
static void record_as(const char *numbers)
{
	sandbox_must("cd " OWNERS " && set -- $(readlink *.0) && t=\"$1 $2 %s $4\" && "
		     "ln -sfn \"$t $(printf '%%s' \"$t\" | sha512sum | cut -c1-8)\" *.0",
		     numbers);
}

static void assert_record_has(const char *pattern)
{
	sandbox_must("readlink " OWNERS "/*.0 | grep -Eq '^10.1.0.[0-9]+ [0-9a-f]{16} %s "
		     "[0-9a-f]{8} [0-9a-f]{8}$'",
		     pattern);
}

/* ---- bridge, with the host-local that it contains ---- */

static void add__gets_the_address_again_in_the_next_namespace(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	for (int i = 0; i < 50; i++) {
		pod_add(&red, config);
		assert_json(red.result, "ips.0.address", "10.1.0.2/24");
		renew_netns();
	}
	pod_del(&red, config);
	pod_close(&red);
}

static void add__knows_a_namespace_with_the_same_numbers(void **state)
{
	static const char *const numbers[] = {
		"$(stat -Lc %d:%i /run/netns/red):1", /* of this version */
		"$(stat -Lc %d:%i /run/netns/red)",   /* of an older one */
	};
	static const char *const addresses[] = {"10.1.0.2/24", "10.1.0.3/24"};
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		pod_add(&red, config);
		assert_json(red.result, "ips.0.address", addresses[i]);
		assert_record_has("[0-9]+:[0-9]+:[0-9]+");
		renew_netns();
		record_as(numbers[i]);
		pod_add(&red, config);
		assert_json(red.result, "ips.0.address", addresses[i]);
		pod_del(&red, config);
	}
	pod_close(&red);
}

/* A kernel before 5.14. */
static void add__knows_it_without_cookies_too(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	const struct fault_step step = {.name = "getsockopt", .nth = 1, .is_lasting = true};
	struct plugin_call asked;
	struct pod red;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	pod_open(&red, "red");
	asked = pod_call(&red, "ADD", config);
	for (int i = 0; i < 2; i++) {
		struct plugin_answer answer = faults_inject(&asked, LOG, &step, "ENOPROTOOPT");

		pod_take(&red, &answer);
		assert_json(red.result, "ips.0.address", "10.1.0.2/24");
		plugin_answer_clear(&answer);
		assert_record_has("[0-9]+:[0-9]+");
		renew_netns();
		record_as("$(stat -Lc %d:%i /run/netns/red)");
	}
	pod_del(&red, config);
	pod_close(&red);
}

/* ---- host-local on its own ---- */

static struct plugin_call ipam_call(const struct pod *pod, const char *command, const char *config)
{
	struct plugin_call asked = pod_call(pod, command, config);

	asked.plugin = HOST_LOCAL;
	return asked;
}

static void host_local__refuses_a_second_add_in_the_same_namespace(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	asked = ipam_call(&red, "ADD", config);
	plugin_succeeds(&asked);
	assert_record_has("[0-9]+:[0-9]+:[0-9]+");
	plugin_fails(&asked, CNI_ETAKEN, "duplicate allocation is not allowed");
	/* Nor does a record without a cookie count as of another one, while eth0 is there. */
	record_as("$(stat -Lc %d:%i /run/netns/red)");
	sandbox_must("ip -n red link add eth0 type bridge");
	plugin_fails(&asked, CNI_ETAKEN, "duplicate allocation is not allowed");
	sandbox_must("ip -n red link del eth0");
	plugin_succeeds(&asked);
	plugin_fails(&asked, CNI_ETAKEN, "duplicate allocation is not allowed");
	record_as("$(stat -Lc %d:%i /run/netns/red):1");
	plugin_succeeds(&asked);
	asked.command = "DEL";
	plugin_succeeds(&asked);
	pod_close(&red);
}

/* The same path may lead anywhere (apptainer's does), and its id is a process number. */
static void host_local__does_not_take_a_path_for_a_namespace(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct plugin_call asked;
	struct pod green;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&green, "green");
	sandbox_must("ln -s /run/netns/red /run/always");
	asked = ipam_call(&red, "ADD", config);
	asked.netns = "/run/always";
	plugin_succeeds(&asked);
	plugin_fails(&asked, CNI_ETAKEN, "duplicate allocation is not allowed");
	/* Its old namespace lives. */
	sandbox_must("ln -sfn /run/netns/green /run/always");
	plugin_fails(&asked, CNI_ETAKEN, "duplicate allocation is not allowed");
	pod_close(&red);
	plugin_succeeds(&asked);
	asked.command = "DEL";
	plugin_succeeds(&asked);
	pod_close(&green);
}

/* ---- cnitool ---- */

#define TOOL                                                                                       \
	"env CNI_PATH=" CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR                              \
	"/ipam NETCONFPATH=" SANDBOX_DIR " " CNITOOL

static void set_up_network(void)
{
	sandbox_must(
		"cat > " SANDBOX_DIR "/v-net-0.conflist <<'X'\n"
		"{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"bridge\","
		"\"bridge\":\"br0\",\"isGateway\":true,\"ipam\":{\"type\":\"host-local\","
		"\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}}]}\nX");
}

static void cnitool__adds_to_the_next_namespace_of_a_name(void **state)
{
	(void)state;
	set_up_network();
	sandbox_add_netns("red");
	for (int i = 0; i < 50; i++) {
		sandbox_must(TOOL " add blue /run/netns/red >/run/out");
		renew_netns();
	}
	sandbox_must(TOOL " add blue /run/netns/red >/run/out");
	sandbox_must(TOOL " del blue /run/netns/red >/run/out");
	sandbox_del_netns("red");
}

/* A kernel before 5.14, for all that the line starts. */
#define WITHOUT_COOKIES                                                                            \
	"strace -f -qq -o /dev/null -e trace=getsockopt -e inject=getsockopt:error=ENOPROTOOPT "

static void cnitool__knows_it_without_cookies_too(void **state)
{
	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	set_up_network();
	sandbox_add_netns("red");
	for (int i = 0; i < 2; i++) {
		sandbox_must(WITHOUT_COOKIES TOOL " add blue /run/netns/red >/run/out");
		sandbox_must("! " WITHOUT_COOKIES TOOL " add blue /run/netns/red >/run/out 2>&1 && "
			     "grep -q 'is attached' /run/out");
		renew_netns();
		/* The next namespace has got the number. */
		sandbox_must("grep -q 'cookie=0 ino=' /var/lib/cni/results/blue-*-eth0 && "
			     "sed -i \"s/ ino=[0-9]*/ ino=$(stat -Lc %%i /run/netns/red)/\" "
			     "/var/lib/cni/results/blue-*-eth0");
	}
	sandbox_must(WITHOUT_COOKIES TOOL " add blue /run/netns/red >/run/out");
	sandbox_must("ip -n red link show eth0 >/dev/null && " TOOL
		     " del blue /run/netns/red >/run/out");
	sandbox_del_netns("red");
}

/* Some seccomp profiles refuse ioctl(2) on a namespace. macvlan has no link on the host that would tell. */
static void cnitool__believes_that_it_lives_if_it_may_not_ask(void **state)
{
	static const char *const kinds[] = {"\"type\":\"macvlan\",\"master\":\"up0\"",
					    "\"type\":\"bridge\",\"bridge\":\"br0\""};
	static const char *const refused[] = {"ioctl:error=EPERM", "ioctl:error=ENOSYS",
					      "ioctl:error=EACCES"};

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	sandbox_must("ip link add up0 type veth peer name up1 && ip link set up0 up");
	sandbox_add_netns("red");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		set_up_network();
		sandbox_must("sed -i 's|\"type\":\"bridge\",\"bridge\":\"br0\"|%s|' " SANDBOX_DIR
			     "/v-net-0.conflist",
			     kinds[i]);
		sandbox_must(TOOL " add blue /run/netns/red >/run/out");
		for (size_t j = 0; j < sizeof(refused) / sizeof(*refused); j++) {
			freeing char *tool = cni_format(
				"strace -qq -o /dev/null -e trace=ioctl -e inject=%s " TOOL,
				refused[j]);

			sandbox_must("%s gc blue >/run/out && %s gc blue --gone >/run/out", tool,
				     tool);
			sandbox_must("! %s add blue /run/netns/red >/run/out 2>&1 && "
				     "grep -q 'is attached' /run/out",
				     tool);
			sandbox_must("%s check blue >/run/out && grep -q fine /run/out", tool);
			sandbox_must("ip -n red link show eth0 >/dev/null");
		}
		sandbox_must(TOOL " del blue /run/netns/red >/run/out");
	}
	sandbox_del_netns("red");
}

static void cnitool__does_not_list_the_dead_as_alive(void **state)
{
	(void)state;
	set_up_network();
	sandbox_must("ip netns add red; " TOOL " add blue /run/netns/red >/run/out");
	sandbox_must(TOOL " ipam list blue > /run/out; grep 10.1.0.2 /run/out | grep -q alive");
	renew_netns();
	record_as("$(stat -Lc %d:%i /run/netns/red):1");
	sandbox_must(TOOL " ipam list blue > /run/out; grep 10.1.0.2 /run/out | grep -q gone");
	/* Also where its path has blanks. */
	sandbox_must("touch '/run/a b' && mount --bind /run/netns/red '/run/a b' && "
		     "ip netns del red");
	sandbox_must(TOOL " ipam list blue > /run/out; grep 10.1.0.2 /run/out | grep -q gone; "
			  "umount '/run/a b'");
	sandbox_must(TOOL " gc blue >/run/out");
}

/* ---- tuning ---- */

/* Makes the file be about the namespace that is at the path now. */
static void renumber_backup(void)
{
	sandbox_must("sed -i \"s/\\(.netns.: *.\\)[0-9]*\\./\\1$(stat -Lc %%i "
		     "/run/netns/red)./\" " TUNING_FILE);
}

/* Without cookies the inode number alone would do. */
static void tuning_del__does_not_restore_what_another_namespace_had(void **state)
{
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	const struct fault_step step = {.name = "getsockopt", .nth = 1, .is_lasting = true};
	struct plugin_call asked = tuning_call("ADD", config);
	struct plugin_answer answer;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	answer = faults_inject(&asked, LOG, &step, "ENOPROTOOPT");
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	sandbox_must("grep -Eq 'netns.: *.[0-9]+\\.[0-9]+' " TUNING_FILE);
	tuning_renew_red();
	sandbox_must("ip -n red link set eth0 mtu 1300; "
		     "ip netns exec red sysctl -qw net.core.somaxconn=77");
	renumber_backup();
	asked.command = "DEL";
	answer = faults_inject(&asked, LOG, &step, "ENOPROTOOPT");
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_shown("1300", "0.mtu", "ip -n red -j link show eth0");
	sandbox_must("[ $(ip netns exec red sysctl -n net.core.somaxconn) = 77 ]");
	/* And what its own ADD has found it does restore. */
	answer = faults_inject(&(struct plugin_call){.plugin = asked.plugin,
						     .command = "ADD",
						     .container = asked.container,
						     .netns = asked.netns,
						     .ifname = asked.ifname,
						     .path = asked.path,
						     .config = config},
			       LOG, &step, "ENOPROTOOPT");
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	answer = faults_inject(&asked, LOG, &step, "ENOPROTOOPT");
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_shown("1300", "0.mtu", "ip -n red -j link show eth0");
	sandbox_must("[ $(ip netns exec red sysctl -n net.core.somaxconn) = 77 ]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__gets_the_address_again_in_the_next_namespace),
		bridge_test(add__knows_a_namespace_with_the_same_numbers),
		bridge_test(add__knows_it_without_cookies_too),
		bridge_test(host_local__refuses_a_second_add_in_the_same_namespace),
		bridge_test(host_local__does_not_take_a_path_for_a_namespace),
		bridge_test(cnitool__adds_to_the_next_namespace_of_a_name),
		bridge_test(cnitool__knows_it_without_cookies_too),
		bridge_test(cnitool__believes_that_it_lives_if_it_may_not_ask),
		bridge_test(cnitool__does_not_list_the_dead_as_alive),
		tuning_test(tuning_del__does_not_restore_what_another_namespace_had),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
