/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that the kernel keeps track of, over ctnetlink
 * (linux/netfilter/nfnetlink_conntrack.h).
 */
#ifndef CNI_CONNTRACK_H
#define CNI_CONNTRACK_H

#include "decls.h"
#include "error.h"
#include "ip.h"
#include "nl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* The place that a connection's first packet was sent to. */
struct cni_conntrack_target {
	uint16_t port;
	struct cni_ip address; /* unset: any address of the host */
};

/* True if the address is one of this host's. */
typedef bool cni_conntrack_is_local(const struct cni_ip *address, void *data);

/* Deletes the connections of `protocol` (IPPROTO_*) and `family` that were sent to one of the
 * targets, whose addresses are of that family; sorts the targets. UDP connections have no end:
 * without this, the kernel would go on translating a flow as at its beginning.
 *
 * The kernel lists its connections once, for any number of targets, and never without targets.
 * `is_local` is called once for each address to which a connection with a target for any address
 * was sent. `nl` is a socket of NETLINK_NETFILTER. Fails with CNI_EKERNEL; errnum EOPNOTSUPP or
 * EINVAL where the kernel has no ctnetlink. */
int cni_conntrack_forget(struct cni_nl *nl, uint8_t family, uint8_t protocol,
			 struct cni_conntrack_target *targets, size_t count,
			 cni_conntrack_is_local *is_local, void *data, struct cni_error *err);

CNI_END_DECLS

#endif
