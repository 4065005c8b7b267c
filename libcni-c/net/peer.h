/* SPDX-License-Identifier: Apache-2.0 */
/* Where the other end of a veth is. Its index (IFLA_LINK) is a number of another namespace, in which
 * anybody with rights there can have a link of a chosen index; which namespace that is the kernel
 * says as an id (IFLA_LINK_NETNSID), valid for the socket that has asked. */
#ifndef CNI_PEER_H
#define CNI_PEER_H

#include "link.h"
#include "nl.h"

#include <stdbool.h>

/* `*ret_is` becomes true if the other end of the veth `link`, which `nl` has just described, is in
 * the namespace `netns` (a descriptor). The process must be in the namespace of `nl`. A namespace
 * gets its id at the latest when the kernel describes a link that leads there, so one without an id
 * (NETNSA_NSID_NOT_ASSIGNED, linux/net_namespace.h) has no other end.
 * Fails with CNI_EKERNEL. Source: rtnl_net_getid() in the kernel's net/core/net_namespace.c. */
int cni_peer_is_in(struct cni_nl *nl, const struct cni_link *link, int netns, bool *ret_is,
		   struct cni_error *err);

#endif
