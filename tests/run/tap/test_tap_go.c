/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* tap beside the Go plugin: the same answer, the same tap, and each suite takes over from the other. */
#include "tap_scene.h"

#include "cleanup.h"
#include "json_text.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GO_TAP "/usr/lib/cni/tap"
#define MAC    "'mac':'0a:58:0a:01:00:77'"

#define needs_go()                                                                                 \
	do {                                                                                       \
		needs_taps();                                                                      \
		if (access(GO_TAP, X_OK) != 0)                                                     \
			skip_because("the Go plugin tap is not installed in /usr/lib/cni");        \
	} while (0)

/* With an owner and a group the Go plugin ignores mac and mtu. */
static const char *const configurations[] = {
	"",
	MAC ",'mtu':1400",
	MAC ",'multiQueue':true,'owner':7",
	MAC ",'group':7,'bridge':'br0'",
	"'owner':0,'group':0",
	MAC ",'dns':{'nameservers':['10.1.0.1']}," IPAM4,
	"'runtimeConfig':{'mac':'0a:58:0a:01:00:78'},'mac':'x'," IPAM(
		"'ranges':[" RANGE4 "],"
		"'routes':[{'dst':'0.0.0.0/0'}]"),
};
#define COUNT (sizeof(configurations) / sizeof(*configurations))

static void run(struct pod *pod, const char *plugin, const char *command, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = tap_call(pod, command, with);
	struct plugin_answer answer;

	call.plugin = plugin;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	if (answer.json)
		pod_take(pod, &answer);
	plugin_answer_clear(&answer);
}

/* The tap as ip(8) shows it, without what is random, without the alias, which is ours alone, and without vnet_hdr
 * and pi: the process that attaches sets these (tun_set_iff() in the kernel's drivers/net/tun.c). */
static char *tap_shown(void)
{
	return sandbox_read(
		"ip -n red -d link show eth0 | sed '/^ *alias /d; s/^[0-9]*: //; s/vnet_hdr "
		"o[nf]*//; s/pi "
		"o[nf]*//; "
		"s/ether [0-9a-f:]*/ether/; s/8000[.][0-9a-f:]*/8000/g; s/_timer *[0-9.]*//g'; "
		"ip -n red -4 -o addr show eth0 | sed 's/^[0-9]*: //; s/[.][0-9]*\\///'; "
		"ip -n red route | sed 's/src .*//'");
}

static void pod_with_bridge(struct pod *pod)
{
	pod_open(pod, "red");
	sandbox_must("ip -n red link add br0 address 02:00:00:00:00:01 type bridge");
}

static cJSON *without_chance(const cJSON *result, bool has_mac)
{
	cJSON *copy = cni_json_copy(result);
	cJSON *interface = cJSON_GetArrayItem(cni_json_get(copy, "interfaces"), 0);

	if (!has_mac)
		cni_json_set(interface, "mac", NULL);
	return copy;
}

static void add__answers_and_makes_what_the_go_plugin_does(void **state)
{
	static const char *const plugins[] = {TAP, GO_TAP};

	(void)state;
	needs_go();
	for (size_t i = 0; i < COUNT; i++) {
		freeing char *config = tap_config("1.0.0", configurations[i]);
		bool has_mac = strstr(configurations[i], "mac") != NULL;
		cJSON *results[2];
		char *shows[2];

		for (int j = 0; j < 2; j++) {
			struct pod red;

			pod_with_bridge(&red);
			run(&red, plugins[j], "ADD", config);
			results[j] = without_chance(red.result, has_mac);
			shows[j] = tap_shown();
			run(&red, plugins[j], "DEL", config);
			sandbox_must("rm -rf /var/lib/cni/networks");
			pod_close(&red);
		}
		fprintf(stderr, "# %s\n", configurations[i]);
		json_text_assert_equal(results[0], results[1]);
		assert_string_equal(shows[0], shows[1]);
		for (int j = 0; j < 2; j++) {
			cJSON_Delete(results[j]);
			free(shows[j]);
		}
	}
}

static void either__checks_and_deletes_the_others_tap(void **state)
{
	static const char *const plugins[] = {TAP, GO_TAP};

	(void)state;
	needs_go();
	for (size_t i = 0; i < 2 * COUNT; i++) {
		freeing char *config = tap_config("1.0.0", configurations[i / 2]);
		struct pod red;

		pod_with_bridge(&red);
		run(&red, plugins[i % 2], "ADD", config);
		run(&red, plugins[1 - i % 2], "CHECK", config);
		run(&red, plugins[1 - i % 2], "DEL", config);
		sandbox_must("! ip -n red link show eth0 2>/dev/null");
		sandbox_must("! ls /var/lib/cni/networks/blue/10.1.0.* 2>/dev/null");
		pod_close(&red);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(add__answers_and_makes_what_the_go_plugin_does),
		tap_test(either__checks_and_deletes_the_others_tap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
