/* SPDX-License-Identifier: Apache-2.0 */
/* The veth part's GC, which looks at all of the host's links while the part's other verbs look at
 * one. */
#ifndef CNI_VETH_GC_H
#define CNI_VETH_GC_H

#include "parts.h"

/* Deletes the host's ends whose alias is that of an owner in this network who is not valid. Also
 * those without an alias that only a killed ADD can have left: named like ours, on this network's
 * bridge, while no other ADD is under way. `data` is a struct cni_veth_part. */
int cni_veth_gc(struct cni_attachment *at, const void *data, struct cni_error *err);

#endif
