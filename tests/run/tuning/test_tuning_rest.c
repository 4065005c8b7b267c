/* SPDX-License-Identifier: Apache-2.0 */
/* tuning's allow-list, GC, STATUS and VERSION. */
#include "tuning_scene.h"

#include "cleanup.h"
#include "error.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>

/* ---- the administrator's list ---- */

/* An /etc of our own, which is gone with this namespace of mounts, whose list holds `text`. */
static void allow_only(const char *text)
{
	sandbox_must("[ -d /run/etc ] || { cp -a /etc /run/etc && mount --bind /run/etc /etc; }");
	sandbox_must(
		"mkdir -p /etc/cni/tuning && printf '%%b' '%s' > /etc/cni/tuning/allowlist.conf",
		text);
}

static int list_teardown(void **state)
{
	sandbox_run("umount /etc 2>/dev/null");
	return bridge_teardown(state);
}
#define list_test(name) cmocka_unit_test_setup_teardown(name, tuning_setup, list_teardown)

#define SOMAXCONN "'sysctl':{'net.core.somaxconn':'321'}"
#define FILTER	  "'sysctl':{'net.ipv4.conf.IFNAME.arp_filter':'1'}"

static void allowlist__lets_through_what_it_names(void **state)
{
	(void)state;
	allow_only(
		"^net.core.somaxconn$\\n\\n  ^net\\\\.ipv4\\\\.conf\\\\.IFNAME\\\\.[a-z_]*$  \\n");
	tuning_succeeds("ADD", SOMAXCONN);
	tuning_succeeds("ADD", FILTER);
	tuning_succeeds("CHECK", FILTER);
	tuning_succeeds("ADD", "'args':{'cni':{" FILTER "}}");
	/* Links are not its business. */
	tuning_succeeds("ADD", "'mtu':1400");
	tuning_succeeds("DEL", "");
	tuning_assert_shown(TUNING_UNTUNED);
}

static void allowlist__refuses_all_else(void **state)
{
	static const char *const refused[] = {
		"'sysctl':{'net.ipv4.conf.eth0.arp_filter':'1'}",
		"'sysctl':{'net/core/somaxconn':'321'}",
		"'sysctl':{'net.core.somaxconn':'321','net.ipv4.conf.IFNAME.arp_filter':'1'}",
		"'mtu':1400,'args':{'cni':{" FILTER "}}",
		/* The same setting under the name that is not allowed. */
		SOMAXCONN ",'args':{'cni':{'sysctl':{'net/core/somaxconn':'5'}}}",
	};
	freeing char *before = NULL;
	freeing char *inside = pod_snapshot("red");

	(void)state;
	allow_only("^net\\\\.core\\\\.somaxconn$");
	before = sandbox_snapshot();
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		tuning_fails("ADD", refused[i], CNI_ECONFIG,
			     "is not allowed. Only the following sysctls are allowed: "
			     "[^net\\.core\\.somaxconn$]");
		pod_assert_unchanged("red", inside, refused[i]);
	}
	allow_only("");
	tuning_fails("ADD", SOMAXCONN, CNI_ECONFIG, "Sysctl net.core.somaxconn is not allowed");
	allow_only("(net.core");
	tuning_fails("ADD", SOMAXCONN, CNI_ECONFIG,
		     "'/etc/cni/tuning/allowlist.conf': the regular");
	sandbox_assert_unchanged(before);
}

/* It may have come after the container: CHECK and DEL do not ask it. */
static void allowlist__is_for_add(void **state)
{
	(void)state;
	tuning_succeeds("ADD", TUNING_ALL);
	allow_only("nothing");
	tuning_succeeds("CHECK", TUNING_ALL);
	tuning_succeeds("DEL", TUNING_ALL);
	tuning_assert_shown(TUNING_UNTUNED);
}

static void allowlist__that_cannot_be_read_allows_nothing(void **state)
{
	(void)state;
	allow_only("^net");
	sandbox_must("rm /etc/cni/tuning/allowlist.conf && mkdir /etc/cni/tuning/allowlist.conf");
	tuning_fails("ADD", SOMAXCONN, CNI_EIO, "'/etc/cni/tuning/allowlist.conf'");
	tuning_assert_shown(TUNING_UNTUNED);
}

/* ---- GC ---- */

static void add_for(const char *network, const char *container, const char *netns)
{
	freeing char *more = cni_format("'name':'%s','mtu':1400", network);
	freeing char *config = tuning_config("1.0.0", more);
	struct plugin_call call = tuning_call("ADD", config);

	call.container = container;
	call.netns = netns;
	plugin_succeeds(&call);
}

static void gc_leaves(const char *valid, const char *expected)
{
	freeing char *more =
		cni_format("'cni.dev/valid-attachments':[%s],'prevResult':null", valid);
	freeing char *config = tuning_config("1.1.0", more);
	struct plugin_call call = {.plugin = TUNING, .command = "GC", .config = config};
	freeing char *files = NULL;

	plugin_succeeds(&call);
	files = tuning_files();
	assert_string_equal(files, expected);
}

