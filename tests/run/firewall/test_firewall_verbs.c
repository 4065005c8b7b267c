/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs: results pass through, CHECK notices single damages and MEND puts them back. Behaviour
 * common to all backends is in test_firewall_ways.c. */
#include "firewall_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

/* ---- ADD ---- */

static void add__answers_the_prev_result(void **state)
{
	static const struct {
		const char *version;
		const char *prev;
	} cases[] = {
		{"0.1.0", "{'cniVersion':'0.1.0','ip4':{'ip':'10.1.0.11/24'},'dns':{}}"},
		{"0.2.0", "{'cniVersion':'0.2.0','ip4':{'ip':'10.1.0.11/24'},"
			  "'dns':{'nameservers':['10.1.0.1']}}"},
		{"0.3.1", "{'cniVersion':'0.3.1','interfaces':[{'name':'br0'}],"
			  "'ips':[{'version':'4','address':'10.1.0.11/24'}],'dns':{}}"},
		{"0.4.0", "{'cniVersion':'0.4.0','interfaces':[{'name':'br0'},{'name':'eth0',"
			  "'sandbox':'/run/netns/a1'}],'ips':[{'version':'4','interface':1,"
			  "'address':'10.1.0.11/24','gateway':'10.1.0.1'}],"
			  "'routes':[{'dst':'0.0.0.0/0'}],'dns':{'domain':'x'}}"},
		{"1.0.0", "{'cniVersion':'1.0.0','ips':[{'address':'fd01::11/64'}]}"},
		{"1.1.0", "{'cniVersion':'1.1.0','interfaces':[{'name':'br0','mtu':1400}],"
			  "'ips':[{'address':'10.1.0.11/24'},{'address':'fd01::11/64'}],"
			  "'routes':[{'dst':'::/0','mtu':1300,'priority':7}]}"},
		{"1.1.0", "{'cniVersion':'1.1.0'}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *more = cni_format("'cniVersion':'%s','prevResult':%s",
						cases[i].version, cases[i].prev);
		freeing char *config = firewall_config(&a1, more);
		struct plugin_call call = firewall_call(&a1, "ADD", config);
		struct plugin_answer answer = plugin_run(&call);

		plugin_assert_success(&answer);
		assert_json(answer.json, "", cases[i].prev);
		plugin_answer_clear(&answer);
		firewall_succeeds("DEL", &a1, more);
	}
}

static void add__is_chained(void **state)
{
	freeing char *config = firewall_config(NULL, "");
	struct plugin_call call = firewall_call(&a1, "ADD", config);
	freeing char *before = firewall_snapshot();

	(void)state;
	plugin_fails(&call, CNI_ECONFIG, "must be called as chained plugin");
	firewall_assert_unchanged(before);
}

static void add__refuses_wrong_values_by_name(void **state)
{
	static const struct {
		const char *more;
		const char *says;
	} cases[] = {
		{"'backend':'ipchains'", "'backend' is \"ipchains\", expected \"nftables\""},
		{"'backend':'Iptables'", "'backend' is \"Iptables\""},
		{"'backend':7", "'backend'"},
		{"'ingressPolicy':'closed'",
		 "unknown ingress policy: 'ingressPolicy' is \"closed\""},
		{"'ingressPolicy':['open']", "'ingressPolicy'"},
		{"'iptablesAdminChainName':'A B'", "'iptablesAdminChainName' is \"A B\""},
		{"'iptablesAdminChainName':'-A'", "'iptablesAdminChainName'"},
		{"'iptablesAdminChainName':'A\\n-F'", "'iptablesAdminChainName'"},
		{"'iptablesAdminChainName':'A\\\"'", "'iptablesAdminChainName'"},
		{"'iptablesAdminChainName':'01234567890123456789012345678'", "at most 28"},
		{"'iptablesAdminChainName':'FORWARD'", "a chain of its own"},
		{"'iptablesAdminChainName':'CNI-FORWARD'", "a chain of its own"},
		{"'firewalldZone':'a b'", "'firewalldZone' is \"a b\""},
		{"'firewalldZone':'\xc3\xbc'", "'firewalldZone'"},
		{"'firewalldZone':{}", "'firewalldZone'"},
	};
	freeing char *before = firewall_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		firewall_fails("ADD", &a1, cases[i].more, CNI_ECONFIG, cases[i].says);
		firewall_fails("CHECK", &a1, cases[i].more, CNI_ECONFIG, cases[i].says);
		firewall_fails("STATUS", NULL, cases[i].more, CNI_ECONFIG, cases[i].says);
		firewall_assert_unchanged(before);
	}
	/* And takes the longest name there is. */
	firewall_succeeds("ADD", &a1,
			  "'backend':'iptables','iptablesAdminChainName':"
			  "'0123456789012345678901234567'");
	firewall_succeeds("DEL", &a1, "");
}

