/* SPDX-License-Identifier: Apache-2.0 */
#include "conflist_life.h"

#include "bridge.h"
#include "cleanup.h"
#include "firewall_scene.h"
#include "mem.h"
#include "pod_snapshot.h"
#include "probe.h"
#include "runtimes.h"
#include "test.h"
#include "version.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* ---- while they are attached ---- */

static bool is_at_least(const char *version, const char *other)
{
	int order;

	assert_int_equal(cni_version_compare(version, other, &order), 0);
	return order >= 0;
}

static const char *last_version(const struct conflist *list)
{
	const char *const *version = list->versions;

	while (version[1])
		version++;
	return *version;
}

/* CRI runtimes look for the container's addresses by their interface. */
static void assert_result(const struct conflist *list, const struct conflist_pod *pod,
			  const char *version, const cJSON *result)
{
	assert_json(result, "cniVersion", version);
	if (!is_at_least(version, "0.3.0")) {
		assert_json(result, "ip4.ip", list->addresses[0]);
		assert_json(result, "ip4.gateway", list->gateways[0]);
		assert_json(result, "ip6", NULL);
		return;
	}
	for (int i = 0; i < 2; i++) {
		const cJSON *ip = cJSON_GetArrayItem(cni_json_get(result, "ips"), i);
		const cJSON *index = cni_json_get(ip, "interface");
		const cJSON *interface;

		assert_int_equal(ip != NULL, list->addresses[i] != NULL);
		if (!ip)
			continue;
		interface = cJSON_GetArrayItem(cni_json_get(result, "interfaces"),
					       cJSON_IsNumber(index) ? index->valueint : -1);
		assert_json(ip, "address", list->addresses[i]);
		assert_json(ip, "gateway", list->gateways[i]);
		assert_json(interface, "name", conflist_ifname(list));
		assert_json(interface, "sandbox", pod->netns);
	}
}

/* The link on the host that has the gateways; the caller frees. */
static char *gateways_link(const struct conflist *list, const struct conflist_pod *red)
{
	const char *link = list->gateways_on ? list->gateways_on : list->bridge;

	return link ? cni_strdup(link) : shown("0.dev", "ip -j route show %s", red->addresses[0]);
}

static void assert_addresses(const struct conflist *list, const struct conflist_pod *red)
{
	freeing char *link = list->has_uplink ? NULL : gateways_link(list, red);

	for (int i = 0; i < 2; i++) {
		const char *gateway = list->internal ? NULL : list->gateways[i];
		const char *ifname = conflist_ifname(list);
		freeing char *length = NULL;
		freeing char *address = NULL;

		if (!list->addresses[i])
			continue;
		length = shown("0.addr_info.0.prefixlen", "ip -n red -j -%d addr show %s to %s",
			       i ? 6 : 4, ifname, red->addresses[i]);
		address = cni_format("%s/%s", red->addresses[i], length);
		assert_string_equal(address, list->addresses[i]);
		assert_shown(i && list->routes_ipv4_alone ? NULL : gateway, "0.gateway",
			     "ip -n red -j -%d route show default", i ? 6 : 4);
		if (!list->has_uplink)
			assert_shown(gateway, "0.addr_info.0.local",
				     "ip -j -%d addr show %s scope global", i ? 6 : 4, link);
	}
	if (list->shows)
		sandbox_must("%s", list->shows);
}

