/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* ipspoofchk from ADD to DEL: a pod's own traffic passes, and nothing is left. Single frames are in
 * test_bridge_ipspoof.c. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define CHECKED "'ipspoofchk':true," GATEWAY "," IPAM46

/* Waits longer for what is expected than for what is not. */
static void assert_reaches(const char *pod, const char *options, const char *address, bool expected)
{
	bool found = sandbox_run("ip netns exec %s ping -q -c1 -W%s %s %s >/run/out 2>&1", pod,
				 expected ? "5" : "0.4", options, address) == 0;

	if (found != expected)
		fail_msg("%s %s %s %s", pod, found ? "reaches" : "does not reach", address,
			 options);
}

static char *link_local_of(const char *pod)
{
	return sandbox_read("ip -n %s -j -6 addr show dev eth0 scope link | "
			    "jq -j '.[].addr_info[]? | select(.local) | .local + \"%%eth0\"'",
			    pod);
}

/* ---- getting along ---- */

/* With the MAC that chance gave, and addresses of both families: neighbours find each other, large
 * packets go in fragments. */
static void assert_talk(const char *from, const char *const *addresses)
{
	for (; *addresses; addresses++) {
		assert_reaches(from, "", *addresses, true);
		assert_reaches(from, "-s 4000", *addresses, true);
	}
}

static void assert_pods_talk(const char *more)
{
	static const char *const of_blue[] = {"10.1.0.3", "fd01::3", "10.1.0.1", "fd01::1", NULL};
	static const char *const of_red[] = {"10.1.0.2", "fd01::2", NULL};
	freeing char *text = cni_format("%s%s", CHECKED, more);
	freeing char *config = bridge_config("1.0.0", text);
	char *local[2] = {NULL};
	struct pod blue;
	struct pod red;

	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	pod_check(&red, config);
	assert_talk("red", of_blue);
	assert_talk("blue", of_red);
	local[0] = link_local_of("blue");
	assert_int_equal(strncmp(local[0], "fe80::", 6), 0);
	assert_talk("red", (const char *const *)local);
	free(local[0]);
	pod_close(&red);
	pod_close(&blue);
}

static void ipspoofchk__lets_pods_talk(void **state)
{
	(void)state;
	assert_pods_talk("");
}

static void ipspoofchk__lets_pods_of_a_vlan_talk(void **state)
{
	(void)state;
	if (!sandbox_has_vlan_filtering())
		skip_because("this kernel's bridge has no VLAN filtering");
	assert_pods_talk(",'vlan':100");
}

/* Frames of the pod's own kernel from other addresses. */
static void ipspoofchk__stops_the_pods_other_addresses(void **state)
{
	freeing char *config = bridge_config("1.0.0", CHECKED);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("ip -n red addr add 10.1.0.77/24 dev eth0; "
		     "ip -n red addr add fd01::77/64 dev eth0 nodad");
	assert_reaches("red", "-I 10.1.0.2", "10.1.0.1", true);
	assert_reaches("red", "-I fd01::2", "fd01::1", true);
	assert_reaches("red", "-I 10.1.0.77", "10.1.0.1", false);
	assert_reaches("red", "-I fd01::77", "fd01::1", false);
	sandbox_must("ip -n red link set eth0 address 02:00:00:00:00:0a; ip neigh flush dev br0");
	assert_reaches("red", "", "10.1.0.1", false);
	pod_close(&red);
}

/* The result names two addresses of a family, or one family alone. */
static void ipspoofchk__is_for_whatever_ipam_gives(void **state)
{
	freeing char *two =
		bridge_config("1.0.0", "'ipspoofchk':true," GATEWAY "," IPAM(
					       "'ranges':[" RANGE4 ",[{'subnet':'10.2.0.0/24'}]]"));
	freeing char *six = bridge_config(
		"1.0.0", "'name':'six','bridge':'br6','ipspoofchk':true," GATEWAY "," IPAM6);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, two);
	assert_reaches("red", "", "10.1.0.1", true);
	assert_reaches("red", "", "10.2.0.1", true);
	pod_check(&red, two);
	pod_del(&red, two);
	pod_add(&red, six);
	assert_reaches("red", "", "fd01::1", true);
	pod_check(&red, six);
	pod_close(&red);
}

