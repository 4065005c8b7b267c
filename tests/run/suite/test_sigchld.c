/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* A runtime may ignore or block SIGCHLD, and its plugins inherit that. Plugins that start
 * iptables succeed nevertheless: timeout(1) ends one that waits for ever. */
#include "cleanup.h"
#include "mem.h"
#include "nat_scene.h"
#include "test.h"

#define FIREWALL CNI_C_BINARY_DIR "/plugins/firewall"
#define RULES	 "{ iptables-save; ip6tables-save; } 2>/dev/null"

static const struct {
	const char *plugin;
	const char *more;
	const char *rule; /* of its ADD */
} chain[] = {
	{BRIDGE, GATEWAY ",'ipMasq':true,'ipMasqBackend':'iptables'," IPAM46,
	 "-A POSTROUTING -s 10.1.0.2/32"},
	{PORTMAP, "'type':'portmap','backend':'iptables'," PORTS(PORT(8080, 80, "tcp")),
	 "--to-destination 10.1.0.2:80"},
	{FIREWALL, "'type':'firewall','backend':'iptables'", "-A CNI-FORWARD -s 10.1.0.2/32"},
};
#define CHAIN (sizeof(chain) / sizeof(*chain))

static void run(struct pod *red, size_t number, const char *command, const char *signals)
{
	const char *const arguments[] = {"60", "env", signals, chain[number].plugin, NULL};
	freeing char *plain = bridge_config("1.0.0", chain[number].more);
	freeing char *config = pod_config(red, plain);
	struct plugin_call call = pod_call(red, command, config);
	struct plugin_answer answer;

	print_message("# %s %s %s\n", signals, command, chain[number].plugin);
	call.plugin = "/usr/bin/timeout";
	call.arguments = arguments;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	if (command[0] == 'A')
		pod_take(red, &answer);
	plugin_answer_clear(&answer);
}

static void plugins__end_whatever_is_done_with_sigchld(void **state)
{
	static const char *const signals[] = {"--ignore-signal=CHLD", "--block-signal=CHLD"};

	skip_unless_nat();
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct pod red;

		pod_open(&red, "red");
		for (size_t j = 0; j < CHAIN; j++) {
			run(&red, j, "ADD", signals[i]);
			sandbox_must(RULES " | grep -q -e '%s'", chain[j].rule);
		}
		for (size_t j = 0; j < CHAIN; j++)
			run(&red, j, "CHECK", signals[i]);
		for (size_t j = CHAIN; j-- > 0;) {
			run(&red, j, "DEL", signals[i]);
			sandbox_must("! " RULES " | grep -e '%s'", chain[j].rule);
		}
		sandbox_must("rm -r /var/lib/cni/networks/blue");
		pod_close(&red);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nat_host_tests(plugins__end_whatever_is_done_with_sigchld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
