/* SPDX-License-Identifier: Apache-2.0 */
/* conf/editors/conflist.schema.json is what the plugins describe today, and python3-jsonschema, which knows nothing of
 * us, accepts our own networks by it and refuses wrong ones. */
#include "cleanup.h"
#include "file.h"
#include "json_text.h"
#include "mem.h"
#include "plugin.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT CNI_C_SOURCE_DIR "/conf/editors/conflist.schema.json"

static void schema__is_the_kept_one(void **state)
{
	struct plugin_answer answer = plugin_run(
		&(struct plugin_call){.plugin = CNI_C_BINARY_DIR "/cnitool/cnitool",
				      .path = CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam",
				      .arguments = (const char *const[]){"schema", NULL}});
	freeing char *kept = NULL;
	struct cni_error err;
	size_t size;

	(void)state;
	plugin_assert_success(&answer);
	if (cni_file_read_at(AT_FDCWD, KEPT, false, 1U << 20, &kept, &size, &err) < 0)
		fail_msg("%s", err.msg);
	if (strcmp(kept, answer.out) != 0)
		fail_msg("%s is another: make it again with 'scripts/manuals --write'", KEPT);
	plugin_answer_clear(&answer);
}

/* The validator's exit code for the file, which it reads by the schema. */
static int judge(const char *path)
{
	static const char script[] =
		"import json, sys, jsonschema\n"
		"schema = json.load(open(sys.argv[1]))\n"
		"jsonschema.Draft202012Validator.check_schema(schema)\n"
		"errors = list(jsonschema.Draft202012Validator(schema).iter_errors("
		"json.load(open(sys.argv[2]))))\n"
		"for error in errors:\n"
		"    print(error.message)\n"
		"sys.exit(3 if errors else 0)\n";
	freeing char *command = cni_format("/usr/bin/python3 -c '%s' " KEPT " %s", script, path);

	return system(command);
}

static bool has_validator(void)
{
	return system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null") == 0;
}

static void schema__accepts_our_networks(void **state)
{
	static const char *const names[] = {"v-net-0",	  "10-crio",  "10-nerdctl", "20-hardened",
					    "30-macvlan", "30-sriov", "20-vlan"};

	(void)state;
	if (!has_validator())
		skip_because("python3-jsonschema is not installed");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		freeing char *path = cni_format(CNI_C_SOURCE_DIR "/conf/%s.conflist", names[i]);

		assert_int_equal(judge(path), 0);
	}
}

static void schema__refuses_wrong_values(void **state)
{
	static const char *const plugins[] = {
		"{'type':'bridge','mtu':'1500'}",
		"{'type':'bridge','vlan':4095}",
		"{'type':'bridge','vlanTrunk':[{'id':0}]}",
		"{'type':'firewall','ingressPolicy':'closed'}",
		"{'type':'vlan','vlanId':3}",
		"{'type':'bridge','ipam':{'type':'host-local','ranges':[{'subnet':'10.1.0.0/"
		"24'}]}}",
		"{'type':'tuning','sysctl':{'net.core.somaxconn':500}}",
		"{'mtu':1500}",
	};
	char path[] = "/tmp/cni-c-schema.XXXXXX";
	int fd;

	(void)state;
	if (!has_validator())
		skip_because("python3-jsonschema is not installed");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(plugins) / sizeof(*plugins); i++) {
		freeing char *text =
			cni_format("{'cniVersion':'1.1.0','name':'x','plugins':[%s]}", plugins[i]);
		freeing char *json = json_text(text);
		FILE *file = fopen(path, "w");
		int code;

		assert_non_null(file);
		fputs(json, file);
		fclose(file);
		code = judge(path);
		if (WEXITSTATUS(code) != 3) {
			unlink(path);
			fail_msg("%s: exit code %d, expected 3", plugins[i], WEXITSTATUS(code));
		}
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema__is_the_kept_one),
		cmocka_unit_test(schema__accepts_our_networks),
		cmocka_unit_test(schema__refuses_wrong_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
