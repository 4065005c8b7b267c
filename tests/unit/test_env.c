/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a plugin: CNI_* variables and their errors. */
#include "env.h"

#include "test.h"

#include <stdlib.h>

/* The variables in the order of the columns below; NULL: not set. */
static const char *const names[] = {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS",
				    "CNI_IFNAME",  "CNI_ARGS",	      "CNI_PATH"};

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static int read_with(const char *command, const char *container, const char *netns,
		     const char *ifname, const char *args, const char *path,
		     struct cni_env *ret_env, struct cni_error *err)
{
	const char *const values[] = {command, container, netns, ifname, args, path};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		set(names[i], values[i]);
	return cni_env_read(ret_env, err);
}

static void env__is_read(void **state)
{
	struct cni_env env;
	struct cni_error err;

	(void)state;
	assert_int_equal(read_with("CHECK", "c1", "/run/netns/c1", "eth0", "IP=10.1.0.7",
				   "/opt/cni/bin:/x", &env, &err),
			 0);
	assert_int_equal(env.command, CNI_CHECK);
	assert_string_equal(env.container, "c1");
	assert_string_equal(env.netns, "/run/netns/c1");
	assert_string_equal(env.ifname, "eth0");
	assert_string_equal(env.args, "IP=10.1.0.7");
	assert_string_equal(env.path, "/opt/cni/bin:/x");
	assert_false(env.netns_override);
}

/* The specification's table, and the reference's order of names. */
static void env__names_all_that_is_missing(void **state)
{
	static const char *const cases[][2] = {
		{"ADD", "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME] missing"},
		{"CHECK", "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME] missing"},
		{"MEND", "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME] missing"},
		{"DEL", "required env variables [CNI_CONTAINERID,CNI_IFNAME] missing"},
	};
	struct cni_env env;
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_with(cases[i][0], NULL, NULL, NULL, NULL, NULL, &env, &err),
				 -1);
		assert_int_equal(err.code, CNI_EENV);
		assert_string_equal(err.msg, cases[i][1]);
		assert_int_equal(read_with(cases[i][0], "", "", "", "", "", &env, &err), -1);
		assert_string_equal(err.msg, cases[i][1]);
	}
	assert_int_equal(read_with("VERSION", NULL, NULL, NULL, NULL, NULL, &env, &err), 0);
	assert_int_equal(env.command, CNI_VERSION);
	assert_string_equal(env.container, "");
	assert_int_equal(read_with("DEL", "c1", NULL, "eth0", NULL, "/x", &env, &err), 0);
	assert_string_equal(env.netns, "");
}

/* The specification's lists: a plugin that delegates nothing needs no path. */
static void env__does_without_cni_path_and_cni_args(void **state)
{
	static const char *const commands[] = {"ADD",	 "CHECK", "DEL",  "GC",
					       "STATUS", "MEND",  "SWEEP"};
	struct cni_env env;
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		assert_int_equal(read_with(commands[i], "c1", "/run/netns/c1", "eth0", NULL, NULL,
					   &env, &err),
				 0);
		assert_string_equal(env.path, "");
		assert_string_equal(env.args, "");
	}
	assert_int_equal(read_with("GC", NULL, NULL, NULL, NULL, NULL, &env, &err), 0);
	assert_int_equal(read_with("STATUS", "", "", "", "", "", &env, &err), 0);
}

static void env__needs_a_command_that_it_knows(void **state)
{
	static const char *const unknown[] = {"FOO", "add", "ADD ", "UPDATE"};
	struct cni_env env;
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		assert_int_equal(read_with(unknown[i], "c1", "/x", "eth0", "", "/x", &env, &err),
				 -1);
		assert_int_equal(err.code, CNI_EENV);
	}
	read_with("FOO", NULL, NULL, NULL, NULL, NULL, &env, &err);
	assert_string_equal(err.msg, "unknown CNI_COMMAND: FOO");
	assert_int_equal(read_with(NULL, NULL, NULL, NULL, NULL, NULL, &env, &err), -1);
	assert_string_equal(err.msg, "required env variables [CNI_COMMAND] missing");
}

static void env__refuses_hostile_names(void **state)
{
	struct cni_env env;
	struct cni_error err;

	(void)state;
	assert_int_equal(read_with("ADD", "../c1", "/x", "eth0", NULL, "/x", &env, &err), -1);
	assert_int_equal(err.code, CNI_EENV);
	assert_int_equal(read_with("DEL", "c1", "/x", "eth0/..", NULL, "/x", &env, &err), -1);
	assert_int_equal(err.code, CNI_EENV);
	assert_int_equal(read_with("ADD", "c1", "/x", "abcdefghijklmnop", NULL, "/x", &env, &err),
			 -1);
	assert_string_equal(err.msg, "CNI_IFNAME 'abcdefghijklmnop' is too long: an interface name "
				     "has at most 15 characters");
}

/* Runtimes send what they like with GC and STATUS. */
static void env__does_not_judge_what_is_not_needed(void **state)
{
	struct cni_env env;
	struct cni_error err;

	(void)state;
	assert_int_equal(read_with("GC", "dum my", "dummy", "an interface far too long", NULL, "/x",
				   &env, &err),
			 0);
	assert_int_equal(read_with("STATUS", "../", "", "../", NULL, "/x", &env, &err), 0);
}

static void env__may_allow_the_own_namespace(void **state)
{
	static const struct {
		const char *value;
		bool expected;
	} cases[] = {{NULL, false},  {"", false},    {"0", false},   {"1", true},
		     {"TRUE", true}, {"true", true}, {"yes", false}, {"11", false}};
	struct cni_env env;
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set("CNI_NETNS_OVERRIDE", cases[i].value);
		assert_int_equal(read_with("ADD", "c1", "/x", "eth0", NULL, "/x", &env, &err), 0);
		assert_int_equal(env.netns_override, cases[i].expected);
	}
	unsetenv("CNI_NETNS_OVERRIDE");
}

static void command__has_a_text_and_an_age(void **state)
{
	static const struct {
		enum cni_command command;
		const char *text;
		enum cni_version since;
	} cases[] = {{CNI_ADD, "ADD", CNI_0_1_0},	{CNI_DEL, "DEL", CNI_0_1_0},
		     {CNI_CHECK, "CHECK", CNI_0_4_0},	{CNI_GC, "GC", CNI_1_1_0},
		     {CNI_STATUS, "STATUS", CNI_1_1_0}, {CNI_VERSION, "VERSION", CNI_0_1_0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_string_equal(cni_command_text(cases[i].command), cases[i].text);
		assert_int_equal(cni_command_since(cases[i].command), cases[i].since);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(env__is_read),
		cmocka_unit_test(env__names_all_that_is_missing),
		cmocka_unit_test(env__does_without_cni_path_and_cni_args),
		cmocka_unit_test(env__needs_a_command_that_it_knows),
		cmocka_unit_test(env__refuses_hostile_names),
		cmocka_unit_test(env__does_not_judge_what_is_not_needed),
		cmocka_unit_test(env__may_allow_the_own_namespace),
		cmocka_unit_test(command__has_a_text_and_an_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
