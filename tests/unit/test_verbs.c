/* SPDX-License-Identifier: Apache-2.0 */
/* This executable is also the plugin: called with an argument it ends in cni_verbs_main(). */
#include "verbs.h"

#include "cleanup.h"
#include "mem.h"
#include "plugin.h"
#include "test.h"

#include <string.h>

/* The network's name says what the plugin does. */
static int add(const struct cni_call *call, struct cni_result *result, struct cni_error *err)
{
	const struct cni_result_ip ip = {.interface = 0, .address = {{AF_INET, {10, 1, 0, 7}}, 16}};

	if (!call->data || strcmp(call->data, "the data") != 0)
		return cni_fail(err, CNI_EIO, "the data is not ours");
	if (!strcmp(call->conf.name, "fails")) {
		cni_fail(err, CNI_ETAKEN, "'%s' of '%s' is taken", call->owner.ifname,
			 call->owner.container);
		return cni_fail_details(err, "by another");
	}
	cni_result_add_interface(result, call->env.ifname, NULL, call->env.netns);
	if (strcmp(call->conf.name, "empty") != 0)
		cni_result_add_ip(result, &ip);
	return 0;
}

static int say(const struct cni_call *call, struct cni_error *err)
{
	(void)err;
	fprintf(stderr, "%s %s %s", cni_command_text(call->env.command), call->conf.name,
		call->owner.container);
	return !strcmp(call->conf.name, "fails") ? cni_fail(err, CNI_EMISMATCH, "failed") : 0;
}

static int be_plugin(const char *which)
{
	static const struct cni_verbs full = {.type = "test",
					      .version = "1.2.3",
					      .oldest = CNI_0_1_0,
					      .data = "the data",
					      .add = add,
					      .check = say,
					      .del = say,
					      .gc = say,
					      .status = say};
	static const struct cni_verbs bare = {.type = "bare", .oldest = CNI_0_4_0};

	return cni_verbs_main(!strcmp(which, "full") ? &full : &bare);
}

static const char *const full[] = {"full", NULL};
static const char *const bare[] = {"bare", NULL};

static struct plugin_call ask(const char *const *which, const char *command, const char *config)
{
	return (struct plugin_call){.plugin = "/proc/self/exe",
				    .arguments = which,
				    .command = command,
				    .container = "c1",
				    .netns = "/run/netns/c1",
				    .ifname = "eth0",
				    .config = config};
}

static void assert_said(struct plugin_call call, int code, const char *out, const char *err)
{
	struct plugin_answer answer = plugin_run(&call);

	assert_string_equal(answer.err, err);
	assert_string_equal(answer.out, out);
	assert_int_equal(answer.exit_code, code);
	plugin_answer_clear(&answer);
}

static void verbs__tell_about_themselves_without_a_command(void **state)
{
	struct plugin_call call = ask(full, NULL, NULL);

	(void)state;
	assert_said(call, 0, "",
		    "CNI test plugin v1.2.3\nCNI protocol versions supported: "
		    "0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0\n");
	call.command = "";
	call.arguments = bare;
	assert_said(call, 0, "",
		    "CNI bare plugin v0.0.0\nCNI protocol versions supported: "
		    "0.4.0, 1.0.0, 1.1.0\n");
}

static void verbs__tell_their_versions_in_one_line(void **state)
{
	struct plugin_call call = {
		.plugin = "/proc/self/exe", .arguments = bare, .command = "VERSION", .path = ""};

	(void)state;
	assert_said(call, 0,
		    "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":"
		    "[\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n",
		    "");
}

