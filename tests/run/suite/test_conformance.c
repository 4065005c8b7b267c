/* SPDX-License-Identifier: Apache-2.0 */
/* Clauses of the specification that no other test shows, or that bridge breaks on purpose: see
 * docs/conformance.md. */
#include "attached.h"

#include "cleanup.h"
#include "error.h"
#include "mem.h"

#include <string.h>

/* As BuildKit and Nomad have it: loopback's result comes before bridge. */
static void add__of_a_bridge_drops_a_prev_result(void **state)
{
	freeing char *config = bridge_config(
		"1.0.0",
		FULL ",'prevResult':{'cniVersion':'1.0.0','interfaces':[{'name':'lo','mac':"
		     "'00:00:00:00:00:00','sandbox':'/run/netns/red'}],'ips':[{'address':"
		     "'127.0.0.1/8','interface':0}]}");
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "interfaces.0.name", "br0");
	assert_json(red.result, "interfaces.2.name", "eth0");
	assert_json(red.result, "interfaces.3", NULL);
	assert_json(red.result, "ips.0.address", "10.1.0.2/24");
	assert_json(red.result, "ips.2", NULL);
	pod_check(&red, config);
	pod_del(&red, config);
	pod_close(&red);
}

/* The kernel looks for duplicates of each new address of IPv6 meanwhile, those of the link as well. */
static void check__agrees_with_an_add_of_just_now(void **state)
{
	static const char *const mores[] = {
		FULL,
		FULL ",'enableDad':true",
		GATEWAY "," IPAM6,
		GATEWAY ",'enableDad':true,'ipspoofchk':true," IPAM6,
		"'ipMasq':true," IPAM46,
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mores) / sizeof(*mores); i++) {
		freeing char *config = bridge_config("1.0.0", mores[i]);
		struct pod red;

		/* Once on a new bridge, once on one that is there. */
		for (int turn = 0; turn < 2; turn++) {
			pod_open(&red, "red");
			sandbox_must("ip netns exec red sysctl -qw "
				     "net.ipv6.conf.default.accept_dad=1 "
				     "net.ipv6.conf.all.accept_dad=1");
			pod_add(&red, config);
			pod_check(&red, config);
			pod_del(&red, config);
			pod_close(&red);
		}
		sandbox_must("ip link del br0");
	}
}

static void check__passes_the_delegates_error_on(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY ",'ipam':{'type':'odd'}");
	freeing char *with = NULL;
	struct plugin_call asked;
	struct pod red;

	(void)state;
	bridge_add_script("odd",
			  "cat >/dev/null; case $CNI_COMMAND in ADD) echo '{\"cniVersion\":"
			  "\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.9/24\",\"gateway\":"
			  "\"10.1.0.1\"}]}';; CHECK) echo '{\"code\":117,\"msg\":\"the lease is "
			  "gone\"}'; exit 1;; esac");
	pod_open(&red, "red");
	pod_add(&red, config);
	with = pod_config(&red, config);
	asked = pod_call(&red, "CHECK", with);
	plugin_fails(&asked, 117, "the lease is gone");
	pod_del(&red, config);
	pod_close(&red);
}

/* A plugin answers in the version of the input, and lists all that it speaks. */
static void version__answers_in_the_version_of_the_input(void **state)
{
	static const char *const plugins[] = {
		"plugins/bandwidth",   "plugins/bridge", "plugins/dummy",    "plugins/firewall",
		"plugins/host-device", "plugins/ipvlan", "plugins/loopback", "plugins/macvlan",
		"plugins/portmap",     "plugins/ptp",	 "plugins/sbr",	     "plugins/tap",
		"plugins/tuning",      "plugins/vlan",	 "plugins/vrf",	     "ipam/dhcp",
		"ipam/host-local",     "ipam/static",
	};
	static const char *const versions[] = {"0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(plugins) / sizeof(*plugins); i++) {
		const char *version = versions[i % 3];
		freeing char *file = cni_format(CNI_C_BINARY_DIR "/%s", plugins[i / 3]);
		freeing char *config = cni_format("{\"cniVersion\":\"%s\"}", version);
		struct plugin_answer answer = plugin_run(&(struct plugin_call){
			.plugin = file, .command = "VERSION", .config = config});
		freeing char *supported = NULL;

		print_message("# %s %s\n", plugins[i / 3], version);
		plugin_assert_success(&answer);
		assert_json(answer.json, "cniVersion", version);
		supported = cni_json_print(cni_json_get(answer.json, "supportedVersions"));
		for (size_t j = 0; j < 3; j++)
			assert_non_null(strstr(supported, versions[j]));
		plugin_answer_clear(&answer);
	}
}

static void cnitool__attaches_no_namespace_that_is_not_there(void **state)
{
	freeing char *config = bridge_config("1.0.0", FULL);
	freeing char *before = NULL;

	(void)state;
	sandbox_must("mkdir /run/net.d; printf '%%s' '%s' > /run/net.d/blue.conf", config);
	before = bridge_snapshot();
	sandbox_must("! NETCONFPATH=/run/net.d CNI_PATH=" CNI_C_BINARY_DIR "/plugins:" BRIDGE_PATH
		     " " CNI_C_BINARY_DIR "/cnitool/cnitool add blue /run/netns/red "
		     ">/run/out 2>/run/err");
	sandbox_must("grep -q /run/netns/red /run/err");
	sandbox_must("! test -e /run/netns/red");
	sandbox_must("! find /var/lib/cni/results -type f 2>/dev/null | grep -q .");
	sandbox_run("rmdir /var/lib/cni/results 2>/dev/null");
	bridge_assert_unchanged(before);
	/* And with it: */
	sandbox_add_netns("red");
	sandbox_must("NETCONFPATH=/run/net.d CNI_PATH=" CNI_C_BINARY_DIR "/plugins:" BRIDGE_PATH
		     " " CNI_C_BINARY_DIR "/cnitool/cnitool add blue /run/netns/red >/run/out");
	sandbox_must("ip netns exec red ping -q -c1 -W5 10.1.0.1 >/run/out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__of_a_bridge_drops_a_prev_result),
		bridge_test(check__agrees_with_an_add_of_just_now),
		bridge_test(check__passes_the_delegates_error_on),
		bridge_test(version__answers_in_the_version_of_the_input),
		bridge_test(cnitool__attaches_no_namespace_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
