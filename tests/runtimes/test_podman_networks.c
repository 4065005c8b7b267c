/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of podman on two networks that publish ports: podman sends the ports to each of the
 * networks, and one of them serves. Traffic by 127.0.0.1 is masqueraded and needs no default route
 * in the container, which has that of one network only. */
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#define PORTS "-p 8080:9090/tcp -p 8080:9090/udp"

static void create_two(void)
{
	podman_must("network create --subnet 10.1.0.0/24 blue");
	podman_must("network create --subnet 10.2.0.0/24 yellow");
}

static void remove_two(void)
{
	podman_must("network rm blue yellow");
}

static void port__of_a_box_on_two_networks_leads_to_it(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("a container on two networks with published ports: run, restart, removal");
	create_two();
	box_run(&red, "--network blue,yellow " PORTS);
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	for (int i = 0; i < 2; i++) {
		box_leave(&red);
		podman_must("restart red");
		box_find(&red);
		podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	}
	box_remove(&red);
	podman_ask(OUTSIDE, "192.0.2.1", 8080, NULL, NULL);
	sandbox_must("! nft list ruleset | grep -q .");
	remove_two();
	podman_end();
}

/* The network that serves goes, and the other one takes over; then the other way round. */
static void port__survives_the_disconnection_of_either_network(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin(
		"a container on two networks with published ports: disconnection of the one and "
		"of the other");
	create_two();
	box_run(&red, "--network blue,yellow " PORTS);
	podman_must("network disconnect blue red");
	podman_ask(NULL, "127.0.0.1", 8080, "red", "10.2.0.1");
	podman_must("network connect blue red");
	podman_ask(NULL, "127.0.0.1", 8080, "red", "10.2.0.1");
	podman_must("network disconnect yellow red");
	podman_ask(NULL, "127.0.0.1", 8080, "red", "10.1.0.1");
	box_remove(&red);
	podman_ask(NULL, "127.0.0.1", 8080, NULL, NULL);
	remove_two();
	podman_end();
}

static void port__stays_while_a_network_comes_and_goes(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("network connect and disconnect of a running container with published ports");
	create_two();
	box_run(&red, "--network blue " PORTS);
	podman_must("network connect yellow red");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	podman_ask(NULL, "127.0.0.1", 8080, "red", "10.1.0.1");
	podman_must("network disconnect yellow red");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	podman_ask(NULL, "127.0.0.1", 8080, "red", "10.1.0.1");
	box_remove(&red);
	podman_ask(OUTSIDE, "192.0.2.1", 8080, NULL, NULL);
	remove_two();
	podman_end();
}

/* A container's own port on two networks is no reason to let another have it. */
static void port__of_a_box_on_two_networks_is_refused_to_another(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("a published port that a container on two networks has");
	create_two();
	box_run(&red, "--network blue,yellow " PORTS);
	podman_fails("run -d --name green --network blue -p 8080:9090 " PODMAN_IMAGE);
	podman_must("rm -f green");
	podman_fails("run -d --name green --network yellow,blue -p 8080:9090/udp " PODMAN_IMAGE);
	podman_must("rm -f green");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
	box_remove(&red);
	remove_two();
	podman_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		podman_test(port__of_a_box_on_two_networks_leads_to_it),
		podman_test(port__survives_the_disconnection_of_either_network),
		podman_test(port__stays_while_a_network_comes_and_goes),
		podman_test(port__of_a_box_on_two_networks_is_refused_to_another),
	};

	return cmocka_run_group_tests_name("podman_networks", tests, podman_setup, NULL);
}
