/* SPDX-License-Identifier: Apache-2.0 */
/* Each network in conf/, as a runtime uses it, on hosts that drop what they forward and on one that does not
 * (shipped.h): ADD of two containers, who reaches whom and by which address, published ports, CHECK, STATUS, DEL.
 * Networks on a link of the host, and with kinds of links that not every kernel has, are in test_conf_links.c. */
#include "cleanup.h"
#include "conflist_life.h"
#include "sandbox.h"
#include "shipped.h"
#include "test.h"

#define CRI_PORTS "{" GO_PORTS "}"
#define OWN_PORTS "{" PORTS "}"

/* ---- runtimes ---- */

/* Foreign networks, for policies. */
static const struct conflist nerdctl_beside = {.file = "10-nerdctl.conflist",
					       .is_shipped = true,
					       .network = "bridge",
					       .bridge = "nerdctl0"};
static const struct conflist buildkit_beside = {
	.file = "10-buildkit.conflist",
	.is_shipped = true,
	.network = "buildkit",
	.bridge = "buildkit0",
};

static const struct conflist buildkit = {
	.file = "10-buildkit.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "buildkit",
	.bridge = "buildkit0",
	.addresses = {"10.10.0.2/16"},
	.gateways = {"10.10.0.1"},
	.masquerades = true,
	.neighbour = &nerdctl_beside,
	.shows = LO_IS_UP,
};

static const struct conflist containerd = {
	.file = "10-containerd.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "containerd",
	.bridge = "containerd0",
	.addresses = {"10.86.0.2/16", "fd86::2/64"},
	.gateways = {"10.86.0.1", "fd86::1"},
	.publishes = true,
	.masquerades = true,
	.capabilities = CRI_PORTS,
	.shows = "ip link show containerd0 | grep -q PROMISC",
};

static const struct conflist crio = {
	.file = "10-crio.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "crio",
	.bridge = "cni0",
	.addresses = {"10.85.0.2/16", "1100:200::2/24"},
	.gateways = {"10.85.0.1", "1100:200::1"},
	.masquerades = true,
	.shows = HAIRPIN,
};

/* flanneld masquerades, not the network. */
static const struct conflist flannel = {
	.file = "10-flannel-delegate.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "cbr0",
	.bridge = "cni0",
	.addresses = {"10.244.1.2/24"},
	.gateways = {"10.244.1.1"},
	.publishes = true,
	.capabilities = CRI_PORTS,
	.shows = HAIRPIN " && ip -n red route show 10.244.0.0/16 | grep -q 'via 10.244.1.1 ' && "
			 "ip -n red link show eth0 | grep -q 'mtu 1450 '",
};

static const struct conflist nerdctl = {
	.file = "10-nerdctl.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "bridge",
	.bridge = "nerdctl0",
	.addresses = {"10.4.0.77/24"},
	.gateways = {"10.4.0.1"},
	.publishes = true,
	.masquerades = true,
	.args = "IgnoreUnknown=1",
	.wishes = "IP=10.4.0.77;MAC=6a:e7:cd:51:bb:58",
	.capabilities = CRI_PORTS,
	.neighbour = &buildkit_beside,
	.shows = HAIRPIN " && " HAS_MAC("6a:e7:cd:51:bb:58"),
};

static const struct conflist nomad = {
	.file = "10-nomad.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "nomad",
	.bridge = "nomad",
	.addresses = {"172.26.64.2/20"},
	.gateways = {"172.26.64.1"},
	.publishes = true,
	.masquerades = true,
	.capabilities = CRI_PORTS,
	.shows = HAIRPIN " && " LO_IS_UP " && test -e /var/run/cni/nomad/172.26.64.2 && "
			 "iptables -S CNI-FORWARD | grep -q NOMAD-ADMIN",
};

static const struct conflist podman = {
	.file = "87-podman-bridge.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "podman",
	.bridge = "cni-podman0",
	.addresses = {"10.88.0.77/16"},
	.gateways = {"10.88.0.1"},
	.publishes = true,
	.masquerades = true,
	.args = "IgnoreUnknown=1",
	.wishes = "MAC=6a:e7:cd:51:bb:58;IP=10.88.0.77",
	.capabilities = OWN_PORTS,
	.shows = HAIRPIN " && " HAS_MAC("6a:e7:cd:51:bb:58"),
};

/* ---- purposes ---- */

static const struct conflist dual_stack = {
	.file = "20-dual-stack.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "dual-stack",
	.bridge = "dual-stack",
	.addresses = {"192.168.16.77/24", "fd16::77/64"},
	.gateways = {"192.168.16.1", "fd16::1"},
	.publishes = true,
	.masquerades = true,
	.capabilities = "{" PORTS ",\"ips\":[\"192.168.16.77\",\"fd16::77\"]}",
};

