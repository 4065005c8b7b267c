/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that are no plugins: here they are shell scripts. */
#include "exec.h"

#include "cleanup.h"
#include "fake.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fake fake;

static int setup(void **state)
{
	(void)state;
	fake_open(&fake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&fake);
	return 0;
}

static void add_command(const char *name, const char *script, mode_t mode)
{
	freeing char *file = fake_path(&fake, name);

	fake_write(&fake, name, script);
	assert_int_equal(chmod(file, mode), 0);
}

static int run(const char *script, char *const *arguments, unsigned int deadline_ms,
	       char **ret_output, int *ret_code, struct cni_error *err)
{
	freeing char *file = fake_path(&fake, "command");
	struct cni_exec exec = {.file = file,
				.type = "command",
				.arguments = arguments,
				.environment = environ,
				.input = "input\n",
				.input_size = 6,
				.deadline_ms = deadline_ms};

	add_command("command", script, 0755);
	return cni_exec_command(&exec, ret_output, ret_code, err);
}

static void command__gets_arguments_and_tells_all_it_says(void **state)
{
	static const struct {
		const char *script;
		const char *output;
		int code;
	} cases[] = {
		{"#!/bin/sh\necho $# \"$1\" \"$2\"\n", "2 --first a second\n", 0},
		{"#!/bin/sh\ncat; echo out; echo err >&2; exit 3\n", "input\nout\nerr\n", 3},
		{"#!/bin/sh\nexit 255\n", "", 255},
		{"#!/bin/sh\nexec >&- 2>&-; exit 1\n", "", 1},
	};
	char first[] = "--first";
	char second[] = "a second";
	char *const arguments[] = {first, second, NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *output = NULL;
		struct cni_error err = {.msg = ""};
		int code = -1;

		if (run(cases[i].script, arguments, 60000, &output, &code, &err) < 0)
			fail_msg("%s", err.msg);
		assert_string_equal(output, cases[i].output);
		assert_int_equal(code, cases[i].code);
	}
}

static void command__without_arguments_has_its_name_only(void **state)
{
	freeing char *output = NULL;
	struct cni_error err = {.msg = ""};
	int code = -1;

	(void)state;
	assert_int_equal(run("#!/bin/sh\necho $#\n", NULL, 60000, &output, &code, &err), 0);
	assert_string_equal(output, "0\n");
}

static void command__failures_are_said(void **state)
{
	static const struct {
		const char *script;
		const char *text;
	} cases[] = {
		{"#!/bin/sh\nkill -9 $$\n", "command 'command' was ended by signal 9"},
		{"#!/bin/sh\nsleep 60\n", "command 'command' did not finish within 200 ms"},
		{"#!/nowhere/sh\n", "run command 'command'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_error err = {.msg = ""};
		char *output = NULL;
		int code = -1;

		assert_int_equal(
			run(cases[i].script, NULL, i == 1 ? 200 : 60000, &output, &code, &err), -1);
		assert_int_equal(err.code, CNI_EDELEGATE);
		assert_null(output);
		if (!strstr(err.msg, cases[i].text))
			fail_msg("'%s', expected '%s'", err.msg, cases[i].text);
	}
}

/* The first on PATH that can be run; then where administrators' commands are. */
static void command__is_found(void **state)
{
	freeing char *before = cni_strdup(getenv("PATH"));
	freeing char *path = cni_format("relative::%s/none:%s/a:%s/b:%s/c:%s/d", fake.dir, fake.dir,
					fake.dir, fake.dir, fake.dir);
	freeing char *expected = fake_path(&fake, "d/some-command");
	freeing char *directory = fake_path(&fake, "b/some-command");
	freeing char *file = NULL;
	freeing char *shell = NULL;
	struct cni_error err = {.msg = ""};

	(void)state;
	add_command("a/some-command", "", 0644);
	fake_write(&fake, "b/x", "");
	assert_int_equal(mkdir(directory, 0755), 0);
	fake_write(&fake, "c/x", "");
	add_command("d/some-command", "", 0755);
	setenv("PATH", path, 1);
	assert_int_equal(cni_exec_find_command("some-command", &file, &err), 0);
	assert_string_equal(file, expected);
	assert_int_equal(cni_exec_find_command("sh", &shell, &err), 0);
	assert_true(*shell == '/');
	assert_int_equal(cni_exec_find_command("no-such-command", &expected, &err), -1);
	assert_int_equal(err.code, CNI_EMISSING);
	assert_string_equal(err.msg, "there is no command 'no-such-command' on this host");
	unsetenv("PATH");
	free(shell);
	shell = NULL;
	assert_int_equal(cni_exec_find_command("sh", &shell, &err), 0);
	setenv("PATH", before, 1);
}

#define command_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		command_test(command__gets_arguments_and_tells_all_it_says),
		command_test(command__without_arguments_has_its_name_only),
		command_test(command__failures_are_said),
		command_test(command__is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
