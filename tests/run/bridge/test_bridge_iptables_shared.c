/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Masquerade by iptables of two interfaces that a container has in a network: they share a chain. */
#include "cleanup.h"
#include "mem.h"
#include "nat_scene.h"
#include "suite.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#define KEYS	 GATEWAY ",'ipMasq':true," IPAM46
#define IPTABLES KEYS ",'ipMasqBackend':'iptables'"
#define NFTABLES KEYS ",'ipMasqBackend':'nftables'"

/* Attaches the pod's eth0. Returns the ADD of its eth1. */
static struct plugin_call open_for_two(struct pod *red, const char *config)
{
	struct plugin_call second;

	pod_open(red, "red");
	pod_add(red, config);
	second = pod_call(red, "ADD", config);
	second.ifname = "eth1";
	return second;
}

static void masquerade__of_two_interfaces_shares_a_chain(void **state)
{
	freeing char *config = bridge_config("1.0.0", IPTABLES);
	struct plugin_call second;
	struct pod red;

	skip_unless_nat();
	second = open_for_two(&red, config);
	plugin_succeeds(&second);
	sandbox_must("[ $(iptables -t nat -S POSTROUTING | grep -c CNI-) = 2 ]");
	pod_check(&red, config);
	second.command = "DEL";
	plugin_succeeds(&second);
	pod_del(&red, config);
	sandbox_must("! iptables-save -t nat | grep CNI-");
	pod_close(&red);
}

/* Attaches the pod's eth0 by `first`, and eth1 by the command of iptables. */
static struct pod attach_both(const char *first, const char *second)
{
	struct plugin_answer answer;
	struct plugin_call call;
	struct pod red;

	pod_open(&red, "red");
	pod_add(&red, first);
	call = pod_call(&red, "ADD", second);
	call.ifname = "eth1";
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	/* The results of the two are for CHECK of eth1. */
	pod_take(&red, &answer);
	plugin_answer_clear(&answer);
	return red;
}

static void check_eth1(const struct pod *red, const char *config)
{
	freeing char *with = pod_config(red, config);
	struct plugin_call call = pod_call(red, "CHECK", with);

	call.ifname = "eth1";
	plugin_succeeds(&call);
}

/* The addresses of the pod's last result alone lead to the chain: others may be another container's by now. */
static void assert_jumps(const struct pod *pod)
{
	const cJSON *ips = cni_json_get(pod->result, "ips");
	const char *ip4 = cni_json_get_string(cJSON_GetArrayItem(ips, 0), "address");
	const char *ip6 = cni_json_get_string(cJSON_GetArrayItem(ips, 1), "address");

	sandbox_must("[ \"$({ iptables -t nat -S POSTROUTING; ip6tables -t nat -S POSTROUTING; } | "
		     "grep -- '-j CNI-' | grep -o -- '-s [^/]*' | paste -sd' ')\" = "
		     "'-s %.*s -s %.*s' ]",
		     (int)strcspn(ip4, "/"), ip4, (int)strcspn(ip6, "/"), ip6);
}

/* The chain is still the other one's. */
static void masquerade__of_an_interface_stays_when_another_goes(void **state)
{
	freeing char *config = bridge_config("1.1.0", IPTABLES);
	freeing char *by_nft = bridge_config("1.1.0", NFTABLES);
	const char *const firsts[] = {config, by_nft};

	skip_unless_nat();
	for (size_t i = 0; i < 2; i++) {
		struct pod red = attach_both(firsts[i], config);
		struct plugin_call del = pod_call(&red, "DEL", firsts[i]);

		check_eth1(&red, config);
		plugin_succeeds(&del);
		plugin_succeeds(&del);
		check_eth1(&red, config);
		assert_jumps(&red);
		del.ifname = "eth1";
		plugin_succeeds(&del);
		sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-");
		sandbox_must("! ls /run/cni/masquerade/blue 2>/dev/null");
		pod_close(&red);
	}
}

static void masquerade__of_an_interface_stays_when_gc_collects_another(void **state)
{
	static const char valid[] =
		IPTABLES ",'cni.dev/valid-attachments':[{'containerID':'red','ifname':'eth1'}]";
	freeing char *config = bridge_config("1.1.0", IPTABLES);
	freeing char *collecting = bridge_config("1.1.0", valid);
	struct plugin_call gc = bridge_call("GC", collecting);
	struct plugin_call del;
	struct pod red;

	skip_unless_nat();
	red = attach_both(config, config);
	plugin_succeeds(&gc);
	check_eth1(&red, config);
	assert_jumps(&red);
	del = pod_call(&red, "DEL", config);
	del.ifname = "eth1";
	plugin_succeeds(&del);
	sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-");
	pod_close(&red);
}

/* The step after the last one fails: the result cannot be written. */
static void add_unheard(const struct plugin_call *call)
{
	FILE *file = fopen(SANDBOX_DIR "/unheard", "we");

	assert_non_null(file);
	fputs(call->config, file);
	assert_int_equal(fclose(file), 0);
	sandbox_must("! CNI_COMMAND=ADD CNI_CONTAINERID=%s CNI_NETNS=%s CNI_IFNAME=%s CNI_PATH=%s "
		     "%s <" SANDBOX_DIR "/unheard >/dev/full 2>" SANDBOX_DIR "/said",
		     call->container, call->netns, call->ifname, call->path, call->plugin);
}

static void masquerade__of_an_interface_stays_when_an_add_fails(void **state)
{
	freeing char *config = bridge_config("1.1.0", IPTABLES);
	struct plugin_call second;
	struct pod red;

	skip_unless_nat();
	second = open_for_two(&red, config);
	add_unheard(&second);
	pod_check(&red, config);
	assert_jumps(&red);
	pod_del(&red, config);
	sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-");
	pod_close(&red);
}

/* The next DEL removes the rules of addresses that a killed one has left. */
static void masquerade__of_an_interface_stays_when_a_del_is_killed(void **state)
{
	freeing char *config = bridge_config("1.1.0", IPTABLES);
	struct plugin_call add;
	struct plugin_call del;
	bool was_killed = true;
	unsigned int step = 0;
	struct pod red;

	skip_unless_nat();
	red = attach_both(config, config);
	add = pod_call(&red, "ADD", config);
	del = pod_call(&red, "DEL", config);
	for (; was_killed; step += trace_sparse_stride(17)) {
		was_killed = trace_kill(&del, step);
		plugin_succeeds(&del);
		check_eth1(&red, config);
		assert_jumps(&red);
		plugin_succeeds(&add);
	}
	assert_true(step > 100);
	plugin_succeeds(&del);
	del.ifname = "eth1";
	plugin_succeeds(&del);
	sandbox_must("! { iptables-save -t nat; ip6tables-save -t nat; } | grep CNI-");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nat_host_tests(masquerade__of_two_interfaces_shares_a_chain),
		nat_host_tests(masquerade__of_an_interface_stays_when_another_goes),
		nat_host_tests(masquerade__of_an_interface_stays_when_gc_collects_another),
		nat_host_tests(masquerade__of_an_interface_stays_when_an_add_fails),
		nat_host_tests(masquerade__of_an_interface_stays_when_a_del_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
