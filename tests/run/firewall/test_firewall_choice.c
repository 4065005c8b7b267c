/* SPDX-License-Identifier: Apache-2.0 */
/* The backend that ADD chooses by itself, STATUS's report of it, and its record. firewalld is in
 * test_firewall_firewalld.c. */
#include "firewall_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>
#include <unistd.h>

static void assert_chosen(const char *backend, const char *about)
{
	freeing char *line = cni_format("backend %s", backend);
	freeing char *text = sandbox_read("cat /run/cni/firewall/blue/a1:eth0");

	if (!strstr(text, line))
		fail_msg("%s: %s, expected %s", about, text, line);
}

/* A host's commands, and the backend they lead to; each on a fresh host. */
static const struct host {
	const char *iptables; /* see firewall_use_iptables() */
	const char *setup;
	const char *backend;
	const char *needs; /* a command without which this host cannot be */
	bool in_vain;	   /* no backend helps: CHECK says so */
} hosts[] = {
	{"nft", "true", "nftables", NULL, false},
	/* It is not enough that iptables has been used. */
	{"nft", "iptables-nft -N X && ip6tables-nft -N X", "nftables", NULL, false},
	{"nft", "iptables-nft -P FORWARD DROP", "iptables", NULL, false},
	{"nft", "ip6tables-nft -P FORWARD DROP", "iptables", NULL, false},
	{"nft", "iptables-nft -P INPUT DROP && iptables-nft -P OUTPUT DROP", "nftables", NULL,
	 false},
	/* Where no rule of iptables would be of any use. */
	{"nft",
	 "nft 'add table inet filter; add chain inet filter forward { type filter hook forward "
	 "priority 0; policy drop; }'",
	 "nftables", NULL, true},
	{"legacy", "iptables-legacy -P FORWARD DROP", "iptables", "iptables-legacy -S", false},
	{"legacy", "ip6tables-legacy -P FORWARD DROP", "iptables", "ip6tables-legacy -S", false},
	{"legacy", "iptables-legacy -N X && ip6tables-legacy -N X", "nftables",
	 "iptables-legacy -S", false},
	{"legacy", "iptables-legacy -t nat -N X", "nftables", "iptables-legacy -t nat -S", false},
	{"legacy", "true", "nftables", "iptables-legacy -S", false},
	{"none",
	 "nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward "
	 "priority 0; policy drop; }'",
	 "nftables", NULL, true},
	{"none", "true", "nftables", NULL, false},
};

static int setup_host(void **state)
{
	const struct host *host = *state;

	if (firewall_setup(state) < 0)
		return -1;
	*state = (void *)(uintptr_t)host;
	return 0;
}

static void choice__is_the_first_that_is_of_use(void **state)
{
	const struct host *host = *state;

	/* In a namespace of its own: to ask would be to load it. */
	if (host->needs && sandbox_run("unshare -n %s >/run/out 2>&1", host->needs) != 0)
		skip_because("'%s' fails here", host->needs);
	firewall_use_iptables(host->iptables);
	sandbox_must("%s", host->setup);
	for (int i = 0; i < 2; i++) {
		firewall_succeeds("ADD", &a1, i ? "'backend':''" : "");
		assert_chosen(host->backend, host->setup);
		if (host->in_vain)
			firewall_fails("CHECK", &a1, "", CNI_EMISMATCH, "is drop, which backend");
		else
			firewall_succeeds("CHECK", &a1, "");
		firewall_succeeds("DEL", &a1, "");
	}
}

/* Why, in the trace. */
static void choice__is_traced(void **state)
{
	static const char *const trace[] = {"CNI_C_TRACE=1", NULL};
	freeing char *config = firewall_config(&a1, "");
	struct plugin_call call = firewall_call(&a1, "ADD", config);
	struct plugin_answer answer;

	(void)state;
	sandbox_must("iptables-nft -P FORWARD DROP");
	call.environment = trace;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, "choose firewall   iptables-nft: the policy of chain "
					   "'FORWARD' of table 'ip filter' is drop\n"));
	plugin_answer_clear(&answer);
}

