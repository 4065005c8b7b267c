/* SPDX-License-Identifier: Apache-2.0 */
/* Owned elements of attachments without a link: their DEL never came, or came from another plugin
 * suite. */
#include "cleanup.h"
#include "link_names.h"
#include "mem.h"
#include "nft_owned.h"

#include <stdlib.h>
#include <string.h>

/* Comments of ways back; one may occur more than once. */
struct comments {
	const char **items;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_among(const char *comment, const void *data)
{
	const struct comments *comments = data;

	return bsearch(&comment, comments->items, comments->count, sizeof(*comments->items),
		       compare);
}

/* True for a set with elements that name owners and their links. */
static bool names_owners(const struct cni_owned_table *table, const struct cni_owned_set *set)
{
	return table->links ? !strcmp(set->set.name, table->links) : cni_owned_is_back(set);
}

/* False for an attachment with an unknown link. */
static bool has_no_link(const struct cni_owned_table *table, const struct cni_nft_element *owner,
			const struct cni_link_names *links)
{
	const char *name = (const char *)(table->links ? owner->value.data : owner->key.data);

	return *name && !cni_link_names_has(links, name) &&
	       !cni_link_names_has(links, owner->comment);
}

static int list_owners(struct cni_nl *nl, const struct cni_owned_table *table,
		       struct cni_nft_items *owners, struct cni_error *err)
{
	for (const struct cni_owned_set *set = table->sets; set->set.name; set++) {
		freeing struct cni_nft_element *elements = NULL;
		size_t count = 0;

		if (!names_owners(table, set))
			continue;
		if (cni_nft_list(nl, &table->table, set->set.name, &elements, &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			cni_nft_items_put(owners, set->set.name, &elements[i]);
	}
	return 0;
}

int cni_owned_sweep(struct cni_nl *nl, const struct cni_owned_table *table,
		    struct cni_nft_items *removed, size_t *ret_left, struct cni_error *err)
{
	clearing_link_names struct cni_link_names links = {0};
	clearing_items struct cni_nft_items owners = {0};
	freeing const char **items = NULL;
	struct comments gone;

	/* Links are read last: ADD makes the link before the elements. */
	if (list_owners(nl, table, &owners, err) < 0 ||
	    (owners.count && cni_link_names_read(&links, err) < 0))
		return -1;
	items = cni_alloc((owners.count + 1) * sizeof(*items));
	gone = (struct comments){items, 0};
	for (size_t i = 0; i < owners.count; i++)
		if (has_no_link(table, &owners.items[i].element, &links))
			gone.items[gone.count++] = owners.items[i].element.comment;
	if (ret_left)
		*ret_left = owners.count - gone.count;
	if (!gone.count)
		return 0;
	qsort(gone.items, gone.count, sizeof(*gone.items), compare);
	return cni_owned_remove(nl, table, &(struct cni_owned_goers){is_among, &gone}, removed,
				err);
}
