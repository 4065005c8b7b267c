/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* The Debian package on a node with pods: over the Go package, upgraded, removed, purged. The node is this machine's
 * root with an overlay in memory, in which dpkg(1) works: this machine itself does not change. */
#include "cleanup.h"
#include "packages.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

#define NODE SANDBOX_DIR "/node"
#define INSIDE                                                                                     \
	"chroot " NODE " env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "                               \
	"DEBIAN_FRONTEND=noninteractive "
#define FIRST "/tmp/cnitool " /* of this build, before the package brings its own */

static const char *missing;

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	missing = packages_lack();
	if (missing)
		return 0;
	if (sandbox_run("dpkg -s containernetworking-plugins >/dev/null 2>&1") != 0) {
		missing = "containernetworking-plugins is not installed";
		return 0;
	}
	if (sandbox_run("mkdir -p " NODE " " SANDBOX_DIR "/over && cd " SANDBOX_DIR
			"/over && mkdir up work && "
			"mount -t overlay -o lowerdir=/,upperdir=up,workdir=work node " NODE
			" 2>/dev/null") != 0) {
		missing = "this root cannot be the lower part of an overlay";
		return 0;
	}
	/* Namespaces that are added later are seen there; the machine's own files in /opt are not. */
	return sandbox_run(
		"mkdir -p /run/netns && mount --bind /run/netns /run/netns && "
		"mount --make-shared /run/netns && cd " NODE " && mount --rbind /proc proc && "
		"mount --rbind /sys sys && mount --rbind /dev dev && "
		"for each in run var/lib/cni etc/cni opt; do mkdir -p $each && "
		"mount -t tmpfs node $each || exit 1; done; "
		"mkdir -p run/netns etc/cni/net.d tmp && mount --bind /run/netns run/netns && "
		"cp " CNI_C_BINARY_DIR "/cnitool/cnitool tmp/ && "
		"echo "
		"'{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"bridge\","
		"\"bridge\":\"blue0\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":\"host-"
		"local\","
		"\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]],\"routes\":[{\"dst\":\"0.0.0.0/"
		"0\"}]}}]}' "
		">etc/cni/net.d/blue.conflist");
}

static int teardown(void **state)
{
	(void)state;
	return sandbox_run("umount -R " NODE " 2>/dev/null || umount -lR " NODE
			   " 2>/dev/null || true");
}

static void install_ours(void)
{
	sandbox_must(IN_PACKAGES "cp $deb " NODE "/tmp/cni-c.deb && " INSIDE
				 "dpkg -i /tmp/cni-c.deb >" SANDBOX_DIR
				 "/said 2>&1 || { cat " SANDBOX_DIR "/said >&2; exit 1; }");
}

static void add(const char *tool, const char *pod)
{
	sandbox_add_netns(pod);
	sandbox_must(INSIDE "CNI_PATH=/usr/lib/cni %s add blue %s >/dev/null", tool, pod);
}

static void assert_pings(const char *pod)
{
	sandbox_must("ip netns exec %s ping -q -c1 -W5 10.1.0.1 >/dev/null", pod);
}

static char *rules(void)
{
	return sandbox_read("nft list ruleset");
}

/* A pod of the Go plugins goes on, and gets its CHECK and DEL from these. */
static void packages_life__installs_over_the_go_package(void **state)
{
	(void)state;
	if (missing)
		skip_because("%s", missing);
	add(FIRST, "go1");
	sandbox_must(INSIDE "sh -c '! CNI_COMMAND= /usr/lib/cni/bridge 2>&1 | grep cni-c'");
	sandbox_must("mkdir -p " NODE "/opt/cni/bin && echo other >" NODE "/opt/cni/bin/ptp");
	install_ours();
	sandbox_must(INSIDE
		     "sh -c '! dpkg-query -W -f \\${db:Status-Status} containernetworking-plugins "
		     "2>/dev/null | grep -qx installed'");
	sandbox_must(INSIDE "dpkg --audit");
	sandbox_must(INSIDE "sh -c 'CNI_COMMAND= /usr/lib/cni/bridge 2>&1 | grep -q cni-c'");
	assert_pings("go1");
	sandbox_must(INSIDE "cnitool check blue go1");
	add("cnitool", "ours1");
	assert_pings("ours1");
	sandbox_must(INSIDE "cnitool del blue go1");
}

