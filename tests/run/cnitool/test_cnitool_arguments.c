/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool's command line and environment. */
#include "cnitool_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define NAMED "/run/netns/cni-c-test-named"

static int remove_named(void)
{
	return umount2(NAMED, MNT_DETACH) < 0 ? -1 : unlink(NAMED);
}

static int named_teardown(void **state)
{
	/* If the test failed before it could. */
	remove_named();
	return cnitool_teardown(state);
}

/* DEL of an attachment that was not added reports this. */
static void run_del(const struct cnitool_scene *scene, const char *line)
{
	struct plugin_answer answer = cnitool_run(scene, line);

	plugin_assert_success(&answer);
	if (!strstr(answer.err, "cnitool: warning: '/") ||
	    !strstr(answer.err, "' is not attached to 'blue' as '"))
		fail_msg("%s: %s", line, answer.err);
	plugin_answer_clear(&answer);
}

static void cnitool__names_the_container_as_go_does(void **state)
{
	static const char *const same[] = {RED, "/var/run//netns/./red/", "/var/x/../run/netns/red",
					   "/../var/run/netns/red"};
	const struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		freeing char *line = cni_format("del blue %s", same[i]);

		run_del(scene, line);
		cnitool_assert_line(scene, "one.DEL.env", "CNI_CONTAINERID=" RED_ID "\n");
		cnitool_assert_line(scene, "one.DEL.env", "CNI_NETNS=" RED "\n");
	}
}

static void cnitool__makes_a_relative_path_absolute(void **state)
{
	const struct cnitool_scene *scene = *state;
	freeing char *here = get_current_dir_name();
	freeing char *expected = cni_format("CNI_NETNS=%s/ns/red\n", here);

	run_del(scene, "del blue ./ns/x/../red");
	cnitool_assert_line(scene, "one.DEL.env", expected);
}

static void cnitool__finds_a_named_namespace(void **state)
{
	const struct cnitool_scene *scene = *state;

	if (geteuid() != 0)
		skip_because("needs root to name a namespace");
	assert_int_equal(system("ip netns add cni-c-test-named"), 0);
	cnitool_succeeds(scene, "add blue cni-c-test-named --json --ifname eth7");
	cnitool_assert_line(scene, "one.ADD.env", "CNI_NETNS=" NAMED "\n");
	assert_int_equal(remove_named(), 0);
	/* It is gone, and what was attached to it can still be named. */
	cnitool_succeeds(scene, "del blue cni-c-test-named -i eth7");
	cnitool_assert_line(scene, "one.DEL.env", "CNI_NETNS=" NAMED "\n");
	cnitool_assert_line(scene, "one.DEL", "\"prevResult\"");
}

static void cnitool__takes_the_interface_from_anywhere(void **state)
{
	struct cnitool_scene *scene = *state;

	scene->extra[0] = "CNI_IFNAME=net1";
	run_del(scene, "del blue " RED);
	cnitool_assert_line(scene, "one.DEL.env", "CNI_IFNAME=net1\n");
	run_del(scene, "-i net2 del blue " RED);
	cnitool_assert_line(scene, "one.DEL.env", "CNI_IFNAME=net2\n");
	run_del(scene, "del blue --ifname=net3 " RED);
	cnitool_assert_line(scene, "one.DEL.env", "CNI_IFNAME=net3\n");
	run_del(scene, "del blue " RED " --ifname net4");
	cnitool_assert_line(scene, "one.DEL.env", "CNI_IFNAME=net4\n");
}

