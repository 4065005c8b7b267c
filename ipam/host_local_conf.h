/* SPDX-License-Identifier: Apache-2.0 */
/* What host-local is configured to do: the `ipam` object, and what the runtime adds to it. */
#ifndef HOST_LOCAL_CONF_H
#define HOST_LOCAL_CONF_H

#include "error.h"
#include "ip.h"
#include "range.h"
#include "verbs.h"

#include <stddef.h>

struct host_local_conf {
	const char *data_dir;	 /* belongs to the call's JSON, as do all strings here */
	const char *resolv_conf; /* NULL: none */
	struct range_set *sets;	 /* at least one, complete, without overlaps */
	size_t set_count;
	struct cni_route *routes;
	size_t route_count;
	struct cni_ip *requested; /* each once, in the order CNI_ARGS, args.cni, runtimeConfig */
	size_t requested_count;
};

/* Reads the whole of it, for ADD, CHECK and STATUS. Range sets come in the order
 * runtimeConfig.ipRanges, the `subnet` directly in `ipam`, `ipam.ranges`; their position is what
 * last_reserved_ip.N counts.
 * Fails with CNI_ECONFIG; in any case host_local_conf_clear() afterwards. */
int host_local_conf_read(const struct cni_call *call, struct host_local_conf *ret_conf,
			 struct cni_error *err);

void host_local_conf_clear(struct host_local_conf *conf);

/* The directory alone, for DEL and GC: they must find what ADD reserved whatever became of the
 * rest. A `dataDir` that ADD would have refused counts as absent. Belongs to the call's JSON. */
const char *host_local_conf_data_dir(const struct cni_call *call);

#endif
