/* SPDX-License-Identifier: Apache-2.0 */
/* A failed ADD of tuning leaves host and container as they were, the file of earlier values
 * included. */
#include "tuning_scene.h"

#include "bad_input.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

/* All that can be set without a mistake, to be taken back. */
#define RIGHT	"'mac':'0a:58:0a:01:00:05','promisc':true,'allmulti':true,'txQLen':77,'mtu':1400"
#define SYSCTLS "'net.core.somaxconn':'321','net.ipv4.conf.IFNAME.arp_filter':'1'"

static const struct {
	const char *more, *setup;
	int code;
	const char *says;
} failures[] = {
	/* the last one of many */
	{RIGHT ",'sysctl':{" SYSCTLS "},'mtu':70000", NULL, CNI_EKERNEL,
	 "'eth0' in the container: set MTU to 70000"},
	{RIGHT ",'sysctl':{" SYSCTLS "},'mtu':10", NULL, CNI_EKERNEL, "set MTU to 10"},
	{RIGHT ",'sysctl':{" SYSCTLS ",'net.ipv4.conf.IFNAME.rp_filter':'many'}", NULL, CNI_ECONFIG,
	 "set sysctl 'net/ipv4/conf/eth0/rp_filter' to \"many\": Invalid argument"},
	{RIGHT ",'sysctl':{" SYSCTLS ",'net.core.nothing':'1'}", NULL, CNI_ECONFIG,
	 "read sysctl 'net/core/nothing': No such file or directory"},
	{RIGHT ",'sysctl':{" SYSCTLS ",'net.ipv4.conf.eth7.arp_filter':'1'}", NULL, CNI_ECONFIG,
	 "No such file or directory"},
	{RIGHT ",'sysctl':{" SYSCTLS ",'net.ipv4.conf':'1'}", NULL, CNI_ECONFIG,
	 "'net/ipv4/conf': Is a directory"},
	{RIGHT ",'sysctl':{" SYSCTLS ",'net.core.somaxconn.x':'1'}", NULL, CNI_ECONFIG,
	 "Not a directory"},
	/* two values where there is one: the first is taken, and taken back */
	{"'sysctl':{" SYSCTLS ",'net.ipv4.conf.IFNAME.log_martians':'1 x'}", NULL, CNI_ECONFIG,
	 "log_martians' to \"1 x\": Invalid argument"},
	{"'sysctl':{'net.core.somaxconn':'99999999999999999999'}", NULL, CNI_ECONFIG, "somaxconn"},
	{"'sysctl':{'kernel.hostname':'x'}", NULL, CNI_ECONFIG, "invalid net sysctl key"},
	{"'sysctl':{'net/../kernel/hostname':'x'}", NULL, CNI_ECONFIG, "No such file"},
	{"'sysctl':{'net.core.somaxconn':'1','net.core.somaxconn':'2'}", NULL, CNI_ECONFIG,
	 "duplicated sysctl keys are not allowed"},
	/* the link */
	{"'mtu':1400", "ip -n red link del eth0", CNI_EKERNEL, "look up link 'eth0'"},
	/* the file */
	{RIGHT, "rmdir " TUNING_DIR "; echo x > " TUNING_DIR, CNI_EIO, "'" TUNING_DIR "'"},
	{RIGHT, "mkdir " TUNING_FILE, CNI_EIO, "red_eth0.json"},
	{RIGHT, "mount -t tmpfs -o size=4k,ro x " TUNING_DIR, CNI_EIO, "Read-only"},
	{RIGHT, "mount -t tmpfs -o nr_inodes=1 x " TUNING_DIR, CNI_EIO, "No space left"},
	{RIGHT ",'dataDir':'x/y'", NULL, CNI_ECONFIG, "expected an absolute path"},
	/* one that is there already stays as it is */
	{RIGHT ",'mtu':70000", "echo '{\"mtu\":1234}' > " TUNING_FILE, CNI_EKERNEL, "MTU"},
	{RIGHT ",'mtu':70000", "echo junk > " TUNING_FILE, CNI_EKERNEL, "MTU"},
	/* prevResult */
	{RIGHT ",'prevResult':null", NULL, CNI_ECONFIG, "Required prevResult missing"},
	{RIGHT ",'prevResult':5", NULL, CNI_EDECODE, "'prevResult'"},
	{RIGHT ",'cniVersion':'0.2.0','prevResult':{'cniVersion':'1.0.0'}", NULL, CNI_EVERSION,
	 NULL},
};

/* All that these could change, and the files. */
static char *look(void)
{
	return sandbox_read("ip -n red -o -d link; ip -n red -o addr; ip netns exec red sh -c "
			    "'sysctl net.core.somaxconn; sysctl -a 2>/dev/null | grep conf.eth0'; "
			    "cd " SANDBOX_DIR " && find . ! -type d -exec cat {} + -print; "
			    "find . -type d");
}

