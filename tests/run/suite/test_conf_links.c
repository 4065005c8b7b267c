/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* The networks in conf/ on a link of the host, and those with kinds of links that not every kernel has, as
 * test_conf.c tests the others. The DHCP server is dnsmasq. */
#include "bridge.h"
#include "cleanup.h"
#include "conflist_life.h"
#include "dhcp_scene.h"
#include "host_device_scene.h"
#include "shipped.h"
#include "test.h"

#include <signal.h>

#define OUT_OF_POD(gateway) "ip netns exec red ping -qc1 -W5 " gateway " >/dev/null"

static const struct conflist macvlan = {
	.file = "30-macvlan.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "macvlan",
	.addresses = {"192.168.18.128/24"},
	.gateways = {"192.168.18.1"},
	.has_uplink = true,
	.prepares = LAN_ON("eth0", "192.168.18.1/24"),
	.shows = OUT_OF_POD("192.168.18.1"),
};

/* Only for this bridge the kernel must have VLAN filtering. */
static const struct conflist vlan = {
	.file = "20-vlan.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "vlan",
	.bridge = "vlan",
	.gateways_on = "vlan.100",
	.addresses = {"192.168.100.2/24"},
	.gateways = {"192.168.100.1"},
	.masquerades = true,
	.shows = "[ $(bridge vlan show | grep -c '100 PVID Egress Untagged') -ge 2 ]",
};

/* ---- DHCP ---- */

#define DNSMASQ                                                                                    \
	"cd /run && { ip netns exec lan dnsmasq --keep-in-foreground --conf-file=/dev/null "       \
	"--port=0 --bind-interfaces --no-ping --pid-file= --user=root --dhcp-authoritative "       \
	"--dhcp-leasefile=/run/leases --dhcp-sequential-ip --interface=in "                        \
	"--dhcp-range=10.1.0.50,10.1.0.51,2m >/run/dnsmasq.log 2>&1 & "                            \
	"echo $! >/run/dnsmasq.pid; }"
#define BY_DNSMASQ LAN_ON("eth0", "10.1.0.1/24") "; " DNSMASQ

static const struct conflist macvlan_dhcp = {
	.file = "30-macvlan-dhcp.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "macvlan-dhcp",
	.addresses = {"10.1.0.50/24"},
	.gateways = {"10.1.0.1"},
	.has_uplink = true,
	.prepares = BY_DNSMASQ,
	.args = "IgnoreUnknown=1;K8S_POD_NAME=web-0",
	.shows = "grep -q ' 10.1.0.50 ' /run/leases && grep -q ' web-0 ' /run/leases",
};

static const struct conflist ipvlan_dhcp = {
	.file = "30-ipvlan-dhcp.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "ipvlan-dhcp",
	.addresses = {"10.1.0.50/24"},
	.gateways = {"10.1.0.1"},
	.has_uplink = true,
	.prepares = BY_DNSMASQ,
	.args = "IgnoreUnknown=1;K8S_POD_NAME=web-0",
	.shows = "ip -n red -d link show eth0 | grep -q 'ipvlan *mode l2 ' && "
		 "grep -q ' 10.1.0.50 ' /run/leases",
};

static int dhcp_setup_node(void **state)
{
	if (conflist_setup(state) < 0)
		return -1;
	daemon_start(NULL);
	return 0;
}

static int dhcp_teardown_node(void **state)
{
	daemon_end(SIGKILL);
	sandbox_run("[ ! -e /run/dnsmasq.pid ] || kill -9 $(cat /run/dnsmasq.pid)");
	return shipped_teardown(state);
}

/* ---- one container ---- */

static const struct conflist sriov = {
	.file = "30-sriov.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "sriov",
	.gateways = {"192.168.19.1"},
	.has_uplink = true,
	.prepares = LAN_ON("v0", "192.168.19.1/24"),
	.capabilities = "{\"deviceID\":\"0000:03:00.0\"}",
	.shows = "! ip link show v0 2>/dev/null",
};

static const struct conflist vlan_uplink = {
	.file = "30-vlan-uplink.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "vlan-uplink",
	.gateways = {"192.168.21.1"},
	.has_uplink = true,
	.prepares = LAN_ON("eth0",
			   "10.99.1.1/24") " && "
					   "ip -n lan link add v100 link in type vlan id 100 && "
					   "ip -n lan addr add 192.168.21.1/24 dev v100 && ip -n "
					   "lan link set v100 up",
	.shows = "ip -n red -d link show eth0 | grep -q 'vlan .*id 100 ' && "
		 "ip -n red route show default | grep -q 'via 192.168.21.1 '",
};

/* ---- the tests ---- */

static bool lacks(const char *kind)
{
	return sandbox_run("ip link add d0 type veth peer name d1 && "
			   "ip link add link d0 name d2 type %s 2>/dev/null; found=$?; "
			   "ip link del d0; exit $found",
			   kind);
}

static void lives(void **state)
{
	const struct conflist *list = *state;
	bool by_dhcp = list == &macvlan_dhcp || list == &ipvlan_dhcp;

	if (by_dhcp && sandbox_run("command -v dnsmasq >/dev/null") != 0)
		skip_because("%s: there is no dnsmasq", list->file);
	if (list == &ipvlan_dhcp && lacks("ipvlan"))
		skip_because("%s: this kernel has no ipvlan", list->file);
	if (list == &vlan && !sandbox_has_vlan_filtering())
		skip_because("%s: this kernel has no bridge VLAN filtering", list->file);
	shipped__lives_on_each_host(state);
}

static void lives_alone(void **state)
{
	const struct conflist *list = *state;

	if (list == &vlan_uplink && lacks("vlan id 5"))
		skip_because("%s: this kernel has no vlan", list->file);
	if (list == &sriov)
		hd_fake_sysfs();
	shipped__lives_alone_on_each_host(state);
}

static void conf__has_a_row_for_each_file(void **state)
{
	static const struct conflist *const lists[] = {&macvlan,     &vlan,  &macvlan_dhcp,
						       &ipvlan_dhcp, &sriov, &vlan_uplink};

	(void)state;
	shipped_assert_files("30-*.conf* 20-vlan.conflist", lists, sizeof(lists) / sizeof(*lists));
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(conf__has_a_row_for_each_file),
		shipped_test_of(macvlan, lives),
		shipped_test_of(macvlan_dhcp, lives),
		shipped_test_of(ipvlan_dhcp, lives),
		shipped_test_of(vlan, lives),
		shipped_test_of(sriov, lives_alone),
		shipped_test_of(vlan_uplink, lives_alone),
	};

	for (size_t i = 2; i <= 3; i++) {
		tests[i].setup_func = dhcp_setup_node;
		tests[i].teardown_func = dhcp_teardown_node;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
