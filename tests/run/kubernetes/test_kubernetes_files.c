/* SPDX-License-Identifier: Apache-2.0 */
/* The installer of conf/kubernetes and the node's files: the place of another network, a full disk, a running
 * executable, an installer that is killed. */
#include "kubernetes_scene.h"

#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "trace.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define OTHER "{\"cniVersion\":\"0.3.1\",\"name\":\"o\",\"plugins\":[{\"type\":\"flannel\"}]}"
#define LOOP  "{\"cniVersion\":\"0.3.1\",\"name\":\"lo\",\"type\":\"loopback\"}"
#define LOOPS "{\"cniVersion\":\"0.3.1\",\"name\":\"lo\",\"plugins\":[{\"type\":\"loopback\"}]}"

/* ---- the place ---- */

static void put(const char *name, const char *text)
{
	sandbox_must("cat >" NODE_CONF "/%s <<'END'\n%s\nEND", name, text);
}

static void place__of_another_network_is_not_taken(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *reason;
	} cases[] = {
		{"00-multus.conf", OTHER, "is another network and sorts before ours"},
		{"05-cilium.conflist", OTHER, "is another network and sorts before ours"},
		{"05-cni-c.conflist", OTHER, "is a network that the installer has not written"},
		{"10-flannel.conflist", OTHER, "is the network that the node has now"},
		{"10-calico.json", OTHER, "is the network that the node has now"},
		{"10-empty.conf", "", "is the network that the node has now"},
		{"10-half.conflist", "{\"name\":", "is the network that the node has now"},
		{".hidden.conflist", OTHER, "is another network and sorts before ours"},
	};
	char text[256];

	(void)state;
	kubernetes_node(BOTH_CIDRS);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put(cases[i].name, cases[i].text);
		installer_start(NULL);
		snprintf(text, sizeof(text), "'" NODE_CONF "/%s' %s", cases[i].name,
			 cases[i].reason);
		installer_await(text);
		installer_await("remove that network from the node, or name the file in "
				"TAKE_PRECEDENCE_OVER");
		installer_assert_wrote_nothing(cases[i].name);
		installer_end(SIGTERM);
		sandbox_must("rm " NODE_CONF "/%s", cases[i].name);
	}
}

static void place__is_free_beside_files_that_do_not_count(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	put("99-loopback.conf", LOOP);
	put("00-loopback.conflist", LOOPS);
	put("README", "no network");
	put("10-cilium.conflist.bak", OTHER);
	sandbox_must("mkdir " NODE_CONF "/pods.conflist");
	installer_start(NULL);
	installer_await("ready");
	installer_end(SIGTERM);
	sandbox_must("[ $(ls -A " NODE_CONF " | wc -l) = 6 ]");
}

static void place__is_taken_where_the_operator_says_so(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	put("10-flannel.conflist", OTHER);
	put("05-cni-c.conflist", OTHER);
	/* The whole name counts. */
	installer_start("'TAKE_PRECEDENCE_OVER=10-flannel.conflist 05-cni-c.conf'");
	installer_await("05-cni-c.conflist' is a network that");
	installer_end(SIGTERM);
	installer_start("'TAKE_PRECEDENCE_OVER=0-flannel.conflist 05-cni-c.conflist'");
	installer_await("ready");
	installer_end(SIGTERM);
	sandbox_must("rm " CONFLIST);
	installer_start("'TAKE_PRECEDENCE_OVER=0-flannel.conflist x10-flannel.conflist'");
	installer_await("10-flannel.conflist' is the network that the node has now");
	installer_end(SIGTERM);
	installer_start("'TAKE_PRECEDENCE_OVER=x 10-flannel.conflist'");
	installer_await("ready");
	sandbox_must("grep -q flannel " NODE_CONF "/10-flannel.conflist");
}

/* Another network comes later. */
static void place__is_given_up_and_had_again(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	installer_start(NULL);
	installer_await("ready");
	put("10-flannel.conflist", OTHER);
	api_server_await(api, api->requests + 3);
	installer_await("ready");
	/* Cilium renames the files of others. */
	sandbox_must("mv " CONFLIST " " CONFLIST ".bak");
	installer_await("10-flannel.conflist' is the network that the node has now");
	sandbox_must("! test -e " CONFLIST " && mv " NODE_CONF "/10-flannel.conflist " NODE_CONF
		     "/00-flannel.conflist && mv " CONFLIST ".bak " CONFLIST);
	installer_await("00-flannel.conflist' is another network and sorts before ours");
	sandbox_must("rm " NODE_CONF "/00-flannel.conflist");
	installer_await("ready");
	installer_assert_installed(RANGES_BOTH);
}

