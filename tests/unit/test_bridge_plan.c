/* SPDX-License-Identifier: Apache-2.0 */
/* The plan that bridge makes of a configuration, as text: the plan is pure. */
#include "test.h"

#include "host_local.h"

int bridge_main(void);
#define main bridge_main
#include "../../plugins/bridge.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "cleanup.h"
#include "file.h"
#include "json_text.h"

#include <fcntl.h>

/* A plugin's configuration as a runtime would make it of a list. */
static cJSON *from_list(const char *name)
{
	freeing char *path = cni_format("%s/conf/%s.conflist", CNI_C_SOURCE_DIR, name);
	freeing_json cJSON *list = NULL;
	freeing char *text = NULL;
	struct cni_error err;
	size_t size;
	cJSON *conf;

	if (cni_file_read_at(AT_FDCWD, path, true, 1 << 20, &text, &size, &err) < 0 ||
	    cni_json_parse_object(text, size, path, &list, &err) < 0)
		fail_msg("%s", err.msg);
	conf = cni_json_copy(cJSON_GetArrayItem(cni_json_get(list, "plugins"), 0));
	cni_json_add_string(conf, "name", cni_json_get_string(list, "name"));
	cni_json_add_string(conf, "cniVersion", cni_json_get_string(list, "cniVersion"));
	return conf;
}

static int configure(const cJSON *json, enum cni_command command, const char *args,
		     struct cni_call *call, struct bridge_conf *conf, struct cni_error *err)
{
	freeing char *text = cni_json_print(json);

	*call = (struct cni_call){.env = {.command = command, .args = args}};
	if (cni_conf_read(text, strlen(text), command, CNI_0_1_0, &call->conf, err) < 0)
		return -1;
	return cni_plugin_configure(&bridge, call, conf, err);
}

static char *plan_of(const cJSON *json, enum cni_command command, const char *args)
{
	struct cni_plan plan = {.count = 0};
	struct bridge_conf conf = {0};
	struct cni_call call;
	struct cni_error err;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (configure(json, command, args, &call, &conf, &err) < 0)
		fail_msg("%s", err.msg);
	bridge.plan(&plan, &call, &conf);
	cni_plan_print(&plan, out);
	fclose(out);
	cni_plan_clear(&plan);
	cni_conf_clear(&call.conf);
	return text;
}

static void assert_list(const char *name, const char *expected)
{
	freeing_json cJSON *json = from_list(name);
	freeing char *text = plan_of(json, CNI_ADD, "");

	assert_string_equal(text, expected);
}

static void assert_plan(const char *more, const char *args, const char *expected)
{
	freeing char *config =
		cni_format("{'cniVersion':'1.0.0','name':'blue'%s%s}", *more ? "," : "", more);
	freeing_json cJSON *json = json_of(config);
	freeing char *text = plan_of(json, CNI_ADD, args);

	assert_string_equal(text, expected);
}

static void bridge_plan__of_the_runtimes_configurations(void **state)
{
	(void)state;
	assert_list("10-containerd", "lease      host-local\n"
				     "bridge     host containerd0 shared promisc\n"
				     "veth       port of containerd0\n"
				     "spoofcheck owner, none\n"
				     "acquire    host-local gateway\n"
				     "addresses  container\n"
				     "up         container\n"
				     "announce   container\n"
				     "routes     container\n"
				     "forwarding host shared\n"
				     "gateway    host containerd0 shared\n"
				     "masquerade owner\n");
	assert_list("10-crio", "lease      host-local\n"
			       "bridge     host cni0 shared\n"
			       "veth       port of cni0 hairpin\n"
			       "spoofcheck owner, none\n"
			       "acquire    host-local gateway\n"
			       "addresses  container\n"
			       "up         container\n"
			       "announce   container\n"
			       "routes     container\n"
			       "forwarding host shared\n"
			       "gateway    host cni0 shared\n"
			       "masquerade owner\n");
	assert_list("20-dual-stack", "lease      host-local\n"
				     "bridge     host dual-stack shared\n"
				     "veth       port of dual-stack\n"
				     "spoofcheck owner, none\n"
				     "acquire    host-local gateway default_route\n"
				     "addresses  container\n"
				     "up         container\n"
				     "announce   container\n"
				     "routes     container\n"
				     "forwarding host shared\n"
				     "gateway    host dual-stack shared\n"
				     "masquerade owner\n");
}

static void bridge_plan__of_the_other_configurations_that_come_with_it(void **state)
{
	(void)state;
	assert_list("20-layer2", "bridge     host layer2 shared\n"
				 "veth       port of layer2\n"
				 "spoofcheck owner\n"
				 "up         container\n"
				 "masquerade owner, none\n"
				 "learning   host, not from link-local frames\n");
	assert_list("20-vlan", "lease      host-local\n"
			       "bridge     host vlan shared vlan_filtering\n"
			       "veth       port of vlan vlan 100\n"
			       "spoofcheck owner, none\n"
			       "acquire    host-local gateway\n"
			       "addresses  container\n"
			       "up         container\n"
			       "announce   container\n"
			       "routes     container\n"
			       "forwarding host shared\n"
			       "gateway    host vlan.100 shared\n"
			       "masquerade owner\n");
	assert_list("v-net-0", "lease      host-local\n"
			       "bridge     host v-net-0 shared\n"
			       "veth       port of v-net-0 hairpin\n"
			       "spoofcheck owner, none\n"
			       "acquire    host-local gateway\n"
			       "addresses  container\n"
			       "up         container\n"
			       "announce   container\n"
			       "routes     container\n"
			       "forwarding host shared\n"
			       "gateway    host v-net-0 shared\n"
			       "masquerade owner\n");
}