/* Both ways: the pod asks before it uses its addresses, and answers who wants one of them. */
static void ipspoofchk__lets_duplicate_addresses_be_found(void **state)
{
	freeing char *config = bridge_config("1.0.0", CHECKED ",'enabledad':true");
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must(
		"ip -n red -j -6 addr show dev eth0 | "
		"jq -e '[.[].addr_info[] | select(.tentative or .dadfailed)] == []' >/run/out");
	sandbox_add_netns("other");
	sandbox_must("ip link add port master br0 type veth peer name eth0 netns other; "
		     "ip link set port up; ip -n other link set eth0 up; "
		     "ip netns exec other sysctl -qw net.ipv6.conf.eth0.accept_dad=1; "
		     "ip -n other addr add fd01::2/64 dev eth0");
	sandbox_await("ip -n other -6 addr show dev eth0 dadfailed | grep -q fd01::2");
	sandbox_del_netns("other");
	pod_close(&red);
}

/* ---- nothing is left ---- */

static void ipspoofchk__goes_with_its_attachment(void **state)
{
	freeing char *config = bridge_config("1.0.0", CHECKED);
	freeing char *by_mac = bridge_config("1.0.0", "'macspoofchk':true," GATEWAY "," IPAM46);
	freeing char *empty = NULL;
	freeing char *before = NULL;
	struct plugin_call asked;
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_del(&red, config);
	empty = bridge_snapshot();
	pod_add(&blue, by_mac);
	before = bridge_snapshot();
	pod_add(&red, config);
	pod_del(&red, config);
	bridge_assert_unchanged(before);
	/* Without namespace and prevResult, whatever the configuration says by now. */
	pod_add(&red, config);
	asked = pod_call(&red, "DEL", by_mac);
	asked.netns = NULL;
	pod_close(&red);
	for (int i = 0; i < 2; i++) {
		plugin_succeeds(&asked);
		bridge_assert_unchanged(before);
	}
	pod_del(&blue, config);
	bridge_assert_unchanged(empty);
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	pod_close(&blue);
}

/* red's DEL comes when blue has its address. */
static void ipspoofchk__of_the_next_owner_survives_a_late_del(void **state)
{
	freeing char *config = bridge_config("1.0.0", CHECKED);
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
	sandbox_must("ip netns del red; rm -r /var/lib/cni/networks");
	pod_add(&blue, config);
	assert_json(blue.result, "ips.0.address", "10.1.0.2/24");
	plugin_succeeds(&asked);
	sandbox_must("! nft list ruleset | grep -q blue/red/eth0");
	pod_check(&blue, config);
	assert_reaches("blue", "", "10.1.0.1", true);
	assert_reaches("blue", "", "fd01::1", true);
	pod_close(&blue);
	pod_close(&red);
}

