/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each network in conf/, as an operator uses it: cnitool add, check, del. */
#include "bridge.h"
#include "cleanup.h"
#include "dhcp_scene.h"
#include "host_device_scene.h"
#include "mem.h"
#include "test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define CONF_DIR CNI_C_SOURCE_DIR "/conf"

/* A network's settings for a container, and for the host. */
struct network {
	const char *name;
	const char *bridge;	  /* NULL: none, the host side of the veth has the gateways */
	const char *addresses[2]; /* NULL: no more, as for all of these */
	const char *gateways[2];  /* on which the host answers */
	const char *link;	  /* that has them, in a VLAN; NULL: the bridge */
	const char *dns;
	/* Networks on a link of the host, which leads to the namespace "lan" with the gateway. */
	const char *uplink;
	const char *capabilities;
	bool by_dhcp; /* the gateway has a DHCP server */
};

static struct network networks[] = {
	{"v-net-0",
	 "v-net-0",
	 {"192.168.15.2"},
	 {"192.168.15.1"},
	 .dns = "{'nameservers':['192.168.15.1','9.9.9.9'],'domain':'v-net-0.internal',"
		"'search':['v-net-0.internal']}"},
	{"dual-stack", "dual-stack", {"192.168.16.2", "fd16::2"}, {"192.168.16.1", "fd16::1"}},
	{"layer2", "layer2"},
	{"vlan", "vlan", {"192.168.100.2"}, {"192.168.100.1"}, "vlan.100"},
	{"ptp", NULL, {"192.168.17.2", "fd17::2"}, {"192.168.17.1", "fd17::1"}},
	{"containerd", "cni0", {"10.88.0.2", "fd88::2"}, {"10.88.0.1", "fd88::1"}},
	{"crio", "cni0", {"10.85.0.2"}, {"10.85.0.1"}},
	{"macvlan", NULL, {"192.168.18.128"}, {"192.168.18.1"}, .uplink = "eth0"},
	{"dhcp", NULL, {"10.1.0.50"}, {"10.1.0.1"}, .uplink = "eth0", .by_dhcp = true},
	{"sriov",
	 NULL,
	 {"192.168.19.2"},
	 {"192.168.19.1"},
	 .uplink = "v0",
	 .capabilities = "{\"deviceID\":\"0000:03:00.0\"}"},
	{"crio-dual-stack", "cni0", {"10.85.0.2", "1100:200::2"}, {"10.85.0.1", "1100:200::1"}},
};

#define NETWORK_COUNT (sizeof(networks) / sizeof(*networks))

static const char *capabilities; /* of the container; NULL: none */

static struct plugin_answer cnitool(const char *command, const char *network)
{
	freeing char *asked = cni_format("CAP_ARGS=%s", capabilities ? capabilities : "");
	const char *const environment[] = {"NETCONFPATH=" CONF_DIR, asked, NULL};
	const char *const arguments[] = {command, network, "/run/netns/red", NULL};

	return plugin_run(
		&(struct plugin_call){.plugin = CNI_C_BINARY_DIR "/cnitool/cnitool",
				      .path = CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam",
				      .environment = environment,
				      .arguments = arguments});
}

static void succeeds(const char *command, const char *network)
{
	struct plugin_answer answer = cnitool(command, network);

	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	plugin_answer_clear(&answer);
}

/* "10.1.0.2" of the address at this place in the result; NULL if there is none. */
static char *address_of(const cJSON *result, int index)
{
	const cJSON *ip = cJSON_GetArrayItem(cni_json_get(result, "ips"), index);
	const char *text = cni_json_get_string(ip, "address");

	return text ? cni_strndup(text, strcspn(text, "/")) : NULL;
}

static void assert_result(const struct network *network, const cJSON *result)
{
	if (network->bridge)
		assert_json(result, "interfaces.0.name", network->bridge);
	assert_json(result, network->bridge ? "interfaces.2.name" : "interfaces.1.name", "eth0");
	for (int i = 0; i < 2; i++) {
		freeing char *address = address_of(result, i);

		if (!network->addresses[i])
			assert_null(address);
		else
			assert_string_equal(address, network->addresses[i]);
	}
}

static void assert_works(const struct network *network, const char *host)
{
	const char *link = network->bridge ? network->bridge : host;

	sandbox_must("ip -n red -o link show eth0 up | grep -q LOWER_UP");
	for (size_t i = 0; i < 2 && network->gateways[i]; i++) {
		sandbox_must("ip -o addr show dev %s | grep -q ' %s/'",
			     network->link ? network->link : link, network->gateways[i]);
		sandbox_must("ip -n red route get %s | grep -q 'via %s '",
			     strchr(network->gateways[i], ':') ? "2001:db8::1" : "192.0.2.1",
			     network->gateways[i]);
		sandbox_must("nft list table inet cni | grep -q '%s .*jump'",
			     network->addresses[i]);
		sandbox_must("ip netns exec red ping -qc1 -W5 %s >/dev/null", network->gateways[i]);
	}
}

