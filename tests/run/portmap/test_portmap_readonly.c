/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/sys mounted read-only, as in most containers: a port is published if the kernel lets packets from 127.0.0.1
 * leave the host already, or need not; otherwise ADD says which setting it is, and changes nothing. */
#include "cleanup.h"
#include "mem.h"
#include "probe.h"
#include "published.h"
#include "snapshot.h"
#include "test.h"

#include <netinet/in.h>
#include <string.h>

#define WEB	 PORTS(PORT(8080, 9090, "tcp"))
#define IPTABLES "'backend':'iptables',"
#define ALL	 "net.ipv4.conf.all.route_localnet=1"
#define DEFAULT	 "net.ipv4.conf.default.route_localnet=1"
#define NEITHER	 "net.ipv4.conf.all.route_localnet=0 net.ipv4.conf.default.route_localnet=0"

static const struct {
	const char *settings;
	const char *keys;
	const char *seen; /* by the pod, of a connection to 127.0.0.1; NULL: none arrives */
	bool is_refused;
} rows[] = {
	{ALL, WEB, "pod 10.1.0.1", false},	     {DEFAULT, WEB, "pod 10.1.0.1", false},
	{ALL, IPTABLES WEB, "pod 10.1.0.1", false},  {DEFAULT, IPTABLES WEB, "pod 10.1.0.1", false},
	{NEITHER, "'snat':false," WEB, NULL, false}, {NEITHER, WEB, NULL, true},
	{NEITHER, IPTABLES WEB, NULL, true},
};

static void assert_seen(const char *expected)
{
	struct probe probe = {
		.protocol = IPPROTO_TCP, .to = "127.0.0.1", .port = 8080, .expected = expected};

	probe_ask(&probe, 1);
	probe_assert(&probe);
}

/* Shared chains of iptables stay after a first port. */
static void leave_shared_chains(const struct pod *red, const char *config)
{
	pod_publish(red, config);
	pod_unpublish(red, config);
	sandbox_must("sysctl -qw net.ipv4.conf.br0.route_localnet=0");
}

static void assert_is_refused(const struct pod *red, const char *config)
{
	freeing char *host = bridge_snapshot();
	freeing char *records = snapshot_records();
	freeing char *later = NULL;

	pod_publish_fails(red, config, CNI_EIO, "'net/ipv4/conf/br0/route_localnet' to 1");
	bridge_assert_unchanged(host);
	later = snapshot_records();
	sandbox_assert_same(records, later);
}

static void assert_is_published(const struct pod *red, const char *config, const char *seen)
{
	pod_publish(red, config);
	pod_check_published(red, config);
	assert_seen(seen);
	pod_unpublish(red, config);
	assert_nothing_published();
	sandbox_must("! iptables-save -t nat 2>/dev/null | grep 9090");
}

static void add__on_a_read_only_proc_sys_needs_localnet_somewhere(void **state)
{
	freeing char *network = bridge_config("1.0.0", GATEWAY "," IPAM4);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		freeing char *config = portmap_config("1.0.0", rows[i].keys);
		struct probe_server server;
		struct pod red;

		print_message("# %s %s\n", rows[i].settings, rows[i].keys);
		pod_open(&red, "red");
		/* br0 begins with the default. */
		sandbox_must("sysctl -qw %s", rows[i].settings);
		pod_add(&red, network);
		if (rows[i].is_refused)
			leave_shared_chains(&red, config);
		probe_serve(&server, red.netns, "pod", 9090);
		sandbox_must("mount --bind /proc/sys /proc/sys && "
			     "mount -o remount,ro,bind /proc/sys");
		if (rows[i].is_refused)
			assert_is_refused(&red, config);
		else
			assert_is_published(&red, config, rows[i].seen);
		sandbox_must("umount /proc/sys");
		probe_stop(&server);
		pod_close(&red);
		assert_int_equal(bridge_teardown(state), 0);
		assert_int_equal(bridge_setup(state), 0);
	}
}

static void succeeds_and_says(const struct plugin_call *call, const char *text)
{
	struct plugin_answer answer = plugin_run(call);

	plugin_assert_success(&answer);
	assert_non_null(strstr(answer.err, text));
	plugin_answer_clear(&answer);
}

/* The setting was made before, by an ADD or by the operator, and cannot be put back: DEL succeeds, and what guards it
 * stays for as long. */
static void del__on_a_read_only_proc_sys_leaves_the_guard(void **state)
{
	static const char *const keys[] = {WEB, IPTABLES WEB};
	freeing char *network = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, network);
	for (size_t i = 0; i < 2; i++) {
		freeing char *config = portmap_config("1.1.0", keys[i]);
		freeing char *none = portmap_config("1.1.0", "'cni.dev/valid-attachments':[]");
		struct plugin_call gc = bridge_call("GC", none);
		struct plugin_call del = pod_call(&red, "DEL", config);

		gc.plugin = PORTMAP;
		del.plugin = PORTMAP;
		for (int j = 0; j < 2; j++) {
			pod_publish(&red, config);
			sandbox_must("mount --bind /proc/sys /proc/sys && "
				     "mount -o remount,ro,bind /proc/sys");
			succeeds_and_says(j ? &gc : &del, "stays, whose rules guard it");
			sandbox_must("! { nft list ruleset; iptables-save; } | grep 9090; "
				     "nft list chain inet cni_portmap martians | grep -q drop && "
				     "nft list set inet cni_portmap localnets | grep -q br0; "
				     "[ $(sysctl -n net.ipv4.conf.br0.route_localnet) = 1 ] && "
				     "umount /proc/sys");
		}
		/* The next one that goes takes both. */
		pod_publish(&red, config);
		pod_unpublish(&red, config);
		sandbox_must("[ $(sysctl -n net.ipv4.conf.br0.route_localnet) = 0 ] && "
			     "! nft list table inet cni_portmap 2>/dev/null");
	}
	pod_del(&red, network);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__on_a_read_only_proc_sys_needs_localnet_somewhere),
		bridge_test(del__on_a_read_only_proc_sys_leaves_the_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
