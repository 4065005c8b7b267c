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

/* Identifies a list. */
struct list_id {
	uint8_t bytes[ID_SIZE];
};

static struct list_id id_of(const char *set, const struct cni_nft_bytes *key)
{
	size_t length = strlen(set);
	freeing char *text = cni_alloc(length + key->size + 1);
	char digits[CNI_HASH_TEXT_SIZE];
	struct list_id id;

	memcpy(text, set, length + 1);
	memcpy(text + length, key->data, key->size);
	cni_hash_hex(text, length + key->size, digits);
	for (size_t i = 0; i < ID_SIZE; i++) {
		const char byte[] = {digits[2 * i], digits[2 * i + 1], '\0'};

		id.bytes[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return id;
}

static struct cni_nft_bytes key_in(const struct list_id *id, uint32_t index)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add(&key, id->bytes, ID_SIZE);
	cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

static int read_list(struct cni_nl *nl, const struct cni_owned_table *table, const char *waiting,
		     const struct list_id *id, struct cni_nft_items *list, struct cni_error *err)
{
	for (uint32_t index = 0;; index++) {
		struct cni_nft_bytes key = key_in(id, index);
		struct cni_nft_element element;
		int found = cni_nft_look_up(nl, &table->table, waiting, &key, &element, err);

		if (found <= 0)
			return found;
		cni_nft_items_put(list, waiting, &element);
	}
}

int cni_owned_list_waiting(struct cni_nl *nl, const struct cni_owned_table *table, const char *set,
			   const struct cni_nft_bytes *key, struct cni_nft_items *list,
			   struct cni_error *err)
{
	const char *waiting = table->waiting ? table->waiting(set) : NULL;
	struct list_id id;

	if (!waiting)
		return 0;
	id = id_of(set, key);
	return read_list(nl, table, waiting, &id, list, err);
}

/* ---- lists that change ---- */

/* A list, the awaited element if it is known, and the places that join at the end. */
struct change {
	struct list_id id;
	const char *waiting;
	const struct cni_nft_item *doomed; /* the awaited element, if it goes */
	const struct cni_nft_element *joins[4];
	size_t join_count;
};

struct changes {
	struct change *items;
	size_t count;
};

static struct change *change_of(struct changes *changes, const struct list_id *id,
				const char *waiting)
{
	for (size_t i = 0; i < changes->count; i++)
		if (!memcmp(&changes->items[i].id, id, sizeof(*id)) &&
		    !strcmp(changes->items[i].waiting, waiting))
			return &changes->items[i];
	changes->items =
		cni_realloc_array(changes->items, changes->count + 1, sizeof(*changes->items));
	changes->items[changes->count] = (struct change){.id = *id, .waiting = waiting};
	return &changes->items[changes->count++];
}

/* True if the transaction itself adds an element with this key. */
static bool is_replaced(const struct cni_owned_removal *removal, const struct cni_nft_item *item)
{
	return removal->next && cni_nft_items_has(removal->next, item->set, &item->element.key);
}

/* True for a place in a list. */
static bool is_place(const struct cni_owned_table *table, const struct cni_nft_item *item)
{
	return cni_owned_set_of(table, item->set)->role == CNI_OWNED_WAITING;
}

static struct changes collect(const struct cni_owned_removal *removal,
			      const struct cni_nft_items *joining)
{
	const struct cni_owned_table *table = removal->table;
	struct changes changes = {0};

	for (size_t i = 0; i < removal->doomed->count; i++) {
		const struct cni_nft_item *item = &removal->doomed->items[i];
		const char *waiting = table->waiting(item->set);
		struct list_id id = {{0}};

		if (is_place(table, item)) {
			memcpy(id.bytes, item->element.key.data, ID_SIZE);
			change_of(&changes, &id, item->set);
		}
		if (!waiting || is_replaced(removal, item))
			continue;
		id = id_of(item->set, &item->element.key);
		change_of(&changes, &id, waiting)->doomed = item;
	}
	for (size_t i = 0; joining && i < joining->count; i++) {
		const struct cni_nft_item *item = &joining->items[i];
		const char *waiting = table->waiting(item->set);
		struct list_id id = id_of(item->set, &item->element.key);
		struct change *change = change_of(&changes, &id, waiting);

		if (change->join_count < sizeof(change->joins) / sizeof(*change->joins))
			change->joins[change->join_count++] = &item->element;
	}
	return changes;
}

/* The owner that has waited longest gets the free element. */
static void hand_over(const struct cni_owned_removal *removal, const struct cni_nft_item *freed,
		      const struct cni_nft_element *first)
{
	struct cni_nft_element element = freed->element;

	if (element.value.size)
		element.value = first->value;
	memcpy(element.comment, first->comment, sizeof(element.comment));
	cni_nft_add_element(removal->tx, &removal->table->table, freed->set, &element);
}

static int put_change(const struct cni_owned_removal *removal, const struct change *change,
		      struct cni_error *err)
{
	const struct cni_nft_table *table = &removal->table->table;
	clearing_items struct cni_nft_items list = {0};
	uint32_t value_size =
		cni_nft_fields_size(cni_owned_set_of(removal->table, change->waiting)->set.value);
	bool free_now = change->doomed != NULL;
	uint32_t index = 0;

	if (read_list(removal->nl, removal->table, change->waiting, &change->id, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		cni_nft_del_element(removal->tx, table, change->waiting,
				    &list.items[i].element.key);
	for (size_t i = 0; i < list.count + change->join_count; i++) {
		struct cni_nft_element element =
			i < list.count ? list.items[i].element : *change->joins[i - list.count];

		if (i < list.count && removal->goers->goes(element.comment, removal->goers->data))
			continue;
		if (free_now) {
			hand_over(removal, change->doomed, &element);
			free_now = false;
			continue;
		}
		element.key = key_in(&change->id, index++);
		element.value.size = value_size;
		cni_nft_add_element(removal->tx, table, change->waiting, &element);
	}
	return 0;
}

static int put_changes(const struct cni_owned_removal *removal, const struct cni_nft_items *joining,
		       struct cni_error *err)
{
	struct changes changes = collect(removal, joining);
	int failed = 0;

	for (size_t i = 0; i < changes.count && !failed; i++)
		failed = put_change(removal, &changes.items[i], err);
	free(changes.items);
	return failed;
}

/* ---- the whole removal ---- */

static bool jumped_before(const struct cni_nft_items *doomed, size_t item)
{
	for (size_t i = 0; i < item; i++)
		if (!strcmp(doomed->items[i].element.jump, doomed->items[item].element.jump))
			return true;
	return false;
}

static int release_chains(struct cni_owned_removal *removal, struct cni_error *err)
{
	const struct cni_nft_items *doomed = removal->doomed;

	for (size_t i = 0; i < doomed->count; i++) {
		const char *chain = doomed->items[i].element.jump;
		enum cni_owned_fate fate;
		uint32_t rules;

		if (!*chain || jumped_before(doomed, i))
			continue;
		rules = removal->table->rules_of ? removal->table->rules_of(chain) : 0;
		if (rules == CNI_OWNED_STAYS_ALWAYS)
			continue;
		if (cni_owned_fate_of(removal, chain, rules, &fate, err) < 0 ||
		    (fate == CNI_OWNED_GOES && removal->table->release(removal, chain, err) < 0))
			return -1;
	}
	return 0;
}

int cni_owned_put_removal(struct cni_owned_removal *removal, const struct cni_nft_items *joining,
			  struct cni_error *err)
{
	const struct cni_owned_table *table = removal->table;

	for (size_t i = 0; i < removal->doomed->count; i++) {
		const struct cni_nft_item *item = &removal->doomed->items[i];

		/* put_changes() rewrites lists as a whole. */
		if (!is_place(table, item))
			cni_nft_del_element(removal->tx, &table->table, item->set,
					    &item->element.key);
	}
	if (table->waiting && put_changes(removal, joining, err) < 0)
		return -1;
	return table->release ? release_chains(removal, err) : 0;
}
