/* SPDX-License-Identifier: Apache-2.0 */
/* ingressPolicy, by packets, in both families. */
#include "firewall_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <unistd.h>

/* A single direction is enough: a ping needs the answer too. */
static void assert_apart(const struct host_pod *from, const struct host_pod *to)
{
	assert_dropped(from->name, to->ip4, to->ip6);
}

static void assert_together(const struct host_pod *from, const struct host_pod *to)
{
	assert_forwarded(from->name, to->ip4, to->ip6);
}

/* From outside and to it, whatever the policy. */
static void assert_outside(const struct host_pod *pod)
{
	assert_forwarded(pod->name, OUTSIDE4, OUTSIDE6);
	assert_forwarded("outside", pod->ip4, pod->ip6);
}

#define SAME	 "'ingressPolicy':'same-bridge'"
#define ISOLATED "'ingressPolicy':'isolated'"

static void add_all(const char *more)
{
	firewall_succeeds("ADD", &a1, more);
	firewall_succeeds("ADD", &a2, more);
	firewall_succeeds("ADD", &b1, more);
}

static void del_all(const char *more)
{
	firewall_succeeds("DEL", &a1, more);
	firewall_succeeds("DEL", &a2, more);
	firewall_succeeds("DEL", &b1, more);
}

static void policy__open_drops_nothing(void **state)
{
	static const char *const opens[] = {"", "'ingressPolicy':''", "'ingressPolicy':null",
					    "'ingressPolicy':'open'"};

	(void)state;
	for (size_t i = 0; i < sizeof(opens) / sizeof(*opens); i++) {
		add_all(opens[i]);
		assert_together(&a1, &a2);
		assert_together(&a1, &b1);
		assert_outside(&a1);
		del_all(opens[i]);
	}
}

/* Policies are in nf_tables, for each backend. */
static void policy__same_bridge_keeps_bridges_apart(void **state)
{
	static const char *const backends[] = {"nftables", "iptables", "none"};

	(void)state;
	for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
		freeing char *more = cni_format(SAME ",'backend':'%s'", backends[i]);

		assert_together(&a1, &b1);
		add_all(more);
		assert_together(&a1, &a2);
		assert_apart(&a1, &b1);
		assert_apart(&b1, &a1);
		assert_outside(&a1);
		assert_outside(&b1);
		firewall_succeeds("CHECK", &a1, more);
		del_all(more);
		assert_together(&b1, &a1);
	}
}

/* As the reference has it: traffic is dropped between bridges that both have a policy. */
static void policy__of_one_bridge_says_nothing_about_others(void **state)
{
	(void)state;
	firewall_succeeds("ADD", &a1, SAME);
	firewall_succeeds("ADD", &b1, "");
	assert_together(&a1, &b1);
	assert_together(&b1, &a1);
}

/* Until the last one has gone. */
static void policy__holds_as_long_as_one_attachment_has_it(void **state)
{
	(void)state;
	add_all(SAME);
	firewall_succeeds("DEL", &a1, SAME);
	assert_apart(&a2, &b1);
	firewall_succeeds("DEL", &a2, SAME);
	assert_together(&a2, &b1);
}

static bool bridges_are_filtered(void)
{
	return sandbox_run("[ \"$(cat /proc/sys/net/bridge/bridge-nf-call-iptables)\" = 1 ] "
			   "2>/dev/null") == 0;
}

static void policy__isolated_keeps_the_bridge_from_itself(void **state)
{
	(void)state;
	if (!bridges_are_filtered())
		skip_because("what a bridge forwards does not come by nf_tables: br_netfilter");
	assert_together(&a1, &a2);
	add_all(ISOLATED);
	assert_apart(&a1, &a2);
	assert_apart(&a1, &b1);
	assert_outside(&a1);
	firewall_succeeds("CHECK", &a2, ISOLATED);
	del_all(ISOLATED);
	assert_together(&a1, &a2);
}

