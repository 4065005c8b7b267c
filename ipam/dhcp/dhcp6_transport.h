/* SPDX-License-Identifier: Apache-2.0 */
/* DHCPv6 and neighbour discovery on one packet(7) socket, which stays in the namespace in which it was opened. Neither
 * a packet filter in the container nor a process on the client's port can come before it. */
#ifndef DHCP6_TRANSPORT_H
#define DHCP6_TRANSPORT_H

#include "dhcp6_advert.h"
#include "dhcp_transport.h"
#include "error.h"

/* Opens a socket on the link `index` in the namespace `netns` (a descriptor; -1: where we are). It receives
 * datagrams to a client's port, router advertisements, and neighbours' messages. It keeps its namespace alive. Fails
 * with CNI_EKERNEL; errnum ENODEV if there is no such link. */
int dhcp6_transport_open(int netns, int index, int *ret_fd, struct cni_error *err);

/* Receives what is sent to the group of the address as well. Fails with CNI_EKERNEL. */
int dhcp6_transport_join(int fd, int index, const struct cni_ip *ip, struct cni_error *err);

/* Sends a message to all servers, asks all routers, or asks for the owner of `ip` on behalf of no address. `from` is
 * the link-local address. Each fails with CNI_EKERNEL. */
int dhcp6_transport_send(int fd, const struct dhcp_way *way, const struct cni_ip *from,
			 const struct dhcp6_packet *packet, struct cni_error *err);
int dhcp6_transport_ask_routers(int fd, int index, const struct cni_ip *from,
				const uint8_t mac[CNI_MAC_SIZE], struct cni_error *err);
int dhcp6_transport_probe(int fd, int index, const struct cni_ip *ip, struct cni_error *err);

/* Sends to all servers from the host's own stack, through the link `device`: also servers on this very host receive it.
 * Fails with CNI_EKERNEL. */
int dhcp6_transport_send_local(const char *device, int index, const struct dhcp6_packet *packet,
			       struct cni_error *err);

enum dhcp6_received {
	DHCP6_NOTHING,
	DHCP6_FAULTY, /* it is no message; `fault` */
	DHCP6_PACKET,
	DHCP6_ADVERT,
	DHCP6_CLAIM, /* a neighbour, which is not us, has an address or probes for it */
};

struct dhcp6_news {
	enum dhcp6_received kind;
	const char *fault;
	struct cni_ip ip; /* of the router; that is claimed */
	struct dhcp6_packet packet;
	struct dhcp6_advert advert; /* the caller clears it */
};

/* Receives one message. `mac` is our own. */
void dhcp6_transport_receive(int fd, const uint8_t mac[CNI_MAC_SIZE], struct dhcp6_news *ret_news);

#endif
