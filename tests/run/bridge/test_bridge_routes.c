/* SPDX-License-Identifier: Apache-2.0 */
/* Routes with all of their fields, in every version that lists routes, from any IPAM plugin. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define ROUTES                                                                                     \
	"'routes':["                                                                               \
	"{'dst':'0.0.0.0/0','priority':500,'table':99,'mtu':1300,'advmss':1200},"                  \
	"{'dst':'10.6.0.0/16','gw':'10.1.0.99','mtu':1310},"                                       \
	"{'dst':'10.7.0.0/16','scope':253},"                                                       \
	"{'dst':'10.8.0.0/16','table':0,'scope':0},"                                               \
	"{'dst':'::/0','priority':600,'table':98,'mtu':1320},"                                     \
	"{'dst':'fd08::/64','gw':'fd01::99','advmss':1210}]"

static const char *const versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};
#define VERSION_COUNT (sizeof(versions) / sizeof(*versions))

/* host-local is run in the bridge's process, static is started, and "odd" is another suite's. */
static const char *const ipams[] = {
	IPAM("'ranges':[" RANGE4 "," RANGE6 "]," ROUTES),
	"'ipam':{'type':'static','addresses':[{'address':'10.1.0.2/24','gateway':'10.1.0.1'},"
	"{'address':'fd01::2/64','gateway':'fd01::1'}]," ROUTES "}",
	"'ipam':{'type':'odd'}",
};
#define IPAM_COUNT (sizeof(ipams) / sizeof(*ipams))

/* The answer of the Go suite's host-local 1.9.1 in `version`. */
static void add_odd(const char *version)
{
	const char *v4 = strcmp(version, "1.0.0") < 0 ? "\"version\":\"4\"," : "";
	const char *v6 = *v4 ? "\"version\":\"6\"," : "";
	freeing char *routes = cni_format("{%s}", ROUTES);
	freeing char *script = NULL;

	for (char *c = routes; (c = strchr(c, '\'')); c++)
		*c = '"';
	script = cni_format("cat >/dev/null\n[ $CNI_COMMAND = ADD ] || exit 0\n"
			    "cat <<'END'\n{\"cniVersion\":\"%s\",\"ips\":["
			    "{%s\"address\":\"10.1.0.2/24\",\"gateway\":\"10.1.0.1\"},"
			    "{%s\"address\":\"fd01::2/64\",\"gateway\":\"fd01::1\"}],%s\nEND\n",
			    version, v4, v6, routes + 1);
	bridge_add_script("odd", script);
}

static void assert_routes_are_as_written(const struct pod *pod)
{
	const char *red = pod->name;

	assert_shown("10.1.0.1", "0.gateway", "ip -n %s -j route show table 99", red);
	assert_shown("500", "0.metric", "ip -n %s -j route show table 99", red);
	assert_shown("1300", "0.metrics.0.mtu", "ip -n %s -j route show table 99", red);
	assert_shown("1200", "0.metrics.0.advmss", "ip -n %s -j route show table 99", red);
	assert_shown("[]", "", "ip -n %s -j route show default", red);
	assert_shown("1310", "0.metrics.0.mtu", "ip -n %s -j route show 10.6.0.0/16", red);
	assert_shown("link", "0.scope", "ip -n %s -j route show 10.7.0.0/16", red);
	assert_shown("10.1.0.1", "0.gateway", "ip -n %s -j route show 10.8.0.0/16", red);
	assert_shown("600", "0.metric", "ip -n %s -j -6 route show table 98", red);
	assert_shown("1320", "0.metrics.0.mtu", "ip -n %s -j -6 route show table 98", red);
	assert_shown("1210", "0.metrics.0.advmss", "ip -n %s -j -6 route show fd08::/64", red);
}

static void add__gives_all_fields_of_routes_in_every_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < VERSION_COUNT; i++)
		for (size_t j = 0; j < IPAM_COUNT; j++) {
			freeing char *more = cni_format("%s,%s", GATEWAY, ipams[j]);
			freeing char *config = bridge_config(versions[i], more);
			struct pod red;

			fprintf(stderr, "# %s, ipam %zu\n", versions[i], j);
			add_odd(versions[i]);
			pod_open(&red, "red");
			pod_add(&red, config);
			assert_routes_are_as_written(&red);
			assert_json(red.result, "routes.0",
				    "{'dst':'0.0.0.0/0','mtu':1300,'advmss':1200,'priority':500,"
				    "'table':99}");
			assert_json(red.result, "routes.2", "{'dst':'10.7.0.0/16','scope':253}");
			if (strcmp(versions[i], "0.4.0") >= 0)
				pod_check(&red, config);
			pod_del(&red, config);
			pod_close(&red);
		}
}

