/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_doomed.h"

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
