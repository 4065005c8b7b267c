/* SPDX-License-Identifier: Apache-2.0 */
/* podman with conf/87-podman-bridge.conflist, as it stands there, in the place of Debian's file of that name. */
#include "podman.h"
#include "runtimes.h"
#include "sandbox.h"
#include "test.h"

#define LIST "87-podman-bridge.conflist"

static void box__has_the_network_of_conf(void **state)
{
	struct box green = {.name = "green"};
	struct box red = {.name = "red"};

	(void)state;
	podman_begin("conf/" LIST ": its default network, the way out, a published port");
	sandbox_must("cp " CNI_C_SOURCE_DIR "/conf/" LIST " " PODMAN_NETWORKS "/");
	box_run(&red, "-p 8080:80");
	box_run(&green, "");
	assert_string_equal(red.ip4, "10.88.0.2");
	sandbox_must("jq -r .config /var/lib/cni/results/podman-*-eth0 | base64 -d | "
		     "grep -q cniVersions");
	box_serves(&red, "outside", "192.0.2.1:8080");
	podman_ask(red.netns, "192.0.2.2", PORT, "outside", "192.0.2.1");
	podman_ask(green.netns, red.ip4, PORT, "red", green.ip4);
	box_fetches(&green, "http://192.0.2.2:8080/", "192.0.2.1");
	box_remove(&red);
	box_remove(&green);
	sandbox_must("rm " PODMAN_NETWORKS "/" LIST " && ip link del cni-podman0");
	podman_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		podman_test(box__has_the_network_of_conf),
	};

	return cmocka_run_group_tests_name("podman_conf", tests, podman_setup, NULL);
}
