/* SPDX-License-Identifier: Apache-2.0 */
/* DEL and GC of portmap remove all published ports of the attachment, whatever the runtime knows,
 * and nothing else. */
#include "cleanup.h"
#include "faults.h"
#include "json_text.h"
#include "mem.h"
#include "published.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define OF_RED	PORTS(PORT(8080, 80, "tcp") "," PORT_AT("192.0.2.1", 53, 53, "udp"))
#define OF_BLUE PORTS(PORT(8081, 80, "tcp") "," PORT(9, 9, "sctp"))

static struct pod red;
static struct pod blue;

static int setup(void **state)
{
	freeing char *config = NULL;

	if (bridge_setup(state) < 0)
		return -1;
	config = bridge_config("1.1.0", FULL);
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	return 0;
}

static int teardown(void **state)
{
	pod_close(&red);
	pod_close(&blue);
	return bridge_teardown(state);
}

#define del_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- DEL ---- */

static void del__leaves_the_host_as_it_was(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	freeing char *of_blue = portmap_config("1.1.0", OF_BLUE);
	freeing char *before = sandbox_snapshot();
	freeing char *with_blue = NULL;

	(void)state;
	pod_publish(&blue, of_blue);
	with_blue = sandbox_snapshot();
	for (int i = 0; i < 2; i++) {
		pod_publish(&red, of_red);
		pod_unpublish(&red, of_red);
		sandbox_assert_unchanged(with_blue);
	}
	pod_check_published(&blue, of_blue);
	pod_unpublish(&blue, of_blue);
	sandbox_assert_unchanged(before);
}

/* The runtime's knowledge may be any by then. */
static void del__needs_neither_mappings_nor_netns_nor_result(void **state)
{
	static const char *const configs[] = {
		OF_RED,
		"",
		"'runtimeConfig':{'portMappings':[]}",
		PORTS(PORT(1, 1, "udp")),
		/* A configuration that is wrong by now is no reason to leave things behind. */
		PORTS(PORT(0, 0, "udp")),
		PORTS("5"),
		"'runtimeConfig':5",
		"'backend':'pf'",
		"'conditionsV4':['-d','10.0.0.0/8'],'snat':'no','markMasqBit':99",
		"'externalSetMarkChain':'KUBE-MARK-MASQ'," OF_RED,
	};
	static const char *const netns[] = {"/run/netns/red", "/run/netns/gone", "/run/a-file", "",
					    NULL};
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	freeing char *before = NULL;

	(void)state;
	sandbox_must("touch /run/a-file");
	before = sandbox_snapshot();
	for (size_t i = 0; i < COUNT(configs); i++) {
		freeing char *config = portmap_config("1.1.0", configs[i]);
		struct plugin_call asked = portmap_call(&red, "DEL", config);

		asked.netns = netns[i % COUNT(netns)];
		pod_publish(&red, of_red);
		/* Twice. */
		plugin_succeeds(&asked);
		assert_nothing_published();
		plugin_succeeds(&asked);
	}
	sandbox_assert_unchanged(before);
}

static void del__of_what_never_was_succeeds(void **state)
{
	freeing char *config = portmap_config("1.1.0", OF_RED);
	freeing char *before = sandbox_snapshot();

	(void)state;
	pod_unpublish(&red, config);
	sandbox_assert_unchanged(before);
}

/* The ledger may give an address to the next one before the last one's DEL has come. */
static void del__that_is_late_leaves_the_next_owner_alone(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	struct pod next = red;

	(void)state;
	pod_publish(&red, of_red);
	/* Another container gets the addresses of red, whose link has gone without a DEL. */
	snprintf(next.name, sizeof(next.name), "next");
	sandbox_must("ip link set %s name away; ip link set away alias ''", red.host);
	pod_publish(&next, of_red);
	sandbox_must("ip link set away name %s; ip link set %s alias blue/red/eth0", red.host,
		     red.host);
	pod_unpublish(&red, of_red);
	pod_check_published(&next, of_red);
	pod_unpublish(&next, of_red);
	assert_nothing_published();
}

