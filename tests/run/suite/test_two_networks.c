/* SPDX-License-Identifier: Apache-2.0 */
/* Two networks that hand out one address, each on its bridge; and one container on two networks
 * that publishes a port. The witnesses are a datagram's source outside, and CHECK. */
#include "bridge.h"
#include "cleanup.h"
#include "json_text.h"
#include "mem.h"
#include "netns.h"
#include "probe.h"
#include "published.h"
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define SAME_RANGES                                                                                \
	"'isGateway':true,'ipam':{'type':'host-local','ranges':[[{'subnet':'10.9.0.0/24'}],"       \
	"[{'subnet':'fd09::/64'}]],'routes':[{'dst':'0.0.0.0/0'},{'dst':'::/0'}]}"
#define ON_A "'name':'na','bridge':'bra'," SAME_RANGES
#define ON_B "'name':'nb','bridge':'brb'," SAME_RANGES

static struct pod a;
static struct pod b;

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	sandbox_add_netns("outside");
	sandbox_must("ip link add out type veth peer name in netns outside && "
		     "sysctl -qw net.ipv6.conf.out.accept_dad=0 && "
		     "ip netns exec outside sysctl -qw net.ipv6.conf.in.accept_dad=0 && "
		     "ip addr add 192.0.2.1/24 dev out && "
		     "ip addr add 2001:db8:1::1/64 dev out nodad && ip link set out up && "
		     "ip -n outside addr add 192.0.2.2/24 dev in && "
		     "ip -n outside addr add 2001:db8:1::2/64 dev in nodad && "
		     "ip -n outside link set in up");
	pod_open(&a, "a");
	pod_open(&b, "b");
	return 0;
}

static int teardown(void **state)
{
	pod_close(&a);
	pod_close(&b);
	sandbox_del_netns("outside");
	return bridge_teardown(state);
}

#define networks_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- packets ---- */

static int open_receiver(int family)
{
	struct timeval patience = {.tv_usec = 200000};
	struct sockaddr_in6 here6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	struct sockaddr_in here4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct cni_error err;
	int home;
	int netns;
	int fd;

	assert_int_equal(cni_netns_open("/run/netns/outside", &netns, &err), 0);
	assert_int_equal(cni_netns_enter(netns, &home, &err), 0);
	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(family == AF_INET ? bind(fd, (void *)&here4, sizeof(here4))
					   : bind(fd, (void *)&here6, sizeof(here6)),
			 0);
	cni_netns_return(&home);
	close(netns);
	return fd;
}

