/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* sbr's CHECK after each damage, its DEL with whatever is missing, and errors at its system calls. */
#include "faults.h"
#include "routed.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- CHECK ---- */

/* Before Linux 6.2 a link that is up keeps its name. */
#define RENAME "ip -n red link set eth0 down && ip -n red link set eth0 name other"

static void check__names_what_is_missing(void **state)
{
	static const struct {
		const char *damage, *text, *repair;
	} cases[] = {
		{"ip -n red rule del from 10.1.0.2", "the rule from 10.1.0.2 is missing",
		 "ip -n red rule add from 10.1.0.2 lookup 100"},
		{"ip -n red -6 rule del from fd01::2", "the rule from fd01::2 is missing",
		 "ip -n red -6 rule add from fd01::2 lookup 101"},
		{"ip -n red route del default table 100",
		 "the default route via 10.1.0.1 through 'eth0' is missing in table 100",
		 "ip -n red route add default via 10.1.0.1 table 100"},
		{"ip -n red route change default via 10.1.0.7 table 100",
		 "the default route via 10.1.0.1 through 'eth0' is missing in table 100",
		 "ip -n red route change default via 10.1.0.1 table 100"},
		{"ip -n red -6 route del default table 101",
		 "the default route via fd01::1 through 'eth0' is missing in table 101",
		 "ip -n red -6 route add default via fd01::1 dev eth0 table 101"},
		{"ip -n red route del 10.1.0.0/24 table 100",
		 "the route to 10.1.0.0/24 through 'eth0' is missing in table 100",
		 "ip -n red route add 10.1.0.0/24 dev eth0 table 100"},
		{"ip -n red -6 route del fd01::/64 table 101",
		 "the route to fd01::/64 through 'eth0' is missing in table 101",
		 "ip -n red -6 route add fd01::/64 dev eth0 table 101"},
		{"ip -n red route flush table 100",
		 "the default route via 10.1.0.1 through 'eth0' is missing in table 100",
		 "ip -n red route add 10.1.0.0/24 dev eth0 table 100; "
		 "ip -n red route add default via 10.1.0.1 table 100"},
	};

	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		routed_succeeds(SBR, "CHECK", "eth0", "", routed_prev);
		sandbox_must("%s", cases[i].damage);
		routed_fails(SBR, "CHECK", "eth0", "", routed_prev, CNI_EMISMATCH, cases[i].text);
		sandbox_must("%s", cases[i].repair);
	}
	routed_succeeds(SBR, "CHECK", "eth0", "", routed_prev);
	sandbox_must(RENAME);
	routed_fails(SBR, "CHECK", "eth0", "", routed_prev, CNI_EMISMATCH,
		     "Cannot find network interface eth0 in the container");
}

