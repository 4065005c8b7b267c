/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Beside the Go plugins, as on a node in the middle of an upgrade: each side's bridge with the
 * other's host-local, and attachments that one has made and the other checks and deletes.
 * host-local on a shared directory is in test_host_local_together.c. */
#include "cleanup.h"
#include "error.h"
#include "json_text.h"
#include "mem.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- mixed suites ---- */

static void assert_lives_with(const struct suite *suite)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM46);
	struct pod red;

	pod_open(&red, "red");
	suite_add(suite, &red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.2/24");
	assert_json(red.result, "ips.0.interface", "2");
	assert_json(red.result, "ips.1.address", "fd01::2/64");
	assert_json(red.result, "ips.1.gateway", "fd01::1");
	suite_assert_attached(&red, "10.1.0.2");
	suite_succeeds(suite, &red, "CHECK", config);
	suite_succeeds(suite, &red, "DEL", config);
	suite_assert_detached(&red, "10.1.0.2");
	suite_assert_detached(&red, "fd01::2");
	pod_close(&red);
}

static void cross__go_bridge_has_our_host_local(void **state)
{
	(void)state;
	skip_without_go();
	assert_lives_with(&(struct suite){GO_BRIDGE, OUR_IPAM});
}

static void cross__our_bridge_has_go_host_local(void **state)
{
	(void)state;
	skip_without_go();
	assert_lives_with(&(struct suite){BRIDGE, GO_DIR});
}

/* CNI_PATH is searched in order: the plugin that answers is the first one. Ours has a sidecar. */
static void cross__the_first_of_cni_path_is_asked(void **state)
{
	static const struct {
		const char *path;
		bool is_ours;
	} cases[] = {{GO_DIR ":" OUR_IPAM, false}, {OUR_IPAM ":" GO_DIR, true}};
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);

	(void)state;
	skip_without_go();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct suite suite = {BRIDGE, cases[i].path};
		struct pod red;

		pod_open(&red, "red");
		suite_add(&suite, &red, config);
		assert_int_equal(access("/var/lib/cni/networks/.cni-c", F_OK) == 0,
				 cases[i].is_ours);
		suite_succeeds(&suite, &red, "DEL", config);
		pod_close(&red);
	}
}

/* ---- results ---- */

static void mask(cJSON *object, const char *key)
{
	if (cJSON_GetObjectItemCaseSensitive(object, key))
		cJSON_ReplaceItemInObjectCaseSensitive(object, key, cJSON_CreateString("*"));
}

/* Masks random values, and the empty "dns" that the Go plugins left out of 1.x later on. */
static void mask_result(cJSON *result)
{
	cJSON *dns = cJSON_GetObjectItemCaseSensitive(result, "dns");
	cJSON *interface;

	cJSON_ArrayForEach (interface, cJSON_GetObjectItemCaseSensitive(result, "interfaces")) {
		const char *name = cni_json_get_string(interface, "name");

		assert_non_null(name);
		if (!strncmp(name, "veth", 4))
			mask(interface, "name");
		mask(interface, "mac");
	}
	if (!strcmp(cni_json_get_string(result, "cniVersion"), "1.0.0") && dns && !dns->child)
		cJSON_DeleteItemFromObjectCaseSensitive(result, "dns");
}

/* The answer of this suite's ADD on a fresh host. */
static cJSON *result_of(const struct suite *suite, const char *config)
{
	struct pod red;
	cJSON *result;

	pod_open(&red, "red");
	suite_add(suite, &red, config);
	suite_succeeds(suite, &red, "DEL", config);
	result = cni_json_copy(red.result);
	mask_result(result);
	pod_close(&red);
	suite_forget_network();
	return result;
}

static void cross__results_are_the_same(void **state)
{
	static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.0",
					       "0.3.1", "0.4.0", "1.0.0"};
	static const char *const keys[] = {
		GATEWAY "," IPAM46,
		IPAM4,
		IPAM6,
		"'isDefaultGateway':true," IPAM4,
		"'isDefaultGateway':true," IPAM("'ranges':[" RANGE4 "," RANGE6 "]"),
		"'ipMasq':true," IPAM4,
		"'mtu':1400,'hairpinMode':true," IPAM4,
		"'dns':{'nameservers':['9.9.9.9'],'domain':'a.example','search':['b.example'],"
		"'options':['ndots:2']}," IPAM4,
		IPAM("'subnet':'10.1.0.0/24','rangeStart':'10.1.0.9','gateway':'10.1.0.200',"
		     "'routes':[{'dst':'10.9.0.0/16','gw':'10.1.0.201'},{'dst':'0.0.0.0/0'}]"),
	};

	(void)state;
	skip_without_go();
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		for (size_t j = 0; j < sizeof(keys) / sizeof(*keys); j++) {
			freeing char *config = bridge_config(versions[i], keys[j]);
			freeing_json cJSON *theirs = result_of(&suite_go, config);
			freeing_json cJSON *mine = result_of(&suite_ours, config);

			json_text_assert_equal(mine, theirs);
		}
}

