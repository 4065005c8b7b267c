/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that bridge refuses: no configuration at all, and wrong values of its own keys.
 * The host stays unchanged. */
#include "bad_input.h"
#include "cleanup.h"
#include "error.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

/* ---- no configuration ---- */

static void assert_document_refused(const char *data, size_t size, int code, const char *says)
{
	struct plugin_call call = bad_input_call(data);

	call.config_size = size;
	bad_input_refused(&call, data, &(struct refusal){code, {"stdin", says}});
}

static void bridge__refuses_what_is_no_object(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "is empty"},
		{" \t\r\n", "is empty"},
		{"cni0", "not valid JSON"},
		{"{\"name\":\"blue\",}", "not valid JSON"},
		{"{'name':'blue'}", "not valid JSON"},
		{"{name:\"blue\"}", "not valid JSON"},
		{"{\"name\":\"blue\"}}", "not valid JSON"},
		{"{\"name\":\"blue\"}{\"name\":\"red\"}", "not valid JSON"},
		{"{\"name\":\"blue\"} // mine", "not valid JSON"},
		{"{\n\"name\": \"blue\",\n\"mtu\": 0x5dc}", "line 3, column 9"},
		{"[]", "is a list, expected a JSON object"},
		{"[{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"bridge\"}]",
		 "is a list, expected a JSON object"},
		{"5", "is a number, expected a JSON object"},
		{"\"blue\"", "is a string, expected a JSON object"},
		{"true", "is a boolean, expected a JSON object"},
		{"null", "expected a JSON object"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_document_refused(cases[i].text, 0, CNI_EDECODE, cases[i].says);
}

static void bridge__refuses_what_is_cut_off(void **state)
{
	freeing char *config = bad_input_config("\"isGateway\":true,\"mtu\":1400");

	(void)state;
	/* At every third byte: each kind of token is cut somewhere. */
	for (size_t size = strlen(config) - 1; size > 3; size -= 3)
		assert_document_refused(config, size, CNI_EDECODE, "not valid JSON");
}

/* `count` times `text`; returns where it ends. */
static char *repeat(char *at, const char *text, size_t count)
{
	while (count--)
		at = stpcpy(at, text);
	return at;
}

static void assert_nested_refused(const char *head, const char *open, const char *close)
{
	const size_t depth = 10000;
	freeing char *text = cni_alloc(strlen(head) + depth * (strlen(open) + strlen(close)) + 2);
	char *end;

	end = repeat(repeat(stpcpy(text, head), open, depth), close, depth);
	*end = *head ? '}' : '\0';
	assert_document_refused(text, 0, CNI_EDECODE, "nested deeper than");
	text[strlen(head) + depth * strlen(open)] = '\0';
	assert_document_refused(text, 0, CNI_EDECODE, "not valid JSON");
}

static void bridge__refuses_what_is_nested_too_deep(void **state)
{
	(void)state;
	assert_nested_refused("", "[", "]");
	assert_nested_refused("", "{\"a\":", "}");
	assert_nested_refused("{\"name\":\"blue\",\"ipam\":", "[", "]");
	assert_nested_refused("{\"name\":\"blue\",\"mine\":", "{\"ipam\":", "}");
}

static void bridge__refuses_what_is_too_long(void **state)
{
	const size_t size = 10 << 20;
	freeing char *text = cni_alloc(size + 1);
	freeing char *config = bad_input_config("");

	(void)state;
	assert_document_refused(text, size, CNI_EDECODE, "more than");
	memset(text, '[', size);
	assert_document_refused(text, size, CNI_EDECODE, "more than");
	/* Correct but for the spaces before it. */
	memset(text, ' ', size);
	snprintf(text + size - strlen(config), strlen(config) + 1, "%s", config);
	assert_document_refused(text, size, CNI_EDECODE, "more than");
}