static void bridge_plan__of_a_name_alone_is_layer_2(void **state)
{
	(void)state;
	assert_plan("", "",
		    "bridge     host cni0 shared\n"
		    "veth       port of cni0\n"
		    "spoofcheck owner, none\n"
		    "up         container\n"
		    "masquerade owner, none\n");
	assert_plan("'bridge':'','ipMasq':true,'isGateway':true,'enabledad':true", "",
		    "bridge     host cni0 shared\n"
		    "veth       port of cni0\n"
		    "spoofcheck owner, none\n"
		    "up         container\n"
		    "masquerade owner, none\n");
	assert_plan("'disableContainerInterface':true", "",
		    "bridge     host cni0 shared\n"
		    "veth       port of cni0\n"
		    "spoofcheck owner, none\n"
		    "masquerade owner, none\n");
}

static void bridge_plan__shows_what_is_asked_for(void **state)
{
	(void)state;
	assert_plan("'bridge':'br1','mtu':1400,'promiscMode':true,'portIsolation':true,"
		    "'macspoofchk':true,'vlanTrunk':[{'id':10}],"
		    "'ipam':{'type':'static'},'isDefaultGateway':true,'enabledad':true",
		    "MAC=0a:00:00:00:00:02",
		    "lease      static\n"
		    "bridge     host br1 shared mtu 1400 promisc vlan_filtering\n"
		    "veth       port of br1 mtu 1400 mac 0a:00:00:00:00:02 isolated vlan 1 trunk\n"
		    "spoofcheck owner\n"
		    "acquire    static gateway default_route\n"
		    "addresses  container dad\n"
		    "up         container dad\n"
		    "announce   container\n"
		    "routes     container\n"
		    "forwarding host shared\n"
		    "gateway    host br1 shared\n"
		    "masquerade owner, none\n"
		    "learning   host, not from link-local frames\n");
}

/* The addresses must be known; nothing of the container's is up before it stands. */
static void bridge_plan__checks_addresses_when_it_has_them(void **state)
{
	static const char expected[] = "lease      static\n"
				       "bridge     host cni0 shared\n"
				       "veth       port of cni0\n"
				       "acquire    static\n"
				       "spoofcheck owner addresses\n"
				       "addresses  container\n"
				       "up         container\n"
				       "announce   container\n"
				       "routes     container\n"
				       "masquerade owner, none\n"
				       "learning   host, not from link-local frames\n";

	(void)state;
	assert_plan("'ipspoofchk':true,'ipam':{'type':'static'}", "", expected);
	assert_plan("'ipspoofchk':true,'macspoofchk':true,'ipam':{'type':'static'}", "", expected);
	assert_plan("'ipspoofchk':true,'macspoofchk':false,'ipam':{'type':'static'}", "", expected);
}

/* runtimeConfig overrides args.cni, and args.cni overrides CNI_ARGS. */
static void bridge_plan__chooses_the_nearest_mac(void **state)
{
	static const char expected[] = "bridge     host cni0 shared\n"
				       "veth       port of cni0 mac 0a:00:00:00:00:02\n"
				       "spoofcheck owner, none\n"
				       "up         container\n"
				       "masquerade owner, none\n";

	(void)state;
	assert_plan("", "IgnoreUnknown=1;MAC=0a:00:00:00:00:02;FOO=1", expected);
	assert_plan("'args':{'cni':{'mac':'0a:00:00:00:00:02'}}", "MAC=0a:00:00:00:00:03",
		    expected);
	assert_plan("'args':{'cni':{'mac':'0a:00:00:00:00:03'}},"
		    "'runtimeConfig':{'mac':'0a:00:00:00:00:02'}",
		    "MAC=0a:00:00:00:00:04", expected);
	assert_plan("'args':{'cni':{'mac':''}},'runtimeConfig':{'mac':''}", "MAC=0a:00:00:00:00:02",
		    expected);
}

