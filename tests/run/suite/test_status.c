/* SPDX-License-Identifier: Apache-2.0 */
/* STATUS reports each cause of a failing ADD, and changes nothing: the process, the kernel, the
 * disks. */
#include "bridge.h"
#include "faults.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG	"/run/strace.log"
#define PLUGINS CNI_C_BINARY_DIR "/plugins/"
#define PORT                                                                                       \
	"'capabilities':{'portMappings':true},'runtimeConfig':{'portMappings':[{'hostPort':8080,"  \
	"'containerPort':80,'protocol':'tcp'}]}"

static const struct {
	const char *plugin;
	const char *more;
} plugins[] = {
	{PLUGINS "bridge", GATEWAY ",'ipMasq':true," IPAM46},
	{PLUGINS "bridge", ""},
	{PLUGINS "loopback", "'type':'loopback'"},
	{PLUGINS "portmap", ""},
	{PLUGINS "firewall", "'backend':'nftables'"},
	{PLUGINS "tuning", "'mac':'02:00:00:00:00:07'"},
	{PLUGINS "sbr", "'type':'sbr'"},
	{PLUGINS "bandwidth", "'ingressRate':1000000,'ingressBurst':1000000"},
	{PLUGINS "tap", "'bridge':''," IPAM46},
};
#define PLUGIN_COUNT (sizeof(plugins) / sizeof(*plugins))

static struct plugin_call call_of(const char *plugin, const char *config)
{
	struct plugin_call call = bridge_call("STATUS", config);

	call.plugin = plugin;
	return call;
}

static void fails(const struct plugin_answer *answer, const char *text)
{
	plugin_assert_error(answer, CNI_EUNAVAILABLE, text);
	assert_string_equal(answer->err, "");
}

static void status__says_if_a_capability_is_missing(void **state)
{
	static const char *const dropped[][2] = {{"-net_admin", "CAP_NET_ADMIN"},
						 {"-sys_admin", "CAP_SYS_ADMIN"}};
	freeing char *before = bridge_snapshot();

	(void)state;
	for (size_t i = 0; i < 2 * PLUGIN_COUNT; i++) {
		freeing char *config = bridge_config("1.1.0", plugins[i / 2].more);
		const char *const arguments[] = {"--bounding-set",	dropped[i % 2][0],
						 "--inh-caps",		dropped[i % 2][0],
						 plugins[i / 2].plugin, NULL};
		struct plugin_call call = call_of(plugins[i / 2].plugin, config);
		struct plugin_answer answer;

		plugin_succeeds(&call);
		call.plugin = "/usr/bin/setpriv";
		call.arguments = arguments;
		answer = plugin_run(&call);
		fails(&answer, dropped[i % 2][1]);
		plugin_answer_clear(&answer);
	}
	bridge_assert_unchanged(before);
}

static void status__says_if_setns_is_refused(void **state)
{
	static const char *const errors[] = {"EPERM", "ENOSYS"};
	static const struct fault_step setns = {.name = "setns", .nth = 1, .is_lasting = true};

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	for (size_t i = 0; i < PLUGIN_COUNT; i++) {
		freeing char *config = bridge_config("1.1.0", plugins[i].more);
		struct plugin_call call = call_of(plugins[i].plugin, config);
		struct plugin_answer answer = faults_inject(&call, LOG, &setns, errors[i % 2]);

		fails(&answer, "ADD needs setns(2)");
		plugin_answer_clear(&answer);
	}
}

/* ---- the kernel ---- */

static void status__says_if_bridges_cannot_filter_vlans(void **state)
{
	static const char *const keys[] = {"'vlan':100", "'vlanTrunk':[{'id':5}]"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		freeing char *config = bridge_config("1.1.0", keys[i % 2]);
		struct plugin_call call = call_of(BRIDGE, config);
		struct plugin_call add;
		struct pod red;

		if (i == 2)
			sandbox_must("ip link add br0 type bridge");
		pod_open(&red, "red");
		add = pod_call(&red, "ADD", config);
		if (sandbox_has_vlan_filtering()) {
			plugin_succeeds(&call);
			plugin_succeeds(&add);
		} else {
			plugin_fails(&call, CNI_EUNAVAILABLE, "bridge VLAN filtering");
			plugin_fails(&add, CNI_EKERNEL, NULL);
		}
		pod_close(&red);
	}
}

/* As a kernel without the module, or without the message, answers. */
static void answers_to(const char *error, int nth, const char *more, const char *text)
{
	const struct fault_step step = {.name = "recvmmsg", .nth = nth};
	freeing char *config = bridge_config("1.1.0", more);
	struct plugin_call call = call_of(BRIDGE, config);
	struct plugin_answer answer = faults_inject(&call, LOG, &step, error);

	fails(&answer, text);
	plugin_answer_clear(&answer);
}

