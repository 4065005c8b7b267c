/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* scripts/install: files are replaced while they are in use, and --rollback brings back what was there. */
#include "install_scene.h"

#include "cleanup.h"
#include "test.h"

#include <string.h>

#define INTO " --dir " INSTALL_DIR

static void install__puts_files_and_takes_them_back(void **state)
{
	static const char *const shells[] = {NULL, "dash", "bash --posix", "busybox sh"};
	freeing char *before = install_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (shells[i] && sandbox_run("command -v %s >/dev/null", shells[i]) != 0)
			continue;
		assert_int_equal(install_run(shells[i], "--force --from " INSTALL_FROM1 INTO), 0);
		install_assert_version("1");
		sandbox_must("cd " INSTALL_DIR
			     " && test \"$(ls | tr '\\n' ' ')\" = 'bridge flannel "
			     "host-local portmap vrf ' && grep -qx 'other author' flannel");
		sandbox_must("grep -q '1 new, 3 replaced, 0 as they were' " SANDBOX_DIR "/said");
		assert_int_equal(install_run(shells[i], "--rollback" INTO), 0);
		install_assert_as_before(before);
	}
}

static void install__goes_back_an_install_at_a_time(void **state)
{
	freeing char *first = NULL;
	freeing char *after = NULL;
	freeing char *before = install_snapshot();

	(void)state;
	install_succeeds("--force --from " INSTALL_FROM1 INTO);
	/* Its own files are no other owner's: no --force. The inode, time and link are those of the first install. */
	first = install_snapshot();
	install_succeeds("--from " INSTALL_FROM1 INTO);
	sandbox_must("grep -q 'has all 4 plugins already' " SANDBOX_DIR "/said");
	install_succeeds("--from " INSTALL_FROM2 INTO);
	install_assert_version("2");
	install_succeeds("--rollback" INTO);
	install_assert_version("1");
	after = install_snapshot();
	sandbox_assert_same(first, after);
	install_succeeds("--rollback" INTO);
	install_assert_as_before(before);
	install_fails("nothing is kept in '" INSTALL_DIR "'", "--rollback" INTO);
	install_assert_as_before(before);
}

static void install__dry_run_changes_nothing(void **state)
{
	freeing char *installed = NULL;
	freeing char *after = NULL;
	freeing char *before = install_snapshot();

	(void)state;
	install_succeeds("--dry-run --force --from " INSTALL_FROM1 INTO);
	sandbox_must("grep -q '1 would be new, 3 replaced, 0 stay' " SANDBOX_DIR "/said");
	install_assert_as_before(before);
	install_fails("has plugins that this script has not put there (bridge host-local portmap)",
		      "--dry-run --from " INSTALL_FROM1 INTO);
	install_assert_as_before(before);
	install_fails("nothing is kept", "--dry-run --rollback" INTO);
	install_succeeds("--dry-run --from " INSTALL_FROM1 " --dir " SANDBOX_DIR "/absent/bin");
	sandbox_must("! ls -d " SANDBOX_DIR "/absent 2>/dev/null");
	install_succeeds("--force --from " INSTALL_FROM1 INTO);
	installed = install_snapshot();
	install_succeeds("--dry-run --rollback" INTO);
	sandbox_must("cd " SANDBOX_DIR " && grep -qx 'would be put back: host-local' said && "
		     "grep -qx 'would be removed: vrf' said");
	after = install_snapshot();
	sandbox_assert_same(installed, after);
}

static void install__replaces_an_executable_that_runs(void **state)
{
	(void)state;
	sandbox_must("cd " INSTALL_DIR " && rm bridge && cp -L \"$(command -v sleep)\" bridge && "
		     "{ ./bridge 100 & echo $! >" SANDBOX_DIR "/pid; }");
	/* cp(1) cannot: the text is busy. */
	sandbox_must("! cp " INSTALL_FROM1 "/bridge " INSTALL_DIR "/bridge 2>" SANDBOX_DIR
		     "/busy && grep -qi 'text file busy' " SANDBOX_DIR "/busy");
	install_succeeds("--force --from " INSTALL_FROM1 INTO);
	install_assert_version("1");
	sandbox_must("grep -qz bridge /proc/$(cat " SANDBOX_DIR "/pid)/cmdline");
	install_succeeds("--rollback" INTO);
	sandbox_must("grep -qz bridge /proc/$(cat " SANDBOX_DIR "/pid)/cmdline && "
		     "cmp " INSTALL_DIR "/bridge \"$(command -v sleep)\"");
}

