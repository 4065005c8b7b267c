/* SPDX-License-Identifier: Apache-2.0 */
/* The request that a single plugin gets, and the versions that it reports. */
#include "request.h"

#include "chain_scene.h"
#include "cleanup.h"

#include <string.h>

static void request__derives_what_containerd_was_seen_to_send(void **state)
{
	/* portmap, asked by containerd 1.6.20, through libcni; without the key capabilities, which
	 * libcni leaves and the specification removes. */
	static const char expected[] =
		"{\"cniVersion\":\"1.0.0\",\"name\":\"net-default\",\"prevResult\":{\"cniVersion\":"
		"\"1.0.0\",\"ips\":[{\"address\":\"10.231.0.2/24\",\"gateway\":\"10.231.0.1\"}]},"
		"\"runtimeConfig\":{\"portMappings\":[{\"HostPort\":8099,\"ContainerPort\":80,"
		"\"Protocol\":\"tcp\",\"HostIP\":\"\"}]},\"type\":\"portmap\"}";
	static const char text[] =
		"{\"cniVersion\":\"1.0.0\",\"name\":\"net-default\",\"plugins\":[{\"type\":"
		"\"portmap\",\"capabilities\":{\"portMappings\":true}}]}";
	freeing_json cJSON *prev = cJSON_Parse("{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":"
					       "\"10.231.0.2/24\",\"gateway\":\"10.231.0.1\"}]}");
	freeing_json cJSON *args = cJSON_Parse(
		"{\"portMappings\":[{\"HostPort\":8099,\"ContainerPort\":80,\"Protocol\":\"tcp\","
		"\"HostIP\":\"\"}],\"bandwidth\":{\"IngressRate\":1,\"IngressBurst\":4294967295},"
		"\"io.kubernetes.cri.pod-annotations\":{}}");
	freeing_json cJSON *wanted = cJSON_Parse(expected);
	freeing_json cJSON *config = NULL;
	struct cni_request request = {
		.command = CNI_ADD, .capability_args = args, .prev_result = prev};
	struct cni_conflist list;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_conflist_parse(text, strlen(text), "list", &list, &err), 0);
	config = cni_request_config(&request, &list, list.plugins->child);
	assert_true(cJSON_Compare(config, wanted, true));
	cni_conflist_clear(&list);
}

static void request__keeps_a_burst_beyond_32_bits_signed(void **state)
{
	static const char text[] = "{\"name\":\"blue\",\"plugins\":[{\"type\":\"one\","
				   "\"capabilities\":{\"bandwidth\":true}}]}";
	freeing_json cJSON *args = cJSON_Parse("{\"bandwidth\":{\"IngressBurst\":4294967295}}");
	struct cni_request request = {.command = CNI_ADD, .capability_args = args};
	freeing_json cJSON *config = NULL;
	freeing char *printed = NULL;
	struct cni_conflist list;
	struct cni_error err;

	(void)state;
	assert_int_equal(cni_conflist_parse(text, strlen(text), "list", &list, &err), 0);
	config = cni_request_config(&request, &list, list.plugins->child);
	printed = cJSON_PrintUnformatted(config);
	assert_non_null(strstr(printed, "{\"IngressBurst\":4294967295}"));
	cni_conflist_clear(&list);
}

static void request_versions__reads_the_answer(void **state)
{
	struct chain_scene *scene = *state;
	freeing_json cJSON *versions = NULL;
	freeing char *text = NULL;

	assert_int_equal(cni_request_versions("one", scene->path, &versions, &scene->err), 0);
	text = cJSON_PrintUnformatted(versions);
	assert_string_equal(text, "[\"0.4.0\",\"1.0.0\"]");
	chain_assert_environment(scene, "one.VERSION.env", "CNI_NETNS=dummy");
	chain_assert_input(scene, "one.VERSION", "cniVersion", "\"1.1.0\"");
}

static void request_versions__knows_plugins_from_before(void **state)
{
	struct chain_scene *scene = *state;
	freeing_json cJSON *versions = NULL;
	freeing char *text = NULL;

	fake_write(&scene->fake, "one.VERSION.fails",
		   "{\"code\":4,\"msg\":\"unknown CNI_COMMAND: VERSION\"}");
	assert_int_equal(cni_request_versions("one", scene->path, &versions, &scene->err), 0);
	text = cJSON_PrintUnformatted(versions);
	assert_string_equal(text, "[\"0.1.0\"]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request__derives_what_containerd_was_seen_to_send),
		cmocka_unit_test(request__keeps_a_burst_beyond_32_bits_signed),
		chain_test(request_versions__reads_the_answer),
		chain_test(request_versions__knows_plugins_from_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
