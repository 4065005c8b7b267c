/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp_probe.h"

#include "cleanup.h"
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <string.h>
#include <sys/socket.h>

/* Packets that are read at once: a flood must not hold up the other leases. */
#define BATCH 64

int dhcp_probe_open(int netns, int index, int *ret_fd, struct cni_error *err)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = index};
	visiting int home = -1;
	closing int fd = -1;

	if (netns >= 0 && cni_netns_enter(netns, &home, err) < 0)
		return -1;
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const void *)&address, sizeof(address)) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "open a socket for ARP");
	*ret_fd = take_fd(&fd);
	return 0;
}

int dhcp_probe_send(int fd, int index, const uint8_t mac[CNI_MAC_SIZE], const struct cni_ip *ip,
		    struct cni_error *err)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ARP),
				 .sll_ifindex = index,
				 .sll_halen = CNI_MAC_SIZE};
	struct ether_arp arp = {
		.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
			   .ar_pro = htons(ETH_P_IP),
			   .ar_hln = CNI_MAC_SIZE,
			   .ar_pln = 4,
			   .ar_op = htons(ARPOP_REQUEST)},
	};

	memset(to.sll_addr, 0xff, CNI_MAC_SIZE);
	memcpy(arp.arp_sha, mac, CNI_MAC_SIZE);
	memcpy(arp.arp_tpa, ip->bytes, 4);
	if (sendto(fd, &arp, sizeof(arp), 0, (const void *)&to, sizeof(to)) >= 0)
		return 0;
	return cni_fail_errno(err, CNI_EKERNEL, errno, "send an ARP probe");
}

static bool conflicts(const struct ether_arp *arp, const uint8_t mac[CNI_MAC_SIZE],
		      const struct cni_ip *ip)
{
	static const uint8_t none[4];

	if (arp->ea_hdr.ar_pro != htons(ETH_P_IP) || arp->ea_hdr.ar_hln != CNI_MAC_SIZE ||
	    arp->ea_hdr.ar_pln != 4 || !memcmp(arp->arp_sha, mac, CNI_MAC_SIZE))
		return false;
	return !memcmp(arp->arp_spa, ip->bytes, 4) ||
	       (!memcmp(arp->arp_spa, none, 4) && !memcmp(arp->arp_tpa, ip->bytes, 4));
}

bool dhcp_probe_receive(int fd, const uint8_t mac[CNI_MAC_SIZE], const struct cni_ip *ip)
{
	for (int i = 0; i < BATCH; i++) {
		struct ether_arp arp;
		struct sockaddr_ll from = {0};
		socklen_t from_size = sizeof(from);
		ssize_t got =
			recvfrom(fd, &arp, sizeof(arp), MSG_DONTWAIT, (void *)&from, &from_size);

		if (got < 0)
			return false;
		if (got == sizeof(arp) && from.sll_pkttype != PACKET_OUTGOING &&
		    conflicts(&arp, mac, ip))
			return true;
	}
	return false;
}