/* ---- the cluster's network ---- */

static void network__that_no_runtime_accepts_is_not_written(void **state)
{
	static const struct {
		const char *text;
		const char *reason;
	} cases[] = {
		{"", "network.conflist"},
		{"{", "network.conflist"},
		{"[]", "network.conflist"},
		{"{}",
		 "no plugin has an 'ipam' of the type host-local without 'ranges' and 'subnet'"},
		{"{\"name\":\"p\",\"cniVersion\":\"1.0.0\",\"plugins\":[{\"type\":\"bridge\","
		 "\"ipam\":{\"type\":\"dhcp\"}}]}",
		 "no plugin has an 'ipam' of the type host-local"},
		{"{\"name\":\"p\",\"cniVersion\":\"1.0.0\",\"plugins\":[{\"type\":\"bridge\","
		 "\"ipam\":{\"type\":\"host-local\",\"subnet\":\"10.0.0.0/24\"}}]}",
		 "no plugin has an 'ipam' of the type host-local"},
		{"{\"cniVersion\":\"1.0.0\",\"plugins\":[{\"type\":\"bridge\","
		 "\"ipam\":{\"type\":\"host-local\"}}]}",
		 "name"},
		{"{\"name\":\"p\",\"cniVersion\":\"9.0.0\",\"plugins\":[{\"type\":\"bridge\","
		 "\"ipam\":{\"type\":\"host-local\"}}]}",
		 "9.0.0"},
	};

	(void)state;
	kubernetes_node(BOTH_CIDRS);
	sandbox_must("cp " NETWORK " " NETWORK ".good");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sandbox_must("cat >" NETWORK " <<'END'\n%s\nEND", cases[i].text);
		installer_start(NULL);
		installer_await("waiting: '" NETWORK "'");
		installer_await(cases[i].reason);
		installer_assert_wrote_nothing(NULL);
		installer_end(SIGTERM);
	}
	installer_start(NULL);
	installer_await("waiting: '" NETWORK "'");
	sandbox_must("mv " NETWORK ".good " NETWORK);
	installer_await("ready");
}

/* ---- a full disk, a directory that is not there ---- */

/* The node of an earlier installer: older executables, and a conflist with another prefix. */
static void install_earlier(void)
{
	kubernetes_node("'podCIDRs':['10.244.7.0/24']");
	installer_start(NULL);
	installer_await("ready");
	installer_end(SIGTERM);
	sandbox_must("cp -r " NODE_BIN " " SANDBOX_DIR "/old && cd " IMAGE_BIN
		     " && for f in *; do head -c 100000 /dev/urandom >$f; done");
	kubernetes_node(BOTH_CIDRS);
}

#define EARLIER "[[{'subnet':'10.244.7.0/24'}]]"

static void full_disk__leaves_what_was_there(void **state)
{
	(void)state;
	sandbox_must("mount -t tmpfs -o size=400k node " NODE_BIN);
	install_earlier();
	/* Room for a temporary file, but not for two. A retry may have one there at any time. */
	sandbox_must("head -c 60000 /dev/zero >" NODE_BIN "/other");
	installer_start(NULL);
	installer_await("write '" NODE_BIN "/.cni-c-installer.tmp': No space left on device");
	sandbox_must("cd " NODE_BIN " && for f in *; do [ $f = other ] || cmp $f " SANDBOX_DIR
		     "/old/$f; done && [ $(ls | wc -l) = 4 ]");
	assert_shown(EARLIER, "plugins.0.ipam.ranges", "cat " CONFLIST);
	/* The disk gets room, and the installer goes on by itself. */
	sandbox_must("rm " NODE_BIN "/other");
	installer_await("ready");
	installer_assert_installed(RANGES_BOTH);
	installer_end(SIGTERM);
	sandbox_must("umount " NODE_BIN);
}

