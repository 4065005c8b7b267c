/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* A build at another path and another time gives the same bytes: of executables, and of packages. */
#include "packages.h"
#include "sandbox.h"
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>

/* Not below SANDBOX_DIR: a path of another length and depth. */
#define COPY "/run/another/place/to/build/cni-c"

/* No package has the path of the build in it (test_packages.c), which is the other way to depend on it. The long
 * version adds bridge, with the kernel's and the rules' part of the library. */
static void packages__executables_do_not_depend_on_the_directory(void **state)
{
	const bool is_long = getenv("CNI_C_SLOW") != NULL;

	(void)state;
	need_packages();
	if (sandbox_run("git -C " CNI_C_SOURCE_DIR " rev-parse >/dev/null 2>&1") != 0)
		skip_because("the source is not a git repository");
	sandbox_must("mkdir -p " COPY "/build/archives && cd " CNI_C_SOURCE_DIR
		     " && git ls-files -z --cached --others --exclude-standard | "
		     "tar --null --ignore-failed-read -T - -cf - 2>/dev/null | tar xf - -C " COPY
		     " && cp -a build/archives/musl " COPY "/build/archives/");
	sandbox_must("cd " COPY " && { cmake --preset portable && "
		     "nice cmake --build build/portable --target %s; } >" SANDBOX_DIR
		     "/log 2>&1 || { tail -n 20 " SANDBOX_DIR "/log >&2; exit 1; }",
		     is_long ? "host-local bridge" : "host-local");
	sandbox_must(IN_PACKAGES "dpkg-deb -x $deb " SANDBOX_DIR "/root");
	sandbox_must("for each in %s; do strip " COPY "/build/portable/$each && "
		     "cmp " COPY "/build/portable/$each " SANDBOX_DIR
		     "/root/usr/lib/cni/${each#*/} || exit 1; done",
		     is_long ? "ipam/host-local plugins/bridge" : "ipam/host-local");
}

/* The time of all entries of the packages. */
#define STAMP                                                                                      \
	IN_PACKAGES "export TZ=UTC; tar xzf $tgz -C " SANDBOX_DIR " ./LICENSE && "                 \
		    "SOURCE_DATE_EPOCH=$(stat -c %%Y " SANDBOX_DIR "/LICENSE) && "

/* The commit is the same; a second is another time to all of the formats. */
static void packages__do_not_depend_on_the_time(void **state)
{
	(void)state;
	need_packages();
	sandbox_must(
		STAMP
		"export SOURCE_DATE_EPOCH && umask 077 && TZ=Asia/Tokyo LC_ALL=C " CNI_C_SOURCE_DIR
		"/scripts/package --output " SANDBOX_DIR "/again >" SANDBOX_DIR
		"/log 2>&1 || { tail -n 20 " SANDBOX_DIR "/log >&2; exit 1; }");
	/* Packages of other architectures may be there as well. */
	sandbox_must("cd " SANDBOX_DIR "/again && test \"$(ls | wc -l)\" = 8 && "
		     "for each in $(cut -c67- SHA256SUMS); do cmp $each " PACKAGES
		     "/$each || exit 1; "
		     "done && ! grep -vxFf " PACKAGES "/SHA256SUMS SHA256SUMS");
	/* A time of the build would be in one of them. */
	sandbox_must(
		STAMP
		"day=$(date -d @$SOURCE_DATE_EPOCH '+%%Y-%%m-%%d %%H:%%M'); "
		"for each in $tgz $tool; do ! tar tzvf $each | grep -v \" $day\" || exit 1; done; "
		"! dpkg-deb -c $deb | grep -v \" $day\"");
}

static void packages__have_the_time_of_the_commit(void **state)
{
	(void)state;
	need_packages();
	if (sandbox_run("git -C " CNI_C_SOURCE_DIR " rev-parse >/dev/null 2>&1") != 0)
		skip_because("the source is not a git repository");
	sandbox_must(STAMP "git -C " CNI_C_SOURCE_DIR
			   " log --format=%%ct | grep -qx $SOURCE_DATE_EPOCH");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packages__executables_do_not_depend_on_the_directory),
		cmocka_unit_test(packages__do_not_depend_on_the_time),
		cmocka_unit_test(packages__have_the_time_of_the_commit),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
