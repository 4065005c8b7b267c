/* SPDX-License-Identifier: Apache-2.0 */
/* UDP flows have no end: the kernel's entry of a flow outlives the rules that translated it.
 * portmap deletes the flows to its ports, and no others. The scene is that of port_scene.h. */
#include "cleanup.h"
#include "faults.h"
#include "flows.h"
#include "mem.h"
#include "port_scene.h"
#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define skip_unless_possible()                                                                     \
	do {                                                                                       \
		if (!flows_possible())                                                             \
			skip_because("conntrack is not installed");                                \
	} while (0)

#define VALID(list) ",'cni.dev/valid-attachments':[" list "]"

static void collect(void)
{
	freeing char *config = portmap_config("1.1.0", "'snat':true" VALID(""));
	struct plugin_call asked = portmap_call(&scene_red, "GC", config);

	asked.container = asked.netns = asked.ifname = NULL;
	plugin_succeeds(&asked);
}

/* ---- which flows ---- */

static const char *const flows[] = {
	/* a: to an address of this host, b: to another one of it */
	"udp 192.0.2.2 1000 192.0.2.1 8080",
	"udp 192.0.2.2 1000 192.0.2.3 8080",
	/* c, d: from the host and a pod of it */
	"udp 127.0.0.1 1000 127.0.0.1 8080",
	"udp 10.1.0.3 1000 10.1.0.1 8080",
	/* e: translated, as before a DEL that never came */
	"udp 192.0.2.2 1001 192.0.2.1 8080 -> 10.1.0.77 9090",
	/* f, g, h: the same in IPv6 */
	"udp 2001:db8:1::2 1000 2001:db8:1::1 8080",
	"udp 2001:db8:1::2 1000 2001:db8:1::3 8080",
	"udp 2001:db8:1::2 1001 2001:db8:1::1 8080 -> fd01::77 9090",
	/* From here on not ours: forwarded to a foreign address, */
	"udp 10.1.0.3 1000 192.0.2.2 8080",
	"udp 192.0.2.2 1000 10.2.0.2 8080",
	"udp fd01::3 1000 2001:db8:1::2 8080",
	/* sent from that port, */
	"udp 192.0.2.1 8080 192.0.2.2 1002",
	/* another port, */
	"udp 192.0.2.2 1000 192.0.2.1 8081",
	"udp 192.0.2.2 1000 192.0.2.1 9090",
	"udp 2001:db8:1::2 1000 2001:db8:1::1 8081",
	/* another protocol. */
	"tcp 192.0.2.2 1000 192.0.2.1 8080",
	"tcp 2001:db8:1::2 1000 2001:db8:1::1 8080",
	"sctp 192.0.2.2 1000 192.0.2.1 8080",
};

/* `gone`: the letters of those that are forgotten. */
static void assert_gone(const char *gone, const char *when)
{
	freeing char *all = flows_read();

	for (size_t i = 0; i < COUNT(flows); i++) {
		bool stays = !strchr(gone, 'a' + (int)i);

		if (flows_have(all, flows[i]) != stays)
			fail_msg("%s: '%s' is %s", when, flows[i], stays ? "gone" : "there");
	}
}

static void udp__flows_to_exactly_that_port_are_forgotten(void **state)
{
	static const struct {
		const char *mapping, *gone;
	} cases[] = {
		{PORT(8080, 9090, "udp"), "abcdefgh"},
		{PORT_AT("0.0.0.0", 8080, 9090, "udp"), "abcde"},
		{PORT_AT("::", 8080, 9090, "udp"), "fgh"},
		{PORT_AT("192.0.2.1", 8080, 9090, "udp"), "ae"},
		{PORT_AT("127.0.0.1", 8080, 9090, "udp"), "c"},
		{PORT_AT("2001:db8:1::3", 8080, 9090, "udp"), "g"},
		{PORT(8080, 9090, "tcp"), ""},
		{PORT(8080, 9090, "sctp"), ""},
		{PORT(8088, 9090, "udp") "," PORT_AT("192.0.2.3", 8080, 9090, "udp"), "b"},
	};

	(void)state;
	skip_unless_possible();
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *ports = cni_format(PORTS("%s"), cases[i].mapping);
		freeing char *config = portmap_config("1.1.0", ports);
		freeing char *blank = portmap_config("1.1.0", "");

		fprintf(stderr, "# %s\n", cases[i].mapping);
		flows_set(flows, COUNT(flows));
		pod_publish(&scene_red, config);
		assert_gone(cases[i].gone, "ADD");
		flows_set(flows, COUNT(flows));
		pod_check_published(&scene_red, config);
		assert_gone("", "CHECK");
		/* Which does not know the mappings any more. */
		pod_unpublish(&scene_red, blank);
		assert_gone(cases[i].gone, "DEL");
		flows_set(flows, COUNT(flows));
		pod_unpublish(&scene_red, config);
		assert_gone("", "DEL of nothing");
		pod_publish(&scene_red, config);
		flows_set(flows, COUNT(flows));
		collect();
		assert_gone(cases[i].gone, "GC");
	}
}

