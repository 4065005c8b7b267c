/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* ipspoofchk, frame by frame: allowed and forbidden frames of a pod. The witnesses are another pod
 * and the host; neither sees a dropped frame. */
#include "bridge.h"

#include "cleanup.h"
#include "frame.h"
#include "mem.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#define RED_MAC	   "0a:58:00:00:00:02"
#define RED	   "10.1.0.2"
#define RED6	   "fd01::2"
#define RED_LOCAL  "fe80::858:ff:fe00:2"
#define BLUE_MAC   "0a:58:00:00:00:03"
#define BLUE	   "10.1.0.3"
#define BLUE6	   "fd01::3"
#define BLUE_LOCAL "fe80::858:ff:fe00:3"
#define HOST	   "10.1.0.1"
#define HOST6	   "fd01::1"

enum fate { DROPPED, PASSES }; /* with ipspoofchk */

struct sent {
	const char *about;
	enum fate fate;
	struct frame frame;
};

/* Frames that red sends, with its own MAC unless there is another; the first argument is the
 * source. */
#define UDP(...)                                                                                   \
	{                                                                                          \
		FRAME_UDP, .source = __VA_ARGS__                                                   \
	}
#define DHCP(...)                                                                                  \
	{                                                                                          \
		FRAME_DHCP, .source = "0.0.0.0", __VA_ARGS__                                       \
	}
#define ARP(...)                                                                                   \
	{                                                                                          \
		FRAME_ARP, .source = __VA_ARGS__                                                   \
	}
#define ICMP6(type_, ...)                                                                          \
	{                                                                                          \
		FRAME_ICMP6, .type = FRAME_##type_, .source = __VA_ARGS__                          \
	}
#define OTHER(type_)                                                                               \
	{                                                                                          \
		FRAME_OTHER, .ether_type = (type_)                                                 \
	}

static const struct sent in_ipv4[] = {
	{"its own", PASSES, UDP(RED)},
	{"to a group", PASSES, UDP(RED, .to = "224.0.0.251")},
	{"another MAC", DROPPED, UDP(RED, .from = BLUE_MAC)},
	{"another pod's both", DROPPED, UDP(BLUE, .from = BLUE_MAC)},
	{"another's source", DROPPED, UDP(BLUE)},
	{"the gateway's source", DROPPED, UDP(HOST)},
	{"nobody's source", DROPPED, UDP("10.1.0.99")},
	{"a source elsewhere", DROPPED, UDP("192.0.2.1")},
	{"source 127.0.0.1", DROPPED, UDP("127.0.0.1")},
	{"source 0.0.0.0", DROPPED, UDP("0.0.0.0")},
	{"a first fragment", PASSES, UDP(RED, .piece = FRAME_FIRST)},
	{"a tag", PASSES, UDP(RED, .tags = 1)},
	{"another's source and a tag", DROPPED, UDP(BLUE, .tags = 1)},
	{"two tags", DROPPED, UDP(RED, .tags = 2)},
	{"another's source and two tags", DROPPED, UDP(BLUE, .tags = 2)},
	{"DHCP", PASSES, DHCP(.to = NULL)},
	{"DHCP for another MAC", DROPPED, DHCP(.claims = BLUE_MAC)},
	{"DHCP from another's source", DROPPED, {FRAME_DHCP, .source = BLUE}},
	{"DHCP as a server", DROPPED, DHCP(.reply = true)},
	{"DHCP in fragments", DROPPED, DHCP(.piece = FRAME_FIRST)},
	{"DHCP to somebody", DROPPED, DHCP(.to = HOST)},
};

static const struct sent in_arp[] = {
	{"request", PASSES, ARP(RED, .target = BLUE)},
	{"reply", PASSES, ARP(RED, .target = BLUE, .reply = true)},
	{"announcement", PASSES, ARP(RED, .target = RED)},
	{"probe", PASSES, ARP("0.0.0.0", .target = RED)},
	{"request with a tag", PASSES, ARP(RED, .target = BLUE, .tags = 1)},
	{"probe for another's", DROPPED, ARP("0.0.0.0", .target = BLUE)},
	{"reply from 0.0.0.0", DROPPED, ARP("0.0.0.0", .target = RED, .reply = true)},
	{"request as another", DROPPED, ARP(BLUE, .target = RED)},
	{"reply as another", DROPPED, ARP(BLUE, .target = RED, .reply = true)},
	{"reply as the gateway", DROPPED, ARP(HOST, .target = BLUE, .reply = true)},
	{"announcement as the gateway", DROPPED, ARP(HOST, .target = HOST)},
	{"another's MAC inside", DROPPED, ARP(RED, .target = BLUE, .claims = BLUE_MAC)},
	{"another's MAC outside", DROPPED,
	 ARP(RED, .target = BLUE, .from = BLUE_MAC, .claims = RED_MAC)},
	{"probe for another's MAC", DROPPED, ARP("0.0.0.0", .target = RED, .claims = BLUE_MAC)},
	{"as another, with two tags", DROPPED, ARP(BLUE, .target = RED, .tags = 2)},
	{"of long hardware addresses", DROPPED, ARP(RED, .target = BLUE, .hlen = 8)},
};

