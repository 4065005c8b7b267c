/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each plugin that makes an interface, and vrf and sbr behind it, for a pod whose root forges the kernel's answers,
 * or renames, changes, moves or deletes eth0 between any two steps. A changed eth0 may make ADD and CHECK fail; DEL
 * succeeds and leaves nothing. */
#include "forger.h"
#include "hostile.h"
#include "interface_scene.h"
#include "trace.h"

#include "cleanup.h"

#include <stdlib.h>
#include <string.h>

/* So often with CNI_C_SLOW. */
#define TIMES 200

struct life {
	struct pod pod;
	char *config;
	unsigned int failed; /* calls of ADD and CHECK */
	bool has[INTERFACE_BEHIND];
};

static void life_open(struct life *life, const struct interface_row *row, const char *netns)
{
	*life = (struct life){.pod = {.name = "evil", .plugin = interface_plugin(row)}};
	snprintf(life->pod.netns, sizeof(life->pod.netns), "%s", netns);
	life->config = interface_config(row, "1.0.0", IPAM46);
	for (size_t i = 0; i < INTERFACE_BEHIND; i++)
		life->has[i] = interface_has_behind(i);
}

static void life_close(struct life *life)
{
	cJSON_Delete(life->pod.result);
	free(life->config);
}

/* The answer is a result, which has no MAC that the pod has chosen, or an error in JSON. */
static void note(struct life *life, const struct plugin_answer *answer)
{
	if (answer->exit_code == 0) {
		assert_null(strstr(answer->out, HOSTILE_MAC));
		assert_null(strstr(answer->out, FORGER_MAC));
		return;
	}
	assert_true(answer->json && cJSON_HasObjectItem(answer->json, "code"));
	life->failed++;
}

static void call_behind(struct life *life, const char *command, size_t number)
{
	struct plugin_answer answer;

	if (!life->has[number])
		return;
	answer = interface_run_behind(&life->pod, command, number);
	if (strcmp(command, "DEL") == 0)
		plugin_assert_success(&answer);
	else
		note(life, &answer);
	plugin_answer_clear(&answer);
}

static void add(struct life *life)
{
	struct plugin_call call = pod_call(&life->pod, "ADD", life->config);
	struct plugin_answer answer = plugin_run(&call);

	note(life, &answer);
	if (answer.exit_code == 0)
		pod_take(&life->pod, &answer);
	plugin_answer_clear(&answer);
}

static void check(struct life *life)
{
	freeing char *config = pod_config(&life->pod, life->config);
	struct plugin_call call = pod_call(&life->pod, "CHECK", config);
	struct plugin_answer answer = plugin_run(&call);

	note(life, &answer);
	plugin_answer_clear(&answer);
}

static void live(struct life *life)
{
	add(life);
	for (size_t i = 0; life->pod.result && i < INTERFACE_BEHIND; i++)
		call_behind(life, "ADD", i);
	if (life->pod.result)
		check(life);
	for (size_t i = 0; life->pod.result && i < INTERFACE_BEHIND; i++)
		call_behind(life, "CHECK", i);
	for (size_t i = INTERFACE_BEHIND; i-- > 0;)
		call_behind(life, "DEL", i);
	pod_del(&life->pod, life->config);
}

static void add_check_and_del__believe_no_forged_answer(const struct interface_row *row)
{
	freeing char *before = NULL;
	struct forger forger;
	struct life life;

	forger_open(&forger);
	life_open(&life, row, forger.netns);
	before = bridge_snapshot();
	forger_start(&forger);
	for (unsigned int i = 0; i < TIMES || !forger_has_reached(&forger); i += trace_stride(60))
		live(&life);
	forger_stop(&forger);
	forger_close(&forger);
	assert_int_equal(life.failed, 0);
	bridge_assert_unchanged(before);
	life_close(&life);
}

static void live_beside(const struct interface_row *row, enum hostile_deed deed)
{
	freeing char *before = NULL;
	struct hostile hostile;
	struct life life;

	hostile_open(&hostile, deed);
	life_open(&life, row, hostile.netns);
	before = bridge_snapshot();
	for (unsigned int i = 0; i < TIMES; i += trace_stride(60))
		live(&life);
	hostile_close(&hostile);
	fprintf(stderr, "# %u calls of ADD and CHECK failed\n", life.failed);
	bridge_assert_unchanged(before);
	life_close(&life);
}

static void del__succeeds_beside_renaming(const struct interface_row *row)
{
	live_beside(row, HOSTILE_RENAMES);
}

static void del__succeeds_beside_macs(const struct interface_row *row)
{
	live_beside(row, HOSTILE_CHANGES_MAC);
}

static void del__succeeds_beside_moving(const struct interface_row *row)
{
	live_beside(row, HOSTILE_MOVES);
}

static void del__succeeds_beside_deleting(const struct interface_row *row)
{
	live_beside(row, HOSTILE_DELETES);
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(add_check_and_del__believe_no_forged_answer),
		interface_test(del__succeeds_beside_renaming),
		interface_test(del__succeeds_beside_macs),
		interface_test(del__succeeds_beside_moving),
		interface_test(del__succeeds_beside_deleting),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
