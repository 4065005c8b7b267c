/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm-quick and --vm run it as well. */
/* Each plugin that makes an interface: a life from ADD to DEL in every way that runtimes have. */
#include "faults.h"
#include "interface_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define DNS ",'dns':{'nameservers':['10.1.0.1'],'domain':'blue.example'}"

/* With CNI_C_SLOW in the environment all of them; those left out have the form of the next one. */
static const struct {
	const char *version;
	bool is_slow;
} versions[] = {{"0.1.0", true},  {"0.2.0", false}, {"0.3.0", true}, {"0.3.1", false},
		{"0.4.0", false}, {"1.0.0", true},  {"1.1.0", false}};

/* Before 0.3.0 a result has no interfaces, and CHECK came with 0.4.0. */
static bool is_before(const char *version, const char *other)
{
	return strcmp(version, other) < 0;
}

static void assert_configured(const struct interface_row *row, const struct pod *pod)
{
	freeing_json cJSON *link = sandbox_json("ip -n %s -d -j addr show up dev eth0", pod->name);
	freeing char *routes =
		sandbox_read("ip -n %s route; ip -n %s -6 route", pod->name, pod->name);

	assert_json(link, "0.linkinfo.info_kind", row->kind);
	assert_json(link, "0.addr_info.0.local", "10.1.0.2");
	assert_json(link, "0.addr_info.0.prefixlen", "24");
	assert_json(link, "0.addr_info.1.local", "fd01::2");
	assert_non_null(strstr(routes, "default via 10.1.0.1 dev eth0"));
	assert_non_null(strstr(routes, "default via fd01::1 dev eth0"));
}

static void assert_answer(const struct pod *pod)
{
	freeing char *mac = shown("0.address", "ip -n %s -j link show eth0", pod->name);
	int last = cJSON_GetArraySize(cni_json_get(pod->result, "interfaces")) - 1;
	const cJSON *interface = cJSON_GetArrayItem(cni_json_get(pod->result, "interfaces"), last);
	freeing char *index = cni_format("%d", last);

	assert_json(interface, "name", "eth0");
	assert_json(interface, "mac", mac);
	assert_json(interface, "sandbox", pod->netns);
	assert_json(pod->result, "ips.0.interface", index);
	assert_json(pod->result, "ips.1.interface", index);
	assert_json(pod->result, "ips.0.address", "10.1.0.2/24");
	assert_json(pod->result, "ips.0.gateway", "10.1.0.1");
	assert_json(pod->result, "routes.0.dst", "0.0.0.0/0");
	assert_json(pod->result, "dns.nameservers.0", "10.1.0.1");
}

static void add__lives_in_every_version(const struct interface_row *row)
{
	freeing char *before = bridge_snapshot();

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		const char *version = versions[i].version;
		freeing char *config = interface_config(row, version, IPAM46 DNS);
		struct pod red;

		if (versions[i].is_slow && !getenv("CNI_C_SLOW"))
			continue;
		interface_open(&red, "red", row);
		pod_add(&red, config);
		assert_configured(row, &red);
		if (!is_before(version, "0.3.0"))
			assert_answer(&red);
		if (!is_before(version, "0.4.0"))
			pod_check(&red, config);
		pod_del(&red, config);
		interface_assert_nothing_in(&red);
		pod_del(&red, config);
		sandbox_must("! ls -A /var/lib/cni/networks/blue | grep '[.:]' | grep -v last_ && "
			     "rm -rf /var/lib/cni/networks/blue");
		pod_close(&red);
	}
	bridge_assert_unchanged(before);
}

static void add__without_ipam_sets_the_interface_up(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", "");
	freeing char *before = bridge_snapshot();
	freeing char *old = interface_config(row, "0.2.0", "");
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	sandbox_must("ip -n red -o link show eth0 up | grep -q eth0");
	assert_json(red.result, "ips", NULL);
	pod_check(&red, config);
	pod_del(&red, config);
	interface_assert_nothing_in(&red);
	pod_add_fails(&red, old, CNI_EVERSION, "needs an address");
	bridge_assert_unchanged(before);
	pod_close(&red);
}

static void status__is_ready(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.1.0", IPAM46);
	struct plugin_call asked = bridge_call("STATUS", config);
	struct pod red;

	interface_open(&red, "red", row);
	asked.plugin = red.plugin;
	plugin_succeeds(&asked);
	pod_close(&red);
}

