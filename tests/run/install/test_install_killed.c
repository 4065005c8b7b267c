/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* scripts/install, killed before and after each change that it makes: a second run, or --rollback, is right. With
 * CNI_C_SLOW every step is tried with both remedies, and all plugins. */
#include "install_scene.h"

#include "cleanup.h"
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>

#define STUBS	SANDBOX_DIR "/stubs"
#define INTO	" --dir " INSTALL_DIR
#define KILLED	137
#define FEWER	SANDBOX_DIR "/fewer"
#define CHANGES "chmod cp ln mkdir mv rm rmdir sync"

/* Where the group of processes is killed: at the nth change, before or after it. */
struct kill {
	int at;
	bool is_after;
};

/* Stubs of the tools that change files count their calls, and kill the script and all that it has started. */
static int setup(void **state)
{
	if (install_scene_setup(state) < 0)
		return -1;
	return sandbox_run(
		"cd " SANDBOX_DIR " && mkdir stubs fewer && "
		"cp from1/bridge from1/vrf fewer/ && for each in " CHANGES "; do { "
		"echo '#!/bin/sh'; "
		"echo 'n=$(($(cat " SANDBOX_DIR "/count) + 1)); "
		"echo $n >" SANDBOX_DIR "/count'; "
		"echo '[ \"$n\" != \"$KILL_BEFORE\" ] || kill -9 0'; "
		"echo " INSTALL_TOOLS "/$each '\"$@\"'; "
		"echo 'code=$?; [ \"$n\" != \"$KILL_AFTER\" ] || kill -9 0; exit $code'; "
		"} >stubs/$each && chmod 755 stubs/$each || exit 1; done");
}

static int run_killed(const struct kill *kill, const char *arguments)
{
	return sandbox_run("cd " SANDBOX_DIR " && echo 0 >count && KILL_%s=%d PATH=" STUBS
			   ":" INSTALL_TOOLS " setsid -w " INSTALL_SCRIPT " %s" INTO " >said 2>&1",
			   kill->is_after ? "AFTER" : "BEFORE", kill->at, arguments);
}

/* No file is half of one, and none is missing. The link host-local shows what bridge is. */
static void assert_whole(void)
{
	sandbox_must("cd " INSTALL_DIR " && for each in bridge host-local portmap; do "
		     "cmp -s $each " INSTALL_FROM1
		     "/$each || cmp -s host-local bridge || grep -qx 'earlier bridge' $each || "
		     "grep -qx 'other author' $each || exit 1; done && "
		     "{ ! test -e vrf || cmp -s vrf " INSTALL_FROM1 "/vrf; }");
}

static void go_back(void)
{
	/* Killed so early that nothing is kept, or so late that nothing is kept any more. */
	if (install_run(NULL, "--rollback" INTO) != 0)
		sandbox_must("grep -q 'nothing is kept' " SANDBOX_DIR "/said");
}

/* The second run, which is another version's, and the way back from it: two steps if the first had ended. */
static void go_on(void)
{
	bool had_ended = sandbox_run("test -e " INSTALL_DIR "/.cni-c-kept/1/done") == 0;

	install_succeeds("--force --from " INSTALL_FROM2 INTO);
	install_assert_version("2");
	install_succeeds("--rollback" INTO);
	if (had_ended)
		install_succeeds("--rollback" INTO);
}

static int how_far(void)
{
	return getenv("CNI_C_SLOW") ? 4 : 1;
}

/* The quick test takes one of the four ways to be killed and to recover for each step. */
static bool is_killed_at(int at, int way, const char *arguments)
{
	const struct kill kill = {at, way & 1};
	int code = run_killed(&kill, arguments);

	if (code == 0)
		return false;
	if (code != KILLED)
		sandbox_must("cat " SANDBOX_DIR "/said >&2; false");
	assert_whole();
	return true;
}

static const char *install_arguments(void)
{
	return getenv("CNI_C_SLOW") ? "--force --from " INSTALL_FROM1 : "--force --from " FEWER;
}

static void install__killed_at_any_step_is_taken_back(void **state)
{
	freeing char *before = install_snapshot();
	bool has_more = true;
	int at = 0;

	while (has_more) {
		at++;
		for (int i = 0; i < how_far() && has_more; i++) {
			int way = at + i;

			has_more = is_killed_at(at, way, install_arguments());
			if (way & 2 && has_more)
				go_on();
			else
				go_back();
			install_assert_as_before(before);
		}
	}
	assert_true(at > 15);
	assert_int_equal(install_scene_reset(state), 0);
}

static void install__rollback_killed_at_any_step_goes_on(void **state)
{
	bool has_more = true;
	int at = 0;

	(void)state;
	while (has_more) {
		at++;
		for (int i = 0; i < how_far() && has_more; i++) {
			freeing char *before = install_snapshot();
			int way = at + i;

			install_succeeds("%s" INTO, install_arguments());
			has_more = is_killed_at(at, way, "--rollback");
			if (way & 2 && has_more)
				go_on();
			else if (has_more)
				go_back();
			install_assert_as_before(before);
		}
	}
	assert_true(at > 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(install__killed_at_any_step_is_taken_back,
				       install_scene_reset),
		cmocka_unit_test_setup(install__rollback_killed_at_any_step_goes_on,
				       install_scene_reset),
	};

	return cmocka_run_group_tests_name("install_killed", tests, setup, NULL);
}
