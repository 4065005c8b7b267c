/* SPDX-License-Identifier: Apache-2.0 */
#include "containerd.h"

#include "bridge.h"
#include "cleanup.h"
#include "http.h"
#include "json_text.h"
#include "mem.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONFIG	   RUNTIMES_DIR "/containerd.toml"
#define CONFDIR	   CONTAINERD_NETWORKS
#define GC_CONFDIR RUNTIMES_DIR "/gc.d"
#define LOG	   RUNTIMES_DIR "/containerd.log"
#define CRUN	   RUNTIMES_DIR "/crun"
#define IMAGE	   RUNTIMES_DIR "/pod.tar"

static pid_t daemon_pid; /* 0: none */
static struct http_server outside;

const char *containerd_lacks(void)
{
	static const char *const commands[] = {"containerd", "ctr", "crun", "busybox"};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!runtimes_have(commands[i]))
			return commands[i];
	return NULL;
}

/* ---- configuration ---- */

/* crun, because runc insists on cgroups, which are the machine's. Without cgroups crun does not
 * know a container's processes, and containerd 1.7 takes a shim without processes for a leaked one
 * when it starts again: the script reports the first process. Features that need more than a
 * machine in a container has are off. */
static void write_configuration(void)
{
	sandbox_must("cat >" CRUN " <<'END' && chmod +x " CRUN "\n"
		     "#!/bin/sh\n"
		     "case \"$*\" in\n"
		     "*' ps --format json '*) crun --cgroup-manager=disabled \\\n"
		     "  $(echo \"$*\" | sed 's/ ps --format json / state /') | jq '[.pid]' ;;\n"
		     "*) exec crun --cgroup-manager=disabled \"$@\" ;;\n"
		     "esac\n"
		     "END");
	sandbox_must(
		"mkdir " CONFDIR " && cat >" CONFIG " <<'END'\n"
		"version = 2\n"
		"root = '" RUNTIMES_DIR "/root'\n"
		"state = '" RUNTIMES_DIR "/state'\n"
		"disabled_plugins = ['io.containerd.internal.v1.opt',\n"
		"  'io.containerd.snapshotter.v1.aufs', 'io.containerd.snapshotter.v1.btrfs',\n"
		"  'io.containerd.snapshotter.v1.devmapper', "
		"'io.containerd.snapshotter.v1.zfs']\n"
		"[grpc]\n"
		"  address = '" CRI_SOCKET "'\n"
		"[plugins.'io.containerd.grpc.v1.cri']\n"
		"  sandbox_image = '" POD_IMAGE "'\n"
		"  disable_apparmor = true\n"
		"  disable_cgroup = true\n"
		"  restrict_oom_score_adj = true\n"
		"[plugins.'io.containerd.grpc.v1.cri'.cni]\n"
		"  bin_dir = '" RUNTIMES_BIN "'\n"
		"  conf_dir = '" CONFDIR "'\n"
		"  conf_template = '" CONTAINERD_TEMPLATE "'\n"
		"[plugins.'io.containerd.grpc.v1.cri'.containerd]\n"
		"  snapshotter = 'native'\n"
		"[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]\n"
		"  runtime_type = 'io.containerd.runc.v2'\n"
		"[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\n"
		"  BinaryName = '" CRUN "'\n"
		"END");
}

/* The image of runtimes.h, with a layer that serves. */
static void make_image(void)
{
	runtimes_make_image(IMAGE, POD_IMAGE);
	sandbox_must("set -e; work=$(mktemp -d); cd $work; tar -xf " IMAGE
		     "; mkdir -p www/cgi-bin; "
		     "cat >www" POD_TEXT " <<'END'\n"
		     "#!/bin/sh\n"
		     "echo Content-Type: text/plain\n"
		     "echo\n"
		     "address=${REMOTE_ADDR#[}; address=${address%%]}\n"
		     "echo $(hostname) ${address#::ffff:}\n"
		     "END\n"
		     "chmod +x www" POD_TEXT "; tar -cf top.tar www; "
		     "jq --arg diff sha256:$(sha256sum top.tar | cut -d' ' -f1) "
		     "'.rootfs.diff_ids += [$diff] | .config.Cmd = (\"httpd -f -p %u -h /www\" / "
		     "\" \")' "
		     "config.json >new; mv new config.json; "
		     "jq '.[0].Layers += [\"top.tar\"]' manifest.json >new; mv new manifest.json; "
		     "rm -r www; tar -cf " IMAGE " -- *; cd /; rm -r $work",
		     POD_PORT);
}

/* ---- the daemon ---- */

/* For each shim that was killed while it began it waits five seconds. */
#define READY_S 120

