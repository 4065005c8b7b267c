/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool reconcile removes the rules of attachments without a link, as a DEL of another plugin
 * suite leaves them, and no others. */
#include "cleanup.h"
#include "cnitool_scene.h"
#include "mem.h"
#include "plugin.h"
#include "probe.h"
#include "sandbox.h"
#include "suite.h"
#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const char conflist[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"bridge\","
	"\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"macspoofchk\":true,\"ipam\":{"
	"\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],"
	"[{\"subnet\":\"fd01::/64\"}]]}},"
	"{\"type\":\"firewall\",\"backend\":\"%s\",\"ingressPolicy\":\"same-bridge\"},"
	"{\"type\":\"portmap\",\"backend\":\"%s\",\"capabilities\":{\"portMappings\":true}}]}";

/* All rules of the host, one of each kind on a line. */
#define RULES "{ nft list ruleset; iptables-nft -S; ip6tables-nft -S; } 2>/dev/null"

static char *must(const char *line)
{
	static const char ports[] =
		"CAP_ARGS={\"portMappings\":[{\"hostPort\":%d,\"containerPort\":80,"
		"\"protocol\":\"tcp\"},{\"hostPort\":%d,\"containerPort\":53,"
		"\"protocol\":\"udp\"}]}";
	int port = strstr(line, "red") ? 8080 : 8081;
	freeing char *arguments = cni_format(ports, port, port);
	struct plugin_answer answer = cnitool_on_host(line, (const char *const[]){arguments, NULL});
	char *out = cni_strdup(answer.out);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	return out;
}

/* The link of the host that leads to the namespace; the caller frees. */
static char *link_to(const char *netns)
{
	return sandbox_read("ip -n %s -j link show eth0 | grep -o '\"link_index\":[0-9]*' | "
			    "cut -d: -f2 | while read i; do ip -o link | grep \"^$i:\" | "
			    "sed 's/^[0-9]*: //; s/@.*//' | tr -d '\\n'; done",
			    netns);
}

/* Red, 10.1.0.2 with port 8080, and green, 10.1.0.3 with port 8081. */
static void open_scene(const char *backend)
{
	freeing char *text = cni_format(conflist, backend, backend);

	sandbox_must("mkdir -p " SANDBOX_DIR "/net.d && cat > " SANDBOX_DIR
		     "/net.d/blue.conflist <<'E'\n%s\nE",
		     text);
	sandbox_add_netns("red");
	sandbox_add_netns("green");
	free(must("add blue red"));
	free(must("add blue green"));
	sandbox_must(RULES " | grep -q '10\\.1\\.0\\.2' && " RULES " | grep -q fd01::2");
}

static void close_scene(void)
{
	free(must("del blue green"));
	free(must("del blue red"));
	sandbox_del_netns("green");
	sandbox_del_netns("red");
	sandbox_must("! " RULES " | grep -E '10\\.1\\.0\\.|fd01::|8080|8081'; ip link del br0; "
		     "rm -r /var/lib/cni/networks");
}

/* Another suite's DEL, as far as it knows: the link goes, the runtime forgets. */
static void lose(const char *netns)
{
	freeing char *name = link_to(netns);

	sandbox_must("ip link del %s && grep -l %s /var/lib/cni/results/* | "
		     "xargs -r rm",
		     name, netns);
}

static void assert_red_is_swept(void)
{
	sandbox_must("! " RULES " | grep -E '10\\.1\\.0\\.2( |/|$)|fd01::2( |/|$)|8080'");
	sandbox_must(RULES " | grep -q '10\\.1\\.0\\.3' && " RULES " | grep -q 8081");
	sandbox_must("[ $(ls /run/cni/firewall/blue | wc -l) = 1 ]");
	free(must("check blue green"));
}

static void reconcile__sweeps_what_a_lost_link_leaves(void **state)
{
	static const char *const backends[] = {"nftables", "iptables"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		print_message("# %s\n", backends[i]);
		open_scene(backends[i]);
		lose("red");
		free(must("reconcile --all --dry-run"));
		sandbox_must(RULES " | grep -q '10\\.1\\.0\\.2' && " RULES " | grep -q 8080");
		free(must("reconcile --all"));
		assert_red_is_swept();
		/* The ledger is for GC: a runtime with another cache may still have the address. */
		sandbox_must("[ -e /var/lib/cni/networks/blue/10.1.0.2 ]");
		close_scene();
	}
}

