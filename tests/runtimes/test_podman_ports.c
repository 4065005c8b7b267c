/* SPDX-License-Identifier: Apache-2.0 */
/* Ports that podman publishes: who gets to the container, by which address, and whom it sees. */
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#define BOTH(mapping) "-p " mapping "/tcp -p " mapping "/udp "

static void port__leads_to_the_box_from_everywhere(void **state)
{
	struct box green = {.name = "green"};
	struct box red = {.name = "red"};

	(void)state;
	podman_begin(
		"tcp and udp ports published: from the outside, the host, 127.0.0.1, the container "
		"itself, and one on another network; a mebibyte by curl");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	podman_must("network create --subnet 10.2.0.0/24 yellow");
	box_run(&red, "--network blue -p 8000:80 " BOTH("8080:9090"));
	box_run(&green, "--network yellow");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	podman_ask(NULL, "192.0.2.1", 8080, "red", "192.0.2.1");
	podman_ask(NULL, "127.0.0.1", 8080, "red", "10.1.0.1");
	podman_ask(red.netns, "192.0.2.1", 8080, "red", "10.1.0.1");
	/* It leaves its own network, which is masqueraded. */
	podman_ask(green.netns, "192.0.2.1", 8080, "red", "10.1.0.1");
	box_serves(&red, "outside", "192.0.2.1:8000");
	box_serves(&red, NULL, "192.0.2.1:8000");
	box_serves(&red, NULL, "127.0.0.1:8000");
	/* Another host's port is not ours. */
	podman_ask(red.netns, "192.0.2.2", 8080, NULL, NULL);
	box_remove(&red);
	podman_ask(OUTSIDE, "192.0.2.1", 8080, NULL, NULL);
	box_remove(&green);
	podman_must("network rm blue yellow");
	podman_end();
}

static void port__of_one_address_is_that_addresss_alone(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin(
		"tcp and udp ports published at one address of the host, at 127.0.0.1, and as a "
		"range");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	box_run(&red, "--network blue " BOTH("192.0.2.1:8081:9090") BOTH("127.0.0.1:8082:9090")
			      BOTH("8089-8091:9089-9091"));
	podman_ask(OUTSIDE, "192.0.2.1", 8081, "red", "192.0.2.2");
	podman_ask(NULL, "192.0.2.1", 8081, "red", "192.0.2.1");
	podman_ask(NULL, "127.0.0.1", 8081, NULL, NULL);
	podman_ask(NULL, "127.0.0.1", 8082, "red", "10.1.0.1");
	podman_ask(OUTSIDE, "192.0.2.1", 8082, NULL, NULL);
	podman_ask(OUTSIDE, "192.0.2.1", 8090, "red", "192.0.2.2");
	podman_ask(OUTSIDE, "192.0.2.1", 8089, NULL, NULL);
	box_remove(&red);
	podman_must("network rm blue");
	podman_end();
}

static void port__that_is_taken_is_refused_and_left_alone(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("a published port that another container has");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	box_run(&red, "--network blue " BOTH("8080:9090"));
	podman_fails("run -d --name green --network blue -p 8080:9090 " PODMAN_IMAGE);
	podman_must("rm -f green");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	box_remove(&red);
	/* It is free again. */
	box_run(&red, "--network blue " BOTH("8080:9090"));
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	box_remove(&red);
	podman_must("network rm blue");
	podman_end();
}

static void reload__brings_back_what_a_flush_has_taken(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin(
		"network reload of a running container after nft flush ruleset: same address and "
		"MAC, ports and the way out are back");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	box_run(&red, "--network blue -p 8000:80 " BOTH("8080:9090"));
	sandbox_must("ip -j -n %s link show eth0 | jq -r '.[0].address' >" RUNTIMES_DIR "/mac",
		     red.net_ns);
	sandbox_must("nft flush ruleset");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, NULL, NULL);
	podman_must("network reload red");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	podman_ask(NULL, "127.0.0.1", 8080, "red", "10.1.0.1");
	podman_ask(red.netns, "192.0.2.2", PORT, "outside", "192.0.2.1");
	box_serves(&red, "outside", "192.0.2.1:8000");
	box_fetches(&red, "http://192.0.2.2:8080/", "192.0.2.1");
	sandbox_must("ip -n %s addr show eth0 | grep -q ' %s/24 '", red.net_ns, red.ip4);
	sandbox_must("ip -n %s link show eth0 | grep -q \" $(cat " RUNTIMES_DIR "/mac) \"",
		     red.net_ns);
	/* With nothing amiss, and all of them. */
	podman_must("network reload --all");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	box_remove(&red);
	podman_must("network rm blue");
	podman_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		podman_test(port__leads_to_the_box_from_everywhere),
		podman_test(port__of_one_address_is_that_addresss_alone),
		podman_test(port__that_is_taken_is_refused_and_left_alone),
		podman_test(reload__brings_back_what_a_flush_has_taken),
	};

	return cmocka_run_group_tests_name("podman_ports", tests, podman_setup, NULL);
}