static void assert_fails_cleanly(size_t i)
{
	freeing char *before = NULL;
	freeing char *after = NULL;

	tuning_renew_red();
	sandbox_run("umount " TUNING_DIR " 2>/dev/null; rm -rf " TUNING_DIR "; mkdir " TUNING_DIR);
	if (failures[i].setup)
		sandbox_must("%s", failures[i].setup);
	before = look();
	tuning_fails("ADD", failures[i].more, failures[i].code, failures[i].says);
	after = look();
	if (strcmp(before, after) != 0)
		fail_msg("%s: was\n%s\nis\n%s", failures[i].more, before, after);
}

static void tuning__that_fails_leaves_all_as_it_was(void **state)
{
	freeing char *before = sandbox_snapshot();
	freeing char *inside = pod_snapshot("red");

	(void)state;
	/* The first one once more, at all that there is. */
	tuning_fails("ADD", failures[0].more, failures[0].code, failures[0].says);
	pod_assert_unchanged("red", inside, failures[0].more);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		assert_fails_cleanly(i);
	sandbox_run("umount " TUNING_DIR " 2>/dev/null; rm -rf " TUNING_DIR "; mkdir " TUNING_DIR);
	tuning_renew_red();
	sandbox_assert_unchanged(before);
}

/* Kernels show a container some of these, or none. */
static void tuning__cannot_set_what_is_the_hosts_alone(void **state)
{
	static const char *const keys[] = {"net.core.rmem_max", "net.core.netdev_max_backlog",
					   "net.ipv4.tcp_mem", "net.netfilter.nf_conntrack_max",
					   "net.unix.nothing"};
	freeing char *before = sandbox_read("sysctl -a 2>/dev/null | grep -E '^net.core|tcp_mem'");
	freeing char *after = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		freeing char *more =
			cni_format("'mtu':1400,'sysctl':{" SYSCTLS ",'%s':'300000'}", keys[i]);
		freeing char *config = tuning_config("1.0.0", more);
		struct plugin_call call = tuning_call("ADD", config);
		struct plugin_answer answer = plugin_run(&call);

		if (answer.exit_code != 1)
			fail_msg("%s was set", keys[i]);
		plugin_answer_clear(&answer);
		tuning_assert_shown(TUNING_UNTUNED);
	}
	after = sandbox_read("sysctl -a 2>/dev/null | grep -E '^net.core|tcp_mem'");
	assert_string_equal(after, before);
}

static void tuning__needs_a_namespace(void **state)
{
	static const struct {
		const char *netns, *says;
	} cases[] = {
		{NULL, "required env variables [CNI_NETNS] missing"},
		{"", "required env variables [CNI_NETNS] missing"},
		{"/run/netns/none", "failed to open netns"},
		{"/etc/passwd", "is not a network namespace"},
		{"/proc/self/ns/mnt", "is not a network namespace"},
		{"/proc/self/ns/net",
		 "plugin's netns and netns from CNI_NETNS should not be the same"},
	};
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	freeing char *before = sandbox_snapshot();

	(void)state;
	sandbox_must("ip link add eth0 type veth peer name x && ip link del eth0");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_call call = tuning_call("ADD", config);

		call.netns = cases[i].netns;
		plugin_fails(&call, CNI_EENV, cases[i].says);
	}
	sandbox_assert_unchanged(before);
}

/* Where a link stands on the way it leads nowhere. None is there by itself, so one is made by a
 * mount that hides /proc/sys/net in this namespace of mounts. */
static void tuning__follows_no_link(void **state)
{
	(void)state;
	sandbox_must("mkdir /run/hidden && mount --bind /proc/sys/net /run/hidden && "
		     "mount -t tmpfs x /proc/sys/net && mkdir /proc/sys/net/core && "
		     "ln -s /run/hidden/core/somaxconn /proc/sys/net/core/somaxconn && "
		     "ln -s /run/hidden/ipv4 /proc/sys/net/ipv4 && "
		     "echo 5 > /proc/sys/net/core/plain");
	tuning_fails("ADD", "'sysctl':{'net.core.somaxconn':'321'}", CNI_EIO,
		     "Too many levels of symbolic links");
	tuning_fails("ADD", "'sysctl':{'net.ipv4.conf.IFNAME.arp_filter':'1'}", CNI_ECONFIG,
		     "Not a directory");
	/* Nor is a file of another file system a setting. */
	tuning_fails("ADD", "'sysctl':{'net.core.plain':'1'}", CNI_ECONFIG,
		     "No such file or directory");
	sandbox_must("[ $(cat /proc/sys/net/core/plain) = 5 ] && umount /proc/sys/net && "
		     "umount /run/hidden");
	tuning_assert_shown(TUNING_UNTUNED);
}