static void bridge__refuses_nul_bytes(void **state)
{
	static const char before[] =
		"{\"cniVersion\":\"1.1.0\",\"name\":\"bl\0ue\",\"type\":\"bridge\"}";
	static const char after[] =
		"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"type\":\"bridge\"}\0x";

	(void)state;
	assert_document_refused(before, sizeof(before) - 1, CNI_EDECODE, "NUL");
	assert_document_refused(after, sizeof(after) - 1, CNI_EDECODE, "NUL");
	assert_document_refused("\0", 1, CNI_EDECODE, "NUL");
	assert_document_refused("{\"name\":\"bl\\u0000ue\"}", 0, CNI_EDECODE, "\\u0000");
	assert_document_refused("{\"name\":\"blue\",\"br\\u0000\":1}", 0, CNI_EDECODE, "\\u0000");
}

/* ---- wrong types ---- */

enum { BOOL = 1, NUMBER = 2, STRING = 4, LIST = 8, OBJECT = 16, NEGATIVE = 32 };

/* Some are right nowhere. */
static const struct value {
	int type;
	const char *json;
} values[] = {
	{BOOL, "true"}, {NUMBER, "5"},	     {NEGATIVE, "-5"},	{0, "0.5"},
	{0, "1e+300"},	{STRING, "\"br0\""}, {STRING, "\"5\""}, {STRING, "\"true\""},
	{LIST, "[]"},	{LIST, "[\"br0\"]"}, {OBJECT, "{}"},	{OBJECT, "{\"a\":1}"},
};

/* Each key, how an error names it, what may stand there, and how the error says so. */
static const struct key {
	const char *format; /* the members, with %s where the value stands */
	const char *name;
	int types;
	const char *expected;
	int code;
} keys[] = {
	{"\"bridge\":%s", "'bridge'", STRING, "a string"},
	{"\"isGateway\":%s", "'isGateway'", BOOL, "true or false"},
	{"\"isDefaultGateway\":%s", "'isDefaultGateway'", BOOL, "true or false"},
	{"\"forceAddress\":%s", "'forceAddress'", BOOL, "true or false"},
	{"\"ipMasq\":%s", "'ipMasq'", BOOL, "true or false"},
	{"\"ipMasqBackend\":%s", "'ipMasqBackend'", STRING, "a string"},
	{"\"mtu\":%s", "'mtu'", NUMBER | NEGATIVE, "a whole number from 0 to 65535"},
	{"\"queues\":%s", "'queues'", NUMBER, "a whole number from 0 to 4096"},
	{"\"hairpinMode\":%s", "'hairpinMode'", BOOL, "true or false"},
	{"\"promiscMode\":%s", "'promiscMode'", BOOL, "true or false"},
	{"\"vlan\":%s", "'vlan'", NUMBER, "a whole number from 0 to 4094"},
	{"\"vlanTrunk\":%s", "'vlanTrunk'", LIST, "list"},
	{"\"preserveDefaultVlan\":%s", "'preserveDefaultVlan'", BOOL, "true or false"},
	{"\"macspoofchk\":%s", "'macspoofchk'", BOOL, "true or false"},
	{"\"ipspoofchk\":%s", "'ipspoofchk'", BOOL, "true or false"},
	{"\"enabledad\":%s", "'enabledad'", BOOL, "true or false"},
	{"\"disableContainerInterface\":%s", "'disableContainerInterface'", BOOL, "true or false"},
	{"\"portIsolation\":%s", "'portIsolation'", BOOL, "true or false"},
	{"\"runtimeConfig\":{\"mac\":%s}", "'runtimeConfig.mac'", STRING, "a string"},
	{"\"runtimeConfig\":%s", "'runtimeConfig'", OBJECT, "an object"},
	{"\"args\":{\"cni\":{\"mac\":%s}}", "'args.cni.mac'", STRING, "a string"},
	{"\"args\":{\"cni\":%s}", "'args.cni'", OBJECT, "an object"},
	{"\"args\":%s", "'args'", OBJECT, "an object"},
	{"\"name\":%s", "'name'", STRING, "a string"},
	{"\"cniVersion\":%s", "'cniVersion'", STRING, "a string", .code = CNI_EDECODE},
	{"\"ipam\":%s", "'ipam'", OBJECT, "an object"},
	{"\"ipam\":{\"type\":%s}", "'ipam.type'", STRING, "a string"},
	{"\"dns\":%s", "'dns'", OBJECT, "an object"},
	{"\"dns\":{\"nameservers\":%s}", "'dns.nameservers'", LIST, "a list of strings"},
	{"\"dns\":{\"domain\":%s}", "'dns.domain'", STRING, "a string"},
	{"\"dns\":{\"search\":%s}", "'dns.search'", LIST, "a list of strings"},
	{"\"dns\":{\"options\":%s}", "'dns.options'", LIST, "a list of strings"},
	{"\"dns\":{\"options\":[%s]}", "'dns.options'", STRING, "strings"},
};

