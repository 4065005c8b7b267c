/* SPDX-License-Identifier: Apache-2.0 */
/* The namespace of a veth's other end. The index of that end (IFLA_LINK) is a number of its own
 * namespace, where a process with rights can make a link of a chosen index. The kernel names the
 * namespace by an id (IFLA_LINK_NETNSID) that is valid in the namespace of the socket that asks. */
#ifndef CNI_PEER_H
#define CNI_PEER_H

#include "decls.h"
#include "link.h"
#include "link_kind.h"
#include "nl.h"

#include <stdbool.h>

CNI_BEGIN_DECLS

/* How long a namespace may live on after its container has gone: until the kernel has freed the last socket in it,
 * which it does in its own time, 0.7 s where thirty others come and go. ADD waits for it that long, instead of
 * taking the container that went for one that lives. */
#define CNI_PEER_LAST_MOMENT_MS 5000

/* The id by which the namespace of `nl` knows `netns` (a descriptor); -1: it has none yet. Fails with
 * CNI_EKERNEL. */
int cni_peer_netns_id(struct cni_nl *nl, int netns, int *ret_id, struct cni_error *err);

/* A veth as the kernel describes it right after it was made, and the id of the namespace of its other end. */
struct cni_peer_look {
	struct cni_link link;
	int netns_id;
	bool is_had; /* false: the look has failed, as of a link that is gone already */
};

/* Makes the veth `veth`, looks at it, and asks for the id of `netns` (a descriptor), all with one system call.
 * Fails as cni_link_add(). */
int cni_peer_add(struct cni_nl *nl, const struct cni_link_new *veth, int netns,
		 struct cni_peer_look *ret_look, struct cni_error *err);

/* `*ret_is` becomes true if the other end of the veth `link`, which `nl` has just described, is in
 * the namespace `netns` (a descriptor). The process must be in the namespace of `nl`. A namespace
 * gets its id at the latest when the kernel describes a link that leads there, so one without an id
 * (NETNSA_NSID_NOT_ASSIGNED, linux/net_namespace.h) has no other end.
 * Fails with CNI_EKERNEL. Source: rtnl_net_getid() in the kernel's net/core/net_namespace.c. */
int cni_peer_is_in(struct cni_nl *nl, const struct cni_link *link, int netns, bool *ret_is,
		   struct cni_error *err);

CNI_END_DECLS

#endif
