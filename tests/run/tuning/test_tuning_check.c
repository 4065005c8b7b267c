/* SPDX-License-Identifier: Apache-2.0 */
/* tuning's CHECK: right after ADD, after each single damage, and what is no damage. */
#include "tuning_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

static const struct {
	const char *damage, *says;
} damages[] = {
	{"ip -n red link set eth0 address 02:00:00:00:00:09",
	 "Tuning configured Ethernet of eth0 is 0a:58:0a:01:00:05, current value is "
	 "02:00:00:00:00:09"},
	{"ip -n red link set eth0 mtu 1399",
	 "Tuning configured MTU of eth0 is 1400, current value is 1399"},
	{"ip -n red link set eth0 promisc off",
	 "Tuning configured promisc of eth0 is true, current value is false"},
	{"ip -n red link set eth0 allmulticast off",
	 "Tuning configured all-multicast mode of eth0 is true, current value is false"},
	{"ip -n red link set eth0 txqueuelen 78",
	 "Tuning configured Transmit Queue Length of eth0 is 77, current value is 78"},
	{"ip netns exec red sysctl -qw net.core.somaxconn=322",
	 "Tuning configured value of /proc/sys/net/core/somaxconn is 321, current value is 322"},
	{"ip netns exec red sysctl -qw net.ipv4.conf.eth0.arp_filter=0",
	 "Tuning configured value of /proc/sys/net/ipv4/conf/eth0/arp_filter is 1, current value "
	 "is 0"},
	{"ip -n red link set eth0 down; ip -n red link set eth0 name eth7",
	 "Cannot find container link eth0"},
};

static void tuning__check_finds_each_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		tuning_renew_red();
		tuning_succeeds("ADD", TUNING_ALL);
		tuning_succeeds("CHECK", TUNING_ALL);
		sandbox_must("%s", damages[i].damage);
		tuning_fails("CHECK", TUNING_ALL, CNI_EMISMATCH, damages[i].says);
		/* Settings that are not configured are not compared. */
		if (i + 1 < sizeof(damages) / sizeof(*damages))
			tuning_succeeds("CHECK", "");
		tuning_fails("MEND", TUNING_ALL, CNI_EMISMATCH, damages[i].says);
	}
}

static void tuning__check_changes_nothing(void **state)
{
	freeing char *before = NULL;
	freeing char *inside = NULL;

	(void)state;
	tuning_succeeds("ADD", TUNING_ALL);
	sandbox_must("ip -n red link set eth0 mtu 1399");
	before = sandbox_snapshot();
	inside = pod_snapshot("red");
	tuning_fails("CHECK", TUNING_ALL, CNI_EMISMATCH, "MTU");
	sandbox_assert_unchanged(before);
	pod_assert_unchanged("red", inside, "CHECK");
}

/* A program that listens, or a bridge in the pod, makes the link promiscuous without its flag. */
static void tuning__check_leaves_others_their_reasons(void **state)
{
	(void)state;
	tuning_succeeds("ADD", "'mtu':1400,'allmulti':false");
	sandbox_must("ip -n red link add br0 type bridge && ip -n red link set eth0 master br0");
	sandbox_must("ip -n red -d link show eth0 | grep -q 'promiscuity 1'");
	tuning_succeeds("CHECK", "'mtu':1400,'allmulti':false");
	tuning_fails("CHECK", "'promisc':true", CNI_EMISMATCH, "promisc");
	/* And by hand: not asked for, not ours. */
	sandbox_must("ip -n red link set eth0 promisc on");
	tuning_succeeds("CHECK", "'promisc':false");
}

static void tuning__check_compares_as_the_kernel_does(void **state)
{
	static const char more[] = "'mac':'0A-58-0A-01-00-05',"
				   "'sysctl':{'net.ipv4.tcp_rmem':'4096 87380 6291456',"
				   "'net.core.somaxconn':'0x141','net.ipv4.route.flush':'1'}";

	(void)state;
	tuning_succeeds("ADD", more);
	tuning_succeeds("CHECK", more);
	tuning_succeeds("CHECK", "'mac':'0a58.0a01.0005'");
	sandbox_must("ip netns exec red sysctl -qw net.ipv4.tcp_rmem='4096 87380 6291457'");
	tuning_fails("CHECK", more, CNI_EMISMATCH,
		     "tcp_rmem is 4096 87380 6291456, current value is 4096 87380 6291457");
}

static void tuning__check_asks_for_what_it_needs(void **state)
{
	freeing char *config = tuning_config("1.0.0", TUNING_ALL);
	freeing char *old = tuning_config("0.3.1", TUNING_ALL);
	struct plugin_call call = tuning_call("CHECK", config);

	(void)state;
	tuning_fails("CHECK", "'prevResult':null", CNI_ECONFIG, "Required prevResult missing");
	tuning_fails("CHECK", "'mtu':-1", CNI_ECONFIG, "'mtu' is -1");
	tuning_fails("CHECK", "'sysctl':{'net.a':'1','net.a':'1'}", CNI_ECONFIG, "duplicated");
	tuning_fails("CHECK", "'sysctl':{'net.core.nothing':'1'}", CNI_EMISMATCH,
		     "net/core/nothing");
	tuning_fails("CHECK", TUNING_ALL, CNI_EMISMATCH, "current value is");
	call.netns = "/run/netns/none";
	plugin_fails(&call, CNI_EENV, "failed to open netns");
	call.netns = "/proc/self/ns/net";
	plugin_fails(&call, CNI_EENV, "should not be the same");
	call.netns = TUNING_RED;
	call.config = old;
	plugin_fails(&call, CNI_EVERSION, "config version does not allow CHECK");
}

static void tuning__check_is_content_in_each_version(void **state)
{
	static const char *const versions[] = {"0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		freeing char *config = tuning_config(versions[i], TUNING_ALL);
		struct plugin_call call = tuning_call("ADD", config);

		plugin_succeeds(&call);
		call.command = "CHECK";
		plugin_succeeds(&call);
		call.command = "DEL";
		plugin_succeeds(&call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tuning_test(tuning__check_finds_each_damage),
		tuning_test(tuning__check_changes_nothing),
		tuning_test(tuning__check_leaves_others_their_reasons),
		tuning_test(tuning__check_compares_as_the_kernel_does),
		tuning_test(tuning__check_asks_for_what_it_needs),
		tuning_test(tuning__check_is_content_in_each_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