static void assert_wrong_type_refused(const struct key *key, const struct value *value)
{
	freeing char *head = cni_strndup(key->format, strcspn(key->format, "%"));
	freeing char *members =
		cni_format("%s%s%s", head, value->json, strchr(key->format, '%') + 2);
	freeing char *config = bad_input_config(members);
	struct refusal refusal = {key->code ? key->code : CNI_ECONFIG,
				  {key->name, key->expected, value->json}};

	bad_input_config_refused(config, &refusal);
}

static void bridge__refuses_wrong_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (size_t j = 0; j < sizeof(values) / sizeof(*values); j++)
			if (!(values[j].type & keys[i].types))
				assert_wrong_type_refused(&keys[i], &values[j]);
}

/* ---- wrong values ---- */

static void assert_members_refused(const char *members, const struct refusal *refusal)
{
	freeing char *config = bad_input_config(members);

	bad_input_config_refused(config, refusal);
}

static const struct {
	const char *members;
	struct refusal refusal;
} wrong_values[] = {
	{"\"mtu\":-1.5", {CNI_ECONFIG, {"'mtu'", "-1.5", "a whole number"}}},
	{"\"mtu\":1.5", {CNI_ECONFIG, {"'mtu'", "1.5", "a whole number"}}},
	{"\"mtu\":65536", {CNI_ECONFIG, {"'mtu'", "65536", "0 to 65535"}}},
	{"\"mtu\":4294968796", {CNI_ECONFIG, {"'mtu'", "4294968796", "0 to 65535"}}},
	{"\"mtu\":18446744073709553116", {CNI_ECONFIG, {"'mtu'", "0 to 65535"}}},
	{"\"mtu\":1e300", {CNI_ECONFIG, {"'mtu'", "1e+300", "0 to 65535"}}},
	{"\"mtu\":1e999", {CNI_ECONFIG, {"'mtu'", "0 to 65535"}}},
	{"\"mtu\":-1e999", {CNI_ECONFIG, {"'mtu'", "0 to 65535"}}},
	{"\"vlan\":-1", {CNI_ECONFIG, {"'vlan'", "-1", "0 to 4094"}}},
	{"\"vlan\":4095", {CNI_ECONFIG, {"'vlan'", "4095", "0 to 4094"}}},
	{"\"vlan\":0.1", {CNI_ECONFIG, {"'vlan'", "0.1", "a whole number"}}},
	{"\"vlanTrunk\":[5]", {CNI_ECONFIG, {"'vlanTrunk'", "5", "objects"}}},
	{"\"vlanTrunk\":[[]]", {CNI_ECONFIG, {"'vlanTrunk'", "[]", "objects"}}},
	{"\"vlanTrunk\":[{\"id\":\"5\"}]",
	 {CNI_ECONFIG, {"'vlanTrunk'", "'id'", "\"5\"", "1 to 4094"}}},
	{"\"vlanTrunk\":[{\"id\":0}]", {CNI_ECONFIG, {"'vlanTrunk'", "'id'", "1 to 4094"}}},
	{"\"vlanTrunk\":[{\"id\":4095}]",
	 {CNI_ECONFIG, {"'vlanTrunk'", "'id'", "4095", "1 to 4094"}}},
	{"\"vlanTrunk\":[{\"minID\":5}]", {CNI_ECONFIG, {"'vlanTrunk'", "maxID is missing"}}},
	{"\"vlanTrunk\":[{\"maxID\":5}]", {CNI_ECONFIG, {"'vlanTrunk'", "minID is missing"}}},
	{"\"vlanTrunk\":[{\"minID\":9,\"maxID\":5}]",
	 {CNI_ECONFIG, {"'vlanTrunk'", "minID 9", "maxID 5"}}},
	{"\"vlanTrunk\":[{\"minID\":1,\"maxID\":1e9}]",
	 {CNI_ECONFIG, {"'vlanTrunk'", "'maxID'", "1000000000", "1 to 4094"}}},
	{"\"hairpinMode\":true,\"promiscMode\":true",
	 {CNI_ECONFIG, {"'hairpinMode'", "'promiscMode'"}}},
	{"\"disableContainerInterface\":true",
	 {CNI_ECONFIG, {"'ipam'", "'disableContainerInterface'"}}},
	{"\"ipMasqBackend\":\"pf\"",
	 {CNI_ECONFIG, {"'ipMasqBackend'", "\"pf\"", "\"nftables\"", "\"iptables\""}}},
	{"\"runtimeConfig\":{\"mac\":\"0a:58\"}",
	 {CNI_ECONFIG, {"MAC", "'0a:58'", "0a:58:0a:f4:00:02"}}},
	{"\"runtimeConfig\":{\"mac\":\"0a:58:0a:f4:00:02:03\"}", {CNI_ECONFIG, {"MAC"}}},
	{"\"runtimeConfig\":{\"mac\":\"0g:58:0a:f4:00:02\"}", {CNI_ECONFIG, {"MAC"}}},
	{"\"runtimeConfig\":{\"mac\":\"10.1.0.1\"}", {CNI_ECONFIG, {"MAC", "'10.1.0.1'"}}},
	{"\"args\":{\"cni\":{\"mac\":\"0a:58:0a:f4:00:0\xc3\xbc\"}}", {CNI_ECONFIG, {"MAC"}}},
	{"\"args\":{\"cni\":{\"mac\":\"01:00:5e:00:00:01\"}}",
	 {CNI_ECONFIG, {"MAC", "'01:00:5e:00:00:01'", "multicast"}}},
	{"\"args\":{\"cni\":{\"mac\":\"ff:ff:ff:ff:ff:ff\"}}", {CNI_ECONFIG, {"MAC", "multicast"}}},
	{"\"args\":{\"cni\":{\"mac\":\"00:00:00:00:00:00\"}}", {CNI_ECONFIG, {"MAC"}}},
	{"\"prevResult\":5", {CNI_EDECODE, {"'prevResult'", "5", "an object"}}},
	{"\"cniVersion\":\"one\"", {CNI_EDECODE, {"cniVersion", "'one'", "\"1.0.0\""}}},
	{"\"cniVersion\":\"1.1.0.0\"", {CNI_EDECODE, {"cniVersion", "'1.1.0.0'"}}},
	{"\"cniVersion\":\"-1.0.0\"", {CNI_EDECODE, {"cniVersion", "'-1.0.0'"}}},
	{"\"cniVersion\":\"0.2.0\",\"ipam\":{}",
	 {CNI_EVERSION, {"cniVersion", "0.2.0", "0.3.0 or later"}}},
};

