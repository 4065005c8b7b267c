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

/* For DEL of plugins that change something inside: true if `link`, which CNI_IFNAME is in the namespace, is another
 * container's: its alias says so, or that of its other end on the host. The path of the namespace may lead to
 * another container's by now. False for a link without such an alias, as other suites make it and host-device moves
 * it. at->container and at->host stay as they are. */
bool cni_host_end_is_anothers(struct cni_attachment *at, const struct cni_link *link);

CNI_END_DECLS

#endif
