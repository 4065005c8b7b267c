/* SPDX-License-Identifier: Apache-2.0 */
/* The carrier of interfaces in other namespaces, on one socket of the host (NETLINK_LISTEN_ALL_NSID, netlink(7)): a
 * socket in the container's namespace would keep that alive. */
#ifndef DHCP_CARRIER_H
#define DHCP_CARRIER_H

#include "dhcp_loop.h"
#include "dhcp_place.h"

struct dhcp_carrier {
	struct dhcp_watch watch;
	/* A link in the namespace with this id has carrier, or not. */
	void (*changed)(void *data, int netns_id, int index, bool has_carrier);
	void *data;
};

/* Fails with CNI_EKERNEL. */
int dhcp_carrier_open(struct dhcp_carrier *carrier, int loop, struct cni_error *err);

/* The id by which this namespace knows that of `place`, which gets one if it has none; -1: it cannot. */
int dhcp_carrier_id(const struct dhcp_place *place);

#endif
