/* SPDX-License-Identifier: Apache-2.0 */
/* DESCRIBE and VALIDATE. This executable is also the plugin, as in test_verbs.c. */
#include "describe.h"

#include "cleanup.h"
#include "json_text.h"
#include "plugin.h"
#include "test.h"
#include "verbs.h"

#include <string.h>

struct conf {
	bool flag;
	uint32_t number;
	uint32_t absent;
	uint32_t word;
	uint64_t large;
	uint64_t largest;
	const char *text;
	const char *nothing;
	struct cni_strings strings;
	struct cni_ip ip;
	struct cni_net net;
	const cJSON *object;
	const cJSON *list;
};

static const struct cni_word words[] = {{"low", 1}, {"high", 2}, {0}};

static const struct cni_field item_fields[] = {
	CNI_FIELD(struct conf, "number", number, "A digit", .min = 1, .max = 9,
		  .unless = CNI_REQUIRED),
	{0},
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct conf, "flag", flag, "A flag"),
	CNI_FIELD(struct conf, "number", number, "A number", .max = 100),
	CNI_FIELD(struct conf, "absent", absent, "Out of range"),
	CNI_MEMBER(struct conf, "word", word, .words = words),
	CNI_MEMBER(struct conf, "large", large),
	CNI_MEMBER(struct conf, "largest", largest, .min = 5, .max = 10),
	CNI_MEMBER(struct conf, "text", text, .words = words),
	CNI_MEMBER(struct conf, "nothing", nothing, .type = CNI_TYPE_MAC, .unless = "random"),
	CNI_MEMBER(struct conf, "strings", strings, .section = {"ipam"}),
	CNI_MEMBER(struct conf, "ip", ip),
	CNI_MEMBER(struct conf, "net", net),
	CNI_MEMBER(struct conf, "object", object, .items = item_fields),
	CNI_MEMBER(struct conf, "list", list, .type = CNI_TYPE_LISTS, .items = item_fields),
	CNI_MEMBER(struct conf, "number", number, .section = {"runtimeConfig"}, .max = 100),
	CNI_MEMBER(struct conf, "flag", flag, .section = {"runtimeConfig", "flags"}),
	CNI_MEMBER(struct conf, "flag", flag, .section = {"args", "cni"}),
	CNI_KEY("elsewhere", CNI_TYPE_MAP, "Read by a function"),
	{0},
};

static const struct conf defaults = {.number = 7,
				     .absent = UINT32_MAX,
				     .word = 2,
				     .large = 1ULL << 40,
				     .largest = UINT64_MAX,
				     .text = "low"};

static const struct cni_argument arguments[] = {CNI_ARGUMENT("MAC", "The MAC"), {0}};

static const struct cni_description description = {.about = "Tries all types",
						   .role = CNI_ROLE_CHAINED,
						   .fields = fields,
						   .defaults = &defaults,
						   .arguments = arguments};

/* ---- the tables ---- */

static void describe__prints_each_row(void **state)
{
	static const struct cni_verbs verbs = {.type = "all",
					       .version = "1.2.3",
					       .oldest = CNI_1_0_0,
					       .description = &description};
	freeing_json cJSON *json = cni_describe(&verbs);

	(void)state;
	json_text_assert(
		json,
		"{'type':'all','version':'1.2.3','about':'Tries all types','role':'chained',"
		"'cniVersions':['1.0.0','1.1.0'],'keys':["
		"{'key':'flag','type':'boolean','default':false,'help':'A flag'},"
		"{'key':'number','type':'number','min':0,'max':100,'default':7,'help':'A number'},"
		"{'key':'absent','type':'number','min':0,'max':2147483647,'help':'Out of range'},"
		"{'key':'word','type':'string','words':['low','high'],'default':'high'},"
		"{'key':'large','type':'number','min':0,'max':9223372036854775807,"
		"'default':1099511627776},"
		"{'key':'largest','type':'number','min':5,'max':10},"
		"{'key':'text','type':'string','words':['low','high'],'default':'low'},"
		"{'key':'nothing','type':'MAC address','unless':'random'},"
		"{'key':'strings','section':['ipam'],'type':'list of strings'},"
		"{'key':'ip','type':'address'},{'key':'net','type':'prefix'},"
		"{'key':'object','type':'object','items':[{'key':'number','type':'number','min':1,"
		"'max':9,'required':true,'help':'A digit'}]},"
		"{'key':'list','type':'list of lists of objects','items':[{'key':'number',"
		"'type':'number','min':1,'max':9,'required':true,'help':'A digit'}]},"
		"{'key':'number','section':['runtimeConfig'],'capability':'number',"
		"'type':'number','min':0,'max':100},"
		"{'key':'flag','section':['runtimeConfig','flags'],'capability':'flags',"
		"'type':'boolean'},"
		"{'key':'flag','section':['args','cni'],'type':'boolean'},"
		"{'key':'elsewhere','type':'object of strings','help':'Read by a function'}],"
		"'arguments':[{'key':'MAC','help':'The MAC'}]}");
}

static void describe__has_nothing_to_say_of_a_bare_plugin(void **state)
{
	static const struct cni_verbs verbs = {.type = "bare", .oldest = CNI_1_1_0};
	freeing_json cJSON *json = cni_describe(&verbs);

	(void)state;
	json_text_assert(json, "{'type':'bare','cniVersions':['1.1.0'],'keys':[],'arguments':[]}");
}