/* Two networks on one bridge, of which each is routed: that needs no br_netfilter. */
static void policy__isolated_drops_what_is_routed_back(void **state)
{
	(void)state;
	sandbox_must("sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null || true");
	sandbox_must("ip addr add 10.3.0.1/24 dev br0 && ip -n a2 addr flush dev eth0 && "
		     "ip -n a2 addr add 10.3.0.12/24 dev eth0 && "
		     "ip -n a2 route add default via 10.3.0.1");
	assert_forwarded("a1", "10.3.0.12", NULL);
	firewall_succeeds("ADD", &a1, ISOLATED);
	assert_dropped("a1", "10.3.0.12", NULL);
	firewall_succeeds("DEL", &a1, ISOLATED);
	assert_forwarded("a1", "10.3.0.12", NULL);
	firewall_succeeds("ADD", &a1, SAME);
	assert_forwarded("a1", "10.3.0.12", NULL);
}

/* ptp makes no bridge: the host's end of each veth stands for one. */
#define PTP(name, ip)                                                                              \
	"'ingressPolicy':'same-bridge','prevResult':{'cniVersion':'1.1.0','interfaces':["          \
	"{'name':'" name "h'},{'name':'eth0','sandbox':'/run/netns/" name "'}],"                   \
	"'ips':[{'interface':1,'address':'" ip "/32'}]}"

static void policy__of_ptp_keeps_pods_apart(void **state)
{
	static const struct host_pod c1 = {"c1", "", "10.9.0.1", ""};
	static const struct host_pod c2 = {"c2", "", "10.9.0.2", ""};

	(void)state;
	for (int i = 1; i <= 2; i++)
		sandbox_must("ip netns add c%d && ip link add c%dh type veth peer name eth0 netns "
			     "c%d && ip link set c%dh up && ip -n c%d link set eth0 up && "
			     "ip -n c%d addr add 10.9.0.%d/32 dev eth0 && "
			     "ip route add 10.9.0.%d dev c%dh && "
			     "ip addr add 169.254.1.1/32 dev c%dh && "
			     "ip -n c%d route add 169.254.1.1 dev eth0 && "
			     "ip -n c%d route add default via 169.254.1.1",
			     i, i, i, i, i, i, i, i, i, i, i, i);
	assert_forwarded("c1", "10.9.0.2", NULL);
	firewall_succeeds("ADD", &c1, PTP("c1", "10.9.0.1"));
	firewall_succeeds("ADD", &c2, PTP("c2", "10.9.0.2"));
	assert_dropped("c1", "10.9.0.2", NULL);
	assert_forwarded("c1", OUTSIDE4, NULL);
	firewall_succeeds("DEL", &c1, PTP("c1", "10.9.0.1"));
	assert_forwarded("c1", "10.9.0.2", NULL);
}

/* As macvlan's: there is nothing on the host. */
static void policy__needs_an_interface_on_the_host(void **state)
{
	static const char *const results[] = {
		"'interfaces':[{'name':'eth0','sandbox':'/run/netns/a1'}],"
		"'ips':[{'interface':0,'address':'10.1.0.11/24'}]",
		"'ips':[{'address':'10.1.0.11/24'}]",
		"'interfaces':[{'name':''}],'ips':[{'address':'10.1.0.11/24'}]",
	};
	freeing char *before = firewall_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++) {
		freeing char *more =
			cni_format(SAME ",'prevResult':{'cniVersion':'1.1.0',%s}", results[i]);
		freeing char *open =
			cni_format("'prevResult':{'cniVersion':'1.1.0',%s}", results[i]);

		firewall_fails("ADD", &a1, more, CNI_ECONFIG, "'ingressPolicy' \"same-bridge\"");
		firewall_assert_unchanged(before);
		firewall_succeeds("ADD", &a1, open);
		firewall_succeeds("DEL", &a1, open);
		firewall_assert_unchanged(before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		firewall_test(policy__open_drops_nothing),
		firewall_test(policy__same_bridge_keeps_bridges_apart),
		firewall_test(policy__of_one_bridge_says_nothing_about_others),
		firewall_test(policy__holds_as_long_as_one_attachment_has_it),
		firewall_test(policy__isolated_keeps_the_bridge_from_itself),
		firewall_test(policy__isolated_drops_what_is_routed_back),
		firewall_test(policy__of_ptp_keeps_pods_apart),
		firewall_test(policy__needs_an_interface_on_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
