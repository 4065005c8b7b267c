/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_scene.h"

#include "cleanup.h"
#include "iptables_which.h"
#include "mem.h"
#include "snapshot.h"

#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

const struct host_pod a1 = {"a1", "br0", "10.1.0.11", "fd01::11"};
const struct host_pod a2 = {"a2", "br0", "10.1.0.12", "fd01::12"};
const struct host_pod b1 = {"b1", "br1", "10.2.0.11", "fd02::11"};

/* ---- the router ---- */

/* A link-local address is of no use for a second while others might have it: not even to ask for a
 * neighbour. */
#define NO_DAD "ipv6/conf/default/accept_dad"

/* The lines are a command each: `netns` NULL: of this host. The last has an end. */
static void run_batch(const char *netns, const char *lines)
{
	FILE *file = fopen(SANDBOX_DIR "/batch", "we");

	assert_non_null(file);
	fputs(lines, file);
	assert_int_equal(fclose(file), 0);
	sandbox_must("ip %s %s -batch " SANDBOX_DIR "/batch", netns ? "-n" : "",
		     netns ? netns : "");
}

static char *bridge_lines(const char *name, const char *ip4, const char *ip6)
{
	return cni_format("link add %s type bridge\nlink set %s up\naddr add %s/24 dev %s\n"
			  "addr add %s/64 dev %s nodad\n",
			  name, name, ip4, name, ip6, name);
}

/* eth0 in a new namespace; its other end is `host`, which is configured by `more`. */
static void make_end(const char *name, const char *host, const char *ip4, const char *ip6,
		     const char *gw4, const char *gw6, const char *more)
{
	freeing char *outer = cni_format("link add %s type veth peer name eth0 netns %s\n"
					 "link set %s up\n%s\n",
					 host, name, host, more);
	freeing char *inner = cni_format("link set lo up\nlink set eth0 up\n"
					 "addr add %s/24 dev eth0\naddr add %s/64 dev eth0 nodad\n"
					 "route add default via %s\nroute add default via %s\n",
					 ip4, ip6, gw4, gw6);

	sandbox_add_netns(name);
	sandbox_set_in(name, NO_DAD, "0");
	run_batch(NULL, outer);
	run_batch(name, inner);
}

static void make_pod(const struct host_pod *pod, const char *gw4, const char *gw6)
{
	freeing char *host = cni_format("veth%s", pod->name);
	freeing char *more = cni_format("link set %s master %s", host, pod->bridge);

	make_end(pod->name, host, pod->ip4, pod->ip6, gw4, gw6, more);
}

int firewall_setup(void **state)
{
	freeing char *br0 = bridge_lines("br0", "10.1.0.1", "fd01::1");
	freeing char *br1 = bridge_lines("br1", "10.2.0.1", "fd02::1");
	freeing char *bridges = cni_format("%s%s", br0, br1);

	if (sandbox_setup(state) < 0 || sandbox_set("ipv4/ip_forward", "1") < 0 ||
	    sandbox_set("ipv6/conf/all/forwarding", "1") < 0 || sandbox_set(NO_DAD, "0") < 0)
		return -1;
	run_batch(NULL, bridges);
	make_pod(&a1, "10.1.0.1", "fd01::1");
	make_pod(&a2, "10.1.0.1", "fd01::1");
	make_pod(&b1, "10.2.0.1", "fd02::1");
	make_end("outside", "out0", OUTSIDE4, OUTSIDE6, "192.0.2.1", "2001:db8::1",
		 "addr add 192.0.2.1/24 dev out0\naddr add 2001:db8::1/64 dev out0 nodad");
	return 0;
}

int firewall_teardown(void **state)
{
	(void)state;
	iptables_use_default();
	umount2("/sys", MNT_DETACH);
	umount2("/var/lib/cni", MNT_DETACH);
	return umount2("/run", MNT_DETACH);
}

/* ---- calls ---- */

static char *requote(char *text)
{
	for (char *c = text; (c = strchr(c, '\'')); c++)
		*c = '"';
	return text;
}

char *firewall_config(const struct host_pod *pod, const char *more)
{
	const char *comma = *more ? "," : "";

	if (!pod)
		return requote(cni_format("{'cniVersion':'1.1.0','name':'blue','type':'firewall'"
					  "%s%s}",
					  comma, more));
	return requote(cni_format(
		"{'cniVersion':'1.1.0','name':'blue','type':'firewall','prevResult':{"
		"'cniVersion':'1.1.0','interfaces':[{'name':'%s'},{'name':'veth%s'},"
		"{'name':'eth0','sandbox':'/run/netns/%s'}],"
		"'ips':[{'interface':2,'address':'%s/24'},{'interface':2,'address':'%s/64'}]}"
		"%s%s}",
		pod->bridge, pod->name, pod->name, pod->ip4, pod->ip6, comma, more));
}

