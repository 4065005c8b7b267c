/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* nonMasqueradeCIDRs: the source that a listener sees, the sets in the kernel, and whose destinations hold. */
#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "probe.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static char *config_of(const char *list)
{
	freeing char *keys =
		cni_format(GATEWAY ",'ipMasq':true,'nonMasqueradeCIDRs':[%s]," IPAM46, list);

	return bridge_config("1.1.0", keys);
}

/* Routes lead back to the pods: the answer shows the source as it came. */
static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("outside");
	sandbox_must(
		"ip link add out type veth peer name in netns outside && "
		"ip addr add 192.0.2.1/24 dev out && ip addr add 2001:db8::1/64 dev out nodad && "
		"ip link set out up && "
		"ip -n outside addr add 192.0.2.2/24 dev in && "
		"ip -n outside addr add 192.0.2.130/24 dev in && "
		"ip -n outside addr add 2001:db8::2/64 dev in nodad && "
		"ip -n outside addr add 2001:db8::8:2/64 dev in nodad && "
		"ip -n outside link set in up && "
		"ip -n outside route add 10.1.0.0/24 via 192.0.2.1 && "
		"ip -n outside route add fd01::/64 via 2001:db8::1");
	return 0;
}

static int teardown(void **state)
{
	sandbox_del_netns("outside");
	return bridge_teardown(state);
}

/* The sources that outside sees of the pod: at .2, at .130, at ::2 and at ::8:2. */
static void assert_seen(const struct pod *pod, const char *one, const char *other, const char *one6,
			const char *other6)
{
	const char *const to[] = {"192.0.2.2", "192.0.2.130", "2001:db8::2", "2001:db8::8:2"};
	const char *const seen[] = {one, other, one6, other6};
	static uint16_t port = 8000;
	char *texts[4] = {NULL};
	struct probe_server server;
	struct probe probes[4];

	/* Another port each time: the last server's connections are still there. */
	port++;
	probe_serve(&server, "/run/netns/outside", "out", port);
	for (size_t i = 0; i < 4; i++) {
		texts[i] = cni_format("out %s", seen[i]);
		probes[i] = (struct probe){.from = pod->netns,
					   .protocol = IPPROTO_TCP,
					   .to = to[i],
					   .port = port,
					   .expected = texts[i]};
	}
	probe_ask(probes, 4);
	probe_stop(&server);
	for (size_t i = 0; i < 4; i++) {
		probe_assert(&probes[i]);
		free(texts[i]);
	}
}

#define HOST4 "192.0.2.1"
#define HOST6 "2001:db8::1"

