/* SPDX-License-Identifier: Apache-2.0 */
/* Concurrent work on an attachment and its network. The plugins are those of fake.h. */
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

/* A network namespace, though not a container's. */
#define OWN "/proc/self/ns/net"

/* "one" goes on with the command once something comes through the pipe. */
static void hold(const struct cnitool_scene *scene, const char *command)
{
	freeing char *pipe = fake_path(&scene->fake, "pipe");
	freeing char *script = cni_format(
		"#!/bin/sh\nif [ $CNI_COMMAND = %s ]; then until read line <%s; do :; done; fi\n"
		"echo $CNI_COMMAND one >>%s/log\n"
		"[ $CNI_COMMAND = ADD ] && cat %s/one.answer; exit 0\n",
		command, pipe, scene->fake.dir, scene->fake.dir);

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
	hold(scene, "ADD");
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

/* Holds `first` in its first call of a plugin, and starts `second`, which must wait: `asked` is what the plugins are
 * asked then. */
static void follow(const struct cnitool_scene *scene, const char *held, const char *first,
		   const char *second, const char *asked)
{
	struct plugin_process one;
	struct plugin_process other;

	hold(scene, held);
	/* GC of a namespace would keep no attachment. */
	one = start(scene, first, strcmp(first, "gc") != 0 ? OWN : NULL);
	await_reader(scene);
	other = start(scene, second, OWN);
	await_blocked(&other);
	let_go(scene);
	finish(&one, 0, "");
	finish(&other, 0, "");
	fake_assert_asked(&scene->fake, asked);
}

/* Another interface of the container, or another network, comes after it. */
static void cnitool__does_one_thing_at_a_time_for_a_container(void **state)
{
	if (access("/proc/self/syscall", R_OK) < 0)
		skip_because("/proc has no system calls of processes");
	follow(*state, "ADD", "add", "del", "ADD one\nADD two\nDEL two\nDEL one\n");
}

/* GC has its list of valid attachments by then. */
static void cnitool__add_and_del_wait_for_a_gc(void **state)
{
	const struct cnitool_scene *scene = *state;

	if (access("/proc/self/syscall", R_OK) < 0)
		skip_because("/proc has no system calls of processes");
	follow(scene, "GC", "gc", "add", "GC one\nGC two\nADD one\nADD two\n");
	cnitool_assert_line(scene, "two.GC", "\"cni.dev/valid-attachments\":[]");
	cnitool_succeeds(scene, "check blue " OWN);
	fake_assert_asked(&scene->fake, "CHECK one\nCHECK two\n");
	fake_remove(&scene->fake, "pipe");
	follow(scene, "GC", "gc", "del", "GC one\nGC two\nDEL two\nDEL one\n");
	cnitool_assert_line(scene, "two.GC", "\"cni.dev/valid-attachments\":[{\"containerID\":\"");
}

/* Ten seconds: then GC and ADD fail, and have done nothing; DEL goes on and says so. */
static void cnitool__does_not_wait_for_ever(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_process add;
	struct plugin_process again;
	struct plugin_process gc;
	struct plugin_process del;

	hold(scene, "ADD");
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

/* CHECK is an operation for the container as well: the plugins run in the order of the commands. */
static void cnitool_check__waits_for_an_add_and_del_for_a_check(void **state)
{
	const struct cnitool_scene *scene = *state;

	if (access("/proc/self/syscall", R_OK) < 0)
		skip_because("/proc has no system calls of processes");
	follow(scene, "ADD", "add", "check", "ADD one\nADD two\nCHECK one\nCHECK two\n");
	fake_remove(&scene->fake, "pipe");
	follow(scene, "CHECK", "check", "del", "CHECK one\nCHECK two\nDEL two\nDEL one\n");
}

/* 'check' of all looks at each attachment in its turn. */
static void cnitool_check__of_all_waits_for_a_del(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;
	struct plugin_process add;
	struct plugin_process check;
	struct plugin_process del;

	if (access("/proc/self/syscall", R_OK) < 0)
		skip_because("/proc has no system calls of processes");
	hold(scene, "DEL");
	add = start(scene, "add", OWN);
	finish(&add, 0, "");
	del = start(scene, "del", OWN);
	await_reader(scene);
	check = start(scene, "check", NULL);
	await_blocked(&check);
	let_go(scene);
	finish(&del, 0, "");
	/* The attachment is gone by then: no plugin is asked, and that is no fault. */
	answer = plugin_finish(&check);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, ": skipped: it was deleted meanwhile\n"));
	plugin_answer_clear(&answer);
	fake_assert_asked(&scene->fake, "ADD one\nADD two\nDEL two\nDEL one\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool_gc__waits_for_an_add),
		cnitool_test(cnitool__does_one_thing_at_a_time_for_a_container),
		cnitool_test(cnitool__add_and_del_wait_for_a_gc),
		cnitool_test(cnitool__does_not_wait_for_ever),
		cnitool_test(cnitool_check__waits_for_an_add_and_del_for_a_check),
		cnitool_test(cnitool_check__of_all_waits_for_a_del),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
