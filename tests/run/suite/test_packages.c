/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* The contents of the packages of scripts/package, by the tools that install them. */
#include "packages.h"
#include "sandbox.h"
#include "test.h"

#include <unistd.h>

#define ROOT SANDBOX_DIR "/root"
#define ALL                                                                                        \
	"bandwidth bridge dhcp dummy firewall host-device host-local ipvlan loopback macvlan "     \
	"portmap ptp sbr static tap tuning vlan vrf"

static int setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	return packages_lack() ? 0 : sandbox_run(IN_PACKAGES "dpkg-deb -x $deb " ROOT);
}

static void packages__are_all_there(void **state)
{
	(void)state;
	need_packages();
	sandbox_must(IN_PACKAGES "sha256sum --quiet --strict -c SHA256SUMS");
	sandbox_must(IN_PACKAGES "ls $deb $dev $rpm $tgz $tool $spdx >/dev/null && "
				 "test -f THIRD-PARTY-LICENSES-$arch && "
				 "test \"$(ls | grep -vx SHA256SUMS | LC_ALL=C sort)\" = \"$(cut "
				 "-c67- SHA256SUMS)\"");
}

/* Packages of an earlier build would pass the other tests. */
static void packages__have_the_executables_of_this_build(void **state)
{
	(void)state;
	need_packages();
	if (access(CNI_C_SOURCE_DIR "/build/portable/plugins/bridge", X_OK) < 0)
		skip_because("the portable build is not there");
	sandbox_must("for each in " ALL "; do built=$(ls " CNI_C_SOURCE_DIR
		     "/build/portable/*/$each 2>/dev/null | head -n1); "
		     "strip -o " SANDBOX_DIR "/built $built && cmp " SANDBOX_DIR "/built " ROOT
		     "/usr/lib/cni/$each || exit 1; done");
}

static void packages__debian_has_each_part_in_its_place(void **state)
{
	(void)state;
	need_packages();
	sandbox_must("cd " ROOT "/usr/lib/cni && test \"$(echo *)\" = '" ALL "'");
	sandbox_must(
		"cd " ROOT "/usr && test -x bin/cnitool && cd share && "
		"test -f bash-completion/completions/cnitool -a -f zsh/site-functions/_cnitool "
		"-a -f fish/vendor_completions.d/cnitool.fish -a -f man/man8/cnitool.8.gz "
		"-a -f man/man5/cni-conf.5.gz -a -f cni-c/conflist.schema.json && "
		"for each in " ALL "; do test -f man/man8/cni-$each.8.gz || exit 1; done");
	sandbox_must("cd " ROOT "/usr/share/doc/cni-c && test -f copyright -a -f NOTICE "
		     "-a -f examples/10-containerd.conflist -a -f docs/operations.md");
	/* Nothing in /opt, which is the administrator's. */
	sandbox_must("test ! -e " ROOT "/opt");
}

/* The units start what the package has; and cnitool finds the package's plugins. */
static void packages__debian_units_start_what_is_there(void **state)
{
	(void)state;
	need_packages();
	sandbox_must("cd " ROOT "/lib/systemd/system && "
		     "test \"$(echo *.service)\" = 'cni-dhcp.service cni-doctor.service "
		     "cni-metrics.service cni-reconcile.service' && "
		     "for each in $(sed -n 's/^Exec[A-Za-z]*=\\([^ ]*\\).*/\\1/p' *.service); do "
		     "test -x " ROOT "$each || exit 1; done");
	sandbox_must("! grep -r '^Environment=CNI_PATH' " ROOT
		     "/lib/systemd/system | grep -v '=/usr/lib/cni$'");
	sandbox_must(ROOT "/usr/bin/cnitool help show | grep -q 'else /usr/lib/cni)'");
}

static void packages__debian_stands_in_for_the_go_package(void **state)
{
	(void)state;
	need_packages();
	sandbox_must(IN_PACKAGES "test \"$(dpkg-deb -f $deb Conflicts)\" = "
				 "containernetworking-plugins && "
				 "test \"$(dpkg-deb -f $deb Replaces)\" = "
				 "containernetworking-plugins && "
				 "dpkg-deb -f $deb Provides | "
				 "grep -q 'containernetworking-plugins (= 1.9.1)'");
	/* No library of the host. */
	sandbox_must(IN_PACKAGES "test -z \"$(dpkg-deb -f $deb Depends)\"");
	sandbox_must(IN_PACKAGES "test \"$(dpkg-deb -f $deb Version)\" = "
				 "\"$(dpkg-deb -f $dev Version)\"");
}

static void packages__are_clean_to_lintian(void **state)
{
	(void)state;
	need_packages();
	if (sandbox_run("command -v lintian >/dev/null") != 0)
		skip_because("lintian is not installed");
	sandbox_must(IN_PACKAGES "lintian --allow-root --fail-on error,warning $deb $dev >&2");
}

