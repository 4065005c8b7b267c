/* SPDX-License-Identifier: Apache-2.0 */
/* ADD through macvlan and bridge: the result, the interface, the options, and no daemon. */
#include "dhcp_scene.h"

#include "cleanup.h"
#include "mem.h"
#include "suite.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *config_with(const char *keys)
{
	freeing char *more =
		cni_format(ON_UP0 "'ipam':{'type':'dhcp'%s%s}", *keys ? "," : "", keys);

	return bridge_config("1.1.0", more);
}

static void provide_more(const void *bytes, uint32_t size)
{
	memcpy(server->more, bytes, size);
	server->more_size = size;
}

static bool reaches(const char *from, const char *address)
{
	return sandbox_run("ip netns exec %s ping -q -c1 -W5 %s >/run/out 2>&1", from, address) ==
	       0;
}

/* ---- what comes out ---- */

static void add__attaches_a_macvlan(void **state)
{
	freeing char *config = config_with("");
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips",
		    "[{'interface':0,'address':'10.1.0.50/24','gateway':'10.1.0.1'}]");
	assert_json(red.result, "routes", "[{'dst':'0.0.0.0/0','gw':'10.1.0.1'}]");
	assert_shown("10.1.0.50", "0.addr_info.0.local", "ip -n red -j -4 addr show eth0");
	assert_shown("10.1.0.1", "0.gateway", "ip -n red -j route show default");
	assert_true(reaches("red", "10.1.0.1"));
	pod_check(&red, config);
	/* Three probes, and no other answer for the address. */
	assert_int_equal(server->count[4], 0);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	sandbox_must("! test -e /run/cni/dhcp/blue");
	pod_del(&red, config);
	pod_close(&red);
}

/* The bridge has the link to the LAN as a port. */
static void add__attaches_to_a_bridge(void **state)
{
	freeing char *config = bridge_config("1.0.0", BY_DHCP);
	struct pod red;

	(void)state;
	daemon_start(NULL);
	sandbox_must("ip link add br0 type bridge && ip link set br0 up && "
		     "ip link set up0 master br0");
	pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	assert_true(reaches("red", "10.1.0.1"));
	pod_check(&red, config);
	/* The interface is gone before the lease is: the RELEASE leaves through br0. */
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	pod_close(&red);
}

/* scripts/test --vm runs it as well. */
static void add__attaches_ipvlans_that_share_a_mac(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (sandbox_run("ip link add x0 link up0 type ipvlan 2>/dev/null") != 0)
		skip_because("this kernel has no ipvlan");
	sandbox_must("ip link del x0");
	config = bridge_config("1.0.0", "'type':'ipvlan','master':'up0','ipam':{'type':'dhcp'}");
	daemon_start(NULL);
	pod_open(&red, "red");
	red.plugin = CNI_C_BINARY_DIR "/plugins/ipvlan";
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	assert_true(reaches("red", "10.1.0.1"));
	pod_check(&red, config);
	pod_del(&red, config);
	dhcp_server_await(server, 7, 1);
	pod_close(&red);
}

/* scripts/test --vm runs it as well. */
static void add__attaches_a_vlan(void **state)
{
	freeing char *config = NULL;
	struct dhcp_server *tagged;
	struct pod red;

	(void)state;
	if (sandbox_run("ip link add x0 link up0 type vlan id 5 2>/dev/null") != 0)
		skip_because("this kernel has no VLANs");
	sandbox_must("ip link del x0; ip -n lan addr flush dev up1; "
		     "ip -n lan link add up1.5 link up1 type vlan id 5; "
		     "ip -n lan link set up1.5 up; ip -n lan addr add 10.1.0.1/24 dev up1.5");
	config = bridge_config("1.0.0",
			       "'type':'vlan','master':'up0','vlanId':5,'ipam':{'type':'dhcp'}");
	tagged = dhcp_server_start("lan", "up1.5");
	daemon_start(NULL);
	pod_open(&red, "red");
	red.plugin = CNI_C_BINARY_DIR "/plugins/vlan";
	pod_add(&red, config);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	assert_true(reaches("red", "10.1.0.1"));
	pod_check(&red, config);
	/* The RELEASE has the tag of the VLAN, whose link is gone. */
	pod_del(&red, config);
	dhcp_server_await(tagged, 7, 1);
	assert_int_equal(tagged->released, 50);
	assert_int_equal(server->count[7], 0);
	pod_close(&red);
	dhcp_server_stop(tagged);
}