static void add__needs_a_free_name(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	freeing char *before = NULL;
	struct pod red;

	interface_open(&red, "red", row);
	sandbox_must("ip -n red link add eth0 type veth peer name x1");
	before = bridge_snapshot();
	pod_add_fails(&red, config, CNI_ETAKEN, "CNI_IFNAME 'eth0' already exists");
	bridge_assert_unchanged(before);
	pod_del(&red, config);
	sandbox_must("ip -n red link show eth0 >/dev/null");
	pod_close(&red);
}

/* ---- DEL by identity ---- */

enum { WITHOUT_NETNS = 1, WITHOUT_RESULT = 2, WITH_A_BROKEN_CONFIGURATION = 4, WAYS = 8 };

static char *config_for(const struct interface_row *row, const struct pod *pod, int way)
{
	freeing char *good = interface_config(
		row, "1.0.0",
		way & WITH_A_BROKEN_CONFIGURATION
			? "'master':5,'mtu':'x','vlanId':70000,'mode':{},'dns':7," IPAM46
			: IPAM46);

	return way & WITHOUT_RESULT ? take_ptr(good) : pod_config(pod, good);
}

static void del__needs_nothing_but_the_identity(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	freeing char *before = bridge_snapshot();

	for (int way = 0; way < WAYS; way++) {
		freeing char *told = NULL;
		struct plugin_call asked;
		struct pod red;

		interface_open(&red, "red", row);
		pod_add(&red, config);
		told = config_for(row, &red, way);
		asked = pod_call(&red, "DEL", told);
		if (way & WITHOUT_NETNS) {
			sandbox_del_netns("red");
			asked.netns = way & WITHOUT_RESULT ? "" : red.netns;
		}
		for (int i = 0; i < 2; i++)
			plugin_succeeds(&asked);
		if (!(way & WITHOUT_NETNS))
			interface_assert_nothing_in(&red);
		sandbox_must("! ls -A /var/lib/cni/networks/blue | grep '[.:]' | grep -v last_");
		pod_close(&red);
	}
	bridge_assert_unchanged(before);
}

/* The path of a namespace may lead to another container's by now. */
static void del__leaves_the_interface_of_another(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM46);
	struct plugin_call asked;
	struct pod red;

	interface_open(&red, "red", row);
	pod_add(&red, config);
	asked = pod_call(&red, "DEL", config);
	asked.container = "green";
	plugin_succeeds(&asked);
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

/* ---- GC ---- */

/* The pods of a VLAN on one master have an id each. */
static void gc__of_one_network_leaves_the_other(const struct interface_row *row)
{
	freeing char *blue = interface_config(row, "1.1.0", IPAM46);
	freeing char *blue_too = interface_config(row, "1.1.0", "'vlanId':8," IPAM46);
	freeing char *valid = interface_config(row, "1.1.0",
					       IPAM46 ",'cni.dev/valid-attachments':[{"
						      "'containerID':'red','ifname':'eth0'}]");
	freeing char *green = interface_config(row, "1.1.0",
					       "'name':'green','vlanId':9,'ipam':{'type':"
					       "'host-local','subnet':'10.7.0.0/24'}");
	struct plugin_call gc = bridge_call("GC", valid);
	struct pod red;
	struct pod lost;
	struct pod other;

	interface_open(&red, "red", row);
	interface_open(&lost, "lost", row);
	interface_open(&other, "other", row);
	pod_add(&red, blue);
	pod_add(&lost, blue_too);
	pod_add(&other, green);
	pod_close(&lost);
	gc.plugin = red.plugin;
	plugin_succeeds(&gc);
	sandbox_must("test -e /var/lib/cni/networks/blue/10.1.0.2 && "
		     "! test -e /var/lib/cni/networks/blue/10.1.0.3");
	pod_check(&red, blue);
	pod_check(&other, green);
	pod_close(&red);
	pod_close(&other);
}

static void add__looks_up_no_setting_in_the_namespace_for_ipv4(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", IPAM4);
	struct pod red;

	if (!faults_possible())
		skip_because("strace is not installed");
	interface_open(&red, "red", row);
	pod_add_without_settings(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(add__lives_in_every_version),
		interface_test(add__without_ipam_sets_the_interface_up),
		interface_test(status__is_ready),
		interface_test(add__needs_a_free_name),
		interface_test(del__needs_nothing_but_the_identity),
		interface_test(del__leaves_the_interface_of_another),
		interface_test(gc__of_one_network_leaves_the_other),
		interface_test(add__looks_up_no_setting_in_the_namespace_for_ipv4),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
