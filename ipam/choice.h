/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses an ADD gets: one of each range set, as requested or the next in turn. */
#ifndef CHOICE_H
#define CHOICE_H

#include "error.h"
#include "host_local_conf.h"
#include "store.h"
#include "verbs.h"

/* One address of each set, chosen but not yet reserved. */
struct choice {
	struct store_claim claim;
	const struct range *range;
};

/* One choice for each set of `conf`, into an array of that many. `store` NULL: as if nothing was
 * reserved. Reads only.
 * Fails with CNI_EEXHAUSTED, CNI_ETAKEN (saying by whom), CNI_ECONFIG for a request that none of
 * the sets can fulfil. */
int choices_make(struct store *store, const struct cni_call *call,
		 const struct host_local_conf *conf, struct choice *choices, struct cni_error *err);

/* The next free address of one set in turn. Fails with CNI_EEXHAUSTED. */
int choice_make_next(struct store *store, const struct range_set *set, struct choice *choice,
		     struct cni_error *err);

/* "container c1, interface eth0": whose a lease is. Returns `text`. */
#define HOLDER_TEXT_SIZE 300
const char *lease_holder(const struct lease *lease, char text[HOLDER_TEXT_SIZE]);

#endif