/* The Go plugins' DEL of a node that went back takes the veth, and leaves the ports. */
static void add__removes_ports_of_attachments_that_are_gone(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	freeing char *of_blue = portmap_config("1.1.0", OF_BLUE);

	(void)state;
	pod_publish(&red, of_red);
	sandbox_must("ip link del %s", red.host);
	sandbox_must("nft list map inet cni_portmap ports4 | grep -q 8080");
	pod_publish(&blue, of_blue);
	sandbox_must("! nft list table inet cni_portmap | grep -q red/eth0");
	pod_check_published(&blue, of_blue);
	pod_unpublish(&blue, of_blue);
	assert_nothing_published();
}

/* The cost of a sweep grows with the attachments, so that it comes as rarely as there are many. */
static void add__sweeps_as_rarely_as_there_are_many(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	freeing char *of_blue = portmap_config("1.1.0", OF_BLUE);

	(void)state;
	pod_publish(&red, of_red);
	sandbox_must("echo '3 100' > /run/cni/sweep/portmap; ip link del %s", red.host);
	pod_publish(&blue, of_blue);
	sandbox_must("nft list table inet cni_portmap | grep -q red/eth0");
	sandbox_must("grep -q '^ *4 *100$' /run/cni/sweep/portmap");
	sandbox_must("echo '100 100' > /run/cni/sweep/portmap");
	pod_unpublish(&blue, of_blue);
	pod_publish(&blue, of_blue);
	sandbox_must("! nft list table inet cni_portmap | grep -q red/eth0");
	sandbox_must("grep -q '^ *0 *1$' /run/cni/sweep/portmap");
	/* A damaged count, a link and a directory in its place. */
	sandbox_must("echo x > /run/cni/sweep/portmap");
	pod_unpublish(&blue, of_blue);
	pod_publish(&blue, of_blue);
	sandbox_must("grep -q '^ *0 *1$' /run/cni/sweep/portmap");
	sandbox_must("rm /run/cni/sweep/portmap; ln -s /run/elsewhere /run/cni/sweep/portmap");
	pod_unpublish(&blue, of_blue);
	pod_publish(&blue, of_blue);
	sandbox_must("! [ -e /run/elsewhere ]; rm /run/cni/sweep/portmap; "
		     "mkdir /run/cni/sweep/portmap");
	pod_unpublish(&blue, of_blue);
	pod_publish(&blue, of_blue);
	pod_unpublish(&blue, of_blue);
}

