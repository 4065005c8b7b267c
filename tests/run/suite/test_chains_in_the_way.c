/* SPDX-License-Identifier: Apache-2.0 */
/* Another program has a chain with a name that a plugin needs, of the other kind: the error names the chain and its
 * table, and nothing is left. test_firewall_verbs has those of the firewall. */
#include "bridge.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define MASQUERADED GATEWAY ",'ipMasq':true," IPAM46
#define PUBLISHED                                                                                  \
	"'capabilities':{'portMappings':true},'runtimeConfig':{'portMappings':[{'hostPort':8080,"  \
	"'containerPort':80,'protocol':'tcp'}]}"
#define BY_IPTABLES ",'ipMasqBackend':'iptables'"

static const struct {
	const char *plugin;
	const char *more;
	int code;
	const char *table;
	const char *chain; /* with its description */
	const char *says;
} cases[] = {
	{"bridge", MASQUERADED BY_IPTABLES, CNI_EDELEGATE, "ip nat", "POSTROUTING",
	 "chain 'POSTROUTING' of table 'ip nat' is at no hook"},
	{"bridge", MASQUERADED BY_IPTABLES, CNI_EDELEGATE, "ip6 nat", "POSTROUTING",
	 "chain 'POSTROUTING' of table 'ip6 nat' is at no hook"},
	{"ptp", "'ipMasq':true," IPAM46 BY_IPTABLES, CNI_EDELEGATE, "ip nat", "POSTROUTING",
	 "chain 'POSTROUTING' of table 'ip nat' is at no hook"},
	{"portmap", PUBLISHED ",'backend':'iptables'", CNI_EDELEGATE, "ip nat", "OUTPUT",
	 "chain 'OUTPUT' of table 'ip nat' is at no hook"},
	{"portmap", PUBLISHED ",'backend':'iptables'", CNI_EDELEGATE, "ip nat",
	 "CNI-HOSTPORT-DNAT { type nat hook prerouting priority 5; }",
	 "chain 'CNI-HOSTPORT-DNAT' of table 'ip nat' is at a hook"},
	{"bridge", MASQUERADED, CNI_EKERNEL, "inet cni", "postrouting",
	 "chain 'postrouting' of table 'inet cni'"},
	{"ptp", "'ipMasq':true," IPAM46, CNI_EKERNEL, "inet cni", "postrouting",
	 "chain 'postrouting' of table 'inet cni'"},
	{"portmap", PUBLISHED, CNI_EKERNEL, "inet cni_portmap", "prerouting",
	 "chain 'prerouting' of table 'inet cni_portmap'"},
	{"firewall", "'backend':'nftables'", CNI_EKERNEL, "inet cni_firewall", "forward",
	 "chain 'forward' of table 'inet cni_firewall'"},
	{"bridge", GATEWAY ",'macspoofchk':true," IPAM46, CNI_EKERNEL, "bridge cni", "prerouting",
	 "of table 'bridge cni'"},
};

static void add__names_the_chain(void **state)
{
	freeing char *plain = bridge_config("1.0.0", IPAM46);
	struct pod made;
	struct pod red;

	(void)state;
	pod_open(&made, "made");
	pod_add(&made, plain);
	pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool is_chained = !strstr(cases[i].more, "ipam");
		const struct pod *pod = is_chained ? &made : &red;
		freeing char *plugin = cni_format(CNI_C_BINARY_DIR "/plugins/%s", cases[i].plugin);
		freeing char *more = cni_format("'name':'green','bridge':'br1',%s", cases[i].more);
		freeing char *base = bridge_config("1.0.0", more);
		freeing char *config = pod_config(pod, base);
		struct plugin_call call = pod_call(pod, "ADD", config);

		call.plugin = plugin;
		sandbox_must("nft 'add table %s; add chain %s %s'", cases[i].table, cases[i].table,
			     cases[i].chain);
		plugin_fails(&call, cases[i].code, cases[i].says);
		assert_shown(NULL, "1", "ip -j link show type veth");
		sandbox_must("! ls /var/lib/cni/networks/green/1* 2>/dev/null; nft flush ruleset");
		call.command = "DEL";
		plugin_succeeds(&call);
	}
	pod_close(&red);
	pod_del(&made, plain);
	pod_close(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__names_the_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