/* A plugin of another author is built with the package alone. */
static void packages__libraries_build_a_plugin(void **state)
{
	(void)state;
	need_packages();
	sandbox_must(IN_PACKAGES
		     "dpkg-deb -x $dev " SANDBOX_DIR "/dev && cd " SANDBOX_DIR
		     "/dev/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH) && "
		     "test -f cmake/cni-c/cni-c-config.cmake && "
		     "export PKG_CONFIG_PATH=$PWD/pkgconfig && "
		     "cc -Wall -Werror -o " SANDBOX_DIR "/macvlan " CNI_C_SOURCE_DIR
		     "/docs/example/macvlan.c $(pkg-config --cflags --libs libcni-c-plan)");
	sandbox_must("CNI_COMMAND=VERSION " SANDBOX_DIR "/macvlan </dev/null | grep -q 1.1.0");
	/* No path of the build. */
	sandbox_must("! grep -rqF " CNI_C_SOURCE_DIR " " SANDBOX_DIR "/dev " ROOT);
}

/* Plugins and three documents at the root, as in the Go suite's, owned by root. */
static void packages__tarball_is_laid_out_as_the_go_suites(void **state)
{
	(void)state;
	need_packages();
	sandbox_must(
		IN_PACKAGES
		"test \"$(tar tzf $tgz | sort | tr '\\n' ' ')\" = \"$(printf './%%s\\n' '' " ALL
		" LICENSE NOTICE README.md THIRD-PARTY-LICENSES | sort | tr '\\n' ' ')\"");
	sandbox_must(IN_PACKAGES "! tar tzvf $tgz --numeric-owner | grep -v ' 0/0 '");
	sandbox_must(IN_PACKAGES "mkdir " SANDBOX_DIR "/flat && tar xzf $tgz -C " SANDBOX_DIR
				 "/flat && for each in " ALL "; do cmp " SANDBOX_DIR
				 "/flat/$each " ROOT "/usr/lib/cni/$each || exit 1; done");
	sandbox_must(IN_PACKAGES "mkdir " SANDBOX_DIR "/local && tar xzf $tool -C " SANDBOX_DIR
				 "/local && cd " SANDBOX_DIR "/local && "
				 "bin/cnitool help show | grep -q 'else /opt/cni/bin)' && "
				 "grep -q '^ExecStart=/usr/local/bin/cnitool' "
				 "lib/systemd/system/cni-reconcile.service && "
				 "test -f share/man/man8/cni-bridge.8");
}

static void packages__rpm_is_for_fedoras_directory(void **state)
{
	(void)state;
	need_packages();
	if (sandbox_run("command -v rpm >/dev/null && command -v rpm2cpio >/dev/null && command -v "
			"cpio >/dev/null") != 0)
		skip_because("rpm and cpio are not installed");
	sandbox_must(IN_PACKAGES
		     "for each in " ALL
		     "; do rpm -qlp $rpm | grep -qx /usr/libexec/cni/$each || exit 1; done");
	sandbox_must(IN_PACKAGES
		     "rpm -qp --provides $rpm | grep -qx 'containernetworking-plugins = 1.9.1'");
	sandbox_must(IN_PACKAGES "! rpm -qp --requires $rpm | grep -v -e '^rpmlib' -e '^/bin/sh$'");
	sandbox_must(IN_PACKAGES "! rpm -qlp $rpm | grep ^/opt");
	sandbox_must(IN_PACKAGES "mkdir " SANDBOX_DIR "/rpm && cd " SANDBOX_DIR
				 "/rpm && rpm2cpio $rpm | cpio -id --quiet && "
				 "usr/bin/cnitool help show | grep -q 'else /usr/libexec/cni)' && "
				 "grep -q '^ExecStart=/usr/libexec/cni/dhcp daemon' "
				 "usr/lib/systemd/system/cni-dhcp.service && "
				 "cmp usr/libexec/cni/bridge " ROOT "/usr/lib/cni/bridge");
}

#define JQ(filter) IN_PACKAGES "jq -e '" filter "' $spdx >/dev/null"