static int end_what_runs(void **state)
{
	(void)state;
	return sandbox_run("kill $(cat " SANDBOX_DIR "/pid) 2>/dev/null; true");
}

/* Content first, then the name, then the directory: a power failure leaves no empty file under a name. */
static void install__syncs_before_and_after_the_rename(void **state)
{
	(void)state;
	if (sandbox_run("strace -o /dev/null true") != 0)
		skip_because("strace is not installed, or may not trace");
	assert_int_equal(install_run("$(PATH=/usr/bin:/bin command -v strace) -f -qq -y -o trace "
				     "-e trace=fsync,rename,renameat,renameat2",
				     "--force --from " INSTALL_FROM1 INTO),
			 0);
	sandbox_must("cd " SANDBOX_DIR " && for each in bridge vrf; do awk -v name=$each '"
		     "$0 ~ \"fsync.*/new/\" name \">\" { content = 1 } "
		     "$0 ~ \"rename.*/bin/\" name \"\\\"\" { renamed = content } "
		     "/fsync[(][0-9]+<[^>]*[/]bin>[)]/ { if (renamed) directory = 1 } "
		     "END { exit !directory }' trace || exit 1; done");
}

static void install__makes_a_directory_and_removes_it(void **state)
{
	(void)state;
	install_succeeds("--from " INSTALL_FROM1 " --dir '" SANDBOX_DIR "/new one/cni/bin'");
	sandbox_must(
		"cd '" SANDBOX_DIR "/new one' && test $(stat -c %%a cni/bin) = 755 && "
		"test -x cni/bin/vrf && ! test -e cni/bin/README && ! test -e cni/bin/cnitool");
	install_succeeds("--rollback --dir '" SANDBOX_DIR "/new one/cni/bin'");
	sandbox_must("! ls -d '" SANDBOX_DIR "/new one' 2>/dev/null");
}

static void install__follows_a_link_to_the_directory(void **state)
{
	freeing char *before = install_snapshot();

	(void)state;
	sandbox_must("mkdir -p " SANDBOX_DIR "/opt && ln -sfn ../bin " SANDBOX_DIR "/opt/bin");
	install_succeeds("--force --from " INSTALL_FROM1 " --dir " SANDBOX_DIR "/opt/bin/");
	sandbox_must("grep -qx '" SANDBOX_DIR "/opt/bin/ is " INSTALL_DIR "' " SANDBOX_DIR "/said");
	install_assert_version("1");
	install_succeeds("--rollback" INTO);
	install_assert_as_before(before);
	sandbox_must("test -L " SANDBOX_DIR "/opt/bin");
}

static void install__rollback_leaves_what_changed_since(void **state)
{
	freeing char *changed = NULL;
	freeing char *after = NULL;
	freeing char *before = install_snapshot();

	(void)state;
	install_succeeds("--force --from " INSTALL_FROM1 INTO);
	sandbox_must("cd " INSTALL_DIR " && echo upgraded >bridge.new && mv bridge.new bridge");
	changed = install_snapshot();
	install_fails("'" INSTALL_DIR "/bridge' has changed since it was installed",
		      "--rollback" INTO);
	after = install_snapshot();
	sandbox_assert_same(changed, after);
	install_succeeds("--rollback --force" INTO);
	install_assert_as_before(before);
}