static const struct sent in_ipv6[] = {
	{"its own", PASSES, UDP(RED6)},
	{"its link-local", PASSES, UDP(RED_LOCAL)},
	{"behind options", PASSES, UDP(RED6, .options = true)},
	{"a tag", PASSES, UDP(RED6, .tags = 1)},
	{"a first fragment", PASSES, UDP(RED6, .piece = FRAME_FIRST)},
	{"a later fragment", PASSES, UDP(RED6, .piece = FRAME_LATER)},
	{"a later fragment behind options", PASSES,
	 UDP(RED6, .options = true, .piece = FRAME_LATER)},
	{"another MAC", DROPPED, UDP(RED6, .from = BLUE_MAC)},
	{"another's source", DROPPED, UDP(BLUE6)},
	{"another's link-local", DROPPED, UDP(BLUE_LOCAL)},
	{"a link-local not of its MAC", DROPPED, UDP("fe80::1")},
	{"source ::", DROPPED, UDP("::")},
	{"its IPv4 address, mapped", DROPPED, UDP("::ffff:0:10.1.0.2")},
	{"a later fragment of another's", DROPPED, UDP(BLUE6, .piece = FRAME_LATER)},
	{"the same behind options", DROPPED, UDP(BLUE6, .options = true, .piece = FRAME_LATER)},
	{"echo", PASSES, ICMP6(ECHO, RED6)},
	{"a first fragment of an echo", PASSES, ICMP6(ECHO, RED6, .piece = FRAME_FIRST)},
	{"a later fragment of an echo", PASSES, ICMP6(ECHO, RED6, .piece = FRAME_LATER)},
	{"echo from another's", DROPPED, ICMP6(ECHO, BLUE6)},
	{"echo from ::", DROPPED, ICMP6(ECHO, "::")},
	{"report", PASSES, ICMP6(MLD2_REPORT, RED_LOCAL)},
	{"report from ::", PASSES, ICMP6(MLD2_REPORT, "::")},
	{"old report from ::", PASSES, ICMP6(MLD_REPORT, "::")},
	{"report from another's", DROPPED, ICMP6(MLD2_REPORT, BLUE_LOCAL)},
};

