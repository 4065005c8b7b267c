/* SPDX-License-Identifier: Apache-2.0 */
/* ADD of tap to a pod whose root renames, changes, moves or deletes eth0 between any two steps: an ADD
 * succeeds with what the plugin has chosen, or fails and leaves nothing. */
#include "hostile.h"
#include "tap_scene.h"
#include "trace.h"

#include "cleanup.h"

#include <string.h>

/* So often with CNI_C_SLOW. */
#define TIMES 200

static struct pod pod_of(const struct hostile *hostile)
{
	struct pod pod = {.name = "evil"};

	snprintf(pod.netns, sizeof(pod.netns), "%s", hostile->netns);
	return pod;
}

/* `says`: what a failure holds; NULL: there may be none. Returns how many failed. */
static int add_often(const struct pod *pod, const char *config, const char *says)
{
	struct plugin_call del = tap_call(pod, "DEL", config);
	int failed = 0;

	for (unsigned int i = 0; i < TIMES; i += trace_stride(6)) {
		struct plugin_call add = tap_call(pod, "ADD", config);
		struct plugin_answer answer = plugin_run(&add);

		if (answer.exit_code) {
			if (!says)
				fail_msg("%s", answer.out);
			plugin_assert_error(&answer, CNI_EKERNEL, says);
			failed++;
		} else {
			assert_json(answer.json, "interfaces.0.name", "eth0");
			assert_null(strstr(answer.out, HOSTILE_MAC));
		}
		plugin_answer_clear(&answer);
		plugin_succeeds(&del);
	}
	return failed;
}

static void add_to(enum hostile_deed deed, const char *more, const char *says, bool fails)
{
	freeing char *config = tap_config("1.0.0", more);
	freeing char *before = NULL;
	struct hostile hostile;
	struct pod pod;
	int failed;

	sandbox_add_netns("unused");
	before = bridge_snapshot();
	hostile_open(&hostile, deed);
	pod = pod_of(&hostile);
	failed = add_often(&pod, config, says);
	hostile_close(&hostile);
	fprintf(stderr, "# %d of them failed\n", failed);
	assert_true(failed > 0 || !fails);
	bridge_assert_unchanged(before);
}

static void add__takes_no_mac_from_the_container(void **state)
{
	(void)state;
	needs_taps();
	add_to(HOSTILE_CHANGES_MAC, "'mtu':1400," IPAM4, NULL, false);
}

/* By index, which the container did not choose. */
static void add__goes_on_with_a_tap_that_is_renamed(void **state)
{
	(void)state;
	needs_taps();
	add_to(HOSTILE_RENAMES, "'mtu':1400," IPAM4, NULL, false);
}

static void add__says_that_the_tap_was_moved(void **state)
{
	(void)state;
	needs_taps();
	add_to(HOSTILE_MOVES, "'mtu':1400," IPAM4, "'eth0' is not in the container any more", true);
}

static void add__says_that_the_tap_was_deleted(void **state)
{
	(void)state;
	needs_taps();
	add_to(HOSTILE_DELETES, "'mtu':1400," IPAM4, "'eth0' is not in the container any more",
	       true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(add__takes_no_mac_from_the_container),
		tap_test(add__goes_on_with_a_tap_that_is_renamed),
		tap_test(add__says_that_the_tap_was_moved),
		tap_test(add__says_that_the_tap_was_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
