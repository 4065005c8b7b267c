/* SPDX-License-Identifier: Apache-2.0 */
/* host-device for a pod whose root forges the kernel's answers, or renames the device, changes its MAC, moves or
 * deletes it between any two steps. ADD and CHECK may fail of such a deed; DEL succeeds, and a device that still
 * exists in the pod's namespace comes back as it was. */
#include "forger.h"
#include "host_device_scene.h"
#include "hostile.h"

#include <string.h>

/* So often with CNI_C_SLOW. */
#define TIMES	   200
#define HD_HOSTILE HD_V0 "," IPAM46

/* Calls for the pod's eth0. Returns false if one of ADD and CHECK failed. */
static bool live(const char *netns)
{
	freeing char *config = hd_config(HD_HOSTILE);
	freeing char *with = NULL;
	struct plugin_call call = hd_call("ADD", "evil", config);
	struct plugin_answer answer;
	bool has_failed;

	call.netns = netns;
	answer = plugin_run(&call);
	has_failed = answer.exit_code != 0;
	if (!has_failed) {
		freeing char *prev = cJSON_PrintUnformatted(answer.json);
		freeing char *more = cni_format(HD_HOSTILE ",'prevResult':%s", prev);

		assert_null(strstr(answer.out, FORGER_MAC));
		assert_null(strstr(answer.out, HOSTILE_MAC));
		with = hd_config(more);
		plugin_answer_clear(&answer);
		call.config = with;
		call.command = "CHECK";
		answer = plugin_run(&call);
		has_failed = answer.exit_code != 0;
	}
	assert_true(!has_failed || (answer.json && cJSON_HasObjectItem(answer.json, "code")));
	plugin_answer_clear(&answer);
	call.command = "DEL";
	plugin_succeeds(&call);
	return !has_failed;
}

static void forger__is_not_believed(void **state)
{
	freeing char *before = hd_snapshot();
	struct forger forger;

	(void)state;
	forger_open(&forger);
	forger_start(&forger);
	for (unsigned int i = 0; i < TIMES || !forger_has_reached(&forger); i += trace_stride(60)) {
		assert_true(live(forger.netns));
		hd_assert_as_before(before);
	}
	forger_stop(&forger);
	forger_close(&forger);
}

/* Returns how often ADD or CHECK failed. */
static unsigned int live_beside(enum hostile_deed deed, bool comes_back)
{
	freeing char *before = hd_snapshot();
	struct hostile hostile;
	unsigned int failed = 0;

	hostile_open(&hostile, deed);
	for (unsigned int i = 0; i < TIMES; i += trace_stride(40)) {
		failed += !live(hostile.netns);
		if (comes_back)
			hd_assert_as_before(before);
		else
			sandbox_must("! find /run/cni/host-device -mindepth 1 | grep . && "
				     "! ls /var/lib/cni/networks/blue/1* 2>/dev/null && "
				     "{ ip link del v1 2>/dev/null; ip link add v0 type veth peer "
				     "name v1; }");
	}
	hostile_close(&hostile);
	fprintf(stderr, "# %u of ADD and CHECK failed\n", failed);
	return failed;
}

static void device__comes_back_from_renaming(void **state)
{
	(void)state;
	live_beside(HOSTILE_RENAMES, true);
}

static void device__comes_back_with_its_mac(void **state)
{
	(void)state;
	live_beside(HOSTILE_CHANGES_MAC, true);
}

static void del__succeeds_beside_moving(void **state)
{
	(void)state;
	live_beside(HOSTILE_MOVES, false);
}

static void del__succeeds_beside_deleting(void **state)
{
	(void)state;
	live_beside(HOSTILE_DELETES, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hd_test(forger__is_not_believed),	  hd_test(device__comes_back_from_renaming),
		hd_test(device__comes_back_with_its_mac), hd_test(del__succeeds_beside_moving),
		hd_test(del__succeeds_beside_deleting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
