/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool ipam, and GC, for a network whose addresses are leases of dhcp. */
#include "dhcp6_scene.h"

#include "cleanup.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TOOL                                                                                       \
	"CNI_PATH=" CNI_C_BINARY_DIR "/plugins:" CNI_C_BINARY_DIR                                  \
	"/ipam NETCONFPATH=/run/net.d " CNI_C_BINARY_DIR "/cnitool/cnitool "
#define ID(of) "$(echo -n /run/netns/" of " | sha512sum | cut -c1-20)"

static const char *const quick[] = {"-timeout", "500ms", "-resendmax", "1s", NULL};

static int install(void)
{
	return sandbox_run("mkdir -p /run/net.d && cat >/run/net.d/lan.conflist <<'E'\n"
			   "{\"cniVersion\":\"1.1.0\",\"name\":\"lan\",\"plugins\":[{\"type\":"
			   "\"macvlan\",\"master\":\"up0\",\"ipam\":{\"type\":\"dhcp\",\"probe\":"
			   "false}}]}\nE");
}

static int setup(void **state)
{
	return dhcp_setup(state) != 0 ? -1 : install();
}

static int setup6(void **state)
{
	return dhcp6_setup(state) != 0 ? -1 : install();
}

#define tool_test(name) cmocka_unit_test_setup_teardown(name, setup, dhcp_teardown)

static void add(const char *name)
{
	sandbox_add_netns(name);
	sandbox_must(TOOL "add lan %s >/run/result", name);
}

/* Prints `expected` somewhere, and exits with `code`. */
static void prints(const char *line, int code, const char *expected)
{
	sandbox_must(TOOL "%s >/run/said 2>&1; test $? = %d", line, code);
	if (sandbox_run("grep -qE '%s' /run/said", expected) != 0) {
		freeing char *said = sandbox_read("cat /run/said");

		fail_msg("%s: expected \"%s\", found \"%s\"", line, expected, said);
	}
}

static void ipam__shows_leases(void **state)
{
	(void)state;
	daemon_start(NULL);
	prints("ipam list lan", 0, "^ADDRESS");
	prints("ipam usage lan", 0, "^macvlan +- +- +0 +0 +0 +- +of DHCP servers$");
	prints("ipam verify lan", 0, "^nothing wrong$");
	add("red");
	add("blue");
	prints("ipam list lan", 0,
	       "^10.1.0.50 +cnitool-[0-9a-f]+ +eth0 +[0-9]+s +this +alive +leased by 10.1.0.1 for "
	       "(59m|1h) more$");
	prints("ipam list lan", 0, "^10.1.0.51 ");
	prints("ipam usage lan", 0, "^macvlan +- +- +2 +0 +0 +- +of DHCP servers$");
	prints("ipam verify lan", 0, "^nothing wrong$");
	prints("ipam explain lan 10.1.0.51", 0,
	       "^10.1.0.51 is leased in network .lan. by 10.1.0.1 to container "
	       "cnitool-");
	prints("ipam explain lan 10.1.0.51", 0,
	       "^Its network namespace is alive; its daemon answers");
	prints("ipam explain lan 10.1.0.99", 0, "^10.1.0.99 is leased to no container");
	prints("ipam explain lan nothing", 1,
	       "no container of the ledger of network .lan. has an id that begins with .nothing.");
	sandbox_must(TOOL
		     "ipam explain lan cnitool-" ID("red") " | grep -q '^10.1.0.50 is leased'");
	prints("ipam usage", 0, "^lan +macvlan +- +- +2 +0 +0 +- ");
	assert_shown("10.1.0.50", "0.address", TOOL "ipam list lan --json");
	assert_shown("/run/cni/dhcp", "0.dataDir", TOOL "ipam list lan --json");
	sandbox_must(
		TOOL
		"ipam usage lan --json | jq -e '.[0].used == 2 and .[0].free == null' >/run/said");
	sandbox_must(TOOL "ipam explain lan 10.1.0.50 --json | jq -e '.[0] | .reserved and "
			  ".dataDir == \"/run/cni/dhcp\" and .namespace == \"alive\" and "
			  "(.sentences | length) > 1' >/run/said");
	sandbox_must(TOOL "ipam explain lan 10.1.0.99 --json | jq -e '.[0].reserved == false' "
			  ">/run/said");
	sandbox_must("test \"$(" TOOL "complete ipam release lan 10.1.0.5 | cut -f 1)\" = "
		     "\"$(printf '10.1.0.50\\n10.1.0.51')\"");
}

static void ipam__finds_faults_of_leases(void **state)
{
	(void)state;
	daemon_start(quick);
	add("red");
	daemon_end(SIGKILL);
	prints("ipam verify lan", 1,
	       "^no daemon answers on ./run/cni/dhcp.sock., which has 1 lease to renew$");
	prints("ipam explain lan 10.1.0.50", 0, "its daemon does not answer");
	daemon_start(quick);
	prints("ipam verify lan", 0, "^nothing wrong$");
	sandbox_must("sed 's/cnitool-.*//' </run/cni/dhcp/lan/cnitool-" ID(
		"red") ":eth0 "
		       ">/run/cni/dhcp/lan/other:eth0");
	prints("ipam verify lan", 1,
	       "^10.1.0.50: leased to container cnitool-.*, interface eth0, and to container "
	       "other, interface eth0$");
	sandbox_must("echo x >>/run/cni/dhcp/lan/other:eth0");
	prints("ipam verify lan", 1, "^other:eth0: the record is damaged");
	prints("ipam list lan", 0, "^- +other +eth0 +- +this +unknown +its record is damaged$");
}

