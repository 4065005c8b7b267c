/* SPDX-License-Identifier: Apache-2.0 */
/* The networks that Kubernetes' runtimes and network plugins write, exactly, and what they give to
 * plugins besides: two containers, from ADD to the second DEL (conflist_life.h). Keys and values of
 * the files in tests/fixtures/conflists were read in
 *
 *	containerd	containerd/containerd	script/setup/install-cni
 *	-loopback	containerd/go-cni	opts.go, WithLoNetwork()
 *	crio		cri-o/cri-o		contrib/cni/10-crio-bridge.conflist
 *	crio-ipv4	cri-o/cri-o		contrib/cni/11-crio-ipv4-bridge.conflist
 *	minikube	kubernetes/minikube	pkg/minikube/cni/bridge.go
 *	flannel		flannel-io/flannel	Documentation/kube-flannel.yml
 *	flannel.sh	flannel-io/cni-plugin	flannel_linux.go: the keys of the delegate
 *	k3s		k3s-io/k3s		pkg/agent/flannel/setup_linux.go
 *	kubenet		kubernetes/kubernetes	pkg/kubelet/network/kubenet/kubenet_linux.go,
 *	-loopback				until 1.23
 *
 *	kind		kubernetes-sigs/kind	images/kindnetd/cmd/kindnetd/cni.go
 *	gce		kubernetes/kubernetes	cluster/gce/gci/configure-helper.sh
 *
 * what is passed besides in containerd/go-cni types.go and cri-o/ocicni pkg/ocicni/ocicni.go. The
 * versions are not only those of the files of today: lists with older and newer ones are in use. */
#include "conflist_life.h"
#include "test.h"

#define POD_ID "7c1b0e2d9f3a48568b6d5e4f3c2b1a09f8e7d6c5b4a392817060504030201000"
#define POD_ARGS                                                                                   \
	"IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;"                            \
	"K8S_POD_INFRA_CONTAINER_ID=" POD_ID ";K8S_POD_UID=6b1f2d4e-0c1d-4f5a-9d58-5b7e8f9a0b1c"

#define CRI_CAPABILITIES                                                                           \
	"{" GO_PORTS ",\"bandwidth\":{\"IngressRate\":100000000,\"IngressBurst\":4294967295,"      \
	"\"EgressRate\":50000000,\"EgressBurst\":4294967295},"                                     \
	"\"dns\":{\"Servers\":[\"10.96.0.10\"],\"Searches\":[\"cluster.local\"],"                  \
	"\"Options\":[\"ndots:5\"]},"                                                              \
	"\"cgroupPath\":\"/kubepods.slice/kubepods-pod6b1f2d4e.slice\","                           \
	"\"io.kubernetes.cri.pod-annotations\":{\"example.org/a\":\"b\"}}"

#define FLANNELD(env)                                                                              \
	"mkdir -p /run/flannel && printf '" env                                                    \
	"FLANNEL_MTU=1450\\nFLANNEL_IPMASQ=true\\n' > /run/flannel/subnet.env && "                 \
	"install -m 755 " CONFLIST_FIXTURES "/flannel.sh " CONFLIST_BIN "/flannel"
#define FLANNEL_PATH CONFLIST_BIN ":" CONFLIST_PLUGINS ":" CONFLIST_IPAM

static const struct conflist containerd = {
	.runtime = "containerd's conflist",
	.file = "containerd.conflist",
	.versions = EVERY,
	.network = "containerd-net",
	.bridge = "cni0",
	.addresses = {"10.88.0.2/16", "2001:4860:4860::2/64"},
	.gateways = {"10.88.0.1", "2001:4860:4860::1"},
	.publishes = true,
	.masquerades = true,
	.args = POD_ARGS,
	.capabilities = CRI_CAPABILITIES,
	.loopback = "containerd-loopback.conflist",
	.loopback_network = "cni-loopback",
	.shows = "ip link show cni0 | grep -q PROMISC && " LO_IS_UP,
};

static const struct conflist crio_dual_stack = {
	.runtime = "CRI-O's conflist, dual stack",
	.file = "crio.conflist",
	.versions = EVERY,
	.network = "crio",
	.bridge = "cni0",
	.addresses = {"10.85.0.77/16", "1100:200::2/24"},
	.gateways = {"10.85.0.1", "1100:200::1"},
	.masquerades = true,
	.args = POD_ARGS,
	.wishes = "IP=10.85.0.77;MAC=6a:e7:cd:51:bb:58",
	.capabilities = "{" PORTS ",\"cgroupPath\":\"/pod.slice\"}",
	.shows = HAIRPIN " && " HAS_MAC("6a:e7:cd:51:bb:58"),
};

static const struct conflist crio_ipv4 = {
	.runtime = "CRI-O's conflist, IPv4",
	.file = "crio-ipv4.conflist",
	.versions = EVERY,
	.network = "crio",
	.bridge = "cni0",
	.addresses = {"10.85.0.2/16"},
	.gateways = {"10.85.0.1"},
	.masquerades = true,
	.args = POD_ARGS,
	.shows = HAIRPIN,
};

