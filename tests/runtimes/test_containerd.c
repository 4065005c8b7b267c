/* SPDX-License-Identifier: Apache-2.0 */
/* Pods of containerd's CRI plugin, one and two of them. */
#include "bridge.h"
#include "cleanup.h"
#include "containerd.h"
#include "http.h"
#include "json_text.h"
#include "mem.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"
#include "traffic.h"

#include <stdlib.h>
#include <string.h>

#define MBIT 1e6

/* ---- one pod ---- */

static void assert_attached(const struct cri_pod *pod, const char *netns)
{
	assert_string_equal(pod->addresses[0], "10.88.0.2");
	assert_string_equal(pod->addresses[1], "fd88::2");
	assert_shown(pod->addresses[0], "0.addr_info.0.local", "ip -n %s -j -4 addr show eth0",
		     netns);
	assert_shown("10.88.0.1", "0.gateway", "ip -n %s -j route show default", netns);
	assert_shown("fd88::1", "0.gateway", "ip -n %s -j -6 route show default", netns);
	assert_shown("127.0.0.1", "0.addr_info.0.local", "ip -n %s -j addr show lo", netns);
	sandbox_must("ip netns exec %s ping -q -c1 -W5 10.88.0.1 >/dev/null", netns);
	sandbox_must("ip netns exec %s ping -q -c1 -W5 fd88::1 >/dev/null", netns);
}

/* The pod's port as it is, and as the host publishes it at 8080. */
static void assert_answers(const char *netns)
{
	static const struct {
		const char *from; /* "": the pod itself; NULL: the host */
		const char *to;
		unsigned int port;
		const char *answer;
	} ways[] = {
		{NULL, "10.88.0.2", POD_PORT, "red 10.88.0.1"},
		{NULL, "fd88::2", POD_PORT, "red fd88::1"},
		{"outside", "192.0.2.1", 8080, "red 192.0.2.2"},
		{"outside", "2001:db8:1::1", 8080, "red 2001:db8:1::2"},
		{NULL, "192.0.2.1", 8080, "red 192.0.2.1"},
		{NULL, "127.0.0.1", 8080, "red 10.88.0.1"},
		{"", "192.0.2.1", 8080, "red 10.88.0.1"},
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const char *from = ways[i].from && !*ways[i].from ? netns : ways[i].from;

		containerd_assert_answer(from, ways[i].to, ways[i].port, ways[i].answer);
	}
}

static void assert_masqueraded(const char *netns)
{
	freeing char *path = cni_format("/run/netns/%s", netns);

	http_assert_seen(path, "192.0.2.2", "192.0.2.1");
	http_assert_seen(path, "2001:db8:1::2", "2001:db8:1::1");
}

/* 10 Mbit/s to the pod, 20 from it. */
static void assert_limited(const char *netns)
{
	const struct traffic to_pod = {NULL, netns, "10.88.0.2", 5001};
	freeing char *host = shown("0.ifname", "ip -j link show master cni0");
	freeing char *ifb = shown("0.ifname", "ip -j link show type ifb");
	struct traffic_second seconds[2];
	double rate;

	assert_shown("1250000", "0.options.rate", "tc -j qdisc show dev %s root", host);
	assert_shown("2500000", "0.options.rate", "tc -j qdisc show dev %s root", ifb);
	traffic_run(&to_pod, 2, seconds, NULL, NULL);
	/* Behind the burst. */
	rate = seconds[1].bits / (seconds[1].elapsed - seconds[0].elapsed);
	if (rate > 12 * MBIT || rate < MBIT)
		fail_msg("%.2f Mbit/s get to the pod, expected 10", rate / MBIT);
}

static void pod__is_reached_limited_and_gone(void **state)
{
	struct cri_pod red = {.name = "red",
			      .ports = {{.host = 8080, .container = POD_PORT}},
			      .ingress = "10M",
			      .egress = "20M"};
	freeing char *before = NULL;
	freeing char *netns = NULL;

	(void)state;
	skip_without_containerd();
	containerd_begin("containerd (CRI)",
			 "a pod: bridge, portmap, firewall, bandwidth, both families");
	before = containerd_snapshot();
	cri_start(&red, 1);
	fprintf(stderr, "# one pod: %.3f s\n", red.seconds);
	netns = containerd_netns(&red);
	assert_attached(&red, netns);
	assert_answers(netns);
	assert_masqueraded(netns);
	assert_limited(netns);
	cri_stop(&red, 1);
	containerd_assert_answer("outside", "192.0.2.1", 8080, NULL);
	cri_stop(&red, 1);
	cri_remove(&red, 1);
	containerd_assert_nothing_left(before);
	runtimes_end();
}

/* ---- two ---- */

static void pods__reach_each_other(void **state)
{
	struct cri_pod pods[] = {{.name = "red"}, {.name = "blue"}};
	freeing char *before = NULL;

	(void)state;
	skip_without_containerd();
	containerd_begin("containerd (CRI)", "pod to pod");
	before = containerd_snapshot();
	cri_start(pods, 2);
	for (size_t from = 0; from < 2; from++) {
		const struct cri_pod *other = &pods[1 - from];
		freeing char *netns = containerd_netns(&pods[from]);

		for (size_t i = 0; i < CRI_ADDRESSES_MAX; i++) {
			freeing char *answer =
				cni_format("%s %s", other->name, pods[from].addresses[i]);

			containerd_assert_answer(netns, other->addresses[i], POD_PORT, answer);
		}
	}
	cri_stop(pods, 2);
	cri_remove(pods, 2);
	containerd_assert_nothing_left(before);
	runtimes_end();
}

