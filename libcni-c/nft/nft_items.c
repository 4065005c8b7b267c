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

bool cni_nft_items_has(const struct cni_nft_items *items, const char *set,
		       const struct cni_nft_bytes *key)
{
	for (size_t i = 0; i < items->count; i++)
		if (!strcmp(items->items[i].set, set) &&
		    cni_nft_bytes_equal(&items->items[i].element.key, key))
			return true;
	return false;
}

/* Orders by set and key, and then by place in the list. */
static int compare_places(const void *a, const void *b)
{
	const struct cni_nft_item *one = *(const struct cni_nft_item *const *)a;
	const struct cni_nft_item *other = *(const struct cni_nft_item *const *)b;
	int order = strcmp(one->set, other->set);

	if (!order)
		order = memcmp(&one->element.key, &other->element.key, sizeof(one->element.key));
	if (!order)
		order = one < other ? -1 : 1;
	return order;
}

static bool same_place(const struct cni_nft_item *one, const struct cni_nft_item *other)
{
	return !strcmp(one->set, other->set) &&
	       cni_nft_bytes_equal(&one->element.key, &other->element.key);
}

void cni_nft_items_unique(struct cni_nft_items *items)
{
	freeing const struct cni_nft_item **sorted = NULL;
	freeing bool *again = NULL;
	size_t kept = 0;

	if (items->count < 2)
		return;
	sorted = cni_realloc_array(NULL, items->count, sizeof(*sorted));
	again = cni_alloc(items->count);
	for (size_t i = 0; i < items->count; i++)
		sorted[i] = &items->items[i];
	qsort(sorted, items->count, sizeof(*sorted), compare_places);
	for (size_t i = 1; i < items->count; i++)
		again[sorted[i] - items->items] = same_place(sorted[i - 1], sorted[i]);
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
