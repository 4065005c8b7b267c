/* SPDX-License-Identifier: Apache-2.0 */
/* The plan that bandwidth makes of a configuration, as text: the plan is pure. */
#include "test.h"

int bandwidth_main(void);
#define main bandwidth_main
#include "../../plugins/bandwidth.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>

#define NONE "ingress    unlimited\negress     unlimited\n"

static int configure(const char *more, enum cni_command command, struct cni_call *call,
		     struct bandwidth_conf *conf, struct cni_error *err)
{
	freeing char *config =
		cni_format("{'cniVersion':'1.1.0','name':'blue'%s%s}", *more ? "," : "", more);
	freeing_json cJSON *json = json_of(config);
	freeing char *text = cni_json_print(json);

	*call = (struct cni_call){.env = {.command = command}};
	if (cni_conf_read(text, strlen(text), command, CNI_0_1_0, &call->conf, err) < 0)
		return -1;
	return cni_plugin_configure(&bandwidth, call, conf, err);
}

static char *plan_of(const char *more, enum cni_command command)
{
	struct cni_plan plan = {.count = 0};
	struct cni_error err = {.msg = ""};
	struct bandwidth_conf conf;
	struct cni_call call;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (configure(more, command, &call, &conf, &err) < 0)
		fail_msg("%s: %s", more, err.msg);
	bandwidth.plan(&plan, &call, &conf);
	cni_plan_print(&plan, out);
	fclose(out);
	cni_plan_clear(&plan);
	cni_conf_clear(&call.conf);
	return text;
}

static void bandwidth_plan__of_each_source(void **state)
{
	static const struct {
		const char *more;
		const char *expected;
	} cases[] = {
		{"", NONE},
		{"'ingressRate':0,'egressBurst':0", NONE},
		{"'ingressRate':null,'runtimeConfig':null", NONE},
		{"'runtimeConfig':{'bandwidth':null}", NONE},
		{"'runtimeConfig':{'bandwidth':{}}", NONE},
		{"'ingressRate':8000,'ingressBurst':9000",
		 "ingress    8000 bit/s burst 9000 latency 8 ms\negress     unlimited\n"},
		{"'EGRESSRATE':8000,'egressburst':9000,'Latency':25,'exactBurst':true",
		 "ingress    unlimited\negress     8000 bit/s burst 9000 exact latency 25 ms\n"},
		{"'runtimeConfig':{'bandwidth':{'IngressRate':100000000,'IngressBurst':4294967295,"
		 "'EgressRate':50000000,'EgressBurst':4294967295}}",
		 "ingress    100000000 bit/s burst 4294967295 latency 8 ms\n"
		 "egress     50000000 bit/s burst 4294967295 latency 8 ms\n"},
		/* With a key of the configuration itself, those of the runtime are ignored. */
		{"'ingressRate':8000,'ingressBurst':9000,"
		 "'runtimeConfig':{'bandwidth':{'egressRate':1000,'egressBurst':2000}}",
		 "ingress    8000 bit/s burst 9000 latency 8 ms\negress     unlimited\n"},
		{"'egressBurst':0,'runtimeConfig':{'bandwidth':{'egressRate':1,'egressBurst':2}}",
		 NONE},
		/* Which need not be right then. */
		{"'ingressRate':8000,'ingressBurst':9000,"
		 "'runtimeConfig':{'bandwidth':{'egressRate':1000}}",
		 "ingress    8000 bit/s burst 9000 latency 8 ms\negress     unlimited\n"},
		{"'ingressRate':9223372036854775807,'ingressBurst':9223372036854775807",
		 "ingress    9223372036854775807 bit/s burst 9223372036854775807 latency 8 ms\n"
		 "egress     unlimited\n"},
		/* Obsolete keys are ignored, as in the reference, which has dropped them. */
		{"'nonShapedSubnets':['10.0.0.0/8'],'unshapedSubnets':[],'shapedSubnets':5", NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *text = plan_of(cases[i].more, CNI_ADD);

		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("%s\n%s\nexpected\n%s", cases[i].more, text, cases[i].expected);
	}
}

/* DEL needs nothing of it. */
static void bandwidth_plan__of_nonsense_for_del(void **state)
{
	static const char *const nonsense[] = {
		"'ingressRate':'much'",
		"'ingressBurst':5",
		"'egressRate':-1,'egressBurst':1e300",
		"'runtimeConfig':5",
		"'runtimeConfig':{'bandwidth':[]}",
		"'latency':0",
		"'exactBurst':7",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++) {
		freeing char *text = plan_of(nonsense[i], CNI_DEL);

		assert_non_null(strstr(text, "egress"));
	}
}

static void bandwidth_plan__refuses_by_name(void **state)
{
	static const char *const cases[][2] = {
		{"'ingressRate':8000", "if rate is set, burst must also be set: 'ingressRate' is "
				       "8000, 'ingressBurst' is 0"},
		{"'ingressBurst':8000", "if burst is set, rate must also be set: 'ingressBurst' is "
					"8000, 'ingressRate' is 0"},
		{"'egressRate':8000,'egressBurst':0",
		 "if rate is set, burst must also be set: 'egressRate' is 8000, 'egressBurst' is "
		 "0"},
		{"'runtimeConfig':{'bandwidth':{'EgressBurst':8000}}",
		 "if burst is set, rate must also be set: 'egressBurst' is 8000, 'egressRate' is "
		 "0"},
		{"'exactBurst':true,'ingressRate':8000,'ingressBurst':34359738360",
		 "burst cannot be more than 4GB: 'ingressBurst' is 34359738360 bits"},
		{"'ingressRate':-1", "'ingressRate' is -1, expected a whole number from 0 to "
				     "9223372036854775807"},
		{"'egressBurst':0.5", "'egressBurst' is 0.5, expected a whole number from 0 to "
				      "9223372036854775807"},
		{"'runtimeConfig':{'bandwidth':{'egressRate':'10M'}}",
		 "'runtimeConfig.bandwidth.egressRate' is \"10M\", expected a whole number from 0 "
		 "to 9223372036854775807"},
		{"'runtimeConfig':{'bandwidth':5}",
		 "'runtimeConfig.bandwidth' is 5, expected an object"},
		{"'latency':0", "'latency' is 0, expected a whole number from 1 to 1000"},
		{"'latency':1001", "'latency' is 1001, expected a whole number from 1 to 1000"},
		{"'exactBurst':1", "'exactBurst' is 1, expected true or false"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cni_error err = {.msg = ""};
		struct bandwidth_conf conf;
		struct cni_call call;

		if (configure(cases[i][0], CNI_ADD, &call, &conf, &err) == 0)
			fail_msg("%s was taken", cases[i][0]);
		assert_int_equal(err.code, CNI_ECONFIG);
		assert_string_equal(err.msg, cases[i][1]);
		cni_conf_clear(&call.conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bandwidth_plan__of_each_source),
		cmocka_unit_test(bandwidth_plan__of_nonsense_for_del),
		cmocka_unit_test(bandwidth_plan__refuses_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