/* Why it is not firewalld: there is no bus, or none where one should be. */
static void choice__without_a_bus_is_as_without_firewalld(void **state)
{
	static const struct {
		const char *environment[3];
		const char *text;
	} cases[] = {
		{{"CNI_C_TRACE=1", NULL},
		 "firewalld is not running: no system bus at '/var/run/dbus/system_bus_socket'"},
		{{"CNI_C_TRACE=1", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere", NULL},
		 "firewalld is not running: no system bus at 'unix:path=/nowhere'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *chosen = firewall_config(&a1, "");
		freeing char *given = firewall_config(&a2, "'backend':'firewalld'");
		freeing char *line =
			cni_format("choose firewall   not firewalld: %s", cases[i].text);
		struct plugin_call call = firewall_call(&a1, "ADD", chosen);
		struct plugin_answer answer;

		call.environment = cases[i].environment;
		answer = plugin_run(&call);
		plugin_assert_success(&answer);
		if (!strstr(answer.err, line))
			fail_msg("%s, expected %s", answer.err, line);
		plugin_answer_clear(&answer);
		call = firewall_call(&a2, "ADD", given);
		call.environment = cases[i].environment;
		plugin_fails(&call, CNI_EMISSING, cases[i].text);
		call = firewall_call(&a1, "DEL", chosen);
		call.environment = cases[i].environment;
		plugin_succeeds(&call);
	}
}

/* A bus that takes connections and says no more is no reason to take another backend: firewalld may
 * be behind it. Waiting for it is bounded. */
static void choice__waits_for_the_bus_and_says_so(void **state)
{
	static const char *const silent[] = {
		"DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/sandbox/silent", NULL};
	freeing char *before = NULL;
	freeing char *config = NULL;
	struct plugin_call call;

	(void)state;
	if (!getenv("CNI_C_SLOW"))
		skip_because("it takes ten seconds: CNI_C_SLOW");
	config = firewall_config(&a1, "");
	call = firewall_call(&a1, "ADD", config);
	before = firewall_snapshot();
	sandbox_must("python3 -c 'import socket,time;s=socket.socket(socket.AF_UNIX);"
		     "s.bind(\"/run/sandbox/silent\");s.listen();time.sleep(60)' &");
	sandbox_await("[ -S /run/sandbox/silent ]");
	call.environment = silent;
	plugin_fails(&call, CNI_EDELEGATE, "the system bus did not answer in time");
	firewall_assert_unchanged(before);
}

/* ---- remembered ---- */

/* In between, the host has become one on which the choice would be another. */
static void choice__is_remembered(void **state)
{
	freeing char *before = NULL;

	(void)state;
	firewall_use_iptables("nft");
	sandbox_must("iptables -P FORWARD DROP");
	firewall_succeeds("ADD", &a2, "");
	firewall_succeeds("DEL", &a2, "");
	before = firewall_snapshot();
	firewall_succeeds("ADD", &a1, "");
	assert_chosen("iptables", "dropping");
	sandbox_must("iptables -P FORWARD ACCEPT");
	firewall_succeeds("CHECK", &a1, "");
	firewall_succeeds("ADD", &a2, "");
	firewall_bare_del(&a2);
	firewall_bare_del(&a1);
	sandbox_must("iptables -P FORWARD DROP");
	firewall_assert_unchanged(before);
	/* And the other way round. */
	sandbox_must("iptables -P FORWARD ACCEPT");
	firewall_succeeds("ADD", &a1, "");
	assert_chosen("nftables", "accepting");
	sandbox_must("iptables -P FORWARD DROP");
	firewall_fails("CHECK", &a1, "", CNI_EMISMATCH,
		       "the policy of chain 'FORWARD' of table 'ip filter' is drop");
	firewall_succeeds("DEL", &a1, "");
	firewall_assert_unchanged(before);
}

/* DEL looks into the file, not into the configuration, which may have changed. */
static void choice__of_the_configuration_may_change(void **state)
{
	static const char *const others[] = {"'backend':'nftables'", "'backend':'none'",
					     "'backend':'firewalld'", "'backend':'nonsense'",
					     "'backend':7,'iptablesAdminChainName':'other'"};
	freeing char *before = NULL;

	(void)state;
	firewall_use_iptables("nft");
	firewall_succeeds("ADD", &a1, "'backend':'iptables'");
	firewall_succeeds("DEL", &a1, "");
	before = firewall_snapshot();
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		firewall_succeeds("ADD", &a1, "'backend':'iptables','ingressPolicy':'isolated'");
		firewall_succeeds("DEL", &a1, others[i]);
		firewall_assert_unchanged(before);
	}
}

/* iptables-restore is gone by the time of DEL. While its rules are there that is said, so that DEL
 * comes again; when they are not, nothing is missed. */
static void choice__survives_its_commands(void **state)
{
	(void)state;
	firewall_use_iptables("nft");
	firewall_succeeds("ADD", &a1, "'backend':'iptables'");
	firewall_use_iptables("none");
	firewall_fails("DEL", &a1, "", CNI_EMISSING, "iptables-restore");
	assert_chosen("iptables", "after a DEL that failed");
	firewall_fails("GC", NULL, "'cni.dev/valid-attachments':[]", CNI_EMISSING,
		       "iptables-restore");
	firewall_fails("ADD", &a2, "'backend':'iptables'", CNI_EMISSING, "iptables-restore");
	sandbox_must("! [ -e /run/cni/firewall/blue/a2:eth0 ]");
	sandbox_must("nft flush ruleset");
	firewall_succeeds("DEL", &a1, "");
	sandbox_must("! [ -e /run/cni/firewall/blue ]");
}

/* ---- STATUS ---- */

static void status__says_whether_an_add_would_work(void **state)
{
	static const struct {
		const char *which;
		const char *more;
		const char *text; /* NULL: all is well */
	} cases[] = {
		{"nft", "", NULL},
		{"nft", "'backend':'nftables'", NULL},
		{"nft", "'backend':'iptables'", NULL},
		{"nft", "'backend':'none','ingressPolicy':'isolated'", NULL},
		{"nft", "'backend':'firewalld'", "firewalld is not running"},
		{"none", "'backend':'iptables'", "no command 'iptables-restore'"},
		{"none", "'backend':'nftables'", NULL},
		{"none", "", NULL},
	};
	freeing char *before = NULL;

	(void)state;
	before = firewall_snapshot();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		firewall_use_iptables(cases[i].which);
		if (cases[i].text)
			firewall_fails("STATUS", NULL, cases[i].more, CNI_EUNAVAILABLE,
				       cases[i].text);
		else
			firewall_succeeds("STATUS", NULL, cases[i].more);
	}
	firewall_assert_unchanged(before);
}