/* ---- where it goes ---- */

/* The very same flow each time: from one port to another. */
static struct probe flow(const char *from, uint16_t own_port, const char *to, const char *expected)
{
	return (struct probe){from,	IPPROTO_UDP,	     to, SCENE_HOST_PORT,
			      expected, .own_port = own_port};
}

static void udp__flow_goes_where_the_port_leads_now(void **state)
{
	freeing char *config = portmap_config("1.1.0", PORTS(PORT(8080, 9090, "udp")));
	static const struct {
		const char *from, *to, *host, *pod;
	} cases[] = {
		{OUTSIDE, "192.0.2.1", "host 192.0.2.2", "pod 192.0.2.2"},
		{OUTSIDE, "2001:db8:1::1", "host 2001:db8:1::2", "pod 2001:db8:1::2"},
		{NULL, "127.0.0.1", "host 127.0.0.1", "pod 10.1.0.1"},
		{"/run/netns/green", "10.2.0.1", "host 10.2.0.2", "pod 10.2.0.2"},
		/* A foreign address: always the same answer. */
		{"/run/netns/blue", "192.0.2.2", "outside 192.0.2.1", "outside 192.0.2.1"},
	};

	(void)state;
	/* Before, during, after, and once more. */
	for (int round = 0; round < 4; round++) {
		struct probe probes[COUNT(cases)];

		if (round)
			(round % 2 ? pod_publish : pod_unpublish)(&scene_red, config);
		for (size_t i = 0; i < COUNT(cases); i++)
			probes[i] = flow(cases[i].from, (uint16_t)(40000 + i), cases[i].to,
					 round % 2 ? cases[i].pod : cases[i].host);
		probe_ask(probes, COUNT(cases));
		for (size_t i = 0; i < COUNT(cases); i++)
			probe_assert(&probes[i]);
	}
}

static void assert_answered(const char *expected)
{
	struct probe probe = flow(OUTSIDE, 40000, "192.0.2.1", expected);

	probe_ask(&probe, 1);
	probe_assert(&probe);
}

/* From one pod to the next, in one step for each sender. */
static void udp__flow_follows_the_port_to_the_next_pod(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", PORTS(PORT(8080, 9090, "udp")));
	freeing char *of_blue = portmap_config("1.1.0", PORTS(PORT(8080, 8080, "udp")));

	(void)state;
	pod_publish(&scene_red, of_red);
	assert_answered("pod 192.0.2.2");
	pod_unpublish(&scene_red, of_red);
	pod_publish(&scene_blue, of_blue);
	assert_answered("blue 192.0.2.2");
	/* By GC as well. */
	collect();
	assert_answered("host 192.0.2.2");
}

/* ---- how often the kernel lists its connections ---- */

#define MANY 1000

/* 20000 to 20999: for any address, for one of IPv4, for one of IPv6, in turn. */
static char *thousand_ports(void)
{
	char *list = cni_strdup("");

	for (unsigned int i = 0; i < MANY; i++) {
		static const char *const host_ips[] = {"", ",'hostIP':'192.0.2.1'",
						       ",'hostIP':'2001:db8:1::3'"};
		char *longer =
			cni_format("%s%s{'hostPort':%u,'containerPort':%u,'protocol':'udp'%s}",
				   list, i ? "," : "", 20000 + i, 30000 + i, host_ips[i % 3]);

		free(list);
		list = longer;
	}
	return list;
}

static char *config_of(const char *list)
{
	freeing char *ports = cni_format(PORTS("%s"), list);

	return portmap_config("1.1.0", ports);
}

