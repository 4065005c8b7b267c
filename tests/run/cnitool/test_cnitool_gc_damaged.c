/* SPDX-License-Identifier: Apache-2.0 */
/* GC beside records of the cache that cannot be read: libcni does not write them atomically, so a full disk or a power
 * failure cuts them, while the containers live. The plugins are those of fake.h. */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The attachments that plugin "one" must leave, in a line, with ' in place of ". */
static void assert_valid(const struct cnitool_scene *scene, const char *line, const char *expected)
{
	freeing char *text = json_text(expected);
	freeing_json cJSON *json = NULL;
	freeing char *valid = NULL;
	struct plugin_answer answer = cnitool_run(scene, line);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	json = fake_read_json(&scene->fake, "one.GC");
	valid = cJSON_PrintUnformatted(
		cJSON_GetObjectItemCaseSensitive(json, "cni.dev/valid-attachments"));
	assert_string_equal(valid, text);
	fake_assert_asked(&scene->fake, "GC one\nGC two\n");
}

static void cnitool_gc__keeps_what_a_damaged_record_may_be_of(void **state)
{
	static const char *const damages[] = {
		"",
		"{\"kind\":\"cniCacheV1\",\"containerId\":\"c1\",\"con",
		"{\"kind\":\"other\"}",
		/* As libcni wrote it before there was a kind. */
		"{\"cniVersion\":\"0.4.0\",\"ips\":[]}",
	};
	const struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		fake_write(&scene->fake, "cache/results/blue-c1-net1", damages[i]);
		assert_valid(scene, "gc blue", "[{'containerID':'c1','ifname':'net1'}]");
		assert_true(fake_has(&scene->fake, "cache/results/blue-c1-net1"));
		/* And where all is to go, it goes. */
		assert_valid(scene, "gc blue --all", "[]");
	}
}

/* The end of the container's id cannot be seen: each possible one stays. */
static void cnitool_gc__keeps_each_attachment_of_a_name(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *directory = fake_path(&scene->fake, "cache/results/blue-d-eth0");

	fake_write(&scene->fake, "cache/results/blue-a-b-eth0", "{");
	assert_valid(
		scene, "gc blue",
		"[{'containerID':'a','ifname':'b-eth0'},{'containerID':'a-b','ifname':'eth0'}]");
	fake_remove(&scene->fake, "cache/results/blue-a-b-eth0");
	/* No interface has so long a name; other networks' records do not count. */
	fake_write(&scene->fake, "cache/results/blue-" RED_ID "-eth0", "{");
	fake_write(&scene->fake, "cache/results/red-c1-eth0", "{");
	assert_valid(scene, "gc blue", "[{'containerID':'" RED_ID "','ifname':'eth0'}]");
	fake_remove(&scene->fake, "cache/results/blue-" RED_ID "-eth0");
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_valid(scene, "gc blue --keep c9/eth1",
		     "[{'containerID':'c9','ifname':'eth1'},{'containerID':'d','ifname':'eth0'}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool_gc__keeps_what_a_damaged_record_may_be_of),
		cnitool_test(cnitool_gc__keeps_each_attachment_of_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
