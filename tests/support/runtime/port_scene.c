/* SPDX-License-Identifier: Apache-2.0 */
#include "port_scene.h"

#include "cleanup.h"
#include "test.h"

#define GREEN                                                                                      \
	"'bridge':'br1'," GATEWAY                                                                  \
	"," IPAM("'ranges':[[{'subnet':'10.2.0.0/24'}],[{'subnet':'fd02::/64'}]],"                 \
		 "'routes':[{'dst':'0.0.0.0/0'},{'dst':'::/0'}]")

struct pod scene_red;
struct pod scene_blue;
struct pod scene_green;

static struct probe_server servers[5];

/* Without duplicate address detection of the kernel's own addresses: until it is over, a router
 * cannot ask for its neighbours. IPv4 masquerades with the first of two addresses, IPv6 with the
 * last one. And bridged traffic passes no rules but those of bridges. */
static int make_outside(void)
{
	sandbox_add_netns("outside");
	return sandbox_run(
		"set -e; ip link add out type veth peer name in netns outside; "
		"sysctl -qw net.ipv6.conf.out.accept_dad=0; "
		"ip netns exec outside sysctl -qw net.ipv6.conf.in.accept_dad=0; "
		"for n in 1 3; do ip addr add 192.0.2.$n/24 dev out; done; "
		"for n in 3 1; do ip addr add 2001:db8:1::$n/64 dev out nodad; done; "
		"ip link set out up; "
		"ip -n outside link set lo up; ip -n outside addr add 192.0.2.2/24 dev in; "
		"ip -n outside addr add 2001:db8:1::2/64 dev in nodad; "
		"ip -n outside link set in up; "
		"for n in 1 2; do ip -n outside route add 10.$n.0.0/24 via 192.0.2.1; "
		"ip -n outside route add fd0$n::/64 via 2001:db8:1::1; done; "
		"for f in ip ip6; do [ ! -e /proc/sys/net/bridge/bridge-nf-call-${f}tables ] || "
		"sysctl -qw net.bridge.bridge-nf-call-${f}tables=0; done");
}

static void attach(struct pod *pod, const char *name, const char *more)
{
	freeing char *config = bridge_config("1.0.0", more);

	pod_open(pod, name);
	pod_add(pod, config);
}

int scene_setup(void **state)
{
	if (bridge_setup(state) < 0 || make_outside() != 0)
		return -1;
	attach(&scene_red, "red", FULL);
	attach(&scene_blue, "blue", FULL);
	attach(&scene_green, "green", GREEN);
	probe_serve(&servers[0], scene_red.netns, "pod", SCENE_CONTAINER_PORT);
	probe_serve(&servers[1], scene_blue.netns, "blue", SCENE_HOST_PORT);
	probe_serve(&servers[2], scene_green.netns, "green", SCENE_HOST_PORT);
	probe_serve(&servers[3], OUTSIDE, "outside", SCENE_HOST_PORT);
	probe_serve(&servers[4], NULL, "host", SCENE_HOST_PORT);
	return 0;
}

int scene_teardown(void **state)
{
	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++)
		probe_stop(&servers[i]);
	pod_close(&scene_red);
	pod_close(&scene_blue);
	pod_close(&scene_green);
	sandbox_del_netns("outside");
	return bridge_teardown(state);
}