/* Where nothing was, a link; and bridge finds its own host-local there. */
static void packages_life__serves_the_other_directory(void **state)
{
	(void)state;
	if (missing)
		skip_because("%s", missing);
	sandbox_must("grep -q '/opt/cni/bin keeps ptp of another owner' " SANDBOX_DIR "/said");
	sandbox_must("test \"$(cat " NODE "/opt/cni/bin/ptp)\" = other");
	sandbox_must("cd " NODE "/opt/cni/bin && test \"$(find . -type l | wc -l)\" = 17 && "
		     "test \"$(readlink host-local)\" = /usr/lib/cni/host-local");
	sandbox_add_netns("opt1");
	sandbox_must(INSIDE "CNI_PATH=/opt/cni/bin cnitool add blue opt1 >/dev/null");
	assert_pings("opt1");
	sandbox_must(INSIDE "CNI_PATH=/opt/cni/bin cnitool del blue opt1");
}

static void packages_life__upgrade_leaves_networks(void **state)
{
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	if (missing)
		skip_because("%s", missing);
	before = rules();
	assert_non_null(strstr(before, "10.1.0."));
	install_ours();
	after = rules();
	sandbox_assert_same(before, after);
	assert_pings("ours1");
	sandbox_must(INSIDE "cnitool check blue ours1");
}

/* The container would lose its network with its rules. Packages of podman, if it is installed, depend on plugins. */
static void packages_life__removal_names_what_stays(void **state)
{
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	if (missing)
		skip_because("%s", missing);
	before = rules();
	sandbox_must(INSIDE "dpkg -r --force-depends cni-c >" SANDBOX_DIR "/said 2>&1");
	sandbox_must("grep -q 'attachments of containers that may run: 1[.]' " SANDBOX_DIR
		     "/said && "
		     "grep -q \"run 'cnitool purge'\" " SANDBOX_DIR "/said");
	after = rules();
	sandbox_assert_same(before, after);
	assert_pings("ours1");
	sandbox_must("test ! -e " NODE "/usr/lib/cni/bridge && cd " NODE
		     "/opt/cni/bin && test \"$(echo *)\" = ptp");
}

/* A container that is gone without DEL has left its rules. */
static void packages_life__purge_leaves_no_rule(void **state)
{
	freeing char *left = NULL;

	(void)state;
	if (missing)
		skip_because("%s", missing);
	install_ours();
	sandbox_must(INSIDE "cnitool del blue ours1");
	add("cnitool", "dead1");
	sandbox_del_netns("dead1");
	left = rules();
	assert_non_null(strstr(left, "table inet cni"));
	free(left);
	sandbox_must("test -d " NODE "/var/lib/cni/networks/.cni-c");
	sandbox_must(INSIDE "dpkg -P --force-depends cni-c >" SANDBOX_DIR "/said 2>&1");
	left = rules();
	if (strstr(left, "10.1.0.") || strstr(left, "table inet cni"))
		fail_msg("left is %s", left);
	sandbox_must("test ! -e " NODE "/var/lib/cni/networks/.cni-c");
	sandbox_must("! ls -d " NODE "/usr/lib/cni/* " NODE "/usr/share/doc/cni-c " NODE
		     "/usr/libexec/cni-c 2>/dev/null");
	sandbox_must("cd " NODE "/opt/cni/bin && test \"$(cat ptp)\" = other");
}

/* A directory that another owner has filled stays; one that is empty goes. */
static void packages_life__empty_directories_go(void **state)
{
	(void)state;
	if (missing)
		skip_because("%s", missing);
	sandbox_must("rm -r " NODE "/opt/cni");
	install_ours();
	sandbox_must("test \"$(ls " NODE "/opt/cni/bin | wc -l)\" = 18");
	sandbox_must("! grep 'of another owner' " SANDBOX_DIR "/said");
	sandbox_must(INSIDE "dpkg -P --force-depends cni-c >/dev/null 2>&1");
	sandbox_must("test ! -e " NODE "/opt/cni");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packages_life__installs_over_the_go_package),
		cmocka_unit_test(packages_life__serves_the_other_directory),
		cmocka_unit_test(packages_life__upgrade_leaves_networks),
		cmocka_unit_test(packages_life__removal_names_what_stays),
		cmocka_unit_test(packages_life__purge_leaves_no_rule),
		cmocka_unit_test(packages_life__empty_directories_go),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