static void bridge__refuses_wrong_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_values) / sizeof(*wrong_values); i++)
		assert_members_refused(wrong_values[i].members, &wrong_values[i].refusal);
}

/* ---- names ---- */

static void bridge__refuses_hostile_network_names(void **state)
{
	static const char *const names[] = {
		"../blue",	  "..",		  ".",	   "/blue",	   "blue/",
		"bl/ue",	  "-blue",	  "_blue", ".blue",	   "bl ue",
		"blue ",	  " blue",	  "bl:ue", "bl*ue",	   "blue\\n",
		"bl\\tue",	  "bl\\\\ue",	  "$(id)", "bl\xc3\xbcue", "bl\\u00fcue",
		"\\ud83d\\ude00", "bl\xff\xfeue", "\xc3",  "bl\\u007fue",  "bl\\ud800ue",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		freeing char *members = cni_format("\"name\":\"%s\"", names[i]);

		assert_members_refused(members, &(struct refusal){CNI_ECONFIG,
								  {"'name'", "letter or digit"}});
	}
	assert_members_refused("\"name\":\"\"",
			       &(struct refusal){CNI_ECONFIG, {"missing network name"}});
	assert_members_refused("\"name\":null",
			       &(struct refusal){CNI_ECONFIG, {"missing network name"}});
}

