/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include "ip.h"
#include "netns.h"
#include "test.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct bytes {
	uint8_t data[512];
	size_t size;
};

static void put(struct bytes *bytes, const void *data, size_t size)
{
	assert_true(bytes->size + size <= sizeof(bytes->data));
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

static void put8(struct bytes *bytes, unsigned int value)
{
	put(bytes, &(uint8_t){(uint8_t)value}, 1);
}

static void put16(struct bytes *bytes, unsigned int value)
{
	put(bytes, &(uint16_t){htons((uint16_t)value)}, 2);
}

static void put_zeroes(struct bytes *bytes, size_t size)
{
	static const uint8_t none[256];

	put(bytes, none, size);
}

static void put_mac(struct bytes *bytes, const char *text)
{
	uint8_t mac[CNI_MAC_SIZE];

	assert_int_equal(cni_mac_parse(text, mac), 0);
	put(bytes, mac, sizeof(mac));
}

/* NULL: the unspecified one, of the same family as `like`. */
static void put_ip(struct bytes *bytes, const char *text, const char *like)
{
	struct cni_ip ip;

	assert_int_equal(cni_ip_parse(like, &ip), 0);
	if (text)
		assert_int_equal(cni_ip_parse(text, &ip), 0);
	else
		memset(ip.bytes, 0, sizeof(ip.bytes));
	put(bytes, ip.bytes, cni_ip_size(&ip));
}

/* As an option of neighbour discovery: unknown, and eight bytes. */
static const uint8_t mark[] = {253, 1, 'c', 'n', 'i', '-'};

static void put_mark(struct bytes *bytes, uint16_t number)
{
	put(bytes, mark, sizeof(mark));
	put16(bytes, number);
}

/* ---- checksums ---- */

static uint32_t sum(const struct bytes *bytes, size_t from, uint32_t start)
{
	for (size_t i = from; i < bytes->size; i++)
		start += (uint32_t)bytes->data[i] << ((i - from) & 1 ? 0 : 8);
	return start;
}

static void set_checksum(struct bytes *bytes, size_t at, uint32_t total)
{
	uint16_t folded;

	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	folded = htons((uint16_t)~total);
	memcpy(bytes->data + at, &folded, sizeof(folded));
}

/* ---- what is inside ---- */

static const char *claimed(const struct frame *frame)
{
	return frame->claims ? frame->claims : frame->from;
}

static void put_arp(struct bytes *bytes, const struct frame *frame)
{
	put16(bytes, 1);
	put16(bytes, ETHERTYPE_IP);
	put8(bytes, frame->hlen ? frame->hlen : 6);
	put8(bytes, 4);
	put16(bytes, frame->reply ? 2 : 1);
	put_mac(bytes, claimed(frame));
	put_ip(bytes, frame->source, "0.0.0.0");
	put_zeroes(bytes, 6);
	put_ip(bytes, frame->target, "0.0.0.0");
}

static void put_udp(struct bytes *bytes, unsigned int from, unsigned int to, size_t size)
{
	put16(bytes, from);
	put16(bytes, to);
	put16(bytes, (unsigned int)(8 + size));
	put16(bytes, 0);
}

/* RFC 2131, section 2, as far as the client's hardware address. */
static void put_dhcp(struct bytes *bytes, const struct frame *frame)
{
	put_zeroes(bytes, 28);
	put_mac(bytes, claimed(frame));
	put_zeroes(bytes, 10);
}

static void put_ip4(struct bytes *bytes, const struct frame *frame, const struct bytes *inside)
{
	size_t at = bytes->size;

	put8(bytes, 0x45);
	put8(bytes, 0);
	put16(bytes, (unsigned int)(20 + inside->size));
	put16(bytes, 1);
	put16(bytes, frame->piece == FRAME_FIRST ? 0x2000 : 0); /* more fragments */
	put8(bytes, 64);
	put8(bytes, IPPROTO_UDP);
	put16(bytes, 0);
	put_ip(bytes, frame->source, "0.0.0.0");
	put_ip(bytes, frame->to ? frame->to : "255.255.255.255", "0.0.0.0");
	set_checksum(bytes, at + 10, sum(bytes, at, 0));
	put(bytes, inside->data, inside->size);
}

static void put_icmp6(struct bytes *bytes, const struct frame *frame)
{
	put8(bytes, frame->type);
	put8(bytes, 0);
	put16(bytes, 0);
	put_zeroes(bytes, 4);
	put_ip(bytes, frame->target, "::");
}

/* The checksum of both addresses, the size and the protocol (RFC 8200, section 8.1). */
static void set_checksum6(struct bytes *inside, size_t at, const struct frame *frame,
			  const char *to)
{
	struct bytes pseudo = {.size = 0};

	put_ip(&pseudo, frame->source, "::");
	put_ip(&pseudo, to, "::");
	put16(&pseudo, 0);
	put16(&pseudo, (unsigned int)inside->size);
	put16(&pseudo, 0);
	put16(&pseudo, frame->kind == FRAME_ICMP6 ? IPPROTO_ICMPV6 : IPPROTO_UDP);
	set_checksum(inside, at, sum(inside, 0, sum(&pseudo, 0, 0)));
}

/* A header of sixteen bytes, whose one option is padding (RFC 8200, section 4.2): our mark. */
static void put_options(struct bytes *bytes, uint8_t next, uint16_t number)
{
	put8(bytes, next);
	put8(bytes, 1);
	put8(bytes, 1);
	put8(bytes, 12);
	put_zeroes(bytes, 4);
	put_mark(bytes, number);
}

static void put_ip6(struct bytes *bytes, const struct frame *frame, const struct bytes *inside,
		    uint16_t number)
{
	const char *to = frame->to ? frame->to : "ff02::1";
	uint8_t next = frame->kind == FRAME_ICMP6 ? IPPROTO_ICMPV6 : IPPROTO_UDP;
	struct bytes rest = {.size = 0};
	struct bytes all = {.size = 0};

	if (frame->options) {
		put_options(&rest, next, number);
		next = IPPROTO_DSTOPTS;
	}
	put(&rest, inside->data, inside->size);
	if (frame->piece != FRAME_WHOLE) {
		put8(&all, next);
		put8(&all, 0);
		put16(&all, frame->piece == FRAME_FIRST ? 1 : 8);
		put16(&all, 0);
		put16(&all, number);
		next = IPPROTO_FRAGMENT;
	}
	/* A fragment has a multiple of eight bytes, of which ours are the last. */
	if (frame->piece == FRAME_FIRST && !frame->options) {
		rest.size = 8;
		put_mark(&rest, number);
	} else if (frame->piece == FRAME_FIRST) {
		rest.size = 16;
	}
	put(&all, rest.data, rest.size);
	put16(bytes, 0x6000);
	put16(bytes, 0);
	put16(bytes, (unsigned int)all.size);
	put8(bytes, next);
	put8(bytes, 255);
	put_ip(bytes, frame->source, "::");
	put_ip(bytes, to, "::");
	put(bytes, all.data, all.size);
}

static bool is_ip6(const struct frame *frame)
{
	return frame->source && strchr(frame->source, ':');
}

static unsigned int ether_type_of(const struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_ARP:
		return ETHERTYPE_ARP;
	case FRAME_ICMP6:
		return ETHERTYPE_IPV6;
	case FRAME_UDP:
	case FRAME_DHCP:
		return is_ip6(frame) ? ETHERTYPE_IPV6 : ETHERTYPE_IP;
	case FRAME_OTHER:
		break;
	}
	return frame->ether_type;
}

