/* SPDX-License-Identifier: Apache-2.0 */
/* All reservations of a network, read from each address file. */
#ifndef HOST_LOCAL_LISTING_H
#define HOST_LOCAL_LISTING_H

#include "error.h"
#include "lease_file.h"

#include <stdbool.h>
#include <stddef.h>

struct listing {
	struct lease *items; /* of all states, in the order of addresses */
	size_t count;
};

/* Reads all files named like addresses in `dir` and ignores others; with `tidy` (under the lock
 * only), removes temporary files of killed processes. listing_clear() afterwards in any case.
 * Fails with CNI_EIO. */
int listing_read(int dir, bool tidy, struct listing *ret_listing, struct cni_error *err);

void listing_clear(struct listing *listing);
#define clearing_listing __attribute__((cleanup(listing_clear)))

/* The lease of `ip`, or NULL. */
struct lease *listing_find(const struct listing *listing, const struct cni_ip *ip);

/* Returns the number of files named like addresses, from the directory alone; -1 if the
 * directory cannot be read. */
long listing_count(int dir);

#endif
