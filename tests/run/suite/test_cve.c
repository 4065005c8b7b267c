/* SPDX-License-Identifier: Apache-2.0 */
/* Known vulnerabilities of this kind of plugins, each by its number: its attack fails here, and
 * would succeed without the tested protection. The scene of those of portmap is that of
 * port_scene.h. */
#include "bridge.h"
#include "cleanup.h"
#include "mem.h"
#include "port_scene.h"
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define BLUE  "/run/netns/blue"
#define GREEN "/run/netns/green"

static void publish(const char *ports)
{
	freeing char *config = portmap_config("1.0.0", ports);

	pod_publish(&scene_red, config);
}

/* Each by TCP, UDP and SCTP. */
static void assert_answered(const char *from, const char *to, uint16_t port, const char *expected)
{
	struct probe probes[] = {
		{from, IPPROTO_TCP, to, port, expected},
		{from, IPPROTO_UDP, to, port, expected},
		{from, IPPROTO_SCTP, to, port, expected},
	};
	size_t count = probe_has_sctp() ? 3 : 2;

	probe_ask(probes, count);
	for (size_t i = 0; i < count; i++)
		probe_assert(&probes[i]);
}

#define EVERY_PROTOCOL(host)                                                                       \
	PORTS(PORT(host, 9090, "tcp") "," PORT(host, 9090, "udp") "," PORT(host, 9090, "sctp"))

/* ---- CVE-2025-67499: a published port is this host's alone ---- */

static void assert_forwarded(const char *from_blue, const char *from_outside)
{
	assert_answered(BLUE, "192.0.2.2", SCENE_HOST_PORT, from_blue);
	assert_answered(BLUE, "2001:db8:1::2", SCENE_HOST_PORT,
			from_blue ? "outside 2001:db8:1::1" : NULL);
	assert_answered(OUTSIDE, "10.2.0.2", SCENE_HOST_PORT, from_outside);
}

static void cve_2025_67499__forwarded_traffic_is_left_alone(void **state)
{
	(void)state;
	publish(EVERY_PROTOCOL(8080));
	assert_answered(OUTSIDE, "192.0.2.1", SCENE_HOST_PORT, "pod 192.0.2.2");
	assert_forwarded("outside 192.0.2.1", "green 192.0.2.2");
	/* It is that rule which does it. */
	sandbox_must("nft flush chain inet cni_portmap prerouting; "
		     "nft add rule inet cni_portmap prerouting jump ports");
	assert_forwarded(NULL, "pod 192.0.2.2");
}

/* ---- CVE-2019-9946: what others translate, such as Services, goes first ---- */

static void cve_2019_9946__foreign_dnat_takes_precedence(void **state)
{
	(void)state;
	publish(EVERY_PROTOCOL(8080));
	assert_answered(OUTSIDE, "192.0.2.1", SCENE_HOST_PORT, "pod 192.0.2.2");
	assert_answered(NULL, "192.0.2.1", SCENE_HOST_PORT, "pod 192.0.2.1");
	sandbox_must("nft 'add table ip services; "
		     "add chain ip services in { type nat hook prerouting priority -100; }; "
		     "add chain ip services out { type nat hook output priority -100; }'; "
		     "for chain in in out; do nft \"add rule ip services $chain "
		     "ip daddr 192.0.2.1 meta l4proto { tcp, udp, sctp } th dport 8080 "
		     "dnat to 10.2.0.2:8080\"; done");
	assert_answered(OUTSIDE, "192.0.2.1", SCENE_HOST_PORT, "green 192.0.2.2");
	assert_answered(NULL, "192.0.2.1", SCENE_HOST_PORT, "green 192.0.2.1");
	/* Other addresses are ours as before. */
	assert_answered(OUTSIDE, "192.0.2.3", SCENE_HOST_PORT, "pod 192.0.2.2");
}

/* ---- CVE-2020-8558: 127.0.0.1 is this host's own ---- */

/* Makes a namespace send what is for 127.0.0.1 to this host, and take its answers. */
static void send_loopback_to(const char *netns, const char *link, const char *host, const char *own)
{
	sandbox_must("set -e; ip netns exec %s sysctl -qw net.ipv4.conf.%s.route_localnet=1; "
		     "ip -n %s addr flush dev lo; ip -n %s route flush table local 127.0.0.0/8; "
		     "ip -n %s route add 127.0.0.1 via %s dev %s src %s",
		     netns, link, netns, netns, netns, host, link, own);
}