static void cross__results_without_addresses_are_the_same(void **state)
{
	static const char *const versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0"};
	static const char *const keys[] = {
		"'mtu':1400",
		"'dns':{'nameservers':['9.9.9.9'],'domain':'a.example','search':['b.example'],"
		"'options':['ndots:2']}",
		"'dns':{'domain':'a.example'},'disableContainerInterface':true",
		"'dns':{}",
	};

	(void)state;
	skip_without_go();
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		for (size_t j = 0; j < sizeof(keys) / sizeof(*keys); j++) {
			freeing char *config = bridge_config(versions[i], keys[j]);
			freeing_json cJSON *theirs = result_of(&suite_go, config);
			freeing_json cJSON *mine = result_of(&suite_ours, config);

			json_text_assert_equal(mine, theirs);
		}
}

/* ---- one adds, the other checks and deletes ---- */

static void assert_taken_over(const struct suite *by, const struct suite *from, const char *keys)
{
	freeing char *config = bridge_config("1.0.0", keys);
	struct pod red;
	struct pod blue;

	pod_open(&red, "red");
	pod_open(&blue, "blue");
	suite_add(from, &red, config);
	suite_add(by, &blue, config);
	suite_assert_attached(&red, "10.1.0.2");
	suite_assert_attached(&blue, "10.1.0.3");
	sandbox_must("ip netns exec red ping -qc1 -W5 10.1.0.3 >/dev/null");
	suite_succeeds(by, &red, "CHECK", config);
	suite_succeeds(by, &red, "DEL", config);
	suite_assert_detached(&red, "10.1.0.2");
	suite_assert_attached(&blue, "10.1.0.3");
	suite_succeeds(by, &red, "DEL", config);
	suite_succeeds(by, &blue, "DEL", config);
	suite_assert_detached(&blue, "10.1.0.3");
	pod_close(&blue);
	pod_close(&red);
	suite_forget_network();
}

static void cross__we_take_over_from_go(void **state)
{
	(void)state;
	skip_without_go();
	assert_taken_over(&suite_ours, &suite_go, GATEWAY "," IPAM46);
	assert_taken_over(&suite_ours, &suite_go, GATEWAY ",'hairpinMode':true,'mtu':1400," IPAM46);
}

static void cross__go_takes_over_from_us(void **state)
{
	(void)state;
	skip_without_go();
	assert_taken_over(&suite_go, &suite_ours, GATEWAY "," IPAM46);
	assert_taken_over(&suite_go, &suite_ours, GATEWAY ",'hairpinMode':true,'mtu':1400," IPAM46);
}

static void cross__layer_2_is_taken_over_both_ways(void **state)
{
	const struct suite *suites[] = {&suite_ours, &suite_go};
	freeing char *config = bridge_config("1.0.0", "");

	(void)state;
	skip_without_go();
	for (int i = 0; i < 2; i++) {
		struct pod red;

		pod_open(&red, "red");
		suite_add(suites[i], &red, config);
		/* Their CHECK wants an IPAM plugin in any case. */
		suite_succeeds(&suite_ours, &red, "CHECK", config);
		suite_succeeds(suites[!i], &red, "DEL", config);
		assert_int_not_equal(sandbox_run("ip -n red link show eth0 2>/dev/null"), 0);
		assert_int_not_equal(sandbox_run("ip link show %s 2>/dev/null", red.host), 0);
		pod_close(&red);
	}
}

