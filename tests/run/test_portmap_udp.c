/* SPDX-License-Identifier: Apache-2.0 */
/* UDP has no end of its own: what the kernel remembers of a flow outlives the rules that it was
 * translated by. portmap has it forget the flows to its ports, and no others. The scene is that of
 * port_scene.h. */
#include "cleanup.h"
#include "flows.h"
#include "mem.h"
#include "port_scene.h"
#include "test.h"

#include <netinet/in.h>
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
	/* From here on none of ours: forwarded to a foreign address, */
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
		/* To somebody else: always the same. */
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

/* From one pod to the next, in one step for whoever sends. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(udp__flows_to_exactly_that_port_are_forgotten),
		scene_test(udp__flow_goes_where_the_port_leads_now),
		scene_test(udp__flow_follows_the_port_to_the_next_pod),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
