/* SPDX-License-Identifier: Apache-2.0 */
/* tuning's ADD as a runtime calls it: what is set, what is answered, what is put back. */
#include "tuning_scene.h"

#include "recorded.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

/* ---- each setting ---- */

static const struct {
	const char *more, *args, *shown;
} settings[] = {
	{"", "", TUNING_UNTUNED},
	{"'mac':'0a:58:0a:01:00:05'", "",
	 "mac 0a:58:0a:01:00:05 mtu 1500 flags  txqlen 1000 somaxconn 4096 arp_filter 0"},
	{"", "MAC=0A:58:0A:01:00:06",
	 "mac 0a:58:0a:01:00:06 mtu 1500 flags  txqlen 1000 somaxconn 4096 arp_filter 0"},
	{"'runtimeConfig':{'mac':'0a:58:0a:01:00:07'}", "MAC=0a:58:0a:01:00:06",
	 "mac 0a:58:0a:01:00:07 mtu 1500 flags  txqlen 1000 somaxconn 4096 arp_filter 0"},
	{"'mtu':1400", "",
	 "mac 02:00:00:00:00:05 mtu 1400 flags  txqlen 1000 somaxconn 4096 arp_filter 0"},
	{"'promisc':true", "",
	 "mac 02:00:00:00:00:05 mtu 1500 flags PROMISC txqlen 1000 somaxconn 4096 arp_filter 0"},
	{"'allmulti':true", "",
	 "mac 02:00:00:00:00:05 mtu 1500 flags ALLMULTI txqlen 1000 somaxconn 4096 arp_filter 0"},
	{"'allmulti':false,'promisc':false", "", TUNING_UNTUNED},
	{"'txQLen':77", "",
	 "mac 02:00:00:00:00:05 mtu 1500 flags  txqlen 77 somaxconn 4096 arp_filter 0"},
	{"'sysctl':{'net.core.somaxconn':'321'}", "",
	 "mac 02:00:00:00:00:05 mtu 1500 flags  txqlen 1000 somaxconn 321 arp_filter 0"},
	{"'sysctl':{'net/ipv4/conf/IFNAME/arp_filter':'1'}", "",
	 "mac 02:00:00:00:00:05 mtu 1500 flags  txqlen 1000 somaxconn 4096 arp_filter 1"},
	{TUNING_ALL, "", TUNING_TUNED},
	{"'args':{'cni':{" TUNING_ALL "}}", "", TUNING_TUNED},
	{"'mtu':1300,'sysctl':{'net.core.somaxconn':'1'},'args':{'cni':{" TUNING_ALL "}}", "",
	 TUNING_TUNED},
};

static void tuning__sets_what_is_asked_for_and_puts_it_back(void **state)
{
	freeing char *before = sandbox_snapshot();
	freeing char *inside = pod_snapshot("red");

	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		freeing char *config = tuning_config("1.0.0", settings[i].more);
		struct plugin_call call = tuning_call("ADD", config);

		call.args = settings[i].args;
		plugin_succeeds(&call);
		tuning_assert_shown(settings[i].shown);
		call.command = "CHECK";
		plugin_succeeds(&call);
		call.command = "DEL";
		plugin_succeeds(&call);
		pod_assert_unchanged("red", inside, settings[i].more);
		plugin_succeeds(&call);
	}
	sandbox_assert_unchanged(before);
	pod_assert_unchanged("red", inside, "all of them");
}

/* Settings that were on before are on afterwards. */
static void tuning__puts_back_what_was_there(void **state)
{
	freeing char *inside = NULL;

	(void)state;
	sandbox_must("ip -n red link set eth0 promisc on allmulticast on mtu 1350 txqueuelen 5; "
		     "ip netns exec red sysctl -qw net.ipv4.conf.eth0.arp_filter=1 "
		     "net.core.somaxconn=100");
	inside = pod_snapshot("red");
	tuning_succeeds("ADD", "'promisc':true,'allmulti':false,'mtu':1400,'txQLen':0,"
			       "'sysctl':{'net.core.somaxconn':'321',"
			       "'net.ipv4.conf.IFNAME.arp_filter':'0'}");
	tuning_assert_shown("mac 02:00:00:00:00:05 mtu 1400 flags PROMISC txqlen 0 somaxconn 321 "
			    "arp_filter 0");
	tuning_succeeds("DEL", "");
	pod_assert_unchanged("red", inside, "after DEL");
}

