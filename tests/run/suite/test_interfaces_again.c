/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* A runtime that forgets a sandbox, behind each plugin that makes an interface: the next sandbox of the same pod takes
 * over, and the forgotten one loses what every plugin of the chain has made for it. */
#include "bandwidth.h"
#include "interface_scene.h"
#include "iptables_which.h"
#include "published.h"

#include "cleanup.h"
#include "mem.h"

#include <string.h>

#define POD                                                                                        \
	"IgnoreUnknown=1;K8S_POD_NAMESPACE=d;K8S_POD_NAME=p;K8S_POD_INFRA_CONTAINER_ID=x;"         \
	"K8S_POD_UID=7c5a9f6e-1d20-4a51-9f1e-000000000001"

static const struct {
	const char *version;
	const char *backend;
} variations[] = {
	{"0.4.0", "nftables"},
	{"1.0.0", "iptables"},
	{"1.1.0", "nftables"},
};

/* The plugins of a list, in its order: bandwidth needs an end on the host. */
enum { MAIN, PORTS_OF, FIREWALL_OF, LIMITS, CHAIN };

static char *config_of(const struct interface_row *row, int plugin, size_t variation)
{
	const char *backend = variations[variation].backend;
	freeing char *more = NULL;

	switch (plugin) {
	case MAIN:
		more = cni_strdup(IPAM46);
		break;
	case PORTS_OF:
		more = cni_format("'type':'portmap','backend':'%s'," PORTS(PORT(8081, 80, "tcp")),
				  backend);
		break;
	case FIREWALL_OF:
		more = cni_format("'type':'firewall','backend':'%s'", backend);
		break;
	default:
		more = cni_strdup("'type':'bandwidth'," BOTH);
	}
	return interface_config(row, variations[variation].version, more);
}

static void call(const struct interface_row *row, struct pod *pod, int plugin, size_t variation,
		 const char *command)
{
	static const char *const files[] = {NULL, PORTMAP, CNI_C_BINARY_DIR "/plugins/firewall",
					    BANDWIDTH};
	freeing char *plain = config_of(row, plugin, variation);
	freeing char *config = pod_config(pod, plain);
	struct plugin_call asked = pod_call(pod, command, config);
	struct plugin_answer answer;

	if (plugin == LIMITS && strcmp(row->kind, "veth") != 0)
		return;
	if (files[plugin])
		asked.plugin = files[plugin];
	asked.args = POD;
	answer = plugin_run(&asked);
	plugin_assert_success(&answer);
	if (!strcmp(command, "ADD"))
		pod_take(pod, &answer);
	plugin_answer_clear(&answer);
}

static void attach(const struct interface_row *row, struct pod *pod, size_t variation)
{
	for (int plugin = 0; plugin < CHAIN; plugin++)
		call(row, pod, plugin, variation, "ADD");
}

static void check(const struct interface_row *row, struct pod *pod, size_t variation)
{
	for (int plugin = 0; plugin < CHAIN; plugin++)
		call(row, pod, plugin, variation, "CHECK");
}

static void detach(const struct interface_row *row, struct pod *pod, size_t variation)
{
	for (int plugin = CHAIN; plugin-- > 0;)
		call(row, pod, plugin, variation, "DEL");
}

/* Names of containers are in comments, aliases and names of files; iptables knows addresses too. */
static void assert_has_nothing(const struct pod *pod, const char *address)
{
	interface_assert_nothing_in(pod);
	sandbox_must("! ip -d link | grep 'alias blue/%s/'", pod->name);
	sandbox_must("! nft list ruleset | grep -e 'blue/%s/eth0' -e 'id: .*%s'", pod->name,
		     pod->name);
	sandbox_must("! iptables-save 2>/dev/null | grep -F '%s'", address);
	sandbox_must("! grep -rl '^%s' /var/lib/cni/networks/blue --include='10.*' "
		     "--include='fd*'",
		     pod->name);
	sandbox_must("! find /run/cni -name '%s:*' | grep .", pod->name);
	sandbox_must("! find /run/cni -lname '*%s*' | grep .", pod->name);
}

static void add__of_the_same_pod_takes_over_from_every_plugin(const struct interface_row *row)
{
	for (size_t i = 0; i < sizeof(variations) / sizeof(*variations); i++) {
		struct pod s1;
		struct pod s2;

		if (!strcmp(variations[i].backend, "iptables") && !iptables_works("nat"))
			continue;
		print_message("# %s, %s\n", variations[i].version, variations[i].backend);
		interface_open(&s1, "s1", row);
		interface_open(&s2, "s2", row);
		attach(row, &s1, i);
		attach(row, &s2, i);
		assert_has_nothing(&s1, "10.1.0.2");
		check(row, &s2, i);
		/* The forgotten DEL comes at last, and twice. */
		for (int j = 0; j < 2; j++)
			detach(row, &s1, i);
		check(row, &s2, i);
		detach(row, &s2, i);
		assert_has_nothing(&s2, "10.1.0.3");
		sandbox_must("rm -rf /var/lib/cni/networks");
		pod_close(&s1);
		pod_close(&s2);
	}
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(add__of_the_same_pod_takes_over_from_every_plugin),
	};

	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