static void status__says_if_the_kernel_does_not_answer(void **state)
{
	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	/* The bridge that is not there, its kind, and that of the pair. */
	answers_to("EOPNOTSUPP", 2, "", "'bridge'");
	answers_to("EOPNOTSUPP", 3, "", "'veth'");
}

static void status__says_if_the_delegate_is_missing(void **state)
{
	freeing char *config = bridge_config("1.1.0", "'ipam':{'type':'nowhere'}");
	struct plugin_call call = call_of(BRIDGE, config);

	(void)state;
	plugin_fails(&call, CNI_EUNAVAILABLE, "failed to find plugin \"nowhere\"");
}

/* As a template is rendered on a node that the cluster has given no subnet. */
static void status__says_if_the_node_has_no_pod_cidr(void **state)
{
	static const char *const without[] = {"'ranges':[]", "'routes':[{'dst':'0.0.0.0/0'}]"};
	static const char *const types[] = {"bridge", "ptp"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		freeing char *plugin = cni_format(PLUGINS "%s", types[i / 2]);
		freeing char *more =
			cni_format("'ipMasq':true,'ipam':{'type':'host-local',%s}", without[i % 2]);
		freeing char *given = cni_format("'capabilities':{'ipRanges':true},%s", more);
		freeing char *config = bridge_config("1.1.0", more);
		freeing char *with_ranges = bridge_config("1.1.0", given);
		struct plugin_call call = call_of(plugin, config);

		plugin_fails(&call, CNI_EUNAVAILABLE, "no IP ranges specified");
		plugin_fails(&call, CNI_EUNAVAILABLE, "this node has no podCIDR yet");
		/* The runtime gives them to ADD alone. */
		call.config = with_ranges;
		plugin_succeeds(&call);
	}
}

/* ---- disks ---- */

#define NETWORKS "/var/lib/cni/networks"

/* STATUS fails where ADD fails, in the same words of errno. */
static void disk_is(const char *setup, const char *text)
{
	freeing char *config = bridge_config("1.1.0", IPAM4);
	struct plugin_call call = call_of(BRIDGE, config);
	freeing char *before = NULL;
	struct pod red;

	pod_open(&red, "red");
	sandbox_must("mkdir -p " NETWORKS "; mount -t tmpfs -o size=64k,nr_inodes=20 x " NETWORKS);
	plugin_succeeds(&call);
	sandbox_must("%s", setup);
	before = bridge_snapshot();
	plugin_fails(&call, CNI_EUNAVAILABLE, text);
	plugin_fails(&call, CNI_EUNAVAILABLE, "'dataDir'");
	bridge_assert_unchanged(before);
	pod_add_fails(&red, config, CNI_EIO, text);
	sandbox_must("umount " NETWORKS);
	pod_close(&red);
}

static void status__says_if_the_ledgers_disk_is_full(void **state)
{
	(void)state;
	disk_is("cat /dev/zero >" NETWORKS "/big 2>/dev/null; test -s " NETWORKS "/big",
		"No space left on device");
	disk_is("mkdir " NETWORKS "/blue; cat /dev/zero >" NETWORKS
		"/big 2>/dev/null; test -s " NETWORKS "/big",
		"No space left on device");
	disk_is("i=0; while touch " NETWORKS "/f$i 2>/dev/null; do i=$((i+1)); done",
		"No space left on device");
	disk_is("mount -o remount,ro " NETWORKS, "Read-only file system");
}

static void status__of_tuning_says_if_its_disk_is_full(void **state)
{
	freeing char *config = bridge_config(
		"1.1.0", "'type':'tuning','mtu':1400,'dataDir':'" SANDBOX_DIR "/small/a'");
	struct plugin_call call = call_of(PLUGINS "tuning", config);

	(void)state;
	sandbox_must("mkdir " SANDBOX_DIR
		     "/small; mount -t tmpfs -o size=64k,nr_inodes=20 x " SANDBOX_DIR "/small");
	plugin_succeeds(&call);
	sandbox_must("cat /dev/zero >" SANDBOX_DIR "/small/big 2>/dev/null; test -s " SANDBOX_DIR
		     "/small/big");
	plugin_fails(&call, CNI_EUNAVAILABLE, "No space left on device");
	sandbox_must("rm " SANDBOX_DIR "/small/big; mount -o remount,ro " SANDBOX_DIR "/small");
	plugin_fails(&call, CNI_EUNAVAILABLE, "Read-only file system");
	sandbox_must("umount " SANDBOX_DIR "/small");
}

/* ---- records ---- */

