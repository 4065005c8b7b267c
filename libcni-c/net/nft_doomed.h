/* SPDX-License-Identifier: Apache-2.0 */
/* A list of elements that are to go, collected before the transaction that removes them. */
#ifndef CNI_NFT_DOOMED_H
#define CNI_NFT_DOOMED_H

#include "nft.h"
#include "owner.h"

#include <stdbool.h>
#include <stddef.h>

struct cni_nft_doomed {
	struct cni_nft_doomed_item {
		const char *set; /* one of the engine's own constants */
		struct cni_nft_element element;
	} * items;
	size_t count;
};

/* Copies the element. An element must not be in the list twice. */
void cni_nft_doom(struct cni_nft_doomed *doomed, const char *set,
		  const struct cni_nft_element *element);

/* All elements of a set or map that bear a stale owner's text as their comment. A missing set is an
 * empty one. */
int cni_nft_doom_stale(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		       const struct cni_stale *stale, struct cni_nft_doomed *doomed,
		       struct cni_error *err);

/* Is it in the list? Looks through all of it: for lists of one owner's elements, which are short.
 */
bool cni_nft_is_doomed(const struct cni_nft_doomed *doomed, const char *set,
		       const struct cni_nft_bytes *key);

/* Puts their removal into the transaction. */
void cni_nft_doomed_delete(struct cni_nft_tx *tx, const struct cni_nft_table *table,
			   const struct cni_nft_doomed *doomed);

void cni_nft_doomed_clear(struct cni_nft_doomed *doomed);
#define clearing_doomed __attribute__((cleanup(cni_nft_doomed_clear)))

#endif