static void describe__takes_zeroes_without_defaults(void **state)
{
	static const struct cni_field one[] = {CNI_MEMBER(struct conf, "number", number, .max = 3),
					       CNI_MEMBER(struct conf, "text", text),
					       {0}};
	static const struct cni_description zeroes = {.fields = one, .knows_pods = true};
	static const struct cni_verbs verbs = {
		.type = "zero", .oldest = CNI_1_1_0, .description = &zeroes};
	freeing_json cJSON *json = cni_describe(&verbs);
	const cJSON *argument = cJSON_GetArrayItem(cni_json_get(json, "arguments"), 0);

	(void)state;
	json_text_assert(cni_json_get(json, "keys"),
			 "[{'key':'number','type':'number','min':0,'max':3,'default':0},"
			 "{'key':'text','type':'string'}]");
	assert_string_equal(cni_json_get_string(argument, "key"), "K8S_POD_UID");
}

static void describe__adds_the_keys_of_delegation(void **state)
{
	static const struct cni_verbs verbs = {
		.type = "first", .oldest = CNI_1_1_0, .delegates = true};
	freeing_json cJSON *json = cni_describe(&verbs);
	const cJSON *keys = cni_json_get(json, "keys");
	const cJSON *ipam = cJSON_GetArrayItem(keys, 0);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(keys), 2);
	assert_string_equal(cni_json_get_string(ipam, "key"), "ipam");
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(cni_json_get(ipam, "items"), 0),
						"key"),
			    "type");
	assert_string_equal(cni_json_get_string(cJSON_GetArrayItem(keys, 1), "key"), "dns");
}

static void elsewhere__is_not_decoded(void **state)
{
	static const struct cni_field one[] = {CNI_KEY("number", CNI_TYPE_NUMBER, "A number"), {0}};
	freeing_json cJSON *json = json_of("{'number':'no number'}");
	struct conf conf = {.number = 5};
	struct conf before = conf;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_decode(one, json, &conf, false, &err), 0);
	assert_memory_equal(&conf, &before, sizeof(conf));
}

/* ---- the verbs ---- */

static int say(const struct cni_call *call, struct cni_error *err)
{
	return strcmp(call->conf.name, "wrong") != 0
		       ? 0
		       : cni_fail(err, CNI_ECONFIG, "'name' is \"wrong\"");
}

static int refuse(const struct cni_call *call, struct cni_error *err)
{
	(void)call;
	return cni_fail(err, CNI_EIO, "this is not for DESCRIBE and VALIDATE");
}

static int be_plugin(void)
{
	static const struct cni_verbs mine = {.type = "all",
					      .oldest = CNI_0_3_1,
					      .delegates = true,
					      .check = refuse,
					      .del = refuse,
					      .gc = refuse,
					      .status = refuse,
					      .validate = say,
					      .description = &description};

	return cni_verbs_main(&mine);
}

static struct plugin_call ask(const char *command, const char *config)
{
	static const char *const words_of_line[] = {"plugin", NULL};

	return (struct plugin_call){.plugin = "/proc/self/exe",
				    .arguments = words_of_line,
				    .command = command,
				    .config = config};
}

static void describe__needs_no_stdin_and_no_variable(void **state)
{
	static const char *const inputs[] = {NULL, "", "no JSON"};

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		struct plugin_call call = ask("DESCRIBE", inputs[i]);
		struct plugin_answer answer = plugin_run(&call);

		plugin_assert_success(&answer);
		assert_string_equal(cni_json_get_string(answer.json, "type"), "all");
		assert_string_equal(answer.err, "");
		plugin_answer_clear(&answer);
	}
}

static void validate__asks_the_plugin_alone(void **state)
{
	struct plugin_call call = ask("VALIDATE", NULL);
	freeing char *right = json_text("{'cniVersion':'1.1.0','name':'right',"
					"'ipam':{'type':'nowhere'}}");
	freeing char *wrong = json_text("{'cniVersion':'1.1.0','name':'wrong'}");
	struct plugin_answer answer;

	(void)state;
	call.path = "";
	call.config = right;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	assert_string_equal(answer.out, "");
	plugin_answer_clear(&answer);
	call.config = wrong;
	plugin_fails(&call, CNI_ECONFIG, "'name' is \"wrong\"");
}

static void validate__reads_what_all_plugins_have(void **state)
{
	static const struct {
		const char *config;
		int code;
	} cases[] = {
		{"{'cniVersion':'0.3.0','name':'x'}", CNI_EVERSION},
		{"{'cniVersion':'1.1.0'}", CNI_ECONFIG},
		{"{'cniVersion':'1.1.0','name':'x','dns':5}", CNI_ECONFIG},
		{"{'cniVersion':'1.1.0','name':'x','ipam':{'type':'../x'}}", CNI_ECONFIG},
		{"{", CNI_EDECODE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = json_text(cases[i].config);
		struct plugin_call call = ask("VALIDATE", config);

		plugin_fails(&call, cases[i].code, NULL);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describe__prints_each_row),
		cmocka_unit_test(describe__has_nothing_to_say_of_a_bare_plugin),
		cmocka_unit_test(describe__takes_zeroes_without_defaults),
		cmocka_unit_test(describe__adds_the_keys_of_delegation),
		cmocka_unit_test(elsewhere__is_not_decoded),
		cmocka_unit_test(describe__needs_no_stdin_and_no_variable),
		cmocka_unit_test(validate__asks_the_plugin_alone),
		cmocka_unit_test(validate__reads_what_all_plugins_have),
	};

	(void)argv;
	if (argc > 1)
		return be_plugin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
