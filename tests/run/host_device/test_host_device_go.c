/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Beside the Go plugin: the same answers, and each deletes what the other has added. */
#include "host_device_scene.h"
#include "json_text.h"

#include <string.h>
#include <unistd.h>

static void need_go(void)
{
	if (access(GO_HOST_DEVICE, X_OK) != 0)
		skip_because("the Go plugins are not installed in /usr/lib/cni");
}

/* The host in short: what the Go plugin gives back. */
static void assert_v0(const char *alias, bool up)
{
	assert_shown(HD_MAC, "0.address", "ip -j link show v0");
	assert_shown(alias, "0.ifalias", "ip -j link show v0");
	assert_shown("1400", "0.mtu", "ip -j link show v0");
	assert_int_equal(sandbox_run("ip link show v0 | grep -q '[<,]UP[,>]'"), !up);
}

static cJSON *add_by(const char *plugin, const char *more)
{
	freeing char *config = hd_config(more);
	struct plugin_call call = hd_call("ADD", "red", config);
	struct plugin_answer answer;
	cJSON *json;

	call.plugin = plugin;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	json = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
	return json;
}

static void del_by(const char *plugin, const char *more)
{
	freeing char *config = hd_config(more);
	struct plugin_call call = hd_call("DEL", "red", config);

	call.plugin = plugin;
	plugin_succeeds(&call);
}

static void add__answers_as_the_go_plugin(void **state)
{
	static const char *const versions[] = {"0.3.1", "0.4.0", "1.0.0"};
	static const char *const mores[] = {
		HD_V0,
		"'hwaddr':'" HD_MAC "'",
		"'kernelpath':'/sys/devices/virtual/misc/card'",
		"'pciBusID':'0000:03:00.0'",
		HD_V0 ",'dns':{'domain':'x'},'ipam':{'type':'static','addresses':[{'address':"
		      "'10.1.0.2/24','gateway':'10.1.0.1'}],'routes':[{'dst':'0.0.0.0/0'}]}",
	};

	(void)state;
	need_go();
	hd_fake_sysfs();
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		for (size_t j = 0; j < sizeof(mores) / sizeof(*mores); j++) {
			freeing char *more =
				cni_format("'cniVersion':'%s',%s", versions[i], mores[j]);
			freeing_json cJSON *ours = add_by(HOST_DEVICE, more);
			freeing_json cJSON *theirs = NULL;

			del_by(HOST_DEVICE, more);
			theirs = add_by(GO_HOST_DEVICE, more);
			del_by(GO_HOST_DEVICE, more);
			/* Newer ones leave out an empty "dns" in 1.0.0. */
			if (!cni_json_get(ours, "dns") || j < 4) {
				cni_json_set(ours, "dns", NULL);
				cni_json_set(theirs, "dns", NULL);
			}
			json_text_assert_equal(ours, theirs);
		}
}

static void del__gives_back_what_the_go_plugin_moved(void **state)
{
	(void)state;
	need_go();
	cJSON_Delete(add_by(GO_HOST_DEVICE, HD_V0));
	assert_shown("v0", "0.ifalias", "ip -n red -j link show eth0");
	del_by(HOST_DEVICE, HD_V0);
	assert_v0(NULL, false);
	del_by(HOST_DEVICE, HD_V0);
	assert_v0(NULL, false);
}

/* Then ours knows what else it was. */
static void del__of_the_go_plugin_gives_back_what_ours_moved(void **state)
{
	freeing char *before = NULL;

	(void)state;
	need_go();
	before = hd_snapshot();
	cJSON_Delete(add_by(HOST_DEVICE, HD_V0));
	assert_shown("v0", "0.ifalias", "ip -n red -j link show eth0");
	del_by(GO_HOST_DEVICE, HD_V0);
	/* Older ones leave the alias. */
	assert_shown(HD_MAC, "0.address", "ip -j link show v0");
	/* It could be added again at once. */
	cJSON_Delete(add_by(GO_HOST_DEVICE, HD_V0));
	del_by(GO_HOST_DEVICE, HD_V0);
	del_by(HOST_DEVICE, HD_V0);
	hd_assert_as_before(before);
}

static void check__accepts_what_the_go_plugin_moved(void **state)
{
	freeing_json cJSON *result = NULL;
	freeing char *text = NULL;
	freeing char *more = NULL;
	freeing char *config = NULL;
	struct plugin_call call;

	(void)state;
	need_go();
	result = add_by(GO_HOST_DEVICE, HD_V0);
	text = cni_json_print_compact(result);
	more = cni_format(HD_V0 ",'prevResult':%s", text);
	for (char *c = more; (c = strchr(c, '"')); c++)
		*c = '\'';
	config = hd_config(more);
	call = hd_call("CHECK", "red", config);
	plugin_succeeds(&call);
	del_by(HOST_DEVICE, HD_V0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hd_test(add__answers_as_the_go_plugin),
		hd_test(del__gives_back_what_the_go_plugin_moved),
		hd_test(del__of_the_go_plugin_gives_back_what_ours_moved),
		hd_test(check__accepts_what_the_go_plugin_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