static void gc__removes_the_files_of_what_is_not_valid(void **state)
{
	(void)state;
	add_for("blue", "c1", TUNING_RED);
	add_for("blue", "c2", TUNING_RED);
	add_for("blue", "c3", TUNING_RED);
	add_for("green", "c4", TUNING_RED);
	/* As the Go plugin writes it: of which network it does not say. */
	sandbox_must("printf '{\\n \"mtu\": 1500\\n}' > " TUNING_DIR
		     "/c5_eth0.json; echo x > " TUNING_DIR "/notes");
	gc_leaves("{'containerID':'c1','ifname':'eth0'},{'containerID':'c2','ifname':'eth0'},"
		  "{'containerID':'c3','ifname':'eth1'}",
		  "c1_eth0.json\nc2_eth0.json\nc4_eth0.json\nc5_eth0.json\nnotes\n");
	gc_leaves("{'containerID':'c1','ifname':'eth0'}",
		  "c1_eth0.json\nc4_eth0.json\nc5_eth0.json\nnotes\n");
	gc_leaves("", "c4_eth0.json\nc5_eth0.json\nnotes\n");
	gc_leaves("", "c4_eth0.json\nc5_eth0.json\nnotes\n");
}

static void gc__needs_a_list_and_nothing_else(void **state)
{
	freeing char *without = tuning_config("1.1.0", "");
	freeing char *broken =
		tuning_config("1.1.0", "'mtu':-1,'sysctl':5,'args':5,'cni.dev/attachments':[]");
	freeing char *nowhere = tuning_config("1.1.0", "'dataDir':'" SANDBOX_DIR
						       "/nowhere','cni.dev/valid-attachments':[]");
	struct plugin_call call = {.plugin = TUNING, .command = "GC", .config = without};
	freeing char *files = NULL;

	(void)state;
	add_for("blue", "c1", TUNING_RED);
	plugin_fails(&call, CNI_ECONFIG, "'cni.dev/valid-attachments' is missing");
	files = tuning_files();
	assert_string_equal(files, "c1_eth0.json\n");
	call.config = nowhere;
	plugin_succeeds(&call);
	call.config = broken;
	plugin_succeeds(&call);
	free(take_ptr(files));
	files = tuning_files();
	assert_string_equal(files, "");
}

/* ---- STATUS ---- */

static void status_is(const char *more, int code, const char *says)
{
	freeing char *with = cni_format("'prevResult':null%s%s", *more ? "," : "", more);
	freeing char *config = tuning_config("1.1.0", with);
	freeing char *before = sandbox_snapshot();
	/* As containerd calls it: present but empty. */
	struct plugin_call call = {.plugin = TUNING,
				   .command = "STATUS",
				   .container = "",
				   .netns = "",
				   .ifname = "",
				   .args = "",
				   .config = config};

	if (code)
		plugin_fails(&call, code, says);
	else
		plugin_succeeds(&call);
	sandbox_assert_unchanged(before);
}

static void status__says_whether_add_would_work(void **state)
{
	(void)state;
	status_is("", 0, NULL);
	status_is(TUNING_ALL, 0, NULL);
	status_is("'dataDir':''," TUNING_ALL, 0, NULL);
	status_is("'mtu':1400,'dataDir':'" SANDBOX_DIR "/a/b'", 0, NULL);
	status_is("'mtu':-1", CNI_ECONFIG, "'mtu' is -1");
	status_is("'sysctl':{'kernel.x':'1'}", CNI_ECONFIG, "invalid net sysctl key");
	sandbox_must("echo x > " SANDBOX_DIR "/file");
	status_is("'mtu':1400,'dataDir':'" SANDBOX_DIR "/file/a'", CNI_EUNAVAILABLE,
		  "file/a': Not a directory");
	status_is("'dataDir':'" SANDBOX_DIR "/file/a'", 0, NULL);
	sandbox_must("mount -t tmpfs -o ro x " TUNING_DIR);
	status_is(TUNING_ALL, CNI_EUNAVAILABLE, "cannot be written: Read-only file system");
	sandbox_must("umount " TUNING_DIR);
	sandbox_must("mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys");
	status_is(TUNING_ALL, CNI_EUNAVAILABLE, "/proc/sys/net is mounted read-only");
	status_is("'mtu':1400", 0, NULL);
	sandbox_must("umount /proc/sys");
}

static void status__asks_the_list(void **state)
{
	(void)state;
	allow_only("^net.ipv4.conf.IFNAME.arp_filter$");
	status_is(FILTER, 0, NULL);
	status_is(SOMAXCONN, CNI_ECONFIG, "Sysctl net.core.somaxconn is not allowed");
}

static void tuning__says_what_it_is(void **state)
{
	struct plugin_answer answer;

	(void)state;
	answer = plugin_run(&(struct plugin_call){.plugin = TUNING, .command = "VERSION"});
	plugin_assert_success(&answer);
	json_text_assert(answer.json,
			 "{'cniVersion':'1.1.0','supportedVersions':['0.1.0','0.2.0','0.3.0',"
			 "'0.3.1','0.4.0','1.0.0','1.1.0']}");
	plugin_answer_clear(&answer);
	answer = plugin_run(&(struct plugin_call){.plugin = TUNING});
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "CNI tuning plugin v1.9.1"));
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		list_test(allowlist__lets_through_what_it_names),
		list_test(allowlist__refuses_all_else),
		list_test(allowlist__is_for_add),
		list_test(allowlist__that_cannot_be_read_allows_nothing),
		tuning_test(gc__removes_the_files_of_what_is_not_valid),
		tuning_test(gc__needs_a_list_and_nothing_else),
		tuning_test(status__says_whether_add_would_work),
		list_test(status__asks_the_list),
		tuning_test(tuning__says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
