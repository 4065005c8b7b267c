/* SPDX-License-Identifier: Apache-2.0 */
/* podman's networks: what containers on them have, whom they reach, and that nothing is left. */
#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void reaches(const struct box *from, const struct box *to)
{
	freeing char *url = cni_format("http://%s/", to->ip4);

	box_fetches(from, url, "box");
	podman_ask(from->netns, to->ip4, PORT, to->name, from->ip4);
}

static void gets_out(const struct box *box)
{
	box_fetches(box, "http://192.0.2.2:8080/", "192.0.2.1");
	podman_ask(box->netns, "192.0.2.2", PORT, "outside", "192.0.2.1");
}

static void assert_chain(const char *network)
{
	static const char *const types[] = {"bridge", "portmap", "firewall", "tuning"};

	for (size_t i = 0; i < COUNT(types); i++) {
		freeing char *path = cni_format("plugins.%zu.type", i);

		assert_shown(types[i], path, "cat " PODMAN_NETWORKS "/%s.conflist", network);
	}
}

static void boxes__reach_each_other_the_host_and_the_outside(void **state)
{
	struct box green = {.name = "green"};
	struct box red = {.name = "red"};
	freeing char *gateway = NULL;

	(void)state;
	podman_begin(
		"a network that podman makes as it likes; two containers that reach each other, "
		"the host and the outside");
	podman_must("network create blue");
	assert_chain("blue");
	gateway = shown("0.subnets.0.gateway", "podman network inspect blue");
	box_run(&red, "--network blue");
	box_run(&green, "--network blue");
	reaches(&red, &green);
	reaches(&green, &red);
	gets_out(&red);
	gets_out(&green);
	podman_ask(red.netns, gateway, PORT, "host", red.ip4);
	podman_ask(NULL, red.ip4, PORT, "red", gateway);
	assert_shown("1500", "0.mtu", "ip -j -n %s link show eth0", red.net_ns);
	assert_shown(gateway, "0.gateway", "ip -j -n %s route show default", red.net_ns);
	sandbox_must("podman exec red ip -o addr show eth0 | grep -q ' %s/24 '", red.ip4);
	box_remove(&red);
	gets_out(&green);
	box_remove(&green);
	podman_must("network rm blue");
	podman_end();
}

static void network__that_podman_has_by_itself_gets_out(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("the network that podman has without being told");
	box_run(&red, "");
	gets_out(&red);
	box_remove(&red);
	/* podman leaves the bridge. */
	sandbox_must("ip link del cni-podman0");
	podman_end();
}

static void address_and_mac__are_those_that_were_asked_for(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin(
		"static address and MAC, which no other container gets and the next one may have");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	for (int i = 0; i < 2; i++) {
		box_run(&red, "--network blue --ip 10.1.0.77 --mac-address 02:00:00:00:00:77");
		assert_string_equal(red.ip4, "10.1.0.77");
		assert_shown("02:00:00:00:00:77", "0.address", "ip -j -n %s link show eth0",
			     red.net_ns);
		gets_out(&red);
		podman_fails("run -d --name green --network blue --ip 10.1.0.77 " PODMAN_IMAGE);
		podman_must("rm -f green");
		gets_out(&red);
		box_remove(&red);
	}
	podman_must("network rm blue");
	podman_end();
}

static void box__has_both_families(void **state)
{
	struct box green = {.name = "green"};
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("dual stack: static addresses of both families, both masqueraded, a port "
		     "published in both");
	podman_must("network create --ipv6 --subnet 10.1.0.0/24 --subnet fd01::/64 blue");
	box_run(&red, "--network blue:ip=10.1.0.66,ip=fd01::66 -p 8080:9090 -p 8080:9090/udp "
		      "-p 8000:80");
	box_run(&green, "--network blue");
	assert_string_equal(red.ip4, "10.1.0.66");
	assert_string_equal(red.ip6, "fd01::66");
	reaches(&green, &red);
	podman_ask(green.netns, red.ip6, PORT, "red", green.ip6);
	box_fetches(&green, "http://[fd01::66]/", "box");
	gets_out(&red);
	box_fetches(&red, "http://[2001:db8::2]:8080/", "2001:db8::1");
	podman_ask(red.netns, "2001:db8::2", PORT, "outside", "2001:db8::1");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	podman_ask(OUTSIDE, "2001:db8::1", 8080, "red", "2001:db8::2");
	podman_ask(NULL, "2001:db8::1", 8080, "red", "2001:db8::1");
	box_serves(&red, "outside", "[2001:db8::1]:8000");
	box_remove(&red);
	box_remove(&green);
	podman_must("network rm blue");
	podman_end();
}

static void network__that_is_internal_leads_nowhere(void **state)
{
	struct box green = {.name = "green"};
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("an internal network: the containers reach each other and no other host");
	podman_must("network create --internal --subnet 10.1.0.0/24 blue");
	box_run(&red, "--network blue");
	box_run(&green, "--network blue");
	reaches(&red, &green);
	reaches(&green, &red);
	box_is_cut_off(&red, "http://192.0.2.2:8080/");
	podman_ask(red.netns, "192.0.2.2", PORT, NULL, NULL);
	assert_shown(NULL, "0", "ip -j -n %s route show default", red.net_ns);
	box_remove(&red);
	box_remove(&green);
	podman_must("network rm blue");
	podman_end();
}

static void box__can_be_plugged_and_unplugged(void **state)
{
	struct box green = {.name = "green"};
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("network connect and disconnect of a running container");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	podman_must("network create --subnet 10.2.0.0/24 yellow");
	box_run(&red, "--network blue");
	box_run(&green, "--network yellow");
	podman_must("network connect --ip 10.2.0.99 yellow red");
	assert_shown("10.2.0.99", "0.addr_info.0.local", "ip -j -4 -n %s addr show eth1",
		     red.net_ns);
	podman_ask(green.netns, "10.2.0.99", PORT, "red", green.ip4);
	podman_ask(red.netns, green.ip4, PORT, "green", "10.2.0.99");
	podman_must("network disconnect yellow red");
	sandbox_must("! ip -n %s link show eth1 2>/dev/null", red.net_ns);
	podman_ask(green.netns, "10.2.0.99", PORT, NULL, NULL);
	gets_out(&red);
	box_remove(&red);
	box_remove(&green);
	podman_must("network rm blue yellow");
	podman_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		podman_test(boxes__reach_each_other_the_host_and_the_outside),
		podman_test(network__that_podman_has_by_itself_gets_out),
		podman_test(address_and_mac__are_those_that_were_asked_for),
		podman_test(box__has_both_families),
		podman_test(network__that_is_internal_leads_nowhere),
		podman_test(box__can_be_plugged_and_unplugged),
	};

	return cmocka_run_group_tests_name("podman", tests, podman_setup, NULL);
}
