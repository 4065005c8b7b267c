/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* scripts/install, several at once: each waits for the lock of the directory, which conf/kubernetes/installer takes
 * too. */
#include "install_scene.h"

#include "cleanup.h"
#include "test.h"

#define INTO " --dir " INSTALL_DIR
#define RUN  "PATH=" INSTALL_TOOLS " " INSTALL_SCRIPT INTO

/* The holder lets go when the install has printed that it waits, and not before. */
static void install__waits_for_the_lock_of_the_directory(void **state)
{
	(void)state;
	sandbox_must("cd " SANDBOX_DIR " && mkfifo held go && "
		     "{ timeout 60 flock " INSTALL_DIR " sh -c 'echo >held; read line <go' & } && "
		     "read line <held && " RUN " --force --from " INSTALL_FROM1
		     " 2>&1 | while read line; do case $line in "
		     "'waiting for another install into " INSTALL_DIR "') "
		     "test -e " INSTALL_DIR "/vrf || { touch waited; echo >go; } ;; esac; done; "
		     "test -e waited");
	install_assert_version("1");
}

static void install__leaves_no_lock_to_a_process_that_goes_on(void **state)
{
	(void)state;
	sandbox_must("cd " SANDBOX_DIR
		     " && mkdir -p from3 && printf '#!/bin/sh\\nsleep 60 >/dev/null 2>&1 &\\n"
		     "echo $! >>" SANDBOX_DIR
		     "/pids\\necho CNI bridge plugin v3 >&2\\n' >from3/bridge && "
		     "chmod 755 from3/bridge && " RUN " --force --from from3 >said 2>&1; code=$?; "
		     "flock -n " INSTALL_DIR " true; free=$?; kill $(cat pids); cat said >&2; "
		     "test $code = 0 -a $free = 0");
}

/* A link that leads nowhere is another owner's plugin, too. */
static void install__knows_links_that_lead_nowhere(void **state)
{
	(void)state;
	sandbox_must("cd " INSTALL_DIR " && rm * && ln -s absent vrf");
	install_fails("has plugins that this script has not put there (vrf)",
		      "--from " INSTALL_FROM1 INTO);
	sandbox_must("! grep -q 'absent\\|No such' " SANDBOX_DIR "/said");
	install_succeeds("--force --from " INSTALL_FROM1 INTO);
	install_succeeds("--rollback" INTO);
	sandbox_must("test \"$(readlink " INSTALL_DIR "/vrf)\" = absent && "
		     "test \"$(ls -A " INSTALL_DIR ")\" = vrf");
}

static void install__of_two_at_once_one_is_last(void **state)
{
	freeing char *before = install_snapshot();

	(void)state;
	sandbox_must("cd " SANDBOX_DIR "; pids=; for from in " INSTALL_FROM1 " " INSTALL_FROM2
		     " " INSTALL_FROM1 "; do " RUN " --force --from $from >/dev/null 2>&1 & "
		     "pids=\"$pids $!\"; done; for pid in $pids; do wait $pid || exit 1; done");
	if (sandbox_run("cd " INSTALL_DIR " && ./vrf 2>&1 | grep -q 'c[.]1$'") == 0)
		install_assert_version("1");
	else
		install_assert_version("2");
	while (install_run(NULL, "--rollback" INTO) == 0)
		;
	install_assert_as_before(before);
}

/* Each call of a plugin is answered by the earlier file or the new one. */
static void install__is_never_between_two_versions(void **state)
{
	(void)state;
	install_succeeds("--force --from " INSTALL_FROM1 INTO);
	sandbox_must("cd " SANDBOX_DIR "; { for from in " INSTALL_FROM2 " " INSTALL_FROM1
		     " " INSTALL_FROM2 "; do " RUN
		     " --from $from >/dev/null 2>&1 || exit 1; done; } & "
		     "pid=$!; while kill -0 $pid 2>/dev/null; do " INSTALL_DIR "/bridge 2>&1 | "
		     "grep -qx 'CNI bridge plugin v1[.]9[.]1+cni-c[.][12]' || exit 1; done; "
		     "wait $pid");
	install_assert_version("2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(install__waits_for_the_lock_of_the_directory,
				       install_scene_reset),
		cmocka_unit_test_setup(install__leaves_no_lock_to_a_process_that_goes_on,
				       install_scene_reset),
		cmocka_unit_test_setup(install__knows_links_that_lead_nowhere, install_scene_reset),
		cmocka_unit_test_setup(install__of_two_at_once_one_is_last, install_scene_reset),
		cmocka_unit_test_setup(install__is_never_between_two_versions, install_scene_reset),
	};

	return cmocka_run_group_tests_name("install_together", tests, install_scene_setup, NULL);
}
