/* SPDX-License-Identifier: Apache-2.0 */
/* The egress part's GC, which looks at all ifbs while the part's other verbs look at one. */
#ifndef CNI_EGRESS_GC_H
#define CNI_EGRESS_GC_H

#include "parts.h"

/* How our ifbs' names begin; the owner's digits follow. */
#define CNI_EGRESS_PREFIX "ifb"

/* Deletes the ifbs whose alias is that of an owner in this network who is not valid. Also those
 * without an alias that only a killed ADD can have left: named like ours, while no other ADD is
 * under way. Those of the Go plugin do not say whose they are, and stay until their DEL. */
int cni_egress_gc(struct cni_attachment *at, const void *data, struct cni_error *err);

#endif
