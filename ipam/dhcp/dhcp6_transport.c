/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_transport.h"

#include "cleanup.h"
#include "dhcp6_datagram.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* UDP to a client's port, or an advertisement or solicitation; the packet begins with the header of IPv6. */
static struct sock_filter words[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 2),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 42),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP6_CLIENT_PORT, 5, 6),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 5),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_ROUTER_ADVERT, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static const struct dhcp_transport_kind ipv6 = {
	.protocol = ETH_P_IPV6,
	.filter = {sizeof(words) / sizeof(*words), words},
	.name = "a packet socket for IPv6",
};

int dhcp6_transport_open(int netns, int index, int *ret_fd, struct cni_error *err)
{
	return dhcp_transport_open_as(&ipv6, netns, index, ret_fd, err);
}

/* RFC 2464, section 7: the frame's address of a group. */
static void group_mac(const struct cni_ip *group, uint8_t mac[CNI_MAC_SIZE])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group->bytes + 12, 4);
}

int dhcp6_transport_join(int fd, int index, const struct cni_ip *ip, struct cni_error *err)
{
	struct cni_ip group = dhcp6_solicited_group(ip);
	struct packet_mreq request = {
		.mr_ifindex = index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = CNI_MAC_SIZE};

	group_mac(&group, request.mr_address);
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) == 0)
		return 0;
	return cni_fail_errno(err, CNI_EKERNEL, errno, "listen to the group of an address");
}

/* ---- sending ---- */

static int send_frame(int fd, const struct dhcp_way *way, const struct cni_ip *group,
		      const uint8_t *datagram, size_t size, struct cni_error *err)
{
	uint8_t to[CNI_MAC_SIZE];

	group_mac(group, to);
	return dhcp_transport_send_frame(fd, way, ETH_P_IPV6, to, datagram, size, err);
}

int dhcp6_transport_send(int fd, const struct dhcp_way *way, const struct cni_ip *from,
			 const struct dhcp6_packet *packet, struct cni_error *err)
{
	uint8_t datagram[DHCP6_DATAGRAM_MAX];
	uint8_t bytes[DHCP6_PACKET_MAX];
	size_t size = dhcp6_packet_encode(packet, bytes);

	size = dhcp6_datagram_udp(datagram, from, &dhcp6_all_servers, bytes, size);
	return send_frame(fd, way, &dhcp6_all_servers, datagram, size, err);
}

int dhcp6_transport_ask_routers(int fd, int index, const struct cni_ip *from,
				const uint8_t mac[CNI_MAC_SIZE], struct cni_error *err)
{
	uint8_t datagram[DHCP6_DATAGRAM_MAX];
	uint8_t bytes[DHCP6_ND_SIZE];
	size_t size = dhcp6_solicit_router(mac, bytes);

	size = dhcp6_datagram_icmp(datagram, from, &dhcp6_all_routers, bytes, size);
	return send_frame(fd, &(struct dhcp_way){.index = index}, &dhcp6_all_routers, datagram,
			  size, err);
}

int dhcp6_transport_probe(int fd, int index, const struct cni_ip *ip, struct cni_error *err)
{
	static const struct cni_ip nothing = {.family = AF_INET6};
	struct cni_ip group = dhcp6_solicited_group(ip);
	uint8_t datagram[DHCP6_DATAGRAM_MAX];
	uint8_t bytes[DHCP6_ND_SIZE];
	size_t size = dhcp6_solicit_neighbour(ip, bytes);

	size = dhcp6_datagram_icmp(datagram, &nothing, &group, bytes, size);
	return send_frame(fd, &(struct dhcp_way){.index = index}, &group, datagram, size, err);
}

int dhcp6_transport_send_local(const char *device, int index, const struct dhcp6_packet *packet,
			       struct cni_error *err)
{
	closing int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
				  .sin6_port = htons(DHCP6_SERVER_PORT),
				  .sin6_scope_id = (uint32_t)index};
	uint8_t bytes[DHCP6_PACKET_MAX];
	size_t size = dhcp6_packet_encode(packet, bytes);

	memcpy(&to.sin6_addr, dhcp6_all_servers.bytes, 16);
	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)) < 0 ||
	    sendto(fd, bytes, size, 0, (const void *)&to, sizeof(to)) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "send a message through '%s'",
				      device);
	return 0;
}

/* ---- receiving ---- */

static void read_neighbour(const struct dhcp6_inner *inner, const struct sockaddr_ll *from,
			   const uint8_t mac[CNI_MAC_SIZE], struct dhcp6_news *news)
{
	if (inner->bytes[0] == ND_ROUTER_ADVERT) {
		news->ip = inner->from;
		news->fault = cni_ip_is_link_local(&inner->from)
				      ? dhcp6_advert_read(inner->bytes, inner->size, &news->advert)
				      : "a router's advertisement is not from a link-local address";
		news->kind = news->fault ? DHCP6_FAULTY : DHCP6_ADVERT;
		return;
	}
	news->ip = dhcp6_neighbour_claims(inner->bytes, inner->size, &inner->from);
	/* A frame of our own may come back. */
	if (cni_ip_is_set(&news->ip) && memcmp(from->sll_addr, mac, CNI_MAC_SIZE) != 0)
		news->kind = DHCP6_CLAIM;
}

void dhcp6_transport_receive(int fd, const uint8_t mac[CNI_MAC_SIZE], struct dhcp6_news *ret_news)
{
	uint8_t datagram[DHCP6_DATAGRAM_MAX];
	struct sockaddr_ll from = {0};
	bool is_summed;
	ssize_t got = dhcp_transport_read(fd, datagram, sizeof(datagram), &from, &is_summed);
	struct dhcp6_inner inner;

	memset(ret_news, 0, sizeof(*ret_news));
	if (got < 0)
		return;
	ret_news->kind = DHCP6_FAULTY;
	if (!dhcp6_datagram_open(datagram, (size_t)got, is_summed, &inner))
		return;
	if (!inner.is_udp) {
		read_neighbour(&inner, &from, mac, ret_news);
		return;
	}
	ret_news->fault = dhcp6_packet_decode(inner.bytes, inner.size, &ret_news->packet);
	ret_news->kind = ret_news->fault ? DHCP6_FAULTY : DHCP6_PACKET;
}
