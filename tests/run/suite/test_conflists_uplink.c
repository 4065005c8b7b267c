/* SPDX-License-Identifier: Apache-2.0 */
/* The networks on a link of the host that nerdctl and podman write, and those that Multus' users attach as a pod's
 * second interface, exactly: two containers, from ADD to the second DEL (conflist_life.h). Keys and values of the
 * files in tests/fixtures/conflists were read in
 *
 *	nerdctl-*	containerd/nerdctl	pkg/netutil/netutil_unix.go, generateCNIPlugins(), and
 *						cni_plugin_unix.go
 *	podman-*	containers/common	libnetwork/cni/cni_conversion.go, newVLANPlugin()
 *	multus-*	k8snetworkplumbingwg/multus-cni	docs/how-to-use.md, e2e/templates
 *
 * and the arguments in containers/common libnetwork/cni/run.go and multus-cni pkg/types/conf.go. Networks of ipvlan,
 * vlan, and vrf are in test_conflists_kinds.c. */
#include "cleanup.h"
#include "conflist_life.h"
#include "host_device_scene.h"
#include "probe.h"
#include "runtimes.h"
#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>

#define RED "/run/netns/red"

#define NERDCTL_LAN LAN("10.4.3.1/24 2001:db8:43::1/64")
#define PODMAN_LAN  LAN("10.89.7.1/24 fd89:7::1/64")
#define MULTUS_ARGS                                                                                \
	"IgnoreUnknown=true;K8S_POD_NAMESPACE=default;K8S_POD_NAME=pod-1;"                         \
	"K8S_POD_INFRA_CONTAINER_ID=5d1e2c;K8S_POD_UID=6b1f2d4e-0c1d-4f5a-9d58-5b7e8f9a0b1c"

#define IS_MACVLAN(ifname)                                                                         \
	"ip -n red -d link show " ifname " | grep -q 'macvlan mode bridge ' && "                   \
	"! ip -n red route show default | grep -q " ifname

/* Frames from one to the other, with addresses that the containers have given themselves. */
#define EXCHANGES_FRAMES(ifname)                                                                   \
	"ip -n red addr add 10.99.0.1/24 dev " ifname                                              \
	" && ip -n blue addr add 10.99.0.2/24 dev " ifname                                         \
	" && ip netns exec red ping -qc1 -W5 10.99.0.2 >/dev/null"

static const struct conflist nerdctl_macvlan = {
	.runtime = "nerdctl's conflist, macvlan",
	.file = "nerdctl-macvlan.conflist",
	.versions = EVERY,
	.network = "lan",
	.addresses = {"10.4.3.2/24"},
	.gateways = {"10.4.3.1"},
	.has_uplink = true,
	.prepares = NERDCTL_LAN,
	.wishes = "MAC=6a:e7:cd:51:bb:58",
	.args = "IgnoreUnknown=1",
	.shows = HAS_MAC("6a:e7:cd:51:bb:58"),
};

static const struct conflist nerdctl_macvlan_ipv6 = {
	.runtime = "nerdctl's conflist, macvlan, dual stack, addresses asked for",
	.file = "nerdctl-macvlan-ipv6.conflist",
	.versions = {"0.3.1", "1.0.0"},
	.network = "lan",
	.addresses = {"10.4.3.77/24", "2001:db8:43::77/64"},
	.gateways = {"10.4.3.1", "2001:db8:43::1"},
	.routes_ipv4_alone = true,
	.has_uplink = true,
	.prepares = NERDCTL_LAN,
	.capabilities = "{\"ips\":[\"10.4.3.77\",\"2001:db8:43::77\"]}",
	.shows = "ip -n red link show eth0 | grep -q 'mtu 1400 '",
};

static const struct conflist podman_macvlan = {
	.runtime = "podman's conflist, macvlan",
	.file = "podman-macvlan.conflist",
	.versions = {"0.4.0", "1.1.0"},
	.network = "podlan",
	.addresses = {"10.89.7.9/24", "fd89:7::2/64"},
	.gateways = {"10.89.7.1", "fd89:7::1"},
	.has_uplink = true,
	.prepares = PODMAN_LAN,
	.args = "IgnoreUnknown=1;K8S_POD_NAME=box",
	.wishes = "MAC=92:d0:c6:0a:29:33;IP=10.89.7.9",
	.shows = HAS_MAC("92:d0:c6:0a:29:33") " && ip -n red link show eth0 | grep -q 'mtu 1300 '",
};

