/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* CHECK after single damages, MEND, DEL of all kinds, a failed ADD, and GC. */
#include "cleanup.h"
#include "mem.h"
#include "ptp.h"
#include "test.h"

#include <string.h>

#define FULL_PTP    "'ipMasq':true," IPAM46
#define VALID(list) "'cni.dev/valid-attachments':[" list "]"
#define POD(name)   "{'containerID':'" name "','ifname':'eth0'}"

static const struct {
	const char *command; /* $H is the host side of the veth */
	const char *says;
	bool is_mended;
} damages[] = {
	{"ip addr del 10.1.0.1/32 dev $H", "lacks the gateway address 10.1.0.1/32", true},
	{"ip addr del fd01::1/128 dev $H", "lacks the gateway address fd01::1/128", true},
	{"ip route del 10.1.0.2", "the host's route to 10.1.0.2 leads through no link", true},
	{"ip -6 route del fd01::2", "the host's route to fd01::2 leads through no link", true},
	{"ip link add a0 type veth peer name a1; ip link set a0 up; ip link set a1 up; "
	 "ip route add 10.1.0.0/24 dev a0; ip route del 10.1.0.2",
	 "the host's route to 10.1.0.2 leads through a0", true},
	{"sysctl -qw net.ipv4.ip_forward=0", "ip_forward", true},
	{"nft flush ruleset", "masquerade", true},
	{"ip -n red route del 10.1.0.0/24",
	 "route 10.1.0.0/24 via 10.1.0.1 through 'eth0' is missing in the container", false},
	{"ip -n red route del default; ip -n red route del 10.1.0.0/24; "
	 "ip -n red route del 10.1.0.1; ip -n red route add 10.1.0.1 dev eth0; "
	 "ip -n red route add 10.1.0.0/24 via 10.1.0.1; ip -n red route add default via 10.1.0.1",
	 "route 10.1.0.1/32 through 'eth0' is missing in the container", false},
	{"ip -n red -6 route del fd01::1", "route fd01::1/128 through 'eth0' is missing", false},
	{"ip -n red -6 route del fd01::/64",
	 "route fd01::/64 via fd01::1 through 'eth0' is missing", false},
	{"ip -n red route del default", "route 0.0.0.0/0 via 10.1.0.1 is missing", false},
	{"ip -n red addr del fd01::2/64 dev eth0", "lacks address fd01::2/64", false},
	{"ip link set $H down", "is down", false},
	{"ip -n red link set eth0 down", "'eth0' in the container", false},
	{"rm /var/lib/cni/networks/green/10.1.0.2", "10.1.0.2", false},
};

static void ptp__check_names_what_is_missing(void **state)
{
	freeing char *config = ptp_config("1.1.0", FULL_PTP);

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *with = NULL;
		struct plugin_call mend;
		struct pod red;

		fprintf(stderr, "# %s\n", damages[i].command);
		pod_open(&red, "red");
		ptp_add(&red, config);
		ptp_check(&red, config);
		sandbox_must("H=%s; %s", red.host, damages[i].command);
		ptp_check_fails(&red, config, damages[i].says);
		with = pod_config(&red, config);
		mend = ptp_call(&red, "MEND", with);
		if (damages[i].is_mended) {
			plugin_succeeds(&mend);
			ptp_check(&red, config);
			sandbox_must("ping -qc1 -W5 10.1.0.2 >/run/out && "
				     "ping -qc1 -W5 fd01::2 >/run/out");
		} else {
			plugin_fails(&mend, CNI_EMISMATCH, damages[i].says);
		}
		ptp_del(&red, config);
		sandbox_must("! ip link show type veth | grep -q veth");
		pod_close(&red);
		assert_int_equal(bridge_teardown(state), 0);
		assert_int_equal(bridge_setup(state), 0);
	}
}

/* Both damages of one attachment: the container would notice. */
static void ptp__mend_does_not_hide_what_the_container_has_lost(void **state)
{
	freeing char *config = ptp_config("1.1.0", FULL_PTP);
	freeing char *with = NULL;
	struct plugin_call mend;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	ptp_add(&red, config);
	sandbox_must("ip route del 10.1.0.2 && ip -n red route del 10.1.0.0/24");
	with = pod_config(&red, config);
	mend = ptp_call(&red, "MEND", with);
	plugin_fails(&mend, CNI_EMISMATCH, "route 10.1.0.0/24 via 10.1.0.1 through 'eth0'");
	ptp_del(&red, config);
	pod_close(&red);
}

