/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"
#include "snapshot.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX  64
#define PATIENCE_S 60

static int fail_setup(const char *what)
{
	perror(what);
	return -1;
}

static int mount_empty(const char *path)
{
	mkdir(path, 0755);
	return mount("sandbox", path, "tmpfs", 0, "mode=0755");
}

static int set_lo_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	closing int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &lo);
}

int sandbox_set(const char *setting, const char *value)
{
	freeing char *path = cni_format("/proc/sys/net/%s", setting);
	closing int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : -1;
}

/* Settings come with the kernel's module for masquerade, which a plugin's first rule loads: a snapshot would see a
 * change of the host. */
static int load_masquerade(void)
{
	if (access("/proc/sys/net/netfilter/nf_conntrack_max", F_OK) == 0)
		return 0;
	return sandbox_run("nft 'add table ip load; "
			   "add chain ip load post { type nat hook postrouting priority 100; }; "
			   "add rule ip load post masquerade' && nft delete table ip load");
}

int sandbox_setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return fail_setup("unshare");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail_setup("make mounts private");
	if (mount_empty("/run") < 0 || mount_empty("/var/lib/cni") < 0)
		return fail_setup("mount an empty file system");
	if (mount("sandbox", "/sys", "sysfs", 0, NULL) < 0)
		return fail_setup("mount sysfs");
	mkdir(SANDBOX_DIR, 0755);
	return set_lo_up() < 0 ? -1 : load_masquerade();
}

static char *format(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		cni_out_of_memory();
	return text;
}

/* Words alone need no shell: half of what a command costs. */
static bool has_words_only(const char *command)
{
	const char *first = command + strspn(command, " ");

	return !strpbrk(command, "|&;<>()$`\\\"'*?[]#~!{}\n\t") &&
	       !memchr(first, '=', strcspn(first, " "));
}

static int spawn_words(const char *command, const posix_spawn_file_actions_t *files, pid_t *ret_pid)
{
	freeing char *copy = cni_strdup(command);
	char *words[WORDS_MAX + 1];
	char *rest = copy;
	size_t count = 0;

	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
		if (!*word)
			continue;
		if (count == WORDS_MAX)
			return E2BIG;
		words[count++] = word;
	}
	words[count] = NULL;
	return count ? posix_spawnp(ret_pid, words[0], files, NULL, words, environ) : EINVAL;
}

/* The shell interprets all but executables. */
static pid_t start(const char *command, int out)
{
	char *shell[] = {"sh", "-c", (char *)(uintptr_t)command, NULL};
	posix_spawn_file_actions_t files;
	int failed = -1;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&files);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (has_words_only(command))
		failed = spawn_words(command, &files, &pid);
	if (failed)
		failed = posix_spawn(&pid, "/bin/sh", &files, NULL, shell, environ);
	posix_spawn_file_actions_destroy(&files);
	if (failed)
		fail_msg("'%s': %s", command, strerror(failed));
	return pid;
}

static int await_end(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return status;
}

static int run(const char *command)
{
	int status = await_end(start(command, -1));

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int sandbox_run(const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	return run(command);
}

void sandbox_must(const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;
	int code;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	code = run(command);
	if (code != 0)
		fail_msg("'%s' exited with %d", command, code);
}

static bool comes(const char *command)
{
	const struct timespec moment = {.tv_nsec = 20000000};
	freeing char *quiet = cni_format("{ %s; } >/dev/null 2>&1", command);
	time_t start = time(NULL);

	while (run(quiet) != 0) {
		if (time(NULL) - start > PATIENCE_S)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

bool sandbox_comes(const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	return comes(command);
}

void sandbox_await(const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	if (!comes(command))
		fail_msg("not within %d seconds: %s", PATIENCE_S, command);
}

static char *read_output(const char *command)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char buffer[4096];
	ssize_t got;
	int status;
	int ends[2];
	pid_t pid;

	assert_non_null(out);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = start(command, ends[1]);
	close(ends[1]);
	while ((got = read(ends[0], buffer, sizeof(buffer))) > 0)
		fwrite(buffer, 1, (size_t)got, out);
	close(ends[0]);
	fclose(out);
	status = await_end(pid);
	if (status != 0)
		fail_msg("'%s' ended with status %d: %s", command, status, text);
	return text;
}

char *sandbox_read(const char *fmt, ...)
{
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	return read_output(command);
}

cJSON *sandbox_json(const char *fmt, ...)
{
	freeing char *command = NULL;
	freeing char *text = NULL;
	cJSON *json;
	va_list args;

	va_start(args, fmt);
	command = format(fmt, args);
	va_end(args);
	text = read_output(command);
	json = cJSON_Parse(text);
	if (!json)
		fail_msg("'%s' printed no JSON: %s", command, text);
	return json;
}

char *sandbox_snapshot(void)
{
	static const char *const directories[] = {SANDBOX_DIR, "/var/lib/cni"};
	freeing char *net = snapshot_net(NULL);
	freeing char *files = snapshot_files(directories, 2);

	return cni_format("%s# files\n%s", net, files);
}

/* The kernel has workers that follow a link's changes: a route of an IPv6 address may come and go
 * for a moment. A real leftover is still there after a while. */
void sandbox_assert_unchanged(const char *before)
{
	const struct timespec moment = {.tv_nsec = 100000000};
	char *after = sandbox_snapshot();

	for (int i = 0; strcmp(before, after) != 0 && i < 200; i++) {
		free(after);
		nanosleep(&moment, NULL);
		after = sandbox_snapshot();
	}
	sandbox_assert_same(before, after);
	free(after);
}

void sandbox_assert_same(const char *before, const char *after)
{
	if (!strcmp(before, after))
		return;
	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(i ? "/run/after" : "/run/before", "we");

		assert_non_null(file);
		fputs(i ? after : before, file);
		fclose(file);
	}
	fflush(stdout);
	sandbox_run("diff -u /run/before /run/after >&2");
	fail_msg("the host is not as it was before");
}

bool sandbox_has_vlan_filtering(void)
{
	bool has = sandbox_run("ip link add vftest type bridge vlan_filtering 1 2>/dev/null") == 0;

	sandbox_run("ip link del vftest 2>/dev/null");
	return has;
}
