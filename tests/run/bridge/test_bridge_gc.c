/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* GC removes attachments that are not valid, and nothing else. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define PODS 5

/* A network's configuration, for ADD, or for GC with its list of valid attachments. */
static char *network(const char *name, const char *more)
{
	freeing char *text = cni_format("'name':'%s'," FULL "%s%s", name, *more ? "," : "", more);

	return bridge_config("1.1.0", text);
}

#define VALID(list) "'cni.dev/valid-attachments':[" list "]"
#define POD(name)   "{'containerID':'" name "','ifname':'eth0'}"

static void gc_succeeds(const char *config)
{
	struct plugin_call asked = bridge_call("GC", config);

	plugin_succeeds(&asked);
}

static void open_all(struct pod *pods)
{
	for (int i = 0; i < PODS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%d", i);
		pod_open(&pods[i], name);
	}
}

static void close_all(struct pod *pods)
{
	for (int i = 0; i < PODS; i++)
		pod_close(&pods[i]);
}

/* Traces of attachments: host ends, elements and chains of nf_tables, reservations. MACs are
 * random, and the order is by name. */
static char *footprint(void)
{
	return sandbox_read(
		"ip -o link show type veth | sed -E 's/^[0-9]+: ([^@]*)@.*/\\1/' | "
		"sort; nft list ruleset | grep -oE 'jump [^ ]*|comment [^ ]*|chain "
		"[^ ]*|(map|set|table) [^ ]*' | sort; cd /var/lib/cni/networks; "
		"find . -type f -not -path '*/.cni-c/*' -not -name 'last_reserved_ip*' -o "
		"-type l | sort");
}

static void gc__leaves_what_a_fresh_run_would_have(void **state)
{
	freeing char *config = network("blue", "");
	freeing char *gc = network("blue", VALID(POD("p0") "," POD("p1") "," POD("p2")));
	freeing char *expected = NULL;
	freeing char *found = NULL;
	struct pod pods[PODS];

	(void)state;
	open_all(pods);
	for (int i = 0; i < 3; i++)
		pod_add(&pods[i], config);
	expected = footprint();
	for (int i = 3; i < PODS; i++)
		pod_add(&pods[i], config);
	gc_succeeds(gc);
	found = footprint();
	assert_string_equal(found, expected);
	for (int i = 0; i < 3; i++) {
		pod_check(&pods[i], config);
		sandbox_must("ip netns exec p%d ping -q -c1 -W5 10.1.0.1 >/run/out", i);
	}
	for (int i = 3; i < PODS; i++)
		assert_shown("[]", "", "ip -n p%d -j link show type veth", i);
	close_all(pods);
}

static void gc__knows_both_spellings(void **state)
{
	freeing char *config = network("blue", "");
	freeing char *gc = network("blue", "'cni.dev/attachments':[" POD("p0") "]");
	struct pod pods[PODS];

	(void)state;
	open_all(pods);
	pod_add(&pods[0], config);
	pod_add(&pods[1], config);
	gc_succeeds(gc);
	pod_check(&pods[0], config);
	assert_shown("[]", "", "ip -n p1 -j link show type veth");
	close_all(pods);
}

static void gc__with_an_empty_list_removes_all(void **state)
{
	/* As the specification has it, and as libcni writes it. */
	static const char *const lists[] = {VALID(""), "'cni.dev/valid-attachments':null"};
	freeing char *config = network("blue", "");

	(void)state;
	for (size_t list = 0; list < sizeof(lists) / sizeof(*lists); list++) {
		freeing char *gc = network("blue", lists[list]);
		struct pod pods[PODS];

		open_all(pods);
		for (int i = 0; i < PODS; i++)
			pod_add(&pods[i], config);
		for (int i = 0; i < 2; i++) {
			gc_succeeds(gc);
			assert_shown("[]", "", "ip -j link show type veth");
			assert_shown(NULL, "nftables.1", "nft -j list ruleset");
			sandbox_must("! ls /var/lib/cni/networks/blue | grep -q ^10");
		}
		close_all(pods);
	}
}

static void gc__without_a_list_is_an_error(void **state)
{
	static const char *const wrongs[] = {"", "'cni.dev/valid-attachments':{}",
					     "'cni.dev/valid-attachments':[{'ifname':'eth0'}]",
					     "'cni.dev/valid-attachments':['p0']"};
	freeing char *config = network("blue", "");
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	before = bridge_snapshot();
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		freeing char *wrong = network("blue", wrongs[i]);
		struct plugin_call asked = bridge_call("GC", wrong);

		plugin_fails(&asked, CNI_ECONFIG, "cni.dev/valid-attachments");
		bridge_assert_unchanged(before);
	}
	pod_close(&red);
}

