/* SPDX-License-Identifier: Apache-2.0 */
#include "delegate.h"

#include "cleanup.h"
#include "fake.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fake fake;
static char *path;

static int setup(void **state)
{
	(void)state;
	fake_open(&fake);
	fake_add_plugin(&fake, "one");
	path = fake_path(&fake, "bin");
	setenv("CNI_COMMAND", "ADD", 1);
	setenv("CNI_CONTAINERID", "c1", 1);
	setenv("CNI_NETNS", "/run/netns/c1", 1);
	setenv("CNI_IFNAME", "eth0", 1);
	setenv("CNI_ARGS", "IP=10.1.0.7", 1);
	setenv("CNI_PATH", path, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(path);
	fake_close(&fake);
	return 0;
}

/* With white space, so that only the very same bytes are the same. */
static const char input[] =
	"{ \"cniVersion\":\"1.0.0\", \"name\":\"blue\",\n\t\"ipam\": {\"type\" : \"one\"} }\n";

/* The plugin that this executable contains: it answers, and notes the question. */
static char asked[64];

static int note(const struct cni_call *call, struct cni_error *err)
{
	(void)err;
	strcat(strcat(asked, cni_command_text(call->env.command)), " ");
	return 0;
}

static int contained_add(const struct cni_call *call, struct cni_result *result,
			 struct cni_error *err)
{
	const struct cni_result_ip ip = {.address = {{AF_INET, {10, 9, 0, 7}}, 16},
					 .interface = CNI_NO_INTERFACE};

	note(call, err);
	assert_string_equal(call->conf.name, "blue");
	assert_memory_equal(call->input, input, sizeof(input));
	cni_result_add_ip(result, &ip);
	return 0;
}

static const struct cni_verbs contained_verbs = {.type = "one",
						 .add = contained_add,
						 .check = note,
						 .del = note,
						 .gc = note,
						 .status = note};
static const struct cni_contained contained = {&contained_verbs, "\x01\x02\x03id", 5};

static int delegate(enum cni_command command, const char *type, struct cni_result *ret_result,
		    struct cni_error *err)
{
	struct cni_call call = {.type = "main",
				.env = {.container = "c1",
					.netns = "/run/netns/c1",
					.ifname = "eth0",
					.path = path},
				.conf = {.ipam_type = type, .version = CNI_1_0_0},
				.contained = &contained,
				.input = input,
				.input_size = sizeof(input) - 1};

	return cni_delegate_ipam(&call, command, ret_result, err);
}

static void delegate__hands_on_what_it_was_given(void **state)
{
	freeing char *expected = cni_format("CNI_ARGS=IP=10.1.0.7\nCNI_COMMAND=ADD\n"
					    "CNI_CONTAINERID=c1\nCNI_C_IPAM=one\nCNI_IFNAME=eth0\n"
					    "CNI_NETNS=/run/netns/c1\nCNI_PATH=%s\n",
					    path);
	freeing char *sort =
		cni_format("LC_ALL=C sort -o %s/one.ADD.env %s/one.ADD.env", fake.dir, fake.dir);
	freeing char *environment = NULL;
	freeing char *got = NULL;
	struct cni_result result;
	struct cni_error err;

	(void)state;
	assert_int_equal(delegate(CNI_ADD, "one", &result, &err), 0);
	assert_int_equal(result.ip_count, 1);
	cni_result_clear(&result);
	got = fake_read(&fake, "one.ADD");
	assert_string_equal(got, input);
	assert_int_equal(system(sort), 0); // NOLINT(cert-env33-c): tests run commands
	environment = fake_read(&fake, "one.ADD.env");
	assert_string_equal(environment, expected);
	fake_assert_asked(&fake, "ADD one\n");
}

static void delegate__asks_for_another_command(void **state)
{
	static const enum cni_command commands[] = {CNI_DEL, CNI_CHECK, CNI_GC, CNI_STATUS};
	struct cni_error err;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(delegate(commands[i], "one", NULL, &err), 0);
	fake_assert_asked(&fake, "DEL one\nCHECK one\nGC one\nSTATUS one\n");
}

static void delegate__sends_del_after_a_failed_add(void **state)
{
	struct cni_result result = {0};
	struct cni_error err;

	(void)state;
	fake_write(&fake, "one.ADD.fails",
		   "{\"code\": 104, \"msg\": \"no address left\", \"details\": \"10.1.0.0/16\"}");
	assert_int_equal(delegate(CNI_ADD, "one", &result, &err), -1);
	assert_int_equal(err.code, 104);
	assert_string_equal(err.msg, "ipam 'one': no address left");
	assert_string_equal(err.details, "10.1.0.0/16");
	fake_assert_asked(&fake, "ADD one\nDEL one\n");
	assert_null(result.ips);
}

static void delegate__sends_del_after_a_nonsensical_answer(void **state)
{
	static const char *const answers[][2] = {
		{"hello", "ipam 'one': its answer is not valid JSON"},
		{"", "ipam 'one': its answer is empty, expected a JSON object"},
		{"{\"ips\": 5}", "ipam 'one': its answer: 'ips' is 5, expected a list"},
		{"{\"cniVersion\": \"7.0.0\"}",
		 "ipam 'one': its answer: incompatible CNI versions"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct cni_result result = {0};
		struct cni_error err;

		fake_write(&fake, "one.answer", answers[i][0]);
		assert_int_equal(delegate(CNI_ADD, "one", &result, &err), -1);
		assert_memory_equal(err.msg, answers[i][1], strlen(answers[i][1]));
		fake_assert_asked(&fake, "ADD one\nDEL one\n");
		assert_null(result.ips);
	}
}

static void delegate__keeps_the_first_error_if_del_fails_as_well(void **state)
{
	struct cni_result result;
	struct cni_error err;

	(void)state;
	fake_write(&fake, "one.ADD.fails", "{\"code\": 11, \"msg\": \"first\"}");
	fake_write(&fake, "one.DEL.fails", "{\"code\": 12, \"msg\": \"second\"}");
	assert_int_equal(delegate(CNI_ADD, "one", &result, &err), -1);
	assert_int_equal(err.code, 11);
	assert_string_equal(err.msg, "ipam 'one': first");
	assert_int_equal(delegate(CNI_DEL, "one", NULL, &err), -1);
	assert_int_equal(err.code, 12);
	assert_string_equal(err.msg, "ipam 'one': second");
	fake_assert_asked(&fake, "ADD one\nDEL one\nDEL one\n");
}

static void delegate__reads_an_answer_in_the_configurations_version(void **state)
{
	struct cni_result result;
	struct cni_error err;

	(void)state;
	fake_write(&fake, "one.answer", "{\"ips\":[{\"address\":\"10.1.0.2/16\"}]}");
	assert_int_equal(delegate(CNI_ADD, "one", &result, &err), 0);
	assert_int_equal(result.ip_count, 1);
	cni_result_clear(&result);
}

static void delegate__says_that_the_plugin_is_missing(void **state)
{
	freeing char *expected =
		cni_format("'ipam.type': failed to find plugin \"two\" in path [%s]", path);
	struct cni_result result;
	struct cni_error err;

	(void)state;
	assert_int_equal(delegate(CNI_ADD, "two", &result, &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_string_equal(err.msg, expected);
}

/* Made to be what the executable contains, by its id, or not. */
static void delegate__runs_what_it_contains_itself(void **state)
{
	struct cni_result result = {0};
	struct cni_error err;

	(void)state;
	fake_write(&fake, "bin/one", "#!/bin/sh\n# \x01\x02\x03id\nexit 9\n");
	asked[0] = '\0';
	assert_int_equal(delegate(CNI_ADD, "one", &result, &err), 0);
	assert_int_equal(result.ip_count, 1);
	assert_int_equal(result.ips[0].address.ip.bytes[1], 9);
	cni_result_clear(&result);
	assert_int_equal(delegate(CNI_CHECK, "one", NULL, &err), 0);
	assert_int_equal(delegate(CNI_DEL, "one", NULL, &err), 0);
	assert_string_equal(asked, "ADD CHECK DEL ");
	fake_assert_asked(&fake, "");
	/* Another one of that name is run. */
	fake_add_plugin(&fake, "one");
	assert_int_equal(delegate(CNI_DEL, "one", NULL, &err), 0);
	assert_string_equal(asked, "ADD CHECK DEL ");
	fake_assert_asked(&fake, "DEL one\n");
}

/* By its own type, by a link to what runs here, and as the plugin that is under way already. */
static void delegate__refuses_what_leads_back(void **state)
{
	static const enum cni_command commands[] = {CNI_ADD, CNI_DEL, CNI_CHECK, CNI_GC,
						    CNI_STATUS};
	static const char *const types[] = {"main", "link", "one"};
	freeing char *link = fake_path(&fake, "bin/link");
	struct cni_result result;

	(void)state;
	fake_add_plugin(&fake, "main");
	assert_int_equal(symlink("/proc/self/exe", link), 0);
	setenv("CNI_C_IPAM", "two:one:three", 1);
	for (size_t i = 0; i < 15; i++) {
		freeing char *expected = cni_format("'ipam.type' is \"%s\", ", types[i % 3]);
		struct cni_error err;

		assert_int_equal(delegate(commands[i / 3], types[i % 3], &result, &err), -1);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_memory_equal(err.msg, expected, strlen(expected));
	}
	fake_assert_asked(&fake, "");
	setenv("CNI_C_IPAM", "two:on:ones", 1);
	assert_int_equal(delegate(CNI_DEL, "one", NULL, &(struct cni_error){0}), 0);
	unsetenv("CNI_C_IPAM");
	fake_assert_asked(&fake, "DEL one\n");
}

#define delegate_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		delegate_test(delegate__hands_on_what_it_was_given),
		delegate_test(delegate__asks_for_another_command),
		delegate_test(delegate__sends_del_after_a_failed_add),
		delegate_test(delegate__sends_del_after_a_nonsensical_answer),
		delegate_test(delegate__keeps_the_first_error_if_del_fails_as_well),
		delegate_test(delegate__reads_an_answer_in_the_configurations_version),
		delegate_test(delegate__says_that_the_plugin_is_missing),
		delegate_test(delegate__runs_what_it_contains_itself),
		delegate_test(delegate__refuses_what_leads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
