/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* The networks of test_conflists_uplink.c with kinds of links that not every kernel has, in few versions: a virtual
 * machine is slow. */
#include "bridge.h"
#include "cleanup.h"
#include "conflist_life.h"
#include "runtimes.h"
#include "test.h"

#define MULTUS_ARGS                                                                                \
	"IgnoreUnknown=true;K8S_POD_NAMESPACE=default;K8S_POD_NAME=pod-1;"                         \
	"K8S_POD_INFRA_CONTAINER_ID=5d1e2c;K8S_POD_UID=6b1f2d4e-0c1d-4f5a-9d58-5b7e8f9a0b1c"

static const struct conflist nerdctl_ipvlan = {
	.runtime = "nerdctl's conflist, ipvlan",
	.file = "nerdctl-ipvlan.conflist",
	.versions = {"1.0.0"},
	.network = "lan",
	.addresses = {"10.4.3.2/24"},
	.gateways = {"10.4.3.1"},
	.has_uplink = true,
	.prepares = LAN("10.4.3.1/24"),
	.args = "IgnoreUnknown=1",
	.shows = "ip -n red -d link show eth0 | grep -q 'ipvlan *mode l2 '",
};

static const struct conflist podman_ipvlan = {
	.runtime = "podman's conflist, ipvlan",
	.file = "podman-ipvlan.conflist",
	.versions = {"0.4.0"},
	.network = "podlan",
	.addresses = {"10.89.7.9/24", "fd89:7::2/64"},
	.gateways = {"10.89.7.1", "fd89:7::1"},
	.has_uplink = true,
	.prepares = LAN("10.89.7.1/24 fd89:7::1/64"),
	.args = "IgnoreUnknown=1;K8S_POD_NAME=box",
	.wishes = "IP=10.89.7.9",
};

static const struct conflist multus_ipvlan = {
	.runtime = "Multus, ipvlan, tuning",
	.file = "multus-ipvlan.conflist",
	.versions = {"0.3.1", "1.1.0"},
	.network = "ipvlan-conf",
	.addresses = {"10.14.0.10/24"},
	.gateways = {"10.14.0.1"},
	.internal = true,
	.has_uplink = true,
	.ifname = "net1",
	.prepares = LAN("10.14.0.1/24"),
	.args = MULTUS_ARGS,
};

/* The kernel makes the rules 1000 with the first VRF of a namespace, and keeps them. */
static const struct conflist multus_vrf = {
	.runtime = "Multus, macvlan, vrf",
	.file = "multus-vrf.conflist",
	.versions = {"1.1.0"},
	.network = "macvlan-vrf",
	.addresses = {"10.16.0.2/24"},
	.gateways = {"10.16.0.1"},
	.internal = true,
	.shows_packets = true,
	.ifname = "net1",
	.has_uplink = true,
	.prepares = LAN("10.16.0.1/24"),
	.args = MULTUS_ARGS,
	.shows = "ip -n red -d link show net1 | grep -q 'master blue ' && "
		 "ip netns exec red ping -qc1 -W5 -I blue 10.16.0.1 >/dev/null && "
		 "ip netns exec red ping -qc1 -W5 -I blue 10.16.0.3 >/dev/null && "
		 "ip -n red rule del pref 1000 && ip -n red -6 rule del pref 1000",
};

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
	const char *kind = list == &multus_vrf ? "vrf table 7" : "ipvlan";

	if (lacks(kind))
		skip_because("%s: this kernel has no %s", list->runtime, kind);
	conflist__lives_as_its_runtime_has_it(state);
}

/* No two links have one VLAN of one link of the host. */
static const struct conflist multus_vlan = {
	.runtime = "Multus, vlan",
	.file = "multus-vlan.conf",
	.versions = {"0.3.1", "1.1.0"},
	.network = "vlan-conf",
	.addresses = {"10.15.0.2/24"},
	.has_uplink = true,
	.ifname = "net1",
	.prepares = LAN("10.15.9.1/24") " && ip -n lan link add v5 link in type vlan id 5 && "
					"ip -n lan addr add 10.15.0.9/24 dev v5 && "
					"ip -n lan link set v5 up",
	.args = MULTUS_ARGS,
};

static void vlan__lives_as_its_runtime_has_it(void **state)
{
	const struct conflist *list = *state;
	freeing char *before = NULL;

	if (lacks("vlan id 5"))
		skip_because("%s: this kernel has no vlan", list->runtime);
	runtimes_begin(list->runtime, "0.3.1, 1.1.0",
		       "a container, ping in its VLAN, CHECK, DEL twice, STATUS");
	conflist_prepare(list);
	before = conflist_snapshot();
	for (size_t i = 0; list->versions[i]; i++) {
		struct plugin_answer answer;
		struct conflist_pod red;

		conflist_install(list, list->versions[i]);
		conflist_pod_open(list, &red, "red", true);
		answer = conflist_add(list, &red);
		assert_json(answer.json, "interfaces.0.name", "net1");
		plugin_answer_clear(&answer);
		sandbox_must("ip -n red -d link show net1 | grep -q 'vlan .*id 5 ' && "
			     "ip -n red link show net1 | grep -q 'mtu 1450 ' && "
			     "ip netns exec red ping -qc1 -W5 10.15.0.9 >/dev/null");
		if (i > 0)
			conflist_succeeds(list, &red, "check");
		if (!list->versions[i + 1])
			conflist_succeeds(list, &red, "status");
		conflist_succeeds(list, &red, "del");
		conflist_assert_gone(&red);
		conflist_del_without_netns(list, &red);
		conflist_pod_close(&red);
	}
	conflist_assert_unchanged(list, before);
	runtimes_end();
}

#define kind_test(list)                                                                            \
	{                                                                                          \
		.name = #list "__lives_as_its_runtime_has_it", .test_func = lives,                 \
		.setup_func = conflist_setup, .teardown_func = conflist_teardown,                  \
		.initial_state = (void *)(uintptr_t) & (list)                                      \
	}

int main(void)
{
	struct CMUnitTest tests[] = {
		kind_test(multus_vrf),	  kind_test(nerdctl_ipvlan), kind_test(podman_ipvlan),
		kind_test(multus_ipvlan), kind_test(multus_vlan),
	};

	tests[4].test_func = vlan__lives_as_its_runtime_has_it;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
