/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations whose namespace is gone: counted, named, and released; and the JSON of the ledger's commands. */
#include "boots.h"
#include "ipam_scene.h"
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* c1 has no known namespace, c2 lives, c3 and c4 are gone; the pool has one address more. */
static pid_t fill(const struct cnitool_scene *scene)
{
	pid_t pids[3];

	ipam_configure(scene, "\"subnet\":\"10.1.0.0/29\"");
	ipam_add(scene, "c1", IPAM_NOWHERE);
	for (size_t i = 0; i < 3; i++) {
		freeing char *container = cni_format("c%zu", i + 2);
		char path[32];

		pids[i] = ipam_start_netns(path);
		ipam_add(scene, container, path);
	}
	ipam_stop_netns(pids[1]);
	ipam_stop_netns(pids[2]);
	return pids[0];
}

static void gone__is_counted(void **state)
{
	const struct cnitool_scene *scene = *state;

	fill(scene);
	ipam_prints(scene, "ipam usage pool",
		    "PLUGIN      SET  SIZE  USED  STALE  GONE  FREE  RANGES\n"
		    "host-local  0    5     4     0      2     1     10.1.0.1-10.1.0.6\n");
	ipam_prints(scene, "ipam usage",
		    "NETWORK  PLUGIN      SET  SIZE  USED  STALE  GONE  FREE  RANGES\n"
		    "pool     host-local  0    5     4     0      2     1     10.1.0.1-10.1.0.6\n");
	ipam_finds(scene,
		   "10.1.0.4: reserved for container c3, interface eth0, whose namespace is "
		   "gone\n10.1.0.5: reserved for container c4, interface eth0, whose namespace "
		   "is gone\n");
}

static void gone__is_released(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *before = NULL;

	fill(scene);
	before = ipam_snapshot(scene);
	ipam_prints(
		scene, "ipam release pool --gone --dry-run",
		"10.1.0.4 would be released: reserved for a namespace that is gone, for container "
		"c3, interface eth0\n10.1.0.5 would be released: reserved for a namespace that is "
		"gone, for container c4, interface eth0\n");
	ipam_assert_unchanged(scene, before);
	ipam_prints(scene, "ipam release pool 10.1.0.5",
		    "10.1.0.5 released: reserved for a namespace that is gone, for container c4, "
		    "interface eth0\n");
	ipam_prints(scene, "ipam release pool --gone",
		    "10.1.0.4 released: reserved for a namespace that is gone, for container c3, "
		    "interface eth0\n");
	ipam_prints(scene, "ipam release pool --gone",
		    "no reservation is of a namespace that is gone\n");
	ipam_finds(scene, "");
}

/* A holder that lives, and a holder without a record. */
static void release__refuses_a_living_holder(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *before = NULL;

	fill(scene);
	before = ipam_snapshot(scene);
	cnitool_fails(scene, "ipam release pool 10.1.0.3",
		      "10.1.0.3 is reserved for container c2, interface eth0, whose namespace is "
		      "alive: --force releases it");
	cnitool_fails(scene, "ipam release pool 10.1.0.2", "whose namespace is unknown: --force");
	cnitool_fails(scene, "ipam release pool 10.1.0.6",
		      "10.1.0.6 is not reserved in network 'pool'");
	/* The files are as before; the lock and the sidecar were taken. */
	{
		freeing char *after = ipam_snapshot(scene);

		assert_int_equal(strlen(before), strlen(after));
	}
	ipam_prints(
		scene, "ipam release pool 10.1.0.3 10.1.0.2 --force",
		"10.1.0.2 released: reserved and --force was given, for container c1, interface "
		"eth0\n10.1.0.3 released: reserved and --force was given, for container c2, "
		"interface eth0\n");
}

static cJSON *json_of(const struct cnitool_scene *scene, const char *line, int code)
{
	struct plugin_answer answer = cnitool_run(scene, line);
	cJSON *json = cni_json_copy(answer.json);

	if (answer.exit_code != code || !cJSON_IsArray(answer.json))
		fail_msg("%s: exit code %d, %s", line, answer.exit_code, answer.out);
	plugin_answer_clear(&answer);
	return json;
}

static void ledger__is_json(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing_json cJSON *faults = NULL;
	freeing_json cJSON *explained = NULL;
	freeing_json cJSON *would = NULL;
	const cJSON *row;

	fill(scene);
	faults = json_of(scene, "ipam verify pool -j", 1);
	assert_int_equal(cJSON_GetArraySize(faults), 2);
	row = cJSON_GetArrayItem(faults, 1);
	assert_string_equal(cni_json_get_string(row, "address"), "10.1.0.5");
	explained = json_of(scene, "ipam explain pool c3 -j", 0);
	row = cJSON_GetArrayItem(explained, 0);
	assert_string_equal(cni_json_get_string(row, "address"), "10.1.0.4");
	assert_string_equal(cni_json_get_string(row, "container"), "c3");
	assert_string_equal(cni_json_get_string(row, "namespace"), "gone");
	assert_true(cJSON_GetArraySize(cni_json_get(row, "sentences")) > 2);
	would = json_of(scene, "ipam release pool --gone --dry-run -j", 0);
	assert_int_equal(cJSON_GetArraySize(would), 2);
	assert_true(cJSON_IsFalse(cni_json_get(cJSON_GetArrayItem(would, 0), "released")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ipam_test(gone__is_counted),
		ipam_test(gone__is_released),
		ipam_test(release__refuses_a_living_holder),
		ipam_test(ledger__is_json),
	};

	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
