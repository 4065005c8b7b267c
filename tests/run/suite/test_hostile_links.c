/* SPDX-License-Identifier: Apache-2.0 */
/* Root in the container has given a link more names or addresses than a message of the kernel holds, or made
 * what the kernel does not delete. DEL succeeds, and nothing of the attachment is left on the host. */
#include "bridge.h"
#include "cleanup.h"
#include "host_device_scene.h"
#include "mem.h"
#include "routed.h"
#include "unreadable.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* MACs of a macvlan: more than the length of an attribute can count, and more than we read. */
#define MANY	 7000
#define TOO_MANY 12000

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_must("ip link add up0 type veth peer name up1 && ip link set up0 up && "
		     "ip link set up1 up");
	return 0;
}
#define links_test(name) cmocka_unit_test_setup_teardown(name, setup, bridge_teardown)

static char *config_of(const char *type, const char *more)
{
	freeing char *members = cni_format("'type':'%s'%s", type, more);

	return bridge_config("1.0.0", members);
}

static void open_pod(struct pod *pod, const char *file)
{
	pod_open(pod, "red");
	pod->plugin = file;
}

/* ---- the plugin's own link ---- */

static void give_names(void)
{
	unreadable_names("red", "eth0");
}

static void give_many_macs(void)
{
	unreadable_macs("red", "eth0", MANY);
}

static void give_too_many_macs(void)
{
	unreadable_macs("red", "eth0", TOO_MANY);
}

static void give_both(void)
{
	give_names();
	give_many_macs();
}

static const struct deed {
	const char *type;
	const char *more;
	void (*run)(void);
} deeds[] = {
	{"macvlan", ",'master':'up0'," IPAM4, give_names},
	{"macvlan", ",'master':'up0'," IPAM4, give_many_macs},
	{"macvlan", ",'master':'up0'," IPAM4, give_too_many_macs},
	{"macvlan", ",'master':'up0'," IPAM4, give_both},
	{"tap", ",'bridge':null," IPAM4, give_names},
	{"ptp", "," IPAM4, give_names},
	{"bridge", "," IPAM4, give_names},
};

static void del__of_a_link_with_too_much_to_read_succeeds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(deeds); i++) {
		freeing char *file = cni_format(CNI_C_BINARY_DIR "/plugins/%s", deeds[i].type);
		freeing char *config = config_of(deeds[i].type, deeds[i].more);
		struct pod red;

		open_pod(&red, file);
		pod_add(&red, config);
		deeds[i].run();
		pod_del(&red, config);
		pod_del(&red, config);
		sandbox_must("! ip -n red link show eth0 2>/dev/null && "
			     "! test -e /var/lib/cni/networks/blue/10.1.0.2");
		pod_close(&red);
	}
}

/* An ADD that fails afterwards takes the link back as well. */
static void add__is_undone_with_too_much_to_read(void **state)
{
	freeing char *config = config_of("macvlan", ",'master':'up0','ipam':{'type':'names'}");
	struct plugin_call call;
	struct pod red;

	(void)state;
	bridge_add_script("names",
			  "[ $CNI_COMMAND = ADD ] || exit 0\n"
			  "for i in $(seq 0 70); do printf 'link property add dev eth0'; "
			  "for j in 1 2 3 4 5 6 7; do printf ' altname %0127d' $((i * 7 + j)); "
			  "done; echo; done | ip -n red -force -batch - 2>/dev/null\n"
			  "exit 1\n");
	open_pod(&red, CNI_C_BINARY_DIR "/plugins/macvlan");
	call = pod_call(&red, "ADD", config);
	plugin_fails(&call, CNI_EDELEGATE, NULL);
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	pod_close(&red);
}

/* ---- links beside it ---- */

static void loopback__goes_down_with_names(void **state)
{
	freeing char *config = config_of("loopback", "");
	struct plugin_call call;
	struct pod red;

	(void)state;
	open_pod(&red, CNI_C_BINARY_DIR "/plugins/loopback");
	call = pod_call(&red, "ADD", config);
	call.ifname = "lo";
	plugin_succeeds(&call);
	unreadable_names("red", "lo");
	call.command = "DEL";
	plugin_succeeds(&call);
	sandbox_must("! ip -n red link show lo | grep -q ',UP'");
	pod_close(&red);
}

