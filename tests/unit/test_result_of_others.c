/* SPDX-License-Identifier: Apache-2.0 */
/* Results of other plugins that none of ours returns, and that Go's hand on. */
#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "result.h"
#include "test.h"

static void assert_handed_on(const char *text, enum cni_version version, const char *expected)
{
	freeing_json cJSON *json = json_of(text);
	freeing_json cJSON *written = NULL;
	struct cni_result result = {0};
	struct cni_error err = {0};

	if (cni_result_decode(json, CNI_0_1_0, "prevResult", &result, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	written = cni_result_encode(&result, version);
	json_text_assert(written, expected);
	cni_result_clear(&result);
}

/* RFC 8950: a plugin that hands a result on need not make its routes. */
static void result__hands_on_gateways_of_the_other_family(void **state)
{
	static const char of_ipv6[] =
		"{'cniVersion':'1.1.0','ips':[{'address':'10.1.0.7/16'}],"
		"'routes':[{'dst':'0.0.0.0/0','gw':'fe80::1'},{'dst':'fd00::/8','gw':'10.1.0.1'}]}";

	(void)state;
	assert_handed_on(of_ipv6, CNI_1_1_0, of_ipv6);
	assert_handed_on("{'cniVersion':'0.2.0','ip4':{'ip':'10.1.0.7/16',"
			 "'routes':[{'dst':'10.2.0.0/16','gw':'fd00::1'}]}}",
			 CNI_0_4_0,
			 "{'cniVersion':'0.4.0','ips':[{'version':'4','address':'10.1.0.7/16'}],"
			 "'routes':[{'dst':'10.2.0.0/16','gw':'fd00::1'}],'dns':{}}");
}

static void result__hands_on_ways_of_both_families(void **state)
{
	(void)state;
	assert_handed_on("{'cniVersion':'1.1.0',"
			 "'routes':[{'dst':'0.0.0.0/0','gws':['10.1.0.1','fe80::1']}]}",
			 CNI_1_1_0,
			 "{'cniVersion':'1.1.0','routes':[{'dst':'0.0.0.0/0','gw':'10.1.0.1'},"
			 "{'dst':'0.0.0.0/0','gw':'fe80::1'}]}");
}

static void routes__of_a_configuration_have_gateways_of_their_family(void **state)
{
	static const char *const lists[] = {
		"[{'dst':'0.0.0.0/0','gw':'fe80::1'}]",
		"[{'dst':'::/0','gw':'10.1.0.1'}]",
		"[{'dst':'0.0.0.0/0','gws':['10.1.0.1','fe80::1']}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		freeing_json cJSON *json = json_of(lists[i]);
		freeing struct cni_route *routes = NULL;
		struct cni_error err = {0};
		size_t count = 0;

		assert_int_equal(cni_routes_decode(json, "'ipam.routes'", &routes, &count, &err),
				 -1);
		assert_int_equal(err.code, CNI_ECONFIG);
	}
}

/* Go reads them into int, and ignores them where they mean nothing. */
static void result__takes_negative_numbers_for_none(void **state)
{
	(void)state;
	assert_handed_on("{'cniVersion':'1.1.0','interfaces':[{'name':'eth0','mtu':-1}],"
			 "'ips':[{'address':'10.1.0.7/16','interface':-1},"
			 "{'address':'10.1.0.8/16','interface':0}],"
			 "'routes':[{'dst':'0.0.0.0/0','mtu':-1,'advmss':-2,'priority':-3}]}",
			 CNI_1_1_0,
			 "{'cniVersion':'1.1.0','interfaces':[{'name':'eth0'}],"
			 "'ips':[{'address':'10.1.0.7/16'},"
			 "{'address':'10.1.0.8/16','interface':0}],"
			 "'routes':[{'dst':'0.0.0.0/0'}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(result__takes_negative_numbers_for_none),
		cmocka_unit_test(result__hands_on_gateways_of_the_other_family),
		cmocka_unit_test(result__hands_on_ways_of_both_families),
		cmocka_unit_test(routes__of_a_configuration_have_gateways_of_their_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