static void ipspoofchk__of_one_network_is_collected(void **state)
{
	freeing char *blue = bridge_config("1.1.0", CHECKED);
	freeing char *green =
		bridge_config("1.1.0", "'name':'green','ipspoofchk':true,"
				       "'ipam':{'type':'host-local','subnet':'10.2.0.0/24'}");
	freeing char *gc = bridge_config("1.1.0", CHECKED ",'cni.dev/valid-attachments':[]");
	struct plugin_call asked = bridge_call("GC", gc);
	freeing char *before = NULL;
	struct pod pods[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		pod_open(&pods[i], i == 0 ? "p0" : i == 1 ? "p1" : "p2");
	pod_add(&pods[0], blue);
	pod_del(&pods[0], blue);
	pod_add(&pods[1], green);
	before = bridge_snapshot();
	pod_add(&pods[0], blue);
	pod_add(&pods[2], blue);
	plugin_succeeds(&asked);
	bridge_assert_unchanged(before);
	pod_check(&pods[1], green);
	for (size_t i = 0; i < 3; i++)
		pod_close(&pods[i]);
}

/* It fails when the rules are there already: the bridge has another address. */
static void ipspoofchk__goes_when_add_fails(void **state)
{
	freeing char *config = bridge_config("1.0.0", CHECKED);
	freeing char *neighbour =
		bridge_config("1.0.0", "'name':'green','ipspoofchk':true,"
				       "'ipam':{'type':'host-local','subnet':'10.2.0.0/24'}");
	struct pod green;
	struct pod red;

	(void)state;
	sandbox_must("ip link add br0 address 02:00:00:00:00:66 type bridge; ip link set br0 up; "
		     "sysctl -qw net.ipv6.conf.br0.accept_ra=0; ip addr add 10.99.0.1/24 dev br0");
	pod_open(&red, "red");
	pod_open(&green, "green");
	for (int i = 0; i < 2; i++) {
		freeing char *before = bridge_snapshot();

		pod_add_fails(&red, config, CNI_ETAKEN, "10.99.0.1/24");
		bridge_assert_unchanged(before);
		if (i == 0)
			pod_add(&green, neighbour);
	}
	pod_close(&red);
	pod_close(&green);
}

#define MANY 8

/* Pods of both kinds, on a bridge that is new to them. */
static void ipspoofchk__of_many_at_once(void **state)
{
	freeing char *config = bridge_config("1.0.0", CHECKED);
	freeing char *by_mac = bridge_config("1.0.0", "'macspoofchk':true," GATEWAY "," IPAM46);
	static const char *const verbs[] = {"ADD", "DEL", "ADD", "DEL"};
	struct plugin_process processes[MANY];
	struct pod pods[MANY];

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		freeing char *name = cni_format("p%zu", i);

		pod_open(&pods[i], name);
	}
	for (size_t round = 0; round < sizeof(verbs) / sizeof(*verbs); round++) {
		for (size_t i = 0; i < MANY; i++) {
			struct plugin_call asked =
				pod_call(&pods[i], verbs[round], i % 4 ? config : by_mac);

			processes[i] = plugin_start(&asked);
		}
		for (size_t i = 0; i < MANY; i++) {
			struct plugin_answer answer = plugin_finish(&processes[i]);

			plugin_assert_success(&answer);
			plugin_answer_clear(&answer);
		}
		if (!strcmp(verbs[round], "ADD"))
			sandbox_must(
				"test $(nft list map bridge cni guarded | grep -o 'jump sources' "
				"| wc -l) -eq %d",
				MANY * 3 / 4);
		else
			assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	}
	for (size_t i = 0; i < MANY; i++)
		pod_close(&pods[i]);
}

/* ---- what is said ---- */

static void ipspoofchk__needs_ipam(void **state)
{
	freeing char *config = bridge_config("1.1.0", "'ipspoofchk':true");
	struct plugin_call asked = bridge_call("STATUS", config);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_ECONFIG, "cannot use 'ipspoofchk' without 'ipam'");
	plugin_fails(&asked, CNI_ECONFIG, "'ipspoofchk'");
	/* DEL goes its way. */
	pod_del(&red, config);
	pod_close(&red);
}

static void ipspoofchk__is_checked(void **state)
{
	freeing char *config = bridge_config("1.0.0", CHECKED);
	freeing char *before = bridge_config("1.0.0", GATEWAY "," IPAM46);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, before);
	pod_check_fails(&red, config, "chain 'prerouting' of table 'bridge cni' has 0 rules");
	pod_del(&red, before);
	pod_add(&red, config);
	pod_check(&red, config);
	sandbox_must("nft flush set bridge cni sources4");
	pod_check_fails(&red, config, "is not in 'sources4'");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(ipspoofchk__lets_pods_talk),
		bridge_test(ipspoofchk__lets_pods_of_a_vlan_talk),
		bridge_test(ipspoofchk__stops_the_pods_other_addresses),
		bridge_test(ipspoofchk__is_for_whatever_ipam_gives),
		bridge_test(ipspoofchk__lets_duplicate_addresses_be_found),
		bridge_test(ipspoofchk__goes_with_its_attachment),
		bridge_test(ipspoofchk__of_the_next_owner_survives_a_late_del),
		bridge_test(ipspoofchk__of_one_network_is_collected),
		bridge_test(ipspoofchk__goes_when_add_fails),
		bridge_test(ipspoofchk__of_many_at_once),
		bridge_test(ipspoofchk__needs_ipam),
		bridge_test(ipspoofchk__is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
