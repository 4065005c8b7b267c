/* SPDX-License-Identifier: Apache-2.0 */
/* Giving a lease back. By the time of DEL the interface may be gone, or its namespace: the message then leaves through
 * the link of the host that leads to the same network. */
#ifndef DHCP_RELEASE_H
#define DHCP_RELEASE_H

#include "dhcp_record.h"
#include "nl.h"

/* Sends the RELEASE of the record's lease, once, as RFC 2131, section 4.4.6, has it; `*ret_through` names the way
 * ("eth0 of the container", "eth1 of the host"). Success without a lease. Fails if there is no way: the
 * lease is left to expire. */
int dhcp_release(const struct dhcp_record *record, char ret_through[64], struct cni_error *err);

/* For each family: opens the namespace of an interface that is still there. Fails if the interface is gone. */
int dhcp_release_open(const struct dhcp_place *place, int *ret_netns, struct cni_error *err);
/* Opens `nl` on the host. Fails if the link that leads to the network is not known, or gone. */
int dhcp_release_find_parent(const struct dhcp_place *place, struct cni_nl *nl,
			     struct cni_error *err);

#endif