/* Honest: an accept of ours is no help against a drop there. And so it is. */
static void status__names_a_chain_that_drops(void **state)
{
	static const struct {
		const char *family;
		const char *chain;
	} drops[] = {{"ip", "FORWARD"}, {"ip6", "FORWARD"}, {"inet", "forward"}};

	(void)state;
	for (size_t i = 0; i < sizeof(drops) / sizeof(*drops); i++) {
		freeing char *text =
			cni_format("'%s' of table '%s filter'", drops[i].chain, drops[i].family);

		sandbox_must("nft 'add table %s filter; add chain %s filter %s { type filter hook "
			     "forward priority 0; policy drop; }'",
			     drops[i].family, drops[i].family, drops[i].chain);
		firewall_fails("STATUS", NULL, "'backend':'nftables'", CNI_ELIMITED, text);
		firewall_succeeds("STATUS", NULL, "'backend':'none'");
		firewall_succeeds("ADD", &a1, "'backend':'nftables'");
		assert_dropped("a1", i == 1 ? NULL : OUTSIDE4, i == 0 ? NULL : OUTSIDE6);
		firewall_succeeds("DEL", &a1, "'backend':'nftables'");
		sandbox_must("nft delete table %s filter", drops[i].family);
		firewall_succeeds("STATUS", NULL, "'backend':'nftables'");
	}
}

#define host_test(i)                                                                               \
	{                                                                                          \
		"choice__is_the_first_that_is_of_use (" #i ")",                                    \
			choice__is_the_first_that_is_of_use, setup_host, firewall_teardown,        \
			(void *)(uintptr_t)&hosts[i]                                               \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(0),
		host_test(1),
		host_test(2),
		host_test(3),
		host_test(4),
		host_test(5),
		host_test(6),
		host_test(7),
		host_test(8),
		host_test(9),
		host_test(10),
		host_test(11),
		host_test(12),
		firewall_test(choice__is_traced),
		firewall_test(choice__without_a_bus_is_as_without_firewalld),
		firewall_test(choice__waits_for_the_bus_and_says_so),
		firewall_test(choice__is_remembered),
		firewall_test(choice__of_the_configuration_may_change),
		firewall_test(choice__survives_its_commands),
		firewall_test(status__says_whether_an_add_would_work),
		firewall_test(status__names_a_chain_that_drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
