/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* Beside the Go plugin, as on a node in the middle of an upgrade: each checks and deletes the
 * other's iptables rules. */
#include "firewall_scene.h"

#include "cleanup.h"
#include "mem.h"

#include <unistd.h>

#define BACKEND "'backend':'iptables'"

#define skip_unless_installed()                                                                    \
	do {                                                                                       \
		if (access(GO_FIREWALL, X_OK) != 0)                                                \
			skip_because("there is no %s", GO_FIREWALL);                               \
		/* The chains of both stay, its own for isolation too. */                          \
		firewall_use_iptables("nft");                                                      \
		by(GO_FIREWALL, "ADD", &b1, BACKEND ",'ingressPolicy':'same-bridge'");             \
		by(GO_FIREWALL, "DEL", &b1, BACKEND ",'ingressPolicy':'same-bridge'");             \
	} while (0)

/* As old as what Debian has of it. */
static struct plugin_answer ask(const char *plugin, const char *command, const struct host_pod *pod,
				const char *more)
{
	freeing char *old = cni_format(
		"'cniVersion':'1.0.0','prevResult':{'cniVersion':'1.0.0','interfaces':["
		"{'name':'%s'},{'name':'eth0','sandbox':'/run/netns/%s'}],"
		"'ips':[{'interface':1,'address':'%s/24'},{'interface':1,'address':'%s/64'}]},%s",
		pod->bridge, pod->name, pod->ip4, pod->ip6, more);
	freeing char *config = firewall_config(pod, old);
	struct plugin_call call = firewall_call(pod, command, config);

	call.plugin = plugin;
	return plugin_run(&call);
}

static void by(const char *plugin, const char *command, const struct host_pod *pod,
	       const char *more)
{
	struct plugin_answer answer = ask(plugin, command, pod, more);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

static void by_fails(const char *plugin, const char *command, const struct host_pod *pod,
		     const char *more)
{
	struct plugin_answer answer = ask(plugin, command, pod, more);

	assert_int_equal(answer.exit_code, 1);
	plugin_answer_clear(&answer);
}

static void go__checks_and_deletes_ours(void **state)
{
	static const char *const ways[] = {BACKEND, BACKEND ",'iptablesAdminChainName':'MINE'",
					   BACKEND ",'ingressPolicy':'same-bridge'"};
	freeing char *before = NULL;

	(void)state;
	skip_unless_installed();
	by(FIREWALL, "ADD", &a1, ways[1]);
	by(FIREWALL, "DEL", &a1, ways[1]);
	before = firewall_snapshot();
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		by(FIREWALL, "ADD", &a1, ways[i]);
		by(GO_FIREWALL, "CHECK", &a1, ways[i]);
		by(GO_FIREWALL, "DEL", &a1, ways[i]);
		by_fails(GO_FIREWALL, "CHECK", &a1, ways[i]);
		by_fails(FIREWALL, "CHECK", &a1, ways[i]);
		/* The Go plugin does not know our file, nor our policy in nf_tables. */
		by(FIREWALL, "DEL", &a1, ways[i]);
		firewall_assert_unchanged(before);
	}
}

/* Without a file; whether a backend is configured or not: without firewalld it takes iptables. */
static void ours__checks_and_deletes_those_of_go(void **state)
{
	static const char *const ways[] = {"'backend':''", BACKEND,
					   BACKEND ",'iptablesAdminChainName':'MINE'",
					   BACKEND ",'ingressPolicy':'same-bridge'"};
	freeing char *before = NULL;

	(void)state;
	skip_unless_installed();
	by(FIREWALL, "ADD", &a1, ways[2]);
	by(FIREWALL, "DEL", &a1, ways[2]);
	before = firewall_snapshot();
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		freeing char *made = NULL;

		by(GO_FIREWALL, "ADD", &a1, ways[i]);
		by(FIREWALL, "CHECK", &a1, ways[i]);
		made = firewall_snapshot();
		by(FIREWALL, "MEND", &a1, ways[i]);
		firewall_assert_unchanged(made);
		by(FIREWALL, "DEL", &a1, ways[i]);
		assert_lines(0, "ACCEPT", "iptables -S CNI-FORWARD; ip6tables -S CNI-FORWARD");
		by_fails(FIREWALL, "CHECK", &a1, ways[i]);
		by_fails(GO_FIREWALL, "CHECK", &a1, ways[i]);
		if (i < 3)
			firewall_assert_unchanged(before);
	}
}

/* Both use the same chains, once each, in either order. */
static void both__share_the_chains(void **state)
{
	(void)state;
	skip_unless_installed();
	by(FIREWALL, "ADD", &a1, BACKEND);
	by(GO_FIREWALL, "ADD", &a2, BACKEND);
	by(FIREWALL, "ADD", &b1, BACKEND);
	assert_lines(1, "-j CNI-FORWARD", "iptables -S FORWARD");
	assert_lines(1, "-j CNI-ADMIN", "iptables -S CNI-FORWARD");
	assert_lines(8, "ACCEPT", "iptables -S CNI-FORWARD");
	by(GO_FIREWALL, "CHECK", &a1, BACKEND);
	by(FIREWALL, "CHECK", &a2, BACKEND);
	by(FIREWALL, "DEL", &a1, BACKEND);
	by(FIREWALL, "DEL", &a2, BACKEND);
	by(GO_FIREWALL, "CHECK", &b1, BACKEND);
	by(FIREWALL, "DEL", &b1, BACKEND);
	assert_lines(0, "ACCEPT", "iptables -S CNI-FORWARD");
}

/* The pod of the Go plugin was never deleted; its address is another's by now. */
static void ours__late_del_of_go_leaves_the_next_one_its_rules(void **state)
{
	static const struct host_pod next = {"b1", "br0", "10.1.0.11", "fd01::11"};
	freeing char *before = NULL;
	freeing char *once = NULL;

	(void)state;
	skip_unless_installed();
	before = firewall_snapshot();
	by(FIREWALL, "ADD", &next, BACKEND);
	once = firewall_snapshot();
	by(FIREWALL, "DEL", &next, BACKEND);
	by(GO_FIREWALL, "ADD", &a1, BACKEND);
	by(FIREWALL, "ADD", &next, BACKEND);
	by(FIREWALL, "DEL", &a1, BACKEND);
	firewall_assert_unchanged(once);
	by(FIREWALL, "CHECK", &next, BACKEND);
	by(FIREWALL, "DEL", &next, BACKEND);
	firewall_assert_unchanged(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		firewall_test(go__checks_and_deletes_ours),
		firewall_test(ours__checks_and_deletes_those_of_go),
		firewall_test(both__share_the_chains),
		firewall_test(ours__late_del_of_go_leaves_the_next_one_its_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