/* The link of the default route, and --ipam-driver none. */
static const struct conflist podman_bare = {
	.runtime = "podman's conflist, macvlan without addresses",
	.file = "podman-macvlan-bare.conflist",
	.versions = {"0.4.0", "1.1.0"},
	.network = "podbare",
	.has_uplink = true,
	.prepares = LAN("10.99.1.1/24") " && ip addr add 10.99.1.2/24 dev eth1 && "
					"ip route add default via 10.99.1.1",
	.shows = EXCHANGES_FRAMES("eth0"),
};

static const struct conflist multus_macvlan = {
	.runtime = "Multus, macvlan with host-local",
	.file = "multus-macvlan.conf",
	.versions = EVERY,
	.network = "macvlan-conf-1",
	.addresses = {"10.10.1.20/16"},
	.gateways = {"10.10.0.254"},
	.internal = true,
	.has_uplink = true,
	.ifname = "net1",
	.prepares = LAN("10.10.0.254/16"),
	.args = MULTUS_ARGS,
	.shows = IS_MACVLAN("net1"),
};

static const struct conflist multus_macvlan_ips = {
	.runtime = "Multus, macvlan with static and the capability ips, tuning",
	.file = "multus-macvlan-ips.conflist",
	.versions = EVERY,
	.network = "macvlan1-config",
	.addresses = {"10.1.1.11/24"},
	.ifname = "net1",
	.internal = true,
	.has_uplink = true,
	.prepares = LAN("10.1.1.1/24"),
	.args = MULTUS_ARGS,
	.capabilities = "{\"ips\":[\"10.1.1.11/24\"]}",
	.capabilities_of_others = "{\"ips\":[\"10.1.1.12/24\"]}",
	.shows = IS_MACVLAN("net1"),
};

static const struct conflist multus_macvlan_bare = {
	.runtime = "Multus, macvlan without IPAM",
	.file = "multus-macvlan-bare.conf",
	.versions = EVERY,
	.network = "macvlan-l2",
	.ifname = "net1",
	.has_uplink = true,
	.prepares = LAN("10.99.0.9/24"),
	.args = MULTUS_ARGS,
	.shows = EXCHANGES_FRAMES("net1"),
};

static const struct conflist multus_macvlan_tuning = {
	.runtime = "Multus, macvlan, tuning with a MAC, MTU and sysctls",
	.file = "multus-macvlan-tuning.conflist",
	.versions = EVERY,
	.network = "macvlan-tuned",
	.addresses = {"10.11.0.2/24"},
	.gateways = {"10.11.0.1"},
	.internal = true,
	.has_uplink = true,
	.ifname = "net1",
	.prepares = LAN("10.11.0.1/24"),
	.args = MULTUS_ARGS,
	.capabilities = "{\"mac\":\"c2:b0:57:49:47:f1\"}",
	.shows = "ip -n red link show net1 | grep -q 'ether c2:b0:57:49:47:f1 ' && "
		 "ip -n red link show net1 | grep -q 'mtu 1400 ' && "
		 "ip -n red link show net1 | grep -q PROMISC && "
		 "[ $(ip netns exec red sysctl -n net.ipv4.conf.net1.rp_filter) = 0 ] && "
		 "[ $(ip netns exec red sysctl -n net.ipv4.conf.all.arp_ignore) = 1 ]",
};

static const struct conflist multus_macvlan_sbr = {
	.runtime = "Multus, macvlan with static, sbr",
	.file = "multus-macvlan-sbr.conflist",
	.versions = EVERY,
	.network = "macvlan-sbr",
	.addresses = {"10.12.0.11/24"},
	.internal = true,
	.has_uplink = true,
	.ifname = "net1",
	.prepares = LAN("10.12.0.1/24"),
	.args = MULTUS_ARGS,
	.capabilities = "{\"ips\":[\"10.12.0.11/24\"]}",
	.capabilities_of_others = "{\"ips\":[\"10.12.0.12/24\"]}",
	.shows = "ip netns exec red ping -qc1 -W5 -I 10.12.0.11 10.12.0.1 >/dev/null && "
		 "ip -n red rule | grep -q 'from 10.12.0.11 lookup 100' && "
		 "ip -n red route show table 100 | grep -q '172.20.0.0/16 via 10.12.0.1 ' && "
		 "ip -n red route get 172.20.1.1 from 10.12.0.11 | grep -q 'via 10.12.0.1 '",
};

static const struct conflist multus_bridge = {
	.runtime = "Multus, bridge as the second network",
	.file = "multus-bridge.conf",
	.versions = EVERY,
	.network = "br-secondary",
	.bridge = "mybr0",
	.addresses = {"10.13.0.150/24"},
	.gateways = {"10.13.0.1"},
	.internal = true,
	.ifname = "net1",
	.args = MULTUS_ARGS,
	.capabilities = "{\"mac\":\"c2:b0:57:49:47:f2\",\"ips\":[\"10.13.0.150/24\"]}",
	.shows = HAIRPIN " && ip -n red link show net1 | grep -q 'ether c2:b0:57:49:47:f2 '",
};

