/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* CHECK: names each damage, and tolerates the work of later plugins. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

/* The container is red, its address 10.1.0.2. */
#define EVERYTHING                                                                                 \
	GATEWAY ",'ipMasq':true,'macspoofchk':true,'promiscMode':true,'portIsolation':true,"       \
		"'mtu':1400," IPAM46

/* In these commands $HOST is the host's end, $MAC the container's MAC and $NET the chain of the
 * IPv4 network. */
struct change {
	const char *command;
	const char *text; /* what CHECK says; NULL: it succeeds */
};

static void run_in(const struct pod *red, const char *command)
{
	freeing char *mac = shown("0.address", "ip -n red -j link show eth0");

	sandbox_must("HOST=%s MAC=%s; NET=$(nft list chains inet 2>/dev/null | "
		     "sed -n 's/.*chain \\(net-[0-9a-f]*\\).*/\\1/p' | "
		     "while read -r c; do nft list chain inet cni $c | grep -q 10.1.0.0 && "
		     "echo $c; done); %s",
		     red->host, mac, command);
}

/* Each on an attachment of its own. */
static void assert_changes(const char *more, const struct change *changes, size_t count)
{
	freeing char *config = bridge_config("1.0.0", more);

	for (size_t i = 0; i < count; i++) {
		struct pod red;

		fprintf(stderr, "# %s\n", changes[i].command);
		pod_open(&red, "red");
		pod_add(&red, config);
		pod_check(&red, config);
		run_in(&red, changes[i].command);
		if (changes[i].text)
			pod_check_fails(&red, config, changes[i].text);
		else
			pod_check(&red, config);
		pod_close(&red);
		/* Each with a host of its own. */
		bridge_teardown(NULL);
		assert_int_equal(bridge_setup(NULL), 0);
	}
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void check__names_what_is_wrong_with_the_links(void **state)
{
	static const struct change changes[] = {
		{"ip -n red link set eth0 down", "'eth0' in the container is down"},
		{"ip -n red link del eth0", "'eth0' is missing in the container"},
		{"ip link del $HOST", "'eth0' is missing in the container"},
		{"ip -n red link del eth0; ip -n red link add eth0 type bridge",
		 "is of kind 'bridge', expected a veth"},
		{"ip -n red link del eth0; "
		 "ip -n red link add eth0 address $MAC type veth peer name x; "
		 "ip -n red addr add 10.1.0.2/24 dev eth0; ip -n red link set eth0 up",
		 "host's end"},
		{"ip -n red link set eth0 address 02:00:00:00:00:0a",
		 "'eth0' in the container has MAC 02:00:00:00:00:0a"},
		{"ip link set $HOST down", "is down"},
		{"ip link set $HOST nomaster", "is not a port of bridge 'br0'"},
		{"ip link add br1 type bridge; ip link set $HOST master br1",
		 "is not a port of bridge 'br0'"},
		{"bridge link set dev $HOST hairpin on", "hairpin mode on, expected off"},
		{"bridge link set dev $HOST isolated off", "port isolation off, expected on"},
		{"ip link set br0 mtu 1500; ip link set $HOST mtu 1300",
		 "has MTU 1300, expected 1400"},
		{"ip link del br0", "bridge 'br0' is missing"},
		{"ip link set br0 down", "bridge 'br0' is down"},
		{"ip link set br0 address 02:00:00:00:00:0b", "bridge 'br0' has MAC"},
		{"ip link set br0 promisc off", "'br0' is not promiscuous"},
	};

	(void)state;
	assert_changes(EVERYTHING, changes, COUNT(changes));
}

static void check__names_hairpin_that_is_off(void **state)
{
	static const struct change changes[] = {
		{"bridge link set dev $HOST hairpin off", "hairpin mode off, expected on"},
	};

	(void)state;
	assert_changes("'hairpinMode':true," IPAM4, changes, COUNT(changes));
}

static void check__names_what_is_wrong_with_the_addresses(void **state)
{
	static const struct change changes[] = {
		{"ip -n red addr del 10.1.0.2/24 dev eth0", "10.1.0.2/24"},
		{"ip -n red addr del fd01::2/64 dev eth0", "fd01::2/64"},
		{"ip -n red addr del 10.1.0.2/24 dev eth0; ip -n red addr add 10.1.0.2/16 dev eth0;"
		 " ip -n red route add default via 10.1.0.1",
		 "10.1.0.2/24"},
		{"ip -n red route del default", "route 0.0.0.0/0"},
		{"ip -n red -6 route del default", "route ::/0"},
		{"ip -n red route replace default via 10.1.0.77", "route 0.0.0.0/0"},
		{"ip addr del 10.1.0.1/24 dev br0", "'br0' lacks the gateway address 10.1.0.1/24"},
		{"ip addr del fd01::1/64 dev br0", "'br0' lacks the gateway address fd01::1/64"},
		{"sysctl -qw net.ipv4.ip_forward=0", "net/ipv4/ip_forward"},
		{"sysctl -qw net.ipv6.conf.all.forwarding=0", "net/ipv6/conf/all/forwarding"},
		{"rm /var/lib/cni/networks/blue/10.1.0.2", "10.1.0.2"},
		{"rm /var/lib/cni/networks/blue/fd01::2", "fd01::2"},
		{"rm -r /var/lib/cni/networks/blue", "it is free"},
		{"printf 'other\\r\\neth0' > /var/lib/cni/networks/blue/10.1.0.2", "other"},
	};

	(void)state;
	assert_changes(EVERYTHING, changes, COUNT(changes));
}

/* Deletes the n-th rule of a chain. */
#define DEL_RULE(family, chain, n)                                                                 \
	"nft delete rule " family " cni " chain " handle "                                         \
	"$(nft -a list chain " family " cni " chain                                                \
	" | sed -n '/hook/d; s/.* # handle \\([0-9]*\\)$/\\1/p' | sed 1d | sed -n " #n "p)"

static void check__names_what_is_wrong_with_the_masquerade(void **state)
{
	static const struct change changes[] = {
		{"nft delete element inet cni masquerade_at4 { br0 . 10.1.0.2 : jump $NET }",
		 "10.1.0.2"},
		{"nft delete element inet cni attachments4 { $HOST . 0x0 : br0 . 10.1.0.2 }",
		 "attachments4"},
		{"nft flush map inet cni masquerade_at6", "fd01::2"},
		{"nft flush map inet cni attachments6", "attachments6"},
		{DEL_RULE("inet", "$NET", 1), "has 2 rules, expected 3"},
		{DEL_RULE("inet", "$NET", 2), "has 2 rules, expected 3"},
		{DEL_RULE("inet", "$NET", 3), "has 2 rules, expected 3"},
		{"nft flush chain inet cni $NET", "has 0 rules, expected 3"},
		{DEL_RULE("inet", "postrouting", 1), "chain 'postrouting'"},
		{DEL_RULE("inet", "postrouting", 2), "chain 'postrouting'"},
		{"nft delete element inet cni masquerade_at4 { br0 . 10.1.0.2 : jump $NET }; "
		 "nft add element inet cni masquerade_at4 "
		 "{ br0 . 10.1.0.2 comment \\\"blue/other/eth0\\\" : jump $NET }",
		 "belongs to 'blue/other/eth0'"},
		{"nft delete table inet cni", "chain 'postrouting'"},
		{"nft flush ruleset", "macspoofchk"},
	};

	(void)state;
	assert_changes(EVERYTHING, changes, COUNT(changes));
}

static void check__names_what_is_wrong_with_macspoofchk(void **state)
{
	static const struct change changes[] = {
		{"nft flush map bridge cni guarded", "is not in 'guarded'"},
		{"nft flush map bridge cni attachments", "is not in 'attachments'"},
		{"nft flush set bridge cni allowed", "is not in 'allowed'"},
		{"nft flush chain bridge cni prerouting", "chain 'prerouting'"},
		{"nft flush chain bridge cni check", "chain 'check'"},
		{"nft delete table bridge cni", "macspoofchk"},
	};

	(void)state;
	assert_changes(EVERYTHING, changes, COUNT(changes));
}

static void check__tolerates_what_later_plugins_do(void **state)
{
	static const struct change changes[] = {
		{"ip -n red link set eth0 mtu 1300", NULL},
		{"ip -n red addr add 10.77.0.1/24 dev eth0", NULL},
		{"ip -n red route add 10.99.0.0/16 via 10.1.0.1", NULL},
		{"ip -n red link set eth0 promisc on", NULL},
		{"ip -n red link add net1 type bridge", NULL},
		{"tc qdisc add dev $HOST root tbf rate 10mbit burst 32kb latency 50ms 2>/dev/null "
		 "|| true",
		 NULL},
		{"ip addr add 10.78.0.1/24 dev br0", NULL},
		{"nft add table inet other; nft add chain inet other c", NULL},
		{"ip link set br0 mtu 1450", NULL},
		/* As another network on it may have done before. */
		{"ip link set br0 mtu 1300", NULL},
	};

	(void)state;
	assert_changes(EVERYTHING, changes, COUNT(changes));
}

/* As tuning does, which says so in the result. */
static void check__believes_prev_result_about_the_mac(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;
	cJSON *inside;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must("ip -n red link set eth0 address 02:00:00:00:00:0a");
	inside = cJSON_GetArrayItem(cni_json_get(red.result, "interfaces"), 2);
	cni_json_set(inside, "mac", cJSON_CreateString("02:00:00:00:00:0a"));
	pod_check(&red, config);
	pod_close(&red);
}

/* Another interface, with an address, a gateway and a route through it. */
static void check__leaves_a_later_plugins_interface_to_it(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	sandbox_must(
		"ip -n red link add net1 type veth peer name net2; ip -n red link set net2 up; "
		"ip -n red link set net1 up; ip -n red addr add 10.77.0.5/24 dev net1; "
		"ip -n red route add 10.88.0.0/16 via 10.77.0.1");
	cJSON_AddItemToArray(cJSON_GetObjectItem(red.result, "interfaces"),
			     cJSON_Parse("{\"name\":\"net1\",\"sandbox\":\"/run/netns/red\"}"));
	cJSON_AddItemToArray(cJSON_GetObjectItem(red.result, "ips"),
			     cJSON_Parse("{\"interface\":3,\"address\":\"10.77.0.5/24\","
					 "\"gateway\":\"10.77.0.1\"}"));
	cJSON_AddItemToObject(red.result, "routes",
			      cJSON_Parse("[{\"dst\":\"10.88.0.0/16\",\"gw\":\"10.77.0.1\"}]"));
	pod_check(&red, config);
	sandbox_must("ip -n red route del 10.88.0.0/16");
	pod_check_fails(&red, config, "route 10.88.0.0/16 via 10.77.0.1 is missing");
	pod_close(&red);
}

/* Settings that ADD leaves alone, and the kernel's own. */
static void check__agrees_with_add(void **state)
{
	static const struct {
		const char *setup;
		const char *more;
	} cases[] = {
		{"ip link add br0 type bridge; ip link set br0 mtu 1400",
		 "'mtu':1500," GATEWAY "," IPAM4},
		{"true", GATEWAY ",'ipam':{'type':'host-local','ranges':[[{'subnet':'fd01::/64',"
				 "'gateway':'fe80::1'}]]}"},
		{"true", GATEWAY "," IPAM("'ranges':[" RANGE6 "],'routes':[{'dst':'::/0','gw':"
					  "'fd01::1'},{'dst':'::/0','gw':'fd01::9'}]")},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *config = bridge_config("1.0.0", cases[i].more);
		struct pod red;

		sandbox_must("%s", cases[i].setup);
		pod_open(&red, "red");
		pod_add(&red, config);
		pod_check(&red, config);
		pod_close(&red);
		bridge_teardown(state);
		assert_int_equal(bridge_setup(state), 0);
	}
}

static void check__changes_nothing(void **state)
{
	freeing char *config = bridge_config("1.0.0", EVERYTHING);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	before = sandbox_snapshot();
	for (int i = 0; i < 3; i++)
		pod_check(&red, config);
	sandbox_assert_unchanged(before);
	pod_close(&red);
}

static void check__wants_a_prev_result(void **state)
{
	freeing char *config = bridge_config("1.0.0", EVERYTHING);
	struct plugin_call asked;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	asked = pod_call(&red, "CHECK", config);
	plugin_fails(&asked, CNI_ECONFIG, "prevResult");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(check__names_what_is_wrong_with_the_links),
		bridge_test(check__names_hairpin_that_is_off),
		bridge_test(check__names_what_is_wrong_with_the_addresses),
		bridge_test(check__names_what_is_wrong_with_the_masquerade),
		bridge_test(check__names_what_is_wrong_with_macspoofchk),
		bridge_test(check__tolerates_what_later_plugins_do),
		bridge_test(check__believes_prev_result_about_the_mac),
		bridge_test(check__leaves_a_later_plugins_interface_to_it),
		bridge_test(check__agrees_with_add),
		bridge_test(check__changes_nothing),
		bridge_test(check__wants_a_prev_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
