/* SPDX-License-Identifier: Apache-2.0 */
/* IPv6 of a container's interface as a lease needs it: the daemon alone forms addresses, and the interface has a
 * link-local one at once. */
#ifndef DHCP6_LINK_H
#define DHCP6_LINK_H

#include "dhcp_place.h"

/* Before the interface is set up: turns IPv6 on, and the kernel's own handling of router advertisements off, which
 * would add addresses and routes beside those of the result. Fails with CNI_EENV, CNI_EIO or CNI_EKERNEL. */
int dhcp6_link_prepare(const struct dhcp_place *place, struct cni_error *err);

/* Takes off what the kernel has made of advertisements before, and returns the MTU of the interface. Fails with
 * CNI_EKERNEL. */
int dhcp6_link_clean(const struct dhcp_place *place, uint32_t *ret_mtu, struct cni_error *err);

/* Finds the link-local address of the interface in `netns`, or makes one of its MAC address. A tentative address is
 * made anew without duplicate address detection, which takes up to two seconds: a MAC address that another host has
 * too breaks IPv4 as well. Fails with CNI_EKERNEL. */
int dhcp6_link_local(int netns, const struct dhcp_place *place, struct cni_ip *ret_ip,
		     struct cni_error *err);

/* The link-local address of a MAC address (RFC 2464, section 5). */
struct cni_ip dhcp6_link_local_of(const uint8_t mac[CNI_MAC_SIZE]);

#endif
