/* SPDX-License-Identifier: Apache-2.0 */
#include "podman.h"

#include "bridge.h"
#include "cleanup.h"
#include "http.h"
#include "mem.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_BOXES 16
#define NAMED	   "/run/netns/"

static struct http_server of_outside_web;
static struct probe_server of_outside;
static struct probe_server of_host;

/* The servers in boxes. */
static struct {
	const struct box *box; /* NULL: none */
	struct probe_server server;
} servers[MOST_BOXES];

static char *missing;
static char *version;
static char *before;

/* ---- the host ---- */

/* Without duplicate address detection of the kernel's own addresses: until it is over, a router
 * cannot ask for its neighbours. Bridged traffic passes the rules of bridges only, as without
 * br_netfilter. */
static int make_outside(void)
{
	int failed;

	sandbox_add_netns("outside");
	failed = sandbox_run(
		"set -e; ip link add uplink type veth peer name in netns outside; "
		"sysctl -qw net.ipv6.conf.uplink.accept_dad=0; "
		"ip netns exec outside sysctl -qw net.ipv6.conf.in.accept_dad=0; "
		"ip addr add 192.0.2.1/24 dev uplink; "
		"ip addr add 2001:db8::1/64 dev uplink nodad; ip link set uplink up; "
		"ip -n outside link set lo up; ip -n outside addr add 192.0.2.2/24 dev in; "
		"ip -n outside addr add 2001:db8::2/64 dev in nodad; ip -n outside link set in up; "
		"for f in ip ip6; do [ ! -e /proc/sys/net/bridge/bridge-nf-call-${f}tables ] || "
		"sysctl -qw net.bridge.bridge-nf-call-${f}tables=0; done");
	if (failed)
		return -1;
	http_serve(&of_outside_web, OUTSIDE);
	probe_serve(&of_outside, OUTSIDE, "outside", PORT);
	probe_serve(&of_host, NULL, "host", PORT);
	return 0;
}

/* podman finds all that it looks for here: it makes no cgroups, sends no events, and sets only
 * limits that a caller without privileges over the machine may set. */
static int configure(void)
{
	mkdir("/var/lib/containers", 0700);
	if (mount("sandbox", "/etc/containers", "tmpfs", 0, NULL) < 0 ||
	    mount("sandbox", "/var/lib/containers", "tmpfs", 0, NULL) < 0 ||
	    mount("sandbox", "/sys/fs/cgroup", "tmpfs", 0, NULL) < 0)
		return -1;
	return sandbox_run("cat >/etc/containers/containers.conf <<'EOF'\n"
			   "[network]\n"
			   "network_backend = \"cni\"\n"
			   "cni_plugin_dirs = [\"" RUNTIMES_BIN "\"]\n"
			   "network_config_dir = \"" PODMAN_NETWORKS "\"\n"
			   "[engine]\n"
			   "cgroup_manager = \"cgroupfs\"\n"
			   "events_logger = \"none\"\n"
			   "runtime = \"crun\"\n"
			   "[containers]\n"
			   "cgroups = \"disabled\"\n"
			   "default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n"
			   "EOF\n"
			   "cat >/etc/containers/storage.conf <<'EOF'\n"
			   "[storage]\n"
			   "driver = \"vfs\"\n"
			   "graphroot = \"" RUNTIMES_DIR "/storage\"\n"
			   "runroot = \"" RUNTIMES_DIR "/storage.run\"\n"
			   "EOF\n"
			   "echo '{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}' "
			   ">/etc/containers/policy.json");
}

/* The names of Debian 12; a later podman has no CNI backend, and reports another one. */
static int find_missing(void)
{
	static const char *const commands[] = {"podman", "crun", "busybox", "curl"};
	freeing char *backend = NULL;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands) && !missing; i++)
		if (!runtimes_have(commands[i]))
			missing = cni_format("there is no %s", commands[i]);
	if (missing)
		return 0;
	if (configure() != 0)
		return -1;
	backend = sandbox_read("podman info --format '{{.Host.NetworkBackend}}' 2>&1 || true");
	if (strcmp(backend, "cni\n") != 0)
		missing = cni_strdup("this podman has no CNI backend");
	return 0;
}

int podman_setup(void **state)
{
	if (runtimes_setup(state) < 0 || make_outside() < 0 || find_missing() < 0)
		return -1;
	if (missing)
		return 0;
	version = sandbox_read("podman --version | sed 's/.*version //' | tr -d '\\n'");
	runtimes_make_image(RUNTIMES_DIR "/box.tar", PODMAN_IMAGE);
	return sandbox_run("podman load -q -i " RUNTIMES_DIR "/box.tar >/dev/null");
}