static void put_inside(struct bytes *bytes, const struct frame *frame, uint16_t number)
{
	struct bytes inside = {.size = 0};

	switch (frame->kind) {
	case FRAME_ARP:
		put_arp(bytes, frame);
		break;
	case FRAME_OTHER:
		put_zeroes(bytes, 40);
		break;
	case FRAME_DHCP:
		put_udp(&inside, frame->reply ? 67 : 68, frame->reply ? 68 : 67,
			44 + sizeof(mark) + 2);
		put_dhcp(&inside, frame);
		put_mark(&inside, number);
		put_ip4(bytes, frame, &inside);
		break;
	case FRAME_UDP:
		put_udp(&inside, 1024, FRAME_PORT, sizeof(mark) + 2);
		put_mark(&inside, number);
		if (is_ip6(frame)) {
			set_checksum6(&inside, 6, frame, frame->to ? frame->to : "ff02::1");
			put_ip6(bytes, frame, &inside, number);
		} else {
			put_ip4(bytes, frame, &inside);
		}
		break;
	case FRAME_ICMP6:
		put_icmp6(&inside, frame);
		put_mark(&inside, number);
		set_checksum6(&inside, 2, frame, frame->to ? frame->to : "ff02::1");
		put_ip6(bytes, frame, &inside, number);
		break;
	}
}

