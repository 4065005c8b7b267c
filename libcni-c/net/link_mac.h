/* SPDX-License-Identifier: Apache-2.0 */
/* A link's MAC address: whether anything can be sent to it. */
#ifndef CNI_LINK_MAC_H
#define CNI_LINK_MAC_H

#include "decls.h"
#include "link.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* True if frames can be sent to the link: its MAC is neither all zeroes nor a multicast address. A
 * bridge whose last port has gone has all zeroes (br_stp_recalculate_bridge_id() in the kernel's
 * net/bridge/br_stp_if.c), and may be set up like that. */
bool cni_link_mac_is_usable(const struct cni_link *link);

/* Gives the link a random MAC, which stays (addr_assign_type 3, NET_ADDR_SET), unless it has a usable
 * one by now. `link` is what it is afterwards; of several processes at once all see the same MAC, if
 * they can lock. Fails with CNI_EKERNEL. */
int cni_link_mac_give(struct cni_nl *nl, struct cni_link *link, struct cni_error *err);

CNI_END_DECLS

#endif