/* As many containers' runtimes mount it: then it is enough if all is right as it is. */
static void tuning__needs_not_write_what_is_right(void **state)
{
	(void)state;
	sandbox_must("mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys");
	tuning_succeeds("ADD", "'sysctl':{'net.core.somaxconn':'4096'}");
	tuning_fails("ADD", "'sysctl':{'net.core.somaxconn':'321'}", CNI_EIO,
		     "set sysctl 'net/core/somaxconn' to \"321\": Read-only file system");
	/* With a part of it mounted anew for writing. */
	sandbox_must("umount /proc/sys; mkdir /run/rw; mount --bind /proc/sys/net /run/rw; "
		     "mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; "
		     "mount --bind /run/rw /proc/sys/net");
	tuning_succeeds("ADD", "'sysctl':{'net.core.somaxconn':'321'}");
	tuning_succeeds("DEL", "");
	sandbox_must("umount /proc/sys/net; umount /proc/sys; umount /run/rw");
	tuning_assert_shown(TUNING_UNTUNED);
}

/* ---- what is no configuration at all ---- */

/* Sysctls alone need no file: Go's plugin does not put them back, and has none. */
static void tuning__needs_no_file_for_sysctls(void **state)
{
#define SYSCTL "'sysctl':{'net.core.somaxconn':'321'}"
	static const char *const directories[] = {TUNING_DIR, TUNING_DIR "/below/it"};

	(void)state;
	sandbox_must("mount -t tmpfs -o ro x " TUNING_DIR);
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		freeing char *more = cni_format(SYSCTL ",'dataDir':'%s'", directories[i]);
		freeing char *link = cni_format("'mtu':1400,%s", more);
		freeing char *asked = cni_format("'cniVersion':'1.1.0',%s", more);

		tuning_succeeds("STATUS", asked);
		tuning_succeeds("ADD", more);
		tuning_succeeds("CHECK", more);
		tuning_succeeds("DEL", more);
		sandbox_must("ip netns exec red sysctl -n net.core.somaxconn | grep -q 321");
		sandbox_must("ip netns exec red sysctl -qw net.core.somaxconn=4096");
		tuning_fails("ADD", link, CNI_EIO, "Read-only file system");
		tuning_assert_shown(TUNING_UNTUNED);
	}
	sandbox_must("umount " TUNING_DIR);
}

static void tuning__refuses_bad_input(void **state)
{
	static const struct {
		const char *config;
		struct refusal refusal;
	} cases[] = {
		{"", {CNI_EDECODE, {"stdin", "is empty"}}},
		{"{", {CNI_EDECODE, {"not valid JSON"}}},
		{"[]", {CNI_EDECODE, {"is a list, expected a JSON object"}}},
		{"{\"mtu\":1400} x", {CNI_EDECODE, {"not valid JSON"}}},
		{"{\"mac\":\"a\\u0000b\"}", {CNI_EDECODE, {"\\u0000"}}},
		{"{\"cniVersion\":\"1.0.0\",\"mtu\":1400}",
		 {CNI_ECONFIG, {"missing network name"}}},
		{"{\"cniVersion\":\"7\",\"name\":\"x\"}",
		 {CNI_EVERSION, {"incompatible CNI versions"}}},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"../x\"}", {CNI_ECONFIG, {"'name'"}}},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"mtu\":\"x\xff\xfe\"}",
		 {CNI_ECONFIG, {"'mtu' is \"x??\""}}},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"sysctl\":{\"net.\xff\":\"1\"}}",
		 {CNI_ECONFIG, {"prevResult missing"}}},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"mtu\":1e400}",
		 {CNI_ECONFIG, {"'mtu' is", "expected a whole number"}}},
	};

	bad_input_before(state);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_call call = tuning_call("ADD", cases[i].config);

		bad_input_refused(&call, cases[i].config, &cases[i].refusal);
	}
	bad_input_after(state);
}

static void tuning__refuses_a_hostile_environment(void **state)
{
	static const struct {
		const char *container, *ifname, *says;
	} cases[] = {
		{"../red", "eth0", "CNI_CONTAINERID"},
		{"red/..", "eth0", "CNI_CONTAINERID"},
		{"", "eth0", "CNI_CONTAINERID"},
		{"red", "../eth0", "CNI_IFNAME"},
		{"red", "..", "CNI_IFNAME"},
		{"red", "eth0/x", "CNI_IFNAME"},
		{"red", "eth 0", "CNI_IFNAME"},
		{"red", "", "CNI_IFNAME"},
		{"red", "a-name-too-long-for-it", "CNI_IFNAME"},
	};
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	freeing char *before = sandbox_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static const char *const commands[] = {"ADD", "CHECK", "DEL"};

		for (size_t c = 0; c < 3; c++) {
			struct plugin_call call = tuning_call(commands[c], config);

			call.container = cases[i].container;
			call.ifname = cases[i].ifname;
			plugin_fails(&call, CNI_EENV, cases[i].says);
		}
	}
	sandbox_assert_unchanged(before);
	tuning_assert_shown(TUNING_UNTUNED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tuning_test(tuning__that_fails_leaves_all_as_it_was),
		tuning_test(tuning__cannot_set_what_is_the_hosts_alone),
		tuning_test(tuning__needs_a_namespace),
		tuning_test(tuning__follows_no_link),
		tuning_test(tuning__needs_not_write_what_is_right),
		tuning_test(tuning__needs_no_file_for_sysctls),
		tuning_test(tuning__refuses_bad_input),
		tuning_test(tuning__refuses_a_hostile_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