static void add__reads_routes_and_resolver(void **state)
{
	static const uint8_t options[] = {
		6,   8,	 10,   1,    0,	  1,   9,   9,	 9,   9,		 /* servers */
		15,  9,	 'a',  '.',  'e', 'x', 'a', 'm', 'p', 'l', 'e',		 /* domain */
		26,  2,	 0x05, 0x78,						 /* MTU 1400 */
		119, 11, 1,    'a',  3,	  't', 's', 't', 0,   1,   'b', 0xc0, 2, /* a.tst, b.tst */
		121, 15, 16,   10,   9,	  10,  1,   0,	 9,   24,  10,	8,    7, 0, 0, 0, 0};
	freeing char *config = config_with("'priority':77");
	struct pod red;

	(void)state;
	provide_more(options, sizeof(options));
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	assert_json(red.result, "dns",
		    "{'nameservers':['10.1.0.1','9.9.9.9'],'domain':'a.example',"
		    "'search':['a.tst','b.tst']}");
	assert_json(red.result, "routes",
		    "[{'dst':'10.9.0.0/16','gw':'10.1.0.9','mtu':1400,'priority':77},"
		    "{'dst':'10.8.7.0/24','mtu':1400,'priority':77,'scope':253}]");
	assert_json(red.result, "ips.0.gateway", "10.1.0.1");
	sandbox_must("ip -n red route | grep -q '10.9.0.0/16 via 10.1.0.9 .* metric 77 mtu 1400'");
	sandbox_must("ip -n red route | grep -q '10.8.7.0/24 dev eth0 scope link metric 77'");
	sandbox_must("! ip -n red route | grep default");
	pod_check(&red, config);
	pod_close(&red);
}

/* The plugin that makes the interface fails after the lease: the lease is given back. */
static void add__that_fails_later_releases(void **state)
{
	static const uint8_t unreachable[] = {121, 7, 16, 10, 9, 10, 77, 0, 9};
	freeing char *config = config_with("'probe':false");
	struct pod red;

	(void)state;
	provide_more(unreachable, sizeof(unreachable));
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_EKERNEL, "10.9.0.0/16 via 10.77.0.9");
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	sandbox_must("! test -e /run/cni/dhcp/blue && ! ip -n red link show eth0 2>/dev/null");
	pod_close(&red);
}

static void add__answers_again_with_the_same_lease(void **state)
{
	freeing char *config = config_with("'probe':false");
	struct plugin_answer answer;
	struct plugin_call call;
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	pod_add(&red, config);
	call = pod_call(&red, "ADD", config);
	call.plugin = DHCP;
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	assert_json(answer.json, "ips.0.address", "10.1.0.50/24");
	plugin_answer_clear(&answer);
	assert_int_equal(server->count[1], 1);
	pod_close(&red);
}

/* ---- options ---- */

static void add__provides_and_requests_options(void **state)
{
	freeing char *config = config_with(
		"'provide':[{'option':'12','value':'web'},{'option':'vendor-class-identifier',"
		"'fromArg':'CLASS'},{'option':'user-class','fromArg':'ABSENT'}],"
		"'request':[{'skipDefault':true},{'option':'1'},{'option':'routers'},"
		"{'option':'ntp-servers'}]");
	freeing char *own_id = config_with(
		"'provide':[{'option':'dhcp-client-identifier','value':'me'}],'probe':false");
	struct plugin_answer answer;
	struct plugin_call call;
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	call = pod_call(&red, "ADD", config);
	call.args = "IgnoreUnknown=1;CLASS=blue-class";
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_true(dhcp_server_has_seen(server, 12, "web", 3));
	assert_true(dhcp_server_has_seen(server, 60, "blue-class", 10));
	assert_true(dhcp_server_has_seen(server, 55, "\1\3\52", 3));
	assert_true(dhcp_server_has_seen(server, 61, "\0red/blue/eth0", 14));
	assert_false(dhcp_server_has_seen(server, 77, "", 0));
	/* The client identifier is the network's to choose. */
	pod_del(&red, config);
	pod_add(&red, own_id);
	assert_true(dhcp_server_has_seen(server, 61, "me", 2));
	pod_close(&red);
}

static void add__refuses_bad_keys(void **state)
{
	static const struct {
		const char *keys;
		const char *text;
	} cases[] = {
		{"'provide':[{'option':'no-such','value':'x'}]",
		 "'ipam.provide.option' is \"no-such\", expected a name of dhcp-options(5)"},
		{"'provide':[{'option':'53','value':'x'}]", "the plugin writes it"},
		{"'provide':{}", "ipam.provide"},
		{"'provide':[7]", "'ipam.provide' has 7, expected objects"},
		{"'request':[{'option':'256'}]", "'ipam.request.option' is \"256\""},
		{"'request':[{'option':12}]", "'ipam.request'"},
		{"'priority':'high'", "priority"},
		{"'daemonSocketPath':7", "daemonSocketPath"},
		{"'probe':'no'", "probe"},
	};
	struct plugin_call status;
	struct pod red;

	(void)state;
	daemon_start(NULL);
	dhcp_pod_open(&red, "red");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		freeing char *config = config_with(cases[i].keys);

		pod_add_fails(&red, config, CNI_ECONFIG, cases[i].text);
		pod_del(&red, config);
		status = bridge_call("STATUS", config);
		status.plugin = DHCP;
		plugin_fails(&status, CNI_ECONFIG, cases[i].text);
	}
	assert_int_equal(server->count[1], 0);
	pod_close(&red);
}