/* Without a setting there is nothing to keep. */
static void tuning__keeps_a_file_only_as_long_as_there_is_need(void **state)
{
	freeing char *none = NULL;
	freeing char *one = NULL;
	freeing char *gone = NULL;

	(void)state;
	tuning_succeeds("ADD", "");
	none = tuning_files();
	assert_string_equal(none, "");
	tuning_succeeds("ADD", "'mtu':1400");
	one = tuning_files();
	assert_string_equal(one, "red_eth0.json\n");
	sandbox_must("[ $(stat -c %%a " TUNING_FILE ") = 600 ]");
	assert_shown("1500", "mtu", "cat " TUNING_FILE);
	assert_shown("blue", "network", "cat " TUNING_FILE);
	tuning_succeeds("DEL", "'mtu':1400");
	gone = tuning_files();
	assert_string_equal(gone, "");
}

/* Where the Go plugin keeps them, which is where /run is empty after a boot. */
static void tuning__keeps_its_files_in_run_unless_told_otherwise(void **state)
{
	(void)state;
	tuning_succeeds("ADD", "'dataDir':null,'mtu':1400");
	sandbox_must("test -f /run/cni/tuning/red_eth0.json");
	tuning_succeeds("DEL", "'dataDir':''");
	sandbox_must("test -d /run/cni/tuning && test ! -e /run/cni/tuning/red_eth0.json");
	tuning_assert_shown(TUNING_UNTUNED);
	tuning_succeeds("ADD", "'dataDir':'" SANDBOX_DIR "/a/b/c','mtu':1400");
	sandbox_must("test -f " SANDBOX_DIR "/a/b/c/red_eth0.json");
	tuning_succeeds("DEL", "'dataDir':'" SANDBOX_DIR "/a/b/c'");
	tuning_assert_shown(TUNING_UNTUNED);
}

/* The host has links and sysctls of these names as well. */
static void tuning__leaves_the_host_alone(void **state)
{
	freeing char *before = NULL;

	(void)state;
	sandbox_must(
		"ip link add eth0 type veth peer name x; ip link set eth0 up; rmdir " TUNING_DIR
		"; mount -t tmpfs x /run/cni 2>/dev/null || mkdir -p /run/cni");
	before = sandbox_snapshot();
	tuning_succeeds("ADD", "'dataDir':''," TUNING_ALL);
	sandbox_assert_unchanged(before);
	tuning_assert_shown(TUNING_TUNED);
	tuning_succeeds("DEL", "'dataDir':''");
	sandbox_assert_unchanged(before);
}

static void tuning__knows_interfaces_with_dots(void **state)
{
	freeing char *config = tuning_config(
		"1.0.0", "'mtu':1400,'sysctl':{'net.ipv4.conf.IFNAME.arp_filter':'1'}");
	struct plugin_call call = tuning_call("ADD", config);

	(void)state;
	sandbox_must("ip -n red link set eth0 down; ip -n red link set eth0 name eth0.5");
	call.ifname = "eth0.5";
	plugin_succeeds(&call);
	sandbox_must("[ $(ip netns exec red cat /proc/sys/net/ipv4/conf/eth0.5/arp_filter) = 1 ]");
	sandbox_must("test -f " TUNING_DIR "/red_eth0.5.json");
	call.command = "CHECK";
	plugin_succeeds(&call);
	call.command = "DEL";
	plugin_succeeds(&call);
	sandbox_must("[ $(ip netns exec red cat /proc/sys/net/ipv4/conf/eth0.5/arp_filter) = 0 ]");
}

/* Values of several numbers come back with tabs; some settings can only be written. */
static void tuning__sets_what_reads_otherwise(void **state)
{
	static const char more[] =
		"'sysctl':{'net.ipv4.tcp_rmem':'4096 87380 6291456','net.core.somaxconn':'0x80',"
		"'net.ipv4.route.flush':'1','net.ipv4.ping_group_range':'0   2147483647'}";
	freeing char *inside = NULL;

	(void)state;
	inside = pod_snapshot("red");
	tuning_succeeds("ADD", more);
	sandbox_must("[ \"$(ip netns exec red sysctl -n net.ipv4.tcp_rmem)\" = \"$(printf "
		     "'4096\\t87380\\t6291456')\" ]");
	tuning_succeeds("CHECK", more);
	tuning_succeeds("DEL", more);
	pod_assert_unchanged("red", inside, "after DEL");
}

