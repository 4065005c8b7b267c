/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that may be given out, as arithmetic: no files, no clock. A range is a part of a
 * subnet; a set is one or more ranges of one family, and each container gets one address of each
 * set. Both families alike, on 128 bits. */
#ifndef HOST_LOCAL_RANGE_H
#define HOST_LOCAL_RANGE_H

#include "error.h"
#include "ip.h"

#include <stdbool.h>
#include <stddef.h>

struct range {
	struct cni_net subnet;
	struct cni_ip first;   /* "rangeStart", inclusive; unset: the subnet's first host */
	struct cni_ip last;    /* "rangeEnd", inclusive; unset: the subnet's last host */
	struct cni_ip gateway; /* unset: the subnet's first host */
};

struct range_set {
	struct range *items;
	size_t count;
};

/* Checks what was configured and fills in what was not. Afterwards nothing is unset.
 * Fails with CNI_ECONFIG: no subnet, one with host bits, one of fewer than four addresses; an end
 * or the gateway outside it (an IPv6 gateway may be link-local); the start after the end. */
int range_complete(struct range *range, struct cni_error *err);

/* Is `ip` from `first` to `last`? Being in the range does not mean being given out: see
 * range_reserves(). */
bool range_contains(const struct range *range, const struct cni_ip *ip);

/* Why `ip` is never given to a container: "subnet's gateway", "subnet's own address" or "subnet's
 * broadcast address". NULL if it may be. */
const char *range_reserves(const struct range *range, const struct cni_ip *ip);

/* Completes each range of the set. Fails with CNI_ECONFIG as range_complete(), and if the set is
 * empty, mixes families, or has ranges that overlap. */
int range_set_complete(struct range_set *set, struct cni_error *err);

/* The range of the set that contains `ip`, or NULL. */
const struct range *range_set_find(const struct range_set *set, const struct cni_ip *ip);

/* Do any two ranges of different sets have an address in common? */
bool range_set_overlaps(const struct range_set *a, const struct range_set *b);

/* "10.1.0.1-10.1.0.254,10.2.0.1-10.2.0.254". The caller frees. */
char *range_set_format(const struct range_set *set);

/* A walk over the addresses of a set, each once, round from the one after `last`. */
struct range_walk {
	const struct range_set *set;
	size_t index; /* of the range we are in */
	struct cni_ip at;
	struct cni_ip start;
	bool started;
};

/* `last` is what was given out last; NULL, or one that is not in the set, begins at the beginning.
 */
struct range_walk range_walk_from(const struct range_set *set, const struct cni_ip *last);

/* The next address that may be given out, and its range. False when all were seen. */
bool range_walk_next(struct range_walk *walk, struct cni_ip *ret_ip,
		     const struct range **ret_range);

#endif
