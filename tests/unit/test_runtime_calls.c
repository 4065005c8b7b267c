/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of containerd, podman and ctr and the answers of plugins, recorded in
 * tests/fixtures/runtime-calls.jsonl: all of them are read, and written as they were. */
#include "conf.h"
#include "result.h"

#include "cleanup.h"
#include "file.h"
#include "json_text.h"
#include "test.h"

#include <fcntl.h>
#include <string.h>

static void for_each_call(void (*check)(const cJSON *call))
{
	freeing char *text = NULL;
	struct cni_error err;
	size_t count = 0;
	size_t size;
	char *rest;

	assert_int_equal(cni_file_read_at(AT_FDCWD,
					  CNI_C_SOURCE_DIR "/tests/fixtures/runtime-calls.jsonl",
					  true, 1 << 20, &text, &size, &err),
			 0);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
		freeing_json cJSON *call = cJSON_Parse(line);

		assert_non_null(call);
		check(call);
		count++;
	}
	assert_true(count > 10);
}

static enum cni_command command_of(const cJSON *call)
{
	const char *text = cni_json_get_string(call, "command");
	int command = 0;

	while (strcmp(cni_command_text((enum cni_command)command), text) != 0)
		command++;
	return (enum cni_command)command;
}

static void check_stdin(const cJSON *call)
{
	freeing char *text = cni_json_print(cni_json_get(call, "stdin"));
	bool has_prev = cni_json_get(cni_json_get(call, "stdin"), "prevResult") != NULL;
	enum cni_command command = command_of(call);
	struct cni_error err = {0};
	struct cni_conf conf;

	if (command == CNI_VERSION)
		return;
	if (cni_conf_read(text, strlen(text), command, CNI_0_1_0, &conf, &err) < 0)
		fail_msg("%s\n%s", err.msg, text);
	assert_int_equal(conf.has_prev_result, has_prev);
	cni_conf_clear(&conf);
}

static void call__stdin_is_understood(void **state)
{
	(void)state;
	for_each_call(check_stdin);
}

/* Older plugins print "dns": {} in 1.x and leave out an address's "version" before it. */
static cJSON *without_what_may_differ(const cJSON *result)
{
	cJSON *copy = cni_json_copy(result);
	const cJSON *dns = cni_json_get(copy, "dns");
	cJSON *ip;

	if (dns && !dns->child)
		cni_json_set(copy, "dns", NULL);
	cJSON_ArrayForEach (ip, cni_json_get(copy, "ips"))
		cni_json_set(ip, "version", NULL);
	return copy;
}

static void check_result(const cJSON *json, enum cni_version version)
{
	freeing_json cJSON *expected = without_what_may_differ(json);
	freeing_json cJSON *encoded = NULL;
	freeing_json cJSON *actual = NULL;
	struct cni_result result = {0};
	struct cni_error err = {0};

	if (cni_result_decode(json, version, "result", &result, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(cni_result_check_fits(&result, version, &err), 0);
	encoded = cni_result_encode(&result, version);
	actual = without_what_may_differ(encoded);
	json_text_assert_equal(actual, expected);
	cni_result_clear(&result);
}

static void check_results(const cJSON *call)
{
	const cJSON *in = cni_json_get(call, "stdin");
	const cJSON *out = cni_json_get(call, "stdout");
	const char *said = cni_json_get_string(out, "cniVersion");
	enum cni_version version;
	struct cni_error err;

	assert_int_equal(cni_version_parse(said ? said : cni_json_get_string(in, "cniVersion"),
					   CNI_0_1_0, &version, &err),
			 0);
	if (command_of(call) == CNI_ADD && !cni_json_get(out, "code"))
		check_result(out, version);
	if (cni_json_get(in, "prevResult"))
		check_result(cni_json_get(in, "prevResult"), version);
}

static void call__results_come_out_as_they_went_in(void **state)
{
	(void)state;
	for_each_call(check_results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call__stdin_is_understood),
		cmocka_unit_test(call__results_come_out_as_they_went_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
