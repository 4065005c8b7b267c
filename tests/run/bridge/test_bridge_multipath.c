/* SPDX-License-Identifier: Apache-2.0 */
/* Several routes to one destination: one route with several next hops, in both families, whichever way the
 * configuration or the IPAM plugin says it. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define STATIC(routes)                                                                             \
	"'ipam':{'type':'static','addresses':[{'address':'10.1.0.2/24','gateway':'10.1.0.1'},"     \
	"{'address':'fd01::2/64','gateway':'fd01::1'}],'routes':[" routes "]}"
#define HOST_LOCAL(routes) IPAM("'ranges':[" RANGE4 "," RANGE6 "],'routes':[" routes "]")

/* The same in three ways. */
#define GWS                                                                                        \
	"{'dst':'10.9.0.0/16','gws':['10.1.0.7','10.1.0.8']},"                                     \
	"{'dst':'fd09::/64','gws':['fd01::7','fd01::8']}"
#define GW_AND_GWS                                                                                 \
	"{'dst':'10.9.0.0/16','gws':['10.1.0.7'],'gw':'10.1.0.8'},"                                \
	"{'dst':'fd09::/64','gws':['fd01::7','fd01::8'],'gw':'fd01::7'}"
#define EACH                                                                                       \
	"{'dst':'10.9.0.0/16','gw':'10.1.0.7'},{'dst':'fd09::/64','gw':'fd01::7'},"                \
	"{'dst':'10.9.0.0/16','gw':'10.1.0.8'},{'dst':'fd09::/64','gw':'fd01::8'}"

static void assert_next_hops(const struct pod *pod)
{
	static const char *const looks[] = {"-4 route show 10.9.0.0/16", "-6 route show fd09::/64"};
	static const char *const gateways[2][2] = {{"10.1.0.7", "10.1.0.8"},
						   {"fd01::7", "fd01::8"}};

	for (size_t i = 0; i < 2; i++) {
		freeing_json cJSON *routes = sandbox_json("ip -n %s -j %s", pod->name, looks[i]);

		assert_int_equal(cJSON_GetArraySize(routes), 1);
		assert_json(routes, "0.nexthops.0.gateway", gateways[i][0]);
		assert_json(routes, "0.nexthops.1.gateway", gateways[i][1]);
		assert_json(routes, "0.nexthops.2", NULL);
	}
}

/* Each next hop is a route of its own in the result, which every version can say. */
static void assert_printed(const struct pod *pod)
{
	const cJSON *route;
	int ways = 0;

	cJSON_ArrayForEach (route, cni_json_get(pod->result, "routes")) {
		assert_json(route, "gws", NULL);
		ways += cni_json_get(route, "gw") != NULL;
	}
	assert_int_equal(ways, 4);
}

static void add__makes_one_route_of_several_next_hops(void **state)
{
	static const char *const ipams[] = {
		STATIC(GWS),	 STATIC(GW_AND_GWS),	 STATIC(EACH),
		HOST_LOCAL(GWS), HOST_LOCAL(GW_AND_GWS), HOST_LOCAL(EACH)};
	static const char *const versions[] = {"0.3.1", "0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(ipams) / sizeof(*ipams); i++) {
		freeing char *config = bridge_config(versions[i % 4], ipams[i]);
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		assert_next_hops(&red);
		assert_printed(&red);
		if (i % 4)
			pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
		sandbox_must("rm -rf /var/lib/cni/networks");
	}
}

static void check__misses_a_next_hop(void **state)
{
	freeing char *config = bridge_config("1.0.0", STATIC(GWS));
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("ip -n red route change 10.9.0.0/16 via 10.1.0.7");
	pod_check_fails(&red, config, "route 10.9.0.0/16 via 10.1.0.8 is missing");
	pod_del(&red, config);
	pod_close(&red);
}

/* Routes of other metrics and tables stand beside each other. */
static void add__keeps_routes_that_differ_apart(void **state)
{
	freeing char *config = bridge_config(
		"1.0.0",
		STATIC("{'dst':'0.0.0.0/0','gw':'10.1.0.7','priority':100},"
		       "{'dst':'0.0.0.0/0','gw':'10.1.0.8','priority':200},"
		       "{'dst':'0.0.0.0/0','gws':['10.1.0.7','10.1.0.8'],'table':77,'mtu':1300}"));
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_shown("10.1.0.7", "0.gateway", "ip -n red -j route show default metric 100");
	assert_shown("10.1.0.8", "0.gateway", "ip -n red -j route show default metric 200");
	assert_shown("10.1.0.8", "0.nexthops.1.gateway", "ip -n red -j route show table 77");
	assert_shown("1300", "0.metrics.0.mtu", "ip -n red -j route show table 77");
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

static void add__refuses_wrong_next_hops(void **state)
{
	static const char *const bad[][2] = {
		{"'gws':'10.1.0.7'", "'gws' is \"10.1.0.7\", expected a list of addresses"},
		{"'gws':[7]", "'gws' holds 7, expected addresses"},
		{"'gws':['10.1.0.7/24']", "'gws' holds \"10.1.0.7/24\", expected addresses"},
		{"'gws':['10.1.0.7','fd01::7']", "'dst' and 'gws' are of different families"},
	};
	freeing char *before = bridge_snapshot();
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(*bad); i++) {
		freeing char *ipam = cni_format("'ipam':{'type':'%s','subnet':'10.1.0.0/24',"
						"'addresses':[{'address':'10.1.0.2/24'}],"
						"'routes':[{'dst':'10.9.0.0/16',%s}]}",
						i % 2 ? "static" : "host-local", bad[i / 2][0]);
		freeing char *config = bridge_config("1.0.0", ipam);

		pod_add_fails(&red, config, CNI_ECONFIG, bad[i / 2][1]);
	}
	pod_close(&red);
	bridge_assert_unchanged(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__makes_one_route_of_several_next_hops),
		bridge_test(check__misses_a_next_hop),
		bridge_test(add__keeps_routes_that_differ_apart),
		bridge_test(add__refuses_wrong_next_hops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
