/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_items.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

struct cni_nft_element *cni_nft_items_put(struct cni_nft_items *items, const char *set,
					  const struct cni_nft_element *element)
{
	if ((items->count & (items->count - 1)) == 0)
		items->items = cni_realloc_array(items->items, items->count ? items->count * 2 : 1,
						 sizeof(*items->items));
	items->items[items->count] = (struct cni_nft_item){set, *element};
	return &items->items[items->count++].element;
}

static bool has_from(const struct cni_nft_items *items, size_t first, const char *set,
		     const struct cni_nft_bytes *key)
{
	for (size_t i = first; i < items->count; i++)
		if (!strcmp(items->items[i].set, set) &&
		    cni_nft_bytes_equal(&items->items[i].element.key, key))
			return true;
	return false;
}

bool cni_nft_items_has(const struct cni_nft_items *items, const char *set,
		       const struct cni_nft_bytes *key)
{
	return has_from(items, 0, set, key);
}

/* ---- in order ---- */

static int compare_keys(const char *set, const struct cni_nft_bytes *key,
			const struct cni_nft_item *item)
{
	const struct cni_nft_bytes *other = &item->element.key;
	int order = strcmp(set, item->set);

	if (!order)
		order = (key->size > other->size) - (key->size < other->size);
	return order ? order : memcmp(key->data, other->data, key->size);
}

/* Orders by set and key, and then by place in the list. */
static int compare_places(const void *a, const void *b, void *data)
{
	const struct cni_nft_item *items = data;
	size_t one = *(const size_t *)a;
	size_t other = *(const size_t *)b;
	int order = compare_keys(items[one].set, &items[one].element.key, &items[other]);

	return order ? order : (one > other) - (one < other);
}

struct cni_nft_index cni_nft_index_make(const struct cni_nft_items *items)
{
	struct cni_nft_index index = {.items = items, .count = items->count};

	index.places = cni_realloc_array(NULL, items->count + 1, sizeof(*index.places));
	for (size_t i = 0; i < index.count; i++)
		index.places[i] = i;
	qsort_r(index.places, index.count, sizeof(*index.places), compare_places, items->items);
	return index;
}

struct wanted {
	const struct cni_nft_items *items;
	const char *set;
	const struct cni_nft_bytes *key;
};

static int compare_with_place(const void *wanted, const void *place)
{
	const struct wanted *item = wanted;

	return compare_keys(item->set, item->key, &item->items->items[*(const size_t *)place]);
}

bool cni_nft_index_has(const struct cni_nft_index *index, const char *set,
		       const struct cni_nft_bytes *key)
{
	const struct wanted wanted = {index->items, set, key};

	return bsearch(&wanted, index->places, index->count, sizeof(*index->places),
		       compare_with_place) ||
	       has_from(index->items, index->count, set, key);
}

void cni_nft_index_clear(struct cni_nft_index *index)
{
	free(index->places);
	*index = (struct cni_nft_index){.items = NULL};
}

static bool same_place(const struct cni_nft_item *one, const struct cni_nft_item *other)
{
	return !strcmp(one->set, other->set) &&
	       cni_nft_bytes_equal(&one->element.key, &other->element.key);
}

void cni_nft_items_unique(struct cni_nft_items *items)
{
	clearing_index struct cni_nft_index index = {.items = NULL};
	freeing bool *again = NULL;
	size_t kept = 0;

	if (items->count < 2)
		return;
	index = cni_nft_index_make(items);
	again = cni_alloc(items->count);
	for (size_t i = 1; i < items->count; i++)
		again[index.places[i]] = same_place(&items->items[index.places[i - 1]],
						    &items->items[index.places[i]]);
	for (size_t i = 0; i < items->count; i++)
		if (!again[i])
			items->items[kept++] = items->items[i];
	items->count = kept;
}

void cni_nft_items_clear(struct cni_nft_items *items)
{
	free(items->items);
	*items = (struct cni_nft_items){0};
}