/* The rates stand in the file: what the pod's annotations ask for does not raise them. */
static const struct conflist hardened = {
	.file = "20-hardened.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "hardened",
	.bridge = "hardened",
	.addresses = {"192.168.20.2/24", "fd20::2/64"},
	.gateways = {"192.168.20.1", "fd20::1"},
	.publishes = true,
	.masquerades = true,
	.capabilities = OWN_PORTS,
	.neighbour = &nerdctl_beside,
	.shows = "[ $(tc qdisc show | grep -c ' rate 500Mbit ') = 2 ] && "
		 "[ $(tc qdisc show | grep -c ' rate 100Mbit ') = 2 ] && "
		 "[ $(ip netns exec red sysctl -n net.ipv4.conf.eth0.rp_filter) = 1 ] && "
		 "[ $(ip netns exec red sysctl -n net.ipv4.conf.eth0.accept_redirects) = 0 ] && "
		 "ip -n red addr add 192.168.20.99/24 dev eth0 && "
		 "! ip netns exec red ping -qc1 -W1 -I 192.168.20.99 192.168.20.1 >/dev/null && "
		 "ip -n red addr del 192.168.20.99/24 dev eth0",
};

/* Frames between containers with addresses of their own: bridged packets that the rules of the host see are dropped
 * there, because no network has told of these addresses. */
static const struct conflist layer2 = {
	.file = "20-layer2.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "layer2",
	.bridge = "layer2",
	.shows = "for f in ip ip6; do sysctl -qw net.bridge.bridge-nf-call-${f}tables=0 "
		 "2>/dev/null; done; "
		 "ip -n red addr add 10.99.0.1/24 dev eth0 && "
		 "ip -n blue addr add 10.99.0.2/24 dev eth0 && "
		 "ip netns exec red ping -qc1 -W5 10.99.0.2 >/dev/null",
};

static const struct conflist ptp = {
	.file = "20-ptp.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "ptp",
	.addresses = {"192.168.17.2/24", "fd17::2/64"},
	.gateways = {"192.168.17.1", "fd17::1"},
	.publishes = true,
	.masquerades = true,
	.capabilities = OWN_PORTS,
};

static const struct conflist v_net_0 = {
	.file = "v-net-0.conflist",
	.is_shipped = true,
	.versions = SHIPPED_VERSIONS,
	.network = "v-net-0",
	.bridge = "v-net-0",
	.addresses = {"192.168.15.2/24"},
	.gateways = {"192.168.15.1"},
	.publishes = true,
	.masquerades = true,
	.capabilities = OWN_PORTS,
	.shows =
		HAIRPIN " && jq -e '.result.dns == {\"nameservers\":[\"192.168.15.1\",\"9.9.9.9\"],"
			"\"domain\":\"v-net-0.internal\",\"search\":[\"v-net-0.internal\"]}' "
			"/var/lib/cni/results/v-net-0-* >/dev/null",
};

static void conf__has_a_row_for_each_file(void **state)
{
	static const struct conflist *const lists[] = {
		&buildkit, &containerd, &crio,	   &flannel, &nerdctl, &nomad,
		&podman,   &dual_stack, &hardened, &layer2,  &ptp,     &v_net_0,
	};

	(void)state;
	shipped_assert_files(
		"| grep '\\.\\(conf\\|conflist\\|json\\)$' | grep -v '^30-\\|^20-vlan'", lists,
		sizeof(lists) / sizeof(*lists));
}

/* All files at once: no mistake in one, and no two in each other's way. */
static void conf__is_valid_without_a_note(void **state)
{
	(void)state;
	sandbox_must("CNI_PATH=" CONFLIST_PLUGINS ":" CONFLIST_IPAM " " CNI_C_BINARY_DIR
		     "/cnitool/cnitool validate " CONFLIST_SHIPPED "/*.conflist | "
		     "grep -q '^0 errors, 0 warnings and 0 notes in [1-9]'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf__has_a_row_for_each_file),
		cmocka_unit_test(conf__is_valid_without_a_note),
		shipped_test(buildkit),
		shipped_test(containerd),
		shipped_test(crio),
		shipped_test(flannel),
		shipped_test(nerdctl),
		shipped_test(nomad),
		shipped_test(podman),
		shipped_test(dual_stack),
		shipped_test(hardened),
		shipped_test(layer2),
		shipped_test(ptp),
		shipped_test(v_net_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
