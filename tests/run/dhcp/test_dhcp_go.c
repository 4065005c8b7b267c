/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test starts it first. */
/* scripts/test --reference runs it as well. */
/* Beside the Go plugin: one daemon replaces the other under running containers. */
#include "dhcp_go.h"

#include "cleanup.h"
#include "mem.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define CACHE	     "/var/lib/cni/results"
#define OURS	     CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR "/ipam"
#define TOOL(path)   "CNI_PATH=" path " NETCONFPATH=/run/net.d " CNI_C_BINARY_DIR "/cnitool/cnitool "
#define HAS(address) "ip -n red -4 addr show eth0 | grep -qF 'inet " address "/24'"

static const char *const quick[] = {"-timeout", "500ms", "-resendmax", "1s", NULL};

/* ---- the Go daemon ---- */

/* The network "lan", as a runtime with a result cache attaches to it. */
static void install(const char *ipam)
{
	sandbox_must("mkdir -p /run/net.d && ip netns add red && cat >/run/net.d/lan.conflist "
		     "<<'E'\n{\"cniVersion\":\"1.0.0\",\"name\":\"lan\",\"plugins\":[{\"type\":"
		     "\"macvlan\",\"master\":\"up0\",\"ipam\":{\"type\":\"dhcp\"%s}}]}\nE",
		     ipam);
}

static void add_by_go(const char *ipam)
{
	install(ipam);
	go_start("-timeout 2s");
	sandbox_must(TOOL(GO_DIR) "add lan red >/run/result");
	sandbox_must(HAS("10.1.0.50"));
	go_end();
}

/* ---- one daemon replaces the other ---- */

/* libcni has written no path of the namespace before 1.3: the result has it. */
static void daemon__takes_over_the_leases_of_go(void **state)
{
	static const char *const caches[] = {
		"true",
		"jq -c 'del(.netns,.netnsIdentity)' " CACHE "/* >/run/cached && mv /run/cached "
		"$(echo " CACHE "/*)",
		"mkdir /var/lib/cni/cache && mv " CACHE " /var/lib/cni/cache",
		/* As Multus has it: no list, but the only plugin's configuration. */
		"jq -c '.config |= (@base64d | fromjson | .plugins[0] + {name, cniVersion} | "
		"tojson | @base64)' " CACHE "/* >/run/cached && mv /run/cached $(echo " CACHE "/*)",
	};

	(void)state;
	skip_without_go_dhcp();
	for (size_t i = 0; i < sizeof(caches) / sizeof(*caches); i++) {
		uint32_t before = server->count[7];

		server->seconds = i ? 3600 : 4;
		add_by_go("");
		sandbox_must("%s", caches[i]);
		daemon_start(quick);
		await_log("takes over a lease without a record");
		/* The first REQUEST asks whether the address still holds, the next one renews the lease. */
		await("test $(grep -c 'keeps 10.1.0.5' " DAEMON_LOG ") -ge %d", i ? 1 : 2);
		assert_int_equal(server->count[1], i + 1);
		assert_true(server->unicast > 0);
		if (i == 2)
			sandbox_must("mv /var/lib/cni/cache/results " CACHE);
		/* cnitool does not read the cache of a single plugin. */
		if (i < 3)
			sandbox_must(TOOL(OURS) "check lan red");
		sandbox_must(TOOL(OURS) "del lan red");
		dhcp_server_await(server, 7, before + 1);
		sandbox_must("! test -e /run/cni/dhcp/lan && ip netns del red");
		daemon_end(SIGTERM);
		server->first--;
	}
}

static void daemon__gives_up_a_lease_of_go_that_is_refused(void **state)
{
	(void)state;
	skip_without_go_dhcp();
	add_by_go("");
	server->mode = SERVER_REFUSES;
	daemon_start(quick);
	await_log("loses 10.1.0.50/24: the server refuses the address");
	await("! " HAS("10.1.0.50"));
	server->first = 80;
	server->mode = SERVER_ANSWERS;
	await(HAS("10.1.0.80"));
	sandbox_must(TOOL(OURS) "del lan red");
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 80);
}

/* A server that does not answer at once finds the lease later. */
static void daemon__goes_on_asking_for_a_lease_of_go(void **state)
{
	(void)state;
	skip_without_go_dhcp();
	add_by_go("");
	server->mode = SERVER_IS_SILENT;
	daemon_start(quick);
	await_log("takes over");
	/* Killed before an answer: the record is there. */
	daemon_end(SIGKILL);
	sandbox_must(HAS("10.1.0.50") " && test -e /run/cni/dhcp/lan");
	server->mode = SERVER_ANSWERS;
	daemon_start(quick);
	await_log("keeps 10.1.0.50/24");
	assert_int_equal(server->count[1], 1);
	sandbox_must(TOOL(OURS) "del lan red");
	dhcp_server_await(server, 7, 1);
}

