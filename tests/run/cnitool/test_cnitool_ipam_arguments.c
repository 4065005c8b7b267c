/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of "cnitool ipam", its unusable configurations, and its help. */
#include "boots.h"
#include "ipam_scene.h"
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

static void ipam__refuses_a_wrong_command_line(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"ipam", "a command is missing: see 'cnitool ipam --help'"},
		{"ipam dance pool", "unknown command 'ipam dance': see 'cnitool ipam --help'"},
		{"ipam lsit pool", "unknown command 'ipam lsit': the nearest one is 'ipam list', "
				   "see 'cnitool ipam --help'"},
		{"ipam list", "expected 'cnitool ipam list NETWORK', got 0"},
		{"ipam explain", "'cnitool ipam explain NETWORK ADDRESS|CONTAINER|--container'"},
		{"ipam explain pool", "expected an address, a container or --container"},
		{"ipam explain pool c1 -c c1", "--container is instead of the last operand"},
		{"ipam list pool more", "got 2 operands"},
		{"ipam release pool", "expected addresses, --gone or --stale"},
		{"ipam release pool --dry-run", "expected addresses, --gone or --stale"},
		{"ipam release pool 10.1.0.2 --gone", "exclude each other"},
		{"ipam release pool 10.1.0.2 10.1.0", "'10.1.0' is not an IP address"},
		{"ipam verify pool --force", "--force is for ipam release, not for ipam verify"},
		{"ipam list pool --stale", "--stale is for ipam release, not for ipam list"},
		{"add pool " RED " --dry-run",
		 "--dry-run is for gc, purge, reconcile and ipam release, not for add"},
		{"ipam release pool --keep a/b", "--keep is for gc, not for ipam release"},
	};
	const struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cnitool_refuses(scene, cases[i].line, cases[i].says);
}

static void ipam__says_why_it_cannot(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	cnitool_fails(scene, "ipam list nowhere", "no network 'nowhere'");
	cnitool_fails(scene, "ipam list ../pool", "'name' '../pool' must start with");
	cnitool_fails(scene, "ipam usage blue",
		      "network 'blue' has no ledger: none of its plugins has 'host-local' or "
		      "'dhcp' for its 'ipam.type'");
	answer = cnitool_run(scene, "ipam usage blue --json");
	plugin_assert_error(&answer, 7, "network 'blue' has no ledger");
	plugin_answer_clear(&answer);
}

/* Commands that need no ranges work also where ADD fails. */
static void ipam__copes_with_what_add_refuses(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	ipam_add(scene, "c1", IPAM_NOWHERE);
	ipam_configure(scene, "\"rangesFile\":\"/nowhere/ranges.json\"");
	cnitool_fails(scene, "ipam usage pool",
		      "cnitool: network 'pool': plugin 'host-local': 'ipam.rangesFile': open "
		      "'/nowhere/ranges.json'");
	cnitool_fails(scene, "ipam explain pool 10.1.0.2", "'ipam.rangesFile'");
	cnitool_fails(scene, "ipam verify pool", "'ipam.rangesFile'");
	answer = cnitool_run(scene, "ipam list pool");
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.out, "10.1.0.2  c1"));
	assert_non_null(strstr(answer.err, "cnitool: warning: ADD would fail: plugin "));
	plugin_answer_clear(&answer);
}

static void ipam__asks_for_what_the_runtime_sends(void **state)
{
	const struct cnitool_scene *scene = *state;

	fake_write(&scene->fake, "net.d/20-pool.conflist",
		   "{\"cniVersion\":\"1.1.0\",\"name\":\"pool\",\"plugins\":[{\"type\":\"one\","
		   "\"capabilities\":{\"ipRanges\":true},\"ipam\":{\"type\":\"host-local\"}}]}");
	cnitool_fails(scene, "ipam usage pool",
		      "no IP ranges specified: 'ipam' has none of 'ranges', 'rangesFile' and "
		      "'subnet' (the plugin has the capability 'ipRanges': CAP_ARGS can say what "
		      "the runtime sends for it) [code 7]\n");
}

/* ---- help ---- */

static void ipam__helps(void **state)
{
	static const char *const commands[] = {"list", "usage", "explain", "release", "verify"};
	const struct cnitool_scene *scene = *state;
	struct plugin_answer all = cnitool_run(scene, "--help");
	struct plugin_answer answer = cnitool_run(scene, "ipam --help");

	plugin_assert_success(&answer);
	assert_non_null(strstr(all.out, "\n  ipam        COMMAND NETWORK  "));
	assert_null(strstr(all.out, "\n  ipam list"));
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		freeing char *row = cni_format("\n  ipam %s ", commands[i]);
		freeing char *line = cni_format("ipam %s -h", commands[i]);
		freeing char *usage = cni_format("Usage: cnitool ipam %s ", commands[i]);
		struct plugin_answer more = cnitool_run(scene, line);

		assert_non_null(strstr(answer.out, row));
		plugin_assert_success(&more);
		assert_non_null(strstr(more.out, usage));
		plugin_answer_clear(&more);
	}
	plugin_answer_clear(&answer);
	plugin_answer_clear(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ipam_test(ipam__refuses_a_wrong_command_line),
		ipam_test(ipam__says_why_it_cannot),
		ipam_test(ipam__copes_with_what_add_refuses),
		ipam_test(ipam__asks_for_what_the_runtime_sends),
		ipam_test(ipam__helps),
	};

	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