static void ipam__releases_leases_whose_namespace_is_gone(void **state)
{
	(void)state;
	daemon_start(NULL);
	add("red");
	add("blue");
	prints("ipam release lan --stale", 0, "^no reservation is known");
	sandbox_del_netns("red");
	prints("ipam list lan", 0, "^10.1.0.50 .* gone ");
	prints("ipam usage lan", 0, "^macvlan +- +- +2 +0 +1 +- ");
	prints("ipam release lan --stale --dry-run", 0,
	       "^10.1.0.50 would be released: the namespace is gone of container cnitool-");
	assert_int_equal(server->count[7], 0);
	prints("ipam release lan --stale", 0, "^10.1.0.50 released: the namespace is gone");
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	prints("ipam usage lan", 0, "^macvlan +- +- +1 +0 +0 +- ");
	/* Without a daemon as well. */
	daemon_end(SIGTERM);
	sandbox_del_netns("blue");
	prints("ipam release lan --stale", 0, "^10.1.0.51 released");
	dhcp_server_await(server, 7, 2);
	sandbox_must("! test -e /run/cni/dhcp/lan");
}

static void ipam__releases_the_leases_that_are_named(void **state)
{
	(void)state;
	daemon_start(NULL);
	add("red");
	add("blue");
	prints("ipam release lan --gone", 0, "^no reservation is of a namespace that is gone$");
	prints("ipam release lan 10.1.0.50", 1,
	       "10.1.0.50 is leased to container cnitool-[0-9a-f]+, interface eth0, whose "
	       "namespace is alive: --force releases it");
	prints("ipam release lan 10.1.0.99", 1, "10.1.0.99 is not reserved in network .lan.");
	assert_int_equal(server->count[7], 0);
	prints("ipam release lan 10.1.0.50 --force", 0,
	       "^10.1.0.50 released: --force was given, leased to container cnitool-");
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	sandbox_del_netns("blue");
	prints("ipam verify lan", 1,
	       "^10.1.0.51: leased to container cnitool-[0-9a-f]+, interface eth0, whose "
	       "namespace is gone$");
	sandbox_must(TOOL "ipam verify lan --json >/run/said; jq -e '.[0].address == "
			  "\"10.1.0.51\"' /run/said");
	sandbox_must(TOOL "ipam release lan --gone --json | jq -e '.[0] | .released and "
			  ".address == \"10.1.0.51\" and .interface == \"eth0\" and "
			  ".reason == \"for a namespace that is gone\"' >/run/said");
	dhcp_server_await(server, 7, 2);
	prints("ipam usage lan", 0, "^macvlan +- +- +0 +0 +0 +- ");
}

static void ipam__asks_both_kinds_of_sources(void **state)
{
	(void)state;
	sandbox_must("jq '.plugins += [{type:\"bridge\",bridge:\"br0\",ipam:{type:\"host-local\","
		     "subnet:\"10.9.0.0/24\"}}]' /run/net.d/lan.conflist >/run/both && "
		     "mv /run/both /run/net.d/lan.conflist");
	daemon_start(NULL);
	prints("ipam usage lan", 0, "^bridge +0 +25");
	prints("ipam usage lan", 0, "^macvlan +- +- +0 +0 +0 ");
	prints("ipam explain lan 10.9.0.7", 0, "^In ./run/cni/dhcp.:");
	prints("ipam explain lan 10.9.0.7", 0, "^10.9.0.7 is in range set 0");
}

static void ipam__shows_leases_of_both_families(void **state)
{
	(void)state;
	server = dhcp_server_start("lan", "up1");
	sandbox_must("jq '.plugins[0].ipam.families = [\"ipv4\", \"ipv6\"]' "
		     "/run/net.d/lan.conflist >/run/both && mv /run/both /run/net.d/lan.conflist");
	daemon_start(NULL);
	add("red");
	prints("ipam list lan", 0, "^10.1.0.50 .* leased by 10.1.0.1 for ");
	prints("ipam list lan", 0, "^fd01::50 .* alive +leased by DHCPv6 for ");
	prints("ipam usage lan", 0, "^macvlan +- +- +2 +0 +0 ");
	prints("ipam verify lan", 0, "^nothing wrong$");
	prints("ipam explain lan fd01::50", 0, "^fd01::50 is leased in network .lan. by DHCPv6 to");
	daemon_end(SIGTERM);
	sandbox_del_netns("red");
	prints("ipam release lan 10.1.0.50", 0, "^fd01::50 released: the namespace is gone");
	dhcp_server_await(server, 7, 1);
	dhcp6_server_await(server6, 8, 1);
	sandbox_must("! test -e /run/cni/dhcp/lan && ! test -e /run/cni/dhcp6/lan");
}

/* GC, and purge, which knows the network by the records alone. */
static void gc__releases_leases(void **state)
{
	(void)state;
	daemon_start(NULL);
	add("red");
	add("blue");
	sandbox_del_netns("red");
	sandbox_must(TOOL "gc lan");
	dhcp_server_await(server, 7, 1);
	assert_int_equal(server->released, 50);
	prints("ipam usage lan", 0, "^macvlan +- +- +1 +0 +0 +- ");
	sandbox_must("rm -r /run/net.d/lan.conflist /var/lib/cni/results");
	sandbox_must(TOOL "purge");
	dhcp_server_await(server, 7, 2);
	sandbox_must("! test -e /run/cni/dhcp/lan");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tool_test(ipam__shows_leases),
		tool_test(ipam__finds_faults_of_leases),
		tool_test(ipam__releases_leases_whose_namespace_is_gone),
		tool_test(ipam__releases_the_leases_that_are_named),
		tool_test(ipam__asks_both_kinds_of_sources),
		cmocka_unit_test_setup_teardown(ipam__shows_leases_of_both_families, setup6,
						dhcp6_teardown),
		tool_test(gc__releases_leases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
