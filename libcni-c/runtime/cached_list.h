/* SPDX-License-Identifier: Apache-2.0 */
/* The list of plugins that an attachment was added with. CHECK and DEL go by it, and not by the network's
 * configuration of today: these plugins have made what is to be checked and deleted. */
#ifndef CNI_CACHED_LIST_H
#define CNI_CACHED_LIST_H

#include "cache.h"
#include "conflist.h"
#include "decls.h"

CNI_BEGIN_DECLS

/* Reads the list that the cache has. What libcni has cached lacks the plugins of the drop-in folder, so
 * that the plugins of `today` (NULL allowed) follow whose types are not in it. The caller clears with
 * cni_conflist_clear().
 * Fails with CNI_EMISSING if the cache has no list, or one without plugins, and as
 * cni_conflist_parse(). */
int cni_cached_list(const struct cni_cached *cached, const struct cni_conflist *today,
		    struct cni_conflist *ret_list, struct cni_error *err);

CNI_END_DECLS

#endif
