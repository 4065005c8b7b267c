/* SPDX-License-Identifier: Apache-2.0 */
/* The attachment that a command means, its configuration at ADD, and concurrent work on it. The
 * plugins are those of fake.h, and so are most namespaces. */
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

/* ---- meanwhile ---- */

/* "one" goes on with its ADD once something comes through the pipe. */
static void hold_add(const struct cnitool_scene *scene)
{
	freeing char *pipe = fake_path(&scene->fake, "pipe");
	freeing char *script = cni_format(
		"#!/bin/sh\nif [ $CNI_COMMAND = ADD ]; then until read line <%s; do :; done; fi\n"
		"echo $CNI_COMMAND one >>%s/log\n"
		"[ $CNI_COMMAND = ADD ] && cat %s/one.answer; exit 0\n",
		pipe, scene->fake.dir, scene->fake.dir);

	assert_int_equal(mkfifo(pipe, 0600), 0);
	fake_write(&scene->fake, "bin/one", script);
}

static struct plugin_process start(const struct cnitool_scene *scene, const char *command,
				   const char *netns)
{
	freeing char *conf_dir = cni_format("NETCONFPATH=%s/net.d", scene->fake.dir);
	freeing char *cache_dir = cni_format("CNI_CACHE_DIR=%s/cache", scene->fake.dir);
	const char *const environment[] = {conf_dir, cache_dir, NULL};
	const char *const arguments[] = {command, "blue", netns, NULL};

	return plugin_start(&(struct plugin_call){.plugin = CNI_C_BINARY_DIR "/cnitool/cnitool",
						  .path = scene->path,
						  .environment = environment,
						  .arguments = arguments});
}

/* Opening it waits until the plugin reads. */
static void let_go(const struct cnitool_scene *scene)
{
	freeing char *pipe = fake_path(&scene->fake, "pipe");
	closing int fd = open(pipe, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "\n", 1), 1);
}

static void await_reader(const struct cnitool_scene *scene)
{
	freeing char *pipe = fake_path(&scene->fake, "pipe");
	const struct timespec pause = {.tv_nsec = 1000000};
	int fd;

	while ((fd = open(pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0) {
		assert_int_equal(errno, ENXIO);
		nanosleep(&pause, NULL);
	}
	/* Without a line the plugin opens it again. */
	close(fd);
}

static bool has_ended(const struct plugin_process *process)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid;
}

/* Waits until the process waits for a lock, or has ended. */
static void await_blocked(const struct plugin_process *process)
{
	freeing char *path = cni_format("/proc/%d/syscall", process->pid);
	freeing char *waits = cni_format("%d ", SYS_fcntl);
	const struct timespec pause = {.tv_nsec = 1000000};

	while (!has_ended(process)) {
		closing int fd = open(path, O_RDONLY | O_CLOEXEC);
		char text[64] = "";

		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
		    !strncmp(text, waits, strlen(waits)))
			return;
		nanosleep(&pause, NULL);
	}
}

static void finish(struct plugin_process *process, int code, const char *says)
{
	struct plugin_answer answer = plugin_finish(process);

	if (answer.exit_code != code || !strstr(answer.err, says))
		fail_msg("exit code %d, expected %d; stdout %s, stderr %s, expected %s",
			 answer.exit_code, code, answer.out, answer.err, says);
	plugin_answer_clear(&answer);
}

/* The attachment that an ADD makes meanwhile is neither deleted nor forgotten. */
static void cnitool_gc__waits_for_an_add(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_process add;
	struct plugin_process gc;

	if (access("/proc/self/syscall", R_OK) < 0)
		skip_because("/proc has no system calls of processes");
	hold_add(scene);
	add = start(scene, "add", OWN);
	await_reader(scene);
	gc = start(scene, "gc", NULL);
	await_blocked(&gc);
	let_go(scene);
	finish(&add, 0, "");
	finish(&gc, 0, "");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nGC one\nGC two\n");
	cnitool_assert_line(scene, "two.GC", "\"cni.dev/valid-attachments\":[{\"containerID\":\"");
}

/* Another interface of the container, or another network, comes after it. */
static void cnitool__does_one_thing_at_a_time_for_a_container(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_process add;
	struct plugin_process del;

	if (access("/proc/self/syscall", R_OK) < 0)
		skip_because("/proc has no system calls of processes");
	hold_add(scene);
	add = start(scene, "add", OWN);
	await_reader(scene);
	del = start(scene, "del", OWN);
	await_blocked(&del);
	let_go(scene);
	finish(&add, 0, "");
	finish(&del, 0, "");
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nDEL two\nDEL one\n");
}

/* Ten seconds: then GC and ADD fail, and have done nothing; DEL goes on and says so. */
static void cnitool__does_not_wait_for_ever(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_process add;
	struct plugin_process again;
	struct plugin_process gc;
	struct plugin_process del;

	hold_add(scene);
	add = start(scene, "add", OWN);
	await_reader(scene);
	gc = start(scene, "gc", NULL);
	again = start(scene, "add", OWN);
	del = start(scene, "del", OWN);
	finish(&gc, 1,
	       "another works on the network 'blue': the lock was not free within 10000 ms");
	finish(&again, 1, "another works on the container 'cnitool-");
	finish(&del, 0, "warning: goes on beside others that may work on the container 'cnitool-");
	fake_assert_asked(&scene->fake, "DEL two\nDEL one\n");
	let_go(scene);
	finish(&add, 0, "");
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
		cnitool_test(cnitool_gc__waits_for_an_add),
		cnitool_test(cnitool__does_one_thing_at_a_time_for_a_container),
		cnitool_test(cnitool__does_not_wait_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
