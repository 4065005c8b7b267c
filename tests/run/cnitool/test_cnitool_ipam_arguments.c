/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of "cnitool ipam", its unusable configurations, its help, and its bash
 * completion. */
#include "boots.h"
#include "ipam_scene.h"
#include "sandbox.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

static void ipam__says_why_it_cannot(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"ipam", "a command is missing: see 'cnitool ipam --help'"},
		{"ipam dance pool", "unknown command 'ipam dance': see 'cnitool ipam --help'"},
		{"ipam list", "expected 'cnitool ipam list NETWORK', got 0"},
		{"ipam explain pool", "'cnitool ipam explain NETWORK ADDRESS|CONTAINER', got 1"},
		{"ipam list pool more", "got 2 operands"},
		{"ipam list nowhere", "no network 'nowhere'"},
		{"ipam list ../pool", "'name' '../pool' must start with"},
		{"ipam usage blue", "network 'blue' has no ledger: none of its plugins has "
				    "'host-local' or 'dhcp' for its 'ipam.type'"},
		{"ipam release pool", "--stale is missing"},
		{"ipam release pool --dry-run", "--stale is missing"},
		{"ipam list pool --stale", "--stale is for ipam release, not for ipam list"},
		{"add pool " RED " --dry-run",
		 "--dry-run is for gc, purge, reconcile and ipam release, not for add"},
		{"ipam release pool --keep a/b", "--keep is for gc, not for ipam release"},
	};
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cnitool_fails(scene, cases[i].line, cases[i].says);
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
		      "the runtime sends for it)\n");
}

/* ---- help ---- */

static void ipam__helps(void **state)
{
	static const char *const commands[] = {"list", "usage", "explain", "release", "verify"};
	const struct cnitool_scene *scene = *state;
	struct plugin_answer all = cnitool_run(scene, "--help");
	struct plugin_answer answer = cnitool_run(scene, "ipam --help");

	plugin_assert_success(&answer);
	assert_non_null(strstr(all.out, "\n  ipam     COMMAND NETWORK  "));
	assert_null(strstr(all.out, "\n  ipam list"));
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		freeing char *row = cni_format("\n  ipam %s ", commands[i]);
		freeing char *line = cni_format("ipam %s -h", commands[i]);
		freeing char *usage = cni_format("Usage: cnitool ipam %s NETWORK", commands[i]);
		struct plugin_answer more = cnitool_run(scene, line);

		assert_non_null(strstr(answer.out, row));
		plugin_assert_success(&more);
		assert_non_null(strstr(more.out, usage));
		plugin_answer_clear(&more);
	}
	plugin_answer_clear(&answer);
	plugin_answer_clear(&all);
}

/* bash's completions after these words, one to a line. */
static char *completed(const struct cnitool_scene *scene, const char *words)
{
	return sandbox_read("NETCONFPATH=%s/net.d bash -c '"
			    "source " CNI_C_SOURCE_DIR "/cnitool/completion.bash; "
			    "COMP_WORDS=(cnitool %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
			    "_cnitool " CNI_C_BINARY_DIR "/cnitool/cnitool; "
			    "echo \"${COMPREPLY[@]}\"'",
			    scene->fake.dir, words);
}

static void ipam__is_completed(void **state)
{
	static const struct {
		const char *words;
		const char *expected;
	} cases[] = {
		{"ip", "ipam\n"},
		{"ipam \"\"", "list usage explain release verify\n"},
		{"ipam u", "usage\n"},
		{"ipam list \"\"", "blue pool\n"},
		{"ipam list pool \"\"", "\n"},
		{"ipam --json explain p", "pool\n"},
		{"ipam explain pool \"\"", "10.1.0.2 c1 10.1.0.9\n"},
		{"ipam release pool --s", "--stale\n"},
		{"ipam release --d", "--dry-run\n"},
		{"ipam verify pool --s", "\n"},
		{"gc pool --k", "--keep\n"},
		{"list \"\"", "\n"},
	};
	const struct cnitool_scene *scene = *state;

	ipam_add(scene, "c1", IPAM_NOWHERE);
	ipam_put(scene, "10.1.0.9", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *found = completed(scene, cases[i].words);

		if (strcmp(found, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].words, found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ipam_test(ipam__says_why_it_cannot),
		ipam_test(ipam__copes_with_what_add_refuses),
		ipam_test(ipam__asks_for_what_the_runtime_sends),
		ipam_test(ipam__helps),
		ipam_test(ipam__is_completed),
	};

	return cmocka_run_group_tests(tests, boots_setup, NULL);
}
