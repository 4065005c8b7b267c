/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that the kernel keeps track of, over ctnetlink
 * (linux/netfilter/nfnetlink_conntrack.h).
 */
#ifndef CNI_CONNTRACK_H
#define CNI_CONNTRACK_H

#include "error.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stdint.h>

/* Is a connection that was sent to this address meant? */
typedef bool cni_conntrack_chooser(const struct cni_ip *destination, void *data);

/* Forgets the connections of `protocol` (IPPROTO_*) and `family` that were sent to `port` of an
 * address for which `choose` says true. UDP has no end of its own: without this, a flow that goes
 * on would be translated as it was at its beginning. `nl` is a socket of NETLINK_NETFILTER. Fails
 * with CNI_EKERNEL; errnum EOPNOTSUPP or EINVAL where the kernel has no ctnetlink. */
int cni_conntrack_forget(struct cni_nl *nl, uint8_t family, uint8_t protocol, uint16_t port,
			 cni_conntrack_chooser *choose, void *data, struct cni_error *err);

#endif
