/* SPDX-License-Identifier: Apache-2.0 */
/* portmap's refusals, with the code and the words for each; the host stays unchanged. */
#include "bad_input.h"
#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "published.h"
#include "test.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define PREV_RESULT                                                                                \
	"'prevResult':{'cniVersion':'1.1.0','interfaces':[{'name':'eth0',"                         \
	"'sandbox':'/run/netns/red'}],'ips':[{'address':'10.1.0.2/24','interface':0},"             \
	"{'address':'fd01::2/64','interface':0}]}"

/* Written with single quotes. */
static struct plugin_call call_with(const char *members, char **ret_config)
{
	freeing char *more = cni_format(PREV_RESULT ",'snat':false,%s", members);
	struct plugin_call call;

	*ret_config = portmap_config("1.1.0", more);
	call = bad_input_call(*ret_config);
	call.plugin = PORTMAP;
	return call;
}

static void assert_refused(const char *members, const struct refusal *refusal)
{
	freeing char *config = NULL;
	struct plugin_call call = call_with(members, &config);

	bad_input_refused(&call, members, refusal);
}

/* ---- mappings ---- */

#define FIRST  PORT(8080, 80, "tcp")
#define SECOND "'runtimeConfig.portMappings[1]'"

/* The second of two mappings is wrong, and is said to be. */
static void assert_mapping_refused(const char *mapping, const struct refusal *refusal)
{
	freeing char *members = cni_format(PORTS(FIRST ",%s"), mapping);
	struct refusal with_place = {refusal->code, {SECOND}};

	for (size_t i = 0; i + 1 < COUNT(with_place.says) && refusal->says[i]; i++)
		with_place.says[i + 1] = refusal->says[i];
	assert_refused(members, &with_place);
}

