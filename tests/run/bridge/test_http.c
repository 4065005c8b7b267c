/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP between pods, node and outside: bytes that arrive, and their source address. This host is a
 * node with pods, and there is one beyond it that knows no way back to them:
 *
 *	red 10.1.0.2, fd01::2 ──┐
 *	                        br0 10.1.0.1, fd01::1   node   192.0.2.1 ── 192.0.2.2   outside
 *	blue 10.1.0.3, fd01::3 ─┘                         2001:db8:1::1 ── 2001:db8:1::2
 */
#include "bridge.h"
#include "cleanup.h"
#include "http.h"
#include "mem.h"
#include "test.h"

#define OUTSIDE "/run/netns/outside"

/* The pods of a test, and a server in each place. */
static struct pod red;
static struct pod blue;
static struct http_server of_red;
static struct http_server of_node;
static struct http_server of_outside;

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("outside");
	/* Without duplicate address detection of what the kernel adds by itself: until it is over,
	 * a router cannot ask for its neighbours. */
	sandbox_must("ip link add out type veth peer name in netns outside && "
		     "sysctl -qw net.ipv6.conf.out.accept_dad=0 && "
		     "ip netns exec outside sysctl -qw net.ipv6.conf.in.accept_dad=0 && "
		     "ip addr add 192.0.2.1/24 dev out && "
		     "ip addr add 2001:db8:1::1/64 dev out nodad && ip link set out up && "
		     "ip -n outside link set lo up && "
		     "ip -n outside addr add 192.0.2.2/24 dev in && "
		     "ip -n outside addr add 2001:db8:1::2/64 dev in nodad && "
		     "ip -n outside link set in up");
	pod_open(&red, "red");
	pod_open(&blue, "blue");
	http_serve(&of_red, red.netns);
	http_serve(&of_node, NULL);
	http_serve(&of_outside, OUTSIDE);
	return 0;
}

static int teardown(void **state)
{
	http_stop(&of_outside);
	http_stop(&of_node);
	http_stop(&of_red);
	pod_close(&blue);
	pod_close(&red);
	sandbox_del_netns("outside");
	return bridge_teardown(state);
}

#define http_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Attaches both pods, with these keys besides. */
static void attach(const char *more)
{
	freeing char *keys = cni_format(GATEWAY "," IPAM46 "%s%s", *more ? "," : "", more);
	freeing char *config = bridge_config("1.1.0", keys);

	pod_add(&red, config);
	pod_add(&blue, config);
	assert_json(red.result, "ips.0.address", "10.1.0.2/24");
	assert_json(blue.result, "ips.1.address", "fd01::3/64");
}

#define MASQUERADE "'ipMasq':true"

static void http__goes_from_pod_to_pod(void **state)
{
	(void)state;
	attach(MASQUERADE);
	http_assert_seen(blue.netns, "10.1.0.2", "10.1.0.3");
	http_assert_seen(blue.netns, "fd01::2", "fd01::3");
}

static void http__goes_from_pod_to_host(void **state)
{
	(void)state;
	attach(MASQUERADE);
	http_assert_seen(red.netns, "10.1.0.1", "10.1.0.2");
	http_assert_seen(red.netns, "fd01::1", "fd01::2");
}

static void http__goes_from_host_to_pod(void **state)
{
	(void)state;
	attach(MASQUERADE);
	http_assert_seen(NULL, "10.1.0.2", "10.1.0.1");
	http_assert_seen(NULL, "fd01::2", "fd01::1");
}

static void http__goes_out_with_the_hosts_address(void **state)
{
	(void)state;
	attach(MASQUERADE);
	http_assert_seen(red.netns, "192.0.2.2", "192.0.2.1");
	http_assert_seen(red.netns, "2001:db8:1::2", "2001:db8:1::1");
	http_assert_seen(blue.netns, "192.0.2.2", "192.0.2.1");
	http_assert_seen(blue.netns, "2001:db8:1::2", "2001:db8:1::1");
}

/* A pod that goes takes nothing of the other one along. */
static void http__goes_out_after_another_pod_has_gone(void **state)
{
	freeing char *config = bridge_config("1.1.0", FULL);

	(void)state;
	attach(MASQUERADE);
	pod_del(&blue, config);
	http_assert_seen(red.netns, "192.0.2.2", "192.0.2.1");
	http_assert_seen(red.netns, "2001:db8:1::2", "2001:db8:1::1");
}