static const struct sent in_discovery[] = {
	{"solicitation", PASSES, ICMP6(NS, RED6, .target = BLUE6)},
	{"solicitation from link-local", PASSES, ICMP6(NS, RED_LOCAL, .target = BLUE6)},
	{"solicitation as another", DROPPED, ICMP6(NS, BLUE6, .target = RED6)},
	{"DAD", PASSES, ICMP6(NS, "::", .target = RED6)},
	{"DAD of link-local", PASSES, ICMP6(NS, "::", .target = RED_LOCAL)},
	{"DAD of another's", DROPPED, ICMP6(NS, "::", .target = BLUE6)},
	{"advertisement", PASSES, ICMP6(NA, RED6, .target = RED6)},
	{"advertisement of link-local", PASSES, ICMP6(NA, RED_LOCAL, .target = RED_LOCAL)},
	{"advertisement from link-local", PASSES, ICMP6(NA, RED_LOCAL, .target = RED6)},
	{"advertisement of another's", DROPPED, ICMP6(NA, RED6, .target = BLUE6)},
	{"of another's link-local", DROPPED, ICMP6(NA, RED_LOCAL, .target = BLUE_LOCAL)},
	{"advertisement of the gateway", DROPPED, ICMP6(NA, RED6, .target = HOST6)},
	{"advertisement as another", DROPPED, ICMP6(NA, BLUE6, .target = BLUE6)},
	{"of its own as another", DROPPED, ICMP6(NA, BLUE6, .target = RED6)},
	{"advertisement from ::", DROPPED, ICMP6(NA, "::", .target = RED6)},
	{"of another's, behind options", DROPPED,
	 ICMP6(NA, RED6, .target = BLUE6, .options = true)},
	{"of another's, in the next fragment", DROPPED,
	 ICMP6(NA, RED6, .target = BLUE6, .piece = FRAME_FIRST)},
	{"of another's, with two tags", DROPPED, ICMP6(NA, RED6, .target = BLUE6, .tags = 2)},
	{"router solicitation", PASSES, ICMP6(RS, RED_LOCAL)},
	{"router solicitation from ::", PASSES, ICMP6(RS, "::")},
	{"router solicitation as another", DROPPED, ICMP6(RS, BLUE_LOCAL)},
	{"router advertisement", DROPPED, ICMP6(RA, RED_LOCAL)},
	{"router advertisement, global", DROPPED, ICMP6(RA, RED6)},
	{"router advertisement as another", DROPPED, ICMP6(RA, BLUE_LOCAL)},
	{"router advertisement from ::", DROPPED, ICMP6(RA, "::")},
	{"router advertisement, a tag", DROPPED, ICMP6(RA, RED_LOCAL, .tags = 1)},
	{"router advertisement, two tags", DROPPED, ICMP6(RA, RED_LOCAL, .tags = 2)},
	{"router advertisement, options", DROPPED, ICMP6(RA, RED_LOCAL, .options = true)},
	{"router advertisement, first fragment", DROPPED,
	 ICMP6(RA, RED_LOCAL, .piece = FRAME_FIRST)},
	{"router advertisement, next fragment", DROPPED,
	 ICMP6(RA, RED_LOCAL, .options = true, .piece = FRAME_FIRST)},
	{"redirect", DROPPED, ICMP6(REDIRECT, RED_LOCAL, .target = RED_LOCAL)},
};

static const struct sent in_others[] = {
	{"RARP", DROPPED, OTHER(0x8035)},  {"MPLS", DROPPED, OTHER(0x8847)},
	{"PPPoE", DROPPED, OTHER(0x8864)}, {"LLDP", DROPPED, OTHER(0x88cc)},
	{"LLC", DROPPED, OTHER(40)},
};

#define ALL(array)                                                                                 \
	{                                                                                          \
#array, array, sizeof(array) / sizeof(*(array))                                    \
	}
static const struct {
	const char *about;
	const struct sent *frames;
	size_t count;
} all[] = {ALL(in_ipv4), ALL(in_arp), ALL(in_ipv6), ALL(in_discovery), ALL(in_others)};

/* ---- two pods ---- */

static struct pod red;
static struct pod blue;

static void add_pod(struct pod *pod, const char *name, const char *more, const char *mac)
{
	freeing char *text =
		cni_format("%s%s,'runtimeConfig':{'mac':'%s'}", GATEWAY "," IPAM46, more, mac);
	freeing char *config = bridge_config("1.0.0", text);

	pod_open(pod, name);
	pod_add(pod, config);
}

enum checked { NOTHING, MAC, ADDRESSES };

static bool is_let_through(const struct sent *one, enum checked checked)
{
	if (checked == ADDRESSES)
		return one->fate == PASSES;
	return checked == NOTHING || !one->frame.from;
}

static void send_from_red(const struct frame *frame, uint16_t number)
{
	struct frame whole = *frame;

	if (!whole.from)
		whole.from = RED_MAC;
	frame_send(red.netns, "eth0", &whole, number);
}

/* An honest frame follows the others, and arrives. */
static void assert_frames(const char *about, const struct sent *frames, size_t count,
			  const char *gateway, enum checked checked)
{
	static const struct frame honest = ARP(RED, .target = HOST);
	const uint16_t last = FRAME_NUMBERS - 1;
	struct frame_watch at_blue;
	struct frame_watch at_host;

	frame_watch(&at_blue, blue.netns, "eth0");
	frame_watch(&at_host, NULL, gateway);
	for (size_t i = 0; i < count; i++)
		send_from_red(&frames[i].frame, (uint16_t)i);
	send_from_red(&honest, last);
	frame_wait(&at_blue, last);
	frame_wait(&at_host, last);
	frame_watch_end(&at_blue);
	frame_watch_end(&at_host);
	for (size_t i = 0; i < count; i++) {
		bool expected = is_let_through(&frames[i], checked);

		if (at_blue.seen[i] != expected || at_host.seen[i] != expected)
			fail_msg("%s, '%s': %s by blue, %s by the host, expected it to %s", about,
				 frames[i].about, at_blue.seen[i] ? "seen" : "not seen",
				 at_host.seen[i] ? "seen" : "not seen",
				 expected ? "pass" : "be dropped");
	}
}

