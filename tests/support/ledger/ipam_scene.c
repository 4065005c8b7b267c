/* SPDX-License-Identifier: Apache-2.0 */
#include "ipam_scene.h"

#include "cleanup.h"
#include "host_local_calls.h"
#include "mem.h"
#include "sandbox.h"

#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONFLIST "net.d/20-pool.conflist"

int ipam_scene_setup(void **state)
{
	struct cnitool_scene *scene;

	if (access(HOST_LOCAL, X_OK) < 0) {
		perror(HOST_LOCAL);
		return -1;
	}
	cnitool_setup(state);
	scene = *state;
	free(scene->path);
	scene->path = cni_strdup(CNI_C_BINARY_DIR "/ipam");
	ipam_configure(scene, IPAM_V4);
	return 0;
}

static char *plugin_config(const struct cnitool_scene *scene, const char *keys)
{
	return cni_format("\"type\":\"host-local\",\"ipam\":{\"type\":\"host-local\",\"dataDir\":"
			  "\"%s/leases\",%s}",
			  scene->fake.dir, keys);
}

void ipam_configure(const struct cnitool_scene *scene, const char *keys)
{
	freeing char *plugin = plugin_config(scene, keys);
	freeing char *list = cni_format(
		"{\"cniVersion\":\"1.1.0\",\"name\":\"pool\",\"plugins\":[{%s}]}", plugin);
	freeing char *single =
		cni_format("{\"cniVersion\":\"1.1.0\",\"name\":\"pool\",%s}", plugin);

	fake_write(&scene->fake, CONFLIST, list);
	fake_write(&scene->fake, "pool.conf", single);
}

static void call(const struct cnitool_scene *scene, const char *command, const char *container,
		 const char *netns)
{
	freeing char *config = fake_read(&scene->fake, "pool.conf");
	struct plugin_call asked = host_local_call(command, container, config);

	asked.netns = netns;
	plugin_succeeds(&asked);
}

void ipam_add(const struct cnitool_scene *scene, const char *container, const char *netns)
{
	call(scene, "ADD", container, netns);
}

void ipam_del(const struct cnitool_scene *scene, const char *container)
{
	call(scene, "DEL", container, "");
}

/* ---- namespaces ---- */

static _Noreturn void live_in_netns(int ready)
{
	bool is_in = unshare(CLONE_NEWNET) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;

	if (is_in && write(ready, "", 1) == 1)
		pause();
	_exit(1);
}

pid_t ipam_start_netns(char path[32])
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		live_in_netns(ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	snprintf(path, 32, "/proc/%d/ns/net", pid);
	/* Stays open until we end: the number is not reused for a namespace that a test calls
	 * gone. */
	assert_true(open(path, O_RDONLY | O_CLOEXEC) >= 0);
	return pid;
}

void ipam_stop_netns(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- files ---- */

void ipam_put(const struct cnitool_scene *scene, const char *name, const char *text)
{
	freeing char *path = cni_format(IPAM_LEDGER "%s", name);

	fake_write(&scene->fake, path, text);
}

void ipam_must(const struct cnitool_scene *scene, const char *fmt, ...)
{
	char *command;
	va_list args;

	va_start(args, fmt);
	assert_true(vasprintf(&command, fmt, args) >= 0);
	va_end(args);
	sandbox_must("cd %s && %s", scene->fake.dir, command);
	free(command);
}

char *ipam_snapshot(const struct cnitool_scene *scene)
{
	return sandbox_read("cd %s/leases && find . -printf '%%p %%y %%m %%i %%s %%T@ %%l\\n' | "
			    "sort && find . -type f -exec sha256sum {} + | sort",
			    scene->fake.dir);
}

void ipam_assert_unchanged(const struct cnitool_scene *scene, const char *before)
{
	freeing char *after = ipam_snapshot(scene);

	assert_string_equal(after, before);
}

/* ---- cnitool ---- */

/* "  3s  " becomes "  0s  ": tests are not that quick everywhere. */
static void forget_seconds(char *text)
{
	for (char *at = strstr(text, "s "); at; at = strstr(at + 1, "s "))
		if (at > text + 1 && isdigit((unsigned char)at[-1]) && at[-2] == ' ')
			at[-1] = '0';
}

void ipam_prints(const struct cnitool_scene *scene, const char *line, const char *expected)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	plugin_assert_success(&answer);
	forget_seconds(answer.out);
	assert_string_equal(answer.out, expected);
	plugin_answer_clear(&answer);
}

static void assert_remarks_only(const char *text)
{
	static const char remark[] = "cnitool: warning: '";

	for (; *text; text = strchr(text, '\n') + 1)
		if (strncmp(text, remark, strlen(remark)) != 0)
			fail_msg("%s", text);
}

void ipam_finds(const struct cnitool_scene *scene, const char *expected)
{
	freeing char *before = ipam_snapshot(scene);
	struct plugin_answer answer = cnitool_run(scene, "ipam verify pool");

	assert_string_equal(answer.out, *expected ? expected : "nothing wrong\n");
	assert_int_equal(answer.exit_code, *expected ? 1 : 0);
	assert_remarks_only(answer.err);
	plugin_answer_clear(&answer);
	ipam_assert_unchanged(scene, before);
}