static void aim_at_loopback(void)
{
	send_loopback_to("outside", "in", "192.0.2.1", "192.0.2.2");
	send_loopback_to("green", "eth0", "10.2.0.1", "10.2.0.2");
	send_loopback_to("blue", "eth0", "10.1.0.1", "10.1.0.3");
}

static void assert_loopback_is_closed(uint16_t port)
{
	assert_answered(OUTSIDE, "127.0.0.1", port, NULL);
	assert_answered(GREEN, "127.0.0.1", port, NULL);
	assert_answered(BLUE, "127.0.0.1", port, NULL);
}

/* The host's own service, while route_localnet is on for another port. */
static void cve_2020_8558__neighbours_do_not_reach_the_hosts_loopback(void **state)
{
	(void)state;
	publish(EVERY_PROTOCOL(8081));
	sandbox_must("[ $(sysctl -n net.ipv4.conf.br0.route_localnet) = 1 ]");
	assert_answered(NULL, "127.0.0.1", 8081, "pod 10.1.0.1");
	assert_answered(NULL, "127.0.0.1", SCENE_HOST_PORT, "host 127.0.0.1");
	aim_at_loopback();
	assert_loopback_is_closed(SCENE_HOST_PORT);
	/* It is that rule which does it. */
	sandbox_must("nft flush chain inet cni_portmap martians");
	assert_answered(BLUE, "127.0.0.1", SCENE_HOST_PORT, "host 10.1.0.3");
}

/* route_localnet may be on from before the rules were flushed. */
static void cve_2020_8558__is_guarded_where_it_was_on_before(void **state)
{
	(void)state;
	sandbox_must("sysctl -qw net.ipv4.conf.br0.route_localnet=1");
	aim_at_loopback();
	assert_answered(BLUE, "127.0.0.1", SCENE_HOST_PORT, "host 10.1.0.3");
	publish(EVERY_PROTOCOL(8081));
	assert_loopback_is_closed(SCENE_HOST_PORT);
}

/* A port that is published on 127.0.0.1 is for this host as well. Translated, it would not need
 * route_localnet to get through. */
static void cve_2020_8558__neighbours_do_not_reach_what_is_published_on_loopback(void **state)
{
	(void)state;
	publish(PORTS(PORT_AT("127.0.0.1", 8081, 9090, "tcp") "," PORT_AT(
		"127.0.0.1", 8081, 9090, "udp") "," PORT_AT("127.0.0.1", 8081, 9090, "sctp")));
	assert_answered(NULL, "127.0.0.1", 8081, "pod 10.1.0.1");
	assert_answered(OUTSIDE, "192.0.2.1", 8081, NULL);
	aim_at_loopback();
	assert_loopback_is_closed(8081);
	/* It is that rule which does it. */
	sandbox_must("nft flush chain inet cni_portmap prerouting; nft add rule inet cni_portmap "
		     "prerouting fib daddr type local jump ports");
	assert_answered(OUTSIDE, "127.0.0.1", 8081, "pod 192.0.2.2");
}

/* ---- CVE-2020-10749: a pod must not become the host's router ---- */

