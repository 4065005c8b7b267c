/* SPDX-License-Identifier: Apache-2.0 */
/* The attachment that a command means, and its configuration at ADD. The plugins are those of fake.h, and so are
 * most namespaces. */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLUE(plugins) "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[" plugins "]}"

/* A network namespace, though not a container's. */
#define OWN "/proc/self/ns/net"

static void run(const struct cnitool_scene *scene, const char *line, const char *asked)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, asked);
}

/* ---- what it was added with ---- */

static void cnitool_del__uses_the_list_of_add(void **state)
{
	const struct cnitool_scene *scene = *state;

	fake_add_plugin(&scene->fake, "three");
	run(scene, "add blue " RED, "ADD one\nADD two\n");
	/* A plugin goes, another one comes, and a third is configured in another way. */
	fake_write(&scene->fake, "net.d/10-blue.conflist",
		   BLUE("{\"type\":\"three\"},{\"type\":\"one\",\"mtu\":9000}"));
	run(scene, "check blue " RED, "CHECK one\nCHECK two\n");
	run(scene, "del blue " RED, "DEL two\nDEL one\n");
	cnitool_assert_line(scene, "one.DEL", "{\"type\":\"one\",\"name\"");
	run(scene, "add blue " RED, "ADD three\nADD one\n");
	/* The list now has a version without CHECK. */
	fake_write(&scene->fake, "net.d/10-blue.conflist",
		   "{\"cniVersion\":\"0.3.1\",\"name\":\"blue\",\"plugins\":[{\"type\":\"two\"}]}");
	run(scene, "check blue " RED, "CHECK three\nCHECK one\n");
	cnitool_assert_line(scene, "three.CHECK", "\"cniVersion\":\"1.1.0\"");
	fake_remove(&scene->fake, "net.d/10-blue.conflist");
	run(scene, "check blue " RED, "CHECK three\nCHECK one\n");
	run(scene, "del blue " RED, "DEL one\nDEL three\n");
}

static void cnitool_gc__deletes_by_the_list_of_add(void **state)
{
	const struct cnitool_scene *scene = *state;

	fake_add_plugin(&scene->fake, "three");
	run(scene, "add blue " RED, "ADD one\nADD two\n");
	fake_write(&scene->fake, "net.d/10-blue.conflist", BLUE("{\"type\":\"three\"}"));
	run(scene, "gc blue --gone", "DEL two\nDEL one\nGC three\n");
}

/* libcni caches a list without what was in its drop-in folder. */
static void cnitool_del__asks_todays_drop_ins_of_what_libcni_added(void **state)
{
	const struct cnitool_scene *scene = *state;

	fake_write(&scene->fake, "net.d/blue/10.conf", "{\"type\":\"two\"}");
	fake_write(&scene->fake, "net.d/10-blue.conflist", BLUE("{\"type\":\"one\"}"));
	/* The list above, without the folder's. */
	fake_write(&scene->fake, RED_CACHED,
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"" RED_ID "\",\"config\":"
		   "\"eyJjbmlWZXJzaW9uIjoiMS4xLjAiLCJuYW1lIjoiYmx1ZSIsInBsdWdpbnMiOlt7InR5cGUiOiJv"
		   "bmUifV19\",\"ifName\":\"eth0\",\"networkName\":\"blue\",\"netns\":\"" RED
		   "\"}");
	run(scene, "del blue " RED, "DEL two\nDEL one\n");
}

/* ---- which attachment ---- */

static void cnitool_add__is_refused_the_second_time(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	run(scene, "add blue " OWN, "ADD one\nADD two\n");
	answer = cnitool_run(scene, "add blue " OWN " --json");
	plugin_assert_error(&answer, 105, "is attached to 'blue' as 'eth0' already");
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "");
	/* By another interface it is another attachment. */
	run(scene, "add blue " OWN " -i eth1", "ADD one\nADD two\n");
	run(scene, "del blue " OWN, "DEL two\nDEL one\n");
	run(scene, "add blue " OWN, "ADD one\nADD two\n");
}

static void cnitool__knows_a_namespace_by_any_path(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *own = cni_format("/proc/%d/ns/net", getpid());
	freeing char *link = fake_path(&scene->fake, "link");
	freeing char *dir = fake_path(&scene->fake, "dir");
	freeing char *by_dir = cni_format("%s/%d/ns/net", dir, getpid());
	const char *const paths[] = {own, link, by_dir};

	assert_int_equal(symlink(own, link), 0);
	assert_int_equal(symlink("/proc", dir), 0);
	for (size_t i = 0; i < 9; i++) {
		freeing char *add = cni_format("add blue %s", paths[i / 3]);
		freeing char *again = cni_format("add blue %s", paths[i % 3]);
		freeing char *check = cni_format("check blue %s", paths[i % 3]);
		freeing char *del = cni_format("del blue %s", paths[i % 3]);
		freeing char *netns = cni_format("CNI_NETNS=%s\n", paths[i / 3]);

		run(scene, add, "ADD one\nADD two\n");
		cnitool_fails(scene, again, "already");
		run(scene, check, "CHECK one\nCHECK two\n");
		run(scene, del, "DEL two\nDEL one\n");
		cnitool_assert_line(scene, "one.DEL.env", netns);
		assert_false(fake_has(&scene->fake, "cache/results/blue"));
	}
}

