/* SPDX-License-Identifier: Apache-2.0 */
/* Results from and to each version of the specification. */
#include "result.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "test.h"

#include <string.h>

static void decode(const char *text, enum cni_version version, struct cni_result *ret_result)
{
	freeing_json cJSON *json = json_of(text);
	struct cni_error err;

	if (cni_result_decode(json, version, "prevResult", ret_result, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
}

static void assert_encoded(const struct cni_result *result, enum cni_version version,
			   const char *expected)
{
	freeing_json cJSON *json = cni_result_encode(result, version);

	json_text_assert(json, expected);
}

/* Reads `text` and writes it in `version`. */
static void assert_translated(const char *text, enum cni_version version, const char *expected)
{
	struct cni_result result;

	decode(text, CNI_0_1_0, &result);
	assert_encoded(&result, version, expected);
	cni_result_clear(&result);
}

static void assert_same(const char *text, enum cni_version version)
{
	assert_translated(text, version, text);
}

static const char oldest[] =
	"{'cniVersion': '0.2.0',"
	" 'ip4': {'ip': '10.1.0.7/16', 'gateway': '10.1.0.1',"
	"         'routes': [{'dst': '0.0.0.0/0'}, {'dst': '10.2.0.0/16', 'gw': '10.1.0.2'}]},"
	" 'ip6': {'ip': 'fd00::7/64', 'routes': [{'dst': '::/0', 'gw': 'fd00::1'}]},"
	" 'dns': {'nameservers': ['10.1.0.1'], 'domain': 'x.org', 'search': ['x.org', 'y.org'],"
	"         'options': ['ndots:2']}}";

static const char old[] =
	"{'cniVersion': '0.4.0',"
	" 'interfaces': [{'name': 'cni0', 'mac': '0a:00:00:00:00:01'},"
	"                {'name': 'eth0', 'mac': '0a:00:00:00:00:02', 'sandbox': '/run/netns/x'}],"
	" 'ips': [{'version': '4', 'address': '10.1.0.7/16', 'gateway': '10.1.0.1', 'interface': "
	"1},"
	"         {'version': '6', 'address': 'fd00::7/64'}],"
	" 'routes': [{'dst': '0.0.0.0/0'}, {'dst': '::/0', 'gw': 'fd00::1'}],"
	" 'dns': {}}";

static const char newest[] =
	"{'cniVersion': '1.1.0',"
	" 'interfaces': [{'name': 'eth0', 'mac': '0a:00:00:00:00:02', 'mtu': 1400,"
	"                 'sandbox': '/run/netns/x', 'socketPath': '/run/s', 'pciID': "
	"'0000:00:1f.6'}],"
	" 'ips': [{'address': '10.1.0.7/16', 'gateway': '10.1.0.1', 'interface': 0}],"
	" 'routes': [{'dst': '0.0.0.0/0', 'mtu': 1300, 'advmss': 1200, 'priority': 4294967295,"
	"             'table': 4294967295, 'scope': 253},"
	"            {'dst': '10.2.0.0/16', 'table': 0, 'scope': 0}],"
	" 'dns': {'nameservers': ['10.1.0.1']}}";

static void result__comes_out_as_it_went_in(void **state)
{
	(void)state;
	assert_same(oldest, CNI_0_2_0);
	assert_same(old, CNI_0_4_0);
	assert_same(newest, CNI_1_1_0);
}

static void result__0_3_has_lists_and_versions(void **state)
{
	static const char *const texts[] = {"0.3.0", "0.3.1"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		freeing_json cJSON *expected = json_of(old);
		freeing_json cJSON *encoded = NULL;
		struct cni_result result;

		cni_json_set(expected, "cniVersion", cJSON_CreateString(texts[i]));
		decode(old, CNI_0_4_0, &result);
		encoded = cni_result_encode(&result, i ? CNI_0_3_1 : CNI_0_3_0);
		json_text_assert_equal(encoded, expected);
		cni_result_clear(&result);
	}
}

#define ROUTES_OF_NEWEST                                                                           \
	" 'routes': [{'dst': '0.0.0.0/0', 'mtu': 1300, 'advmss': 1200, 'priority': 4294967295,"    \
	"             'table': 4294967295, 'scope': 253},"                                         \
	"            {'dst': '10.2.0.0/16', 'table': 0, 'scope': 0}],"

/* As Go's plugins: the fields that came with 1.1.0 are a main plugin's only way to know them. */
static void result__has_route_fields_in_every_version_with_a_list(void **state)
{
	static const char *const texts[] = {"0.3.0", "0.3.1", "0.4.0"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		freeing char *expected = cni_format(
			"{'cniVersion': '%s',"
			" 'interfaces': [{'name': 'eth0', 'mac': '0a:00:00:00:00:02',"
			"                 'sandbox': '/run/netns/x'}],"
			" 'ips': [{'version': '4', 'address': '10.1.0.7/16', 'gateway': '10.1.0.1',"
			"          'interface': 0}]," ROUTES_OF_NEWEST
			" 'dns': {'nameservers': ['10.1.0.1']}}",
			texts[i]);
		enum cni_version version;
		struct cni_error err;

		assert_int_equal(cni_version_parse(texts[i], CNI_0_1_0, &version, &err), 0);
		assert_translated(newest, version, expected);
	}
	assert_translated(newest, CNI_0_2_0,
			  "{'cniVersion': '0.2.0',"
			  " 'ip4': {'ip': '10.1.0.7/16', 'gateway': '10.1.0.1',"
			  "         'routes': [{'dst': '0.0.0.0/0'}, {'dst': '10.2.0.0/16'}]},"
			  " 'dns': {'nameservers': ['10.1.0.1']}}");
}

static void result__1_0_has_all_fields_and_no_empty_dns(void **state)
{
	(void)state;
	assert_translated(
		newest, CNI_1_0_0,
		"{'cniVersion': '1.0.0',"
		" 'interfaces': [{'name': 'eth0', 'mac': '0a:00:00:00:00:02', 'mtu': 1400,"
		"                 'sandbox': '/run/netns/x', 'socketPath': '/run/s',"
		"                 'pciID': '0000:00:1f.6'}],"
		" 'ips': [{'address': '10.1.0.7/16', 'gateway': '10.1.0.1', 'interface': "
		"0}]," ROUTES_OF_NEWEST " 'dns': {'nameservers': ['10.1.0.1']}}");
	assert_translated(
		old, CNI_1_0_0,
		"{'cniVersion': '1.0.0',"
		" 'interfaces': [{'name': 'cni0', 'mac': '0a:00:00:00:00:01'},"
		"                {'name': 'eth0', 'mac': '0a:00:00:00:00:02',"
		"                 'sandbox': '/run/netns/x'}],"
		" 'ips': [{'address': '10.1.0.7/16', 'gateway': '10.1.0.1', 'interface': 1},"
		"         {'address': 'fd00::7/64'}],"
		" 'routes': [{'dst': '0.0.0.0/0'}, {'dst': '::/0', 'gw': 'fd00::1'}]}");
}

static void result__crosses_the_change_of_shape(void **state)
{
	(void)state;
	assert_translated(
		oldest, CNI_0_4_0,
		"{'cniVersion': '0.4.0',"
		" 'ips': [{'version': '4', 'address': '10.1.0.7/16', 'gateway': '10.1.0.1'},"
		"         {'version': '6', 'address': 'fd00::7/64'}],"
		" 'routes': [{'dst': '0.0.0.0/0'}, {'dst': '10.2.0.0/16', 'gw': '10.1.0.2'},"
		"            {'dst': '::/0', 'gw': 'fd00::1'}],"
		" 'dns': {'nameservers': ['10.1.0.1'], 'domain': 'x.org', 'search': ['x.org', "
		"'y.org'],"
		"         'options': ['ndots:2']}}");
	assert_translated(
		old, CNI_0_1_0,
		"{'cniVersion': '0.1.0',"
		" 'ip4': {'ip': '10.1.0.7/16', 'gateway': '10.1.0.1',"
		"         'routes': [{'dst': '0.0.0.0/0'}]},"
		" 'ip6': {'ip': 'fd00::7/64', 'routes': [{'dst': '::/0', 'gw': 'fd00::1'}]},"
		" 'dns': {}}");
	/* Routes of a family that has no address have no place to be. */
	assert_translated("{'cniVersion': '1.0.0', 'ips': [{'address': 'fd00::7/64'}],"
			  " 'routes': [{'dst': '0.0.0.0/0'}]}",
			  CNI_0_2_0,
			  "{'cniVersion': '0.2.0', 'ip6': {'ip': 'fd00::7/64'}, 'dns': {}}");
}

static void result__empty_one_says_its_version(void **state)
{
	(void)state;
	assert_translated("{}", CNI_1_1_0, "{'cniVersion': '1.1.0'}");
	assert_translated("{}", CNI_0_4_0, "{'cniVersion': '0.4.0', 'dns': {}}");
	assert_translated("{'cniVersion': '1.0.0', 'interfaces': null, 'ips': null, 'routes': null,"
			  " 'dns': null}",
			  CNI_1_0_0, "{'cniVersion': '1.0.0'}");
}

/* The configuration's version, unless the result says its own. */
static void result__is_read_in_its_own_version(void **state)
{
	struct cni_result result;

	(void)state;
	decode("{'ips': [{'address': '10.1.0.7/16'}]}", CNI_1_0_0, &result);
	assert_int_equal(result.ip_count, 1);
	assert_int_equal(result.ips[0].interface, CNI_NO_INTERFACE);
	cni_result_clear(&result);
	decode("{'ips': [{'address': '10.1.0.7/16'}]}", CNI_0_2_0, &result);
	assert_int_equal(result.ip_count, 0);
	cni_result_clear(&result);
	decode("{'cniVersion': '0.2.0', 'ip4': {'ip': '10.1.0.7/16'}}", CNI_1_0_0, &result);
	assert_int_equal(result.ip_count, 1);
	cni_result_clear(&result);
	decode("{'cniVersion': '', 'ips': [{'address': '10.1.0.7/16'}]}", CNI_1_0_0, &result);
	assert_int_equal(result.ip_count, 1);
	cni_result_clear(&result);
}

/* Addresses name interfaces by their index, so a null entry still counts; elsewhere it is nothing.
 */
static void result__accepts_null_entries(void **state)
{
	struct cni_result result;

	(void)state;
	decode("{'interfaces': [null, {'name': 'eth0'}],"
	       " 'ips': [null, {'address': '10.1.0.7/16', 'interface': 1, 'gateway': ''}],"
	       " 'routes': [null, {'dst': '0.0.0.0/0', 'gw': null}],"
	       " 'dns': {'nameservers': [null, '10.1.0.1'], 'domain': ''}}",
	       CNI_1_0_0, &result);
	assert_int_equal(result.interface_count, 2);
	assert_string_equal(result.interfaces[1].name, "eth0");
	assert_int_equal(result.ip_count, 1);
	assert_false(cni_ip_is_set(&result.ips[0].gateway));
	assert_int_equal(result.route_count, 1);
	assert_int_equal(result.dns.nameserver_count, 1);
	assert_null(result.dns.domain);
	cni_result_clear(&result);
}

static const struct {
	const char *text;
	enum cni_version version;
	int code;
	const char *message;
} not_understood[] = {
	{"[]", CNI_1_0_0, CNI_EDECODE, "prevResult is [], expected an object"},
	{"{'cniVersion': '7.0.0'}", CNI_1_0_0, CNI_EVERSION,
	 "prevResult: incompatible CNI versions"},
	{"{'cniVersion': 'x'}", CNI_1_0_0, CNI_EDECODE,
	 "prevResult: cniVersion 'x' is not a version such as \"1.0.0\""},
	{"{'interfaces': {}}", CNI_1_0_0, CNI_ECONFIG,
	 "prevResult: 'interfaces' is {}, expected a list"},
	{"{'interfaces': [5]}", CNI_1_0_0, CNI_ECONFIG,
	 "prevResult: 'interfaces' holds 5, expected objects"},
	{"{'interfaces': [{'name': 5}]}", CNI_1_0_0, CNI_ECONFIG,
	 "prevResult: 'interfaces': 'name' is 5, expected a string"},
	{"{'ips': 'x'}", CNI_1_0_0, CNI_ECONFIG, "prevResult: 'ips' is \"x\", expected a list"},
	{"{'ips': ['x']}", CNI_1_0_0, CNI_ECONFIG,
	 "prevResult: 'ips' holds \"x\", expected objects"},
	{"{'ips': [{}]}", CNI_1_0_0, CNI_ECONFIG, "prevResult: 'ips': 'address' is missing"},
	{"{'ips': [{'address': '10.1.0.7'}]}", CNI_1_0_0, CNI_ECONFIG,
	 "prevResult: 'ips': 'address' is \"10.1.0.7\", expected a prefix in CIDR notation "
	 "such as \"10.1.0.0/16\""},
	{"{'ips': [{'address': '10.1.0.7/16', 'interface': 1.5}]}", CNI_1_0_0, CNI_ECONFIG,
	 "prevResult: 'ips': 'interface' is 1.5, expected a whole number from 0 to "
	 "2147483647"},
	{"{'routes': 5}", CNI_1_0_0, CNI_ECONFIG, "prevResult: 'routes' is 5, expected a list"},
	{"{'routes': [5]}", CNI_1_0_0, CNI_ECONFIG,
	 "prevResult: 'routes' holds 5, expected objects"},
	{"{'routes': [{}]}", CNI_1_0_0, CNI_ECONFIG, "prevResult: 'routes': 'dst' is missing"},
	{"{'routes': [{'dst': '0.0.0.0/0', 'scope': 256}]}", CNI_1_1_0, CNI_ECONFIG,
	 "prevResult: 'routes': 'scope' is 256, expected a whole number from 0 to 255"},
	{"{'dns': 5}", CNI_1_0_0, CNI_ECONFIG, "prevResult: 'dns' is 5, expected an object"},
	{"{'ip4': {'ip': 'fd00::1/64'}}", CNI_0_2_0, CNI_ECONFIG,
	 "prevResult: 'ip4.ip' is missing or of the other family"},
	{"{'ip6': {}}", CNI_0_2_0, CNI_ECONFIG,
	 "prevResult: 'ip6.ip' is missing or of the other family"},
	{"{'ip4': {'ip': 5}}", CNI_0_2_0, CNI_ECONFIG,
	 "prevResult: 'ip4': 'ip' is 5, expected a prefix in CIDR notation such as "
	 "\"10.1.0.0/16\""},
};

static void result__says_what_it_does_not_understand(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(not_understood) / sizeof(*not_understood); i++) {
		freeing_json cJSON *json = json_of(not_understood[i].text);
		struct cni_result result = {0};
		struct cni_error err = {0};

		if (cni_result_decode(json, not_understood[i].version, "prevResult", &result,
				      &err) == 0)
			fail_msg("%s was taken", not_understood[i].text);
		assert_int_equal(err.code, not_understood[i].code);
		assert_string_equal(err.msg, not_understood[i].message);
		assert_null(result.interfaces);
	}
}

static void assert_fit(const char *text, enum cni_version version, const char *message)
{
	struct cni_error err = {0};
	struct cni_result result;

	decode(text, CNI_1_0_0, &result);
	assert_int_equal(cni_result_check_fits(&result, version, &err), message ? -1 : 0);
	if (message) {
		assert_int_equal(err.code, CNI_EVERSION);
		assert_string_equal(err.msg, message);
	}
	cni_result_clear(&result);
}

static void result__does_not_fit_every_version(void **state)
{
	(void)state;
	assert_fit("{}", CNI_0_3_0, NULL);
	assert_fit("{}", CNI_0_2_0,
		   "a result of cniVersion 0.2.0 needs an address: use 0.3.0 or later without "
		   "ipam");
	assert_fit("{'ips': [{'address': '10.1.0.7/16'}, {'address': 'fd00::7/64'}]}", CNI_0_1_0,
		   NULL);
	assert_fit("{'ips': [{'address': '10.1.0.7/16'}, {'address': '10.1.0.8/16'},"
		   " {'address': 'fd00::7/64'}]}",
		   CNI_0_1_0,
		   "CNI version 0.1.0 does not support more than 1 address per family, got 2 of "
		   "IPv4 and 1 of IPv6");
	assert_fit("{'ips': [{'address': '10.1.0.7/16'}, {'address': '10.1.0.8/16'}]}", CNI_0_3_0,
		   NULL);
}

static void result__takes_addresses_routes_and_dns_of_ipam(void **state)
{
	struct cni_result from;
	struct cni_result to;

	(void)state;
	decode("{'interfaces': [{'name': 'x'}], 'ips': [{'address': '10.1.0.7/16'}],"
	       " 'routes': [{'dst': '0.0.0.0/0'}],"
	       " 'dns': {'nameservers': ['10.1.0.2'], 'domain': 'b.org'}}",
	       CNI_1_0_0, &from);
	decode("{'interfaces': [{'name': 'eth0'}],"
	       " 'dns': {'nameservers': ['10.1.0.1'], 'domain': 'a.org'}}",
	       CNI_1_0_0, &to);
	cni_result_merge_ipam(&to, &from);
	cni_result_clear(&from);
	assert_encoded(&to, CNI_1_0_0,
		       "{'cniVersion': '1.0.0', 'interfaces': [{'name': 'eth0'}],"
		       " 'ips': [{'address': '10.1.0.7/16'}], 'routes': [{'dst': '0.0.0.0/0'}],"
		       " 'dns': {'nameservers': ['10.1.0.1', '10.1.0.2'], 'domain': 'a.org'}}");
	cni_result_clear(&to);
}

static void result__is_copied_whole(void **state)
{
	struct cni_result copy = {0};
	struct cni_result from;

	(void)state;
	decode(newest, CNI_1_1_0, &from);
	cni_result_copy(&from, &copy);
	cni_result_clear(&from);
	assert_encoded(&copy, CNI_1_1_0, newest);
	cni_result_clear(&copy);
}

static void result__counts_its_interfaces(void **state)
{
	struct cni_result result = {0};

	(void)state;
	assert_int_equal(cni_result_add_interface(&result, "cni0", NULL, NULL), 0);
	assert_int_equal(cni_result_add_interface(&result, "eth0", "0a:00:00:00:00:02", "/x"), 1);
	assert_encoded(&result, CNI_1_0_0,
		       "{'cniVersion': '1.0.0', 'interfaces': [{'name': 'cni0'},"
		       " {'name': 'eth0', 'mac': '0a:00:00:00:00:02', 'sandbox': '/x'}]}");
	cni_result_clear(&result);
	assert_int_equal(result.interface_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(result__comes_out_as_it_went_in),
		cmocka_unit_test(result__0_3_has_lists_and_versions),
		cmocka_unit_test(result__has_route_fields_in_every_version_with_a_list),
		cmocka_unit_test(result__1_0_has_all_fields_and_no_empty_dns),
		cmocka_unit_test(result__crosses_the_change_of_shape),
		cmocka_unit_test(result__empty_one_says_its_version),
		cmocka_unit_test(result__is_read_in_its_own_version),
		cmocka_unit_test(result__accepts_null_entries),
		cmocka_unit_test(result__says_what_it_does_not_understand),
		cmocka_unit_test(result__does_not_fit_every_version),
		cmocka_unit_test(result__takes_addresses_routes_and_dns_of_ipam),
		cmocka_unit_test(result__is_copied_whole),
		cmocka_unit_test(result__counts_its_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
