/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* The RPM's life on a node with pods, by rpm(8): installed, verified, upgraded, erased. The node is a root of its
 * own with BusyBox and the directories that Fedora's package "filesystem" has. Its systemctl(1) writes down what it
 * is asked. */
#include "cleanup.h"
#include "packages.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

#define NODE   SANDBOX_DIR "/node"
#define BUILT  SANDBOX_DIR "/built"
#define INSIDE "chroot " NODE " env -i PATH=/usr/bin:/bin "
/* Debian's rpm has its database elsewhere, and a warning on Debian. */
#define DATABASE "--define '_dbpath /var/lib/rpm' "
#define RPM	 "rpm --root " NODE " " DATABASE
#define RPMBUILD                                                                                   \
	"SOURCE_DATE_EPOCH=1 rpmbuild -bb --quiet --define '_topdir " SANDBOX_DIR                  \
	"/topdir' --define '_rpmdir " BUILT "' --define '_rpmfilename %%%%{NAME}.rpm' "
#define ALL                                                                                        \
	"bandwidth bridge dhcp dummy firewall host-device host-local ipvlan loopback macvlan "     \
	"portmap ptp sbr static tap tuning vlan vrf"

static const char *missing;

static int make_node(void)
{
	return sandbox_run(
		"mkdir -p /run/netns && mount --bind /run/netns /run/netns && "
		"mount --make-shared /run/netns && umask 022 && mkdir -p " NODE " && cd " NODE
		" && mkdir -p usr/bin usr/lib/systemd/system usr/libexec usr/share/doc "
		"usr/share/man/man5 "
		"usr/share/man/man8 opt proc sys dev run/netns run/systemd/system etc/cni/net.d "
		"var/lib/rpm var/tmp tmp && ln -s usr/bin bin && cp \"$(command -v busybox)\" bin "
		"&& "
		"chroot . /bin/busybox --install -s /bin && "
		"mount --bind /run/netns run/netns && mount --rbind /proc proc && "
		"mount --rbind /sys sys && "
		"printf '#!/bin/sh\\necho \"$@\" >>/tmp/systemctl\\n' >bin/systemctl && "
		"chmod +x bin/systemctl && "
		"echo "
		"'{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"bridge\","
		"\"bridge\":\"blue0\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":\"host-"
		"local\","
		"\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}}]}' >etc/cni/net.d/blue.conflist "
		"&& " RPM "--initdb");
}

/* Packages of the test's own: what the node has anyway, which is the shell, and what the Go plugins' package is. */
static int make_others(void)
{
	return sandbox_run(
		"mkdir -p " BUILT " && cd " SANDBOX_DIR " && "
		"spec() { printf 'Name: %%s\\nVersion: 1.1.1\\nRelease: 1\\nSummary: x\\nLicense: "
		"MIT\\n"
		"BuildArch: noarch\\n%%s\\n%%%%description\\nx\\n%%s\\n' \"$@\" >$1.spec; } && "
		"spec shell 'Provides: /bin/sh' '%%files' && "
		"spec containernetworking-plugins '' \"$(printf '%%s\\n' %%install "
		"'mkdir -p %%{buildroot}/usr/libexec/cni' 'echo go "
		">%%{buildroot}/usr/libexec/cni/bridge' "
		"%%files /usr/libexec/cni)\" && "
		"for each in shell containernetworking-plugins; do " RPMBUILD
		"$each.spec >log 2>&1 || { cat log >&2; exit 1; }; done");
}

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	missing = packages_lack();
	if (!missing &&
	    sandbox_run("{ command -v rpm && command -v rpmbuild && command -v rpm2cpio && "
			"command -v cpio; } >/dev/null") != 0)
		missing = "rpm, rpmbuild and cpio are not installed";
	if (missing)
		return 0;
	return make_node() || make_others() ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return sandbox_run("umount -R " NODE "/* 2>/dev/null || true");
}

/* Everything on the node but its packages' database, host-local's reservations, which stay, the kernel's file
 * systems and what the stand-ins note. */
static char *files(void)
{
	return sandbox_read("cd " NODE
			    " && find . -path './var/lib/*' -prune -o -path ./proc -prune -o -path "
			    "./sys -prune -o -path ./run -prune -o -path './tmp/*' -prune -o "
			    "-printf '%%p %%M %%U:%%G %%l\\n' | sort");
}

