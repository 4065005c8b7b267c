/* SPDX-License-Identifier: Apache-2.0 */
/* The list of plugins that an attachment was added with. CHECK and DEL use this list, not the
 * network's current configuration, because these plugins made the attachment. */
#ifndef CNI_CACHED_LIST_H
#define CNI_CACHED_LIST_H

#include "cache.h"
#include "conflist.h"
#include "decls.h"

CNI_BEGIN_DECLS

/* Reads the cached list. A list cached by libcni lacks the plugins of the drop-in folder, so the
 * plugins of `today` (NULL allowed) with other types are appended. libcni's AddNetwork(), as Multus calls it
 * for a configuration that is no list, caches the single plugin: it becomes a list. The caller clears with
 * cni_conflist_clear().
 * Fails with CNI_EMISSING if the cache has no list, or one without plugins, and as
 * cni_conflist_parse(). */
int cni_cached_list(const struct cni_cached *cached, const struct cni_conflist *today,
		    struct cni_conflist *ret_list, struct cni_error *err);

CNI_END_DECLS

#endif