/* A datagram of the pod arrives outside from this address. */
static void assert_seen(const struct pod *pod, int family, const char *expected)
{
	const char *to = family == AF_INET ? "192.0.2.2" : "2001:db8:1::2";
	closing int receiver = open_receiver(family);
	char seen[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in6 source;
	char byte;

	for (int attempt = 0; attempt < 50 && !*seen; attempt++) {
		socklen_t size = sizeof(source);

		sandbox_must("ip netns exec %s bash -c 'echo -n ! > /dev/udp/%s/9'", pod->name, to);
		if (recvfrom(receiver, &byte, 1, 0, (void *)&source, &size) == 1)
			inet_ntop(family,
				  family == AF_INET
					  ? (void *)&((struct sockaddr_in *)&source)->sin_addr
					  : (void *)&source.sin6_addr,
				  seen, sizeof(seen));
	}
	assert_string_equal(seen, expected);
}

static void assert_masqueraded(const struct pod *pod)
{
	assert_seen(pod, AF_INET, "192.0.2.1");
	assert_seen(pod, AF_INET6, "2001:db8:1::1");
}

static void assert_not_masqueraded(const struct pod *pod)
{
	assert_seen(pod, AF_INET, "10.9.0.2");
	assert_seen(pod, AF_INET6, "fd09::2");
}

/* ---- one address, two bridges ---- */

static void masquerade__of_one_network_is_not_the_others(void **state)
{
	freeing char *on_a = bridge_config("1.1.0", ON_A ",'ipMasq':true");
	freeing char *on_b = bridge_config("1.1.0", ON_B);

	(void)state;
	pod_add(&a, on_a);
	pod_add(&b, on_b);
	assert_json(b.result, "ips.0.address", "10.9.0.2/24");
	assert_masqueraded(&a);
	assert_not_masqueraded(&b);
	pod_check(&a, on_a);
	pod_check(&b, on_b);
}

static void masquerade__of_each_goes_with_its_own_attachment(void **state)
{
	freeing char *on_a = bridge_config("1.1.0", ON_A ",'ipMasq':true");
	freeing char *on_b = bridge_config("1.1.0", ON_B ",'ipMasq':true");

	(void)state;
	pod_add(&a, on_a);
	pod_add(&b, on_b);
	assert_masqueraded(&a);
	assert_masqueraded(&b);
	pod_del(&b, on_b);
	pod_check(&a, on_a);
	assert_masqueraded(&a);
	pod_add(&b, on_b);
	pod_del(&a, on_a);
	pod_check(&b, on_b);
	assert_masqueraded(&b);
	pod_del(&b, on_b);
	sandbox_must("! nft list table inet cni 2>/dev/null");
}

static void gc__of_one_network_leaves_the_others_address_alone(void **state)
{
	freeing char *on_a = bridge_config("1.1.0", ON_A ",'ipMasq':true");
	freeing char *on_b = bridge_config("1.1.0", ON_B ",'ipMasq':true");
	freeing char *gc = bridge_config("1.1.0", ON_A ",'cni.dev/valid-attachments':[]");
	struct plugin_call collect = bridge_call("GC", gc);

	(void)state;
	pod_add(&a, on_a);
	pod_add(&b, on_b);
	plugin_succeeds(&collect);
	pod_check(&b, on_b);
	assert_masqueraded(&b);
}

/* A policy of each network's own, and the accepts. */
static void firewall__of_each_goes_with_its_own_attachment(void **state)
{
	static const char firewall[] = CNI_C_BINARY_DIR "/plugins/firewall";
	freeing char *on_a = bridge_config("1.1.0", ON_A);
	freeing char *on_b = bridge_config("1.1.0", ON_B);
	freeing char *fire_a =
		bridge_config("1.1.0", "'name':'na','type':'firewall','backend':'nftables',"
				       "'ingressPolicy':'same-bridge'");
	freeing char *fire_b =
		bridge_config("1.1.0", "'name':'nb','type':'firewall','backend':'nftables'");
	freeing char *with_a = NULL;
	freeing char *with_b = NULL;
	struct plugin_call of_a;
	struct plugin_call of_b;

	(void)state;
	pod_add(&a, on_a);
	pod_add(&b, on_b);
	with_a = pod_config(&a, fire_a);
	with_b = pod_config(&b, fire_b);
	of_a = pod_call(&a, "ADD", with_a);
	of_b = pod_call(&b, "ADD", with_b);
	of_a.plugin = of_b.plugin = firewall;
	plugin_succeeds(&of_a);
	plugin_succeeds(&of_b);
	of_a.command = of_b.command = "CHECK";
	plugin_succeeds(&of_a);
	plugin_succeeds(&of_b);
	of_b.command = "DEL";
	plugin_succeeds(&of_b);
	plugin_succeeds(&of_a);
	of_b.command = "ADD";
	plugin_succeeds(&of_b);
	of_a.command = "DEL";
	plugin_succeeds(&of_a);
	of_b.command = "CHECK";
	plugin_succeeds(&of_b);
	of_b.command = "DEL";
	plugin_succeeds(&of_b);
	sandbox_must("! nft list table inet cni_firewall 2>/dev/null");
}

/* ---- one container, two networks ---- */

#define OTHER_RANGE                                                                                \
	"'name':'nb','bridge':'brb','isGateway':true,'ipMasq':true,'ipam':{'type':'host-local',"   \
	"'subnet':'10.8.0.0/24'}"

/* The second interface of the container, with a result of its own; the caller deletes that. */
static struct pod attach_again(const struct pod *pod, const char *config)
{
	struct plugin_call add = pod_call(pod, "ADD", config);
	struct pod second = *pod;
	struct plugin_answer answer;

	add.ifname = "eth1";
	answer = plugin_run(&add);
	plugin_assert_success(&answer);
	second.result = cni_json_copy(answer.json);
	plugin_answer_clear(&answer);
	return second;
}

/* Each network of a container gets the whole list of ports. */
static void port__of_a_container_is_served_by_the_network_that_is_left(void **state)
{
	freeing char *on_a = bridge_config("1.1.0", ON_A);
	freeing char *on_b = bridge_config("1.1.0", OTHER_RANGE);
	freeing char *port_a = portmap_config("1.1.0", "'name':'na'," PORTS(PORT(8080, 80, "tcp")));
	freeing char *port_b = portmap_config("1.1.0", "'name':'nb'," PORTS(PORT(8080, 80, "tcp")));
	struct pod second;

	(void)state;
	pod_add(&a, on_a);
	pod_publish(&a, port_a);
	second = attach_again(&a, on_b);
	{
		freeing char *with = pod_config(&second, port_b);
		struct plugin_call call = portmap_call(&second, "ADD", with);

		call.ifname = "eth1";
		plugin_succeeds(&call);
		call.command = "CHECK";
		plugin_succeeds(&call);
		pod_check_published(&a, port_a);
		sandbox_must("nft list map inet cni_portmap ports4 | grep -q 10.9.0.2");
		/* Another container's stays refused. */
		pod_add(&b, on_b);
		pod_publish_fails(&b, port_b, CNI_ETAKEN, "already published by 'na/a/eth0'");
		pod_unpublish(&a, port_a);
		sandbox_must("nft list map inet cni_portmap ports4 | grep -q 10.8.0.2");
		plugin_succeeds(&call);
		call.command = "DEL";
		plugin_succeeds(&call);
	}
	assert_nothing_published();
	pod_publish(&b, port_b);
	pod_unpublish(&b, port_b);
	cJSON_Delete(second.result);
}

static void call_portmap(const struct pod *pod, const char *ifname, const char *command,
			 const char *config)
{
	freeing char *with = pod_config(pod, config);
	struct plugin_call call = portmap_call(pod, command, with);

	call.ifname = ifname;
	plugin_succeeds(&call);
}

/* The container sees the gateway of the network that serves the port. */
static void assert_served_by(const char *gateway)
{
	freeing char *expected = cni_format("pod %s", gateway);
	struct probe probe = {
		.protocol = IPPROTO_TCP, .to = "127.0.0.1", .port = 8080, .expected = expected};

	probe_ask(&probe, 1);
	probe_assert(&probe);
}

/* Whichever interface is deleted first, the other one serves the port until its own DEL. */
static void iptables__port_is_served_by_the_network_that_is_left(void **state)
{
#define BY_IPTABLES "'backend':'iptables'," PORTS(PORT(8080, 9090, "tcp"))
	static const char *const ifnames[] = {"eth0", "eth1"};
	static const char *const gateways[] = {"10.9.0.1", "10.8.0.1"};
	freeing char *on_a = bridge_config("1.1.0", ON_A);
	freeing char *on_b = bridge_config("1.1.0", OTHER_RANGE);
	freeing char *port_a = portmap_config("1.1.0", "'name':'na'," BY_IPTABLES);
	freeing char *port_b = portmap_config("1.1.0", "'name':'nb'," BY_IPTABLES);
	const char *const ports[] = {port_a, port_b};
	const struct pod *ends[] = {&a, NULL};
	struct probe_server server;
	struct pod second;

	(void)state;
	pod_add(&a, on_a);
	second = attach_again(&a, on_b);
	ends[1] = &second;
	probe_serve(&server, a.netns, "pod", 9090);
	for (int first = 0; first < 2; first++) {
		int other = !first;

		for (int i = 0; i < 2; i++)
			call_portmap(ends[i], ifnames[i], "ADD", ports[i]);
		assert_served_by(gateways[0]);
		for (int i = 0; i < 2; i++)
			call_portmap(ends[i], ifnames[i], "CHECK", ports[i]);
		call_portmap(ends[first], ifnames[first], "DEL", ports[first]);
		assert_served_by(gateways[other]);
		call_portmap(ends[other], ifnames[other], "CHECK", ports[other]);
		call_portmap(ends[other], ifnames[other], "DEL", ports[other]);
		sandbox_must("! iptables-save -t nat | grep -e 9090 -e CNI-DN-");
	}
	probe_stop(&server);
	cJSON_Delete(second.result);
#undef BY_IPTABLES
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		networks_test(masquerade__of_one_network_is_not_the_others),
		networks_test(masquerade__of_each_goes_with_its_own_attachment),
		networks_test(gc__of_one_network_leaves_the_others_address_alone),
		networks_test(firewall__of_each_goes_with_its_own_attachment),
		networks_test(port__of_a_container_is_served_by_the_network_that_is_left),
		networks_test(iptables__port_is_served_by_the_network_that_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
