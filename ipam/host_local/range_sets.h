/* SPDX-License-Identifier: Apache-2.0 */
/* All range sets of a network, as JSON writes them: [[{"subnet": "10.1.0.0/16"}], …], a list of
 * sets, each a list of ranges. */
#ifndef HOST_LOCAL_RANGE_SETS_H
#define HOST_LOCAL_RANGE_SETS_H

#include "decode.h"
#include "error.h"
#include "json.h"
#include "range.h"

#include <stddef.h>

/* The keys of a range. */
extern const struct cni_field range_fields[];

struct range_sets {
	struct range_set *items;
	size_t count;
};

/* Appends the sets of `list`; NULL has none. `what` names its key. Fails with CNI_ECONFIG; in any
 * case range_sets_clear() afterwards, as for the next two. */
int range_sets_decode(struct range_sets *sets, const cJSON *list, const char *what,
		      struct cni_error *err);

/* Appends the sets of a file: {"ranges": [[{"subnet": …}]]}. It may be a link, as Kubernetes
 * mounts a ConfigMap. Fails with CNI_EIO, CNI_EDECODE and CNI_ECONFIG, naming the file. */
int range_sets_read_file(struct range_sets *sets, const char *path, struct cni_error *err);

/* Appends a set of this range alone. */
void range_sets_add(struct range_sets *sets, const struct range *range);

/* Completes each set. Fails with CNI_ECONFIG as range_set_complete(), and if two sets overlap. */
int range_sets_complete(struct range_sets *sets, struct cni_error *err);

void range_sets_clear(struct range_sets *sets);

#endif