const char *podman_is_missing(void)
{
	return missing;
}

void podman_begin_row(const char *runtime, const char *version_of_it, const char *exercised)
{
	runtimes_begin(runtime, version_of_it ? version_of_it : version, exercised);
	free(before);
	before = runtimes_snapshot();
}

void podman_end(void)
{
	runtimes_assert_unchanged(before);
	runtimes_end();
}

/* After a failure, what the test has left. */
int podman_teardown(void **state)
{
	for (size_t i = 0; i < MOST_BOXES; i++)
		if (servers[i].box)
			box_leave(servers[i].box);
	if (!missing)
		sandbox_run("{ podman rm -fa -t0; podman network ls -q | grep -vx podman | "
			    "xargs -r podman network rm -f; } >/dev/null 2>&1");
	return runtimes_teardown(state);
}

/* ---- commands ---- */

void podman_must(const char *fmt, ...)
{
	freeing char *words = NULL;
	va_list args;

	va_start(args, fmt);
	assert_true(vasprintf(&words, fmt, args) > 0);
	va_end(args);
	sandbox_must("podman %s >/dev/null", words);
}

void podman_fails(const char *fmt, ...)
{
	freeing char *words = NULL;
	va_list args;

	va_start(args, fmt);
	assert_true(vasprintf(&words, fmt, args) > 0);
	va_end(args);
	if (sandbox_run("podman %s >/dev/null 2>&1", words) == 0)
		fail_msg("'podman %s' succeeded", words);
}

/* ---- boxes ---- */

void box_run(struct box *box, const char *options)
{
	podman_must("run -d --name %s %s " PODMAN_IMAGE, box->name, options);
	box_find(box);
}

static void find_address(const struct box *box, int family, char *address, size_t size)
{
	freeing char *found =
		shown("0.addr_info.0.local", "ip -j -%d -n %s addr show eth0 scope global", family,
		      box->net_ns);

	snprintf(address, size, "%s", found ? found : "");
}

static void serve(const struct box *box)
{
	size_t place = 0;

	while (servers[place].box)
		assert_true(++place < MOST_BOXES);
	servers[place].box = box;
	probe_serve(&servers[place].server, box->netns, box->name, PORT);
}

void box_find(struct box *box)
{
	freeing char *netns = sandbox_read(
		"podman inspect --format '{{.NetworkSettings.SandboxKey}}' %s | tr -d '\\n'",
		box->name);

	box_leave(box);
	assert_int_equal(strncmp(netns, NAMED, strlen(NAMED)), 0);
	snprintf(box->netns, sizeof(box->netns), "%s", netns);
	box->net_ns = box->netns + strlen(NAMED);
	find_address(box, 4, box->ip4, sizeof(box->ip4));
	find_address(box, 6, box->ip6, sizeof(box->ip6));
	serve(box);
}

void box_leave(const struct box *box)
{
	for (size_t i = 0; i < MOST_BOXES; i++)
		if (servers[i].box == box) {
			servers[i].box = NULL;
			probe_stop(&servers[i].server);
		}
}

void box_remove(const struct box *box)
{
	box_leave(box);
	podman_must("rm -f %s", box->name);
}

/* ---- traffic ---- */

void podman_ask(const char *from, const char *to, uint16_t port, const char *who, const char *sees)
{
	freeing char *expected = who ? cni_format("%s %s", who, sees) : NULL;
	struct probe probes[] = {
		{.from = from,
		 .protocol = IPPROTO_TCP,
		 .to = to,
		 .port = port,
		 .expected = expected},
		{.from = from,
		 .protocol = IPPROTO_UDP,
		 .to = to,
		 .port = port,
		 .expected = expected},
	};

	probe_ask(probes, 2);
	probe_assert(&probes[0]);
	probe_assert(&probes[1]);
}

void box_fetches(const struct box *box, const char *url, const char *expected)
{
	freeing char *got =
		sandbox_read("podman exec %s timeout 10 wget -q -O - '%s'", box->name, url);

	got[strcspn(got, "\n")] = '\0';
	assert_string_equal(got, expected);
}

void box_is_cut_off(const struct box *box, const char *url)
{
	podman_fails("exec %s timeout 1 wget -q -O - '%s'", box->name, url);
}

void box_serves(const struct box *box, const char *net_ns, const char *at)
{
	freeing char *expected =
		sandbox_read("podman exec %s sh -c 'sha256sum </www/big'", box->name);
	freeing char *got = sandbox_read(
		"%s%s curl -sS --noproxy '*' --max-time 20 'http://%s/big' | sha256sum",
		net_ns ? "ip netns exec " : "", net_ns ? net_ns : "", at);

	assert_string_equal(got, expected);
}