/* containerd shows what the plugin says, and takes the pod back. */
static void pod__whose_port_is_taken_leaves_nothing(void **state)
{
	struct cri_pod red = {.name = "red", .ports = {{.host = 8080, .container = POD_PORT}}};
	struct cri_pod blue = {.name = "blue",
			       .ports = {{.host = 8080, .container = POD_PORT}},
			       .ingress = "10M",
			       .egress = "20M"};
	freeing char *before = NULL;
	freeing char *alone = NULL;

	(void)state;
	skip_without_containerd();
	containerd_begin("containerd (CRI)", "a pod that is refused: its hostPort is taken");
	before = containerd_snapshot();
	cri_start(&red, 1);
	alone = containerd_snapshot();
	cri_start_fails(&blue, "8080");
	runtimes_assert_unchanged(alone);
	containerd_assert_answer("outside", "192.0.2.1", 8080, "red 192.0.2.2");
	cri_stop(&red, 1);
	cri_remove(&red, 1);
	containerd_assert_nothing_left(before);
	runtimes_end();
}

/* ---- a host that forwards nothing by itself, as Docker leaves it ---- */

static void pod__gets_out_of_a_host_that_drops(void **state)
{
	struct cri_pod red = {.name = "red", .ports = {{.host = 8080, .container = POD_PORT}}};
	freeing char *before = NULL;
	freeing char *netns = NULL;

	(void)state;
	skip_without_containerd();
	containerd_begin("containerd (CRI)", "hostPort, on a host whose FORWARD policy is drop");
	before = containerd_snapshot();
	sandbox_must("iptables -P FORWARD DROP && ip6tables -P FORWARD DROP");
	cri_start(&red, 1);
	netns = containerd_netns(&red);
	assert_masqueraded(netns);
	containerd_assert_answer("outside", "192.0.2.1", 8080, "red 192.0.2.2");
	containerd_assert_answer("outside", "2001:db8:1::1", 8080, "red 2001:db8:1::2");
	cri_stop(&red, 1);
	cri_remove(&red, 1);
	/* The chains stay, and nothing that is the pod's. */
	sandbox_must("iptables -S CNI-FORWARD >/dev/null && ! iptables -S | grep 10.88.0");
	sandbox_must("ip6tables -S CNI-FORWARD >/dev/null && ! ip6tables -S | grep fd88:");
	sandbox_must("for t in ip ip6; do nft delete table $t filter; done");
	containerd_assert_nothing_left(before);
	runtimes_end();
}

/* ---- what containerd sends ---- */

#define SEEN RUNTIMES_DIR "/seen"

/* A plugin that keeps what it gets, in a file for each command, with a namespace and without. */
static void add_witness(void)
{
	sandbox_must("mkdir " SEEN " && cat >" RUNTIMES_BIN "/witness <<'END' && "
		     "chmod +x " RUNTIMES_BIN "/witness\n"
		     "#!/bin/sh\n"
		     "file=" SEEN "/$CNI_COMMAND${CNI_NETNS:+-netns}\n"
		     "cat >$file\n"
		     "[ $CNI_COMMAND != ADD ] || jq .prevResult $file\n"
		     "END");
}

static void assert_seen(const char *file, const char *key, const char *expected)
{
	assert_shown(expected, key, "cat " SEEN "/%s", file);
}

static void containerd__sends_capitals_and_two_dels(void **state)
{
	struct cri_pod red = {.name = "red",
			      .ports = {{.host = 8080, .container = POD_PORT}},
			      .ingress = "10M",
			      .egress = "20M"};
	freeing char *before = NULL;

	(void)state;
	skip_without_containerd();
	containerd_begin("containerd (CRI)", "capitalised keys; DEL twice, the second time "
					     "without CNI_NETNS and prevResult");
	add_witness();
	containerd_set_network(CONTAINERD_NETWORK(
		",{'type':'witness','capabilities':{'portMappings':true,'bandwidth':true}}"));
	before = containerd_snapshot();
	cri_start(&red, 1);
	containerd_assert_answer("outside", "192.0.2.1", 8080, "red 192.0.2.2");
	assert_seen("ADD-netns", "runtimeConfig.portMappings.0.HostPort", "8080");
	assert_seen("ADD-netns", "runtimeConfig.bandwidth.IngressRate", "10000000");
	assert_seen("ADD-netns", "runtimeConfig.bandwidth.IngressBurst", "4294967295");
	cri_stop(&red, 1);
	assert_seen("DEL-netns", "prevResult.ips.0.address", "10.88.0.2/24");
	cri_stop(&red, 1);
	assert_seen("DEL", "type", "witness");
	assert_seen("DEL", "prevResult", NULL);
	cri_remove(&red, 1);
	containerd_set_network(CONTAINERD_NETWORK(""));
	containerd_assert_nothing_left(before);
	runtimes_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		runtimes_test(pod__is_reached_limited_and_gone),
		runtimes_test(pods__reach_each_other),
		runtimes_test(pod__whose_port_is_taken_leaves_nothing),
		runtimes_test(pod__gets_out_of_a_host_that_drops),
		runtimes_test(containerd__sends_capitals_and_two_dels),
	};

	return cmocka_run_group_tests(tests, containerd_setup, NULL);
}
