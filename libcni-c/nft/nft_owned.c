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

struct cni_owned_wish cni_owned_wish_make(const struct cni_owned_table *table,
					  const struct cni_owner *owner, const void *data)
{
	struct cni_owned_wish wish = {
		.table = table, .what = table->what, .owner = owner, .data = data};

	require_texts(owner);
	table->put(&wish);
	return wish;
}

void cni_owned_wish_clear(struct cni_owned_wish *wish)
{
	cni_nft_items_clear(&wish->items);
}

struct cni_nft_element *cni_owned_put(struct cni_owned_wish *wish, const char *set,
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

struct cni_nft_bytes cni_owned_address_key(const char *name, const struct cni_ip *ip)
{
	struct cni_nft_bytes key = cni_owned_name_key(name);

	cni_nft_bytes_add(&key, ip->bytes, cni_ip_size(ip));
	return key;
}

/* The key of the owner's way back number `index`. */
static struct cni_nft_bytes back_key(const struct cni_owned_set *set, const struct cni_owner *owner,
				     uint32_t index)
{
	struct cni_nft_bytes key = cni_owned_name_key(owner->key);

	if (set->role == CNI_OWNED_BY_INDEX)
		cni_nft_bytes_add(&key, &index, sizeof(index));
	return key;
}

struct cni_nft_element *cni_owned_put_back(struct cni_owned_wish *wish, const char *set)
{
	const struct cni_owned_set *of = cni_owned_set_of(wish->table, set);
	struct cni_nft_bytes key =
		back_key(of, wish->owner, wish->indices[of - wish->table->sets]++);

	return cni_owned_put(wish, set, &key);
}

const struct cni_owned_set *cni_owned_set_of(const struct cni_owned_table *table, const char *name)
{
	const struct cni_owned_set *set = table->sets;

	while (strcmp(set->set.name, name) != 0)
		set++;
	return set;
}

/* ---- finding ---- */

/* A way back may lead to an element that has passed to another owner. */
static int follow_lead(struct cni_owned_change *change, const struct cni_owner *owner,
		       const struct cni_nft_item *lead, struct cni_error *err)
{
	struct cni_nft_element element;
	int found = cni_nft_look_up(change->nl, &change->table->table, lead->set,
				    &lead->element.key, &element, err);

	if (found < 0)
		return -1;
	if (!found || strcmp(element.comment, owner->text) != 0)
		return cni_owned_find_place(change, owner, lead, err);
	cni_nft_items_put(&change->doomed, lead->set, &element);
	return 0;
}

/* All ports of an address lead to the same elements for its sources: each is followed once. */
static int follow(struct cni_owned_change *change, const struct cni_owner *owner, const char *set,
		  const struct cni_nft_element *back, struct cni_error *err)
{
	struct cni_nft_items leads = {0};
	int failed = 0;

	change->table->follow(set, back, &leads);
	for (size_t i = 0; i < leads.count && !failed; i++)
		if (!cni_nft_items_has(&change->followed, leads.items[i].set,
				       &leads.items[i].element.key))
			failed = follow_lead(change, owner, &leads.items[i], err);
	cni_nft_items_clear(&change->followed);
	change->followed = leads;
	return failed;
}

/* All of the owner's ways back in the set. */
static int find_in(struct cni_owned_change *change, const struct cni_owner *owner,
		   const struct cni_owned_set *set, struct cni_error *err)
{
	for (uint32_t i = 0; i == 0 || set->role == CNI_OWNED_BY_INDEX; i++) {
		struct cni_nft_bytes key = back_key(set, owner, i);
		struct cni_nft_element back;
		int found = cni_nft_look_up(change->nl, &change->table->table, set->set.name, &key,
					    &back, err);

		if (found <= 0)
			return found;
		cni_nft_items_put(&change->doomed, set->set.name, &back);
		if (follow(change, owner, set->set.name, &back, err) < 0)
			return -1;
	}
	return 0;
}

int cni_owned_find(struct cni_owned_change *change, const struct cni_owner *owner,
		   struct cni_error *err)
{
	struct cni_nft_element leaver = {.key = {.size = 0}};

	memcpy(leaver.comment, owner->text, sizeof(leaver.comment));
	cni_nft_items_put(&change->leavers, "", &leaver);
	cni_nft_items_clear(&change->followed);
	for (const struct cni_owned_set *set = change->table->sets; set->set.name; set++)
		if (cni_owned_is_back(set) && find_in(change, owner, set, err) < 0)
			return -1;
	cni_nft_items_unique(&change->doomed);
	return 0;
}

bool cni_owned_goes(const struct cni_owned_change *change, const char *comment)
{
	if (change->goers)
		return change->goers->goes(comment, change->goers->data);
	for (size_t i = 0; i < change->leavers.count; i++)
		if (!strcmp(change->leavers.items[i].element.comment, comment))
			return true;
	return false;
}

/* All elements of the owners that go, also those without a way back. */
static int find_goers(struct cni_owned_change *change, struct cni_error *err)
{
	for (const struct cni_owned_set *set = change->table->sets; set->set.name; set++) {
		freeing struct cni_nft_element *elements = NULL;
		size_t count = 0;

		if (set->role == CNI_OWNED_SHARED)
			continue;
		if (cni_nft_list(change->nl, &change->table->table, set->set.name, &elements,
				 &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (cni_owned_goes(change, elements[i].comment))
				cni_nft_items_put(&change->doomed, set->set.name, &elements[i]);
	}
	return 0;
}

void cni_owned_change_clear(struct cni_owned_change *change)
{
	struct cni_nft_items *lists[] = {&change->leavers, &change->doomed,   &change->adding,
					 &change->joining, &change->followed, &change->led};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		cni_nft_items_clear(lists[i]);
	cni_nft_tx_free(change->tx);
}

/* ---- removing ---- */

int cni_owned_put_removal(struct cni_owned_change *change, struct cni_error *err)
{
	for (size_t i = 0; i < change->doomed.count; i++) {
		const struct cni_nft_item *item = &change->doomed.items[i];

		/* Lists are rewritten as a whole. */
		if (cni_owned_set_of(change->table, item->set)->role != CNI_OWNED_WAITING)
			cni_nft_del_element(change->tx, &change->table->table, item->set,
					    &item->element.key);
	}
	return cni_owned_put_lists(change, err) < 0 ? -1 : cni_owned_release(change, err);
}

struct attempt {
	const struct cni_owned_table *table;
	const struct cni_owner *owner; /* that goes; NULL: all goers */
	const struct cni_owned_goers *goers;
	struct cni_nft_items *removed; /* may be NULL */
};

static int remove_doomed(struct cni_owned_change *change, struct cni_error *err)
{
	const struct cni_owned_table *table = change->table;
	struct cni_error ignored;
	bool idle = false;
	int stays = 0;

	if (cni_owned_put_removal(change, err) < 0 ||
	    (table->is_idle ? table->is_idle : cni_owned_is_idle)(change, &idle, err) < 0)
		return -1;
	if (idle && table->close)
		stays = table->close(change->nl, true, err);
	if (stays < 0)
		return -1;
	if (!idle || stays)
		return cni_nft_commit(change->tx, err);
	cni_nft_del_table(change->tx, &table->table);
	if (cni_nft_commit(change->tx, err) == 0)
		return 0;
	/* The table exists, and may have elements of other owners by now. */
	if (table->close && err->errnum == ERESTART)
		table->close(change->nl, false, &ignored);
	return -1;
}

static int try_to_remove(struct cni_nl *nl, uint32_t generation, void *data, struct cni_error *err)
{
	const struct attempt *attempt = data;
	clearing_change struct cni_owned_change change = {.nl = nl,
							  .tx = cni_nft_tx_new(nl, generation),
							  .table = attempt->table,
							  .goers = attempt->goers};

	if ((attempt->owner ? cni_owned_find(&change, attempt->owner, err)
			    : find_goers(&change, err)) < 0)
		return -1;
	if (!change.doomed.count)
		return 0;
	if (remove_doomed(&change, err) < 0)
		return -1;
	if (attempt->removed) {
		*attempt->removed = change.doomed;
		change.doomed = (struct cni_nft_items){0};
	}
	return 0;
}

int cni_owned_del(struct cni_nl *nl, const struct cni_owned_table *table,
		  const struct cni_owner *owner, struct cni_nft_items *removed,
		  struct cni_error *err)
{
	struct attempt attempt = {.table = table, .owner = owner, .removed = removed};

	require_texts(owner);
	return cni_nft_retry(nl, try_to_remove, &attempt, err);
}

int cni_owned_remove(struct cni_nl *nl, const struct cni_owned_table *table,
		     const struct cni_owned_goers *goers, struct cni_nft_items *removed,
		     struct cni_error *err)
{
	struct attempt attempt = {.table = table, .goers = goers, .removed = removed};

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
