/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --reference runs it as well. */
/* A node that is upgraded with its containers running: rules that the Go plugins have made, and our
 * CHECK, DEL and GC. Newer ones than Debian's have a choice of backends, which older ones take no
 * notice of. */
#include "cleanup.h"
#include "mem.h"
#include "published.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GC_BUT_BLUE "'cni.dev/valid-attachments':[{'containerID':'blue','ifname':'eth0'}]"

#define skip_without_parts()                                                                       \
	do {                                                                                       \
		skip_without_go();                                                                 \
		if (sandbox_run("iptables --version | grep -q nf_tables && "                       \
				"iptables -t nat -S >/dev/null 2>&1") != 0)                        \
			skip_because("there is no iptables of nf_tables");                         \
	} while (0)

static char *rules(void)
{
	/* It says which tables iptables is at work in. */
	return sandbox_read("nft -s list ruleset 2>/dev/null");
}

/* Runs a portmap: ours, or the Go plugins'. */
static struct plugin_answer publish(const char *portmap, const struct pod *pod, const char *command,
				    const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = portmap_call(pod, command, with);

	call.plugin = portmap;
	return plugin_run(&call);
}

static void publish_succeeds(const char *portmap, const struct pod *pod, const char *command,
			     const char *config)
{
	struct plugin_answer answer = publish(portmap, pod, command, config);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

/* ---- bridge ---- */

/* The Go plugin's configuration, and ours. */
static const struct {
	const char *theirs;
	const char *ours;
} cases[] = {
	{"'ipMasq':true,'ipMasqBackend':'iptables'", "'ipMasq':true"},
	{"'ipMasq':true,'ipMasqBackend':'nftables'", "'ipMasq':true"},
	{"'macspoofchk':true", "'macspoofchk':true"},
};

/* Blue and then red, attached by the Go plugin as cases[i] says. */
struct node {
	char *theirs;
	char *config; /* the same for ours */
	char *before; /* the rules without red's */
	struct pod red;
	struct pod blue;
};

static void open_node(struct node *node, size_t i)
{
	freeing char *their_keys = cni_format(GATEWAY "," IPAM46 ",%s", cases[i].theirs);
	freeing char *our_keys = cni_format(GATEWAY "," IPAM46 ",%s", cases[i].ours);

	node->theirs = bridge_config("1.0.0", their_keys);
	node->config = bridge_config("1.0.0", our_keys);
	pod_open(&node->red, "red");
	pod_open(&node->blue, "blue");
	suite_add(&suite_go, &node->blue, node->theirs);
	node->before = rules();
	suite_add(&suite_go, &node->red, node->theirs);
}

static void assert_only_reds_are_gone(const struct node *node)
{
	freeing char *after = rules();

	sandbox_assert_same(node->before, after);
	suite_succeeds(&suite_ours, &node->blue, "CHECK", node->config);
}

static void close_node(struct node *node)
{
	suite_succeeds(&suite_ours, &node->blue, "DEL", node->config);
	pod_close(&node->red);
	pod_close(&node->blue);
	suite_forget_network();
	free(node->before);
	free(node->config);
	free(node->theirs);
}

static void upgrade__check_and_del_know_gos_bridge(void **state)
{
	(void)state;
	skip_without_parts();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct node node;

		open_node(&node, i);
		suite_succeeds(&suite_ours, &node.red, "CHECK", node.config);
		suite_succeeds(&suite_ours, &node.red, "DEL", node.config);
		suite_assert_detached(&node.red, "10.1.0.3");
		assert_only_reds_are_gone(&node);
		/* Its own plugin is content with the other one's as well. */
		suite_succeeds(&suite_go, &node.blue, "CHECK", node.theirs);
		close_node(&node);
	}
}

static void upgrade__check_misses_gos_rules(void **state)
{
	(void)state;
	skip_without_parts();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plugin_answer answer;
		struct node node;

		open_node(&node, i);
		sandbox_must("nft flush ruleset");
		answer = suite_ask(&suite_ours, &node.red, "CHECK", node.config);
		plugin_assert_error(&answer, CNI_EMISMATCH, NULL);
		plugin_answer_clear(&answer);
		suite_succeeds(&suite_ours, &node.red, "DEL", node.config);
		close_node(&node);
	}
}

/* It checks no addresses. */
static void upgrade__gos_spoof_check_is_no_ipspoofchk(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM46 ",'macspoofchk':true,"
							      "'ipspoofchk':true");
	struct plugin_answer answer;
	struct pod red;

	(void)state;
	skip_without_parts();
	pod_open(&red, "red");
	suite_add(&suite_go, &red, config);
	answer = suite_ask(&suite_ours, &red, "CHECK", config);
	plugin_assert_error(&answer, CNI_EMISMATCH, "ipspoofchk");
	plugin_answer_clear(&answer);
	suite_succeeds(&suite_ours, &red, "DEL", config);
	pod_close(&red);
}

