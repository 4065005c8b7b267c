/* SPDX-License-Identifier: Apache-2.0 */
/* The host's end of the container's veth, for plugins that are chained behind the one that has made
 * it. */
#ifndef CNI_HOST_END_H
#define CNI_HOST_END_H

#include "attachment.h"
#include "decls.h"

CNI_BEGIN_DECLS

/* For ADD and CHECK: fills at->container and at->host, whose other end is the container's by index and
 * by namespace (peer.h). From 0.3.0 on the prevResult must have it, without a sandbox. Fails with
 * CNI_ECONFIG, CHECK with CNI_EMISMATCH: no veth, its other end is elsewhere, or prevResult does not
 * know it. */
int cni_host_end_find(struct cni_attachment *at, struct cni_error *err);

/* For DEL: fills at->host with the host's end that is this attachment's own: it has the owner's alias,
 * or no alias yet and the owner's name; or it has no alias, the prevResult has it, and its other end
 * is CNI_IFNAME in the namespace (peer.h). Index 0 if there is none. */
void cni_host_end_guess(struct cni_attachment *at);

CNI_END_DECLS

#endif