static void assert_nothing_left(const struct network *network, const char *host)
{
	freeing char *rules = sandbox_read("nft list ruleset");

	assert_string_equal(rules, "");
	assert_int_not_equal(sandbox_run("ip -n red link show eth0 2>/dev/null"), 0);
	assert_int_not_equal(sandbox_run("ip link show %s 2>/dev/null", host), 0);
	for (size_t i = 0; i < 2 && network->addresses[i]; i++)
		sandbox_must("! test -e '/var/lib/cni/networks/%s/%s'", network->name,
			     network->addresses[i]);
	sandbox_must("test -z \"$(ls /var/lib/cni/results)\"");
}

static void conf__is_added_checked_and_deleted(void **state)
{
	const struct network *network = *state;
	struct plugin_answer answer;
	freeing char *host = NULL;

	if (network->link && !sandbox_has_vlan_filtering())
		skip_because("%s: this kernel has no bridge VLAN filtering", network->name);
	sandbox_add_netns("red");
	answer = cnitool("add", network->name);
	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	assert_result(network, answer.json);
	host = cni_strdup(
		cni_json_get_string(cJSON_GetArrayItem(cni_json_get(answer.json, "interfaces"),
						       network->bridge ? 1 : 0),
				    "name"));
	assert_works(network, host);
	if (network->dns)
		assert_json(answer.json, "dns", network->dns);
	plugin_answer_clear(&answer);
	succeeds("check", network->name);
	succeeds("del", network->name);
	assert_nothing_left(network, host);
	/* Again, which says that it found nothing. */
	answer = cnitool("del", network->name);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "is not attached to"));
	plugin_answer_clear(&answer);
	sandbox_del_netns("red");
}

/* The same on a link of the host, which the container's is on, or which it becomes. */
static void conf__on_a_link_is_added_checked_and_deleted(void **state)
{
	const struct network *network = *state;
	struct plugin_answer answer;

	sandbox_add_netns("red");
	sandbox_add_netns("lan");
	sandbox_must("ip link add %s type veth peer name in netns lan && ip link set %s up && "
		     "ip -n lan addr add %s/24 dev in && ip -n lan link set in up",
		     network->uplink, network->uplink, network->gateways[0]);
	if (network->capabilities)
		hd_fake_sysfs();
	if (network->by_dhcp) {
		server = dhcp_server_start("lan", "in");
		daemon_start(NULL);
	}
	capabilities = network->capabilities;
	answer = cnitool("add", network->name);
	plugin_assert_success(&answer);
	assert_string_equal(answer.err, "");
	assert_json(answer.json, "interfaces.0.name", "eth0");
	plugin_answer_clear(&answer);
	assert_shown(network->addresses[0], "0.addr_info.0.local",
		     "ip -n red -j -4 addr show eth0");
	sandbox_must("ip netns exec red ping -qc1 -W5 %s >/dev/null", network->gateways[0]);
	succeeds("check", network->name);
	succeeds("status", network->name);
	succeeds("del", network->name);
	assert_nothing_left(network, "none");
	sandbox_must("ip link show %s up | grep -q UP", network->uplink);
	capabilities = NULL;
	if (network->by_dhcp)
		dhcp_server_await(server, 7, 1);
	sandbox_del_netns("red");
	sandbox_del_netns("lan");
}

/* The table above has a row for each file, so none is left untried. */
static void conf__has_a_row_for_each_file(void **state)
{
	DIR *dir = opendir(CONF_DIR);
	size_t count = 0;

	(void)state;
	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += strstr(entry->d_name, ".conf") != NULL;
	closedir(dir);
	assert_int_equal(count, NETWORK_COUNT);
	for (size_t i = 0; i < NETWORK_COUNT; i++)
		assert_shown(networks[i].name, "name", "cat %s/%s.conflist", CONF_DIR,
			     networks[i].name);
}

int main(void)
{
	struct CMUnitTest tests[NETWORK_COUNT + 1] = {
		cmocka_unit_test(conf__has_a_row_for_each_file),
	};

	for (size_t i = 0; i < NETWORK_COUNT; i++)
		tests[i + 1] = (struct CMUnitTest){
			.name = networks[i].name,
			.test_func = networks[i].uplink
					     ? conf__on_a_link_is_added_checked_and_deleted
					     : conf__is_added_checked_and_deleted,
			.setup_func = bridge_setup,
			.teardown_func = networks[i].by_dhcp ? dhcp_teardown : bridge_teardown,
			.initial_state = &networks[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
