/* SPDX-License-Identifier: Apache-2.0 */
/* The configured address ranges, as arithmetic: no files, no clock. A range is a part of a
 * subnet; a set is one or more ranges of one family, and each container gets one address of each
 * set. Both families are handled alike, on 128 bits. span.h has the addresses that may really be
 * given out. */
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
	struct cni_ip gateway; /* unset: the subnet's first host; or none, if it has one or two */
};

struct range_set {
	struct range *items;
	size_t count;
};

/* Checks the configured members and fills in the others. Afterwards only the gateway of a subnet
 * of one or two addresses may be unset.
 * Fails with CNI_ECONFIG: no subnet, one with host bits; one of fewer than four addresses (/31,
 * /32, /127, /128) unless `first` and `last` say which of them are meant; an end or the gateway
 * outside it (an IPv6 gateway may be link-local); the start after the end. */
int range_complete(struct range *range, struct cni_error *err);

/* True if `ip` is from `first` to `last`. An address in the range may still never be given out:
 * see range_reserves(). */
bool range_contains(const struct range *range, const struct cni_ip *ip);

/* Returns why `ip` is never given to a container: "subnet's gateway", "subnet's own address" or
 * "subnet's broadcast address", of which a subnet of one or two addresses has none (RFC 3021,
 * RFC 6164). NULL if it may be. */
const char *range_reserves(const struct range *range, const struct cni_ip *ip);

/* Completes each range of the set. Fails with CNI_ECONFIG as range_complete(), and if the set is
 * empty, mixes families, or has ranges that overlap. */
int range_set_complete(struct range_set *set, struct cni_error *err);

/* Returns the range of the set that contains `ip`, or NULL. */
const struct range *range_set_find(const struct range_set *set, const struct cni_ip *ip);

/* True if two ranges of different sets have an address in common. */
bool range_set_overlaps(const struct range_set *a, const struct range_set *b);

/* "10.1.0.1-10.1.0.254,10.2.0.1-10.2.0.254". The caller frees. */
char *range_set_format(const struct range_set *set);

#endif
