/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of loopback as text, and its refusals before it opens anything. Called with an argument this
 * executable is the plugin. */
#include "test.h"

int loopback_main(void);
#define main loopback_main
#include "../../plugins/loopback.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "json_text.h"
#include "plugin.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

static char *plan_of(const char *more, enum cni_command command)
{
	freeing char *quoted =
		cni_format("{'cniVersion':'1.1.0','name':'blue'%s%s}", *more ? "," : "", more);
	freeing char *config = json_text(quoted);
	struct cni_call call = {.env = {.command = command}};
	struct cni_plan plan = {.count = 0};
	struct cni_error err = {.msg = ""};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (cni_conf_read(config, strlen(config), command, CNI_0_1_0, &call.conf, &err) < 0 ||
	    cni_plugin_configure(&loopback, &call, NULL, &err) < 0)
		fail_msg("%s: %s", more, err.msg);
	loopback.plan(&plan, &call, NULL);
	cni_plan_print(&plan, out);
	fclose(out);
	cni_plan_clear(&plan);
	cni_conf_clear(&call.conf);
	return text;
}

/* It has no keys of its own. */
static void loopback_plan__is_the_same_for_all(void **state)
{
	static const char *const cases[] = {
		"",
		"'mtu':'much','lo':5",
		"'prevResult':{'interfaces':[{'name':'eth0'}]}",
		"'dns':{'domain':'x'}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *of_add = plan_of(cases[i], CNI_ADD);
		freeing char *of_del = plan_of(cases[i], CNI_DEL);

		assert_string_equal(of_add, "loopback   container lo up\n");
		assert_string_equal(of_del, "loopback   container lo up\n");
	}
}

static void assert_says(const char *command, const char *netns, const char *said, int code,
			const char *message)
{
	static const char *const traced[] = {"CNI_C_TRACE=1", NULL};
	static const char *const as_plugin[] = {"plugin", NULL};
	struct plugin_call call = {.plugin = "/proc/self/exe",
				   .arguments = as_plugin,
				   .environment = traced,
				   .command = command,
				   .container = "c1",
				   .netns = netns,
				   .ifname = "eth0",
				   .config = "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\","
					     "\"cni.dev/valid-attachments\":[]}"};
	struct plugin_answer answer = plugin_run(&call);

	assert_string_equal(answer.err, said);
	if (message)
		plugin_assert_error(&answer, code, message);
	else
		plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

/* Neither ADD nor CHECK needs a prevResult. */
static void loopback_plan__is_traced(void **state)
{
	(void)state;
	assert_says("ADD", "/none", "add    loopback   container lo up\n", CNI_EENV,
		    "failed to open netns '/none'");
	assert_says("CHECK", "/none", "check  loopback   container lo up\n", CNI_EENV,
		    "failed to open netns '/none'");
	assert_says("DEL", NULL, "del    loopback   container lo up\n", 0, NULL);
	assert_says("GC", NULL, "", 0, NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_plan__is_the_same_for_all),
		cmocka_unit_test(loopback_plan__is_traced),
	};

	(void)argv;
	if (argc > 1)
		return loopback_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
