/* SPDX-License-Identifier: Apache-2.0 */
/* podman on a host whose FORWARD policy is drop, as Docker and many an administrator have it. */
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

/* The chains that all containers share stay for good, so they are there from the beginning. */
static int setup(void **state)
{
	if (podman_setup(state) < 0 ||
	    sandbox_run("iptables -P FORWARD DROP && ip6tables -P FORWARD DROP") != 0)
		return -1;
	if (podman_is_missing())
		return 0;
	return sandbox_run("podman network create --ipv6 --subnet 10.1.0.0/24 --subnet fd01::/64 "
			   "blue >/dev/null && "
			   "podman run --rm --network blue " PODMAN_IMAGE " true && "
			   "podman network rm blue >/dev/null");
}

static void box__gets_through_a_policy_of_drop(void **state)
{
	struct box green = {.name = "green"};
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("on a host whose FORWARD policy is drop: the way out, published ports, "
		     "network reload");
	podman_must("network create --ipv6 --subnet 10.1.0.0/24 --subnet fd01::/64 blue");
	box_run(&red, "--network blue -p 8000:80 -p 8080:9090/tcp -p 8080:9090/udp");
	box_run(&green, "--network blue");
	sandbox_must("iptables -S CNI-FORWARD | grep -q -e '-s %s/32 -j ACCEPT'", red.ip4);
	for (int i = 0; i < 2; i++) {
		podman_ask(NULL, "192.0.2.1", 8080, "red", "192.0.2.1");
		podman_ask(NULL, "2001:db8::1", 8080, "red", "2001:db8::1");
		podman_ask(OUTSIDE, "192.0.2.1", 8080, "red", "192.0.2.2");
		podman_ask(OUTSIDE, "2001:db8::1", 8080, "red", "2001:db8::2");
		podman_ask(NULL, "127.0.0.1", 8080, "red", "10.1.0.1");
		podman_ask(red.netns, "192.0.2.2", PORT, "outside", "192.0.2.1");
		podman_ask(green.netns, "2001:db8::2", PORT, "outside", "2001:db8::1");
		podman_ask(red.netns, green.ip4, PORT, "green", red.ip4);
		box_serves(&red, NULL, "192.0.2.1:8000");
		box_fetches(&green, "http://192.0.2.2:8080/", "192.0.2.1");
		podman_must("network reload --all");
	}
	box_remove(&red);
	box_remove(&green);
	podman_must("network rm blue");
	podman_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		podman_test(box__gets_through_a_policy_of_drop),
	};

	return cmocka_run_group_tests_name("podman_firewall", tests, setup, NULL);
}