/* "10.244.0.0/16,192.0.2.0/28": the prefixes of the network's set of a family, by nft(8). */
static void assert_set(int family, const char *expected)
{
	freeing char *text = sandbox_read(
		"set=$(nft -j list sets | grep -o 'keep%d-[0-9a-f]*' | head -1); "
		"nft -j list set inet cni $set | "
		"grep -oE '\"addr\": \"[^\"]*\", \"len\": [0-9]*|\"elem\": \\[\"[^\"]*\"' | "
		"sed -E 's/.*\"addr\": \"([^\"]*)\", \"len\": ([0-9]*)/\\1\\/\\2/' | paste -sd,",
		family);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

/* A host with the bridge of an earlier attachment. */
static char *begin(struct pod *pod)
{
	freeing char *config = config_of("");

	pod_open(pod, "red");
	pod_add(pod, config);
	pod_del(pod, config);
	return bridge_snapshot();
}

static void assert_nothing_left(void)
{
	sandbox_must("! nft list table inet cni 2>/dev/null && test ! -e /run/cni/masquerade/blue");
}

static void destinations__keep_the_source(void **state)
{
	freeing char *config = config_of("'192.0.2.128/25','2001:db8::8:0/112'");
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	before = begin(&red);
	pod_add(&red, config);
	pod_check(&red, config);
	assert_set(4, "192.0.2.128/25");
	assert_set(6, "2001:db8::8:0/112");
	assert_seen(&red, HOST4, "10.1.0.2", HOST6, "fd01::2");
	pod_del(&red, config);
	assert_nothing_left();
	bridge_assert_unchanged(before);
	pod_close(&red);
}

static void destinations__of_everything_turn_a_family_off(void **state)
{
	freeing char *v6 = config_of("'::/0'");
	freeing char *v4 = config_of("'0.0.0.0/0'");
	struct pod red;

	(void)state;
	free(begin(&red));
	pod_add(&red, v6);
	assert_set(6, "::/0");
	assert_seen(&red, HOST4, HOST4, "fd01::2", "fd01::2");
	pod_check(&red, v6);
	pod_del(&red, v6);
	pod_add(&red, v4);
	assert_set(4, "0.0.0.0/0");
	assert_seen(&red, "10.1.0.3", "10.1.0.3", HOST6, HOST6);
	pod_check(&red, v4);
	pod_del(&red, v4);
	assert_nothing_left();
	pod_close(&red);
}

/* The kernel refuses intervals that overlap. */
static void destinations__are_merged(void **state)
{
	freeing char *config = config_of(
		"'192.0.2.130/32','10.0.0.0/9','192.0.2.128/25','10.128.0.0/9','192.0.2.128/25',"
		"'10.1.2.0/24','224.0.0.0/3','fd00:2::/32','fd00:1::/32','fd00:2:3::/48','fd00::/"
		"32'");
	struct pod red;

	(void)state;
	free(begin(&red));
	pod_add(&red, config);
	pod_check(&red, config);
	assert_set(4, "10.0.0.0/9,10.128.0.0/9,192.0.2.128/25,224.0.0.0/3");
	assert_set(6, "fd00::/32,fd00:1::/32,fd00:2::/32");
	assert_seen(&red, HOST4, "10.1.0.2", HOST6, HOST6);
	pod_del(&red, config);
	assert_nothing_left();
	pod_close(&red);
}

/* ---- whose ---- */

static void destinations__of_the_newest_add_hold_for_all(void **state)
{
	freeing char *none = config_of("");
	freeing char *half = config_of("'192.0.2.128/25','2001:db8::8:0/112'");
	freeing char *other = config_of("'192.0.2.2/32'");
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, none);
	assert_seen(&red, HOST4, HOST4, HOST6, HOST6);
	pod_add(&blue, half);
	assert_seen(&red, HOST4, "10.1.0.2", HOST6, "fd01::2");
	assert_seen(&blue, HOST4, "10.1.0.3", HOST6, "fd01::3");
	pod_check(&red, none);
	pod_del(&blue, half);
	assert_seen(&red, HOST4, "10.1.0.2", HOST6, "fd01::2");
	pod_add(&blue, other);
	assert_seen(&red, "10.1.0.2", HOST4, HOST6, HOST6);
	pod_check(&red, none);
	pod_check(&blue, half);
	pod_del(&blue, other);
	pod_add(&blue, none);
	assert_seen(&red, HOST4, HOST4, HOST6, HOST6);
	sandbox_must("test ! -e /run/cni/masquerade/blue/destinations");
	pod_check(&red, half);
	pod_del(&red, half);
	pod_del(&blue, half);
	assert_nothing_left();
	pod_close(&red);
	pod_close(&blue);
}

/* A network with two subnets has two chains, and one list. */
static void destinations__hold_for_all_subnets(void **state)
{
	freeing char *none = config_of("");
	freeing char *moved =
		bridge_config("1.1.0", GATEWAY
			      ",'ipMasq':true,'bridge':'br1','nonMasqueradeCIDRs':['192.0.2.128/"
			      "25']," IPAM("'ranges':[[{'subnet':'10.7.0.0/24'}]]"));
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, none);
	pod_add(&blue, moved);
	assert_seen(&red, HOST4, "10.1.0.2", HOST6, HOST6);
	sandbox_must("[ $(nft list sets | grep -c 'set keep') = 2 ]");
	pod_check(&red, none);
	pod_del(&blue, moved);
	assert_seen(&red, HOST4, "10.1.0.2", HOST6, HOST6);
	/* The pod in the other subnet is alone in the network. */
	pod_add(&blue, none);
	pod_del(&red, none);
	pod_check(&blue, none);
	pod_del(&blue, none);
	assert_nothing_left();
	pod_close(&red);
	pod_close(&blue);
}

