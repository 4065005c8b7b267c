/* SPDX-License-Identifier: Apache-2.0 */
/* static behind bridge: addresses of the configuration and of the runtime, and a failure. */
#include "bridge.h"
#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define BEHIND(addresses)                                                                          \
	GATEWAY ",'ipMasq':true,'ipam':{'type':'static','addresses':[" addresses "],"              \
		"'routes':[{'dst':'0.0.0.0/0'}]}"
#define RIGHT "{'address':'10.1.0.5/24','gateway':'10.1.0.1'},{'address':'fd01::5/64'}"

static void static__serves_bridge(void **state)
{
	static const char *const versions[] = {"0.1.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};
	freeing char *first = bridge_config("1.1.0", BEHIND(RIGHT));
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	/* Shared things stay from the first one on. */
	pod_add(&red, first);
	pod_del(&red, first);
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *config = bridge_config(versions[i], BEHIND(RIGHT));

		pod_add(&red, config);
		assert_shown("10.1.0.5", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
		assert_shown("fd01::5", "0.addr_info.0.local",
			     "ip -n red -j -6 addr show eth0 scope global");
		assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
		assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
		if (strcmp(versions[i], "0.4.0") >= 0)
			pod_check(&red, config);
		pod_del(&red, config);
		pod_del(&red, config);
		bridge_assert_unchanged(before);
	}
	pod_close(&red);
}

/* An IPAM plugin that has no gateway may write the unspecified address. */
static void static__has_no_gateway_in_the_unspecified_address(void **state)
{
	static const char addresses[] = "'ipam':{'type':'static','addresses':["
					"{'address':'10.1.0.5/24','gateway':'0.0.0.0'},"
					"{'address':'fd01::5/64','gateway':'::'}]}";
	static const char *const expected[][2] = {{NULL, NULL}, {"10.1.0.1", "fd01::1"}};

	(void)state;
	for (int is_gateway = 0; is_gateway < 2; is_gateway++) {
		freeing char *more =
			cni_format("'isGateway':%s,%s", is_gateway ? "true" : "false", addresses);
		freeing char *config = bridge_config("1.0.0", more);
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		assert_json(red.result, "ips.0.gateway", expected[is_gateway][0]);
		assert_json(red.result, "ips.1.gateway", expected[is_gateway][1]);
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
	}
}

/* CRI-O and podman ask for an address so. */
static void static__serves_bridge_with_what_the_runtime_asks_for(void **state)
{
	freeing char *config = bridge_config("1.0.0", BEHIND(""));
	freeing char *with =
		bridge_config("1.0.0", BEHIND(RIGHT) ",'runtimeConfig':{'ips':['10.1.0.77/24']}");
	struct plugin_call call;
	struct plugin_answer answer;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	call = pod_call(&red, "ADD", config);
	call.args = "IgnoreUnknown=1;K8S_POD_NAME=red;IP=10.1.0.66/24;MAC=0a:58:0a:01:00:42";
	answer = plugin_run(&call);
	pod_take(&red, &answer);
	assert_json(answer.json, "ips.0.address", "10.1.0.66/24");
	plugin_answer_clear(&answer);
	pod_del(&red, config);
	pod_add(&red, with);
	assert_json(red.result, "ips.0.address", "10.1.0.77/24");
	/* It had the first of its network for a gateway, from bridge. */
	assert_json(red.result, "ips.0.gateway", "10.1.0.1");
	pod_check(&red, with);
	pod_del(&red, with);
	pod_close(&red);
}

static void static__that_fails_leaves_nothing_of_bridge(void **state)
{
	freeing char *bad = bridge_config("1.1.0", BEHIND("{'address':'10.1.0.5'}"));
	freeing char *twice = bridge_config(
		"1.1.0", BEHIND("{'address':'10.1.0.5/24'},{'address':'10.1.0.5/24'}"));
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	before = bridge_snapshot();
	pod_add_fails(&red, bad, CNI_ECONFIG, "got: '10.1.0.5'");
	bridge_assert_unchanged(before);
	pod_add_fails(&red, twice, CNI_EKERNEL, "10.1.0.5/24");
	bridge_assert_unchanged(before);
	assert_shown("[]", "", "ip -n red -j link show type veth");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(static__serves_bridge),
		bridge_test(static__has_no_gateway_in_the_unspecified_address),
		bridge_test(static__serves_bridge_with_what_the_runtime_asks_for),
		bridge_test(static__that_fails_leaves_nothing_of_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