/* IPAM's default route need not go through the gateway of an address: it is the one that counts, as in Go. */
static void check__knows_the_default_routes_own_gateway(void **state)
{
#define ON_STATIC(routes)                                                                          \
	"'name':'blue','bridge':'br0'," GATEWAY ",'ipam':{'type':'static','addresses':"            \
	"[{'address':'10.1.0.2/24','gateway':'10.1.0.1'},"                                         \
	"{'address':'fd01::2/64','gateway':'fd01::1'}],'routes':[" routes "]}"
	static const struct {
		const char *network, *damage, *text;
	} cases[] = {
		{ON_STATIC("{'dst':'0.0.0.0/0','gw':'10.1.0.77'}"),
		 "ip -n red route change default via 10.1.0.78 table 100",
		 "the default route via 10.1.0.1 through 'eth0' is missing in table 100"},
		{ON_STATIC("{'dst':'::/0','gw':'fd01::77'}"),
		 "ip -n red -6 route del default table 101",
		 "the default route via fd01::1 through 'eth0' is missing in table 101"},
		{ON_STATIC("{'dst':'0.0.0.0/0','gw':'10.1.0.77'},"
			   "{'dst':'0.0.0.0/0','gw':'10.1.0.78'}"),
		 "ip -n red route del default table 100",
		 "the default route via 10.1.0.1 through 'eth0' is missing in table 100"},
		{ON_STATIC("{'dst':'0.0.0.0/0','scope':253}"),
		 "ip -n red route change default via 10.1.0.78 table 100",
		 "the default route via 10.1.0.1 through 'eth0' is missing in table 100"},
		/* Both are the main table. */
		{ON_STATIC("{'dst':'0.0.0.0/0','gw':'10.1.0.77','table':0}"),
		 "ip -n red route del default table 100",
		 "the default route via 10.1.0.1 through 'eth0' is missing in table 100"},
		{ON_STATIC("{'dst':'::/0','gw':'fd01::77','table':254}"),
		 "ip -n red -6 route del default table 101",
		 "the default route via fd01::1 through 'eth0' is missing in table 101"},
		{ON_STATIC("{'dst':'0.0.0.0/0','gw':'10.1.0.77','priority':50}"),
		 "ip -n red route del default via 10.1.0.1 table 100 && "
		 "ip -n red route del default via 10.1.0.77 table 100",
		 "the default route via 10.1.0.1 through 'eth0' is missing in table 100"},
	};

	(void)state;
	routed_detach("eth0", ON_A, routed_prev);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing_json cJSON *prev = routed_attach("eth0", cases[i].network);

		routed_succeeds(SBR, "ADD", "eth0", "", prev);
		routed_succeeds(SBR, "CHECK", "eth0", "", prev);
		routed_check_bridge("eth0", cases[i].network, prev);
		sandbox_must("%s", cases[i].damage);
		routed_fails(SBR, "CHECK", "eth0", "", prev, CNI_EMISMATCH, cases[i].text);
		routed_succeeds(SBR, "DEL", "eth0", "", prev);
		routed_detach("eth0", cases[i].network, prev);
	}
}

/* ---- DEL ---- */

static void assert_no_rules(const char *about)
{
	freeing char *rules = sandbox_read("ip -n red rule | grep -c lookup; "
					   "ip -n red -6 rule | grep -c lookup");

	if (strcmp(rules, "3\n2\n") != 0)
		fail_msg("%s: rules are left", about);
}

static void del__removes_the_rules_in_each_state(void **state)
{
	static const struct {
		const char *damage, *more;
		bool has_prev;
	} cases[] = {
		{"true", "", true},
		{"true", "", false},
		{"true", "'table':'broken','gateways':7,'addSourceHints':'x'", true},
		{"ip -n red link set eth0 down", "", false},
		{"ip -n red addr flush dev eth0", "", true},
		{"ip -n red addr flush dev eth0", "", false},
		{"ip -n red link del eth0", "", true},
		{"ip -n red link del eth0", "", false},
		{"ip -n red link del eth0", "'gateways':['a','b','c']", false},
		{RENAME, "", true},
		{"ip -n red route flush table 100; ip -n red -6 route flush table 101", "", false},
		{"ip -n red rule del from 10.1.0.2", "", true},
		/* As the Go plugin makes them. */
		{"ip -n red rule del from 10.1.0.2; ip -n red rule add from 10.1.0.2 lookup 100",
		 "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const cJSON *with = cases[i].has_prev ? routed_prev : NULL;

		routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
		sandbox_must("%s", cases[i].damage);
		routed_succeeds(SBR, "DEL", "eth0", cases[i].more, with);
		if (strcmp(cases[i].damage, RENAME) != 0)
			assert_no_rules(cases[i].damage);
		routed_succeeds(SBR, "DEL", "eth0", cases[i].more, with);
		routed_attach_again();
		routed_succeeds(SBR, "DEL", "eth0", "", NULL);
		assert_no_rules(cases[i].damage);
	}
}

static void del__without_a_namespace_has_nothing_to_do(void **state)
{
	static const char *const paths[] = {NULL, "", "/run/netns/gone", "/proc/self/ns/net",
					    "/run/out"};
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	/* The host has the same address in a rule of its own: no business of ours. */
	sandbox_must("ip rule add from 10.1.0.2 lookup 100 proto 67; echo >/run/out");
	before = sandbox_read("ip rule; ip -n red rule");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct plugin_answer answer =
			routed_run_in(paths[i], SBR, "DEL", "eth0", "", routed_prev);

		plugin_assert_success(&answer);
		plugin_answer_clear(&answer);
	}
	after = sandbox_read("ip rule; ip -n red rule");
	sandbox_assert_same(before, after);
}

