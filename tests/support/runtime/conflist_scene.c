/* SPDX-License-Identifier: Apache-2.0 */
#include "conflist_scene.h"

#include "bridge.h"
#include "chain.h"
#include "cleanup.h"
#include "confdir.h"
#include "file.h"
#include "hash.h"
#include "mem.h"
#include "probe.h"
#include "runtimes.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define CNITOOL	  CNI_C_BINARY_DIR "/cnitool/cnitool"
#define NET_D	  CONFLIST_DIR "/net.d"
#define CACHE_DIR "/var/lib/cni"
#define FILE_MAX  (64U << 10)

static struct probe_server outside;
static struct probe_server lan;
static const char *asked_version; /* for a failure to name; NULL: none just now */

/* ---- the node ---- */

/* Without duplicate address detection of link-local addresses: until it is over, a router cannot
 * ask for its neighbours. Bridged traffic passes no rules but those of bridges. The ping is for a
 * snapshot of addresses and routes that are complete. */
int conflist_setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	if (sandbox_run("set -e; mkdir -p " NET_D " " CONFLIST_BIN "; "
			"sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
			"net.ipv6.conf.default.accept_dad=0; "
			"for f in ip ip6; do [ ! -e /proc/sys/net/bridge/bridge-nf-call-${f}tables "
			"] || sysctl -qw net.bridge.bridge-nf-call-${f}tables=0; done; "
			"ip netns add outside; "
			"ip netns exec outside sysctl -qw net.ipv6.conf.default.accept_dad=0; "
			"ip -batch - <<E\n"
			"link add out type veth peer name in netns outside\n"
			"addr add 192.0.2.1/24 dev out\n"
			"addr add 2001:db8:1::1/64 dev out nodad\n"
			"link set out up\nE\n"
			"ip -n outside -batch - <<E\n"
			"link set lo up\n"
			"addr add 192.0.2.2/24 dev in\n"
			"addr add 2001:db8:1::2/64 dev in nodad\n"
			"link set in up\n"
			"route add default via 192.0.2.1\n"
			"route add default via 2001:db8:1::1\nE\n"
			"ip netns exec outside ping -q -c1 -W5 2001:db8:1::1 >/dev/null") != 0)
		return -1;
	probe_serve(&outside, "/run/netns/outside", "outside", CONFLIST_HOST_PORT);
	return 0;
}

int conflist_teardown(void **state)
{
	if (asked_version)
		fprintf(stderr, "# that was at cniVersion %s\n", asked_version);
	asked_version = NULL;
	probe_stop(&outside);
	probe_stop(&lan);
	return runtimes_teardown(state) | bridge_teardown(state);
}

/* ---- lists ---- */

const char *conflist_ifname(const struct conflist *list)
{
	return list->ifname ? list->ifname : "eth0";
}

/* Nothing else of the text changes. */
static char *with_version(const char *text, const char *version)
{
	static const char key[] = "\"cniVersion\"";
	const char *value = strstr(text, key);
	size_t length;

	assert_non_null(value);
	value = strchr(value + strlen(key), '"');
	assert_non_null(value);
	length = strcspn(++value, "\"");
	return cni_format("%.*s%s%s", (int)(value - text), text, version, value + length);
}

/* `version` NULL: as it is. */
static void install(const char *dir, const char *file, const char *version)
{
	freeing char *from = cni_format("%s/%s", dir, file);
	freeing char *to = cni_format(NET_D "/10-%s", file);
	freeing char *changed = NULL;
	freeing char *text = NULL;
	struct cni_error err;
	size_t size;
	FILE *out;

	if (cni_file_read_at(AT_FDCWD, from, true, FILE_MAX, &text, &size, &err) < 0)
		fail_msg("%s", err.msg);
	changed = version ? with_version(text, version) : cni_strdup(text);
	out = fopen(to, "we");
	assert_non_null(out);
	fputs(changed, out);
	assert_int_equal(fclose(out), 0);
}

static void install_list(const struct conflist *list, const char *version)
{
	if (list->is_shipped)
		install(CONFLIST_SHIPPED, list->file, NULL);
	else
		install(CONFLIST_FIXTURES, list->file, version);
}

void conflist_install(const struct conflist *list, const char *version)
{
	asked_version = version;
	install_list(list, version);
	if (list->neighbour)
		install_list(list->neighbour, version);
	if (list->loopback)
		install(CONFLIST_FIXTURES, list->loopback, NULL);
}

/* ---- calls ---- */

static const char *path_of(const struct conflist *list)
{
	return list->path ? list->path : CONFLIST_PLUGINS ":" CONFLIST_IPAM;
}

