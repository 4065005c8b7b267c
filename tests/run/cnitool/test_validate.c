/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool validate: each mistake is found, alone, and files without one are silent. */
#include "cleanup.h"
#include "mem.h"
#include "test.h"
#include "validate_scene.h"

#include <dirent.h>
#include <string.h>

/* ---- each mistake alone ---- */

struct mistake {
	const char *name;
	const char *more; /* of the list */
	const char *plugins;
	const char *check;
	const char *level;
	const char *key;  /* NULL: none */
	const char *text; /* in what */
};

#define IPAM "'ipam':{'type':'host-local','subnet':'10.1.0.0/24'}"

static const struct mistake mistakes[] = {
	{"a key of the list", "'disableGC':true,'disabledCheck':true,", "{'type':'bridge'}",
	 "unknown-key", "warning", "disabledCheck", "the nearest one is 'disableCheck'"},
	{"a key of the list in another case", "'disableGc':true,", "{'Type':'bridge','MTU':1400}",
	 "unknown-key", "warning", "disableGc", "'disableGc' is not 'disableGC' to runtimes"},
	{"another key of the list in another case", "'cniversions':['1.0.0'],", "{'type':'bridge'}",
	 "unknown-key", "warning", "cniversions", "'cniversions' is not 'cniVersions' to runtimes"},
	{"a misspelt key", "", "{'type':'bridge','isGatway':true," IPAM "}", "unknown-key",
	 "warning", "isGatway", "the nearest one is 'isGateway'"},
	{"a key that nothing is like", "", "{'type':'bridge','podman':true," IPAM "}",
	 "unknown-key", "warning", "podman", "unknown key 'podman'"},
	{"a key of ipam outside", "", "{'type':'bridge','rangeStart':'10.1.0.9'," IPAM "}",
	 "unknown-key", "warning", "rangeStart", "it is a key of 'ipam'"},
	{"a key of the plugin in ipam", "",
	 "{'type':'bridge','ipam':{'type':'host-local','subnet':'10.1.0.0/24','mtu':1400}}",
	 "unknown-key", "warning", "ipam.mtu", "the plugin's configuration itself"},
	{"a misspelt key of a range", "",
	 "{'type':'bridge','ipam':{'type':'host-local','ranges':[[{'subnet':'10.1.0.0/24',"
	 "'gatway':'10.1.0.1'}]]}}",
	 "unknown-key", "warning", "ipam.ranges.gatway", "the nearest one is 'gateway'"},
	{"a misspelt key of a trunk", "",
	 "{'type':'bridge','vlanTrunk':[{'minId':3,'maxID':4},{'vid':9}]," IPAM "}", "unknown-key",
	 "warning", "vlanTrunk.vid", "the nearest one is 'id'"},
	{"a key twice", "", "{'type':'bridge','MTU':1500,'mtu':1400," IPAM "}", "twice", "warning",
	 "MTU", "is in the object twice"},
	{"a wrong number", "", "{'type':'bridge','mtu':'1500'," IPAM "}", "wrong-value", "error",
	 "mtu", "'mtu' is \"1500\", expected a whole number from 0 to 65535"},
	{"a wrong word", "", "{'type':'bridge'," IPAM "},{'type':'firewall','ingressPolicy':'x'}",
	 "wrong-value", "error", NULL, "unknown ingress policy"},
	{"two keys that exclude each other", "",
	 "{'type':'bridge','hairpinMode':true,'promiscMode':true," IPAM "}", "wrong-value", "error",
	 NULL, "cannot set 'hairpinMode' and 'promiscMode' at the same time"},
	{"a wrong range", "",
	 "{'type':'bridge','ipam':{'type':'host-local','subnet':'10.1.0.7/24'}}", "wrong-value",
	 "error", "ipam", "Network has host bits set"},
	{"no range", "", "{'type':'bridge','ipam':{'type':'host-local'}}", "wrong-value", "error",
	 "ipam", "no IP ranges specified"},
	{"a wrong address", "",
	 "{'type':'bridge','ipam':{'type':'static','addresses':[{'address':'10.1.0.7'}]}}",
	 "wrong-value", "error", "ipam.addresses", "CIDR notation"},
	{"a wrong option", "",
	 "{'type':'bridge','ipam':{'type':'dhcp','request':[{'option':'hostname'}]}}",
	 "wrong-value", "error", "ipam.request.option", "dhcp-options(5)"},
	{"a plugin that is not there", "", "{'type':'nowhere'}", "plugin-missing", "error", "type",
	 "there is no plugin 'nowhere' in '" CNI_C_BINARY_DIR},
	{"an IPAM plugin that is not there", "", "{'type':'bridge','ipam':{'type':'nowhere'}}",
	 "plugin-missing", "error", "ipam.type", "there is no plugin 'nowhere'"},
	{"a plugin without DESCRIBE", "", "{'type':'other','any':5}", "no-description", "note",
	 "type", "unknown CNI_COMMAND: DESCRIBE"},
	{"a chained plugin first", "", "{'type':'firewall'},{'type':'bridge'," IPAM "}",
	 "chain-order", "error", NULL,
	 "the plugin stands before 'bridge', which makes the interface"},
	{"a chained plugin alone", "", "{'type':'tuning'}", "chain-order", "error", NULL,
	 "no plugin before this one makes an interface"},
	{"ports without the capability", "", "{'type':'bridge'," IPAM "},{'type':'portmap'}",
	 "no-capability", "warning", "capabilities", "does not have 'portMappings'"},
	{"a misspelt capability", "", "{'type':'bridge','capabilities':{'ipranges':true}," IPAM "}",
	 "unknown-capability", "warning", "capabilities.ipranges", "the nearest one is 'ipRanges'"},
	{"masquerade without addresses", "", "{'type':'bridge','ipMasq':true}", "no-ipam",
	 "warning", "ipMasq", "'ipMasq' is true and there is no 'ipam'"},
	{"a gateway without addresses", "", "{'type':'bridge','isGateway':true}", "no-ipam",
	 "warning", "isGateway", "there is no 'ipam'"},
	{"a broken list", "", "5", "list", "error", NULL,
	 "'plugins[0]': is 5, expected a plugin's configuration"},
	{"two lists of destinations", "",
	 "{'type':'bridge','ipMasq':true,'nonMasqueradeCIDRs':['10.0.0.0/8']," IPAM "},"
	 "{'type':'ptp','ipMasq':true,'ipam':{'type':'host-local','subnet':'10.2.0.0/24'}}",
	 "destinations", "warning", "nonMasqueradeCIDRs",
	 "is another list than that of plugins[0]"},
};

