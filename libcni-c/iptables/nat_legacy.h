/* SPDX-License-Identifier: Apache-2.0 */
/* Removing chains from the table nat of iptables-legacy(8). Without such a chain no command is started. */
#ifndef CNI_NAT_LEGACY_H
#define CNI_NAT_LEGACY_H

#include "nat_attachment.h"

/* Removes the owner's chain and the rules that lead there, in both families. Fails with CNI_EMISSING if
 * there is one and no command for it. */
int cni_nat_legacy_del(const struct cni_nat_kind *kind, const struct cni_owner *owner,
		       struct cni_error *err);

/* `*ret_has` becomes true if the owner has one. */
int cni_nat_legacy_has(const struct cni_nat_kind *kind, const struct cni_owner *owner,
		       bool *ret_has, struct cni_error *err);

/* The same for containers of `network` that are not `valid`, by the comments. */
int cni_nat_legacy_gc(const struct cni_nat_kind *kind, const char *network,
		      const struct cni_owners *valid, struct cni_error *err);

#endif
