/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Ports by iptables of two interfaces that a container has in a network: the chain is that of the last ADD. */
#include "cleanup.h"
#include "mem.h"
#include "nat_scene.h"

#include <stdlib.h>

/* The interface has the address 10.1.0.<last>. */
static char *config_of(const char *ifname, int last)
{
	freeing char *more = cni_format("'prevResult':{'cniVersion':'1.0.0','interfaces':["
					"{'name':'%s','sandbox':'/run/netns/red'}],"
					"'ips':[{'address':'10.1.0.%d/24','interface':0}]}," PORTS(
						PORT(8080, 80, "tcp") "," PORT(53, 5353, "udp")),
					ifname, last);

	return nat_config(more);
}

static void run(const char *command, const char *ifname, const char *config)
{
	struct plugin_call call = portmap_call(&nat_red, command, config);

	call.ifname = ifname;
	plugin_succeeds(&call);
}

static void assert_leads_to(const char *address)
{
	sandbox_must("[ \"$(iptables-save -t nat | grep -o 'to-destination .*' | sort | xargs)\" = "
		     "'to-destination %s:5353 to-destination %s:80' ]",
		     address, address);
}

static void assert_no_ports(void)
{
	sandbox_must("! iptables-save -t nat | grep CNI-DN-");
	sandbox_must("! ls /run/cni/portmap/blue 2>/dev/null");
}

static void iptables__del_of_another_interface_keeps_the_ports(void **state)
{
	freeing char *eth0 = config_of("eth0", 2);
	freeing char *eth1 = config_of("eth1", 9);

	skip_unless_nat();
	run("ADD", "eth0", eth0);
	run("ADD", "eth1", eth1);
	assert_leads_to("10.1.0.9");
	run("DEL", "eth0", eth0);
	run("DEL", "eth0", eth0);
	assert_leads_to("10.1.0.9");
	run("CHECK", "eth1", eth1);
	run("DEL", "eth1", eth1);
	assert_no_ports();
}

/* No port leads to an address that is free. */
static void iptables__del_of_the_last_interface_removes_the_ports(void **state)
{
	freeing char *eth0 = config_of("eth0", 2);
	freeing char *eth1 = config_of("eth1", 9);

	skip_unless_nat();
	run("ADD", "eth0", eth0);
	run("ADD", "eth1", eth1);
	run("DEL", "eth1", eth1);
	assert_no_ports();
	run("ADD", "eth0", eth0);
	assert_leads_to("10.1.0.2");
	run("DEL", "eth0", eth0);
	assert_no_ports();
}

static void iptables__gc_of_the_last_interface_removes_the_ports(void **state)
{
	freeing char *eth0 = config_of("eth0", 2);
	freeing char *eth1 = config_of("eth1", 9);
	freeing char *collect = portmap_config(
		"1.1.0", "'cni.dev/valid-attachments':[{'containerID':'red','ifname':'eth0'}]");
	freeing char *keep = portmap_config(
		"1.1.0", "'cni.dev/valid-attachments':[{'containerID':'red','ifname':'eth1'}]");
	struct plugin_call gc = portmap_call(&nat_red, "GC", keep);

	skip_unless_nat();
	gc.container = gc.netns = gc.ifname = NULL;
	run("ADD", "eth0", eth0);
	run("ADD", "eth1", eth1);
	plugin_succeeds(&gc);
	assert_leads_to("10.1.0.9");
	gc = portmap_call(&nat_red, "GC", collect);
	gc.container = gc.netns = gc.ifname = NULL;
	plugin_succeeds(&gc);
	assert_no_ports();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		nat_tests(iptables__del_of_another_interface_keeps_the_ports),
		nat_tests(iptables__del_of_the_last_interface_removes_the_ports),
		nat_tests(iptables__gc_of_the_last_interface_removes_the_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