/* Theirs is in iptables, ours in a table of our own, and neither looks at the other's. */
static void cross__our_masquerade_outlives_go_del_until_gc(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY ",'ipMasq':true," IPAM46);
	freeing char *collect = bridge_config("1.1.0", GATEWAY ",'ipMasq':true," IPAM46
							       ",'cni.dev/valid-attachments':[]");
	struct plugin_call gc = bridge_call("GC", collect);
	struct plugin_answer answer;
	struct pod red;

	(void)state;
	skip_without_go();
	pod_open(&red, "red");
	suite_add(&suite_ours, &red, config);
	/* Theirs may fail for a chain that it has not made, and does not miss it the second time.
	 */
	answer = suite_ask(&suite_go, &red, "DEL", config);
	plugin_answer_clear(&answer);
	suite_assert_detached(&red, "10.1.0.2");
	suite_succeeds(&suite_go, &red, "DEL", config);
	sandbox_must("nft list map inet cni masquerade_at4 | grep -q 10.1.0.2");
	plugin_succeeds(&gc);
	assert_int_not_equal(sandbox_run("nft list table inet cni 2>/dev/null"), 0);
	pod_close(&red);
}

/* ---- who are you ---- */

static void cross__version_has_the_same_shape(void **state)
{
	struct plugin_call call = {.command = "VERSION", .config = "{\"cniVersion\":\"1.0.0\"}"};
	static const struct {
		const char *ours, *theirs;
	} pairs[] = {{BRIDGE, GO_BRIDGE}, {OUR_IPAM "/host-local", GO_DIR "/host-local"}};

	(void)state;
	skip_without_go();
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct plugin_answer theirs;
		struct plugin_answer mine;
		const cJSON *list;
		const cJSON *item;
		int place = 0;

		call.plugin = pairs[i].theirs;
		theirs = plugin_run(&call);
		call.plugin = pairs[i].ours;
		mine = plugin_run(&call);
		plugin_assert_success(&theirs);
		plugin_assert_success(&mine);
		assert_int_equal(cJSON_GetArraySize(mine.json), cJSON_GetArraySize(theirs.json));
		assert_non_null(cni_json_get_string(mine.json, "cniVersion"));
		list = cJSON_GetObjectItemCaseSensitive(mine.json, "supportedVersions");
		/* We speak all that they speak, in the same order. */
		cJSON_ArrayForEach (item, cni_json_get(theirs.json, "supportedVersions"))
			assert_string_equal(cJSON_GetArrayItem(list, place++)->valuestring,
					    item->valuestring);
		assert_null(strchr(mine.out, ' '));
		plugin_answer_clear(&theirs);
		plugin_answer_clear(&mine);
	}
}

/* nerdctl looks on stderr for the line that begins so and reads the rest as a version; Nomad takes
 * the first version of all that is printed. Neither closes stdin. */
static void assert_about(const char *file, const char *name)
{
	static const char version[] = "v?[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?"
				      "(\\+[0-9A-Za-z.-]+)?";
	freeing char *text = NULL;
	freeing char *line = NULL;
	freeing char *first = NULL;

	sandbox_must("cd /run && { test -p open || mkfifo open; } && exec 3<>open && "
		     "env -i timeout 5 %s --version <&3 >out 2>err && test ! -s out",
		     file);
	line = sandbox_read("grep -xE 'CNI %s plugin %s' /run/err", name, version);
	text = sandbox_read("sed -n 2p /run/err");
	assert_non_null(strstr(text, "CNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, "
				     "0.3.1, 0.4.0, 1.0.0"));
	first = sandbox_read("cat /run/out /run/err | grep -oE '%s' | head -n1", version);
	assert_non_null(strstr(line, first));
	/* Not older than what we stand in for: nerdctl wants 1.1.0, and 1.7.1 for some. */
	assert_true(strverscmp(first, "v1.9.1") >= 0);
}

static void cross__about_is_what_runtimes_parse(void **state)
{
	(void)state;
	assert_about(BRIDGE, "bridge");
	assert_about(OUR_IPAM "/host-local", "host-local");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(cross__go_bridge_has_our_host_local),
		bridge_test(cross__our_bridge_has_go_host_local),
		bridge_test(cross__the_first_of_cni_path_is_asked),
		bridge_test(cross__results_are_the_same),
		bridge_test(cross__results_without_addresses_are_the_same),
		bridge_test(cross__we_take_over_from_go),
		bridge_test(cross__go_takes_over_from_us),
		bridge_test(cross__layer_2_is_taken_over_both_ways),
		bridge_test(cross__our_masquerade_outlives_go_del_until_gc),
		bridge_test(cross__version_has_the_same_shape),
		bridge_test(cross__about_is_what_runtimes_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
