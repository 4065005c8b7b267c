/* SPDX-License-Identifier: Apache-2.0 */
/* ptp, firewall, bandwidth and portmap as a chain, on a host that forwards nothing else: published ports, and
 * cnitool reconcile. */
#include "cleanup.h"
#include "cnitool_scene.h"
#include "http.h"
#include "mem.h"
#include "ptp.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define OUTSIDE "/run/netns/outside"
#define BLUE	"/run/netns/blue"
#define NET_D	SANDBOX_DIR "/net.d"

static const char conflist[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"green\",\"plugins\":[{\"type\":\"ptp\","
	"\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":["
	"[{\"subnet\":\"10.1.0.0/24\"}],[{\"subnet\":\"fd01::/64\"}]],"
	"\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]}},"
	"{\"type\":\"firewall\",\"backend\":\"%s\"},"
	"{\"type\":\"bandwidth\",\"ingressRate\":1000000000,\"ingressBurst\":10000000,"
	"\"egressRate\":1000000000,\"egressBurst\":10000000},"
	"{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true}}]}";

static const char ports[] = "CAP_ARGS={\"portMappings\":[{\"hostPort\":8080,\"containerPort\":8080,"
			    "\"protocol\":\"tcp\"}]}";

/* Only red publishes its port. */
static char *must_print(const char *line)
{
	struct plugin_answer answer = cnitool_on_host(
		line, (const char *const[]){strstr(line, "red") ? ports : NULL, NULL});
	char *out = cni_strdup(answer.out);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	return out;
}

static void tool(const char *line)
{
	free(must_print(line));
}

static struct http_server of_red;
static struct http_server of_outside;

static void attach(const char *backend)
{
	freeing char *list = cni_format(conflist, backend);

	sandbox_must("mkdir -p " NET_D "; cat > " NET_D "/green.conflist <<'E'\n%s\nE", list);
	tool("add green red");
	tool("add green blue");
}

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	ptp_add_outside();
	sandbox_add_netns("red");
	sandbox_add_netns("blue");
	http_serve(&of_red, "/run/netns/red");
	http_serve(&of_outside, OUTSIDE);
	return 0;
}

static int teardown(void **state)
{
	http_stop(&of_outside);
	http_stop(&of_red);
	sandbox_del_netns("red");
	sandbox_del_netns("blue");
	sandbox_del_netns("outside");
	return bridge_teardown(state);
}

#define chain_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Each with the address that red sees. */
static void assert_published(void)
{
	http_assert_seen(OUTSIDE, "192.0.2.1", "192.0.2.2");
	http_assert_seen(OUTSIDE, "2001:db8:1::1", "2001:db8:1::2");
	http_assert_seen(NULL, "192.0.2.1", "192.0.2.1");
	http_assert_seen(NULL, "127.0.0.1", "10.1.0.1");
	/* From another pod: by an address of the node, and by the gateway. */
	http_assert_seen(BLUE, "192.0.2.1", "10.1.0.3");
	http_assert_seen(BLUE, "10.1.0.1", "10.1.0.3");
	http_assert_seen(BLUE, "2001:db8:1::1", "fd01::3");
	http_assert_seen(BLUE, "fd01::1", "fd01::3");
	/* And by the pod itself, which must not see its own address as the sender's. */
	http_assert_seen("/run/netns/red", "192.0.2.1", "10.1.0.1");
}

static void assert_goes_out(void)
{
	http_assert_seen("/run/netns/red", "192.0.2.2", "192.0.2.1");
	http_assert_seen("/run/netns/red", "2001:db8:1::2", "2001:db8:1::1");
}

static void ptp__publishes_ports(void **state)
{
	(void)state;
	attach("nftables");
	assert_published();
	assert_goes_out();
	tool("check green red");
}

static void ptp__is_forwarded_by_the_firewall_plugin(void **state)
{
	(void)state;
	if (sandbox_run("iptables -P FORWARD DROP 2>/dev/null && "
			"ip6tables -P FORWARD DROP 2>/dev/null") != 0)
		skip_because("this kernel has no iptables");
	attach("iptables");
	http_assert_seen(BLUE, "10.1.0.2", "10.1.0.3");
	http_assert_seen(BLUE, "fd01::2", "fd01::3");
	assert_published();
	assert_goes_out();
	tool("check green red");
	tool("del green red");
	tool("del green blue");
	sandbox_must(
		"! iptables-save | grep -q 10.1.0 && ! ip link show type veth | grep -q 'veth'");
}

static void ptp__is_mended_by_reconcile(void **state)
{
	static const char *const damages[] = {
		"nft flush ruleset",
		"ip route del 10.1.0.2; ip -6 route del fd01::2",
		"ip addr del 10.1.0.1/32 dev $(ip -o route show 10.1.0.2 | sed 's/.*dev "
		"\\([^ ]*\\).*/\\1/')",
		"sysctl -qw net.ipv4.ip_forward=0",
	};

	(void)state;
	attach("nftables");
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		freeing char *said = NULL;
		struct plugin_answer dry;

		fprintf(stderr, "# %s\n", damages[i]);
		sandbox_must("%s", damages[i]);
		dry = cnitool_on_host("reconcile green --dry-run", (const char *const[]){NULL});
		assert_int_equal(dry.exit_code, 1);
		assert_non_null(strstr(dry.out, " wrong: "));
		plugin_answer_clear(&dry);
		said = must_print("reconcile green");
		assert_non_null(strstr(said, " mended: "));
		tool("check green red");
		assert_goes_out();
		http_assert_seen(OUTSIDE, "192.0.2.1", "192.0.2.2");
	}
}

static void ptp__is_purged(void **state)
{
	freeing char *said = NULL;

	(void)state;
	attach("nftables");
	said = must_print("purge");
	sandbox_must(
		"! ip link show type veth | grep -q 'veth' && ! ls /var/lib/cni/networks/green "
		"2>/dev/null | grep -q 10.1 && test -z \"$(nft list ruleset)\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		chain_test(ptp__publishes_ports),
		chain_test(ptp__is_forwarded_by_the_firewall_plugin),
		chain_test(ptp__is_mended_by_reconcile),
		chain_test(ptp__is_purged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