/* Each time the namespace is that of the ADD but for one command. */
static void check__names_the_route_whose_fields_differ(void **state)
{
	static const char *const changes[][2] = {
		{"route del default table 99", "0.0.0.0/0"},
		/* The same in another table, or with another priority, is another one. */
		{"route del default table 99; ip -n red route add default via 10.1.0.1 mtu 1300 "
		 "advmss 1200 metric 500",
		 "0.0.0.0/0"},
		{"route del default table 99; ip -n red route add default via 10.1.0.1 mtu 1300 "
		 "advmss 1200 metric 501 table 99",
		 "0.0.0.0/0"},
		{"route change default via 10.1.0.1 metric 500 table 99 mtu 1299 advmss 1200",
		 "0.0.0.0/0"},
		{"route change default via 10.1.0.1 metric 500 table 99 mtu 1300", "0.0.0.0/0"},
		{"route del 10.7.0.0/16; ip -n red route add 10.7.0.0/16 dev eth0 scope site",
		 "10.7.0.0/16"},
		{"-6 route del default table 98", "::/0"},
		{"-6 route del fd08::/64; ip -n red -6 route add fd08::/64 via fd01::99 advmss "
		 "1211",
		 "fd08::/64"},
	};
	static const char *const checked[] = {"0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < sizeof(changes) / sizeof(*changes); j++) {
			freeing char *more = cni_format("%s,%s", GATEWAY, ipams[j % 2]);
			freeing char *config = bridge_config(checked[i], more);
			struct pod red;

			pod_open(&red, "red");
			pod_add(&red, config);
			pod_check(&red, config);
			sandbox_must("ip -n red %s", changes[j][0]);
			pod_check_fails(&red, config, changes[j][1]);
			pod_del(&red, config);
			pod_close(&red);
		}
}

/* The Go plugin leaves a route's MTU and MSS out, and a node may be upgraded with its pods running.
 * Its pair has another name and no alias. */
static void check__accepts_routes_without_metrics_of_the_go_plugin(void **state)
{
	freeing char *more = cni_format("%s,%s", GATEWAY, ipams[0]);
	freeing char *config = bridge_config("1.0.0", more);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("ip link set %s alias ''; ip -n red route change default via 10.1.0.1 "
		     "metric 500 table 99",
		     red.host);
	pod_check(&red, config);
	sandbox_must("ip -n red route del default table 99");
	pod_check_fails(&red, config, "0.0.0.0/0");
	pod_del(&red, config);
	pod_close(&red);
}

/* A default route in a table of its own is none for what no rule sends there. */
static void add__gives_a_default_route_beside_one_of_another_table(void **state)
{
	static const struct {
		const char *routes;
		const char *gateway4, *gateway6; /* in the table main */
	} rows[] = {
		{"", "10.1.0.1", "fd01::1"},
		{"{'dst':'0.0.0.0/0','table':99}", "10.1.0.1", "fd01::1"},
		{"{'dst':'0.0.0.0/0','table':99},{'dst':'::/0','table':99}", "10.1.0.1", "fd01::1"},
		{"{'dst':'0.0.0.0/0','table':254,'gw':'10.1.0.9'}", "10.1.0.9", "fd01::1"},
		{"{'dst':'0.0.0.0/0','table':0,'gw':'10.1.0.9'},{'dst':'::/0','table':99}",
		 "10.1.0.9", "fd01::1"},
		{"{'dst':'::/0','gw':'fd01::9'}", "10.1.0.1", "fd01::9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		freeing char *more =
			cni_format("'isDefaultGateway':true," IPAM("'ranges':[" RANGE4 "," RANGE6
								   "],'routes':[%s]"),
				   rows[i].routes);
		freeing char *config = bridge_config("1.1.0", more);
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, config);
		assert_shown(rows[i].gateway4, "0.gateway", "ip -n red -j -4 route show default");
		assert_shown(NULL, "1", "ip -n red -j -4 route show default");
		assert_shown(rows[i].gateway6, "0.gateway", "ip -n red -j -6 route show default");
		pod_check(&red, config);
		pod_del(&red, config);
		pod_close(&red);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__gives_all_fields_of_routes_in_every_version),
		bridge_test(add__gives_a_default_route_beside_one_of_another_table),
		bridge_test(check__names_the_route_whose_fields_differ),
		bridge_test(check__accepts_routes_without_metrics_of_the_go_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
