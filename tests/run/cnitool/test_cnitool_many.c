/* SPDX-License-Identifier: Apache-2.0 */
/* A command for all networks reads each file of the configuration directory once, however many files there are.
 * strace(1) counts. */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static void write_networks(const struct cnitool_scene *scene, int count)
{
	for (int i = 0; i < count; i++) {
		freeing char *file = cni_format("net.d/20-%d.conflist", i);
		freeing char *text = cni_format("{\"cniVersion\":\"1.1.0\",\"name\":\"net-%d\","
						"\"plugins\":[{\"type\":\"one\"}]}",
						i);

		fake_write(&scene->fake, file, text);
	}
}

/* How often the command has opened the file of the scene's own network. */
static int count_reads(struct cnitool_scene *scene, const char *line, const char *prints)
{
	freeing char *under =
		cni_format("strace -f -qq -o %s/strace -e trace=openat", scene->fake.dir);
	struct plugin_answer answer;
	freeing char *trace = NULL;
	int count = 0;

	scene->under = under;
	/* A traced process cannot be looked through for leaks. */
	scene->extra[0] = "ASAN_OPTIONS=detect_leaks=0";
	answer = cnitool_run(scene, line);
	if (answer.exit_code > 1 || !strstr(answer.out, prints))
		fail_msg("%s: %d, %s, %s", line, answer.exit_code, answer.out, answer.err);
	plugin_answer_clear(&answer);
	trace = fake_read(&scene->fake, "strace");
	for (const char *at = trace; at && (at = strstr(at, "/10-blue.conflist")); at++)
		count++;
	return count;
}

static void cnitool__reads_each_file_once(void **state)
{
	static const char *const lines[] = {"list", "show", "status", "list --json"};
	struct cnitool_scene *scene = *state;

	write_networks(scene, 9);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(count_reads(scene, lines[i], "net-1"), 1);
}

static void cnitool_validate__reads_as_often_for_many(void **state)
{
	struct cnitool_scene *scene = *state;
	int few;

	write_networks(scene, 2);
	few = count_reads(scene, "validate", " files\n");
	write_networks(scene, 9);
	assert_int_equal(count_reads(scene, "validate", " files\n"), few);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool__reads_each_file_once),
		cnitool_test(cnitool_validate__reads_as_often_for_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