static void cnitool__refuses_a_wrong_command_line(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"-v", "a command is missing: see 'cnitool --help'"},
		{"dance blue " RED, "unknown command 'dance': see 'cnitool --help'"},
		{"chekc blue " RED, "unknown command 'chekc': the nearest one is 'check'"},
		{"Add blue " RED, "unknown command 'Add': the nearest one is 'add'"},
		{"help dance", "unknown command 'dance'"},
		{"add", "expected 'cnitool add NETWORK NETNS', got 0 operands"},
		{"add blue", "got 1 operand: see 'cnitool add --help'"},
		{"add blue " RED " more", "got 3 operands"},
		{"gc", "expected 'cnitool gc NETWORK [NETNS]'"},
		{"list blue", "expected 'cnitool list', got 1"},
		{"add blue " RED " --ifname", "option '--ifname' needs a value"},
		{"add blue " RED " --nonsense", "unknown option '--nonsense'"},
		{"gc blue --dryrun", "unknown option '--dryrun': the nearest one is '--dry-run'"},
		{"gc blue --ver", "option '--ver' is short for more than one option"},
		{"gc blue --all=yes", "option '--all' takes no value"},
		{"add blue " RED " -x", "unknown option '-x'"},
		{"add blue " RED " --keep a/b", "--keep is for gc, not for add"},
		{"del blue", "expected a namespace or --container: see 'cnitool del --help'"},
		{"del blue " RED " -c cnitool", "--container is instead of the last operand"},
		{"gc blue -c cnitool", "--container is for check, del, show and ipam explain, not "
				       "for gc"},
		{"gc blue --keep a", "--keep 'a': expected"},
		{"gc blue --keep a/b/c", "--keep"},
		{"gc blue --keep ../b", "--keep"},
		{"gc blue --all --gone", "--all and --gone exclude each other"},
		{"del blue " RED " --gone", "--gone is for gc and ipam release, not for del"},
		{"reconcile", "expected a network or --all: see 'cnitool reconcile --help'"},
		{"purge blue", "expected 'cnitool purge', got 1 operand"},
		{"purge --all", "--all is for gc and reconcile, not for purge"},
		{"completion", "expected 'cnitool completion bash|zsh|fish', got 0 operands"},
		{"completion tcsh", "no completion for 'tcsh': expected bash, zsh or fish"},
	};
	const struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cnitool_refuses(scene, cases[i].line, cases[i].says);
	fake_assert_asked(&scene->fake, "");
	assert_false(fake_has(&scene->fake, "cache"));
}

static void cnitool__refuses_what_it_cannot_use(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"add green " RED, "no network 'green'"},
		{"add ../blue " RED, "'name' '../blue' must start with"},
		{"add blue ", "the namespace is empty"},
		{"add blue " RED " -i sixteen-letters-", "is too long"},
		{"add blue " RED " -i ../x", "the interface '../x'"},
	};
	const struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cnitool_fails(scene, cases[i].line, cases[i].says);
	fake_assert_asked(&scene->fake, "");
	assert_false(fake_has(&scene->fake, "cache"));
}

/* Prints one sentence and runs no plugin. */
static void cnitool__needs_rights(void **state)
{
	static const char *const lines[] = {"add blue " RED, "del blue " RED, "gc blue",
					    "reconcile blue", "status blue"};
	struct cnitool_scene *scene = *state;

	if (geteuid() != 0)
		skip_because("needs root to give it up");
	scene->under = "setpriv --bounding-set=-net_admin --inh-caps=-net_admin";
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		cnitool_fails(scene, lines[i],
			      " needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN: nothing was "
			      "done");
	fake_assert_asked(&scene->fake, "");
	cnitool_succeeds(scene, "list");
}

static void cnitool__refuses_an_environment_it_cannot_use(void **state)
{
	static const struct {
		const char *variable;
		const char *says;
	} cases[] = {
		{"CNI_ARGS=IP", "CNI_ARGS holds \"IP\", expected KEY=VALUE"},
		{"CNI_ARGS=A=b;", "CNI_ARGS holds \"\""},
		{"CNI_ARGS=A=b=c", "CNI_ARGS holds \"A=b=c\""},
		{"CNI_ARGS==b", "CNI_ARGS holds \"=b\""},
		{"CAP_ARGS=[]", "CAP_ARGS is a list, expected a JSON object"},
		{"CAP_ARGS={", "CAP_ARGS is not valid JSON"},
		{"CNI_IFNAME=a/b", "the interface 'a/b'"},
	};
	struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		scene->extra[0] = cases[i].variable;
		if (strstr(cases[i].variable, "CNI_ARGS"))
			cnitool_refuses(scene, "add blue " RED, cases[i].says);
		else
			cnitool_fails(scene, "add blue " RED, cases[i].says);
	}
	fake_assert_asked(&scene->fake, "");
}