/* Commands with `pod` NULL need no container. `more` ends in NULL. */
static struct plugin_process start(const struct conflist *list, const struct conflist_pod *pod,
				   const char *ifname, const char *const more[])
{
	freeing char *capabilities =
		cni_format("CAP_ARGS=%s", pod && pod->capabilities ? pod->capabilities : "");
	const char *const environment[] = {"NETCONFPATH=" NET_D, capabilities, NULL};

	return plugin_start(&(struct plugin_call){.plugin = CNITOOL,
						  .path = path_of(list),
						  .ifname = ifname,
						  .args = pod ? pod->args : NULL,
						  .environment = environment,
						  .arguments = more});
}

static void finish_well(struct plugin_process process)
{
	struct plugin_answer answer = plugin_finish(&process);

	plugin_assert_success(&answer);
	/* A DEL of what the cache does not have says so. */
	if (!strstr(answer.err, "' is not attached to '"))
		assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

static void assert_speaks(const cJSON *plugin, const char *version)
{
	freeing char *all = cni_json_print_compact(cni_json_get(plugin, "supportedVersions"));
	freeing char *quoted = cni_format("\"%s\"", version);

	if (!strstr(all, quoted))
		fail_msg("%s does not speak %s: %s", cni_json_get_string(plugin, "type"), version,
			 all);
}

void conflist_prepare_host(const struct conflist *list)
{
	if (list->prepares)
		sandbox_must("%s", list->prepares);
	if (list->has_uplink)
		probe_serve(&lan, "/run/netns/lan", "lan", CONFLIST_CONTAINER_PORT);
}

void conflist_prepare(const struct conflist *list)
{
	const char *const words[] = {"version", list->network, "--json", NULL};
	struct plugin_process process;
	struct plugin_answer answer;
	const cJSON *plugin;

	conflist_prepare_host(list);
	install_list(list, NULL);
	process = start(list, NULL, NULL, words);
	answer = plugin_finish(&process);
	plugin_assert_success(&answer);
	plugin = cni_json_get(answer.json, "plugins");
	assert_true(cJSON_GetArraySize(plugin) > 0);
	for (plugin = plugin->child; plugin; plugin = plugin->next)
		for (size_t i = 0; list->versions[i]; i++)
			assert_speaks(plugin, list->versions[i]);
	plugin_answer_clear(&answer);
}

/* No two pods of Kubernetes have one UID. */
static void tell_apart(char *args, const char *name)
{
	char *uid = strstr(args, "K8S_POD_UID=");

	if (uid)
		uid[strlen("K8S_POD_UID=")] = "0123456789abc"[*name % 13];
}

void conflist_pod_open(const struct conflist *list, struct conflist_pod *pod, const char *name,
		       bool first)
{
	const char *wishes = first ? list->wishes : NULL;
	char digits[CNI_HASH_TEXT_SIZE];

	*pod = (struct conflist_pod){.name = name,
				     .capabilities = first ? list->capabilities
							   : list->capabilities_of_others};
	snprintf(pod->netns, sizeof(pod->netns), "/run/netns/%s", name);
	cni_hash_hex(pod->netns, strlen(pod->netns), digits);
	snprintf(pod->id, sizeof(pod->id), "cnitool-%.20s", digits);
	if (list->args) {
		pod->args =
			cni_format("%s%s%s", list->args, wishes ? ";" : "", wishes ? wishes : "");
		tell_apart(pod->args, name);
	}
	sandbox_add_netns(name);
	if (first) /* once it has been up, lo has addresses */
		sandbox_must("ip -n %s link set lo up && ip -n %s link set lo down", name, name);
}

void conflist_pod_close(struct conflist_pod *pod)
{
	sandbox_del_netns(pod->name);
	for (size_t i = 0; i < 2; i++)
		free(pod->addresses[i]);
	free(pod->args);
	*pod = (struct conflist_pod){.name = pod->name};
}

/* Until 0.3.0 there was one of each family. */
static void take_addresses(struct conflist_pod *pod, const cJSON *result)
{
	const cJSON *ips = cni_json_get(result, "ips");

	for (int i = 0; i < 2; i++) {
		const cJSON *ip =
			ips ? cJSON_GetArrayItem(ips, i) : cni_json_get(result, i ? "ip6" : "ip4");
		const char *text = cni_json_get_string(ip, ips ? "address" : "ip");

		pod->addresses[i] = text ? cni_strndup(text, strcspn(text, "/")) : NULL;
	}
}

struct plugin_answer conflist_add(const struct conflist *list, struct conflist_pod *pod)
{
	const char *const words[] = {"add", list->network, pod->netns, NULL};
	const char *const loopback[] = {"add", list->loopback_network, pod->netns, NULL};
	struct plugin_process beside = {0};
	struct plugin_process process;
	struct plugin_answer answer;

	if (list->loopback)
		beside = start(list, pod, "lo", loopback);
	process = start(list, pod, conflist_ifname(list), words);
	answer = plugin_finish(&process);
	if (list->loopback) {
		struct plugin_answer of_lo = plugin_finish(&beside);

		plugin_assert_success(&of_lo);
		plugin_answer_clear(&of_lo);
	}
	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	take_addresses(pod, answer.json);
	return answer;
}

void conflist_succeeds(const struct conflist *list, const struct conflist_pod *pod,
		       const char *command)
{
	const char *const words[] = {command, list->network, pod->netns, NULL};
	const char *const loopback[] = {command, list->loopback_network, pod->netns, NULL};

	finish_well(start(list, pod, conflist_ifname(list), words));
	if (list->loopback && !strcmp(command, "del"))
		finish_well(start(list, pod, "lo", loopback));
}

static void del_without_netns(const struct conflist *list, const struct conflist_pod *pod,
			      const char *network, const char *ifname)
{
	freeing_json cJSON *capabilities = cJSON_Parse(pod->capabilities ? pod->capabilities : "");
	struct cni_warnings warnings = {0};
	struct cni_conflist of_network;
	struct cni_error err;
	struct cni_chain chain = {.list = &of_network,
				  .path = path_of(list),
				  .cache_dir = CACHE_DIR,
				  .container = pod->id,
				  .netns = "",
				  .ifname = ifname,
				  .args = pod->args,
				  .capability_args = capabilities,
				  .warnings = &warnings};

	if (cni_confdir_find(NET_D, network, &of_network, &warnings, &err) < 0 ||
	    cni_chain_del(&chain, &err) < 0)
		fail_msg("DEL without a namespace: %s %s", err.msg, err.details);
	if (warnings.count)
		fail_msg("DEL without a namespace: %s", warnings.items[0]);
	cni_conflist_clear(&of_network);
}

void conflist_del_without_netns(const struct conflist *list, const struct conflist_pod *pod)
{
	del_without_netns(list, pod, list->network, conflist_ifname(list));
	if (list->loopback)
		del_without_netns(list, pod, list->loopback_network, "lo");
}

void conflist_lose(const struct conflist *list, const struct conflist_pod *pod)
{
	sandbox_must("rm " CACHE_DIR "/results/%s-%s-%s", list->network, pod->id,
		     conflist_ifname(list));
}

void conflist_gc(const struct conflist *list, const struct conflist_pod *one,
		 const struct conflist_pod *other)
{
	freeing char *keep_one = cni_format("--keep=%s/%s", one->id, conflist_ifname(list));
	freeing char *keep_other = cni_format("--keep=%s/%s", other->id, conflist_ifname(list));
	const char *const words[] = {"gc", list->network, "--all", keep_one, keep_other, NULL};

	finish_well(start(list, NULL, NULL, words));
}

void conflist_assert_gone(const struct conflist_pod *pod)
{
	freeing char *left = sandbox_read("{ ip link; nft list ruleset; find " CACHE_DIR
					  " /run/cni -name .cni-c -prune -o -print; "
					  "grep -r --exclude-dir=.cni-c . " CACHE_DIR
					  " /run/cni; } 2>/dev/null | grep %s || true",
					  pod->id);

	if (*left)
		fail_msg("of %s there is left:\n%s", pod->name, left);
}

/* ---- what is left ---- */

/* Away with what stays on purpose; containers begin with the first address again. */
#define STALE(dir) dir "/.cni-c " dir "/*/lock " dir "/*/last_reserved_ip.* "
#define TIDY                                                                                       \
	"rm -rf " STALE(CACHE_DIR "/networks") STALE("/run/cni") "/run/cni/locks; "                \
								 "rmdir " CACHE_DIR                \
								 "/results " CACHE_DIR             \
								 "/flannel 2>/dev/null; "

char *conflist_rest(void)
{
	return sandbox_read(TIDY "nft list ruleset; ip -o link show type veth; "
				 "find " CACHE_DIR " /run/cni ! -type d ! -path '/run/cni/locks/*' "
				 "! -path '/run/cni/sweep/*' 2>/dev/null | sort");
}

void conflist_assert_rest(const struct conflist *list, const char *before)
{
	freeing char *after = NULL;

	if (list->removes)
		sandbox_must("%s", list->removes);
	after = conflist_rest();
	sandbox_assert_same(before, after);
}

char *conflist_snapshot(void)
{
	sandbox_run(TIDY);
	return runtimes_snapshot();
}

void conflist_assert_unchanged(const struct conflist *list, const char *before)
{
	const char *neighbour = list->neighbour ? list->neighbour->bridge : NULL;
	freeing char *after = NULL;

	if (list->bridge)
		sandbox_must("ip link del %s && %s%s", list->bridge,
			     neighbour ? "ip link del " : ":", neighbour ? neighbour : "");
	/* The kernel dismantles a namespace, and the macvlan in it, a moment after its removal. */
	if (list->has_uplink)
		sandbox_await("! ip -d -o link show | grep 'promiscuity [1-9]'");
	asked_version = NULL;
	after = conflist_snapshot();
	sandbox_assert_same(before, after);
}
