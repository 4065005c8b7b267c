/* SPDX-License-Identifier: Apache-2.0 */
/* The destinations of a network in both backends of masquerade, and in their file (kept_destinations.h). */
#ifndef CNI_MASQUERADE_DESTINATIONS_H
#define CNI_MASQUERADE_DESTINATIONS_H

#include "destinations.h"
#include "error.h"
#include "nl.h"

/* The same under the network's lock; a failure may leave some of it. */
int cni_masquerade_set(struct cni_nl *nl, const char *network,
		       const struct cni_destinations *destinations, struct cni_error *err);

/* Makes them the network's, for all of its attachments. A network without attachments keeps none. A failure
 * leaves the earlier ones. Fails with CNI_ELOCKED, CNI_EIO and as the backends do. */
int cni_masquerade_refresh(struct cni_nl *nl, const char *network,
			   const struct cni_destinations *destinations, struct cni_error *err);

/* Attachments with rules in iptables follow the file. */
int cni_masquerade_follow(const char *network, struct cni_error *err);

/* The same as refresh, with `before` for a network that still has `mine`. */
int cni_masquerade_put_back(struct cni_nl *nl, const char *network,
			    const struct cni_destinations *mine,
			    const struct cni_destinations *before, struct cni_error *err);

/* After DEL and GC: removes what no attachment of the network uses. Without a file, nothing is asked unless
 * `thorough`. */
int cni_masquerade_settle(struct cni_nl *nl, const char *network, bool thorough,
			  struct cni_error *err);
/* The same for all networks that have a file. */
int cni_masquerade_settle_all(struct cni_nl *nl, struct cni_error *err);

#endif
