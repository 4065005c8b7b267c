/* SPDX-License-Identifier: Apache-2.0 */
/* The host's end of the container's veth, for plugins that are chained behind the one that has made
 * it. */
#ifndef CNI_HOST_END_H
#define CNI_HOST_END_H

#include "attachment.h"

/* For ADD and CHECK: fills at->container and at->host. From 0.3.0 on the prevResult must have it,
 * without a sandbox. Fails with CNI_ECONFIG, CHECK with CNI_EMISMATCH: no veth, its other end is
 * elsewhere, or prevResult does not know it. */
int cni_host_end_find(struct cni_attachment *at, struct cni_error *err);

/* For DEL: fills at->host by whatever leads there: the namespace, prevResult, the name that our
 * bridge would have given it. Index 0 if none of them does, or if it is another attachment's. */
void cni_host_end_guess(struct cni_attachment *at);

#endif
