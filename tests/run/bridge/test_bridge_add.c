/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* ADD's answers in each version, and its refusals before it makes anything. */
#include "attached.h"

#include "cleanup.h"
#include "snapshot.h"

#include <string.h>

#define ROUTES4 "'ipam':{'type':'host-local','ranges':[" RANGE4 "],'routes':[{'dst':'0.0.0.0/0'}]}"

static const struct shape {
	const char *version;
	const char *interfaces; /* of the container's */
	const char *ips;
	const char *ip4;
	const char *dns;
} shapes[] = {
	{"0.1.0", NULL, NULL,
	 "{'ip':'10.1.0.2/24','gateway':'10.1.0.1','routes':[{'dst':'0.0.0.0/0'}]}", "{}"},
	{"0.2.0", NULL, NULL,
	 "{'ip':'10.1.0.2/24','gateway':'10.1.0.1','routes':[{'dst':'0.0.0.0/0'}]}", "{}"},
	{"0.3.0", "/run/netns/red",
	 "[{'version':'4','interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL,
	 "{}"},
	{"0.3.1", "/run/netns/red",
	 "[{'version':'4','interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL,
	 "{}"},
	{"0.4.0", "/run/netns/red",
	 "[{'version':'4','interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL,
	 "{}"},
	{"1.0.0", "/run/netns/red",
	 "[{'interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL, NULL},
	{"1.1.0", "/run/netns/red",
	 "[{'interface':2,'address':'10.1.0.2/24','gateway':'10.1.0.1'}]", NULL, NULL},
};

/* ---- versions ---- */

static void add__answers_in_the_version_it_is_asked_in(void **state)
{
	freeing char *before = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct shape *shape = &shapes[i];
		freeing char *config = bridge_config(shape->version, GATEWAY "," ROUTES4);
		freeing char *with = NULL;
		struct plugin_call asked;
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		assert_json(red.result, "cniVersion", shape->version);
		assert_json(red.result, "interfaces.2.sandbox", shape->interfaces);
		assert_json(red.result, "ips", shape->ips);
		assert_json(red.result, "ip4", shape->ip4);
		assert_json(red.result, "dns", shape->dns);
		assert_json(red.result, "routes", shape->ip4 ? NULL : "[{'dst':'0.0.0.0/0'}]");
		/* The effect is the same in each version. */
		assert_shown("10.1.0.2", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
		assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
		with = pod_config(&red, config);
		asked = pod_call(&red, "CHECK", with);
		if (strcmp(shape->version, "0.4.0") < 0)
			plugin_fails(&asked, CNI_EVERSION, "config version does not allow CHECK");
		else
			plugin_succeeds(&asked);
		pod_del(&red, config);
		assert_shown("[]", "", "ip -n red -j link show type veth");
		if (before)
			bridge_assert_unchanged(before);
		else
			before = bridge_snapshot();
		pod_close(&red);
	}
}

static void add__refuses_what_old_versions_cannot_say_before_it_makes_anything(void **state)
{
	freeing char *before = bridge_snapshot();
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	for (int i = 0; i < 2; i++) {
		const char *version = i ? "0.2.0" : "0.1.0";
		freeing char *layer2 = bridge_config(version, "");
		freeing char *two = bridge_config(version, IPAM("'ranges':[" RANGE4
								",[{'subnet':'10.2.0.0/24'}]]"));

		pod_add_fails(&red, layer2, CNI_EVERSION, "0.3.0");
		sandbox_assert_unchanged(before);
		pod_add_fails(&red, two, CNI_ECONFIG, "more than 1 address per family");
		bridge_assert_unchanged(before);
	}
	assert_shown("[]", "", "ip -n red -j link show type veth");
	pod_close(&red);
}

/* ---- interfaces ---- */

static void add__lists_bridge_host_end_and_container_end(void **state)
{
	freeing char *bridge = NULL;
	freeing char *host = NULL;
	freeing char *inside = NULL;
	struct pod red;

	(void)state;
	pod_attach(&red, "red", GATEWAY "," IPAM46);
	assert_json(red.result, "interfaces.0.name", "br0");
	assert_json(red.result, "interfaces.0.sandbox", NULL);
	assert_json(red.result, "interfaces.1.sandbox", NULL);
	assert_json(red.result, "interfaces.2.name", "eth0");
	assert_json(red.result, "interfaces.2.sandbox", "/run/netns/red");
	assert_json(red.result, "interfaces.3", NULL);
	assert_json(red.result, "ips.0.interface", "2");
	assert_json(red.result, "ips.1.interface", "2");
	assert_true(!strncmp(red.host, "veth", 4));
	bridge = shown("0.address", "ip -j link show br0");
	host = shown("0.address", "ip -j link show %s", red.host);
	inside = shown("0.address", "ip -n red -j link show eth0");
	assert_json(red.result, "interfaces.0.mac", bridge);
	assert_json(red.result, "interfaces.1.mac", host);
	assert_json(red.result, "interfaces.2.mac", inside);
	assert_string_not_equal(bridge, host);
	assert_shown("br0", "0.master", "ip -j link show %s", red.host);
	assert_shown("UP", "0.operstate", "ip -j link show %s", red.host);
	/* Its operational state follows later. */
	sandbox_must("ip -n red link show eth0 | grep -q 'UP,LOWER_UP'");
	assert_shown("blue/red/eth0", "0.ifalias", "ip -j link show %s", red.host);
	pod_close(&red);
}

/* ---- what is already there ---- */

static void add__leaves_a_foreign_eth0_alone(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	freeing char *inside = NULL;
	freeing char *after = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("ip -n red link add eth0 type dummy 2>/dev/null || "
		     "ip -n red link add eth0 type bridge");
	sandbox_must("ip -n red addr add 10.77.0.1/24 dev eth0; ip -n red link set eth0 up");
	inside = snapshot_net("red");
	before = bridge_snapshot();
	pod_add_fails(&red, config, CNI_ETAKEN, "eth0");
	after = snapshot_net("red");
	sandbox_assert_same(inside, after);
	bridge_assert_unchanged(before);
	pod_del(&red, config);
	free(after);
	after = snapshot_net("red");
	sandbox_assert_same(inside, after);
	pod_close(&red);
}

static void add__refuses_a_second_time(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	before = sandbox_snapshot();
	pod_add_fails(&red, config, CNI_ETAKEN, "eth0");
	/* The first one stands. */
	sandbox_assert_unchanged(before);
	pod_check(&red, config);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__answers_in_the_version_it_is_asked_in),
		bridge_test(add__refuses_what_old_versions_cannot_say_before_it_makes_anything),
		bridge_test(add__lists_bridge_host_end_and_container_end),
		bridge_test(add__leaves_a_foreign_eth0_alone),
		bridge_test(add__refuses_a_second_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