/* Two interfaces of one container. */
/* Runs DEL of red under strace(1) and returns how many bytes it has read from the kernel's netlink. */
static long read_by_del(const char *config)
{
	static const char log[] = SANDBOX_DIR "/log";
	const char *const arguments[] = {"-o", log, "-e", "trace=recvmmsg", PORTMAP, NULL};
	static const char *const environment[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
	freeing char *with = pod_config(&red, config);
	struct plugin_call asked = portmap_call(&red, "DEL", with);
	freeing char *bytes = NULL;

	asked.plugin = "/usr/bin/strace";
	asked.arguments = arguments;
	asked.environment = environment; /* leaks cannot be looked for in a traced process */
	plugin_succeeds(&asked);
	bytes = sandbox_read("grep -o 'msg_len=[0-9]*' %s | "
			     "awk -F= '{sum += $2} END {printf \"%%d\", sum}'",
			     log);
	return atol(bytes);
}

static void del__reads_no_more_beside_a_thousand_ports(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	freeing char *list = cni_strdup("");
	freeing char *ports = NULL;
	freeing char *of_blue = NULL;
	long few;

	(void)state;
	if (!faults_possible())
		skip_because("strace is not installed");
	for (unsigned int i = 0; i < 1000; i++) {
		char *longer = cni_format("%s%s{'hostPort':%u,'containerPort':80,'protocol':'tcp'}",
					  list, i ? "," : "", 20000 + i);

		free(list);
		list = longer;
	}
	ports = cni_format(PORTS("%s"), list);
	of_blue = portmap_config("1.1.0", ports);
	pod_publish(&blue, of_red);
	pod_unpublish(&blue, of_red);
	pod_publish(&red, of_red);
	few = read_by_del(of_red);
	pod_publish(&blue, of_blue);
	pod_publish(&red, of_red);
	/* DEL reads one datagram of each family's map, instead of all of them. */
	assert_in_range(read_by_del(of_red), 1, few + 40000);
	pod_check_published(&blue, of_blue);
}

static void del__is_of_one_interface(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	freeing char *of_net1 = portmap_config("1.1.0", OF_BLUE);
	freeing char *with = NULL;
	struct plugin_call asked;

	(void)state;
	pod_publish(&red, of_red);
	cni_json_set(cJSON_GetArrayItem(cni_json_get(blue.result, "interfaces"), 2), "name",
		     cJSON_CreateString("net1"));
	with = pod_config(&blue, of_net1);
	asked = portmap_call(&red, "ADD", with);
	asked.ifname = "net1";
	plugin_succeeds(&asked);
	pod_unpublish(&red, of_red);
	asked.command = "CHECK";
	plugin_succeeds(&asked);
	asked.command = "DEL";
	plugin_succeeds(&asked);
	assert_nothing_published();
}

/* ---- GC ---- */

#define VALID(list) "'cni.dev/valid-attachments':[" list "]"
#define ETH0(name)  "{'containerID':'" name "','ifname':'eth0'}"

static void gc(const char *name, const char *more)
{
	freeing char *keys = cni_format("'name':'%s',%s", name, more);
	freeing char *config = portmap_config("1.1.0", keys);
	struct plugin_call asked = portmap_call(&red, "GC", config);

	asked.container = asked.netns = asked.ifname = NULL;
	for (int i = 0; i < 2; i++)
		plugin_succeeds(&asked);
}

static void gc__keeps_the_valid_and_other_networks(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	freeing char *of_blue = portmap_config("1.1.0", OF_BLUE);
	freeing char *of_green =
		portmap_config("1.1.0", "'name':'green'," PORTS(PORT(7, 7, "tcp")));
	freeing char *before = sandbox_snapshot();
	freeing char *with_blue = NULL;
	/* The container of that id has an interface in both networks. */
	struct pod green = red;

	(void)state;
	green.result = json_of("{'cniVersion':'1.1.0','ips':[{'address':'10.2.0.2/24'}]}");
	pod_publish(&blue, of_blue);
	pod_publish(&green, of_green);
	with_blue = sandbox_snapshot();
	pod_publish(&red, of_red);
	gc("blue", VALID(ETH0("blue") "," ETH0("red")));
	pod_check_published(&red, of_red);
	gc("green", VALID(ETH0("red")));
	gc("yellow", VALID(""));
	pod_check_published(&green, of_green);
	gc("blue", VALID(ETH0("blue") ",{'containerID':'red','ifname':'net1'}"));
	sandbox_assert_unchanged(with_blue);
	gc("blue", VALID(""));
	pod_check_published(&green, of_green);
	gc("green", VALID(""));
	sandbox_assert_unchanged(before);
	cJSON_Delete(green.result);
}

static void gc__wants_a_list(void **state)
{
	freeing char *of_red = portmap_config("1.1.0", OF_RED);
	freeing char *config = portmap_config("1.1.0", "");
	struct plugin_call asked = portmap_call(&red, "GC", config);

	(void)state;
	pod_publish(&red, of_red);
	asked.container = asked.netns = asked.ifname = NULL;
	plugin_fails(&asked, CNI_ECONFIG, "cni.dev/valid-attachments");
	pod_check_published(&red, of_red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		del_test(del__leaves_the_host_as_it_was),
		del_test(del__needs_neither_mappings_nor_netns_nor_result),
		del_test(del__of_what_never_was_succeeds),
		del_test(del__that_is_late_leaves_the_next_owner_alone),
		del_test(add__removes_ports_of_attachments_that_are_gone),
		del_test(add__sweeps_as_rarely_as_there_are_many),
		del_test(del__reads_no_more_beside_a_thousand_ports),
		del_test(del__is_of_one_interface),
		del_test(gc__keeps_the_valid_and_other_networks),
		del_test(gc__wants_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
