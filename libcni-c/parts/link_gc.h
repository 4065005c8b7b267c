/* SPDX-License-Identifier: Apache-2.0 */
/* GC of a part that makes a link on the host: it looks at all links of the kind, while the part's
 * other verbs look at one. */
#ifndef CNI_LINK_GC_H
#define CNI_LINK_GC_H

#include "attachment.h"
#include "decls.h"
#include "error.h"

CNI_BEGIN_DECLS

/* The links that a part makes. */
struct cni_link_gc {
	const char *kind;   /* "veth", "ifb" */
	const char *prefix; /* of the names that cni_owner_ifname() makes for them */
	const char *master; /* NULL: they are no ports */
};

/* Deletes the links whose alias is that of an owner in this network who is not valid. Also those
 * without an alias that only a killed ADD can have left: named like ours and like no valid owner's,
 * ports of the `master`, and of no other master without one, while no other ADD is under way. */
int cni_link_gc(struct cni_attachment *at, const struct cni_link_gc *gc, struct cni_error *err);

CNI_END_DECLS

#endif
