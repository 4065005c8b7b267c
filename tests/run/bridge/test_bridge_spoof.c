/* SPDX-License-Identifier: Apache-2.0 */
/* macspoofchk: a pod sends with its own MAC only. */
#include "attached.h"
#include "frame.h"

#include "cleanup.h"

#include <stdbool.h>
#include <string.h>

#define GUARDED "'macspoofchk':true," GATEWAY "," IPAM46

static void set_mac(const struct pod *pod, const char *mac)
{
	/* Neighbour caches forget the old MAC. */
	sandbox_must("ip -n %s link set eth0 address %s; ip neigh flush dev br0; "
		     "ip -n %s neigh flush dev eth0",
		     pod->name, mac, pod->name);
}

static void spoof__of_another_mac_is_dropped(void **state)
{
	freeing char *config = bridge_config("1.0.0", GUARDED);
	freeing char *mac = NULL;
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	mac = shown("0.address", "ip -n red -j link show eth0");
	assert_reaches("red", "10.1.0.1");
	assert_reaches("red", "10.1.0.3");
	set_mac(&red, "02:00:00:00:00:0a");
	assert_does_not_reach("red", "10.1.0.1");
	assert_does_not_reach("red", "10.1.0.3");
	/* Nor with the MAC of a neighbour. */
	{
		freeing char *of_blue = shown("0.address", "ip -n blue -j link show eth0");

		set_mac(&red, of_blue);
	}
	assert_does_not_reach("red", "10.1.0.1");
	assert_reaches("blue", "10.1.0.1");
	set_mac(&red, mac);
	assert_reaches("red", "10.1.0.1");
	pod_close(&red);
	pod_close(&blue);
}

/* The very same, to see that it is this key that does it. */
static void spoof__of_another_mac_passes_where_it_is_not_asked_for(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM46);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	set_mac(&red, "02:00:00:00:00:0a");
	assert_reaches("red", "10.1.0.1");
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	pod_close(&red);
}

static void spoof__rules_go_with_their_attachment(void **state)
{
	freeing char *config = bridge_config("1.0.0", GUARDED);
	freeing char *alone = NULL;
	freeing char *after = NULL;
	struct pod blue;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	alone = sandbox_read("nft -s list table bridge cni");
	assert_non_null(strstr(alone, "blue/red/eth0"));
	pod_add(&blue, config);
	pod_del(&blue, config);
	after = sandbox_read("nft -s list table bridge cni");
	assert_string_equal(after, alone);
	pod_del(&red, config);
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	pod_close(&red);
	pod_close(&blue);
}

/* The host's end gets its name from its owner: a second life of the pod has the same one, and a MAC
 * of its own. */
static void spoof__guards_the_new_mac_of_a_pod_that_came_again(void **state)
{
	freeing char *config = bridge_config("1.0.0", GUARDED);
	freeing char *old = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	pod_add(&red, config);
	old = shown("0.address", "ip -n red -j link show eth0");
	/* Its DEL never came. */
	pod_close(&red);
	sandbox_run("ip link del %s 2>/dev/null", red.host);
	sandbox_must("rm -r /var/lib/cni/networks");
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_check(&red, config);
	assert_reaches("red", "10.1.0.1");
	set_mac(&red, old);
	assert_does_not_reach("red", "10.1.0.1");
	pod_del(&red, config);
	assert_shown(NULL, "nftables.1", "nft -j list ruleset");
	pod_close(&red);
}

/* True if blue's MAC moves to red's port after red has sent a frame with it to an address that
 * bridges do not forward, which no rule of the family bridge sees. */
static bool blue_moves(const struct pod *red, const char *mac_of_red, const char *mac_of_blue)
{
	const struct frame forged = {.kind = FRAME_OTHER,
				     .from = mac_of_blue,
				     .at = "01:80:c2:00:00:0e",
				     .ether_type = 0x88cc};
	const struct frame honest = {
		.kind = FRAME_ARP, .from = mac_of_red, .source = "10.1.0.2", .target = "10.1.0.1"};
	struct frame_watch at_host;

	frame_watch(&at_host, NULL, "br0");
	frame_send(red->netns, "eth0", &forged, 1);
	frame_send(red->netns, "eth0", &honest, 2);
	frame_wait(&at_host, 2);
	frame_watch_end(&at_host);
	return sandbox_run("bridge fdb show br br0 | grep -q '^%s dev %s '", mac_of_blue,
			   red->host) == 0;
}

/* Blue may say something itself in the same moment, and be back. */
static void assert_blue_moves(const char *more, bool expected)
{
	freeing char *config = bridge_config("1.0.0", more);
	freeing char *mac_of_blue = NULL;
	freeing char *mac_of_red = NULL;
	bool moved = false;
	struct pod blue;
	struct pod red;

	pod_open(&red, "red");
	pod_open(&blue, "blue");
	pod_add(&red, config);
	pod_add(&blue, config);
	pod_check(&red, config);
	mac_of_red = shown("0.address", "ip -n red -j link show eth0");
	mac_of_blue = shown("0.address", "ip -n blue -j link show eth0");
	assert_reaches("blue", "10.1.0.1");
	sandbox_must("bridge fdb show br br0 | grep -q '^%s dev %s '", mac_of_blue, blue.host);
	frame_stay_here();
	for (int i = 0; i < 10 && !moved; i++)
		moved = blue_moves(&red, mac_of_red, mac_of_blue);
	assert_int_equal(moved, expected);
	if (!expected) {
		sandbox_must("ip link set br0 type bridge no_linklocal_learn 0");
		pod_check_fails(&red, config, "no_linklocal_learn");
	}
	pod_del(&red, config);
	pod_del(&blue, config);
	pod_close(&red);
	pod_close(&blue);
}

static void spoof__to_the_bridge_itself_moves_no_mac(void **state)
{
	(void)state;
	assert_blue_moves(GATEWAY "," IPAM46, true);
	assert_blue_moves(GUARDED, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(spoof__of_another_mac_is_dropped),
		bridge_test(spoof__of_another_mac_passes_where_it_is_not_asked_for),
		bridge_test(spoof__rules_go_with_their_attachment),
		bridge_test(spoof__guards_the_new_mac_of_a_pod_that_came_again),
		bridge_test(spoof__to_the_bridge_itself_moves_no_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