static const struct {
	const char *plugin;
	const char *more;
	bool writes; /* ADD writes a record, and cannot do without */
} recorders[] = {
	{"bridge", GATEWAY ",'ipMasq':true,'ipMasqBackend':'iptables'," IPAM4, true},
	{"bridge", GATEWAY ",'ipMasq':true,'nonMasqueradeCIDRs':['10.0.0.0/8']," IPAM4, true},
	{"bridge", GATEWAY ",'ipMasq':true," IPAM4, false},
	{"ptp", "'ipMasq':true,'ipMasqBackend':'iptables'," IPAM4, true},
	{"ptp", "'ipMasq':true," IPAM4, false},
	{"firewall", "'backend':'nftables'", true},
	{"firewall", "'backend':'iptables'", true},
	{"portmap", PORT ",'backend':'iptables'", true},
	{"portmap", PORT ",'conditionsV4':['-s','10.0.0.0/8']", true},
	{"portmap", PORT, false},
};

/* STATUS and ADD agree, in the words of errno as well. */
static void assert_agree(const struct pod *made, const struct pod *unmade, size_t number,
			 const char *text)
{
	const char *type = recorders[number].plugin;
	bool is_chained = !strcmp(type, "firewall") || !strcmp(type, "portmap");
	const struct pod *pod = is_chained ? made : unmade;
	freeing char *more = cni_format("'name':'%s','type':'%s',%s", is_chained ? "blue" : "green",
					type, recorders[number].more);
	freeing char *config = bridge_config("1.1.0", more);
	freeing char *with = pod_config(pod, config);
	freeing char *plugin = cni_format(PLUGINS "%s", type);
	struct plugin_call status = call_of(plugin, config);
	struct plugin_call call = pod_call(pod, "ADD", with);

	call.plugin = plugin;
	if (text && recorders[number].writes) {
		plugin_fails(&status, CNI_EUNAVAILABLE, text);
		plugin_fails(&call, CNI_EIO, text);
		return;
	}
	plugin_succeeds(&status);
	plugin_succeeds(&call);
	call.command = "DEL";
	plugin_succeeds(&call);
}

static void status__says_if_records_cannot_be_written(void **state)
{
	static const struct {
		const char *setup, *text;
	} places[] = {
		{"mount -o remount,ro /run/cni", "Read-only file system"},
		{"cat /dev/zero >/run/cni/big 2>/dev/null; test -s /run/cni/big",
		 "No space left on device"},
		{"true", NULL},
	};
	freeing char *config = bridge_config("1.1.0", IPAM4);
	struct pod unmade;
	struct pod made;

	(void)state;
	pod_open(&made, "made");
	pod_open(&unmade, "unmade");
	pod_add(&made, config);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		sandbox_must("mkdir -p /run/cni; mount -t tmpfs -o size=64k x /run/cni; %s",
			     places[i].setup);
		for (size_t j = 0; j < sizeof(recorders) / sizeof(*recorders); j++)
			assert_agree(&made, &unmade, j, places[i].text);
		sandbox_must("umount /run/cni");
	}
	pod_del(&made, config);
	pod_close(&unmade);
	pod_close(&made);
}

static void status__says_if_the_ledger_cannot_be_locked(void **state)
{
	static const struct fault_step flock = {.name = "flock", .nth = 1, .is_lasting = true};
	freeing char *config = bridge_config("1.1.0", IPAM4);
	struct plugin_call call = call_of(BRIDGE, config);
	struct plugin_answer answer;
	struct pod red;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	pod_open(&red, "red");
	pod_add(&red, config);
	answer = faults_inject(&call, LOG, &flock, "ENOLCK");
	fails(&answer, "No locks available");
	plugin_answer_clear(&answer);
	/* A lock that is held is free some time. */
	sandbox_must("exec 9<" NETWORKS "/blue/lock; flock 9; touch /run/locked; "
		     "until [ -e /run/done ]; do sleep 0.01; done &");
	sandbox_await("[ -e /run/locked ]");
	plugin_succeeds(&call);
	sandbox_must("touch /run/done");
	pod_del(&red, config);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(status__says_if_a_capability_is_missing),
		bridge_test(status__says_if_setns_is_refused),
		bridge_test(status__says_if_bridges_cannot_filter_vlans),
		bridge_test(status__says_if_the_kernel_does_not_answer),
		bridge_test(status__says_if_the_delegate_is_missing),
		bridge_test(status__says_if_the_node_has_no_pod_cidr),
		bridge_test(status__says_if_the_ledgers_disk_is_full),
		bridge_test(status__of_tuning_says_if_its_disk_is_full),
		bridge_test(status__says_if_records_cannot_be_written),
		bridge_test(status__says_if_the_ledger_cannot_be_locked),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
