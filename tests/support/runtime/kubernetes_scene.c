/* SPDX-License-Identifier: Apache-2.0 */
#include "kubernetes_scene.h"

#include "bridge.h"
#include "cleanup.h"
#include "file.h"
#include "json_text.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 60

struct api_server *api;
static pid_t installer; /* 0: none */

/* ---- the cluster ---- */

static void make_certificates(void)
{
	sandbox_must(
		"set -e; cd " SANDBOX_DIR "; new='openssl req -x509 -newkey ec -pkeyopt "
		"ec_paramgen_curve:P-256 -nodes -days 2'; { for ca in ca other; do "
		"$new -subj /CN=$ca -keyout $ca.key -out $ca.crt; done; "
		"$new -CA ca.crt -CAkey ca.key -subj /CN=api -addext subjectAltName=IP:127.0.0.1 "
		"-addext basicConstraints=CA:FALSE -keyout server.key -out server.crt; "
		"$new -CA ca.crt -CAkey ca.key -subj /CN=api -addext subjectAltName=IP:127.0.0.2 "
		"-addext basicConstraints=CA:FALSE -keyout elsewhere.key -out elsewhere.crt; "
		"$new -CA other.crt -CAkey other.key -subj /CN=api -addext "
		"subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE "
		"-keyout stranger.key -out stranger.crt; } 2>openssl.log || "
		"{ cat openssl.log >&2; exit 1; }; cp ca.crt account/");
}

void kubernetes_begin(void)
{
	sandbox_must("cd " SANDBOX_DIR " && mkdir bin net.d image account state && "
		     "for name in bandwidth bridge host-local; do "
		     "head -c 100000 /dev/urandom >image/$name; done; "
		     "printf 't1\\n' >account/token; "
		     "cp " CNI_C_SOURCE_DIR "/conf/kubernetes/network.conflist " NETWORK);
	make_certificates();
	kubernetes_serve("server");
}

int kubernetes_setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	kubernetes_begin();
	return 0;
}

int kubernetes_teardown(void **state)
{
	(void)state;
	if (installer)
		installer_end(SIGKILL);
	api_server_stop(api);
	api = NULL;
	return 0;
}

void kubernetes_serve(const char *name)
{
	freeing char *cert = cni_format(SANDBOX_DIR "/%s.crt", name);
	freeing char *key = cni_format(SANDBOX_DIR "/%s.key", name);

	api_server_stop(api);
	api = api_server_start(cert, key);
	api_server_set_token(api, "t1");
	kubernetes_node("");
}

void kubernetes_answer(const char *status, const char *body)
{
	freeing char *json = json_text(body);

	api_server_set(api, status, json);
}

/* ---- the installer ---- */

/* exec: the shell's process becomes the installer, or what it runs under. The pid is for signals. */
void installer_start_under(const char *under, const char *environment)
{
	freeing char *command =
		cni_format("echo $$ >" INSTALLER_PID
			   "; exec env NODE_NAME=n1 KUBERNETES_SERVICE_HOST=127.0.0.1 "
			   "KUBERNETES_SERVICE_PORT=%d ACCOUNT_DIR=" ACCOUNT
			   " EXECUTABLES_DIR=" IMAGE_BIN " BIN_DIR=" NODE_BIN " CONF_DIR=" NODE_CONF
			   " NETWORK=" NETWORK " STATE=" INSTALLER_STATE
			   " INTERVAL_MS=20 RETRY_MS=5 HTTPS_PROXY=127.0.0.1:1 "
			   "%s %s " INSTALLER " >/dev/null 2>" INSTALLER_LOG,
			   API_SERVER_PORT, environment ? environment : "", under ? under : "");

	assert_int_equal(installer, 0);
	sandbox_must("rm -f " INSTALLER_STATE " " INSTALLER_LOG);
	fflush(NULL);
	installer = fork();
	assert_true(installer >= 0);
	if (!installer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
}

int installer_end(int signal)
{
	pid_t pid = installer;
	int status = 0;

	installer = 0;
	if (signal)
		kill(pid, signal);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool installer_has_ended(void)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)installer, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid == installer;
}

static bool holds(const char *path, const char *text)
{
	freeing char *data = NULL;
	struct cni_error ignored;
	size_t size;

	return cni_file_read_at(AT_FDCWD, path, false, 1U << 20, &data, &size, &ignored) == 0 &&
	       strstr(data, text);
}

static void await_text(const char *path, const char *text)
{
	const struct timespec moment = {.tv_nsec = 10000000};
	time_t start = time(NULL);

	while (!holds(path, text)) {
		if (time(NULL) - start > PATIENCE_S) {
			sandbox_run("cat " INSTALLER_LOG " >&2");
			fail_msg("%s does not hold '%s'", path, text);
		}
		nanosleep(&moment, NULL);
	}
}

void installer_await(const char *text)
{
	await_text(INSTALLER_STATE, text);
}

void installer_await_log(const char *text)
{
	await_text(INSTALLER_LOG, text);
}

/* ---- the node ---- */

void installer_assert_wrote_nothing(const char *others)
{
	sandbox_must("set -- $(ls -A " NODE_CONF " " NODE_BIN " | grep -v -e : -e '^$' | sort); "
		     "there=\"$*\"; set -- $(printf '%%s\\n' %s | sort); "
		     "[ \"$there\" = \"$*\" ] || { echo \"there is $there\" >&2; exit 1; }",
		     others ? others : "");
}

void installer_assert_installed(const char *ranges)
{
	sandbox_must("diff -r " IMAGE_BIN " " NODE_BIN " && "
		     "! find " NODE_BIN " -type f ! -perm 0755 | grep .");
	assert_shown(ranges, "plugins.0.ipam.ranges", "cat " CONFLIST);
	sandbox_must("[ $(ls -A " NODE_CONF " | wc -l) = 1 ]");
}