/* The summary counts it, and the exit code is that of its level. */
static void check_finding(const struct plugin_answer *answer, const struct mistake *mistake)
{
	const cJSON *findings = cni_json_get(answer->json, "findings");
	const cJSON *finding = cJSON_GetArrayItem(findings, 0);
	const char *key = cni_json_get_string(finding, "key");
	bool is_note = mistake->level && !strcmp(mistake->level, "note");

	if (cJSON_GetArraySize(findings) != (mistake->check ? 1 : 0))
		fail_msg("%s: %s", mistake->name, answer->out);
	assert_int_equal(answer->exit_code, mistake->check && !is_note);
	if (!mistake->check)
		return;
	if (strcmp(cni_json_get_string(finding, "check"), mistake->check) != 0 ||
	    strcmp(cni_json_get_string(finding, "level"), mistake->level) != 0 ||
	    !strstr(cni_json_get_string(finding, "what"), mistake->text) ||
	    (mistake->key && (!key || strcmp(key, mistake->key) != 0)))
		fail_msg("%s: %s", mistake->name, answer->out);
	assert_non_null(strstr(cni_json_get_string(finding, "file"), "/net.d/10-blue.conflist"));
}

static void validate__finds_each_mistake_alone(void **state)
{
	const struct fake *fake = *state;

	fake_add_plugin(fake, "other");
	fake_write(fake, "other.DESCRIBE.fails",
		   "{\"code\": 4, \"msg\": \"unknown CNI_COMMAND: DESCRIBE\"}");
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		const struct mistake *mistake = &mistakes[i];
		freeing char *list = cni_format("{'cniVersion':'1.1.0','name':'blue',%s"
						"'plugins':[%s]}",
						mistake->more, mistake->plugins);
		struct plugin_answer answer;

		validate_write(fake, "10-blue.conflist", list);
		answer = validate_run(fake, "--json");
		check_finding(&answer, mistake);
		plugin_answer_clear(&answer);
	}
}

/* ---- files without a mistake ---- */

static void validate__is_silent_on_our_own(void **state)
{
	DIR *dir = opendir(CNI_C_SOURCE_DIR "/conf");
	const struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		freeing char *line = cni_format(CNI_C_SOURCE_DIR "/conf/%s --json", entry->d_name);
		struct plugin_answer answer;

		if (!strstr(entry->d_name, ".conflist"))
			continue;
		answer = validate_run(*state, line);
		if (answer.exit_code || strstr(answer.out, "\"warning\"") ||
		    strstr(answer.out, "\"error\""))
			fail_msg("%s: %s", entry->d_name, answer.out);
		plugin_answer_clear(&answer);
		count++;
	}
	closedir(dir);
	assert_true(count > 5);
}

/* Kubernetes has the ranges sent, and Multus the device. */
static void validate__waits_for_what_the_runtime_sends(void **state)
{
	const struct fake *fake = *state;
	struct plugin_answer answer;

	validate_write(fake, "a.conflist",
		       "{'cniVersion':'1.1.0','name':'a','plugins':[{'type':'bridge',"
		       "'capabilities':{'ipRanges':true},'ipam':{'type':'host-local'}}]}");
	validate_write(fake, "b.conflist",
		       "{'cniVersion':'1.1.0','name':'b','plugins':[{'type':'host-device',"
		       "'capabilities':{'deviceID':true}}]}");
	validate_write(fake, "c.conflist",
		       "{'cniVersion':'1.1.0','name':'c','_comment':'mine','nerdctlID':'x',"
		       "'plugins':[{'TYPE':'bridge','Bridge':'br7','#':'mine','args':{'any':1}}]}");
	answer = validate_run(fake, "");
	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "0 errors, 0 warnings and 0 notes in 3 files\n");
	plugin_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		validate_test(validate__finds_each_mistake_alone),
		validate_test(validate__is_silent_on_our_own),
		validate_test(validate__waits_for_what_the_runtime_sends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