/* All at once: what is not answered is waited for. */
static void assert_answers(const struct conflist *list, const struct conflist_pod *red,
			   const struct conflist_pod *blue)
{
	const char *const host[2] = {"192.0.2.1", "2001:db8:1::1"};
	const char *const outside[2] = {"192.0.2.2", "2001:db8:1::2"};
	struct probe probes[8];
	char *answers[8];
	size_t count = 0;

#define ASK(who, whom, at, ...)                                                                    \
	do {                                                                                       \
		answers[count] = cni_format(__VA_ARGS__);                                          \
		probes[count] = (struct probe){.from = (who),                                      \
					       .protocol = IPPROTO_TCP,                            \
					       .to = (whom),                                       \
					       .port = (at),                                       \
					       .expected = answers[count]};                        \
		count++;                                                                           \
	} while (0)

	for (int i = 0; i < 2; i++) {
		if (list->addresses[i] && !list->isolated)
			ASK(blue->netns, red->addresses[i], CONFLIST_CONTAINER_PORT, "red %s",
			    blue->addresses[i]);
		if (list->gateways[i] && list->has_uplink)
			ASK(red->netns, list->gateways[i], CONFLIST_CONTAINER_PORT, "lan %s",
			    red->addresses[i]);
		if (list->gateways[i] && !list->internal && !list->has_uplink)
			ASK(red->netns, outside[i], CONFLIST_HOST_PORT, "outside %s",
			    list->masquerades ? host[i] : red->addresses[i]);
		if (list->gateways[i] && list->publishes)
			ASK("/run/netns/outside", host[i], CONFLIST_HOST_PORT, "red %s",
			    outside[i]);
	}
	if (list->publishes)
		ASK(NULL, "127.0.0.1", CONFLIST_HOST_PORT, "red %s", list->gateways[0]);
	probe_ask(probes, count);
	for (size_t i = 0; i < count; i++) {
		probe_assert(&probes[i]);
		free(answers[i]);
	}
}

static bool bridges_are_filtered(void)
{
	return sandbox_run("[ \"$(cat /proc/sys/net/bridge/bridge-nf-call-iptables)\" = 1 ] "
			   "2>/dev/null") == 0;
}

static void assert_reach(const struct conflist *list, const struct conflist_pod *red,
			 const struct conflist_pod *blue)
{
	struct probe_server server;

	if (list->shows_packets || (!list->addresses[0] && !list->addresses[1]))
		return;
	if (list->isolated && bridges_are_filtered())
		assert_dropped(red->name, blue->addresses[0], blue->addresses[1]);
	else
		assert_forwarded(red->name, blue->addresses[0], blue->addresses[1]);
	if (list->internal)
		sandbox_must("! ip -n red route get 192.0.2.2 2>/dev/null");
	probe_serve(&server, red->netns, "red", CONFLIST_CONTAINER_PORT);
	assert_answers(list, red, blue);
	probe_stop(&server);
}

void conflist_attach(const struct conflist *list, const char *version, struct conflist_pod *red,
		     struct conflist_pod *blue)
{
	struct plugin_answer answer;

	conflist_install(list, version);
	conflist_pod_open(list, red, "red", true);
	conflist_pod_open(list, blue, "blue", false);
	answer = conflist_add(list, red);
	assert_result(list, red, version, answer.json);
	plugin_answer_clear(&answer);
	answer = conflist_add(list, blue);
	plugin_answer_clear(&answer);
	assert_addresses(list, red);
	assert_reach(list, red, blue);
}

/* The pod is foreign at the same time. */
void conflist_assert_kept_apart(const struct conflist *list, const struct conflist_pod *red)
{
	struct conflist_pod green;
	struct plugin_answer answer;

	conflist_pod_open(list->neighbour, &green, "green", true);
	answer = conflist_add(list->neighbour, &green);
	plugin_answer_clear(&answer);
	assert_forwarded("green", "192.0.2.2", NULL);
	assert_dropped("red", green.addresses[0], NULL);
	assert_dropped("green", red->addresses[0], NULL);
	conflist_succeeds(list->neighbour, &green, "del");
	conflist_pod_close(&green);
}

/* ---- and when they go ---- */