static char *rules(void)
{
	return sandbox_read("nft list ruleset");
}

static void add(const char *pod)
{
	sandbox_add_netns(pod);
	sandbox_must(INSIDE "cnitool add blue %s >/dev/null", pod);
}

static void assert_pings(const char *pod)
{
	sandbox_must("ip netns exec %s ping -q -c1 -W5 10.1.0.1 >/dev/null", pod);
}

/* rpm(8) asks for what the package requires: nothing but a shell. */
static void install_ours(void)
{
	sandbox_must(IN_PACKAGES RPM "-i --force-debian $rpm >" SANDBOX_DIR
				     "/said 2>&1 || { cat " SANDBOX_DIR "/said >&2; exit 1; }");
}

static void packages_rpm__refuses_to_stand_beside_the_go_package(void **state)
{
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	if (missing)
		skip_because("%s", missing);
	sandbox_must(RPM "-i --force-debian " BUILT "/shell.rpm " BUILT
			 "/containernetworking-plugins.rpm");
	before = files();
	sandbox_must(IN_PACKAGES
		     "! " RPM "-i --force-debian $rpm 2>" SANDBOX_DIR
		     "/said && grep -q 'containernetworking-plugins.* conflicts with' " SANDBOX_DIR
		     "/said");
	after = files();
	sandbox_assert_same(before, after);
	sandbox_must(RPM "-e containernetworking-plugins");
}

static void packages_rpm__installs_with_owner_and_modes(void **state)
{
	(void)state;
	if (missing)
		skip_because("%s", missing);
	install_ours();
	sandbox_must("test ! -s " SANDBOX_DIR "/said || { cat " SANDBOX_DIR "/said >&2; exit 1; }");
	sandbox_must(RPM "-V cni-c");
	sandbox_must("cd " NODE "/usr/libexec/cni && test \"$(echo *)\" = '" ALL "'");
	sandbox_must("cd " NODE
		     " && test \"$(stat -c '%%U:%%G %%a' usr/libexec/cni usr/libexec/cni/* "
		     "usr/bin/cnitool usr/libexec/cni-c usr/libexec/cni-c/* | sort -u)\" = "
		     "'root:root 755'");
	/* Nothing but directories and executables can be executed, and root alone writes. */
	sandbox_must(RPM "-ql cni-c | sed 's|^|" NODE "|' >" SANDBOX_DIR "/list && "
			 "test \"$(wc -l <" SANDBOX_DIR "/list)\" -gt 100 && "
			 "xargs stat -c '%%F %%a %%U:%%G %%n' <" SANDBOX_DIR "/list >" SANDBOX_DIR
			 "/stat && ! grep -v -e '^directory 755 root:root ' -e '^regular file "
			 "644 root:root ' -e '^regular file 755 root:root .*/\\(libexec\\|bin\\)/' "
			 "-e '^regular file 755 root:root .*/usr/share/cni-c/install$' "
			 "-e '^symbolic link 777 root:root .*/usr/share/man/' " SANDBOX_DIR
			 "/stat");
	/* Links of manual pages lead to pages. */
	sandbox_must("cd " NODE "/usr/share/man && test -L man8/cnitool-del.8.gz && "
		     "! find . -xtype l | grep .");
	sandbox_must("cd " NODE "/opt/cni/bin && test \"$(echo *)\" = '" ALL "' && "
		     "test \"$(readlink bridge)\" = /usr/libexec/cni/bridge");
	/* Units are off: nothing was asked of systemd. */
	sandbox_must("test ! -e " NODE "/tmp/systemctl");
}

static void packages_rpm__its_plugins_attach(void **state)
{
	(void)state;
	if (missing)
		skip_because("%s", missing);
	add("pod1");
	assert_pings("pod1");
	sandbox_must(INSIDE "cnitool check blue pod1");
	sandbox_must(INSIDE "cnitool version | grep -q /usr/libexec/cni");
}

