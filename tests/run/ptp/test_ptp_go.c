/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test starts it first. */
/* scripts/test --reference runs it as well. */
/* Beside the Go plugin: the same result and the same kernel state, and attachments that one has made and
 * the other checks and deletes. */
#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "ptp.h"
#include "suite.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define skip_without_go_ptp()                                                                      \
	do {                                                                                       \
		if (access(GO_PTP, X_OK) != 0 || !suite_go_is_installed())                         \
			skip_because("the Go plugins are not installed in %s", GO_DIR);            \
	} while (0)

static const char *const keys[] = {
	IPAM4,
	IPAM46,
	"'mtu':1400," IPAM6,
	"'dns':{'nameservers':['9.9.9.9']}," IPAM46,
	IPAM("'subnet':'10.1.0.0/16','gateway':'10.1.200.200','routes':["
	     "{'dst':'10.9.0.0/16','gw':'10.1.200.200'},{'dst':'0.0.0.0/0'}]"),
};

/* The state with the names of veths masked, and without the flags of addresses: Go deletes the kernel's
 * route, we have it made without. */
static char *state_of_host(void)
{
	return sandbox_read(
		"{ ip -o addr show scope global; ip route; ip -6 route; "
		"ip -n red -o addr show eth0 scope global; ip -n red route; ip -n red -6 route; "
		"ip -n red -o link show eth0; } | "
		"sed -E 's/^[0-9]+: //; s/(veth[0-9a-f]+)/veth/g; s/ "
		"(nodad|noprefixroute|tentative)//g; "
		"s/link.ether [^ ]* //; s/@if[0-9]+//; /fe80/d; s/qlen 1000//; s/state [A-Z]*//; "
		"s/ +/ /g' | "
		"sort");
}

static cJSON *masked(const struct pod *pod)
{
	cJSON *copy = cni_json_copy(pod->result);
	cJSON *interface;
	cJSON *dns = cJSON_GetObjectItemCaseSensitive(copy, "dns");

	cJSON_ArrayForEach (interface, cJSON_GetObjectItemCaseSensitive(copy, "interfaces")) {
		if (!cJSON_GetObjectItemCaseSensitive(interface, "sandbox"))
			cJSON_DeleteItemFromObjectCaseSensitive(interface, "name");
		cJSON_DeleteItemFromObjectCaseSensitive(interface, "mac");
	}
	/* Newer ones leave out an empty one. */
	if (dns && !dns->child)
		cJSON_DeleteItemFromObjectCaseSensitive(copy, "dns");
	return copy;
}

struct made {
	cJSON *result;
	char *host;
};

static struct made make(const char *plugin, const char *path, const char *config)
{
	struct made made;
	struct pod red;

	pod_open(&red, "red");
	ptp_add_by(plugin, path, &red, config);
	made = (struct made){masked(&red), state_of_host()};
	ptp_del(&red, config);
	pod_close(&red);
	sandbox_must("rm -rf /var/lib/cni/networks");
	return made;
}

static void ptp__does_as_go(void **state)
{
	static const char *const versions[] = {"0.3.1", "1.0.0"};

	(void)state;
	skip_without_go_ptp();
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (size_t j = 0; j < sizeof(versions) / sizeof(*versions); j++) {
			freeing char *config = ptp_config(versions[j], keys[i]);
			struct made theirs = make(GO_PTP, GO_DIR, config);
			struct made ours = make(PTP, BRIDGE_PATH, config);

			fprintf(stderr, "# %s %s\n", versions[j], keys[i]);
			json_text_assert_equal(ours.result, theirs.result);
			sandbox_assert_same(theirs.host, ours.host);
			cJSON_Delete(theirs.result);
			cJSON_Delete(ours.result);
			free(theirs.host);
			free(ours.host);
		}
}

static void run(const char *plugin, const char *path, const struct pod *pod, const char *command,
		const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = ptp_call(pod, command, with);

	call.plugin = plugin;
	call.path = path;
	plugin_succeeds(&call);
}

static void assert_gone(const struct pod *pod)
{
	assert_int_not_equal(sandbox_run("ip -n %s link show eth0 2>/dev/null", pod->name), 0);
	assert_int_not_equal(sandbox_run("ip link show %s 2>/dev/null", pod->host), 0);
	assert_shown("[]", "", "ip -j route show 10.1.0.2");
	sandbox_must("! test -e /var/lib/cni/networks/green/10.1.0.2");
}

/* `first` makes red and blue, `then` checks both and deletes red. */
static void take_over(const char *first, const char *first_path, const char *then,
		      const char *then_path)
{
	freeing char *config = ptp_config("1.0.0", IPAM46);
	struct pod red;
	struct pod blue;

	pod_open(&red, "red");
	pod_open(&blue, "blue");
	ptp_add_by(first, first_path, &red, config);
	ptp_add_by(then, then_path, &blue, config);
	sandbox_must("ip netns exec blue ping -qc1 -W5 10.1.0.2 >/run/out");
	run(then, then_path, &red, "CHECK", config);
	run(first, first_path, &blue, "CHECK", config);
	run(then, then_path, &red, "DEL", config);
	assert_gone(&red);
	run(then, then_path, &blue, "CHECK", config);
	run(first, first_path, &blue, "DEL", config);
	assert_gone(&blue);
	pod_close(&blue);
	pod_close(&red);
	sandbox_must("rm -rf /var/lib/cni/networks");
}

static void ptp__and_go_take_each_other_over(void **state)
{
	(void)state;
	skip_without_go_ptp();
	take_over(GO_PTP, GO_DIR, PTP, BRIDGE_PATH);
	take_over(PTP, BRIDGE_PATH, GO_PTP, GO_DIR);
}

/* An upgraded node: rules in iptables, which our CHECK accepts and our DEL removes. */
static void ptp__deletes_gos_masquerade(void **state)
{
	freeing char *config = ptp_config("1.0.0", "'ipMasq':true," IPAM46);
	struct pod red;

	(void)state;
	skip_without_go_ptp();
	if (sandbox_run("iptables --version | grep -q nf_tables && "
			"iptables -t nat -S >/dev/null 2>&1") != 0)
		skip_because("there is no iptables of nf_tables");
	pod_open(&red, "red");
	ptp_add_by(GO_PTP, GO_DIR, &red, config);
	sandbox_must("iptables-save -t nat | grep -q 10.1.0.2");
	ptp_check(&red, config);
	run(PTP, BRIDGE_PATH, &red, "DEL", config);
	assert_gone(&red);
	sandbox_must("! iptables-save -t nat | grep -q 10.1.0.2 && "
		     "! iptables-save -t nat | grep -q -e '-A CNI-'");
	ptp_add_by(GO_PTP, GO_DIR, &red, config);
	sandbox_must("nft flush ruleset");
	ptp_check_fails(&red, config, "masquerade");
	ptp_del(&red, config);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(ptp__does_as_go),
		bridge_test(ptp__and_go_take_each_other_over),
		bridge_test(ptp__deletes_gos_masquerade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
