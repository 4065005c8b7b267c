/* SPDX-License-Identifier: Apache-2.0 */
/* Announcements of IPv6 addresses: unsolicited neighbour advertisements (RFC 4861, section 7.2.6). The kernel
 * sends them at the end of duplicate address detection alone (addrconf_dad_completed() in its
 * net/ipv6/addrconf.c), which addresses of an IPAM plugin skip. */
#ifndef CNI_ANNOUNCE_H
#define CNI_ANNOUNCE_H

#include "decls.h"
#include "error.h"
#include "ip.h"

CNI_BEGIN_DECLS

/* Opens a raw ICMPv6 socket in the network namespace of the process. Returns a descriptor that the caller
 * closes; -1 without IPv6 or without CAP_NET_RAW: an announcement is a courtesy. */
int cni_announce_open(void);

/* Tells all nodes on the link `index` that `ip` has this MAC now. Needs the link up, and the address not
 * tentative. Fails with CNI_EKERNEL. */
int cni_announce_send(int fd, int index, const struct cni_ip *ip, const uint8_t mac[CNI_MAC_SIZE],
		      struct cni_error *err);

CNI_END_DECLS

#endif