static void full_disk__leaves_the_conflist(void **state)
{
	(void)state;
	sandbox_must("mount -t tmpfs -o size=64k,nr_inodes=8 node " NODE_CONF);
	install_earlier();
	sandbox_must("head -c 100000 /dev/zero >" NODE_CONF "/full 2>/dev/null; true");
	installer_start(NULL);
	installer_await("write '" NODE_CONF "/.cni-c-installer.tmp': No space left on device");
	sandbox_must("diff -r " IMAGE_BIN " " NODE_BIN " && [ $(ls -A " NODE_CONF
		     " | wc -l) = 2 ]");
	assert_shown(EARLIER, "plugins.0.ipam.ranges", "cat " CONFLIST);
	sandbox_must("rm " NODE_CONF "/full");
	installer_await("ready");
	installer_assert_installed(RANGES_BOTH);
	/* No inode for the temporary file. */
	sandbox_must("for i in 1 2 3 4 5 6 7 8; do touch " NODE_CONF "/x$i; done 2>/dev/null; "
		     "! touch " NODE_CONF "/x9 2>/dev/null");
	kubernetes_node("'podCIDRs':['10.244.7.0/24']");
	installer_await("create '" NODE_CONF "/.cni-c-installer.tmp': No space left on device");
	assert_shown(RANGES_BOTH, "plugins.0.ipam.ranges", "cat " CONFLIST);
	sandbox_must("mount -o remount,ro " NODE_CONF);
	installer_await_log("Read-only file system");
	installer_end(SIGTERM);
	sandbox_must("umount " NODE_CONF);
}

static void directory__that_is_missing_is_named(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	sandbox_must("rmdir " NODE_CONF);
	installer_start(NULL);
	installer_await("open directory '" NODE_CONF "'");
	sandbox_must("rmdir " NODE_BIN " && mkdir " NODE_CONF);
	installer_await("open directory '" NODE_BIN "'");
	sandbox_must("mv " IMAGE_BIN " " IMAGE_BIN ".good && mkdir " NODE_BIN);
	installer_await("open directory '" IMAGE_BIN "'");
	sandbox_must("mkdir " IMAGE_BIN);
	installer_await("directory '" IMAGE_BIN "' holds no executable");
	sandbox_must("rmdir " IMAGE_BIN " && mv " IMAGE_BIN ".good " IMAGE_BIN);
	installer_await("ready");
	installer_assert_installed(RANGES_BOTH);
}

static void make_read_only(const char *directory)
{
	sandbox_must("cd %s && mount --bind . $PWD && mount -o remount,bind,ro $PWD", directory);
	installer_start(NULL);
}

/* An image of the node may have the executables, in a file system that is read-only. */
static void directory__that_is_read_only_may_have_all(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	installer_start(NULL);
	installer_await("ready");
	installer_end(SIGTERM);
	make_read_only(NODE_BIN);
	installer_await("ready");
	installer_end(SIGTERM);
	make_read_only(NODE_CONF);
	installer_await("ready");
	kubernetes_node("'podCIDRs':['10.244.7.0/24']");
	installer_await("create '" NODE_CONF "/.cni-c-installer.tmp': Read-only file system");
	installer_assert_installed(RANGES_BOTH);
	installer_end(SIGTERM);
	sandbox_must("umount " NODE_CONF " && umount " NODE_BIN);
}

/* ---- executables ---- */

static void executable__that_runs_goes_on(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	/* Another plugin's stays, as do a link and a mode that are mended. */
	sandbox_must("cp /bin/sleep " NODE_BIN "/bridge && cp /bin/true " NODE_BIN "/flannel && "
		     "ln -s flannel " NODE_BIN "/host-local && "
		     "cp " IMAGE_BIN "/bandwidth " NODE_BIN " && chmod 0600 " NODE_BIN
		     "/bandwidth && "
		     "{ " NODE_BIN "/bridge 60 & echo $! >" SANDBOX_DIR "/sleep.pid; }");
	installer_start(NULL);
	installer_await("ready");
	sandbox_must("kill -0 $(cat " SANDBOX_DIR "/sleep.pid) && "
		     "cmp /bin/sleep /proc/$(cat " SANDBOX_DIR "/sleep.pid)/exe && "
		     "kill $(cat " SANDBOX_DIR "/sleep.pid)");
	sandbox_must("cmp /bin/true " NODE_BIN "/flannel && rm " NODE_BIN "/flannel");
	installer_assert_installed(RANGES_BOTH);
	installer_end(SIGTERM);
	/* The same image again: no file is written. */
	sandbox_must("stat -c '%%n %%i %%z' " NODE_BIN "/* >" SANDBOX_DIR "/a");
	installer_start(NULL);
	installer_await("ready");
	sandbox_must("stat -c '%%n %%i %%z' " NODE_BIN "/* | cmp - " SANDBOX_DIR "/a && "
		     "! grep 'executables are written' " INSTALLER_LOG);
}

