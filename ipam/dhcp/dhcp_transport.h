/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on an interface that may have no address: packet(7) sockets, which stay in the namespace in which they
 * were opened. */
#ifndef DHCP_TRANSPORT_H
#define DHCP_TRANSPORT_H

#include "dhcp_message.h"
#include "error.h"

#include <linux/filter.h>

/* Opens a socket on the link `index` in the namespace `netns` (a descriptor; -1: where we are). It receives
 * datagrams to a client's port alone. A socket keeps its namespace alive, so it is open only while an answer is
 * expected. Fails with CNI_EKERNEL; errnum ENODEV if there is no such link. */
int dhcp_transport_open(int netns, int index, int *ret_fd, struct cni_error *err);

/* The same for another protocol. `name` is for the text of a failure. */
struct dhcp_transport_kind {
	uint16_t protocol; /* ETH_P_IP */
	struct sock_fprog filter;
	const char *name; /* "a packet socket" */
};
int dhcp_transport_open_as(const struct dhcp_transport_kind *kind, int netns, int index,
			   int *ret_fd, struct cni_error *err);

/* The link that a frame leaves through, and the frame's tag (IEEE 802.1Q): a VLAN that is gone had tagged it. */
struct dhcp_way {
	int index;
	uint16_t vlan; /* 0: no tag */
};

/* Sends to `to` (NULL: to all). Fails with CNI_EKERNEL. */
int dhcp_transport_send(int fd, const struct dhcp_way *way, const struct dhcp_message *message,
			const uint8_t to[CNI_MAC_SIZE], struct cni_error *err);

/* Sends a datagram of any protocol (ETH_P_IPV6). Fails with CNI_EKERNEL. */
int dhcp_transport_send_frame(int fd, const struct dhcp_way *way, uint16_t protocol,
			      const uint8_t to[CNI_MAC_SIZE], const uint8_t *datagram, size_t size,
			      struct cni_error *err);

/* Receives a message and the address of its frame. Returns 1; 0 if nothing is there; -1 for something that was
 * received and is no message, with `*ret_fault`. */
int dhcp_transport_receive(int fd, struct dhcp_packet *ret_packet, uint8_t ret_from[CNI_MAC_SIZE],
			   const char **ret_fault);

/* Receives a datagram of a packet socket with PACKET_AUXDATA, and the address of its frame. Returns its size; 0 if
 * the datagram is cut, or one that we have sent; -1 if nothing is there. `*ret_is_summed` becomes true if the
 * checksum needs no check: a sender on this host may leave the checksum to hardware. */
struct sockaddr_ll;
ssize_t dhcp_transport_read(int fd, void *datagram, size_t size, struct sockaddr_ll *ret_from,
			    bool *ret_is_summed);

/* Sends from the host's own stack to a server on this very host, as if it came through the link `device`: a frame
 * that is sent on a bridge does not reach the host's sockets. Fails with CNI_EKERNEL. */
int dhcp_transport_send_local(const char *device, const struct dhcp_message *message,
			      struct cni_error *err);

#endif