static void assert_collected(const struct conflist *list, const struct conflist_pod *red,
			     const struct conflist_pod *blue)
{
	struct conflist_pod lost;
	struct plugin_answer answer;

	conflist_succeeds(list, red, "status");
	conflist_pod_open(list, &lost, "lost", false);
	answer = conflist_add(list, &lost);
	plugin_answer_clear(&answer);
	conflist_lose(list, &lost);
	conflist_gc(list, red, blue);
	if (list->loopback)
		sandbox_must("rm /var/lib/cni/results/%s-%s-lo", list->loopback_network, lost.id);
	conflist_assert_gone(&lost);
	sandbox_must("! ip -n lost link show %s 2>/dev/null", conflist_ifname(list));
	conflist_pod_close(&lost);
	/* With an address that is asked for, it was another one with that. */
	if (list->capabilities_of_others)
		sandbox_must("ip -n %s neigh flush all", red->name);
	conflist_succeeds(list, red, "check");
	if (!list->shows_packets && (red->addresses[0] || red->addresses[1]))
		assert_forwarded(red->name, blue->addresses[0], blue->addresses[1]);
}

/* As containerd deletes a pod: once with everything and once with nothing. */
static void del_as_cri(const struct conflist *list, struct conflist_pod *pod)
{
	conflist_succeeds(list, pod, "del");
	conflist_assert_gone(pod);
	conflist_del_without_netns(list, pod);
}

/* As ctr and nerdctl do: never with a namespace. Then the namespace goes, and it comes again.
 * `rest`: what there was without containers, of which this is the last one. */
static void del_as_ctr(const struct conflist *list, struct conflist_pod *pod, const char *rest)
{
	conflist_del_without_netns(list, pod);
	conflist_assert_rest(list, rest);
	sandbox_del_netns(pod->name);
	conflist_succeeds(list, pod, "del");
}

static void live_at(const struct conflist *list, const char *version, struct conflist_pod *red,
		    const char *rest)
{
	bool is_checked = is_at_least(version, "0.4.0");
	bool is_last = !strcmp(version, last_version(list));
	struct conflist_pod blue;

	conflist_attach(list, version, red, &blue);
	if (list->neighbour && is_last)
		conflist_assert_kept_apart(list, red);
	if (is_checked)
		conflist_succeeds(list, red, "check");
	if (is_at_least(version, "1.1.0"))
		assert_collected(list, red, &blue);
	del_as_cri(list, red);
	if (is_checked)
		conflist_succeeds(list, &blue, "check");
	del_as_ctr(list, &blue, rest);
	conflist_pod_close(&blue);
}

/* ---- the tests ---- */

static void begin_row(const struct conflist *list)
{
	const char *const *version = list->versions;
	const char *last = last_version(list);
	freeing char *versions = cni_strdup(*version);
	freeing char *exercised = NULL;

	while (*++version) {
		char *longer = cni_format("%s, %s", versions, *version);

		free(versions);
		versions = longer;
	}
	exercised = cni_format("two containers, %s%s%s%s, DEL twice%s",
			       !list->addresses[0] ? "frames"
			       : list->isolated	   ? "no ping"
						   : "ping",
			       list->publishes ? ", hostPort" : "",
			       list->neighbour ? ", kept apart from another network" : "",
			       is_at_least(last, "0.4.0") ? ", CHECK" : "",
			       is_at_least(last, "1.1.0") ? ", STATUS, GC" : "");
	runtimes_begin(list->runtime, versions, exercised);
}

/* The sanitizers' quick run takes the oldest and the newest version: the executables that are handed out run
 * in all of them. */
static bool is_left_out(const struct conflist *list, const char *const *at)
{
	return test_is_sanitized() && !getenv("CNI_C_SLOW") && at != list->versions && at[1];
}

void conflist__lives_as_its_runtime_has_it(void **state)
{
	const struct conflist *list = *state;
	freeing char *inside = NULL;
	freeing char *before = NULL;
	freeing char *rest = NULL;
	struct conflist_pod red;

	begin_row(list);
	conflist_prepare(list);
	before = conflist_snapshot();
	rest = conflist_rest();
	conflist_pod_open(list, &red, "red", true);
	inside = pod_snapshot("red");
	conflist_pod_close(&red);
	for (const char *const *at = list->versions; *at; at++) {
		if (is_left_out(list, at))
			continue;
		live_at(list, *at, &red, rest);
		if (!at[1])
			pod_assert_unchanged("red", inside, list->runtime);
		conflist_pod_close(&red);
	}
	conflist_assert_unchanged(list, before);
	runtimes_end();
}