/* The Go daemon sets an interface down when its lease ends. */
static void daemon__looks_for_a_new_lease_where_go_has_lost_one(void **state)
{
	(void)state;
	skip_without_go_dhcp();
	add_by_go("");
	sandbox_must("ip -n red link set eth0 down");
	server->first = 90;
	daemon_start(quick);
	await_log("which has ended: the interface was down");
	await(HAS("10.1.0.90") " && ! " HAS("10.1.0.50"));
	assert_int_equal(server->count[1], 2);
}

static void daemon__leaves_alone_what_it_must_not_take(void **state)
{
	(void)state;
	skip_without_go_dhcp();
	add_by_go("");
	sandbox_must("ip -n red addr flush dev eth0");
	daemon_start(quick);
	await_log("does not have the address any more");
	daemon_end(SIGTERM);
	sandbox_must(
		"sed -i 's/\"type\":\"dhcp\"/\"type\":\"dhcp\",\"daemonSocketPath\":\"\\/run\\/"
		"other.sock\"/' /run/net.d/lan.conflist && jq -c --rawfile list "
		"/run/net.d/lan.conflist '.config = ($list | @base64)' " CACHE
		"/* >/run/cached && mv /run/cached $(echo " CACHE "/*) && "
		"ip -n red addr add 10.1.0.50/24 dev eth0");
	daemon_start(quick);
	await_log("its network asks the daemon on");
	daemon_end(SIGTERM);
	sandbox_del_netns("red");
	daemon_start((const char *const[]){"-socketpath", "/run/other.sock", NULL});
	await_log("left alone");
	sandbox_must("! test -e /run/cni/dhcp");
	assert_int_equal(server->count[3], 1);
}

static void go__deletes_what_ours_has_added(void **state)
{
	(void)state;
	skip_without_go_dhcp();
	install("");
	daemon_start(NULL);
	sandbox_must(TOOL(OURS) "add lan red >/run/result");
	daemon_end(SIGTERM);
	go_start("-timeout 2s");
	sandbox_must(TOOL(GO_DIR) "check lan red");
	sandbox_must(HAS("10.1.0.50"));
	sandbox_must(TOOL(GO_DIR) "del lan red");
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
	go_end();
	/* The way back: the record of the lease is of an interface that is gone. */
	daemon_start(quick);
	await_log("serves /run/cni/dhcp.sock");
	sandbox_must(TOOL(OURS) "del lan red && ! test -e /run/cni/dhcp/lan");
}

/* The cache knows the lease of a record that was damaged, with all that the server gave. */
static void daemon__takes_over_its_own_lease_without_a_record(void **state)
{
	static const uint8_t options[] = {6, 4,	 10, 1, 0, 1, 121, 12, 16, 10,
					  9, 10, 1,  0, 9, 0, 10,  1,  0,  1};

	(void)state;
	memcpy(server->more, options, sizeof(options));
	server->more_size = sizeof(options);
	install("");
	daemon_start(NULL);
	sandbox_must(TOOL(OURS) "add lan red >/run/result");
	daemon_end(SIGKILL);
	sandbox_must("echo damage >>/run/cni/dhcp/lan/$(ls /run/cni/dhcp/lan)");
	daemon_start(quick);
	await_log("takes over a lease without a record");
	await_log("keeps 10.1.0.50/24");
	sandbox_must("ip -n red route | grep -qF '10.9.0.0/16 via 10.1.0.9 '");
	sandbox_must(TOOL(OURS) "check lan red && " TOOL(OURS) "del lan red");
	dhcp_server_await(server, 7, 1);
}

/* In the middle of an upgrade: the Go suite's macvlan asks our dhcp, and keeps no resolver settings of it. */
static void go__interfaces_have_our_leases(void **state)
{
	static const uint8_t servers[] = {6, 4, 10, 1, 0, 1};
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	skip_without_go_dhcp();
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	memcpy(server->more, servers, sizeof(servers));
	server->more_size = sizeof(servers);
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	red.plugin = GO_DIR "/macvlan";
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		go_test(daemon__takes_over_the_leases_of_go),
		go_test(daemon__gives_up_a_lease_of_go_that_is_refused),
		go_test(daemon__goes_on_asking_for_a_lease_of_go),
		go_test(daemon__looks_for_a_new_lease_where_go_has_lost_one),
		go_test(daemon__leaves_alone_what_it_must_not_take),
		go_test(go__deletes_what_ours_has_added),
		go_test(daemon__takes_over_its_own_lease_without_a_record),
		go_test(go__interfaces_have_our_leases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
