/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster_bird.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 60
#define BIRD_CONF  "/run/bird/bird.conf"
#define BIRD_LOG   "/run/bird/log"
#define BIRDCL	   "birdcl -s /run/bird/bird.ctl"
/* scripts/test unpacks it there, where it is not installed. */
#define UNPACKED CNI_C_SOURCE_DIR "/build/bird/usr/sbin"

bool cluster_has_bird(void)
{
	freeing char *path = cni_format("%s:" UNPACKED, getenv("PATH"));

	setenv("PATH", path, 1);
	return sandbox_run("command -v bird >/dev/null && command -v birdcl >/dev/null") == 0;
}

/* ---- waiting ---- */

/* The log of its BIRD changes with each state of a protocol. */
static int watch_log(const struct cluster_node *node)
{
	freeing char *path = cni_format("/proc/%d/root" BIRD_LOG, (int)node->keeper);
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	assert_true(fd >= 0);
	inotify_add_watch(fd, path, IN_MODIFY);
	return fd;
}

static void drain(int fd)
{
	char data[8192];

	/* ENOBUFS: events were lost, which is an event. */
	while (read(fd, data, sizeof(data)) > 0 || errno == ENOBUFS)
		errno = 0;
}

static _Noreturn void give_up(const struct cluster_node *node, const char *command)
{
	fprintf(stderr, "%s has, without '%s':\n", node->name, command);
	cluster_run(node, "{ ip route; ip -6 route; " BIRDCL " show protocols; tail -n 20 " BIRD_LOG
			  "; } >&2");
	fail_msg("on %s: '%s': not within %d s", node->name, command, PATIENCE_S);
	abort();
}

void cluster_await(const struct cluster_node *node, const char *fmt, ...)
{
	closing int log = watch_log(node);
	struct pollfd fds[] = {{.fd = node->events, .events = POLLIN},
			       {.fd = log, .events = POLLIN}};
	time_t end = time(NULL) + PATIENCE_S;
	freeing char *command = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&command, fmt, args) < 0)
		cni_out_of_memory();
	va_end(args);
	while (cluster_run(node, "%s", command) != 0) {
		time_t now = time(NULL);

		if (now >= end || poll(fds, 2, (int)(end - now) * 1000) <= 0)
			give_up(node, command);
		drain(node->events);
		drain(log);
	}
}

/* ---- the daemon ---- */

void bird_install(const struct cluster_node *node, const char *recipe, const char *sed)
{
	unsigned int number = node->number;

	/* The values of the first node become this node's. */
	cluster_must(node,
		     "sed -e '/^define NODE/s/11;/1%u;/' -e '/^define "
		     "PODS/s/244\\([.:]\\)1\\([.:]\\)/244\\1%u\\2/' "
		     "-e '/^define HOLD/s/9/3/' -e '%s' " CNI_C_SOURCE_DIR
		     "/conf/cluster/%s.conf > " BIRD_CONF,
		     number, number, sed, recipe);
}

static int enter_of(pid_t pid, const char *kind, int type)
{
	freeing char *path = cni_format("/proc/%d/ns/%s", (int)pid, kind);
	closing int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : setns(fd, type);
}

/* In the foreground, and what it says in a file. */
static _Noreturn void run(const struct cluster_node *node, bool recovers)
{
	char *words[] = {
		"bird", "-d", "-c", BIRD_CONF, "-s", "/run/bird/bird.ctl", recovers ? "-R" : NULL,
		NULL};
	int log;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (enter_of(node->keeper, "net", CLONE_NEWNET) < 0 ||
	    enter_of(node->keeper, "mnt", CLONE_NEWNS) < 0)
		_exit(126);
	log = open(BIRD_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log < 0 || dup2(log, STDERR_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(words[0], words);
	_exit(127);
}

void bird_start(struct cluster_node *node, bool recovers)
{
	cluster_must(node, ": > " BIRD_LOG "; rm -f /run/bird/bird.ctl");
	fflush(NULL);
	node->bird = fork();
	assert_true(node->bird >= 0);
	if (node->bird == 0)
		run(node, recovers);
	/* "Started" is in the log when its socket is there. */
	cluster_await(node, "grep -q -e Started -e 'Graceful restart started' " BIRD_LOG);
	bird_must(node, "debug all { states }");
}

void bird_kill(struct cluster_node *node)
{
	assert_true(node->bird > 0);
	assert_int_equal(kill(node->bird, SIGKILL), 0);
	assert_int_equal(waitpid(node->bird, NULL, 0), node->bird);
	node->bird = 0;
}

void bird_must(const struct cluster_node *node, const char *command)
{
	cluster_must(node, BIRDCL " '%s' >/dev/null", command);
}

/* ---- what it has found ---- */

#define ROUTES                                                                                     \
	"{ ip route show 10.244.%u.0/24 proto bird; "                                              \
	"ip -6 route show fd00:10:244:%u::/64 proto bird; } | grep -c -e 'via' -e nexthop"

void bird_await_routes(const struct cluster_node *from, const struct cluster_node *to)
{
	cluster_await(from, "[ $(" ROUTES ") -ge 2 ]", to->number, to->number);
}

void bird_await_no_routes(const struct cluster_node *from, const struct cluster_node *to)
{
	cluster_await(from, "[ $(" ROUTES ") = 0 ]", to->number, to->number);
}

void bird_await_sessions(const struct cluster_node *from, const struct cluster_node *to,
			 bool established)
{
	cluster_await(from,
		      "[ $(" BIRDCL
		      " show protocols | grep '^n%uv[46] ' | grep -c Established) = %d ]",
		      to->number, established ? 2 : 0);
}