/* The same files and one more, in a higher release. */
static void make_next(void)
{
	sandbox_must(
		IN_PACKAGES
		"mkdir " SANDBOX_DIR "/next && cd " SANDBOX_DIR
		"/next && rpm2cpio $rpm | cpio -id --quiet && "
		"echo next >usr/share/doc/cni-c/NEXT && "
		"sed -e 's/^Release: 1$/Release: 2/' -e 's/w2.xzdio/w0.gzdio/' " CNI_C_SOURCE_DIR
		"/conf/packages/cni-c.spec >" SANDBOX_DIR "/next.spec && " RPMBUILD
		"--define 'staged " SANDBOX_DIR "/next' --define \"cni_version $(rpm -qp "
		"--qf '%%{VERSION}' $rpm)\" --define 'cni_reference 1.9.1' " SANDBOX_DIR
		"/next.spec >" SANDBOX_DIR "/log 2>&1 || { cat " SANDBOX_DIR "/log >&2; exit 1; }");
}

static void packages_rpm__upgrade_leaves_networks(void **state)
{
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	if (missing)
		skip_because("%s", missing);
	make_next();
	before = rules();
	assert_non_null(strstr(before, "10.1.0."));
	sandbox_must(RPM "-U --force-debian " BUILT "/cni-c.rpm");
	after = rules();
	sandbox_assert_same(before, after);
	sandbox_must("test \"$(" RPM "-q --qf '%%{RELEASE}\\n' cni-c)\" = 2");
	sandbox_must(RPM "-V cni-c && test -f " NODE "/usr/share/doc/cni-c/NEXT");
	sandbox_must("cd " NODE "/opt/cni/bin && test \"$(echo *)\" = '" ALL "'");
	assert_pings("pod1");
	sandbox_must(INSIDE "cnitool check blue pod1");
	/* The daemon of dhcp goes on with the new executable, if it runs. */
	sandbox_must("grep -q '^try-restart .*cni-dhcp.service' " NODE "/tmp/systemctl && "
		     "! grep -e disable -e enable " NODE "/tmp/systemctl");
}

/* The container would lose its network with its rules. */
static void packages_rpm__erasure_names_what_stays(void **state)
{
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	if (missing)
		skip_because("%s", missing);
	before = rules();
	sandbox_must(RPM "-e cni-c >" SANDBOX_DIR "/said 2>&1");
	sandbox_must("grep -q 'attachments of containers that may run: 1[.]' " SANDBOX_DIR "/said");
	after = rules();
	sandbox_assert_same(before, after);
	assert_pings("pod1");
	/* Units of files that are gone would fail at each boot. */
	sandbox_must("cd /usr && names=$(cd " SANDBOX_DIR "/next/usr/lib/systemd/system && "
		     "grep -l '^\\[Install\\]' *) && for each in $names; do "
		     "grep '^--no-reload disable --now ' " NODE
		     "/tmp/systemctl | grep -qw $each || "
		     "{ echo $each >&2; exit 1; }; done");
}

static void packages_rpm__erasure_leaves_nothing(void **state)
{
	freeing char *before = NULL;
	freeing char *after = NULL;
	freeing char *left = NULL;

	(void)state;
	if (missing)
		skip_because("%s", missing);
	before = files();
	install_ours();
	sandbox_must(INSIDE "cnitool del blue pod1");
	/* A container that is gone without DEL has left its rules. */
	add("dead1");
	sandbox_del_netns("dead1");
	left = rules();
	assert_non_null(strstr(left, "table inet cni"));
	free(left);
	sandbox_must(RPM "-e cni-c");
	left = rules();
	if (strstr(left, "10.1.0.") || strstr(left, "table inet cni"))
		fail_msg("left is %s", left);
	after = files();
	sandbox_assert_same(before, after);
	/* Before that, the first package was upgraded and erased. */
	sandbox_must("! ls -d " NODE "/usr/libexec/cni* " NODE "/usr/share/*/cni-c " NODE
		     "/usr/share/zsh " NODE "/opt/cni 2>/dev/null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packages_rpm__refuses_to_stand_beside_the_go_package),
		cmocka_unit_test(packages_rpm__installs_with_owner_and_modes),
		cmocka_unit_test(packages_rpm__its_plugins_attach),
		cmocka_unit_test(packages_rpm__upgrade_leaves_networks),
		cmocka_unit_test(packages_rpm__erasure_names_what_stays),
		cmocka_unit_test(packages_rpm__erasure_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