static void portmap__refuses_wrong_ports(void **state)
{
	static const struct {
		const char *value;
		const char *says; /* besides the key */
	} cases[] = {
		{"0", "port number: 0, expected 1 to 65535"},
		{"65536", "0 to 65535"},
		{"-1", "-1"},
		{"1.5", "a whole number"},
		{"'80'", "\"80\""},
		{"''", "a whole number"},
		{"true", "true"},
		{"[80]", "[80]"},
		{"1e300", "0 to 65535"},
		{"4294967376", "0 to 65535"}, /* 80 in 32 bits */
		{"null", "port number: 0, expected 1 to 65535"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *host = cni_format("{'hostPort':%s,'containerPort':80,"
						"'protocol':'tcp'}",
						cases[i].value);
		freeing char *container = cni_format("{'hostPort':80,'containerPort':%s,"
						     "'protocol':'tcp'}",
						     cases[i].value);
		const char *number = strstr(cases[i].says, "port number");

		assert_mapping_refused(
			host, &(struct refusal){CNI_ECONFIG,
						{number ? "Invalid host port number" : "'hostPort'",
						 cases[i].says}});
		assert_mapping_refused(container,
				       &(struct refusal){CNI_ECONFIG,
							 {number ? "Invalid container port number"
								 : "'containerPort'",
							  cases[i].says}});
	}
	assert_mapping_refused("{'containerPort':80,'protocol':'tcp'}",
			       &(struct refusal){CNI_ECONFIG, {"Invalid host port number: 0"}});
	assert_mapping_refused("{'hostPort':80,'protocol':'tcp'}",
			       &(struct refusal){CNI_ECONFIG,
						 {"Invalid container port number: 0"}});
}

static void portmap__refuses_wrong_protocols(void **state)
{
	static const struct {
		const char *value, *says;
	} cases[] = {
		{"'icmp'", "'protocol' is \"icmp\", expected tcp, udp or sctp"},
		{"''", "'protocol' is \"\", expected tcp, udp or sctp"},
		{"'tcp '", "\"tcp \""},
		{"' udp'", "\" udp\""},
		{"'tcp/udp'", "\"tcp/udp\""},
		{"'6'", "\"6\""},
		{"6", "'protocol'"},
		{"['tcp']", "'protocol'"},
		{"null", "'protocol' is \"\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *mapping = cni_format("{'hostPort':80,'containerPort':80,"
						   "'protocol':%s}",
						   cases[i].value);

		assert_mapping_refused(mapping, &(struct refusal){CNI_ECONFIG, {cases[i].says}});
	}
	assert_mapping_refused("{'hostPort':80,'containerPort':80}",
			       &(struct refusal){CNI_ECONFIG, {"'protocol' is \"\""}});
}

static void portmap__refuses_wrong_host_addresses(void **state)
{
	static const char *const values[] = {
		"'nonsense'",	 "'localhost'", "'256.1.1.1'",	 "'10.0.0'",
		"'10.0.0.1/24'", "' 10.0.0.1'", "'10.0.0.1 '",	 "'fe80::1%lo'",
		"'fd00:::1'",	 "'[::1]'",	"'10.0.0.1:80'", "'010.0.0.1'",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		freeing char *mapping = cni_format("{'hostPort':80,'containerPort':80,"
						   "'protocol':'tcp','hostIP':%s}",
						   values[i]);

		assert_mapping_refused(
			mapping,
			&(struct refusal){CNI_ECONFIG, {"'hostIP' is", "expected an IP address"}});
	}
	assert_mapping_refused("{'hostPort':80,'containerPort':80,'protocol':'tcp','hostIP':5}",
			       &(struct refusal){CNI_ECONFIG, {"'hostIP'", "a string"}});
}

static void portmap__refuses_a_port_that_leads_to_two(void **state)
{
	static const struct {
		const char *mappings, *says;
	} cases[] = {
		{FIRST "," PORT(8080, 81, "TCP"),
		 "port tcp :8080 is in the list twice, for the ports 80 and 81"},
		{FIRST "," PORT_AT("0.0.0.0", 8080, 81, "tcp"),
		 "port tcp 0.0.0.0:8080 is in the list twice"},
		{FIRST "," PORT_AT("::", 8080, 81, "tcp"),
		 "port tcp [::]:8080 is in the list twice"},
		{PORT_AT("::", 8080, 80, "tcp") "," PORT(8080, 81, "tcp"),
		 "port tcp :8080 is in the list twice"},
		{PORT_AT("192.0.2.1", 53, 53, "udp") "," PORT_AT("192.0.2.1", 53, 54, "udp"),
		 "port udp 192.0.2.1:53 is in the list twice"},
		{PORT_AT("192.0.2.1", 53, 53, "udp") "," PORT_AT("::ffff:192.0.2.1", 53, 54, "udp"),
		 "port udp 192.0.2.1:53 is in the list twice"},
		{PORT_AT("2001:db8::1", 53, 53, "udp") "," PORT_AT("2001:DB8:0:0::1", 53, 54,
								   "udp"),
		 "port udp [2001:db8::1]:53 is in the list twice"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *members = cni_format(PORTS("%s"), cases[i].mappings);

		assert_refused(members, &(struct refusal){CNI_ECONFIG, {SECOND, cases[i].says}});
	}
}

/* Which differ in just one. */
static void portmap__takes_mappings_that_are_alike(void **state)
{
	static const char *const cases[] = {
		FIRST "," PORT(8080, 80, "udp") "," PORT(8080, 80, "sctp"),
		FIRST "," PORT(8081, 80, "tcp"),
		FIRST "," PORT_AT("192.0.2.1", 8080, 80, "tcp"),
		PORT_AT("192.0.2.1", 8080, 80, "tcp") "," PORT_AT("192.0.2.2", 8080, 80, "tcp"),
		PORT_AT("0.0.0.0", 8080, 80, "tcp") "," PORT_AT("::", 8080, 80, "tcp"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *members = cni_format(PORTS("%s"), cases[i]);
		freeing char *config = NULL;
		struct plugin_call call = call_with(members, &config);

		plugin_succeeds(&call);
		call.command = "CHECK";
		plugin_succeeds(&call);
		call.command = "DEL";
		plugin_succeeds(&call);
	}
}

/* ---- lists and keys ---- */

static void portmap__refuses_what_is_no_list_of_mappings(void **state)
{
	static const struct {
		const char *value, *says;
	} cases[] = {
		{"5", "5"},
		{"'8080:80'", "\"8080:80\""},
		{"true", "true"},
		{"{}", "{}"},
		{"{'hostPort':80,'containerPort':80,'protocol':'tcp'}", "'runtimeConfig.portM"},
		{"[5]", "[0]': it is 5, expected an object"},
		{"['8080:80']", "[0]': it is \"8080:80\", expected an object"},
		{"[[]]", "[0]': it is [], expected an object"},
		{"[null,true]", "[1]': it is true, expected an object"},
		{"[{}]", "[0]'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *members =
			cni_format("'runtimeConfig':{'portMappings':%s}", cases[i].value);

		assert_refused(members,
			       &(struct refusal){CNI_ECONFIG,
						 {"'runtimeConfig.portMappings", cases[i].says}});
	}
	assert_refused("'runtimeConfig':5",
		       &(struct refusal){CNI_ECONFIG, {"'runtimeConfig'", "an object"}});
}

/* Also without a mapping: the configuration is wrong at once, and not with the first port. */
static void portmap__refuses_keys(void **state)
{
	static const struct {
		const char *members;
		struct refusal refusal;
	} cases[] = {
		{"'backend':'nftables','conditionsV4':['-d','192.0.2.0/24']",
		 {CNI_ECONFIG, {"'conditionsV4'", "\"iptables\"", "\"nftables\""}}},
		{"'backend':'iptables','conditionsV6':['ip6','daddr','2001:db8::/64']",
		 {CNI_ECONFIG, {"'conditionsV6'", "\"nftables\"", "\"iptables\""}}},
		{"'conditionsV4':['-d','192.0.2.0/24'],'conditionsV6':['ip6','daddr','::1']",
		 {CNI_ECONFIG, {"'conditionsV6'", "\"nftables\"", "\"iptables\""}}},
		{"'conditionsV4':['-d',5]", {CNI_ECONFIG, {"'conditionsV4'", "5", "strings"}}},
		{"'conditionsV4':['-d','a\\nb']", {CNI_ECONFIG, {"'conditionsV4'", "line"}}},
		{"'conditionsV4':'-d 192.0.2.0/24'", {CNI_ECONFIG, {"'conditionsV4'"}}},
		{"'conditionsV6':{}", {CNI_ECONFIG, {"'conditionsV6'"}}},
		{"'backend':'nftables','externalSetMarkChain':'KUBE-MARK-MASQ'",
		 {CNI_ECONFIG, {"'externalSetMarkChain'", "\"iptables\"", "\"nftables\""}}},
		{"'externalSetMarkChain':'KUBE MARK'",
		 {CNI_ECONFIG, {"'externalSetMarkChain' is \"KUBE MARK\"", "28"}}},
		{"'externalSetMarkChain':5", {CNI_ECONFIG, {"'externalSetMarkChain'"}}},
		{"'externalSetMarkChain':'KUBE-MARK-MASQ','markMasqBit':13",
		 {CNI_ECONFIG, {"externalSetMarkChain", "markMasqBit"}}},
		{"'backend':'pf'", {CNI_ECONFIG, {"'backend'", "\"pf\"", "nftables"}}},
		{"'backend':'NFTables'", {CNI_ECONFIG, {"'backend'"}}},
		{"'backend':1", {CNI_ECONFIG, {"'backend'", "a string"}}},
		{"'markMasqBit':32", {CNI_ECONFIG, {"'markMasqBit'", "32", "0 to 31"}}},
		{"'markMasqBit':-1", {CNI_ECONFIG, {"'markMasqBit'", "-1", "0 to 31"}}},
		{"'markMasqBit':1.5", {CNI_ECONFIG, {"'markMasqBit'", "a whole number"}}},
		{"'markMasqBit':'13'", {CNI_ECONFIG, {"'markMasqBit'", "\"13\""}}},
		{"'markMasqBit':4294967295", {CNI_ECONFIG, {"'markMasqBit'", "0 to 31"}}},
		{"'snat':'yes'", {CNI_ECONFIG, {"'snat'", "true or false"}}},
		{"'snat':0", {CNI_ECONFIG, {"'snat'", "true or false"}}},
		{"'masqAll':1", {CNI_ECONFIG, {"'masqAll'", "true or false"}}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *with = cni_format("%s," PORTS(FIRST), cases[i].members);

		assert_refused(cases[i].members, &cases[i].refusal);
		assert_refused(with, &cases[i].refusal);
	}
}

/* Keys that need nothing we lack. */
static void portmap__takes_keys_that_do_not_matter(void **state)
{
	static const char *const cases[] = {
		"'conditionsV4':[],'conditionsV6':null",
		"'externalSetMarkChain':''",
		"'markMasqBit':0",
		"'markMasqBit':31",
		"'backend':'nftables'",
		"'backend':''",
		"'masqAll':true",
		"'capabilities':{'portMappings':true},'mine':[1,2,3]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *members = cni_format("%s," PORTS(FIRST), cases[i]);
		freeing char *config = NULL;
		struct plugin_call call = call_with(members, &config);

		plugin_succeeds(&call);
		call.command = "DEL";
		plugin_succeeds(&call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bad_input_test(portmap__refuses_wrong_ports),
		bad_input_test(portmap__refuses_wrong_protocols),
		bad_input_test(portmap__refuses_wrong_host_addresses),
		bad_input_test(portmap__refuses_a_port_that_leads_to_two),
		bad_input_test(portmap__takes_mappings_that_are_alike),
		bad_input_test(portmap__refuses_what_is_no_list_of_mappings),
		bad_input_test(portmap__refuses_keys),
		bad_input_test(portmap__takes_keys_that_do_not_matter),
	};

	return cmocka_run_group_tests(tests, bad_input_setup, NULL);
}
