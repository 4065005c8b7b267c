/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_transport.h"

#include "cleanup.h"
#include "dhcp_control.h"
#include "dhcp_datagram.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t everyone[CNI_MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* UDP, unfragmented, to a client's port; the packet begins with the header of IP. */
static struct sock_filter words[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_CLIENT_PORT, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static const struct dhcp_transport_kind ipv4 = {
	.protocol = ETH_P_IP,
	.filter = {sizeof(words) / sizeof(*words), words},
	.name = "a packet socket",
};

static int open_here(const struct dhcp_transport_kind *kind, int index, int *ret_fd,
		     struct cni_error *err)
{
	const struct sockaddr_ll address = {.sll_family = AF_PACKET,
					    .sll_protocol = htons(kind->protocol),
					    .sll_ifindex = index};
	const int yes = 1;
	closing int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* The protocol comes with bind(2): nothing arrives before the filter is there. */
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &kind->filter, sizeof(kind->filter)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (const void *)&address, sizeof(address)) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "open %s", kind->name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int dhcp_transport_open_as(const struct dhcp_transport_kind *kind, int netns, int index,
			   int *ret_fd, struct cni_error *err)
{
	visiting int home = -1;

	if (netns >= 0 && cni_netns_enter(netns, &home, err) < 0)
		return -1;
	return open_here(kind, index, ret_fd, err);
}

int dhcp_transport_open(int netns, int index, int *ret_fd, struct cni_error *err)
{
	return dhcp_transport_open_as(&ipv4, netns, index, ret_fd, err);
}

/* The kernel writes the header of the frame with the protocol of the address: for a tag that of IEEE 802.1Q, whose
 * four octets come next. */
int dhcp_transport_send_frame(int fd, const struct dhcp_way *way, uint16_t protocol,
			      const uint8_t to[CNI_MAC_SIZE], const uint8_t *datagram, size_t size,
			      struct cni_error *err)
{
	uint16_t tag[] = {htons(way->vlan), htons(protocol)};
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(way->vlan ? ETH_P_8021Q : protocol),
				      .sll_ifindex = way->index,
				      .sll_halen = CNI_MAC_SIZE};
	struct iovec parts[] = {{tag, way->vlan ? sizeof(tag) : 0}, {(void *)datagram, size}};
	const struct msghdr message = {.msg_name = &address,
				       .msg_namelen = sizeof(address),
				       .msg_iov = parts,
				       .msg_iovlen = 2};

	memcpy(address.sll_addr, to, CNI_MAC_SIZE);
	if (sendmsg(fd, &message, 0) >= 0)
		return 0;
	return cni_fail_errno(err, CNI_EKERNEL, errno, "send a message");
}

int dhcp_transport_send(int fd, const struct dhcp_way *way, const struct dhcp_message *message,
			const uint8_t to[CNI_MAC_SIZE], struct cni_error *err)
{
	uint8_t datagram[DHCP_DATAGRAM_MAX];
	size_t size = dhcp_packet_encode(&message->packet, datagram + DHCP_HEADERS_SIZE);

	if (!size)
		return cni_fail(err, CNI_EKERNEL, "the options do not fit into a message");
	dhcp_datagram_seal(datagram, size, message->from, message->to);
	return dhcp_transport_send_frame(fd, way, ETH_P_IP, to ? to : everyone, datagram,
					 DHCP_HEADERS_SIZE + size, err);
}

static bool has_sum(struct msghdr *message)
{
	struct tpacket_auxdata data;

	return dhcp_control_read(message, SOL_PACKET, PACKET_AUXDATA, &data, sizeof(data)) &&
	       data.tp_status & (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID);
}

ssize_t dhcp_transport_read(int fd, void *datagram, size_t size, struct sockaddr_ll *ret_from,
			    bool *ret_is_summed)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec content = {datagram, size};
	struct msghdr message = {.msg_name = ret_from,
				 .msg_namelen = sizeof(*ret_from),
				 .msg_iov = &content,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);

	if (got < 0)
		return -1;
	*ret_is_summed = has_sum(&message);
	return message.msg_flags & MSG_TRUNC || ret_from->sll_pkttype == PACKET_OUTGOING ? 0 : got;
}

int dhcp_transport_receive(int fd, struct dhcp_packet *ret_packet, uint8_t ret_from[CNI_MAC_SIZE],
			   const char **ret_fault)
{
	uint8_t datagram[DHCP_DATAGRAM_MAX];
	struct sockaddr_ll from = {0};
	bool is_summed;
	ssize_t got = dhcp_transport_read(fd, datagram, sizeof(datagram), &from, &is_summed);
	const uint8_t *bytes;
	size_t size;

	if (got < 0)
		return 0;
	*ret_fault = "it is no datagram of a server";
	bytes = got ? dhcp_datagram_open(datagram, (size_t)got, is_summed, &size) : NULL;
	if (!bytes)
		return -1;
	memcpy(ret_from, from.sll_addr, CNI_MAC_SIZE);
	*ret_fault = dhcp_packet_decode(bytes, size, ret_packet);
	return *ret_fault ? -1 : 1;
}

int dhcp_transport_send_local(const char *device, const struct dhcp_message *message,
			      struct cni_error *err)
{
	closing int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(DHCP_CLIENT_PORT)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DHCP_SERVER_PORT)};
	uint8_t bytes[DHCP_PACKET_MAX];
	size_t size = dhcp_packet_encode(&message->packet, bytes);
	const int yes = 1;

	memcpy(&from.sin_addr, message->from, 4);
	memcpy(&to.sin_addr, message->to, 4);
	/* The address is the container's: IP_TRANSPARENT, ip(7), lets us send from it. */
	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &yes, sizeof(yes)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1) <
		    0 ||
	    bind(fd, (const void *)&from, sizeof(from)) < 0 ||
	    sendto(fd, bytes, size, 0, (const void *)&to, sizeof(to)) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "send a message through '%s'",
				      device);
	return 0;
}
