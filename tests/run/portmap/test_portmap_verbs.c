/* SPDX-License-Identifier: Apache-2.0 */
/* portmap as the second plugin of a chain: its answers, and its published ports. */
#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "offer.h"
#include "published.h"
#include "test.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define WEB PORTS(PORT(8080, 80, "tcp"))

/* ---- the result ---- */

static void assert_passed_through(const struct pod *pod, const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call asked = portmap_call(pod, "ADD", with);
	struct plugin_answer answer = plugin_run(&asked);

	plugin_assert_success(&answer);
	json_text_assert_equal(answer.json, pod->result);
	plugin_answer_clear(&answer);
}

static void add__passes_the_result_through_in_each_version(void **state)
{
	static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1",
					       "0.4.0", "1.0.0", "1.1.0"};

	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		freeing char *bridge = bridge_config(versions[i], FULL);
		freeing char *config = portmap_config(versions[i], WEB);
		struct pod red;

		pod_open(&red, "red");
		pod_add(&red, bridge);
		assert_passed_through(&red, config);
		assert_elements("ports4", "tcp 8080 -> 10.1.0.2 80 blue/red/eth0");
		assert_elements("ports6", "tcp 8080 -> fd01::2 80 blue/red/eth0");
		/* CHECK came with 0.4.0. */
		if (i >= 4)
			pod_check_published(&red, config);
		pod_unpublish(&red, config);
		assert_nothing_published();
		pod_close(&red);
		bridge_teardown(NULL);
		assert_int_equal(bridge_setup(NULL), 0);
	}
}

static void add__passes_everything_through(void **state)
{
	freeing char *config = portmap_config("1.1.0", "'snat':false," WEB);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	red.result = json_of(
		"{'cniVersion':'1.1.0','interfaces':[{'name':'br9','mac':'02:00:00:00:00:09'},"
		"{'name':'veth9','mac':'02:00:00:00:00:0a','mtu':1400},"
		"{'name':'eth0','mac':'02:00:00:00:00:0b','sandbox':'/run/netns/red','mtu':1400,"
		"'socketPath':'/run/socket','pciID':'0000:00:1f.6'}],"
		"'ips':[{'address':'10.1.0.2/24','gateway':'10.1.0.1','interface':2},"
		"{'address':'10.9.0.2/24','interface':2}],"
		"'routes':[{'dst':'0.0.0.0/"
		"0','gw':'10.1.0.1','mtu':1300,'advmss':1260,'priority':7,"
		"'table':100,'scope':0},{'dst':'10.8.0.0/16'}],"
		"'dns':{'nameservers':['10.1.0.1'],'domain':'a.example','search':['b.example'],"
		"'options':['ndots:2']}}");
	assert_passed_through(&red, config);
	pod_close(&red);
}

static void add__without_mappings_makes_nothing(void **state)
{
	static const char *const nothings[] = {
		"'snat':true",
		"'runtimeConfig':{}",
		"'runtimeConfig':null",
		"'runtimeConfig':{'portMappings':null}",
		"'runtimeConfig':{'portMappings':[]}",
		"'runtimeConfig':{'portMappings':[null]}",
		/* Not its place. */
		"'portMappings':[{'hostPort':1,'containerPort':1,'protocol':'tcp'}]",
		"'capabilities':{'portMappings':true}",
	};
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM46);
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, bridge);
	before = sandbox_snapshot();
	for (size_t i = 0; i < COUNT(nothings); i++) {
		freeing char *config = portmap_config("1.0.0", nothings[i]);

		assert_passed_through(&red, config);
		pod_check_published(&red, config);
		pod_unpublish(&red, config);
	}
	sandbox_assert_unchanged(before);
	pod_close(&red);
}

static void add__wants_a_prev_result(void **state)
{
	freeing char *config = portmap_config("1.0.0", WEB);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_publish_fails(&red, config, CNI_ECONFIG, "must be called as chained plugin");
	{
		struct plugin_call asked = portmap_call(&red, "CHECK", config);

		plugin_fails(&asked, CNI_ECONFIG, "prevResult");
	}
	assert_nothing_published();
	pod_close(&red);
}

/* ---- which addresses ---- */

#define INTERFACES                                                                                 \
	"'interfaces':[{'name':'br0'},{'name':'eth0','sandbox':'/run/netns/red'},"                 \
	"{'name':'net1','sandbox':'/run/netns/red'},{'name':'eth0'}],"