/* As sbr and vrf do, which come later in a list: to another table, the routes to gateways first. */
static void move_routes(const char *family)
{
	sandbox_must("ip -n red %s route show dev eth0 | grep -v 'proto kernel' >/run/moving && "
		     "while read -r route; do ip -n red %s route del $route dev eth0 || exit; done "
		     "</run/moving && "
		     "for first in -v ''; do grep $first via /run/moving | while read -r route; do "
		     "ip -n red %s route add $route dev eth0 table 100 || exit; done || exit; done",
		     family, family, family);
}

static void ptp__check_finds_routes_that_a_later_plugin_has_moved(void **state)
{
	freeing char *config = ptp_config("1.1.0", FULL_PTP);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	ptp_add(&red, config);
	move_routes("-4");
	ptp_check(&red, config);
	move_routes("-6");
	ptp_check(&red, config);
	sandbox_must("ip -n red route del 10.1.0.1 table 100");
	ptp_check_fails(&red, config, "route 10.1.0.1/32 through 'eth0' is missing");
	ptp_del(&red, config);
	pod_close(&red);
}

/* ---- DEL ---- */

enum without { NETNS = 1, PREV_RESULT = 2, CONFIG = 4, ALL = 8 };

static void del_without(const struct pod *red, const char *config, int without)
{
	freeing char *broken = ptp_config("1.1.0", "'mtu':'broken','ipMasqBackend':7," FULL_PTP);
	const char *used = without & CONFIG ? broken : config;
	freeing char *with = without & PREV_RESULT ? cni_strdup(used) : pod_config(red, used);
	struct plugin_call call = ptp_call(red, "DEL", with);

	if (without & NETNS)
		call.netns = NULL;
	plugin_succeeds(&call);
	plugin_succeeds(&call);
}