static void cnitool__prints_usage_errors_as_json_too(void **state)
{
	static const char *const lines[] = {"add --nonsense --json", "-j add --nonsense"};
	const struct cnitool_scene *scene = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct plugin_answer answer = cnitool_run(scene, lines[i]);

		assert_int_equal(answer.exit_code, 2);
		assert_int_equal(cni_json_get(answer.json, "code")->valueint, 4);
		assert_string_equal(cni_json_get_string(answer.json, "msg"),
				    "unknown option '--nonsense': see 'cnitool --help'");
		plugin_answer_clear(&answer);
	}
}

/* "help COMMAND", "COMMAND -h" and "COMMAND --help" are the same. */
static void assert_helps(const struct cnitool_scene *scene, const char *all, const char *command)
{
	static const char *const ways[][2] = {{"help ", ""}, {"", " -h"}, {"", " --help"}};
	freeing char *row = cni_format("\n  %s ", command);
	freeing char *usage = cni_format("Usage: cnitool %s ", command);

	if (!strstr(all, row))
		fail_msg("%s is not in the help", command);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		freeing char *line = cni_format("%s%s%s", ways[i][0], command, ways[i][1]);
		struct plugin_answer more = cnitool_run(scene, line);

		plugin_assert_success(&more);
		assert_non_null(strstr(more.out, usage));
		plugin_answer_clear(&more);
	}
}

static void cnitool__helps(void **state)
{
	static const char *const commands[] = {"add",	 "check",   "del",  "gc",
					       "status", "version", "list", "purge"};
	static const char *const versions[] = {"--version", "-V"};
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer = cnitool_run(scene, "--help");
	struct plugin_answer same = cnitool_run(scene, "help");

	plugin_assert_success(&answer);
	assert_string_equal(same.out, answer.out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		assert_helps(scene, answer.out, commands[i]);
	plugin_answer_clear(&same);
	plugin_answer_clear(&answer);
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		answer = cnitool_run(scene, versions[i]);
		plugin_assert_success(&answer);
		assert_string_equal(answer.out, "cnitool " CNI_C_VERSION "\n");
		plugin_answer_clear(&answer);
	}
}

static void cnitool_help__has_the_options_of_the_command_alone(void **state)
{
	const struct cnitool_scene *scene = *state;
	struct plugin_answer answer = cnitool_run(scene, "help gc");

	assert_non_null(strstr(answer.out, "  --keep ID/NAME"));
	assert_non_null(strstr(answer.out, "  -i, --ifname NAME"));
	assert_null(strstr(answer.out, "  --stale"));
	plugin_answer_clear(&answer);
	answer = cnitool_run(scene, "help ipam release");
	assert_non_null(strstr(answer.out, "  --stale"));
	assert_null(strstr(answer.out, "--keep"));
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cnitool_test(cnitool__names_the_container_as_go_does),
		cnitool_test(cnitool__makes_a_relative_path_absolute),
		cmocka_unit_test_setup_teardown(cnitool__finds_a_named_namespace, cnitool_setup,
						named_teardown),
		cnitool_test(cnitool__takes_the_interface_from_anywhere),
		cnitool_test(cnitool__refuses_a_wrong_command_line),
		cnitool_test(cnitool__refuses_what_it_cannot_use),
		cnitool_test(cnitool__needs_rights),
		cnitool_test(cnitool__refuses_an_environment_it_cannot_use),
		cnitool_test(cnitool__prints_usage_errors_as_json_too),
		cnitool_test(cnitool__helps),
		cnitool_test(cnitool_help__has_the_options_of_the_command_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