static void assert_checked(const char *more, const char *gateway, enum checked checked)
{
	add_pod(&red, "red", more, RED_MAC);
	add_pod(&blue, "blue", more, BLUE_MAC);
	assert_json(red.result, "ips.0.address", RED "/24");
	assert_json(red.result, "ips.1.address", RED6 "/64");
	assert_json(blue.result, "ips.1.address", BLUE6 "/64");
	frame_stay_here();
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		assert_frames(all[i].about, all[i].frames, all[i].count, gateway, checked);
	pod_close(&red);
	pod_close(&blue);
}

static void ipspoofchk__lets_a_pod_speak_for_itself_alone(void **state)
{
	(void)state;
	assert_checked(",'ipspoofchk':true", "br0", ADDRESSES);
}

static void ipspoofchk__implies_macspoofchk(void **state)
{
	(void)state;
	assert_checked(",'ipspoofchk':true,'macspoofchk':true", "br0", ADDRESSES);
}

/* The tag of VLAN 0 says nothing there either. */
static void ipspoofchk__is_the_same_in_a_vlan(void **state)
{
	(void)state;
	if (!sandbox_has_vlan_filtering())
		skip_because("this kernel's bridge has no VLAN filtering");
	assert_checked(",'ipspoofchk':true,'vlan':100", "br0.100", ADDRESSES);
}

/* The very same frames, to see that it is this key that does it. */
static void ipspoofchk__is_off_unless_asked_for(void **state)
{
	(void)state;
	assert_checked("", "br0", NOTHING);
}

static void macspoofchk__looks_at_the_mac_alone(void **state)
{
	(void)state;
	assert_checked(",'macspoofchk':true,'ipspoofchk':false", "br0", MAC);
}

/* ---- to the bridge itself ---- */

/* True if the host's socket gets the frame that seems to come from blue; false otherwise. */
static bool host_gets(const struct frame *frame, bool expected)
{
	const struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons(FRAME_PORT)};
	/* An expected frame may take its time. */
	const struct timeval moment = {.tv_sec = expected ? 10 : 0, .tv_usec = 300000};
	closing int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char data[16];

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const void *)&here, sizeof(here)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment)), 0);
	send_from_red(frame, 1);
	return recv(fd, data, sizeof(data), 0) > 0;
}

/* LLDP's address, which bridges do not forward: the port's own interface on the host gets it. */
static void assert_host_gets(const char *more, bool expected)
{
	static const struct frame frames[] = {
		UDP(BLUE, .to = HOST, .at = "01:80:c2:00:00:0e"),
		UDP(BLUE6, .to = HOST6, .at = "01:80:c2:00:00:0e"),
	};

	add_pod(&red, "red", more, RED_MAC);
	sandbox_must("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.%s.rp_filter=0",
		     red.host);
	/* A worker of the kernel makes the address one of this host. */
	sandbox_await("ip -6 route show table local | grep '" HOST6 " '");
	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++)
		if (host_gets(&frames[i], expected) != expected)
			fail_msg("the host %s what is from %s", expected ? "does not get" : "gets",
				 frames[i].source);
	pod_close(&red);
}

static void ipspoofchk__keeps_the_host_from_packets_to_the_bridge_itself(void **state)
{
	(void)state;
	assert_host_gets(",'ipspoofchk':true", false);
}

static void ipspoofchk__alone_keeps_the_host_from_them(void **state)
{
	(void)state;
	assert_host_gets("", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bridge_test(ipspoofchk__lets_a_pod_speak_for_itself_alone),
		bridge_test(ipspoofchk__implies_macspoofchk),
		bridge_test(ipspoofchk__is_the_same_in_a_vlan),
		bridge_test(ipspoofchk__is_off_unless_asked_for),
		bridge_test(macspoofchk__looks_at_the_mac_alone),
		bridge_test(ipspoofchk__keeps_the_host_from_packets_to_the_bridge_itself),
		bridge_test(ipspoofchk__alone_keeps_the_host_from_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
