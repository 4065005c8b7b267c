/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* sbr beside the Go plugin: the same routes and rules, and each removes what the other has made. */
#include "routed.h"

#include "cleanup.h"
#include "json_text.h"

#include <string.h>
#include <unistd.h>

#define needs_go()                                                                                 \
	do {                                                                                       \
		if (access(GO_SBR, X_OK) != 0)                                                     \
			skip_because("the Go plugins are not installed in /usr/lib/cni");          \
	} while (0)

/* In a fresh container, whose link-local addresses are there already. */
static char *tables_of(const char *plugin, const char *more)
{
	struct plugin_answer answer;
	char *tables;

	routed_detach("eth0", ON_A, routed_prev);
	cJSON_Delete(routed_prev);
	sandbox_must("ip netns del red && ip netns add red && ip -n red link set lo up && "
		     "rm -rf /var/lib/cni/*");
	routed_prev = routed_attach("eth0", ON_A);
	sandbox_must("ip -n red route add 10.9.0.0/16 via 10.1.0.9 mtu 1300 && "
		     "ip -n red route add 10.8.0.0/16 dev eth0 && "
		     "ip -n red route add 10.7.0.0/16 via 10.1.0.9 metric 50 advmss 900 && "
		     "ip -n red -6 route add fd09::/64 via fd01::9 metric 7 && "
		     "ip -n red -6 route add fd08::/64 dev eth0");
	answer = routed_run(plugin, "ADD", "eth0", more, routed_prev);
	plugin_assert_success(&answer);
	/* Go's versions differ in which results have an empty "dns". */
	cni_json_set(answer.json, "dns", NULL);
	json_text_assert_equal(answer.json, routed_prev);
	plugin_answer_clear(&answer);
	tables = routed_tables();
	routed_succeeds(SBR, "CHECK", "eth0", more, routed_prev);
	return tables;
}

static void sbr__makes_the_routes_and_rules_of_go(void **state)
{
	/* Versions before 1.5 do not know the second key, those of 1.9 not the third. */
	static const char *const cases[] = {"", "'table':300", "'addSourceHints':true"};

	(void)state;
	needs_go();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *theirs = NULL;
		freeing char *ours = NULL;

		if (*cases[i] && sandbox_run("grep -q %.*s " GO_SBR,
					     (int)strcspn(cases[i] + 1, "'"), cases[i] + 1) != 0)
			continue;
		if (!strncmp(cases[i], "'table'", 7) &&
		    sandbox_run("grep -q doRoutesWithTable " GO_SBR) != 0)
			continue;
		theirs = tables_of(GO_SBR, cases[i]);
		ours = tables_of(SBR, cases[i]);
		sandbox_assert_same(theirs, ours);
	}
}

static void assert_deletes(const char *makes, const char *deletes)
{
	freeing char *before = sandbox_read("ip -n red rule; ip -n red -6 rule");
	freeing char *after = NULL;

	routed_succeeds(makes, "ADD", "eth0", "", routed_prev);
	assert_shown("100", "0.table", "ip -n red -j rule show from 10.1.0.2");
	routed_succeeds(deletes, "DEL", "eth0", "", routed_prev);
	after = sandbox_read("ip -n red rule; ip -n red -6 rule");
	sandbox_assert_same(before, after);
}

static void del__removes_what_go_has_made(void **state)
{
	(void)state;
	needs_go();
	assert_deletes(GO_SBR, SBR);
}

static void go_del__removes_what_we_have_made(void **state)
{
	(void)state;
	needs_go();
	assert_deletes(SBR, GO_SBR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		routed_test(sbr__makes_the_routes_and_rules_of_go),
		routed_test(del__removes_what_go_has_made),
		routed_test(go_del__removes_what_we_have_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