/* Spoof checks do not say of which network they are. */
static void upgrade__gc_knows_gos_masquerade(void **state)
{
	freeing char *collect =
		bridge_config("1.1.0", GATEWAY ",'ipMasq':true," IPAM46 "," GC_BUT_BLUE);
	struct plugin_call gc = bridge_call("GC", collect);

	(void)state;
	skip_without_parts();
	for (size_t i = 0; i < 2; i++) {
		struct node node;

		open_node(&node, i);
		plugin_succeeds(&gc);
		assert_only_reds_are_gone(&node);
		close_node(&node);
	}
}

/* ---- portmap ---- */

#define RED_PORTS  PORTS(PORT(8080, 80, "tcp"))
#define BLUE_PORTS PORTS(PORT(8081, 80, "udp"))

static const char *const backends[] = {"iptables", "nftables"};

static void upgrade__check_and_del_know_gos_ports(void **state)
{
	freeing char *network = bridge_config("1.0.0", GATEWAY "," IPAM46);
	freeing char *of_red = portmap_config("1.0.0", RED_PORTS);
	freeing char *of_blue = portmap_config("1.0.0", BLUE_PORTS);

	(void)state;
	skip_without_parts();
	for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
		freeing char *red_keys = cni_format(RED_PORTS ",'backend':'%s'", backends[i]);
		freeing char *blue_keys = cni_format(BLUE_PORTS ",'backend':'%s'", backends[i]);
		freeing char *their_red = portmap_config("1.0.0", red_keys);
		freeing char *their_blue = portmap_config("1.0.0", blue_keys);
		freeing char *before = NULL;
		freeing char *after = NULL;
		struct plugin_answer answer;
		struct pod red;
		struct pod blue;

		pod_open(&red, "red");
		pod_open(&blue, "blue");
		suite_add(&suite_ours, &red, network);
		suite_add(&suite_ours, &blue, network);
		publish_succeeds(GO_PORTMAP, &blue, "ADD", their_blue);
		before = rules();
		publish_succeeds(GO_PORTMAP, &red, "ADD", their_red);
		publish_succeeds(PORTMAP, &red, "CHECK", of_red);
		publish_succeeds(PORTMAP, &red, "DEL", of_red);
		after = rules();
		sandbox_assert_same(before, after);
		answer = publish(PORTMAP, &red, "CHECK", of_red);
		plugin_assert_error(&answer, CNI_EMISMATCH, "portmap");
		plugin_answer_clear(&answer);
		publish_succeeds(PORTMAP, &blue, "CHECK", of_blue);
		publish_succeeds(PORTMAP, &blue, "DEL", of_blue);
		suite_succeeds(&suite_ours, &red, "DEL", network);
		suite_succeeds(&suite_ours, &blue, "DEL", network);
		pod_close(&red);
		pod_close(&blue);
		suite_forget_network();
	}
}

/* Ports in iptables name their network. */
static void upgrade__gc_knows_gos_ports(void **state)
{
	freeing char *network = bridge_config("1.0.0", GATEWAY "," IPAM46);
	freeing char *of_red = portmap_config("1.0.0", RED_PORTS);
	freeing char *of_blue = portmap_config("1.0.0", BLUE_PORTS);
	freeing char *collect = portmap_config("1.1.0", GC_BUT_BLUE);
	struct plugin_call gc = {.plugin = PORTMAP, .command = "GC", .config = collect};
	freeing char *before = NULL;
	freeing char *after = NULL;
	struct pod red;
	struct pod blue;

	(void)state;
	skip_without_parts();
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	suite_add(&suite_ours, &red, network);
	suite_add(&suite_ours, &blue, network);
	publish_succeeds(GO_PORTMAP, &blue, "ADD", of_blue);
	before = rules();
	publish_succeeds(GO_PORTMAP, &red, "ADD", of_red);
	plugin_succeeds(&gc);
	after = rules();
	sandbox_assert_same(before, after);
	publish_succeeds(PORTMAP, &blue, "CHECK", of_blue);
	pod_close(&red);
	pod_close(&blue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(upgrade__check_and_del_know_gos_bridge),
		bridge_test(upgrade__check_misses_gos_rules),
		bridge_test(upgrade__gos_spoof_check_is_no_ipspoofchk),
		bridge_test(upgrade__gc_knows_gos_masquerade),
		bridge_test(upgrade__check_and_del_know_gos_ports),
		bridge_test(upgrade__gc_knows_gos_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