/* Runs portmap under strace(1) and returns how many dumps of connections it has asked for. */
static int count_dumps(const char *command, const char *config)
{
	static const char log[] = SANDBOX_DIR "/log";
	const char *const arguments[] = {"-o", log, "-e", "trace=sendto", PORTMAP, NULL};
	static const char *const environment[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
	freeing char *with = pod_config(&scene_red, config);
	struct plugin_call asked = portmap_call(&scene_red, command, with);
	freeing char *count = NULL;

	asked.plugin = "/usr/bin/strace";
	asked.arguments = arguments;
	asked.environment = environment; /* leaks cannot be looked for in a traced process */
	plugin_succeeds(&asked);
	count = sandbox_read("grep -c 'CT_GET.*NLM_F_DUMP\\|CT_GET.*0x300' %s || true", log);
	sandbox_must("grep -q NETLINK %s || grep -q nlmsg_type %s; rm %s", log, log, log);
	return atoi(count);
}

static void udp__connections_are_listed_once_for_each_family(void **state)
{
	freeing char *many = thousand_ports();
	const struct {
		const char *list;
		int dumps;
	} cases[] = {
		{many, 2},
		{PORT(8080, 9090, "udp"), 2},
		{PORT_AT("192.0.2.1", 8080, 9090, "udp") "," PORT_AT("0.0.0.0", 53, 53, "udp"), 1},
		{PORT_AT("2001:db8:1::1", 8080, 9090, "udp"), 1},
		{PORT(8080, 9090, "tcp"), 0},
	};

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *config = config_of(cases[i].list);

		assert_int_equal(count_dumps("ADD", config), cases[i].dumps);
		assert_int_equal(count_dumps("DEL", config), cases[i].dumps);
	}
}

static const char *const among_many[] = {
	/* a, b, c: any address, that of IPv4, that of IPv6; first and last ports */
	"udp 192.0.2.2 1000 192.0.2.3 20000",
	"udp 192.0.2.2 1000 192.0.2.1 20001",
	"udp 2001:db8:1::2 1000 2001:db8:1::3 20002",
	/* d, e, f */
	"udp 2001:db8:1::2 1000 2001:db8:1::1 20999",
	"udp 192.0.2.2 1001 192.0.2.1 20999",
	"udp 192.0.2.2 1001 192.0.2.1 20499 -> 10.1.0.77 9090",
	/* From here on not ours: the port is another address's, */
	"udp 192.0.2.2 7777 192.0.2.3 20001",
	"udp 192.0.2.2 7777 192.0.2.1 20002",
	"udp 2001:db8:1::2 7777 2001:db8:1::3 20001",
	"udp 2001:db8:1::2 7777 2001:db8:1::1 20002",
	/* of another host, beside the range, another protocol's. */
	"udp 10.1.0.3 7777 192.0.2.2 20000",
	"udp 192.0.2.2 7777 192.0.2.1 19999",
	"udp 192.0.2.2 7777 192.0.2.1 21000",
	"udp 192.0.2.2 7777 192.0.2.1 8270", /* 20000 with its bytes turned around */
	"tcp 192.0.2.2 7777 192.0.2.1 20001",
};

static void set_among_many(void)
{
	flows_set(among_many, COUNT(among_many));
}

/* With the kernel's number for each, so that a new one is not taken for it. */
static char *read_unrelated(void)
{
	return sandbox_read("{ conntrack -L -o id; conntrack -L -f ipv6 -o id; } 2>/dev/null | "
			    "grep '^[a-z]* *[0-9]* [0-9]* .*src=[^ ]* dst=[^ ]* sport=7777' | "
			    "sed -E 's/^([a-z]+ +[0-9]+) [0-9]+/\\1/' | sort");
}

static void assert_many_forgotten(const char *unrelated, const char *when)
{
	freeing char *all = flows_read();
	freeing char *now = read_unrelated();

	for (size_t i = 0; i < 6; i++)
		if (flows_have(all, among_many[i]))
			fail_msg("%s: '%s' is there", when, among_many[i]);
	assert_non_null(strstr(unrelated, "id="));
	assert_string_equal(now, unrelated);
}

static void udp__thousand_ports_keep_unrelated_flows(void **state)
{
	freeing char *list = thousand_ports();
	freeing char *config = config_of(list);
	freeing char *blank = portmap_config("1.1.0", "");
	freeing char *before_add = NULL;
	freeing char *before_del = NULL;
	freeing char *before_gc = NULL;

	(void)state;
	skip_unless_possible();
	set_among_many();
	before_add = read_unrelated();
	pod_publish(&scene_red, config);
	assert_many_forgotten(before_add, "ADD");
	set_among_many();
	before_del = read_unrelated();
	pod_unpublish(&scene_red, blank);
	assert_many_forgotten(before_del, "DEL");
	pod_publish(&scene_red, config);
	set_among_many();
	before_gc = read_unrelated();
	collect();
	assert_many_forgotten(before_gc, "GC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(udp__flows_to_exactly_that_port_are_forgotten),
		scene_test(udp__flow_goes_where_the_port_leads_now),
		scene_test(udp__flow_follows_the_port_to_the_next_pod),
		scene_test(udp__connections_are_listed_once_for_each_family),
		scene_test(udp__thousand_ports_keep_unrelated_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