/* An answer comes from the host's own server, to a neighbour and to the host itself. */
static void assert_host_answers(bool does)
{
	struct probe probes[] = {
		{"/run/netns/green", IPPROTO_TCP, "10.1.0.1", 8080, does ? "host 10.1.0.3" : NULL},
		{"/run/netns/green", IPPROTO_TCP, "fd01::1", 8080, does ? "host fd01::3" : NULL},
		{NULL, IPPROTO_TCP, "10.1.0.1", 8080, does ? "host 10.1.0.1" : NULL},
		{NULL, IPPROTO_TCP, "127.0.0.1", 8080, does ? "host 127.0.0.1" : NULL},
	};

	probe_ask(probes, 4);
	for (size_t i = 0; i < 4; i++)
		probe_assert(&probes[i]);
}

/* A port that leads to a dead address is lost to the host until then. */
static void reconcile__gives_the_port_back_to_the_hosts_server(void **state)
{
	static const char *const backends[] = {"nftables", "iptables"};
	struct probe_server server;

	(void)state;
	probe_serve(&server, NULL, "host", 8080);
	for (size_t i = 0; i < 2; i++) {
		print_message("# %s\n", backends[i]);
		open_scene(backends[i]);
		lose("red");
		assert_host_answers(false);
		free(must("reconcile --all"));
		assert_host_answers(true);
		close_scene();
	}
	probe_stop(&server);
}

/* For a network that has nothing, and none of that name. */
static void reconcile__sweeps_whatever_network_it_is_asked_for(void **state)
{
	(void)state;
	open_scene("nftables");
	lose("red");
	free(must("reconcile nowhere"));
	assert_red_is_swept();
	close_scene();
}

/* The Go plugins' own bridge DEL. */
static void reconcile__sweeps_after_gos_del(void **state)
{
	(void)state;
	skip_without_go();
	open_scene("nftables");
	sandbox_must("cd /var/lib/cni/results && CNI_COMMAND=DEL "
		     "CNI_CONTAINERID=$(ls | grep -o 'cnitool-[0-9a-f]*' | head -n 1) "
		     "CNI_NETNS=/run/netns/red CNI_IFNAME=eth0 CNI_PATH=" GO_DIR " " GO_DIR
		     "/bridge <<'E'\n{\"cniVersion\":\"1.0.0\",\"name\":\"blue\",\"type\":"
		     "\"bridge\",\"bridge\":\"br0\",\"ipam\":{}}\nE");
	sandbox_must("! ip -n red link show eth0 2>/run/out; grep -l red /var/lib/cni/results/* | "
		     "xargs rm");
	free(must("reconcile blue"));
	assert_red_is_swept();
	close_scene();
}

/* A link that has another name has not gone. */
static void reconcile__spares_a_link_with_another_name(void **state)
{
	freeing char *name = NULL;
	freeing char *before = NULL;
	freeing char *after = NULL;

	(void)state;
	open_scene("nftables");
	name = link_to("red");
	before = sandbox_read(RULES " | sed 's/counter .*bytes [0-9]*//' | sort");
	sandbox_must("ip link set %s down && ip link set %s name other && ip link set other up",
		     name, name);
	sandbox_must("rm /var/lib/cni/results/*");
	free(must("reconcile --all"));
	after = sandbox_read(RULES " | sed 's/counter .*bytes [0-9]*//' | sort");
	sandbox_assert_same(before, after);
	sandbox_must("ip link set other down && ip link set other name %s && ip link set %s up",
		     name, name);
	close_scene();
}

/* An attachment whose result names no link on the host says nothing about one. */
static void reconcile__spares_what_has_no_link(void **state)
{
	struct plugin_call call = {
		.plugin = CNI_C_BINARY_DIR "/plugins/firewall",
		.command = "ADD",
		.container = "loose",
		.netns = "/run/netns/red",
		.ifname = "eth0",
		.config = "{\"cniVersion\":\"1.1.0\",\"name\":\"red\",\"type\":\"firewall\","
			  "\"backend\":\"nftables\",\"prevResult\":{\"cniVersion\":\"1.1.0\","
			  "\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/run/netns/red\"}],"
			  "\"ips\":[{\"address\":\"10.9.0.2/24\",\"interface\":0}]}}",
	};
	struct plugin_answer answer;

	(void)state;
	sandbox_add_netns("red");
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	free(must("reconcile --all"));
	sandbox_must(RULES " | grep -q '10\\.9\\.0\\.2'");
	call.command = "DEL";
	answer = plugin_run(&call);
	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	sandbox_must("! " RULES " | grep '10\\.9\\.0\\.2'");
	sandbox_del_netns("red");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reconcile__sweeps_what_a_lost_link_leaves),
		cmocka_unit_test(reconcile__gives_the_port_back_to_the_hosts_server),
		cmocka_unit_test(reconcile__sweeps_whatever_network_it_is_asked_for),
		cmocka_unit_test(reconcile__sweeps_after_gos_del),
		cmocka_unit_test(reconcile__spares_a_link_with_another_name),
		cmocka_unit_test(reconcile__spares_what_has_no_link),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
