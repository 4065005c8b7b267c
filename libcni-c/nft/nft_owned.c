/* SPDX-License-Identifier: Apache-2.0 */
/* Owned elements: finding and removing them. */
#include "nft_owned.h"

#include "cleanup.h"
#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An owner without its texts is a mistake in the caller: its elements would name no owner. */
static void require_texts(const struct cni_owner *owner)
{
	if (!*owner->text || !*owner->key)
		abort();
}

/* ---- wishes ---- */

struct cni_owned_wish cni_owned_wish_make(const struct cni_owned_table *table, const char *what,
					  const struct cni_owner *owner, const void *data)
{
	require_texts(owner);
	return (struct cni_owned_wish){.table = table, .what = what, .owner = owner, .data = data};
}

void cni_owned_wish_clear(struct cni_owned_wish *wish)
{
	cni_nft_items_clear(&wish->items);
}

struct cni_nft_element *cni_owned_wish_put(struct cni_owned_wish *wish, const char *set,
					   const struct cni_nft_bytes *key)
{
	struct cni_nft_element element = {.key = *key};

	memcpy(element.comment, wish->owner->text, sizeof(element.comment));
	return cni_nft_items_put(&wish->items, set, &element);
}

struct cni_nft_bytes cni_owned_name_key(const char *name)
{
	struct cni_nft_bytes key = {.size = 0};

	cni_nft_bytes_add_ifname(&key, name);
	return key;
}

struct cni_nft_bytes cni_owned_index_key(const char *name, uint32_t index)
{
	struct cni_nft_bytes key = cni_owned_name_key(name);

	cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

const struct cni_owned_set *cni_owned_set_of(const struct cni_owned_table *table, const char *name)
{
	const struct cni_owned_set *set = table->sets;

	while (strcmp(set->set.name, name) != 0)
		set++;
	return set;
}

/* ---- finding ---- */

struct search {
	struct cni_nl *nl;
	const struct cni_owned_table *table;
	const struct cni_owner *owner;
	struct cni_nft_items *found;
	struct cni_nft_items followed; /* the leads of the last way back */
};

int cni_owned_find_place(struct cni_nl *nl, const struct cni_owned_table *table,
			 const struct cni_owner *owner, const struct cni_nft_item *awaited,
			 struct cni_nft_items *found, struct cni_error *err)
{
	clearing_items struct cni_nft_items list = {0};

	if (cni_owned_list_waiting(nl, table, awaited->set, &awaited->element.key, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.items[i].element.comment, owner->text))
			cni_nft_items_put(found, list.items[i].set, &list.items[i].element);
	return 0;
}

/* A way back may lead to an element that has passed to another owner. */
static int follow_lead(const struct search *search, const struct cni_nft_item *lead,
		       struct cni_error *err)
{
	struct cni_nft_element element;
	int found = cni_nft_look_up(search->nl, &search->table->table, lead->set,
				    &lead->element.key, &element, err);

	if (found < 0)
		return -1;
	if (!found || strcmp(element.comment, search->owner->text) != 0)
		return cni_owned_find_place(search->nl, search->table, search->owner, lead,
					    search->found, err);
	cni_nft_items_put(search->found, lead->set, &element);
	return 0;
}

/* All ports of an address lead to the same elements for its sources: each is followed once. */
static int follow(struct search *search, const char *set, const struct cni_nft_element *back,
		  struct cni_error *err)
{
	struct cni_nft_items leads = {0};
	int failed = 0;

	if (search->table->follow)
		search->table->follow(set, back, &leads);
	for (size_t i = 0; i < leads.count && !failed; i++)
		if (!cni_nft_items_has(&search->followed, leads.items[i].set,
				       &leads.items[i].element.key))
			failed = follow_lead(search, &leads.items[i], err);
	cni_nft_items_clear(&search->followed);
	search->followed = leads;
	return failed;
}

/* 1 if there is an element with the key, 0 if there is none, -1. */
static int find_way_back(struct search *search, const char *set, const struct cni_nft_bytes *key,
			 struct cni_error *err)
{
	struct cni_nft_element back;
	int found = cni_nft_look_up(search->nl, &search->table->table, set, key, &back, err);

	if (found <= 0)
		return found;
	cni_nft_items_put(search->found, set, &back);
	return follow(search, set, &back, err) < 0 ? -1 : 1;
}

static int find_in(struct search *search, const struct cni_owned_set *set, struct cni_error *err)
{
	struct cni_nft_bytes key = cni_owned_name_key(search->owner->key);
	int there = 1;

	if (set->role == CNI_OWNED_BY_NAME)
		there = find_way_back(search, set->set.name, &key, err);
	for (uint32_t i = 0; set->role == CNI_OWNED_BY_INDEX && there > 0; i++) {
		key = cni_owned_index_key(search->owner->key, i);
		there = find_way_back(search, set->set.name, &key, err);
	}
	return there < 0 ? -1 : 0;
}

int cni_owned_find(struct cni_nl *nl, const struct cni_owned_table *table,
		   const struct cni_owner *owner, struct cni_nft_items *found,
		   struct cni_error *err)
{
	struct search search = {.nl = nl, .table = table, .owner = owner, .found = found};
	int failed = 0;