static void verbs__tell_their_versions_in_that_of_the_input(void **state)
{
	static const char *const cases[][2] = {
		{"{\"cniVersion\":\"1.0.0\"}", "1.0.0"},
		{"{\"cniVersion\":\"0.4.0\",\"name\":5}", "0.4.0"},
		/* The input's, though this plugin does not speak it. */
		{"{\"cniVersion\":\"0.2.0\"}", "0.2.0"},
		{"{\"CNIVERSION\":\"0.3.1\"}", "0.3.1"},
		{"{\"cniVersion\":\"1.1.0\"}", "1.1.0"},
		{"{}", "1.1.0"},
		{"{\"cniVersion\":\"\"}", "1.1.0"},
		{"{\"cniVersion\":null}", "1.1.0"},
		{"{\"cniVersion\":5}", "1.1.0"},
		{"{\"cniVersion\":\"9.9.9\"}", "1.1.0"},
		{"{\"cniVersion\":\"one\"}", "1.1.0"},
		{"{\"cniVersion\":\"1.0.0\"", "1.1.0"},
		{"[]", "1.1.0"},
		{"", "1.1.0"},
		{NULL, "1.1.0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *expected = cni_format("{\"cniVersion\":\"%s\",\"supportedVersions\":"
						    "[\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n",
						    cases[i][1]);

		assert_said(ask(bare, "VERSION", cases[i][0]), 0, expected, "");
	}
}

/* Scripts and people leave stdin open, or close it. The pipe's writer writes nothing and lives on. */
static void verbs__tell_their_versions_whatever_stdin_is(void **state)
{
	static const char answer[] = "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":"
				     "[\"0.4.0\",\"1.0.0\",\"1.1.0\"]}";
	static const char *const inputs[] = {"<&-", "</dev/null", "</", "<\"$fifo\""};

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		freeing char *line =
			cni_format("fifo=$(mktemp -u); mkfifo $fifo; exec 9<>$fifo; "
				   "said=$(CNI_COMMAND=VERSION timeout 60 /proc/%d/exe bare %s); "
				   "code=$?; rm $fifo; [ $code = 0 ] && [ \"$said\" = '%s' ]",
				   getpid(), inputs[i], answer);

		if (system(line) != 0)
			fail_msg("%s", line);
	}
}

static void verbs__print_the_result_in_the_asked_version(void **state)
{
	(void)state;
	assert_said(ask(full, "ADD", "{\"cniVersion\":\"1.0.0\",\"name\":\"blue\"}"), 0,
		    "{\n"
		    "    \"cniVersion\": \"1.0.0\",\n"
		    "    \"interfaces\": [\n"
		    "        {\n"
		    "            \"name\": \"eth0\",\n"
		    "            \"sandbox\": \"/run/netns/c1\"\n"
		    "        }\n"
		    "    ],\n"
		    "    \"ips\": [\n"
		    "        {\n"
		    "            \"interface\": 0,\n"
		    "            \"address\": \"10.1.0.7/16\"\n"
		    "        }\n"
		    "    ]\n"
		    "}\n",
		    "");
	assert_said(ask(full, "ADD", "{\"cniVersion\":\"0.2.0\",\"name\":\"blue\"}"), 0,
		    "{\n"
		    "    \"cniVersion\": \"0.2.0\",\n"
		    "    \"ip4\": {\n"
		    "        \"ip\": \"10.1.0.7/16\"\n"
		    "    },\n"
		    "    \"dns\": {}\n"
		    "}\n",
		    "");
}

static void verbs__print_errors_as_json(void **state)
{
	(void)state;
	assert_said(ask(full, "ADD", "{\"cniVersion\":\"0.4.0\",\"name\":\"fails\"}"), 1,
		    "{\n"
		    "    \"cniVersion\": \"0.4.0\",\n"
		    "    \"code\": 105,\n"
		    "    \"msg\": \"'eth0' of 'c1' is taken\",\n"
		    "    \"details\": \"by another\"\n"
		    "}\n",
		    "");
	assert_said(ask(full, "DEL", "{\"name\":\"fails\"}"), 1,
		    "{\n"
		    "    \"cniVersion\": \"0.1.0\",\n"
		    "    \"code\": 102,\n"
		    "    \"msg\": \"failed\"\n"
		    "}\n",
		    "DEL fails c1");
}

static void verbs__say_nothing_but_succeed(void **state)
{
	(void)state;
	assert_said(ask(full, "CHECK", "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\"}"), 0, "",
		    "CHECK blue c1");
	assert_said(ask(full, "DEL", "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\"}"), 0, "",
		    "DEL blue c1");
	assert_said(ask(full, "STATUS", "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\"}"), 0, "",
		    "STATUS blue c1");
	assert_said(ask(full, "GC",
			"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\","
			"\"cni.dev/valid-attachments\":[]}"),
		    0, "", "GC blue c1");
	assert_said(ask(bare, "ADD",
			"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"prevResult\":"
			"{\"ips\":[{\"address\":\"10.1.0.7/16\"}]}}"),
		    0,
		    "{\n"
		    "    \"cniVersion\": \"1.1.0\",\n"
		    "    \"ips\": [\n"
		    "        {\n"
		    "            \"address\": \"10.1.0.7/16\"\n"
		    "        }\n"
		    "    ]\n"
		    "}\n",
		    "");
	assert_said(ask(bare, "CHECK", "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\"}"), 0, "", "");
	assert_said(ask(bare, "STATUS", "{\"cniVersion\":\"1.1.0\",\"name\":\"blue\"}"), 0, "", "");
}