static void ptp__del_leaves_nothing(void **state)
{
	freeing char *config = ptp_config("1.1.0", FULL_PTP);
	freeing char *before = NULL;

	(void)state;
	sandbox_must("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
	before = bridge_snapshot();
	for (int without = 0; without < ALL; without++) {
		struct pod red;
		struct pod blue;

		pod_open(&red, "red");
		pod_open(&blue, "blue");
		ptp_add(&red, config);
		ptp_add(&blue, config);
		del_without(&red, config, without);
		ptp_check(&blue, config);
		assert_shown("[]", "", "ip -j route show 10.1.0.2");
		sandbox_must("! test -e /var/lib/cni/networks/green/10.1.0.2");
		del_without(&blue, config, without);
		pod_close(&red);
		pod_close(&blue);
		bridge_assert_unchanged(before);
	}
}

/* The container or an administrator has changed the links. */
static void ptp__del_finds_the_pair_by_its_owner(void **state)
{
	static const char *const changes[] = {
		"ip -n red link set eth0 down; ip -n red link set eth0 name other0",
		"ip link set $H down; ip link set $H name renamed",
		"ip -n red link del eth0",
	};
	freeing char *config = ptp_config("1.1.0", FULL_PTP);
	freeing char *before = NULL;

	(void)state;
	sandbox_must("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct pod red;

		pod_open(&red, "red");
		free(before);
		before = bridge_snapshot();
		ptp_add(&red, config);
		sandbox_must("H=%s; %s", red.host, changes[i]);
		ptp_del(&red, config);
		bridge_assert_unchanged(before);
		sandbox_must("! ip -n red link show type veth | grep -q .");
		pod_close(&red);
	}
}

/* ---- a failed ADD ---- */

static void ptp__that_fails_leaves_nothing(void **state)
{
	static const struct {
		const char *setup;
		const char *keys;
		int code;
	} cases[] = {
		/* The table has another program's chain, which our skeleton's cannot be. */
		{"nft 'add table inet cni; add map inet cni masquerade_at4 "
		 "{ type ipv4_addr : verdict; }'",
		 FULL_PTP, 0},
		{"", "'ipMasq':true,'ipam':{'type':'fails'}", 11},
		/* Addresses that the kernel refuses: the second one's network is the first's. */
		{"",
		 "'ipMasq':true,'ipam':{'type':'static','addresses':["
		 "{'address':'10.1.0.2/24'},{'address':'10.1.0.2/24'}]}",
		 CNI_EKERNEL},
		/* A route whose gateway cannot be reached. */
		{"",
		 "'ipMasq':true," IPAM("'ranges':[" RANGE4 "],'routes':["
				       "{'dst':'10.8.0.0/16','gw':'10.77.0.1'}]"),
		 CNI_EKERNEL},
	};

	(void)state;
	bridge_add_script("fails",
			  "echo '{\"cniVersion\":\"1.1.0\",\"code\":11,\"msg\":\"later\"}'; "
			  "[ $CNI_COMMAND = DEL ] || exit 1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = ptp_config("1.1.0", cases[i].keys);
		freeing char *before = NULL;
		struct plugin_answer answer;
		struct plugin_call call;
		struct pod red;

		fprintf(stderr, "# %s\n", cases[i].keys);
		pod_open(&red, "red");
		sandbox_must("%s", *cases[i].setup ? cases[i].setup : "true");
		before = bridge_snapshot();
		call = ptp_call(&red, "ADD", config);
		answer = plugin_run(&call);
		if (cases[i].code)
			plugin_assert_error(&answer, cases[i].code, NULL);
		else
			assert_int_equal(answer.exit_code, 1);
		plugin_answer_clear(&answer);
		bridge_assert_unchanged(before);
		sandbox_must("! ip -n red link show eth0 2>/dev/null");
		sandbox_must("nft flush ruleset");
		pod_close(&red);
	}
}

/* ---- GC ---- */

static void gc(const char *plugin, const char *config)
{
	struct plugin_call call = bridge_call("GC", config);

	call.plugin = plugin;
	plugin_succeeds(&call);
}

static void ptp__gc_collects_one_network_of_two(void **state)
{
	freeing char *config = ptp_config("1.1.0", FULL_PTP);
	freeing char *other = ptp_config("1.1.0", "'name':'other','ipMasq':true," IPAM(
							  "'ranges':[[{'subnet':'10.2.0.0/24'}]]"));
	freeing char *bridged = bridge_config(
		"1.1.0", GATEWAY ",'ipMasq':true," IPAM("'ranges':[[{'subnet':'10.3.0.0/24'}]]"));
	freeing char *collect = ptp_config("1.1.0", FULL_PTP "," VALID(POD("red")));
	freeing char *collect_bridge = bridge_config("1.1.0", GATEWAY "," IPAM4 "," VALID(""));
	struct pod red, blue, pink, gold;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_open(&pink, "pink");
	pod_open(&gold, "gold");
	ptp_add(&red, config);
	ptp_add(&blue, config);
	ptp_add(&pink, other);
	pod_add(&gold, bridged);
	gc(PTP, collect);
	ptp_check(&red, config);
	ptp_check(&pink, other);
	pod_check(&gold, bridged);
	sandbox_must("! ip link show %s 2>/dev/null && ! nft list ruleset | grep -q blue/eth0",
		     blue.host);
	sandbox_must("! test -e /var/lib/cni/networks/green/10.1.0.3");
	assert_shown("[]", "", "ip -j route show 10.1.0.3");
	/* And the bridge's network, without any. */
	gc(BRIDGE, collect_bridge);
	ptp_check(&red, config);
	ptp_check(&pink, other);
	sandbox_must("! ip link show %s 2>/dev/null", gold.host);
	pod_close(&gold);
	pod_close(&pink);
	pod_close(&blue);
	pod_close(&red);
}

/* Links of a killed ADD have no alias. */
static void ptp__gc_collects_no_unnamed_port(void **state)
{
	freeing char *collect = ptp_config("1.1.0", FULL_PTP "," VALID(""));

	(void)state;
	sandbox_must("ip link add br0 type bridge; "
		     "ip link add veth0123456789a type veth peer name x0; "
		     "ip link set veth0123456789a master br0; "
		     "ip link add veth0123456789b type veth peer name x1; "
		     "ip link add vethshort type veth peer name x2");
	gc(PTP, collect);
	sandbox_must(
		"ip link show veth0123456789a >/run/out && ip link show vethshort >/run/out && "
		"! ip link show veth0123456789b 2>/dev/null");
}

static void ptp__status_says_whether_add_would_work(void **state)
{
	freeing char *config = ptp_config("1.1.0", FULL_PTP);
	freeing char *bad = ptp_config("1.1.0", "'ipam':{'type':'none-such'}");
	struct plugin_call status = ptp_call(NULL, "STATUS", config);
	struct plugin_call fails = ptp_call(NULL, "STATUS", bad);

	(void)state;
	plugin_succeeds(&status);
	plugin_fails(&fails, CNI_EUNAVAILABLE, "none-such");
	sandbox_must("mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");
	plugin_fails(&status, CNI_EUNAVAILABLE, "/proc/sys cannot be written");
	sandbox_must("umount /proc/sys");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(ptp__check_names_what_is_missing),
		bridge_test(ptp__mend_does_not_hide_what_the_container_has_lost),
		bridge_test(ptp__check_finds_routes_that_a_later_plugin_has_moved),
		bridge_test(ptp__del_leaves_nothing),
		bridge_test(ptp__del_finds_the_pair_by_its_owner),
		bridge_test(ptp__that_fails_leaves_nothing),
		bridge_test(ptp__gc_collects_one_network_of_two),
		bridge_test(ptp__gc_collects_no_unnamed_port),
		bridge_test(ptp__status_says_whether_add_would_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
