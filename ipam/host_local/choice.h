/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses an ADD's addresses, one of each range set. The first candidate that exists wins:
 *
 *	the one that the container had, if the reservation is of an earlier boot, or for a
 *	namespace that is gone; if it may not be taken back, ADD fails
 *	the one that is requested; ADD fails if it cannot be had
 *	the one that its sticky key had last, also if it is reserved since an earlier boot
 *	the next free one in turn that has rested for `cooldown`
 *	of those that have not, the one that was released first
 *	one that is reserved since an earlier boot
 *	one that is reserved in this boot for a namespace that is known to be gone */
#ifndef CHOICE_H
#define CHOICE_H

#include "error.h"
#include "host_local_conf.h"
#include "store.h"
#include "verbs.h"

/* An address of each set, chosen but not yet reserved. */
struct choice {
	struct store_claim claim;
	const struct range *range;
	/* The container's previous address in this set if the container does not get it again
	 * (another address is requested, or this is excluded now); unset: none. */
	struct cni_ip gives_up;
};

/* Fills an array with a choice for each set of `conf`. With `store` NULL, as if nothing was
 * reserved. Reads only.
 * Fails with CNI_EEXHAUSTED, CNI_ETAKEN (saying by whom), CNI_ECONFIG for a request that none of
 * the sets can fulfil. */
int choices_make(struct store *store, const struct cni_call *call,
		 const struct host_local_conf *conf, struct choice *choices, struct cni_error *err);

/* Chooses an address of set choice->claim.set for a new container. Fails with CNI_EEXHAUSTED. */
int choice_make_next(struct store *store, const struct host_local_conf *conf, struct choice *choice,
		     struct cni_error *err);

/* "container c1, interface eth0": whose a lease is. Returns `text`. */
#define HOLDER_TEXT_SIZE 300
const char *lease_holder(const struct lease *lease, char text[HOLDER_TEXT_SIZE]);

#endif
