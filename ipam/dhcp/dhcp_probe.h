/* SPDX-License-Identifier: Apache-2.0 */
/* ARP probes (RFC 5227, section 2.1.1): whether another host has an address. */
#ifndef DHCP_PROBE_H
#define DHCP_PROBE_H

#include "error.h"
#include "ip.h"

/* Probes, and milliseconds after each of them. RFC 5227 waits for seconds, in which a container would not start:
 * hosts on the link answer within milliseconds, and servers probe themselves. */
#define DHCP_PROBES   3
#define DHCP_PROBE_MS 100

/* Opens a socket for ARP on the link `index` in the namespace `netns` (a descriptor; -1: where we are). Fails with
 * CNI_EKERNEL. */
int dhcp_probe_open(int netns, int index, int *ret_fd, struct cni_error *err);

/* Asks for the address. Fails with CNI_EKERNEL. */
int dhcp_probe_send(int fd, int index, const uint8_t mac[CNI_MAC_SIZE], const struct cni_ip *ip,
		    struct cni_error *err);

/* Reads what has arrived: true if another host has the address, or probes for it as well. */
bool dhcp_probe_receive(int fd, const uint8_t mac[CNI_MAC_SIZE], const struct cni_ip *ip);

#endif