/* An attachment that remembers it cannot be made is none. */
static void add__needs_to_remember(void **state)
{
	static const char *const obstacles[] = {
		"mkdir -p /run/cni && touch /run/cni/firewall",
		"mkdir -p /run/cni && ln -s /run/elsewhere /run/cni/firewall",
		"mkdir -p /run/cni/firewall && ln -s /run/elsewhere /run/cni/firewall/blue",
		"mkdir -p /run/cni/firewall/blue && mount -t tmpfs -o ro none "
		"/run/cni/firewall/blue",
	};

	(void)state;
	sandbox_must("mkdir /run/elsewhere");
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		freeing char *before = NULL;

		sandbox_must("%s", obstacles[i]);
		before = firewall_snapshot();
		firewall_fails("ADD", &a1, "'backend':'nftables'", CNI_EIO, "/run/cni/firewall");
		firewall_assert_unchanged(before);
		sandbox_must("rmdir /run/elsewhere; mkdir /run/elsewhere");
		sandbox_must("umount /run/cni/firewall/blue 2>/dev/null; rm -rf /run/cni");
	}
}

/* A chain of a name that iptables uses, and of another kind: nft(8) made it. */
static void add__names_a_chain_of_iptables_that_is_in_its_way(void **state)
{
	static const struct {
		const char *family;
		const char *chain;
		const char *more;
		const char *says;
	} cases[] = {
		{"ip", "FORWARD", "", "chain 'FORWARD' of table 'ip filter' is at no hook"},
		{"ip6", "FORWARD", "", "chain 'FORWARD' of table 'ip6 filter' is at no hook"},
		{"ip", "CNI-FORWARD", "{ type filter hook forward priority 5; }",
		 "chain 'CNI-FORWARD' of table 'ip filter' is at a hook"},
		{"ip6", "CNI-ADMIN", "{ type filter hook input priority 5; }",
		 "chain 'CNI-ADMIN' of table 'ip6 filter' is at a hook"},
	};

	(void)state;
	firewall_use_iptables("nft");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sandbox_must("nft 'add table %s filter; add chain %s filter %s %s'",
			     cases[i].family, cases[i].family, cases[i].chain, cases[i].more);
		firewall_fails("ADD", &a1, "'backend':'iptables'", CNI_EDELEGATE, cases[i].says);
		sandbox_must("nft flush ruleset");
		firewall_bare_del(&a1);
	}
	firewall_succeeds("ADD", &a1, "'backend':'iptables'");
}

/* ---- CHECK and MEND ---- */

