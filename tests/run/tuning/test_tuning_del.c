/* SPDX-License-Identifier: Apache-2.0 */
/* tuning's DEL: what was there before is there again as far as there is anything to put it into,
 * and nothing of ours is left, whatever is known. */
#include "tuning_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- whatever is missing ---- */

enum missing {
	NETNS_GONE = 1,
	NETNS_EMPTY = 2,
	NETNS_IS_A_FILE = 4,
	NO_PREV_RESULT = 8,
	FILE_GONE = 16,
	FILE_IS_JUNK = 32,
	CONFIG_EMPTIED = 64,
	LINK_GONE = 128,
	ALL = 256,
};

static void assert_goes_without(const char *inside, unsigned int missing)
{
	const char *more = missing & CONFIG_EMPTIED && missing & NO_PREV_RESULT
				   ? "'prevResult':null"
			   : missing & CONFIG_EMPTIED ? ""
			   : missing & NO_PREV_RESULT ? TUNING_ALL ",'prevResult':null"
						      : TUNING_ALL;
	freeing char *config = tuning_config("1.0.0", more);
	struct plugin_call call = tuning_call("DEL", config);
	freeing char *about = cni_format("subset %u", missing);

	tuning_succeeds("ADD", TUNING_ALL);
	if (missing & LINK_GONE)
		sandbox_must("ip -n red link del eth0");
	if (missing & NETNS_GONE)
		sandbox_del_netns("red");
	if (missing & NETNS_IS_A_FILE)
		call.netns = "/etc/passwd";
	if (missing & NETNS_EMPTY)
		call.netns = "";
	if (missing & FILE_IS_JUNK)
		sandbox_must("head -c 20 /dev/urandom > " TUNING_FILE);
	if (missing & FILE_GONE)
		sandbox_must("rm " TUNING_FILE);
	for (int i = 0; i < 2; i++) {
		struct plugin_answer answer = plugin_run(&call);
		freeing char *files = tuning_files();

		if (answer.exit_code != 0 || *answer.out || *answer.err)
			fail_msg("%s, DEL %d: %s%s", about, i, answer.out, answer.err);
		plugin_answer_clear(&answer);
		assert_string_equal(files, "");
	}
	if (!(missing & (ALL - 1 - NO_PREV_RESULT - CONFIG_EMPTIED)))
		pod_assert_unchanged("red", inside, about);
	else
		tuning_renew_red();
}

static void tuning__del_succeeds_whatever_is_missing(void **state)
{
	freeing char *before = sandbox_snapshot();
	freeing char *inside = pod_snapshot("red");

	(void)state;
	/* All of one thing, and of two; more in the long run. */
	for (unsigned int missing = 0; missing < ALL; missing++)
		if (__builtin_popcount(missing) <= (getenv("CNI_C_SLOW") ? 8 : 2))
			assert_goes_without(inside, missing);
	sandbox_assert_unchanged(before);
}

/* As a full disk leaves it: the list of sysctls is not there any more. */
static void tuning__del_restores_what_a_cut_off_file_says(void **state)
{
	(void)state;
	tuning_succeeds("ADD", TUNING_ALL);
	sandbox_must("sed -i 's/\"sysctls\".*//' " TUNING_FILE " && "
		     "sed -i '/\"path\"/,$d' " TUNING_FILE " && grep -q ifindex " TUNING_FILE);
	tuning_succeeds("DEL", "");
	tuning_assert_shown("mac 02:00:00:00:00:05 mtu 1500 flags  txqlen 1000 somaxconn 321 "
			    "arp_filter 1");
	sandbox_must("[ -z \"$(ls " TUNING_DIR ")\" ]");
}

/* A configuration that has become wrong since is no reason to leave things behind. */
static void tuning__del_forgives_a_broken_configuration(void **state)
{
	static const char *const wrongs[] = {
		"'mtu':-1",
		"'mac':'nonsense'",
		"'sysctl':5",
		"'sysctl':{'kernel.hostname':'x'}",
		"'args':5",
		"'runtimeConfig':[]",
		"'prevResult':{'ips':5}",
		"'prevResult':'x'",
		"'dns':7",
		"'ipam':7",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		freeing char *files = NULL;

		tuning_succeeds("ADD", TUNING_ALL);
		tuning_succeeds("DEL", wrongs[i]);
		tuning_assert_shown(TUNING_UNTUNED);
		files = tuning_files();
		assert_string_equal(files, "");
	}
}