/* ---- privileges ---- */

#define WITHOUT_CAPABILITIES "setpriv --bounding-set=-all --inh-caps=-all --no-new-privs"

/* Root of the container is the owner of the directories, and has no capability: a directory of another user is not
 * its own. */
static void installer__needs_no_capability(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	installer_start_under(WITHOUT_CAPABILITIES, NULL);
	installer_await("ready");
	installer_assert_installed(RANGES_BOTH);
	sandbox_must("grep -q '^CapEff:.*0000000000000000$' /proc/$(cat " INSTALLER_PID ")/status");
	installer_end(SIGTERM);
	sandbox_must("rm " CONFLIST " && chown 1000 " NODE_CONF);
	installer_start_under(WITHOUT_CAPABILITIES, NULL);
	installer_await("create '" NODE_CONF "/.cni-c-installer.tmp': Permission denied");
	installer_assert_wrote_nothing("bandwidth bridge host-local");
	sandbox_must("chown 0 " NODE_CONF);
	installer_await("ready");
}

/* ---- killed ---- */

/* Each executable is the old one or the new one, and the conflist likewise, which is new only if all executables
 * are. */
static void assert_whole(void)
{
	sandbox_must("cd " NODE_BIN " && for f in *; do cmp -s $f " IMAGE_BIN "/$f || "
		     "cmp $f " SANDBOX_DIR "/old/$f || exit 1; done && "
		     "jq -e .name " CONFLIST " >/dev/null && [ $(ls -A " NODE_CONF
		     " | grep -vc -e '^[.]cni-c-installer.tmp$') = 1 ] && "
		     "{ grep -q 10.244.7.0 " CONFLIST " || diff -r " IMAGE_BIN " " NODE_BIN "; }");
}

/* Returns false if it is ready before the call number `when`. */
static bool kill_at(const char *call, unsigned int when)
{
	freeing char *under = cni_format("strace -D -f -o " SANDBOX_DIR "/strace -e trace=%s -e "
					 "inject=%s:signal=KILL:when=%u",
					 call, call, when);

	installer_start_under(under, "ASAN_OPTIONS=detect_leaks=0 INTERVAL_MS=60000");
	while (!installer_has_ended() && sandbox_run("grep -qs ^ready " INSTALLER_STATE) != 0)
		sandbox_run("sleep 0.01");
	if (installer_has_ended()) {
		installer_end(0);
		return true;
	}
	installer_end(SIGTERM);
	return false;
}

static void installer__that_is_killed_leaves_whole_files(void **state)
{
	static const struct {
		const char *call;
		unsigned int stride;
	} calls[] = {
		{"fchmod", 3}, {"fsync", 5},	       {"rename,renameat,renameat2", 1},
		{"write", 9},  {"unlink,unlinkat", 3},
	};

	(void)state;
	if (sandbox_run("command -v strace >/dev/null") != 0)
		skip_because("there is no strace");
	install_earlier();
	sandbox_must("cp " CONFLIST " " SANDBOX_DIR "/old.conflist");
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		for (unsigned int when = 1;; when += trace_stride(calls[i].stride)) {
			bool is_killed;

			sandbox_must("cp " SANDBOX_DIR "/old/* " NODE_BIN " && cp " SANDBOX_DIR
				     "/old.conflist " CONFLIST);
			is_killed = kill_at(calls[i].call, when);
			assert_whole();
			installer_start(NULL);
			installer_await("ready");
			installer_assert_installed(RANGES_BOTH);
			installer_end(SIGTERM);
			if (!is_killed)
				break;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kubernetes_test(place__of_another_network_is_not_taken),
		kubernetes_test(place__is_free_beside_files_that_do_not_count),
		kubernetes_test(place__is_taken_where_the_operator_says_so),
		kubernetes_test(place__is_given_up_and_had_again),
		kubernetes_test(network__that_no_runtime_accepts_is_not_written),
		kubernetes_test(full_disk__leaves_what_was_there),
		kubernetes_test(full_disk__leaves_the_conflist),
		kubernetes_test(directory__that_is_missing_is_named),
		kubernetes_test(directory__that_is_read_only_may_have_all),
		kubernetes_test(executable__that_runs_goes_on),
		kubernetes_test(installer__needs_no_capability),
		kubernetes_test(installer__that_is_killed_leaves_whole_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
