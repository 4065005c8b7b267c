/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool purge where rules are in iptables, and where an attachment has no link on the host. Witnesses are
 * iptables-save(8), ip(8) and the files. test_cnitool_gc.c has the rest of it. */
#include "cleanup.h"
#include "cnitool_scene.h"
#include "interface_scene.h"
#include "mem.h"
#include "nat_scene.h"
#include "test.h"

#define NET_D  SANDBOX_DIR "/net.d"
#define LEASED "/var/lib/cni/networks/blue"

static const char by_iptables[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"bridge\","
	"\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"ipMasqBackend\":\"iptables\","
	"\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}],"
	"[{\"subnet\":\"fd01::/64\"}]]}},{\"type\":\"firewall\",\"backend\":\"iptables\"},"
	"{\"type\":\"portmap\",\"backend\":\"iptables\",\"capabilities\":{\"portMappings\":true}}]"
	"}";

static const char by_macvlan[] =
	"{\"cniVersion\":\"1.1.0\",\"name\":\"blue\",\"plugins\":[{\"type\":\"macvlan\","
	"\"master\":\"up0\",\"ipam\":{\"type\":\"host-local\",\"subnet\":\"10.1.0.0/24\"}}]}";

static void run(const char *line)
{
	struct plugin_answer answer = cnitool_on_host(
		line, (const char *const[]){"CAP_ARGS={\"portMappings\":[{\"hostPort\":8080,"
					    "\"containerPort\":80,\"protocol\":\"tcp\"}]}",
					    NULL});

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
}

static void write_list(const char *text)
{
	sandbox_must("mkdir -p " NET_D " && cat > " NET_D "/blue.conflist <<'E'\n%s\nE", text);
}

static void assert_no_trace(void)
{
	sandbox_must("! ls " LEASED " 2>/dev/null | grep -E '^(10|fd)'");
	sandbox_must("! ls /var/lib/cni/results 2>/dev/null | grep .");
	/* Locks, and portmap's count of ADDs, belong to no attachment. */
	sandbox_must("! find /run/cni -type f ! -name held ! -path '*/sweep/*' | grep .");
	sandbox_must("! find /run/cni -type l | grep .");
	sandbox_must("! ip -n red link show eth0 2>/dev/null");
}

/* Each row loses one of the places that tell of the network. */
static const char *const losses[] = {"true", "rm " NET_D "/*", "rm /var/lib/cni/results/*"};
#define LOSSES (sizeof(losses) / sizeof(*losses))

static void purge__leaves_no_rule_in_iptables(void **state)
{
	skip_unless_nat();
	for (size_t i = 0; i < LOSSES; i++) {
		print_message("# %s\n", losses[i]);
		write_list(by_iptables);
		sandbox_add_netns("red");
		run("add blue red");
		sandbox_must("iptables-save -t nat | grep -q 'to-destination 10.1.0.2:80' && "
			     "ip6tables-save -t nat | grep -q 'POSTROUTING -s fd01::2/128' && "
			     "iptables-save -t filter | grep -q -e '-s 10.1.0.2/32 -j ACCEPT'");
		sandbox_must("%s", losses[i]);
		run("purge");
		sandbox_must("! { iptables-save; ip6tables-save; } 2>/dev/null | "
			     "grep -E '10\\.1\\.0|fd01:|8080|cnitool-|CNI-DN-'");
		sandbox_must("! nft list ruleset | grep -E 'inet cni|bridge cni'");
		assert_no_trace();
		sandbox_del_netns("red");
		sandbox_must("ip link del br0; rm -r /var/lib/cni/networks");
	}
}

/* There is none on the host to be found by. */
static void purge__takes_an_interface_without_a_link_on_the_host(void **state)
{
	(void)state;
	if (!interface_has_kind("macvlan"))
		skip_because("this kernel has no macvlan");
	sandbox_must("ip link add up0 type veth peer name up1 && ip link set up0 up && "
		     "ip link set up1 up");
	for (size_t i = 0; i < LOSSES; i++) {
		print_message("# %s\n", losses[i]);
		write_list(by_macvlan);
		sandbox_add_netns("red");
		run("add blue red");
		sandbox_must("ip -n red -d link show eth0 | grep -q macvlan");
		sandbox_must("%s", losses[i]);
		run("purge");
		assert_no_trace();
		sandbox_del_netns("red");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nat_host_tests(purge__leaves_no_rule_in_iptables),
		bridge_test(purge__takes_an_interface_without_a_link_on_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