static void destinations__of_two_networks_are_apart(void **state)
{
	freeing char *blue = config_of("'192.0.2.128/25'");
	freeing char *keys =
		cni_format("'name':'green','bridge':'br1'," GATEWAY
			   ",'ipMasq':true,'nonMasqueradeCIDRs':['192.0.2.2/32']," IPAM(
				   "'ranges':[[{'subnet':'10.8.0.0/24'}]]"));
	freeing char *green = bridge_config("1.1.0", keys);
	struct pod one;
	struct pod two;

	(void)state;
	pod_open(&one, "one");
	pod_open(&two, "two");
	pod_add(&one, blue);
	pod_add(&two, green);
	pod_check(&one, blue);
	pod_check(&two, green);
	assert_seen(&one, HOST4, "10.1.0.2", HOST6, HOST6);
	pod_del(&two, green);
	sandbox_must("[ $(nft list sets | grep -c 'set keep') = 2 ] && "
		     "test ! -e /run/cni/masquerade/green");
	pod_check(&one, blue);
	pod_del(&one, blue);
	assert_nothing_left();
	pod_close(&one);
	pod_close(&two);
}

/* ---- CHECK, MEND, GC ---- */

static void destinations__check_names_what_mend_puts_back(void **state)
{
#define SET4  "$(nft list sets | grep -o 'keep4-[0-9a-f]*')"
#define CHAIN "$(nft list ruleset | sed -n 's/.*chain \\(leave-[0-9a-f]*\\) .*/\\1/p')"
	static const struct {
		const char *damage;
		const char *says;
	} cases[] = {
		{"nft flush set inet cni " SET4, "expected 192.0.2.128/25 there"},
		{"nft add element inet cni " SET4 " '{ 198.18.0.0/15 }'", "set 'keep4-"},
		{"nft delete element inet cni " SET4 " '{ 192.0.2.128/25 }' && "
		 "nft add element inet cni " SET4 " '{ 192.0.2.128/26 }'",
		 "expected 192.0.2.128/25 there"},
		{"nft flush chain inet cni " CHAIN, "has not its 3 rules"},
		{"nft flush ruleset", "has 0 rules"},
		{"nft flush table inet cni", "has 0 rules"},
		{"rm -r /run/cni/masquerade/blue", "has not the 0 destinations"},
	};
	freeing char *old = config_of("'192.0.2.2/32'");
	freeing char *new = config_of("'192.0.2.128/25'");
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, old);
	pod_add(&blue, new);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *with = pod_config(&red, old);
		freeing char *newer = pod_config(&blue, new);
		struct plugin_call mend = pod_call(&red, "MEND", with);

		print_message("# %s\n", cases[i].damage);
		sandbox_must("%s", cases[i].damage);
		pod_check_fails(&red, old, cases[i].says);
		plugin_succeeds(&mend);
		mend = pod_call(&blue, "MEND", newer);
		plugin_succeeds(&mend);
		pod_check(&red, old);
		pod_check(&blue, new);
		/* Not the older ones, of the configuration; none if the file is gone. */
		assert_set(4, strstr(cases[i].damage, "rm -r") ? "" : "192.0.2.128/25");
	}
	pod_del(&red, old);
	pod_del(&blue, new);
	assert_nothing_left();
	pod_close(&red);
	pod_close(&blue);
}

static void destinations__go_with_gc(void **state)
{
	freeing char *config = config_of("'192.0.2.128/25'");
	freeing char *collect = bridge_config(
		"1.1.0", GATEWAY ",'ipMasq':true,'cni.dev/valid-attachments':[]," IPAM46);
	struct plugin_call gc = bridge_call("GC", collect);
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	plugin_succeeds(&gc);
	assert_nothing_left();
	/* DEL without anything. */
	pod_add(&red, config);
	{
		struct plugin_call del = pod_call(&red, "DEL", collect);

		del.netns = "";
		plugin_succeeds(&del);
		plugin_succeeds(&del);
	}
	assert_nothing_left();
	pod_close(&red);
	pod_close(&blue);
}

#define scene_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(destinations__keep_the_source),
		scene_test(destinations__of_everything_turn_a_family_off),
		scene_test(destinations__are_merged),
		scene_test(destinations__of_the_newest_add_hold_for_all),
		scene_test(destinations__hold_for_all_subnets),
		scene_test(destinations__of_two_networks_are_apart),
		scene_test(destinations__check_names_what_mend_puts_back),
		scene_test(destinations__go_with_gc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