/* Beside sha256sum(1), Debian's records and NOTICE. */
static void packages__sbom_agrees_with_the_facts(void **state)
{
	(void)state;
	need_packages();
	sandbox_must(JQ(
		".spdxVersion == \"SPDX-2.3\" and .dataLicense == \"CC0-1.0\" and .SPDXID == "
		"\"SPDXRef-DOCUMENT\" and (.creationInfo.created | test(\"^[0-9T:-]+Z$\")) and "
		"([.packages[], .files[]] | all(.SPDXID | test(\"^SPDXRef-[A-Za-z0-9.-]+$\")))"));
	/* Each element that a relationship names is there, and ids are unique. */
	sandbox_must(
		JQ("([.packages[], .files[] | .SPDXID] + [.SPDXID]) as $ids | ($ids | length == "
		   "(unique | length)) and "
		   "all(.relationships[]; [.spdxElementId, .relatedSpdxElement] - $ids == [])"));
	sandbox_must(JQ("([.files[].fileName] | sort) == ([\"" ALL
			" cnitool\" | splits(\" \") | \"./\" + .] | sort)"));
	sandbox_must(IN_PACKAGES "for each in " ALL "; do "
				 "test \"$(jq -r --arg name ./$each '.files[] | select(.fileName "
				 "== $name).checksums[] | "
				 "select(.algorithm == \"SHA256\").checksumValue' $spdx)\" = "
				 "\"$(sha256sum <" ROOT "/usr/lib/cni/$each | cut -d' ' -f1)\" && "
				 "test \"$(jq -r --arg name ./$each '.files[] | select(.fileName "
				 "== $name).checksums[] | "
				 "select(.algorithm == \"SHA1\").checksumValue' $spdx)\" = "
				 "\"$(sha1sum <" ROOT
				 "/usr/lib/cni/$each | cut -d' ' -f1)\" || exit 1; done");
	sandbox_must(IN_PACKAGES
		     "for each in cjson:libcjson-dev libmd:libmd-dev musl:musl-dev "
		     "libnftnl:libnftnl-dev; do "
		     "jq -e --arg version \"$(dpkg-query -W -f '${source:Version}' ${each#*:})\" "
		     "--arg source ${each%%:*} '.packages[] | select(.downloadLocation | "
		     "endswith(\"/\" + $source)) | "
		     ".versionInfo == $version' $spdx >/dev/null || exit 1; done");
}

#define LINKS(library)                                                                             \
	"([.relationships[] | select(.relationshipType == \"STATIC_LINK\" and "                    \
	".relatedSpdxElement "                                                                     \
	"== \"SPDXRef-Package-" library "\").spdxElementId | ltrimstr(\"SPDXRef-File-\")] | sort)"

static void packages__sbom_names_what_each_links(void **state)
{
	(void)state;
	need_packages();
	sandbox_must(JQ(LINKS("libnftnl") " == [\"bridge\", \"firewall\", \"portmap\", \"ptp\"]"));
	sandbox_must(JQ(LINKS("dbus-1") " == [\"firewall\"]"));
	sandbox_must(JQ(
		"(" LINKS("musl") " | length) == 19 and " LINKS("libcjson") " == " LINKS("musl")));
	/* All but host-local and static speak to the kernel. */
	sandbox_must(
		JQ("(" LINKS("musl") " - " LINKS("libmnl") ") == [\"host-local\", \"static\"]"));
	sandbox_must(JQ(
		".packages | map({(.name): .licenseConcluded}) | add | .libnftnl == "
		"\"GPL-2.0-or-later\" and "
		".libmnl == \"LGPL-2.1-or-later\" and .libcjson == \"MIT\" and .musl == \"MIT\""));
	sandbox_must(JQ(
		"[.files[] | select(.licenseConcluded == \"GPL-3.0-or-later\").fileName] | sort == "
		"[\"./bridge\", \"./firewall\", \"./portmap\", \"./ptp\"]"));
	sandbox_must(IN_PACKAGES
		     "for each in $(jq -r '.packages[1:][].name' $spdx) GPL-2 GPL-3 LGPL-2.1; do "
		     "grep -q \"^==== $each \" THIRD-PARTY-LICENSES-$arch || exit 1; done");
}

static void packages__missing_tools_are_named(void **state)
{
	(void)state;
	need_packages();
	/* Without dpkg's records, and not as root, nothing is installed. */
	sandbox_must("mkdir " SANDBOX_DIR "/none && touch " SANDBOX_DIR
		     "/none/status && chmod -R a+rX " SANDBOX_DIR
		     "/none && DPKG_ADMINDIR=" SANDBOX_DIR
		     "/none setpriv --reuid 65534 --clear-groups " CNI_C_SOURCE_DIR
		     "/scripts/package --output /nonexistent 2>&1 | grep -q 'missing are "
		     ".*debhelper.* rpm .*: install them'");
	sandbox_must(CNI_C_SOURCE_DIR
		     "/scripts/package --nonsense 2>&1 | grep -q \"unknown option --nonsense\"");
	sandbox_must(CNI_C_SOURCE_DIR "/scripts/package --arch riscv64 2>&1 | "
				      "grep -q 'there is no preset portable-riscv64'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packages__are_all_there),
		cmocka_unit_test(packages__have_the_executables_of_this_build),
		cmocka_unit_test(packages__debian_has_each_part_in_its_place),
		cmocka_unit_test(packages__debian_units_start_what_is_there),
		cmocka_unit_test(packages__debian_stands_in_for_the_go_package),
		cmocka_unit_test(packages__are_clean_to_lintian),
		cmocka_unit_test(packages__libraries_build_a_plugin),
		cmocka_unit_test(packages__tarball_is_laid_out_as_the_go_suites),
		cmocka_unit_test(packages__rpm_is_for_fedoras_directory),
		cmocka_unit_test(packages__sbom_agrees_with_the_facts),
		cmocka_unit_test(packages__sbom_names_what_each_links),
		cmocka_unit_test(packages__missing_tools_are_named),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