/* ---- a pod with three networks ---- */

/* A virtual function, as the device plugin of its resource has chosen it. */
static const struct conflist multus_device = {
	.runtime = "Multus, host-device by deviceID",
	.file = "multus-host-device.conf",
	.versions = EVERY,
	.network = "sriov-device",
	.ifname = "net2",
	.args = MULTUS_ARGS,
	.capabilities = "{\"deviceID\":\"0000:03:00.0\"}",
};

static const struct conflist cluster_network = {
	.runtime = "the network of the cluster",
	.file = "crio-ipv4.conflist",
	.versions = EVERY,
	.network = "crio",
	.bridge = "cni0",
	.args = MULTUS_ARGS,
};

static const struct conflist *const networks[] = {&cluster_network, &multus_macvlan,
						  &multus_device};
#define NETWORKS (sizeof(networks) / sizeof(*networks))

static void add_to(const struct conflist *list, struct conflist_pod *pod)
{
	struct plugin_answer answer;

	pod->capabilities = list->capabilities;
	answer = conflist_add(list, pod);
	plugin_answer_clear(&answer);
	for (size_t i = 0; i < 2; i++) {
		free(pod->addresses[i]);
		pod->addresses[i] = NULL;
	}
}

static void assert_each_works(void)
{
	struct probe cluster = {RED, IPPROTO_TCP, "192.0.2.2", CONFLIST_HOST_PORT,
				"outside 192.0.2.1"};
	struct probe lan = {RED, IPPROTO_TCP, "10.10.0.254", CONFLIST_CONTAINER_PORT,
			    "lan 10.10.1.20"};

	probe_ask(&cluster, 1);
	probe_assert(&cluster);
	probe_ask(&lan, 1);
	probe_assert(&lan);
	sandbox_must("ip netns exec red ping -qc1 -W5 -I net2 10.56.217.1 >/dev/null && "
		     "! ip link show v0 2>/dev/null");
}

static void live_with_three(const char *version, bool is_checked)
{
	struct conflist_pod red;

	for (size_t i = 0; i < NETWORKS; i++)
		conflist_install(networks[i], version);
	conflist_pod_open(&multus_device, &red, "red", true);
	for (size_t i = 0; i < NETWORKS; i++)
		add_to(networks[i], &red);
	assert_each_works();
	for (size_t i = 0; is_checked && i < NETWORKS; i++)
		conflist_succeeds(networks[i], &red, "check");
	/* As Multus deletes them: the last one first. */
	for (size_t i = NETWORKS; i-- > 0;)
		conflist_succeeds(networks[i], &red, "del");
	conflist_assert_gone(&red);
	for (size_t i = NETWORKS; i-- > 0;)
		conflist_del_without_netns(networks[i], &red);
	conflist_pod_close(&red);
}

static void multus__attaches_three_networks_to_a_pod(void **state)
{
	freeing char *before = NULL;

	(void)state;
	runtimes_begin("Multus, three networks of a pod", "0.3.1, 0.4.0, 1.0.0, 1.1.0",
		       "bridge, macvlan and host-device by deviceID; ping, CHECK, DEL twice");
	conflist_prepare(&multus_macvlan);
	sandbox_must("ip link add v0 type veth peer name v1 && ip link set v1 up && "
		     "ip addr add 10.56.217.1/24 dev v1");
	hd_fake_sysfs();
	conflist_prepare(&multus_device);
	before = conflist_snapshot();
	for (size_t i = 0; multus_device.versions[i]; i++) {
		freeing char *rest = conflist_rest(); /* addresses begin again */

		live_with_three(multus_device.versions[i], i > 0);
	}
	conflist_assert_unchanged(&cluster_network, before);
	runtimes_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		conflist_test(nerdctl_macvlan),
		conflist_test(nerdctl_macvlan_ipv6),
		conflist_test(podman_macvlan),
		conflist_test(podman_bare),
		conflist_test(multus_macvlan),
		conflist_test(multus_macvlan_ips),
		conflist_test(multus_macvlan_bare),
		conflist_test(multus_macvlan_tuning),
		conflist_test(multus_macvlan_sbr),
		conflist_test(multus_bridge),
		cmocka_unit_test_setup_teardown(multus__attaches_three_networks_to_a_pod,
						conflist_setup, conflist_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