static const struct {
	const char *more, *args;
	int code;
	const char *message;
} wrong[] = {
	{"'mtu':65536", "", CNI_ECONFIG, "'mtu' is 65536, expected a whole number from 0 to 65535"},
	{"'vlan':4095", "", CNI_ECONFIG, "'vlan' is 4095, expected a whole number from 0 to 4094"},
	{"'isGateway':'yes'", "", CNI_ECONFIG, "'isGateway' is \"yes\", expected true or false"},
	{"'bridge':'a/b'", "", CNI_ECONFIG,
	 "'bridge' 'a/b' holds '/', ':', '%', white space or a control character"},
	{"'vlanTrunk':{}", "", CNI_ECONFIG, "'vlanTrunk' is {}, expected a list"},
	{"'vlanTrunk':[5]", "", CNI_ECONFIG, "'vlanTrunk' holds 5, expected objects"},
	{"'vlanTrunk':[{'id':0}]", "", CNI_ECONFIG,
	 "'vlanTrunk': 'id' is 0, expected a whole number from 1 to 4094"},
	{"'vlanTrunk':[{'minID':5}]", "", CNI_ECONFIG,
	 "'vlanTrunk': minID and maxID should be configured simultaneously, maxID is "
	 "missing"},
	{"'vlanTrunk':[{'minID':5,'maxID':4}]", "", CNI_ECONFIG,
	 "'vlanTrunk': minID 5 is greater than maxID 4"},
	{"'runtimeConfig':{'mac':'x'}", "", CNI_ECONFIG,
	 "MAC 'x' is not a hardware address such as \"0a:58:0a:f4:00:02\""},
	{"'args':{'cni':{'mac':'01:00:00:00:00:02'}}", "", CNI_ECONFIG,
	 "MAC '01:00:00:00:00:02' is a multicast address, expected one of a single "
	 "interface"},
	{"'args':{'cni':{'mac':'00:00:00:00:00:00'}}", "", CNI_ECONFIG,
	 "MAC '00:00:00:00:00:00' is nobody's address, expected one of a single "
	 "interface"},
	{"'x':1", "FOO=BAR", CNI_ECONFIG, "ARGS: unknown args [\"FOO=BAR\"]"},
	{"'ipMasqBackend':'pf'", "", CNI_ECONFIG,
	 "unknown ipmasq backend \"pf\": 'ipMasqBackend' must be \"nftables\" or "
	 "\"iptables\""},
	{"'ipam':{'type':'static'},'disableContainerInterface':true", "", CNI_ECONFIG,
	 "cannot use 'ipam' when 'disableContainerInterface' is true"},
	{"'ipspoofchk':1,'ipam':{'type':'static'}", "", CNI_ECONFIG,
	 "'ipspoofchk' is 1, expected true or false"},
	{"'ipspoofchk':true", "", CNI_ECONFIG,
	 "cannot use 'ipspoofchk' without 'ipam', which gives the addresses to check for"},
	{"'hairpinMode':true,'promiscMode':true", "", CNI_ECONFIG,
	 "cannot set 'hairpinMode' and 'promiscMode' at the same time"},
	{"'cniVersion':'0.2.0'", "", CNI_EVERSION,
	 "a result of cniVersion 0.2.0 needs an address: use 0.3.0 or later without "
	 "'ipam'"},
	{"'bridge':'abcdefghijkl','vlan':100,'isGateway':true,'ipam':{'type':'static'}", "",
	 CNI_ECONFIG,
	 "'bridge' \"abcdefghijkl\" is too long: with 'vlan' 100 the gateway's interface "
	 "\"abcdefghijkl.100\" would have more than 15 characters"},
};

static void bridge_conf__says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		freeing char *config =
			cni_format("{'cniVersion':'1.0.0','name':'blue',%s}", wrong[i].more);
		freeing_json cJSON *json = json_of(config);
		struct bridge_conf conf = {0};
		struct cni_error err = {0};
		struct cni_call call;

		if (configure(json, CNI_ADD, wrong[i].args, &call, &conf, &err) == 0)
			fail_msg("%s was taken", config);
		assert_string_equal(err.msg, wrong[i].message);
		assert_int_equal(err.code, wrong[i].code);
		cni_conf_clear(&call.conf);
	}
}

/* DEL finds what it has to by the owner, and the IPAM plugin by its type. */
static void bridge_plan__of_del_survives_a_broken_configuration(void **state)
{
	freeing_json cJSON *json =
		json_of("{'cniVersion':'1.0.0','name':'blue','bridge':5,'mtu':'x','vlan':-1,"
			"'vlanTrunk':5,'ipMasqBackend':'pf','runtimeConfig':{'mac':'x'},"
			"'ipspoofchk':'x',"
			"'ipam':{'type':'static'}}");
	freeing char *text = plan_of(json, CNI_DEL, "FOO=BAR");

	(void)state;
	assert_non_null(strstr(text, "lease      static\n"));
	assert_non_null(strstr(text, "veth       port of cni0"));
	assert_non_null(strstr(text, "spoofcheck owner, none\n"));
	assert_non_null(strstr(text, "masquerade owner, none\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bridge_plan__of_the_runtimes_configurations),
		cmocka_unit_test(bridge_plan__of_the_other_configurations_that_come_with_it),
		cmocka_unit_test(bridge_plan__of_a_name_alone_is_layer_2),
		cmocka_unit_test(bridge_plan__shows_what_is_asked_for),
		cmocka_unit_test(bridge_plan__checks_addresses_when_it_has_them),
		cmocka_unit_test(bridge_plan__chooses_the_nearest_mac),
		cmocka_unit_test(bridge_conf__says_what_is_wrong),
		cmocka_unit_test(bridge_plan__of_del_survives_a_broken_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
