/* SPDX-License-Identifier: Apache-2.0 */
/* The plan that host-device makes of a configuration, as text: the plan is pure. */
#include "test.h"

int host_device_main(void);
#define main host_device_main
#include "../../plugins/host-device.c" // NOLINT(bugprone-suspicious-include): its statics are the subject
#undef main

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <stdlib.h>

/* The caller frees. */
static char *plan_of(const char *text, enum cni_command command, const char *ipam)
{
	freeing char *json_text_ = json_text(text);
	struct host_device_conf conf = {.device = NULL};
	struct cni_call call = {.env = {.command = command},
				.conf = {.json = cJSON_Parse(json_text_),
					 .name = "blue",
					 .version = CNI_1_1_0,
					 .ipam_type = ipam}};
	struct cni_plan plan = {.count = 0};
	struct cni_error err = {.msg = ""};
	char *printed = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&printed, &size);

	assert_non_null(call.conf.json);
	assert_non_null(out);
	if (cni_plugin_configure(&host_device, &call, &conf, &err) < 0)
		fail_msg("%s", err.msg);
	host_device.plan(&plan, &call, &conf);
	cni_plan_print(&plan, out);
	fclose(out);
	cni_plan_clear(&plan);
	cJSON_Delete(call.conf.json);
	return printed;
}

static void assert_plan(const char *text, enum cni_command command, const char *ipam,
			const char *expected)
{
	freeing char *found = plan_of(text, command, ipam);

	assert_string_equal(found, expected);
}

static void host_device_plan__of_each_key(void **state)
{
	(void)state;
	assert_plan("{'device':'eth1'}", CNI_ADD, NULL,
		    "moved_link container device eth1\n"
		    "up         container\n");
	assert_plan("{'hwaddr':'02:00:00:00:00:05'}", CNI_ADD, "dhcp",
		    "lease      dhcp\n"
		    "moved_link container hwaddr 02:00:00:00:00:05\n"
		    "acquire    dhcp\n"
		    "addresses  container\n"
		    "up         container\n"
		    "announce   container\n"
		    "routes     container\n");
	assert_plan("{'kernelpath':'/sys/devices/x'}", CNI_CHECK, NULL,
		    "moved_link container kernelpath /sys/devices/x\n"
		    "up         container\n");
	assert_plan("{'dpdkMode':true,'device':'eth1'}", CNI_ADD, "static",
		    "lease      static\n"
		    "moved_link container none, a program has it device eth1\n"
		    "acquire    static\n");
}

/* DEL knows the device from its record. */
static void host_device_plan__of_nonsense_for_del(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{'device':7,'hwaddr':[]}",
		"{'pciBusID':'none'}",
		"{'runtimeConfig':{'deviceID':'none'}}",
		"{'device':'a','hwaddr':'b'}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		freeing char *found = plan_of(texts[i], CNI_DEL, "host-local");

		assert_non_null(strstr(found, "lease      host-local\nmoved_link container"));
		found = (free(found), plan_of(texts[i], CNI_GC, "host-local"));
		assert_non_null(strstr(found, "lease      host-local\nmoved_link container"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_device_plan__of_each_key),
		cmocka_unit_test(host_device_plan__of_nonsense_for_del),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