static const struct conflist minikube = {
	.runtime = "minikube's conflist",
	.file = "minikube.conflist",
	.versions = EVERY,
	.network = "bridge",
	.bridge = "bridge",
	.addresses = {"10.244.0.2/16"},
	.gateways = {"10.244.0.1"},
	.publishes = true,
	.masquerades = true,
	.args = POD_ARGS,
	.capabilities = CRI_CAPABILITIES,
	.shows = HAIRPIN,
};

static const struct conflist flannel = {
	.runtime = "flannel's conflist",
	.file = "flannel.conflist",
	.versions = {"0.3.1", "1.0.0"},
	.network = "cbr0",
	.bridge = "cni0",
	.addresses = {"10.244.1.2/24"},
	.gateways = {"10.244.1.1"},
	.publishes = true,
	.args = POD_ARGS,
	.capabilities = CRI_CAPABILITIES,
	.path = FLANNEL_PATH,
	.prepares = FLANNELD("FLANNEL_NETWORK=10.244.0.0/16\\nFLANNEL_SUBNET=10.244.1.1/24\\n"),
	.shows = HAIRPIN " && ip -n red route get 10.244.9.9 | grep -q 'via 10.244.1.1 ' && "
			 "ip -n red link show eth0 | grep -q 'mtu 1450 '",
};

static const struct conflist k3s = {
	.runtime = "k3s's conflist",
	.file = "k3s.conflist",
	.versions = {"0.3.1", "1.0.0"},
	.network = "cbr0",
	.bridge = "cni0",
	.addresses = {"10.42.0.2/24", "2001:cafe:42::2/64"},
	.gateways = {"10.42.0.1", "2001:cafe:42::1"},
	.publishes = true,
	.args = POD_ARGS,
	.capabilities = CRI_CAPABILITIES,
	.path = FLANNEL_PATH,
	.prepares = FLANNELD("FLANNEL_NETWORK=10.42.0.0/16\\nFLANNEL_SUBNET=10.42.0.1/24\\n"
			     "FLANNEL_IPV6_NETWORK=2001:cafe:42::/56\\n"
			     "FLANNEL_IPV6_SUBNET=2001:cafe:42::1/64\\n"),
	.shows = HAIRPIN " && [ $(tc qdisc show | grep -c ' rate 100Mbit ') = 1 ] && "
			 "[ $(tc qdisc show | grep -c ' rate 50Mbit ') = 1 ]",
};

static const struct conflist kubenet = {
	.runtime = "kubenet's conflist",
	.file = "kubenet.conf",
	.versions = {"0.1.0", "0.2.0"},
	.network = "kubenet",
	.bridge = "cbr0",
	.addresses = {"10.180.1.2/24"},
	.gateways = {"10.180.1.1"},
	.loopback = "kubenet-loopback.conf",
	.loopback_network = "kubenet-loopback",
	.shows = "ip -n red link show eth0 | grep -q 'mtu 1460 ' && " LO_IS_UP,
};

/* The version is the file's. kindnetd keeps the ledger below /run. */
#define KIND_LEDGER                                                                                \
	"cd /run/cni-ipam-state/kindnet && rm -rf .cni-c lock last_reserved_ip.* && "              \
	"rm -rf /run/cni-ipam-state/.cni-c && cd / && "                                            \
	"find /run/cni-ipam-state -type d -empty -delete && ! test -e /run/cni-ipam-state"

static const struct conflist kind = {
	.runtime = "kind's conflist",
	.file = "kind.conflist",
	.versions = EVERY,
	.network = "kindnet",
	.addresses = {"10.244.0.2/24", "fd00:10:244::2/64"},
	.gateways = {"10.244.0.1", "fd00:10:244::1"},
	.publishes = true,
	.args = POD_ARGS,
	.capabilities = CRI_CAPABILITIES,
	.removes = KIND_LEDGER,
	.shows = "ip -n red link show eth0 | grep -q 'mtu 1500 '",
};

static const struct conflist gce = {
	.runtime = "GCE's conflist",
	.file = "gce.conflist",
	.versions = EVERY,
	.network = "k8s-pod-network",
	.addresses = {"10.64.1.2/24"},
	.gateways = {"10.64.1.1"},
	.publishes = true,
	.args = POD_ARGS,
	.capabilities = CRI_CAPABILITIES,
	.shows = "ip -n red link show eth0 | grep -q 'mtu 1460 '",
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		conflist_test(containerd), conflist_test(crio_dual_stack),
		conflist_test(crio_ipv4),  conflist_test(minikube),
		conflist_test(flannel),	   conflist_test(k3s),
		conflist_test(kubenet),	   conflist_test(kind),
		conflist_test(gce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
