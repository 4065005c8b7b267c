/* SPDX-License-Identifier: Apache-2.0 */
/* The networks that container engines and orchestrators write, exactly, and what they give to
 * plugins besides: two containers, from ADD to the second DEL (conflist_life.h). Keys and values of
 * the files in tests/fixtures/conflists were read in
 *
 *	nerdctl		containerd/nerdctl	pkg/netutil/netutil_unix.go, the default network
 *	-backend				one that "nerdctl network create" makes
 *	-isolated				likewise, with icc=false
 *	-internal				likewise, with --internal
 *	podman		Debian's podman 4.3.1	/etc/cni/net.d/87-podman-bridge.conflist
 *	nomad, -ipv6	hashicorp/nomad		client/allocrunner/cni/bridge.go
 *	buildkit	moby/buildkit		util/network/cniprovider/bridge.go, and for names
 *						util/appdefaults/appdefaults.go
 *
 * what is passed besides in containerd/nerdctl pkg/ocihook/ocihook.go and hashicorp/nomad
 * client/allocrunner/networking_cni.go; podman's is what was recorded. The versions are not only
 * those of the files of today: lists with older and newer ones are in use. */
#include "conflist_life.h"
#include "test.h"

/* Files under other names, and nothing under the usual ones. */
#define RENAME                                                                                     \
	"for p in bridge loopback firewall; do cp " CONFLIST_PLUGINS "/$p " CONFLIST_BIN           \
	"/buildkit-cni-$p || exit 1; done; "                                                       \
	"cp " CONFLIST_IPAM "/host-local " CONFLIST_BIN "/buildkit-cni-host-local"

/* Nomad's chain, which it makes first; here beside a policy that drops all unaccepted packets, as
 * Docker does. CNI-FORWARD can go without a rule of a container. */
#define ADMIN(iptables, subnet)                                                                    \
	iptables " -P FORWARD DROP && " iptables " -N NOMAD-ADMIN && " iptables                    \
		 " -A NOMAD-ADMIN -o nomad -d " subnet " -j ACCEPT"
#define RULES	  "-m comment --comment 'CNI firewall plugin rules' -j CNI-FORWARD"
#define OVERRIDES "-m comment --comment 'CNI firewall plugin admin overrides' -j NOMAD-ADMIN"
#define UNFORWARD(iptables)                                                                        \
	iptables " -D FORWARD " RULES " && " iptables " -D CNI-FORWARD " OVERRIDES " && " iptables \
		 " -X CNI-FORWARD && " iptables " -Z"

/* A foreign network, for policies. */
static const struct conflist backend = {
	.file = "nerdctl-backend.conflist", .network = "backend", .bridge = "br-10e08a419e85"};

static const struct conflist nerdctl = {
	.runtime = "nerdctl's conflist",
	.file = "nerdctl.conflist",
	.versions = EVERY,
	.network = "bridge",
	.bridge = "nerdctl0",
	.addresses = {"10.4.0.77/24"},
	.gateways = {"10.4.0.1"},
	.publishes = true,
	.masquerades = true,
	.args = "IgnoreUnknown=1;NERDCTL_CNI_DHCP_HOSTNAME=web",
	.wishes = "IP=10.4.0.77;MAC=6a:e7:cd:51:bb:58",
	.capabilities = "{" GO_PORTS "}",
	.neighbour = &backend,
	.shows = HAIRPIN " && " HAS_MAC("6a:e7:cd:51:bb:58"),
};

static const struct conflist nerdctl_isolated = {
	.runtime = "nerdctl's conflist, icc=false",
	.file = "nerdctl-isolated.conflist",
	.versions = {"1.0.0"},
	.network = "quiet",
	.bridge = "br-008f0747f4e2",
	.addresses = {"10.4.2.2/24"},
	.gateways = {"10.4.2.1"},
	.publishes = true,
	.masquerades = true,
	.isolated = true,
	.args = "IgnoreUnknown=1",
	.capabilities = "{" GO_PORTS "}",
	.neighbour = &backend,
	.prepares = "for f in ip ip6; do "
		    "[ ! -e /proc/sys/net/bridge/bridge-nf-call-${f}tables ] || "
		    "sysctl -qw net.bridge.bridge-nf-call-${f}tables=1; done",
};