struct plugin_call firewall_call(const struct host_pod *pod, const char *command,
				 const char *config)
{
	static char netns[32];
	struct plugin_call call = {
		.plugin = FIREWALL, .command = command, .config = config, .path = SANDBOX_BIN};

	if (!pod)
		return call;
	snprintf(netns, sizeof(netns), "/run/netns/%s", pod->name);
	call.container = pod->name;
	call.netns = netns;
	call.ifname = "eth0";
	return call;
}

void firewall_succeeds(const char *command, const struct host_pod *pod, const char *more)
{
	freeing char *config = firewall_config(pod, more);
	struct plugin_call call = firewall_call(pod, command, config);

	plugin_succeeds(&call);
}

void firewall_fails(const char *command, const struct host_pod *pod, const char *more, int code,
		    const char *text)
{
	freeing char *config = firewall_config(pod, more);
	struct plugin_call call = firewall_call(pod, command, config);

	plugin_fails(&call, code, text);
}

void firewall_bare_del(const struct host_pod *pod)
{
	freeing char *config = firewall_config(NULL, "");
	struct plugin_call call = firewall_call(pod, "DEL", config);

	call.netns = "";
	plugin_succeeds(&call);
}

/* ---- the host ---- */

void firewall_use_iptables(const char *which)
{
	iptables_use(which);
}

char *firewall_snapshot(void)
{
	/* A carrier is seen later; counters count; iptables(8) that is asked would load its modules; firewalld keeps
	 * chains that it has once made. */
	freeing char *host = sandbox_read(
		"{ ip -o link | sed 's/^[0-9]*: //; s/@if[0-9]*//; s/ state [A-Z]*//; "
		"s/NO-CARRIER,//; s/,LOWER_UP//'; "
		"nft list ruleset | sed -E '/^table inet firewalld /,/^}/d; s/counter packets "
		"[0-9]+ bytes [0-9]+/counter/'; "
		"for f in ip ip6; do while read -r t; do [ \"$t\" != filter ] || "
		"${f}tables-legacy-save -t filter | "
		"sed -E 's/^#.*//; s/\\[[0-9]+:[0-9]+\\]//'; "
		"done </proc/net/${f}_tables_names; done; } 2>&1");
	freeing char *records = snapshot_records();

	return cni_format("%s%s", host, records);
}

static void keep(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

void firewall_assert_unchanged(const char *before)
{
	freeing char *after = firewall_snapshot();

	if (!strcmp(before, after))
		return;
	keep("/run/before", before);
	keep("/run/after", after);
	fflush(stdout);
	sandbox_run("diff -U2 /run/before /run/after >&2");
	fail_msg("the host is not as it was before");
}

static pid_t start_ping(const char *from, const char *address, const char *seconds)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	sandbox_enter_netns(from);
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(2);
	execlp("ping", "ping", "-q", "-c1", "-W", seconds, address, NULL);
	_exit(2);
}

/* At the same time. Returns the number of answers. */
static int ping(const char *from, const char *ip4, const char *ip6, const char *seconds)
{
	const char *const addresses[] = {ip4, ip6};
	pid_t pids[2];
	int answers = 0;

	for (size_t i = 0; i < 2; i++)
		pids[i] = addresses[i] ? start_ping(from, addresses[i], seconds) : -1;
	for (size_t i = 0; i < 2; i++) {
		int status;

		if (pids[i] < 0)
			continue;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		/* 1: none; 2: it could not ask, which a route that is missing is as well. */
		answers += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return answers;
}

void assert_forwarded(const char *from, const char *ip4, const char *ip6)
{
	int expected = (ip4 != NULL) + (ip6 != NULL);
	int got = ping(from, ip4, ip6, "5");

	if (got != expected)
		fail_msg("%d of %d pings of %s came back: %s %s", got, expected, from,
			 ip4 ? ip4 : "", ip6 ? ip6 : "");
}

void assert_dropped(const char *from, const char *ip4, const char *ip6)
{
	int got = ping(from, ip4, ip6, "0.2");

	if (got)
		fail_msg("%d pings of %s came back, expected none: %s %s", got, from,
			 ip4 ? ip4 : "", ip6 ? ip6 : "");
	/* A failed neighbour entry would spoil the next ping. */
	sandbox_must("ip -n %s neigh flush dev eth0", from);
}

void assert_lines(int expected, const char *text, const char *command)
{
	freeing char *out = sandbox_read("%s", command);
	int count = 0;
	char *rest = out;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		count += strstr(line, text) != NULL;
	if (count != expected)
		fail_msg("'%s' has %d lines with '%s', expected %d", command, count, text,
			 expected);
}

static int setup_with(void **state, const char *which)
{
	if (firewall_setup(state) < 0)
		return -1;
	firewall_use_iptables(which);
	*state = (void *)(uintptr_t)which;
	return 0;
}

int firewall_setup_nft(void **state)
{
	return setup_with(state, "nft");
}

int firewall_setup_legacy(void **state)
{
	return setup_with(state, "legacy");
}

bool firewall_has_iptables(void)
{
	return sandbox_run("iptables -S FORWARD >/dev/null 2>&1 && "
			   "ip6tables -S FORWARD >/dev/null 2>&1") == 0;
}
