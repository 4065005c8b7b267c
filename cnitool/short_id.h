/* SPDX-License-Identifier: Apache-2.0 */
/* Prefixes of containers' ids that name one container. */
#ifndef SHORT_ID_H
#define SHORT_ID_H

#include "error.h"

#include <stddef.h>

/* For short_id_of(). */
void short_id_sort(const char **ids, size_t count);

/* The shortest prefix of `id` that no other of the sorted `ids` has, at least 8 characters, not counted the
 * "cnitool-" that all ids of cnitool have; for the caller to free. */
char *short_id_of(const char *const *ids, size_t count, const char *id);

/* The one of `ids`, in any order and with repetitions, that is `prefix` or, if none is, begins with it. The
 * "…" that people copy with a shortened id does not count. Fails with CNI_ECONTAINER if none does, or, naming
 * the candidates, if several do; `where` says of what the ids are. */
int short_id_resolve(const char *const *ids, size_t count, const char *prefix, const char *where,
		     const char **ret_id, struct cni_error *err);

#endif
