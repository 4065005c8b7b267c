/* SPDX-License-Identifier: Apache-2.0 */
#include "runtimes.h"

#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a host of its own ---- */

/* Waits for everything that loses its parents, until `child` ends, and ends likewise. */
static _Noreturn void end_with(pid_t child)
{
	int status = 0;
	pid_t pid;

	do
		pid = wait(&status);
	while (pid != child && (pid > 0 || errno == EINTR));
	_exit(pid == child && WIFEXITED(status) ? WEXITSTATUS(status) : 128);
}

/* The rest runs in a child, which does not outlive us. */
static int go_on_in_child(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid > 0)
		end_with(pid);
	return pid < 0 ? -1 : prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* The first process in there only waits: when it ends, all others are killed. The test is its
 * child. */
static int enter_pid_namespace(void)
{
	if (unshare(CLONE_NEWPID) < 0)
		return -1;
	return go_on_in_child() < 0 ? -1 : go_on_in_child();
}

static int mount_new(const char *type, const char *path)
{
	return mount("sandbox", path, type, MS_NOSUID | MS_NODEV, NULL);
}

/* As they are installed: where to is this build's choice. */
static int install(void)
{
	return sandbox_run("DESTDIR=" RUNTIMES_DIR "/root cmake --install " CNI_C_BINARY_DIR
			   " --component plugins >/dev/null && "
			   "mv $(dirname $(find " RUNTIMES_DIR
			   "/root -name host-local)) " RUNTIMES_BIN " && "
			   "rm -r " RUNTIMES_DIR "/root");
}

/* Modules that are loaded when they are first needed bring settings with them, which would look as
 * if a plugin had left them. */
static int load_modules(void)
{
	return sandbox_run(
		"nft 'table inet first { chain c { type nat hook postrouting priority 0; "
		"ct state new masquerade; }; }' && nft delete table inet first && "
		"ip link add first type bridge && ip link del first");
}

int runtimes_setup(void **state)
{
	if (enter_pid_namespace() < 0 || sandbox_setup(state) < 0) {
		perror("namespaces");
		return -1;
	}
	/* Locks in shared memory are found by name. */
	if (mount_new("proc", "/proc") < 0 || mount_new("tmpfs", "/dev/shm") < 0) {
		perror("mount");
		return -1;
	}
	if (mkdir(RUNTIMES_DIR, 0755) < 0 || mkdir(RUNTIMES_DIR "/tmp", 0700) < 0 ||
	    setenv("TMPDIR", RUNTIMES_DIR "/tmp", 1) < 0 || setenv("HOME", RUNTIMES_DIR, 1) < 0)
		return -1;
	if (sandbox_run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1") != 0)
		return -1;
	return load_modules() == 0 ? install() : -1;
}

bool runtimes_have(const char *command)
{
	return sandbox_run("command -v %s >/dev/null", command) == 0;
}

/* ---- an image ---- */

/* GOARCH, as image archives have it. */
#define ARCHITECTURE                                                                               \
	"$(dpkg --print-architecture | sed 's/armhf/arm/; s/armel/arm/; s/i386/386/; "             \
	"s/ppc64el/ppc64le/; s/mips64el/mips64le/')"

void runtimes_make_image(const char *tar, const char *reference)
{
	sandbox_must(
		"set -e; work=$(mktemp -d); cd $work; "
		"mkdir root; cd root; mkdir bin etc proc sys dev tmp var www root; "
		"cp $(command -v busybox) bin/busybox; "
		"(cd bin; ./busybox --list | while read a; do [ $a = busybox ] || echo $a; done | "
		"xargs -n1 ln -s busybox); "
		"echo root:x:0:0:root:/root:/bin/sh >etc/passwd; echo root:x:0: >etc/group; "
		"head -c 1048576 /dev/urandom >www/big; echo box >www/index.html; "
		"tar -cf ../layer.tar .; cd ..; "
		"diff=$(sha256sum layer.tar | cut -d' ' -f1); "
		"printf "
		"'{\"architecture\":\"%%s\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"/bin/sh\","
		"\"-c\",\"httpd -p 80 -h /www; trap exit TERM; sleep 1d & wait\"],"
		"\"Env\":[\"PATH=/bin\"]},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:%%s\"]}}' " ARCHITECTURE
		" $diff >config.json; "
		"printf '[{\"Config\":\"config.json\",\"RepoTags\":[\"%s\"],"
		"\"Layers\":[\"layer.tar\"]}]' >manifest.json; "
		"tar -cf %s manifest.json config.json layer.tar; cd /; rm -r $work",
		reference, tar);
}

/* ---- rows ---- */

static struct {
	char *runtime; /* NULL: no row has begun */
	char *version;
	char *exercised;
	bool held;
} row;

void runtimes_begin(const char *runtime, const char *version, const char *exercised)
{
	row.runtime = cni_strdup(runtime);
	row.version = cni_strdup(version);
	row.exercised = cni_strdup(exercised);
	row.held = false;
}

void runtimes_end(void)
{
	row.held = true;
}

static int write_row(const char *path)
{
	FILE *file = fopen(path, "ae");

	if (!file)
		return -1;
	fprintf(file, "%s\t%s\t%s\t%s\n", row.runtime, row.version, row.exercised,
		row.held ? "works" : "**fails**");
	return fclose(file);
}

int runtimes_teardown(void **state)
{
	const char *path = getenv("RUNTIMES_ROWS");
	int written = row.runtime && path ? write_row(path) : 0;

	(void)state;
	free(row.runtime);
	free(row.version);
	free(row.exercised);
	row.runtime = row.version = row.exercised = NULL;
	return written;
}

/* ---- what is left ---- */

char *runtimes_snapshot(void)
{
	freeing char *host = NULL;
	freeing char *records = NULL;

	/* libcni's cache, if it is empty. */
	rmdir("/var/lib/cni/results");
	host = bridge_snapshot();
	records = sandbox_read("{ find /run/cni ! -type d ! -path '/run/cni/locks/*' "
			       "! -path '/run/cni/sweep/*' | sort; } 2>/dev/null");
	return cni_format("%s# /run/cni\n%s", host, records);
}

void runtimes_assert_unchanged(const char *before)
{
	freeing char *after = runtimes_snapshot();

	sandbox_assert_same(before, after);
}