static void add__publishes_the_first_address_of_each_family(void **state)
{
	static const struct {
		const char *ips, *ports4, *ports6;
	} cases[] = {
		{"{'address':'10.1.0.2/24','interface':1},{'address':'10.1.0.3/24','interface':1}",
		 "10.1.0.2", NULL},
		{"{'address':'fd01::2/64','interface':1},{'address':'10.1.0.3/24','interface':1},"
		 "{'address':'fd01::3/64','interface':1}",
		 "10.1.0.3", "fd01::2"},
		/* Addresses of another interface, in the container or on the host. */
		{"{'address':'10.1.0.1/24','interface':0},{'address':'10.1.0.2/24','interface':2},"
		 "{'address':'10.1.0.3/24','interface':3},{'address':'10.1.0.4/24','interface':1}",
		 "10.1.0.4", NULL},
		/* Addresses without a named interface. */
		{"{'address':'10.1.0.2/24'}", "10.1.0.2", NULL},
		{"", NULL, NULL},
	};
	freeing char *config = portmap_config("1.0.0", "'snat':false," WEB);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *result =
			cni_format("{'cniVersion':'1.0.0'," INTERFACES "'ips':[%s]}", cases[i].ips);
		struct pod red;

		pod_open(&red, "red");
		red.result = json_of(result);
		pod_publish(&red, config);
		pod_check_published(&red, config);
		for (int v6 = 0; v6 < 2 && cases[i].ports4; v6++) {
			const char *address = v6 ? cases[i].ports6 : cases[i].ports4;
			freeing char *expected =
				cni_format("tcp 8080 -> %s 80 blue/red/eth0", address);

			assert_elements(v6 ? "ports6" : "ports4", address ? expected : "");
		}
		pod_unpublish(&red, config);
		assert_nothing_published();
		pod_close(&red);
	}
}

/* As the Go plugin: an index that leads nowhere is none, and each of two entries of one name is the container's. */
static void add__publishes_an_address_whose_interface_is_not_in_the_result(void **state)
{
	static const char *const results[] = {
		"'ips':[{'address':'10.1.0.2/24','interface':0}]",
		"'interfaces':[],'ips':[{'address':'10.1.0.2/24','interface':0}]",
		INTERFACES "'ips':[{'address':'10.1.0.2/24','interface':4}]",
		INTERFACES "'ips':[{'address':'10.1.0.2/24','interface':2147483647}]",
		"'interfaces':[{'name':'eth0','sandbox':'/run/netns/red'},"
		"{'name':'eth0','sandbox':'/run/netns/red'}],"
		"'ips':[{'address':'10.1.0.2/24','interface':1}]",
	};
	freeing char *config = portmap_config("1.0.0", "'snat':false," WEB);

	(void)state;
	for (size_t i = 0; i < COUNT(results); i++) {
		freeing char *result = cni_format("{'cniVersion':'1.0.0',%s}", results[i]);
		struct pod red;

		pod_open(&red, "red");
		red.result = json_of(result);
		pod_publish(&red, config);
		assert_elements("ports4", "tcp 8080 -> 10.1.0.2 80 blue/red/eth0");
		pod_check_published(&red, config);
		pod_unpublish(&red, config);
		assert_nothing_published();
		pod_close(&red);
	}
}

/* ---- which ports ---- */

static void add__publishes_what_it_is_told(void **state)
{
	static const struct {
		const char *mapping, *ports4;
	} cases[] = {
		{"{'hostPort':1,'containerPort':65535,'protocol':'tcp'}",
		 "tcp 1 -> 10.1.0.2 65535"},
		{"{'hostPort':65535,'containerPort':1,'protocol':'udp'}",
		 "udp 65535 -> 10.1.0.2 1"},
		{"{'hostPort':80,'containerPort':80,'protocol':'sctp'}", "sctp 80 -> 10.1.0.2 80"},
		/* As containerd sends them, and others write them. */
		{"{'HostPort':80,'ContainerPort':8080,'Protocol':'tcp','HostIP':''}",
		 "tcp 80 -> 10.1.0.2 8080"},
		{"{'HostPort':80,'ContainerPort':8080,'Protocol':'TCP','HostIP':'0.0.0.0'}",
		 "tcp 80 -> 10.1.0.2 8080"},
		{"{'hostport':80,'CONTAINERPORT':8080,'protocol':'Udp','hostip':null}",
		 "udp 80 -> 10.1.0.2 8080"},
		{"{'hostPort':80,'containerPort':8080,'protocol':'tcp','hostIP':'::ffff:0.0.0.0'}",
		 "tcp 80 -> 10.1.0.2 8080"},
		{"null,{'hostPort':8e1,'containerPort':80.0,'protocol':'tcp','mine':{}},null",
		 "tcp 80 -> 10.1.0.2 80"},
	};
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, bridge);
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *ports = cni_format(PORTS("%s"), cases[i].mapping);
		freeing char *config = portmap_config("1.0.0", ports);
		freeing char *expected = cni_format("%s blue/red/eth0", cases[i].ports4);

		pod_publish(&red, config);
		pod_check_published(&red, config);
		assert_elements("ports4", expected);
		pod_unpublish(&red, config);
		assert_nothing_published();
	}
	pod_close(&red);
}

