/* SPDX-License-Identifier: Apache-2.0 */
/* Owned elements: lists of owners that wait for an element of another owner, and the hand-over.
 *
 *	map waiting4 { 5d1c:…:91 . 0 comment "red/c1/eth1" : 10.2.0.2 . 80 }
 *
 * The first half of a key is a hash of the awaited element's set and key. Indices begin with 0 and
 * have no gaps: a list is read by looking up one after the other. */
#include "nft_owned.h"

#include "cleanup.h"
#include "hash.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_SIZE 16

/* The key with `index` in the list that has this key. */
static struct cni_nft_bytes place_in(const struct cni_nft_bytes *list, uint32_t index)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add(&key, list->data, ID_SIZE);
	cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

/* The first key of the list for an element. */
static struct cni_nft_bytes list_of(const struct cni_nft_item *awaited)
{
	const struct cni_nft_bytes *key = &awaited->element.key;
	size_t length = strlen(awaited->set);
	freeing char *text = cni_alloc(length + key->size + 1);
	char digits[CNI_HASH_TEXT_SIZE];
	struct cni_nft_bytes id;

	memcpy(text, awaited->set, length + 1);
	memcpy(text + length, key->data, key->size);
	cni_hash_hex(text, length + key->size, digits);
	for (size_t i = 0; i < ID_SIZE; i++) {
		const char byte[] = {digits[2 * i], digits[2 * i + 1], '\0'};

		id.data[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return place_in(&id, 0);
}

static int read_list(struct cni_nl *nl, const struct cni_owned_table *table, const char *waiting,
		     const struct cni_nft_bytes *list, struct cni_nft_items *places,
		     struct cni_error *err)
{
	for (uint32_t index = 0;; index++) {
		struct cni_nft_bytes key = place_in(list, index);
		struct cni_nft_element element;
		int found = cni_nft_look_up(nl, &table->table, waiting, &key, &element, err);

		if (found <= 0)
			return found;
		cni_nft_items_put(places, waiting, &element);
	}
}

int cni_owned_list_waiting(struct cni_nl *nl, const struct cni_owned_table *table,
			   const struct cni_nft_item *awaited, struct cni_nft_items *places,
			   struct cni_error *err)
{
	const char *waiting = cni_owned_set_of(table, awaited->set)->waiting;
	struct cni_nft_bytes list;

	if (!waiting)
		return 0;
	list = list_of(awaited);
	return read_list(nl, table, waiting, &list, places, err);
}

int cni_owned_find_place(struct cni_owned_change *change, const struct cni_owner *owner,
			 const struct cni_nft_item *awaited, struct cni_error *err)
{
	clearing_items struct cni_nft_items places = {0};

	if (cni_owned_list_waiting(change->nl, change->table, awaited, &places, err) < 0)
		return -1;
	for (size_t i = 0; i < places.count; i++)
		if (!strcmp(places.items[i].element.comment, owner->text))
			cni_nft_items_put(&change->doomed, places.items[i].set,
					  &places.items[i].element);
	return 0;
}

/* ---- lists that change ---- */

struct rewrite {
	const char *waiting;
	struct cni_nft_bytes list;
	const struct cni_nft_item *doomed;     /* the awaited element, if it goes */
	const struct cni_nft_element *joining; /* the place at the end, if one joins */
};

struct rewrites {
	struct rewrite *items;
	size_t count;
};

static struct rewrite *add_rewrite(struct rewrites *rewrites, const char *waiting,
				   const struct cni_nft_bytes *list)
{
	if (!(rewrites->count & (rewrites->count - 1)))
		rewrites->items = cni_realloc_array(rewrites->items,
						    rewrites->count ? 2 * rewrites->count : 1,
						    sizeof(*rewrites->items));
	rewrites->items[rewrites->count] = (struct rewrite){.waiting = waiting, .list = *list};
	return &rewrites->items[rewrites->count++];
}

static struct rewrite *rewrite_of(struct rewrites *rewrites, const char *waiting,
				  const struct cni_nft_bytes *list)
{
	for (size_t i = 0; i < rewrites->count; i++)
		if (cni_nft_bytes_equal(&rewrites->items[i].list, list) &&
		    !strcmp(rewrites->items[i].waiting, waiting))
			return &rewrites->items[i];
	return add_rewrite(rewrites, waiting, list);
}

/* Awaited elements come first, because each has a list of its own: a thousand ports need no search. The transaction may
 * add an element with the key again. */
static struct rewrites collect(const struct cni_owned_change *change)
{
	clearing_index struct cni_nft_index adding = cni_nft_index_make(&change->adding);
	struct rewrites rewrites = {0};
	struct cni_nft_bytes list;

	for (size_t i = 0; i < change->doomed.count; i++) {
		const struct cni_nft_item *item = &change->doomed.items[i];
		const char *waiting = cni_owned_set_of(change->table, item->set)->waiting;

		if (!waiting || cni_nft_index_has(&adding, item->set, &item->element.key))
			continue;
		list = list_of(item);
		add_rewrite(&rewrites, waiting, &list)->doomed = item;
	}
	for (size_t i = 0; i < change->doomed.count; i++) {
		const struct cni_nft_item *item = &change->doomed.items[i];

		if (cni_owned_set_of(change->table, item->set)->role != CNI_OWNED_WAITING)
			continue;
		list = place_in(&item->element.key, 0);
		rewrite_of(&rewrites, item->set, &list);
	}
	for (size_t i = 0; i < change->joining.count; i++) {
		const struct cni_nft_item *item = &change->joining.items[i];
		const char *waiting = cni_owned_set_of(change->table, item->set)->waiting;

		list = list_of(item);
		rewrite_of(&rewrites, waiting, &list)->joining = &item->element;
	}
	return rewrites;
}

/* The owner that has waited longest gets the free element. */
static void hand_over(const struct cni_owned_change *change, const struct cni_nft_item *freed,
		      const struct cni_nft_element *first)
{
	struct cni_nft_element element = freed->element;

	if (element.value.size)
		element.value = first->value;
	memcpy(element.comment, first->comment, sizeof(element.comment));
	cni_nft_add_element(change->tx, &change->table->table, freed->set, &element);
}

static int put_rewrite(const struct cni_owned_change *change, const struct rewrite *rewrite,
		       struct cni_error *err)
{
	const struct cni_nft_table *table = &change->table->table;
	const struct cni_nft_set *waiting = &cni_owned_set_of(change->table, rewrite->waiting)->set;
	clearing_items struct cni_nft_items before = {0};
	clearing_items struct cni_nft_items after = {0};
	size_t first;

	if (read_list(change->nl, change->table, waiting->name, &rewrite->list, &before, err) < 0)
		return -1;
	for (size_t i = 0; i < before.count; i++) {
		const struct cni_nft_element *place = &before.items[i].element;

		cni_nft_del_element(change->tx, table, waiting->name, &place->key);
		if (!cni_owned_goes(change, place->comment))
			cni_nft_items_put(&after, waiting->name, place);
	}
	if (rewrite->joining)
		cni_nft_items_put(&after, waiting->name, rewrite->joining);
	first = rewrite->doomed && after.count ? 1 : 0;
	if (first)
		hand_over(change, rewrite->doomed, &after.items->element);
	for (size_t i = first; i < after.count; i++) {
		struct cni_nft_element *place = &after.items[i].element;

		place->key = place_in(&rewrite->list, (uint32_t)(i - first));
		place->value.size = cni_nft_fields_size(waiting->value);
		cni_nft_add_element(change->tx, table, waiting->name, place);
	}
	return 0;
}

int cni_owned_put_lists(const struct cni_owned_change *change, struct cni_error *err)
{
	struct rewrites rewrites = collect(change);
	int failed = 0;

	for (size_t i = 0; i < rewrites.count && !failed; i++)
		failed = put_rewrite(change, &rewrites.items[i], err);
	free(rewrites.items);
	return failed;
}
