/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of podman that stop, start, die, and come in numbers. */
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#define PORTS_OF_RED "-p 8000:80 -p 8080:9090/tcp -p 8080:9090/udp"

static void is_published(struct box *box)
{
	box_find(box);
	podman_ask(OUTSIDE, "192.0.2.1", 8080, box->name, "192.0.2.2");
	box_serves(box, "outside", "192.0.2.1:8000");
	box_fetches(box, "http://192.0.2.2:8080/", "192.0.2.1");
}

/* A box that is not running has no rule, no veth, no address. */
static void leaves_nothing(void)
{
	sandbox_await("! nft list ruleset | grep -q .");
	sandbox_await("! ip link show type veth | grep -q master");
	sandbox_await("! ls /var/lib/cni/networks/blue | grep -q '^10\\.'");
	podman_ask(OUTSIDE, "192.0.2.1", 8080, NULL, NULL);
}

static void box__is_back_after_a_restart(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("restart, stop and start of a container with published ports");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	box_run(&red, "--network blue " PORTS_OF_RED);
	is_published(&red);
	for (int i = 0; i < 3; i++) {
		box_leave(&red);
		podman_must("restart red");
		is_published(&red);
	}
	box_leave(&red);
	podman_must("stop red");
	leaves_nothing();
	podman_must("start red");
	is_published(&red);
	box_remove(&red);
	podman_must("network rm blue");
	podman_end();
}

static void box__that_dies_leaves_nothing(void **state)
{
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("a container that is killed, one that ends by itself, one that cannot start");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	box_run(&red, "--network blue " PORTS_OF_RED);
	box_leave(&red);
	sandbox_must("kill -9 $(podman inspect --format '{{.State.Pid}}' red)");
	leaves_nothing();
	podman_must("rm red");
	podman_must("run --rm --network blue " PODMAN_IMAGE " wget -q -O - http://192.0.2.2:8080/");
	leaves_nothing();
	podman_fails("run --rm --network blue " PODMAN_IMAGE " /no/such/command");
	leaves_nothing();
	podman_must("network rm blue");
	podman_end();
}

static void network__goes_with_its_boxes(void **state)
{
	struct box green = {.name = "green"};
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("removal of a network together with its running containers");
	podman_must("network create --ipv6 --subnet 10.1.0.0/24 --subnet fd01::/64 blue");
	box_run(&red, "--network blue " PORTS_OF_RED);
	box_run(&green, "--network blue");
	box_leave(&red);
	box_leave(&green);
	podman_fails("network rm blue");
	podman_must("network rm -f blue");
	podman_end();
}

#define MANY "12"

static void boxes__come_and_go_at_once(void **state)
{
	(void)state;
	podman_begin(MANY
		     " containers at once, each with a published port, and their removal at once");
	podman_must("network create --subnet 10.1.0.0/24 blue");
	sandbox_must("for i in $(seq " MANY "); do podman run -d --name box$i --network blue "
		     "-p $((8100 + i)):80 " PODMAN_IMAGE " >/dev/null & pids=\"$pids $!\"; done; "
		     "for p in $pids; do wait $p || exit 1; done");
	sandbox_must("test $(ls /var/lib/cni/networks/blue | grep -c '^10\\.1\\.') = " MANY);
	sandbox_must(
		"for i in $(seq " MANY "); do test \"$(ip netns exec outside "
		"curl -sS --noproxy '*' --max-time 20 http://192.0.2.1:$((8100 + i))/)\" = box "
		"|| exit 1; done");
	sandbox_must("for i in $(seq " MANY
		     "); do podman rm -f box$i >/dev/null & pids=\"$pids $!\"; "
		     "done; for p in $pids; do wait $p || exit 1; done");
	podman_must("network rm blue");
	podman_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		podman_test(box__is_back_after_a_restart),
		podman_test(box__that_dies_leaves_nothing),
		podman_test(network__goes_with_its_boxes),
		podman_test(boxes__come_and_go_at_once),
	};

	return cmocka_run_group_tests_name("podman_life", tests, podman_setup, NULL);
}
