/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that bandwidth refuses: the whole answer, and an unchanged host. */
#include "bad_input.h"
#include "bandwidth.h"

#include "cleanup.h"
#include "mem.h"

static void assert_refused(const char *more, int code, const char *says)
{
	freeing_json cJSON *prev = cJSON_Parse("{\"interfaces\":[{\"name\":\"br0\"}]}");
	freeing char *config = bandwidth_config("1.1.0", more, prev);
	struct plugin_call call = bad_input_call(config);

	call.plugin = BANDWIDTH;
	bad_input_refused(&call, more, &(struct refusal){code, {says}});
}

static void bandwidth__refuses_what_is_no_number(void **state)
{
	static const char *const keys[] = {"ingressRate", "ingressBurst", "egressRate",
					   "egressBurst"};
	static const char *const values[] = {
		"-1", "0.5", "1e300", "18446744073709551615", "'10M'", "true", "[]", "{}",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < sizeof(values) / sizeof(*values); j += 1 + i % 2) {
			freeing char *own = cni_format("'%s':%s", keys[i], values[j]);
			freeing char *of_runtime =
				cni_format("'runtimeConfig':{'bandwidth':{%s}}", own);
			freeing char *name = cni_format("'%s' is ", keys[i]);
			freeing char *long_name =
				cni_format("'runtimeConfig.bandwidth.%s' is ", keys[i]);

			assert_refused(own, CNI_ECONFIG, name);
			assert_refused(of_runtime, CNI_ECONFIG, long_name);
		}
}

static void bandwidth__refuses_what_does_not_fit_together(void **state)
{
	static const char *const cases[][2] = {
		{"'ingressRate':8000", "if rate is set, burst must also be set: 'ingressRate' is"},
		{"'egressRate':8000,'egressBurst':0",
		 "if rate is set, burst must also be set: 'egressRate' is 8000"},
		{"'ingressBurst':8000", "if burst is set, rate must also be set: 'ingressBurst'"},
		{INGRESS ",'egressBurst':8000", "if burst is set, rate must also be set"},
		{"'runtimeConfig':{'bandwidth':{'IngressBurst':4294967295}}",
		 "if burst is set, rate must also be set: 'ingressBurst' is 4294967295"},
		{INGRESS ",'exactBurst':true,'ingressBurst':34359738360",
		 "burst cannot be more than 4GB"},
		{INGRESS ",'latency':0", "'latency' is 0, expected a whole number from 1 to 1000"},
		{INGRESS ",'latency':1001", "'latency' is 1001"},
		{INGRESS ",'latency':'8ms'", "'latency' is \"8ms\""},
		{INGRESS ",'exactBurst':1", "'exactBurst' is 1, expected true or false"},
		{"'runtimeConfig':[]", "'runtimeConfig' is [], expected an object"},
		{"'runtimeConfig':{'bandwidth':5}", "'runtimeConfig.bandwidth' is 5"},
		{BOTH, "container interface eth0 has no veth peer"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_refused(cases[i][0], CNI_ECONFIG, cases[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bad_input_test(bandwidth__refuses_what_is_no_number),
		bad_input_test(bandwidth__refuses_what_does_not_fit_together),
	};

	return cmocka_run_group_tests(tests, bad_input_setup, NULL);
}