static void http__goes_out_as_it_is_without_masquerade(void **state)
{
	(void)state;
	attach("");
	/* There is no way back, so the answers above were to the host. */
	http_assert_seen(red.netns, "192.0.2.2", NULL);
	http_assert_seen(red.netns, "2001:db8:1::2", NULL);
	sandbox_must("ip -n outside route add 10.1.0.0/24 via 192.0.2.1 && "
		     "ip -n outside route add fd01::/64 via 2001:db8:1::1");
	http_assert_seen(red.netns, "192.0.2.2", "10.1.0.2");
	http_assert_seen(red.netns, "2001:db8:1::2", "fd01::2");
}

/* An address of the network that is reached through the host, as with pods on other nodes. */
static void http__keeps_its_address_inside_the_network(void **state)
{
	(void)state;
	attach(MASQUERADE);
	sandbox_must("ip -n outside addr add 10.1.0.200/32 dev lo && "
		     "ip -n outside addr add fd01::200/128 dev lo nodad && "
		     "ip -n outside route add 10.1.0.0/24 via 192.0.2.1 && "
		     "ip -n outside route add fd01::/64 via 2001:db8:1::1 && "
		     "ip route add 10.1.0.200 via 192.0.2.2 && "
		     "ip route add fd01::200 via 2001:db8:1::2 && "
		     "ip -n red route add 10.1.0.200 via 10.1.0.1 && "
		     "ip -n red route add fd01::200 via fd01::1");
	http_assert_seen(red.netns, "10.1.0.200", "10.1.0.2");
	http_assert_seen(red.netns, "fd01::200", "fd01::2");
	http_assert_seen(red.netns, "192.0.2.2", "192.0.2.1");
	http_assert_seen(red.netns, "2001:db8:1::2", "2001:db8:1::1");
}

static void http__reaches_no_isolated_pod_but_the_host(void **state)
{
	(void)state;
	attach(MASQUERADE ",'portIsolation':true");
	http_assert_seen(blue.netns, "10.1.0.2", NULL);
	http_assert_seen(blue.netns, "fd01::2", NULL);
	http_assert_seen(blue.netns, "10.1.0.1", "10.1.0.3");
	http_assert_seen(blue.netns, "fd01::1", "fd01::3");
	http_assert_seen(NULL, "10.1.0.2", "10.1.0.1");
	http_assert_seen(blue.netns, "192.0.2.2", "192.0.2.1");
}

/* A second interface on red's own, in mode vepa: what it sends to red goes out through red's port,
 * and has to come back through it. False if this kernel has none. */
static bool add_to_reds_port(const char *address)
{
	if (sandbox_run("ip -n red link add link eth0 name second type macvlan mode vepa "
			"2>/dev/null") != 0)
		return false;
	sandbox_add_netns("second");
	sandbox_must("ip -n red link set second netns second && "
		     "ip -n second addr add %s/24 dev second && "
		     "ip -n second link set second up",
		     address);
	return true;
}

static void assert_comes_back(const char *more, const char *expected)
{
	attach(more);
	if (!add_to_reds_port("10.1.0.77"))
		skip_because("this kernel has no macvlan");
	http_assert_seen("/run/netns/second", "10.1.0.1", "10.1.0.77");
	http_assert_seen("/run/netns/second", "10.1.0.2", expected);
	sandbox_del_netns("second");
}

static void http__comes_back_through_its_port_in_hairpin_mode(void **state)
{
	(void)state;
	assert_comes_back("'hairpinMode':true", "10.1.0.77");
}

static void http__does_not_come_back_without_hairpin_mode(void **state)
{
	(void)state;
	assert_comes_back("", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		http_test(http__goes_from_pod_to_pod),
		http_test(http__goes_from_pod_to_host),
		http_test(http__goes_from_host_to_pod),
		http_test(http__goes_out_with_the_hosts_address),
		http_test(http__goes_out_after_another_pod_has_gone),
		http_test(http__goes_out_as_it_is_without_masquerade),
		http_test(http__keeps_its_address_inside_the_network),
		http_test(http__reaches_no_isolated_pod_but_the_host),
		http_test(http__comes_back_through_its_port_in_hairpin_mode),
		http_test(http__does_not_come_back_without_hairpin_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