/* In any order, and whichever says most. */
static void add__publishes_once_what_it_is_told_twice(void **state)
{
	static const char *const cases[] = {
		PORT(8080, 80, "tcp") "," PORT(8080, 80, "TCP"),
		PORT(8080, 80, "tcp") "," PORT_AT("0.0.0.0", 8080, 80, "tcp"),
		PORT_AT("0.0.0.0", 8080, 80, "tcp") "," PORT(8080, 80, "tcp"),
		PORT_AT("::", 8080, 80, "tcp") "," PORT_AT("0.0.0.0", 8080, 80,
							   "tcp") "," PORT(8080, 80, "tcp"),
	};
	freeing char *bridge = bridge_config("1.0.0", FULL);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, bridge);
	for (size_t i = 0; i < COUNT(cases); i++) {
		freeing char *ports = cni_format(PORTS("%s"), cases[i]);
		freeing char *config = portmap_config("1.0.0", ports);

		pod_publish(&red, config);
		assert_elements("ports4", "tcp 8080 -> 10.1.0.2 80 blue/red/eth0");
		assert_elements("ports6", "tcp 8080 -> fd01::2 80 blue/red/eth0");
		pod_check_published(&red, config);
		pod_unpublish(&red, config);
		assert_nothing_published();
	}
	pod_close(&red);
}

static void add__of_many_ports_is_one_transaction(void **state)
{
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM46);
	freeing char *mappings = NULL;
	freeing char *config = NULL;
	freeing char *ports = NULL;
	struct pod red;
	size_t size;
	FILE *out = open_memstream(&mappings, &size);

	(void)state;
	for (int i = 0; i < 1000; i++)
		fprintf(out, "%s{'hostPort':%d,'containerPort':%d,'protocol':'tcp'}", i ? "," : "",
			10000 + i, 20000 + i);
	fclose(out);
	ports = cni_format(PORTS("%s"), mappings);
	config = portmap_config("1.0.0", ports);
	pod_open(&red, "red");
	pod_add(&red, bridge);
	pod_publish(&red, config);
	pod_check_published(&red, config);
	sandbox_must("for s in ports4 ports6 published4 published6; do test $(nft list map inet "
		     "cni_portmap $s | grep -o blue/red/eth0 | wc -l) -eq 1000 || exit; done");
	pod_unpublish(&red, config);
	assert_nothing_published();
	pod_close(&red);
}

/* ---- two of them ---- */

static void add__of_a_port_that_is_taken_says_by_whom(void **state)
{
	freeing char *bridge = bridge_config("1.0.0", GATEWAY "," IPAM46);
	freeing char *config = portmap_config("1.0.0", WEB);
	freeing char *other = portmap_config("1.0.0", PORTS(PORT(8081, 80, "tcp")));
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, bridge);
	pod_add(&blue, bridge);
	pod_publish(&red, config);
	pod_publish_fails(&blue, config, CNI_ETAKEN,
			  "port tcp :8080 is already published by 'blue/red/eth0', for 10.1.0.2");
	pod_check_published(&red, config);
	pod_publish(&blue, other);
	pod_unpublish(&red, config);
	pod_check_published(&blue, other);
	pod_publish(&red, config);
	pod_check_published(&red, config);
	pod_close(&blue);
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(add__passes_the_result_through_in_each_version),
		bridge_test(add__passes_everything_through),
		bridge_test(add__without_mappings_makes_nothing),
		bridge_test(add__wants_a_prev_result),
		bridge_test(add__publishes_the_first_address_of_each_family),
		bridge_test(add__publishes_an_address_whose_interface_is_not_in_the_result),
		bridge_test(add__publishes_what_it_is_told),
		bridge_test(add__publishes_once_what_it_is_told_twice),
		bridge_test(add__of_many_ports_is_one_transaction),
		bridge_test(add__of_a_port_that_is_taken_says_by_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