	for (const struct cni_owned_set *set = table->sets; set->set.name && !failed; set++)
		failed = find_in(&search, set, err);
	cni_nft_items_clear(&search.followed);
	cni_nft_items_unique(found);
	return failed;
}

/* All elements of the owners that go, also those without a way back. */
static int find_goers(struct cni_nl *nl, const struct cni_owned_table *table,
		      const struct cni_owned_goers *goers, struct cni_nft_items *found,
		      struct cni_error *err)
{
	for (const struct cni_owned_set *set = table->sets; set->set.name; set++) {
		freeing struct cni_nft_element *elements = NULL;
		size_t count = 0;

		if (set->role == CNI_OWNED_SHARED)
			continue;
		if (cni_nft_list(nl, &table->table, set->set.name, &elements, &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (goers->goes(elements[i].comment, goers->data))
				cni_nft_items_put(found, set->set.name, &elements[i]);
	}
	return 0;
}

/* ---- removing ---- */

static uint32_t count_jumps(const struct cni_nft_items *items, const char *chain)
{
	uint32_t count = 0;

	for (size_t i = 0; items && i < items->count; i++)
		count += !strcmp(items->items[i].element.jump, chain);
	return count;
}

int cni_owned_fate_of(const struct cni_owned_removal *removal, const char *chain, uint32_t rules,
		      enum cni_owned_fate *ret_fate, struct cni_error *err)
{
	const struct cni_owned_table *table = removal->table;
	uint32_t doomed = count_jumps(removal->doomed, chain);
	uint32_t use;

	*ret_fate = CNI_OWNED_STAYS;
	if (count_jumps(removal->next, chain))
		return 0;
	if (cni_nft_chain_use(removal->nl, &table->table, chain, &use, err) < 0) {
		*ret_fate = CNI_OWNED_ABSENT;
		return err->errnum == ENOENT ? 0 : -1;
	}
	if (use - doomed <= rules)
		*ret_fate = CNI_OWNED_GOES;
	return 0;
}

int cni_owned_is_idle_by_use(const struct cni_owned_removal *removal, uint32_t use, bool *ret_idle,
			     struct cni_error *err)
{
	uint32_t now;

	if (cni_nft_table_use(removal->nl, &removal->table->table, &now, err) < 0)
		return -1;
	*ret_idle = now - removal->released <= use;
	return 0;
}

struct attempt {
	const struct cni_owned_table *table;
	const struct cni_owner *owner; /* that goes; NULL: all goers */
	struct cni_owned_goers goers;
	struct cni_nft_items *removed; /* may be NULL */
};

static int remove_doomed(struct cni_owned_removal *removal, struct cni_error *err)
{
	const struct cni_owned_table *table = removal->table;
	struct cni_error ignored;
	bool idle = false;

	if (cni_owned_put_removal(removal, NULL, err) < 0 ||
	    table->is_idle(removal, &idle, err) < 0)
		return -1;
	if (!idle)
		return cni_nft_commit(removal->tx, err);
	if (table->close && table->close(removal->nl, true, err) < 0)
		return -1;
	cni_nft_del_table(removal->tx, &table->table);
	if (cni_nft_commit(removal->tx, err) == 0)
		return 0;
	/* The table exists, and may have elements of other owners by now. */
	if (table->close && err->errnum == ERESTART)
		table->close(removal->nl, false, &ignored);
	return -1;
}

static int try_to_remove(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	freeing_tx struct cni_nft_tx *tx = cni_nft_tx_new(nl, generation);
	clearing_items struct cni_nft_items doomed = {0};
	const struct attempt *attempt = data;
	struct cni_owned_removal removal = {.nl = nl,
					    .tx = tx,
					    .table = attempt->table,
					    .goers = &attempt->goers,
					    .doomed = &doomed};

	if ((attempt->owner ? cni_owned_find(nl, attempt->table, attempt->owner, &doomed, err)
			    : find_goers(nl, attempt->table, &attempt->goers, &doomed, err)) < 0)
		return -1;
	if (!doomed.count)
		return 0;
	if (remove_doomed(&removal, err) < 0)
		return -1;
	if (attempt->removed) {
		*attempt->removed = doomed;
		doomed = (struct cni_nft_items){0};
	}
	return 0;
}

static bool is_text(const char *comment, const void *data)
{
	return !strcmp(comment, data);
}

int cni_owned_del(struct cni_nl *nl, const struct cni_owned_table *table,
		  const struct cni_owner *owner, struct cni_nft_items *removed,
		  struct cni_error *err)
{
	struct attempt attempt = {.table = table,
				  .owner = owner,
				  .goers = {is_text, owner->text},
				  .removed = removed};

	require_texts(owner);
	return cni_nft_retry(nl, try_to_remove, &attempt, err);
}

int cni_owned_remove(struct cni_nl *nl, const struct cni_owned_table *table,
		     const struct cni_owned_goers *goers, struct cni_nft_items *removed,
		     struct cni_error *err)
{
	struct attempt attempt = {.table = table, .goers = *goers, .removed = removed};

	return cni_nft_retry(nl, try_to_remove, &attempt, err);
}

static bool is_stale(const char *comment, const void *data)
{
	return cni_stale_has(data, comment);
}

int cni_owned_gc(struct cni_nl *nl, const struct cni_owned_table *table, const char *network,
		 const struct cni_owners *valid, struct cni_nft_items *removed,
		 struct cni_error *err)
{
	clearing_stale struct cni_stale stale = cni_stale_make(network, valid);
	const struct cni_owned_goers goers = {is_stale, &stale};

	return cni_owned_remove(nl, table, &goers, removed, err);
}