static void tuning__del_does_not_need_the_arguments(void **state)
{
	freeing char *config = tuning_config("1.0.0", "'mtu':1400");
	struct plugin_call call = tuning_call("ADD", config);

	(void)state;
	call.args = "MAC=0a:58:0a:01:00:05";
	plugin_succeeds(&call);
	call.command = "DEL";
	call.args = "FOO=BAR;nonsense";
	plugin_succeeds(&call);
	tuning_assert_shown(TUNING_UNTUNED);
}

/* ---- whose it is ---- */

/* The path of a process that is gone may lead to our own namespace. */
static void tuning__del_leaves_the_hosts_links_alone(void **state)
{
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	struct plugin_call call = tuning_call("DEL", config);
	freeing char *before = NULL;

	(void)state;
	sandbox_must("ip link add eth0 mtu 1234 type veth peer name x; "
		     "sysctl -qw net.core.somaxconn=77");
	before = sandbox_snapshot();
	tuning_succeeds("ADD", TUNING_ALL);
	call.netns = "/proc/self/ns/net";
	plugin_succeeds(&call);
	sandbox_assert_unchanged(before);
	tuning_assert_shown(TUNING_TUNED);
}

/* Another interface of that name, in the same container or in one that has come after it. */
static void tuning__del_leaves_other_links_alone(void **state)
{
	(void)state;
	tuning_succeeds("ADD", TUNING_ALL);
	sandbox_must("ip -n red link del eth0; ip -n red link add eth0 mtu 1234 type veth peer "
		     "name x; ip -n red link set eth0 promisc on");
	tuning_succeeds("DEL", TUNING_ALL);
	assert_shown("1234", "0.mtu", "ip -n red -j link show eth0");
	sandbox_must("ip -n red link show eth0 | grep -q PROMISC");
	/* Settings of the namespace are put back anyway. */
	sandbox_must("[ $(ip netns exec red sysctl -n net.core.somaxconn) = 4096 ]");

	tuning_renew_red();
	tuning_succeeds("ADD", TUNING_ALL);
	tuning_renew_red();
	sandbox_must("ip -n red link set eth0 mtu 1234; ip netns exec red sysctl -qw "
		     "net.core.somaxconn=99");
	tuning_succeeds("DEL", TUNING_ALL);
	assert_shown("1234", "0.mtu", "ip -n red -j link show eth0");
	sandbox_must("[ $(ip netns exec red sysctl -n net.core.somaxconn) = 99 ]");
}

/* An ADD that finds what one has left that is gone with its container begins anew. */
static void tuning__add_does_not_believe_an_old_file(void **state)
{
	(void)state;
	tuning_succeeds("ADD", TUNING_ALL);
	tuning_renew_red();
	sandbox_must("ip -n red link set eth0 mtu 1450");
	tuning_succeeds("ADD", "'mtu':1400");
	tuning_succeeds("DEL", "");
	assert_shown("1450", "0.mtu", "ip -n red -j link show eth0");
}

/* ---- several interfaces ---- */

static struct plugin_call second_call(const char *command, const char *config)
{
	struct plugin_call call = tuning_call(command, config);

	call.ifname = "eth1";
	return call;
}

/* A sysctl of the whole namespace stays as long as an interface is there that has set it. */
static void tuning__del_of_one_interface_leaves_the_other(void **state)
{
	static const char more[] = "'mtu':1400,'sysctl':{'net.core.somaxconn':'321',"
				   "'net.ipv4.conf.IFNAME.arp_filter':'1'}";
	freeing char *config = tuning_config("1.0.0", more);
	struct plugin_call add = second_call("ADD", config);
	struct plugin_call del = second_call("DEL", config);
	struct plugin_call check = second_call("CHECK", config);

	(void)state;
	sandbox_must("ip -n red link add eth1 type veth peer name x");
	/* Last in, first out. */
	tuning_succeeds("ADD", more);
	plugin_succeeds(&add);
	plugin_succeeds(&del);
	tuning_succeeds("CHECK", more);
	assert_shown("1500", "0.mtu", "ip -n red -j link show eth1");
	tuning_succeeds("DEL", more);
	tuning_assert_shown(TUNING_UNTUNED);
	/* First in, first out. */
	tuning_succeeds("ADD", more);
	plugin_succeeds(&add);
	tuning_succeeds("DEL", more);
	plugin_succeeds(&check);
	tuning_assert_shown("mac 02:00:00:00:00:05 mtu 1500 flags  txqlen 1000 somaxconn 321 "
			    "arp_filter 0");
	plugin_succeeds(&del);
	assert_shown("1500", "0.mtu", "ip -n red -j link show eth1");
}