static void install__refuses_what_does_not_run(void **state)
{
	freeing char *before = install_snapshot();

	(void)state;
	sandbox_must("cd " SANDBOX_DIR
		     " && cp -r from1 strange && printf '\\177ELF\\2' >strange/vrf");
	install_fails("'strange/vrf' does not run here", "--force --from strange" INTO);
	install_assert_as_before(before);
	sandbox_must("cd " SANDBOX_DIR " && cp from1/bridge strange/vrf");
	install_fails("'strange/vrf' does not run here: CNI bridge plugin",
		      "--force --from strange" INTO);
	install_assert_as_before(before);
	sandbox_must("cd " INSTALL_DIR " && mkdir vrf");
	install_fails("/vrf' is a directory", "--force --from " INSTALL_FROM1 INTO);
	install_fails("no plugin is in 'tools'", "--from tools" INTO);
	/* Neither a tarball nor a checkout. */
	sandbox_must("mkdir -p " SANDBOX_DIR "/alone && cp " INSTALL_SCRIPT "* " SANDBOX_DIR
		     "/alone/");
	sandbox_must(SANDBOX_DIR
		     "/alone/install --dir /run/other >" SANDBOX_DIR "/said 2>&1; "
		     "test $? = 1 && grep -q 'no executables beside this script' " SANDBOX_DIR
		     "/said");
	sandbox_must("cp " INSTALL_SCRIPT "* " INSTALL_DIR "/");
	sandbox_must(INSTALL_DIR "/install --dir " INSTALL_DIR " >" SANDBOX_DIR "/said 2>&1; "
				 "test $? = 1 && grep -q 'this script is in' " SANDBOX_DIR "/said");
	install_fails("unknown option '--fource'", "--fource");
	install_fails("--dir needs a directory", "--dir");
	install_fails("'/run/absent' is not a directory", "--from /run/absent");
}

static void install__changes_nothing_that_cannot_be_written(void **state)
{
	freeing char *before = install_snapshot();
	freeing char *left = NULL;

	(void)state;
	sandbox_must("mount --bind " INSTALL_DIR " " INSTALL_DIR
		     " && mount -o remount,ro,bind " INSTALL_DIR);
	install_fails("/.cni-c-kept' cannot be made", "--force --from " INSTALL_FROM1 INTO);
	install_fails("Read-only file system", "--force --from " INSTALL_FROM1 INTO);
	install_assert_as_before(before);
	sandbox_must("umount " INSTALL_DIR);
	/* Three of four files have room. */
	sandbox_must("mkdir -p " SANDBOX_DIR
		     "/small && mount -t tmpfs -o size=64k none " SANDBOX_DIR
		     "/small && echo old >" SANDBOX_DIR "/small/bridge && cp -r " INSTALL_FROM1
		     " " SANDBOX_DIR "/large && for each in " SANDBOX_DIR "/large/*; do "
		     "head -c 16000 /dev/zero | tr '\\0' '#' >>$each; done");
	install_fails("No space left on device",
		      "--force --from large --dir " SANDBOX_DIR "/small");
	left = sandbox_read("cd " SANDBOX_DIR "/small && find . -type f -exec grep -H . {} +");
	assert_string_equal(left, "./bridge:old\n");
	sandbox_must("test \"$(ls -A " SANDBOX_DIR "/small)\" = bridge && umount " SANDBOX_DIR
		     "/small");
}

/* A file that is a mount point cannot be replaced: known only after files before it were. */
static void install__takes_back_when_a_file_cannot_be_replaced(void **state)
{
	freeing char *before = install_snapshot();

	(void)state;
	sandbox_must("mount --bind " INSTALL_FROM2 "/bridge " INSTALL_DIR "/portmap");
	assert_int_equal(install_run(NULL, "--force --from " INSTALL_FROM1 INTO), 1);
	sandbox_must("umount " INSTALL_DIR "/portmap");
	install_assert_as_before(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(install__puts_files_and_takes_them_back,
				       install_scene_reset),
		cmocka_unit_test_setup(install__goes_back_an_install_at_a_time,
				       install_scene_reset),
		cmocka_unit_test_setup(install__dry_run_changes_nothing, install_scene_reset),
		cmocka_unit_test_setup_teardown(install__replaces_an_executable_that_runs,
						install_scene_reset, end_what_runs),
		cmocka_unit_test_setup(install__syncs_before_and_after_the_rename,
				       install_scene_reset),
		cmocka_unit_test_setup(install__makes_a_directory_and_removes_it,
				       install_scene_reset),
		cmocka_unit_test_setup(install__follows_a_link_to_the_directory,
				       install_scene_reset),
		cmocka_unit_test_setup(install__rollback_leaves_what_changed_since,
				       install_scene_reset),
		cmocka_unit_test_setup(install__refuses_what_does_not_run, install_scene_reset),
		cmocka_unit_test_setup(install__changes_nothing_that_cannot_be_written,
				       install_scene_reset),
		cmocka_unit_test_setup(install__takes_back_when_a_file_cannot_be_replaced,
				       install_scene_reset),
	};

	return cmocka_run_group_tests_name("install_script", tests, install_scene_setup, NULL);
}
