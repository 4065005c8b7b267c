/* SPDX-License-Identifier: Apache-2.0 */
/* The plan that ptp makes of a configuration, as text. */
#include "test.h"

#include "host_local.h"

int ptp_main(void);
#define main ptp_main
#include "../../plugins/ptp.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <string.h>

static char *plan_of(const char *more)
{
	freeing char *config =
		cni_format("{'cniVersion':'1.0.0','name':'green'%s%s}", *more ? "," : "", more);
	freeing_json cJSON *json = json_of(config);
	freeing char *text = cni_json_print(json);
	struct cni_call call = {.env = {.command = CNI_ADD, .args = ""}};
	struct cni_plan plan = {.count = 0};
	struct ptp_conf conf = {0};
	struct cni_error err;
	char *printed = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&printed, &size);

	if (cni_conf_read(text, strlen(text), CNI_ADD, CNI_0_1_0, &call.conf, &err) < 0 ||
	    cni_plugin_configure(&ptp, &call, &conf, &err) < 0)
		fail_msg("%s", err.msg);
	ptp.plan(&plan, &call, &conf);
	cni_plan_print(&plan, out);
	fclose(out);
	cni_plan_clear(&plan);
	cni_conf_clear(&call.conf);
	return printed;
}

static void assert_plan(const char *more, const char *expected)
{
	freeing char *text = plan_of(more);

	assert_string_equal(text, expected);
}

static void ptp_plan__is_layer_3_with_ipam(void **state)
{
	(void)state;
	assert_plan("'ipMasq':true,'mtu':1460,'ipam':{'type':'host-local'}",
		    "lease      host-local\n"
		    "veth       alone mtu 1460\n"
		    "acquire    host-local gateway\n"
		    "addresses  container no_route\n"
		    "up         container\n"
		    "peer       container and host\n"
		    "routes     container\n"
		    "forwarding host shared\n"
		    "masquerade owner\n");
}

static void ptp_plan__is_a_pair_without_ipam(void **state)
{
	(void)state;
	assert_plan("'ipMasq':true", "veth       alone\n"
				     "up         container\n"
				     "masquerade owner, none\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ptp_plan__is_layer_3_with_ipam),
		cmocka_unit_test(ptp_plan__is_a_pair_without_ipam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
