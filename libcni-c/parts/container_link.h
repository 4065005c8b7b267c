/* SPDX-License-Identifier: Apache-2.0 */
/* CNI_IFNAME in the container, for the parts that make it. */
#ifndef CNI_CONTAINER_LINK_H
#define CNI_CONTAINER_LINK_H

#include "attachment.h"
#include "decls.h"

CNI_BEGIN_DECLS

/* Chooses its MAC for ADD: `mac` (NULL or "": none was asked for), or a random one. */
void cni_container_link_choose_mac(struct cni_attachment *at, const char *mac);

/* After the kernel has refused to make the link with EEXIST: fails with CNI_ETAKEN if the container has
 * a link with the name; 0 otherwise. */
int cni_container_link_refuse_other(struct cni_attachment *at, struct cni_error *err);

/* For CHECK: fills at->container and compares it with the prevResult. at->container.has_mac is true only
 * if the prevResult has a MAC. Fails with CNI_EMISMATCH: the link is missing, the prevResult does not have
 * it, it is of another kind, or has another MAC. */
int cni_container_link_check(struct cni_attachment *at, const char *kind, struct cni_error *err);

CNI_END_DECLS

#endif