void containerd_start(void)
{
	time_t start = time(NULL);

	fflush(NULL);
	daemon_pid = fork();
	assert_true(daemon_pid >= 0);
	if (!daemon_pid) {
		int log = open(LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		execlp("containerd", "containerd", "-c", CONFIG, NULL);
		_exit(127);
	}
	while (!cri_is_ready()) {
		if (time(NULL) - start > READY_S) {
			sandbox_run("tail -n 30 " LOG " >&2");
			fail_msg("containerd is not ready");
		}
		usleep(10000);
	}
}

void containerd_kill(void)
{
	kill(daemon_pid, SIGKILL);
	assert_int_equal(waitpid(daemon_pid, NULL, 0), daemon_pid);
	daemon_pid = 0;
}

void containerd_set_network(const char *list)
{
	freeing char *json = json_text(list);

	sandbox_must("cat >" CONFDIR "/.new <<'END' && mv " CONFDIR "/.new " CONFDIR
		     "/10-pods.conflist\n%s\nEND",
		     json);
	/* It would see the file by itself, but not say when. */
	if (daemon_pid) {
		containerd_kill();
		containerd_start();
	}
}

void containerd_collect_garbage(void)
{
	sandbox_must("mkdir " GC_CONFDIR " && "
		     "jq '.cniVersion = \"1.1.0\"' " CONFDIR "/10-pods.conflist >" GC_CONFDIR
		     "/pods.conflist && "
		     "jq -n '{cniVersion: \"1.1.0\", name: \"cni-loopback\", "
		     "plugins: [{type: \"loopback\"}]}' >" GC_CONFDIR "/lo.conflist && "
		     "for network in pods cni-loopback; do "
		     "NETCONFPATH=" GC_CONFDIR " CNI_PATH=" RUNTIMES_BIN " " CNI_C_BINARY_DIR
		     "/cnitool/cnitool gc $network --all || exit 1; done; rm -r " GC_CONFDIR);
}

void containerd_begin(const char *runtime, const char *exercised)
{
	freeing char *version = sandbox_read("containerd --version | cut -d' ' -f3 | tr -d '\\n'");

	runtimes_begin(runtime, version, exercised);
}

static void make_outside(void)
{
	sandbox_add_netns("outside");
	sandbox_must("set -e; ip link add out type veth peer name in netns outside; "
		     "sysctl -qw net.ipv6.conf.out.accept_dad=0; "
		     "ip netns exec outside sysctl -qw net.ipv6.conf.in.accept_dad=0; "
		     "ip addr add 192.0.2.1/24 dev out; "
		     "ip addr add 2001:db8:1::1/64 dev out nodad; ip link set out up; "
		     "ip -n outside addr add 192.0.2.2/24 dev in; "
		     "ip -n outside addr add 2001:db8:1::2/64 dev in nodad; "
		     "ip -n outside link set in up; ip -n outside link set lo up");
	http_serve(&outside, "/run/netns/outside");
}

int containerd_setup(void **state)
{
	if (runtimes_setup(state) < 0)
		return -1;
	if (containerd_lacks())
		return 0;
	make_outside();
	/* crun wants to know which kind of cgroups it is not to use. */
	sandbox_must("mount -t tmpfs sandbox /sys/fs/cgroup");
	write_configuration();
	make_image();
	containerd_set_network(CONTAINERD_NETWORK(""));
	containerd_start();
	sandbox_must(CONTAINERD_CTR " -n k8s.io images import --snapshotter native " IMAGE
				    " >/dev/null");
	/* It hears of the image a little later. */
	for (int i = 0; !cri_has_image(POD_IMAGE); i++) {
		assert_true(i < 1000);
		usleep(10000);
	}
	return 0;
}

/* ---- what is left ---- */

char *containerd_snapshot(void)
{
	return runtimes_snapshot();
}

void containerd_assert_nothing_left(const char *before)
{
	freeing char *namespaces = sandbox_read("ls /run/netns");

	assert_string_equal(namespaces, "outside\n");
	assert_int_equal(cri_count(), 0);
	assert_shown("[]", "", "ip -j link show master cni0");
	sandbox_must("ip link del cni0");
	/* Where libcni keeps results; not if there is one. */
	sandbox_run("rmdir /var/lib/cni/results 2>/dev/null");
	runtimes_assert_unchanged(before);
}

/* ---- who answers ---- */

/* libcni remembers it. */
char *containerd_netns(const struct cri_pod *pod)
{
	char *name = sandbox_read(
		"jq -r '.result.interfaces[].sandbox // empty' /var/lib/cni/results/pods-%s-eth0 | "
		"xargs basename",
		pod->id);

	name[strcspn(name, "\n")] = '\0';
	return name;
}

/* "" without an answer. The caller frees. (Debian's wget of busybox crashes on -T.) */
static char *ask(const char *netns, const char *address, unsigned int port, int seconds)
{
	bool six = strchr(address, ':');
	char *answer = sandbox_read("timeout %d %s %s busybox wget -q -O - "
				    "'http://%s%s%s:%u" POD_TEXT "' 2>/dev/null || true",
				    seconds, netns ? "ip netns exec" : "", netns ? netns : "",
				    six ? "[" : "", address, six ? "]" : "", port);

	answer[strcspn(answer, "\n")] = '\0';
	return answer;
}

/* A pod is ready before its server listens, so that it may be asked again. */
void containerd_assert_answer(const char *netns, const char *address, unsigned int port,
			      const char *expected)
{
	char *answer = ask(netns, address, port, expected ? 5 : 1);

	for (int i = 0; i < 100 && expected && !*answer; i++) {
		free(answer);
		usleep(50000);
		answer = ask(netns, address, port, 5);
	}
	if (strcmp(answer, expected ? expected : "") != 0)
		fail_msg("%s port %u from %s: '%s', expected '%s'", address, port,
			 netns ? netns : "the host", answer, expected ? expected : "nothing");
	free(answer);
}