/* The device is found by its name, and not looked for elsewhere. */
static void host_device__comes_back_with_names(void **state)
{
	freeing char *before = hd_snapshot();

	(void)state;
	hd_add(HD_V0 "," IPAM4);
	unreadable_names("red", "eth0");
	hd_del(HD_V0 "," IPAM4);
	hd_assert_as_before(before);
	hd_add(HD_V0 "," IPAM4);
	sandbox_must("ip -n red link add m9 link eth0 type macvlan && "
		     "ip -n red link set eth0 down && ip -n red link set eth0 name foo");
	unreadable_names("red", "m9");
	hd_del(HD_V0 "," IPAM4);
	hd_assert_as_before(before);
}

static void host_device__del_succeeds_beside_a_link_with_too_much_to_read(void **state)
{
	(void)state;
	hd_add(HD_V0 "," IPAM4);
	sandbox_must("ip -n red link add m9 link eth0 type macvlan && "
		     "ip -n red link set eth0 down && ip -n red link set eth0 name foo");
	unreadable_macs("red", "m9", TOO_MANY);
	hd_del(HD_V0 "," IPAM4);
	hd_del(HD_V0 "," IPAM4);
	sandbox_must("! test -e /var/lib/cni/networks/blue/10.1.0.2");
}

/* ---- plugins inside ---- */

static void tuning__del_succeeds_with_names(void **state)
{
	static const char tuning[] = CNI_C_BINARY_DIR "/plugins/tuning";

	(void)state;
	routed_succeeds(tuning, "ADD", "eth0", "'mtu':1400", routed_prev);
	unreadable_names("red", "eth0");
	routed_succeeds(tuning, "DEL", "eth0", "'mtu':1400", routed_prev);
	sandbox_must("ip -n red link show eth0 | grep -q 'mtu 1500 '");
}

static void sbr__del_succeeds_with_names(void **state)
{
	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	unreadable_names("red", "eth0");
	routed_succeeds(SBR, "DEL", "eth0", "", routed_prev);
	sandbox_must("! ip -n red rule | grep -q 10.1.0.2");
}

/* In front of the plugin's rule, and behind it. */
static void sbr__del_succeeds_with_a_permanent_rule(void **state)
{
	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	unreadable_rule("red", "10.1.0.2", 100);
	routed_succeeds(SBR, "DEL", "eth0", "", routed_prev);
	routed_succeeds(SBR, "DEL", "eth0", "", NULL);
	sandbox_must("[ \"$(ip -n red rule | grep -c 'from 10.1.0.2 ')\" = 1 ]");
	routed_attach_again();
	unreadable_rule("red", "10.1.0.2", 7);
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	routed_succeeds(SBR, "CHECK", "eth0", "", routed_prev);
	routed_succeeds(SBR, "DEL", "eth0", "'table':7", routed_prev);
	routed_succeeds(SBR, "DEL", "eth0", "", routed_prev);
}

/* Rules in front of the plugin's: CHECK reads the routes of few of their tables. */
static void sbr__check_is_bounded(void **state)
{
	(void)state;
	routed_succeeds(SBR, "ADD", "eth0", "", routed_prev);
	sandbox_must(
		"for i in $(seq 3000); do echo rule add from 10.1.0.2 lookup 7 pref $i; done | "
		"ip -n red -batch -");
	routed_succeeds(SBR, "CHECK", "eth0", "", routed_prev);
	sandbox_must("for i in $(seq 3001 6000); do echo rule add from 10.1.0.2 lookup $i pref $i; "
		     "done | ip -n red -batch -");
	routed_fails(SBR, "CHECK", "eth0", "", routed_prev, CNI_EMISMATCH, "is missing in table ");
	routed_succeeds(SBR, "DEL", "eth0", "", routed_prev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		links_test(del__of_a_link_with_too_much_to_read_succeeds),
		links_test(add__is_undone_with_too_much_to_read),
		links_test(loopback__goes_down_with_names),
		hd_test(host_device__comes_back_with_names),
		hd_test(host_device__del_succeeds_beside_a_link_with_too_much_to_read),
		routed_test(tuning__del_succeeds_with_names),
		routed_test(sbr__del_succeeds_with_names),
		routed_test(sbr__del_succeeds_with_a_permanent_rule),
		routed_test(sbr__check_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