/* ---- what the kernel refuses ---- */

/* The interface is to be given back by others after us: a container must not be held up. */
static void tuning__del_goes_on_where_it_cannot_put_back(void **state)
{
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	struct plugin_call call = tuning_call("DEL", config);
	struct plugin_answer answer;
	freeing char *files = NULL;

	(void)state;
	tuning_succeeds("ADD", TUNING_ALL);
	sandbox_must("mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys");
	answer = plugin_run(&call);
	sandbox_must("umount /proc/sys");
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "restore: set sysctl 'net/ipv4/conf/eth0/arp_filter' to "
					   "\"0\": Read-only file system"));
	plugin_answer_clear(&answer);
	tuning_assert_shown("mac 02:00:00:00:00:05 mtu 1500 flags  txqlen 1000 somaxconn 321 "
			    "arp_filter 1");
	files = tuning_files();
	assert_string_equal(files, "");
}

/* The names in the file lead to settings of the network only. */
static void tuning__del_does_not_believe_everything(void **state)
{
	freeing char *before = NULL;

	(void)state;
	sandbox_must("echo 7 > " SANDBOX_DIR "/victim");
	before = sandbox_snapshot();
	tuning_succeeds("ADD", "'mtu':1400");
	sandbox_must("sed -i 's|\"ifname\"|\"sysctls\":[{\"path\":\"net/../../.." SANDBOX_DIR
		     "/victim\",\"value\":\"8\"},{\"path\":\"kernel/hostname\",\"value\":\"x\"},"
		     "{\"path\":\"net/core/"
		     "somaxconn\",\"value\":\"nonsense\"}],\"ifname\"|' " TUNING_FILE);
	tuning_succeeds("DEL", "'mtu':1400");
	sandbox_assert_unchanged(before);
	tuning_assert_shown(TUNING_UNTUNED);
}

/* A list without entries reads as nothing, and a write of nothing leaves a setting as it is. */
static void tuning__puts_back_what_was_empty(void **state)
{
#define PORTS "net/ipv4/ip_local_reserved_ports"
	static const struct {
		const char *before, *more;
		int code; /* of ADD */
	} cases[] = {
		{"", "'sysctl':{'" PORTS "':'8080'}", 0},
		{"", "'sysctl':{'" PORTS "':'8080,9000-9010'}", 0},
		{"7000", "'sysctl':{'" PORTS "':'8080'}", 0},
		{"", "'sysctl':{'" PORTS "':'8080','net.ipv4.tcp_rmem':'many'}", CNI_ECONFIG},
		{"", "'mtu':70000,'sysctl':{'" PORTS "':'8080'}", CNI_EKERNEL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *before = NULL;
		freeing char *after = NULL;

		sandbox_must("ip netns exec red sh -c 'echo %s >/proc/sys/" PORTS "'",
			     cases[i].before);
		before = sandbox_read("ip netns exec red cat /proc/sys/" PORTS);
		if (cases[i].code) {
			tuning_fails("ADD", cases[i].more, cases[i].code, "set ");
		} else {
			tuning_succeeds("ADD", cases[i].more);
			tuning_succeeds("CHECK", cases[i].more);
			tuning_succeeds("DEL", cases[i].more);
		}
		after = sandbox_read("ip netns exec red cat /proc/sys/" PORTS);
		sandbox_assert_same(before, after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tuning_test(tuning__del_succeeds_whatever_is_missing),
		tuning_test(tuning__del_restores_what_a_cut_off_file_says),
		tuning_test(tuning__del_forgives_a_broken_configuration),
		tuning_test(tuning__del_does_not_need_the_arguments),
		tuning_test(tuning__del_leaves_the_hosts_links_alone),
		tuning_test(tuning__del_leaves_other_links_alone),
		tuning_test(tuning__add_does_not_believe_an_old_file),
		tuning_test(tuning__del_of_one_interface_leaves_the_other),
		tuning_test(tuning__del_goes_on_where_it_cannot_put_back),
		tuning_test(tuning__del_does_not_believe_everything),
		tuning_test(tuning__puts_back_what_was_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