static void build(struct bytes *bytes, const struct frame *frame, uint16_t number)
{
	put_mac(bytes, frame->at ? frame->at : "ff:ff:ff:ff:ff:ff");
	put_mac(bytes, frame->from);
	for (unsigned int i = 0; i < frame->tags; i++) {
		put16(bytes, ETHERTYPE_VLAN);
		put16(bytes, 0);
	}
	put16(bytes, ether_type_of(frame));
	put_inside(bytes, frame, number);
	/* Where an Ethernet frame has its padding, which a bridge may cut off. */
	put_mark(bytes, number);
}

/* ---- sockets ---- */

static int open_in(const char *netns, const char *ifname, uint16_t protocol)
{
	struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
	struct cni_error err;
	int home = -1;
	int inside;
	int fd;

	if (netns) {
		assert_int_equal(cni_netns_open(netns, &inside, &err), 0);
		assert_int_equal(cni_netns_enter(inside, &home, &err), 0);
		close(inside);
	}
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	here.sll_ifindex = (int)if_nametoindex(ifname);
	if (netns)
		cni_netns_return(&home);
	assert_true(fd >= 0);
	assert_int_not_equal(here.sll_ifindex, 0);
	assert_int_equal(bind(fd, (const void *)&here, sizeof(here)), 0);
	return fd;
}

void frame_stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sched_getcpu(), &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

void frame_send(const char *netns, const char *ifname, const struct frame *frame, uint16_t number)
{
	struct bytes bytes = {.size = 0};
	int fd = open_in(netns, ifname, 0);

	build(&bytes, frame, number);
	assert_int_equal(send(fd, bytes.data, bytes.size, 0), bytes.size);
	close(fd);
}

void frame_watch(struct frame_watch *watch, const char *netns, const char *ifname)
{
	struct timeval patience = {.tv_sec = 5};

	*watch = (struct frame_watch){.fd = open_in(netns, ifname, ETH_P_ALL)};
	assert_int_equal(
		setsockopt(watch->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
}

void frame_watch_end(struct frame_watch *watch)
{
	close(watch->fd);
	watch->fd = -1;
}

/* The number at the end of a frame; -1: it has none. */
static int number_of(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size - sizeof(mark) - 2;

	if (size < sizeof(mark) + 2 || memcmp(end, mark, sizeof(mark)) != 0)
		return -1;
	return end[sizeof(mark)] << 8 | end[sizeof(mark) + 1];
}

void frame_wait(struct frame_watch *watch, uint16_t number)
{
	while (!watch->seen[number]) {
		uint8_t data[2048];
		ssize_t size = recv(watch->fd, data, sizeof(data), 0);
		int found;

		if (size < 0)
			fail_msg("frame %u does not arrive", number);
		found = number_of(data, (size_t)size);
		if (found >= 0 && found < FRAME_NUMBERS)
			watch->seen[found] = true;
	}
}