/* Rules that are not plain, of others' addresses, and of another attachment. */
static void del__leaves_others_alone(void **state)
{
	freeing_json cJSON *second = routed_attach("net1", ON_B);
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	routed_succeeds(SBR, "ADD", "net1", "", second);
	sandbox_must("ip -n red rule add from 10.77.0.1 lookup 100 && "
		     "ip -n red rule add from 10.1.0.2 to 10.5.0.0/16 lookup 100 && "
		     "ip -n red rule add from 10.1.0.2 fwmark 3 lookup 100 && "
		     "ip -n red rule add from 10.1.0.0/24 lookup 100 && "
		     "ip -n red rule add from 10.1.0.2 blackhole && "
		     "ip -n red rule add not from 10.1.0.2 lookup 100");
	before = routed_tables();
	routed_succeeds(SBR, "ADD", "eth0", "'table':500", routed_prev);
	routed_succeeds(SBR, "DEL", "eth0", "", routed_prev);
	after = routed_tables();
	sandbox_assert_same(before, after);
	routed_succeeds(SBR, "CHECK", "net1", "", second);
	/* A late DEL: the address is another interface's by now. */
	routed_detach("eth0", ON_A, routed_prev);
	sandbox_must("ip -n red addr add 10.1.0.2/24 dev net1 && "
		     "ip -n red rule add from 10.1.0.2 lookup 100 pref 77");
	free(before);
	before = routed_tables();
	routed_succeeds(SBR, "DEL", "eth0", "", routed_prev);
	free(after);
	after = routed_tables();
	sandbox_assert_same(before, after);
}

/* Behind bridge: the other end of eth0 says whose it is. */
static void del__leaves_the_rules_of_another_container(void **state)
{
	static const char config[] =
		"{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"type\":\"sbr\"}";
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	before = routed_tables();
	plugin_succeeds(&(struct plugin_call){.plugin = SBR,
					      .command = "DEL",
					      .container = "green",
					      .netns = RED,
					      .ifname = "eth0",
					      .config = config});
	after = routed_tables();
	sandbox_assert_same(before, after);
	routed_succeeds(SBR, "DEL", "eth0", "", NULL);
	assert_no_rules("its own DEL");
}

/* ---- errors of system calls ---- */

#define LOG "/run/strace.log"

static struct plugin_call call_of(const char *command, const char *config)
{
	return (struct plugin_call){.plugin = SBR,
				    .command = command,
				    .container = "red",
				    .netns = RED,
				    .ifname = "eth0",
				    .config = config};
}

static char *config_text(void)
{
	freeing_json cJSON *json =
		cJSON_Parse("{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"type\":\"sbr\"}");

	cni_json_set(json, "prevResult", cni_json_copy(routed_prev));
	return cni_json_print(json);
}

/* Everything is made, or everything is as it was. */
static void add__is_atomic_at_each_system_call(void **state)
{
	static struct fault_steps steps;
	freeing char *config = config_text();
	struct plugin_call add = call_of("ADD", config);
	struct plugin_answer answer;
	size_t stride = getenv("CNI_C_SLOW") ? 1 : 4;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	answer = faults_learn(&add, LOG, &steps);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_true(steps.count > 40);
	for (size_t i = 0; i < steps.count; i += stride) {
		freeing char *before = NULL;
		freeing char *after = NULL;

		routed_succeeds(SBR, "DEL", "eth0", "", routed_prev);
		routed_attach_again();
		free(config);
		config = config_text();
		add.config = config;
		before = routed_tables();
		answer = faults_inject(&add, LOG, &steps.items[i], "ENOMEM");
		after = routed_tables();
		if (answer.exit_code == 0)
			routed_succeeds(SBR, "CHECK", "eth0", "", routed_prev);
		else if (!steps.items[i].is_lasting && !faults_hit_answer(LOG))
			sandbox_assert_same(before, after);
		plugin_answer_clear(&answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		routed_test(check__names_what_is_missing),
		routed_test(check__knows_the_default_routes_own_gateway),
		routed_test(del__removes_the_rules_in_each_state),
		routed_test(del__without_a_namespace_has_nothing_to_do),
		routed_test(del__leaves_others_alone),
		routed_test(del__leaves_the_rules_of_another_container),
		routed_test(add__is_atomic_at_each_system_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