/* A router advertisement from the pod's eth0 to all nodes (RFC 4861, section 4.2). */
static void advertise(const struct pod *pod)
{
	struct nd_router_advert ra = {.nd_ra_type = ND_ROUTER_ADVERT,
				      .nd_ra_curhoplimit = 64,
				      .nd_ra_router_lifetime = htons(1800)};
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	int hops = 255;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int netns = open(pod->netns, O_RDONLY | O_CLOEXEC);
		int raw = setns(netns, CLONE_NEWNET) == 0
				  ? socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6)
				  : -1;

		inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
		to.sin6_scope_id = if_nametoindex("eth0");
		if (raw < 0 ||
		    setsockopt(raw, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) < 0)
			_exit(1);
		/* The kernel gives eth0 its link-local address in its own time. */
		for (int i = 0;
		     sendto(raw, &ra, sizeof(ra), 0, (struct sockaddr *)&to, sizeof(to)) < 0; i++) {
			if (i == 100)
				_exit(1);
			usleep(50000);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* True if the host has learned a default route; false otherwise. ping(8)'s packets follow the
 * advertisement through the same queue: it has been handled when the answer arrives. */
static bool learns_a_route(const struct pod *pod)
{
	freeing char *route = NULL;

	advertise(pod);
	sandbox_must("ip netns exec %s ping -q -c1 -W5 10.1.0.1 >/run/out", pod->name);
	route = sandbox_read("ip -6 route show default");
	return *route != '\0';
}

static void assert_takes_none(const char *link)
{
	sandbox_must("[ $(sysctl -n net.ipv6.conf.%s.accept_ra) = 0 ]", link);
}

static void attach_router(struct pod *red, const char *config)
{
	pod_open(red, "red");
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.default.accept_dad=0");
	pod_add(red, config);
}

static void cve_2020_10749__new_bridge_takes_no_router_advertisement(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	attach_router(&red, config);
	assert_false(learns_a_route(&red));
	/* The very same pod on a bridge that does take them: */
	sandbox_must("sysctl -qw net.ipv6.conf.br0.accept_ra=1");
	assert_true(learns_a_route(&red));
	pod_close(&red);
}

static void cve_2020_10749__adopted_bridge_takes_no_router_advertisement(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	sandbox_must("ip link add br0 type bridge; ip link set br0 up; "
		     "sysctl -qw net.ipv6.conf.br0.accept_ra=2");
	attach_router(&red, config);
	assert_takes_none("br0");
	assert_false(learns_a_route(&red));
	pod_close(&red);
}

/* The host may have any default. */
static void cve_2020_10749__host_end_takes_no_router_advertisement(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	sandbox_must("sysctl -qw net.ipv6.conf.default.accept_ra=2");
	attach_router(&red, config);
	assert_takes_none(red.host);
	assert_takes_none("br0");
	pod_close(&red);
}

/* Where accept_ra cannot be set, and need not be: the host is a router. */
static void cve_2020_10749__router_that_cannot_set_it_takes_no_advertisement(void **state)
{
	freeing char *config = bridge_config("1.0.0", GATEWAY "," IPAM4);
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	sandbox_must("ip netns exec red sysctl -qw net.ipv6.conf.default.accept_dad=0; "
		     "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; "
		     "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");
	pod_add(&red, config);
	sandbox_must("[ $(sysctl -n net.ipv6.conf.br0.accept_ra) = 1 ]");
	assert_false(learns_a_route(&red));
	/* The very same pod when the host is none any more: */
	sandbox_must("umount /proc/sys; sysctl -qw net.ipv6.conf.all.forwarding=0");
	assert_true(learns_a_route(&red));
	pod_close(&red);
}

/* ---- CVE-2021-20206: the name of a plugin is no path ---- */

static void cve_2021_20206__ipam_type_is_no_path(void **state)
{
	static const char *const types[] = {
		"../evil", "../../../../run/sandbox/evil", "..", ".", "a/b", "/run/sandbox/evil"};
	freeing char *before = NULL;
	struct pod red;

	(void)state;
	pod_open(&red, "red");
	bridge_add_script("evil", "touch " SANDBOX_DIR "/was-run");
	sandbox_must("cp " SANDBOX_BIN "/evil " SANDBOX_DIR "/evil");
	before = sandbox_snapshot();
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		freeing char *more = cni_format("'ipam':{'type':'%s'}", types[i]);
		freeing char *config = bridge_config("1.0.0", more);
		struct plugin_answer answer;
		struct plugin_call asked;

		pod_add_fails(&red, config, CNI_ECONFIG, types[i]);
		/* Nor is it run by DEL, whatever that answers. */
		asked = pod_call(&red, "DEL", config);
		answer = plugin_run(&asked);
		plugin_answer_clear(&answer);
		sandbox_assert_unchanged(before);
	}
	pod_close(&red);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(cve_2025_67499__forwarded_traffic_is_left_alone),
		scene_test(cve_2019_9946__foreign_dnat_takes_precedence),
		scene_test(cve_2020_8558__neighbours_do_not_reach_the_hosts_loopback),
		scene_test(cve_2020_8558__is_guarded_where_it_was_on_before),
		scene_test(cve_2020_8558__neighbours_do_not_reach_what_is_published_on_loopback),
		bridge_test(cve_2020_10749__new_bridge_takes_no_router_advertisement),
		bridge_test(cve_2020_10749__adopted_bridge_takes_no_router_advertisement),
		bridge_test(cve_2020_10749__host_end_takes_no_router_advertisement),
		bridge_test(cve_2020_10749__router_that_cannot_set_it_takes_no_advertisement),
		bridge_test(cve_2021_20206__ipam_type_is_no_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