static void gc__of_one_network_leaves_the_other_on_the_same_bridge(void **state)
{
	freeing char *blue = network("blue", "");
	freeing char *green =
		bridge_config("1.1.0", "'name':'green','ipMasq':true,'macspoofchk':true,"
				       "'ipam':{'type':'host-local','subnet':'10.2.0.0/24'}");
	/* Its name begins with that of the other. */
	freeing char *bluer =
		bridge_config("1.1.0", "'name':'blue2','ipMasq':true,'macspoofchk':true,"
				       "'ipam':{'type':'host-local','subnet':'10.3.0.0/24'}");
	freeing char *gc = network("blue", VALID(""));
	freeing char *expected = NULL;
	freeing char *found = NULL;
	struct pod pods[PODS];

	(void)state;
	open_all(pods);
	pod_add(&pods[0], blue);
	pod_del(&pods[0], blue);
	pod_add(&pods[1], green);
	pod_add(&pods[2], bluer);
	expected = footprint();
	pod_add(&pods[0], blue);
	pod_add(&pods[3], blue);
	gc_succeeds(gc);
	found = footprint();
	assert_string_equal(found, expected);
	pod_check(&pods[1], green);
	pod_check(&pods[2], bluer);
	close_all(pods);
}

/* A container with two interfaces, one of them valid. */
static void gc__tells_interfaces_apart(void **state)
{
	freeing char *config = network("blue", "");
	/* Two of them cannot both have the default route. */
	freeing char *plain = bridge_config("1.1.0", "'macspoofchk':true,'ipMasq':true," IPAM4);
	freeing char *gc = network("blue", VALID("{'containerID':'red','ifname':'net1'}"));
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	asked = pod_call(&red, "ADD", config);
	asked.ifname = "net1";
	asked.config = plain;
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	gc_succeeds(gc);
	assert_shown("net1", "0.ifname", "ip -n red -j link show type veth");
	assert_shown(NULL, "1", "ip -n red -j link show type veth");
	sandbox_must("cat /var/lib/cni/networks/blue/10.1.0.* | grep -q net1");
	sandbox_must("! cat /var/lib/cni/networks/blue/10.1.0.* | grep -q eth0");
	pod_close(&red);
}

/* A pair whose ADD was killed before it had a name: only its looks identify it. */
static void gc__removes_a_stray_without_alias(void **state)
{
	freeing char *config = network("blue", "");
	freeing char *gc = network("blue", VALID(POD("p0")));
	freeing char *expected = NULL;
	freeing char *found = NULL;
	char host[16];
	struct pod pods[PODS];

	(void)state;
	open_all(pods);
	pod_add(&pods[0], config);
	pod_add(&pods[1], config);
	memcpy(host, pods[1].host, sizeof(host));
	pod_del(&pods[1], config);
	expected = footprint();
	sandbox_must("ip link add %s master br0 type veth peer name eth0 netns p1", host);
	/* An administrator's links are not ours, even with our prefix. */
	sandbox_must("ip link add vethadmin master br0 type veth peer name admin");
	gc_succeeds(gc);
	assert_shown("[]", "", "ip -n p1 -j link show type veth");
	sandbox_must("ip link show vethadmin >/run/out; ip link del vethadmin");
	found = footprint();
	assert_string_equal(found, expected);
	close_all(pods);
}

/* GC does its own work although the IPAM plugin fails, and reports the failure. */
static void gc__goes_on_after_errors(void **state)
{
	freeing char *config = network("blue", "");
	freeing char *broken = network("blue", VALID("") ",'ipam':{'type':'odd'}");
	struct plugin_call asked = bridge_call("GC", broken);
	struct pod pods[PODS];

	(void)state;
	bridge_add_script("odd", "cat >/dev/null; echo '{\"code\":999,\"msg\":\"no gc\"}'; exit 1");
	open_all(pods);
	for (int i = 0; i < PODS; i++)
		pod_add(&pods[i], config);
	plugin_fails(&asked, 999, "no gc");
	assert_shown("[]", "", "ip -j link show type veth");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	close_all(pods);
}

static void gc__forwards_to_ipam(void **state)
{
	freeing char *gc = network("blue", VALID(POD("p0")) ",'ipam':{'type':'odd','x':1}");
	freeing char *asked = NULL;
	freeing char *input = NULL;

	(void)state;
	bridge_add_script("odd", "cat > /run/stdin; echo $CNI_COMMAND > /run/asked");
	gc_succeeds(gc);
	asked = sandbox_read("cat /run/asked");
	input = sandbox_read("cat /run/stdin");
	assert_string_equal(asked, "GC\n");
	assert_string_equal(input, gc);
}

static void gc__on_a_host_without_the_bridge_succeeds(void **state)
{
	freeing char *gc = network("blue", VALID(""));
	freeing char *before = bridge_snapshot();

	(void)state;
	gc_succeeds(gc);
	bridge_assert_unchanged(before);
}

static void gc__came_with_1_1_0(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL "," VALID(""));
	struct plugin_call asked = bridge_call("GC", config);

	(void)state;
	plugin_fails(&asked, CNI_EVERSION, "config version does not allow GC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(gc__leaves_what_a_fresh_run_would_have),
		bridge_test(gc__knows_both_spellings),
		bridge_test(gc__with_an_empty_list_removes_all),
		bridge_test(gc__without_a_list_is_an_error),
		bridge_test(gc__of_one_network_leaves_the_other_on_the_same_bridge),
		bridge_test(gc__tells_interfaces_apart),
		bridge_test(gc__removes_a_stray_without_alias),
		bridge_test(gc__goes_on_after_errors),
		bridge_test(gc__forwards_to_ipam),
		bridge_test(gc__on_a_host_without_the_bridge_succeeds),
		bridge_test(gc__came_with_1_1_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