/* ---- another host has the address ---- */

static void add__declines_an_address_in_use(void **state)
{
	freeing char *without = config_with("'probe':false");
	freeing char *config = config_with("");
	struct pod red;

	(void)state;
	daemon_start((const char *const[]){"-resendtimeout", "3s", NULL});
	sandbox_must("ip -n lan addr add 10.1.0.50/24 dev up1");
	dhcp_pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_EAGAIN, "another host has the address");
	assert_int_equal(server->count[4], 1);
	assert_int_equal(server->declined, 50);
	sandbox_must("test -z \"$(ip -n red -4 addr show)\"");
	/* A network that does not ask takes the server's word; another MAC has the address after the first. */
	server->first = 49;
	pod_add(&red, without);
	assert_json(red.result, "ips.0.address", "10.1.0.50/24");
	assert_int_equal(server->count[4], 1);
	pod_close(&red);
}

/* ---- no daemon ---- */

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Without the time that a process takes to start here: an emulated machine is slow. */
static double seconds_of(struct plugin_call call, const char *command)
{
	double begun = seconds_now();
	struct plugin_answer answer;

	call.plugin = DHCP;
	call.command = command;
	answer = plugin_run(&call);
	plugin_answer_clear(&answer);
	return seconds_now() - begun;
}

/* Not a measurement: a client that waits for a daemon does so each time, and a busy machine does not. */
static bool fails_without_waiting(struct plugin_call call)
{
	for (int i = 0; i < 5; i++)
		if (seconds_of(call, "ADD") < 1 + seconds_of(call, "VERSION"))
			return true;
	return false;
}

static void add__without_a_daemon_says_how_to_start_it(void **state)
{
	freeing char *config = config_with("");
	freeing char *apart = config_with("'daemonSocketPath':'/run/other.sock'");
	struct plugin_call status;
	struct pod red;

	(void)state;
	dhcp_pod_open(&red, "red");
	assert_true(fails_without_waiting(pod_call(&red, "ADD", config)));
	pod_add_fails(&red, config, CNI_EMISSING, "start it with '" DHCP " daemon'");
	pod_add_fails(&red, apart, CNI_EMISSING, "daemon -socketpath /run/other.sock'");
	status = bridge_call("STATUS", config);
	status.plugin = MACVLAN;
	plugin_fails(&status, CNI_EUNAVAILABLE, "no DHCP daemon answers on '/run/cni/dhcp.sock'");
	pod_del(&red, config);
	daemon_start(NULL);
	plugin_succeeds(&status);
	pod_close(&red);
}

static void add__knows_the_daemon_of_the_other_suite(void **state)
{
	freeing char *config = NULL;
	struct pod red;

	(void)state;
	if (access(GO_DIR "/dhcp", X_OK) < 0)
		skip_because("there is no " GO_DIR "/dhcp");
	config = bridge_config("1.0.0", ON_UP0 BY_DHCP);
	sandbox_must("mkdir -p /run/cni && { " GO_DIR "/dhcp daemon >/dev/null 2>&1 & echo $! "
		     ">/run/go.pid; }");
	await("test -S /run/cni/dhcp.sock");
	dhcp_pod_open(&red, "red");
	pod_add_fails(&red, config, CNI_EMISSING, "is that of containernetworking/plugins");
	pod_del(&red, config);
	sandbox_must("kill -9 $(cat /run/go.pid)");
	await("! ss -Hxl | grep -q cni/dhcp.sock");
	daemon_start(NULL);
	sandbox_must("mkdir -p /run/sandbox/bin && cp " GO_DIR "/dhcp " SANDBOX_BIN);
	pod_add_fails(&red, config, 999, "this is cni-c's dhcp daemon");
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dhcp_test(add__attaches_a_macvlan),
		dhcp_test(add__attaches_to_a_bridge),
		dhcp_test(add__attaches_ipvlans_that_share_a_mac),
		dhcp_test(add__attaches_a_vlan),
		dhcp_test(add__reads_routes_and_resolver),
		dhcp_test(add__that_fails_later_releases),
		dhcp_test(add__answers_again_with_the_same_lease),
		dhcp_test(add__provides_and_requests_options),
		dhcp_test(add__refuses_bad_keys),
		dhcp_test(add__declines_an_address_in_use),
		dhcp_test(add__without_a_daemon_says_how_to_start_it),
		dhcp_test(add__knows_the_daemon_of_the_other_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