static void bridge__refuses_long_names(void **state)
{
	char text[301] = "";
	freeing char *name = NULL;
	freeing char *unicode = NULL;
	freeing char *bridge = NULL;
	freeing char *type = NULL;

	(void)state;
	memset(text, 'n', sizeof(text) - 1);
	name = cni_format("\"name\":\"%s\"", text);
	assert_members_refused(name,
			       &(struct refusal){CNI_ECONFIG, {"'name'", "300 characters", "200"}});
	bridge = cni_format("\"bridge\":\"%s\"", text);
	assert_members_refused(bridge,
			       &(struct refusal){CNI_ECONFIG, {"'bridge'", "too long", "15"}});
	type = cni_format("\"ipam\":{\"type\":\"%s\"}", text);
	assert_members_refused(type, &(struct refusal){CNI_ECONFIG, {"'ipam.type'", "nnnn"}});
	/* Cut for the error in the middle of a character. */
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 2 ? '\xbc' : '\xc3';
	unicode = cni_format("\"name\":\"x%s\"", text);
	assert_members_refused(unicode, &(struct refusal){CNI_ECONFIG, {"'name'"}});
}

static void bridge__refuses_wrong_bridge_names(void **state)
{
	static const struct {
		const char *name, *says;
	} cases[] = {
		{"br-16-characters", "at most 15 characters"},
		{"br/0", "'/'"},
		{"../br0", "'/'"},
		{"..", "not the name of an interface"},
		{".", "not the name of an interface"},
		{"br 0", "white space"},
		{"br\\n0", "control character"},
		{"br:0", "':'"},
		{"br%d", "'%'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *members = cni_format("\"bridge\":\"%s\"", cases[i].name);

		assert_members_refused(members,
				       &(struct refusal){CNI_ECONFIG, {"'bridge'", cases[i].says}});
	}
	/* With the VLAN behind it, it is too long for the gateway's interface. */
	assert_members_refused("\"bridge\":\"br-with-13-ch\",\"isGateway\":true,\"vlan\":100",
			       &(struct refusal){CNI_ECONFIG,
						 {"'bridge'", "\"br-with-13-ch\"", "too long"}});
}

static void bridge__refuses_other_kinds_of_links(void **state)
{
	(void)state;
	assert_members_refused("\"bridge\":\"lo\"",
			       &(struct refusal){CNI_ECONFIG,
						 {"'bridge' is \"lo\"", "is not a bridge"}});
	assert_members_refused("\"bridge\":\"pipe\"",
			       &(struct refusal){CNI_ECONFIG,
						 {"'bridge' is \"pipe\"", "of kind veth"}});
	assert_members_refused("\"bridge\":\"pipe\",\"ipam\":{},\"promiscMode\":true,\"mtu\":1400",
			       &(struct refusal){CNI_ECONFIG,
						 {"'bridge' is \"pipe\"", "of kind veth"}});
}

static int setup(void **state)
{
	if (bad_input_setup(state) < 0)
		return -1;
	return sandbox_run("ip link add pipe type veth peer name pipe-end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bad_input_test(bridge__refuses_what_is_no_object),
		bad_input_test(bridge__refuses_what_is_cut_off),
		bad_input_test(bridge__refuses_what_is_nested_too_deep),
		bad_input_test(bridge__refuses_what_is_too_long),
		bad_input_test(bridge__refuses_nul_bytes),
		bad_input_test(bridge__refuses_wrong_types),
		bad_input_test(bridge__refuses_wrong_values),
		bad_input_test(bridge__refuses_hostile_network_names),
		bad_input_test(bridge__refuses_long_names),
		bad_input_test(bridge__refuses_wrong_bridge_names),
		bad_input_test(bridge__refuses_other_kinds_of_links),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
