/* SPDX-License-Identifier: Apache-2.0 */
/* The attachments of a network that GC must not remove, because their namespace is alive: those
 * in the cache, those whose record there is damaged, those whose link is on this host, and those that the caller
 * names. */
#ifndef CNI_LIVING_H
#define CNI_LIVING_H

#include "cache.h"
#include "error.h"
#include "owner.h"
#include "warnings.h"

#include <stdbool.h>
#include <stddef.h>

/* The state of a cached attachment's namespace. */
enum cni_life {
	CNI_LIFE_LIVES,
	CNI_LIFE_GONE,
	CNI_LIFE_NAMELESS, /* its path leads nowhere, or to another namespace, but its link is there */
	CNI_LIFE_UNKNOWN, /* the namespace was not recorded, or may not be inspected */
};

struct cni_living {
	struct cni_owners owners;  /* sorted */
	struct cni_cached *cached; /* of the network, in the order of cni_cache_list() */
	enum cni_life *lives;	   /* of each of `cached` */
	char **cached_texts;	   /* the owner's text of each (base/owner.h) */
	size_t cached_count;
	char **texts; /* strings that `owners` points to */
	size_t text_count;
};

/* Finds the living attachments of `network`, and adds those in `keep` (NULL: none). Waits at
 * most two seconds for the links of cached attachments that are gone, because the kernel deletes
 * a link some time after its namespace. The caller clears. Fails with CNI_EIO if the cache or
 * sysfs cannot be read, and with CNI_ECONFIG if a link's truncated text matches no known
 * attachment: the attachment to keep is then unknown. */
int cni_living_find(const char *cache_dir, const char *network, const struct cni_owners *keep,
		    struct cni_living *ret_living, struct cni_warnings *warnings,
		    struct cni_error *err);

void cni_living_clear(struct cni_living *living);
#define clearing_living __attribute__((cleanup(cni_living_clear)))

#endif