static const struct conflist nerdctl_internal = {
	.runtime = "nerdctl's conflist, internal",
	.file = "nerdctl-internal.conflist",
	.versions = {"1.0.0"},
	.network = "inner",
	.bridge = "br-33bf6fbd7cd8",
	.addresses = {"10.4.3.2/24"},
	.gateways = {"10.4.3.1"},
	.internal = true,
	.args = "IgnoreUnknown=1",
	.capabilities = "{" GO_PORTS "}",
};

static const struct conflist podman = {
	.runtime = "podman's conflist",
	.file = "podman.conflist",
	.versions = EVERY,
	.network = "podman",
	.bridge = "cni-podman0",
	.addresses = {"10.88.0.77/16"},
	.gateways = {"10.88.0.1"},
	.publishes = true,
	.masquerades = true,
	.args = "IgnoreUnknown=1;K8S_POD_NAME=web",
	.wishes = "MAC=6a:e7:cd:51:bb:58;IP=10.88.0.77",
	.capabilities = "{" PORTS ",\"aliases\":{\"podman\":[\"web\"]}}",
	.shows = HAIRPIN " && " HAS_MAC("6a:e7:cd:51:bb:58"),
};

static const struct conflist nomad = {
	.runtime = "Nomad's conflist, hairpin",
	.file = "nomad.conflist",
	.versions = EVERY,
	.network = "nomad",
	.bridge = "nomad",
	.addresses = {"172.26.64.2/20"},
	.gateways = {"172.26.64.1"},
	.publishes = true,
	.masquerades = true,
	.args = "IgnoreUnknown=true;NOMAD_REGION=global;NOMAD_NAMESPACE=default;"
		"NOMAD_JOB_ID=web;NOMAD_GROUP_NAME=web;"
		"NOMAD_ALLOC_ID=0e8a0c55-9b4d-4f55-a2d3-6f6c4f9b4a11",
	.capabilities = "{" GO_PORTS "}",
	.prepares = ADMIN("iptables", "172.26.64.0/20"),
	.shows = HAIRPIN " && " LO_IS_UP " && test -e /var/run/cni/nomad/172.26.64.2",
	.removes = UNFORWARD("iptables"),
};

static const struct conflist nomad_dual_stack = {
	.runtime = "Nomad's conflist, dual stack",
	.file = "nomad-ipv6.conflist",
	.versions = {"0.4.0"},
	.network = "nomad",
	.bridge = "nomad",
	.addresses = {"172.26.64.2/20", "3fff:cab0:d13::2/120"},
	.gateways = {"172.26.64.1", "3fff:cab0:d13::1"},
	.publishes = true,
	.masquerades = true,
	.args = "IgnoreUnknown=true;NOMAD_REGION=global",
	.capabilities = "{" GO_PORTS "}",
	.prepares = ADMIN("iptables", "172.26.64.0/20") " && " ADMIN("ip6tables",
								     "3fff:cab0:d13::/120"),
	.removes = UNFORWARD("iptables") " && " UNFORWARD("ip6tables"),
};

static const struct conflist buildkit = {
	.runtime = "BuildKit's conflist",
	.file = "buildkit.conflist",
	.versions = EVERY,
	.network = "buildkit",
	.bridge = "buildkit0",
	.addresses = {"10.10.0.2/16"},
	.gateways = {"10.10.0.1"},
	.masquerades = true,
	.path = CONFLIST_BIN,
	.neighbour = &backend,
	.prepares = RENAME,
	.shows = LO_IS_UP,
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		conflist_test(nerdctl),
		conflist_test(nerdctl_isolated),
		conflist_test(nerdctl_internal),
		conflist_test(podman),
		conflist_test(nomad),
		conflist_test(nomad_dual_stack),
		conflist_test(buildkit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
