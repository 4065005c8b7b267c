/* SPDX-License-Identifier: Apache-2.0 */
/* host-local's configuration: the `ipam` object, and the runtime's additions. */
#ifndef HOST_LOCAL_CONF_H
#define HOST_LOCAL_CONF_H

#include "describe.h"
#include "error.h"
#include "ip.h"
#include "network_dir.h"
#include "range_sets.h"
#include "span.h"
#include "verbs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The use of a reservation of an earlier boot. */
enum reclaim {
	RECLAIM_LAZY,  /* used last: when all else is taken, when asked for, or by its own container
			*/
	RECLAIM_EAGER, /* released by the first ADD of a boot */
	RECLAIM_NEVER, /* kept until DEL or GC */
};

struct host_local_conf {
	struct place place;	 /* belongs to the call's JSON, as do all strings here */
	const char *resolv_conf; /* NULL: none */
	struct range_sets sets;	 /* at least one, complete, without overlaps */
	bool lacks_ranges;	 /* why it could not be read: no key gives a range */
	struct span_list *spans; /* of each set, what may be given out */
	struct cni_net *excluded;
	size_t excluded_count;
	struct cni_route *routes;
	size_t route_count;
	struct cni_ip *requested; /* each once, in the order CNI_ARGS, args.cni, runtimeConfig */
	size_t requested_count;
	uint32_t reclaim;  /* enum reclaim */
	uint32_t cooldown; /* seconds before a released address is given out again */
	uint64_t key;	   /* sticky_key(), or 0 */
};

/* Its keys, for DESCRIBE. */
extern const struct cni_description host_local_description;

/* Reads the whole configuration, for ADD, CHECK and STATUS. Range sets come in the order
 * runtimeConfig.ipRanges, the `subnet` directly in `ipam`, `ipam.ranges`, those of the file
 * `ipam.rangesFile`; their position is what last_reserved_ip.N counts.
 * Fails with CNI_ECONFIG, and CNI_EIO if the file cannot be read; in any case
 * host_local_conf_clear() afterwards. */
int host_local_conf_read(const struct cni_call *call, struct host_local_conf *ret_conf,
			 struct cni_error *err);

void host_local_conf_clear(struct host_local_conf *conf);

/* Reads the place alone, for DEL and GC: they must find ADD's reservations even if the rest is
 * broken. A value that ADD refuses counts as absent. Strings belong to the call's JSON. */
struct place host_local_conf_place(const struct cni_call *call);

#endif
