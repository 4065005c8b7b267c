/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* DEL removes all of this attachment, however little is known, and nothing else. Shared things
 * stay: the bridge with the gateway's addresses, forwarding, and host-local's last reserved
 * address. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"
#include "snapshot.h"

#include <string.h>

static void del__leaves_the_host_as_it_was(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	freeing char *with_red = NULL;
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_del(&red, config);
	before = bridge_snapshot();
	pod_add(&red, config);
	with_red = bridge_snapshot();
	pod_add(&blue, config);
	pod_del(&blue, config);
	bridge_assert_unchanged(with_red);
	pod_del(&red, config);
	bridge_assert_unchanged(before);
	pod_close(&red);
	pod_close(&blue);
}

/* Shared things, made by the first attachment, stay after the last one, and nothing else. */
static void del__keeps_what_is_shared(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	assert_shown("10.1.0.1", "0.addr_info.0.local", "ip -j -4 addr show br0");
	sandbox_must("ip -6 addr show br0 | grep -q fd01::1/64");
	sandbox_must("[ $(sysctl -n net.ipv4.ip_forward) = 1 ]");
	assert_shown("[]", "", "ip -j link show type veth");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	sandbox_must("[ \"$(cd /var/lib/cni/networks/blue && echo *)\" = "
		     "'last_reserved_ip.0 last_reserved_ip.1 lock' ]");
	pod_close(&red);
}

static void del__of_what_never_was_succeeds(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = bridge_snapshot();
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	asked = pod_call(&red, "DEL", config);
	for (int i = 0; i < 2; i++) {
		plugin_succeeds(&asked);
		bridge_assert_unchanged(before);
		asked.netns = NULL;
	}
	pod_close(&red);
}

/* ---- whatever is missing ---- */

enum missing {
	NETNS_GONE = 1,
	NETNS_IS_A_FILE = 2,
	NO_PREV_RESULT = 4,
	IPAM_EMPTIED = 8,
	RULES_FLUSHED = 16,
	VETH_REMOVED = 32,
	ALL = 64,
};

static void assert_goes_without(const char *before, unsigned int missing)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *emptied = bridge_config("1.0.0", GATEWAY ",'ipMasq':true,"
							       "'ipam':{'type':'host-local'}");
	const char *base = missing & IPAM_EMPTIED ? emptied : config;
	freeing char *asking = NULL;
	struct plugin_call asked;
	struct pod red;

	pod_open(&red, "red");
	pod_add(&red, config);
	asking = missing & NO_PREV_RESULT ? cni_strdup(base) : pod_config(&red, base);
	asked = pod_call(&red, "DEL", asking);
	if (missing & VETH_REMOVED)
		sandbox_must("ip link del %s", red.host);
	if (missing & RULES_FLUSHED)
		sandbox_must("nft flush ruleset");
	if (missing & NETNS_GONE)
		sandbox_del_netns("red");
	if (missing & NETNS_IS_A_FILE)
		asked.netns = "/run/a-file";
	for (int i = 0; i < 2; i++) {
		struct plugin_answer answer = plugin_run(&asked);

		if (answer.exit_code != 0)
			fail_msg("subset %u, DEL %d: %s", missing, i, answer.out);
		plugin_answer_clear(&answer);
		bridge_assert_unchanged(before);
	}
	if (!(missing & NETNS_GONE))
		assert_shown("[]", "", "ip -n red -j link show type veth");
	pod_close(&red);
}

static void del__succeeds_whatever_is_missing(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	sandbox_must("echo nothing > /run/a-file");
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	pod_close(&red);
	before = bridge_snapshot();
	for (unsigned int missing = 0; missing < ALL; missing++)
		assert_goes_without(before, missing);
}

static void del__needs_no_bridge(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	pod_add(&red, config);
	sandbox_must("ip link del br0");
	pod_del(&red, config);
	before = bridge_snapshot();
	assert_null(strstr(before, "blue/red"));
	assert_shown("[]", "", "ip -j link show type veth");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	pod_close(&red);
}

/* A configuration that has become wrong since is no reason to leave things behind. */
static void del__forgives_a_broken_configuration(void **state)
{
	static const char *const wrongs[] = {
		"'mtu':-1",
		"'vlan':'many'",
		"'hairpinMode':true,'promiscMode':true",
		"'ipMasqBackend':'pf'",
		"'runtimeConfig':{'mac':'nonsense'}",
		"'bridge':'a-name-that-is-much-too-long'",
		"'prevResult':{'cniVersion':'1.0.0','ips':'nonsense'}",
		"'dns':7",
		"'ipam':{'type':'host-local','ranges':[[{'subnet':'nonsense'}]]}",
	};
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		freeing char *more = cni_format("%s,%s", FULL, wrongs[i]);
		freeing char *wrong = bridge_config("1.0.0", more);
		struct plugin_call asked;

		pod_add(&red, config);
		asked = pod_call(&red, "DEL", wrong);
		plugin_succeeds(&asked);
		bridge_assert_unchanged(before);
	}
	pod_close(&red);
}

/* DEL removes the rest when the IPAM plugin cannot be asked, and still fails, because the address
 * is not free. */
static void del__does_the_rest_when_ipam_fails(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *broken = bridge_config("1.0.0", GATEWAY ",'ipam':{'type':'nowhere'}");
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	asked = pod_call(&red, "DEL", broken);
	plugin_fails(&asked, CNI_ECONFIG, "nowhere");
	assert_shown("[]", "", "ip -j link show type veth");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	sandbox_must("test -e /var/lib/cni/networks/blue/10.1.0.2");
	pod_del(&red, config);
	sandbox_must("! test -e /var/lib/cni/networks/blue/10.1.0.2");
	pod_close(&red);
}