static void assert_error(struct plugin_call call, int code, const char *text)
{
	plugin_fails(&call, code, text);
}

static void verbs__refuse_before_they_act(void **state)
{
	struct plugin_call incomplete = ask(full, "ADD", "{}");
	struct plugin_call unknown = ask(full, "FOO", "{}");

	(void)state;
	incomplete.container = NULL;
	incomplete.netns = NULL;
	assert_error(incomplete, CNI_EENV,
		     "required env variables [CNI_CONTAINERID,CNI_NETNS] missing");
	assert_error(unknown, CNI_EENV, "unknown CNI_COMMAND: FOO");
	assert_error(ask(full, "ADD", ""), CNI_EDECODE, "is empty");
	assert_error(ask(full, "ADD", "{"), CNI_EDECODE, "is not valid JSON");
	assert_error(ask(full, "ADD", "{}"), CNI_ECONFIG, "missing network name");
	assert_error(ask(bare, "DEL", "{\"name\":\"blue\",\"cniVersion\":\"0.3.1\"}"), CNI_EVERSION,
		     "incompatible CNI versions");
	assert_error(ask(full, "CHECK", "{\"name\":\"blue\",\"cniVersion\":\"0.3.1\"}"),
		     CNI_EVERSION, "config version does not allow CHECK");
}

static void verbs__refuse_what_the_version_cannot_say(void **state)
{
	(void)state;
	assert_error(ask(full, "ADD", "{\"name\":\"empty\",\"cniVersion\":\"0.2.0\"}"),
		     CNI_EVERSION, "needs an address");
}

static void verbs__bound_their_input(void **state)
{
	size_t size = (8U << 20) + 1;
	freeing char *input = cni_alloc(size + 1);
	struct plugin_call call = ask(full, "ADD", input);

	(void)state;
	memset(input, ' ', size);
	assert_error(call, CNI_EDECODE, "holds more than 8388608 bytes");
}

/* An ADD whose result cannot be printed has failed, and leaves nothing. */
static void verbs__take_back_what_they_cannot_tell(void **state)
{
	static const char *const to_nobody[] = {
		"-c", "exec " CNI_C_BINARY_DIR "/tests/unit/test_verbs full > /dev/full", NULL};
	struct plugin_call call =
		ask(to_nobody, "ADD", "{\"cniVersion\":\"1.0.0\",\"name\":\"blue\"}");
	struct plugin_answer answer;

	(void)state;
	call.plugin = "/bin/sh";
	answer = plugin_run(&call);
	assert_int_equal(answer.exit_code, 1);
	assert_string_equal(answer.err, "DEL blue c1");
	plugin_answer_clear(&answer);
}

/* ADD there would change the host's network; DEL is allowed, and cleans up. */
static void verbs__leave_their_own_namespace_alone(void **state)
{
	static const char *const override[] = {"CNI_NETNS_OVERRIDE=TRUE", NULL};
	static const char config[] = "{\"cniVersion\":\"1.0.0\",\"name\":\"blue\"}";
	struct plugin_call call = ask(full, "ADD", config);

	(void)state;
	call.netns = "/proc/self/ns/net";
	assert_error(call, CNI_EENV, "should not be the same");
	call.command = "CHECK";
	assert_error(call, CNI_EENV, "should not be the same");
	call.environment = override;
	plugin_succeeds(&call);
	call.environment = NULL;
	call.command = "DEL";
	plugin_succeeds(&call);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verbs__tell_about_themselves_without_a_command),
		cmocka_unit_test(verbs__tell_their_versions_in_one_line),
		cmocka_unit_test(verbs__tell_their_versions_in_that_of_the_input),
		cmocka_unit_test(verbs__tell_their_versions_whatever_stdin_is),
		cmocka_unit_test(verbs__print_the_result_in_the_asked_version),
		cmocka_unit_test(verbs__print_errors_as_json),
		cmocka_unit_test(verbs__say_nothing_but_succeed),
		cmocka_unit_test(verbs__refuse_before_they_act),
		cmocka_unit_test(verbs__refuse_what_the_version_cannot_say),
		cmocka_unit_test(verbs__bound_their_input),
		cmocka_unit_test(verbs__take_back_what_they_cannot_tell),
		cmocka_unit_test(verbs__leave_their_own_namespace_alone),
	};

	if (argc > 1)
		return be_plugin(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
