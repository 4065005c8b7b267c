/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_doomed.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

void cni_nft_doom(struct cni_nft_doomed *doomed, const char *set,
		  const struct cni_nft_element *element)
{
	if ((doomed->count & (doomed->count - 1)) == 0)
		doomed->items =
			cni_realloc_array(doomed->items, doomed->count ? doomed->count * 2 : 1,
					  sizeof(*doomed->items));
	doomed->items[doomed->count++] = (struct cni_nft_doomed_item){set, *element};
}

int cni_nft_doom_stale(struct cni_nl *nl, const struct cni_nft_table *table, const char *set,
		       const struct cni_stale *stale, struct cni_nft_doomed *doomed,
		       struct cni_error *err)
{
	freeing struct cni_nft_element *elements = NULL;
	size_t count = 0;

	if (cni_nft_list(nl, table, set, &elements, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (cni_stale_has(stale, elements[i].comment))
			cni_nft_doom(doomed, set, &elements[i]);
	return 0;
}

bool cni_nft_is_doomed(const struct cni_nft_doomed *doomed, const char *set,
		       const struct cni_nft_bytes *key)
{
	for (size_t i = 0; i < doomed->count; i++)
		if (doomed->items[i].set == set && doomed->items[i].element.key.size == key->size &&
		    !memcmp(doomed->items[i].element.key.data, key->data, key->size))
			return true;
	return false;
}

void cni_nft_doomed_delete(struct cni_nft_tx *tx, const struct cni_nft_table *table,
			   const struct cni_nft_doomed *doomed)
{
	for (size_t i = 0; i < doomed->count; i++)
		cni_nft_del_element(tx, table, doomed->items[i].set, &doomed->items[i].element.key);
}

void cni_nft_doomed_clear(struct cni_nft_doomed *doomed)
{
	free(doomed->items);
	*doomed = (struct cni_nft_doomed){0};
}
