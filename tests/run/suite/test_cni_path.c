/* SPDX-License-Identifier: Apache-2.0 */
/* CNI_PATH is optional (CNI SPEC, section 2) for a plugin that delegates nothing: every verb of each
 * works without. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define PLUGINS CNI_C_BINARY_DIR "/plugins/"
#define IPAMS	CNI_C_BINARY_DIR "/ipam/"

static const struct {
	const char *plugin;
	const char *more;
	bool chained;
} plugins[] = {
	{PLUGINS "bridge", "'ipam':{}", false},
	{PLUGINS "loopback", "'type':'loopback'", false},
	{IPAMS "host-local", IPAM4, false},
	{IPAMS "static", "'ipam':{'type':'static','addresses':[{'address':'10.1.0.2/24'}]}", false},
	{PLUGINS "portmap",
	 "'runtimeConfig':{'portMappings':[{'hostPort':8080,'containerPort':80,'protocol':'tcp'}]}",
	 true},
	{PLUGINS "firewall", "'backend':'nftables'", true},
	{PLUGINS "tuning", "'sysctl':{'net.ipv4.conf.IFNAME.arp_filter':'1'}", true},
	{PLUGINS "bandwidth", "'ingressRate':1000000,'ingressBurst':1000000", true},
	{PLUGINS "tap", "'bridge':''", false},
};

/* As plugin_run(), of a shell: it sets no CNI_PATH, or an empty one. */
static cJSON *run_without_path(const char *plugin, const char *command, const char *config,
			       bool is_set)
{
	freeing_json cJSON *answer = NULL;
	freeing char *out = NULL;

	sandbox_must("cat >/run/config <<'END'\n%s\nEND", config);
	out = sandbox_read("env -u CNI_PATH CNI_COMMAND=%s CNI_CONTAINERID=red "
			   "CNI_NETNS=/run/netns/red CNI_IFNAME=eth0 %s %s </run/config",
			   command, is_set ? "CNI_PATH=" : "", plugin);
	answer = cJSON_Parse(out);
	return take_ptr(answer);
}

static void verbs__work_without_cni_path(void **state)
{
	static const char *const verbs[] = {"CHECK", "STATUS", "GC", "DEL", "DEL"};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(plugins) / sizeof(*plugins); i++) {
		const char *plugin = plugins[i / 2].plugin;
		bool is_set = i % 2;
		freeing char *all = cni_format(
			"'cni.dev/valid-attachments':[{'containerID':'red','ifname':'eth0'}],%s",
			plugins[i / 2].more);
		freeing char *config = bridge_config("1.1.0", all);
		freeing char *l2 = bridge_config("1.1.0", "");
		freeing char *with = NULL;
		freeing_json cJSON *result = NULL;
		struct pod red;

		fprintf(stderr, "# %s, %s\n", plugin, is_set ? "empty" : "not set");
		pod_open(&red, "red");
		if (plugins[i / 2].chained)
			pod_add(&red, l2);
		with = pod_config(&red, config);
		result = run_without_path(plugin, "ADD", with, is_set);
		assert_non_null(result);
		cJSON_Delete(red.result);
		red.result = cni_json_copy(result);
		free(take_ptr(with));
		with = pod_config(&red, config);
		for (size_t j = 0; j < sizeof(verbs) / sizeof(*verbs); j++)
			run_without_path(plugin, verbs[j], with, is_set);
		if (plugins[i / 2].chained)
			pod_del(&red, l2);
		pod_close(&red);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(verbs__work_without_cni_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