/* ---- other people's things ---- */

/* `netns` is a name; NULL: ours. */
static void assert_leaves_alone(struct plugin_call *asked, const char *netns)
{
	freeing char *before = snapshot_net(netns);
	freeing char *after = NULL;

	plugin_succeeds(asked);
	after = snapshot_net(netns);
	sandbox_assert_same(before, after);
}

/* The path of a process that has gone may lead to our own namespace. */
static void del__in_our_own_namespace_leaves_the_hosts_links_alone(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;
	freeing char *with = NULL;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_del(&red, config);
	before = bridge_snapshot();
	pod_add(&red, config);
	/* The host has an eth0 that looks the same: a veth, with the MAC of prevResult. */
	sandbox_must("ip link add eth0 address %s type veth peer name up1; ip link set eth0 up; "
		     "ip addr add 10.50.0.1/24 dev eth0",
		     cni_json_get_string(
			     cJSON_GetArrayItem(cni_json_get(red.result, "interfaces"), 2), "mac"));
	with = pod_config(&red, config);
	asked = pod_call(&red, "DEL", with);
	asked.netns = "/proc/self/ns/net";
	plugin_succeeds(&asked);
	sandbox_must("ip addr show eth0 | grep -q 10.50.0.1/24");
	/* The attachment's own things have gone nevertheless. */
	sandbox_must("ip link del eth0");
	bridge_assert_unchanged(before);
	/* And with no veth left to be found first: */
	sandbox_must("ip link add eth0 address %s type veth peer name up1",
		     cni_json_get_string(
			     cJSON_GetArrayItem(cni_json_get(red.result, "interfaces"), 2), "mac"));
	assert_leaves_alone(&asked, NULL);
	pod_close(&red);
}

static void del__leaves_a_foreign_eth0_alone(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *with = NULL;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	with = pod_config(&red, config);
	/* Another eth0 is in the place of ours. */
	sandbox_must("ip -n red link del eth0; ip -n red link add eth0 type veth peer name x; "
		     "ip -n red addr add 10.1.0.2/24 dev eth0; ip -n red link set eth0 up");
	asked = pod_call(&red, "DEL", with);
	assert_leaves_alone(&asked, "red");
	asked.config = config;
	assert_leaves_alone(&asked, "red");
	pod_close(&red);
}

/* A link of the host that happens to have the name of ours, and says whose it is. */
static void del__leaves_a_foreign_host_link_alone(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	char host[16];
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	memcpy(host, red.host, sizeof(host));
	pod_del(&red, config);
	sandbox_must("ip link add %s type veth peer name x; ip link set %s alias mine", host, host);
	pod_del(&red, config);
	sandbox_must("ip link show %s >/run/out", host);
	pod_close(&red);
}

/* Two networks, or two interfaces of one container: a DEL is for one of them. */
static void del__of_one_attachment_leaves_the_others(void **state)
{
	freeing char *blue = bridge_config("1.0.0", FULL);
	freeing char *green =
		bridge_config("1.0.0", "'name':'green','bridge':'br1',"
				       "'ipMasq':true,'macspoofchk':true,'isGateway':true,"
				       "'ipam':{'type':'host-local','subnet':'10.2.0.0/24'}");
	freeing char *before = NULL;
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	asked = pod_call(&red, "ADD", green);
	asked.ifname = "net1";
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	pod_add(&red, blue);
	pod_del(&red, blue);
	before = bridge_snapshot();
	pod_add(&red, blue);
	pod_del(&red, blue);
	bridge_assert_unchanged(before);
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.2.0.1 >/run/out");
	pod_close(&red);
}

/* ---- late ---- */

/* red gets 10.1.0.2; its DEL does not come. The ledger gives the address to blue. Then red's DEL
 * comes: by value it would take blue's masquerade away. */
static void del__that_is_late_leaves_the_new_owners_rules(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *rules = NULL;
	freeing char *with = NULL;
	struct plugin_call asked;
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	with = pod_config(&red, config);
	asked = pod_call(&red, "DEL", with);
	sandbox_must("ip netns del red; rm -r /var/lib/cni/networks/blue");
	pod_add(&blue, config);
	assert_json(blue.result, "ips.0.address", "10.1.0.2/24");
	plugin_succeeds(&asked);
	rules = sandbox_read("nft list ruleset");
	assert_non_null(strstr(rules, "10.1.0.2 comment \"blue/blue/eth0\" : jump"));
	assert_null(strstr(rules, "blue/red/eth0"));
	pod_check(&blue, config);
	sandbox_must("test -e /var/lib/cni/networks/blue/10.1.0.2");
	/* Nothing of red's is left behind when blue goes as well. */
	pod_del(&blue, config);
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	pod_close(&red);
	pod_close(&blue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(del__leaves_the_host_as_it_was),
		bridge_test(del__keeps_what_is_shared),
		bridge_test(del__of_what_never_was_succeeds),
		bridge_test(del__succeeds_whatever_is_missing),
		bridge_test(del__needs_no_bridge),
		bridge_test(del__forgives_a_broken_configuration),
		bridge_test(del__does_the_rest_when_ipam_fails),
		bridge_test(del__in_our_own_namespace_leaves_the_hosts_links_alone),
		bridge_test(del__leaves_a_foreign_eth0_alone),
		bridge_test(del__leaves_a_foreign_host_link_alone),
		bridge_test(del__of_one_attachment_leaves_the_others),
		bridge_test(del__that_is_late_leaves_the_new_owners_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
