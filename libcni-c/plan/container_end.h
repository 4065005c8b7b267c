/* SPDX-License-Identifier: Apache-2.0 */
/* The container's end of the veth that this ADD has made. A process in the container may rename it,
 * give it another MAC, move or delete it between any two steps, so that nothing about it is asked by
 * name from the container's side: ADD has chosen name and MAC, its index is the IFLA_LINK of the
 * host's end, and the IFLA_LINK_NETNSID of the host's end says whether it is in the container's
 * namespace. Later steps address it by index. */
#ifndef CNI_CONTAINER_END_H
#define CNI_CONTAINER_END_H

#include "attachment.h"
#include "decls.h"

CNI_BEGIN_DECLS

/* Fills at->container.index from at->host, which has just been looked up. Fails with CNI_EKERNEL,
 * errnum ENODEV, if the other end is not in the container's namespace. */
int cni_container_end_follow(struct cni_attachment *at, struct cni_error *err);

/* Waits until the host's end is operationally up, at most `milliseconds`, and fills at->host. Fails
 * with CNI_EKERNEL: errnum ETIMEDOUT; or ENODEV if the container's end is not where it was, as soon as
 * the kernel announces a change of the host's end, and at the deadline otherwise. */
int cni_container_end_wait_up(struct cni_attachment *at, unsigned int milliseconds,
			      struct cni_error *err);

/* Fails with CNI_EKERNEL, errnum ENODEV: the container's end was moved or deleted. */
int cni_container_end_gone(const struct cni_attachment *at, struct cni_error *err);

/* After a step has failed, replaces its error if the container's end is not where it was: that is
 * why. Returns -1. */
int cni_container_end_explain(struct cni_attachment *at, struct cni_error *err);

/* The same for a step about the container's end: otherwise its name is put before the message. */
int cni_container_end_failed(struct cni_attachment *at, struct cni_error *err);

CNI_END_DECLS

#endif