/* "all" is an order to each interface, so that each is asked for what it had. */
static void tuning__puts_back_what_one_sysctl_does_to_another(void **state)
{
	static const char *const orders[] = {
		"'sysctl':{'net.ipv6.conf.all.disable_ipv6':'0',"
		"'net.ipv6.conf.IFNAME.disable_ipv6':'0','net.ipv6.conf.default.disable_ipv6':'0'}",
		"'sysctl':{'net.ipv6.conf.IFNAME.disable_ipv6':'0',"
		"'net.ipv6.conf.default.disable_ipv6':'0','net.ipv6.conf.all.disable_ipv6':'0'}",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		freeing char *inside = NULL;

		tuning_renew_red();
		sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.default.disable_ipv6=1 "
			     "net.ipv6.conf.eth0.disable_ipv6=1");
		inside = pod_snapshot("red");
		tuning_succeeds("ADD", orders[i]);
		sandbox_must("[ $(ip netns exec red sysctl -n net.ipv6.conf.eth0.disable_ipv6) = 0 "
			     "]");
		tuning_succeeds("DEL", orders[i]);
		pod_assert_unchanged("red", inside, orders[i]);
	}
}

/* Written even where "all" says so already: it is heard by each interface. */
static void tuning__writes_what_is_so_already(void **state)
{
	(void)state;
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1");
	sandbox_must("[ $(ip netns exec red sysctl -n net.ipv6.conf.all.disable_ipv6) = 0 ]");
	tuning_succeeds("ADD", "'sysctl':{'net.ipv6.conf.all.disable_ipv6':'0'}");
	sandbox_must("[ $(ip netns exec red sysctl -n net.ipv6.conf.eth0.disable_ipv6) = 0 ]");
}

/* ---- the answer ---- */

static void assert_answer(const char *version, const char *more, const char *expected)
{
	freeing char *config = tuning_config(version, more);
	struct plugin_call call = tuning_call("ADD", config);
	struct plugin_answer answer = plugin_run(&call);

	plugin_assert_success(&answer);
	json_text_assert(answer.json, expected);
	plugin_answer_clear(&answer);
	call.command = "DEL";
	plugin_succeeds(&call);
}

static void tuning__answers_in_each_version(void **state)
{
	static const char old[] = "'ip4':{'ip':'10.1.0.5/24'},'dns':{}";
	static const char numbered[] =
		"'interfaces':[{'name':'veth0','mac':'02:00:00:00:00:04'},{'name':'eth0',"
		"'mac':'0a:58:0a:01:00:05','sandbox':'" TUNING_RED "'}],'ips':[{'version':'4',"
		"'interface':1,'address':'10.1.0.5/24'}],'dns':{}";
	static const char plain[] =
		"'interfaces':[{'name':'veth0','mac':'02:00:00:00:00:04'},{'name':'eth0',"
		"'mac':'0a:58:0a:01:00:05','sandbox':'" TUNING_RED "'}],"
		"'ips':[{'interface':1,'address':'10.1.0.5/24'}]";
	static const struct {
		const char *version, *expected;
	} cases[] = {{"0.1.0", old},	  {"0.2.0", old},      {"0.3.0", numbered},
		     {"0.3.1", numbered}, {"0.4.0", numbered}, {"1.0.0", plain},
		     {"1.1.0", plain}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *expected =
			cni_format("{'cniVersion':'%s',%s}", cases[i].version, cases[i].expected);

		assert_answer(cases[i].version, TUNING_ALL, expected);
		tuning_assert_shown(TUNING_UNTUNED);
	}
}