static const struct {
	const char *way;
	const char *damage;
	const char *says;
} damages[] = {
	{"'backend':'nftables'", "nft flush set inet cni_firewall members4",
	 "10.1.0.11 is not in 'members4'"},
	{"'backend':'nftables'", "nft flush map inet cni_firewall addresses6",
	 "is not in 'addresses6'"},
	{"'backend':'nftables'", "nft flush chain inet cni_firewall forward",
	 "has 0 rules, expected 6"},
	{"'backend':'nftables'", "nft flush ruleset", "has 0 rules, expected 6"},
	{"'backend':'nftables'", "rm /run/cni/firewall/blue/a1:eth0",
	 "'/run/cni/firewall/blue/a1:eth0' is not there"},
	{"'backend':'nftables'", "echo > /run/cni/firewall/blue/a1:eth0",
	 "'/run/cni/firewall/blue/a1:eth0' is not there or cannot be read"},
	{"'backend':'nftables'", "sed -i /fd01/d /run/cni/firewall/blue/a1:eth0",
	 "'/run/cni/firewall/blue/a1:eth0' is not there or cannot be read"},
	/* As an earlier version has written it, without a digest. */
	{"'backend':'nftables'", "sed -i '/fd01/d; /digest/d' /run/cni/firewall/blue/a1:eth0",
	 "has other addresses than the prevResult"},
	{"'backend':'iptables'", "rm /run/cni/firewall/blue/a1:eth0",
	 "'/run/cni/firewall/blue/a1:eth0' is not there"},
	{"'backend':'iptables'", "iptables -F CNI-FORWARD", "iptables-nft has no rule"},
	{"'backend':'iptables'", "ip6tables -F FORWARD", "ip6tables-nft has no rule 'FORWARD"},
	{"'backend':'iptables'", "nft flush ruleset", "iptables-nft has no rule"},
	{"'backend':'none','ingressPolicy':'isolated'", "nft flush set inet cni_firewall isolated",
	 "br0 is not in 'isolated'"},
	{"'backend':'iptables','ingressPolicy':'same-bridge'",
	 "nft flush set inet cni_firewall same", "br0 is not in 'same'"},
	{"'backend':'iptables','ingressPolicy':'same-bridge'",
	 "nft flush set inet cni_firewall bridges", "br0 is not in 'bridges'"},
	{"'backend':'iptables','ingressPolicy':'same-bridge'", "nft delete table inet cni_firewall",
	 "has 0 rules, expected 6"},
};

static void check__says_what_is_missing_and_mend_puts_it_back(void **state)
{
	(void)state;
	firewall_use_iptables("nft");
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		firewall_succeeds("ADD", &a1, damages[i].way);
		firewall_succeeds("CHECK", &a1, damages[i].way);
		firewall_succeeds("MEND", &a1, damages[i].way);
		sandbox_must("%s", damages[i].damage);
		firewall_fails("CHECK", &a1, damages[i].way, CNI_EMISMATCH, damages[i].says);
		firewall_succeeds("MEND", &a1, damages[i].way);
		firewall_succeeds("CHECK", &a1, damages[i].way);
		firewall_bare_del(&a1);
		assert_lines(0, "10.1.0.11", "nft list ruleset 2>/dev/null; iptables -S");
		assert_lines(0, "fd01::11", "nft list ruleset 2>/dev/null; ip6tables -S");
	}
}

/* The configuration has changed since ADD. */
static void check__notices_another_policy(void **state)
{
	(void)state;
	firewall_succeeds("ADD", &a1, "'backend':'nftables','ingressPolicy':'same-bridge'");
	firewall_fails("CHECK", &a1, "'backend':'nftables','ingressPolicy':'isolated'",
		       CNI_EMISMATCH, "jumps to 'same-br0', expected 'isolated-br0'");
	firewall_fails("CHECK", &a1, "'backend':'nftables'", CNI_EMISMATCH, "expected 'open'");
}

/* ---- files ---- */

static void files__are_for_root_only(void **state)
{
	freeing char *text = NULL;

	(void)state;
	firewall_use_iptables("nft");
	firewall_succeeds("ADD", &a1,
			  "'backend':'iptables','firewalldZone':'work',"
			  "'iptablesAdminChainName':'MINE'");
	text = sandbox_read("cd /run/cni && stat -c '%%a %%n' . firewall firewall/blue "
			    "firewall/blue/a1:eth0; readlink firewall/.claims/fd01::11; "
			    "sed 's/^digest [0-9a-f]\\{32\\}$/digest/; s/^link veth.*/link/' "
			    "firewall/blue/a1:eth0");
	assert_string_equal(text, "700 .\n"
				  "700 firewall\n"
				  "700 firewall/blue\n"
				  "600 firewall/blue/a1:eth0\n"
				  "../blue/a1:eth0\n"
				  "backend iptables\n"
				  "tool iptables-nft\n"
				  "address 10.1.0.11\n"
				  "address fd01::11\n"
				  "link\n"
				  "zone work\n"
				  "admin-chain MINE\n"
				  "digest\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		firewall_test(add__answers_the_prev_result),
		firewall_test(add__is_chained),
		firewall_test(add__refuses_wrong_values_by_name),
		firewall_test(add__needs_to_remember),
		firewall_test(check__says_what_is_missing_and_mend_puts_it_back),
		firewall_test(add__names_a_chain_of_iptables_that_is_in_its_way),
		firewall_test(check__notices_another_policy),
		firewall_test(files__are_for_root_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
