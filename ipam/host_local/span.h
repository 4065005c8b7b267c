/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of a range set that may really be given out: its ranges without gateways,
 * network and broadcast addresses, and without what is excluded. Arithmetic on first and last
 * addresses: an IPv6 /8 costs as much as an IPv4 /30. */
#ifndef HOST_LOCAL_SPAN_H
#define HOST_LOCAL_SPAN_H

#include "range.h"

#include <stdbool.h>
#include <stddef.h>

/* From `first` to `last`, both inclusive. */
struct span {
	struct cni_ip first;
	struct cni_ip last;
	const struct range *range;
};

/* In the order of the set's ranges, and of addresses within each. */
struct span_list {
	const struct range_set *set;
	struct span *items;
	size_t count;
};

/* Makes the list of `set`, which must outlive the list, without the `excluded` prefixes. */
void span_list_make(const struct range_set *set, const struct cni_net *excluded,
		    size_t excluded_count, struct span_list *ret_list);

void span_list_clear(struct span_list *list);

/* True if `ip` is in one of the spans. */
bool span_list_has(const struct span_list *list, const struct cni_ip *ip);

/* A walk over all of them, once round from the address after `last`. */
struct span_walk {
	const struct span_list *list;
	struct span start; /* the part to begin with */
	size_t index;	   /* … is of this span */
	size_t step;
};

/* `last` is the address given out last; with NULL, or an address outside of all ranges of the
 * set, the walk begins with the first span. */
struct span_walk span_walk_from(const struct span_list *list, const struct cni_ip *last);

/* Returns the next part; false after the last. */
bool span_walk_next(struct span_walk *walk, struct span *ret_span);

#endif