/* Interfaces of the host, and members that the prevResult does not have, are not changed. */
static void tuning__answers_with_what_it_has_changed(void **state)
{
	(void)state;
	assert_answer("1.1.0",
		      "'mac':'0A-58-0A-01-00-05','mtu':1400,'prevResult':{'cniVersion':'1.1.0',"
		      "'interfaces':[{'name':'eth0','mac':'02:00:00:00:00:09','mtu':9000},"
		      "{'name':'eth0','sandbox':'x','mac':'02:00:00:00:00:05','mtu':1500,"
		      "'pciID':'p'},{'name':'eth1','sandbox':'x','mac':'02:00:00:00:00:08',"
		      "'mtu':1500}],'routes':[{'dst':'0.0.0.0/0','mtu':1300}]}",
		      "{'cniVersion':'1.1.0','interfaces':[{'name':'eth0','mac':"
		      "'02:00:00:00:00:09','mtu':9000},{'name':'eth0','sandbox':'x','mac':"
		      "'0a:58:0a:01:00:05','mtu':1400,'pciID':'p'},{'name':'eth1','sandbox':'x',"
		      "'mac':'02:00:00:00:00:08','mtu':1500}],'routes':[{'dst':'0.0.0.0/0',"
		      "'mtu':1300}]}");
	/* Plugins that do not say where it is. */
	assert_answer("1.0.0",
		      "'mac':'0a:58:0a:01:00:05','prevResult':{'interfaces':[{'name':'eth0'}]}",
		      "{'cniVersion':'1.0.0','interfaces':[{'name':'eth0',"
		      "'mac':'0a:58:0a:01:00:05'}]}");
	assert_answer("1.0.0", "'mac':'0a:58:0a:01:00:05','prevResult':{}",
		      "{'cniVersion':'1.0.0'}");
}

/* ---- what runtimes send ---- */

static void assert_as_recorded(const struct recorded *recorded)
{
	struct plugin_call call = recorded->call;
	struct plugin_answer answer;
	freeing_json cJSON *theirs = cni_json_copy(recorded->answer);
	cJSON *ip;

	call.plugin = TUNING;
	if (recorded->prev_mac)
		sandbox_must("ip -n red link set eth0 address %s", recorded->prev_mac);
	answer = plugin_run(&call);
	if (answer.exit_code != 0)
		fail_msg("%s %s: %s", recorded->runtime, call.command, answer.out);
	if (!strcmp(call.command, "ADD")) {
		const char *said = cni_json_get_string(recorded->input, "cniVersion");
		const char *inside = cni_json_get(recorded->input, "mtu") ? "1400" : "1500";

		/* In 1.x the Go plugins left out an empty one later on. */
		if (*said == '1')
			cni_json_set(theirs, "dns", NULL);
		cJSON_ArrayForEach (ip, cni_json_get(theirs, "ips"))
			if (*said == '1')
				cni_json_set(ip, "version", NULL);
		json_text_assert_equal(answer.json, theirs);
		assert_shown(inside, "0.mtu", "ip -n red -j link show eth0");
	} else if (!strcmp(call.command, "VERSION")) {
		const char *said = cni_json_get_string(recorded->input, "cniVersion");

		/* And one more. The answer is in the version of the input. */
		cJSON_AddItemToArray(cni_json_get(theirs, "supportedVersions"),
				     cJSON_CreateString("1.1.0"));
		cni_json_set(theirs, "cniVersion", cJSON_CreateString(said));
		json_text_assert_equal(answer.json, theirs);
	} else {
		assert_string_equal(answer.out, "");
		sandbox_must("[ -z \"$(ls /run/cni/tuning 2>/dev/null | grep %s)\" ]",
			     call.container);
		tuning_renew_red();
	}
	plugin_answer_clear(&answer);
}

static void tuning__answers_what_runtimes_send(void **state)
{
	(void)state;
	recorded_each("pod-calls.jsonl", "tuning", TUNING_RED, assert_as_recorded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tuning_test(tuning__sets_what_is_asked_for_and_puts_it_back),
		tuning_test(tuning__puts_back_what_was_there),
		tuning_test(tuning__keeps_a_file_only_as_long_as_there_is_need),
		tuning_test(tuning__keeps_its_files_in_run_unless_told_otherwise),
		tuning_test(tuning__leaves_the_host_alone),
		tuning_test(tuning__knows_interfaces_with_dots),
		tuning_test(tuning__sets_what_reads_otherwise),
		tuning_test(tuning__puts_back_what_one_sysctl_does_to_another),
		tuning_test(tuning__writes_what_is_so_already),
		tuning_test(tuning__answers_in_each_version),
		tuning_test(tuning__answers_with_what_it_has_changed),
		tuning_test(tuning__answers_what_runtimes_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
