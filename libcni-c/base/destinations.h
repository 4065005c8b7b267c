/* SPDX-License-Identifier: Apache-2.0 */
/* Prefixes to which packets keep the container's address (`nonMasqueradeCIDRs`): a set of both families, sorted,
 * without duplicates and overlaps. */
#ifndef CNI_DESTINATIONS_H
#define CNI_DESTINATIONS_H

#include "decls.h"
#include "ip.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* The most prefixes of a configuration. */
#define CNI_DESTINATIONS_MAX 1024

/* All zeroes is the empty set. */
struct cni_destinations {
	struct cni_net *nets; /* without host bits */
	size_t count;
};

void cni_destinations_clear(struct cni_destinations *destinations);

/* Makes a set of prefixes without host bits in any order. */
void cni_destinations_merge(struct cni_destinations *destinations);

bool cni_destinations_equal(const struct cni_destinations *a, const struct cni_destinations *b);

/* The prefixes of one family, which stand together. `ret_count` may become 0. */
const struct cni_net *cni_destinations_of(const struct cni_destinations *destinations, int family,
					  size_t *ret_count);

/* A prefix on each line, in order; the caller frees. Equal sets have equal texts. */
char *cni_destinations_format(const struct cni_destinations *destinations);

/* Reads such a text, and writes into it: the prefixes of lines that are readable. The caller clears. */
void cni_destinations_parse(char *text, struct cni_destinations *ret_destinations);

/* 32 digits of a SHA-512 over family (4, 6), length and address of each prefix. Returns `digest`. */
#define CNI_DESTINATIONS_DIGEST_SIZE 33
const char *cni_destinations_digest(const struct cni_destinations *destinations,
				    char digest[CNI_DESTINATIONS_DIGEST_SIZE]);

CNI_END_DECLS

#endif
