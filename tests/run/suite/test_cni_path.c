/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* CNI_PATH is optional (CNI SPEC, section 2) for a plugin that delegates nothing: every verb of each
 * works without. */
#include "dhcp_scene.h"
#include "interface_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define PLUGINS CNI_C_BINARY_DIR "/plugins/"
#define IPAMS	CNI_C_BINARY_DIR "/ipam/"

static const struct {
	const char *plugin;
	const char *more;
	bool chained;
	const char *kind; /* of links that it needs; NULL: none */
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
	{PLUGINS "macvlan", "'master':'up0'", false, "macvlan"},
	{PLUGINS "ipvlan", "'master':'up0'", false, "ipvlan"},
	{PLUGINS "vlan", "'master':'up0','vlanId':7", false, "vlan"},
	{PLUGINS "dummy", "'type':'dummy'", false, "dummy"},
	{PLUGINS "ptp", "'ipam':{}", false},
	{PLUGINS "host-device", "'device':'up1'", false},
	{PLUGINS "sbr", "'type':'sbr'", true},
	{PLUGINS "vrf", "'vrfname':'v1'", true, "vrf"},
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

/* ADD, whose result the pod keeps, and all verbs after it. */
static void run_all(struct pod *red, const char *plugin, const char *config, bool is_set)
{
	static const char *const verbs[] = {"CHECK", "STATUS", "GC", "DEL", "DEL"};
	freeing char *before = pod_config(red, config);
	freeing_json cJSON *result = run_without_path(plugin, "ADD", before, is_set);
	freeing char *with = NULL;

	assert_non_null(result);
	cJSON_Delete(red->result);
	red->result = take_ptr(result);
	with = pod_config(red, config);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		run_without_path(plugin, verbs[i], with, is_set);
}

static char *config_with(const char *more)
{
	freeing char *all = cni_format("'cni.dev/valid-attachments':[{'containerID':'red',"
				       "'ifname':'eth0'}],%s",
				       more);

	return bridge_config("1.1.0", all);
}

static void verbs__work_without_cni_path(void **state)
{
	freeing char *first = bridge_config("1.1.0", GATEWAY "," IPAM4);

	(void)state;
	sandbox_must("ip link add up0 type veth peer name up1 && ip link set up0 up && "
		     "ip link set up1 up");
	for (size_t i = 0; i < 2 * sizeof(plugins) / sizeof(*plugins); i++) {
		const char *plugin = plugins[i / 2].plugin;
		const char *kind = plugins[i / 2].kind;
		freeing char *config = config_with(plugins[i / 2].more);
		bool is_set = i % 2;
		struct pod red;

		print_message("# %s, %s\n", plugin, is_set ? "empty" : "not set");
		if (kind && !interface_has_kind(kind)) {
			print_message("# no links of kind '%s'\n", kind);
			continue;
		}
		pod_open(&red, "red");
		if (plugins[i / 2].chained)
			pod_add(&red, first);
		run_all(&red, plugin, config, is_set);
		if (plugins[i / 2].chained)
			pod_del(&red, first);
		pod_close(&red);
	}
}

static void dhcp__works_without_cni_path(void **state)
{
	freeing char *config = config_with(BY_DHCP);

	(void)state;
	if (!interface_has_kind("macvlan"))
		skip_because("this kernel has no macvlan");
	daemon_start(NULL);
	for (int is_set = 0; is_set < 2; is_set++) {
		struct pod red;

		pod_open(&red, "red");
		sandbox_must("ip link add eth0 link up0 netns red type macvlan && "
			     "ip -n red link set eth0 up");
		run_all(&red, DHCP, config, is_set);
		pod_close(&red);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(verbs__work_without_cni_path),
		dhcp_test(dhcp__works_without_cni_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
