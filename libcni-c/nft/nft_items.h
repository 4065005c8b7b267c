/* SPDX-License-Identifier: Apache-2.0 */
/* A list of elements, each with its set. */
#ifndef CNI_NFT_ITEMS_H
#define CNI_NFT_ITEMS_H

#include "nft.h"

#include <stdbool.h>
#include <stddef.h>

struct cni_nft_items {
	struct cni_nft_item {
		const char *set; /* its name, which outlives the list */
		struct cni_nft_element element;
	} * items;
	size_t count;
};

/* Copies the element to the end of the list. Returns the copy; the next call may move it. */
struct cni_nft_element *cni_nft_items_put(struct cni_nft_items *items, const char *set,
					  const struct cni_nft_element *element);

/* True if the list has an element with this key in this set. The search is linear: an
 * attachment has few elements. */
bool cni_nft_items_has(const struct cni_nft_items *items, const char *set,
		       const struct cni_nft_bytes *key);

/* Keeps the first of elements with one set and key, in n log n; the order stays. */
void cni_nft_items_unique(struct cni_nft_items *items);

/* The places of the items in the list by their keys, for many searches in a long list. */
struct cni_nft_index {
	const struct cni_nft_items *items;
	size_t *places;
	size_t count;
};

/* `items` must outlive the index, and may get more. The caller clears. */
struct cni_nft_index cni_nft_index_make(const struct cni_nft_items *items);
/* As cni_nft_items_has(). Items that came after the index was made are searched one by one. */
bool cni_nft_index_has(const struct cni_nft_index *index, const char *set,
		       const struct cni_nft_bytes *key);
void cni_nft_index_clear(struct cni_nft_index *index);
#define clearing_index __attribute__((cleanup(cni_nft_index_clear)))

void cni_nft_items_clear(struct cni_nft_items *items);
#define clearing_items __attribute__((cleanup(cni_nft_items_clear)))

#endif