/* ip-netns(8) takes the name away with the namespace. */
static void cnitool_del__knows_a_path_whose_file_is_gone(void **state)
{
	static const char *const dels[] = {"del blue /run/netns/gone-1", "del blue gone-1",
					   "del blue /var/run/netns/gone-1",
					   "del blue /run/../run/netns/gone-1"};
	static const char *const adds[] = {"add blue /var/run/netns/gone-1",
					   "add blue /run/netns/gone-1"};
	const struct cnitool_scene *scene = *state;
	char linked[64];

	if (readlink("/var/run", linked, sizeof(linked)) < 0)
		skip_because("/var/run is no link here");
	for (size_t i = 0; i < 8; i++) {
		struct plugin_answer answer;

		/* A name stands for a namespace that is there, or was when it was attached. */
		if (i % 4 == 1 && i / 4 == 0)
			continue;
		run(scene, adds[i / 4], "ADD one\nADD two\n");
		answer = cnitool_run(scene, dels[i % 4]);
		plugin_assert_success(&answer);
		assert_string_equal(answer.err, "");
		plugin_answer_clear(&answer);
		fake_assert_asked(&scene->fake, "DEL two\nDEL one\n");
		cnitool_assert_line(scene, "one.DEL", "\"prevResult\"");
	}
}

/* Two networks, one container. */
static void cnitool_add__gives_a_namespace_one_id(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *link = fake_path(&scene->fake, "link");
	freeing char *own = cni_format("/proc/%d/ns/net", getpid());
	freeing char *first = cni_format("add blue %s", own);
	freeing char *second = cni_format("add red %s", link);
	freeing char *before = NULL;
	freeing char *after = NULL;
	const char *id;

	fake_write(&scene->fake, "net.d/20.conf", "{\"name\":\"red\",\"type\":\"two\"}");
	assert_int_equal(symlink(own, link), 0);
	run(scene, first, "ADD one\nADD two\n");
	before = fake_read(&scene->fake, "two.ADD.env");
	run(scene, second, "ADD two\n");
	after = fake_read(&scene->fake, "two.ADD.env");
	id = strstr(before, "CNI_CONTAINERID=");
	assert_non_null(id);
	assert_memory_equal(id, strstr(after, "CNI_CONTAINERID="), strcspn(id, "\n"));
}

static void cnitool_del__says_that_it_found_nothing(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer = cnitool_run(scene, "del blue " RED " -i eth3");

	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "cnitool: warning: '" RED "' is not attached to 'blue' "
					   "as 'eth3'"));
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\n");
}

/* ---- files ---- */

static void cnitool__names_the_files_that_it_passes_over(void **state)
{
	static const char *const expected[][2] = {
		{"net.d/20.conflist", "': its network 'blue' is that of '/"},
		{"net.d/30.conf", "': 'name' 'my net' must start with"},
		{"net.d/blue/x.conflist", "': the name of a plugin's configuration"},
	};
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	fake_write(&scene->fake, "net.d/20.conflist", BLUE("{\"type\":\"three\"}"));
	fake_write(&scene->fake, "net.d/30.conf", "{\"name\":\"my net\",\"type\":\"one\"}");
	fake_write(&scene->fake, "net.d/blue/x.conflist", "{\"type\":\"three\"}");
	answer = cnitool_run(scene, "add blue " RED);
	plugin_assert_success(&answer);
	for (size_t i = 0; i < 3; i++) {
		freeing char *text = cni_format("passed over: '%s/%s%s", scene->fake.dir,
						expected[i][0], expected[i][1]);

		if (!strstr(answer.err, text))
			fail_msg("'%s' is not in %s", text, answer.err);
	}
	plugin_answer_clear(&answer);
	answer = cnitool_run(scene, "list");
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "/net.d/30.conf': 'name' 'my net' must start with"));
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool_del__uses_the_list_of_add),
		cnitool_test(cnitool_gc__deletes_by_the_list_of_add),
		cnitool_test(cnitool_del__asks_todays_drop_ins_of_what_libcni_added),
		cnitool_test(cnitool_add__is_refused_the_second_time),
		cnitool_test(cnitool__knows_a_namespace_by_any_path),
		cnitool_test(cnitool_del__knows_a_path_whose_file_is_gone),
		cnitool_test(cnitool_add__gives_a_namespace_one_id),
		cnitool_test(cnitool_del__says_that_it_found_nothing),
		cnitool_test(cnitool__names_the_files_that_it_passes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
